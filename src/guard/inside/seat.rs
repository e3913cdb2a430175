//! The psql that asks: its process, its command line, and the connection that it has now.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::effects::inside::{self, Inside, Known};
use crate::target::{self, Invocation, Resolution, Target};
use crate::world::net::{self, Connection, Peer};
use crate::world::{Snapshot, processes};

/// The start-up option by which transactions begin read-only, as the guard gives it too.
pub(super) const READ_ONLY: &str = "-c default_transaction_read_only=on";

/// One open psql.
pub struct Seat<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) pid: u32,
    /// Every socket that it has open; nothing where that cannot be told.
    pub(super) sockets: Option<Vec<u64>>,
    pub(super) inside: Inside,
    invocation: OnceCell<Invocation>,
    started: OnceCell<Option<Target>>,
    peer: OnceCell<Option<Peer>>,
}

impl<'a> Seat<'a> {
    /// The psql of this process id.
    pub fn of(pid: u32, snapshot: &'a Snapshot) -> Self {
        let (sockets, inside) = (net::sockets(pid).ok(), inside::read(snapshot, pid));
        processes::look_first(&inside.listeners);
        let (invocation, started, peer) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { snapshot, pid, sockets, inside, invocation, started, peer }
    }

    /// The same psql at the same moment, with more of the outside.
    pub fn with(self, snapshot: &Snapshot) -> Seat<'_> {
        let (invocation, started, peer) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Seat { snapshot, pid: self.pid, sockets: self.sockets, inside: self.inside, invocation, started, peer }
    }

    /// The outside as psql hands it on.
    pub fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    /// What is known of the connection that it has now: only what was said of the very same sockets.
    pub(super) fn known(&self) -> Option<&Known> {
        let sockets = self.sockets.as_ref().filter(|sockets| !sockets.is_empty())?;
        self.inside.connection.as_ref().filter(|known| known.sockets == *sockets)
    }

    /// The far end of its connection; nothing where it has none, or where several sockets could be it.
    pub(super) fn peer(&self) -> Option<Peer> {
        self.peer.get_or_init(|| self.far_end()).clone()
    }

    fn far_end(&self) -> Option<Peer> {
        let all = net::connections(self.pid, self.sockets.as_ref()?).ok()?;
        let [Connection { peer, .. }] = all.as_slice() else {
            // A socket of a server's own name stands out among others that were inherited.
            let mut servers = all.into_iter().map(|one| one.peer).filter(is_server);
            return servers.next().filter(|_| servers.next().is_none());
        };
        Some(peer.clone())
    }

    /// Whether the server says that it is itself at the far end: then no pooler stands before it.
    pub(super) fn is_direct(&self, peer: Option<&Peer>) -> bool {
        let at = self.snapshot.vars.get("IN_PSQL_AT").and_then(|at| at.to_str());
        match peer {
            Some(Peer::Tcp(far)) => at.is_some_and(|at| at == format!("{} {}", far.ip(), far.port())),
            Some(Peer::Unix(path)) => socket_of(path).is_some_and(|(_, port)| at == Some(&format!(" {port}"))),
            None => false,
        }
    }

    /// Its command line, as psql read it.
    pub(super) fn invocation(&self) -> &Invocation {
        self.invocation.get_or_init(|| {
            let command = processes::command(self.pid);
            let args: Vec<OsString> = command.args.into_iter().skip(1).collect();
            target::parse("psql", &args, command.exe, self.snapshot)
        })
    }

    /// Where it was started to.
    pub(super) fn started(&self) -> Option<&Target> {
        let started = self.started.get_or_init(|| match target::resolve(self.invocation(), self.snapshot) {
            Resolution::Resolved(target) => Some(target),
            Resolution::Ambiguous { .. } | Resolution::NoServer { .. } => None,
        });
        started.as_ref()
    }

    /// Whether connections that are made from now on begin read-only: psql hands its vars on as they are now.
    pub(super) fn locks(&self) -> bool {
        if self.inside.sticky {
            return false;
        }
        let options = self.snapshot.vars.get("PGOPTIONS").map(|text| text.to_string_lossy());
        options.is_some_and(|options| options.trim_end().ends_with(READ_ONLY))
    }
}

/// The far end as one text, to be compared and remembered.
pub(super) fn peer_text(peer: &Peer) -> String {
    match peer {
        Peer::Tcp(address) => address.to_string(),
        Peer::Unix(path) => path.to_string_lossy().into_owned(),
    }
}

fn is_server(peer: &Peer) -> bool {
    match peer {
        Peer::Tcp(_) => false,
        Peer::Unix(path) => socket_of(path).is_some(),
    }
}

/// Directory and port of a server's socket: `/run/postgresql/.s.PGSQL.5432`.
pub(super) fn socket_of(path: &std::path::Path) -> Option<(PathBuf, u16)> {
    let port = path.file_name()?.to_str()?.strip_prefix(".s.PGSQL.")?.parse().ok()?;
    Some((path.parent()?.to_owned(), port))
}
