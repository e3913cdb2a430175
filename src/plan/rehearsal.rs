//! Whether a script can be rehearsed: run within one transaction that somebody else opened and will end.
//!
//! A script that ends the transaction, leaves the connection, or cannot be known beforehand would make a rehearsal the
//! real thing. Those are obstacles. What no rollback takes back is told.

use std::path::{Path, PathBuf};

use super::classify::leading;
use super::report::Report;
use super::script::Reading;
use super::{Finding, Mode};

/// What stands in the way of a rehearsal, or outlasts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trait {
    /// The file it stands in.
    pub file: Option<PathBuf>,
    /// Its line.
    pub line: Option<usize>,
    /// What it is: lower case, no full stop.
    pub what: String,
}

/// What is known of a script beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// Why it cannot be rehearsed.
    pub obstacles: Vec<Trait>,
    /// What a rollback does not take back.
    pub lasting: Vec<Trait>,
}

/// Reads a script.
pub fn rehearsal(file: &Path, cwd: &Path, home: Option<&Path>) -> Rehearsal {
    let mut report = Report::of_scan();
    let mut reading = Reading::new(&mut report, cwd, home);
    reading.sent = Some(Vec::new());
    reading.file(file);
    let sent = reading.sent.take().unwrap_or_default();
    let plan = report.into_plan(Mode::Batch);
    let mut found = Rehearsal::default();
    for message in &sent {
        let words = leading(&message.text);
        let what = words.iter().find_map(|words| control(words).or_else(|| alone(words)));
        let place = |what| Trait { file: message.file.clone(), line: Some(message.line), what };
        found.obstacles.extend(what.map(place));
    }
    if plan.findings.len() >= 2000 {
        let what = "it holds more than can be looked at".to_owned();
        found.obstacles.push(Trait { file: None, line: None, what });
    }
    for finding in &plan.findings {
        let place = |what: &str| Trait { file: finding.file.clone(), line: finding.line, what: what.to_owned() };
        found.obstacles.extend(unknown(finding).map(place));
        found.lasting.extend(lasting(finding).map(place));
    }
    found
}

/// A word that ends the transaction, or needs one of its own. Savepoints are a script's own business.
fn control(words: &[String]) -> Option<String> {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let ends = match word(0) {
        "begin" | "start" | "commit" | "end" | "abort" => true,
        "rollback" => !(word(1) == "to" || word(2) == "to"),
        "prepare" => word(1) == "transaction",
        _ => false,
    };
    ends.then(|| format!("{} controls the transaction itself", word(0).to_uppercase()))
}

/// What PostgreSQL refuses within a transaction (`PreventInTransactionBlock`).
fn alone(words: &[String]) -> Option<String> {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    let refused = match word(0) {
        "vacuum" => true,
        "create" | "drop" => {
            matches!(word(1), "database" | "tablespace" | "subscription") || (has("index") && has("concurrently"))
        }
        "reindex" => has("concurrently") || has("database") || has("system") || has("schema"),
        "alter" => {
            matches!(word(1), "system" | "subscription")
                || (word(1) == "database" && has("tablespace"))
                || (has("detach") && has("concurrently"))
                || (word(1) == "type" && has("add") && has("value"))
        }
        "cluster" => words.len() == 1,
        "discard" => word(1) == "all",
        _ => false,
    };
    refused.then(|| format!("{} does not run within a transaction", words.join(" ").to_uppercase()))
}

/// What is not known beforehand, and so could be a COMMIT.
fn unknown(finding: &Finding) -> Option<&'static str> {
    let what = match finding.kind.as_str() {
        "connect" => "it goes to another server or database",
        "gexec" => "what it runs is not known beforehand",
        "variable" => "a variable stands where a statement could",
        "too-long" | "archive" | "unreadable" | "include" => "it cannot be read to its end",
        "doubtful" | "nul-byte" | "conditional" | "conditional-data" | "setting" | "unknown" | "meta-command"
        | "edit" => "what it does cannot be told",
        _ => return None,
    };
    Some(what)
}

fn lasting(finding: &Finding) -> Option<&'static str> {
    let what = match finding.kind.as_str() {
        "sequence" => "numbers that a sequence gave out are gone",
        "shell" => "a shell command is run",
        "copy-program" => "a program is run",
        "copy-to-file" | "server-file" => "a file of the server is written",
        "dblink" => "another connection does it",
        "terminate-backend" | "cancel-backend" | "server-control" | "promote" => "it is done at once",
        "replication-slot" | "wal" | "reset-statistics" | "surgery" => "no rollback takes it back",
        "advisory-lock" => "it is held until the session ends",
        "do" | "call" | "function-call" => "what the code does is not known beforehand",
        "insert" | "copy-from" | "copy-from-file" => "numbers that its sequences give out are gone",
        _ => return None,
    };
    Some(what)
}
