//! Who would be hurt: what a real server and a repository know about a table, in the checklist and by the verb.

use std::os::unix::fs::symlink;
use std::time::Instant;

use crate::support::{SECRET, Sandbox, clusters};

const CONFIG: &str = r#"
[environment.production]
level = "production"
match = [{ host = "*.prod.demo" }]

[environment.staging]
level = "staging"
match = [{ host = "*.staging.demo" }]
"#;

/// What depends on the table of the incident, in a database of the test's own.
const DEPENDENTS: &str = "CREATE VIEW reads_it AS SELECT * FROM temp_migration_backup; \
    CREATE VIEW reads_the_view AS SELECT 1 AS one FROM reads_it; \
    CREATE MATERIALIZED VIEW kept AS SELECT count(*) FROM temp_migration_backup; \
    CREATE FUNCTION by_text() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM temp_migration_backup); END'; \
    CREATE FUNCTION other() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM pg_class -- temp_migration_backup2'; \
    CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
    CREATE TRIGGER \"on insert\" BEFORE INSERT ON temp_migration_backup FOR EACH ROW EXECUTE FUNCTION tf(); \
    CREATE PUBLICATION outside FOR TABLE temp_migration_backup; \
    CREATE TABLE heir () INHERITS (temp_migration_backup); \
    CREATE TABLE \"Odd \"\"Name\" (id int PRIMARY KEY); CREATE TABLE child (id int REFERENCES \"Odd \"\"Name\"); \
    ANALYZE temp_migration_backup";

fn sandbox() -> Sandbox {
    Sandbox::new()
        .services()
        .config(CONFIG)
        .shims(["psql"])
        .dir("work/.git")
        .file("work/src/fallback.py", "def load():\n    return q(\"SELECT * FROM Temp_Migration_Backup\")\n")
}

fn scratch(name: &str) -> String {
    clusters().production().scratch(name);
    clusters().production().ask(name, DEPENDENTS);
    format!("service=production dbname={name}")
}

#[test]
fn the_checklist_shows_who_would_be_hurt() {
    let (sandbox, conninfo) =
        (sandbox().file("work/cleanup.sql", "DROP TABLE temp_migration_backup;\n"), scratch("impact_checklist"));
    let begun = Instant::now();
    let mut pty = sandbox.tool_pty("psql", ["-X", "-f", "cleanup.sql", &conninfo]).start();
    pty.wait_for("Type the host to go on:");
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    pty.send("\x03");
    let screen = pty.finish().screen;
    for fact in [
        "cleanup.sql:1",
        "impact ",
        "table public.temp_migration_backup",
        "view public.reads_it",
        "view public.reads_the_view",
        "materialized view public.kept",
        "inherits from it public.heir",
        "public.by_text",
        "src/fallback.py:2",
    ] {
        let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(fact.trim()), "{fact} is missing in:\n{screen}");
    }
    assert!(!screen.contains("public.other"), "{screen}");
    // What is about to be run is no mention.
    assert!(!screen.contains("cleanup.sql:1  (DROP"), "{screen}");
}

#[test]
fn what_reads_has_no_impact_section() {
    let (sandbox, conninfo) = (sandbox(), scratch("impact_reads"));
    let mut pty = sandbox.tool_pty("psql", ["-X", "-c", "SELECT 1 FROM temp_migration_backup", &conninfo]).start();
    pty.wait_for("Type the host to go on:").send("\x03");
    let screen = pty.finish().screen;
    assert!(!screen.contains(" impact  ") && !screen.contains("named in code"), "{screen}");
}

/// `dbguard impact … --json` at a terminal.
fn asked(sandbox: &Sandbox, tables: &[&str], conninfo: &str) -> serde_json::Value {
    let args = [&["impact", "--json"], tables, &["--", conninfo]].concat();
    let ended = sandbox.pty(args).stdout_apart().start().finish();
    assert_eq!(ended.code, 0, "{}", ended.screen);
    serde_json::from_slice(&ended.stdout).unwrap()
}

#[test]
fn the_verb_answers_for_tables_by_name() {
    let (sandbox, conninfo) = (sandbox(), scratch("impact_verb"));
    let said = asked(&sandbox, &["public.\"Odd \"\"Name\"", "temp_migration_backup", "reads_it", "nobody"], &conninfo);
    let tables = said["tables"].as_array().unwrap();
    assert_eq!(tables[0]["server"]["name"], "public.\"Odd \"\"Name\"");
    assert_eq!(tables[0]["server"]["dependents"], serde_json::json!([["foreign key", "public.child"]]));
    let mut kinds: Vec<_> =
        tables[1]["server"]["dependents"].as_array().unwrap().iter().map(|one| one[0].as_str().unwrap()).collect();
    kinds.sort_unstable();
    let expected = ["inherits from it", "materialized view", "publication", "trigger", "view", "view"];
    assert_eq!(kinds, expected);
    assert_eq!(tables[1]["server"]["functions"], serde_json::json!(["public.by_text", "public.fallback"]));
    assert_eq!(tables[1]["server"]["sessions"]["locks"], serde_json::json!(null));
    assert!(tables[1]["server"]["bytes"].as_i64().unwrap() > 0);
    assert_eq!(tables[1]["code"]["lines"][0]["file"], "src/fallback.py");
    assert_eq!(tables[2]["server"]["kind"], "v");
    assert_eq!(tables[3]["server"]["exists"], false);
    let because = "pg_stat_statements is not installed here";
    assert_eq!(tables[1]["server"]["no_statements"], because);
}

#[test]
fn names_that_would_be_sql_are_names_or_refused() {
    let (sandbox, conninfo) = (sandbox(), scratch("impact_hostile"));
    let hostile = "\"x'); DROP TABLE temp_migration_backup; --\\\"";
    let said = asked(&sandbox, &[hostile], &conninfo);
    assert_eq!(said["tables"][0]["server"]["exists"], false);
    assert!(clusters().production().has_table("impact_hostile", "temp_migration_backup"));
    let refused = sandbox.run(["impact", "x; DROP TABLE y", "--", &conninfo]).output();
    assert_eq!((refused.code, refused.out().as_str()), (2, ""));
}

#[test]
fn nobody_and_no_agent_asks_production_without_a_person() {
    let (sandbox, conninfo) = (sandbox(), scratch("impact_alone"));
    let before = clusters().production().log().matches("impact_alone").count();
    let output = sandbox.run(["impact", "temp_migration_backup", "--", &conninfo]).output();
    assert_eq!((output.code, output.out().as_str()), (125, ""));
    assert!(output.err().starts_with("dbguard: refused: asking "), "{}", output.err());
    assert_eq!(clusters().production().log().matches("impact_alone").count(), before);
    let staging = sandbox.run(["impact", "temp_migration_backup", "--", "service=staging"]).output();
    assert_eq!((staging.code, staging.err().as_str()), (0, ""));
}

#[test]
fn a_role_that_may_not_look_is_told_what_it_cannot_see() {
    let (sandbox, conninfo) = (sandbox(), scratch("impact_role"));
    let role = "DO $$ BEGIN CREATE ROLE impact_reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$";
    clusters().production().ask("impact_role", role);
    // A session of somebody else, which the role may not look into.
    let mut other = sandbox.tool_pty("psql", ["-X", &conninfo]).start();
    other.wait_for("Type the host to go on:").send("db\n");
    other.wait_for("=#");
    let said = asked(&sandbox, &["temp_migration_backup"], &format!("{conninfo} user=impact_reader"));
    let server = &said["tables"][0]["server"];
    assert_eq!(server["exists"], true);
    assert_eq!(server["sessions"]["hidden"], 1, "{server}");
    other.send("\\q\n");
    other.finish();
}

#[test]
fn a_lock_on_the_table_is_seen_and_does_not_hold_up_the_answer() {
    let (sandbox, conninfo) = (sandbox(), scratch("impact_lock"));
    let mut other = sandbox.tool_pty("psql", ["-X", &conninfo]).start();
    other.wait_for("Type the host to go on:").send("db\n");
    other.wait_for("=#").send("BEGIN READ WRITE;\n");
    other.wait_for("=*#").send("LOCK temp_migration_backup;\n");
    other.wait_for("LOCK TABLE");
    let begun = Instant::now();
    let said = asked(&sandbox, &["temp_migration_backup"], &conninfo);
    assert!(begun.elapsed().as_secs() < 10);
    let server = &said["tables"][0]["server"];
    assert_eq!(server["sessions"]["locks"][0]["mode"], "AccessExclusiveLock", "{server}");
    // Only its size would have had to wait for the lock.
    assert_eq!(server["bytes"], serde_json::json!(null));
    assert_eq!(server["trouble"], "it took the server too long");
    other.send("ROLLBACK;\n\\q\n");
    other.finish();
}

#[test]
fn the_repository_is_read_as_git_would_and_no_link_is_followed() {
    let sandbox = sandbox()
        .file("outside/secret.py", "temp_migration_backup")
        .file("work/.gitignore", "*.log\n/build/\n")
        .file("work/a.log", "temp_migration_backup")
        .file("work/build/a.py", "temp_migration_backup")
        .file("work/src/deep/.gitignore", "!b.log\n")
        .file("work/src/deep/b.log", "temp_migration_backup")
        .file("work/src/longer.py", "temp_migration_backup2 xtemp_migration_backup")
        .file("work/src/binary", b"\0temp_migration_backup")
        .file("work/src/large.txt", [b"temp_migration_backup\n".as_slice(), &vec![b'x'; 2 << 20]].concat())
        .file("work/.git/x", "temp_migration_backup")
        .file("work/src/config.py", format!("url = 'postgres://a:{SECRET}@h/d?table=temp_migration_backup'"));
    symlink(sandbox.path("outside"), sandbox.path("work/link")).unwrap();
    symlink(sandbox.path("outside/secret.py"), sandbox.path("work/link.py")).unwrap();
    let output = sandbox.run(["impact", "--json", "temp_migration_backup", "--", "service=staging"]).output();
    let lines = output.json()["tables"][0]["code"]["lines"].clone();
    let files: Vec<_> =
        lines.as_array().unwrap().iter().map(|line| line["file"].as_str().unwrap().to_owned()).collect();
    assert_eq!(files, ["src/fallback.py", "src/config.py", "src/deep/b.log"]);
}

#[test]
fn without_a_repository_it_says_so() {
    let sandbox = Sandbox::new().services().config(CONFIG);
    let output = sandbox.run(["impact", "--json", "temp_migration_backup", "--", "service=staging"]).output();
    let because = "the working directory belongs to no repository";
    assert_eq!(output.json()["tables"][0]["code_unknown"], because);
}

#[test]
fn a_server_that_does_not_answer_leaves_what_the_code_says() {
    let sandbox = sandbox();
    let output =
        sandbox.run(["impact", "--json", "temp_migration_backup", "--", "-h", "127.0.0.1", "-p", "1"]).output();
    assert_eq!(output.code, 1);
    let table = &output.json()["tables"][0];
    assert_eq!(table["server"]["trouble"], "the server was not reached");
    assert_eq!(table["code"]["lines"][0]["line"], 2);
}
