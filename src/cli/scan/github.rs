//! For GitHub Actions: workflow commands that put each finding beside its line in the pull request.
//!
//! What a command's text must not hold is escaped as GitHub's own toolkit does it (`toolkit/packages/core/src/command.ts`),
//! so that no name and no statement can begin a command of its own.

use std::io::{self, Write};
use std::path::Path;

use super::{Format, fails, place, text};
use crate::cli::args::FailOn;
use crate::plan::Risk;
use crate::plan::scan::Scan;

/// The commands.
pub(super) struct Github {
    fail_on: Option<FailOn>,
}

impl Github {
    pub(super) fn new(fail_on: Option<FailOn>) -> Self {
        Self { fail_on }
    }

    /// What fails the run is an error; else what destroys or is unknown is a warning.
    fn level(&self, risk: Risk) -> &'static str {
        match (self.fail_on, risk >= Risk::Destroy) {
            (Some(fail_on), _) if fails(risk, fail_on) => "error",
            (_, true) => "warning",
            (_, false) => "notice",
        }
    }
}

impl Format for Github {
    fn file(&mut self, file: &Path, scan: &Scan, out: &mut dyn Write) -> io::Result<()> {
        for finding in &scan.findings {
            let at = (place(finding.file.as_deref(), file), finding.line);
            let title = format!("{} {}", finding.risk.word(), finding.kind);
            let told = if finding.statement.is_empty() { text::what(finding) } else { finding.statement.clone() };
            command(self.level(finding.risk), at, &title, &told, out)?;
        }
        for problem in &scan.problems {
            let at = (place(problem.file.as_deref(), file), Some(problem.line));
            let level = if self.fail_on.is_some() { "error" } else { "warning" };
            command(level, at, problem.kind, &problem.message, out)?;
        }
        scan.notes.iter().try_for_each(|note| command("notice", (file, None), "dbguard", note, out))
    }
}

fn command(
    level: &str,
    (file, line): (&Path, Option<usize>),
    title: &str,
    message: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut properties = Vec::new();
    if file != super::stdin_name() {
        properties.push(format!("file={}", property(&file.to_string_lossy())));
    }
    properties.extend(line.map(|line| format!("line={line}")));
    properties.push(format!("title={}", property(&format!("dbguard: {title}"))));
    writeln!(out, "::{level} {}::{}", properties.join(","), data(message))
}

fn data(text: &str) -> String {
    text::inert(text).replace('%', "%25")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
