//! `explain` and `status`: the contract of their JSON, and that they touch nothing.

use serde_json::{Value, json};

use crate::support::{SECRET, Sandbox};

const CONFIG: &str = r#"
[environment.production]
level = "production"
match = [
  { host = "*.prod.example.com" },
]

[environment.staging]
level = "staging"
match = [{ host = "*.staging.example.com" }]
"#;

fn sandbox() -> Sandbox {
    Sandbox::new().config(CONFIG).fake("psql").fake("dropdb").fake("pg_restore").fake("pg_dump")
}

fn explain(sandbox: &Sandbox, line: &[&str]) -> Value {
    sandbox.run([&["explain", "--json", "--"], line].concat()).output().json()
}

#[test]
fn the_json_is_the_contract_of_the_design() {
    let sandbox =
        sandbox().var("PGUSER", "alice").file("work/cleanup.sql", "-- old\n\nDROP TABLE temp_migration_backup;\n");
    let config = "[DIR]/home/.config/dbguard/config.toml";
    let said = explain(&sandbox, &["psql", "-h", "db1.prod.example.com", "-f", "cleanup.sql", "app"]);
    let expected = json!({
        "version": 1, "tool": "psql", "touches_server": true,
        "target": {
            "engine": "postgresql", "host": "db1.prod.example.com", "hostaddr": null, "port": 5432, "dbname": "app",
            "user": "alice", "service": null,
            "hosts": [{"host": "db1.prod.example.com", "hostaddr": null, "port": 5432}],
            "affects": [], "every_database": false, "via": null,
            "origins": {"host": "option -h", "port": "default", "dbname": "argument 1", "user": "PGUSER"},
        },
        "environment": {
            "name": "production", "level": "production",
            "rule": {"file": config, "line": 5, "text": "host = \"*.prod.example.com\""},
        },
        "risk": "destroy",
        "findings": [{
            "risk": "destroy", "kind": "drop-table", "objects": ["temp_migration_backup"], "file": "cleanup.sql",
            "line": 3, "statement": "DROP TABLE temp_migration_backup",
        }],
        "verdict": "ask",
        "reasons": [
            "production: confirm by typing the host",
            format!("production by the rule host = \"*.prod.example.com\" at {config}:5"),
        ],
    });
    assert_eq!(said, expected);
    assert_eq!(sandbox.calls("psql").len(), 0);
}

#[test]
fn what_touches_no_server_runs_and_says_why() {
    for line in
        [&["psql", "--help"][..], &["psql", "-V"], &["pg_restore", "--list", "x.dump"], &["dropdb", "--version"]]
    {
        let said = explain(&sandbox(), line);
        assert_eq!(
            (&said["touches_server"], &said["risk"], &said["verdict"]),
            (&json!(false), &json!("none"), &json!("run"))
        );
        assert_eq!(said["target"], Value::Null);
    }
}

#[test]
fn a_target_that_nothing_names_is_unknown_and_as_strict_as_production() {
    let said = explain(&sandbox(), &["psql", "-h", "db.elsewhere.example", "-c", "SELECT 1"]);
    assert_eq!(said["environment"], json!({"name": "unknown", "level": "unknown", "rule": null}));
    assert_eq!((&said["risk"], &said["verdict"]), (&json!("read"), &json!("ask")));
}

#[test]
fn an_ambiguous_target_is_unknown_with_a_reason() {
    let said = explain(&sandbox(), &["psql", "service=nowhere"]);
    assert_eq!(said["environment"]["name"], "unknown");
    assert!(!said["reasons"].as_array().unwrap().is_empty());
}

#[test]
fn development_is_run_and_this_machine_is_development() {
    let said = explain(&sandbox(), &["psql", "-h", "127.0.0.1", "-p", "1", "app"]);
    assert_eq!((&said["environment"]["name"], &said["verdict"]), (&json!("local"), &json!("run")));
}

#[test]
fn what_dropdb_drops_is_named_beside_what_it_connects_to() {
    let said = explain(&sandbox(), &["dropdb", "-h", "a.staging.example.com", "app"]);
    assert_eq!((&said["target"]["dbname"], &said["target"]["affects"]), (&json!("postgres"), &json!(["app"])));
    assert_eq!(said["risk"], "destroy");
}

#[test]
fn no_password_is_explained() {
    let uri = format!("postgresql://u:{SECRET}@db1.prod.example.com/app?sslpassword={SECRET}");
    let sandbox = sandbox().var("PGPASSWORD", SECRET);
    let said = explain(&sandbox, &["psql", &uri, "-c", &format!("ALTER ROLE u PASSWORD '{SECRET}'")]);
    assert_eq!(said["target"]["host"], "db1.prod.example.com");
    let _ = sandbox.run(["explain", "--", "psql", &uri]).output();
}

#[test]
fn status_has_the_same_objects_for_a_bare_psql() {
    let sandbox = sandbox().var("PGHOST", "db1.prod.example.com").var("PGDATABASE", "app").var("PGUSER", "alice");
    let status = sandbox.run(["status", "--json"]).output().json();
    let explained = explain(&sandbox, &["psql"]);
    assert_eq!(status["version"], 1);
    assert_eq!((&status["target"], &status["environment"]), (&explained["target"], &explained["environment"]));
}

#[test]
fn a_file_name_that_is_no_text_is_explained_all_the_same() {
    use std::os::unix::ffi::OsStrExt as _;
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.sql");
    let sandbox = sandbox();
    std::fs::write(sandbox.path("work").join(name), "DROP TABLE t;").unwrap();
    let line = ["explain", "--json", "--", "psql", "-h", "h", "-f"].map(std::ffi::OsStr::new);
    let said = sandbox.run(line.into_iter().chain([name])).output().json();
    assert_eq!(said["findings"][0]["file"], "caf\u{fffd}.sql");
}

#[test]
fn people_are_told_the_same_in_words() {
    let output = sandbox().run(["explain", "--", "psql", "-h", "db1.prod.example.com", "-c", "DROP TABLE t"]).output();
    for word in ["PRODUCTION", "db1.prod.example.com", "option -h", "drop-table", "confirm by typing the host"] {
        assert!(output.out().contains(word), "{word} is missing in:\n{}", output.out());
    }
}

#[test]
fn a_uri_that_is_taken_for_a_name_shows_no_password_anywhere() {
    let sandbox = sandbox().fake("createdb");
    let uri = format!("postgresql//u:{SECRET}@db1.prod.example.com/app");
    for line in
        [&["psql", "-h", "db1.prod.example.com", "-d", &uri][..], &["dropdb", "-h", "db1.prod.example.com", &uri]]
    {
        let _ = sandbox.run([&["explain", "--"], line].concat()).output();
        let _ = sandbox.run([&["explain", "--json", "--"], line].concat()).output();
        let _ = sandbox.run([&["run", "--"], line].concat()).output();
        let mut pty = sandbox.pty([&["run", "--"], line].concat()).start();
        pty.wait_for("Type the host to go on:").send("no\n");
        assert_eq!(pty.finish().code, 125);
    }
}

#[test]
fn a_password_that_is_not_encoded_leaves_no_rest_in_host_or_database() {
    let sandbox = sandbox();
    for uri in [format!("postgres://u:x@{SECRET}@h/d"), format!("postgres://u:12/{SECRET}@h/d")] {
        let refused = sandbox.run(["run", "--", "psql", &uri]).output();
        assert_eq!(refused.code, 125, "{refused:?}");
        assert!(refused.err().contains("is not written as `%"), "{}", refused.err());
        let _ = sandbox.run(["explain", "--json", "--", "psql", &uri]).output();
        let _ = sandbox.run(["explain", "--", "psql", &uri]).output();
    }
    let _ = sandbox.run(["log", "--json"]).output();
}
