//! Tools whose target code decides, behind a launcher: `python manage.py migrate`, `npx knex migrate:latest`.
//!
//! Most of their runs are development's, and nothing that can be read says so: to ask about each would teach people to
//! confirm without reading. So they are asked about where a var, a file or the tool itself names a server to be careful
//! with, and everywhere for whoever asks for it (`[shims] add`). docs/CLIENTS.md says what that leaves open.

use crate::config::Config;
use crate::target::{self, Invocation, Places, Resolution};

/// The places; none where nothing names a strict one.
pub(super) fn settled(
    places: Places,
    invocation: &Invocation,
    config: &Config,
    harmless: impl Fn(&Resolution) -> bool,
) -> Places {
    let Some(program) = invocation.declared.as_ref().and_then(|declared| declared.behind()) else { return places };
    if !target::by_hand(program) || config.added(program) || !matches!(places.main, Resolution::Ambiguous { .. }) {
        return places;
    }
    let strict = |said: &Resolution| match said {
        Resolution::Ambiguous { partial: Some(target), .. } => !harmless(&Resolution::Resolved(target.clone())),
        known @ Resolution::Resolved(_) => !harmless(known),
        Resolution::Ambiguous { partial: None, .. } | Resolution::NoServer { .. } => false,
    };
    if places.also.iter().chain([&places.main]).any(strict) {
        return places;
    }
    let because = "code decides where it goes, and nothing that can be read names a server to be careful with; \
        to be asked all the same, name it in [shims] add";
    Places { main: Resolution::NoServer { because: because.to_owned() }, also: Vec::new() }
}
