//! Where psql's `\connect` goes from a connection that it has.
//!
//! A connection string stands for itself, with the vars for the rest; words by position keep what they do not name.
//! Source: `do_connect` in psql's `command.c`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::tunnel::through;
use super::{Field, Invocation, Origin, Parameter, Resolution, Target, parse, resolve};
use crate::text::Secret;
use crate::world::Snapshot;

/// The target of `\connect WORDS…` in a psql that is connected to `from`.
pub fn connect(from: &Target, words: &[OsString], psql: &Invocation, snapshot: &Snapshot) -> Resolution {
    let named = |at: usize| words.get(at).filter(|word| !word.is_empty() && *word != "-");
    let first = named(0).map(OsString::as_os_str).unwrap_or_default();
    if first.as_bytes().starts_with(b"-reuse-previous") {
        let because = "a script's `\\connect` says which settings it keeps".to_owned();
        return Resolution::Ambiguous { partial: None, because };
    }
    if is_connection_string(first) {
        return fresh(&[OsStr::new("-d"), first], psql, snapshot);
    }
    let mut target = from.clone();
    if (1..=3).any(|at| named(at).is_some()) {
        // `keep_password` in do_connect; words that repeat what holds already are not told apart from others here.
        target.parameters.retain(|parameter| parameter.keyword != "password");
    }
    if let Some(name) = named(0) {
        target.dbname = Some(Field::new(name.clone(), Origin::Connect));
    }
    if let Some(user) = named(1) {
        target.user = Some(Field::new(user.clone(), Origin::Connect));
        target.set("user", user);
    }
    match (named(2), named(3)) {
        (None, None) => Resolution::Resolved(target),
        (host, port) => target.moved(host, port, psql, snapshot),
    }
}

impl Target {
    /// The same on another host or port, as libpq resolves a host that psql hands it.
    fn moved(
        mut self,
        host: Option<&OsString>,
        port: Option<&OsString>,
        psql: &Invocation,
        snapshot: &Snapshot,
    ) -> Resolution {
        let ports: Vec<String> = self.hosts.iter().map(|host| host.port.value.to_string()).collect();
        let kept = if ports.windows(2).all(|two| two.first() == two.last()) { ports.first() } else { None };
        let port = port.cloned().or_else(|| kept.map(OsString::from)).unwrap_or_default();
        if let Some(host) = host {
            let resolved = fresh(&["-h".as_ref(), host.as_os_str(), "-p".as_ref(), &port], psql, snapshot);
            let Resolution::Resolved(resolved) = resolved else { return resolved };
            self.hosts = resolved.hosts;
            self.parameters.retain(|parameter| !["host", "hostaddr"].contains(&parameter.keyword.as_str()));
            self.set("host", host);
        } else {
            let Some(number) = port.to_str().and_then(|port| port.trim().parse().ok()) else {
                let because = "a script's `\\connect` names a port that is no number".to_owned();
                return Resolution::Ambiguous { partial: None, because };
            };
            self.hosts.iter_mut().for_each(|host| host.port = Field::new(number, Origin::Connect));
        }
        self.set("port", &port);
        self.via = None;
        through(Resolution::Resolved(self), snapshot)
    }

    fn set(&mut self, keyword: &str, value: &OsStr) {
        self.parameters.retain(|parameter| parameter.keyword != keyword);
        self.parameters.push(Parameter { keyword: keyword.to_owned(), value: Secret::new(value) });
    }
}

/// `recognized_connection_string` in libpq.
fn is_connection_string(word: &OsStr) -> bool {
    let bytes = word.as_bytes();
    bytes.contains(&b'=') || bytes.starts_with(b"postgresql://") || bytes.starts_with(b"postgres://")
}

/// What a psql with these arguments would reach; what they say comes from the script.
fn fresh(args: &[&OsStr], psql: &Invocation, snapshot: &Snapshot) -> Resolution {
    let args: Vec<OsString> = args.iter().map(|&word| word.to_owned()).collect();
    let mut resolution = resolve(&parse("psql", &args, psql.program.clone(), snapshot), snapshot);
    if let Resolution::Resolved(target) | Resolution::Ambiguous { partial: Some(target), .. } = &mut resolution {
        for host in &mut target.hosts {
            host.host.iter_mut().chain(&mut host.hostaddr).for_each(from_script);
            from_script(&mut host.port);
        }
        target.dbname.iter_mut().chain(&mut target.user).chain(&mut target.service).for_each(from_script);
    }
    resolution
}

fn from_script<T>(field: &mut Field<T>) {
    if matches!(field.origin, Origin::Conninfo(_) | Origin::Option(_)) {
        field.origin = Origin::Connect;
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::world::{User, Vars};

    /// The keywords that a connection has after these words, begun with a password of its own.
    fn kept(words: &[&str]) -> Vec<String> {
        let user = User { uid: 0, name: Some("alice".into()), home: None };
        let snapshot = Snapshot { vars: Vars::default(), cwd: "/".into(), user, now: SystemTime::UNIX_EPOCH };
        let from = parse("psql", &["host=a.example user=u password=x".into()], None, &snapshot);
        let Resolution::Resolved(from) = resolve(&from, &snapshot) else { panic!("not resolved") };
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let psql = parse("psql", &[], None, &snapshot);
        let Resolution::Resolved(target) = connect(&from, &words, &psql, &snapshot) else { panic!("not resolved") };
        target.parameters.into_iter().map(|parameter| parameter.keyword).collect()
    }

    #[test]
    fn a_password_stays_with_the_server_and_user_that_it_is_for() {
        assert!(kept(&["other"]).contains(&"password".to_owned()));
        for words in [&["-", "v"][..], &["-", "-", "b.example"], &["-", "-", "-", "5433"], &["dbname=x"]] {
            assert!(!kept(words).contains(&"password".to_owned()), "{words:?}");
        }
    }
}
