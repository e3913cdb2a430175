//! Every kind of finding that people tell apart, each by a statement that is one of them.

use dbguard::plan::scan::{Ground, text};

/// Risk and kind of what one statement does, the strictest first.
fn kinds(sql: &str) -> Vec<String> {
    let scan = text(sql.as_bytes(), &Ground { cwd: "/".into(), home: None, within: vec!["/nonexistent".into()] });
    let mut findings = scan.findings;
    findings.sort_by_key(|one| std::cmp::Reverse(one.risk));
    findings.iter().map(|one| format!("{:?} {}", one.risk, one.kind).to_lowercase()).collect()
}

/// Each kind, and statements of it.
const KINDS: &[(&str, &[&str])] = &[
    // What is dropped.
    ("destroy drop-table", &["DROP TABLE IF EXISTS a, b CASCADE"]),
    ("destroy drop-view", &["DROP VIEW v"]),
    ("destroy drop-materialized-view", &["DROP MATERIALIZED VIEW v"]),
    ("destroy drop-foreign-table", &["DROP FOREIGN TABLE f"]),
    ("destroy drop-index", &["DROP INDEX CONCURRENTLY IF EXISTS i"]),
    ("destroy drop-sequence", &["DROP SEQUENCE s"]),
    ("destroy drop-schema", &["DROP SCHEMA s CASCADE"]),
    ("destroy drop-database", &["DROP DATABASE d WITH (FORCE)"]),
    ("destroy drop-tablespace", &["DROP TABLESPACE t"]),
    ("destroy drop-function", &["DROP FUNCTION f(int)"]),
    ("destroy drop-procedure", &["DROP PROCEDURE p"]),
    ("destroy drop-routine", &["DROP ROUTINE r"]),
    ("destroy drop-aggregate", &["DROP AGGREGATE a(int)"]),
    ("destroy drop-type", &["DROP TYPE t"]),
    ("destroy drop-domain", &["DROP DOMAIN d"]),
    ("destroy drop-extension", &["DROP EXTENSION e"]),
    ("destroy drop-trigger", &["DROP TRIGGER t ON x"]),
    ("destroy drop-event-trigger", &["DROP EVENT TRIGGER t"]),
    ("destroy drop-rule", &["DROP RULE r ON t"]),
    ("destroy drop-policy", &["DROP POLICY p ON t"]),
    ("destroy drop-publication", &["DROP PUBLICATION p"]),
    ("destroy drop-subscription", &["DROP SUBSCRIPTION s"]),
    ("destroy drop-server", &["DROP SERVER s"]),
    ("destroy drop-foreign-data-wrapper", &["DROP FOREIGN DATA WRAPPER w"]),
    ("destroy drop-user-mapping", &["DROP USER MAPPING FOR bob SERVER s"]),
    ("destroy drop-role", &["DROP ROLE bob"]),
    ("destroy drop-user", &["DROP USER bob"]),
    ("destroy drop-group", &["DROP GROUP g"]),
    ("destroy drop-owned", &["DROP OWNED BY bob"]),
    ("destroy drop-cast", &["DROP CAST (int AS text)"]),
    ("destroy drop-collation", &["DROP COLLATION c"]),
    ("destroy drop-conversion", &["DROP CONVERSION c"]),
    ("destroy drop-language", &["DROP LANGUAGE l"]),
    ("destroy drop-operator", &["DROP OPERATOR + (int, int)"]),
    ("destroy drop-operator-class", &["DROP OPERATOR CLASS c USING btree"]),
    ("destroy drop-operator-family", &["DROP OPERATOR FAMILY c USING btree"]),
    ("destroy drop-access-method", &["DROP ACCESS METHOD a"]),
    ("destroy drop-statistics", &["DROP STATISTICS s"]),
    ("destroy drop-text-search-configuration", &["DROP TEXT SEARCH CONFIGURATION c"]),
    ("destroy drop-transform", &["DROP TRANSFORM FOR int LANGUAGE l"]),
    // Rows.
    ("destroy truncate", &["TRUNCATE t", "TRUNCATE TABLE ONLY a, b CASCADE"]),
    (
        "destroy delete-without-where",
        &[
            "DELETE FROM t",
            "DELETE FROM t WHERE true",
            "DELETE FROM t WHERE 1=1",
            "DELETE FROM t WHERE (1 = 1)",
            "DELETE FROM t WHERE ((true)) RETURNING id",
            "DELETE FROM t WHERE 1 = 1 AND true",
            "DELETE FROM t WHERE NOT false",
            "DELETE FROM t WHERE 'a' = 'a'",
            "DELETE FROM t WHERE 1 < 2",
            "DELETE FROM t WHERE 't'::boolean",
            "DELETE FROM t WHERE id = ID",
            "DELETE FROM t WHERE t.id = t.id",
            "DELETE FROM t WHERE id = 5 OR true",
            "DELETE FROM t WHERE id = 5 OR (a = b AND b = a) OR (1=1)",
            "DELETE FROM t USING u",
            "WITH x AS (DELETE FROM t RETURNING 1) SELECT * FROM x",
            "PREPARE p AS DELETE FROM t",
        ],
    ),
    (
        "destroy update-without-where",
        &["UPDATE t SET a = 1", "UPDATE t SET a = 1 WHERE 1", "UPDATE t SET a = u.a FROM u"],
    ),
    (
        "destroy merge-without-where",
        &[
            "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE",
            "MERGE INTO t USING s ON 1 = 1 WHEN MATCHED THEN UPDATE SET a = 1",
            "MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED BY SOURCE THEN DELETE",
        ],
    ),
    (
        "write delete",
        &[
            "DELETE FROM t WHERE id = 5",
            "DELETE FROM t WHERE false",
            "DELETE FROM t WHERE 1 = 0",
            "DELETE FROM t WHERE CURRENT OF c",
            "DELETE FROM t WHERE id BETWEEN 1 AND 2",
            "DELETE FROM t WHERE (a = 1 OR b = 2) AND true",
            "DELETE FROM t USING u WHERE t.id = u.id",
            "DELETE FROM t WHERE a.id = b.id",
            "DELETE FROM t WHERE made < now()",
        ],
    ),
    ("write update", &["UPDATE t SET a = 1 WHERE id = 5"]),
    (
        "write merge",
        &[
            "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = 1",
            "MERGE INTO t USING s ON true WHEN NOT MATCHED THEN INSERT VALUES (1)",
        ],
    ),
    ("write insert", &["INSERT INTO t VALUES (1)", "INSERT INTO t SELECT 1"]),
    // Alterations that lose data, rewrite, lock, or hide from readers.
    ("destroy alter-table-drop-column", &["ALTER TABLE t DROP COLUMN c", "ALTER TABLE t DROP c"]),
    ("destroy alter-type-drop-column", &["ALTER TYPE t DROP ATTRIBUTE c"]),
    (
        "destroy alter-table-type",
        &["ALTER TABLE t ALTER c TYPE text", "ALTER TABLE t ALTER COLUMN c SET DATA TYPE int"],
    ),
    (
        "destroy alter-table-rewrite",
        &[
            "ALTER TABLE t ADD c uuid DEFAULT gen_random_uuid()",
            "ALTER TABLE t ADD c bigserial",
            "ALTER TABLE t SET UNLOGGED",
            "ALTER TABLE t SET TABLESPACE x",
            "ALTER TABLE t SET WITHOUT OIDS",
            "ALTER TABLE t ALTER c SET EXPRESSION AS (a * 2)",
            "ALTER TABLE ALL IN TABLESPACE x SET TABLESPACE y",
        ],
    ),
    ("destroy alter-index-rewrite", &["ALTER INDEX i SET TABLESPACE x"]),
    ("destroy alter-database-rewrite", &["ALTER DATABASE d SET TABLESPACE x"]),
    ("write alter-table-scan", &["ALTER TABLE t ALTER c SET NOT NULL", "ALTER TABLE t ADD CHECK (a > 0)"]),
    ("write alter-table-rename", &["ALTER TABLE t RENAME TO u"]),
    (
        "write alter-table",
        &["ALTER TABLE t ADD c int", "ALTER TABLE t SET WITHOUT CLUSTER", "ALTER TABLE t DROP CONSTRAINT c"],
    ),
    ("destroy lock", &["LOCK t", "LOCK TABLE t IN ACCESS EXCLUSIVE MODE"]),
    ("destroy vacuum-full", &["VACUUM FULL", "VACUUM (FULL) t"]),
    ("destroy cluster", &["CLUSTER t USING i"]),
    ("destroy reindex", &["REINDEX TABLE t"]),
    ("write create-index", &["CREATE INDEX i ON t (a)"]),
    ("write create-index-concurrently", &["CREATE INDEX CONCURRENTLY i ON t (a)"]),
    ("write select-into", &["SELECT * INTO x FROM t"]),
    ("write select-for-update", &["SELECT * FROM t FOR UPDATE"]),
    // Who may do what.
    ("write grant", &["GRANT ALL ON t TO PUBLIC", "GRANT admin TO bob"]),
    ("write revoke", &["REVOKE ALL ON t FROM bob"]),
    ("write alter-default-privileges", &["ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO bob"]),
    ("write create-role", &["CREATE ROLE bob SUPERUSER"]),
    ("write alter-role", &["ALTER ROLE bob SUPERUSER"]),
    ("write alter-user", &["ALTER USER bob PASSWORD 'x'"]),
    ("write reassign", &["REASSIGN OWNED BY a TO b"]),
    ("write set-role", &["SET ROLE bob", "SET SESSION AUTHORIZATION bob", "RESET ROLE"]),
    // The server itself.
    ("write alter-system", &["ALTER SYSTEM SET work_mem = '1GB'"]),
    ("write server-control", &["SELECT pg_reload_conf()"]),
    ("destroy promote", &["SELECT pg_promote()"]),
    ("write wal", &["SELECT pg_switch_wal()"]),
    ("destroy replication-slot", &["SELECT pg_drop_replication_slot('s')"]),
    ("destroy surgery", &["SELECT heap_force_kill('t', ARRAY['(0,1)']::tid[])"]),
    ("write read-write", &["BEGIN READ WRITE", "SET default_transaction_read_only = off"]),
    ("destroy set-dangerous", &["SET zero_damaged_pages = on"]),
    ("unknown setting", &["SET session_replication_role = replica"]),
    // Files and programs of the server, and of this machine.
    ("write copy-from", &["COPY t FROM STDIN;\n\\.\n", "\\copy t from 'x.csv'\n"]),
    ("write copy-from-file", &["COPY t FROM '/etc/passwd'"]),
    ("write copy-to-file", &["COPY t TO '/tmp/x'"]),
    ("unknown copy-program", &["COPY t FROM PROGRAM 'curl x'", "COPY t TO PROGRAM 'sh'", "\\copy t to program 'sh'\n"]),
    ("write server-file", &["SELECT lo_export(1, '/tmp/x')"]),
    ("destroy server-file", &["SELECT pg_file_unlink('x')"]),
    (
        "unknown server-file",
        &["SELECT pg_read_file('/etc/passwd')", "SELECT * FROM pg_ls_dir('.')", "SELECT pg_read_binary_file('x')"],
    ),
    ("unknown load", &["LOAD 'x'"]),
    ("unknown shell", &["\\! rm -rf x\n", "SELECT 1 \\g | sh\n", "\\o | sh\n", "\\set x `date`\n"]),
    // Sessions.
    ("destroy terminate-backend", &["SELECT pg_terminate_backend(pid) FROM pg_stat_activity"]),
    ("write cancel-backend", &["SELECT pg_cancel_backend(1)"]),
    // Elsewhere, or not known beforehand.
    ("unknown dblink", &["SELECT dblink_exec('c', 'DELETE FROM t')"]),
    ("unknown do", &["DO $$ BEGIN END $$"]),
    ("unknown call", &["CALL p()"]),
    ("unknown function-call", &["SELECT f(1)", "SELECT U&\"lo\\005funlink\"(1)"]),
    ("unknown execute", &["EXECUTE p", "CREATE TABLE x AS EXECUTE p"]),
    ("unknown gexec", &["SELECT 'DROP TABLE t' \\gexec\n"]),
    ("unknown variable", &["SELECT :x\n"]),
    ("unknown connect", &["\\c other\n"]),
    (
        "unknown doubtful",
        &[
            "SELECT U&\"lo!005funlink\" UESCAPE '!' (1)",
            "SELECT 'a\\''; DROP TABLE x; --'",
            "\\if :x\nSET standard_conforming_strings = on;\n\\endif\nSELECT 'a\\''; DROP TABLE x; --'",
            "SET LOCAL standard_conforming_strings = on;\nSELECT 'a\\''; DROP TABLE x; --'",
            "BEGIN;\nSET standard_conforming_strings = on;\nROLLBACK;\nSELECT 'a\\''; DROP TABLE x; --'",
            "SET standard_conforming_strings = on;\nROLLBACK;\nSELECT 'a\\''; DROP TABLE x; --'",
            "SELECT 1/0\\; SET standard_conforming_strings = on;\nSELECT 'a\\''; DROP TABLE x; --'",
            "SET standard_conforming_strings = on;\nRESET work_mem;\nSELECT 'a\\''; DROP TABLE x; --'",
            "SET standard_conforming_strings = on;\nDISCARD ALL;\nSELECT 'a\\''; DROP TABLE x; --'",
        ],
    ),
    ("unknown unknown", &["FROBNICATE t"]),
    ("destroy large-object", &["SELECT lo_unlink(1)", "\\lo_unlink 1\n"]),
    ("destroy explain-analyze", &["EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN (ANALYZE 'on') UPDATE t SET a = 1"]),
];

#[test]
fn every_kind_is_told_apart() {
    let mut wrong = Vec::new();
    for (expected, statements) in KINDS {
        for sql in *statements {
            let found = kinds(sql);
            if found.first().map(String::as_str) != Some(*expected) {
                wrong.push(format!("{sql}: {found:?}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_dump_that_says_how_its_strings_are_read_is_believed() {
    let dump = "SET standard_conforming_strings = on;\nBEGIN;\nINSERT INTO t VALUES ('C:\\'), ('it''s');\nCOMMIT;\n\
        INSERT INTO t VALUES ('\\');\n";
    assert_eq!(kinds(dump), ["write insert", "write insert"]);
}

#[test]
fn no_kind_stands_twice_in_the_table() {
    let mut kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
    kinds.sort_unstable();
    assert!(kinds.windows(2).all(|pair| pair[0] != pair[1]));
}
