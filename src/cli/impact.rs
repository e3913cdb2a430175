//! `dbguard impact`: who depends on a table, who reads it, and where the repository names it.

use std::process::ExitCode;

use super::args::Impact;
use super::output;
use crate::error::{Error, Kind, Result};
use crate::guard;
use crate::text::Untrusted;
use crate::world::Snapshot;

pub(super) fn run(arguments: &Impact, snapshot: &Snapshot) -> Result<ExitCode> {
    let hurts = guard::impact(&arguments.tables, &arguments.line, snapshot)?;
    if arguments.json {
        output::json(&hurts)?;
    } else {
        let (banner, sections) = hurts.screen(snapshot);
        output::screen(&banner, &sections, &snapshot.vars)?;
    }
    match hurts.silent() {
        None => Ok(ExitCode::SUCCESS),
        Some(because) => {
            Err(Error::new(Kind::Negative, format!("the server did not answer: {}", Untrusted::text(because))))
        }
    }
}
