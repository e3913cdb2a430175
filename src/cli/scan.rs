//! `dbguard scan`: what SQL files would do, for a person, an editor, a pre-commit hook or a CI job.
//!
//! Files are read one after another and reported as they are read, so that memory stays flat. What is found is data
//! of [`crate::plan::scan`]; each format has a file of its own here, and each shows hostile names and SQL inertly.

mod files;
mod github;
mod json;
mod sarif;
mod text;

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use self::files::Script;
use super::args::{FailOn, Scan as Arguments};
use super::config::counted;
use super::output;
use crate::error::{Error, Kind, Result};
use crate::plan::Risk;
use crate::plan::scan::{self, Ground, Scan};
use crate::world::Snapshot;

/// One way to show what was found.
trait Format {
    /// Before the first file.
    fn begin(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// What was found in one file; `file` is `-` for standard input.
    fn file(&mut self, file: &Path, scan: &Scan, out: &mut dyn Write) -> io::Result<()>;

    /// Behind the last file.
    fn end(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// What all files came to.
#[derive(Debug, Default)]
struct Sum {
    files: usize,
    /// Findings that fail the run.
    failing: usize,
    /// Comments that are wrong or not used.
    problems: usize,
}

pub(super) fn run(arguments: &Arguments, snapshot: &Snapshot) -> Result<ExitCode> {
    let scripts = files::gather(&arguments.files, snapshot)?;
    let mut format: Box<dyn Format> = match (arguments.json, arguments.sarif, arguments.github) {
        (true, _, _) => Box::new(json::Json::default()),
        (_, true, _) => Box::new(sarif::Sarif::new(arguments.fail_on)),
        (_, _, true) => Box::new(github::Github::new(arguments.fail_on)),
        _ => Box::new(text::Text::default()),
    };
    let mut sum = Sum::default();
    output::print(|out| {
        format.begin(out)?;
        for script in &scripts {
            let scan = read(script, snapshot);
            sum.add(&scan, arguments.fail_on);
            format.file(script.shown(), &scan, out)?;
        }
        format.end(out)
    })?;
    sum.verdict(arguments.fail_on)
}

fn read(script: &Script, snapshot: &Snapshot) -> Scan {
    let home = snapshot.home().map(Path::to_owned);
    let ground = Ground { cwd: snapshot.cwd.clone(), home, within: script.within(&snapshot.cwd) };
    match script {
        Script::Stdin => scan::text(io::stdin().lock(), &ground),
        Script::File(path) => scan::file(path, &ground),
    }
}

impl Sum {
    fn add(&mut self, scan: &Scan, fail_on: Option<FailOn>) {
        self.files += 1;
        self.problems += scan.problems.len();
        let Some(fail_on) = fail_on else { return };
        let listed = scan.findings.iter().filter(|finding| fails(finding.risk, fail_on)).count();
        // The risk also counts what is not listed.
        self.failing += listed.max(usize::from(fails(scan.risk, fail_on)));
    }

    fn verdict(&self, fail_on: Option<FailOn>) -> Result<ExitCode> {
        let problems = if fail_on.is_some() { self.problems } else { 0 };
        if self.failing + problems == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        let mut parts = Vec::new();
        if self.failing > 0 {
            parts.push(counted(self.failing, "finding"));
        }
        if problems > 0 {
            parts.push(format!("{} wrong or not used", counted(problems, "comment")));
        }
        let message = format!("{} in {}", parts.join(" and "), counted(self.files, "file"));
        let hint = "what is meant can be allowed, with a reason: -- dbguard: allow KIND: REASON";
        Err(Error::new(Kind::Negative, message).hint(hint))
    }
}

/// Whether a finding of this risk fails a run with this `--fail-on`. What is unknown is as strict as what destroys.
fn fails(risk: Risk, fail_on: FailOn) -> bool {
    match fail_on {
        FailOn::Write => risk >= Risk::Write,
        FailOn::Destroy => risk >= Risk::Destroy,
        FailOn::Unknown => risk == Risk::Unknown,
    }
}

/// The file that a finding stands in: its own where it was included.
fn place<'a>(own: Option<&'a Path>, scanned: &'a Path) -> &'a Path {
    own.unwrap_or(scanned)
}

/// What standard input is called.
fn stdin_name() -> &'static Path {
    Path::new(OsStr::new("-"))
}
