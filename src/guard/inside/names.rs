//! The connection as psql's own variables have it, and the target that it is.
//!
//! The names come in vars that the start-up file sets from `HOST`, `PORT`, `DBNAME`, `USER` and `SERVICE`, so that no
//! shell reads them on the way. What psql has no value for stands there as it was written, `:SERVICE`.

use std::ffi::OsString;

use super::seat::Seat;
use crate::effects::inside::Names;
use crate::target::{self, Field, Host, Origin, Parameter, Resolution, Target};
use crate::text::Secret;
use crate::world::Snapshot;

/// What psql says of its connection; nothing where it has none.
pub(super) fn told(snapshot: &Snapshot) -> Option<Names> {
    let text = |name: &str| {
        let value = snapshot.vars.get(&format!("IN_PSQL_{name}"))?.to_str()?;
        (value != format!(":{name}") && !value.is_empty()).then(|| value.to_owned())
    };
    Some(Names {
        host: text("HOST").unwrap_or_default(),
        port: text("PORT")?,
        dbname: text("DBNAME")?,
        user: text("USER")?,
        service: text("SERVICE"),
    })
}

/// The target of a connection with these names. One that psql was started to keeps all that is known of it; another
/// one was reached by `\connect`.
pub(super) fn target(names: &Names, seat: &Seat<'_>) -> Option<Target> {
    let started = seat.started()?;
    if let Some(host) = started.hosts.iter().find(|host| is(host, names)) {
        let same = |field: Option<&Field<OsString>>, name: &str| field.is_some_and(|field| field.value == *name);
        if same(started.dbname.as_ref(), &names.dbname) && same(started.user.as_ref(), &names.user) {
            let host = host.clone();
            return Some(Target { hosts: vec![host], ..started.clone() });
        }
    }
    let words = [&names.dbname, &names.user, &names.host, &names.port].map(OsString::from);
    let Resolution::Resolved(mut target) = target::connect(started, &quoted(words), seat.invocation(), seat.snapshot)
    else {
        return None;
    };
    target.dbname = Some(Field::new(OsString::from(&names.dbname), Origin::Connect));
    target.service = names.service.as_ref().map(|service| Field::new(OsString::from(service), Origin::Connect));
    Some(target)
}

/// A database may be called like a connection string: by position it would be read as one.
fn quoted(mut words: [OsString; 4]) -> [OsString; 4] {
    if let Some(first) = words.first_mut().filter(|first| odd(first)) {
        *first = OsString::from("postgres");
    }
    words
}

fn odd(word: &OsString) -> bool {
    let text = word.to_string_lossy();
    text.contains('=') || text.starts_with('-') || text.starts_with("postgres://") || text.starts_with("postgresql://")
}

/// Whether psql's `HOST` and `PORT` are this host of the list. `HOST` is the name where there is one, else the address.
fn is(host: &Host, names: &Names) -> bool {
    let same = |field: &Option<Field<OsString>>| field.as_ref().is_some_and(|field| field.value == *names.host);
    let default = host.host.as_ref().is_none_or(|field| field.origin == Origin::Default) && host.hostaddr.is_none();
    let socket = names.host.is_empty() || names.host.starts_with('/');
    host.port.value.to_string() == names.port && (same(&host.host) || same(&host.hostaddr) || (default && socket))
}

/// The target of a far end of which no name is known.
pub(super) fn nameless(host: Host) -> Target {
    let given = host.host.as_ref().map(|field| field.value.clone()).unwrap_or_default();
    let parameters = vec![
        Parameter { keyword: "host".to_owned(), value: Secret::new(given) },
        Parameter { keyword: "port".to_owned(), value: Secret::new(host.port.value.to_string()) },
    ];
    Target {
        engine: target::Engine::Postgresql,
        hosts: vec![host],
        dbname: None,
        user: None,
        service: None,
        affects: Vec::new(),
        every_database: false,
        via: None,
        parameters,
    }
}
