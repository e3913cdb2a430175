//! What the subcommands of a tool of the table do to the server.
//!
//! The table says it in its own words; here they become risks and findings. A "status" that makes the tool's own tables
//! is a write and says so.

use super::Risk;
use super::report::Report;
use crate::target::{Act, Declared, Effect};
use crate::text::redact;

/// Reads the commands.
pub(super) fn read(declared: &Declared, report: &mut Report) {
    report.raise(Risk::Read);
    for act in &declared.acts {
        one(declared, act, report);
    }
}

fn one(declared: &Declared, act: &Act, report: &mut Report) {
    let command = redact::identifier(act.command.as_ref());
    let line = format!("{} {command}", declared.tool);
    let line = line.trim_end();
    let (risk, kind) = match act.effect {
        Effect::None | Effect::Read => return,
        Effect::Touch => (Risk::Write, "bookkeeping"),
        Effect::Write => (Risk::Write, "subcommand"),
        Effect::Destroy => (Risk::Destroy, "subcommand"),
        Effect::Unknown => (Risk::Unknown, "subcommand"),
    };
    match act.effect {
        Effect::Touch => report.note(format!("`{line}` makes the tool's own tables where they are not there")),
        Effect::Unknown => report.note(format!("what `{line}` does cannot be told beforehand")),
        Effect::None | Effect::Read | Effect::Write | Effect::Destroy => {}
    }
    let objects = if command.is_empty() { Vec::new() } else { vec![command] };
    report.found(risk, kind, objects, line);
}
