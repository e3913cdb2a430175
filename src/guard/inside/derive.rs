//! Which environment a connection belongs to.
//!
//! With psql's own names it is the environment of those names, raised by what the address is, and by what the server
//! itself turned out to be. Without them, after `\c`, there is only the far end: what is known of it can still say
//! production, and where the address itself is named it can say less; everything else is unknown or doubtful. Nothing
//! here asks a name server: that would hold up a prompt.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use super::names;
use super::seat::{Seat, peer_text, socket_of};
use crate::config::Config;
use crate::effects::inside::{self, Names};
use crate::environment::{Environment, Known, Level, is_loopback};
use crate::target::{self, Field, Host, Origin, Resolution, Target};
use crate::world::net::Peer;

/// What came out.
pub(super) struct Derived {
    pub(super) environment: Environment,
    /// The target; nothing where no name is known.
    pub(super) target: Option<Target>,
    /// It may be another one: psql was not asked for the names.
    pub(super) doubtful: bool,
}

/// The environment of a connection whose names psql told.
pub(super) fn exact(seat: &Seat<'_>, config: &Config, names: &Names, peer: Option<&Peer>) -> Derived {
    let target = names::target(names, seat);
    let by_name = match &target {
        Some(target) => config.rules.classify(target),
        None => Environment::Unknown { because: "its target cannot be told".to_owned() },
    };
    let by_address = peer.and_then(|peer| address_of(peer, target.as_ref(), seat)).map(|address| {
        let dbname = Some(Field::new(names.dbname.clone().into(), Origin::Connect));
        let user = Some(Field::new(names.user.clone().into(), Origin::Connect));
        config.rules.classify(&Target { dbname, user, ..address })
    });
    let text = peer.map(peer_text);
    let met = seat.inside.met.iter().rev().find(|met| met.names == *names && text.as_ref() == Some(&met.peer));
    let by_server = met.and_then(|met| named(met.environment.as_deref()?, config));
    // An address, or this machine, is what many names may lead to; a name of its own says which one is meant.
    let bare = is_loopback(&names.host) || names.host.parse::<IpAddr>().is_ok();
    let here = peer.filter(|_| bare).map_or_else(Vec::new, |peer| met_there(seat, config, peer, Some(names)));
    let raised = by_address.into_iter().filter(is_named).chain(by_server).chain(here);
    Derived { environment: raised.fold(by_name, stricter), target, doubtful: false }
}

/// The far end as a target. Who forwards is not looked for twice, which takes a look at every process.
fn address_of(peer: &Peer, target: Option<&Target>, seat: &Seat<'_>) -> Option<Target> {
    let same = target.filter(|target| target.hosts.iter().all(|host| leads_to(host, peer)));
    match same {
        Some(target) => Some(Target { via: target.via.clone(), ..names::nameless(host_of(peer)?) }),
        None => far_end(peer, seat),
    }
}

/// The environment of a connection of which only the far end is known.
pub(super) fn by_peer(seat: &Seat<'_>, config: &Config, peer: &Peer) -> Derived {
    let Some(target) = far_end(peer, seat) else { return Derived::unknown("its far end is not known") };
    let by_address = config.rules.classify(&target);
    let certain =
        matches!(peer, Peer::Unix(_)) || matches!(&by_address, Environment::Known(known) if known.rule.is_some());
    let others = met_there(seat, config, peer, None).into_iter().chain(services_there(seat, config, peer));
    let (mut raised, mut likely) = (by_address.clone(), None::<Environment>);
    for other in others {
        if other.level() == Level::Production || certain {
            raised = stricter(raised, other.clone());
        }
        likely = Some(likely.map_or(other.clone(), |likely| stricter(likely, other)));
    }
    let decided = certain || (raised.level() == Level::Production && is_named(&raised));
    match likely {
        _ if decided => Derived { environment: raised, target: None, doubtful: false },
        // Met here under another name in this session: so it was, and may be no more.
        Some(likely) => Derived { environment: likely, target: None, doubtful: true },
        None => Derived::unknown("psql was not asked for the name of this server"),
    }
}

impl Derived {
    /// Nothing is known.
    pub(super) fn unknown(because: &str) -> Self {
        let environment = Environment::Unknown { because: because.to_owned() };
        Self { environment, target: None, doubtful: false }
    }
}

/// The stricter of two environments; of equals the one that has a name, then the first.
pub(super) fn stricter(one: Environment, other: Environment) -> Environment {
    let rank = |environment: &Environment| (environment.level(), is_named(environment));
    if rank(&other) > rank(&one) { other } else { one }
}

fn is_named(environment: &Environment) -> bool {
    matches!(environment, Environment::Known(_))
}

/// An environment of the configuration by its name.
pub(super) fn named(name: &str, config: &Config) -> Option<Environment> {
    let definition = &config.environment(name)?.definition;
    let (name, level, look) = (definition.name.clone(), definition.level, definition.look.clone());
    let matched = vec![name.clone()];
    Some(Environment::Known(Known { name, level, look, rule: None, matched }))
}

/// What this session met at this far end, with the database and user of now; where these are not known, with both left
/// open: they may be others.
fn met_there(seat: &Seat<'_>, config: &Config, peer: &Peer, now: Option<&Names>) -> Vec<Environment> {
    let field = |text: &String| Field::new(std::ffi::OsString::from(text), Origin::Connect);
    let (dbname, user) = (now.map(|now| field(&now.dbname)), now.map(|now| field(&now.user)));
    let text = peer_text(peer);
    // With all names known only this session's word counts: an address may have been another server's before.
    let before = if now.is_some() { Vec::new() } else { inside::met(seat.snapshot) };
    let before = before.iter().filter(|met| !seat.inside.met.contains(met));
    let met = seat.inside.met.iter().chain(before).filter(|met| met.peer == text && Some(&met.names) != now);
    met.flat_map(|met| {
        let target = names::target(&met.names, seat);
        let by_name = target
            .map(|target| config.rules.classify(&Target { dbname: dbname.clone(), user: user.clone(), ..target }));
        let by_server = met.environment.as_deref().and_then(|name| named(name, config));
        by_name.into_iter().chain(by_server)
    })
    .collect()
}

/// What the services are that may have led to this far end: those that say its address. One that only names a host
/// cannot be told without asking a name server.
fn services_there(seat: &Seat<'_>, config: &Config, peer: &Peer) -> Vec<Environment> {
    let Some(port) = host_of(peer).map(|host| host.port.value) else { return Vec::new() };
    let program = &seat.invocation().program;
    let one = |service: std::ffi::OsString| {
        let mut word = std::ffi::OsString::from("service='");
        word.push(service.to_string_lossy().replace('\\', "\\\\").replace('\'', "\\'"));
        word.push("'");
        let places = target::open("psql", &[word], program.clone(), seat.snapshot).1;
        let Resolution::Resolved(target) = places.main else { return None };
        let leads = target.hosts.iter().any(|host| leads_to(host, peer));
        leads.then(|| config.rules.classify(&target))
    };
    target::services(Some(port), seat.snapshot).into_iter().filter_map(one).collect()
}

/// Whether this host is that far end by its address.
fn leads_to(host: &Host, peer: &Peer) -> bool {
    let name = host.hostaddr.as_ref().or(host.host.as_ref()).map(|field| field.value.clone()).unwrap_or_default();
    match peer {
        Peer::Unix(path) => socket_of(path)
            .is_some_and(|(directory, port)| host.port.value == port && same_directory(Path::new(&name), &directory)),
        Peer::Tcp(address) => {
            let text = name.to_string_lossy();
            let own: Option<IpAddr> = text.parse().ok();
            let same = own.is_some_and(|own| own.to_canonical() == address.ip());
            host.port.value == address.port() && (same || (text == "localhost" && address.ip().is_loopback()))
        }
    }
}

fn same_directory(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// The far end as a target: its address or its socket's directory, through the forwarder that listens there.
fn far_end(peer: &Peer, seat: &Seat<'_>) -> Option<Target> {
    let host = host_of(peer)?;
    let via = target::forwarder(&host, seat.snapshot);
    Some(Target { via, ..names::nameless(host) })
}

fn host_of(peer: &Peer) -> Option<Host> {
    let (name, port) = match peer {
        Peer::Tcp(address) => (bare(address), address.port()),
        Peer::Unix(path) => {
            let (directory, port) = socket_of(path)?;
            (directory.into_os_string(), port)
        }
    };
    let port = Field::new(port, Origin::Connect);
    Some(Host { host: Some(Field::new(name, Origin::Connect)), hostaddr: None, port })
}

fn bare(address: &SocketAddr) -> std::ffi::OsString {
    address.ip().to_string().into()
}
