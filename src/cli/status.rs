//! `dbguard status`: what this shell would reach, who says so, and why.

use std::process::ExitCode;

use super::args::Status;
use super::output;
use crate::error::Result;
use crate::guard;
use crate::world::Snapshot;

pub(super) fn run(status: &Status, snapshot: &Snapshot) -> Result<ExitCode> {
    let found = guard::status(snapshot);
    if status.json {
        output::json(&found)?;
    } else if let Some((banner, sections)) = found.screen(snapshot) {
        output::screen(&banner, &sections, &snapshot.vars)?;
    }
    Ok(ExitCode::SUCCESS)
}
