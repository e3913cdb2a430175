//! What ssh and kubectl are set up to forward to, as their own files say.
//!
//! Imitates `ssh_config(5)` as far as `Host` and `LocalForward` go; `Include` and `Match` are not followed, and a forward
//! that is typed as `ssh -L` is nobody's configuration. Of kubectl's file the names of contexts and clusters are read,
//! line by line as kubectl itself writes them.

use std::path::{Path, PathBuf};

use super::{Familiar, Way, at_home, elsewhere, is_loopback, lines};
use crate::world::Snapshot;

/// Far ends, and the near ports of this machine, of each `LocalForward`.
pub(super) fn ssh(snapshot: &Snapshot) -> Vec<Familiar> {
    let Some(file) = at_home(snapshot, ".ssh/config") else { return Vec::new() };
    let mut through = String::new();
    let mut found = Vec::new();
    for (number, line) in lines(&file) {
        match setting(&line) {
            Some((word, rest)) if word == "host" || word == "match" => rest.clone_into(&mut through),
            Some((word, rest)) if word == "hostname" => through = format!("{through} {rest}"),
            Some((word, rest)) if word == "localforward" => {
                found.extend(forward(rest, &through, &(file.clone(), number)));
            }
            _ => {}
        }
    }
    found
}

/// A keyword in lower case and its arguments: behind a space or `=`.
fn setting(line: &str) -> Option<(String, &str)> {
    let line = line.trim();
    let end = line.find(|c: char| c.is_whitespace() || c == '=')?;
    let rest = line.get(end..)?.trim_start_matches(|c: char| c.is_whitespace() || c == '=');
    let word = line.get(..end)?.to_ascii_lowercase();
    (!word.starts_with('#')).then_some((word, rest))
}

/// `[bind:]port host:hostport`. A socket at either end leads to no port.
fn forward(rest: &str, through: &str, place: &(PathBuf, usize)) -> Vec<Familiar> {
    let mut words = rest.split_whitespace().map(|word| word.trim_matches('"'));
    let (Some(near), Some(far)) = (words.next(), words.next()) else { return Vec::new() };
    let host = far.rsplit_once([':', '/']).map_or(far, |(host, _)| host).trim_matches(['[', ']']);
    let hint = if is_loopback(host) { through.to_owned() } else { format!("{through} {host}") };
    let port = near.rsplit([':', '/']).next().and_then(|port| port.parse().ok()).filter(|port| *port > 0);
    let near = port.map(|port| Familiar { way: Way::Forward(port), hint, place: place.clone() });
    elsewhere(host, through, place).into_iter().chain(near).collect()
}

/// The contexts and clusters of kubectl's files.
pub(super) fn kube(snapshot: &Snapshot) -> Vec<Familiar> {
    let named = snapshot.vars.filled("KUBECONFIG").map(|paths| std::env::split_paths(paths).collect());
    let files: Vec<PathBuf> = named.unwrap_or_else(|| at_home(snapshot, ".kube/config").into_iter().collect());
    files
        .iter()
        .filter(|file| !file.as_os_str().is_empty())
        .flat_map(|file| contexts(&snapshot.cwd.join(file)))
        .collect()
}

fn contexts(file: &Path) -> Vec<Familiar> {
    let mut counts = false;
    let mut found = Vec::new();
    for (number, line) in lines(file) {
        if !line.starts_with([' ', '-', '#', '\t']) {
            counts = matches!(line.trim_end(), "contexts:" | "clusters:");
        }
        let name = line
            .trim()
            .trim_start_matches("- ")
            .strip_prefix("name:")
            .map(|name| name.trim().trim_matches(['"', '\'']));
        if let Some(name) = name.filter(|_| counts) {
            let way = Way::Context(name.to_owned());
            found.push(Familiar { way, hint: name.to_owned(), place: (file.to_path_buf(), number) });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(rest: &str, through: &str) -> Vec<(Way, String)> {
        let found = forward(rest, through, &(PathBuf::from("config"), 1));
        found.into_iter().map(|one| (one.way, one.hint)).collect()
    }

    #[test]
    fn a_forward_has_a_far_host_and_a_near_port() {
        let host = |name: &str, hint: &str| (Way::Host(name.to_owned()), hint.to_owned());
        let near = |port, hint: &str| (Way::Forward(port), hint.to_owned());
        assert_eq!(ways("5433 db1.prod:5432", "gate"), [host("db1.prod", "gate"), near(5433, "gate db1.prod")]);
        assert_eq!(ways("localhost:5433 localhost:5432", "prod-db1"), [near(5433, "prod-db1")]);
        assert_eq!(ways("[::1]:5433 [2001:db8::1]:5432", ""), [host("2001:db8::1", ""), near(5433, " 2001:db8::1")]);
        assert_eq!(ways("/run/x.sock /run/y.sock", ""), []);
        assert_eq!(ways("5433", ""), []);
    }

    #[test]
    fn keywords_are_read_as_ssh_reads_them() {
        assert_eq!(setting("  LocalForward 1 a:2"), Some(("localforward".to_owned(), "1 a:2")));
        assert_eq!(setting("Host=x"), Some(("host".to_owned(), "x")));
        assert_eq!(setting("HostName = db"), Some(("hostname".to_owned(), "db")));
        for nothing in ["", "# Host x", "Host", "#Host x"] {
            assert_eq!(setting(nothing), None, "{nothing}");
        }
    }
}
