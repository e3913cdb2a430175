//! Lines that are too long to be held are read in pieces, and found is what would be found in short ones.

use std::path::PathBuf;

use dbguard::plan::Risk;
use dbguard::plan::scan::{Ground, Scan, text};

use crate::plan_server::Dice;

fn scanned(script: &str) -> Scan {
    text(script.as_bytes(), &Ground { cwd: "/".into(), home: None, within: vec![PathBuf::from("/nonexistent")] })
}

fn kinds(scan: &Scan) -> Vec<(Risk, String, Vec<String>)> {
    scan.findings.iter().map(|one| (one.risk, one.kind.clone(), one.objects.clone())).collect()
}

/// Statements with something long inside, and what is found in them and in the `DROP TABLE x` behind them.
const LONG: &[(&str, &str)] = &[
    ("UPDATE t SET a = 'LONG' WHERE id = 1", "update"),
    ("UPDATE t SET a = 'LONG'", "update-without-where"),
    ("SELECT 'LONG', lo_unlink(1)", "large-object"),
    ("SELECT E'LONG', lo_unlink(1)", "large-object"),
    ("SELECT $$LONG$$, lo_unlink(1)", "large-object"),
    ("SELECT $tag$LONG$tag$, lo_unlink(1)", "large-object"),
    ("SELECT /* LONG */ lo_unlink(1)", "large-object"),
    ("SELECT /* a /* LONG */ b */ lo_unlink(1)", "large-object"),
    ("SELECT U&'LONG', lo_unlink(1)", "large-object"),
    ("DO $$ BEGIN LONG END $$", "do"),
    ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'LONG'", "create-function"),
];

/// What such an inside may be full of; none of it ends any of them.
const INSIDES: &[&str] =
    &["x", "''", "x''; y ", "; drop table y; ", "$a$ $ ", "-- x ", "# e\" ", "ä", "0123456789abcdef"];

#[test]
fn what_stands_behind_something_long_on_the_same_line_is_found() {
    for (number, (statement, kind)) in LONG.iter().enumerate() {
        for length in [1_000_000, 1 << 20, (1 << 20) + 4096, 5_000_000 + number] {
            let inside = INSIDES[(number + length) % INSIDES.len()];
            let inside = if statement.contains('\'') { inside } else { inside.trim_matches('\'') };
            let inside = if inside.is_empty() { "\n" } else { inside };
            let inside = inside.repeat(length / inside.len());
            let script = format!("{}; DROP TABLE x;\nTRUNCATE z;\n", statement.replace("LONG", &inside));
            let scan = scanned(&script);
            let found: Vec<_> = scan.findings.iter().map(|one| one.kind.as_str()).collect();
            assert_eq!(found, [kind, "drop-table", "truncate"], "{statement} {length} {inside:.20} {:?}", scan.notes);
        }
    }
}

#[test]
fn what_cannot_be_said_of_a_long_line_is_unknown() {
    let long = "x".repeat(3_000_000);
    for script in [
        format!("SELECT '{long}' \\g |sh\n"),
        format!("SELECT '{long}'; \\! date\n{}\n", "y".repeat(2_000_000)),
        format!("COPY t FROM stdin; SELECT '{long}';\n1\n\\.\nDROP TABLE x;\n"),
        format!("SELECT ${long}$ ; ${long}$;"),
        format!("SELECT {long}'\\'; DROP TABLE x; --';"),
        format!("SELECT '{}\\'; DROP TABLE x; --';", "\\".repeat(3_000_001)),
        format!("SELECT '{long}', f({long});"),
        format!("SELECT '{long}\0';"),
        format!("SELECT '{long}"),
        format!("SELECT {};", "1, ".repeat(2_000_000)),
    ] {
        let scan = scanned(&script);
        assert!(scan.risk >= Risk::Destroy, "{script:.40} {scan:?}");
    }
}

#[test]
fn many_statements_on_one_line_are_those_on_many() {
    let corpus = include_str!("sql/corpus.sql");
    let plain = |line: &&str| !line.is_empty() && !line.contains(['\\', '!', ':']);
    let all: Vec<&str> =
        corpus.lines().filter(plain).filter(|line| !line.contains("--") && !line.contains("STD")).collect();
    assert!(all.len() > 300, "{}", all.len());
    let mut dice = Dice(0x10e6);
    for round in 0..2 {
        let mut script = String::new();
        while script.len() < 1_500_000 {
            let statement = all[dice.below(all.len())];
            script.push_str(statement);
            if dice.below(50) == 0 {
                script.extend([" /* ", &"long; ".repeat(dice.below(20_000)), " */"]);
            }
            script.push_str(";\n");
        }
        let (many, one) = (scanned(&script), scanned(&script.replace('\n', " ")));
        let (mut notes, mut others) = (many.notes.clone(), one.notes.clone());
        notes.sort();
        others.sort();
        assert!(kinds(&many) == kinds(&one), "round {round}");
        assert_eq!((notes, many.risk), (others, one.risk), "round {round}");
    }
}
