//! The changes: each is one file with what it holds and what it would hold.
//!
//! The difference that is shown is made from both, and a file that somebody changed since is not written.

use std::fs;
use std::path::{Path, PathBuf};

use super::proposal::Proposals;
use super::{draft, line};
use crate::checklist::{Line, Section, Tone};
use crate::cli::{psqlrc, startup};
use crate::config::{Config, edit, replace};
use crate::error::{Error, Result};
use crate::shell::{Says, Shell};
use crate::target::shown_at_home;
use crate::world::{Snapshot, processes, program, tools};

/// One file that would be changed.
pub(super) struct Change {
    file: PathBuf,
    old: Option<Vec<u8>>,
    new: Vec<u8>,
    /// The file as it is shown.
    shown: String,
    /// What it is for.
    what: &'static str,
    /// How it is done later.
    later: String,
    /// A copy of the file as it was is kept under this ending.
    kept: Option<&'static str>,
}

/// The block of psql is the same for everybody, and its middle would scroll away what stands before the question.
const BLOCK: usize = 16;

impl Change {
    /// The difference.
    pub(super) fn section(&self) -> Section {
        let new = if self.old.is_none() { ", a new file" } else { "" };
        let mut lines = vec![line("", format!("{}{new}", self.shown), "", Tone::Plain)];
        lines.extend(self.difference());
        Section { title: self.what.to_owned(), lines }
    }

    /// What is the same at both ends is left out, but for one line before.
    fn difference(&self) -> Vec<Line> {
        let (old, new) = (rows(self.old.as_deref().unwrap_or_default()), rows(&self.new));
        let same = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
        let (gone, come) = (old.get(same..).unwrap_or_default(), new.get(same..).unwrap_or_default());
        let ends = gone.iter().rev().zip(come.iter().rev()).take_while(|(one, other)| one == other).count();
        let middle = |rest: &[String], mark| -> Vec<(&str, String)> {
            rest.iter().take(rest.len() - ends).map(|row| (mark, row.clone())).collect()
        };
        let before = same.checked_sub(1).and_then(|at| old.get(at));
        let mut all: Vec<(&str, String)> = before.map(|row| (" ", row.clone())).into_iter().collect();
        all.extend(middle(gone, "-"));
        all.extend(middle(come, "+"));
        if self.what == PSQL && all.len() > BLOCK {
            let left_out = format!("… {} more lines; all of them: dbguard psqlrc print", all.len() - 8);
            all.splice(6..all.len() - 2, [("+", left_out)]);
        }
        all.into_iter().map(|(mark, row)| line(mark, row, "", Tone::Plain)).collect()
    }

    /// Writes it, where nobody has written since.
    pub(super) fn make(&self) -> Result<String> {
        if fs::read(&self.file).ok() != self.old {
            return Err(Error::refused(format!("{} has changed since it was shown", self.shown))
                .hint("look again: dbguard setup"));
        }
        if let (Some(ending), Some(old)) = (self.kept, &self.old) {
            let mut kept = self.file.as_os_str().to_owned();
            kept.push(ending);
            replace::write(Path::new(&kept), old)?;
        }
        replace::write(&self.file, &self.new)?;
        Ok(format!("written: {}", self.shown))
    }

    /// What is said of one that was left.
    pub(super) fn skipped(&self) -> String {
        format!("left as it is; later: {}", self.later)
    }
}

fn rows(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(ToOwned::to_owned).collect()
}

/// What psql's files are for.
const PSQL: &str = "psql";

/// A change, or why there is none.
type Planned = std::result::Result<Change, Line>;

fn none(label: &str, why: impl Into<String>) -> Planned {
    Err(line(label, why, "", Tone::Quiet))
}

/// The user's configuration with what is proposed.
pub(super) fn configuration(proposals: &Proposals, config: &Config, snapshot: &Snapshot) -> Planned {
    let wanted: Vec<_> = proposals.named.iter().map(|one| (one.environment(), one.level, one.entry.clone())).collect();
    let drafted = match edit::draft(config, snapshot, &wanted, || draft::fresh(proposals)) {
        Ok(drafted) => drafted,
        Err(error) => return none("config", error.message()),
    };
    let shown = shown_at_home(&drafted.file, snapshot);
    if drafted.old.as_deref() == Some(drafted.new.as_str()) {
        return none("config", format!("{shown} is there, and there is nothing to add"));
    }
    Ok(Change {
        file: drafted.file,
        old: drafted.old.map(String::into_bytes),
        new: drafted.new.into_bytes(),
        shown,
        what: "config",
        later: "dbguard env add NAME --level LEVEL --host HOST".to_owned(),
        kept: None,
    })
}

/// The line in the start-up file of each shell that is used here: the one around, that of a login, and those that are
/// installed and have a file.
pub(super) fn hooks(snapshot: &Snapshot) -> Vec<Planned> {
    let spoken = startup::lines(snapshot);
    let login = snapshot.vars.filled("SHELL").and_then(|path| startup::by_name(&path.to_string_lossy()));
    let used = [startup::shell_of(processes::parent()), login];
    let mut planned = Vec::new();
    for (shell, file) in startup::main_files(snapshot) {
        let name = shell.word();
        let installed = tools::locate(name.as_ref(), &snapshot.vars).is_ok();
        let is_used = used.contains(&Some(shell)) || (installed && file.is_file());
        if !is_used {
            continue;
        }
        let own = spoken.iter().filter(|one| one.shell == shell);
        planned.push(match own.min_by_key(|one| one.says != Says::Init) {
            Some(one) if one.says == Says::Init => {
                none(name, format!("{}:{} sets it up already", shown_at_home(&one.file, snapshot), one.line))
            }
            Some(one) => {
                let shown = shown_at_home(&one.file, snapshot);
                none(name, format!("{shown}:{} speaks of dbguard; see whether that is its line", one.line))
            }
            None => hook(shell, file, snapshot),
        });
    }
    planned
}

fn hook(shell: Shell, file: PathBuf, snapshot: &Snapshot) -> Planned {
    let name = shell.word();
    let shown = shown_at_home(&file, snapshot);
    let old = match fs::symlink_metadata(&file) {
        Err(_) => None,
        // One that is no file, or too large for one, is nothing to add a line to.
        Ok(_) => match startup::read(&file) {
            Some(bytes) => Some(bytes),
            None => return none(name, format!("{shown} cannot be read")),
        },
    };
    let Some(text) = startup::line_for(shell, snapshot, &program::path(&snapshot.vars)) else {
        return none(name, "the path of dbguard cannot stand in a start-up file; put it on PATH");
    };
    let mut new = old.clone().unwrap_or_default();
    if !new.is_empty() && !new.ends_with(b"\n") {
        new.push(b'\n');
    }
    new.extend_from_slice(format!("{text}\n").as_bytes());
    let later = format!("put this line at the end of {shown}: {text}");
    Ok(Change { file, old, new, shown, what: name, later, kept: None })
}

/// psql's start-up files with the block.
pub(super) fn psqlrc(snapshot: &Snapshot) -> Vec<Planned> {
    if tools::locate("psql".as_ref(), &snapshot.vars).is_err() {
        return vec![none(PSQL, "not installed; later: dbguard psqlrc install")];
    }
    let drafts = match psqlrc::drafts(snapshot) {
        Ok(drafts) => drafts,
        Err(error) => return vec![none(PSQL, error.message())],
    };
    let planned = |(file, old, new): psqlrc::Draft| {
        let shown = shown_at_home(&file, snapshot);
        if old.as_ref() == Some(&new) {
            return none(PSQL, format!("{shown} has the block already"));
        }
        let kept = psqlrc::to_keep(old.as_deref());
        Ok(Change { file, old, new, shown, what: PSQL, later: "dbguard psqlrc install".to_owned(), kept })
    };
    drafts.into_iter().map(planned).collect()
}
