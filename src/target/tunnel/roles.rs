//! The table of programs: who is a server of this machine, and whose command line can be read.

use super::command::Command;
use super::place::{Bound, Far};
use super::{access, cloud, kubectl, relay, ssh};

/// What a program does with a connection.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It answers itself, or something behind it on this very machine does.
    Server,
    /// It passes the connection on.
    Relay(Far),
}

type Reader = fn(&Command, &Bound) -> Far;

/// Programs that pass connections on, and how to read where to.
///
/// Poolers and proxies that read a file (pgbouncer, haproxy, stunnel, envoy) and programs with a control channel are
/// not here: like every program that is in neither table they forward to somewhere unknown.
const RELAYS: &[(&str, Reader)] = &[
    ("ssh", ssh::far),
    ("kubectl", kubectl::far),
    ("oc", kubectl::far),
    ("socat", relay::socat),
    ("chisel", relay::chisel),
    ("gost", relay::gost),
    ("cloud-sql-proxy", cloud::sql_proxy),
    ("cloud_sql_proxy", cloud::sql_proxy),
    ("alloydb-auth-proxy", cloud::sql_proxy),
    ("session-manager-plugin", cloud::session_manager),
    ("tsh", access::tsh),
    ("boundary", access::boundary),
    ("cloudflared", access::cloudflared),
    ("fly", access::fly),
    ("flyctl", access::fly),
];

/// The same for programs that an interpreter runs, by the name of their script or module.
const SCRIPTS: &[(&str, Reader)] = &[("gcloud", cloud::gcloud), ("azure.cli", cloud::azure)];

/// Database servers, and what publishes the ports of containers and virtual machines that run here.
///
/// A container may hold a forwarder in its turn; no command line on this side tells.
const SERVERS: &[&str] = &[
    "postgres",
    "postmaster",
    "edb-postgres",
    "edb-postmaster",
    "cockroach",
    "mysqld",
    "mariadbd",
    "redis-server",
    // Debian's `redis-server` is a link to this one.
    "redis-check-rdb",
    "valkey-server",
    "mongod",
    "sqlservr",
    "docker-proxy",
    "dockerd",
    "com.docker.backend",
    "com.docker.vpnkit",
    "com.docker.slirp",
    "vpnkit",
    "vpnkit-bridge",
    "OrbStack Helper",
    "containerd-shim",
    "containerd-shim-runc-v2",
    "rootlesskit",
    "rootlessport",
    "slirp4netns",
    "pasta",
    "pasta.avx2",
    "passt",
    "passt.avx2",
    "gvproxy",
    "limactl",
];

/// What this command does with a connection to where it listens.
pub(super) fn role(command: &Command, bound: &Bound) -> Role {
    let program = command.program();
    let scripted = command.is_scripted();
    if !scripted && (SERVERS.contains(&program) || ssh::is_virtual_machine(command)) {
        return Role::Server;
    }
    let table = if scripted { SCRIPTS } else { RELAYS };
    let reader = table.iter().find(|(name, _)| *name == program).map(|(_, reader)| reader);
    Role::Relay(reader.map_or(Far::Unknown, |reader| reader(command, bound)))
}

/// Whether a process of this short name is probably the one that is looked for. The kernel keeps 15 bytes of a name.
pub(super) fn is_likely(name: &str) -> bool {
    let names = RELAYS.iter().map(|(name, _)| *name).chain(SERVERS.iter().copied());
    names.chain(["pgbouncer"]).any(|known| known.get(..15).unwrap_or(known) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound() -> Bound {
        Bound::Tcp(None, 5432)
    }

    #[test]
    fn servers_and_container_engines_are_the_end_of_the_way() {
        for line in [
            "/usr/lib/postgresql/15/bin/postgres -D /data",
            "/usr/sbin/mariadbd --no-defaults",
            "/usr/bin/redis-check-rdb 127.0.0.1:6379",
            "mongod --dbpath /data",
            "/usr/bin/rootlessport",
            "docker-proxy -proto tcp",
        ] {
            assert_eq!(role(&Command::typed(line), &bound()), Role::Server, "{line}");
        }
    }

    #[test]
    fn any_other_program_forwards_to_somewhere_unknown() {
        for line in [
            "python3 /opt/tunnel.py 5432",
            "pgbouncer /etc/pgbouncer.ini",
            "nc -l 5432",
            "",
            "postgres.py",
            "mongos --configdb c",
        ] {
            assert_eq!(role(&Command::typed(line), &bound()), Role::Relay(Far::Unknown), "{line}");
        }
    }

    #[test]
    fn a_script_that_is_named_like_a_server_is_not_one() {
        let role = role(&Command::typed("python3 /opt/postgres.py"), &bound());
        assert_eq!(role, Role::Relay(Far::Unknown));
    }

    #[test]
    fn short_names_are_cut_as_the_kernel_cuts_them() {
        for name in ["ssh", "postgres", "session-manager", "cloud-sql-proxy", "alloydb-auth-pr"] {
            assert!(is_likely(name), "{name}");
        }
        assert!(!is_likely("bash"));
    }
}
