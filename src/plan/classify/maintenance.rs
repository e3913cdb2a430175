//! Maintenance and the rest: what a read-only transaction lets through, and code that no text shows.

use super::Outcome;
use super::statement::Statement;
use crate::plan::Risk;

/// Classifies by the leading word.
pub(super) fn classify(s: &Statement<'_>, out: &mut Outcome) {
    match s.word(0).as_str() {
        "vacuum" => vacuum(s, out),
        "lock" => lock(s, out),
        "reindex" => reindex(s, out),
        // ACCESS EXCLUSIVE on the whole table, which stays for as long as the rewrite takes.
        "cluster" => out.add(s, Risk::Destroy, "cluster", s.names(1)),
        "refresh" => {
            let at = 3 + usize::from(s.is(3, "concurrently"));
            out.add(s, Risk::Write, "refresh-materialized-view", s.names(at));
        }
        "analyze" | "analyse" => out.add(s, Risk::Write, "analyze", s.names(operands(s))),
        "do" | "call" => out.add(s, Risk::Unknown, s.word(0), s.name(1).0.into_iter().collect()),
        "load" => out.add(s, Risk::Unknown, "load", Vec::new()),
        word => out.add(s, Risk::Write, word, Vec::new()), // CHECKPOINT, NOTIFY, DISCARD
    }
}

/// The token behind `VACUUM (options)` or `VACUUM FULL VERBOSE`.
fn operands(s: &Statement<'_>) -> usize {
    if s.symbol(1, b'(') {
        return s.close(1) + 1;
    }
    (1..s.len()).find(|&at| !s.any(at, &["full", "freeze", "verbose", "analyze", "analyse"])).unwrap_or(s.len())
}

fn vacuum(s: &Statement<'_>, out: &mut Outcome) {
    let at = operands(s);
    let full =
        (1..at).any(|word| s.is(word, "full") && !(s.any(word + 1, &["off", "false"]) || s.bytes(word + 1) == b"0"));
    let (risk, kind) = if full { (Risk::Destroy, "vacuum-full") } else { (Risk::Write, "vacuum") };
    out.add(s, risk, kind, s.names(at));
}

/// Only the modes that conflict with reading lock people out; the default mode is the strictest.
fn lock(s: &Statement<'_>, out: &mut Outcome) {
    let mode = s.find(1, &["in"]);
    let gentle = mode.is_some_and(|at| !s.are(at + 1, &["access", "exclusive"]));
    let risk = if gentle { Risk::Write } else { Risk::Destroy };
    out.add(s, risk, "lock", s.names(1 + usize::from(s.is(1, "table"))));
}

/// Without `CONCURRENTLY` every query on the table waits: planning one opens all of its indexes.
fn reindex(s: &Statement<'_>, out: &mut Outcome) {
    let options = if s.symbol(1, b'(') { s.close(1) + 1 } else { 1 };
    let gentle = (1..options + 3).any(|at| s.is(at, "concurrently") && !s.any(at + 1, &["off", "false"]));
    let at = options + 1 + usize::from(s.is(options + 1, "concurrently"));
    let risk = if gentle { Risk::Write } else { Risk::Destroy };
    out.add(s, risk, "reindex", s.names(at));
}
