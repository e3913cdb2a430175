//! psql's start-up file: whether psql reads it, and whether dbguard's block is in it.
//!
//! psql passes over a file that it cannot read in silence, and the label and read-only start with it. What is right is
//! decided by `psqlrc`, which reads the files; here it is only said.

use super::super::psqlrc;
use super::finding::{Finding, State};
use crate::error::Result;
use crate::shell::{self, Without};
use crate::text::Untrusted;
use crate::world::{Snapshot, tools};

/// What the findings are called.
const NAME: &str = "start-up file";

const INSTALL: &str = "dbguard psqlrc install";

pub(super) fn start_up(snapshot: &Snapshot) -> Vec<Finding> {
    if tools::locate("psql".as_ref(), &snapshot.vars).is_err() {
        return Vec::new();
    }
    let named = snapshot.vars.filled("PSQLRC");
    if named.is_some_and(|named| named == "/dev/null") {
        let what = "PSQLRC is /dev/null, so that psql reads none: no label, and no read-only start without the guard";
        return vec![Finding::new(State::Note, NAME, what).mend("unset PSQLRC")];
    }
    let files = psqlrc::looked_at(snapshot);
    let one = |(path, text): (_, _)| about(&Untrusted::path(path).to_string(), text, named.is_some());
    files.iter().map(|(path, text)| one((path, text))).collect()
}

fn about(shown: &str, text: &Result<Option<Vec<u8>>>, named: bool) -> Finding {
    let text = match text {
        Ok(Some(text)) => text.as_slice(),
        Ok(None) if named => {
            let what = format!("PSQLRC names {shown}, which is not there: psql reads none");
            return Finding::new(State::Doubtful, NAME, what).mend(INSTALL);
        }
        Ok(None) => &[],
        Err(error) => {
            let finding = Finding::new(State::Broken, NAME, error.message());
            return error.hints().iter().take(1).fold(finding, |finding, hint| finding.mend(hint.clone()));
        }
    };
    if shell::outdated(text) {
        let what = format!("the block in {shown} is of another version");
        return Finding::new(State::Doubtful, NAME, what).mend(INSTALL);
    }
    match shell::without(text) {
        Ok(Without::Removed(_)) => Finding::new(State::Fine, NAME, format!("the block is in {shown}")),
        Ok(Without::NotThere) => {
            let what = format!("no block in {shown}: psql's prompt shows no environment");
            Finding::new(State::Note, NAME, what).mend(INSTALL)
        }
        Err(why) => Finding::new(State::Broken, NAME, format!("{shown}: {}", Untrusted::text(&why))).mend(INSTALL),
    }
}
