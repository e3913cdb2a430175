//! `SELECT` and its kin, and the statements that change rows, wherever in a statement they stand.

use std::collections::HashSet;

use super::{Outcome, calls, condition, functions, settings};
use crate::plan::Risk;
use crate::plan::classify::statement::Statement;

/// Classifies a query or a statement that changes rows.
pub(super) fn classify(s: &Statement<'_>, out: &mut Outcome) {
    let before = out.found.len();
    changes(s, out);
    let changed = out.found.len() > before;
    if !changed && s.any(0, &["insert", "update", "delete", "merge"]) {
        return super::unknown(s, out);
    }
    if !changed {
        stores(s, out);
        locks(s, out);
    }
    called(s, changed, out);
    out.reads();
}

/// Every `INSERT`, `UPDATE`, `DELETE` and `MERGE` that the statement holds.
fn changes(s: &Statement<'_>, out: &mut Outcome) {
    let mut begins = (0..s.len()).filter(|&at| begins_change(s, at));
    for at in begins.by_ref().take(MOST) {
        let part = s.range(at, end(s, at));
        let skip = if part.is(0, "update") { 1 } else { 2 };
        let target = part.name(skip + usize::from(part.is(skip, "only"))).0;
        let word = part.word(0);
        let careless = match word.as_str() {
            "delete" | "update" => !restricted(&part),
            "merge" => merges_carelessly(&part),
            _ => false,
        };
        let kind = if careless { format!("{word}-without-where") } else { word };
        let risk = if careless { Risk::Destroy } else { Risk::Write };
        out.add(&part, risk, kind, target.into_iter().collect());
    }
    if begins.next().is_some() {
        super::unknown(s, out);
    }
}

/// How many changes within one statement are looked at, and how many different functions: each look takes time that
/// grows with the statement.
const MOST: usize = 100;

/// Whether a statement that changes rows begins here, and not a clause or a name that is spelled alike.
fn begins_change(s: &Statement<'_>, at: usize) -> bool {
    let behind = |words: &[&str]| at.checked_sub(1).is_some_and(|before| s.any(before, words));
    let qualified = at.checked_sub(1).is_some_and(|before| s.symbol(before, b'.'));
    if qualified || behind(&["then", "as"]) {
        return false;
    }
    match s.word(at).as_str() {
        "insert" | "merge" => s.is(at + 1, "into"),
        "delete" => s.is(at + 1, "from"),
        // `FOR UPDATE`, `FOR NO KEY UPDATE`, `ON CONFLICT … DO UPDATE` are clauses.
        "update" => {
            s.named(at + 1) && !behind(&["for", "key", "do"]) && !s.any(at + 1, &["from", "of", "nowait", "skip"])
        }
        _ => false,
    }
}

/// The end of what begins here: the parenthesis around it, or the statement's end.
fn end(s: &Statement<'_>, at: usize) -> usize {
    let depth = s.depth(at);
    (at..s.len()).find(|&inner| s.depth(inner) < depth).unwrap_or(s.len())
}

/// Whether it has a `WHERE` that leaves rows out.
fn restricted(part: &Statement<'_>) -> bool {
    let Some(at) = part.find(0, &["where"]) else { return false };
    let end = part.find(at, &["returning"]).unwrap_or(part.len());
    condition::restricts(&part.range(at + 1, end))
}

/// Whether a `MERGE` deletes or changes whatever it meets: its `ON` leaves nothing out, or rows go because the other side
/// does not have them (17).
fn merges_carelessly(part: &Statement<'_>) -> bool {
    let has = |words: &[&str]| (0..part.len()).any(|at| part.are(at, words));
    let (Some(on), Some(when)) = (part.find(0, &["on"]), part.find(0, &["when"])) else { return true };
    let changes = has(&["then", "delete"]) || has(&["then", "update"]);
    changes && !condition::restricts(&part.range(on + 1, when)) || has(&["by", "source", "then", "delete"])
}

/// `SELECT … INTO`.
fn stores(s: &Statement<'_>, out: &mut Outcome) {
    for at in (1..s.len()).filter(|&at| s.is(at, "into") && !s.is(at - 1, "as") && !s.symbol(at - 1, b'.')) {
        let noise = ["temporary", "temp", "local", "global", "unlogged", "table"];
        let named = (at + 1..s.len()).find(|&next| !s.any(next, &noise)).unwrap_or(at);
        out.add(s, Risk::Write, "select-into", s.name(named).0.into_iter().collect());
    }
}

/// `FOR UPDATE`, `FOR NO KEY UPDATE`, `FOR SHARE`, `FOR KEY SHARE`.
fn locks(s: &Statement<'_>, out: &mut Outcome) {
    let locks = |at: &usize| {
        s.is(*at, "for")
            && (s.any(at + 1, &["update", "share"])
                || s.are(at + 1, &["no", "key"])
                || s.are(at + 1, &["key", "share"]))
    };
    if (0..s.len()).any(|at| locks(&at)) {
        out.add(s, Risk::Write, "select-for-update", Vec::new());
    }
}

/// The functions that are called. Where rows are changed anyway, only those that do worse are told.
pub(super) fn called(s: &Statement<'_>, changed: bool, out: &mut Outcome) {
    let mut told = HashSet::new();
    for call in calls::find(s) {
        let name = call.name.as_str();
        let settled = name == "set_config" && settings::config_call(s, call.open);
        if call.builtin && (functions::reads(name) || settled) {
            continue;
        }
        let (risk, kind) = functions::harm(name).unwrap_or((Risk::Unknown, "function-call"));
        let worse = risk == Risk::Destroy || kind == "dblink";
        if told.len() <= MOST && (!changed || worse) && told.insert(call.name.clone()) {
            out.add(s, risk, kind, vec![call.name]);
        }
    }
}
