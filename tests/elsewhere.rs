//! Where else an invocation goes than it says, and what a name that is given to an unknown server covers.

use crate::support::{SECRET, Sandbox, clusters};

const CONFIG: &str = r#"
[environment.production]
level = "production"
match = [{ host = "*.prod.demo" }, { host = "10.0.0.5" }]

[environment.staging]
level = "staging"
match = [{ host = "*.staging.demo" }]

[environment.shared]
level = "development"
match = [{ host = "*.shared.demo" }]

[environment.shared.policy]
confirm = "host"
without_terminal = "refuse"
"#;

/// No server answers behind these names: what the guard does must not depend on it.
fn sandbox() -> Sandbox {
    Sandbox::new().config(CONFIG).fake("psql").var("PGDATABASE", "app").var("PGUSER", "alice")
}

/// The environment that `explain` finds for a psql that starts at this machine.
#[track_caller]
fn leads(sandbox: &Sandbox, args: &[&str], environment: &str) {
    let line = [&["explain", "--json", "--", "psql", "-h", "localhost", "-p", "1"], args].concat();
    let explained = sandbox.run(line).output().json();
    assert_eq!(explained["environment"]["name"], environment, "{args:?}: {explained}");
}

#[test]
fn a_script_that_changes_psqls_vars_before_it_goes_on_leads_to_nobody_knows_where() {
    let sandbox = sandbox()
        .file("work/host.sql", "\\setenv PGHOST db.prod.demo\n\\c 'dbname=x'\n")
        .file("work/address.sql", "\\setenv PGHOSTADDR 10.0.0.5\n\\c x\n")
        .file("work/name.sql", "\\setenv :name 10.0.0.5\n\\c x\n")
        .file("work/pager.sql", "\\setenv PAGER less\n\\c x\n")
        .file("work/stays.sql", "\\setenv PGHOST db.prod.demo\nSELECT 1;\n");
    for (script, environment) in
        [("host", "unknown"), ("address", "unknown"), ("name", "unknown"), ("pager", "local"), ("stays", "local")]
    {
        leads(&sandbox, &["-f", &format!("{script}.sql")], environment);
    }
}

#[test]
fn a_psqlrc_that_goes_to_production_is_followed() {
    let line = ["-c", "SELECT 1"];
    leads(&sandbox().file("home/.psqlrc", "\\c - - db.prod.demo\n"), &line, "production");
    leads(&sandbox().file("work/rc", "\\set h db.prod.demo\n\\c - - :h\n").var("PSQLRC", "rc"), &line, "production");
    leads(&sandbox().file("home/.psqlrc", "\\c - - db.prod.demo\n"), &["-X", "-c", "SELECT 1"], "local");
    leads(&sandbox().file("home/.psqlrc", "\\setenv PAGER less\n\\set HISTSIZE 5\n"), &["-c", "\\c x"], "local");
    leads(&sandbox().file("home/.psqlrc", "\\setenv PGHOST db.prod.demo\n"), &["-c", "\\c 'dbname=x'"], "unknown");
}

#[test]
fn a_script_that_goes_on_to_development_that_demands_something_is_held_to_it() {
    leads(&sandbox(), &["-c", "\\c - - db.shared.demo"], "shared");
    let output = sandbox().run(["run", "--", "psql", "-h", "localhost", "-c", "\\c - - db.shared.demo"]).output();
    assert_eq!(output.code, 125, "{}", output.err());
}

#[test]
fn a_token_names_no_invocation_that_goes_on_to_another_server() {
    let sandbox = sandbox().var("CI", "true").var("DBGUARD_CONFIRM", "db1.prod.demo/app");
    let line = ["run", "--", "psql", "-X", "-h", "db1.prod.demo", "-c", "DROP TABLE t"];
    assert_eq!(sandbox.run(line).output().code, 0);
    let output = sandbox.run([&line[..], &["-c", "\\c - - db2.prod.demo"]].concat()).output();
    assert_eq!(output.code, 125);
    assert!(
        output.err().contains("DBGUARD_CONFIRM cannot name this target: a `\\connect` leaves it"),
        "{}",
        output.err()
    );
}

#[test]
fn a_password_for_the_server_that_a_script_goes_on_to_is_not_handed_to_the_one_it_starts_at() {
    let sandbox = Sandbox::new().services().config(CONFIG).shims(["psql"]);
    let port = clusters().staging().port.to_string();
    let away = "\\c 'service=production user=sealed'";
    let args = ["-X", "-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-d", "app", "-c", away, "-c", "SELECT 1"];
    let mut pty = sandbox.tool_pty("psql", args).start();
    pty.wait_for("Type the host to go on:").send("db\n");
    // Now psql itself asks, where it needs it.
    pty.wait_for("Password for user sealed").send(format!("{SECRET}\n"));
    let ended = pty.finish();
    assert!(!ended.screen.contains("Password for sealed at"), "{}", ended.screen);
    assert_eq!(ended.code, 0, "{}", ended.screen);
}

#[test]
fn a_server_that_says_it_is_production_is_not_offered_a_laxer_name() {
    let (sandbox, dbname) = (Sandbox::new().services().shims(["psql"]), "elsewhere_marked");
    let production = clusters().production();
    production.scratch(dbname);
    production.ask("postgres", &format!("ALTER DATABASE {dbname} SET dbguard.environment = 'production'"));
    let conninfo = format!("service=production dbname={dbname}");
    let mut pty = sandbox.tool_pty("psql", ["-XAt", "-c", "SELECT 42", &conninfo]).start();
    pty.wait_for("Type the ").send("db.prod.demo\n");
    let ended = pty.finish();
    assert!(!ended.screen.contains("No rule names this target"), "{}", ended.screen);
    assert_eq!(ended.code, 0, "{}", ended.screen);
}

#[test]
fn a_name_for_an_unknown_server_covers_its_port_alone() {
    let sandbox = Sandbox::new().fake("psql").var("PGUSER", "alice");
    let mut pty = sandbox.pty(["run", "--", "psql", "-X", "-h", "db.new.demo", "-c", "SELECT 1", "app"]).start();
    pty.wait_for("Type the host to go on:").send("db.new.demo\n");
    pty.wait_for("(Enter: not now):").send("development\n");
    assert_eq!(pty.finish().code, 0);
    let config = sandbox.read("home/.config/dbguard/config.toml");
    assert!(config.contains("{ host = \"db.new.demo\", port = 5432 }"), "{config}");
}

#[test]
fn this_machine_gets_no_name_because_a_script_leaves_it() {
    let sandbox = Sandbox::new().fake("psql").var("PGUSER", "alice");
    let line = ["run", "--", "psql", "-X", "-h", "localhost", "-c", "\\c - - `cat where`", "app"];
    let mut pty = sandbox.pty(line).start();
    pty.wait_for("UNKNOWN").wait_for("Type the ").send("localhost\n");
    let ended = pty.finish();
    assert!(!ended.screen.contains("No rule names this target"), "{}", ended.screen);
}

#[test]
fn two_questions_on_one_terminal_are_asked_one_after_the_other() {
    let sandbox = sandbox().fake("pg_dump").shims(["psql", "pg_dump"]);
    let script = "pg_dump -h db.prod.demo | psql -h db.staging.demo";
    let mut pty = sandbox.tool_pty("/bin/sh", ["-c", script]).start();
    pty.wait_for("PRODUCTION").wait_for("Type the host to go on:");
    // By then psql has given up waiting for what pg_dump writes, and has a question of its own.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    assert!(!pty.screen().contains("STAGING"), "{}", pty.screen());
    pty.send("db\n").wait_for("STAGING").wait_for("Type the host to go on:").send("db\n");
    assert_eq!(pty.finish().code, 0);
    assert_eq!((sandbox.calls("pg_dump").len(), sandbox.calls("psql").len()), (1, 3), "psql is asked twice and run");
}

#[cfg(target_os = "linux")]
#[test]
fn a_here_document_is_followed_and_arrives_whole() {
    let sandbox = sandbox().shims(["psql"]);
    let away = "psql -X -h localhost <<'E'\n\\c - - db.prod.demo\nDROP TABLE t;\nE\n";
    let through_a_pipe = "printf 'SELECT 1;\n\\\\c - - db.prod.demo\n' | (sleep 1; psql -X -h localhost)";
    for script in [away, through_a_pipe] {
        let output = sandbox.tool("/bin/sh", ["-c", script]).output();
        assert_eq!(output.code, 125, "{script}: {}", output.err());
    }
    assert_eq!(sandbox.calls("psql").len(), 0);
    let stays = "psql -X -h localhost <<'E'\nSELECT 1;\n\\c x\nE\n";
    assert_eq!(sandbox.tool("/bin/sh", ["-c", stays]).output().code, 0);
    assert_eq!(String::from_utf8_lossy(&sandbox.calls("psql")[0].stdin), "SELECT 1;\n\\c x\n");
}
