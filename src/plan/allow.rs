//! Comments that allow what a scan would report: `-- dbguard: allow drop-table: moved to the archive in March`.
//!
//! A comment allows kinds by name, never everything, and has to say why. It counts for the statement that it stands in
//! or behind on the same line, else for the next one. What it allows is still told, with the reason; one that allows
//! nothing, or gives no reason, is told as well. The guard itself heeds none of this: a comment is no confirmation.

use super::Finding;

/// A finding that a comment allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// What is allowed.
    pub finding: Finding,
    /// Why, as the comment says.
    pub reason: String,
}

/// What is wrong with a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file it stands in; `None` for standard input.
    pub file: Option<std::path::PathBuf>,
    /// Its line.
    pub line: usize,
    /// `allow-unused`, `allow-without-reason` or `allow-not-understood`.
    pub kind: &'static str,
    /// What is wrong: lower case, no full stop.
    pub message: String,
}

/// One comment, and what of it came to use.
#[derive(Debug)]
pub(super) struct Allowance {
    line: usize,
    kinds: Vec<(String, bool)>,
    reason: String,
}

impl Allowance {
    /// Reads what follows the dashes of a comment to dbguard.
    pub(super) fn read(comment: &[u8], line: usize) -> Result<Self, (&'static str, String)> {
        let text = String::from_utf8_lossy(comment);
        let said = text.split_once(':').map_or("", |(_, said)| said).trim();
        let Some(said) = said.strip_prefix("allow").filter(|rest| rest.starts_with(char::is_whitespace)) else {
            let message = "only this is understood: -- dbguard: allow KIND[, KIND]: REASON".to_owned();
            return Err(("allow-not-understood", message));
        };
        let (kinds, reason) = said.split_once(':').unwrap_or((said, ""));
        let kinds: Vec<_> = kinds
            .split([',', ' ', '\t'])
            .filter(|kind| !kind.is_empty())
            .map(|kind| (kind.to_owned(), false))
            .collect();
        if kinds.is_empty() || !reason.chars().any(char::is_alphanumeric) {
            let message = "it has to say what and why, and allows nothing: -- dbguard: allow KIND[, KIND]: REASON";
            return Err(("allow-without-reason", message.to_owned()));
        }
        Ok(Self { line, kinds, reason: reason.trim().to_owned() })
    }
}

/// The comments that count for the statement at hand, and what all of them came to.
#[derive(Debug, Default)]
pub(super) struct Allowances {
    open: Vec<Allowance>,
    pub(super) allowed: Vec<Allowed>,
    pub(super) problems: Vec<Problem>,
}

/// How many are kept, each.
const KEPT: usize = 2000;

impl Allowances {
    /// From here on these comments count.
    pub(super) fn begin(&mut self, comments: Vec<(usize, Vec<u8>)>, file: Option<&std::path::Path>) {
        for (line, comment) in comments {
            match Allowance::read(&comment, line) {
                Ok(allowance) => self.open.push(allowance),
                Err((kind, message)) => self.problem(file, line, kind, message),
            }
        }
    }

    /// Whether any comment counts at the moment.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// From here on they count no longer; those that allowed nothing are told.
    pub(super) fn end(&mut self, file: Option<&std::path::Path>) {
        for allowance in std::mem::take(&mut self.open) {
            for (kind, _) in allowance.kinds.iter().filter(|(_, used)| !used) {
                let message = format!("nothing here is a `{kind}`: take the comment out, or mend it");
                self.problem(file, allowance.line, "allow-unused", message);
            }
        }
    }

    /// Puts the open comments aside, for a file that is read in between.
    pub(super) fn pause(&mut self) -> Vec<Allowance> {
        std::mem::take(&mut self.open)
    }

    /// Takes them up again.
    pub(super) fn resume(&mut self, open: Vec<Allowance>) {
        self.open = open;
    }

    /// Takes the finding, if a comment allows its kind; else gives it back.
    pub(super) fn admit(&mut self, finding: Finding) -> Option<Finding> {
        let mut reason = None;
        for allowance in &mut self.open {
            for (_, used) in allowance.kinds.iter_mut().filter(|(kind, _)| *kind == finding.kind) {
                *used = true;
                reason.get_or_insert_with(|| allowance.reason.clone());
            }
        }
        let Some(reason) = reason else { return Some(finding) };
        if self.allowed.len() < KEPT {
            self.allowed.push(Allowed { finding, reason });
        }
        None
    }

    fn problem(&mut self, file: Option<&std::path::Path>, line: usize, kind: &'static str, message: String) {
        if self.problems.len() < KEPT {
            self.problems.push(Problem { file: file.map(std::path::Path::to_owned), line, kind, message });
        }
    }
}
