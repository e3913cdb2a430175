//! What the other tools of PostgreSQL do to the server: a table over their options.
//!
//! `pg_restore` has a file of its own, since what it does is written in its archive.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::report::Report;
use super::{Mode, Risk};
use crate::target::Invocation;
use crate::text::redact;
use crate::world::stdin::Stdin;

/// One effect of a tool: its risk and kind.
type Effect = (Risk, &'static str);

/// Classifies by the tool's name; an unknown tool is unknown.
pub(super) fn read(invocation: &Invocation, stdin: &Stdin, report: &mut Report) -> Mode {
    let has = |name: &str| invocation.has(name);
    let effect = match invocation.tool.as_str() {
        "pg_basebackup" => basebackup(invocation),
        "pg_receivewal" => slot(invocation, None),
        "pg_recvlogical" => slot(invocation, Some((Risk::Write, "replication-slot"))),
        "createdb" => Some((Risk::Write, "create-database")),
        "createuser" => Some((Risk::Write, "create-role")),
        "dropdb" => Some((Risk::Destroy, "drop-database")),
        "dropuser" => Some((Risk::Destroy, "drop-role")),
        // ACCESS EXCLUSIVE for as long as the table is rewritten.
        "vacuumdb" if has("full") => Some((Risk::Destroy, "vacuum-full")),
        "vacuumdb" if has("analyze-only") => Some((Risk::Write, "analyze")),
        "vacuumdb" => Some((Risk::Write, "vacuum")),
        // Planning any query on a table takes a lock on each of its indexes, so readers wait as well.
        "reindexdb" if !has("concurrently") => Some((Risk::Destroy, "reindex")),
        "reindexdb" => Some((Risk::Write, "reindex")),
        "clusterdb" => Some((Risk::Destroy, "cluster")),
        "pg_amcheck" if has("install-missing") => Some((Risk::Write, "create-extension")),
        // These take SHARE locks, which keep writers out.
        "pg_amcheck" if has("parent-check") || has("rootdescend") => Some((Risk::Write, "lock")),
        "pg_amcheck" | "pg_dump" | "pg_dumpall" | "pg_isready" => None,
        "pgbench" => pgbench(invocation),
        "pgcli" => return pgcli(invocation, stdin, report),
        _ => Some((Risk::Unknown, "unknown")),
    };
    report.raise(Risk::Read);
    if columns_hold_more(invocation) {
        report
            .unknown("injection", "a table's list of columns holds a semicolon, which reaches the server as it stands");
    }
    if let Some((risk, kind)) = effect {
        let objects = objects(invocation);
        let statement = format!("{} {}", invocation.tool, objects.join(" "));
        report.found(risk, kind, objects, statement.trim_end());
    }
    Mode::Batch
}

/// `vacuumdb -Z -t 't(a); DROP …'`: what stands behind a table's name is not quoted (`vacuum_one_database` in
/// `vacuumdb.c`).
fn columns_hold_more(invocation: &Invocation) -> bool {
    let mut tables = invocation.all("table").filter_map(|option| option.value.as_deref());
    invocation.tool == "vacuumdb" && tables.any(|table| table.as_bytes().contains(&b';'))
}

/// What is named on the command line: operands that are no connection strings, and tables.
fn objects(invocation: &Invocation) -> Vec<String> {
    let named = ["table", "index", "slot"].into_iter().flat_map(|name| invocation.all(name));
    let named = named.filter_map(|option| option.value.as_deref());
    let operands = invocation.operands.iter().map(std::ffi::OsString::as_os_str).filter(|operand| !connects(operand));
    // The first operand of createdb, dropdb, createuser and dropuser is what they act on; a second one is a comment.
    operands.take(1).chain(named).map(redact::identifier).collect()
}

/// Whether a text is a URI or a conninfo string, which may hold a password.
fn connects(operand: &OsStr) -> bool {
    let bytes = operand.as_bytes();
    bytes.contains(&b'=') || memchr::memmem::find(bytes, b"://").is_some()
}

fn basebackup(invocation: &Invocation) -> Option<Effect> {
    if invocation.has("create-slot") {
        return Some((Risk::Write, "replication-slot"));
    }
    let target = invocation.all("target").filter_map(|option| option.value.as_deref()).next_back();
    target.filter(|target| target.as_bytes().starts_with(b"server")).map(|_| (Risk::Write, "server-file"))
}

/// Replication: slots are made, dropped, or moved forward by reading from them.
fn slot(invocation: &Invocation, otherwise: Option<Effect>) -> Option<Effect> {
    if invocation.has("drop-slot") {
        return Some((Risk::Destroy, "replication-slot"));
    }
    if invocation.has("create-slot") || invocation.has("slot") {
        return Some((Risk::Write, "replication-slot"));
    }
    otherwise
}

/// `-i` drops or empties the `pgbench_` tables in steps `d`, `g` and `G`; a run without `-n` empties `pgbench_history`.
fn pgbench(invocation: &Invocation) -> Option<Effect> {
    let value = |name| invocation.all(name).filter_map(|option| option.value.as_deref()).next_back();
    if invocation.has("initialize") {
        let steps = value("init-steps").map_or(b"dtgvp".as_slice(), OsStr::as_bytes);
        let loses = steps.iter().any(|step| matches!(step, b'd' | b'g' | b'G'));
        return Some((if loses { Risk::Destroy } else { Risk::Write }, "pgbench-initialize"));
    }
    if invocation.has("file") {
        return Some((Risk::Unknown, "pgbench-script"));
    }
    let selects = |builtin: &OsStr| builtin.as_bytes().starts_with(b"select") && !builtin.as_bytes().contains(&b',');
    let builtins = invocation.all("builtin").filter_map(|option| option.value.as_deref());
    let reading = invocation.has("select-only") && !invocation.has("builtin")
        || invocation.has("builtin") && builtins.into_iter().all(selects);
    let quiet = invocation.has("no-vacuum") && !invocation.has("skip-some-updates");
    if reading && quiet { None } else { Some((Risk::Write, "pgbench")) }
}

/// Only ever a person at a terminal, as far as its options are known (pgcli 3 and 4).
fn pgcli(invocation: &Invocation, stdin: &Stdin, report: &mut Report) -> Mode {
    report.raise(Risk::Read);
    if ["list", "list-dsn", "ping", "help", "version"].iter().any(|name| invocation.has(name)) {
        return Mode::Batch;
    }
    if invocation.has("init-command") || !stdin.is_terminal() {
        report.unknown("unknown", "what pgcli is given to run is not read");
        return Mode::Batch;
    }
    Mode::Interactive
}
