//! Forwarders on this machine: what is behind a loopback port or a unix socket.
//!
//! Loopback is not local by itself: `ssh -L 5432:db1.prod.example.com:5432 bastion` makes production answer on
//! `localhost`. The process that listens is found through [`crate::world`], and its command line says where it
//! forwards to. A database server (or a container engine, which has one behind it on this machine) is local;
//! any other program of the user's is a forwarder, and one that cannot be read forwards to somewhere unknown.
//!
//! Not seen, and left to what the server says of itself: other users' forwarders (a system-wide pooler), and those that
//! run inside a container.

mod access;
mod cloud;
mod command;
mod flags;
mod kubectl;
mod place;
mod relay;
mod roles;
mod ssh;

use std::ffi::OsStr;
use std::sync::{Mutex, PoisonError};

use place::{Far, Place};
use roles::Role;

use super::{Host, Resolution, Via};
use crate::world::Snapshot;
use crate::world::net::Holder;

/// A forwarder may lead to another one on this machine; a longer chain is not followed.
const HOPS: usize = 8;

/// What was found in a run that looks at each place once; nothing in one that always looks again.
static SEEN: Mutex<Option<Vec<Seen>>> = Mutex::new(None);

/// A place, and the forwarder that listens there.
type Seen = (Place, Option<Via>);

/// From now on each place is looked at once: for what asks about one moment under several names.
pub fn look_once() {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
}

/// The user's forwarder that a connection to this host would go through; `None` when there is none: the host is not
/// on loopback, nothing listens there, another user's process does, or a database server of this machine.
///
/// Where several could take the connection (both families of `localhost`, a shared port), any forwarder among them
/// counts, and two that differ forward to somewhere unknown.
pub fn forwarder(host: &Host, snapshot: &Snapshot) -> Option<Via> {
    let places = Place::all(host).into_iter();
    places.filter_map(|place| at(place, snapshot.user.uid)).reduce(|one, other| agree(one, &other))
}

/// The forwarder at this place, looked for again where that is not to be remembered.
fn at(place: Place, uid: u32) -> Option<Via> {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = seen.as_ref().and_then(|seen| seen.iter().find(|(known, _)| *known == place));
    if let Some((_, via)) = known {
        return via.clone();
    }
    let via = follow(&place, uid, HOPS);
    if let Some(seen) = seen.as_mut() {
        seen.push((place, via.clone()));
    }
    via
}

/// The same answer with the forwarder that stands before any host of the target.
pub(super) fn through(mut resolution: Resolution, snapshot: &Snapshot) -> Resolution {
    if let Resolution::Resolved(target) | Resolution::Ambiguous { partial: Some(target), .. } = &mut resolution {
        target.via =
            target.hosts.iter().filter_map(|host| forwarder(host, snapshot)).reduce(|one, other| agree(one, &other));
    }
    resolution
}

fn follow(place: &Place, uid: u32, hops: usize) -> Option<Via> {
    let mut found = Vec::new();
    for socket in place.sockets() {
        let Ok(holders) = crate::world::net::holders(socket, uid, likely) else { return Some(unreadable(None)) };
        found.extend(holders.into_iter().filter_map(|holder| role(&holder, place, uid, hops)));
    }
    found.into_iter().reduce(|one, other| agree(one, &other))
}

/// One of two forwarders that the connection may go through: where to is known when both say the same.
fn agree(one: Via, other: &Via) -> Via {
    if one.to == other.to { one } else { Via { to: None, ..one } }
}

/// What this process does with the connection: `None` when it is a server, and all ends here.
fn role(holder: &Holder, place: &Place, uid: u32, hops: usize) -> Option<Via> {
    let Some(pid) = holder.pid else { return Some(unreadable(None)) };
    let command = command::Command::of(&crate::world::processes::command(pid));
    let Role::Relay(far) = roles::role(&command, &place.bound(holder.address)) else { return None };
    let program = command.program().to_owned();
    let to = match far {
        Far::Unknown => None,
        Far::Named(endpoint) => Some(endpoint),
        Far::Here(_) if hops == 0 => None,
        Far::Here(next) => follow(&next, uid, hops - 1)?.to,
    };
    Some(Via { program, pid, to })
}

/// A socket of the user's whose process is gone, hidden or in another namespace: whatever it is, it is not known.
fn unreadable(pid: Option<u32>) -> Via {
    Via { program: "unknown".to_owned(), pid: pid.unwrap_or(0), to: None }
}

/// Short process names to look into first.
fn likely(name: &OsStr) -> bool {
    name.to_str().is_some_and(roles::is_likely)
}
