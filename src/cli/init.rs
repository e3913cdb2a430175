//! `dbguard init`: the code that a shell's start-up file evaluates.
//!
//! It prints nothing else, asks nothing, and never fails for want of a home directory or for a configuration that is
//! broken: a shell has to start. What it prints is the same in every directory and session; what it leaves in files
//! beside that, the shell reads only where it is true.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::process::{self, ExitCode};
use std::thread;
use std::time::Duration;

use super::args::{Init, Shell as Named};
use super::{answer, output};
use crate::config::{self, Config, Places};
use crate::effects::{hooks, shims, tints};
use crate::error::Result;
use crate::shell::{self, Prelude, Shell};
use crate::target;
use crate::world::{Snapshot, Vars, program, tools};

/// How long the shell waits for the answer of its first prompt. That takes 1 ms.
const PATIENCE: Duration = Duration::from_millis(100);

pub(super) fn run(init: &Init, snapshot: &Snapshot) -> Result<ExitCode> {
    let shell = kind(init.shell);
    if init.remove {
        output::print(|out| out.write_all(shell::removal(shell).as_bytes()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let places = Places::of(snapshot);
    let config = config::load_from(&places);
    let program = program::path(&snapshot.vars);
    let shims = shims::directory(snapshot).unwrap_or_default();
    if !shims.as_os_str().is_empty() {
        // A disk that is full or read-only leaves the shell without shims; `doctor` says so.
        let _ = shims::refresh(&shims, &program, &config.shimmed(), |name| config.added(name), snapshot);
        // Only here: a shell that runs may have the link's path in its memory.
        shims::withdraw(&shims, &config.skipped());
    }
    let functions = if init.functions { functions(&config, snapshot) } else { Vec::new() };
    let notes = tints::directory(snapshot).unwrap_or_default();
    let prelude = Prelude { program, shims, notes, vars: answer::vars().collect(), functions };
    // Whoever types it wants to read it.
    if output::is_terminal() {
        output::print(|out| out.write_all(&shell::code(shell, &prelude)))?;
        return Ok(ExitCode::SUCCESS);
    }
    let file = || {
        let (name, length) = shell::named(shell, &prelude);
        hooks::file(&name, length, || shell::code(shell, &prelude), snapshot)
    };
    let code = match if init.whole { None } else { file() } {
        Some(file) => shell::sourced(shell, &prelude, &file),
        None => shell::evaluated(shell, &prelude),
    };
    // First of all: whatever becomes of the rest, the shell has its hook.
    output::print(|out| out.write_all(&code))?;
    // fish reads it while the rest is done.
    output::end();
    if answer::may_be_left(snapshot) && no_longer_than(PATIENCE) {
        let path = shims_first(&prelude.shims, &snapshot.vars);
        answer::leave(shell, &path, (places, &config), snapshot);
    }
    Ok(ExitCode::SUCCESS)
}

/// Ends the program after this time, whatever it does then: what hangs (a file system that is gone) keeps the first prompt,
/// and not the start-up file. Where there can be no thread more, nothing is begun that could hang.
fn no_longer_than(patience: Duration) -> bool {
    let end = move || {
        thread::sleep(patience);
        process::exit(0)
    };
    thread::Builder::new().spawn(end).is_ok()
}

/// `PATH` as the hook is going to set it.
fn shims_first(shims: &Path, vars: &Vars) -> OsString {
    let path = vars.get("PATH").unwrap_or_default().as_bytes();
    let shims = shims.as_os_str().as_bytes();
    let mut others = path.split(|byte| *byte == b':').peekable();
    if shims.is_empty() || path.is_empty() || others.peek() == Some(&shims) {
        return OsStr::from_bytes(path).to_owned();
    }
    let all: Vec<&[u8]> = std::iter::once(shims).chain(others.filter(|entry| *entry != shims)).collect();
    OsString::from_vec(all.join(&b':'))
}

/// The tools that functions are made for: those that are installed, since a function would hide that one is not.
fn functions(config: &Config, snapshot: &Snapshot) -> Vec<&'static str> {
    let installed = |name: &&str| tools::locate(OsStr::new(name), &snapshot.vars).is_ok();
    let wanted = |name: &&str| !config.skipped().contains(name);
    target::shimmed().into_iter().filter(wanted).filter(installed).collect()
}

/// The line that stands in start-up files, read without the parser: every shell that starts waits for it.
pub(super) fn plain(words: &[OsString]) -> Option<Init> {
    let [verb, shell] = words else { return None };
    let shells = [("bash", Named::Bash), ("zsh", Named::Zsh), ("fish", Named::Fish)];
    let (_, shell) = shells.into_iter().find(|(name, _)| verb == "init" && shell == name)?;
    Some(Init { shell, functions: false, whole: false, remove: false })
}

fn kind(shell: Named) -> Shell {
    match shell {
        Named::Bash => Shell::Bash,
        Named::Zsh => Shell::Zsh,
        Named::Fish => Shell::Fish,
    }
}
