//! `COPY`: which way the rows go, and through what.

use super::statement::Statement;
use super::{Outcome, query};
use crate::plan::Risk;
use crate::plan::lexer::token::Kind;

/// Classifies `COPY`.
pub(super) fn classify(s: &Statement<'_>, out: &mut Outcome) {
    let Some(way) = s.find(1, &["from", "to"]) else {
        return super::unknown(s, out);
    };
    let first = 1 + usize::from(s.is(1, "binary") && s.named(2) && way > 2);
    let objects: Vec<String> = s.name(first).0.into_iter().collect();
    if s.symbol(1, b'(') {
        // The query runs, whichever way its rows go.
        query::classify(&s.range(2, s.close(1)), out);
    }
    if s.is(way + 1, "program") && s.kind(way + 2) == Some(Kind::Text) {
        return out.add(s, Risk::Unknown, "copy-program", objects);
    }
    let inline = s.any(way + 1, &["stdin", "stdout"]);
    match (s.is(way, "from"), inline) {
        (true, false) => out.add(s, Risk::Write, "copy-from-file", objects),
        (true, true) => {
            // The server takes `FROM STDOUT` for `FROM STDIN`.
            out.copies += 1;
            out.add(s, Risk::Write, "copy-from", objects);
        }
        (false, true) => query::called(&s.from(way), false, out),
        (false, false) => out.add(s, Risk::Write, "copy-to-file", objects),
    }
    out.reads();
}
