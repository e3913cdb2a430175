//! psql's command lines and scripts, from text to findings.

use std::ffi::OsString;
use std::path::Path;
use std::time::SystemTime;

use dbguard::plan::{Finding, Mode, Plan, Risk, plan};
use dbguard::target;
use dbguard::world::stdin::Stdin;
use dbguard::world::{Snapshot, User, Vars};

fn snapshot(cwd: &Path) -> Snapshot {
    let user = User { uid: 1000, name: Some("u".to_owned()), home: Some("/nonexistent".into()) };
    Snapshot { vars: Vars::default(), cwd: cwd.to_owned(), user, now: SystemTime::UNIX_EPOCH }
}

fn planned(args: &[&str], stdin: &mut Stdin, cwd: &Path) -> Plan {
    let snapshot = snapshot(cwd);
    let args: Vec<OsString> = args.iter().map(OsString::from).collect();
    plan(&target::parse("psql", &args, None, &snapshot), stdin, &snapshot)
}

/// Each finding as `risk kind objects`, for one `-f`-like script given through standard input.
fn script(text: &str) -> Vec<String> {
    let plan = from_pipe(text.as_bytes());
    lines(&plan)
}

fn from_pipe(text: &[u8]) -> Plan {
    use std::io::Write as _;
    let (reader, mut writer) = std::io::pipe().unwrap();
    let text = text.to_owned();
    let writing = std::thread::spawn(move || writer.write_all(&text));
    let plan = planned(&[], &mut Stdin::of(reader.into()), Path::new("/"));
    let _ = writing.join().unwrap();
    plan
}

fn lines(plan: &Plan) -> Vec<String> {
    let line = |finding: &Finding| {
        let risk = format!("{:?}", finding.risk).to_lowercase();
        let line = finding.line.map_or(String::new(), |line| format!("{line}: "));
        format!("{line}{risk} {} {}", finding.kind, finding.objects.join(",")).trim_end().to_owned()
    };
    plan.findings.iter().map(line).collect()
}

fn command(sql: &str) -> Plan {
    planned(&["-c", sql], &mut Stdin::terminal(), Path::new("/"))
}

#[track_caller]
fn reads(sql: &str) {
    let plan = command(sql);
    assert_eq!((plan.risk, lines(&plan)), (Risk::Read, vec![]), "{sql}");
}

#[test]
fn a_bare_psql_at_a_terminal_is_interactive() {
    let plan = planned(&[], &mut Stdin::terminal(), Path::new("/"));
    assert_eq!((plan.mode, plan.risk), (Mode::Interactive, Risk::Read));
    assert_eq!(planned(&["-f", "-"], &mut Stdin::terminal(), Path::new("/")).mode, Mode::Interactive);
    assert_eq!(planned(&["-l"], &mut Stdin::terminal(), Path::new("/")).mode, Mode::Batch);
}

#[test]
fn everyday_reads_are_reads() {
    for sql in [
        "select 1",
        "SELECT count(*), max(x), coalesce(y, now()) FROM t WHERE a IN (1, 2) GROUP BY 1 ORDER BY 1 LIMIT 10;",
        "with x as (select 1), y(a, b) as (select 1, 2) select * from x join y on (true)",
        "table t",
        "values (1), (2)",
        "explain delete from t",
        "explain (costs off) select * from t",
        "explain analyze select count(*) from t",
        "show search_path",
        "set statement_timeout = '5s'; set search_path to app, public",
        "begin; select 1; commit",
        "begin read only; rollback",
        "copy (select * from t) to stdout with csv",
        "copy t to stdout",
        "\\dt+ public.*",
        "\\d t",
        "\\copy (select * from t where a = 'x') to '/tmp/x.csv' with csv header",
        "select pg_size_pretty(pg_database_size(current_database()))",
        "select * from pg_stat_activity where state <> 'idle'",
        "select pg_catalog.set_config('search_path', '', false)",
        "",
        ";",
    ] {
        reads(sql);
    }
}

#[test]
fn writes_are_found_with_kind_and_object() {
    let cases = [
        ("drop table if exists a, b.c cascade", "1: destroy drop-table a,b.c"),
        ("truncate only t", "1: destroy truncate t"),
        ("delete from t", "1: destroy delete-without-where t"),
        ("delete from t where true", "1: destroy delete-without-where t"),
        ("delete from only s.t where id = 1", "1: write delete s.t"),
        ("update t set a = 1", "1: destroy update-without-where t"),
        ("update t set a = (select 1 where true)", "1: destroy update-without-where t"),
        ("insert into t values (1) on conflict do update set a = 1", "1: write insert t"),
        ("with x as (delete from t where a = 1 returning *) select * from x", "1: write delete t"),
        ("with x as (select 1) insert into t select * from x", "1: write insert t"),
        ("select * into t from u", "1: write select-into t"),
        ("select * from t for no key update", "1: write select-for-update"),
        ("explain analyze delete from t", "1: destroy explain-analyze t"),
        ("explain (analyze, costs off) create table x as select 1", "1: write explain-analyze x"),
        ("copy t from stdin", "1: write copy-from t"),
        ("copy t to program 'rm x'", "1: unknown copy-program t"),
        ("copy t to '/tmp/x'", "1: write copy-to-file t"),
        ("alter table t drop column a, add b int", "1: destroy alter-table-drop-column t,a"),
        ("alter table t alter a type text", "1: destroy alter-table-type t,a"),
        ("alter table t add column type text", "1: write alter-table t"),
        ("alter system set work_mem = '1GB'", "1: write alter-system work_mem"),
        ("vacuum full t", "1: destroy vacuum-full t"),
        ("vacuum (full false) t", "1: write vacuum t"),
        ("lock t in access share mode", "1: write lock t"),
        ("lock t", "1: destroy lock t"),
        ("do $$ begin end $$", "1: unknown do"),
        ("call p(1)", "1: unknown call p"),
        ("select my_function(1)", "1: unknown function-call my_function"),
        ("select pg_terminate_backend(1)", "1: destroy terminate-backend pg_terminate_backend"),
        ("select nextval('s')", "1: write sequence nextval"),
        ("begin read write", "1: write read-write"),
        ("set default_transaction_read_only = off", "1: write read-write default_transaction_read_only"),
        ("reset all", "1: unknown reset-all"),
        ("frobnicate t", "1: unknown unknown"),
        ("drop database app", "1: destroy drop-database app"),
        ("drop owned by bob", "1: destroy drop-owned bob"),
        ("\\! rm -rf x", "1: unknown shell"),
        ("\\copy t from 'x.csv'", "1: write copy-from t"),
        ("\\copy t to program 'gzip'", "1: unknown copy-program"),
        ("\\c other", "1: unknown connect"),
    ];
    for (sql, expected) in cases {
        assert_eq!(lines(&command(sql)), [expected], "{sql}");
    }
}

#[test]
fn an_alter_table_is_told_by_what_it_loses_rewrites_or_keeps_others_from() {
    let cases = [
        ("alter table t add c int default 1, add d timestamptz default now()", "1: write alter-table t"),
        ("alter table t add column c uuid default gen_random_uuid()", "1: destroy alter-table-rewrite t,c"),
        ("alter table t add c int default f()", "1: destroy alter-table-rewrite t,c"),
        ("alter table t add column if not exists c bigserial", "1: destroy alter-table-rewrite t,c"),
        ("alter table t add c int generated always as (a * 2) stored", "1: destroy alter-table-rewrite t,c"),
        ("alter table t set unlogged", "1: destroy alter-table-rewrite t"),
        ("alter table t set tablespace x", "1: destroy alter-table-rewrite t"),
        ("alter table t set (fillfactor = 70)", "1: write alter-table t"),
        ("alter table t alter a set not null", "1: write alter-table-scan t"),
        ("alter table t add constraint c check (a > 0)", "1: write alter-table-scan t"),
        ("alter table t add constraint c check (a > 0) not valid", "1: write alter-table t"),
        ("alter table t add primary key using index i", "1: write alter-table t"),
        ("alter table t rename to u", "1: write alter-table-rename t"),
        ("alter table t rename a to b", "1: write alter-table-rename t"),
        ("create index concurrently i on t (a)", "1: write create-index-concurrently i"),
        ("create unique index i on t (a)", "1: write create-index i"),
    ];
    for (sql, expected) in cases {
        assert_eq!(lines(&command(sql)), [expected], "{sql}");
    }
}

#[test]
fn a_script_is_read_as_psql_runs_it() {
    let text = "\\set t victims\nselect 1;\n\ncopy a from stdin;\ndrop table data;\n\\.\ndrop table :t;\n\\echo x \\\\ truncate b;\n\
                select 'delete from t' \\gexec\n\\if :x\ndelete from c;\n\\endif\n\\quit\nupdate d set e = 1";
    let expected = [
        "4: write copy-from a",
        "7: destroy drop-table victims",
        "8: destroy truncate b",
        "9: unknown gexec",
        "11: destroy delete-without-where c",
        "14: destroy update-without-where d",
    ];
    assert_eq!(script(text), expected);
}

#[test]
fn what_psql_and_the_server_read_differently_is_seen() {
    assert_eq!(script("select E'a'\n'x\\''; insert into t values (1); --'\n"), ["2: write insert t"]);
    assert_eq!(script("create function begin() returns int as 'x' language sql; drop table t;").len(), 2);
}

#[test]
fn passwords_are_not_shown() {
    for sql in [
        "alter role a password 'hunter2'",
        "create user a with encrypted password 'hunter2'",
        "\\c postgresql://a:hunter2@h/d",
    ] {
        let plan = command(sql);
        assert!(!format!("{plan:?}").contains("hunter2"), "{plan:?}");
    }
}

#[test]
fn includes_are_followed_and_cycles_and_missing_files_are_unknown() {
    let sandbox = crate::support::Sandbox::new()
        .file("a.sql", "\\ir sub/b.sql\n\\i sub/b.sql\nselect 1;\n")
        .file("sub/b.sql", "\\ir c.sql\n")
        .file("sub/c.sql", "-- one\ndrop table t;\n")
        .file("loop.sql", "\\ir loop.sql\n")
        .file("missing.sql", "\\i nowhere.sql\n")
        .file("dump", "PGDMP\0\0");
    let file = |name: &str| {
        let path = sandbox.path(name);
        planned(&["-f", path.file_name().unwrap().to_str().unwrap()], &mut Stdin::terminal(), path.parent().unwrap())
    };
    let plan = file("a.sql");
    assert_eq!(lines(&plan), ["2: destroy drop-table t", "2: destroy drop-table t"]);
    assert_eq!(plan.findings[0].file.as_deref(), Some(Path::new("sub/c.sql")));
    assert_eq!(plan.inputs.len(), 5);
    assert_eq!(file("loop.sql").notes, ["`loop.sql` was not read: it includes itself"]);
    for name in ["missing.sql", "nowhere.sql", "dump"] {
        assert_eq!(file(name).risk, Risk::Unknown, "{name}");
    }
}

#[test]
fn sources_are_read_in_order_with_the_variables_of_the_command_line() {
    let sandbox = crate::support::Sandbox::new().file("v.sql", "delete from :t;\nselect :missing;\n");
    let path = sandbox.path("v.sql");
    let args = ["-v", "t=victims", "-c", "drop table a", "-f", path.to_str().unwrap(), "-c", "truncate b"];
    let plan = planned(&args, &mut Stdin::terminal(), Path::new("/"));
    let expected = [
        "1: destroy drop-table a",
        "1: destroy delete-without-where victims",
        "2: unknown variable",
        "1: destroy truncate b",
    ];
    assert_eq!(lines(&plan), expected);
}

#[test]
fn a_pipe_in_place_of_a_file_is_not_read() {
    let sandbox = crate::support::Sandbox::new();
    let fifo = sandbox.path("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let plan = planned(&["-f", fifo.to_str().unwrap()], &mut Stdin::terminal(), Path::new("/"));
    assert_eq!(plan.risk, Risk::Unknown);
}

/// The child that hands on what was read of a pipe, as `Stdin::into_stdio` starts it.
fn feeder(prefix: &[u8], stream: std::io::PipeReader) -> std::process::Child {
    use std::io::Write as _;
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut command = std::process::Command::new(crate::support::DBGUARD);
    command.arg("__feed").stdin(stream).stdout(std::process::Stdio::piped()).stderr(reader);
    let child = command.spawn().unwrap();
    drop(command);
    writer.write_all(prefix).unwrap();
    child
}

#[test]
fn the_feeding_child_hands_on_every_byte() {
    use std::io::Write as _;
    let all: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
    let (stream, mut rest) = std::io::pipe().unwrap();
    let (prefix, after) = all.split_at(1 << 20);
    let child = feeder(prefix, stream);
    let after = after.to_owned();
    let writing = std::thread::spawn(move || rest.write_all(&after));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.stdout == all, "{} of {} bytes", output.stdout.len(), all.len());
}

#[test]
fn the_feeding_child_ends_with_its_reader_though_the_writer_stays() {
    let (stream, silent) = std::io::pipe().unwrap();
    let mut child = feeder(b"select 1;", stream);
    drop(child.stdout.take());
    let begun = std::time::Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed().as_secs() < 10, "it lives on");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    drop(silent);
}
