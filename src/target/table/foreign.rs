//! Clients of other database systems: host, port, user and database, as far as the command line and vars say.
//!
//! No more is known of these systems here than where they listen. What a configuration file may say beside it is not read,
//! but looked for: where it could decide, the target is unclear. The address forms are those of `mysql(1)`, `mongosh`'s
//! connection strings, redis-cli's `-u` and sqlcmd's `-S`.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::declared::Declared;
use super::world::World;
use crate::target::invocation::Opt;
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
    leaving(&mut place, engine, invocation);
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
    let bare = |option: &Opt| option.name == "password" && option.value.is_none();
    if *engine == Engine::Mongodb && invocation.options.iter().any(bare) {
        // mongosh takes the next word for the password, where there is one.
        place.doubt = Some("what follows `--password` may be a password or an address: write --password=…".to_owned());
        return;
    }
    if *engine == Engine::Mongodb && declared.doubt.is_some() {
        return;
    }
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
    // redis-cli takes a login without a colon for the password.
    let user = match login.split_once(':') {
        Some((user, _)) => user,
        None if engine == Engine::Redis => "",
        None => login,
    };
    if path.contains('@') {
        place.doubt = Some("a character of its password is not encoded: write @ as %40 and / as %2F".to_owned());
        return Some(engine);
    }
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

/// What could take the client elsewhere after it has started. Its language is not read here, only looked through.
fn leaving(place: &mut Place, engine: Engine, invocation: &Invocation) {
    let words: &[&str] = match engine {
        Engine::Mysql => &["connect", "\\r", "source", "\\."],
        Engine::Mongodb => &["connect", "Mongo", "load"],
        Engine::Sqlserver => &[":connect", ":r"],
        Engine::Redis | Engine::Postgresql => &[],
    };
    let script =
        |option: &&Opt| matches!(option.name.as_str(), "execute" | "eval" | "query" | "initial-query" | "init-command");
    let moves = |option: &Opt| {
        let text = option.value.as_ref().map(|value| value.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        words.iter().any(|word| text.contains(&word.to_ascii_lowercase()))
    };
    if invocation.options.iter().filter(script).any(moves) {
        place.doubt = Some("what it is told to run may connect elsewhere".to_owned());
    }
    if engine == Engine::Redis && invocation.has("cluster") {
        place.doubt = Some("what follows `--cluster` says where it goes".to_owned());
    }
}

/// `MySQL`'s option files, in which a host, a port or a socket may stand, and the options that name others. A var that
/// names the host is weaker than they are.
fn files(place: &mut Place, engine: Engine, invocation: &Invocation, world: &World) {
    if engine == Engine::Sqlserver && place.host.is_none() {
        let context = world.snapshot.home().map(|home| home.join(".sqlcmd/sqlconfig"));
        if context.is_some_and(|file| file.exists()) {
            place.doubt = Some("`~/.sqlcmd/sqlconfig` may say where it goes".to_owned());
        }
    }
    if engine != Engine::Mysql || place.doubt.is_some() || invocation.has("no-defaults") {
        return;
    }
    let weak = |origin: Option<&Origin>| {
        !matches!(origin, Some(Origin::Option(_) | Origin::Argument(_) | Origin::Conninfo(_)))
    };
    let host = weak(place.host.as_ref().map(|host| &host.origin));
    let missing = [(host, "host"), (host, "socket"), (weak(place.port.as_ref().map(|port| &port.origin)), "port")];
    let missing: Vec<&str> = missing.into_iter().filter(|(missing, _)| *missing).map(|(_, key)| key).collect();
    let other = ["defaults-file", "defaults-extra-file", "defaults-group-suffix", "login-path"];
    if let Some(option) = other.into_iter().find(|option| !missing.is_empty() && invocation.has(option)) {
        place.doubt = Some(format!("what `--{option}` names may say where it goes"));
        return;
    }
    let home = world.snapshot.home();
    let beside = world.snapshot.vars.filled("MYSQL_HOME").map(|home| PathBuf::from(home).join("my.cnf"));
    let mut waiting: Vec<PathBuf> = ["/etc/my.cnf", "/etc/mysql/my.cnf"].map(PathBuf::from).into();
    waiting.extend(beside);
    waiting.extend(home.map(|home| home.join(".my.cnf")));
    let mut left = MOST_FILES;
    while let Some(file) = waiting.pop() {
        left -= 1;
        if left == 0 || says(&file, &missing, &mut waiting) {
            place.doubt = Some(format!("`{}` may say where it goes", file.display()));
            return;
        }
    }
    if missing.contains(&"host") && home.is_some_and(|home| home.join(".mylogin.cnf").exists()) {
        place.doubt = Some("`~/.mylogin.cnf` may say where it goes".to_owned());
    }
}

/// As many option files are looked at.
const MOST_FILES: usize = 100;

/// Whether an option file has one of these keys, or cannot be read. What it includes is added to those that are waiting.
fn says(file: &Path, keys: &[&str], waiting: &mut Vec<PathBuf>) -> bool {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(cause) => return !matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut of_servers = false;
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            of_servers = SERVERS.iter().any(|name| section.starts_with(name));
        } else if let Some(directory) = line.strip_prefix("!includedir") {
            let Ok(entries) = std::fs::read_dir(directory.trim()) else { return true };
            waiting.extend(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()));
        } else if let Some(included) = line.strip_prefix("!include") {
            waiting.push(PathBuf::from(included.trim()));
        } else if line.starts_with('!') || !of_servers && keys.iter().any(|key| line.starts_with(key)) && !usual(line) {
            return true;
        }
    }
    false
}

/// The sections of option files that no client reads.
const SERVERS: &[&str] = &["mysqld", "mariadbd", "mariadb]", "mariadb-1", "server]", "galera", "embedded"];

/// Whether a line only says where this machine's own server listens anyway.
fn usual(line: &str) -> bool {
    let Some((key, value)) = line.split_once('=') else { return false };
    let own = ["/run/mysqld/", "/var/run/mysqld/", "/var/lib/mysql/", "/tmp/mysql"];
    key.trim() == "socket" && own.iter().any(|place| value.trim().starts_with(place))
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
