//! A roll-out in which nothing is asked yet: what would be is told to a person, and written down.
//!
//! The policy in force asks nothing then, so that every step of the pipeline is the usual one; here it is only put into
//! words what the demands of the environment would have come to.

use super::case::Case;
use super::report;
use crate::config::Rollout;
use crate::effects::notice;
use crate::environment::Environment;
use crate::plan::Risk;
use crate::policy::{self, Presence, Verdict};
use crate::target::Target;
use crate::text::Untrusted;

/// What would have been asked here; nothing where nothing is observed.
pub(super) fn would(case: &Case<'_>, environment: &Environment, risk: Risk, presence: Presence) -> Option<String> {
    if case.config.rollout == Rollout::Enforce {
        return None;
    }
    if let Some(unusable) = case.unusable() {
        return Some(format!("would refuse: {}", unusable.message()));
    }
    Some(match policy::judge(&case.config.demands(environment), risk, presence) {
        Verdict::Run => "would not ask either".to_owned(),
        Verdict::Ask(confirm) => format!("would ask to type {}", report::what(confirm)),
        Verdict::Refuse(_) => "would refuse, since there is nobody to ask".to_owned(),
    })
}

/// Tells the person at the terminal. A script's error output is the script's own.
pub(super) fn tell(target: &Target, environment: &Environment, would: &str, presence: Presence) {
    if presence != Presence::Person {
        return;
    }
    let look = environment.look();
    let host = target.hosts.first().map(crate::target::Host::shown).unwrap_or_default();
    let line = format!("{} {} {host}: {would}", look.icon, look.label);
    notice::warn(&format!("dbguard observes: {}", Untrusted::text(&line)));
}
