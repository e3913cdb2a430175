//! One script by itself, for `dbguard scan`: every finding in it, and which of them its comments allow.
//!
//! Takes as long as it takes, with bounded memory. Included files are followed as psql would, but only below the
//! directories given: a script from elsewhere must not have other files of this machine shown in a public log.

use std::io::Read;
use std::path::{Path, PathBuf};

pub use super::allow::{Allowed, Problem};
use super::report::Report;
use super::script::Reading;
use super::{Finding, Mode, Risk};

/// What a script holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The strictest of the findings; what comments allow does not count.
    pub risk: Risk,
    /// What was found, in order; statements that only read are left out.
    pub findings: Vec<Finding>,
    /// What comments allow.
    pub allowed: Vec<Allowed>,
    /// What is wrong with such comments.
    pub problems: Vec<Problem>,
    /// Things to tell that are not findings: repetitions that are not listed, why a text is unknown.
    pub notes: Vec<String>,
}

/// Where a script stands, and how far it may lead.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The working directory.
    pub cwd: PathBuf,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
    /// The directories that included files must stand below, without links in them.
    pub within: Vec<PathBuf>,
}

/// Scans a file.
pub fn file(name: &Path, ground: &Ground) -> Scan {
    scan(ground, |reading| reading.file(name))
}

/// Scans a text from anywhere.
pub fn text(source: impl Read, ground: &Ground) -> Scan {
    scan(ground, |reading| reading.script(Box::new(source), None))
}

fn scan(ground: &Ground, read: impl FnOnce(&mut Reading<'_>)) -> Scan {
    let mut report = Report::of_scan();
    let mut reading = Reading::new(&mut report, &ground.cwd, ground.home.as_deref());
    reading.scanned(ground.within.clone());
    read(&mut reading);
    let allowances = reading.allowances.take().unwrap_or_default();
    let plan = report.into_plan(Mode::Batch);
    let (risk, findings, notes) = (plan.risk, plan.findings, plan.notes);
    Scan { risk, findings, allowed: allowances.allowed, problems: allowances.problems, notes }
}
