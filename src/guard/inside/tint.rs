//! The colours of the terminal while psql is connected: set at each prompt, taken back where `\\c` leaves them.
//!
//! Only where the hook of the shell around takes everything back behind psql, also behind one that was killed: the mark
//! for it is left first, and again where psql was stopped and the hook took it away. Sequences go to the terminal
//! itself, since psql's prompt has room for a label and not for more. Which colours these are the theme says.

use super::seat::Seat;
use crate::config::Config;
use crate::effects::inside::{Shown, Tint};
use crate::effects::{tints, tty};
use crate::environment::Environment;
use crate::prompt;
use crate::shell::{Painted, Terminal};
use crate::world::terminal::has_colour;
use crate::world::{Snapshot, processes};

/// The colours for this environment on this terminal.
pub(super) fn of(environment: &Environment, config: &Config, snapshot: &Snapshot) -> Tint {
    if !has_colour(&snapshot.vars) {
        return Tint::default();
    }
    let paint = prompt::tint(environment, &config.theme);
    let terminal = terminal(snapshot);
    let Painted { tab, background, .. } = terminal.sets(&paint);
    Tint { sequences: terminal.paint(&paint), tab, background }
}

/// Whether the hook of the shell around will take back what is set, for which a mark is left, as the guard leaves it. What
/// the shell's own prompts or the guard have set counts as set from here.
pub(super) fn begin(seat: &mut Seat<'_>) {
    let snapshot = seat.snapshot;
    if let Some(shell) = shell(snapshot).filter(|_| !seat.inside.titled) {
        let Painted { tab, background, .. } = tints::noted(shell, snapshot);
        seat.inside.tint = Tint { sequences: String::new(), tab, background };
    }
    seat.inside.titled = marked(snapshot);
}

/// Changes the terminal to this, and takes back what of the one before does not belong to it.
pub(super) fn change(seat: &mut Seat<'_>, shown: Option<&Shown>) {
    if !seat.inside.titled {
        return;
    }
    let now = shown.map(|shown| shown.tint.clone()).unwrap_or_default();
    let before = std::mem::replace(&mut seat.inside.tint, now);
    let now = &seat.inside.tint;
    let painted = |tint: &Tint| Painted { title: false, tab: tint.tab, background: tint.background };
    let undone = terminal(seat.snapshot).undo(painted(&before).without(painted(now)), "");
    send(&(undone + &now.sequences));
}

/// Sets it once more: an editor or a pager may have taken it back.
pub(super) fn again(seat: &Seat<'_>, shown: &Shown) {
    if seat.inside.titled && marked(seat.snapshot) {
        send(&shown.tint.sequences);
    }
}

fn send(sequences: &str) {
    if !sequences.is_empty() {
        tty::send(sequences);
    }
}

fn marked(snapshot: &Snapshot) -> bool {
    let mark = |shell| {
        tints::is_marked(shell, snapshot) || tints::mark(shell, terminal(snapshot).abilities(), snapshot).is_ok()
    };
    shell(snapshot).is_some_and(mark)
}

/// The shell around whose hook is active.
fn shell(snapshot: &Snapshot) -> Option<u32> {
    prompt::Shown::of(&snapshot.vars).map(|shown| shown.shell).filter(|pid| processes::is_of_session(*pid))
}

fn terminal(snapshot: &Snapshot) -> Terminal {
    Terminal::of(|name| snapshot.vars.get(name))
}
