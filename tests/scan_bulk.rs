//! Statements that are passed over in bulk are found as if they had been read slowly.
//!
//! A blank before an `INSERT` keeps it out of the fast way, and changes nothing else.

use std::path::PathBuf;

use dbguard::plan::Risk;
use dbguard::plan::scan::{Ground, Scan, text};

use crate::plan_server::Dice;

fn scanned(script: &[u8]) -> Scan {
    text(script, &Ground { cwd: "/".into(), home: None, within: vec![PathBuf::from("/nonexistent")] })
}

/// What may stand in a row; the last ones are no constants.
const VALUES: &[&str] = &[
    "1",
    "-2.5",
    "NULL",
    "true",
    "DEFAULT",
    "'a'",
    "'it''s'",
    "''",
    "'; drop table x; --'",
    "'\n'",
    "' ' ",
    "'\\x00'",
    "'\r\n'",
    "now()",
    "E'\\''",
    "'a\\'",
    "'a'::text",
    "'a' 'b'",
    "'a'\n'b'",
    ":x",
    "$$;$$",
    "/* ; */ 1",
    "'a",
    "(1)",
    "'\0'",
    "1;",
    "-- x\n1",
];

/// Ends of statements, and what follows them.
const ENDS: &[&str] = &[
    ";\n",
    ";\n",
    ";\n",
    ";\n",
    "; \n",
    ";\r\n",
    ";",
    "\n;\n",
    " ON CONFLICT DO NOTHING;\n",
    " RETURNING f(1);\n",
    "; DROP TABLE y;\n",
    "; -- dbguard: allow insert: meant\n",
    ";\n-- dbguard: allow insert: meant\n",
    ";\n\\! date\n",
    "\n",
    ";\nDROP TABLE z;\n",
    ";\n\n",
];

fn statement(dice: &mut Dice, script: &mut String, odd: usize) {
    let tables = ["t", "s.\"T\"", "u (a, \"b\")", "T"];
    script.push_str(["INSERT INTO ", "insert  into\n"][dice.below(2)]);
    script.push_str(tables[dice.below(tables.len())]);
    script.push_str([" VALUES ", "\nvalues\n"][dice.below(2)]);
    for row in 0..=dice.below(3) {
        script.push_str(if row > 0 { ", " } else { "" });
        script.push('(');
        for value in 0..=dice.below(4) {
            script.push_str(if value > 0 { "," } else { "" });
            let constants = 13;
            let pick = if dice.below(odd) == 0 { dice.below(VALUES.len()) } else { dice.below(constants) };
            script.push_str(VALUES[pick]);
            if dice.below(200) == 0 {
                script.push_str(",'");
                script.push_str(&"long ".repeat(1 + dice.below(90_000)));
                script.push('\'');
            }
        }
        script.push(')');
    }
    let ends = if dice.below(odd) == 0 { ENDS.len() } else { 6 };
    script.push_str(ENDS[dice.below(ends)]);
}

/// The same script, with every `INSERT` at the start of a line moved by a blank.
fn slow(script: &str) -> String {
    let moved = script.replace("\nINSERT ", "\n INSERT ").replace("\ninsert ", "\n insert ");
    if script.len() >= 6 && script.as_bytes()[..6].eq_ignore_ascii_case(b"insert") {
        format!(" {moved}")
    } else {
        moved
    }
}

#[test]
fn both_ways_of_reading_find_the_same() {
    let seed = std::env::var("DBGUARD_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0xb01d_u64);
    let rounds = std::env::var("DBGUARD_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(60);
    let mut dice = Dice(seed);
    for round in 0..rounds {
        let mut script = String::new();
        let odd = [2, 20, 1000][round % 3];
        (0..=dice.below(60)).for_each(|_| statement(&mut dice, &mut script, odd));
        let (mut fast, mut slow) = (scanned(script.as_bytes()), scanned(slow(&script).as_bytes()));
        if script.len() > 256 << 10 {
            // Of what is longer than the buffer other rows may be shown.
            for scan in [&mut fast, &mut slow] {
                scan.findings.iter_mut().for_each(|one| one.statement.clear());
            }
        }
        for (fast, slow) in fast.findings.iter().zip(&slow.findings) {
            assert_eq!(fast, slow, "round {round} of seed {seed}: {script:.3000}");
        }
        assert!(fast == slow, "round {round} of seed {seed}: {fast:#?} {slow:#?}");
    }
}

#[test]
fn a_statement_of_any_length_is_followed_to_its_end() {
    let rows = vec!["(1, 'it''s; a row', NULL)"; 400_000].join(",\n");
    let found = |script: String| -> Vec<(Risk, String, Option<usize>)> {
        let scan = scanned(script.as_bytes());
        scan.findings.into_iter().map(|one| (one.risk, one.kind, one.line)).collect()
    };
    let expected =
        vec![(Risk::Write, "insert".to_owned(), Some(2)), (Risk::Destroy, "drop-table".to_owned(), Some(400_002))];
    assert_eq!(found(format!("\nINSERT INTO t VALUES {rows};\nDROP TABLE x;\n")), expected);
    // On one line, and with a string of ten megabytes.
    let expected = vec![(Risk::Write, "insert".to_owned(), Some(1)), (Risk::Destroy, "drop-table".to_owned(), Some(2))];
    assert_eq!(found(format!("INSERT INTO t VALUES {};\nDROP TABLE x;\n", rows.replace('\n', " "))), expected);
    let long = "x;".repeat(5_000_000);
    assert_eq!(found(format!("INSERT INTO t VALUES (1, '{long}', 2), ('{long}');\nDROP TABLE x;\n")), expected);
}

#[test]
fn what_a_long_statement_hides_behind_its_rows_is_found() {
    let rows = vec!["(1, 'a')"; 60_000].join(", ");
    for (behind, kind) in [
        (", (2, lo_unlink(1));", "large-object"),
        (" RETURNING lo_unlink(1);", "large-object"),
        (", (1, 'a\\'); DROP TABLE x; --');", "doubtful"),
        ("; DROP TABLE x;", "drop-table"),
        (", (1, 'a'\n'b'), (lo_unlink(1));", "large-object"),
    ] {
        let scan = scanned(format!("INSERT INTO t VALUES {rows}{behind}\n").as_bytes());
        assert!(scan.findings.iter().any(|one| one.kind == kind && one.risk >= Risk::Destroy), "{behind}: {scan:?}");
        let long = "y".repeat(600_000);
        let scan = scanned(format!("INSERT INTO t VALUES ('{long}', 1){behind}\n").as_bytes());
        assert!(scan.findings.iter().any(|one| one.kind == kind && one.risk >= Risk::Destroy), "{behind}: {scan:?}");
    }
    let long = "z".repeat(600_000);
    for row in
        ["('{}', pg_promote())", "('{}\\', 1); DROP TABLE x; --')", "('{}' || pg_promote())", "(lo_unlink('{}'))"]
    {
        let scan = scanned(format!("INSERT INTO t VALUES {};\n", row.replace("{}", &long)).as_bytes());
        assert!(scan.risk >= Risk::Destroy, "{row}: {scan:?}");
    }
}
