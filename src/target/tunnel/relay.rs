//! Relays that name both ends on the command line: socat, chisel, gost.

use super::command::Command;
use super::flags::{Flags, Names};
use super::place::{Bound, Far, Place};

/// `socat [options] ADDRESS ADDRESS`: socat(1). The addresses come last.
pub(super) fn socat(command: &Command, bound: &Bound) -> Far {
    let [.., one, other] = command.args.as_slice() else { return Far::Unknown };
    match (socat_listens(one, bound), socat_listens(other, bound)) {
        (true, false) => socat_far(other),
        (false, true) => socat_far(one),
        _ => Far::Unknown,
    }
}

/// Type and parameters of an address, without its options.
fn socat_address(text: &str) -> (String, &str) {
    let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
    (kind.to_ascii_uppercase(), rest.split(',').next().unwrap_or(rest))
}

fn socat_listens(text: &str, bound: &Bound) -> bool {
    let (kind, place) = socat_address(text);
    match kind.as_str() {
        "TCP-LISTEN" | "TCP-L" | "TCP4-LISTEN" | "TCP4-L" | "TCP6-LISTEN" | "TCP6-L" | "OPENSSL-LISTEN" | "SSL-L"
        | "SSL-LISTEN" => bound.port().is_some() && port_of(place) == bound.port(),
        "UNIX-LISTEN" | "UNIX-L" => bound.is_path(place),
        "ABSTRACT-LISTEN" | "ABSTRACT-L" => bound.is_path(&format!("@{place}")),
        _ => false,
    }
}

fn socat_far(text: &str) -> Far {
    let (kind, place) = socat_address(text);
    match kind.as_str() {
        "TCP" | "TCP4" | "TCP6" | "TCP-CONNECT" | "TCP4-CONNECT" | "TCP6-CONNECT" | "OPENSSL" | "SSL"
        | "OPENSSL-CONNECT" | "SSL-CONNECT" => host_and_port(place),
        "UNIX-CONNECT" | "UNIX-CLIENT" | "UNIX" => Far::Here(Place::Unix(place.into())),
        "ABSTRACT-CONNECT" | "ABSTRACT-CLIENT" | "ABSTRACT" => Far::Here(Place::Unix(format!("@{place}").into())),
        _ => Far::Unknown,
    }
}

/// `chisel client [options] SERVER [[LOCAL-HOST:]LOCAL-PORT:]HOST:PORT…`: its README. A remote of one port is that
/// port on the server.
pub(super) fn chisel(command: &Command, bound: &Bound) -> Far {
    let Some(flags) = Flags::read(&command.args, &CHISEL) else { return Far::Unknown };
    let ["client", server, remotes @ ..] = flags.operands.as_slice() else { return Far::Unknown };
    let server = host_of_url(server);
    let here = remotes.iter().filter_map(|remote| chisel_remote(remote, bound));
    only(here.map(|(host, port)| Far::over(host, Some(port), vec![server.clone()])))
}

const CHISEL: Names = Names {
    valued: &[
        "fingerprint",
        "auth",
        "keepalive",
        "max-retry-count",
        "max-retry-interval",
        "proxy",
        "header",
        "hostname",
        "sni",
        "tls-ca",
        "tls-cert",
        "tls-key",
    ],
    switches: &["tls-skip-verify", "pid", "v"],
};

/// The far end of a remote that listens here.
fn chisel_remote<'a>(remote: &'a str, bound: &Bound) -> Option<(&'a str, u16)> {
    let fields: Vec<&str> = remote.split(':').collect();
    let (local, host, port) = match *fields.as_slice() {
        [port] => (port, "localhost", port),
        [host, port] => (port, host, port),
        // `R` in front is a port that the server listens on.
        ["R", ..] => return None,
        [local, host, port] | [_, local, host, port] => (local, host, port),
        _ => return None,
    };
    (bound.port().is_some() && port_of(local) == bound.port()).then(|| port_of(port).map(|port| (host, port)))?
}

/// `gost -L tcp://:5432/db1:5432`: its documentation. Through a chain (`-F`) or from a file it is not read.
pub(super) fn gost(command: &Command, bound: &Bound) -> Far {
    let names = Names { valued: &["L"], switches: &["D", "DD"] };
    let Some(flags) = Flags::read(&command.args, &names) else { return Far::Unknown };
    let here = flags.values(&["L"]).into_iter().filter_map(|service| {
        let (local, far) = service.strip_prefix("tcp://")?.split_once('/')?;
        let port = port_of(local.rsplit_once(':')?.1)?;
        (bound.port() == Some(port)).then_some(far)
    });
    only(here.map(|far| host_and_port(far.split('?').next().unwrap_or(far))))
}

/// The one place of all that listen here.
pub(super) fn only(mut fars: impl Iterator<Item = Far>) -> Far {
    match (fars.next(), fars.next()) {
        (Some(far), None) => far,
        _ => Far::Unknown,
    }
}

/// `host:port` as seen from this machine.
pub(super) fn host_and_port(text: &str) -> Far {
    let Some((host, port)) = text.rsplit_once(':') else { return Far::Unknown };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match port_of(port) {
        Some(port) => Far::over(host, Some(port), Vec::new()),
        None => Far::Unknown,
    }
}

/// The host of `[scheme://]host[:port][/…]`.
pub(super) fn host_of_url(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_scheme, rest)| rest);
    let rest = rest.split(['/', '?']).next().unwrap_or(rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_user, host)| host);
    let host = rest.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(rest, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']').to_owned()
}

fn port_of(text: &str) -> Option<u16> {
    if text == "postgresql" { Some(5432) } else { text.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(reader: fn(&Command, &Bound) -> Far, line: &str) -> String {
        reader(&Command::typed(line), &Bound::Tcp(None, 5433)).shown()
    }

    #[test]
    fn socat_is_read_from_its_two_addresses() {
        let table = [
            ("socat TCP-LISTEN:5433,fork,reuseaddr TCP:db1.prod:5432", "db1.prod :5432"),
            ("socat -d -d -lf log tcp4-l:5433 tcp:[fd00::1]:5432,connect-timeout=3", "fd00::1 :5432"),
            ("socat TCP:db1.prod:5432 TCP-LISTEN:5433", "db1.prod :5432"),
            ("socat OPENSSL-LISTEN:5433,cert=x SSL:db1:5432", "db1 :5432"),
            ("socat TCP-LISTEN:5434 TCP:db1:5432", "Unknown"),
            ("socat TCP-LISTEN:5433 EXEC:ssh", "Unknown"),
            ("socat TCP-LISTEN:5433 SOCKS4A:proxy:db1:5432", "Unknown"),
            ("socat TCP-LISTEN:5433 TCP:db1", "Unknown"),
            ("socat TCP-LISTEN:5433 TCP::5432", "Unknown"),
            ("socat TCP-LISTEN:5433", "Unknown"),
            ("socat", "Unknown"),
        ];
        for (line, expected) in table {
            assert_eq!(shown(socat, line), expected, "{line}");
        }
    }

    #[test]
    fn socat_to_this_machine_is_followed_and_not_named() {
        let bound = Bound::Unix("/s/.s.PGSQL.5432".into());
        let far = |line: &str| socat(&Command::typed(line), &bound);
        let local = far("socat UNIX-LISTEN:/s/.s.PGSQL.5432,fork TCP:127.0.0.1:6000");
        assert!(matches!(local, Far::Here(Place::Tcp(_, 6000))));
        let socket = far("socat UNIX-LISTEN:/s/.s.PGSQL.5432 UNIX-CONNECT:/run/.s.PGSQL.5432");
        assert_eq!(socket, Far::Here(Place::Unix("/run/.s.PGSQL.5432".into())));
    }

    #[test]
    fn chisel_and_gost_are_read() {
        assert_eq!(
            shown(chisel, "chisel client https://u:p@hop.example.com 5433:db1:5432"),
            "db1 hop.example.com :5432"
        );
        assert_eq!(shown(chisel, "chisel client --auth u:p hop:8080 0.0.0.0:5433:localhost:5432"), "hop :5432");
        assert_eq!(shown(chisel, "chisel client hop 5433"), "hop :5433");
        assert_eq!(shown(chisel, "chisel client hop R:5433:db1:5432"), "Unknown");
        assert_eq!(shown(chisel, "chisel server --port 5433"), "Unknown");
        assert_eq!(shown(gost, "gost -L tcp://:5433/db1:5432"), "db1 :5432");
        assert_eq!(shown(gost, "gost -L=tcp://127.0.0.1:5433/db1:5432?x=1 -L tcp://:1/b:2"), "db1 :5432");
        assert_eq!(shown(gost, "gost -L tcp://:5433/db1:5432 -F socks5://hop:1"), "Unknown");
    }
}
