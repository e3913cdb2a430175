//! `dbguard init`: the code that a shell's start-up file evaluates.
//!
//! It prints nothing else, asks nothing, reads no configuration and never fails for want of a home directory: a shell
//! has to start.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use super::args::{Init, Shell as Named};
use super::output;
use crate::config;
use crate::effects::shims;
use crate::error::Result;
use crate::prompt;
use crate::shell::{self, Prelude, Shell};
use crate::target;
use crate::world::{Snapshot, program, tools};

pub(super) fn run(init: &Init, snapshot: &Snapshot) -> Result<ExitCode> {
    let shell = kind(init.shell);
    if init.remove {
        output::print(|out| out.write_all(shell::removal(shell).as_bytes()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let program = program::path(&snapshot.vars);
    let shims = shims::directory(snapshot).unwrap_or_default();
    if !shims.as_os_str().is_empty() {
        // A disk that is full or read-only leaves the shell without shims; `doctor` says so.
        let config = config::load(snapshot);
        let _ = shims::refresh(&shims, &program, &config.shimmed(), |name| config.added(name), snapshot);
        // Only here: a shell that runs may have the link's path in its memory.
        shims::withdraw(&shims, &config.skipped());
    }
    let prelude = Prelude { program, shims, vars: vars(), functions: functions(init, snapshot) };
    // Whoever types it wants to read it.
    let code = if output::is_terminal() { shell::code(shell, &prelude) } else { shell::evaluated(shell, &prelude) };
    output::print(|out| out.write_all(&code))?;
    Ok(ExitCode::SUCCESS)
}

/// The tools that functions are made for: those that are installed, since a function would hide that one is not.
fn functions(init: &Init, snapshot: &Snapshot) -> Vec<&'static str> {
    let installed = |name: &&str| tools::locate(OsStr::new(name), &snapshot.vars).is_ok();
    let config = if init.functions { config::load(snapshot) } else { return Vec::new() };
    let wanted = |name: &&str| !config.skipped().contains(name);
    target::shimmed().into_iter().filter(wanted).filter(installed).collect()
}

/// The vars that every answer depends on; it names the others. `PATH` is compared by the hooks apart, since they change it.
fn vars() -> Vec<&'static str> {
    let own = ["DBGUARD_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "TERM", "NO_COLOR", "ACCESSIBLE"];
    prompt::vars().filter(|var| *var != "PATH").chain(own).collect()
}

/// The line that stands in start-up files, read without the parser: every shell that starts waits for it.
pub(super) fn plain(words: &[OsString]) -> Option<Init> {
    let [verb, shell] = words else { return None };
    let shells = [("bash", Named::Bash), ("zsh", Named::Zsh), ("fish", Named::Fish)];
    let (_, shell) = shells.into_iter().find(|(name, _)| verb == "init" && shell == name)?;
    Some(Init { shell, functions: false, remove: false })
}

fn kind(shell: Named) -> Shell {
    match shell {
        Named::Bash => Shell::Bash,
        Named::Zsh => Shell::Zsh,
        Named::Fish => Shell::Fish,
    }
}
