//! Becoming the tool: the one place where an invocation runs.
//!
//! It takes the approval and the receipt by value, so nothing runs that was not approved and recorded. The process is
//! replaced (`execve(2)`), so process id, job control, window size and exit status are the tool's own. What the tool
//! gets is what was typed, byte for byte; files that were read for the checklist and changed since are refused.
//!
//! Rust starts every program with SIGPIPE ignored, and its `exec` sets it back to the default; masks and other
//! dispositions pass through untouched. A SIGPIPE that was ignored before dbguard started cannot be told from that,
//! and is set to the default too.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::errno::Errno;

use crate::checklist::Approved;
use crate::effects::audit::Receipt;
use crate::error::{Error, Kind};
use crate::plan::Input;
use crate::text::Untrusted;
use crate::world::files::Stamp;
use crate::world::{Vars, tools};

/// What to become.
#[derive(Debug)]
pub struct Launch {
    /// The real tool, as [`tools::locate`] found it.
    pub program: PathBuf,
    /// Its `argv[0]`: the name as it was typed.
    pub name: OsString,
    /// The rest of its argv.
    pub args: Vec<OsString>,
    /// Vars to set, or with `None` to take out; everything else is inherited.
    pub vars: Vec<(OsString, Option<OsString>)>,
    /// The files that the approval rests on.
    pub inputs: Vec<Input>,
    /// Standard input, when it is not the one that is open already.
    pub stdin: Option<Stdio>,
}

/// Runs it. Comes back only when it could not.
pub fn exec(approved: Approved, receipt: Receipt, launch: Launch) -> Error {
    // Both are proofs only: they end here, with the process.
    drop((approved, receipt));
    if let Some(changed) = launch.inputs.iter().find(|input| changed(input)) {
        return stale(&changed.path);
    }
    let program = launch.program.clone();
    failed(&program, &become_tool(launch))
}

fn changed(input: &Input) -> bool {
    !Stamp::of(&input.path).is_ok_and(|now| now == input.stamp)
}

fn stale(path: &Path) -> Error {
    Error::refused(format!("`{}` changed since it was checked", Untrusted::path(path)))
        .hint("run the command again: it will be read afresh")
}

fn become_tool(launch: Launch) -> io::Error {
    let mut command = Command::new(&launch.program);
    command.arg0(&launch.name).args(&launch.args);
    dress(&mut command, launch.vars);
    if let Some(stdin) = launch.stdin {
        command.stdin(stdin);
    }
    let error = command.exec();
    if error.raw_os_error() != Some(Errno::ENOEXEC as i32) {
        return error;
    }
    // A script without `#!`: glibc's execvp gives it to the shell by itself, as POSIX demands; musl's does not.
    let mut shell = Command::new("/bin/sh");
    shell.arg0("sh").arg(&launch.program).args(&launch.args);
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.exec()
}

fn dress(command: &mut Command, vars: Vec<(OsString, Option<OsString>)>) {
    let around = Vars::read();
    match tools::sending(Path::new(command.get_program()), &around) {
        Some(sent) => command.env(tools::SENT, sent),
        None if around.get(tools::SENT).is_some() => command.env_remove(tools::SENT),
        None => command,
    };
    for (name, value) in vars {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
}

/// The status that `env(1)` gives: 127 when it is not there, 126 when it cannot be executed.
fn failed(program: &Path, cause: &io::Error) -> Error {
    let path = Untrusted::path(program);
    let errno = cause.raw_os_error().map(Errno::from_raw);
    match errno {
        Some(Errno::ENOENT) if program.exists() => {
            Error::new(Kind::NotFound, format!("the interpreter that `{path}` names was not found"))
                .hint(format!("see its first line: head -n 1 {path}"))
        }
        Some(Errno::ENOENT) => Error::new(Kind::NotFound, format!("`{path}` is gone")),
        Some(Errno::E2BIG) => {
            let what = format!("the arguments and vars for `{path}` are longer than this system takes");
            Error::new(Kind::NotExecutable, what).hint("give SQL in a file instead: -f FILE")
        }
        _ => Error::new(Kind::NotExecutable, format!("`{path}` cannot be executed: {cause}")),
    }
}
