//! `dbguard rehearse`: what a script would do, shown by a real server and taken back.

use dbguard::plan::rehearsal;

use crate::support::{Sandbox, clusters};

const CONFIG: &str = "[environment.production]\nlevel = \"production\"\nmatch = [{ host = \"*.prod.demo\" }]\n";

const CLEANUP: &str = "DELETE FROM temp_migration_backup WHERE true;\n\
    CREATE TABLE made_by_it (id int);\nDO $$ BEGIN RAISE NOTICE 'said on the way'; END $$;\n";

fn sandbox() -> Sandbox {
    Sandbox::new().services().config(CONFIG).shims(["psql"]).file("work/cleanup.sql", CLEANUP)
}

fn scratch(name: &str) -> String {
    clusters().production().scratch(name);
    format!("service=production dbname={name}")
}

fn rows(dbname: &str) -> String {
    clusters().production().ask(dbname, "SELECT count(*) FROM temp_migration_backup")
}

#[test]
fn a_rehearsal_shows_rows_notices_and_locks_and_takes_all_of_it_back() {
    let (sandbox, conninfo) = (sandbox(), scratch("rehearse_back"));
    let before = rows("rehearse_back");
    let mut pty = sandbox.pty(["rehearse", "-f", "cleanup.sql", "--", &conninfo]).start();
    pty.wait_for("cleanup.sql:1").wait_for("Type the host to go on:").send("db\n");
    let ended = pty.finish();
    assert_eq!(ended.code, 0, "{}", ended.screen);
    let flat = ended.screen.split_whitespace().collect::<Vec<_>>().join(" ");
    for shown in [&format!("DELETE {before}"), "said on the way", "made_by_it | AccessExclusiveLock", "ROLLBACK"] {
        assert!(flat.contains(shown), "{shown} is missing in:\n{}", ended.screen);
    }
    assert!(flat.contains("cleanup.sql:3: what the code does is not known beforehand"), "{}", ended.screen);
    assert_eq!(rows("rehearse_back"), before);
    assert!(!clusters().production().has_table("rehearse_back", "made_by_it"));
}

#[test]
fn commit_is_typed_after_the_results_and_leaving_rolls_back() {
    let (sandbox, conninfo) = (sandbox(), scratch("rehearse_commit"));
    for (typed, kept) in [("\\q\n", false), ("\x04", false), ("COMMIT;\n", true)] {
        let mut pty = sandbox.pty(["rehearse", "--commit", "-f", "cleanup.sql", "--", &conninfo]).start();
        pty.wait_for("Type the host to go on:").send("db\n");
        pty.wait_for("Nothing is kept yet.").wait_for("=*#").send(typed);
        if kept {
            pty.wait_for("rehearse_commit=#").send("\\q\n");
        }
        pty.finish();
        assert_eq!(clusters().production().has_table("rehearse_commit", "made_by_it"), kept, "{typed:?}");
    }
}

#[test]
fn a_script_that_fails_is_rolled_back_and_ends_at_its_error() {
    let (sandbox, conninfo) = (sandbox(), scratch("rehearse_fails"));
    let sandbox =
        sandbox.file("work/fails.sql", "CREATE TABLE first (a int);\nSELECT 1/0;\nCREATE TABLE second (a int);\n");
    let mut pty = sandbox.pty(["rehearse", "-f", "fails.sql", "--", &conninfo]).start();
    pty.wait_for("Type the host to go on:").send("db\n");
    let ended = pty.finish();
    assert_eq!(ended.code, 3, "{}", ended.screen);
    assert!(ended.screen.contains("division by zero"), "{}", ended.screen);
    assert!(!clusters().production().has_table("rehearse_fails", "first"));
}

/// What stands in the way of rehearsing this, line by line.
fn obstacles(script: &str) -> Vec<usize> {
    let sandbox = Sandbox::new().file("work/x.sql", script);
    let found = rehearsal("x.sql".as_ref(), &sandbox.path("work"), None);
    found.obstacles.into_iter().filter_map(|one| one.line).collect()
}

#[test]
fn what_would_end_the_transaction_or_leave_it_is_refused_beforehand() {
    for script in [
        "BEGIN;",
        "begin work;",
        "START TRANSACTION;",
        "COMMIT;",
        "end;",
        "END WORK;",
        "ROLLBACK;",
        "ROLLBACK AND CHAIN;",
        "abort;",
        "PREPARE TRANSACTION 'x';",
        "SELECT 1\\; COMMIT;",
        "COMMIT PREPARED 'x';",
        "/* x */ commit -- y\n;",
        "\\c other",
        "SELECT 'COMMIT' \\gexec",
        ":x",
        "SELECT 1; :y;",
        "\\i missing.sql",
        "VACUUM;",
        "VACUUM FULL t;",
        "CREATE DATABASE x;",
        "CREATE INDEX CONCURRENTLY ON t (a);",
        "REINDEX TABLE CONCURRENTLY t;",
        "ALTER SYSTEM SET work_mem = 1;",
        "DROP TABLESPACE x;",
        "ALTER TABLE a DETACH PARTITION b CONCURRENTLY;",
        "DISCARD ALL;",
        "\\frobnicate",
        "frobnicate;",
        "create function begin() returns int language sql as 'select 1'; commit;",
        "E'a'\n'x\\''; commit; --'",
        "create function f(begin atomic) returns int language sql as ''; end;",
    ] {
        assert!(!obstacles(script).is_empty(), "{script}");
    }
}

#[test]
fn what_stays_within_the_transaction_is_rehearsed() {
    for script in [
        "SELECT 'COMMIT;';",
        "-- COMMIT;\nSELECT 1;",
        "SAVEPOINT a; ROLLBACK TO a; ROLLBACK TO SAVEPOINT a; RELEASE a;",
        "CREATE TABLE begin_ (\"commit\" int);",
        "COPY t FROM stdin;\nCOMMIT;\n\\.\n",
        "DO $$ BEGIN NULL; END $$;",
        "create function f() returns int language sql begin atomic select 1; end;",
        "\\echo COMMIT;",
        "PREPARE a AS SELECT 1;",
        "DELETE FROM t;",
        "DROP TABLE t;",
        "TRUNCATE t;",
    ] {
        assert_eq!(obstacles(script), Vec::<usize>::new(), "{script}");
    }
}

#[test]
fn a_refusal_names_the_lines_and_sends_nothing() {
    let sandbox = sandbox().file("work/own.sql", "SELECT 1;\nCOMMIT;\nVACUUM t;\n").fake("psql");
    let said = "dbguard: refused: `own.sql` cannot be rehearsed\n  own.sql:2: COMMIT controls the transaction itself\n  \
        own.sql:3: VACUUM T does not run within a transaction\n";
    sandbox.run(["rehearse", "-f", "own.sql"]).stderr(said).status(125);
    let said = "dbguard: `--command` has no place in a rehearsal: only where to connect comes behind `--`\n";
    sandbox.run(["rehearse", "-f", "cleanup.sql", "--", "-c", "COMMIT"]).stderr(said).status(2);
    let said = "dbguard: refused: COMMIT is typed by a person at a terminal, and standard input is none\n";
    sandbox.run(["rehearse", "--commit", "-f", "cleanup.sql"]).stderr(said).status(125);
    assert_eq!(sandbox.calls("psql").len(), 0);
}
