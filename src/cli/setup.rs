//! `dbguard setup`: the first walk, at a terminal: what is here, what could be named, what would be written.
//!
//! Each change is one file, shown as a difference and asked about by itself; only the word yes makes it. Everything that
//! is written here is what `env add`, a line in a start-up file and `psqlrc install` write, so `uninstall` undoes it.
//! It ends with `doctor`. Run again, it finds what is done and asks about nothing.

mod change;
mod draft;
mod project;
mod proposal;

use std::process::ExitCode;

use self::change::Change;
use self::proposal::Proposals;
use super::args::Setup;
use super::{doctor, env, output};
use crate::checklist::{Answer, Banner, Human, Line, Section, Tone};
use crate::config;
use crate::effects::tty::{self, Tty};
use crate::environment::{Level, Look};
use crate::error::{Error, Result};
use crate::world::Snapshot;

pub(super) fn run(setup: &Setup, snapshot: &Snapshot) -> Result<ExitCode> {
    env::person(snapshot)?;
    let walk = Walk::plan(snapshot);
    if setup.dry_run {
        let sections: Vec<Section> = walk.found.into_iter().chain(walk.changes.iter().map(Change::section)).collect();
        output::screen(&banner("nothing is changed by a dry run"), &sections, &snapshot.vars)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut tty = Tty::open(&snapshot.vars, tty::PATIENCE).map_err(|nobody| {
        Error::refused(format!("stopped: {}; nothing was changed", nobody.because()))
            .hint("see what it would do: dbguard setup --dry-run")
            .hint("by hand: dbguard env add, dbguard psqlrc install, and the line that dbguard init --help shows")
    })?;
    let troubles = walk.go(&mut tty)?;
    // Its status is about this shell, which has to be opened anew first.
    let _ = doctor::run(false, snapshot)?;
    match troubles.into_iter().reduce(|all, one| all.hint(one.message())) {
        None => Ok(ExitCode::SUCCESS),
        Some(error) => Err(error),
    }
}

/// What was found, and what would be changed.
struct Walk {
    found: Vec<Section>,
    changes: Vec<Change>,
}

impl Walk {
    fn plan(snapshot: &Snapshot) -> Self {
        let config = config::load(snapshot);
        let proposals = Proposals::find(&config, snapshot);
        let mut notes = Vec::new();
        let mut changes = Vec::new();
        let first = change::configuration(&proposals, &config, snapshot);
        for planned in [first].into_iter().chain(change::hooks(snapshot)).chain(change::psqlrc(snapshot)) {
            match planned {
                Ok(change) => changes.push(change),
                Err(note) => notes.push(note),
            }
        }
        let mut found = vec![proposals.section()];
        found.extend(project::section(&config, snapshot));
        if !notes.is_empty() {
            found.push(Section { title: "left alone".to_owned(), lines: notes });
        }
        Self { found, changes }
    }

    /// Shows and asks, one after the other. Answers with what could not be done; that stops nothing else.
    fn go(self, tty: &mut Tty) -> Result<Vec<Error>> {
        tty.banner(&banner("each change is shown and asked about; dbguard uninstall takes them away"));
        for section in &self.found {
            tty.section(section);
        }
        let mut troubles = Vec::new();
        for change in self.changes {
            tty.section(&change.section());
            match tty.ask("Type yes to write this, anything else to leave it:") {
                Answer::Typed(word) if word.trim() == "yes" => match change.make() {
                    Ok(done) => tty.tell(&done),
                    Err(error) => {
                        tty.tell(&format!("not written: {}", error.message()));
                        troubles.push(error);
                    }
                },
                Answer::Typed(_) => tty.tell(&change.skipped()),
                Answer::Nothing(because) => {
                    return Err(Error::refused(format!("stopped: {because}; nothing more was changed"))
                        .hint("go on where it stopped: dbguard setup"));
                }
            }
            tty.tell("");
        }
        Ok(troubles)
    }
}

fn banner(title: &str) -> Banner {
    let level = Level::Development;
    let look = Look { label: "SETUP".to_owned(), icon: level.icon().to_owned(), color: level.color().to_owned() };
    Banner { look, level, title: title.to_owned(), alarms: Vec::new() }
}

/// A line of a section.
fn line(label: impl Into<String>, value: impl Into<String>, note: impl Into<String>, tone: Tone) -> Line {
    Line { label: label.into(), value: value.into(), note: note.into(), tone }
}
