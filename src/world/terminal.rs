//! Facts about the terminal: is there one, may this process speak to it, what is its name, has it colour.
//!
//! A process in the background must not touch its terminal: reading would stop it until somebody notices. So the
//! standing of the process is a fact of its own here, and "in the background" counts as "nobody could be asked".
//! This module draws nothing and asks nothing.

use std::fs::{File, OpenOptions};
use std::io::{IsTerminal as _, stderr, stdin, stdout};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use nix::fcntl::OFlag;
use nix::unistd::{getpgrp, tcgetpgrp, ttyname};

use crate::world::Vars;

/// Whether a person can be asked on the terminal that controls this process.
#[derive(Debug)]
#[must_use]
pub enum Controlling {
    /// There is one, and this process stands in its foreground. Open for reading and writing, never blocking, closed
    /// when another program is executed.
    Foreground(File),
    /// There is one, but another job has it: asking would stop this one.
    Background,
    /// There is none: cron, CI, an editor's task.
    Absent,
}

impl Controlling {
    /// Opens the controlling terminal.
    ///
    /// `O_NONBLOCK` belongs to this opening of `/dev/tty` alone: the shell's own descriptors do not notice.
    pub fn open() -> Self {
        let flags = (OFlag::O_NOCTTY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).bits();
        let opened = OpenOptions::new().read(true).write(true).custom_flags(flags).open("/dev/tty");
        let Ok(file) = opened else { return Self::Absent };
        if !file.metadata().is_ok_and(|meta| meta.file_type().is_char_device()) {
            return Self::Absent;
        }
        if in_foreground(&file) { Self::Foreground(file) } else { Self::Background }
    }
}

/// Whether this process belongs to the group that the terminal obeys now.
pub fn in_foreground(terminal: impl AsFd) -> bool {
    tcgetpgrp(terminal).is_ok_and(|group| group == getpgrp())
}

/// Whether a person may read standard error.
pub fn is_stderr() -> bool {
    stderr().is_terminal()
}

/// Whether to use colour: not when `NO_COLOR` is set to anything (no-color.org) nor on a terminal that has none.
pub fn has_colour(vars: &Vars) -> bool {
    let dumb = vars.filled("TERM").is_none_or(|term| term == "dumb");
    vars.filled("NO_COLOR").is_none() && !dumb
}

/// Whether whoever reads it hears it: words instead of shapes, rules and columns, and nothing written over. The var is that
/// of other programs with such a mode (<https://github.com/charmbracelet/huh#accessibility>).
pub fn is_spoken(vars: &Vars) -> bool {
    vars.filled("ACCESSIBLE").is_some()
}

/// The name of the terminal of the standard streams, for the audit: `/dev/pts/3`.
pub fn name() -> Option<PathBuf> {
    let names = [ttyname(stdin()), ttyname(stdout()), ttyname(stderr())];
    names.into_iter().find_map(Result::ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_left_out_for_no_color_and_for_terminals_without_it() {
        let vars = |pairs: &[(&str, &str)]| pairs.iter().copied().collect::<Vars>();
        assert!(has_colour(&vars(&[("TERM", "xterm")])));
        assert!(has_colour(&vars(&[("TERM", "xterm"), ("NO_COLOR", "")])));
        assert!(!has_colour(&vars(&[("TERM", "xterm"), ("NO_COLOR", "0")])));
        assert!(!has_colour(&vars(&[("TERM", "dumb")])));
        assert!(!has_colour(&vars(&[])));
    }

    #[test]
    fn a_file_is_never_the_foreground() {
        assert!(!in_foreground(File::open("/dev/null").unwrap()));
    }
}
