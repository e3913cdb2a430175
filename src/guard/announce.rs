//! What title and tab say while a client runs: its own environment and database, not the shell's.
//!
//! Only where the hook is active in the shell around, and for a session that a person types into; whatever is set here
//! is taken back by that hook at its next prompt, for which a mark is left first. Without the mark nothing is set.

use super::case::Case;
use crate::effects::{notice, tints, tty};
use crate::environment::Environment;
use crate::error::Error;
use crate::plan;
use crate::prompt::{Segment, Shown};
use crate::shell::{Paint, Terminal};
use crate::target::Target;
use crate::text::Untrusted;
use crate::world::processes;
use crate::world::stdin::Stdin;
use crate::world::terminal::has_colour;

/// Says that psql would start without its start-up file, in silence, and so without dbguard's block in it.
pub(super) fn start_up(case: &Case<'_>, stdin: &Stdin) {
    let invocation = &case.invocation;
    if invocation.tool != "psql" || invocation.has("no-psqlrc") || !plan::is_session(invocation, stdin) {
        return;
    }
    if let Some((path, because)) = plan::passed_over(case.snapshot) {
        let what = format!("psql starts without `{}`: {because}", Untrusted::path(&path));
        notice::warn(&Error::refused(what).hint("see what is the matter: dbguard doctor"));
    }
}

/// Makes the terminal speak of this client, if it is one.
pub(super) fn client(case: &Case<'_>, target: Option<&Target>, environment: &Environment, stdin: &Stdin) {
    let vars = &case.snapshot.vars;
    let Some(target) = target.filter(|_| plan::is_session(&case.invocation, stdin)) else { return };
    let Some(shell) = Shown::of(vars).map(|shown| shown.shell).filter(|pid| processes::is_of_session(*pid)) else {
        return;
    };
    let tool = &case.invocation.tool;
    let terminal = Terminal::of(|name| vars.get(name));
    let segment = Segment::of_client(environment, target, tool, &case.config.theme);
    let paint = if has_colour(vars) { segment.paint } else { segment.paint.without_colour() };
    let before = tints::set_by(shell, case.snapshot).unwrap_or_default();
    // A title that speaks of the shell's own environment does not stay while the client is elsewhere.
    let title = if paint.title.is_empty() && before.title { tool.clone() } else { paint.title };
    let paint = Paint { title, ..paint };
    let sets = terminal.sets(&paint);
    let sequences = terminal.undo(before.without(sets), tool) + &terminal.paint(&paint);
    if !sequences.is_empty() && tints::mark(shell, sets.and(before), case.snapshot).is_ok() {
        tty::send(&sequences);
    }
}
