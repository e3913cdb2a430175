//! Places on this machine where something may listen, and places that a forwarder leads to.

use std::ffi::{OsStr, OsString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use crate::target::{Endpoint, Field, Host, Origin};
use crate::world::net::Socket;

/// A loopback port, or a unix socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Every address that may be tried, and the port.
    Tcp(Vec<IpAddr>, u16),
    /// The path of the socket, or `@name` in the abstract namespace.
    Unix(PathBuf),
}

/// Where the listener is bound, for finding the part of its command line that is about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// Address and port.
    Tcp(Option<IpAddr>, u16),
    /// The path of the socket.
    Unix(PathBuf),
}

/// Where a forwarder leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Far {
    /// It does not say, or not in a way that is understood.
    Unknown,
    /// To another machine.
    Named(Endpoint),
    /// To another place on this machine.
    Here(Place),
}

impl Place {
    /// Every place on this machine that a connection to this host may go to: several where the socket's directory is
    /// left to the tool's build, of which a target only has the likeliest.
    pub(super) fn all(host: &Host) -> Vec<Self> {
        let filled = |field: &&Field<OsString>| !field.value.is_empty();
        let name = host.host.as_ref().filter(filled);
        let mut places: Vec<Self> = Self::of(host).into_iter().collect();
        let built_in =
            name.is_none_or(|name| name.origin == Origin::Default && name.value.as_bytes().starts_with(b"/"));
        if built_in && host.hostaddr.as_ref().is_none_or(|address| address.value.is_empty()) {
            let defaults = DEFAULT_DIRECTORIES.iter();
            let others = defaults.filter_map(|directory| Self::socket_in(directory.as_ref(), host.port.value));
            for other in others {
                if !places.contains(&other) {
                    places.push(other);
                }
            }
        }
        places
    }

    /// Where a connection to this host goes, when it stays on this machine.
    pub(super) fn of(host: &Host) -> Option<Self> {
        let port = host.port.value;
        // `hostaddr` decides where the packets go; `host` is only a name then: libpq, `parse_int_param` and
        // `PQconnectPoll`, CHT_HOST_ADDRESS before CHT_UNIX_SOCKET.
        if let Some(address) = host.hostaddr.as_ref().filter(|address| !address.value.is_empty()) {
            return Self::tcp(&address.value.to_string_lossy(), port);
        }
        let name = host.host.as_ref()?.value.as_os_str();
        Self::socket_in(name, port).or_else(|| Self::tcp(&name.to_string_lossy(), port))
    }

    /// The server's socket in this directory: what begins with a slash, or with `@` for the abstract namespace, is
    /// one to libpq (`is_unixsock_path`).
    fn socket_in(directory: &OsStr, port: u16) -> Option<Self> {
        let bytes = directory.as_bytes();
        if !bytes.starts_with(b"/") && !bytes.starts_with(b"@") {
            return None;
        }
        let mut path = directory.to_owned();
        path.push(format!("/.s.PGSQL.{port}"));
        Some(Self::Unix(path.into()))
    }

    /// A name or address that is loopback.
    pub(super) fn tcp(name: &str, port: u16) -> Option<Self> {
        Some(Self::Tcp(loopback(name)?, port))
    }

    /// Every socket that the connection may be made to.
    pub(super) fn sockets(&self) -> Vec<Socket<'_>> {
        match self {
            Self::Tcp(addresses, port) => addresses.iter().map(|address| Socket::Tcp(*address, *port)).collect(),
            Self::Unix(path) => vec![Socket::Unix(path)],
        }
    }

    /// The same place as the listener sees it.
    pub(super) fn bound(&self, address: Option<IpAddr>) -> Bound {
        match self {
            Self::Tcp(_, port) => Bound::Tcp(address, *port),
            Self::Unix(path) => Bound::Unix(path.clone()),
        }
    }
}

impl Bound {
    pub(super) fn port(&self) -> Option<u16> {
        match self {
            Self::Tcp(_, port) => Some(*port),
            Self::Unix(_) => None,
        }
    }

    /// Whether a local address given with the port is this listener's: an address that is another one is not; a name
    /// or nothing may be.
    pub(super) fn at(&self, given: Option<&str>) -> bool {
        let (Self::Tcp(Some(address), _), Some(given)) = (self, given) else { return true };
        given.parse::<IpAddr>().is_err() || loopback(given).is_none_or(|given| given.contains(address))
    }

    /// Whether this is the socket of that path.
    pub(super) fn is_path(&self, path: &str) -> bool {
        match self {
            Self::Tcp(..) => false,
            Self::Unix(own) => own.as_os_str() == path || same_file(own, path),
        }
    }
}

impl Far {
    /// A host as seen from the machine at the end of these jumps, the nearest to the host first. Without jumps that
    /// is this machine.
    ///
    /// Where the host is loopback to the last machine, that machine's name stands for it: `localhost` as a name
    /// would match what is said of this machine.
    pub(super) fn over(host: &str, port: Option<u16>, jumps: Vec<String>) -> Self {
        let local = loopback(host).is_some();
        if local && jumps.is_empty() {
            return port.and_then(|port| Place::tcp(host, port)).map_or(Self::Unknown, Self::Here);
        }
        let away = |name: &String| !name.is_empty() && loopback(name).is_none();
        // The last machine is this one under another name, or a container, or the end of a further tunnel.
        if local && !jumps.first().is_some_and(away) {
            return Self::Unknown;
        }
        let first = (!local && !host.is_empty()).then(|| host.to_owned());
        let names: Vec<String> = first.into_iter().chain(jumps.into_iter().filter(away)).collect();
        Self::named(names, port)
    }

    /// These names; without any it is unknown.
    pub(super) fn named(mut names: Vec<String>, port: Option<u16>) -> Self {
        names.retain(|name| !name.is_empty());
        if names.is_empty() { Self::Unknown } else { Self::Named(Endpoint { names, port }) }
    }
}

/// The addresses that a loopback name or address stands for: `None` for what is not loopback.
///
/// The unspecified address reaches this machine on Linux and macOS alike. `localhost` and every name below it are
/// loopback by RFC 6761, in both families.
fn loopback(name: &str) -> Option<Vec<IpAddr>> {
    let four = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let six = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let bare = bare.split_once('%').map_or(bare, |(address, _zone)| address);
    let lower = bare.strip_suffix('.').unwrap_or(bare).to_ascii_lowercase();
    if lower == "localhost" || lower.ends_with(".localhost") || OTHER_NAMES.contains(&lower.as_str()) {
        return Some(vec![six, four]);
    }
    let address = lower.parse().ok().or_else(|| classic(&lower).map(IpAddr::V4))?;
    let plain = IpAddr::to_canonical(&address);
    if plain.is_unspecified() {
        return Some(vec![if plain.is_ipv4() { four } else { six }]);
    }
    plain.is_loopback().then(|| vec![plain])
}

/// `DEFAULT_PGSOCKET_DIR` as PostgreSQL has it and as Debian and Red Hat build it.
const DEFAULT_DIRECTORIES: [&str; 2] = ["/tmp", "/var/run/postgresql"];

/// Names for loopback in the hosts files of Debian, Fedora and macOS.
const OTHER_NAMES: [&str; 6] =
    ["localhost.localdomain", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback", "localhost6.localdomain6"];

/// An IPv4 address in the forms of `inet_aton(3)` that getaddrinfo still takes: `127.1`, `0x7f.0.0.1`, `2130706433`.
fn classic(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, head) = parts.split_last()?;
    if head.len() > 3 || head.iter().any(|part| *part > 255) {
        return None;
    }
    let room = 8 * (4 - u32::try_from(head.len()).ok()?);
    if room < 32 && *last >> room != 0 {
        return None;
    }
    let high = head.iter().fold(0, |high, part| (high << 8) | part);
    Some(Ipv4Addr::from(if room < 32 { (high << room) | last } else { *last }))
}

fn number(text: &str) -> Option<u32> {
    let digits = |text: &str, radix| u32::from_str_radix(text, radix).ok().filter(|_| !text.starts_with('+'));
    if let Some(hex) = text.strip_prefix("0x") {
        return digits(hex, 16);
    }
    if text.len() > 1 && text.starts_with('0') { digits(text, 8) } else { digits(text, 10) }
}

fn same_file(one: &std::path::Path, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (one.canonicalize(), std::fs::canonicalize(other)) else { return false };
    one == other
}

#[cfg(test)]
impl Far {
    /// On one line, for tables of expectations: the names and the port.
    pub(super) fn shown(&self) -> String {
        let Self::Named(to) = self else { return format!("{self:?}") };
        let port = to.port.map_or("?".to_owned(), |port| port.to_string());
        format!("{} :{port}", to.names.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(host: Option<&str>, hostaddr: Option<&str>) -> Host {
        let field = |text: &str| Field::new(OsString::from(text), Origin::Default);
        Host { host: host.map(field), hostaddr: hostaddr.map(field), port: Field::new(5432, Origin::Default) }
    }

    fn place(host_: Option<&str>, hostaddr: Option<&str>) -> String {
        match Place::of(&host(host_, hostaddr)) {
            Some(Place::Tcp(addresses, port)) => {
                let all: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
                format!("{} {port}", all.join(","))
            }
            Some(Place::Unix(path)) => path.display().to_string(),
            None => "away".to_owned(),
        }
    }

    #[test]
    fn loopback_is_seen_in_every_spelling() {
        for name in ["localhost", "LocalHost.", "db.localhost", "localhost.localdomain"] {
            assert_eq!(place(Some(name), None), "::1,127.0.0.1 5432", "{name}");
        }
        for name in ["127.0.0.1", "0.0.0.0", "::ffff:127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "0"] {
            assert_eq!(place(Some(name), None), "127.0.0.1 5432", "{name}");
        }
        for name in ["::1", "::", "::1%lo", "0:0:0:0:0:0:0:1"] {
            assert_eq!(place(Some(name), None), "::1 5432", "{name}");
        }
        assert_eq!(place(Some("127.0.0.53"), None), "127.0.0.53 5432");
    }

    #[test]
    fn other_hosts_are_away() {
        for name in [
            "db1.example.com",
            "10.0.0.1",
            "128.0.0.1",
            "localhost.example.com",
            "mylocalhost",
            "",
            "1.2.3.4.5",
            "127.+1",
        ] {
            assert_eq!(place(Some(name), None), "away", "{name}");
        }
        assert_eq!(place(None, None), "away");
    }

    #[test]
    fn without_a_host_every_default_socket_counts() {
        let at = |path: &str| Place::Unix(format!("{path}/.s.PGSQL.5432").into());
        for empty in [host(None, None), host(Some(""), None), host(Some(""), Some(""))] {
            assert_eq!(Place::all(&empty), [at("/tmp"), at("/var/run/postgresql")]);
        }
        assert_eq!(Place::all(&host(Some("/var/run/postgresql"), None)), [at("/var/run/postgresql"), at("/tmp")]);
        let mut asked = host(Some("/tmp"), None);
        asked.host = asked.host.map(|field| Field::new(field.value, Origin::Var("PGHOST".to_owned())));
        assert_eq!(Place::all(&asked), [at("/tmp")]);
        assert_eq!(Place::all(&host(Some("db1.example.com"), None)), []);
    }

    #[test]
    fn the_address_decides_where_the_packets_go() {
        assert_eq!(place(Some("db1.prod.example.com"), Some("127.0.0.1")), "127.0.0.1 5432");
        assert_eq!(place(Some("localhost"), Some("10.0.0.1")), "away");
        assert_eq!(place(Some("/run"), Some("::1")), "::1 5432");
        assert_eq!(place(Some("/run/postgresql"), Some("")), "/run/postgresql/.s.PGSQL.5432");
        assert_eq!(place(Some("@name"), None), "@name/.s.PGSQL.5432");
    }

    #[test]
    fn a_loopback_name_never_stands_for_a_far_server() {
        let over = |host, jumps: &[&str]| Far::over(host, Some(1), jumps.iter().map(|&jump| jump.to_owned()).collect());
        assert_eq!(over("db1", &["bastion"]).shown(), "db1 bastion :1");
        assert_eq!(over("localhost", &["db1.prod"]).shown(), "db1.prod :1");
        assert_eq!(over("127.0.0.1", &["db1", "bastion"]).shown(), "db1 bastion :1");
        assert_eq!(over("db1", &["localhost"]).shown(), "db1 :1");
        assert_eq!(over("localhost", &["127.0.0.1", "bastion"]), Far::Unknown);
        assert_eq!(over("localhost", &["localhost"]), Far::Unknown);
        assert!(matches!(over("localhost", &[]), Far::Here(Place::Tcp(_, 1))));
        assert_eq!(over("", &[]), Far::Unknown);
    }
}
