//! `kubectl port-forward`, and `OpenShift`'s `oc`, which takes the same.

use super::command::Command;
use super::flags::{Flags, Names};
use super::place::{Bound, Far};

/// Names: `context/namespace/name`, as far as they are given; the resource as typed; its name; context and cluster.
///
/// The longest comes first: the same service is in every cluster, and only the context tells them apart.
pub(super) fn far(command: &Command, bound: &Bound) -> Far {
    let Some(flags) = Flags::read(&command.args, &NAMES) else { return Far::Unknown };
    let ["port-forward", resource, pairs @ ..] = flags.operands.as_slice() else { return Far::Unknown };
    let Some(remote) = remote_port(pairs, bound) else { return Far::Unknown };
    let (context, namespace) = (flags.value(&["context"]), flags.value(&["n", "namespace"]));
    let name = resource.rsplit('/').next().unwrap_or(resource);
    let path = |parts: [Option<&str>; 3]| parts.into_iter().flatten().collect::<Vec<_>>().join("/");
    let mut names = vec![path([context, namespace, Some(name)])];
    let others = [Some(path([None, namespace, Some(name)])), Some((*resource).to_owned()), Some(name.to_owned())];
    let around = [context.map(str::to_owned), flags.value(&["cluster"]).map(str::to_owned)];
    for other in others.into_iter().chain(around).flatten() {
        if !names.contains(&other) {
            names.push(other);
        }
    }
    // A port by name (`5432:postgres`) is a port all the same, of a number that is not known.
    Far::named(names, remote.parse().ok())
}

/// The remote half of `LOCAL:REMOTE`, `BOTH`, or `:REMOTE` with a local port of kubectl's own choice.
fn remote_port<'a>(pairs: &[&'a str], bound: &Bound) -> Option<&'a str> {
    let wanted = bound.port()?;
    let mut halves = pairs.iter().map(|pair| pair.split_once(':').unwrap_or((pair, pair)));
    let random = |(local, _): &(&str, &str)| pairs.len() == 1 && (local.is_empty() || *local == "0");
    halves.find(|half| half.0.parse() == Ok(wanted) || random(half)).map(|(_, remote)| remote)
}

const NAMES: Names = Names {
    valued: &[
        "address",
        "as",
        "as-group",
        "as-uid",
        "cache-dir",
        "certificate-authority",
        "client-certificate",
        "client-key",
        "cluster",
        "context",
        "kubeconfig",
        "kuberc",
        "log-flush-frequency",
        "n",
        "namespace",
        "password",
        "pod-running-timeout",
        "profile",
        "profile-output",
        "request-timeout",
        "s",
        "server",
        "tls-server-name",
        "token",
        "user",
        "username",
        "v",
        "vmodule",
    ],
    switches: &["disable-compression", "insecure-skip-tls-verify", "match-server-version", "warnings-as-errors"],
};

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> String {
        far(&Command::typed(line), &Bound::Tcp(None, 5433)).shown()
    }

    #[test]
    fn a_port_forward_is_named_by_context_namespace_and_resource() {
        let table = [
            ("kubectl port-forward svc/pg 5433:5432", "pg svc/pg :5432"),
            ("kubectl --context prod -n db port-forward svc/pg 5433:5432", "prod/db/pg db/pg svc/pg pg prod :5432"),
            ("kubectl port-forward --namespace=db pod/pg-0 6000:6000 5433:5432", "db/pg-0 pod/pg-0 pg-0 :5432"),
            ("kubectl port-forward pg-0 :5432", "pg-0 :5432"),
            ("kubectl port-forward pg-0 5433", "pg-0 :5433"),
            ("oc port-forward -ndb pg-0 5433:postgres --address 0.0.0.0", "db/pg-0 pg-0 :?"),
        ];
        for (line, expected) in table {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_unknown() {
        for line in [
            "kubectl port-forward svc/pg 5432:5432",
            "kubectl port-forward svc/pg",
            "kubectl port-forward",
            "kubectl proxy --port 5433",
            "kubectl --novel x port-forward svc/pg 5433:5432",
            "kubectl port-forward pg :1 :2",
            "kubectl port-forward -n",
        ] {
            assert_eq!(read(line), "Unknown", "{line}");
        }
    }
}
