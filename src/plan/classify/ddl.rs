//! Definitions: `CREATE`, `ALTER`, `DROP`, `TRUNCATE`, and who may do what.

use super::statement::Statement;
use super::{Outcome, functions};
use crate::plan::Risk;
use crate::plan::classify::calls;

/// Classifies by the leading word.
pub(super) fn classify(s: &Statement<'_>, out: &mut Outcome) {
    match s.word(0).as_str() {
        "create" => create(s, out),
        "alter" => alter(s, out),
        "drop" => drop(s, out),
        "truncate" => out.add(s, Risk::Destroy, "truncate", s.names(1 + usize::from(s.is(1, "table")))),
        "grant" | "revoke" => grant(s, out),
        word => out.add(s, Risk::Write, word, Vec::new()), // COMMENT, SECURITY LABEL, REASSIGN, IMPORT
    }
}

fn drop(s: &Statement<'_>, out: &mut Outcome) {
    let (object, mut at) = object(s, 1);
    at += usize::from(s.is(at, "concurrently"));
    if s.are(at, &["if", "exists"]) {
        at += 2;
    }
    at += usize::from(object == "owned" && s.is(at, "by"));
    out.add(s, Risk::Destroy, format!("drop-{object}"), s.names(at));
}

fn create(s: &Statement<'_>, out: &mut Outcome) {
    let noise = [
        "or",
        "replace",
        "global",
        "local",
        "temporary",
        "temp",
        "unlogged",
        "recursive",
        "unique",
        "trusted",
        "procedural",
        "constraint",
        "default",
    ];
    let first = (1..s.len()).find(|&at| !s.any(at, &noise)).unwrap_or(1);
    let (object, mut at) = object(s, first);
    at += usize::from(s.is(at, "concurrently"));
    if s.are(at, &["if", "not", "exists"]) {
        at += 3;
    }
    // Without CONCURRENTLY nobody writes to the table until the index is built.
    let gentle = if object == "index" && s.is(at - 1, "concurrently") { "-concurrently" } else { "" };
    let kind = format!("create-{object}{gentle}");
    out.add(s, Risk::Write, kind, s.name(at).0.into_iter().collect());
    if (1..s.len()).any(|at| s.are(at, &["as", "execute"])) {
        out.add(s, Risk::Unknown, "execute", Vec::new());
    }
    // `CREATE TABLE … AS SELECT` runs its query.
    let harms = calls::find(s).into_iter().filter_map(|call| Some((functions::harm(&call.name)?, call)));
    for ((_, kind), call) in harms.filter(|((risk, _), _)| *risk >= Risk::Destroy) {
        out.add(s, Risk::Destroy, kind, vec![call.name]);
    }
}

fn alter(s: &Statement<'_>, out: &mut Outcome) {
    let (object, mut at) = object(s, 1);
    if s.are(at, &["if", "exists"]) {
        at += 2;
    }
    at += usize::from(s.is(at, "only") || (object == "system" && s.any(at, &["set", "reset"])));
    let (name, next) = s.name(at);
    let relation = ["table", "foreign-table", "type", "view", "materialized-view", "index", "database"];
    // `ALTER TABLE ALL IN TABLESPACE x SET TABLESPACE y` moves them all.
    let (name, next) = if s.is(at, "all") { (None, s.find(at, &["set"]).unwrap_or(next)) } else { (name, next) };
    let rows = relation.contains(&object.as_str());
    let losses = if rows { losses(s, next) } else { Vec::new() };
    let objects: Vec<String> = name.into_iter().collect();
    if losses.is_empty() {
        let slow = if rows { scans(s, next) } else { None };
        let kind = slow.map_or_else(|| format!("alter-{object}"), |what| format!("alter-{object}-{what}"));
        return out.add(s, Risk::Write, kind, objects);
    }
    for (what, column) in losses {
        let objects = objects.iter().cloned().chain(column).collect();
        out.add(s, Risk::Destroy, format!("alter-{object}-{what}"), objects);
    }
}

/// The actions of `ALTER TABLE` that lose what is stored, or lock everybody out while all of it is written anew: columns
/// dropped, columns in another type or with a value of their own for each row, another storage or place.
fn losses(s: &Statement<'_>, from: usize) -> Vec<(&'static str, Option<String>)> {
    let kept = ["constraint", "default", "not", "expression", "identity"];
    let mut losses = Vec::new();
    for at in (from..s.len()).filter(|&at| s.depth(at) == 0) {
        let begins = at == from || s.symbol(at - 1, b',');
        if begins && s.is(at, "drop") && !s.any(at + 1, &kept) {
            let mut named = at + 1 + usize::from(s.any(at + 1, &["column", "attribute"]));
            if s.are(named, &["if", "exists"]) {
                named += 2;
            }
            losses.push(("drop-column", s.name(named).0));
        }
        if begins && s.is(at, "alter") {
            let named = at + 1 + usize::from(s.any(at + 1, &["column", "attribute"]));
            if s.is(named + 1, "type") || s.are(named + 1, &["set", "data", "type"]) {
                losses.push(("type", s.name(named).0));
            }
            if s.are(named + 1, &["set", "expression"]) {
                losses.push(("rewrite", s.name(named).0));
            }
        }
        if begins && s.is(at, "add") && rewrites(s, at) {
            let named = at + 1 + usize::from(s.is(at + 1, "column"));
            let named = named + if s.are(named, &["if", "not", "exists"]) { 3 } else { 0 };
            losses.push(("rewrite", s.name(named).0));
        }
        let moved = ["logged", "unlogged", "tablespace", "access", "without"];
        if begins && s.is(at, "set") && s.any(at + 1, &moved) && !s.are(at + 1, &["without", "cluster"]) {
            losses.push(("rewrite", None));
        }
    }
    losses
}

/// Where an action of `ALTER TABLE` ends: the next comma outside parentheses.
fn action_end(s: &Statement<'_>, at: usize) -> usize {
    (at..s.len()).find(|&end| s.depth(end) == 0 && s.symbol(end, b',')).unwrap_or(s.len())
}

/// Whether `ADD COLUMN` gives each row a value of its own, which writes the whole table anew under an exclusive lock
/// (the notes of `ALTER TABLE`): a sequence, a stored expression, a default that may differ from row to row.
fn rewrites(s: &Statement<'_>, at: usize) -> bool {
    let column = s.range(at, action_end(s, at));
    let is_column = !column.any(1, &["constraint", "primary", "unique", "foreign", "check", "exclude"]);
    let words = ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8", "identity", "stored"];
    let own = (2..column.len()).any(|at| column.depth(at) == 0 && column.any(at, &words));
    let default = column.find(2, &["default"]).map(|from| column.from(from));
    let volatile = |default: Statement<'_>| calls::find(&default).iter().any(|call| functions::may_differ(&call.name));
    is_column && (own || default.is_some_and(volatile))
}

/// What reads the whole table while it keeps others from writing or from all: `scan` for constraints that are checked
/// at once and for indexes built on the way, `rename` for what its readers do not find again.
fn scans(s: &Statement<'_>, from: usize) -> Option<&'static str> {
    for at in (from..s.len()).filter(|&at| s.depth(at) == 0) {
        let begins = at == from || s.symbol(at - 1, b',');
        let end = action_end(s, at);
        let has = |words: &[&str]| (at..end).any(|at| s.are(at, words));
        let constraint = s.any(at + 1, &["constraint", "primary", "unique", "foreign", "check", "exclude"]);
        let checked = s.is(at, "add") && constraint && !has(&["not", "valid"]) && !has(&["using", "index"]);
        if begins
            && (checked || s.is(at, "alter") && has(&["set", "not", "null"]) || s.are(at, &["attach", "partition"]))
        {
            return Some("scan");
        }
        if begins && (s.is(at, "rename") || s.are(at, &["set", "schema"])) {
            return Some("rename");
        }
    }
    None
}

fn grant(s: &Statement<'_>, out: &mut Outcome) {
    let on = s.find(1, &["on"]);
    let noise = ["table", "sequence", "schema", "database", "function", "procedure", "routine", "type", "language"];
    let objects = on.map(|at| s.names(at + 1 + usize::from(s.any(at + 1, &noise) && s.named(at + 2))));
    out.add(s, Risk::Write, s.word(0), objects.unwrap_or_default());
}

/// The sort of object that is named here, in kebab case, and the token behind it.
fn object(s: &Statement<'_>, at: usize) -> (String, usize) {
    let pairs = [
        ["materialized", "view"],
        ["foreign", "table"],
        ["access", "method"],
        ["event", "trigger"],
        ["operator", "class"],
        ["operator", "family"],
        ["user", "mapping"],
        ["large", "object"],
        ["default", "privileges"],
        ["property", "graph"],
    ];
    if s.are(at, &["foreign", "data", "wrapper"]) {
        return ("foreign-data-wrapper".to_owned(), at + 3);
    }
    if s.are(at, &["text", "search"]) {
        return (format!("text-search-{}", s.word(at + 2)), at + 3);
    }
    if let Some([first, second]) = pairs.iter().find(|pair| s.are(at, pair.as_slice())) {
        return (format!("{first}-{second}"), at + 2);
    }
    let word = s.word(at);
    if word.is_empty() || word.len() > 20 { ("object".to_owned(), at) } else { (word, at + 1) }
}
