//! The forwarders of access platforms: Teleport, Boundary, Cloudflare, Fly.

use super::command::Command;
use super::flags::{Flags, Names};
use super::place::{Bound, Far};
use super::relay::host_of_url;

/// `tsh proxy db [--port N] DATABASE`: the name is that of the platform's own directory.
pub(super) fn tsh(command: &Command, bound: &Bound) -> Far {
    let Some(flags) = Flags::read(&command.args, &TSH) else { return Far::Unknown };
    let &["proxy", "db", database] = flags.operands.as_slice() else { return Far::Unknown };
    let names = std::iter::once(database).chain(flags.value(&["cluster", "c"]));
    at_port(&flags, &["port", "p"], bound).map_or(Far::Unknown, |()| named(names, None))
}

const TSH: Names = Names {
    valued: &[
        "c", "cluster", "db-name", "db-roles", "db-user", "l", "login", "p", "port", "proxy", "query", "ttl", "user",
    ],
    switches: &["d", "debug", "insecure", "tunnel"],
};

/// `boundary connect [postgres] -target-id ID | -target-name NAME [-listen-port N]`.
pub(super) fn boundary(command: &Command, bound: &Bound) -> Far {
    let Some(flags) = Flags::read(&command.args, &BOUNDARY) else { return Far::Unknown };
    let (["connect"] | ["connect", "postgres"]) = flags.operands.as_slice() else { return Far::Unknown };
    let names = ["target-name", "target-id", "target-scope-name", "target-scope-id", "host-id"];
    let names = names.iter().filter_map(|name| flags.value(&[name]));
    at_port(&flags, &["listen-port"], bound).map_or(Far::Unknown, |()| named(names, None))
}

const BOUNDARY: Names = Names {
    valued: &[
        "addr",
        "dbname",
        "format",
        "host-id",
        "keyring-type",
        "listen-addr",
        "listen-port",
        "style",
        "target-id",
        "target-name",
        "target-scope-id",
        "target-scope-name",
        "token",
        "token-name",
        "username",
    ],
    switches: &["tls-insecure"],
};

/// `cloudflared access tcp --hostname NAME --url HOST:PORT`.
pub(super) fn cloudflared(command: &Command, bound: &Bound) -> Far {
    let Some(flags) = Flags::read(&command.args, &CLOUDFLARED) else { return Far::Unknown };
    let ["access", "tcp" | "db"] = flags.operands.as_slice() else { return Far::Unknown };
    let url = flags.value(&["url", "L", "listener"]).and_then(|url| url.rsplit(':').next()?.parse().ok());
    let Some(name) = flags.value(&["hostname", "tunnel-host", "T"]).filter(|_| url.is_some() && url == bound.port())
    else {
        return Far::Unknown;
    };
    let host = host_of_url(name);
    Far::named(vec![host], None)
}

const CLOUDFLARED: Names = Names {
    valued: &[
        "H",
        "L",
        "T",
        "destination",
        "header",
        "hostname",
        "id",
        "listener",
        "log-level",
        "loglevel",
        "secret",
        "service-token-id",
        "service-token-secret",
        "tunnel-host",
        "url",
    ],
    switches: &[],
};

/// `fly proxy LOCAL[:REMOTE] [HOST] -a APP`.
pub(super) fn fly(command: &Command, bound: &Bound) -> Far {
    let Some(flags) = Flags::read(&command.args, &FLY) else { return Far::Unknown };
    let (ports, host) = match *flags.operands.as_slice() {
        ["proxy", ports] => (ports, None),
        ["proxy", ports, host] => (ports, Some(host)),
        _ => return Far::Unknown,
    };
    let (local, remote) = ports.split_once(':').unwrap_or((ports, ports));
    if bound.port().is_none() || local.parse().ok() != bound.port() {
        return Far::Unknown;
    }
    named(host.into_iter().chain(flags.value(&["a", "app"])), remote.parse().ok())
}

const FLY: Names = Names {
    valued: &["a", "access-token", "app", "b", "bind-addr", "c", "config", "o", "org", "t"],
    switches: &["debug", "q", "quiet", "s", "select", "verbose", "watch-stdin"],
};

/// Holds when the tool's own listening port is this one, or one of its own choice.
fn at_port(flags: &Flags<'_>, names: &[&str], bound: &Bound) -> Option<()> {
    let bound = bound.port()?;
    flags.value(names).is_none_or(|port| port == "0" || port.parse() == Ok(bound)).then_some(())
}

fn named<'a>(names: impl Iterator<Item = &'a str>, port: Option<u16>) -> Far {
    Far::named(names.map(str::to_owned).collect(), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(reader: fn(&Command, &Bound) -> Far, line: &str) -> String {
        reader(&Command::typed(line), &Bound::Tcp(None, 5433)).shown()
    }

    #[test]
    fn each_platform_names_its_own_resource() {
        assert_eq!(shown(tsh, "tsh proxy db --tunnel -p 5433 --cluster eu orders-prod"), "orders-prod eu :?");
        assert_eq!(shown(tsh, "tsh proxy db --tunnel orders-prod"), "orders-prod :?");
        assert_eq!(shown(boundary, "boundary connect postgres -target-id ttcp_1 -listen-port=5433"), "ttcp_1 :?");
        let line = "cloudflared access tcp --hostname db.example.com --url localhost:5433";
        assert_eq!(shown(cloudflared, line), "db.example.com :?");
        assert_eq!(shown(fly, "flyctl proxy 5433:5432 -a orders-db"), "orders-db :5432");
        assert_eq!(shown(fly, "fly proxy 5433 db.internal --app=orders"), "db.internal orders :5433");
    }

    #[test]
    fn another_port_or_another_subcommand_is_not_read() {
        assert_eq!(shown(tsh, "tsh proxy db -p 1 orders"), "Unknown");
        assert_eq!(shown(tsh, "tsh ssh host"), "Unknown");
        assert_eq!(shown(boundary, "boundary connect -listen-port 5433"), "Unknown");
        assert_eq!(shown(boundary, "boundary connect postgres -target-id x -- -listen-port 1"), "Unknown");
        assert_eq!(shown(cloudflared, "cloudflared access tcp --hostname db.example.com"), "Unknown");
        assert_eq!(shown(fly, "fly proxy 1:5432 -a x"), "Unknown");
        assert_eq!(shown(fly, "fly proxy 5433"), "Unknown");
    }
}
