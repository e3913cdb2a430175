//! A command and the commands that it starts; a target and the others that the same command reaches.
//!
//! Nobody is asked twice: what a person confirmed counts for the children of that very process, at the same servers and
//! databases. Nobody is asked too little: every strict database of a command has a question of its own.

use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::case::Case;
use super::decide::{Decided, Review};
use super::launch::READ_ONLY;
use super::question::Names;
use super::refusal;
use crate::checklist::{How, Question};
use crate::effects::children::{self, Inheritance, Wanted};
use crate::effects::{grants, notice};
use crate::plan::{Plan, Risk};
use crate::policy::{self, Confirm, Presence, Verdict};
use crate::target::{Resolution, Target};
use crate::text::Untrusted;

/// What a command above this one was approved for, where that covers this. One that leaves for another server, or comes
/// in another role by start-up options, is asked for itself.
pub(super) fn inherited(case: &Case<'_>, target: &Target, plan: &Plan, risk: Risk) -> Option<Inheritance> {
    // What dbguard itself gave the command above makes nothing laxer.
    let options = |parameter: &crate::target::Parameter| {
        parameter.keyword == "options" && parameter.value.expose() != OsStr::new(READ_ONLY)
    };
    let given = case.snapshot.vars.filled("PGOPTIONS").is_some_and(|options| options != READ_ONLY);
    if plan.leaves || given || target.parameters.iter().any(options) {
        return None;
    }
    let certain = matches!(case.resolution, Resolution::Resolved(_)) && case.also.is_empty();
    let (tool, same) = (&case.invocation.tool, same(case, target));
    children::find(&Wanted { tool, target, risk, same, only_same: !certain }, case.snapshot)
}

/// Stands for the command without what launches it, and for all that it reaches: a launcher starts it once more through
/// an interpreter, whose script is a program of the table.
fn same(case: &Case<'_>, target: &Target) -> u64 {
    let mut hasher = DefaultHasher::new();
    let declared = case.invocation.declared.as_ref();
    let tool = declared.map_or(&case.invocation.tool, |declared| &declared.tool);
    declared.map(|declared| declared.cwd(case.snapshot)).hash(&mut hasher);
    (tool, &case.invocation.operands, grants::target_key(target)).hash(&mut hasher);
    for option in &case.invocation.options {
        (&option.name, &option.value).hash(&mut hasher);
    }
    for (resolution, environment) in &case.also {
        (known(resolution).map(grants::target_key), environment.name()).hash(&mut hasher);
    }
    hasher.finish()
}

/// Leaves the approval for what the tool starts. Only tools of the table do that; without it their children are asked.
pub(super) fn bequeath(case: &Case<'_>, target: &Target, decided: &Decided) {
    let asked = matches!(decided.approved.how(), How::Typed(_) | How::Grant(_) | How::Token);
    if !asked || case.invocation.declared.is_none() {
        return;
    }
    let mut places = vec![(target, decided.seen.meeting.environment.name())];
    places.extend(
        case.also.iter().filter_map(|(resolution, environment)| Some((known(resolution)?, environment.name()))),
    );
    let approval = decided.receipt.id().unwrap_or_default();
    if let Err(error) = children::bequeath(&places, same(case, target), decided.seen.risk, approval, case.snapshot) {
        notice::warn(&error);
    }
}

/// The questions for the other databases of the command, each with what it is about.
pub(super) fn others(case: &Case<'_>, seen: &Review, first: &Question) -> Vec<(String, Question)> {
    let mut questions: Vec<(String, Question)> = Vec::new();
    for (resolution, environment) in &case.also {
        let Verdict::Ask(confirm) = policy::judge(&case.config.policy(environment), seen.risk, Presence::Person) else {
            continue;
        };
        let target = known(resolution).cloned().unwrap_or_else(Target::nowhere);
        let name = environment.name();
        let name_differs = case.by_name_alone(&target).name() != name;
        let names = Names { target: &target, environment: name, misleading: false, name_differs };
        let question = names.question(confirm);
        let told = format!("{} is reached too: {}", Untrusted::text(name), refusal::place(&target));
        if question != *first && questions.iter().all(|(_, other)| *other != question) || confirm == Confirm::Yes {
            questions.push((told, question));
        }
    }
    questions
}

/// The target of a resolution, as far as it is known.
fn known(resolution: &Resolution) -> Option<&Target> {
    match resolution {
        Resolution::Resolved(target) => Some(target),
        Resolution::Ambiguous { partial, .. } => partial.as_ref(),
        Resolution::NoServer { .. } => None,
    }
}
