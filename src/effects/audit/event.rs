//! What is written down of an invocation: built from values that the guard has, redacted on the way in.
//!
//! Every text that comes from outside goes through [`redact`], also within the target and the findings: a mistyped URI
//! is a database name to libpq, and the password is in it. Bytes that are not UTF-8 are written as `\xNN`.

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::{Value, json};

use super::time::rfc3339;
use crate::environment::Environment;
use crate::plan::{Finding, Risk};
use crate::target::{Invocation, Target};
use crate::text::redact;
use crate::world::Snapshot;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The question is about to be asked.
    Asked,
    /// It was answered, or decided without a question.
    Decided,
    /// The tool is about to start.
    Started,
    /// The tool ended, as far as something waited for it.
    Ended,
    /// A person allowed an invocation that has no terminal.
    Granted,
    /// Such a grant was taken back.
    Revoked,
}

/// One record of the log. Built up with the methods, each of which may be left out.
#[must_use]
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    id: String,
    phase: Phase,
    #[serde(serialize_with = "clock")]
    time: SystemTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    uid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    tty: Option<String>,
    cwd: String,
    pid: u32,
    tool: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    argv: Vec<String>,
    #[serde(flatten)]
    facts: Facts,
}

/// What is known of the invocation at this point.
#[derive(Clone, Debug, Default, Serialize)]
struct Facts {
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attestation: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<Risk>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings_left_out: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lsn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    restore_point: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
}

impl Event {
    /// The first event of an invocation. `id` comes from [`super::fresh_id`] and links the events that follow.
    pub fn new(id: &str, phase: Phase, invocation: &Invocation, snapshot: &Snapshot) -> Self {
        Self {
            id: id.to_owned(),
            phase,
            time: SystemTime::now(),
            user: snapshot.user.name.clone(),
            uid: snapshot.user.uid,
            tty: terminal(),
            cwd: path(&snapshot.cwd),
            pid: std::process::id(),
            tool: invocation.tool.clone(),
            argv: argv(invocation),
            facts: Facts::default(),
        }
    }

    /// A later event of the same invocation: tool, target, environment and risk are repeated, so that a line can be
    /// read alone; argv, findings and attestation are not.
    pub fn follow(&self, phase: Phase) -> Self {
        let facts = Facts {
            target: self.facts.target.clone(),
            environment: self.facts.environment.clone(),
            risk: self.facts.risk,
            lsn: self.facts.lsn.clone(),
            restore_point: self.facts.restore_point.clone(),
            ..Facts::default()
        };
        Self { phase, time: SystemTime::now(), argv: Vec::new(), facts, ..self.clone() }
    }

    /// The invocation's identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When, where it is not now.
    pub fn at(mut self, time: SystemTime) -> Self {
        self.time = time;
        self
    }

    /// The target, with its origins.
    pub fn target(mut self, target: &Target) -> Self {
        self.facts.target = value(target);
        self
    }

    /// The environment and the rule that named it.
    pub fn environment(mut self, environment: &Environment) -> Self {
        let name = || json!({"name": environment.name(), "level": environment.level_word()});
        self.facts.environment = value(environment).or_else(|| Some(name()));
        self
    }

    /// What the server said of itself.
    pub fn attestation(mut self, attestation: &impl Serialize) -> Self {
        self.facts.attestation = value(attestation);
        self
    }

    /// What it would do.
    pub fn risk(mut self, risk: Risk) -> Self {
        self.facts.risk = Some(risk);
        self
    }

    /// The statements it would run: the first [`MOST_FINDINGS`], and how many more there were.
    pub fn findings(mut self, findings: &[Finding]) -> Self {
        self.facts.findings = findings.iter().take(MOST_FINDINGS).map(finding).collect();
        self.facts.findings_left_out = findings.len().checked_sub(MOST_FINDINGS).filter(|&more| more > 0);
        self
    }

    /// What came of the question: `confirmed`, `declined`, `refused`, `not asked`; never what a person typed.
    pub fn answer(mut self, answer: &str) -> Self {
        self.facts.answer = Some(text(answer));
        self
    }

    /// Why: the reason of the verdict, or `DBGUARD_REASON`.
    pub fn reason(mut self, reason: &str) -> Self {
        self.facts.reason = Some(text(reason));
        self
    }

    /// The grant that stood for a person.
    pub fn grant(mut self, id: &str) -> Self {
        self.facts.grant = Some(text(id));
        self
    }

    /// The server's write-ahead log position before the tool ran.
    pub fn lsn(mut self, lsn: &str) -> Self {
        self.facts.lsn = Some(text(lsn));
        self
    }

    /// The restore point that was named before the tool ran.
    pub fn restore_point(mut self, name: &str) -> Self {
        self.facts.restore_point = Some(text(name));
        self
    }

    /// The tool's exit status.
    pub fn status(mut self, status: i32) -> Self {
        self.facts.status = Some(status);
        self
    }

    /// How long the tool ran.
    pub fn duration(mut self, duration: Duration) -> Self {
        self.facts.duration_ms = Some(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
        self
    }
}

/// More findings than this say nothing more, and a line must stay a line.
const MOST_FINDINGS: usize = 500;

/// More bytes of one text than this are cut: the log is not a copy of what was run.
const MOST_TEXT: usize = 16 * 1024;

/// More words of argv than this are counted only.
const MOST_WORDS: usize = 500;

fn clock<S: serde::Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*time))
}

/// The terminal that the invocation was typed at, as far as a standard descriptor is one.
fn terminal() -> Option<String> {
    let name = nix::unistd::ttyname(io::stdin()).or_else(|_| nix::unistd::ttyname(io::stderr()));
    name.ok().map(|name| path(&name))
}

fn argv(invocation: &Invocation) -> Vec<String> {
    let first = invocation.args.get(..MOST_WORDS).unwrap_or(&invocation.args);
    let mut words: Vec<String> =
        redact::command(&invocation.tool, first, invocation.password()).into_iter().map(cut).collect();
    if let Some(more) = invocation.args.len().checked_sub(MOST_WORDS).filter(|&more| more > 0) {
        words.push(format!("…({more} more words)"));
    }
    words
}

fn text(text: &str) -> String {
    cut(redact::text(text).into_owned())
}

fn path(path: &Path) -> String {
    cut(redact::argument(path.as_os_str()))
}

fn finding(finding: &Finding) -> Value {
    json!({
        "risk": finding.risk,
        "kind": finding.kind,
        "objects": finding.objects.iter().map(|object| text(object)).collect::<Vec<_>>(),
        "file": finding.file.as_deref().map(path),
        "line": finding.line,
        "statement": cut(redact::sql(&finding.statement).into_owned()),
    })
}

/// As JSON, every text in it redacted; nothing when it has no JSON form (a path that is not UTF-8).
fn value(of: &impl Serialize) -> Option<Value> {
    let mut value = serde_json::to_value(of).ok()?;
    redact_value(&mut value);
    Some(value)
}

fn redact_value(value: &mut Value) {
    match value {
        Value::String(string) => *string = cut(redact::argument(string.as_ref())),
        Value::Array(items) => items.iter_mut().for_each(redact_value),
        Value::Object(fields) => fields.iter_mut().for_each(|(_, field)| redact_value(field)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn cut(mut text: String) -> String {
    if text.len() > MOST_TEXT {
        let more = text.len() - MOST_TEXT;
        let mut at = MOST_TEXT;
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.truncate(at);
        let _infallible = write!(text, "…({more} more bytes)");
    }
    text
}
