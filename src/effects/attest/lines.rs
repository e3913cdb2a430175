//! A server's answer as lines for the screen; facts that could not be had say why.

use super::child::Ended;
use super::facts::{Attestation, Trouble};
use crate::checklist::{Line, Tone};

pub(super) fn lines(told: &Attestation) -> Vec<Line> {
    let mut lines = vec![database(told), address(told), role(told), cluster(told)];
    lines.extend(told.wanted_read_only.then(|| session(told)));
    lines.extend((!told.marker_was_read).then(|| unknown("marker", told, "pg_db_role_setting")));
    lines.extend(told.marker.as_ref().map(|marker| {
        let copied = told.marker_is_copied();
        let (note, tone) =
            if copied { ("copied from another server", Tone::Warn) } else { (marker.place, Tone::Plain) };
        line("marker", &marker.text, note, tone)
    }));
    lines
}

/// How far back the server could be taken.
pub(super) fn undo(told: &Attestation) -> Vec<Line> {
    let note = if told.last_archived.is_some() { "recovery can stop there" } else { "" };
    let lsn = told.lsn.as_ref().map(|lsn| line("log at", lsn, note, Tone::Plain));
    std::iter::once(archive(told)).chain(lsn).collect()
}

fn line(label: &str, value: impl Into<String>, note: impl Into<String>, tone: Tone) -> Line {
    Line { label: label.to_owned(), value: value.into(), note: note.into(), tone }
}

fn unknown(label: &str, told: &Attestation, about: &str) -> Line {
    line(label, "not known", why(told, about), Tone::Quiet)
}

fn database(told: &Attestation) -> Line {
    let size = match told.size_bytes {
        Some(bytes) => size(bytes),
        None => format!("size not known: {}", why(told, "statement timeout")),
    };
    line("database", &told.database, size, Tone::Plain)
}

fn address(told: &Attestation) -> Line {
    let value = match (&told.address, told.port) {
        (Some(address), Some(port)) if address.contains(':') => format!("[{address}]:{port}"),
        (Some(address), Some(port)) => format!("{address}:{port}"),
        _ => "unix socket".to_owned(),
    };
    // Packagers put their own version behind it: `15.18 (Debian 15.18-0+deb12u1)`.
    let version = told.version.as_deref().and_then(|version| version.split_whitespace().next());
    let version = version.map_or_else(String::new, |version| format!("PostgreSQL {version}"));
    line("address", value, version, Tone::Plain)
}

fn role(told: &Attestation) -> Line {
    let as_whom = match &told.session_user {
        Some(login) if *login != told.user => format!("{} (logged in as {login})", told.user),
        _ => told.user.clone(),
    };
    let (note, tone) = match (told.superuser, told.standby, told.can_write) {
        (Some(true), ..) => ("superuser".to_owned(), Tone::Warn),
        (_, Some(true), _) => ("the server takes no writes".to_owned(), Tone::Plain),
        (_, _, Some(true)) => ("may write".to_owned(), Tone::Plain),
        (_, _, Some(false)) => ("may not write".to_owned(), Tone::Plain),
        (.., None) => (format!("whether it may write is not known: {}", why(told, "statement timeout")), Tone::Plain),
    };
    line("role", as_whom, note, tone)
}

fn cluster(told: &Attestation) -> Line {
    let kind = match told.standby {
        Some(true) => "standby",
        Some(false) => "primary",
        None => "primary or standby: not known",
    };
    let name = told.cluster_name.as_ref().map_or_else(String::new, |name| format!("`{name}`, "));
    let identifier = match &told.system_identifier {
        Some(identifier) => format!("system {identifier}"),
        None => format!("system identifier not known: {}", why(told, "pg_control_system")),
    };
    line("cluster", kind, name + &identifier, Tone::Plain)
}

/// The protection as it is, never as it was wished.
fn session(told: &Attestation) -> Line {
    match (told.read_only, told.options_refused) {
        (Some(true), _) => line("session", "starts read-only", "", Tone::Plain),
        (_, true) => line("session", "NOT read-only", "the pooler refuses start-up options", Tone::Danger),
        (Some(false), _) => line("session", "NOT read-only", "the option was dropped on the way", Tone::Danger),
        (None, _) => line("session", "NOT known to be read-only", why(told, "transaction_read_only"), Tone::Danger),
    }
}

fn archive(told: &Attestation) -> Line {
    if told.archive_mode.as_deref() == Some("off") {
        return line("archive", "off", "nothing could be recovered from it", Tone::Warn);
    }
    let failing = told.archive_failing == Some(true);
    match (&told.last_archived, &told.archive_mode) {
        (Some(_), _) if failing => line("archive", "FAILING", since(told), Tone::Warn),
        (Some(_), _) => line("archive", since(told), "", Tone::Plain),
        (None, Some(_)) => line("archive", "on, nothing archived so far", "", Tone::Warn),
        (None, None) => unknown("archive", told, "pg_stat_archiver"),
    }
}

fn since(told: &Attestation) -> String {
    let ago = told.archived_seconds_ago.map_or_else(|| "at an unknown time".to_owned(), ago);
    format!("last segment {ago}")
}

/// The first of psql's lines that is about this; else what is known of the end.
fn why(told: &Attestation, about: &str) -> String {
    let said = told.trouble.said.lines().find(|line| line.contains(about));
    match (said, told.trouble.ended) {
        (Some(line), _) => line.split_once(":  ").map_or(line, |(_, message)| message).to_owned(),
        (None, Ended::Late) => "it did not come in time".to_owned(),
        (None, Ended::TooLong) => "the answer does not end".to_owned(),
        (None, Ended::ByItself) => "the server did not say".to_owned(),
    }
}

/// Why facts about tables may be missing: each is bounded by itself, and the connection as a whole.
pub(super) fn missing(trouble: &Trouble) -> String {
    let timeout = trouble.said.lines().any(|line| line.contains("statement timeout"));
    match (trouble.ended, timeout) {
        (Ended::Late, _) => "it did not come in time".to_owned(),
        (Ended::TooLong, _) => "the answer does not end".to_owned(),
        (Ended::ByItself, true) => "it took the server too long".to_owned(),
        (Ended::ByItself, false) => match trouble.said.lines().find_map(|line| line.split_once(":  ")) {
            Some((_, message)) => message.to_owned(),
            None => "the server did not say".to_owned(),
        },
    }
}

fn ago(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s ago"),
        120..=7199 => format!("{} min ago", seconds / 60),
        7200..=172_799 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86400),
    }
}

/// As `pg_size_pretty` has it: 1024, and whole numbers below ten thousand.
pub(in crate::effects) fn size(bytes: u64) -> String {
    let mut left = bytes;
    for unit in ["bytes", "kB", "MB", "GB"] {
        if left < 10_240 {
            return format!("{left} {unit}");
        }
        left /= 1024;
    }
    format!("{left} TB")
}
