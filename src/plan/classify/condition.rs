//! Whether a `WHERE` leaves rows out, as far as its text says.
//!
//! A condition without a column in it holds for every row or for none, and so does a column compared with itself (but
//! for nulls). Anything else is taken to restrict: how many rows are left, only the server can say.

use super::statement::Statement;
use crate::plan::lexer::token::Kind;

/// Whether the condition that is all of this leaves rows out.
pub(super) fn restricts(s: &Statement<'_>) -> bool {
    parts(s, "or").iter().all(|branch| parts(branch, "and").iter().any(one_restricts))
}

/// The parts between this word outside parentheses. `BETWEEN a AND b` falls apart as well, into one that has the column
/// and a constant.
fn parts<'a>(s: &Statement<'a>, word: &str) -> Vec<Statement<'a>> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in (0..s.len()).filter(|&at| s.absolute_depth(at) == s.absolute_depth(0) && s.is(at, word)) {
        parts.push(s.range(from, at));
        from = at + 1;
    }
    parts.push(s.from(from));
    parts
}

fn one_restricts(s: &Statement<'_>) -> bool {
    if s.symbol(0, b'(') && s.close(0) + 1 == s.len() {
        return restricts(&s.range(1, s.len() - 1));
    }
    let never = s.len() == 1 && s.is(0, "false");
    let equal = s.len() == 3 && s.symbol(1, b'=');
    let differs = equal && s.kind(0) == s.kind(2) && !s.bytes(0).eq_ignore_ascii_case(s.bytes(2));
    never || differs || !(is_constant(s) || is_same(s))
}

/// Whether nothing in it depends on a row.
fn is_constant(s: &Statement<'_>) -> bool {
    (0..s.len()).all(|at| match s.kind(at) {
        Some(Kind::Number | Kind::Text | Kind::Symbol) => true,
        Some(Kind::Word) => s.any(at, CONSTANT),
        Some(Kind::Name | Kind::Parameter) | None => false,
    })
}

/// `a = a`, with the same name on both sides.
fn is_same(s: &Statement<'_>) -> bool {
    let half = s.len() / 2;
    let side = |from: usize| (from..from + half).map(|at| s.bytes(at).to_ascii_lowercase()).collect::<Vec<_>>();
    let names = (0..half).all(|at| s.named(at) || s.symbol(at, b'.'));
    half > 0 && s.len() == 2 * half + 1 && s.symbol(half, b'=') && names && side(0) == side(half + 1)
}

/// Words that a constant condition may have.
const CONSTANT: &[&str] = &[
    "true", "false", "not", "is", "null", "unknown", "bool", "boolean", "int", "integer", "text", "in", "between",
    "like",
];
