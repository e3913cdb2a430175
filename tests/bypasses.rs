//! Ways around the checklist that a mistake or a script could take, each of them shut.

use crate::support::{Sandbox, clusters};

const CONFIG: &str = r#"
[environment.production]
level = "production"
match = [{ host = "*.prod.demo" }, { host = "10.0.0.5" }]

[environment.staging]
level = "staging"
match = [{ host = "*.staging.demo" }]
"#;

/// No server answers behind these names: what the guard does must not depend on it.
fn sandbox() -> Sandbox {
    Sandbox::new().config(CONFIG).fake("psql").var("PGDATABASE", "app").var("PGUSER", "alice")
}

#[test]
fn a_completion_runs_no_psqlrc() {
    let marked = "\\! touch ran\nSET default_transaction_read_only = off;\nCREATE TABLE by_psqlrc ();\n";
    let sandbox = Sandbox::new().services().config(CONFIG).shims(["psql"]).var("PGSERVICE", "production");
    let sandbox = sandbox.file("home/.psqlrc", marked);
    let output = sandbox.tool("psql", ["-Atqwc", "select usename from pg_user", "template1"]).output();
    assert!(output.out().contains("postgres"), "{}", output.err());
    assert!(!sandbox.path("work/ran").exists());
    assert!(!clusters().production().has_table("template1", "by_psqlrc"));
}

#[test]
fn a_token_that_names_the_alias_of_another_environments_address_does_not_hold() {
    let line = ["run", "--", "psql", "-c", "DROP TABLE t", "host=db.staging.demo hostaddr=10.0.0.5"];
    let sandbox = |token: &str| sandbox().var("CI", "true").var("DBGUARD_CONFIRM", token);
    let output = sandbox("db.staging.demo/app").run(line).output();
    assert_eq!(output.code, 125);
    assert!(output.err().contains("does not name the target, which is `10.0.0.5/app`"), "{}", output.err());
    assert_eq!(sandbox("10.0.0.5/app").run(line).output().code, 0);
}

#[test]
fn a_psqlrc_that_takes_the_protection_away_counts() {
    let line = ["explain", "--json", "--", "psql", "-h", "db.staging.demo", "-c", "SELECT 1"];
    let explained = |psqlrc: &str| sandbox().file("home/.psqlrc-15", psqlrc).run(line).output().json();
    assert_eq!(explained("SET default_transaction_read_only = off;\n")["findings"][0]["kind"], "read-write");
    assert_eq!(explained("DROP TABLE t;\n")["risk"], "destroy");
    let usual = "\\set QUIET 1\n\\pset null '¤'\n\\setenv PAGER 'less -S'\n\\! clear\n\\set PROMPT1 '%n@%/%R%# '\n\
                 \\set w `date`\nSET statement_timeout = '5s';\n\\x auto\n\\timing\n\\unset QUIET\n";
    assert_eq!(explained(usual)["risk"], "read");
    let none = sandbox().file("home/.psqlrc", "DROP TABLE t;\n").var("PSQLRC", "/dev/null").run(line).output();
    assert!(none.out().contains(r#""risk":"read""#), "{}", none.out());
}

#[test]
fn a_psqlrc_counts_for_an_open_session_too() {
    let line = ["explain", "--json", "--", "psql", "-h", "db.staging.demo"];
    let sandbox = sandbox().file("home/.psqlrc", "DELETE FROM t;\n");
    let ended = sandbox.pty(line).stdout_apart().start().finish();
    assert!(String::from_utf8_lossy(&ended.stdout).contains(r#""risk":"destroy""#), "{}", ended.screen);
}

/// What `explain` says of where this psql, which starts at this machine, ends up.
#[track_caller]
fn leads(sandbox: &Sandbox, args: &[&str], environment: &str, host: &str) {
    let line = [&["explain", "--json", "--", "psql", "-h", "localhost", "-p", "1"], args].concat();
    let explained = sandbox.run(line).output().json();
    let found = (&explained["environment"]["name"], &explained["target"]["host"]);
    assert_eq!((found.0.as_str().unwrap(), found.1.as_str().unwrap()), (environment, host), "{args:?}: {explained}");
}

#[test]
fn a_script_that_goes_to_production_from_this_machine_is_asked_about() {
    let away = "SELECT 1;\n\\set h db.prod.demo\n\\c app alice :h 5432\nDROP TABLE t;\n";
    let sandbox = sandbox().shims(["psql"]).file("work/away.sql", away).file("work/outer.sql", "\\ir away.sql\n");
    for script in ["away.sql", "outer.sql"] {
        leads(&sandbox, &["-f", script], "production", "db.prod.demo");
        assert_eq!(sandbox.tool("psql", ["-h", "localhost", "-f", script]).output().code, 125);
    }
    assert_eq!(sandbox.tool("/bin/sh", ["-c", "psql -h localhost < away.sql"]).output().code, 125);
    assert_eq!(sandbox.calls("psql").len(), 0);
    for words in ["host=db.prod.demo dbname=x", "postgres://db.prod.demo/x", "- - db.prod.demo", "x alice 10.0.0.5 -"] {
        let quoted = if words.contains('=') { format!("\\c '{words}'") } else { format!("\\connect {words}") };
        let host = if words.contains("10.0") { "10.0.0.5" } else { "db.prod.demo" };
        leads(&sandbox, &["-c", &quoted], "production", host);
    }
    leads(&sandbox, &["-v", "h=host=db.prod.demo", "-c", "\\c :h"], "production", "db.prod.demo");
    leads(&sandbox, &["-c", "\\c - - `cat where`"], "unknown", "localhost");
    leads(&sandbox, &["-c", "\\c x - db.staging.demo", "-c", "\\c y"], "staging", "db.staging.demo");
}

#[test]
fn a_script_that_stays_on_this_machine_runs() {
    let dump = "\\connect app\nCOPY t FROM stdin;\n\\\\c - - db.prod.demo\n\\.\n\\c - - - 5433\n\\c -\n";
    let sandbox = sandbox().shims(["psql"]).file("work/dump.sql", dump);
    leads(&sandbox, &["-f", "dump.sql"], "local", "localhost");
    sandbox.tool("psql", ["-h", "localhost", "-f", "dump.sql"]).status(0);
    sandbox.tool("psql", ["-h", "localhost", "-c", "\\connect"]).status(0);
}

#[test]
fn in_a_directory_that_is_gone_development_goes_on() {
    let sandbox = sandbox().dir("gone").shims(["psql"]);
    let gone = sandbox.path("gone");
    let script = format!("cd '{0}' && rmdir '{0}' && psql -h localhost -c 'SELECT 1'", gone.display());
    let output = sandbox.tool("/bin/sh", ["-c", &script]).output();
    assert_eq!((output.code, output.err().contains("dbguard")), (0, false), "{}", output.err());
    assert_eq!(sandbox.calls("psql").len(), 1);
}

#[test]
fn a_list_of_columns_that_holds_another_statement_is_unknown() {
    let line = ["explain", "--json", "--", "vacuumdb", "-h", "db.staging.demo", "-Z", "-t", "t(a); DROP TABLE u"];
    assert_eq!(sandbox().run(line).output().json()["risk"], "unknown");
}

#[test]
fn a_refusal_says_what_was_found() {
    let sandbox = sandbox().file("work/x.sql", "SELECT 1;\nDROP TABLE t;\n");
    let said = sandbox.run(["run", "--", "psql", "-h", "db.staging.demo", "-f", "x.sql"]).output().err();
    assert!(said.contains("\n  found: drop-table at x.sql:2: DROP TABLE t\n"), "{said}");
    let said = sandbox.run(["run", "--", "psql", "-h", "db.staging.demo", "-f", "absent.sql"]).output().err();
    assert!(said.contains("\n  found: unreadable: `absent.sql` was not read: No such file"), "{said}");
}

#[test]
fn a_mistyped_option_is_not_looked_for_as_a_tool() {
    for verb in ["run", "explain", "allow"] {
        let output = sandbox().run([verb, "--onec", "--", "psql"]).output();
        assert_eq!(output.code, 2, "{verb}: {}", output.err());
        assert!(
            output.err().starts_with("dbguard: `--onec` is no option of this verb, and no tool\n"),
            "{}",
            output.err()
        );
    }
}

#[test]
fn of_several_hosts_the_one_that_makes_it_production_is_typed() {
    let line = ["run", "--", "psql", "-c", "SELECT 1", "host=db.staging.demo,db1.prod.demo"];
    for (typed, code) in [("db.staging.demo\n", 125), ("db1\n", 0)] {
        let sandbox = sandbox();
        let mut pty = sandbox.pty(line).start();
        pty.wait_for("Type the host to go on:").send(typed);
        assert_eq!(pty.finish().code, code, "{typed}");
    }
}

#[test]
fn a_state_directory_that_cannot_be_made_is_told_beside_the_refusal() {
    let output =
        sandbox().var("XDG_STATE_HOME", "/dev/null/x").run(["run", "--", "psql", "-h", "db1.prod.demo"]).output();
    assert_eq!(output.code, 125);
    assert!(output.err().contains("dbguard: refused: psql ("), "{}", output.err());
    assert!(output.err().contains("\n  `/dev/null/x/dbguard` cannot be made"), "{}", output.err());
}

#[test]
fn a_grant_for_what_destroys_does_not_hold_under_other_start_up_options() {
    let line = ["psql", "-h", "db1.prod.demo", "-c", "DROP TABLE t"];
    let sandbox = sandbox();
    let mut pty = sandbox.pty([&["allow", "--"], &line[..]].concat()).start();
    pty.wait_for("Type the host to go on:").send("db1\n");
    assert_eq!(pty.finish().code, 0);
    drop(pty);
    let sandbox = sandbox.var("PGOPTIONS", "-c search_path=other");
    assert_eq!(sandbox.run([&["run", "--"], &line[..]].concat()).output().code, 125);
    let sandbox = sandbox.no_var("PGOPTIONS");
    assert_eq!(sandbox.run([&["run", "--"], &line[..]].concat()).output().code, 0);
}
