//! `dbguard scan`: its formats exactly, what fails it, what comments allow, and that hostile names stay inert.

use std::os::unix::fs::symlink;

use serde_json::json;

use crate::support::Sandbox;

const CLEANUP: &str = "-- dbguard: allow drop-table: replaced by orders_v2 in March\n\
    DROP TABLE orders;\n\
    DROP TABLE temp_migration_backup;\n\
    SELECT count(*) FROM t;\n\
    INSERT INTO t VALUES (1);\n\
    SELECT f(1);\n";

fn sandbox() -> Sandbox {
    Sandbox::new().file("work/cleanup.sql", CLEANUP)
}

/// A scan of one text, without its quotes and hints.
fn said(sql: &str) -> String {
    let output = Sandbox::new().run(["scan", "-"]).stdin(sql).output();
    assert_eq!(output.err(), "");
    output.out().split_inclusive('\n').filter(|line| !line.starts_with("    ")).collect()
}

#[test]
fn the_text_says_where_what_and_how_bad() {
    let text = "cleanup.sql:3: destroy: drop-table temp_migration_backup\n    DROP TABLE temp_migration_backup\n\
        cleanup.sql:5: write: insert t\n    INSERT INTO t VALUES (1)\n\
        cleanup.sql:6: unknown: function-call f\n    SELECT f(1)\n\
        cleanup.sql:2: allowed: drop-table orders: replaced by orders_v2 in March\n";
    sandbox().run(["scan", "cleanup.sql"]).stdout(text).status(0);
}

#[test]
fn the_json_is_the_contract_of_the_design() {
    let said = sandbox().run(["scan", "--json", "cleanup.sql"]).output().json();
    let finding = |risk: &str, kind: &str, object: &str, line: u8, statement: &str| json!({"risk": risk, "kind": kind, "objects": [object], "file": "cleanup.sql", "line": line, "statement": statement});
    let mut allowed = finding("destroy", "drop-table", "orders", 2, "DROP TABLE orders");
    allowed["reason"] = json!("replaced by orders_v2 in March");
    let expected = json!({"version": 1, "files": [{
        "file": "cleanup.sql",
        "risk": "unknown",
        "findings": [
            finding("destroy", "drop-table", "temp_migration_backup", 3, "DROP TABLE temp_migration_backup"),
            finding("write", "insert", "t", 5, "INSERT INTO t VALUES (1)"),
            finding("unknown", "function-call", "f", 6, "SELECT f(1)"),
        ],
        "allowed": [allowed],
        "problems": [],
        "notes": [],
    }]});
    assert_eq!(said, expected);
}

#[test]
fn sarif_has_a_rule_for_every_result_and_says_what_is_suppressed_and_why() {
    let log = sandbox().run(["scan", "--sarif", "--fail-on", "destroy", "cleanup.sql"]).output().json();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "dbguard");
    let rules: Vec<_> = run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    let results = run["results"].as_array().unwrap();
    assert!(results.iter().all(|result| rules.contains(&&result["ruleId"])), "{log}");
    let told: Vec<_> = results.iter().map(|result| (&result["ruleId"], &result["level"])).collect();
    let expected = [("drop-table", "error"), ("insert", "note"), ("function-call", "error"), ("drop-table", "error")]
        .map(|(rule, level)| (json!(rule), json!(level)));
    assert_eq!(told, expected.iter().map(|(rule, level)| (rule, level)).collect::<Vec<_>>());
    let place = json!([{"physicalLocation": {"artifactLocation": {"uri": "cleanup.sql"}, "region": {"startLine": 3}}}]);
    assert_eq!(results[0]["locations"], place);
    assert_eq!(results[0]["suppressions"], json!(null));
    let why = json!([{"kind": "inSource", "justification": "replaced by orders_v2 in March"}]);
    assert_eq!(results[3]["suppressions"], why);
}

#[test]
fn github_gets_one_command_for_each_finding() {
    let text = "::error file=cleanup.sql,line=3,title=dbguard%3A destroy drop-table::DROP TABLE temp_migration_backup\n\
        ::notice file=cleanup.sql,line=5,title=dbguard%3A write insert::INSERT INTO t VALUES (1)\n\
        ::error file=cleanup.sql,line=6,title=dbguard%3A unknown function-call::SELECT f(1)\n";
    let complaint = "dbguard: 2 findings in 1 file\n  what is meant can be allowed, with a reason: -- dbguard: allow KIND: REASON\n";
    let run = ["scan", "--github", "--fail-on", "destroy", "cleanup.sql"];
    sandbox().run(run).stdout(text).stderr(complaint).status(1);
}

#[test]
fn the_status_is_1_for_what_is_asked_and_for_what_is_stricter() {
    let cases = [
        ("SELECT 1", [0, 0, 0]),
        ("INSERT INTO t VALUES (1)", [1, 0, 0]),
        ("DROP TABLE t", [1, 1, 0]),
        ("DO $$ BEGIN END $$", [1, 1, 1]),
        ("-- dbguard: allow drop-table: gone\nDROP TABLE t", [0, 0, 0]),
        ("-- dbguard: allow drop-table: gone\nSELECT 1", [1, 1, 1]),
        ("-- dbguard: allow drop-table:\nDROP TABLE t", [1, 1, 1]),
    ];
    for (sql, expected) in cases {
        let sandbox = Sandbox::new();
        let code = |risk: &str| sandbox.run(["scan", "--fail-on", risk, "-"]).stdin(sql).output().code;
        assert_eq!(["write", "destroy", "unknown"].map(code), expected, "{sql}");
        assert_eq!(sandbox.run(["scan", "-"]).stdin(sql).output().code, 0, "{sql}");
    }
}

#[test]
fn a_comment_allows_the_statement_it_stands_in_behind_or_before() {
    for sql in [
        "-- dbguard: allow truncate: ours\nTRUNCATE t;",
        "TRUNCATE t; -- dbguard: allow truncate: ours",
        "TRUNCATE -- dbguard: allow truncate: ours\n t;",
        "-- DBGuard: allow drop-table, truncate: ours\nTRUNCATE t; -- dbguard: allow drop-table: x",
        "--dbguard: allow truncate: ours\n-- and a line of prose\n\nTRUNCATE t",
    ] {
        assert!(said(sql).contains("allowed: truncate t: ours\n"), "{sql}: {}", said(sql));
    }
    assert_eq!(
        said("-- dbguard: allow shell: on this machine\n\\! date"),
        "stdin:2: allowed: shell: on this machine\n"
    );
}

#[test]
fn a_comment_allows_nothing_else() {
    let unused = "allow-unused: nothing here is a `truncate`: take the comment out, or mend it\n";
    for sql in [
        "TRUNCATE t;\n-- dbguard: allow truncate: too late",
        "-- dbguard: allow truncate: spent\nSELECT 1; TRUNCATE t;",
        "-- dbguard: allow truncate: ours\nDROP TABLE t;",
        "-- dbguard: allow truncate: ours\nSELECT 1;\n",
    ] {
        assert!(said(sql).contains(unused), "{sql}: {}", said(sql));
        assert!(!said(sql).contains("allowed:"), "{sql}");
    }
    for sql in [
        "SELECT '\n-- dbguard: allow truncate: in a string\n'; TRUNCATE t;",
        "/*\n-- dbguard: allow truncate: in a comment\n*/ TRUNCATE t;",
        "-- dbguard: allow truncate\nTRUNCATE t;",
        "-- dbguard: allow truncate: ...\nTRUNCATE t;",
        "-- dbguard: allow all: everything\nTRUNCATE t;",
        "-- dbguard: disable\nTRUNCATE t;",
        "COPY t FROM stdin;\n-- dbguard: allow truncate: in data\n\\.\nTRUNCATE t;",
    ] {
        let said = said(sql);
        assert!(said.contains("destroy: truncate t\n") && !said.contains("allowed:"), "{sql}: {said}");
    }
}

#[test]
fn what_is_wrong_with_a_comment_is_told() {
    let expected = "stdin:1: allow-without-reason: it has to say what and why, and allows nothing: \
        -- dbguard: allow KIND[, KIND]: REASON\n\
        stdin:2: allow-not-understood: only this is understood: -- dbguard: allow KIND[, KIND]: REASON\n";
    assert_eq!(said("-- dbguard: allow drop-table\n-- dbguard: ignore\nSELECT 1;"), expected);
}

#[test]
fn the_guard_heeds_no_comment() {
    let sandbox = Sandbox::new().fake("psql").file("work/c.sql", CLEANUP);
    let said = sandbox.run(["explain", "--json", "--", "psql", "-h", "db.example.com", "-f", "c.sql"]).output().json();
    assert_eq!(said["findings"].as_array().unwrap().len(), 4);
}

#[test]
fn a_directory_means_its_sql_files_by_name_and_no_links() {
    let sandbox = Sandbox::new()
        .file("work/m/002_b.sql", "TRUNCATE b")
        .file("work/m/001_a.SQL", "TRUNCATE a")
        .file("work/m/deep/er/x.sql", "TRUNCATE x")
        .file("work/m/notes.txt", "TRUNCATE n")
        .file("work/m/.git/y.sql", "TRUNCATE y")
        .file("secret.sql", "TRUNCATE secret");
    symlink(sandbox.path("secret.sql"), sandbox.path("work/m/link.sql")).unwrap();
    symlink(sandbox.path("work"), sandbox.path("work/m/loop")).unwrap();
    let said = sandbox.run(["scan", "--json", "m"]).output().json();
    let files: Vec<_> = said["files"].as_array().unwrap().iter().map(|file| file["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["m/001_a.SQL", "m/002_b.sql", "m/deep/er/x.sql"]);
}

#[test]
fn a_place_with_nothing_to_scan_fails() {
    let sandbox = Sandbox::new().dir("work/empty");
    let none = "dbguard: there is no *.sql file below `empty`\n  name the files: dbguard scan FILE…\n";
    sandbox.run(["scan", "empty"]).stderr(none).status(1);
    let absent = "dbguard: `absent.sql` cannot be scanned: no such file or directory\n";
    sandbox.run(["scan", "absent.sql"]).stderr(absent).status(125);
}

#[test]
fn includes_lead_no_further_than_what_is_scanned() {
    let sandbox = Sandbox::new()
        .file("secret", "API_KEY=hush")
        .file("work/m/a.sql", "\\i /proc/self/environ\n\\ir ../../secret\n\\ir b.sql\n\\i m/c.sql\n")
        .file("work/m/b.sql", "TRUNCATE b;\n\\ir a.sql\n")
        .file("work/m/c.sql", "TRUNCATE c");
    symlink(sandbox.path("secret"), sandbox.path("work/m/d.sql")).unwrap();
    let expected = "m/a.sql:1: unknown: unreadable /proc/self/environ\n    \\i /proc/self/environ\n\
        m/a.sql:2: unknown: unreadable m/../../secret\n    \\ir ../../secret\n\
        m/b.sql:1: destroy: truncate b\n    TRUNCATE b\n\
        m/b.sql:2: unknown: unreadable m/a.sql\n    \\ir a.sql\n\
        m/c.sql:1: destroy: truncate c\n    TRUNCATE c\n\
        m/a.sql: note: `/proc/self/environ` was not read: it stands outside of what is scanned\n\
        m/a.sql: note: `m/../../secret` was not read: it stands outside of what is scanned\n\
        m/a.sql: note: `m/a.sql` was not read: it includes itself\n";
    sandbox.run(["scan", "m/a.sql"]).stdout(expected).status(0);
    for script in ["\\i /proc/self/environ\n", "\\i m/d.sql\n"] {
        let said = sandbox.run(["scan", "-"]).stdin(script).output().out();
        assert!(said.contains("outside of what is scanned") && !said.contains("hush"), "{said}");
    }
}

/// A name and a statement that try to end a line, to begin a command of GitHub's runner, and to move the cursor.
const HOSTILE: &str = "\x1b]0;x\x07\n::error::pwned\r##[set-env name=A;]b%0A,:\u{202e}\u{9b}2J\u{7f}";

#[test]
fn hostile_names_and_statements_are_inert_in_every_format() {
    let name = format!("::error file=x::{}.sql", HOSTILE.replace('/', ""));
    let sandbox = Sandbox::new().file(&format!("work/{name}"), format!("DROP TABLE \"{HOSTILE}\";\n"));
    for format in ["", "--json", "--sarif", "--github"] {
        let arguments = ["scan", format, "--", &name];
        let output = sandbox.run(arguments.iter().filter(|word| !word.is_empty())).output();
        let text = output.out();
        assert!(!text.contains(['\x1b', '\x07', '\r', '\u{202e}', '\u{9b}', '\u{7f}']), "{format}: {text:?}");
        let commands = text.lines().filter(|line| line.trim_start().starts_with("::")).count();
        assert_eq!(commands, usize::from(format == "--github"), "{format}: {text}");
        if format.is_empty() || format == "--github" {
            assert!(!text.contains("##["), "{text}");
        } else {
            let _ = output.json();
        }
        let shown = if format == "--json" { 1 } else { text.lines().count() };
        assert!(shown <= 2, "{format}: {text}");
    }
    let said = sandbox.run(["scan", "--json", "--", &name]).output().json();
    assert_eq!(said["files"][0]["findings"][0]["objects"][0], format!("\"{HOSTILE}\""));
}

#[test]
fn a_path_is_a_uri_in_sarif() {
    use std::os::unix::ffi::OsStrExt as _;
    let name = std::ffi::OsStr::from_bytes(b"a b%\xff#?.sql");
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("work").join(name), "TRUNCATE t").unwrap();
    let log = sandbox.run(["scan", "--sarif", "."]).output().json();
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(place, "./a%20b%25%FF%23%3F.sql");
}

#[test]
fn a_script_of_any_length_is_scanned_to_its_end() {
    let mut script = "INSERT INTO t VALUES (1);\n".repeat(50_000);
    script.push_str("DROP TABLE victim;\n");
    let expected = "stdin:1: write: insert t\nstdin:2: write: insert t\nstdin:3: write: insert t\n\
        stdin:50001: destroy: drop-table victim\n\
        stdin: note: 50000 times insert on t: only the first 3 are listed\n";
    assert_eq!(said(&script), expected);
}

#[test]
fn the_hook_of_pre_commit_runs() {
    let hooks = include_str!("../.pre-commit-hooks.yaml");
    assert_eq!(hooks.matches("  entry: dbguard scan\n  args: [--fail-on=destroy, --]\n").count(), 2, "{hooks}");
    let sandbox = sandbox().file("work/--json.sql", "SELECT 1;");
    sandbox.run(["scan", "--fail-on=destroy", "--", "--json.sql"]).status(0);
    assert_eq!(sandbox.run(["scan", "--fail-on=destroy", "--", "--json.sql", "cleanup.sql"]).output().code, 1);
}
