//! Which migrations are pending is asked of the tool's own table: what ran already makes nothing stricter.

use crate::support::{Fake, Sandbox, clusters};

const CONFIG: &str = r#"
[environment.staging]
level = "staging"
match = [{ dbname = "pending_*" }]
"#;

/// A project with an old migration that drops, on a database whose table says that these ran.
fn sandbox(name: &str, ran: &str) -> Sandbox {
    let cluster = clusters().staging();
    cluster.ask("postgres", &format!("DROP DATABASE IF EXISTS {name}"));
    cluster.ask("postgres", &format!("CREATE DATABASE {name}"));
    if !ran.is_empty() {
        cluster.ask(name, &format!("CREATE TABLE schema_migrations AS SELECT * FROM (VALUES {ran}) v (version)"));
    }
    let url = format!("postgres://postgres@127.0.0.1:{}/{name}?sslmode=disable", cluster.port);
    Sandbox::new()
        .config(CONFIG)
        .var("DATABASE_URL", url)
        .fake_as("dbmate", &Fake::new().stdout("migrated\n"))
        .shims(["dbmate"])
        .file("work/db/migrations/20240101_a.sql", "-- migrate:up\nDROP TABLE a;\n-- migrate:down\n")
        .file(
            "work/db/migrations/20240202_b.sql",
            "-- migrate:up\nCREATE TABLE b ();\n-- migrate:down\nDROP TABLE b;\n",
        )
}

#[test]
fn a_drop_that_ran_long_ago_stops_no_deployment_and_a_pending_one_does() {
    let done = sandbox("pending_done", "('20240101')");
    done.tool("dbmate", ["up"]).stdout("migrated\n").status(0);
    let open = sandbox("pending_open", "('20240202')");
    let refused = open.tool("dbmate", ["up"]).output();
    assert_eq!(refused.code, 125);
    let said = "found: drop-table at db/migrations/20240101_a.sql:2: DROP TABLE a";
    assert!(refused.err().contains(said), "{}", refused.err());
}

#[test]
fn without_the_tools_table_every_migration_may_be_pending() {
    let fresh = sandbox("pending_fresh", "");
    assert_eq!(fresh.tool("dbmate", ["up"]).output().code, 125);
    let elsewhere = sandbox("pending_moved", "('20240101')");
    assert_eq!(elsewhere.tool("dbmate", ["--migrations-table", "other", "up"]).output().code, 125);
}

#[test]
fn taking_back_destroys_whatever_ran() {
    let sandbox = sandbox("pending_back", "('20240101'), ('20240202')");
    let refused = sandbox.tool("dbmate", ["rollback"]).output();
    assert_eq!(refused.code, 125);
    let told = sandbox.run(["explain", "--json", "--", "dbmate", "rollback"]).output().out();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["findings"][1]["statement"], "DROP TABLE b");
    assert_eq!(told["findings"][1]["file"], "db/migrations/20240202_b.sql");
    assert_eq!(told["findings"][1]["line"], 4);
}
