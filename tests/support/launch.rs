//! Starting a process away from the terminal of whoever runs the tests.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// A command in a session of its own, so without a controlling terminal; its process id is the session's.
///
/// A new session needs a call between fork and exec, for which safe Rust has no place: `setsid(1)` makes it, and
/// execs since a fresh child leads no process group. macOS has Perl instead.
pub(super) fn detached(program: &OsStr) -> Command {
    launched(program, &["--"], "")
}

/// A command in a session of its own, whose controlling terminal is its standard input.
pub(super) fn on_terminal(program: &OsStr) -> Command {
    launched(program, &["--ctty", "--"], "ioctl(STDIN, 0x20007461, 0) or die $!;")
}

fn launched(program: &OsStr, options: &[&str], perl: &str) -> Command {
    let mut command = if Path::new("/usr/bin/setsid").exists() {
        let mut command = Command::new("/usr/bin/setsid");
        command.args(options);
        command
    } else {
        let mut command = Command::new("/usr/bin/perl");
        command.args(["-MPOSIX", "-e", &format!("POSIX::setsid(); {perl} exec {{$ARGV[0]}} @ARGV")]);
        command
    };
    command.arg(program);
    command
}
