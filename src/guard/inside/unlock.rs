//! `:unlock` and `:unlock_session`: the checklist inside psql, for the connection that psql has.
//!
//! It is the guard's own checklist, with the target as psql's variables have it now, and nothing of an earlier answer
//! counts. Whoever approves gets one transaction, or the connection as it is; the next connection is read-only again by
//! itself. What is refused or declined leaves everything as it was.

use super::derive;
use super::names;
use super::seat::Seat;
use super::start;
use crate::checklist::{self, Answer, Approved, Human as _, Outcome, Question};
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
use crate::policy::{self, Absence, Most, Presence, Verdict};
use crate::target::Target;
use crate::text::Untrusted;

/// Asks for the right to write. `Ok` only where it was given and written down.
pub fn unlock(seat: &mut Seat<'_>, what: Opened) -> Result<()> {
    let config = config::load(seat.snapshot);
    let names = names::told(seat.snapshot).ok_or_else(|| nothing("psql has no connection"))?;
    let derived = derive::exact(seat, &config, &names, seat.peer().as_ref());
    let target = derived.target.ok_or_else(|| nothing("the target cannot be told"))?;
    let case = start::case(seat, &config, target.clone(), derived.environment);
    if let Some(unusable) = case.unusable() {
        return Err(unusable);
    }
    if case.environment.level() == Level::Development && case.policy() == policy::Policy::of_level(Level::Development) {
        (seat.inside.role, seat.inside.tag) = (None, None);
        return inside::write(seat.snapshot, seat.pid, &seat.inside);
    }
    let asked = Asked { what, pid: seat.pid, direct: seat.is_direct(seat.peer().as_ref()) };
    let (role, receipt) = ask(&case, &target, &asked)?;
    drop(case);
    (seat.inside.role, seat.inside.tag) = (role, receipt.id().map(|id| launch::tagged("psql", id)));
    inside::write(seat.snapshot, seat.pid, &seat.inside)
}

/// What is to be opened, and where.
struct Asked {
    what: Opened,
    /// The psql that asks.
    pid: u32,
    /// Nothing stands between it and the server.
    direct: bool,
}

/// The checklist. Answers with the role that is to write, and with the proof that all this was written down.
fn ask(case: &Case<'_>, target: &Target, asked: &Asked) -> Result<(Option<String>, Receipt)> {
    let opened = Tty::open(&case.snapshot.vars, tty::PATIENCE);
    let presence = decide::presence(case.snapshot, &opened);
    if let Presence::Agent(agent) = presence {
        return Err(nothing(&format!("{} cannot confirm it", agent.name)).hint(format!(
            "a coding agent was recognised by {}; only a person can answer for this target",
            agent.mark
        )));
    }
    let mut tty = opened.map_err(|nobody| nothing(nobody.because()))?;
    let plan = plan(asked.what);
    let meeting = server::meet(case, target, &plan, None);
    let policy = case.config.policy(&meeting.environment);
    let seen = Review { plan, meeting, policy, risk: Risk::Destroy, read_only: ReadOnly::NotWanted };
    let mut record = Record::begin(case, target, &seen);
    allowed(&seen, asked, &record)?;
    let confirm = match policy::judge(&seen.policy, seen.risk, presence) {
        Verdict::Run => None,
        Verdict::Ask(confirm) => Some(confirm),
        Verdict::Refuse(Absence::Nobody(because)) => return Err(nothing(because)),
        Verdict::Refuse(Absence::Agent(agent)) => return Err(nothing(&format!("{} cannot confirm it", agent.name))),
    };
    let question = confirm.map(|confirm| decide::question(case, target, &seen, confirm));
    if question.is_some() || seen.policy.unlock.reason {
        record.asked()?;
        decide::show(case, target, &seen, asked.pid, &mut tty);
    }
    if seen.policy.unlock.reason {
        reason(&mut record, &mut tty)?;
    }
    let approved = match question {
        None => checklist::unasked(),
        Some(question) => settle(&question, &mut tty, &record)?,
    };
    let receipt = record.decided(&approved)?;
    Ok((seen.policy.unlock.role, receipt))
}

/// What the environment does not let be opened is refused before anything is asked.
fn allowed(seen: &Review, asked: &Asked, record: &Record) -> Result<()> {
    let name = seen.meeting.environment.name();
    let refused = match (seen.policy.unlock.most, asked.what) {
        // A pooler would hand the server's session, and the role with it, to another client.
        (Most::Session, Opened::Session) if seen.policy.unlock.role.is_some() && !asked.direct => {
            nothing("the role that writes would stay behind in a pooler")
                .hint("type :unlock, which gives it back itself")
        }
        (Most::Session, _) | (Most::Transaction, Opened::Transaction) => return Ok(()),
        (Most::Transaction, Opened::Session) => {
            nothing(&format!("{} opens one transaction at a time", Untrusted::text(name))).hint("type :unlock")
        }
        (Most::Never, _) => nothing(&format!("{} is not written to from psql", Untrusted::text(name)))
            .hint("its policy says unlock = \"never\"; see: dbguard env show"),
    };
    record.declined(refused.message());
    Err(refused)
}

/// A reason in words, for whoever reads the audit.
fn reason(record: &mut Record, tty: &mut Tty) -> Result<()> {
    let because = match tty.ask("Why? This is written down:") {
        Answer::Typed(typed) if !typed.trim().is_empty() => {
            record.because(typed.trim());
            return Ok(());
        }
        Answer::Typed(_) => "no reason was given",
        Answer::Nothing(because) => because,
    };
    record.declined(because);
    Err(nothing(because))
}

fn settle(question: &Question, tty: &mut Tty, record: &Record) -> Result<Approved> {
    match checklist::settle(question, tty) {
        Outcome::Approved(approved) => Ok(approved),
        Outcome::Declined(because) => {
            record.declined(&because);
            Err(nothing(&because))
        }
    }
}

/// The role that is to write; nothing where it is the one that logged in.
pub fn role<'s>(seat: &'s Seat<'_>) -> Option<&'s str> {
    seat.inside.role.as_deref()
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
