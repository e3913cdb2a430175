//! The tools of the table: what each command line would reach, and what it would do there.
//!
//! `tests/tools/*.txt` are projects: a line `== PATH` begins a file of it, a line `--` ends the files; then a line with `$`
//! is a command line, vars before it, and the lines below say what is told: the databases, strictest risk first. The
//! files are what the tools themselves write or document. The vars of one project do not leak into another.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use dbguard::plan;
use dbguard::target::{self, Resolution, Target};
use dbguard::world::stdin::Stdin;
use dbguard::world::{Snapshot, User, Vars};

use crate::support::Sandbox;

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

fn place(target: &Target) -> String {
    let hosts: Vec<String> = target.hosts.iter().map(target::Host::shown).collect();
    let part = |field: Option<&target::Field<OsString>>| field.map_or_else(|| "-".to_owned(), target::Field::shown);
    let mut line = format!("{}@{}/{}", part(target.user.as_ref()), hosts.join(","), part(target.dbname.as_ref()));
    for name in &target.affects {
        let _ = write!(line, " on {}", name.shown());
    }
    line + if target.every_database { " on every database" } else { "" }
}

fn origins(target: &Target) -> String {
    let host = target.hosts.first().and_then(|host| host.host.as_ref()).map(|host| host.origin.to_string());
    host.map(|host| format!(" ({host})")).unwrap_or_default()
}

fn reached(resolution: &Resolution) -> String {
    match resolution {
        Resolution::NoServer { because } => format!("no server: {because}"),
        Resolution::Resolved(target) => place(target) + &origins(target),
        Resolution::Ambiguous { partial: None, because } => format!("? {because}"),
        Resolution::Ambiguous { partial: Some(target), because } => format!("? {because} [{}]", place(target)),
    }
}

/// What a command line comes to in this directory.
fn told(line: &str, cwd: &Path) -> String {
    let mut vars = Vars::default();
    vars.set("HOME", "/nowhere");
    let mut words = words(line).into_iter().peekable();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        vars.set(name, value);
        words.next();
    }
    let tool = words.next().unwrap();
    let args: Vec<OsString> = words.map(OsString::from).collect();
    let user = User { uid: 1000, name: Some("alice".to_owned()), home: None };
    let snapshot = Snapshot { vars, cwd: cwd.to_owned(), user, now: SystemTime::UNIX_EPOCH };
    let invocation = target::parse(&tool, &args, None, &snapshot);
    let places = target::places(&invocation, &snapshot);
    let mut text = reached(&places.main) + "\n";
    for also in &places.also {
        let _ = writeln!(text, "and {}", reached(also));
    }
    if !matches!(places.main, Resolution::NoServer { .. }) {
        let plan = plan::plan(&invocation, &mut Stdin::terminal(), &snapshot);
        let risk = format!("{:?}", plan.risk).to_lowercase();
        let found: Vec<&str> = plan.findings.iter().map(|finding| finding.statement.as_str()).collect();
        let _ = writeln!(text, "{risk}: {}", if found.is_empty() { "-".to_owned() } else { found.join(", ") });
    }
    text.replace(&format!("{}/", cwd.display()), "")
}

/// Runs one project's table; answers with the table as it should be written.
fn run(text: &str) -> String {
    let mut sandbox = Sandbox::new();
    let (files, commands) = text.split_once("\n--\n").unwrap();
    for file in files.split("\n== ").skip(1) {
        let (name, content) = file.split_once('\n').unwrap();
        sandbox = sandbox.file(&format!("work/{name}"), format!("{content}\n"));
    }
    let cwd = sandbox.path("work");
    let mut actual = format!("{files}\n--\n");
    for line in commands.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            let _ = write!(actual, "$ {command}\n{}", told(command, &cwd));
        } else if line.starts_with('#') || line.is_empty() {
            let _ = writeln!(actual, "{line}");
        }
    }
    actual
}

fn check(name: &str) {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools")).join(name);
    let expected = std::fs::read_to_string(&path).unwrap();
    let actual = run(&expected);
    if std::env::var_os("DBGUARD_TEST_BLESS").is_some() {
        return std::fs::write(&path, actual).unwrap();
    }
    let wrong = actual.lines().zip(expected.lines()).enumerate().find(|(_, (actual, expected))| actual != expected);
    if let Some((at, (actual, expected))) = wrong {
        panic!("{name}:{}\nsays    {expected}\nbut is  {actual}", at + 1);
    }
    assert_eq!(actual.lines().count(), expected.lines().count(), "{name}");
}

#[test]
fn tools_of_ruby() {
    check("ruby.txt");
}

#[test]
fn tools_of_php() {
    check("php.txt");
}

#[test]
fn tools_of_python() {
    check("python.txt");
}

#[test]
fn tools_of_python_whose_code_decides() {
    check("python_code.txt");
}

#[test]
fn tools_of_node() {
    check("node.txt");
}

#[test]
fn tools_of_node_with_an_empty_project() {
    check("node_empty.txt");
}

#[test]
fn tools_with_a_file_of_their_own() {
    check("own_file.txt");
}

#[test]
fn tools_whose_file_is_code() {
    check("own_code.txt");
}

#[test]
fn tools_of_rust_and_go() {
    check("native.txt");
}

#[test]
fn tools_of_the_jvm() {
    check("jvm.txt");
}

#[test]
fn migrations_that_are_sql() {
    check("migrations.txt");
}

#[test]
fn tasks_and_scripts_of_projects() {
    check("tasks.txt");
}

#[test]
fn dry_runs_and_what_only_reads() {
    check("dry.txt");
}

#[test]
fn further_tools() {
    check("more.txt");
}

#[test]
fn clients_of_other_systems() {
    check("foreign.txt");
}

#[test]
fn clients_and_others() {
    check("clients.txt");
}

#[test]
fn further_tools_of_go_and_others() {
    check("go.txt");
}

#[test]
fn ecto_is_code_and_what_the_vars_say_is_shown_beside_it() {
    check("mix.txt");
}

#[test]
fn dotnets_connection_strings_are_read_and_code_chooses_among_them() {
    check("dotnet.txt");
}

#[test]
fn what_may_be_overruled() {
    check("doubts.txt");
}
