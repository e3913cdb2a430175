//! `dbguard prompt`: what the prompt shows, for other prompts and for scripts.

use std::process::ExitCode;

use super::output;
use crate::config::{self, Places};
use crate::error::Result;
use crate::prompt::{self, Segment, Show};
use crate::world::Snapshot;

pub(super) fn run(snapshot: &Snapshot) -> Result<ExitCode> {
    let places = Places::of(snapshot);
    let config = config::load_from(&places);
    let reading = prompt::read(snapshot, &config.rules, &places.project_root);
    let mut theme = config.theme.heard_by(&snapshot.vars);
    if theme.show == Show::Never {
        // Switched off in the shell's own prompt; another prompt that asks for it wants an answer.
        theme.show = Show::Relevant;
    }
    let segment = Segment::of(&reading, &theme);
    output::print(|out| if segment.text.is_empty() { Ok(()) } else { writeln!(out, "{}", segment.text) })?;
    Ok(ExitCode::SUCCESS)
}
