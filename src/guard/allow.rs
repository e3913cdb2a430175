//! A person's grant: the checklist now, for an invocation that will run without a terminal later.
//!
//! It goes through the same case, plan, server and question as running does, and leaves a grant instead of a process.

use std::ffi::OsString;
use std::time::Duration;

use super::case::Case;
use super::decide::{self, Review};
use super::record::Record;
use super::{family, patience, refusal, server, stand_in};
use crate::checklist::{self, Outcome};
use crate::config;
use crate::effects::audit::{AuditLog, Event, Phase};
use crate::effects::grants::{Grant, Grants, Listing, NewGrant};
use crate::effects::tty::{self, Tty};
use crate::error::{Error, Result};
use crate::plan::{self, Risk};
use crate::policy::{Confirm, Presence};
use crate::target::{self, Target};
use crate::world::stdin::Stdin;
use crate::world::{Snapshot, terminal, tools};

/// What a person wants to allow.
#[derive(Clone, Debug)]
pub struct Allowance {
    /// The tool and its arguments.
    pub line: Vec<OsString>,
    /// How long it holds.
    pub lifetime: Duration,
    /// It is used up by its first use.
    pub once: bool,
    /// Why.
    pub reason: Option<String>,
}

/// Asks, and writes the grant.
pub fn allow(allowance: &Allowance, snapshot: &Snapshot) -> Result<Grant> {
    let mut tty = person(snapshot)?;
    let (tool, args) = allowance.line.split_first().ok_or_else(|| Error::refused("no tool was named"))?;
    let config = config::load(snapshot);
    let program = tools::locate(tool, &snapshot.vars)?;
    let case = Case::open(tool, args, Some(program), &config, snapshot).follow(&Stdin::terminal());
    let target = needed(&case)?;
    let waiting = Some(patience::at_terminal(snapshot));
    let plan = plan::plan_for(&case.invocation, &mut Stdin::terminal(), snapshot, waiting);
    let meeting = server::meet(&case, target, &plan, Some(&mut tty));
    let seen = Review::new(&case, plan, meeting);
    let record = Record::begin(&case, target, &seen);
    record.asked()?;
    decide::show(&case, target, &seen, std::process::id(), &mut tty);
    let confirm = seen.policy.confirm(seen.risk).max(Confirm::Yes);
    let question = decide::question(&case, target, &seen, confirm);
    match checklist::settle_each(&question, &family::others(&case, &seen, &question), &mut tty) {
        Outcome::Approved(_) => grant(allowance, &case, target, &seen, &record),
        Outcome::Declined(because) => {
            record.declined(&because);
            Err(refusal::declined(&case, &because))
        }
    }
}

/// A person at a terminal, who is nobody's agent.
fn person(snapshot: &Snapshot) -> Result<Tty> {
    let tty = Tty::open(&snapshot.vars, tty::PATIENCE);
    match (decide::presence(snapshot, &tty), tty) {
        (Presence::Person, Ok(tty)) => Ok(tty),
        (Presence::Agent(agent), _) => Err(Error::refused(format!("refused: {} cannot allow anything", agent.name))
            .hint(format!("a coding agent was recognised by {}; a person allows, at a terminal", agent.mark))),
        _ => Err(Error::refused("refused: allowing takes a person at a terminal, and there is none")),
    }
}

/// The target; an error where there is nothing to allow.
fn needed<'a>(case: &'a Case<'_>) -> Result<&'a Target> {
    if let Some(unusable) = case.unusable() {
        return Err(unusable);
    }
    case.target().ok_or_else(|| Error::refused("this touches no server: it runs without being allowed"))
}

fn grant(allowance: &Allowance, case: &Case<'_>, target: &Target, seen: &Review, record: &Record) -> Result<Grant> {
    // What only reads or writes is allowed as a target and a risk; what destroys, as the very thing that was seen.
    let exactly = seen.risk >= Risk::Destroy;
    let new = NewGrant {
        target_key: case.grant_key(target),
        describe: format!("{} on {}", refusal::command_line(case), refusal::describe(case, target)),
        risk: seen.risk,
        exact: stand_in::fingerprint(case, &seen.plan).filter(|_| exactly),
        once: allowance.once,
        lifetime: allowance.lifetime,
        tty: terminal::name().map(|name| name.to_string_lossy().into_owned()),
        reason: allowance.reason.clone(),
    };
    let grant = Grants::open(case.snapshot)?.create(new, case.snapshot.now)?;
    match record.granted(&grant.id) {
        Ok(()) => Ok(grant),
        Err(error) => {
            // Nothing is allowed that is not written down.
            let _ = Grants::open(case.snapshot)?.revoke(&grant.id);
            Err(error)
        }
    }
}

/// The grants that hold.
pub fn list(snapshot: &Snapshot) -> Result<Listing> {
    Grants::open(snapshot)?.list(snapshot.now)
}

/// Takes a grant back.
pub fn revoke(id: &str, snapshot: &Snapshot) -> Result<Grant> {
    let grant = Grants::open(snapshot)?.revoke(id)?;
    let invocation = target::parse("dbguard", &[], None, snapshot);
    let event = Event::new(&crate::effects::audit::fresh_id(snapshot.now), Phase::Revoked, &invocation, snapshot);
    AuditLog::open(snapshot)?.append(&event.grant(id)).map(drop)?;
    Ok(grant)
}
