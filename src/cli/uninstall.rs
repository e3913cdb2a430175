//! `dbguard uninstall`: what dbguard has made on this machine goes; what a person wrote stays, and where is said.
//!
//! Everything is listed before anything is touched. Of start-up files only lines go that are nothing but dbguard's, and
//! the file as it was stays beside it. The configuration and the audit log go only with `--purge`, which leaves no copies.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::Uninstall;
use super::startup::{self, Spoken};
use super::{completions, env, output, psqlrc};
use crate::checklist::{Answer, Human as _};
use crate::config::replace;
use crate::effects::shims;
use crate::effects::tty::{self, Tty};
use crate::error::{Error, Kind, Result};
use crate::prompt::Shown;
use crate::shell::{Says, Shell, posix};
use crate::target::shown_at_home;
use crate::text::Untrusted;
use crate::world::{Snapshot, processes, program};

/// What a start-up file as it was is called.
const KEPT: &str = ".with-dbguard";

/// What the hooks and the guard keep while they work, below the state directory.
const WORKING: [&str; 7] = ["stamps", "tints", "hooks", "sessions", "grants", "children", "probe"];

pub(super) fn run(uninstall: &Uninstall, snapshot: &Snapshot) -> Result<ExitCode> {
    env::person(snapshot)?;
    let work = Work::find(uninstall.purge, snapshot);
    output::print(|out| work.tell(out, snapshot))?;
    if work.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if !uninstall.yes {
        without_hook(snapshot)?;
        ask(snapshot)?;
    }
    let troubles = work.perform(snapshot);
    output::print(|out| afterwards(out, snapshot))?;
    match troubles.split_first() {
        None => Ok(ExitCode::SUCCESS),
        Some((first, others)) => Err(others.iter().fold(Error::new(Kind::Negative, first), Error::hint)),
    }
}

/// A hook that is active would make again at the next prompt what is removed here.
fn without_hook(snapshot: &Snapshot) -> Result<()> {
    let parent = processes::parent();
    if Shown::of(&snapshot.vars).is_none_or(|shown| shown.shell != parent) {
        return Ok(());
    }
    let remove = match startup::shell_of(parent) {
        Some(Shell::Fish) => "dbguard init fish --remove | source",
        Some(Shell::Zsh) => "eval \"$(dbguard init zsh --remove)\"",
        Some(Shell::Bash) | None => "eval \"$(dbguard init bash --remove)\"",
    };
    Err(Error::refused("stopped: the hook of this shell is active, and would make again what is removed")
        .hint(format!("first type: {remove}")))
}

/// Everything else than the word yes is no.
fn ask(snapshot: &Snapshot) -> Result<()> {
    let mut tty = Tty::open(&snapshot.vars, tty::PATIENCE).map_err(|nobody| {
        Error::refused(format!("stopped: {}; nothing was removed", nobody.because()))
            .hint("without a terminal: dbguard uninstall --yes")
    })?;
    match tty.ask("Type yes to remove this:") {
        Answer::Typed(word) if word.trim() == "yes" => Ok(()),
        Answer::Typed(_) => Err(Error::refused("stopped: nothing was removed")),
        Answer::Nothing(because) => Err(Error::refused(format!("stopped: {because}; nothing was removed"))),
    }
}

/// What there is to do, and what is left alone.
struct Work {
    /// Links to this program.
    shims: Vec<PathBuf>,
    /// Directories that are wholly dbguard's.
    directories: Vec<PathBuf>,
    /// Completion scripts that are exactly what dbguard prints.
    completions: Vec<PathBuf>,
    /// Lines that are nothing but dbguard's.
    lines: Vec<Spoken>,
    /// Files of psql with dbguard's block.
    psqlrc: Vec<PathBuf>,
    /// What stays, and why.
    left: Vec<(PathBuf, String)>,
    /// No copies of start-up files stay either.
    purge: bool,
}

impl Work {
    fn find(purge: bool, snapshot: &Snapshot) -> Self {
        let state = snapshot.state_dir();
        let working = state.iter().flat_map(|state| WORKING.map(|name| state.join(name)));
        let mut directories: Vec<PathBuf> = working.filter(|path| is_there(path)).collect();
        let mut left = Vec::new();
        let theirs = [
            (snapshot.config_dir(), "your configuration; it goes with --purge"),
            (state, "the audit log, and what you trust; it goes with --purge"),
        ];
        for (path, what) in theirs.into_iter().filter_map(|(path, what)| Some((path?, what))) {
            // What is left once the working directories are gone.
            let holds =
                fs::read_dir(&path).into_iter().flatten().flatten().any(|entry| !directories.contains(&entry.path()));
            match (purge, holds) {
                (true, _) if is_there(&path) => directories.push(path),
                (false, true) => left.push((path, what.to_owned())),
                _ => {}
            }
        }
        let (lines, spoken): (Vec<_>, Vec<_>) =
            startup::lines(snapshot).into_iter().partition(|spoken| spoken.says == Says::Init);
        left.extend(spoken.into_iter().map(|one| (one.file, format!("speaks of dbguard in line {}", one.line))));
        let directory = shims::directory(snapshot);
        let (shims, strange) = directory.map(|directory| shims::list(&directory)).unwrap_or_default();
        left.extend(strange.into_iter().map(|path| (path, "is no link of dbguard's".to_owned())));
        Self {
            shims,
            directories,
            completions: completions::installed(snapshot),
            lines,
            psqlrc: psqlrc::installed(snapshot),
            left,
            purge,
        }
    }

    fn is_empty(&self) -> bool {
        self.shims.is_empty()
            && self.directories.is_empty()
            && self.completions.is_empty()
            && self.lines.is_empty()
            && self.psqlrc.is_empty()
    }

    fn tell(&self, out: &mut dyn Write, snapshot: &Snapshot) -> io::Result<()> {
        let shown = |path: &Path| shown_at_home(path, snapshot);
        if self.is_empty() {
            writeln!(out, "there is nothing to remove")?;
        } else {
            writeln!(out, "this goes:")?;
        }
        if let Some(directory) = self.shims.first().and_then(|shim| shim.parent()) {
            writeln!(out, "  {} links in {}", self.shims.len(), shown(directory))?;
        }
        for path in self.directories.iter().chain(&self.completions) {
            writeln!(out, "  {}", shown(path))?;
        }
        for Spoken { file, line, .. } in &self.lines {
            write!(out, "  line {line} of {}", shown(file))?;
            let name = file.file_name().filter(|_| !self.purge);
            name.map_or(Ok(()), |name| write!(out, "; as it was: {}{KEPT}", Untrusted::os(name)))?;
            writeln!(out)?;
        }
        for path in &self.psqlrc {
            writeln!(out, "  the block in {}", shown(path))?;
        }
        if !self.left.is_empty() {
            writeln!(out, "this stays:")?;
        }
        self.left.iter().try_for_each(|(path, what)| writeln!(out, "  {}: {what}", shown(path)))
    }

    /// Does it. What could not be done stops nothing else.
    fn perform(&self, snapshot: &Snapshot) -> Vec<String> {
        let mut troubles = Vec::new();
        let mut note = |path: &Path, outcome: io::Result<()>| {
            if let Err(cause) = outcome.or_else(|cause| if is_there(path) { Err(cause) } else { Ok(()) }) {
                troubles.push(format!("`{}` cannot be removed: {cause}", Untrusted::path(path)));
            }
        };
        for path in self.shims.iter().chain(&self.completions) {
            note(path, fs::remove_file(path));
        }
        for path in &self.directories {
            note(path, if path.is_symlink() { fs::remove_file(path) } else { fs::remove_dir_all(path) });
        }
        // What is empty now was made for what was in it; what is not, somebody else uses.
        let shims = shims::directory(snapshot);
        let made = [shims.clone(), shims.and_then(|path| Some(path.parent()?.to_path_buf())), snapshot.state_dir()];
        for directory in made.into_iter().flatten() {
            let _ = fs::remove_dir(directory);
        }
        let mut files: Vec<&PathBuf> = self.lines.iter().map(|spoken| &spoken.file).collect();
        files.dedup();
        troubles.extend(
            files
                .into_iter()
                .filter_map(|file| take_out(file, self.purge).err())
                .map(|error| error.message().to_owned()),
        );
        if !self.psqlrc.is_empty()
            && let Err(error) = psqlrc::take_out(snapshot)
        {
            troubles.push(error.message().to_owned());
        }
        troubles
    }
}

/// What only the person can do.
fn afterwards(out: &mut dyn Write, snapshot: &Snapshot) -> io::Result<()> {
    writeln!(out, "removed; what is left for you:")?;
    writeln!(out, "  close the shells that are open, or type there")?;
    writeln!(out, "    eval \"$(dbguard init bash --remove)\"      (in zsh with zsh)")?;
    writeln!(out, "    dbguard init fish --remove | source")?;
    let program = program::path(&snapshot.vars);
    writeln!(out, "  then the program: rm {}", Untrusted::text(&posix(program.as_os_str())))
}

/// Takes the lines out of one file, and keeps it as it was, unless nothing is to stay.
fn take_out(file: &PathBuf, purge: bool) -> Result<()> {
    let Some(text) = startup::read(file) else {
        return Err(Error::refused(format!("`{}` cannot be read", Untrusted::path(file))));
    };
    if !purge {
        let mut kept = file.as_os_str().to_owned();
        kept.push(KEPT);
        replace::write(Path::new(&kept), &text)?;
    }
    let rest = startup::without(&text);
    // A file that held nothing else was made for the line, by `setup`.
    if purge && rest.is_empty() && fs::remove_file(file).is_ok() {
        return Ok(());
    }
    replace::write(file, rest)
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
