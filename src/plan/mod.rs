//! What an invocation would do: the risk of its subcommand and of its SQL.
//!
//! What is not understood is [`Risk::Unknown`], which is as strict as [`Risk::Destroy`]. This module does not know
//! where the invocation would run, nor what is allowed there.

mod allow;
mod archive;
mod classify;
mod completion;
mod connects;
mod declared;
mod lexer;
mod meta;
mod migrations;
mod psql;
mod rehearsal;
mod report;
pub mod scan;
mod script;
mod sqitch;
mod tools;
mod waiting;

use std::path::PathBuf;

pub use archive::drops;
pub use connects::connects;
pub use psql::passed_over;
pub use rehearsal::{Rehearsal, Trait, rehearsal};
use report::Report;
use serde::Serialize;
pub use waiting::{Progress, Waiting};

use crate::target::{Declared, Invocation};
use crate::world::Snapshot;
use crate::world::stdin::Stdin;

/// What this invocation would do to the server it reaches.
///
/// Reads the files that the tool would read, and standard input only where the tool would take SQL from it; what was
/// read of a pipe is handed on by [`Stdin::into_stdio`]. Takes at most about two seconds for the files, two to wait
/// for a pipe, and two for what it held.
pub fn plan(invocation: &Invocation, stdin: &mut Stdin, snapshot: &Snapshot) -> Plan {
    plan_for(invocation, stdin, snapshot, None)
}

/// The same, with somebody who may want to wait for longer.
pub fn plan_for(
    invocation: &Invocation,
    stdin: &mut Stdin,
    snapshot: &Snapshot,
    waiting: Option<Box<dyn Waiting>>,
) -> Plan {
    let mut plan = read(invocation, stdin, snapshot, Report::with(waiting), &[]);
    plan.reads_stdin = stdin.was_looked_at();
    plan.takes_pgoptions = invocation.declared.as_ref().is_none_or(|declared| declared.takes_pgoptions());
    plan
}

/// The same for a tool of the table, now that it is known which of its migrations ran already.
pub fn plan_pending(invocation: &Invocation, applied: &[String], snapshot: &Snapshot) -> Plan {
    let mut plan = read(invocation, &mut Stdin::terminal(), snapshot, Report::default(), applied);
    plan.takes_pgoptions = invocation.declared.as_ref().is_none_or(|declared| declared.takes_pgoptions());
    plan
}

/// The risk of the commands themselves.
pub fn without_migrations(declared: &Declared) -> Risk {
    let mut report = Report::default();
    declared::read(declared, &mut report);
    report.into_plan(Mode::Batch).risk
}

fn read(
    invocation: &Invocation,
    stdin: &mut Stdin,
    snapshot: &Snapshot,
    mut report: Report,
    applied: &[String],
) -> Plan {
    if let Some(declared) = &invocation.declared {
        declared::read(declared, &mut report);
        for migrations in declared.migrations(invocation, snapshot) {
            migrations::read(&migrations, applied, snapshot, &mut report);
        }
        return report.into_plan(Mode::Batch);
    }
    let mode = match invocation.tool.as_str() {
        "psql" if stdin.answers_nobody() && completion::recognise(&invocation.args) => Mode::Completion,
        "psql" => psql::read(invocation, stdin, snapshot, &mut report),
        "pg_restore" => {
            archive::read(invocation, snapshot, &mut report);
            Mode::Batch
        }
        _ => tools::read(invocation, stdin, &mut report),
    };
    report.into_plan(mode)
}

/// Whether a person would type into this tool at a terminal, as far as its command line says; no file is read for it.
pub fn is_session(invocation: &Invocation, stdin: &Stdin) -> bool {
    let elsewhere: &[&str] = match invocation.tool.as_str() {
        "psql" => &["list", "command", "file", "help", "version"],
        "pgcli" => &["list", "list-dsn", "ping", "help", "version"],
        "mysql" | "mariadb" | "mycli" => &["execute", "help", "version", "list-dsn"],
        "mongosh" => &["eval", "file", "help", "version"],
        "sqlcmd" => &["query", "input-file", "help", "version"],
        "redis-cli" if invocation.operands.is_empty() => &["eval", "pipe", "help", "version"],
        "usql" => &["command", "file", "help", "version"],
        _ => return false,
    };
    stdin.is_terminal() && !stdin.answers_nobody() && !elsewhere.iter().any(|name| invocation.has(name))
}

/// The messages that psql would send for a script, each as the server gets it.
pub fn messages(script: &[u8]) -> Vec<Vec<u8>> {
    let mut report = Report::default();
    let mut reading = script::Reading::new(&mut report, std::path::Path::new("/"), None);
    reading.sent = Some(Vec::new());
    reading.script(Box::new(script), None);
    reading.sent.take().unwrap_or_default().into_iter().map(|sent| sent.text).collect()
}

/// The names of functions that are taken for reading: what a test holds against a real server.
pub fn reading_functions() -> impl Iterator<Item = &'static str> {
    classify::reading()
}

/// What could happen to the server. Ordered by strictness; deliberately without a `Default`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[must_use]
pub enum Risk {
    /// Touches no server.
    None,
    /// Reads.
    Read,
    /// Changes data, schema or the server's state in a way that loses nothing.
    Write,
    /// Loses data, or locks people out.
    Destroy,
    /// Cannot be said: as strict as `Destroy`.
    Unknown,
}

impl Risk {
    /// Its word, as the JSON has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
            Self::Destroy => "destroy",
            Self::Unknown => "unknown",
        }
    }
}

/// One statement or subcommand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its risk.
    pub risk: Risk,
    /// What it is, in kebab case: `drop-table`, `delete-without-where`, `restore-clean`.
    pub kind: String,
    /// What it touches, as written: table names and the like.
    pub objects: Vec<String>,
    /// The file it stands in; `None` for `-c`, standard input and subcommands.
    #[serde(serialize_with = "crate::text::lossy::optional_path")]
    pub file: Option<PathBuf>,
    /// Line of its first word in the file or text, from 1.
    pub line: Option<usize>,
    /// The statement on one line, redacted, cut to a length that can be shown.
    pub statement: String,
}

/// What the whole invocation would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The strictest of the findings, or that of the subcommand.
    pub risk: Risk,
    /// What was found, in order; statements that only read are left out.
    pub findings: Vec<Finding>,
    /// How the invocation gets its SQL.
    pub mode: Mode,
    /// The files that the findings rest on, as they were when read. If one changed since, the plan is void.
    pub inputs: Vec<Input>,
    /// Part of what runs comes through standard input, and so is not among the inputs.
    pub reads_stdin: bool,
    /// Things to tell that are not findings: where and when an archive was dumped, why a text is unknown.
    pub notes: Vec<String>,
    /// The tool's sessions take `PGOPTIONS`, so that they can be started read-only.
    pub takes_pgoptions: bool,
    /// A `\connect` leaves the server, or the database, that it starts at.
    pub leaves: bool,
}

/// How an invocation gets its SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Mode {
    /// A person will type it: no SQL is known beforehand. Only as safe as the session is read-only.
    Interactive,
    /// It is known beforehand, as far as the findings go.
    Batch,
    /// A shell's completion asks the catalogue; nothing may be asked and nothing may hang.
    Completion,
}

/// A file that was read for the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The file.
    pub path: PathBuf,
    /// Its identity and content when it was read.
    pub stamp: crate::world::files::Stamp,
}
