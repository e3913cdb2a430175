//! `dbguard init`: the code that a shell's start-up file evaluates.
//!
//! It prints nothing else, asks nothing, and never fails for want of a home directory or for a configuration that is
//! broken: a shell has to start. What it prints is the same in every directory and session; what it leaves in files
//! beside that, the shell reads only where it is true.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::process::ExitCode;

use nix::unistd;

use super::args::{Init, Shell as Named};
use super::{answer, output};
use crate::config::{self, Config, Places};
use crate::effects::{hooks, shims, tints};
use crate::error::Result;
use crate::shell::{self, Prelude, Shell};
use crate::target;
use crate::world::{Snapshot, Vars, program, tools};

/// How long the shell waits for the answer of its first prompt, in seconds. That takes 1 ms.
const PATIENCE: u32 = 1;

pub(super) fn run(init: &Init, snapshot: &Snapshot) -> Result<ExitCode> {
    let shell = kind(init.shell);
    if init.remove {
        output::print(|out| out.write_all(shell::removal(shell).as_bytes()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let loaded = || {
        let places = Places::of(snapshot);
        let config = config::load_from(&places);
        (places, config)
    };
    // Nothing is read before the hook is printed that it does not take: a project's files may hang.
    let early = init.functions.then(loaded);
    let functions = early.as_ref().map(|(_, config)| functions(shell, config, snapshot)).unwrap_or_default();
    let program = program::path(&snapshot.vars);
    let shims = shims::directory(snapshot).unwrap_or_default();
    let notes = tints::directory(snapshot).unwrap_or_default();
    let prelude = Prelude { program, shims, notes, vars: answer::vars().collect(), functions };
    // Whoever types it wants to read it.
    let typed = output::is_terminal();
    let code = if typed { shell::code(shell, &prelude) } else { evaluated(shell, init.whole, &prelude, snapshot) };
    output::print(|out| out.write_all(&code))?;
    // fish reads it while the rest is done.
    output::end();
    // What hangs (a file system that is gone) keeps the first prompt, and not the start-up file: the signal ends the
    // program, whatever it does then. A thread that watches the time would take a tenth of the whole.
    let _ = unistd::alarm::set(PATIENCE);
    let (places, config) = early.unwrap_or_else(loaded);
    if !prelude.shims.as_os_str().is_empty() {
        // A disk that is full or read-only leaves the shell without shims; `doctor` says so.
        let added = |name: &str| config.added(name);
        let _ = shims::refresh(&prelude.shims, &prelude.program, &config.shimmed(), added, snapshot);
        // Only here: a shell that runs may have the link's path in its memory.
        shims::withdraw(&prelude.shims, &config.skipped());
    }
    if !typed && answer::may_be_left(snapshot) {
        let path = shims_first(&prelude.shims, &snapshot.vars);
        answer::leave(shell, &path, (places, &config), snapshot);
    }
    Ok(ExitCode::SUCCESS)
}

/// The code as it is evaluated: read from a file, where that can be.
fn evaluated(shell: Shell, whole: bool, prelude: &Prelude, snapshot: &Snapshot) -> Vec<u8> {
    let file = || {
        let (name, length) = shell::named(shell, prelude);
        hooks::file(&name, length, || shell::code(shell, prelude), snapshot)
    };
    match if whole { None } else { file() } {
        Some(file) => shell::sourced(shell, prelude, &file),
        None => shell::evaluated(shell, prelude),
    }
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
///
/// fish runs a function in the foreground, also before `&` (fish's language, *Job control*): there,
/// what starts all kinds of programs gets none.
fn functions(shell: Shell, config: &Config, snapshot: &Snapshot) -> Vec<&'static str> {
    let suits = |name: &&str| shell != Shell::Fish || !target::is_launcher(name);
    let installed = |name: &&str| tools::locate(OsStr::new(name), &snapshot.vars).is_ok();
    let wanted = |name: &&str| !config.skipped().contains(name);
    target::shimmed().into_iter().filter(wanted).filter(suits).filter(installed).collect()
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
