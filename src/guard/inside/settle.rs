//! What the server answered on psql's own connection, written down for the prompt.
//!
//! The start-up file and the macros ask the server, and hand its answer on in a var together with psql's names; here it is
//! bound to the sockets that psql has at that moment. Only what could be written down counts as opened, since the
//! prompt would not show it otherwise.

use super::seat::{Seat, peer_text};
use super::{derive, label, names, tint};
use crate::config;
use crate::effects::inside::{self, Known, Names, Opened, ReadOnly, Shown};
use crate::target;
use crate::world::Snapshot;
use crate::world::net::Peer;

/// Whether what was to be opened is open now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Settled {
    /// It is writable, and written down as that.
    Open,
    /// Nothing was opened, or nothing was to be.
    Closed,
}

/// Writes down what the server answered on psql's own connection, with the names that psql has for it.
pub fn settle(seat: &mut Seat<'_>, wanted: Option<Opened>) -> Settled {
    let Some(names) = names::told(seat.snapshot) else { return Settled::Closed };
    target::look_once();
    let config = config::load(seat.snapshot);
    let peer = seat.peer();
    let derived = derive::exact(seat, &config, &names, peer.as_ref());
    write_down(seat, wanted, names, peer.as_ref(), label::shown(&derived, &config, seat.snapshot))
}

/// The same where the connection was looked at already.
pub(super) fn write_down(
    seat: &mut Seat<'_>,
    wanted: Option<Opened>,
    names: Names,
    peer: Option<&Peer>,
    shown: Shown,
) -> Settled {
    let Some(sockets) = seat.sockets.clone() else { return Settled::Closed };
    let before = seat.known().map_or(ReadOnly::Unasked, |known| known.read_only);
    let (read_only, opened) = found(answered(seat.snapshot), wanted, before);
    let peer = peer.map(peer_text);
    if let Some(peer) = &peer {
        let by_server = seat.inside.met.iter().rev().find(|met| met.peer == *peer && met.names == names);
        let by_server = by_server.and_then(|met| met.environment.clone());
        seat.inside.meet(peer, &names, by_server);
        seat.inside.met.last().iter().for_each(|server| inside::remember(seat.snapshot, server));
    }
    tint::begin(seat);
    tint::change(seat, Some(&shown));
    seat.inside.connection =
        Some(Known { sockets, peer, names: Some(names), read_only, again: false, opened, shown: Some(shown) });
    // What the prompt could not show is not opened.
    let written = inside::write(seat.snapshot, seat.pid, &seat.inside);
    if wanted.is_some() && opened == wanted && written.is_ok() { Settled::Open } else { Settled::Closed }
}

/// What holds then, and what is open: what was wanted, or what was typed by hand.
fn found(answered: Answered, wanted: Option<Opened>, before: ReadOnly) -> (ReadOnly, Option<Opened>) {
    match (answered, wanted) {
        (Answered::Held, _) => (ReadOnly::Held, None),
        // Within the transaction it is writable; the next one begins read-only again.
        (Answered::Transaction, _) => (ReadOnly::Held, Some(Opened::Transaction)),
        // No transaction begins read-only here, and so it was before.
        (Answered::Open, Some(Opened::Transaction)) => (before, wanted),
        (Answered::Open, wanted) => (ReadOnly::Open, wanted),
        (Answered::Nothing, _) => (ReadOnly::Unasked, None),
    }
}

/// What the server answered when it was asked whether it would write.
enum Answered {
    /// Neither now nor in the next transaction.
    Held,
    /// In the transaction that is open.
    Transaction,
    /// In every one that is not told otherwise.
    Open,
    /// It was not asked, or did not answer.
    Nothing,
}

fn answered(snapshot: &Snapshot) -> Answered {
    match snapshot.vars.get("IN_PSQL_RO").and_then(|word| word.to_str()) {
        Some("on") => Answered::Held,
        Some("transaction") => Answered::Transaction,
        Some("off") => Answered::Open,
        _ => Answered::Nothing,
    }
}
