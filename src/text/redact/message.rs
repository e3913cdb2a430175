//! Messages in which libpq and the server quote what they could not read, which may be half a password.
//!
//! Recognised by their English words (`fe-connect.c`, `conninfo_parse` and `conninfo_uri_parse_options`); whoever runs a
//! tool to read its errors sets `LC_MESSAGES=C`.

use std::ops::Range;

use super::name::is_plain_keyword;
use super::{Spans, sql};

/// What such messages quote, and the SQL that error contexts and server logs repeat.
pub(super) fn spans(text: &str) -> Spans {
    let mut spans = Spans::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if ABOUT_CONNECTION_STRINGS.iter().any(|words| line.contains(words)) {
            spans.extend(quoted(line, start, |inside| inside.len() > 1 && !is_plain_keyword(inside)));
        } else if line.contains("host name \"") {
            spans.extend(quoted(line, start, |inside| inside.contains('@')));
        }
        start += line.len();
    }
    spans.extend(statements(text));
    spans
}

/// From the first double-quoted part of a line that is to be `hidden` to the line's last double quote: what is quoted may
/// hold quotes itself.
fn quoted(line: &str, start: usize, hidden: impl Fn(&str) -> bool) -> Option<Range<usize>> {
    let last = line.rfind('"')?;
    let mut from = 0;
    loop {
        let open = from + line.get(from..)?.find('"')? + 1;
        let close = open + line.get(open..)?.find('"').unwrap_or(0);
        let inside = line.get(open..close.max(open))?;
        if open > last || hidden(inside) {
            let end = if open > last { line.trim_end().len() } else { last };
            return Some(start + open..start + end.max(open));
        }
        from = close + 1;
    }
}

/// Statements about roles and foreign servers, read as SQL from where they begin.
fn statements(text: &str) -> Spans {
    let lower = text.to_ascii_lowercase();
    let first = ABOUT_ROLES.iter().filter_map(|words| lower.find(words)).min();
    let Some(at) = first else { return Spans::new() };
    let found = sql::spans(text.get(at..).unwrap_or_default());
    found.into_iter().map(|span| at + span.start..at + span.end).collect()
}

const ABOUT_CONNECTION_STRINGS: [&str; 8] = [
    "connection info string",
    "connection string",
    "connection option",
    "in URI",
    "URI query parameter",
    "percent-encoded",
    "port number",
    "passfile",
];

const ABOUT_ROLES: [&str; 12] = [
    "alter role",
    "alter user",
    "alter group",
    "create role",
    "create user",
    "create group",
    "create server",
    "alter server",
    "create subscription",
    "alter subscription",
    "dblink",
    "import foreign",
];
