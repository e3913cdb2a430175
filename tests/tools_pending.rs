//! Which migrations are pending is asked of the tool's own table: what ran already makes nothing stricter.

use crate::support::{Fake, Sandbox, clusters, tool};

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

/// Two old migrations of goose, one of which drops, and what its table says.
fn goose(name: &str, rows: &str) -> Sandbox {
    let cluster = clusters().staging();
    cluster.ask("postgres", &format!("DROP DATABASE IF EXISTS {name}"));
    cluster.ask("postgres", &format!("CREATE DATABASE {name}"));
    let columns = "v (version_id, is_applied)";
    cluster.ask(name, &format!("CREATE TABLE goose_db_version AS SELECT * FROM (VALUES {rows}) {columns}"));
    let url = format!("postgres://postgres@127.0.0.1:{}/{name}?sslmode=disable", cluster.port);
    Sandbox::new()
        .config(CONFIG)
        .var("GOOSE_DRIVER", "postgres")
        .var("GOOSE_DBSTRING", url)
        .fake_as("goose", &Fake::new().stdout("migrated\n"))
        .shims(["goose"])
        .file("work/00001_a.sql", "-- +goose Up\nDROP TABLE a;\n-- +goose Down\n")
        .file("work/00002_b.sql", "-- +goose Up\nCREATE TABLE b ();\n-- +goose Down\nDROP TABLE b;\n")
}

#[test]
fn goose_counts_as_ran_what_was_never_taken_back() {
    let done = goose("pending_goose", "(0, true), (1, true)");
    done.tool("goose", ["up"]).stdout("migrated\n").status(0);
    let back = goose("pending_goose_back", "(0, true), (1, true), (1, false), (2, true)");
    let refused = back.tool("goose", ["up"]).output();
    assert_eq!(refused.code, 125);
    assert!(refused.err().contains("found: drop-table at 00001_a.sql:2: DROP TABLE a"), "{}", refused.err());
    // Of another table nothing is known.
    assert_eq!(
        goose("pending_goose_table", "(0, true), (1, true)").tool("goose", ["-table", "t", "up"]).output().code,
        125
    );
}

/// Migrations 1 and 3 of golang-migrate, of which the first drops, and its only row.
fn migrate(name: &str, row: &str) -> (Sandbox, String) {
    let cluster = clusters().staging();
    cluster.ask("postgres", &format!("DROP DATABASE IF EXISTS {name}"));
    cluster.ask("postgres", &format!("CREATE DATABASE {name}"));
    cluster.ask(name, &format!("CREATE TABLE schema_migrations AS SELECT * FROM (VALUES {row}) v (version, dirty)"));
    let url = format!("postgres://postgres@127.0.0.1:{}/{name}?sslmode=disable", cluster.port);
    let sandbox = Sandbox::new()
        .config(CONFIG)
        .fake_as("migrate", &Fake::new().stdout("migrated\n"))
        .shims(["migrate"])
        .file("work/000001_a.up.sql", "DROP TABLE a;\n")
        .file("work/000003_b.up.sql", "CREATE TABLE b ();\n")
        .file("work/000003_b.down.sql", "DROP TABLE b;\n");
    (sandbox, url)
}

#[test]
fn golang_migrate_has_one_row_for_the_newest_and_none_that_counts_when_it_did_not_finish() {
    let up = |(sandbox, url): (Sandbox, String)| {
        sandbox.tool("migrate", ["-path", ".", "-database", &url, "up"]).output().code
    };
    assert_eq!(up(migrate("pending_migrate", "(2, false)")), 0);
    assert_eq!(up(migrate("pending_migrate_new", "(0, false)")), 125);
    assert_eq!(up(migrate("pending_migrate_dirty", "(2, true)")), 125);
    let (sandbox, url) = migrate("pending_migrate_moved", "(2, false)");
    assert_eq!(up((sandbox, format!("{url}&x-migrations-table=other"))), 125);
}

/// A project that real Sqitch deploys: a change that drops and ran long ago, and what came after it in its plan.
fn sqitch(name: &str, later: &str) -> Sandbox {
    let cluster = clusters().staging();
    cluster.ask("postgres", &format!("DROP DATABASE IF EXISTS {name}"));
    cluster.ask("postgres", &format!("CREATE DATABASE {name}"));
    let plan = |later: &str| {
        format!("%syntax-version=1.0.0\n%project=shop\n\na 2024-01-01T00:00:00Z A <a@example.com> # a\n{later}")
    };
    let sandbox = Sandbox::new()
        .config(CONFIG)
        .var("SQITCH_FULLNAME", "A")
        .var("SQITCH_EMAIL", "a@example.com")
        .var("SQITCH_TARGET", format!("db:pg://postgres@127.0.0.1:{}/{name}", cluster.port))
        .file("work/sqitch.conf", "[core]\n\tengine = pg\n\t# registry = sqitch\n")
        .file("work/sqitch.plan", plan(""))
        .file("work/deploy/a.sql", "DROP TABLE IF EXISTS old;\n");
    let first = sandbox.tool("sqitch", ["deploy"]).output();
    assert_eq!(first.code, 0, "{}", first.err());
    sandbox
        .shims(["sqitch"])
        .file("work/sqitch.plan", plan(later))
        .file("work/deploy/a@v1.sql", "DROP TABLE IF EXISTS old;\n")
        .file("work/deploy/sub/b.sql", "CREATE TABLE b ();\n")
}

const NEXT: &str = "sub/b 2024-01-02T00:00:00Z A <a@example.com> # b\n";
const AGAIN: &str =
    "@v1 2024-01-03T00:00:00Z A <a@example.com> # v1\na [a@v1] 2024-01-04T00:00:00Z A <a@example.com> # a\n";

#[test]
fn sqitch_goes_on_after_the_changes_that_its_registry_has() {
    if tool("sqitch").is_none() {
        return;
    }
    let next = sqitch("pending_sqitch", NEXT);
    next.tool("sqitch", ["deploy", "--quiet"]).status(0);
    assert!(clusters().staging().has_table("pending_sqitch", "b"));
    // The name ran once, and stands for two changes now.
    let again = sqitch("pending_sqitch_again", AGAIN).tool("sqitch", ["deploy"]).output();
    assert_eq!(again.code, 125);
    assert!(again.err().contains("found: drop-table at deploy/a.sql:1: DROP TABLE IF EXISTS old"), "{}", again.err());
    // A registry elsewhere is not asked, nor is one of which the plan's project is not known.
    let moved = sqitch("pending_sqitch_moved", NEXT);
    for words in [&["--reg", "sqitch"][..], &["-C", "."], &["-a"], &["--plan-file", "sqitch.plan"]] {
        let refused = moved.tool("sqitch", ["deploy"].iter().chain(words)).output();
        assert_eq!(refused.code, 125, "{words:?}");
    }
    let moved = moved.file("work/sqitch.conf", "[core]\n\tengine = pg\n\tregistry = other\n");
    assert_eq!(moved.tool("sqitch", ["deploy"]).output().code, 125);
    let other = sqitch("pending_sqitch_other", NEXT);
    let plan = other.read("work/sqitch.plan").replace("shop", "another");
    assert_eq!(other.file("work/sqitch.plan", plan).tool("sqitch", ["deploy"]).output().code, 125);
}

/// Two old migrations of Flyway, one of which drops, one that always runs, and what its table says. Its program is a
/// stand-in, with the directory of configuration that it has beside it.
fn flyway(name: &str, rows: &str) -> (Sandbox, String) {
    let cluster = clusters().staging();
    cluster.ask("postgres", &format!("DROP DATABASE IF EXISTS {name}"));
    cluster.ask("postgres", &format!("CREATE DATABASE {name}"));
    let columns = "v (installed_rank, version, type, success)";
    cluster.ask(name, &format!("CREATE TABLE flyway_schema_history AS SELECT * FROM (VALUES {rows}) {columns}"));
    let url = format!("-url=jdbc:postgresql://127.0.0.1:{}/{name}?user=postgres", cluster.port);
    let sandbox = Sandbox::new()
        .config(CONFIG)
        .fake_as("flyway", &Fake::new().stdout("migrated\n"))
        .shims(["flyway"])
        .file("bin/conf/flyway.conf", "# flyway.table=flyway_schema_history\n")
        .file("work/flyway.toml", "[flyway]\nschemaModelLocation = \"./schema-model\"\n")
        .file("work/sql/V1_2__a.sql", "DROP TABLE a;\n")
        .file("work/sql/V2__b.sql", "CREATE TABLE b ();\n")
        .file("work/sql/R__v.sql", "CREATE OR REPLACE VIEW v AS SELECT 1;\n");
    (sandbox, url)
}

#[test]
fn flyway_counts_as_ran_the_versions_of_its_history_that_were_not_taken_back() {
    const RAN: &str = "(1, '1.2', 'SQL', true), (2, NULL, 'SQL', true)";
    let migrate = |name: &str, rows: &str, words: &[&str]| {
        let (sandbox, url) = flyway(name, rows);
        sandbox.tool("flyway", words.iter().chain(&[url.as_str(), "migrate"])).output()
    };
    let done = migrate("pending_flyway", RAN, &[]);
    assert_eq!((done.code, done.out().as_str()), (0, "migrated\n"), "{}", done.err());
    for rows in [
        "(1, '2', 'SQL', true)",
        "(1, '1.2', 'SQL', false)",
        "(1, '1.2', 'SQL', true), (2, '1.2', 'UNDO_SQL', true)",
        "(1, '1.2', 'SQL', true), (2, '1.2', 'DELETE', true)",
    ] {
        let refused = migrate("pending_flyway_open", rows, &[]);
        assert_eq!(refused.code, 125, "{rows}");
        assert!(refused.err().contains("found: drop-table at sql/V1_2__a.sql:1: DROP TABLE a"), "{}", refused.err());
    }
    // Of another table, in another schema, nothing is known.
    for words in [&["-table=t"], &["-defaultSchema=s"], &["-schemas=s"], &["-configFiles=x"]] {
        assert_eq!(migrate("pending_flyway_moved", RAN, words).code, 125, "{words:?}");
    }
}

#[test]
fn a_file_that_could_move_flyways_table_leaves_everything_pending() {
    let ran = "(1, '1.2', 'SQL', true)";
    for (at, (file, text)) in [
        ("work/flyway.conf", "flyway.table=t\n"),
        ("work/conf/flyway.toml", "[flyway]\ndefaultSchema = \"s\"\n"),
        ("work/flyway.user.toml", "[environments.default]\nschemas = [\"s\"]\n"),
        ("home/flyway.conf", " flyway.schemas=s\n"),
        ("bin/conf/flyway.conf", "#\nflyway.defaultSchema=s\n"),
    ]
    .into_iter()
    .enumerate()
    {
        let (sandbox, url) = flyway(&format!("pending_flyway_{at}"), ran);
        assert_eq!(sandbox.file(file, text).tool("flyway", [&url, "migrate"]).output().code, 125, "{file}");
    }
    // Where its own directory is is not known.
    let (sandbox, url) = flyway("pending_flyway_bare", ran);
    std::fs::remove_dir_all(sandbox.path("bin/conf")).unwrap();
    assert_eq!(sandbox.tool("flyway", [&url, "migrate"]).output().code, 125);
}
