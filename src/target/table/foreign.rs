//! Clients of other database systems: host, port, user and database, as far as the command line and vars say.
//!
//! No more is known of these systems here than where they listen. What a configuration file may say beside it is not read,
//! but looked for: where it could decide, the target is unclear. The address forms are those of `mysql(1)`, `mongosh`'s
//! connection strings, redis-cli's `-u` and sqlcmd's `-S`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::declared::Declared;
use super::world::World;
use crate::target::tunnel::through;
use crate::target::{Engine, Field, Host, Invocation, Origin, Resolution, Target};

/// What is said of a place, with where it was said.
#[derive(Default)]
struct Place {
    host: Option<Field<String>>,
    port: Option<Field<u16>>,
    user: Option<Field<String>>,
    dbname: Option<Field<String>>,
    /// Hosts of a URL that lists several, behind the first.
    more: Vec<(String, Option<u16>)>,
    doubt: Option<String>,
}

/// Where the client goes.
pub(super) fn resolve(engine: Engine, declared: &Declared, invocation: &Invocation, world: &World) -> Resolution {
    let mut place = Place { doubt: declared.doubt.clone(), ..Place::default() };
    let mut engine = engine;
    options(&mut place, invocation);
    operand(&mut place, &mut engine, declared, invocation);
    vars(&mut place, engine, world);
    files(&mut place, engine, invocation, world);
    let doubt = place.doubt.take();
    let target = place.target(engine);
    let resolution = match doubt {
        Some(because) => Resolution::Ambiguous { partial: Some(target), because },
        None => Resolution::Resolved(target),
    };
    through(resolution, &world.snapshot)
}

fn options(place: &mut Place, invocation: &Invocation) {
    for option in &invocation.options {
        let Some(value) = &option.value else { continue };
        let origin = || Origin::Option(option.spelled.clone());
        let text = value.to_string_lossy().into_owned();
        match option.name.as_str() {
            "host" | "socket" => place.host = Some(Field::new(text, origin())),
            "port" => match text.parse() {
                Ok(port) => place.port = Some(Field::new(port, origin())),
                Err(_) => place.doubt = Some("its port is no number".to_owned()),
            },
            "user" => place.user = Some(Field::new(text, origin())),
            "dbname" => place.dbname = Some(Field::new(text, origin())),
            "url" => {
                url(place, &text, &origin());
            }
            "server" => server(place, &text, &origin()),
            _ => {}
        }
    }
}

/// A URL or an address; in the clients whose operand is a database, that.
fn operand(place: &mut Place, engine: &mut Engine, declared: &Declared, invocation: &Invocation) {
    let Some(first) = invocation.operands.first().filter(|_| declared.entry.operand) else { return };
    let (text, origin) = (first.to_string_lossy().into_owned(), Origin::Argument(1));
    if text.contains("://") {
        match url(place, &text, &origin) {
            Some(named) => *engine = named,
            None => place.doubt = Some("it names a database system that dbguard does not know".to_owned()),
        }
    } else if *engine == Engine::Mongodb && text.contains(['/', '.', ':']) {
        let (host, name) = text.split_once('/').unwrap_or((&text, ""));
        address(place, host, &origin);
        named(place, name, &origin);
    } else {
        named(place, &text, &origin);
    }
}

fn named(place: &mut Place, name: &str, origin: &Origin) {
    if !name.is_empty() {
        place.dbname = Some(Field::new(name.to_owned(), origin.clone()));
    }
}

/// The system that a URL names.
pub(super) fn named_engine(text: &str) -> Option<Engine> {
    let (scheme, _) = text.split_once("://")?;
    let base = scheme.split('+').next().unwrap_or_default().to_ascii_lowercase();
    match base.as_str() {
        "mysql" | "mysqlx" | "mariadb" | "maria" | "my" | "tidb" => Some(Engine::Mysql),
        "redis" | "rediss" | "valkey" | "valkeys" => Some(Engine::Redis),
        "mongodb" => Some(Engine::Mongodb),
        "sqlserver" | "mssql" | "ms" => Some(Engine::Sqlserver),
        _ => None,
    }
}

/// `scheme://user:password@host:port,host/database?…`
fn url(place: &mut Place, text: &str, origin: &Origin) -> Option<Engine> {
    let engine = named_engine(text)?;
    let (_, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let user = login.split(':').next().unwrap_or_default();
    let name = path.strip_prefix('/').unwrap_or_default().split(['?', '#', '/']).next().unwrap_or_default();
    if [user, hosts, name].iter().any(|part| part.contains(['%', '$', '{'])) {
        place.doubt = Some("a part of its URL is encoded, or something else fills it in".to_owned());
    }
    let inside = || Origin::Conninfo(Box::new(origin.clone()));
    if !user.is_empty() {
        place.user = Some(Field::new(user.to_owned(), inside()));
    }
    for (at, host) in hosts.split(',').enumerate() {
        if at == 0 {
            address(place, host, &inside());
        } else {
            place.more.push(host_and_port(host));
        }
    }
    named(place, name, &inside());
    Some(engine)
}

/// `host:port`.
fn address(place: &mut Place, text: &str, origin: &Origin) {
    let (host, port) = host_and_port(text);
    if !host.is_empty() {
        place.host = Some(Field::new(host, origin.clone()));
    }
    place.port = port.map(|port| Field::new(port, origin.clone())).or(place.port.take());
}

fn host_and_port(text: &str) -> (String, Option<u16>) {
    let bare = |host: &str| host.trim_start_matches('[').trim_end_matches(']').to_owned();
    match text.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        Some((host, Ok(port))) if !host.contains(':') || host.ends_with(']') => (bare(host), Some(port)),
        _ => (bare(text), None),
    }
}

/// SQL Server's `protocol:host\instance,port`.
fn server(place: &mut Place, text: &str, origin: &Origin) {
    let (protocol, rest) = text.split_once(':').unwrap_or(("", text));
    if protocol.eq_ignore_ascii_case("np") || rest.starts_with("\\\\") {
        place.doubt = Some("it goes through a named pipe".to_owned());
    }
    let (host, port) = rest.split_once(',').map_or((rest, None), |(host, port)| (host, Some(port.trim())));
    let host = host.split('\\').next().unwrap_or_default();
    let host = if matches!(host, "." | "(local)" | "") { "localhost" } else { host };
    place.host = Some(Field::new(host.to_owned(), origin.clone()));
    match port.map(str::parse) {
        Some(Ok(port)) => place.port = Some(Field::new(port, origin.clone())),
        Some(Err(_)) => place.doubt = Some("its port is no number".to_owned()),
        None => {}
    }
}

/// What vars say where the command line says nothing.
fn vars(place: &mut Place, engine: Engine, world: &World) {
    let var = |name: &str| {
        let value = world.snapshot.vars.filled(name)?.to_string_lossy().into_owned();
        Some(Field::new(value, Origin::Var(name.to_owned())))
    };
    match engine {
        Engine::Mysql => {
            place.host = place.host.take().or_else(|| var("MYSQL_HOST"));
            let port = var("MYSQL_TCP_PORT").and_then(|port| Some(Field::new(port.value.parse().ok()?, port.origin)));
            place.port = place.port.take().or(port);
        }
        Engine::Sqlserver => {
            if let Some(named) = var("SQLCMDSERVER").filter(|_| place.host.is_none()) {
                server(place, &named.value, &named.origin);
            }
            place.user = place.user.take().or_else(|| var("SQLCMDUSER"));
            place.dbname = place.dbname.take().or_else(|| var("SQLCMDDBNAME"));
        }
        Engine::Postgresql | Engine::Redis | Engine::Mongodb => {}
    }
}

/// `MySQL`'s option files, in which a host or a port may stand, and the options that name others.
fn files(place: &mut Place, engine: Engine, invocation: &Invocation, world: &World) {
    if engine != Engine::Mysql || place.doubt.is_some() || invocation.has("no-defaults") {
        return;
    }
    let missing = [(place.host.is_none(), "host"), (place.port.is_none(), "port")];
    let missing: Vec<&str> = missing.into_iter().filter(|(missing, _)| *missing).map(|(_, key)| key).collect();
    let other = ["defaults-file", "defaults-extra-file", "defaults-group-suffix", "login-path"];
    if let Some(option) = other.into_iter().find(|option| !missing.is_empty() && invocation.has(option)) {
        place.doubt = Some(format!("what `--{option}` names may say where it goes"));
        return;
    }
    let home = world.snapshot.home().map(|home| home.join(".my.cnf"));
    let fixed = ["/etc/my.cnf", "/etc/mysql/my.cnf"].map(PathBuf::from);
    let login = world.snapshot.home().map(|home| home.join(".mylogin.cnf"));
    for file in fixed.into_iter().chain(home) {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let says = |line: &str| missing.iter().any(|key| line.trim_start().starts_with(key));
        if text.lines().any(says) {
            place.doubt = Some(format!("`{}` may say where it goes", file.display()));
            return;
        }
    }
    if missing.contains(&"host") && login.is_some_and(|file| file.exists()) {
        place.doubt = Some("`~/.mylogin.cnf` may say where it goes".to_owned());
    }
}

impl Place {
    fn target(self, engine: Engine) -> Target {
        let usual = match engine {
            Engine::Mysql => 3306,
            Engine::Redis => 6379,
            Engine::Mongodb => 27017,
            Engine::Sqlserver => 1433,
            Engine::Postgresql => 5432,
        };
        let text = |field: Field<String>| Field::new(OsString::from(field.value), field.origin);
        let origin = self.host.as_ref().map_or(Origin::Default, |host| host.origin.clone());
        let first = Host {
            host: Some(self.host.map_or_else(|| Field::new("localhost".into(), Origin::Default), text)),
            hostaddr: None,
            port: self.port.unwrap_or_else(|| Field::new(usual, Origin::Default)),
        };
        let more = self.more.into_iter().map(|(name, port)| Host {
            host: Some(Field::new(name.into(), origin.clone())),
            hostaddr: None,
            port: port.map_or_else(|| Field::new(usual, Origin::Default), |port| Field::new(port, origin.clone())),
        });
        Target {
            engine,
            hosts: std::iter::once(first).chain(more).collect(),
            dbname: self.dbname.map(text),
            user: self.user.map(text),
            ..Target::nowhere()
        }
    }
}
