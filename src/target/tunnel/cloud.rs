//! The forwarders of the cloud providers: Cloud SQL and `AlloyDB`, AWS Session Manager, gcloud, Azure Bastion.

use serde_json::Value;

use super::command::Command;
use super::flags::{Flags, Names};
use super::place::{Bound, Far};
use super::relay::only;
use crate::text::json;

/// `cloud-sql-proxy [--port N] INSTANCE[?port=N]…`, `alloydb-auth-proxy`, and the older
/// `cloud_sql_proxy -instances=INSTANCE=tcp:[ADDRESS:]N,…`: their READMEs.
pub(super) fn sql_proxy(command: &Command, bound: &Bound) -> Far {
    let Some(flags) = Flags::read(&command.args, &SQL_PROXY) else { return Far::Unknown };
    let old = flags.values(&["instances"]);
    if old.is_empty() {
        return only(instances(&flags, bound).into_iter().map(instance));
    }
    let entries = old.into_iter().flat_map(|list| list.split(','));
    only(entries.filter_map(|entry| old_instance(entry, flags.value(&["dir"]), bound)).map(instance))
}

/// The instances that may listen there.
///
/// One without a port of its own listens on `--port`, those after it on the ports that follow; without `--port` on
/// the usual one of its engine, which says something only where there is but one.
fn instances<'a>(flags: &Flags<'a>, bound: &Bound) -> Vec<&'a str> {
    let mut next = flags.value(&["port", "p"]).and_then(|port| port.parse::<u16>().ok());
    let directory = flags.value(&["unix-socket", "u"]);
    let mut here = Vec::new();
    for operand in &flags.operands {
        let (name, settings) = operand.split_once('?').unwrap_or((operand, ""));
        let set = |key: &str| settings.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
        let listens = if let Some(path) = set("unix-socket-path") {
            bound.is_path(path) || bound.is_path(&format!("{path}/.s.PGSQL.5432"))
        } else if let Some(directory) = set("unix-socket").or(directory.filter(|_| set("port").is_none())) {
            in_directory(directory, name, bound)
        } else if let Some(port) = set("port") {
            bound.port().is_some_and(|bound| port.parse() == Ok(bound))
        } else if let Some(port) = next {
            next = port.checked_add(1);
            bound.port() == Some(port)
        } else {
            flags.operands.len() == 1 && bound.port().is_some()
        };
        if listens {
            here.push(name);
        }
    }
    here
}

/// `INSTANCE=tcp:[ADDRESS:]PORT`, `INSTANCE=unix:PATH`, or `INSTANCE` in `-dir`.
fn old_instance<'a>(entry: &'a str, directory: Option<&str>, bound: &Bound) -> Option<&'a str> {
    let (name, place) = entry.split_once('=').unwrap_or((entry, ""));
    let listens = if let Some(place) = place.strip_prefix("tcp:") {
        let port = place.rsplit_once(':').map_or(place, |(_, port)| port);
        bound.port().is_some_and(|bound| port.parse() == Ok(bound))
    } else if let Some(path) = place.strip_prefix("unix:") {
        bound.is_path(path) || bound.is_path(&format!("{path}/.s.PGSQL.5432"))
    } else {
        place.is_empty() && directory.is_some_and(|directory| in_directory(directory, name, bound))
    };
    listens.then_some(name)
}

/// `DIRECTORY/INSTANCE/.s.PGSQL.5432`; `AlloyDB`'s long names become `project.region.cluster.instance`.
fn in_directory(directory: &str, name: &str, bound: &Bound) -> bool {
    let short: Vec<&str> = name.split('/').skip(1).step_by(2).collect();
    [name.to_owned(), short.join(".")].iter().any(|name| bound.is_path(&format!("{directory}/{name}/.s.PGSQL.5432")))
}

fn instance(name: &str) -> Far {
    // No instance is named without its project.
    if name.contains([':', '/']) { Far::named(vec![name.to_owned()], Some(5432)) } else { Far::Unknown }
}

const SQL_PROXY: Names = Names {
    valued: &[
        "a",
        "address",
        "admin-port",
        "alloydbadmin-api-endpoint",
        "c",
        "credential_file",
        "credentials-file",
        "dir",
        "fd_rlimit",
        "health_check_port",
        "http-address",
        "http-port",
        "impersonate-service-account",
        "instances",
        "ip_address_types",
        "j",
        "json-credentials",
        "login-token",
        "max-connections",
        "max-sigterm-delay",
        "max_connections",
        "min-sigterm-delay",
        "p",
        "port",
        "prometheus-namespace",
        "quota-project",
        "refresh_config_throttle",
        "sqladmin-api-endpoint",
        "t",
        "telemetry-prefix",
        "telemetry-project",
        "telemetry-sample-rate",
        "term_timeout",
        "token",
        "u",
        "universe-domain",
        "unix-socket",
        "user-agent",
    ],
    switches: &[
        "auto-iam-authn",
        "auto-ip",
        "debug",
        "debug-logs",
        "disable-metrics",
        "disable-traces",
        "enable_iam_login",
        "exit-zero-on-sigterm",
        "g",
        "gcloud-auth",
        "health-check",
        "i",
        "l",
        "lazy-refresh",
        "log_debug_stdout",
        "private-ip",
        "prometheus",
        "psc",
        "public-ip",
        "q",
        "quiet",
        "quitquitquit",
        "run-connection-test",
        "skip-failed-instance-config",
        "skip_failed_instance_config",
        "structured-logs",
        "structured_logs",
        "use_http_health_check",
        "verbose",
    ],
};

/// The plugin that `aws ssm start-session` runs: its arguments are JSON texts, of which one has the parameters of
/// the document. The first holds the session's token; nothing but the names below is taken from any.
pub(super) fn session_manager(command: &Command, bound: &Bound) -> Far {
    let parsed = command.args.iter().filter_map(|arg| json::value(arg).ok());
    let Some(request) = parsed.into_iter().find(|value| value.get("Target").is_some()) else { return Far::Unknown };
    let parameter = |name: &str| request.get("Parameters")?.get(name)?.get(0)?.as_str();
    let local = parameter("localPortNumber").filter(|port| *port != "0");
    if bound.port().is_none() || local.is_some_and(|port| port.parse().ok() != bound.port()) {
        return Far::Unknown;
    }
    let Some(target) = request.get("Target").and_then(Value::as_str) else { return Far::Unknown };
    let port = parameter("portNumber").and_then(|port| port.parse().ok());
    Far::over(parameter("host").unwrap_or("localhost"), port, vec![target.to_owned()])
}

/// `gcloud compute start-iap-tunnel INSTANCE PORT --local-host-port=[HOST]:PORT`.
pub(super) fn gcloud(command: &Command, bound: &Bound) -> Far {
    let Some(flags) = Flags::read(&command.args, &GCLOUD) else { return Far::Unknown };
    let operands = flags.operands.strip_prefix(&["beta"]).unwrap_or(&flags.operands);
    let &["compute", "start-iap-tunnel", instance, port] = operands else { return Far::Unknown };
    // Without it the local port is a free one of gcloud's choice.
    let local = flags.value(&["local-host-port"]).map(|place| place.rsplit(':').next().unwrap_or(place));
    if bound.port().is_none() || local.is_some_and(|port| port != "0" && port.parse().ok() != bound.port()) {
        return Far::Unknown;
    }
    let mut names = vec![instance.to_owned()];
    names.extend(flags.value(&["project"]).map(str::to_owned));
    Far::named(names, port.parse().ok())
}

const GCLOUD: Names = Names {
    valued: &[
        "account",
        "billing-project",
        "configuration",
        "dest-group",
        "flags-file",
        "format",
        "impersonate-service-account",
        "local-host-port",
        "network",
        "project",
        "region",
        "verbosity",
        "zone",
    ],
    switches: &[
        "disable-connection-check",
        "iap-tunnel-disable-connection-check",
        "log-http",
        "q",
        "quiet",
        "user-output-enabled",
    ],
};

/// `az network bastion tunnel --target-resource-id ID --resource-port N --port N`.
pub(super) fn azure(command: &Command, bound: &Bound) -> Far {
    let Some(flags) = Flags::read(&command.args, &AZURE) else { return Far::Unknown };
    let ["network", "bastion", "tunnel"] = flags.operands.as_slice() else { return Far::Unknown };
    let local = flags.value(&["port"]).and_then(|port| port.parse().ok());
    if local.is_none() || local != bound.port() {
        return Far::Unknown;
    }
    let target = flags.value(&["target-resource-id", "target-ip-address"]);
    let name = target.map(|id| id.rsplit('/').next().unwrap_or(id).to_owned());
    let port = flags.value(&["resource-port"]).and_then(|port| port.parse().ok());
    Far::named(name.into_iter().chain(flags.value(&["resource-group", "g"]).map(str::to_owned)).collect(), port)
}

const AZURE: Names = Names {
    valued: &[
        "g",
        "ids",
        "n",
        "name",
        "o",
        "output",
        "port",
        "query",
        "resource-group",
        "resource-port",
        "subscription",
        "target-ip-address",
        "target-resource-id",
        "timeout",
    ],
    switches: &["debug", "only-show-errors", "verbose"],
};

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(line: &str, bound: &Bound) -> String {
        sql_proxy(&Command::typed(line), bound).shown()
    }

    #[test]
    fn a_cloud_sql_proxy_is_read_by_the_port_that_it_gives_each_instance() {
        let bound = Bound::Tcp(None, 5433);
        let table = [
            ("cloud-sql-proxy --port 5433 p:eu:db", "p:eu:db :5432"),
            ("cloud-sql-proxy --port=5432 p:eu:a p:eu:b", "p:eu:b :5432"),
            ("cloud-sql-proxy p:eu:a?port=5432 p:eu:b?address=0.0.0.0&port=5433", "p:eu:b :5432"),
            ("cloud-sql-proxy p:eu:a", "p:eu:a :5432"),
            ("cloud-sql-proxy p:eu:a p:eu:b", "Unknown"),
            ("cloud-sql-proxy --port 6000 p:eu:a", "Unknown"),
            ("cloud-sql-proxy --config-file x.toml", "Unknown"),
            ("cloud-sql-proxy --port 65535 p:eu:a p:eu:b", "Unknown"),
            ("cloud-sql-proxy db", "Unknown"),
            ("cloud-sql-proxy", "Unknown"),
            ("cloud_sql_proxy -instances=p:eu:a=tcp:5432,p:eu:b=tcp:0.0.0.0:5433", "p:eu:b :5432"),
            ("cloud_sql_proxy -dir /cloudsql -instances p:eu:a=tcp:5433 -verbose", "p:eu:a :5432"),
            ("cloud_sql_proxy -instances=p:eu:a=tcp:5432", "Unknown"),
            ("cloud_sql_proxy -instances=", "Unknown"),
            (
                "alloydb-auth-proxy projects/p/locations/r/clusters/c/instances/i?port=5433",
                "projects/p/locations/r/clusters/c/instances/i :5432",
            ),
        ];
        for (line, expected) in table {
            assert_eq!(proxy(line, &bound), expected, "{line}");
        }
    }

    #[test]
    fn a_cloud_sql_socket_is_read_by_its_directory() {
        let bound = Bound::Unix("/cloudsql/p:eu:db/.s.PGSQL.5432".into());
        assert_eq!(proxy("cloud-sql-proxy --unix-socket /cloudsql p:eu:a p:eu:db", &bound), "p:eu:db :5432");
        assert_eq!(proxy("cloud-sql-proxy p:eu:db?unix-socket-path=/cloudsql/p:eu:db", &bound), "p:eu:db :5432");
        assert_eq!(proxy("cloud_sql_proxy -dir=/cloudsql -instances=p:eu:db", &bound), "p:eu:db :5432");
        assert_eq!(proxy("cloud_sql_proxy -dir=/other -instances=p:eu:db", &bound), "Unknown");
        assert_eq!(proxy("cloud-sql-proxy --port 5432 p:eu:db", &bound), "Unknown");
        let long = Bound::Unix("/s/p.r.c.i/.s.PGSQL.5432".into());
        let line = "alloydb-auth-proxy -u /s projects/p/locations/r/clusters/c/instances/i";
        assert_eq!(proxy(line, &long), "projects/p/locations/r/clusters/c/instances/i :5432");
    }

    fn session(parameters: &str) -> String {
        let request = format!(r#"{{"Target":"i-0abc","DocumentName":"AWS-X","Parameters":{parameters}}}"#);
        let response = r#"{"SessionId":"s","TokenValue":"planted-secret"}"#;
        let words = ["session-manager-plugin", response, "eu-west-1", "StartSession", "prod", &request, "https://ssm"];
        session_manager(&Command::words(&words), &Bound::Tcp(None, 5433)).shown()
    }

    #[test]
    fn a_session_manager_plugin_is_read_from_its_request() {
        let remote = r#"{"host":["db.rds.example.com"],"portNumber":["5432"],"localPortNumber":["5433"]}"#;
        assert_eq!(session(remote), "db.rds.example.com i-0abc :5432");
        assert_eq!(session(r#"{"portNumber":["5432"],"localPortNumber":["5433"]}"#), "i-0abc :5432");
        assert_eq!(session(r#"{"host":["localhost"],"portNumber":["5432"]}"#), "i-0abc :5432");
        assert_eq!(session(r#"{"portNumber":["5432"],"localPortNumber":["9999"]}"#), "Unknown");
        assert_eq!(session(r#"{"host":"x","portNumber":5432}"#), "i-0abc :?");
        assert_eq!(session("{"), "Unknown");
        let none = session_manager(&Command::typed("session-manager-plugin --version"), &Bound::Tcp(None, 1));
        assert_eq!(none, Far::Unknown);
    }

    #[test]
    fn gcloud_and_azure_tunnels_are_read() {
        let bound = Bound::Tcp(None, 5433);
        let line =
            "python3 -S gcloud.py compute start-iap-tunnel db-1 5432 --local-host-port=localhost:5433 --project p";
        assert_eq!(gcloud(&Command::typed(line), &bound).shown(), "db-1 p :5432");
        assert_eq!(gcloud(&Command::typed("python3 gcloud.py compute ssh x"), &bound), Far::Unknown);
        let line = "python3 -m azure.cli network bastion tunnel -n b -g rg --target-resource-id /s/x/vm1 --resource-port 5432 --port 5433";
        assert_eq!(azure(&Command::typed(line), &bound).shown(), "vm1 rg :5432");
        let other = Bound::Tcp(None, 1);
        assert_eq!(azure(&Command::typed(line), &other), Far::Unknown);
    }
}
