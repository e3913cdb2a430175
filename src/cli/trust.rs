//! `dbguard trust`: a person's word that a project's file may name targets.
//!
//! It shows what the file says that would make something laxer, and remembers path and content. Trust is a person's to
//! give: a clone could tell a coding agent to give it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::TrustArgs;
use super::env;
use super::output;
use crate::config::trust::{self, Trust};
use crate::config::{self, Places, State};
use crate::error::{Error, Kind, Result};
use crate::text::Untrusted;
use crate::world::terminal::Controlling;
use crate::world::{Snapshot, files};

pub(super) fn run(args: &TrustArgs, snapshot: &Snapshot) -> Result<ExitCode> {
    if let Some(directory) = &args.code {
        return code(directory, snapshot);
    }
    match (args.list, &args.revoke) {
        (true, _) => list(snapshot),
        (false, Some(file)) => revoke(file, snapshot),
        (false, None) => grant(args.file.as_deref(), snapshot),
    }
}

/// Trusts this file; without one, the project's files that are not trusted yet.
fn grant(file: Option<&Path>, snapshot: &Snapshot) -> Result<ExitCode> {
    person(snapshot)?;
    let store = store(snapshot)?;
    let files = match file {
        Some(file) => vec![snapshot.cwd.join(file)],
        None => untrusted(snapshot)?,
    };
    for file in files {
        one(&file, &store)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn person(snapshot: &Snapshot) -> Result<()> {
    env::person(snapshot)?;
    if matches!(Controlling::open(), Controlling::Absent) {
        return Err(Error::refused("refused: trusting a file takes a person at a terminal, and there is none"));
    }
    Ok(())
}

/// Trusts the tools of a directory to be asked where they go.
fn code(directory: &Path, snapshot: &Snapshot) -> Result<ExitCode> {
    person(snapshot)?;
    let directory = snapshot.cwd.join(directory);
    let real = directory
        .canonicalize()
        .ok()
        .filter(|real| real.is_dir())
        .ok_or_else(|| Error::new(Kind::Negative, format!("`{}` is no directory", Untrusted::path(&directory))))?;
    trust::grant_code(&store(snapshot)?, &real)?;
    output::print(|out| {
        writeln!(out, "trusted the code in {}, whatever it says from now on:", Untrusted::path(&real))?;
        writeln!(
            out,
            "  before a tool whose target code decides, it is run without a network to say where it would connect"
        )?;
        writeln!(out, "take it back with: dbguard trust --revoke {}", crate::shell::posix(real.as_os_str()))
    })?;
    Ok(ExitCode::SUCCESS)
}

fn one(file: &Path, store: &Path) -> Result<()> {
    let text = match files::read_config(file) {
        Ok(Some(text)) => text,
        Ok(None) => {
            return Err(Error::new(Kind::Negative, format!("`{}` does not exist", Untrusted::path(file))));
        }
        Err(trouble) => return Err(trouble.help().into_iter().fold(Error::refused(trouble.message()), Error::hint)),
    };
    let real = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
    if trust::judge(Some(store), &real, &text) == Trust::Trusted {
        return output::print(|out| writeln!(out, "{} is trusted already", Untrusted::path(&real)));
    }
    let says = config::loosening(&real, &text)?;
    trust::grant(store, &real, &text)?;
    output::print(|out| {
        writeln!(out, "trusted {} with its present content; with it now hold:", Untrusted::path(&real))?;
        says.iter().try_for_each(|line| writeln!(out, "  {}", Untrusted::text(line)))?;
        if says.is_empty() {
            writeln!(out, "  nothing that makes anything laxer")?;
        }
        writeln!(out, "take it back with: dbguard trust --revoke {}", crate::shell::posix(real.as_os_str()))
    })
}

/// The project's files that are not trusted.
fn untrusted(snapshot: &Snapshot) -> Result<Vec<PathBuf>> {
    let config = config::load(snapshot);
    let files = config.files.iter().filter(|file| file.state == State::Untrusted);
    let files: Vec<PathBuf> = files.map(|file| file.path.clone()).collect();
    if files.is_empty() {
        let message = "there is no project file here that waits for trust";
        return Err(Error::new(Kind::Negative, message).hint("see the files that count here: dbguard config path"));
    }
    Ok(files)
}

/// Everything that is trusted.
fn list(snapshot: &Snapshot) -> Result<ExitCode> {
    let records = trust::list(&store(snapshot)?);
    output::print(|out| {
        if records.is_empty() {
            return writeln!(out, "nothing is trusted");
        }
        records
            .iter()
            .try_for_each(|record| writeln!(out, "{}  {}", record.state().word(), Untrusted::text(&record.path)))
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Trusts a file no longer, also one that is gone.
fn revoke(file: &Path, snapshot: &Snapshot) -> Result<ExitCode> {
    let file = snapshot.cwd.join(file);
    let real = file.canonicalize().unwrap_or_else(|_| file.clone());
    if !trust::revoke(&store(snapshot)?, &real)? {
        let message = format!("`{}` was not trusted", Untrusted::path(&real));
        return Err(Error::new(Kind::Negative, message).hint("see what is: dbguard trust --list"));
    }
    output::print(|out| writeln!(out, "{} is not trusted any more", Untrusted::path(&real)))?;
    Ok(ExitCode::SUCCESS)
}

fn store(snapshot: &Snapshot) -> Result<PathBuf> {
    Places::of(snapshot).trust.ok_or_else(|| {
        Error::refused("there is no place to remember trust: no home directory").hint("set HOME or XDG_STATE_HOME")
    })
}
