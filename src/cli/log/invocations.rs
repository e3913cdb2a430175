//! Records joined to invocations: asked, decided, ended are one line.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

use crate::effects::audit::{Entry, Record};
use crate::error::Result;
use crate::text::Untrusted;

/// All that a log tells.
#[derive(Debug, Default)]
pub(super) struct Invocations {
    /// In the order in which they were first written.
    pub(super) list: Vec<Invocation>,
    /// Records of a newer version, and the highest of them.
    pub(super) newer: u64,
    pub(super) newest_version: Option<u64>,
    /// Lines that are no records.
    pub(super) garbage: u64,
    places: HashMap<String, usize>,
}

/// One invocation, as far as its records tell.
#[derive(Debug, Default)]
pub(super) struct Invocation {
    id: String,
    time: String,
    tool: String,
    target: String,
    environment: String,
    risk: String,
    answer: Option<String>,
    status: Option<i64>,
}

/// Joins the records of each invocation.
pub(super) fn gather(entries: impl Iterator<Item = Result<Entry>>) -> Result<Invocations> {
    let mut all = Invocations::default();
    for entry in entries {
        match entry? {
            Entry::Record(record) => all.add(&record),
            Entry::Newer { version } => {
                all.newer += 1;
                all.newest_version = all.newest_version.max(Some(version));
            }
            Entry::Garbage => all.garbage += 1,
        }
    }
    Ok(all)
}

impl Invocations {
    /// Where in the list this invocation stands.
    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// Every identifier, oldest first.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|invocation| invocation.id.as_str())
    }

    fn add(&mut self, record: &Record) {
        let next = self.list.len();
        let place = *self.places.entry(record.id().to_owned()).or_insert(next);
        if place == next {
            let time = record.text("/time").to_owned();
            self.list.push(Invocation { id: record.id().to_owned(), time, ..Invocation::default() });
        }
        if let Some(invocation) = self.list.get_mut(place) {
            invocation.learn(record);
        }
    }
}

impl Invocation {
    /// Its identifier.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// When, where and with what, and how it was answered.
    pub(super) fn summary(&self) -> String {
        let time = self.time.get(..16).unwrap_or(&self.time).replace('T', " ");
        let answer = self.answer.as_deref().unwrap_or("no answer");
        let words = [&*time, &*self.environment, &*self.tool, &*self.target, answer];
        words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The environment's name.
    pub(super) fn environment(&self) -> &str {
        &self.environment
    }

    /// What a later record tells holds: the server may have raised the environment.
    fn learn(&mut self, record: &Record) {
        let replace = |field: &mut String, value: &str| {
            if !value.is_empty() {
                value.clone_into(field);
            }
        };
        replace(&mut self.tool, record.text("/tool"));
        replace(&mut self.environment, record.text("/environment/name"));
        replace(&mut self.risk, record.text("/risk"));
        replace(&mut self.target, &target(record));
        self.status = record.at("/status").and_then(Value::as_i64).or(self.status);
        let word = match record.text("/phase") {
            "granted" => format!("granted {}", record.text("/grant")),
            "revoked" => format!("revoked {}", record.text("/grant")),
            _ => record.text("/answer").to_owned(),
        };
        if !word.is_empty() {
            self.answer = Some(word);
        }
    }
}

/// `host:port/dbname`, the port only where it is not the usual one.
pub(super) fn target(record: &Record) -> String {
    if record.at("/target").is_none() {
        return String::new();
    }
    let address = record.text("/target/hostaddr");
    let host = record.text("/target/host");
    let mut text = if host.is_empty() { address } else { host }.to_owned();
    match record.at("/target/port").and_then(Value::as_u64) {
        Some(5432) | None => {}
        Some(port) => text = format!("{text}:{port}"),
    }
    match record.at("/target/dbname").and_then(Value::as_str) {
        Some(dbname) => text + "/" + dbname,
        None => text,
    }
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = self.environment.to_uppercase();
        let what = if self.target.is_empty() { self.tool.clone() } else { format!("{} {}", self.tool, self.target) };
        // Asked and never decided: the terminal went away, or the process was killed.
        let answer = self.answer.as_deref().unwrap_or("no answer");
        // A refusal names tool, risk and target once more before its reason.
        let again = answer.strip_prefix("refused: ").and_then(|words| words.split_once("): "));
        let answer = again.map_or_else(|| answer.to_owned(), |(_, reason)| format!("refused: {reason}"));
        let fields = [&*self.time, &*label, &*what, &*self.risk, &*answer];
        for field in fields {
            let field = if field.is_empty() { "-" } else { field };
            write!(f, "{}  ", Untrusted::text(field))?;
        }
        if let Some(status) = self.status {
            write!(f, "exit {status}  ")?;
        }
        write!(f, "{}", Untrusted::text(&self.id))
    }
}
