//! `:unlock` and `:unlock_session`: the checklist inside psql, for the connection that psql has.
//!
//! It is the guard's own checklist, with the target as psql's variables have it now, and nothing of an earlier answer
//! counts. Whoever approves gets one transaction, or the connection as it is; the next connection is read-only again by
//! itself. What is refused or declined leaves everything as it was.

use super::derive;
use super::names;
use super::seat::Seat;
use super::start;
use crate::checklist::{self, Approved, Outcome};
use crate::config;
use crate::effects::audit::Receipt;
use crate::effects::inside::{self, Opened};
use crate::effects::notice;
use crate::effects::tty::{self, Tty};
use crate::environment::Level;
use crate::error::{Error, Result};
use crate::guard::case::Case;
use crate::guard::decide::{self, Review};
use crate::guard::record::Record;
use crate::guard::screen::ReadOnly;
use crate::guard::{launch, server};
use crate::plan::{Finding, Plan, Risk};
use crate::policy::{self, Absence, Presence, Verdict};
use crate::target::Target;

/// Asks for the right to write. `Ok` only where it was given and written down.
pub fn unlock(seat: &mut Seat<'_>, what: Opened) -> Result<()> {
    let config = config::load(seat.snapshot);
    let names = names::told(seat.snapshot).ok_or_else(|| nothing("psql has no connection"))?;
    let invocation = seat.invocation();
    let target = names::target(&names, &invocation, seat).ok_or_else(|| nothing("the target cannot be told"))?;
    let derived = derive::exact(seat, &config, &names, seat.peer().as_ref());
    let case = start::case(seat, &config, invocation, target.clone(), derived.environment);
    if let Some(unusable) = case.unusable() {
        return Err(unusable);
    }
    if case.environment.level() == Level::Development && case.policy() == policy::Policy::of_level(Level::Development) {
        seat.inside.tag = None;
        return inside::write(seat.snapshot, seat.pid, &seat.inside);
    }
    let (_approved, receipt) = ask(&case, &target, what)?;
    drop(case);
    seat.inside.tag = receipt.id().map(|id| launch::tagged("psql", id));
    inside::write(seat.snapshot, seat.pid, &seat.inside)
}

/// The checklist.
fn ask(case: &Case<'_>, target: &Target, what: Opened) -> Result<(Approved, Receipt)> {
    let opened = Tty::open(&case.snapshot.vars, tty::PATIENCE);
    let presence = decide::presence(case.snapshot, &opened);
    if let Presence::Agent(agent) = presence {
        return Err(nothing(&format!("{} cannot confirm it", agent.name)).hint(format!(
            "a coding agent was recognised by {}; only a person can answer for this target",
            agent.mark
        )));
    }
    let mut tty = opened.map_err(|nobody| nothing(nobody.because()))?;
    let plan = plan(what);
    let meeting = server::meet(case, target, &plan, None);
    let policy = case.config.policy(&meeting.environment);
    let seen = Review { plan, meeting, policy, risk: Risk::Destroy, read_only: ReadOnly::NotWanted };
    let record = Record::begin(case, target, &seen);
    match policy::judge(&seen.policy, seen.risk, presence) {
        Verdict::Run => {
            let approved = checklist::unasked();
            let receipt = record.decided(&approved)?;
            Ok((approved, receipt))
        }
        Verdict::Ask(confirm) => {
            record.asked()?;
            decide::show(case, target, &seen, &mut tty);
            match checklist::settle(&decide::question(case, target, &seen, confirm), &mut tty) {
                Outcome::Approved(approved) => {
                    let receipt = record.decided(&approved)?;
                    Ok((approved, receipt))
                }
                Outcome::Declined(because) => {
                    record.declined(&because);
                    Err(nothing(&because))
                }
            }
        }
        Verdict::Refuse(Absence::Nobody(because)) => Err(nothing(because)),
        Verdict::Refuse(Absence::Agent(agent)) => Err(nothing(&format!("{} cannot confirm it", agent.name))),
    }
}

/// What would happen, for the screen and the audit: a person types it afterwards, so that it may be anything.
fn plan(what: Opened) -> Plan {
    let (kind, statement) = match what {
        Opened::Transaction => {
            ("unlock", "BEGIN READ WRITE: one transaction that may change and lose data, until COMMIT or ROLLBACK")
        }
        Opened::Session => ("unlock-session", "every statement may change and lose data at once, until :lock"),
    };
    let finding = Finding {
        risk: Risk::Destroy,
        kind: kind.to_owned(),
        objects: Vec::new(),
        file: None,
        line: None,
        statement: statement.to_owned(),
    };
    Plan { risk: Risk::Destroy, findings: vec![finding], ..start::open_session() }
}

fn nothing(because: &str) -> Error {
    Error::refused(format!("stopped: {because}; nothing was opened"))
}

/// The application name for what was unlocked; the user's own, or psql's, where nothing was written down.
pub fn tag(seat: &Seat<'_>) -> String {
    let own = seat.snapshot.vars.filled("PGAPPNAME").map(|name| name.to_string_lossy().into_owned());
    seat.inside.tag.clone().or(own).unwrap_or_else(|| "psql".to_owned())
}

/// Says on the terminal what stopped it, since psql hears one word only.
pub fn tell(error: &Error) {
    notice::warn(error);
}
