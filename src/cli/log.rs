//! `dbguard log`: the audit log for people and for machines.
//!
//! Everything in a record came from outside once, and the log itself may have been edited: all of it goes through
//! [`Untrusted`]. Records of a newer dbguard are counted and not guessed at.

mod invocations;
mod show;

use std::io::{self, Write};
use std::process::ExitCode;

use self::invocations::{Invocations, gather};
use super::args::{Log, LogVerb};
use super::output;
use crate::effects::audit::{AuditLog, Entry};
use crate::error::{Error, Kind, Result};
use crate::text::Untrusted;
use crate::world::Snapshot;

pub(super) fn run(log: &Log, snapshot: &Snapshot) -> Result<ExitCode> {
    let Some(file) = AuditLog::existing(snapshot)? else {
        return nothing_yet(log);
    };
    match &log.verb {
        None if log.json => json(log, &file),
        None => list(log, &file),
        Some(LogVerb::Show { id }) => show::run(id, &file),
        Some(LogVerb::Verify) => verify(&file),
    }
}

/// How much of the log's end a press of TAB reads.
const RECENT: u64 = 256 * 1024;

/// The latest invocations, the newest first, for completion: what cannot be read is not listed.
pub(super) fn candidates(snapshot: &Snapshot) -> Vec<(String, String)> {
    let Ok(Some(file)) = AuditLog::existing(snapshot) else { return Vec::new() };
    let Ok(all) = file.latest(RECENT).and_then(gather) else { return Vec::new() };
    all.list.iter().rev().map(|one| (one.id().to_owned(), one.summary())).collect()
}

fn nothing_yet(log: &Log) -> Result<ExitCode> {
    match &log.verb {
        Some(LogVerb::Show { id }) => Err(unknown(id)),
        Some(LogVerb::Verify) => {
            output::print(|out| writeln!(out, "ok: 0 records"))?;
            Ok(ExitCode::SUCCESS)
        }
        None => Ok(ExitCode::SUCCESS),
    }
}

/// One line per invocation, the newest last.
fn list(log: &Log, file: &AuditLog) -> Result<ExitCode> {
    let all = gather(file.entries()?)?;
    let chosen = chosen(log, &all);
    output::print(|out| {
        for invocation in chosen.iter().filter_map(|&at| all.list.get(at)) {
            writeln!(out, "{invocation}")?;
        }
        remarks(out, &all)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What the list leaves out.
fn remarks(out: &mut dyn Write, all: &Invocations) -> io::Result<()> {
    if let Some(version) = all.newest_version {
        let what = was(all.newer, "record");
        writeln!(out, "{what} written by a newer dbguard (version {version}) and not understood here")?;
    }
    if all.garbage > 0 {
        let lines =
            if all.garbage == 1 { "1 line is no record" } else { &format!("{} lines are no records", all.garbage) };
        writeln!(out, "{lines}: see dbguard log verify")?;
    }
    Ok(())
}

/// The records of the chosen invocations, one JSON object per line.
fn json(log: &Log, file: &AuditLog) -> Result<ExitCode> {
    let all = gather(file.entries()?)?;
    let chosen = chosen(log, &all);
    let mut lines = Vec::new();
    for entry in file.entries()? {
        if let Entry::Record(record) = entry?
            && all.place(record.id()).is_some_and(|at| chosen.binary_search(&at).is_ok())
        {
            lines.push(record.json().to_owned());
        }
    }
    output::print(|out| lines.iter().try_for_each(|line| writeln!(out, "{line}")))?;
    Ok(ExitCode::SUCCESS)
}

/// The places of the invocations to show, ascending.
fn chosen(log: &Log, all: &Invocations) -> Vec<usize> {
    let wanted = |name: &str| log.env.as_ref().is_none_or(|env| env.eq_ignore_ascii_case(name));
    let mut places: Vec<usize> =
        all.list.iter().enumerate().filter(|(_, one)| wanted(one.environment())).map(|(at, _)| at).collect();
    let first = log.last.map_or(0, |last| places.len().saturating_sub(last));
    places.drain(..first);
    places
}

/// Checks the chain; status 1 when it is broken.
fn verify(file: &AuditLog) -> Result<ExitCode> {
    let report = file.verify()?;
    output::print(|out| {
        report.problems.iter().try_for_each(|problem| writeln!(out, "{problem}"))?;
        report.notes.iter().try_for_each(|note| writeln!(out, "note: {note}"))?;
        match report.problems.len() {
            0 => writeln!(out, "ok: {}", count(report.records, "record")),
            wrong => writeln!(out, "broken: {}, {}", count(report.records, "record"), count(wrong as u64, "problem")),
        }
    })?;
    Ok(if report.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn was(number: u64, what: &str) -> String {
    count(number, what) + if number == 1 { " was" } else { " were" }
}

fn unknown(id: &str) -> Error {
    Error::new(Kind::Negative, format!("the log has no invocation `{}`", Untrusted::text(id)))
        .hint("see them: dbguard log")
}
