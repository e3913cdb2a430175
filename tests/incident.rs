//! The incident, prevented: real psql, two real clusters, a person at a terminal.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::support::{Sandbox, clusters};

const CONFIG: &str = r#"
[environment.production]
level = "production"
match = [{ host = "*.prod.demo" }]

[environment.staging]
level = "staging"
match = [{ host = "*.staging.demo" }]
"#;

const DROP: [&str; 4] = ["psql", "-X", "-c", "DROP TABLE temp_migration_backup"];

/// A sandbox with both services and shims before the real tools.
fn sandbox() -> Sandbox {
    Sandbox::new().services().config(CONFIG).shims(["psql", "dropdb", "pg_dump"])
}

/// A database of the test's own on the production cluster.
fn scratch() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("incident_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    clusters().production().scratch(&name);
    name
}

fn has_table(dbname: &str) -> bool {
    clusters().production().has_table(dbname, "temp_migration_backup")
}

/// `psql service=production dbname=… -c 'DROP TABLE …'`, as the shim is called.
fn drop_on(dbname: &str) -> Vec<String> {
    let conninfo = format!("service=production dbname={dbname}");
    ["-X", "-c", DROP[3], &conninfo].map(str::to_owned).into()
}

#[test]
fn the_wrong_host_stops_the_drop() {
    let (sandbox, dbname) = (sandbox(), scratch());
    let mut pty = sandbox.tool_pty("psql", drop_on(&dbname)).stdout_apart().stderr_apart().start();
    pty.wait_for("PRODUCTION").wait_for("db.prod.demo").wait_for("server says").wait_for("drop-table");
    pty.wait_for("Type the host to go on:").send("db.staging.demo\n");
    let ended = pty.finish();
    assert_eq!(ended.code, 125);
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "");
    let said = "dbguard: stopped: `db.staging.demo` is not the host, which is `db.prod.demo`; psql was not run\n";
    assert_eq!(String::from_utf8_lossy(&ended.stderr), said);
    assert!(has_table(&dbname));
}

#[test]
fn the_right_host_lets_the_drop_run_and_the_log_tells_of_both() {
    let (sandbox, dbname) = (sandbox(), scratch());
    let mut pty = sandbox.tool_pty("psql", drop_on(&dbname)).stdout_apart().start();
    pty.wait_for("Type the host to go on:").send("no\n");
    assert_eq!(pty.finish().code, 125);
    let mut pty = sandbox.tool_pty("psql", drop_on(&dbname)).stdout_apart().start();
    pty.wait_for("Type the host to go on:").send("db\n");
    let ended = pty.finish();
    assert_eq!((ended.code, String::from_utf8_lossy(&ended.stdout).as_ref()), (0, "DROP TABLE\n"));
    assert!(!has_table(&dbname));
    let log = sandbox.run(["log"]).output();
    assert!(log.out().contains("declined: `no` is not the host"), "{}", log.out());
    assert!(log.out().contains("typed db"), "{}", log.out());
    assert_eq!(sandbox.run(["log", "verify"]).output().code, 0);
}

#[test]
fn the_screen_shows_what_the_server_says_of_itself() {
    let (sandbox, dbname) = (sandbox(), scratch());
    let mut pty = sandbox.tool_pty("psql", drop_on(&dbname)).start();
    pty.wait_for("Type the host to go on:").send("\x03");
    let ended = pty.finish();
    assert_eq!(ended.code, 125);
    let identifier = &clusters().production().identifier;
    for fact in [identifier.as_str(), &dbname, "superuser", "127.0.0.1", "PostgreSQL"] {
        assert!(ended.screen.contains(fact), "{fact} is missing in:\n{}", ended.screen);
    }
}

#[test]
fn staging_reads_without_a_question() {
    let args = ["-XAt", "-c", "SHOW cluster_name", "service=staging"];
    let sandbox = sandbox();
    let ended = sandbox.tool_pty("psql", args).start().finish();
    assert_eq!((ended.code, ended.screen.as_str()), (0, "staging\n"));
}

#[test]
fn an_interactive_production_session_is_read_only() {
    let (sandbox, dbname) = (sandbox(), scratch());
    let conninfo = format!("service=production dbname={dbname}");
    let mut pty = sandbox.tool_pty("psql", ["-X", &conninfo]).start();
    pty.wait_for("Type the host to go on:").send("db.prod.demo\n");
    pty.wait_for("=#").send("DROP TABLE temp_migration_backup;\n");
    pty.wait_for("cannot execute DROP TABLE in a read-only transaction").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    assert!(has_table(&dbname));
}

#[test]
fn what_was_judged_read_is_held_read_only_by_the_server() {
    let (sandbox, dbname) = (sandbox(), scratch());
    let conninfo = format!("service=production dbname={dbname}");
    let mut pty = sandbox.tool_pty("psql", ["-XAt", "-c", "SHOW default_transaction_read_only", &conninfo]);
    pty = pty.stdout_apart().start();
    pty.wait_for("Type the host to go on:").send("db\n");
    assert_eq!(String::from_utf8_lossy(&pty.finish().stdout), "on\n");
}

#[test]
fn a_password_is_asked_for_once_and_handed_to_both() {
    let sandbox = sandbox();
    let args = ["-XAt", "-c", "SELECT 'as ' || current_user", "service=production user=sealed"];
    let mut pty = sandbox.tool_pty("psql", args).start();
    pty.wait_for("Password for sealed at db.prod.demo").send(format!("{}\n", crate::support::SECRET));
    pty.wait_for("Type the host to go on:").send("db\n");
    pty.wait_for("as sealed");
    assert_eq!(pty.finish().code, 0);
}

#[test]
fn a_staging_name_that_leads_to_a_server_marked_production_is_production() {
    let (sandbox, dbname) = (sandbox(), "incident_marked");
    let staging = clusters().staging();
    staging.scratch(dbname);
    staging.ask("postgres", &format!("ALTER DATABASE {dbname} SET dbguard.environment = 'production'"));
    let conninfo = format!("service=staging dbname={dbname}");
    let mut pty = sandbox.tool_pty("psql", ["-X", "-c", "SELECT 1", &conninfo]).start();
    pty.wait_for("the server says production, the name says staging").wait_for("PRODUCTION");
    pty.wait_for("Type the environment to go on:").send("db.staging.demo\n");
    assert_eq!(pty.finish().code, 125);
}

#[test]
fn a_server_that_says_staging_does_not_lower_a_production_name() {
    let (sandbox, dbname) = (sandbox(), scratch());
    clusters().production().ask("postgres", &format!("ALTER DATABASE {dbname} SET dbguard.environment = 'staging'"));
    let conninfo = format!("service=production dbname={dbname}");
    let mut pty = sandbox.tool_pty("psql", ["-X", "-c", "SELECT 1", &conninfo]).start();
    pty.wait_for("the server says staging, the name says production").wait_for("PRODUCTION");
    pty.wait_for("Type the host to go on:").send("\n");
    assert_eq!(pty.finish().code, 125);
}

#[test]
fn another_server_than_last_time_is_called_out() {
    let (sandbox, dbname) = (sandbox(), scratch());
    let conninfo = format!("service=production dbname={dbname}");
    let args = ["-X", "-c", "SELECT 1", &conninfo];
    let mut pty = sandbox.tool_pty("psql", args).start();
    pty.wait_for("Type the host to go on:").send("db\n");
    assert_eq!(pty.finish().code, 0);
    let known = "home/.local/state/dbguard/known_servers";
    let text = sandbox.read(known).replace(&clusters().production().identifier, "4711");
    std::fs::write(sandbox.path(known), text).unwrap();
    let mut pty = sandbox.tool_pty("psql", args).start();
    pty.wait_for("this is another server than last time").wait_for("4711");
    pty.wait_for("Type the host to go on:").send("\x03");
    assert_eq!(pty.finish().code, 125);
}

#[test]
fn a_server_that_cannot_be_reached_is_said_so_and_the_decision_still_works() {
    let config = format!(
        "{CONFIG}\n[environment.gone]\nlevel = \"production\"\nmatch = [{{ host = \"127.0.0.1\", port = 1 }}]\n"
    );
    let sandbox = Sandbox::new().config(&config).shims(["psql"]);
    let mut pty =
        sandbox.tool_pty("psql", ["-X", "-h", "127.0.0.1", "-p", "1", "-U", "postgres", "-c", "SELECT 1"]).start();
    pty.wait_for("no answer").wait_for("Connection refused");
    pty.wait_for("Type the host to go on:").send("127.0.0.1\n");
    assert_eq!(pty.finish().code, 2, "psql's own status for a connection that failed");
}

#[test]
fn an_interrupted_question_is_seen_in_the_log() {
    let (sandbox, dbname) = (sandbox(), scratch());
    let mut pty = sandbox.tool_pty("psql", drop_on(&dbname)).start();
    pty.wait_for("Type the host to go on:");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pty.pid().try_into().unwrap()), nix::sys::signal::SIGKILL)
        .unwrap();
    let _ = pty.finish();
    let log = sandbox.run(["log", "--json"]).output().out();
    assert!(log.contains("\"phase\":\"asked\"") && !log.contains("\"decided\""), "{log}");
    assert!(has_table(&dbname));
}

#[test]
fn an_audit_log_that_cannot_be_written_refuses_production_and_only_warns_on_staging() {
    let (sandbox, dbname) = (sandbox().file("home/.local/state/dbguard/audit.jsonl/in-the-way", ""), scratch());
    let mut pty = sandbox.tool_pty("psql", drop_on(&dbname)).start();
    let ended = pty.finish();
    assert_eq!(ended.code, 125, "{}", ended.screen);
    assert!(ended.screen.contains("nothing runs on this target without a record of it"), "{}", ended.screen);
    assert!(has_table(&dbname));
    let args = ["-XAt", "-c", "SELECT 42", "service=staging"];
    let output = sandbox.tool("psql", args).output();
    assert_eq!((output.code, output.out().as_str()), (0, "42\n"));
    assert!(output.err().contains("audit.jsonl"), "{}", output.err());
}

#[test]
fn a_broken_configuration_refuses_production_aloud_and_lets_this_machine_work() {
    let broken = "[environment.production]\nlevel = \"produktion\"\n";
    let sandbox = Sandbox::new().services().config(broken).shims(["psql"]);
    let output = sandbox.tool("psql", ["-XAt", "-c", "SELECT 1", "service=production"]).output();
    assert_eq!(output.code, 125);
    for word in ["config.toml:2:9", "did you mean `production`?", "dbguard config check"] {
        assert!(output.err().contains(word), "{word} is missing in:\n{}", output.err());
    }
    let staging = clusters().staging();
    let port = staging.port.to_string();
    let local = ["-XAt", "-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-c", "SELECT 42", "app"];
    let output = sandbox.tool("psql", local).output();
    assert_eq!((output.code, output.out().as_str()), (0, "42\n"));
    assert!(output.err().contains("config.toml:2:9"), "{}", output.err());
}

#[test]
fn an_unknown_server_is_met_once_and_named() {
    let (sandbox, production) = (Sandbox::new().services().shims(["psql"]), clusters().production());
    let args = ["-XAt", "-c", "SELECT 42", "service=production"];
    let mut pty = sandbox.tool_pty("psql", args).start();
    pty.wait_for("UNKNOWN").wait_for("Type the host to go on:").send("db.prod.demo\n");
    pty.wait_for("No rule names this target").wait_for("(Enter: not now):").send("staging\n");
    pty.wait_for("remembered as staging in").wait_for("42");
    assert_eq!(pty.finish().code, 0);
    let config = sandbox.read("home/.config/dbguard/config.toml");
    assert!(config.contains(&format!("{{ host = \"db.prod.demo\", port = {} }}", production.port)), "{config}");
    sandbox.tool("psql", args).stdout("42\n").status(0);
}

#[test]
fn an_unknown_server_may_stay_unnamed() {
    let sandbox = Sandbox::new().services().shims(["psql"]);
    let mut pty = sandbox.tool_pty("psql", ["-XAt", "-c", "SELECT 42", "service=production"]).start();
    pty.wait_for("Type the host to go on:").send("db\n");
    pty.wait_for("(Enter: not now):").send("prod\n");
    pty.wait_for("`prod` is none of the three: nothing was remembered").wait_for("42");
    assert_eq!(pty.finish().code, 0);
    assert!(!sandbox.path("home/.config/dbguard/config.toml").exists());
}

#[test]
fn start_up_options_of_the_connection_string_are_named_as_what_undoes_the_protection() {
    let (sandbox, dbname) = (sandbox(), scratch());
    let conninfo = format!("service=production dbname={dbname} options='-c search_path=public'");
    let mut pty = sandbox.tool_pty("psql", ["-X", "-c", "SELECT 1", &conninfo]).size(30, 160).start();
    pty.wait_for("NOT read-only: the connection's own options= takes the place of it");
    pty.wait_for("Type the host to go on:").send("\n");
    assert_eq!(pty.finish().code, 125);
}

#[test]
fn another_server_behind_a_staging_name_is_called_out_although_nothing_is_asked() {
    let sandbox = sandbox();
    let args = ["-XAt", "-c", "DROP TABLE IF EXISTS called_out", "service=staging"];
    let mut pty = sandbox.tool_pty("psql", args).start();
    pty.wait_for("Type the host to go on:").send("db\n");
    assert_eq!(pty.finish().code, 0);
    let known = "home/.local/state/dbguard/known_servers";
    let text = sandbox.read(known).replace(&clusters().staging().identifier, "4711");
    std::fs::write(sandbox.path(known), text).unwrap();
    let output = sandbox.tool("psql", ["-XAt", "-c", "SELECT 42", "service=staging"]).output();
    assert_eq!((output.code, output.out().as_str()), (0, "42\n"));
    assert!(output.err().contains("this is another server than last time"), "{}", output.err());
}

#[test]
fn a_broken_file_does_not_take_this_machine_from_a_readable_rule() {
    let broken = "[environment.production]\nlevel = \"produktion\"\n";
    let good = "[environment.mine]\nlevel = \"development\"\nmatch = [{ host = \"localhost\" }]\n";
    let config = format!("include = [\"broken.toml\"]\n{good}");
    let sandbox = Sandbox::new().config(&config).file("home/.config/dbguard/broken.toml", broken).fake("psql");
    let output = sandbox.run(["run", "--", "psql", "-h", "localhost", "-p", "1"]).output();
    assert_eq!(output.code, 0, "{}", output.err());
    assert!(output.err().contains("every target but this machine"), "{}", output.err());
}
