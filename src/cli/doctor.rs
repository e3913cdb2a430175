//! `dbguard doctor`: is everything in place on this machine, and which command mends what is not.
//!
//! Each part looks at one thing and answers with findings; nothing is changed. What cannot be seen from outside a
//! shell, its aliases, is said with the command that shows it.

mod finding;
mod hook;
mod keeping;
mod paths;
mod psql;
mod setting;

use std::process::ExitCode;

use serde_json::json;

use self::finding::{Finding, State};
use super::output;
use crate::checklist::{Banner, Section};
use crate::environment::{Level, Look};
use crate::error::Result;
use crate::world::Snapshot;

/// What one part is called, and what it finds.
type Part = (&'static str, fn(&Snapshot) -> Vec<Finding>);

const PARTS: [Part; 7] = [
    ("program", paths::program),
    ("shell", hook::hook),
    ("tools", paths::tools),
    ("psql", psql::start_up),
    ("config", setting::configuration),
    ("files", keeping::files),
    ("terminal", setting::terminal),
];

pub(super) fn run(as_json: bool, snapshot: &Snapshot) -> Result<ExitCode> {
    let found: Vec<(&str, Vec<Finding>)> = PARTS.iter().map(|(name, part)| (*name, part(snapshot))).collect();
    let broken = found.iter().flat_map(|(_, findings)| findings).filter(|one| one.state == State::Broken);
    let broken: Vec<&Finding> = broken.collect();
    // What the hook would have done in a new shell is not another thing to mend beside it.
    let hook = broken.iter().any(|one| one.name == "hook");
    let follows = |one: &&&Finding| hook && one.mend.as_deref().is_some_and(|mend| mend.starts_with(paths::NEW_SHELL));
    let broken = broken.len() - broken.iter().filter(follows).count();
    if as_json {
        let all = found.iter().flat_map(|(part, findings)| findings.iter().map(|one| one.json(part)));
        output::json(&json!({ "version": 1, "ok": broken == 0, "findings": all.collect::<Vec<_>>() }))?;
    } else {
        let section = |(name, findings): &(&str, Vec<Finding>)| Section {
            title: (*name).to_owned(),
            lines: findings.iter().flat_map(Finding::lines).collect(),
        };
        output::screen(&banner(broken), &found.iter().map(section).collect::<Vec<_>>(), &snapshot.vars)?;
    }
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn banner(broken: usize) -> Banner {
    let (level, label) = match broken {
        0 => (Level::Development, "IN PLACE".to_owned()),
        1 => (Level::Production, "1 THING TO MEND".to_owned()),
        more => (Level::Production, format!("{more} THINGS TO MEND")),
    };
    let look = Look { label, icon: level.icon().to_owned(), color: level.color().to_owned() };
    Banner { look, level, title: "this machine · doctor".to_owned(), alarms: Vec::new() }
}
