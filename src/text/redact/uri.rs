//! `postgresql://user:password@host/db?password=…`, also percent-encoded, malformed, or without its scheme.
//!
//! What a driver would reject is hidden all the same: it was typed, and it is a password. libpq ends the password at the
//! first `@`, others at the last one, so the last one counts; a slash in it ends the authority for libpq, and still it
//! is somebody's password. <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS>

use std::ops::Range;

use super::Spans;
use super::assignment::Extent;
use super::name::{is_plain_keyword, is_secret};

/// The passwords of every URI in the text. In a word of argv a URI reaches to the end, else to the end of the line.
pub(super) fn spans(text: &str, extent: Extent) -> Spans {
    let mut spans = Spans::new();
    match extent {
        Extent::Word => {
            spans.extend(authorities(text, 0));
            spans.extend(without_scheme(text));
        }
        Extent::Line | Extent::Sql => {
            let mut start = 0;
            for line in text.split_inclusive('\n') {
                spans.extend(authorities(line.trim_end_matches('\n'), start));
                start += line.len();
            }
        }
    }
    spans.extend(parameters(text, extent));
    spans.extend(passfile_lines(text));
    spans
}

/// From the first colon behind each `://` to the last `@`; without an `@` whatever stands in a port's place and is none.
fn authorities(line: &str, offset: usize) -> Spans {
    let last = line.rfind('@');
    let mut spans = Spans::new();
    for (at, found) in line.match_indices("://") {
        let start = at + found.len();
        let hidden = match last.filter(|&last| last >= start) {
            Some(last) => line.get(start..last).and_then(colon).map(|colon| start + colon..last),
            None => line.get(start..).and_then(not_a_port).map(|port| start + port..line.len()),
        };
        spans.extend(hidden.map(|span| offset + span.start..offset + span.end));
    }
    spans
}

/// Behind the first colon, also one that is percent-encoded.
fn colon(user: &str) -> Option<usize> {
    let plain = user.find(':');
    let before = user.get(..plain.unwrap_or(user.len()))?;
    let encoded = before.to_ascii_lowercase().find("%3a").map(|at| at + 3);
    encoded.or(plain.map(|at| at + 1))
}

/// Where something stands behind a host's colon that is not a port: `user:secret`, the host forgotten.
fn not_a_port(rest: &str) -> Option<usize> {
    let end = rest.find(|c: char| "/?#".contains(c) || c.is_whitespace()).unwrap_or(rest.len());
    let mut from = 0;
    for host in rest.get(..end)?.split(',') {
        let address = host.starts_with('[').then(|| host.find(']')).flatten().unwrap_or(0);
        let name = host.get(address..)?;
        if let Some(colon) = colon(name) {
            let port: String = name.get(colon..)?.chars().take_while(char::is_ascii_alphanumeric).collect();
            if port.parse::<u16>().is_err() && !name.get(colon..)?.is_empty() {
                return Some(from + address + colon);
            }
        }
        from += host.len() + 1;
    }
    None
}

/// `user:password@host` where the scheme was forgotten or mistyped, alone or as an option's value.
fn without_scheme(text: &str) -> Option<Range<usize>> {
    let named = text.find('=').filter(|&at| text.get(..at).is_some_and(|name| !name.contains([' ', ':', '@'])));
    let start = named.map_or(0, |at| at + 1);
    let rest = text.get(start..)?;
    let at = rest.rfind('@')?;
    let user = rest.get(..at)?;
    let colon = colon(user)?;
    let word = !user.get(..colon)?.contains(|c: char| c.is_whitespace() || "'\"=".contains(c));
    let scheme = user.get(colon..)?.starts_with("//");
    (word && !scheme).then_some(start + colon..start + at)
}

/// The values of `?password=` and its like; names are decoded first, as libpq does (`?pass%77ord=`).
fn parameters(text: &str, extent: Extent) -> Spans {
    let mut spans = Spans::new();
    let mut done = 0;
    for (at, _) in text.match_indices(['?', '&']) {
        if at < done {
            continue;
        }
        let rest = text.get(at + 1..).unwrap_or_default();
        let name = rest.split(|c: char| "=&?".contains(c) || c.is_whitespace()).next().unwrap_or_default();
        if name.is_empty() || !is_secret(&decode(name)) {
            continue;
        }
        let start = at + 1 + name.len();
        let value = text.get(start..).unwrap_or_default();
        let skipped = usize::from(value.starts_with('='));
        let end = value_end(value.get(skipped..).unwrap_or_default(), extent);
        done = start + skipped + end;
        spans.push(start + skipped..done);
    }
    spans
}

/// To the next `&` with a connection keyword; elsewhere than in a word of argv white space ends it too.
fn value_end(value: &str, extent: Extent) -> usize {
    for (at, c) in value.char_indices() {
        if c.is_whitespace() && extent != Extent::Word {
            return at;
        }
        if c == '&' {
            let next = value.get(at + 1..).unwrap_or_default();
            if next.split_once('=').is_some_and(|(name, _)| is_plain_keyword(name)) {
                return at;
            }
        }
    }
    value.len()
}

/// Percent-decodes as far as it is ASCII; what is malformed stays as it is.
fn decode(name: &str) -> String {
    let mut decoded = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let byte = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(byte.map_or('%', char::from));
        rest = byte.map_or(after, |_| after.get(2..).unwrap_or_default());
    }
    decoded + rest
}

/// Lines of a passfile: `host:port:database:user:password`, port in digits or `*`.
fn passfile_lines(text: &str) -> Spans {
    let mut spans = Spans::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let fields: Vec<&str> = line.splitn(5, ':').collect();
        if let [host, port, database, user, password] = fields.as_slice() {
            let number = *port == "*" || port.parse::<u16>().is_ok();
            let words =
                [host, database, user].iter().all(|field| !field.is_empty() && !field.contains(char::is_whitespace));
            if number && words {
                let end = start + line.trim_end_matches('\n').len();
                spans.push(end.min(start + line.len() - password.len())..end);
            }
        }
        start += line.len();
    }
    spans
}
