//! What `pg_wrapper` sees when it looks over the arguments, before any option is really parsed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::clusters::{Cluster, Site};
use super::{pair, truthy};
use crate::target::conninfo::Trouble;
use crate::target::origin::Origin;
use crate::world::Snapshot;

/// What it sees.
pub(super) struct Look {
    /// The arguments without `--cluster`.
    pub(super) args: Vec<OsString>,
    /// The value of `--cluster`.
    pub(super) cluster: Option<OsString>,
    /// The cluster asked for, and by what.
    pub(super) chosen: Option<(Cluster, Origin)>,
    /// It believes that a host was given.
    pub(super) explicit_host: bool,
    /// The port that it believes was given.
    pub(super) explicit_port: Option<OsString>,
    /// It believes that a service was given.
    pub(super) explicit_service: bool,
}

/// Looks over the arguments as far as `--` or `--cluster`.
pub(super) fn at(args: &[OsString], snapshot: &Snapshot, site: &Site<'_>) -> Result<Look, Trouble> {
    let vars = &snapshot.vars;
    let mut look = Look {
        args: args.to_vec(),
        cluster: None,
        chosen: None,
        explicit_host: vars.get("PGHOST").is_some(),
        explicit_port: vars.get("PGPORT").map(OsStr::to_owned),
        explicit_service: vars.get("PGSERVICE").is_some(),
    };
    if let Some(value) = vars.get("PGCLUSTER").filter(|_| !look.explicit_host) {
        look.chosen = Some((pair(value, site)?, Origin::Var("PGCLUSTER".to_owned())));
    }
    for (at, arg) in args.iter().enumerate().take_while(|(_, arg)| arg.as_bytes() != b"--") {
        let next = args.get(at + 1);
        if let Some((value, words)) = cluster_option(arg, next)? {
            look.chosen = Some((pair(&value, site)?, Origin::Option("--cluster".into())));
            look.cluster = Some(value);
            look.args.drain(at..at + words);
            break;
        }
        look.notice(arg, next);
    }
    look.explicit_port = look.explicit_port.filter(|port| truthy(Some(port)));
    Ok(look)
}

/// `--cluster value` or `--cluster=NN/value`, and how many words it takes.
fn cluster_option(arg: &OsStr, next: Option<&OsString>) -> Result<Option<(OsString, usize)>, Trouble> {
    if arg == "--cluster" {
        let value = next.ok_or_else(|| Trouble::Rejected("`--cluster` needs a value".to_owned()))?;
        return Ok(Some((value.clone(), 2)));
    }
    let Some(value) = arg.as_bytes().strip_prefix(b"--cluster=") else { return Ok(None) };
    let Some(at) = value.iter().position(|&byte| byte == b'/') else { return Ok(None) };
    let (version, name) = (value.get(..at).unwrap_or_default(), value.get(at + 1..).unwrap_or_default());
    if !is_version(version) || name.is_empty() {
        return Ok(None);
    }
    if name.contains(&b'\n') {
        return Err(Trouble::Unclear("`--cluster` holds a line break".to_owned()));
    }
    Ok(Some((OsStr::from_bytes(value).to_owned(), 1)))
}

/// Digits, perhaps a point, one digit.
fn is_version(text: &[u8]) -> bool {
    let Some((last, rest)) = text.split_last() else { return false };
    let rest = rest.strip_suffix(b".").unwrap_or(rest);
    last.is_ascii_digit() && !rest.is_empty() && rest.iter().all(u8::is_ascii_digit)
}

impl Look {
    /// One argument by the wrapper's patterns, wherever it stands, an option's value included.
    fn notice(&mut self, arg: &OsStr, next: Option<&OsString>) {
        let bytes = arg.as_bytes();
        if word(bytes, b"--host") || letters(bytes).is_some_and(|letters| letters.contains(&b'h')) {
            self.chosen = None;
            self.explicit_host = true;
        }
        let port = match port(bytes) {
            Port::Joined(port) => Some(OsStr::from_bytes(port)),
            Port::Next => next.map(OsString::as_os_str),
            Port::Absent => None,
        };
        if let Some(port) = port {
            self.explicit_port = Some(port.to_owned());
        }
        self.explicit_service |= has_service(bytes);
    }
}

/// A long option and a word boundary.
fn word(arg: &[u8], name: &[u8]) -> bool {
    arg.strip_prefix(name).is_some_and(|rest| !rest.first().copied().is_some_and(is_word))
}

/// `-` and word characters only; a line break at the end does not count.
fn letters(arg: &[u8]) -> Option<&[u8]> {
    let rest = arg.strip_prefix(b"-")?;
    let rest = rest.strip_suffix(b"\n").unwrap_or(rest);
    rest.iter().copied().all(is_word).then_some(rest)
}

/// A port option as the wrapper sees it.
enum Port<'a> {
    /// With its number.
    Joined(&'a [u8]),
    /// The number is the next argument.
    Next,
    /// It is none.
    Absent,
}

fn port(arg: &[u8]) -> Port<'_> {
    if word(arg, b"--port") {
        let value = arg.strip_prefix(b"--port=").unwrap_or_default();
        let digits = value.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(value.len());
        let digits = value.get(..digits).unwrap_or_default();
        return if digits.is_empty() { Port::Next } else { Port::Joined(digits) };
    }
    let Some(letters) = letters(arg) else { return Port::Absent };
    let end = letters.iter().rposition(|byte| !byte.is_ascii_digit());
    let Some(end) = end.filter(|end| letters.get(*end) == Some(&b'p')) else { return Port::Absent };
    let digits = letters.get(end + 1..).unwrap_or_default();
    if digits.is_empty() { Port::Next } else { Port::Joined(digits) }
}

/// `service=` after a word boundary, anywhere.
fn has_service(arg: &[u8]) -> bool {
    memchr::memmem::find_iter(arg, b"service=").any(|at| {
        let before = at.checked_sub(1).and_then(|at| arg.get(at));
        !before.copied().is_some_and(is_word)
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(args: &[&str]) -> (bool, Option<OsString>, bool) {
        let mut look = Look {
            args: Vec::new(),
            cluster: None,
            chosen: None,
            explicit_host: false,
            explicit_port: None,
            explicit_service: false,
        };
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        for (at, arg) in args.iter().enumerate() {
            look.notice(arg, args.get(at + 1));
        }
        (look.explicit_host, look.explicit_port, look.explicit_service)
    }

    #[test]
    fn a_user_whose_name_has_an_h_counts_as_a_host() {
        assert!(seen(&["-Uhenry"]).0);
        assert!(seen(&["--host"]).0);
        assert!(seen(&["--host-x"]).0);
        assert!(!seen(&["--hostname"]).0);
        assert!(!seen(&["-hdb1.example.com"]).0);
        assert!(!seen(&["henry"]).0);
    }

    #[test]
    fn a_port_is_seen_where_it_is_joined_by_digits_or_stands_next() {
        assert_eq!(seen(&["-p5433"]).1, Some("5433".into()));
        assert_eq!(seen(&["-Xp", "5433"]).1, Some("5433".into()));
        assert_eq!(seen(&["--port=5433x"]).1, Some("5433".into()));
        assert_eq!(seen(&["--port=x", "next"]).1, Some("next".into()));
        assert_eq!(seen(&["-p5433x"]).1, None);
        assert_eq!(seen(&["-d5433"]).1, None);
    }

    #[test]
    fn a_service_is_seen_in_any_argument() {
        assert!(seen(&["-c", "select 'service=x'"]).2);
        assert!(seen(&["postgres://h/d?service=x"]).2);
        assert!(!seen(&["myservice=x"]).2);
    }

    #[test]
    fn a_cluster_joined_to_its_option_needs_a_version_of_two_digits() {
        assert!(is_version(b"15") && is_version(b"9.6"));
        assert!(!is_version(b"9") && !is_version(b"9.") && !is_version(b"15.12") && !is_version(b""));
    }
}
