//! Standard output. A reader that went away (`dbguard log | head`) is a quiet end and no error.

use std::io::{self, Write};

use serde::Serialize;

use crate::checklist::{Banner, Line, Section};
use crate::error::{Error, Result};
use crate::text::Untrusted;

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

/// Prints one JSON object on one line.
pub(super) fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value)
        .map_err(|cause| Error::refused(format!("the answer cannot be written as JSON: {cause}")))?;
    print(|out| writeln!(out, "{text}"))
}

/// Prints a head and its sections as plain text: the same words as the checklist's screen.
pub(super) fn screen(banner: &Banner, sections: &[Section]) -> Result<()> {
    print(|out| {
        writeln!(
            out,
            "{} {}  {}",
            banner.look.icon,
            Untrusted::text(&banner.look.label),
            Untrusted::text(&banner.title)
        )?;
        for section in sections {
            writeln!(out, "{}", section.title)?;
            section.lines.iter().try_for_each(|line| entry(out, line))?;
        }
        Ok(())
    })
}

fn entry(out: &mut dyn Write, line: &Line) -> io::Result<()> {
    let (label, value, note) =
        (Untrusted::text(&line.label), Untrusted::text(&line.value), Untrusted::text(&line.note));
    if line.note.is_empty() {
        writeln!(out, "  {label:<12}  {value}")
    } else {
        writeln!(out, "  {label:<12}  {value}  ({note})")
    }
}
