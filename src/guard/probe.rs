//! Where code decides the target: the tool itself is asked, in projects whose owner trusts their code to be run.
//!
//! Nothing is run on dbguard's own account. What the tool says replaces only what was not known; what it does not say stays
//! as strict as it was.

use crate::config::{self, trust};
use crate::effects::probe;
use crate::target::{self, Invocation, Places, Resolution};
use crate::text::Untrusted;
use crate::world::Snapshot;

/// The places, and where code left them open the tool's own word, which then takes the place of every guess.
///
/// It is the first connection of another subcommand, without a network: code may go elsewhere when it matters. So it only
/// makes things stricter, or known by name: what it says is not taken where `harmless` calls it so.
pub(super) fn settled(
    mut places: Places,
    invocation: &Invocation,
    snapshot: &Snapshot,
    harmless: impl Fn(&Resolution) -> bool,
) -> Places {
    let Resolution::Ambiguous { because, .. } = &mut places.main else { return places };
    let probe = invocation.declared.as_ref().and_then(|declared| declared.probe(invocation));
    let (Some((language, args)), Some(program)) = (probe, &invocation.program) else { return places };
    let store = config::Places::of(snapshot).trust;
    if !store.is_some_and(|store| trust::covers_code(&store, &snapshot.cwd)) {
        let tool = Untrusted::text(&invocation.tool);
        *because = format!("{because}; to let {tool} say it where you trust the code: dbguard trust --code .");
        return places;
    }
    match probe::ask(program, &args, language, snapshot) {
        Ok(said) => match target::told(&said, invocation, snapshot) {
            Some(main) if harmless(&main) => {
                let tool = Untrusted::text(&invocation.tool);
                *because = format!("{because}; {tool} names a harmless place first, and may go elsewhere after it");
                places
            }
            // What it wipes or reads besides is no guess, and stays.
            Some(main) => {
                let more = invocation.declared.as_ref().is_some_and(|declared| declared.has_more());
                Places { main, also: if more { places.also } else { Vec::new() } }
            }
            None => places,
        },
        Err(error) => {
            *because = format!("{because}; {}", error.message());
            places
        }
    }
}
