//! Whether what environments demand is asked for, or only told and written down.
//!
//! `mode = "observe"` is for the weeks in which a team looks at what dbguard would do. Only the system's and the user's
//! own files can say it: a project that could, could switch the guard off. Where one of them says `enforce`, that holds.

use super::layers::{Gathered, Layer, ReadFile, State};
use super::merge::of_project;
use crate::diag::{Diagnostic, Severity};

/// What becomes of a demand.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollout {
    /// It is asked for.
    Enforce,
    /// It is told, and written to the audit log; the tool runs as if dbguard were not there.
    Observe,
}

impl Rollout {
    /// The words of the configuration.
    pub(super) const WORDS: &[(&str, Self)] = &[("enforce", Self::Enforce), ("observe", Self::Observe)];

    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Observe => "observe",
        }
    }
}

/// What the files that may say it come to. A file that `DBGUARD_CONFIG` names (`named`) may not: one var would switch the
/// guard off.
pub(super) fn decided(gathered: &Gathered, named: bool) -> Rollout {
    let used = |at: usize| gathered.files.get(at).is_some_and(|file| file.state == State::Used);
    let by_var = |at: usize| named && gathered.files.get(at).is_some_and(|file| file.layer == Layer::User);
    let observes = |read: &&ReadFile| !by_var(read.file) || !matches!(read.document.mode, Some((Rollout::Observe, _)));
    let spoken = gathered.read.iter().filter(|read| used(read.file) && !of_project(gathered, read)).filter(observes);
    let said: Vec<Rollout> = spoken.filter_map(|read| read.document.mode.as_ref()).map(|(mode, _)| *mode).collect();
    if !said.is_empty() && said.iter().all(|mode| *mode == Rollout::Observe) {
        Rollout::Observe
    } else {
        Rollout::Enforce
    }
}

/// A warning for each project's file that says it.
pub(super) fn warnings(gathered: &Gathered) -> impl Iterator<Item = Diagnostic> {
    let projects = gathered.read.iter().filter(|read| of_project(gathered, read));
    projects.filter_map(|read| {
        let (_, at) = read.document.mode.as_ref()?;
        let message = "`mode` does nothing in a project's file: whether anybody is asked is for you to say";
        let help = "take it out, or put it into your own configuration".to_owned();
        Some(Diagnostic { severity: Severity::Warning, ..read.source.error(at.clone(), message, Some(help)) })
    })
}
