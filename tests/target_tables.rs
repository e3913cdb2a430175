//! Command lines and their targets, as tables to read: `tests/targets/*.txt`.
//!
//! A line with `$` is a command line, vars before it, as a shell would read it; the two lines after it say the target
//! and where each field came from. `@15` before the tool is the program of Debian's version 15. The system user is
//! `alice`, her home is a directory with the service file of `services.conf`.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use dbguard::target::{self, Resolution, Target};
use dbguard::world::{Snapshot, User, Vars};
use serde_json::Value;

use crate::support::Sandbox;

fn tables() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets")
}

/// Words as a shell parts them: quotes, no escapes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn snapshot(home: &Path, vars: &[(String, String)]) -> Snapshot {
    let mut vars: Vars = vars.iter().cloned().collect();
    vars.set("HOME", home);
    let user = User { uid: 1000, name: Some("alice".to_owned()), home: Some(home.to_owned()) };
    Snapshot { vars, cwd: home.to_owned(), user, now: SystemTime::UNIX_EPOCH }
}

/// What a command line comes to, as the tables say it.
fn told(line: &str, home: &Path) -> String {
    let mut vars = Vec::new();
    let mut words = words(line).into_iter().peekable();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        vars.push((name.to_owned(), value.to_owned()));
        words.next();
    }
    let version = words.next_if(|word| word.starts_with('@'));
    let tool = words.next().unwrap();
    let program = version.map(|version| Path::new("/usr/lib/postgresql").join(&version[1..]).join("bin").join(&tool));
    let args: Vec<OsString> = words.map(OsString::from).collect();
    let snapshot = snapshot(home, &vars);
    let invocation = target::parse(&tool, &args, program, &snapshot);
    let text = match target::resolve(&invocation, &snapshot) {
        Resolution::NoServer { because } => format!("no server: {because}\n"),
        Resolution::Ambiguous { because, .. } => format!("ambiguous: {because}\n"),
        Resolution::Resolved(target) => place(&target),
    };
    text.replace(home.to_str().unwrap(), "~")
}

/// A target as `explain --json` shows it, in two lines.
fn place(target: &Target) -> String {
    let json = serde_json::to_value(target).unwrap();
    let host = |host: &Value| match (host["host"].as_str(), host["hostaddr"].as_str(), &host["port"]) {
        (Some(name), Some(address), port) => format!("{name} at {address}:{port}"),
        (name, address, port) => format!("{}:{port}", name.or(address).unwrap()),
    };
    let hosts: Vec<String> = json["hosts"].as_array().unwrap().iter().map(host).collect();
    let dbname = json["dbname"].as_str().unwrap_or("(replication)");
    let mut told = format!("{} | {dbname} | {}", hosts.join(", "), json["user"].as_str().unwrap());
    for affected in json["affects"].as_array().unwrap() {
        write!(told, " | affects {}", affected.as_str().unwrap()).unwrap();
    }
    if target.every_database {
        told.push_str(" | every database");
    }
    let origins = json["origins"].as_object().unwrap();
    let origins: Vec<String> =
        origins.iter().map(|(name, origin)| format!("{name}: {}", origin.as_str().unwrap())).collect();
    format!("{told}\n  {}\n", origins.join("; "))
}

#[test]
fn every_command_line_of_the_tables_has_the_target_that_the_table_says() {
    let sandbox = Sandbox::new();
    let home = sandbox.root().to_owned();
    std::fs::copy(tables().join("services.conf"), home.join(".pg_service.conf")).unwrap();
    for entry in std::fs::read_dir(tables()).unwrap().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let table = std::fs::read_to_string(&path).unwrap();
        let mut actual = String::new();
        for line in table.lines() {
            if line.is_empty() || line.starts_with('#') {
                writeln!(actual, "{line}").unwrap();
            } else if let Some(command) = line.strip_prefix("$ ") {
                writeln!(actual, "{line}\n{}", told(command, &home).trim_end()).unwrap();
            }
        }
        if std::env::var_os("DBGUARD_BLESS").is_some() {
            std::fs::write(&path, &actual).unwrap(); // to be read before it is committed
            continue;
        }
        let shown: Vec<&str> = actual.lines().filter(|line| !line.starts_with('$')).collect();
        assert!(!shown.join("\n").contains("hunter2"), "a password is shown:\n{actual}");
        assert!(actual == table, "{} differs; it comes to:\n{actual}", path.display());
    }
}

#[test]
fn two_homes_with_two_service_files_are_told_apart_only_by_the_version() {
    let sandbox =
        Sandbox::new().file("new/.pg_service.conf", "[s]\nhost=db1\n").file("old/.pg_service.conf", "[s]\nhost=db2\n");
    let mut snapshot = snapshot(&sandbox.path("new"), &[]);
    snapshot.user.home = Some(sandbox.path("old"));
    let of = |program: Option<&str>| {
        let invocation = target::parse("psql", &["service=s".into()], program.map(PathBuf::from), &snapshot);
        target::resolve(&invocation, &snapshot)
    };
    let Resolution::Resolved(target) = of(Some("/usr/lib/postgresql/15/bin/psql")) else { panic!("15 reads $HOME") };
    assert_eq!(place(&target).split(' ').next(), Some("db1:5432"));
    assert!(matches!(of(None), Resolution::Ambiguous { .. }), "13 asks the password database");
}
