//! Commands that start other guarded commands, and commands that reach several databases: nothing is asked twice, and
//! nothing is left unasked.

use crate::support::{Ended, Sandbox};

const CONFIG: &str = r#"
[environment.production]
level = "production"
match = [{ host = "*.prod.example" }]

[environment.archive]
level = "production"
match = [{ host = "*.archive.example" }]
"#;

const URL: &str = "postgres://alice@db.prod.example/app";

/// A dbmate that runs this line of shell, with children that have no terminal of their own: they cannot be asked.
fn sandbox(children: &str) -> Sandbox {
    let script =
        format!("#!/bin/sh\nalone() {{ setsid -w \"$@\" </dev/null; echo \"$1 $?\" >>../told; }}\n{children}\n");
    let sandbox = Sandbox::new().config(CONFIG).var("DATABASE_URL", URL).file("bin/dbmate", script);
    let sandbox = ["psql", "pg_dump", "dropdb", "npx"].into_iter().fold(sandbox, Sandbox::fake);
    sandbox.mode("bin/dbmate", 0o755).shims(["dbmate", "pg_dump", "dropdb", "npx"])
}

/// The tool, with the host typed once.
fn confirmed(sandbox: &Sandbox, args: &[&str]) -> Ended {
    let mut pty = sandbox.tool_pty("dbmate", args).start();
    pty.wait_for("Type the host to go on:").send("db.prod.example\n");
    pty.finish()
}

#[test]
fn what_an_approved_command_starts_for_the_same_target_is_not_asked_about_again() {
    let sandbox = sandbox("alone pg_dump \"$DATABASE_URL\"");
    assert_eq!(confirmed(&sandbox, &["up"]).code, 0);
    assert_eq!(sandbox.read("told"), "pg_dump 0\n");
    assert_eq!(sandbox.calls("pg_dump").len(), 1);
    let log = sandbox.run(["log", "--json"]).output().out();
    assert!(log.contains("confirmed with the command that started it"), "{log}");
}

#[test]
fn a_tool_that_puts_another_one_in_its_own_place_hands_it_on_too() {
    let sandbox = sandbox("exec pg_dump \"$DATABASE_URL\"");
    assert_eq!(confirmed(&sandbox, &["up"]).code, 0);
    assert_eq!(sandbox.calls("pg_dump").len(), 1);
}

#[test]
fn each_tool_inherits_once() {
    let sandbox = sandbox("alone pg_dump \"$DATABASE_URL\"\nalone pg_dump \"$DATABASE_URL\"");
    confirmed(&sandbox, &["up"]);
    assert_eq!(sandbox.read("told"), "pg_dump 0\npg_dump 125\n");
}

#[test]
fn another_server_another_database_another_user_and_a_greater_risk_are_asked_about() {
    let elsewhere = "alone pg_dump postgres://alice@db2.prod.example/app
        alone pg_dump postgres://alice@db.prod.example/other
        alone pg_dump postgres://bob@db.prod.example/app
        alone pg_dump -p 5433 \"$DATABASE_URL\"
        alone dropdb -h db.prod.example -U alice app";
    let sandbox = sandbox(elsewhere);
    confirmed(&sandbox, &["up"]);
    assert_eq!(sandbox.read("told"), "pg_dump 125\n".repeat(4) + "dropdb 125\n");
}

#[test]
fn a_child_that_leaves_for_another_server_or_comes_in_another_role_is_asked_about() {
    let children = r#"alone psql "$DATABASE_URL" -c '\c postgres://boss@db2.prod.example/other' -c 'drop table t'
        export PGOPTIONS='-c role=postgres'
        alone dropdb -h db.prod.example -U alice app"#;
    let sandbox = sandbox(children).shims(["psql"]);
    confirmed(&sandbox, &["drop"]);
    assert_eq!(sandbox.read("told"), "psql 125\ndropdb 125\n");
}

#[test]
fn what_was_approved_for_dropping_covers_the_database_that_is_dropped() {
    let sandbox =
        sandbox("alone dropdb -h db.prod.example -U alice app\nalone dropdb -h db.prod.example -U alice other");
    confirmed(&sandbox, &["drop"]);
    assert_eq!(sandbox.read("told"), "dropdb 0\ndropdb 125\n");
}

#[test]
fn what_was_left_by_a_process_counts_for_none_but_its_children() {
    let sandbox = sandbox("cp -r \"$XDG_STATE_HOME/dbguard/children\" ../kept\nalone pg_dump \"$DATABASE_URL\"");
    confirmed(&sandbox, &["up"]);
    assert_eq!(sandbox.tool("pg_dump", [URL]).output().code, 125);
    // Put back, also under the name of a process that runs: it is none above the one that asks.
    let children = sandbox.path("home/.local/state/dbguard/children");
    let mut other = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/stat", other.id())).unwrap();
    let start = status.rsplit(')').next().unwrap().split_whitespace().nth(19).unwrap();
    let kept = std::fs::read_dir(sandbox.path("kept")).unwrap().map(|entry| entry.unwrap().path()).next().unwrap();
    for name in [kept.file_name().unwrap().to_str().unwrap().to_owned(), format!("{}-{start}", other.id())] {
        std::fs::copy(&kept, children.join(name)).unwrap();
    }
    let refused = sandbox.tool("pg_dump", [URL]).output();
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!(refused.code, 125, "{}", refused.err());
    // Nor is there a var by which it could be had.
    assert!(sandbox.calls("pg_dump")[0].vars.keys().all(|name| !name.to_string_lossy().contains("GRANT")));
}

#[test]
fn what_a_person_allowed_beforehand_covers_the_children_too() {
    let sandbox = sandbox("alone pg_dump \"$DATABASE_URL\"");
    let mut pty = sandbox.pty(["allow", "--once", "--", "dbmate", "up"]).start();
    pty.wait_for("Type the host to go on:").send("db.prod.example\n");
    assert_eq!(pty.finish().code, 0);
    assert_eq!(sandbox.tool("dbmate", ["up"]).output().code, 0);
    assert_eq!(sandbox.read("told"), "pg_dump 0\n");
    assert_eq!(sandbox.tool("dbmate", ["up"]).output().code, 125);
}

fn two(shadow: &str) -> Sandbox {
    let schema = format!(
        "datasource db {{\n  provider = \"postgresql\"\n  url = \"{URL}\"\n  shadowDatabaseUrl = \"postgres://u@{shadow}/s\"\n}}\n"
    );
    sandbox("").file("work/prisma/schema.prisma", schema)
}

#[test]
fn every_strict_database_of_a_command_is_confirmed() {
    let sandbox = two("db.archive.example");
    let asked = |answers: [&str; 2]| {
        let mut pty = sandbox.tool_pty("npx", ["prisma", "migrate", "dev"]).start();
        pty.wait_for("Type the host to go on:").send(format!("{}\n", answers[0]));
        pty.wait_for("is reached too: db.archive.example:5432/s").wait_for("Type the host to go on:");
        pty.send(format!("{}\n", answers[1]));
        pty.finish().code
    };
    assert_eq!(asked(["db.prod.example", "db.prod.example"]), 125);
    assert_eq!(asked(["db.prod.example", "db.archive.example"]), 0);
    assert_eq!(sandbox.calls("npx").len(), 1);
}

#[test]
fn two_databases_behind_one_host_are_one_answer() {
    let sandbox = two("db.prod.example");
    let mut pty = sandbox.tool_pty("npx", ["prisma", "migrate", "dev"]).start();
    pty.wait_for("Type the host to go on:").send("db.prod.example\n");
    assert_eq!(pty.finish().code, 0);
}
