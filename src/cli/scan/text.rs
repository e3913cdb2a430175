//! For people: each finding with its place, what it is, and the statement.

use std::io::{self, Write};
use std::path::Path;

use super::{Format, place};
use crate::plan::Finding;
use crate::plan::scan::Scan;
use crate::text::Untrusted;

/// The text.
#[derive(Default)]
pub(super) struct Text {
    /// Something was written, so that an empty line is due before the next file.
    begun: bool,
}

impl Format for Text {
    fn file(&mut self, file: &Path, scan: &Scan, out: &mut dyn Write) -> io::Result<()> {
        let silent = scan.findings.is_empty() && scan.problems.is_empty() && scan.notes.is_empty();
        if silent && scan.allowed.is_empty() {
            return Ok(());
        }
        if std::mem::replace(&mut self.begun, true) {
            writeln!(out)?;
        }
        for finding in &scan.findings {
            let place = shown(place(finding.file.as_deref(), file), finding.line);
            writeln!(out, "{place}: {}: {}", finding.risk.word(), what(finding))?;
            quote(finding, out)?;
        }
        for allowed in &scan.allowed {
            let finding = &allowed.finding;
            let place = shown(place(finding.file.as_deref(), file), finding.line);
            writeln!(out, "{place}: allowed: {}: {}", what(finding), inert(&allowed.reason))?;
        }
        for problem in &scan.problems {
            let place = shown(place(problem.file.as_deref(), file), Some(problem.line));
            writeln!(out, "{place}: {}: {}", problem.kind, inert(&problem.message))?;
        }
        scan.notes.iter().try_for_each(|note| writeln!(out, "{}: note: {}", shown(file, None), inert(note)))
    }
}

fn quote(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    if finding.statement.is_empty() {
        return Ok(());
    }
    writeln!(out, "    {}", inert(&finding.statement))
}

/// Its kind and its objects.
pub(super) fn what(finding: &Finding) -> String {
    if finding.objects.is_empty() {
        return finding.kind.clone();
    }
    inert(&format!("{} {}", finding.kind, finding.objects.join(", ")))
}

/// A place as editors and terminals make it a link. A name that begins like a command to GitHub's runner (`::`) must
/// not begin a line.
fn shown(file: &Path, line: Option<usize>) -> String {
    let name = if file == super::stdin_name() { "stdin".to_owned() } else { inert(&file.to_string_lossy()) };
    let name = if name.trim_start().starts_with("::") { format!("./{name}") } else { name };
    line.map_or_else(|| name.clone(), |line| format!("{name}:{line}"))
}

/// Safe on a terminal, and in the log of a CI job: GitHub's runner obeys `##[command]` wherever it stands in a line
/// (`ActionCommand.TryParse`).
pub(super) fn inert(text: &str) -> String {
    Untrusted::text(text).to_string().replace("##[", "##\\x5B")
}
