//! Transactions and settings of the session: harmless, unless they undo what protects it.

use super::statement::Statement;
use super::{Outcome, Session, settings};
use crate::plan::Risk;
use crate::plan::lexer::token::Backslashes;

/// `BEGIN`, `COMMIT`, `ROLLBACK` and their kin.
pub(super) fn transaction(s: &Statement<'_>, session: &mut Session, out: &mut Outcome) {
    match s.word(0).as_str() {
        "begin" | "start" => session.open = true,
        "commit" | "end" | "rollback" | "abort" if !s.any(1, &["to", "prepared"]) && !s.is(2, "to") => {
            let begun = std::mem::replace(&mut session.open, false);
            // One that was begun elsewhere (`-1`, AUTOCOMMIT): what was set in it may be taken back.
            session.backslashes = if begun { session.backslashes } else { Backslashes::Presumed };
        }
        _ => {}
    }
    let prepared = s.is(1, "prepared") && s.any(0, &["commit", "rollback"]);
    let undone = s.is(0, "rollback");
    match (prepared, writable(s)) {
        (true, _) if undone => out.add(s, Risk::Destroy, "rollback-prepared", Vec::new()),
        (true, _) => out.add(s, Risk::Write, "commit-prepared", Vec::new()),
        (false, true) => out.add(s, Risk::Write, "read-write", Vec::new()),
        (false, false) => out.reads(),
    }
}

/// Whether `READ WRITE` is among the transaction's modes.
fn writable(s: &Statement<'_>) -> bool {
    (1..s.len()).any(|at| s.are(at, &["read", "write"]))
}

/// `SET` in all its forms.
pub(super) fn set(s: &Statement<'_>, session: &mut Session, out: &mut Outcome) {
    let at = if s.any(1, &["session", "local"]) && !s.any(2, &["to"]) && !s.symbol(2, b'=') { 2 } else { 1 };
    match s.word(at).as_str() {
        "transaction" | "characteristics" if writable(s) => out.add(s, Risk::Write, "read-write", Vec::new()),
        "transaction" if !assigns(s, at + 1) => out.reads(),
        "constraints" => out.add(s, Risk::Write, "set-constraints", Vec::new()), // fires deferred triggers
        "role" | "authorization" => out.add(s, Risk::Write, "set-role", Vec::new()),
        "time" if s.is(at + 1, "zone") => out.reads(),
        "xml" if s.is(at + 1, "option") => out.reads(),
        "schema" => setting(s, "search_path", at + 1, session, out),
        "names" => setting(s, "client_encoding", at + 1, session, out),
        "characteristics" | "seed" | "catalog" => out.reads(),
        _ => assignment(s, at, session, out),
    }
}

fn assigns(s: &Statement<'_>, at: usize) -> bool {
    s.is(at, "to") || s.symbol(at, b'=')
}

/// `SET name { TO | = } value`, where the name may have parts.
fn assignment(s: &Statement<'_>, at: usize, session: &mut Session, out: &mut Outcome) {
    let mut name = s.identifier(at).to_ascii_lowercase();
    let mut next = at + 1;
    while s.symbol(next, b'.') {
        name = format!("{name}.{}", s.identifier(next + 1).to_ascii_lowercase());
        next += 2;
    }
    if !assigns(s, next) {
        return super::unknown(s, out);
    }
    setting(s, &name, next + 1, session, out);
}

fn setting(s: &Statement<'_>, name: &str, value: usize, session: &mut Session, out: &mut Outcome) {
    let words: Vec<String> = (value..s.len()).filter(|&at| !s.symbol(at, b',')).map(|at| plain(s, at)).collect();
    match settings::judge(name, &words) {
        Some((risk, kind)) => out.add(s, risk, kind, vec![name.to_owned()]),
        None => out.reads(),
    }
    if name == "standard_conforming_strings" {
        // Believed only where it is done for certain and not taken back: a statement by itself, outside of branches and
        // transactions.
        if !settings::is_on(&words) {
            session.forget_settings();
        } else if session.certain && !s.is(1, "local") {
            session.backslashes = Backslashes::Plain;
        }
    }
}

/// The value that a token stands for, as far as it is plain.
fn plain(s: &Statement<'_>, at: usize) -> String {
    let name = s.identifier(at);
    let text = s.literal(at).unwrap_or_else(|| String::from_utf8_lossy(s.bytes(at)).into_owned());
    if name.is_empty() { text } else { name }
}

/// `RESET`.
pub(super) fn reset(s: &Statement<'_>, session: &mut Session, out: &mut Outcome) {
    session.forget_settings();
    if s.is(1, "all") {
        return out.add(s, Risk::Unknown, "reset-all", Vec::new());
    }
    if s.any(1, &["role", "session"]) {
        return out.add(s, Risk::Write, "set-role", Vec::new());
    }
    let parts: Vec<String> = (1..s.len()).filter(|&at| s.named(at)).map(|at| s.identifier(at)).collect();
    match settings::judge(&parts.join("."), &[]) {
        Some((risk, kind)) if !s.is(1, "time") => out.add(s, risk, kind, parts),
        Some(_) | None => out.reads(),
    }
}

/// Whether both lexers read this client encoding byte by byte as they do UTF-8: no byte of a longer character can be
/// taken for a quote or a backslash (`PG_ENCODING_BE_LAST` in `pg_wchar.h` tells the others apart).
pub(in crate::plan) fn safe_encoding(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let starts =
        ["utf8", "unicode", "sqlascii", "latin", "iso8859", "win", "koi8", "euc", "mule", "ascii", "alt", "default"];
    let unsafe_ones = ["win936", "win932", "win949", "win950", "windows936", "windows932", "windows949", "windows950"];
    starts.iter().any(|start| name.starts_with(start)) && !unsafe_ones.contains(&name.as_str())
}
