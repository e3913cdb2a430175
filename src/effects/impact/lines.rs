//! What is known about a table, as lines for the screen; what is not known says why.

use super::facts::{Impact, Own, Sessions};
use super::sql::MOST_NAMES;
use crate::checklist::{Line, Tone};

pub(super) fn lines(impact: &Impact) -> Vec<Line> {
    let Some(own) = &impact.own else {
        return vec![match impact.exists {
            Some(false) => {
                line(&impact.table, "there is no such table here", "as the search path finds it", Tone::Quiet)
            }
            Some(true) | None => line(&impact.table, "not known", why(impact), Tone::Quiet),
        }];
    };
    let mut lines = vec![head(impact, own), reads(own)];
    lines.extend(meanwhile(impact));
    lines.push(dependents(impact));
    lines.push(functions(impact));
    lines.push(sessions(impact));
    lines.extend(statements(impact));
    lines
}

fn line(label: &str, value: impl Into<String>, note: impl Into<String>, tone: Tone) -> Line {
    Line { label: label.to_owned(), value: value.into(), note: note.into(), tone }
}

/// Short: the cause that all missing facts share.
fn why(impact: &Impact) -> String {
    if impact.trouble.is_empty() { "the server did not say".to_owned() } else { impact.trouble.clone() }
}

fn unknown(label: &str, impact: &Impact) -> Line {
    line(label, "not known", why(impact), Tone::Quiet)
}

fn head(impact: &Impact, own: &Own) -> Line {
    // What ANALYZE counted; where it never ran, what was counted since.
    let rows = match own.rows.filter(|rows| *rows > 0).or(own.live).or(own.rows) {
        Some(rows) => format!("about {}", several_of(rows, "row")),
        None if own.kind == "v" => "no rows of its own".to_owned(),
        None => "rows not known: never analyzed".to_owned(),
    };
    let size = match impact.bytes {
        Some(bytes) => super::super::attest::size(u64::try_from(bytes).unwrap_or(0)),
        None if own.kind == "v" => String::new(),
        None => format!("size not known: {}", why(impact)),
    };
    let comma = if size.is_empty() { "" } else { ", " };
    line(&impact.table, format!("{} {}", kind(&own.kind), own.name), format!("{rows}{comma}{size}"), Tone::Plain)
}

fn kind(kind: &str) -> &'static str {
    match kind {
        "r" => "table",
        "p" => "partitioned table",
        "v" => "view",
        "m" => "materialized view",
        "f" => "foreign table",
        "i" | "I" => "index",
        "S" => "sequence",
        _ => "relation",
    }
}

/// What the counters and, from 16 on, the last scan's time say.
fn reads(own: &Own) -> Line {
    let Some(reads) = own.reads.filter(|_| matches!(own.kind.as_str(), "r" | "p" | "m")) else {
        return line("read", "not counted", format!("for a {}", kind(&own.kind)), Tone::Quiet);
    };
    let since = own.since_ago.map_or_else(|| "since the counters began".to_owned(), |ago| format!("in {}", span(ago)));
    let times = format!("{} {since}", several_of(reads, "scan"));
    let version = own.version.split(['.', ' ']).next().unwrap_or_default();
    match (own.keeps_last, own.last_read_ago) {
        (_, Some(ago)) => line("last read", format!("{} ago", span(ago)), times, Tone::Warn),
        (Some(true), None) => line("last read", "never, as far as the counters go", times, Tone::Plain),
        _ => {
            let note = format!("when it was last read, PostgreSQL {version} does not keep");
            line("read", times, note, if reads > 0 { Tone::Warn } else { Tone::Plain })
        }
    }
}

fn meanwhile(impact: &Impact) -> Option<Line> {
    let seen = impact.meanwhile.as_ref().filter(|seen| seen.reads > 0 || seen.writes > 0)?;
    let value = format!("{}, {} written", several_of(seen.reads, "scan"), several_of(seen.writes, "row"));
    Some(line("right now", value, format!("in the last {:.1} s", seen.seconds), Tone::Danger))
}

fn dependents(impact: &Impact) -> Line {
    let Some(all) = &impact.dependents else { return unknown("used by", impact) };
    let names = all.iter().map(|(kind, name)| format!("{kind} {name}"));
    several("used by", names.collect())
}

fn functions(impact: &Impact) -> Line {
    match &impact.functions {
        Some(all) => several("functions naming it", all.clone()),
        None => unknown("functions naming it", impact),
    }
}

/// A list cut to a length that can be read.
fn several(label: &str, names: Vec<String>) -> Line {
    let total = names.len();
    if total == 0 {
        return line(label, "none", "", Tone::Plain);
    }
    let shown = names.into_iter().take(6).collect::<Vec<_>>().join(", ");
    let more = match total.saturating_sub(6) {
        0 => String::new(),
        more if total == MOST_NAMES => format!("and {more} or more"),
        more => format!("and {more} more"),
    };
    line(label, shown, more, Tone::Warn)
}

fn sessions(impact: &Impact) -> Line {
    let Some(Sessions { locks, naming, hidden }) = &impact.sessions else { return unknown("sessions", impact) };
    let locks = locks.as_deref().unwrap_or_default();
    let mut parts: Vec<String> = Vec::new();
    for lock in locks.iter().take(4) {
        let who = lock.user.as_deref().unwrap_or("somebody");
        let application = lock.application.as_deref().filter(|name| !name.is_empty());
        let application = application.map_or_else(String::new, |name| format!(" ({name})"));
        let held = if lock.granted { "holds" } else { "waits for" };
        parts.push(format!("{who}{application} {held} {}", lock.mode));
    }
    let naming = naming.as_ref().map_or(0, Vec::len);
    if naming > 0 {
        parts.push(format!("{naming} named it last"));
    }
    let hidden = hidden.unwrap_or(0);
    let note =
        if hidden > 0 { format!("what {hidden} other sessions run is hidden from this role") } else { String::new() };
    if parts.is_empty() {
        return line("sessions", "none holds a lock on it or named it last", note, Tone::Plain);
    }
    line("sessions", parts.join(", "), note, Tone::Warn)
}

fn statements(impact: &Impact) -> Vec<Line> {
    match (&impact.statements, &impact.no_statements) {
        (Some(all), _) if all.is_empty() => vec![line("statements", "none remembered", "", Tone::Plain)],
        (Some(all), _) => {
            let labels = std::iter::once("statements").chain(std::iter::repeat(""));
            let one = |(label, said): (&str, &super::facts::Statement)| {
                let role = said.role.as_deref().unwrap_or("somebody");
                line(label, said.query.clone(), format!("{} by {role}", several_of(said.calls, "call")), Tone::Warn)
            };
            labels.zip(all.iter().take(3)).map(one).collect()
        }
        (None, Some(because)) => vec![line("statements", "not known", because.clone(), Tone::Quiet)],
        (None, None) => vec![unknown("statements", impact)],
    }
}

/// A number of things, in words.
fn several_of(number: i64, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Digits in groups of three.
fn count(number: i64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && digit.is_ascii_digit() && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A span of time in whole units.
fn span(seconds: f64) -> String {
    match seconds.max(0.0) {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} h", s / 3600.0),
        s => format!("{:.0} days", s / 86400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_spans_are_read_at_a_glance() {
        assert_eq!([0, 12, 1234, 1_234_567, -1234].map(count), ["0", "12", "1,234", "1,234,567", "-1,234"]);
        assert_eq!([3.0, 300.0, 9000.0, 1e6].map(span), ["3 s", "5 min", "2 h", "12 days"]);
    }
}
