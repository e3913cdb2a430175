//! What is written to the audit log, and when.
//!
//! An event before the question, so that an interrupted one is seen, and one at the decision. Where the policy only
//! asks for a warning, a log that cannot be written is told of once and does not stop anything.

use super::case::Case;
use super::decide::Review;
use crate::checklist::{Approved, How};
use crate::effects::audit::{self, AuditLog, Event, Phase, Receipt, WhenUnwritten};
use crate::effects::notice;
use crate::error::{Error, Result};
use crate::plan::{Plan, Risk};
use crate::policy::{AuditDemand, Policy};
use crate::target::Target;

/// The audit of one invocation.
pub(super) struct Record {
    log: Result<AuditLog>,
    event: Event,
    when: WhenUnwritten,
    reason: Option<String>,
    /// What would have been asked, where nothing is.
    would: Option<String>,
}

impl Record {
    /// Opens the log for an invocation whose server was met. Nothing is written yet.
    pub(super) fn begin(case: &Case<'_>, target: &Target, seen: &Review) -> Self {
        let mut record = Self::unmet(case, target, &seen.plan, seen.risk, &seen.policy);
        let mut event = record.event.environment(&seen.meeting.environment);
        if let Ok(told) = &seen.meeting.said {
            event = event.attestation(told);
            if let Some(lsn) = &told.lsn {
                event = event.lsn(lsn);
            }
        }
        record.event = event;
        record
    }

    /// Opens the log for an invocation whose server was not contacted.
    pub(super) fn unmet(case: &Case<'_>, target: &Target, plan: &Plan, risk: Risk, policy: &Policy) -> Self {
        let id = audit::fresh_id(case.snapshot.now);
        let mut event = Event::new(&id, Phase::Asked, &case.invocation, case.snapshot)
            .target(target)
            .environment(&case.environment)
            .risk(risk)
            .findings(&plan.findings);
        if let Some(reason) = case.snapshot.vars.filled("DBGUARD_REASON") {
            event = event.reason(&reason.to_string_lossy());
        }
        let when = match policy.audit {
            AuditDemand::Warn => WhenUnwritten::Warn,
            AuditDemand::Required => WhenUnwritten::Refuse,
        };
        Self { log: AuditLog::open(case.snapshot), event, when, reason: None, would: None }
    }

    /// With what would have been asked, where nothing is.
    pub(super) fn observing(self, would: Option<&str>) -> Self {
        Self { would: would.map(|would| format!("observed: {would}")), ..self }
    }

    /// Why, as a person put it after the question stood there.
    pub(super) fn because(&mut self, reason: &str) {
        self.reason = Some(reason.to_owned());
    }

    /// The question is about to be asked.
    pub(super) fn asked(&self) -> Result<()> {
        self.write(&self.event).map(drop)
    }

    /// It passed.
    pub(super) fn decided(&self, approved: &Approved) -> Result<Receipt> {
        let mut event =
            self.event.follow(Phase::Decided).answer(&self.would.clone().unwrap_or_else(|| answer(approved.how())));
        if let Some(reason) = &self.reason {
            event = event.reason(reason);
        }
        if let How::Grant(id) | How::Parent(id) = approved.how() {
            event = event.grant(id);
        }
        self.write(&event)
    }

    /// It passed, and left a grant.
    pub(super) fn granted(&self, id: &str) -> Result<()> {
        self.write(&self.event.follow(Phase::Granted).grant(id)).map(drop)
    }

    /// It did not pass. Failing to write that down changes nothing: nothing runs.
    pub(super) fn declined(&self, because: &str) {
        let event = self.event.follow(Phase::Decided).answer(&format!("declined: {because}"));
        if let Err(error) = self.write(&event) {
            notice::warn(&error);
        }
    }

    /// There was nobody to ask. Nothing runs, so a log that cannot be written stops nothing and is not told of.
    pub(super) fn refused(&self, because: &str) {
        let _ = self.write(&self.event.follow(Phase::Decided).answer(because));
    }

    fn write(&self, event: &Event) -> Result<Receipt> {
        let written = match &self.log {
            Ok(log) => log.append(event),
            Err(error) => Err(error.clone()),
        };
        written.or_else(|error| self.unwritten(error))
    }

    fn unwritten(&self, error: Error) -> Result<Receipt> {
        match audit::unwritten(self.when, &error) {
            Some(receipt) => {
                notice::warn(&error);
                Ok(receipt)
            }
            None => Err(error.hint("nothing runs on this target without a record of it")),
        }
    }
}

fn answer(how: &How) -> String {
    match how {
        How::Unasked => "not asked".to_owned(),
        How::Typed(typed) => format!("typed {typed}"),
        How::Grant(_) => "granted before".to_owned(),
        How::Token => "confirmed by DBGUARD_CONFIRM".to_owned(),
        How::Parent(_) => "confirmed with the command that started it".to_owned(),
    }
}
