//! Impact on every version of the server that this machine has: the answers differ in what a version keeps, and in
//! nothing else.
//!
//! Servers are looked for where Debian keeps them, and in the directories of programs that `DBGUARD_TEST_POSTGRES`
//! lists as `PATH` does: bundles of other versions can be unpacked anywhere.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Cluster, Clusters, Sandbox, clusters};

/// What depends on the table of the incident, and the first version that has such a thing.
const DEPENDENTS: &[(u64, &str)] = &[
    (10, "CREATE VIEW reads_it AS SELECT * FROM temp_migration_backup"),
    (10, "CREATE VIEW reads_the_view AS SELECT 1 AS one FROM reads_it"),
    (10, "CREATE MATERIALIZED VIEW kept AS SELECT count(*) FROM temp_migration_backup"),
    (10, "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"),
    (10, "CREATE TRIGGER told BEFORE INSERT ON temp_migration_backup FOR EACH ROW EXECUTE PROCEDURE tf()"),
    (10, "CREATE PUBLICATION named FOR TABLE temp_migration_backup"),
    (10, "CREATE PUBLICATION every FOR ALL TABLES"),
    (10, "CREATE PUBLICATION other FOR TABLE customers"),
    (10, "CREATE TABLE heir () INHERITS (temp_migration_backup)"),
    (10, "CREATE TABLE parts (id int, day date) PARTITION BY RANGE (day)"),
    (10, "CREATE TABLE parts_2020 PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')"),
    (10, "INSERT INTO parts VALUES (1, '2020-02-02'), (2, '2020-02-03')"),
    (11, "CREATE PROCEDURE proc() LANGUAGE sql AS 'DELETE FROM temp_migration_backup'"),
    (12, "ALTER TABLE parts ADD PRIMARY KEY (id, day)"),
    (12, "CREATE TABLE child (id int, day date, FOREIGN KEY (id, day) REFERENCES parts)"),
    (
        14,
        "CREATE FUNCTION atomic() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM temp_migration_backup; END",
    ),
    (15, "CREATE PUBLICATION schema_wide FOR TABLES IN SCHEMA public"),
    (10, "ANALYZE"),
];

/// Where servers of any version are; that of all the other tests among them.
fn servers() -> BTreeSet<PathBuf> {
    let listed = std::env::var_os("DBGUARD_TEST_POSTGRES").unwrap_or_default();
    let packaged = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let packaged = packaged.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").is_file());
    let found = std::env::split_paths(&listed).filter(|path| !path.as_os_str().is_empty());
    let found = found.chain(packaged).chain([clusters().bin().clone()]);
    found.map(|path| path.canonicalize().expect("DBGUARD_TEST_POSTGRES lists directories")).collect()
}

/// A server that was filled, and its version.
fn filled(cluster: &Cluster) -> u64 {
    let version: u64 = cluster.ask("app", "SHOW server_version_num").parse().unwrap();
    for (since, sql) in DEPENDENTS {
        if version / 10000 >= *since {
            cluster.ask("app", sql);
        }
    }
    // Each session tells its counters when it ends, a moment later.
    cluster.ask("app", "SELECT count(*) FROM temp_migration_backup");
    let counted = "SELECT sum(seq_scan) > 0 FROM pg_stat_user_tables WHERE relname = 'temp_migration_backup'";
    let begun = std::time::Instant::now();
    while cluster.ask("app", counted) != "t" {
        assert!(begun.elapsed().as_secs() < 20, "the scan is not counted");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    version / 10000
}

/// What the server said of some tables. What it is asked has half a second each: a busy machine is asked again.
fn asked(cluster: &Cluster, tables: &[&str]) -> Vec<Value> {
    let late = |table: &Value| {
        let size = table["bytes"].is_null() && table["kind"] != "v";
        size || ["name", "dependents", "functions", "sessions"].iter().any(|fact| table[fact].is_null())
    };
    let mut answers = std::iter::repeat_with(|| ask(cluster, tables)).take(10);
    let whole = answers.find(|tables| !tables.iter().any(late));
    whole.expect("the server says all of it, one of ten times")
}

fn ask(cluster: &Cluster, tables: &[&str]) -> Vec<Value> {
    let conninfo = format!("host=127.0.0.1 port={} user=postgres dbname=app", cluster.port);
    let args = [&["impact", "--json"], tables, &["--", &conninfo]].concat();
    let said = Sandbox::new().dir("work/.git").run(args).output();
    assert_eq!((said.code, said.err().as_str()), (0, ""), "{}", said.out());
    said.json()["tables"].as_array().unwrap().iter().map(|table| table["server"].clone()).collect()
}

fn check(cluster: &Cluster) {
    let version = filled(cluster);
    let [table, parts, view] =
        <[Value; 3]>::try_from(asked(cluster, &["temp_migration_backup", "parts", "reads_it"])).unwrap();
    let told = format!("PostgreSQL {version}: {table:#} {parts:#} {view:#}");
    let mut dependents = json!([
        ["inherits from it", "public.heir"],
        ["materialized view", "public.kept"],
        ["publication", "every"],
        ["publication", "named"],
        ["publication", "schema_wide"],
        ["trigger", "told"],
        ["view", "public.reads_it"],
        ["view", "public.reads_the_view"]
    ]);
    let mut functions = json!(["public.atomic", "public.fallback", "public.proc"]);
    let mut around = json!([
        ["foreign key", "public.child"],
        ["publication", "every"],
        ["publication", "schema_wide"],
        ["partition", "public.parts_2020"]
    ]);
    let without =
        |list: &mut Value, name: &str| list.as_array_mut().unwrap().retain(|one| !one.to_string().contains(name));
    for (since, name) in [(11, "proc"), (12, "child"), (14, "atomic"), (15, "schema_wide")] {
        if version < since {
            for list in [&mut dependents, &mut functions, &mut around] {
                without(list, name);
            }
        }
    }
    assert_eq!(table["dependents"], dependents, "{told}");
    assert_eq!(table["functions"], functions, "{told}");
    assert_eq!(parts["dependents"], around, "{told}");
    assert_eq!(view["dependents"], json!([["view", "public.reads_the_view"]]), "{told}");
    for table in [&table, &parts, &view] {
        assert_eq!(table["exists"], true, "{told}");
        assert!(table["sessions"].is_object(), "{told}");
        assert_eq!(table["no_statements"], "pg_stat_statements is not installed here", "{told}");
    }
    assert_eq!((&table["rows"], &parts["live"]), (&json!(100), &json!(2)), "{told}");
    assert!(table["bytes"].as_i64() > Some(0) && parts["bytes"].as_i64() > Some(0), "{told}");
    assert!(table["reads"].as_i64() > Some(0), "{told}");
    assert_eq!(table["keeps_last"], version >= 16, "{told}");
    assert_eq!(table["last_read_ago"].is_number(), version >= 16, "{told}");
}

#[test]
fn every_version_says_the_same_but_for_what_it_does_not_keep() {
    for bin in servers() {
        let clusters = Clusters::of(&bin, &["versions"]);
        check(clusters.get("versions"));
    }
}
