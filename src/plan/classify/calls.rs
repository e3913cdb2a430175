//! Which function calls a statement holds: a name before a parenthesis, unless the grammar says that it is none.
//!
//! Only reserved words and those that name types are never functions. Every other word is one unless its neighbours
//! say otherwise (`over (` behind a closing parenthesis, a name behind `AS`): a word list alone once missed
//! `SELECT set('t')`. Where the neighbours do not decide, it is a call.

use std::collections::HashSet;

use super::statement::Statement;
use crate::plan::lexer::token::Kind;

/// A call: the function's name, and where it stands.
pub(super) struct Call {
    /// The name as the server takes it.
    pub(super) name: String,
    /// Whether it is certainly looked up in `pg_catalog` or along the search path.
    pub(super) builtin: bool,
    /// The token of the parenthesis.
    pub(super) open: usize,
}

/// All calls.
pub(super) fn find(statement: &Statement<'_>) -> Vec<Call> {
    let columns: HashSet<usize> = cte_columns(statement).into_iter().collect();
    (1..statement.len())
        .filter(|&open| statement.symbol(open, b'(') && !columns.contains(&open))
        .filter_map(|open| call(statement, open))
        .collect()
}

fn call(statement: &Statement<'_>, open: usize) -> Option<Call> {
    let at = open - 1;
    if !statement.named(at) {
        return None;
    }
    let qualified = at >= 2 && statement.symbol(at - 1, b'.') && statement.named(at - 2);
    let name = statement.identifier(at);
    if qualified {
        let deeper = at >= 4 && statement.symbol(at - 3, b'.');
        let builtin = !deeper && statement.identifier(at - 2) == "pg_catalog";
        return (!is_type_or_label(statement, at - 2)).then_some(Call { name, builtin, open });
    }
    let word = statement.kind(at) == Some(Kind::Word);
    let spared = word && (NEVER.binary_search(&name.as_str()).is_ok() || is_syntax(statement, at, &name));
    (!spared && !is_type_or_label(statement, at)).then_some(Call { name, builtin: true, open })
}

/// `x::type(…)`, `CAST(x AS type(…))` and `… AS alias(…)` call nothing that a text could name.
fn is_type_or_label(statement: &Statement<'_>, at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else { return false };
    let cast = before >= 1 && statement.symbol(before, b':') && statement.symbol(before - 1, b':');
    cast || statement.is(before, "as")
}

/// Words that are functions in one place and grammar in another.
fn is_syntax(statement: &Statement<'_>, at: usize, name: &str) -> bool {
    let Some(before) = at.checked_sub(1) else { return false };
    let closed = statement.symbol(before, b')');
    match name {
        "over" | "filter" | "repeatable" => closed,
        "first" | "next" => statement.is(before, "fetch"),
        "by" => statement.any(before, &["group", "order", "partition"]),
        "sets" => statement.is(before, "grouping"),
        "rollup" | "cube" => grouped(statement, at),
        "operator" => operator(statement, at),
        "materialized" => statement.any(before, &["as", "not"]),
        "zone" => statement.is(before, "time"),
        "bernoulli" | "system" => statement.is(before, "tablesample"),
        "join" | "ilike" | "is" | "similar" | "overlaps" | "like" | "escape" | "notnull" | "isnull" => {
            operand(statement, before)
        }
        _ => false,
    }
}

/// Whether an expression or a table ends at this token.
fn operand(statement: &Statement<'_>, at: usize) -> bool {
    let joins = ["left", "right", "full", "inner", "outer", "cross", "natural"];
    match statement.kind(at) {
        Some(Kind::Name | Kind::Text | Kind::Number | Kind::Parameter) => true,
        Some(Kind::Symbol) => statement.symbol(at, b')') || statement.symbol(at, b']'),
        Some(Kind::Word) if statement.is(at, "not") => at.checked_sub(1).is_some_and(|at| operand(statement, at)),
        Some(Kind::Word) => {
            let name = statement.word(at);
            let value = ["null", "true", "false", "end", "user", "current_user", "session_user"];
            NEVER.binary_search(&name.as_str()).is_err()
                || value.contains(&name.as_str())
                || joins.contains(&name.as_str())
        }
        None => false,
    }
}

/// `GROUP BY a, ROLLUP (b)`: nothing but grouping elements between `group by` and here.
fn grouped(statement: &Statement<'_>, at: usize) -> bool {
    let depth = statement.depth(at);
    let stop = (0..at).rev().take(LOOK_BACK).find(|&before| {
        statement.depth(before) < depth
            || statement.depth(before) == depth && statement.any(before, &["select", "by", "having", "limit", "union"])
    });
    stop.is_some_and(|stop| stop >= 1 && statement.are(stop - 1, &["group", "by"]))
}

/// How far back a grouping element looks for its `GROUP BY`.
const LOOK_BACK: usize = 1000;

/// `OPERATOR(schema.+)`: inside stands a schema and an operator, never an expression.
fn operator(statement: &Statement<'_>, at: usize) -> bool {
    let mut inside = at + 2;
    while statement.named(inside) && statement.symbol(inside + 1, b'.') {
        inside += 2;
    }
    let close = statement.close(at + 1);
    inside < close
        && close < inside + 16
        && (inside..close).all(|at| statement.kind(at) == Some(Kind::Symbol) && !statement.symbol(at, b'('))
}

/// The parentheses of `WITH name (columns) AS (…), name (columns) AS (…)`.
fn cte_columns(statement: &Statement<'_>) -> Vec<usize> {
    let mut found = Vec::new();
    for at in (0..statement.len()).filter(|&at| statement.is(at, "with")) {
        let mut next = at + 1 + usize::from(statement.is(at + 1, "recursive"));
        while let Some(body) = cte(statement, next, &mut found) {
            let after = statement.close(body) + 1;
            if !statement.symbol(after, b',') {
                break;
            }
            next = after + 1;
        }
    }
    found
}

/// One `name [(columns)] AS [[NOT] MATERIALIZED] (`; answers with its opening parenthesis.
fn cte(statement: &Statement<'_>, at: usize, found: &mut Vec<usize>) -> Option<usize> {
    let mut next = at + 1;
    let columns = statement.symbol(next, b'(').then_some(next);
    if let Some(open) = columns {
        next = statement.close(open) + 1;
        let plain = (open + 1..next - 1).all(|at| statement.named(at) || statement.symbol(at, b','));
        if !plain {
            return None;
        }
    }
    if !statement.named(at) || !statement.is(next, "as") {
        return None;
    }
    next += 1;
    next += usize::from(statement.is(next, "not"));
    next += usize::from(statement.is(next, "materialized"));
    found.extend(columns);
    statement.symbol(next, b'(').then_some(next)
}

/// The reserved key words and those that only name columns and types (`kwlist.h` of PostgreSQL 15: `RESERVED_KEYWORD`
/// and `COL_NAME_KEYWORD`): never the name of a function, whatever stands beside them. Sorted.
const NEVER: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "between",
    "bigint",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "column",
    "constraint",
    "create",
    "current_catalog",
    "current_date",
    "current_role",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "from",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "in",
    "initially",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "lateral",
    "leading",
    "least",
    "limit",
    "localtime",
    "localtimestamp",
    "national",
    "nchar",
    "none",
    "normalize",
    "not",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "row",
    "select",
    "session_user",
    "setof",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "table",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::lexer::token::{Backslashes, read};

    fn calls(text: &str) -> Vec<String> {
        let tokens = read(text.as_bytes(), Backslashes::Plain);
        let statement = Statement::new(text.as_bytes(), &tokens.list);
        find(&statement)
            .into_iter()
            .map(|call| if call.builtin { call.name } else { format!("?{}", call.name) })
            .collect()
    }

    #[test]
    fn the_word_list_is_sorted() {
        assert!(NEVER.is_sorted());
    }

    #[test]
    fn words_are_calls_unless_the_grammar_says_otherwise() {
        assert_eq!(
            calls("select set('t'), by(1), over(2), join(3), filter (4)"),
            ["set", "by", "over", "join", "filter"]
        );
        assert_eq!(calls("select distinct on (a) f(x), a operator(s.+) g(x)"), ["f", "g"]);
        let none = "with t(a, b) as (select 1, 2), u (c) as not materialized (select 3) select count(*) over (partition by (b)) \
                    from t join (select 1) as s(x) on (true) group by rollup (a), cube(b), grouping sets ((a), (b)) \
                    having x in (1) and y::numeric(1) = cast(z as varchar(3))";
        assert_eq!(calls(none), ["count"]);
    }

    #[test]
    fn names_in_other_schemas_and_quoted_names_are_calls() {
        assert_eq!(
            calls("select public.f(1), pg_catalog.lower('A'), a.pg_catalog.x(1), \"insert\"(1)"),
            ["?f", "lower", "?x", "insert"]
        );
    }
}
