//! `EXPLAIN`: harmless, unless it says `ANALYZE`, which runs the statement.
//!
//! In a read-only transaction `EXPLAIN ANALYZE CREATE TABLE AS` makes the table all the same (PostgreSQL 15), so what
//! is inside counts in full.

use super::statement::Statement;
use super::{Outcome, Session, dispatch};

/// Classifies `EXPLAIN`.
pub(super) fn classify(s: &Statement<'_>, session: &mut Session, out: &mut Outcome) {
    let (runs, inner) = options(s);
    out.reads();
    if !runs {
        return;
    }
    if !s.symbol(inner, b'(') && !s.any(inner, EXPLAINED) {
        return super::unknown(s, out);
    }
    let mut inside = Outcome::new();
    dispatch(&s.from(inner), session, &mut inside);
    out.risk = out.risk.max(inside.risk);
    for found in inside.found {
        out.add(s, found.risk, "explain-analyze", found.objects);
    }
}

/// Whether it runs, and the token at which the explained statement begins.
fn options(s: &Statement<'_>) -> (bool, usize) {
    if s.symbol(1, b'(') && !s.any(2, &["select", "with", "values", "table"]) && !s.symbol(2, b'(') {
        let close = s.close(1);
        let runs = (2..close).any(|at| s.any(at, &["analyze", "analyse"]) && !off(s, at + 1));
        return (runs, close + 1);
    }
    let mut at = 1;
    let mut runs = false;
    while s.any(at, &["analyze", "analyse", "verbose"]) {
        runs |= !s.is(at, "verbose");
        at += 1;
    }
    (runs, at)
}

/// What may be explained (`ExplainableStmt` in `gram.y`); anything else is a syntax error on every version known.
const EXPLAINED: &[&str] = &[
    "select", "with", "values", "table", "insert", "update", "delete", "merge", "declare", "create", "refresh",
    "execute",
];

fn off(s: &Statement<'_>, at: usize) -> bool {
    s.any(at, &["off", "false"]) || s.bytes(at) == b"0"
}
