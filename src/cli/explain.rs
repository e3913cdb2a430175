//! `dbguard explain`: what would happen and why, touching nothing.

use std::process::ExitCode;

use super::args::Explain;
use super::{output, split};
use crate::error::Result;
use crate::guard;
use crate::world::Snapshot;
use crate::world::stdin::Stdin;

pub(super) fn run(explain: &Explain, snapshot: &Snapshot) -> Result<ExitCode> {
    let (tool, args) = split(&explain.tool.line)?;
    let explanation = guard::explain(tool, args, &mut Stdin::of_process(), snapshot);
    if explain.json {
        output::json(&explanation)?;
    } else {
        let (banner, sections) = explanation.screen(snapshot);
        output::screen(&banner, &sections, &snapshot.vars)?;
    }
    Ok(ExitCode::SUCCESS)
}
