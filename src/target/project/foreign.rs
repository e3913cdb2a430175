//! Databases of other systems: what a URL or the parts of one say, as a target.
//!
//! No more is known of these systems here than where they listen: nothing but the URL itself fills in what it leaves out.
//! The forms are those of `mysql://`, Go's `mysql://u@tcp(host:3306)/db`, `redis://`, mongosh's connection strings and
//! `sqlserver://host:1433;database=db`.

use std::ffi::OsString;

use super::reading::Said;
use crate::target::conninfo::Setting;
use crate::target::origin::Origin;
use crate::target::{Engine, Field, Host, Target};

/// The system that a scheme names, whatever driver stands behind a `+`.
pub(in crate::target) fn named(scheme: &str) -> Option<Engine> {
    let base = scheme.split('+').next().unwrap_or_default().to_ascii_lowercase();
    match base.as_str() {
        "mysql" | "mysql2" | "mysqlx" | "mysql-mymysql" | "pdo-mysql" | "pdo_mysql" | "mariadb" | "maria" | "my"
        | "trilogy" | "tidb" => Some(Engine::Mysql),
        "redis" | "rediss" | "valkey" | "valkeys" => Some(Engine::Redis),
        "mongodb" => Some(Engine::Mongodb),
        "sqlserver" | "sqlsrv" | "mssql" | "mssqlms" | "ms" => Some(Engine::Sqlserver),
        _ => None,
    }
}

/// What a URL says: `scheme://user:password@host:port,host/database?…`. `None` where it is none of these systems.
pub(in crate::target) fn url(text: &str, origin: &Origin) -> Option<Said> {
    let (scheme, rest) = text.split_once("://")?;
    let engine = named(scheme)?;
    let end = rest.find(['/', '?', '#', ';']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    // redis-cli takes a login without a colon for the password.
    let user = match login.split_once(':') {
        Some((user, _)) => user,
        None if engine == Engine::Redis => "",
        None => login,
    };
    let mut said = Said { engine, ..Said::default() };
    if path.contains('@') {
        said.doubt = Some("a character of its password is not encoded: write @ as %40 and / as %2F".to_owned());
        return Some(said);
    }
    let (hosts, path) = match hosts.split_once('(') {
        Some(("unix", _)) => ("", path.split_once(')').map_or("", |(_, path)| path)),
        Some((_, hosts)) => (hosts.trim_end_matches(')'), path),
        None => (hosts, path),
    };
    let property = |key: &str| path.split(';').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    let name = path.strip_prefix('/').and_then(|path| path.split(['?', '#', '/', ';']).next());
    let name = name.or_else(|| property("database")).or_else(|| property("databaseName")).unwrap_or_default();
    if [user, hosts, name].iter().any(|part| part.contains(['%', '$', '{'])) {
        said.doubt = Some("a part of its URL is encoded, or something else fills it in".to_owned());
    }
    let mut properties = path.split(['?', '&', ';']).filter_map(|pair| pair.split_once('='));
    if properties.any(|(key, value)| names_host(&key.to_ascii_lowercase()) || value.contains("cloudsql")) {
        said.doubt = Some("a parameter of its URL may name another host".to_owned());
    }
    let (addresses, ports): (Vec<_>, Vec<_>) = hosts.split(',').map(host_and_port).unzip();
    let inside = Origin::Conninfo(Box::new(origin.clone()));
    let place = [("host", addresses.join(",")), ("port", ports.join(","))];
    for (keyword, value) in place.into_iter().chain([("user", user.to_owned()), ("dbname", name.to_owned())]) {
        if !value.trim_matches(',').is_empty() {
            said.settings.push(Setting { keyword, value: value.into(), origin: inside.clone() });
        }
    }
    Some(said)
}

/// Parameters that drivers take for the host: mysql2, `SQLAlchemy` and Rails go there whatever stands before, JDBC's where
/// nothing does.
fn names_host(key: &str) -> bool {
    matches!(key, "host" | "hostname" | "hostaddr" | "server" | "servername")
}

/// `host:port`, `[::1]:port`, and SQL Server's `host\instance`.
pub(in crate::target) fn host_and_port(text: &str) -> (&str, &str) {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port),
        _ => (text, ""),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (host.split('\\').next().unwrap_or_default(), port)
}

/// The target, and why it must not be believed. The last of two settings counts.
pub(in crate::target) fn target(said: Said) -> (Target, Option<String>) {
    let Said { engine, settings, mut doubt, .. } = said;
    let field = |keyword: &str| {
        let setting = settings.iter().rfind(|setting| setting.keyword == keyword && !setting.value.is_empty())?;
        Some(Field::new(setting.value.clone(), setting.origin.clone()))
    };
    let list = |keyword: &str| {
        let field = field(keyword).unwrap_or_else(|| Field::new(OsString::new(), Origin::Default));
        let values: Vec<String> = field.value.to_string_lossy().split(',').map(str::to_owned).collect();
        (values, field.origin)
    };
    let (addresses, host_origin) = list("host");
    let (ports, port_origin) = list("port");
    let mut hosts = Vec::new();
    for (at, name) in addresses.into_iter().enumerate() {
        let port = ports.get(at).or(ports.first().filter(|_| ports.len() == 1)).filter(|port| !port.is_empty());
        let number = port.map(|port| port.parse());
        if let Some(Err(_)) = number {
            doubt = Some("its port is no number".to_owned());
        }
        let usual = || Field::new(engine.usual_port(), Origin::Default);
        let name = if name.is_empty() { "localhost".to_owned() } else { name };
        hosts.push(Host {
            host: Some(Field::new(name.into(), host_origin.clone())),
            hostaddr: None,
            port: number.and_then(Result::ok).map_or_else(usual, |port| Field::new(port, port_origin.clone())),
        });
    }
    (Target { engine, hosts, dbname: field("dbname"), user: field("user"), ..Target::nowhere() }, doubt)
}
