//! For code scanning: SARIF 2.1.0 (OASIS), one run, one rule for each kind of finding that came up.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use serde_json::{Value, json};

use super::json::inert;
use super::{Format, fails, place, text};
use crate::cli::args::FailOn;
use crate::plan::scan::{Problem, Scan};
use crate::plan::{Finding, Risk};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The log, its results written file by file; what they need of the tool's description comes last.
pub(super) struct Sarif {
    fail_on: Option<FailOn>,
    begun: bool,
    rules: BTreeSet<String>,
}

impl Sarif {
    pub(super) fn new(fail_on: Option<FailOn>) -> Self {
        Self { fail_on, begun: false, rules: BTreeSet::new() }
    }

    fn write(&mut self, rule: &str, result: &Value, out: &mut dyn Write) -> io::Result<()> {
        self.rules.insert(rule.to_owned());
        let comma = if std::mem::replace(&mut self.begun, true) { "," } else { "" };
        write!(out, "{comma}{}", inert(result))
    }

    fn level(&self, risk: Risk) -> &'static str {
        match (self.fail_on, risk >= Risk::Destroy) {
            (Some(fail_on), _) if fails(risk, fail_on) => "error",
            (_, true) => "warning",
            (_, false) => "note",
        }
    }

    fn finding(&self, finding: &Finding, file: &Path) -> Value {
        let told = format!("{}: {}", finding.risk.word(), text::what(finding));
        let told = if finding.statement.is_empty() { told } else { format!("{told}: {}", finding.statement) };
        json!({
            "ruleId": finding.kind,
            "level": self.level(finding.risk),
            "message": { "text": text::inert(&told) },
            "locations": [location(place(finding.file.as_deref(), file), finding.line)],
            "properties": { "risk": finding.risk.word() },
        })
    }

    fn problem(&self, problem: &Problem, file: &Path) -> Value {
        json!({
            "ruleId": problem.kind,
            "level": if self.fail_on.is_some() { "error" } else { "warning" },
            "message": { "text": text::inert(&problem.message) },
            "locations": [location(place(problem.file.as_deref(), file), Some(problem.line))],
        })
    }
}

impl Format for Sarif {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"results\":[")
    }

    fn file(&mut self, file: &Path, scan: &Scan, out: &mut dyn Write) -> io::Result<()> {
        for finding in &scan.findings {
            let result = self.finding(finding, file);
            self.write(&finding.kind, &result, out)?;
        }
        for allowed in &scan.allowed {
            let mut result = self.finding(&allowed.finding, file);
            if let Some(result) = result.as_object_mut() {
                let why = json!([{ "kind": "inSource", "justification": text::inert(&allowed.reason) }]);
                result.insert("suppressions".to_owned(), why);
            }
            self.write(&allowed.finding.kind, &result, out)?;
        }
        for problem in &scan.problems {
            let result = self.problem(problem, file);
            self.write(problem.kind, &result, out)?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let rules: Vec<Value> = self.rules.iter().map(|rule| json!({ "id": rule })).collect();
        let driver = json!({
            "name": "dbguard",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules,
        });
        writeln!(out, "],\"columnKind\":\"unicodeCodePoints\",\"tool\":{{\"driver\":{}}}}}]}}", inert(&driver))
    }
}

fn location(file: &Path, line: Option<usize>) -> Value {
    let mut place = json!({ "artifactLocation": { "uri": uri(file) } });
    if let (Some(place), Some(line)) = (place.as_object_mut(), line) {
        place.insert("region".to_owned(), json!({ "startLine": line }));
    }
    json!({ "physicalLocation": place })
}

/// A path as a URI reference: relative as it is, absolute with a scheme; every byte but the plainest is escaped.
fn uri(path: &Path) -> String {
    let mut uri = String::from(if path.is_absolute() { "file://" } else { "" });
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
            uri.push(char::from(byte));
        } else {
            let _infallible = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
