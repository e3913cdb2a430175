//! For scripts and editors: one object, a contract (`DESIGN.md`, section 14).

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::Format;
use crate::plan::scan::{Allowed, Problem, Scan};

/// The object, written file by file.
#[derive(Default)]
pub(super) struct Json {
    begun: bool,
}

impl Format for Json {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\"version\":1,\"files\":[")
    }

    fn file(&mut self, file: &Path, scan: &Scan, out: &mut dyn Write) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            write!(out, ",")?;
        }
        let value = json!({
            "file": file.to_string_lossy(),
            "risk": scan.risk,
            "findings": scan.findings,
            "allowed": scan.allowed.iter().map(allowed).collect::<Vec<_>>(),
            "problems": scan.problems.iter().map(problem).collect::<Vec<_>>(),
            "notes": scan.notes,
        });
        write!(out, "{}", inert(&value))
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "]}}")
    }
}

fn allowed(allowed: &Allowed) -> Value {
    let mut value = json!(allowed.finding);
    if let Some(map) = value.as_object_mut() {
        map.insert("reason".to_owned(), json!(allowed.reason));
    }
    value
}

fn problem(problem: &Problem) -> Value {
    json!({
        "kind": problem.kind,
        "file": problem.file.as_ref().map(|file| file.to_string_lossy()),
        "line": problem.line,
        "message": problem.message,
    })
}

/// JSON in which characters that a terminal would obey, or that mislead, are escaped; to a parser it is the same.
pub(super) fn inert(value: &Value) -> String {
    let text = value.to_string();
    if text.is_ascii() && !text.contains('\x7f') {
        return text;
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\x7f' || crate::text::misleads(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _infallible = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}
