//! `mode = "observe"`: everything is resolved, told and logged, and nothing is asked.

use crate::support::{Call, Sandbox};

const RULES: &str = "
[environment.production]
level = \"production\"
match = [{ host = \"*.prod.example\" }]
";
const DROP: [&str; 6] = ["run", "--", "psql", "-h", "db1.prod.example", "-cDROP TABLE t"];

/// No server answers behind these names.
fn sandbox(mode: &str) -> Sandbox {
    let config = format!("{mode}\n{RULES}");
    Sandbox::new().config(&config).fake("psql").var("PGDATABASE", "app").var("PGUSER", "alice")
}

/// The calls with this argument: the server is asked about itself by the same program.
fn typed(sandbox: &Sandbox, argument: &str) -> Vec<Call> {
    sandbox.calls("psql").into_iter().filter(|call| call.args.iter().any(|word| word == argument)).collect()
}

#[test]
fn a_person_is_told_and_not_asked_and_the_tool_runs() {
    let sandbox = sandbox("mode = \"observe\"");
    let mut pty = sandbox.pty(DROP).size(24, 200).start();
    let ended = pty.finish();
    assert_eq!(ended.code, 0, "{}", ended.screen);
    let told = "dbguard observes: ▲ PRODUCTION db1.prod.example:5432: would ask to type the host";
    assert!(ended.screen.contains(told), "{}", ended.screen);
    drop(pty);
    assert_eq!(typed(&sandbox, "-cDROP TABLE t").len(), 1);
    let log = sandbox.run(["log"]).output();
    assert!(log.out().contains("observed: would ask to type the host"), "{}", log.out());
    assert_eq!(sandbox.run(["log", "verify"]).output().code, 0);
}

#[test]
fn a_script_hears_nothing_and_the_log_says_that_it_would_have_been_refused() {
    let sandbox = sandbox("mode = \"observe\"");
    sandbox.run(DROP).stderr("").status(0);
    let log = sandbox.run(["log"]).output();
    assert!(log.out().contains("observed: would refuse, since there is nobody to ask"), "{}", log.out());
}

#[test]
fn a_target_that_cannot_be_said_runs_too() {
    let sandbox = sandbox("mode = \"observe\"");
    sandbox.run(["run", "--", "psql", "service=nowhere", "-cSELECT 1"]).stderr("").status(0);
    assert_eq!(typed(&sandbox, "-cSELECT 1").len(), 1);
}

#[test]
fn a_session_does_not_start_read_only() {
    let sandbox = sandbox("mode = \"observe\"");
    let options = |sandbox: &Sandbox| {
        sandbox.run(["run", "--", "psql", "-h", "db1.prod.example", "-cSELECT 1"]).stderr("").status(0);
        typed(sandbox, "-cSELECT 1").remove(0).var("PGOPTIONS").map(ToOwned::to_owned)
    };
    assert_eq!(options(&sandbox), None);
}

#[test]
fn explain_says_what_it_would_be() {
    let explained =
        sandbox("mode = \"observe\"").run(["explain", "--json", "--", "psql", "-h", "db1.prod.example"]).output();
    let json = explained.json();
    assert_eq!((&json["verdict"], &json["environment"]["name"]), (&"run".into(), &"production".into()));
    let reason = "production: mode is observe, so nothing is asked; dbguard would ask to type the host";
    assert_eq!(json["reasons"][0], reason);
}

#[test]
fn a_project_cannot_say_it_trusted_or_not() {
    let sandbox = sandbox("").file("work/.dbguard.toml", "mode = \"observe\"\n");
    assert_eq!(sandbox.run(DROP).output().code, 125);
    let check = sandbox.run(["config", "check"]).output();
    assert!(check.out().contains("`mode` does nothing in a project's file"), "{}", check.out());
    let mut pty = sandbox.pty(["trust"]).start();
    assert_eq!(pty.finish().code, 0);
    drop(pty);
    assert_eq!(sandbox.run(DROP).output().code, 125);
    assert_eq!(sandbox.run(["config", "check", "--strict"]).output().code, 1);
    assert_eq!(sandbox.calls("psql").len(), 0);
}

#[test]
fn one_enforce_holds_and_so_does_a_configuration_that_cannot_be_read() {
    let sandbox = sandbox("include = [\"team.toml\"]\nmode = \"observe\"")
        .file("home/.config/dbguard/team.toml", "mode = \"enforce\"\n");
    assert_eq!(sandbox.run(DROP).output().code, 125);
    let sandbox = sandbox.file("home/.config/dbguard/team.toml", "mode = \"observe\"\n");
    assert_eq!(sandbox.run(DROP).output().code, 0);
    let sandbox = sandbox.file("home/.config/dbguard/team.toml", "mode = \"obsreve\"\n");
    assert_eq!(sandbox.run(DROP).output().code, 125);
}

#[test]
fn doctor_and_show_say_that_it_is_on() {
    let sandbox = sandbox("mode = \"observe\"");
    assert!(sandbox.run(["doctor"]).output().out().contains("observe: what would be asked is told and logged"));
    assert!(sandbox.run(["config", "show"]).output().out().starts_with("mode: observe;"));
    assert_eq!(sandbox.run(["config", "show", "--json"]).output().json()["mode"], "observe");
}

#[test]
fn strict_counts_warnings_and_says_how_many() {
    let sandbox = sandbox("").file("work/.dbguard.toml", "mode = \"enforce\"\n");
    assert_eq!(sandbox.run(["config", "check"]).output().code, 0);
    let strict = sandbox.run(["config", "check", "--strict"]).output();
    assert_eq!(
        (strict.code, strict.err().as_str()),
        (1, "dbguard: the configuration has 1 warning, and --strict allows none\n")
    );
}

#[test]
fn a_file_that_a_var_names_cannot_switch_the_guard_off() {
    let sandbox = sandbox("").file("other.toml", format!("mode = \"observe\"\n{RULES}"));
    let other = sandbox.path("other.toml");
    let sandbox = sandbox.var("DBGUARD_CONFIG", other);
    assert_eq!(sandbox.run(DROP).output().code, 125);
    assert!(typed(&sandbox, "-cDROP TABLE t").is_empty());
}
