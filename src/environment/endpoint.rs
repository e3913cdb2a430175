//! One place that packets go to, prepared for matching: a name, an address, or a socket's directory.
//!
//! The text comes from a target, so it may be anything; what cannot be read as one of the three matches no rule, and
//! what matches no rule is unknown.

use std::ffi::OsStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address;

/// One place that packets go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// A host name in lower case without its trailing dot.
    Name(String),
    /// An address.
    Address(IpAddr),
    /// A unix socket: its directory, normalised; an abstract one with its `@`.
    Socket(String),
    /// Bytes that are no text.
    Unreadable,
}

impl Endpoint {
    /// Reads a host as libpq does: empty is the default socket, `/` and `@` begin a socket, all else goes to
    /// `getaddrinfo` (`fe-connect.c`, `is_unixsock_path`).
    pub(super) fn read(host: &OsStr) -> Self {
        let Some(text) = host.to_str() else { return Self::Unreadable };
        if text.is_empty() || text.starts_with(['/', '@']) {
            return Self::Socket(socket(text));
        }
        match address::parse(text) {
            Some(address) => Self::Address(address),
            None => Self::Name(name(text)),
        }
    }

    /// Packets to it stay on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Self::Address(address) => address::is_loopback(*address),
            Self::Socket(_) => true,
            Self::Unreadable => false,
        }
    }

    /// The addresses that it certainly means. `localhost` and everything below it are loopback by RFC 6761.
    pub(super) fn addresses(&self) -> &[IpAddr] {
        const LOOPBACK: &[IpAddr] = &[IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        match self {
            Self::Name(_) if self.is_loopback() => LOOPBACK,
            Self::Address(address) if address.is_unspecified() => LOOPBACK,
            Self::Address(address) => std::slice::from_ref(address),
            Self::Name(_) | Self::Socket(_) | Self::Unreadable => &[],
        }
    }
}

/// Whether a name or an address is that of whatever machine it is used on, so that it tells none from another. A
/// socket's directory is neither.
pub fn is_loopback(host: &str) -> bool {
    let endpoint = Endpoint::read(OsStr::new(host));
    endpoint.is_loopback() && !matches!(endpoint, Endpoint::Socket(_))
}

/// A host name as it is compared.
pub(super) fn name(text: &str) -> String {
    text.strip_suffix('.').unwrap_or(text).to_lowercase()
}

/// A socket's directory as it is compared: without empty, `.` and `..` parts, and with the links that every system of
/// a kind has taken out (`/var/run` on Linux, `/private` on macOS). An abstract socket's name is taken as it is.
pub(super) fn socket(text: &str) -> String {
    if !text.starts_with('/') {
        return text.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let parts = match parts.as_slice() {
        ["private", rest @ ..] if matches!(rest.first(), Some(&("tmp" | "var"))) => rest,
        all => all,
    };
    match parts {
        ["var", "run", rest @ ..] => format!("/run/{}", rest.join("/")).trim_end_matches('/').to_owned(),
        parts => format!("/{}", parts.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Endpoint {
        Endpoint::read(OsStr::new(text))
    }

    #[test]
    fn a_host_is_a_name_an_address_or_a_socket() {
        assert_eq!(read("DB1.Example.COM."), Endpoint::Name("db1.example.com".to_owned()));
        assert_eq!(read("127.1"), Endpoint::Address("127.0.0.1".parse().unwrap()));
        assert_eq!(read("/var/run//postgresql/"), Endpoint::Socket("/run/postgresql".to_owned()));
        assert_eq!(read("@pg"), Endpoint::Socket("@pg".to_owned()));
        assert_eq!(read(""), Endpoint::Socket(String::new()));
    }

    #[test]
    fn one_directory_has_one_spelling() {
        for text in ["/tmp", "/tmp/", "//tmp/.", "/var/../tmp", "/private/tmp"] {
            assert_eq!(socket(text), "/tmp", "{text}");
        }
        assert_eq!(
            (socket("/var/run"), socket("/"), socket("/private/x")),
            ("/run".into(), "/".into(), "/private/x".into())
        );
    }

    #[test]
    fn what_stays_on_this_machine_is_loopback_and_look_alikes_are_not() {
        for text in ["localhost", "LOCALHOST.", "db.localhost", "127.0.0.1", "::1", "0.0.0.0", "/tmp", "@x", ""] {
            assert!(read(text).is_loopback(), "{text}");
        }
        for text in ["localhost.example.com", "notlocalhost", "127.0.0.1.nip.io", "localhost:5432", " localhost"] {
            assert!(!read(text).is_loopback(), "{text}");
        }
    }
}
