//! `dbguard log show ID`: everything of one invocation, and how to get back to the moment before it.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::Value;

use super::invocations::{gather, target};
use super::unknown;
use crate::cli::output;
use crate::effects::audit::{AuditLog, Entry, Record};
use crate::error::{Error, Kind, Result};
use crate::shell;
use crate::text::Untrusted;

pub(super) fn run(id: &str, file: &AuditLog) -> Result<ExitCode> {
    let id = find(id, file)?;
    let mut records = Vec::new();
    for entry in file.entries()? {
        match entry? {
            Entry::Record(record) if record.id() == id => records.push(record),
            Entry::Record(_) | Entry::Newer { .. } | Entry::Garbage => {}
        }
    }
    output::print(|out| {
        head(out, &records)?;
        let mut told = Vec::new();
        records.iter().try_for_each(|record| one(out, record, &mut told))?;
        recovery(out, &records)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The identifier that was meant: itself, or the only one that begins or ends so.
fn find(id: &str, file: &AuditLog) -> Result<String> {
    let all = gather(file.entries()?)?;
    if all.place(id).is_some() {
        return Ok(id.to_owned());
    }
    let part = |one: &&str| id.len() >= SHORTEST && (one.starts_with(id) || one.ends_with(id));
    let found: Vec<&str> = all.ids().filter(part).collect();
    match found.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(unknown(id)),
        several => {
            let list = several.iter().take(5).map(|one| Untrusted::text(one).to_string()).collect::<Vec<_>>();
            let several = several.len();
            Err(Error::new(Kind::Negative, format!("`{}` is the part of {several} identifiers", Untrusted::text(id)))
                .hint(format!("name one: {}", list.join(", "))))
        }
    }
}

/// The command line on one line.
fn head(out: &mut dyn Write, records: &[Record]) -> io::Result<()> {
    let Some(first) = records.first() else { return Ok(()) };
    let mut words = vec![first.text("/tool").to_owned()];
    for word in first.at("/argv").and_then(Value::as_array).into_iter().flatten() {
        words.push(shell::posix(OsStr::new(word.as_str().unwrap_or_default())));
    }
    writeln!(out, "{}  {}", Untrusted::text(first.id()), Untrusted::text(&target(first)))?;
    writeln!(out, "  {}", Untrusted::text(&words.join(" ")))
}

/// A record, leaf by leaf, but for what an earlier one told already.
fn one(out: &mut dyn Write, record: &Record, told: &mut Vec<(String, String)>) -> io::Result<()> {
    writeln!(out, "{}  {}", Untrusted::text(record.text("/phase")), Untrusted::text(record.text("/time")))?;
    let mut leaves = Vec::new();
    flatten("", record.fields(), &mut leaves);
    for leaf in leaves {
        if CHAIN.contains(&&*leaf.0) || told.contains(&leaf) {
            continue;
        }
        writeln!(out, "  {:<24}  {}", Untrusted::text(&leaf.0).to_string(), Untrusted::text(&leaf.1))?;
        told.push(leaf);
    }
    Ok(())
}

/// Every value that is not null by its name: `target.host`, `findings.1.kind`.
fn flatten(name: &str, value: &Value, leaves: &mut Vec<(String, String)>) {
    let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Null => {}
        Value::Bool(value) => leaves.push((name.to_owned(), value.to_string())),
        Value::Number(value) => leaves.push((name.to_owned(), value.to_string())),
        Value::String(value) => leaves.push((name.to_owned(), value.clone())),
        Value::Array(items) => {
            (1_usize..).zip(items).for_each(|(number, item)| flatten(&below(&number.to_string()), item, leaves));
        }
        Value::Object(fields) => fields.iter().for_each(|(key, field)| flatten(&below(key), field, leaves)),
    }
}

/// The settings of a point-in-time recovery that ends right before the tool started. PostgreSQL takes only one of the
/// targets, <https://www.postgresql.org/docs/current/runtime-config-wal.html#RUNTIME-CONFIG-WAL-RECOVERY-TARGET>; the
/// surest stands first.
fn recovery(out: &mut dyn Write, records: &[Record]) -> io::Result<()> {
    let last = |path: &str| records.iter().rev().map(|record| record.text(path)).find(|text| !text.is_empty());
    if last("/target/host").is_none() && last("/target/hostaddr").is_none() {
        return Ok(());
    }
    writeln!(out, "to recover to the moment before it, if it ran")?;
    writeln!(
        out,
        "  restore a base backup that was finished before, let restore_command find the archive, set one of"
    )?;
    if let Some(name) = last("/restore_point") {
        writeln!(out, "    recovery_target_name = {}", setting(name))?;
    }
    if let Some(lsn) = last("/lsn") {
        writeln!(out, "    recovery_target_lsn = {}", setting(lsn))?;
    }
    let before = |record: &&Record| record.text("/phase") != "ended";
    if let Some(record) = records.iter().rfind(before) {
        let time = record.text("/time").replace('T', " ").replace('Z', "+00");
        writeln!(out, "    recovery_target_time = {}  (by this machine's clock)", setting(&time))?;
    }
    writeln!(
        out,
        "  and, with a time or an LSN, recovery_target_inclusive = off; then create recovery.signal and start"
    )
}

/// A value of postgresql.conf: in quotes, which are doubled within.
fn setting(value: &str) -> String {
    format!("'{}'", Untrusted::text(&value.replace('\'', "''")))
}

/// Fewer characters than this name nothing.
const SHORTEST: usize = 4;

/// What belongs to the chain and not to the invocation, or stands in the heading already.
const CHAIN: [&str; 7] = ["v", "seq", "prev", "hash", "id", "phase", "time"];
