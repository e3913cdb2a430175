//! The other tools: what each command line would do, and what an archive says of itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use dbguard::plan::{Mode, Plan, Risk, plan};
use dbguard::target;
use dbguard::world::stdin::Stdin;
use dbguard::world::{Snapshot, User, Vars};

use crate::support::{Sandbox, clusters};

fn planned(line: &[&str], program: Option<PathBuf>, cwd: &Path) -> Plan {
    let user = User { uid: 1000, name: Some("u".to_owned()), home: None };
    let vars: Vars = std::env::vars_os().filter(|(name, _)| name == "PATH").collect();
    let snapshot = Snapshot { vars, cwd: cwd.to_owned(), user, now: SystemTime::UNIX_EPOCH };
    let args: Vec<OsString> = line[1..].iter().map(OsString::from).collect();
    plan(&target::parse(line[0], &args, program, &snapshot), &mut Stdin::terminal(), &snapshot)
}

/// The findings as `risk kind objects`; `read` where there is none.
fn shown(plan: &Plan) -> String {
    let line = |finding: &dbguard::plan::Finding| {
        let risk = format!("{:?}", finding.risk).to_lowercase();
        format!("{risk} {} {}", finding.kind, finding.objects.join(",")).trim_end().to_owned()
    };
    let lines: Vec<String> = plan.findings.iter().map(line).collect();
    if lines.is_empty() { format!("{:?}", plan.risk).to_lowercase() } else { lines.join("; ") }
}

#[test]
fn every_tool_has_the_risk_of_its_command_line() {
    let cases = [
        ("pg_dump -h h app", "read"),
        ("pg_dumpall", "read"),
        ("pg_isready", "read"),
        ("pg_basebackup -D x", "read"),
        ("pg_basebackup -D x -C -S slot", "write replication-slot slot"),
        ("pg_receivewal -D x", "read"),
        ("pg_receivewal --create-slot -S slot", "write replication-slot slot"),
        ("pg_receivewal --drop-slot -S slot", "destroy replication-slot slot"),
        ("pg_recvlogical --start -S slot -d app -f -", "write replication-slot slot"),
        ("pg_recvlogical --drop-slot -S slot", "destroy replication-slot slot"),
        ("createdb app", "write create-database app"),
        ("createuser bob", "write create-role bob"),
        ("dropdb app", "destroy drop-database app"),
        ("dropuser bob", "destroy drop-role bob"),
        ("vacuumdb app", "write vacuum app"),
        ("vacuumdb -f -t orders app", "destroy vacuum-full app,orders"),
        ("reindexdb app", "destroy reindex app"),
        ("reindexdb --concurrently app", "write reindex app"),
        ("clusterdb app", "destroy cluster app"),
        ("pg_amcheck app", "read"),
        ("pg_amcheck --install-missing app", "write create-extension app"),
        ("pgbench -i app", "destroy pgbench-initialize app"),
        ("pgbench -i -I v app", "write pgbench-initialize app"),
        ("pgbench app", "write pgbench app"),
        ("pgbench -S -n app", "read"),
        ("pgbench -f x.sql app", "unknown pgbench-script app"),
        ("pg_restore -l x.dump", "none"),
        ("pg_restore -f out.sql x.dump", "none"),
        ("some_tool", "unknown unknown"),
    ];
    for (line, expected) in cases {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(shown(&planned(&words, None, Path::new("/"))), expected, "{line}");
    }
    assert_eq!(planned(&["pgcli", "app"], None, Path::new("/")).mode, Mode::Interactive);
}

#[test]
fn an_archive_says_where_it_comes_from_and_what_clean_would_drop() {
    let sandbox = Sandbox::new();
    let production = clusters().production();
    let bin = clusters().bin();
    for format in ["custom", "directory", "tar"] {
        let name = format!("app.{format}");
        let status = Command::new(bin.join("pg_dump"))
            .args(["-U", "postgres", "-p", &production.port.to_string(), "-F", format, "-f"])
            .arg(sandbox.path(&name))
            .arg("-h")
            .arg(&production.socket)
            .arg("app")
            .status()
            .unwrap();
        assert!(status.success());
        let path = sandbox.path(&name);
        let path = path.to_str().unwrap();
        let at = |options: &[&str]| {
            let line = [&["pg_restore", "-d", "app"], options, &[path]].concat();
            planned(&line, Some(bin.join("pg_restore")), Path::new("/"))
        };
        let plain = at(&[]);
        assert_eq!(plain.risk, Risk::Write, "{plain:?}");
        assert!(plain.notes[0].starts_with("archive: database app, dumped 2"), "{:?}", plain.notes);
        assert!(plain.notes[0].contains("from PostgreSQL"), "{:?}", plain.notes);
        assert_eq!(plain.inputs.len(), 1);
        let clean = at(&["--clean"]);
        assert_eq!(clean.risk, Risk::Destroy);
        let drops: Vec<&str> = clean
            .findings
            .iter()
            .filter(|finding| finding.kind == "drop-table")
            .map(|finding| finding.objects[0].as_str())
            .collect();
        assert!(drops.contains(&"public.temp_migration_backup") || !drops.is_empty(), "{clean:?}");
        assert_eq!(at(&["-c", "-t", "no_such_table"]).findings.len(), 1);
        let both = at(&["-c", "-C"]);
        assert!(
            both.findings.iter().any(|finding| finding.kind == "drop-database" && finding.objects == ["app"]),
            "{both:?}"
        );
    }
}

#[test]
fn an_archive_that_cannot_be_read_is_unknown() {
    let sandbox = Sandbox::new().file("text.sql", "select 1;\n");
    let program = Some(clusters().bin().join("pg_restore"));
    let text = sandbox.path("text.sql");
    for name in ["no-such-file", text.to_str().unwrap(), "/dev/zero"] {
        let plan = planned(&["pg_restore", "-d", "app", name], program.clone(), Path::new("/"));
        assert_eq!(plan.risk, Risk::Unknown, "{name}");
    }
    let stdin = planned(&["pg_restore", "-d", "app"], program.clone(), Path::new("/"));
    assert_eq!(stdin.notes, ["the archive's contents are not known: it comes from standard input"]);
    let sleeping = Sandbox::new().file("slow", "#!/bin/sh\nexec sleep 60\n").mode("slow", 0o755);
    let begun = std::time::Instant::now();
    let plan =
        planned(&["pg_restore", "-d", "app", text.to_str().unwrap()], Some(sleeping.path("slow")), Path::new("/"));
    assert_eq!(plan.risk, Risk::Unknown);
    assert!(begun.elapsed() < std::time::Duration::from_secs(4));
}
