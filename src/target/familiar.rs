//! The databases that this user's own files speak of: `.pgpass`, service files, the forwards of ssh, the contexts of
//! kubectl.
//!
//! For a first configuration: somebody connected there before. Only names are read, never a password, and nothing is
//! connected to. What cannot be read is left out and counted, since it is no answer to anything; what a name means is
//! decided elsewhere.

mod forwards;
mod passwords;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::{Resolution, parse, resolve, services};
use crate::text::Untrusted;
use crate::world::{Snapshot, tools};

/// One mention of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Familiar {
    /// What leads there.
    pub way: Way,
    /// What else speaks of what it is: the service's name, the host that ssh goes through.
    pub hint: String,
    /// The file that says so, and its line from 1; 0 where the line is not known.
    pub place: (PathBuf, usize),
}

/// What leads to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A host's name or address that is not this machine.
    Host(String),
    /// A service of the service file.
    Service(String),
    /// A port of this machine that ssh forwards.
    Forward(u16),
    /// A cluster that kubectl can forward to.
    Context(String),
}

/// Everything that was found, in the order of the files, each way once; and how many mentions could not be read.
pub fn familiar(snapshot: &Snapshot) -> (Vec<Familiar>, usize) {
    let mut all = passwords::read(snapshot);
    all.extend(of_services(snapshot));
    all.extend(forwards::ssh(snapshot));
    all.extend(forwards::kube(snapshot));
    let (named, strange): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.way.is_plain());
    let mut once: Vec<Familiar> = Vec::new();
    for one in named {
        // The first mention of a host may say less of it than a later one.
        match once.iter_mut().find(|known| known.way == one.way) {
            Some(known) => known.hint = [&*known.hint, &one.hint].join(" "),
            None => once.push(one),
        }
    }
    (once, strange.len())
}

impl Way {
    /// Whether it can stand in a configuration and on a screen as it is: letters, digits, and what names are made of.
    fn is_plain(&self) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        match self {
            Self::Host(name) | Self::Service(name) | Self::Context(name) => {
                !name.is_empty() && name.len() <= 253 && name.chars().all(plain)
            }
            Self::Forward(_) => true,
        }
    }
}

/// Each service, and the host that it leads to as libpq reads it.
fn of_services(snapshot: &Snapshot) -> Vec<Familiar> {
    let mut found = Vec::new();
    // Which version of libpq reads the files decides where it looks for them.
    let program = tools::locate(OsStr::new("psql"), &snapshot.vars).ok();
    for name in services(None, snapshot) {
        let hint = name.to_string_lossy().into_owned();
        let place = (service_file(snapshot), 0);
        found.push(Familiar { way: Way::Service(hint.clone()), hint: hint.clone(), place: place.clone() });
        let mut word = OsString::from("service=");
        word.push(&name);
        let resolved = resolve(&parse("psql", &[word], program.clone(), snapshot), snapshot);
        let (Resolution::Resolved(target) | Resolution::Ambiguous { partial: Some(target), .. }) = resolved else {
            continue;
        };
        for host in target.hosts.iter().flat_map(|host| [&host.host, &host.hostaddr]).flatten() {
            found.extend(elsewhere(&host.value.to_string_lossy(), &hint, &place));
        }
    }
    found
}

fn service_file(snapshot: &Snapshot) -> PathBuf {
    let named = snapshot.vars.filled("PGSERVICEFILE").map(|path| snapshot.cwd.join(path));
    named.or_else(|| Some(snapshot.home()?.join(".pg_service.conf"))).unwrap_or_default()
}

/// A host that is not this machine. Wildcards and sockets name none.
fn elsewhere(host: &str, hint: &str, place: &(PathBuf, usize)) -> Option<Familiar> {
    let here = host.is_empty() || host == "*" || host.starts_with(['/', '@']) || is_loopback(host);
    let mention =
        || Familiar { way: Way::Host(host.to_ascii_lowercase()), hint: hint.to_owned(), place: place.clone() };
    (!here).then(mention)
}

/// This machine by one of its usual names. What is missed is named as if it were elsewhere, which is stricter.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost"
        || host.ends_with(".localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback() || address.is_unspecified())
}

/// The lines of a file that a person writes, from 1; none where it is no such file.
fn lines(path: &Path) -> Vec<(usize, String)> {
    const LARGEST: u64 = 1 << 20;
    let small = std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST);
    let bytes = if small { std::fs::read(path).unwrap_or_default() } else { Vec::new() };
    let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
    bytes.split(|byte| *byte == b'\n').map(text).zip(1..).map(|(line, number)| (number, line)).collect()
}

/// A path below the home directory.
fn at_home(snapshot: &Snapshot, path: &str) -> Option<PathBuf> {
    Some(snapshot.home()?.join(path))
}

/// A file to show: below the home directory with a tilde.
pub fn shown(path: &Path, snapshot: &Snapshot) -> String {
    let below = snapshot.home().and_then(|home| path.strip_prefix(home).ok());
    match below {
        Some(below) => format!("~/{}", Untrusted::path(below)),
        None => Untrusted::os(OsStr::new(path)).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_can_be_written_as_they_are_count() {
        for way in ["db1.prod.example.com", "10.1.2.3", "2001:db8::1", "eu_prod"] {
            assert!(Way::Host(way.to_owned()).is_plain(), "{way}");
        }
        for way in ["", "a b", "x\u{1b}]0;y", "*.prod", "a\"b", "$(x)", "\u{202e}", &"a".repeat(254)] {
            assert!(!Way::Host(way.to_owned()).is_plain(), "{way}");
        }
    }

    #[test]
    fn this_machine_is_not_elsewhere() {
        let place = (PathBuf::from("f"), 1);
        for here in
            ["", "*", "localhost", "db.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "/run", "@x", "0.0.0.0"]
        {
            assert_eq!(elsewhere(here, "", &place), None, "{here}");
        }
        assert!(elsewhere("db1", "", &place).is_some() && elsewhere("10.0.0.1", "", &place).is_some());
    }
}
