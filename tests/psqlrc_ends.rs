//! Every way out of what was unlocked ends read-only, and what was opened by hand is never called so.

use std::thread;
use std::time::{Duration, Instant};

use crate::psqlrc::{psql, sandbox};
use crate::psqlrc_unlock::{LOCKED, OPENED, QUESTION, REFUSED, has, production};
use crate::support::{Pty, clusters};

/// Waits until this is so, for 20 seconds at most.
fn until(so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !so() && Instant::now() < end {
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn every_way_out_of_an_unlocked_session_ends_read_only() {
    let sandbox = sandbox();
    let mut pty = production(&sandbox, "unlock_ways_out");
    let write = "CREATE TABLE x ();\n";
    let kill = "SELECT pg_terminate_backend(pg_backend_pid());\n";
    for out in ["\\c\n", "\\c postgres\n\\c unlock_ways_out\n", kill] {
        pty.send(":unlock_session\n").wait_for(QUESTION).send("db\n").wait_for("everything may write");
        pty.wait_for("WRITABLE postgres@").wait_for("=# ").send(out);
        if out == kill {
            pty.wait_for("Attempting reset: Succeeded.");
        }
        pty.wait_for("▲ PRODUCTION  read-only? postgres@").wait_for("unlock_ways_out=# ").send(write).wait_for(REFUSED);
        pty.wait_for("=# ")
            .send(":whereami\n")
            .wait_for("read-only, as the server says")
            .wait_for(LOCKED)
            .wait_for("=# ");
    }
    pty.send(":unlock\n").wait_for(QUESTION).send("db\n").wait_for("=*# ").send(kill);
    pty.wait_for("▲ PRODUCTION  read-only? postgres@").wait_for("=# ").send(write).wait_for(REFUSED).send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}

#[test]
fn every_way_out_of_an_unlocked_transaction_ends_read_only() {
    let sandbox = sandbox();
    let mut pty = production(&sandbox, "unlock_ends");
    let write = "CREATE TABLE x ();\n";
    let cancel = |pty: &mut Pty<'_>| {
        pty.send("SELECT pg_sleep(60);\n");
        // What is typed is shown before it runs, and then Ctrl-C would only end the line.
        let running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(60);'";
        until(|| clusters().production().ask("postgres", running) == "1");
        pty.send("\x03").wait_for("canceling statement");
        pty.wait_for("=!# ").send("COMMIT;\n").wait_for("ROLLBACK").wait_for("=# ");
    };
    let fail = |pty: &mut Pty<'_>| {
        pty.send("CREATE TABLE y (); fail;\n").wait_for("syntax error").wait_for("=!# ");
        pty.send("ROLLBACK;\n").wait_for("ROLLBACK").wait_for("=# ");
    };
    let savepoint = |pty: &mut Pty<'_>| {
        pty.send("SAVEPOINT s; fail;\n").wait_for("=!# ").send("ROLLBACK TO s; END;\n").wait_for("COMMIT");
        pty.wait_for("=# ");
    };
    let connect = |pty: &mut Pty<'_>| {
        pty.send("\\c\n").wait_for("You are now connected").wait_for("=# ");
    };
    let elsewhere = |pty: &mut Pty<'_>| {
        pty.send("\\c no_such_database\n").wait_for("Previous connection kept").wait_for("=*# ");
        pty.send("\\c service=production\n").wait_for("You are now connected").wait_for("app=# ");
        pty.send("\\c unlock_ends\n").wait_for("You are now connected").wait_for("unlock_ends=# ");
    };
    let idle = |pty: &mut Pty<'_>| {
        pty.send("SET idle_in_transaction_session_timeout = '10ms';\n").wait_for("=*# ");
        // Until the server has ended it, `SELECT` would only reset the clock.
        let gone = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'unlock_ends' AND application_name ~ 'psql'";
        until(|| clusters().production().ask("postgres", gone) == "0");
        pty.send("SELECT 1;\n").wait_for("idle-in-transaction timeout").wait_for("Succeeded.").wait_for("=# ");
    };
    let ways: [&dyn Fn(&mut Pty<'_>); 6] = [&cancel, &fail, &savepoint, &connect, &elsewhere, &idle];
    for out in ways {
        pty.send(":unlock\n").wait_for(QUESTION).send("db\n").wait_for("may write").wait_for("=*# ");
        out(&mut pty);
        pty.send(write).wait_for(REFUSED).wait_for("=# ").send(":whereami\n").wait_for("as the server says");
        pty.wait_for(LOCKED).wait_for("=# ");
    }
    pty.send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    assert!(!has("unlock_ends", "x") && !has("unlock_ends", "y"));
}

#[test]
fn what_is_opened_by_hand_is_never_called_read_only() {
    let sandbox = sandbox();
    let mut pty = production(&sandbox, "unlock_by_hand");
    let write = |pty: &mut Pty<'_>, table: &str| {
        pty.send(format!("CREATE TABLE {table} ();\n")).wait_for("CREATE TABLE\n").wait_for(LOCKED).wait_for("=*# ");
    };
    // psql tells nobody: the words hold all the same.
    pty.send("BEGIN READ WRITE;\n").wait_for(LOCKED).wait_for("=*# ");
    write(&mut pty, "a");
    pty.send(":whereami\n").wait_for("one WRITABLE transaction").wait_for(OPENED).wait_for("=*# ").send("COMMIT;\n");
    pty.wait_for("COMMIT").wait_for("=# ").send(":whereami\n").wait_for("as the server says").wait_for(LOCKED);
    pty.wait_for("=# ").send("BEGIN; SET TRANSACTION READ WRITE;\n").wait_for("=*# ");
    write(&mut pty, "b");
    pty.send("COMMIT;\n").wait_for("COMMIT").wait_for("=# ");
    for set in ["SET default_transaction_read_only = off", "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"] {
        pty.send(format!("{set};\n")).wait_for("\nSET").wait_for(LOCKED).wait_for("=# ");
        pty.send(":whereami\n")
            .wait_for("NOT read-only: set by hand")
            .wait_for("▲ PRODUCTION  NOT read-only postgres@");
        pty.wait_for("=# ").send(":lock\n").wait_for(LOCKED).wait_for("=# ").send("DROP TABLE a;\n").wait_for(REFUSED);
        pty.wait_for("=# ");
    }
    pty.send("\\q\n");
    let shown = pty.finish().screen;
    assert!(!shown.contains("PRODUCTION  read-only"), "{shown}");
    assert!(has("unlock_by_hand", "b"));
}

#[test]
fn a_lost_connection_that_psql_makes_again_may_be_as_writable_as_the_one_before() {
    const KILL: &str = "SELECT pg_terminate_backend(pg_backend_pid());\n";
    let sandbox = sandbox();
    let mut pty = psql(&sandbox, &["service=staging"]);
    pty.wait_for("■ STAGING  writable ").wait_for("=# ").send("\\c service=production\n");
    pty.wait_for("▲ PRODUCTION  read-only? ").wait_for("=# ").send(KILL).wait_for("Attempting reset: Succeeded");
    pty.wait_for("▲ PRODUCTION  read-only? ").wait_for("=# ").send("CREATE TABLE a ();\n");
    pty.wait_for("in a read-only transaction").wait_for("=# ").send("SET default_transaction_read_only = off;\n");
    pty.wait_for("SET\n").wait_for("=# ").send(":whereami\n").wait_for("▲ PRODUCTION  NOT read-only ").wait_for("=# ");
    // psql hands on what that one was started with, and nobody here knows whether it was that or its server's default.
    for _ in 0..2 {
        pty.send(KILL).wait_for("Attempting reset: Succeeded").wait_for("▲ PRODUCTION  writable? ").wait_for("=# ");
    }
    pty.send(":whereami\n").wait_for("▲ PRODUCTION  began read-only ").wait_for("=# ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}
