//! Unknown servers are met once, as ssh meets a host.
//!
//! After a person confirmed, the server's own identifier is remembered for this target; and where no rule names the
//! target, the person is offered to name it. Nothing here can fail the run: what cannot be remembered is said.

use super::case::Case;
use super::decide::Review;
use crate::checklist::{Approved, How};
use crate::effects::known_servers;
use crate::effects::notice;
use crate::target::Target;

/// Remembers what a person confirmed.
pub(super) fn remember(case: &Case<'_>, target: &Target, seen: &Review, approved: &Approved) {
    if !matches!(approved.how(), How::Typed(_)) {
        return;
    }
    let identifier = seen.meeting.said.as_ref().ok().and_then(|told| told.system_identifier.as_deref());
    if let Some(identifier) = identifier
        && let Err(error) = known_servers::remember(case.snapshot, target, identifier)
    {
        notice::warn(&error);
    }
}
