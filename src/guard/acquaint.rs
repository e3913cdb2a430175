//! Unknown servers are met once, as ssh meets a host.
//!
//! After a person confirmed, the server's own identifier is remembered for this target; and where no rule names the
//! target, the person is offered to name it. Nothing here can fail the run: what cannot be remembered is said.

use std::ffi::OsString;

use super::case::Case;
use super::decide::Review;
use crate::checklist::{Answer, Approved, How, Human};
use crate::config::{NewEntry, edit};
use crate::effects::{known_servers, notice};
use crate::environment::{Environment, Level, is_loopback};
use crate::target::{Field, Resolution, Target};
use crate::text::Untrusted;

/// Remembers what a person confirmed.
pub(super) fn remember(
    case: &Case<'_>,
    target: &Target,
    seen: &Review,
    approved: &Approved,
    human: Option<&mut dyn Human>,
) {
    if !matches!(approved.how(), How::Typed(_)) {
        return;
    }
    let identifier = seen.meeting.said.as_ref().ok().and_then(|told| told.system_identifier.as_deref());
    if let Some(identifier) = identifier
        && let Err(error) = known_servers::remember(case.snapshot, target, identifier)
    {
        notice::warn(&error);
    }
    // Not where the server named itself, which a laxer name here would keep from being asked; nor where a script leaves
    // this target, which is unknown for where it goes and not for what it is.
    let unnamed = matches!(
        (&case.environment, &seen.meeting.environment, &case.resolution),
        (Environment::Unknown { .. }, Environment::Unknown { .. }, Resolution::Resolved(_))
    );
    if let (true, Some(human), Some(entry)) = (unnamed, human, entry(target)) {
        offer(case, &entry, human);
    }
}

/// What a rule for this target would match: its address where one is given, since that decides where packets go; the
/// name beside a loopback address, which is no address of anybody's. Nothing for lists of hosts and for forwarders,
/// whose one end says little.
fn entry(target: &Target) -> Option<NewEntry> {
    let [host] = target.hosts.as_slice() else { return None };
    if target.via.is_some() {
        return None;
    }
    let text = |field: &Option<Field<OsString>>| Some(field.as_ref()?.value.to_str()?.to_owned());
    let address = text(&host.hostaddr).filter(|address| !is_loopback(address));
    let name = address.or_else(|| text(&host.host))?;
    // Also the usual port: on another one of this host may be a server that nobody has met.
    Some(NewEntry { host: Some(name), port: Some(host.port.value), ..NewEntry::default() })
}

/// Offers to name the environment. Anything but one of the three words means: not now.
fn offer(case: &Case<'_>, entry: &NewEntry, human: &mut dyn Human) {
    let Some(rule) = entry.toml() else { return };
    human.tell(&format!("No rule names this target. Name its environment, and {rule} is known from now on."));
    let Answer::Typed(typed) = human.ask("production, staging or development (Enter: not now):") else { return };
    let typed = typed.trim().to_lowercase();
    if typed.is_empty() {
        return;
    }
    let Some(level) = Level::ALL.into_iter().find(|level| level.word() == typed) else {
        return human.tell(&format!("`{}` is none of the three: nothing was remembered", Untrusted::text(&typed)));
    };
    match edit::remember(case.snapshot, level.word(), Some(level), entry) {
        Ok(written) => human.tell(&format!("remembered as {} in {}", written.environment, written.file.display())),
        Err(error) => human.tell(&format!("nothing was remembered: {}", error.message())),
    }
}
