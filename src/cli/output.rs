//! Standard output. A reader that went away (`dbguard log | head`) is a quiet end and no error.

use std::io::{self, IsTerminal as _, Write};

use serde::Serialize;

use crate::checklist::{Banner, Section};
use crate::effects::tty::{self, Canvas};
use crate::error::{Error, Result};
use crate::world::Vars;
use crate::world::terminal::{has_colour, is_spoken};

/// The columns of what goes into a pipe or a file.
const PIPE_WIDTH: usize = 100;

/// Writes to standard output.
pub(super) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::refused(format!("standard output cannot be written: {cause}")))
        }
        _ => Ok(()),
    }
}

/// Lets whoever reads to the end of it go on, while the program does. What would be written from now on goes to standard
/// error.
pub(super) fn end() {
    let _ = nix::unistd::dup2_stdout(io::stderr());
}

/// Whether a person reads it as it is.
pub(super) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Prints one JSON object on one line.
pub(super) fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value)
        .map_err(|cause| Error::refused(format!("the answer cannot be written as JSON: {cause}")))?;
    print(|out| writeln!(out, "{text}"))
}

/// Prints a head and its sections: the screen of the checklist, in colour only where a terminal shows it.
pub(super) fn screen(banner: &Banner, sections: &[Section], vars: &Vars) -> Result<()> {
    let terminal = is_terminal();
    let width = if terminal { tty::width(io::stdout(), vars) } else { PIPE_WIDTH };
    let canvas = Canvas { width, colour: terminal && has_colour(vars), spoken: is_spoken(vars) };
    print(|out| {
        write!(out, "{}", canvas.banner(banner).trim_start_matches('\n'))?;
        sections.iter().try_for_each(|section| write!(out, "{}", canvas.section(section)))
    })
}
