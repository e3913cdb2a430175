//! Statements with a name: what was prepared or declared in the same session is known when its name comes up again.

use std::collections::HashMap;

use super::statement::Statement;
use super::{Outcome, Session, query};
use crate::plan::Risk;

/// What stands behind each name, as far as it was seen. More names than this are not kept.
#[derive(Debug, Default)]
pub(super) struct Names {
    prepared: HashMap<String, Risk>,
    cursors: HashMap<String, Risk>,
}

const KEPT: usize = 10_000;

impl Names {
    /// The stricter one stays: whether the earlier statement was reached is not known (`\if`).
    fn keep(names: &mut HashMap<String, Risk>, name: String, risk: Risk) {
        if names.len() < KEPT || names.contains_key(&name) {
            let kept = names.entry(name).or_insert(risk);
            *kept = risk.max(*kept);
        }
    }
}

/// Classifies the statements that make, run and end named statements and cursors.
pub(super) fn classify(s: &Statement<'_>, session: &mut Session, out: &mut Outcome) {
    match s.word(0).as_str() {
        "prepare" if s.is(1, "transaction") => out.add(s, Risk::Write, "prepare-transaction", Vec::new()),
        "prepare" => prepare(s, session, out),
        "execute" => execute(s, session, out),
        "declare" => declare(s, session, out),
        "fetch" | "move" => fetch(s, session, out),
        _ => out.reads(), // DEALLOCATE, CLOSE
    }
}

/// `PREPARE name [(types)] AS statement`.
fn prepare(s: &Statement<'_>, session: &mut Session, out: &mut Outcome) {
    let Some(body) = s.find(2, &["as"]) else {
        return super::unknown(s, out);
    };
    let mut inside = Outcome::new();
    if s.symbol(body + 1, b'(')
        || s.any(body + 1, &["select", "with", "values", "table", "insert", "update", "delete", "merge"])
    {
        query::classify(&s.from(body + 1), &mut inside);
    } else {
        super::unknown(s, &mut inside);
    }
    Names::keep(&mut session.names.prepared, s.identifier(1), inside.risk);
    out.found.append(&mut inside.found);
    out.risk = out.risk.max(inside.risk);
}

/// `EXECUTE name [(values)]`.
fn execute(s: &Statement<'_>, session: &Session, out: &mut Outcome) {
    let name = s.identifier(1);
    let risk = session.names.prepared.get(&name).copied().unwrap_or(Risk::Unknown);
    if risk > Risk::Read {
        out.add(s, risk, "execute", vec![name]);
    }
    query::called(&s.from(2), false, out);
    out.reads();
}

/// `DECLARE name [options] CURSOR [options] FOR query`.
fn declare(s: &Statement<'_>, session: &mut Session, out: &mut Outcome) {
    let Some(body) = s.find(2, &["for"]) else {
        return super::unknown(s, out);
    };
    let mut inside = Outcome::new();
    query::classify(&s.from(body + 1), &mut inside);
    Names::keep(&mut session.names.cursors, s.identifier(1), inside.risk);
    out.found.append(&mut inside.found);
    out.risk = out.risk.max(inside.risk);
}

/// `FETCH … name`: the cursor's name comes last, and fetching runs its functions.
fn fetch(s: &Statement<'_>, session: &Session, out: &mut Outcome) {
    let name = s.identifier(s.len().saturating_sub(1));
    let risk = session.names.cursors.get(&name).copied().unwrap_or(Risk::Unknown);
    if risk > Risk::Read {
        out.add(s, risk, "fetch", vec![name]);
    }
    out.reads();
}
