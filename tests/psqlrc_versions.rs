//! The whole story inside psql, on every psql that this machine has.
//!
//! Debian's and Homebrew's places are searched; `DBGUARD_TEST_PSQL` names more, separated by colons. So a machine with
//! more versions tests more, and nothing here knows which there are.

use std::path::PathBuf;

use crate::psqlrc::CONFIG;
use crate::support::{Pty, Sandbox, clusters};

const LOCKED: &str = "▲ PRODUCTION  began read-only postgres@db.prod.demo:";
const QUESTION: &str = "Type the host to go on:";
const REFUSED: &str = "in a read-only transaction";

/// Every psql, the clusters' own first.
fn psqls() -> Vec<PathBuf> {
    let mut found = vec![clusters().bin().join("psql")];
    for root in ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"] {
        let below = std::fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path().join("bin/psql"));
        found.extend(below);
    }
    let named = std::env::var_os("DBGUARD_TEST_PSQL").unwrap_or_default();
    found.extend(std::env::split_paths(&named).filter(|path| !path.as_os_str().is_empty()));
    found.retain(|path| path.is_file());
    found.sort();
    found.dedup();
    found
}

/// Until 13 psql and libpq look for their files in the home of the password database, whatever `HOME` says: so each
/// is named.
fn world(sandbox: Sandbox) -> Sandbox {
    let home = sandbox.path("home");
    sandbox
        .var("PSQLRC", home.join(".psqlrc"))
        .var("PGSERVICEFILE", home.join(".pg_service.conf"))
        .var("PSQL_HISTORY", home.join(".psql_history"))
        .var("PAGER", "cat")
}

fn start<'s>(sandbox: &'s Sandbox, program: &std::path::Path, conninfo: &str) -> Pty<'s> {
    eprintln!("with {}", program.display());
    sandbox.tool_pty(program.to_str().unwrap(), [conninfo]).size(40, 160).start()
}

#[test]
fn every_psql_that_is_here_plays_the_whole_story() {
    for (number, program) in psqls().iter().enumerate() {
        let sandbox = world(Sandbox::new().services().config(CONFIG));
        assert_eq!(sandbox.run(["psqlrc", "install"]).output().code, 0);
        let dbname = format!("versions_{number}");
        clusters().production().scratch(&dbname);
        let mut pty = start(&sandbox, program, &format!("service=production dbname={dbname}"));
        pty.wait_for(LOCKED).wait_for("=# ").send("DROP TABLE temp_migration_backup;\n").wait_for(REFUSED);
        pty.wait_for("=# ").send(":unlock\n").wait_for(QUESTION).send("staging\n");
        pty.wait_for("nothing was opened").wait_for(LOCKED).wait_for("=# ");
        one_transaction(&mut pty);
        a_session(&mut pty);
        elsewhere(&mut pty);
        assert!(clusters().production().has_table(&dbname, "written"));
        assert!(clusters().production().has_table(&dbname, "temp_migration_backup"));
    }
}

fn one_transaction(pty: &mut Pty<'_>) {
    pty.send(":unlock;\n").wait_for(QUESTION).send("db\n").wait_for("this transaction may write");
    pty.wait_for("(*=WRITABLE)").wait_for("=*# ").send("CREATE TABLE written ();\n").wait_for("CREATE TABLE");
    pty.wait_for("=*# ").send("COPY customers FROM STDIN;\n").wait_for("▲ >> ").send("\\.\n").wait_for("COPY 0");
    pty.wait_for("=*# ").send(":unlock\n").wait_for("a transaction is open").wait_for("=*# ");
    pty.send("COMMIT;\n").wait_for("COMMIT").wait_for("=# ").send("DROP TABLE written;\n").wait_for(REFUSED);
    pty.wait_for("=# ").send("BEGIN; fail;\n").wait_for("syntax error").wait_for("=!# ");
    pty.send(":unlock\n").wait_for("a transaction is open").wait_for("=!# ").send("ROLLBACK;\n").wait_for("=# ");
    pty.send("DROP TABLE written\n").wait_for("-# ").send(":unlock\n").wait_for(QUESTION).send("\x03");
    pty.wait_for("interrupted; nothing was opened").wait_for("=# ");
}

fn a_session(pty: &mut Pty<'_>) {
    pty.send(":unlock_session\n").wait_for(QUESTION).send("db\n").wait_for("everything may write");
    pty.wait_for("WRITABLE postgres@").wait_for("=# ").send("VACUUM customers;\n").wait_for("VACUUM").wait_for("=# ");
    pty.send(":lock\n").wait_for(LOCKED).wait_for("=# ").send("DROP TABLE written;\n").wait_for(REFUSED);
    pty.wait_for("=# ").send("\\echo of the user :AUTOCOMMIT :QUIET :ECHO :SINGLESTEP :ON_ERROR_STOP :FETCH_COUNT\n");
    pty.wait_for("of the user on off none off off 0").wait_for("=# ");
    pty.send(":impact customers\n").wait_for("production · impact").wait_for("orders").wait_for("=# ");
}

fn elsewhere(pty: &mut Pty<'_>) {
    pty.send("\\c service=staging\n").wait_for("■ STAGING?  read-only? postgres@db.staging.demo:").wait_for("=# ");
    pty.send(":whereami;\n").wait_for("far end").wait_for("■ STAGING  began read-only postgres@").wait_for("=# ");
    pty.send("\\c service=production\n").wait_for("▲ PRODUCTION  read-only? postgres@db.prod.demo:").wait_for("=# ");
    pty.send("CREATE TABLE x ();\n").wait_for(REFUSED).wait_for("=# ").send(":whereami\n").wait_for(LOCKED);
    pty.wait_for("=# ").send("SELECT 1\n").wait_for("▲ app-# ").send(";\n").wait_for("=# ").send("\\q\n");
    let ended = pty.finish();
    assert_eq!(ended.code, 0);
    assert!(
        !ended.screen.contains("invalid command") && !ended.screen.contains("unrecognized value"),
        "{}",
        ended.screen
    );
}

/// From 18 on psql has pipelines, in which it stops our macros at their first question.
#[test]
fn a_macro_that_a_pipeline_stops_takes_nothing_of_the_users_and_the_label_stays_right() {
    let modern = |program: &&PathBuf| {
        let version = std::process::Command::new(program).arg("--version").output().unwrap().stdout;
        let version = String::from_utf8(version).unwrap();
        let number = version.split_whitespace().nth(2).and_then(|number| number.get(..2)?.parse::<u32>().ok());
        number.is_some_and(|number| number >= 18)
    };
    for program in psqls().iter().filter(modern) {
        let sandbox = world(Sandbox::new().services().config(CONFIG));
        assert_eq!(sandbox.run(["psqlrc", "install"]).output().code, 0);
        let mut pty = start(&sandbox, program, "service=production");
        pty.wait_for(LOCKED).wait_for("=# ").send("\\set ON_ERROR_STOP on\n").wait_for("=# ");
        pty.send("\\startpipeline\n").wait_for("=# ").send(":unlock\n").wait_for("not allowed in pipeline mode");
        pty.wait_for("# ").send("\\r\n").wait_for("=# ").send("\\endpipeline\n").wait_for("=# ");
        pty.send("DROP TABLE customers;\n").wait_for(REFUSED).wait_for(LOCKED).wait_for("=# ");
        pty.send(":whereami\n").wait_for("far end").wait_for(LOCKED).wait_for("=# ");
        pty.send("\\echo of the user :ON_ERROR_STOP :QUIET :ECHO\n")
            .wait_for("of the user on off none")
            .wait_for("=# ");
        pty.send("\\q\n");
        assert_eq!(pty.finish().code, 0);
    }
}

#[test]
fn every_psql_that_is_here_plays_the_portable_story() {
    for (number, program) in psqls().iter().enumerate() {
        let sandbox = world(Sandbox::new().services());
        let portable = sandbox.run(["psqlrc", "print", "--portable"]).output().out();
        // The clusters are on loopback, which counts as this machine there.
        let sandbox = sandbox.file("home/.psqlrc", portable.replace("127.0.0.0/8", "10.0.0.0/8"));
        let dbname = format!("portable_{number}");
        clusters().production().scratch(&dbname);
        let mut pty = start(&sandbox, program, &format!("service=production dbname={dbname}"));
        pty.wait_for("postgres@db.prod.demo:").wait_for("=# ").send("CREATE TABLE x ();\n").wait_for(REFUSED);
        pty.wait_for("=# ").send(":unlock\n").wait_for("Type the name of the database").send("app\n");
        pty.wait_for("another name: nothing was opened").wait_for("=# ").send(":unlock;\n");
        pty.wait_for("Type the name of the database").send(format!("{dbname}\n")).wait_for("may write while");
        pty.wait_for("=*# ").send("CREATE TABLE x ();\n").wait_for("CREATE TABLE").wait_for("=*# ").send("COMMIT;\n");
        pty.wait_for("COMMIT").wait_for("=# ").send("DROP TABLE x;\n").wait_for(REFUSED).wait_for("=# ");
        pty.send(":whereami\n").wait_for("read_only").wait_for("=# ").send("\\c app\n").wait_for("/app=# ");
        pty.send("CREATE TABLE y ();\n")
            .wait_for(REFUSED)
            .wait_for("=# ")
            .send(":lock\n")
            .wait_for("=# ")
            .send("\\q\n");
        let ended = pty.finish();
        assert_eq!(ended.code, 0);
        assert!(
            !ended.screen.contains("invalid command") && !ended.screen.contains("unrecognized value"),
            "{}",
            ended.screen
        );
        assert!(clusters().production().has_table(&dbname, "x"));
    }
}

#[test]
fn scripts_of_every_psql_that_is_here_run_as_without_the_block() {
    let sandbox = world(Sandbox::new().services().config(CONFIG));
    assert_eq!(sandbox.run(["psqlrc", "install"]).output().code, 0);
    let bare = world(Sandbox::new().services().config(CONFIG));
    for program in psqls() {
        let program = program.to_str().unwrap();
        for args in [&["-c", "SHOW default_transaction_read_only", "-c", "\\echo :AUTOCOMMIT :PROMPT1"][..], &["-l"]] {
            let args = [&["service=staging"], args].concat();
            let expected = bare.tool(program, &args).output();
            assert_eq!(expected.code, 0, "{}", expected.err());
            sandbox.tool(program, &args).stdout(expected.stdout).stderr(expected.stderr).status(0);
        }
    }
}
