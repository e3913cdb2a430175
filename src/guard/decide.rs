//! From a case and its plan to an approval and a receipt, or to a refusal.
//!
//! Where nobody can be asked, what stands for a person is looked for before the server is contacted: a refused
//! invocation touches nothing.

use super::case::Case;
use super::question::Names;
use super::record::Record;
use super::screen::{self, ReadOnly};
use super::server::{self, Meeting};
use super::stand_in::Met;
use super::{acquaint, family, impact, launch, observe, pending, refusal, stand_in};
use crate::checklist::{self, Approved, How, Human, Outcome, Question, StandIn};
use crate::effects::audit::Receipt;
use crate::effects::notice;
use crate::effects::sessions;
use crate::effects::tty::{self, Nobody, Tty};
use crate::error::Result;
use crate::plan::{Mode, Plan, Risk};
use crate::policy::{self, Confirm, Policy, Presence, Verdict};
use crate::target::{Engine, Target};
use crate::text::Untrusted;
use crate::world::{Snapshot, agents};

/// A case that may run.
pub(super) struct Decided {
    pub(super) approved: Approved,
    pub(super) receipt: Receipt,
    /// What it was approved on.
    pub(super) seen: Review,
}

/// Everything that the decision rests on: plan and server, and what follows from both.
pub(super) struct Review {
    pub(super) plan: Plan,
    pub(super) meeting: Meeting,
    pub(super) policy: Policy,
    pub(super) risk: Risk,
    pub(super) read_only: ReadOnly,
}

impl Review {
    pub(super) fn new(case: &Case<'_>, plan: Plan, meeting: Meeting) -> Self {
        let policy = case.config.policy(&meeting.environment);
        let read_only = meeting.read_only(launch::wants_read_only(&policy, &plan));
        let risk = risk(&plan, &policy, &read_only);
        Self { plan, meeting, policy, risk, read_only }
    }
}

/// An interactive session is only as safe as it is read-only; where the policy does not ask for that, it is free.
fn risk(plan: &Plan, policy: &Policy, read_only: &ReadOnly) -> Risk {
    match plan.mode {
        Mode::Batch | Mode::Completion => plan.risk,
        Mode::Interactive if !policy.read_only || *read_only == ReadOnly::Held => assumed(plan),
        Mode::Interactive => Risk::Unknown,
    }
}

/// The risk before the server was met: an open session counts as the read-only one that it is meant to be, unless a
/// file that runs before anybody types does more: a psqlrc.
pub(super) fn assumed(plan: &Plan) -> Risk {
    match plan.mode {
        Mode::Interactive => {
            let beforehand = plan.findings.iter().filter(|finding| finding.file.is_some());
            beforehand.map(|finding| finding.risk).fold(Risk::Read, Risk::max)
        }
        Mode::Batch | Mode::Completion => plan.risk,
    }
}

/// Decides.
pub(super) fn decide(case: &Case<'_>, target: &Target, plan: Plan) -> Result<Decided> {
    let opened = Tty::open(&case.snapshot.vars, tty::PATIENCE);
    let presence = presence(case.snapshot, &opened);
    let mut tty = opened.ok();
    let plan = pending::narrowed(case, target, plan, presence);
    let assumed = assumed(&plan);
    let early = policy::judge(&case.policy(), assumed, presence);
    let heir = match early {
        Verdict::Run => None,
        Verdict::Ask(_) | Verdict::Refuse(_) => family::inherited(case, target, &plan, assumed),
    };
    let mut stands_in = match early {
        Verdict::Refuse(absence) if heir.is_none() => {
            let met = Met { environment: &case.environment, risk: assumed, absence };
            Some((assumed, stand_in::find(case, target, &plan, met)?))
        }
        Verdict::Run | Verdict::Ask(_) | Verdict::Refuse(_) => None,
    };
    let person = tty.as_mut().filter(|_| matches!(early, Verdict::Ask(_)) && heir.is_none());
    let meeting = server::meet(case, target, &plan, person.map(|tty| tty as &mut dyn Human));
    let seen = Review::new(case, plan, meeting);
    let would = observe::would(case, &seen.meeting.environment, seen.risk, presence);
    let record = Record::begin(case, target, &seen).observing(would.as_deref());
    let verdict = policy::judge(&seen.policy, seen.risk, presence);
    let heir = heir.filter(|heir| verdict != Verdict::Run && heir.covers(seen.meeting.environment.name(), seen.risk));
    let parent = heir.and_then(|heir| heir.take(case.snapshot));
    let approved = match verdict {
        Verdict::Run => checklist::unasked(),
        Verdict::Ask(_) | Verdict::Refuse(_) if parent.is_some() => {
            checklist::settle_by(StandIn::Parent { id: parent.unwrap_or_default() })
        }
        Verdict::Ask(confirm) => ask(case, target, &seen, confirm, tty.as_mut(), &record)?,
        Verdict::Refuse(absence) => {
            // Found for another risk or environment than the one that stands now, it does not count.
            let met = Met { environment: &seen.meeting.environment, risk: seen.risk, absence };
            let same = met.environment.name() == case.environment.name();
            let found = match stands_in.take().filter(|(risk, _)| same && *risk == seen.risk) {
                Some((_, found)) => found,
                None => stand_in::find(case, target, &seen.plan, met)?,
            };
            checklist::settle_by(found)
        }
    };
    let receipt = record.decided(&approved)?;
    match &would {
        Some(would) => observe::tell(target, &seen.meeting.environment, would, presence),
        None => warn_unseen(&seen, &approved),
    }
    let human = tty.as_mut().map(|tty| tty as &mut dyn Human);
    acquaint::remember(case, target, &seen, &approved, human);
    Ok(Decided { approved, receipt, seen })
}

/// What a checklist would have shown first is told of also where none was shown.
fn warn_unseen(seen: &Review, approved: &Approved) {
    if matches!(approved.how(), How::Typed(_)) {
        return;
    }
    for alarm in &seen.meeting.alarms {
        notice::warn(&format!("dbguard: {}", Untrusted::text(alarm)));
    }
    if let ReadOnly::NotHeld(because) = &seen.read_only {
        notice::warn(&format!("dbguard: this session is NOT read-only: {because}"));
    }
}

/// Who could be asked. A coding agent is not asked, also where it has a terminal.
pub(super) fn presence(snapshot: &Snapshot, terminal: &std::result::Result<Tty, Nobody>) -> Presence {
    match (agents::detect(&snapshot.vars), terminal) {
        (Some(agent), _) => Presence::Agent(agent),
        (None, Ok(_)) => Presence::Person,
        (None, Err(nobody)) => Presence::Nobody(nobody.because()),
    }
}

/// Shows the checklist and asks its question.
fn ask(
    case: &Case<'_>,
    target: &Target,
    seen: &Review,
    confirm: Confirm,
    tty: Option<&mut Tty>,
    record: &Record,
) -> Result<Approved> {
    let Some(tty) = tty else {
        return Err(refusal::declined(case, "the terminal went away"));
    };
    record.asked()?;
    show(case, target, seen, std::process::id(), tty);
    let question = question(case, target, seen, confirm);
    match checklist::settle_each(&question, &family::others(case, seen, &question), tty) {
        Outcome::Approved(approved) => Ok(approved),
        Outcome::Declined(because) => {
            record.declined(&because);
            Err(refusal::declined(case, &because))
        }
    }
}

/// The question for what was seen.
pub(super) fn question(case: &Case<'_>, target: &Target, seen: &Review, confirm: Confirm) -> Question {
    let environment = seen.meeting.environment.name();
    let misleading = environment != case.environment.name() && case.environment.name() != "unknown";
    let name_differs = case.name_differs(target);
    let target = &case.decisive(target);
    Names { target, environment, misleading, name_differs }.question(confirm)
}

/// One screen: what is this, where is it, what does it say, what would happen, how could it be undone.
/// `session` is the process that it is about, whose own entry is not among the others.
pub(super) fn show(case: &Case<'_>, target: &Target, seen: &Review, session: u32, human: &mut dyn Human) {
    let environment = &seen.meeting.environment;
    human.banner(&screen::banner(environment, &case.invocation.tool, seen.meeting.alarms.clone()));
    human.section(&screen::target(target, environment, case.snapshot));
    if let Some(also) = screen::also(&case.also) {
        human.section(&also);
    }
    if let Some(outdated) = &case.outdated {
        human.section(&screen::outdated(&outdated.shown));
    }
    human.section(&seen.meeting.section());
    human.section(&screen::plan(&seen.plan, seen.risk, &seen.read_only));
    if let Some(impact) = impact::section(&seen.meeting.impact) {
        human.section(&impact);
    }
    if target.engine == Engine::Postgresql {
        human.section(&seen.meeting.undo());
    }
    let others = sessions::others(case.snapshot, session).unwrap_or_default();
    if let Some(open) = screen::open_sessions(&others, case.snapshot.now) {
        human.section(&open);
    }
}
