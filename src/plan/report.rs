//! Collects findings, notes and inputs on the way to a [`Plan`].
//!
//! The risk is always the strictest that was seen, also of what is no longer listed: repetitions of the same kind on
//! the same objects are counted and not listed, and the list is cut at a length that a person can still read.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::waiting::{Progress, Waiting};
use super::{Finding, Input, Mode, Plan, Risk};
use crate::world::files::Stamp;

/// How long reading may take, all files together.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often whoever waits is told how far it has come.
const TICK: Duration = Duration::from_millis(100);
/// What is said when the time is over.
const LATE: &str = "reading took longer than two seconds: the rest was not looked at";
/// What is said when somebody did not wait for all of it.
const ENDED: &str = "reading was ended early: the rest was not looked at";
/// How many findings are listed.
const LISTED: usize = 200;
/// How many findings of one kind on the same objects in one file are listed before they are only counted.
const SAME: usize = 3;
/// How many findings a scan lists of one file: what bounds its memory.
const SCANNED: usize = 2000;
/// How many notes are kept.
const NOTES: usize = 50;

/// What makes findings alike.
pub(super) type Key = (Risk, String, Vec<String>, Option<PathBuf>);

/// A plan in the making.
#[derive(Debug)]
pub(super) struct Report {
    risk: Risk,
    findings: Vec<Finding>,
    counts: BTreeMap<Key, usize>,
    unlisted: usize,
    inputs: Vec<Input>,
    notes: Vec<String>,
    leaves: bool,
    /// None where nobody waits: a scan.
    deadline: Option<Instant>,
    /// Who is asked when the deadline is over.
    waiting: Option<Box<dyn Waiting>>,
    /// Somebody did not want to wait any longer.
    ended: bool,
    /// Bytes of the files that were opened, and how many of them were read.
    total: u64,
    read: Rc<Cell<u64>>,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            risk: Risk::None,
            findings: Vec::new(),
            counts: BTreeMap::new(),
            unlisted: 0,
            inputs: Vec::new(),
            notes: Vec::new(),
            leaves: false,
            deadline: Some(Instant::now() + PATIENCE),
            waiting: None,
            ended: false,
            total: 0,
            read: Rc::default(),
        }
    }
}

impl Report {
    /// For a scan: as long as it takes, and every finding that destroys or is unknown listed by itself, since each of
    /// them wants an answer of its own.
    pub(super) fn of_scan() -> Self {
        Self { deadline: None, ..Self::default() }
    }

    /// With somebody who may want to wait for longer.
    pub(super) fn with(waiting: Option<Box<dyn Waiting>>) -> Self {
        Self { waiting, ..Self::default() }
    }

    /// Raises the risk without a finding: statements that read.
    pub(super) fn raise(&mut self, risk: Risk) {
        self.risk = self.risk.max(risk);
    }

    /// Adds a finding.
    pub(super) fn add(&mut self, finding: Finding) {
        self.raise(finding.risk);
        let (listed, same) = self.limits(finding.risk);
        let full = self.counts.len() >= listed;
        let key = (finding.risk, finding.kind.clone(), finding.objects.clone(), finding.file.clone());
        if full && !self.counts.contains_key(&key) {
            self.unlisted += 1;
            return;
        }
        let count = self.counts.entry(key).or_insert(0);
        *count += 1;
        if *count <= same && self.findings.len() < listed {
            self.findings.push(finding);
        }
    }

    /// Whether another finding like this would be listed.
    pub(super) fn lists(&self, key: &Key) -> bool {
        let (listed, same) = self.limits(key.0);
        let count = self.counts.get(key).copied();
        count.unwrap_or(0) < same && self.findings.len() < listed && (count.is_some() || self.counts.len() < listed)
    }

    /// Counts findings that are not listed.
    pub(super) fn count(&mut self, key: &Key, more: usize) {
        self.raise(key.0);
        match self.counts.get_mut(key) {
            Some(count) => *count += more,
            None => self.unlisted += more,
        }
    }

    /// How many findings are listed, and how many that are alike.
    fn limits(&self, risk: Risk) -> (usize, usize) {
        match (self.deadline, risk >= Risk::Destroy) {
            (Some(_), _) => (LISTED, SAME),
            (None, false) => (SCANNED, SAME),
            (None, true) => (SCANNED, SCANNED),
        }
    }

    /// Adds a finding that is about the invocation as a whole.
    pub(super) fn found(&mut self, risk: Risk, kind: &str, objects: Vec<String>, statement: impl Into<String>) {
        self.add(Finding { risk, kind: kind.to_owned(), objects, file: None, line: None, statement: statement.into() });
    }

    /// Adds a finding that cannot be said, and why.
    pub(super) fn unknown(&mut self, kind: &str, why: impl Into<String>) {
        let why = why.into();
        self.found(Risk::Unknown, kind, Vec::new(), String::new());
        self.note(why);
    }

    /// Tells something once.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if self.notes.len() < NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Takes over what another one found, but for findings of these kinds.
    pub(super) fn absorb(&mut self, other: Self, but: &[&str]) {
        other
            .findings
            .into_iter()
            .filter(|finding| !but.contains(&finding.kind.as_str()))
            .for_each(|finding| self.add(finding));
        if other.unlisted > 0 {
            self.raise(Risk::Unknown);
        }
        other.notes.into_iter().for_each(|note| self.note(note));
        self.inputs.extend(other.inputs);
        self.leaves |= other.leaves;
    }

    /// A `\connect` was met.
    pub(super) fn leaves(&mut self) {
        self.leaves = true;
    }

    /// Remembers a file by the handle that it is read through.
    pub(super) fn input(&mut self, path: &Path, file: &File) {
        if let Ok(meta) = file.metadata() {
            self.input_stamp(path, Stamp::from(&meta));
        }
    }

    /// Remembers a file by its stamp.
    pub(super) fn input_stamp(&mut self, path: &Path, stamp: Stamp) {
        self.total = self.total.saturating_add(stamp.length());
        self.inputs.push(Input { path: path.to_owned(), stamp });
    }

    /// Begins counting anew: waiting for standard input has a limit of its own.
    pub(super) fn restart(&mut self) {
        if self.deadline.is_some() {
            self.deadline = Some(Instant::now() + PATIENCE);
        }
    }

    /// Where the bytes that are read are counted.
    pub(super) fn counter(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.read)
    }

    /// Whether reading has taken as long as it may, or as long as somebody wants to wait.
    pub(super) fn late(&mut self) -> bool {
        let Some(deadline) = self.deadline else { return false };
        let now = Instant::now();
        if now < deadline {
            return false;
        }
        let Some(waiting) = &mut self.waiting else { return true };
        let progress = Progress { read: self.read.get(), total: self.total, findings: &self.findings };
        self.ended = self.ended || !waiting.goes_on(&progress);
        self.deadline = Some(now + TICK);
        self.ended
    }

    /// Why reading ended before the end.
    pub(super) fn why_late(&self) -> &'static str {
        if self.waiting.is_some() { ENDED } else { LATE }
    }

    /// The plan.
    pub(super) fn into_plan(mut self, mode: Mode) -> Plan {
        self.note_counts();
        if mode != Mode::Batch {
            self.raise(Risk::Read);
        }
        Plan {
            risk: self.risk,
            findings: self.findings,
            mode,
            inputs: self.inputs,
            reads_stdin: false,
            takes_pgoptions: true,
            notes: self.notes,
            leaves: self.leaves,
        }
    }

    fn note_counts(&mut self) {
        for ((risk, kind, objects, _), count) in std::mem::take(&mut self.counts) {
            let same = self.limits(risk).1;
            if count > same {
                let on = if objects.is_empty() { String::new() } else { format!(" on {}", objects.join(", ")) };
                self.note(format!("{count} times {kind}{on}: only the first {same} are listed"));
            }
        }
        if self.unlisted > 0 {
            self.note(format!("{} more findings are not listed", self.unlisted));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(table: &str) -> Finding {
        let statement = format!("INSERT INTO {table} …");
        Finding {
            risk: Risk::Write,
            kind: "insert".into(),
            objects: vec![table.into()],
            file: None,
            line: None,
            statement,
        }
    }

    #[test]
    fn repetitions_are_counted_and_the_risk_is_the_strictest() {
        let mut report = Report::default();
        (0..1000).for_each(|_| report.add(insert("t")));
        report.found(Risk::Destroy, "drop-table", vec!["u".into()], "DROP TABLE u");
        let plan = report.into_plan(Mode::Batch);
        assert_eq!((plan.risk, plan.findings.len()), (Risk::Destroy, 4));
        assert_eq!(plan.notes, ["1000 times insert on t: only the first 3 are listed"]);
    }

    #[test]
    fn the_list_is_cut_and_says_so() {
        let mut report = Report::default();
        (0..500).for_each(|number| report.add(insert(&format!("t{number}"))));
        let plan = report.into_plan(Mode::Batch);
        assert_eq!(plan.findings.len(), 200);
        assert_eq!(plan.notes, ["300 more findings are not listed"]);
    }
}
