//! Without a terminal: refused, unless a person allowed it or a CI job named exactly this target.

use crate::support::{Run, Sandbox};

const CONFIG: &str = r#"
[environment.production]
level = "production"
match = [{ host = "*.prod.example" }]

[environment.staging]
level = "staging"
match = [{ host = "*.staging.example" }]
"#;

const READ: [&str; 6] = ["run", "--", "psql", "-h", "db1.prod.example", "-cSELECT 1"];

/// No server answers behind these names: what the guard does must not depend on it.
fn sandbox() -> Sandbox {
    Sandbox::new().config(CONFIG).fake("psql").var("PGDATABASE", "app").var("PGUSER", "alice")
}

fn refused(run: Run<'_>, stderr: &str) {
    run.stderr(stderr).status(125);
}

#[test]
fn production_is_refused_in_one_message_that_names_what_a_person_types() {
    let sandbox = sandbox();
    refused(
        sandbox.run(READ),
        "dbguard: refused: psql (read) on production (db1.prod.example:5432/app): there is no terminal to ask on\n  \
         a person allows it beforehand, at a terminal: \
         dbguard allow --once -- psql -h db1.prod.example '-cSELECT 1'\n",
    );
    assert_eq!(sandbox.calls("psql").len(), 0);
}

#[test]
fn a_refused_invocation_touches_no_server_and_leaves_a_record() {
    let sandbox = sandbox();
    let _ = sandbox.run(READ).output();
    assert_eq!(sandbox.calls("psql").len(), 0);
    let log = sandbox.run(["log"]).output();
    assert!(log.out().contains("refused"), "{}", log.out());
}

#[test]
fn a_coding_agent_is_told_why_and_given_nothing_to_type_itself() {
    let sandbox = sandbox().var("CLAUDECODE", "1").var("CI", "true").var("DBGUARD_CONFIRM", "db1.prod.example/app");
    refused(
        sandbox.run(READ),
        "dbguard: refused: psql (read) on production (db1.prod.example:5432/app): Claude Code cannot confirm it\n  \
         a coding agent was recognised by CLAUDECODE; only a person can answer for this target\n  \
         tell the person who is responsible; at a terminal of their own they would type: \
         dbguard allow --once -- psql -h db1.prod.example '-cSELECT 1'\n",
    );
}

#[test]
fn a_coding_agent_with_a_terminal_is_refused_as_well() {
    let sandbox = sandbox().var("CURSOR_AGENT", "1");
    let ended = sandbox.pty(READ).start().finish();
    assert_eq!(ended.code, 125);
    assert!(ended.screen.contains("Cursor cannot confirm it"), "{}", ended.screen);
    let ended = sandbox.pty(["allow", "--once", "--", "psql", "-h", "db1.prod.example"]).start().finish();
    assert_eq!(ended.code, 125);
    assert!(ended.screen.contains("Cursor cannot allow anything"), "{}", ended.screen);
}

#[test]
fn a_token_in_ci_lets_exactly_its_target_run() {
    let token = |value: &str| sandbox().var("CI", "true").var("DBGUARD_CONFIRM", value);
    let right = token("db1.prod.example/app");
    right.run(READ).status(0);
    assert_eq!(right.calls("psql").last().map(|call| call.args.len()), Some(3));
    for wrong in ["db1.prod.example/other", "db1/app", "1", "*"] {
        assert_eq!(token(wrong).run(READ).output().code, 125, "{wrong}");
    }
}

#[test]
fn a_token_outside_ci_is_not_looked_at() {
    assert_eq!(sandbox().var("DBGUARD_CONFIRM", "db1.prod.example/app").run(READ).output().code, 125);
}

#[test]
fn a_configuration_can_forbid_tokens() {
    let config = format!("{CONFIG}\n[environment.production.policy]\ntokens = false\n");
    let sandbox = sandbox().config(&config).var("CI", "true").var("DBGUARD_CONFIRM", "db1.prod.example/app");
    let output = sandbox.run(READ).output();
    assert_eq!(output.code, 125);
    assert!(output.err().contains("the configuration forbids tokens here"), "{}", output.err());
}

#[test]
fn staging_runs_without_a_terminal_except_what_destroys() {
    let sandbox = sandbox();
    sandbox.run(["run", "--", "psql", "-h", "a.staging.example", "-c", "INSERT INTO t VALUES (1)"]).status(0);
    let drop = sandbox.run(["run", "--", "psql", "-h", "a.staging.example", "-c", "DROP TABLE t"]).output();
    assert_eq!(drop.code, 125);
}

/// A person allows; answers with the grant's id.
fn allow(sandbox: &Sandbox, args: &[&str]) -> String {
    let mut pty = sandbox.pty([&["allow"], args].concat()).stdout_apart().start();
    pty.wait_for("Type the host to go on:").send("db1\n");
    let ended = pty.finish();
    assert_eq!(ended.code, 0, "{}", ended.screen);
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    said.split([' ', ':']).nth(1).expect("allowed ID: …").to_owned()
}

#[test]
fn a_grant_lets_its_target_run_once_and_is_used_up() {
    let sandbox = sandbox();
    allow(&sandbox, &["--once", "--", "psql", "-h", "db1.prod.example", "-cSELECT 1"]);
    sandbox.run(READ).status(0);
    assert_eq!(sandbox.run(READ).output().code, 125);
}

#[test]
fn a_grant_covers_no_other_target_and_no_higher_risk() {
    let sandbox = sandbox();
    allow(&sandbox, &["--for", "5m", "--", "psql", "-h", "db1.prod.example", "-cSELECT 1"]);
    sandbox.run(["run", "--", "psql", "-h", "db1.prod.example", "-c", "SELECT 2"]).status(0);
    let run = |args: &[&str]| sandbox.run([&["run", "--", "psql"], args].concat()).output().code;
    assert_eq!(run(&["-h", "db2.prod.example", "-c", "SELECT 1"]), 125);
    assert_eq!(run(&["-h", "db1.prod.example", "-d", "other", "-c", "SELECT 1"]), 125);
    assert_eq!(run(&["-h", "db1.prod.example", "-c", "DELETE FROM t WHERE id = 1"]), 125);
    assert_eq!(run(&["-h", "db1.prod.example", "-c", "DROP TABLE t"]), 125);
}

#[test]
fn a_grant_is_listed_revoked_and_audited() {
    let sandbox = sandbox();
    let id =
        allow(&sandbox, &["--for", "5m", "--reason", "nightly", "--", "psql", "-h", "db1.prod.example", "-cSELECT 1"]);
    assert!(sandbox.run(["allow", "--list"]).output().out().contains(&id));
    assert_eq!(sandbox.run(["allow", "--revoke", &id]).output().code, 0);
    assert_eq!(sandbox.run(READ).output().code, 125);
    sandbox.run(["allow", "--list"]).stdout("no grants\n").status(0);
    let log = sandbox.run(["log", "--json"]).output().out();
    assert!(log.contains("\"granted\"") && log.contains("\"revoked\""), "{log}");
}

#[test]
fn a_grant_for_what_destroys_holds_for_that_very_file_as_it_was() {
    let sandbox = sandbox().file("work/cleanup.sql", "DROP TABLE t;\n");
    let args = ["--for", "5m", "--", "psql", "-h", "db1.prod.example", "-f", "cleanup.sql"];
    allow(&sandbox, &args);
    let run = |args: &[&str]| sandbox.run([&["run", "--"], args].concat()).output().code;
    assert_eq!(run(&args[3..]), 0);
    assert_eq!(run(&["psql", "-h", "db1.prod.example", "-c", "DROP TABLE t"]), 125);
    std::fs::write(sandbox.path("work/cleanup.sql"), "DROP TABLE u;\n").unwrap();
    assert_eq!(run(&args[3..]), 125);
}

#[test]
fn nobody_can_allow_without_a_terminal() {
    refused(
        sandbox().run(["allow", "--", "psql", "-h", "db1.prod.example"]),
        "dbguard: refused: allowing takes a person at a terminal, and there is none\n",
    );
}

#[test]
fn a_background_job_is_told_that_it_is_one() {
    let sandbox = sandbox();
    let script = format!(
        "set -m; '{}' run -- psql -h db1.prod.example -c 'SELECT 1' & wait $!; echo status $?",
        crate::support::DBGUARD
    );
    let ended = sandbox.tool_pty("bash", ["-c", &script]).start().finish();
    assert!(ended.screen.contains("this is a background job of its terminal"), "{}", ended.screen);
    assert!(ended.screen.contains("status 125"), "{}", ended.screen);
}
