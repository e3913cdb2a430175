//! Records as they are read back: loosely, since another version may have written them.

use std::fmt::Write as _;
use std::io::{self, BufRead, Read as _};

use serde_json::Value;

use super::chain::{LONGEST, VERSION};
use crate::text::misleads;

/// One line of the log.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A record of this version.
    Record(Record),
    /// A record of a newer version: it is not known what it means.
    Newer {
        /// The version it says.
        version: u64,
    },
    /// No record at all.
    Garbage,
}

/// A record of this version.
#[derive(Clone, Debug)]
pub struct Record {
    line: String,
    fields: Value,
}

impl Record {
    /// The invocation that it belongs to.
    pub fn id(&self) -> &str {
        self.text("/id")
    }

    /// A text by its path (`/environment/name`); empty when there is none.
    pub fn text(&self, path: &str) -> &str {
        self.at(path).and_then(Value::as_str).unwrap_or_default()
    }

    /// A value by its path; `None` also where it is null.
    pub fn at(&self, path: &str) -> Option<&Value> {
        self.fields.pointer(path).filter(|value| !value.is_null())
    }

    /// All fields, in the order they were written.
    pub fn fields(&self) -> &Value {
        &self.fields
    }

    /// The line as JSON, with nothing in it that a terminal would obey.
    pub fn json(&self) -> &str {
        &self.line
    }
}

/// Reads every line.
pub fn entries(mut lines: impl BufRead) -> impl Iterator<Item = io::Result<Entry>> {
    let mut line = Vec::new();
    std::iter::from_fn(move || {
        line.clear();
        let limit = LONGEST as u64 + 1;
        match lines.by_ref().take(limit).read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => Some(Ok(entry(&line))),
            Err(cause) => Some(Err(cause)),
        }
    })
}

fn entry(line: &[u8]) -> Entry {
    let Ok(fields) = serde_json::from_slice::<Value>(line) else { return Entry::Garbage };
    match fields.get("v").and_then(Value::as_u64) {
        Some(VERSION) => Entry::Record(Record { line: inert(&String::from_utf8_lossy(line)), fields }),
        Some(version) if version > VERSION => Entry::Newer { version },
        Some(_) | None => Entry::Garbage,
    }
}

/// JSON with the characters escaped that a terminal obeys or that mislead the eye.
///
/// JSON itself escapes the C0 controls only, and people do `cat` a log. What is escaped here stands within strings, where
/// the escape means the same; a C0 control outside of them is white space.
pub(super) fn inert(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.trim_end().chars() {
        if c == '\x7f' || misleads(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _infallible = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(if c.is_ascii_control() { ' ' } else { c });
        }
    }
    safe
}
