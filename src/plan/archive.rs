//! `pg_restore`: what the archive's own table of contents says.
//!
//! The real `pg_restore --list` reads it, in every format and version that this program can restore anyway, with the
//! user's own selection; nothing is connected to. This is the only program that a plan starts.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::Risk;
use super::report::Report;
use crate::target::Invocation;
use crate::text::Untrusted;
use crate::world::Snapshot;

mod contents;

use contents::{Contents, Entry};

/// The longest that `pg_restore --list` may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest table of contents that is read.
const LONGEST: u64 = 16 << 20;

/// What `--clean` would drop by this table of contents, in the words of `pg_restore --list`: kinds of findings and
/// objects. `None` where it is none.
pub fn drops(list: &str) -> Option<Vec<(String, String)>> {
    Some(contents::parse(list)?.entries.iter().filter_map(Entry::dropped).collect())
}

/// What this `pg_restore` would do.
pub(super) fn read(invocation: &Invocation, snapshot: &Snapshot, report: &mut Report) {
    let has = |name: &str| invocation.has(name);
    if has("list") || !has("dbname") {
        return; // prints, and connects to nothing
    }
    let shown: Vec<String> =
        invocation.operands.first().map(|file| Untrusted::os(file).to_string()).into_iter().collect();
    let (risk, kind) = if has("clean") { (Risk::Destroy, "restore-clean") } else { (Risk::Write, "restore") };
    report.found(risk, kind, shown.clone(), format!("pg_restore {}", shown.join(" ")).trim_end());
    match list(invocation, snapshot, report) {
        Ok(contents) => tell(&contents, invocation, report),
        Err(why) => report.unknown("archive", format!("the archive's contents are not known: {why}")),
    }
}

/// Asks the real program for the table of contents.
fn list(invocation: &Invocation, snapshot: &Snapshot, report: &mut Report) -> Result<Contents, String> {
    let Some(name) = invocation.operands.first() else {
        return Err("it comes from standard input".to_owned());
    };
    let path = snapshot.cwd.join(name);
    let meta = std::fs::metadata(&path).map_err(|trouble| trouble.to_string())?;
    let stamped = if meta.is_dir() { path.join("toc.dat") } else { path.clone() };
    if !meta.is_dir() && !meta.is_file() {
        return Err("it is neither a file nor a directory".to_owned());
    }
    remember(&stamped, report);
    if let Some(list) = invocation.all("use-list").filter_map(|option| option.value.as_ref()).next_back() {
        remember(&snapshot.cwd.join(list), report);
    }
    let program = invocation.program.as_deref().ok_or("pg_restore was not found")?;
    let text = run(program, &selection(invocation), &path, snapshot)?;
    contents::parse(&text).ok_or_else(|| "pg_restore --list did not understand it".to_owned())
}

fn remember(path: &Path, report: &mut Report) {
    if let Ok(file) = File::open(path) {
        report.input(path, &file);
    }
}

/// The options that select entries, passed on as they are.
fn selection(invocation: &Invocation) -> Vec<OsString> {
    let selects = |name: &str| SELECTING.contains(&name);
    let option = |option: &crate::target::Opt| {
        let mut word = OsString::from(format!("--{}", option.name));
        if let Some(value) = &option.value {
            word.push("=");
            word.push(value);
        }
        word
    };
    invocation.options.iter().filter(|option| selects(&option.name)).map(option).collect()
}

const SELECTING: &[&str] = &[
    "create",
    "data-only",
    "exclude-schema",
    "format",
    "function",
    "index",
    "no-comments",
    "no-publications",
    "no-security-labels",
    "no-subscriptions",
    "schema",
    "schema-only",
    "section",
    "table",
    "trigger",
    "use-list",
];

/// Runs it with a limit of time and length; standard input stays untouched.
fn run(program: &Path, options: &[OsString], archive: &Path, snapshot: &Snapshot) -> Result<String, String> {
    let mut command = Command::new(program);
    command.arg("--list").args(options).arg("--").arg(archive).current_dir(&snapshot.cwd);
    command.env_clear().envs(snapshot.vars.iter()).env("LC_ALL", "C");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|trouble| trouble.to_string())?;
    let Some(output) = child.stdout.take() else {
        return Err("its output cannot be read".to_owned());
    };
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let read = output.take(LONGEST).read_to_end(&mut text);
        let _ = sender.send(read.map(|_| text));
    });
    let text = receiver.recv_timeout(PATIENCE);
    if text.is_err() {
        let _ = child.kill();
    }
    let status = child.wait();
    let text =
        text.map_err(|_| "pg_restore --list took longer than two seconds")?.map_err(|trouble| trouble.to_string())?;
    let done = status.is_ok_and(|status| status.success());
    if done { Ok(String::from_utf8_lossy(&text).into_owned()) } else { Err("pg_restore --list failed".to_owned()) }
}

/// Where the archive comes from, and what `--clean` and `--create` would do with it.
fn tell(contents: &Contents, invocation: &Invocation, report: &mut Report) {
    let origin =
        [("database", &contents.dbname), ("dumped", &contents.created), ("from PostgreSQL", &contents.version)];
    let origin: Vec<String> = origin
        .into_iter()
        .filter_map(|(what, value)| Some(format!("{what} {}", Untrusted::text(value.as_deref()?))))
        .collect();
    report.note(format!("archive: {}, {} entries to restore", origin.join(", "), contents.entries.len()));
    let database: Vec<String> = contents.dbname.iter().map(|name| Untrusted::text(name).to_string()).collect();
    if invocation.has("create") && invocation.has("clean") {
        report.found(Risk::Destroy, "drop-database", database, "pg_restore --clean --create drops the database");
    } else if invocation.has("create") {
        report.found(Risk::Write, "create-database", database, "pg_restore --create creates the database");
    } else if invocation.has("clean") {
        contents.entries.iter().filter_map(Entry::dropped).for_each(|(kind, object)| {
            let statement = format!("pg_restore --clean drops {object}");
            report.found(Risk::Destroy, &kind, vec![object], statement);
        });
    }
}
