//! What stands for a person where nobody can be asked: a grant made before, or the confirmation var of a CI job.

use super::case::Case;
use super::record::Record;
use super::refusal;
use super::token::{self, Named, Token};
use crate::checklist::StandIn;
use crate::effects::grants::{Asked, Fingerprint, Grant, Grants};
use crate::environment::Environment;
use crate::error::Result;
use crate::plan::{Plan, Risk};
use crate::policy::Absence;
use crate::target::Target;
use crate::text::Untrusted;

/// What is known when something has to stand for a person.
#[derive(Clone, Copy)]
pub(super) struct Met<'a> {
    /// By the names, and once the server was asked, also by what it said.
    pub(super) environment: &'a Environment,
    pub(super) risk: Risk,
    pub(super) absence: Absence,
}

/// Finds it, or refuses. The token is looked at first, since looking uses nothing up; where the server turned out to be
/// of another environment than the names say, whoever wrote the names did not mean this server.
pub(super) fn find(case: &Case<'_>, target: &Target, plan: &Plan, met: Met<'_>) -> Result<StandIn> {
    let Met { environment, risk, .. } = met;
    let token = if environment.name() == case.environment.name() {
        token::check(&case.snapshot.vars, &case.policy(), named(case, target, plan))
    } else {
        let server = Untrusted::text(environment.name());
        Token::Fails(format!("the server says that it is {server}, whatever its name says"))
    };
    if token == Token::Holds {
        return Ok(StandIn::Token);
    }
    let key = case.grant_key(target);
    let granted = Grants::open(case.snapshot).and_then(|grants| {
        // To read and hash a dump takes long: only where a grant for this target asks for it.
        let bound = |grant: &Grant| grant.exact.is_some() && grant.target_key == key;
        let exact =
            if grants.list(case.snapshot.now)?.grants.iter().any(bound) { fingerprint(case, plan) } else { None };
        grants.take(&Asked { target_key: &key, risk, exact: exact.as_ref() }, case.snapshot.now)
    });
    if let Ok(Some(found)) = granted {
        return Ok(StandIn::Grant { id: found.grant().id.clone() });
    }
    let refused = refusal::nobody(case, target, plan, met, token);
    // Grants that cannot be read are none; what is wrong with them is told beside the refusal, not in its place.
    let refused = granted.err().into_iter().fold(refused, |refused, trouble| refused.hint(trouble.message()));
    Record::unmet(case, target, plan, risk, &case.policy()).refused(refused.message());
    Err(refused)
}

/// What a token has to name.
pub(super) fn named<'a>(case: &Case<'_>, target: &'a Target, plan: &Plan) -> Named<'a> {
    Named { target, name_differs: case.name_differs(target), leaves: plan.leaves || !case.also.is_empty() }
}

/// The exact invocation, where it can be said: not where part of it comes through standard input.
pub(super) fn fingerprint(case: &Case<'_>, plan: &Plan) -> Option<Fingerprint> {
    if plan.reads_stdin {
        return None;
    }
    Fingerprint::of(&case.invocation, &plan.inputs, case.snapshot).ok()
}
