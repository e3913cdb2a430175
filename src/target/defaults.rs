//! What libpq makes of the parameters that a tool hands to it.
//!
//! Imitates `conninfo_array_parse`, `conninfo_add_defaults` and `connectOptions2` of fe-connect.c: explicit before
//! service before var before default, the lists of hosts and ports, the database that is named after the user.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::conninfo::{self, Setting, TrimC as _, Trouble};
use super::ground::Ground;
use super::origin::{Field, Origin};
use super::service;
use super::{Engine, Host, Parameter, Target};
use crate::text::{Secret, Untrusted};

/// The parameters of a connection after merging, and what they come to.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) hosts: Vec<Host>,
    pub(super) dbname: Field<OsString>,
    pub(super) user: Field<OsString>,
    pub(super) service: Option<Field<OsString>>,
    pub(super) parameters: Vec<Parameter>,
}

impl Settled {
    /// The target of a connection that acts on its own database alone.
    pub(super) fn target(self) -> Target {
        Target {
            engine: Engine::Postgresql,
            hosts: self.hosts,
            dbname: Some(self.dbname),
            user: Some(self.user),
            service: self.service,
            affects: Vec::new(),
            every_database: false,
            via: None,
            parameters: self.parameters,
        }
    }
}

/// Whether the database name of a list of parameters may be a connection string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dbname {
    /// It may (`expand_dbname`).
    Expanded,
    /// It is a name.
    Literal,
}

/// Merges a list of parameters as `PQconnectdbParams` does: later ones win, empty ones do not count.
///
/// A connection string takes the place of its `dbname`, so that it wins over what comes before and loses to what
/// comes after.
pub(super) fn merge(given: Vec<Setting>, dbname: Dbname) -> Result<Vec<Setting>, Trouble> {
    let mut merged: Vec<Setting> = Vec::with_capacity(given.len());
    let mut expand = dbname == Dbname::Expanded;
    for setting in given {
        let is_name = setting.keyword == "dbname";
        let text = setting.value.as_bytes();
        if is_name && expand && conninfo::is_connection_string(text) {
            let inside = conninfo::parse(text, &setting.origin)?;
            for setting in inside {
                put(&mut merged, setting);
            }
        } else if !text.is_empty() {
            put(&mut merged, setting);
        }
        expand &= !is_name;
    }
    Ok(merged)
}

fn put(merged: &mut Vec<Setting>, setting: Setting) {
    match merged.iter_mut().find(|earlier| earlier.keyword == setting.keyword) {
        Some(earlier) => *earlier = setting,
        None => merged.push(setting),
    }
}

/// Fills in the service, the vars and the defaults.
pub(super) fn settle(explicit: Vec<Setting>, ground: &Ground<'_>) -> Result<Settled, Trouble> {
    let mut parameters = parameters(&explicit);
    let mut values = Values { settings: explicit, ground };
    let service = values.add_service()?;
    parameters.extend(values.by_wrapper());
    let user = values.user()?;
    let hosts = values.hosts()?;
    let dbname = match values.get("dbname", "PGDATABASE") {
        Some(field) if !field.value.is_empty() => field,
        _ => Field::new(user.value.clone(), Origin::User),
    };
    Ok(Settled { hosts, dbname, user, service, parameters })
}

fn parameters(explicit: &[Setting]) -> Vec<Parameter> {
    let one = |setting: &Setting| Parameter {
        keyword: setting.keyword.to_owned(),
        value: Secret::new(setting.value.clone()),
    };
    explicit.iter().map(one).collect()
}

struct Values<'a> {
    settings: Vec<Setting>,
    ground: &'a Ground<'a>,
}

impl Values<'_> {
    /// The value of a keyword: what is set already, else its var. An empty one is an answer too.
    fn get(&self, keyword: &str, var: &str) -> Option<Field<OsString>> {
        let set = self.settings.iter().find(|setting| setting.keyword == keyword);
        let field = set.map(|setting| Field::new(setting.value.clone(), setting.origin.clone()));
        field.or_else(|| self.ground.var(var).map(|(value, origin)| Field::new(value.to_owned(), origin)))
    }

    /// What a wrapper set and nothing overrides: another psql gets there only when it is told so.
    fn by_wrapper(&self) -> Vec<Parameter> {
        let pairs = [("host", "PGHOST"), ("port", "PGPORT"), ("dbname", "PGDATABASE")];
        let one = |(keyword, var): (&str, &str)| {
            let overlay = self.ground.overlay.iter().find(|overlay| overlay.name == var)?;
            let free = self.settings.iter().all(|setting| setting.keyword != keyword);
            let value = Secret::new(overlay.value.clone());
            free.then(|| Parameter { keyword: keyword.to_owned(), value })
        };
        pairs.into_iter().filter_map(one).collect()
    }

    /// Adds what a service says where nothing is set yet.
    fn add_service(&mut self) -> Result<Option<Field<OsString>>, Trouble> {
        if self.settings.iter().any(|setting| setting.keyword == "servicefile") {
            return Err(Trouble::Unclear("`servicefile` names another service file in libpq 19 only".to_owned()));
        }
        let Some(name) = self.get("service", "PGSERVICE") else { return Ok(None) };
        for setting in service::look_up(&name.value, self.ground)? {
            if !self.settings.iter().any(|earlier| earlier.keyword == setting.keyword) {
                self.settings.push(setting);
            }
        }
        Ok(Some(name))
    }

    fn user(&self) -> Result<Field<OsString>, Trouble> {
        if let Some(user) = self.get("user", "PGUSER").filter(|user| !user.value.is_empty()) {
            return Ok(user);
        }
        let unknown =
            || Trouble::Unclear("the name of the system user is not known; -U or PGUSER would say whom".to_owned());
        let name = self.ground.snapshot.user.name.as_ref().ok_or_else(unknown)?;
        Ok(Field::new(name.into(), Origin::SystemUser))
    }

    /// The lists of hosts, addresses and ports, matched up.
    fn hosts(&self) -> Result<Vec<Host>, Trouble> {
        let host = List::of(self.get("host", "PGHOST"));
        let hostaddr = List::of(self.get("hostaddr", "PGHOSTADDR"));
        let port = List::of(self.get("port", "PGPORT"));
        let count = hostaddr.count().or(host.count()).unwrap_or(1);
        if host.count().is_some_and(|names| names != count) {
            return rejected("the list of hosts is not as long as the list of addresses");
        }
        if port.count().is_some_and(|ports| ports != 1 && ports != count) {
            return rejected("the list of ports is not as long as the list of hosts");
        }
        let mut hosts = Vec::with_capacity(count);
        for at in 0..count {
            match port_of(port.at(if port.count() == Some(1) { 0 } else { at })) {
                Port::Number(port) => hosts.push(self.host(host.at(at), hostaddr.at(at), port)),
                // libpq goes on to the next host, or ends there.
                Port::OutOfRange => {}
                Port::NoNumber => break,
            }
        }
        if hosts.is_empty() { rejected("the port is not a port number") } else { Ok(hosts) }
    }

    fn host(&self, host: Option<Field<OsString>>, hostaddr: Option<Field<OsString>>, port: Field<u16>) -> Host {
        let default = || Field::new(OsString::from(self.ground.build.sockets()), Origin::Default);
        let host = match &hostaddr {
            Some(_) => host,
            None => Some(host.unwrap_or_else(default)),
        };
        Host { host, hostaddr, port }
    }
}

/// A comma-separated list of libpq; an empty one is no list.
struct List(Option<Field<OsString>>);

impl List {
    fn of(field: Option<Field<OsString>>) -> Self {
        Self(field.filter(|field| !field.value.is_empty()))
    }

    fn count(&self) -> Option<usize> {
        let field = self.0.as_ref()?;
        Some(field.value.as_bytes().split(|&byte| byte == b',').count())
    }

    /// One element; an empty one counts as absent.
    fn at(&self, at: usize) -> Option<Field<OsString>> {
        let field = self.0.as_ref()?;
        let element = field.value.as_bytes().split(|&byte| byte == b',').nth(at)?;
        (!element.is_empty()).then(|| Field::new(OsString::from_vec(element.to_vec()), field.origin.clone()))
    }
}

enum Port {
    Number(Field<u16>),
    OutOfRange,
    NoNumber,
}

/// The port of one host: 5432 when nothing says another one.
fn port_of(field: Option<Field<OsString>>) -> Port {
    let Some(field) = field else { return Port::Number(Field::new(5432, Origin::Default)) };
    let Some(number) = strtol(&field.value) else { return Port::NoNumber };
    match u16::try_from(number) {
        Ok(0) | Err(_) => Port::OutOfRange,
        Ok(port) => Port::Number(Field::new(port, field.origin)),
    }
}

/// `parse_int_param`: an `int` in decimal, blanks around it allowed.
fn strtol(text: &OsStr) -> Option<i32> {
    let text = std::str::from_utf8(text.as_bytes().trim_ascii_start_c().trim_ascii_end_c()).ok()?;
    text.parse().ok()
}

fn rejected<T>(why: &str) -> Result<T, Trouble> {
    Err(Trouble::Rejected(Untrusted::text(why).to_string()))
}
