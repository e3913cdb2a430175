//! The target on the screen: each field with its origin, and why it is this environment.
//!
//! Origins are shown short: files below the home directory begin with `~`, and a service is named once.

use std::ffi::OsStr;
use std::path::Path;

use super::line;
use crate::checklist::{Line, Section, Tone};
use crate::environment::{Environment, Level};
use crate::guard::refusal::place;
use crate::prompt::{Reading, Voice};
use crate::target::{Engine, Field, Host, Origin, Resolution, Target, Via};
use crate::text::Untrusted;
use crate::world::Snapshot;

/// The target with the origin of each field.
pub(in crate::guard) fn target(target: &Target, environment: &Environment, snapshot: &Snapshot) -> Section {
    let short = Short { home: snapshot.home() };
    let mut lines = Vec::new();
    if target.engine != Engine::Postgresql {
        let note = "not PostgreSQL: what it would do there is not looked at";
        lines.push(Line { tone: Tone::Warn, ..line("engine", target.engine.word(), note) });
    }
    lines.extend::<Vec<Line>>(target.hosts.iter().flat_map(|host| short.host(host)).collect());
    lines.extend(target.via.as_ref().map(forwarded));
    lines.extend(target.dbname.as_ref().map(|name| short.field("database", name)));
    lines.extend(target.affects.iter().map(|name| short.field("acts on", name)));
    if target.every_database {
        lines.push(Line { tone: Tone::Warn, ..line("acts on", "every database of the server", "") });
    }
    lines.extend(target.user.as_ref().map(|name| short.field("user", name)));
    lines.extend(target.service.as_ref().map(|name| short.field("service", name)));
    lines.push(short.because(environment));
    Section { title: "target".to_owned(), lines }
}

/// The other databases that the same command reaches; nothing where there are none.
pub(in crate::guard) fn also(others: &[(Resolution, Environment)]) -> Option<Section> {
    let row = |(resolution, environment): &(Resolution, Environment)| {
        let (target, doubt) = match resolution {
            Resolution::Resolved(target) => (Some(target), ""),
            Resolution::Ambiguous { partial, because } => (partial.as_ref(), because.as_str()),
            Resolution::NoServer { because } => (None, because.as_str()),
        };
        let place = target.filter(|target| !target.hosts.is_empty()).map_or_else(|| "not known".to_owned(), place);
        let tone = if environment.level() > Level::Development { Tone::Warn } else { Tone::Plain };
        Line { tone, ..line(environment.name(), &place, doubt) }
    };
    (!others.is_empty()).then(|| Section { title: "and reaches".to_owned(), lines: others.iter().map(row).collect() })
}

/// Whatever speaks of a database here, with where that belongs; what the prompt shows is marked.
pub(in crate::guard) fn voices(reading: &Reading) -> Section {
    let shown = reading.deciding().map(std::ptr::from_ref);
    let row = |voice: &Voice| {
        let look = voice.environment.look();
        let decides = shown == Some(std::ptr::from_ref(voice));
        let value = format!("{} {} {}", look.icon, look.label, voice.where_to());
        let note = if decides { format!("{}; the prompt shows this", voice.place) } else { voice.place.clone() };
        let tone = if decides { Tone::Plain } else { Tone::Quiet };
        Line { tone, ..line(&voice.source, value.trim(), &note) }
    };
    Section { title: "sources".to_owned(), lines: reading.voices.iter().map(row).collect() }
}

/// Who stands behind a loopback address.
fn forwarded(via: &Via) -> Line {
    let (to, tone) = match &via.to {
        Some(to) => (to.names.join(", "), Tone::Plain),
        None => ("a place that cannot be read".to_owned(), Tone::Warn),
    };
    Line { tone, ..line("forwarded", &format!("by {} (process {}) to {to}", via.program, via.pid), "") }
}

/// Writes origins short.
struct Short<'a> {
    home: Option<&'a Path>,
}

impl Short<'_> {
    fn host(&self, host: &Host) -> Vec<Line> {
        let mut lines = Vec::new();
        lines.extend(host.host.as_ref().map(|name| self.field("host", name)));
        lines.extend(host.hostaddr.as_ref().map(|address| self.field("address", address)));
        lines.push(line("port", &host.port.value.to_string(), &self.origin(&host.port.origin)));
        lines
    }

    fn field<T: AsRef<OsStr>>(&self, label: &str, field: &Field<T>) -> Line {
        line(label, &field.shown(), &self.origin(&field.origin))
    }

    /// Why it is this environment.
    fn because(&self, environment: &Environment) -> Line {
        match environment {
            Environment::Known(known) => match &known.rule {
                Some(rule) => {
                    line(&known.name, &format!("by the rule {}", rule.text), &self.place(&rule.file, rule.line))
                }
                None => line(&known.name, "this machine", "built in"),
            },
            Environment::Unknown { because } => Line { tone: Tone::Warn, ..line("unknown", because, "") },
        }
    }

    fn origin(&self, origin: &Origin) -> String {
        match origin {
            Origin::Service { file, line, .. } | Origin::File { file, line } => self.place(file, *line),
            Origin::Option(_)
            | Origin::Argument(_)
            | Origin::Conninfo(_)
            | Origin::Var(_)
            | Origin::Connect
            | Origin::Tool
            | Origin::User
            | Origin::SystemUser
            | Origin::Default => origin.to_string(),
        }
    }

    /// `~/.pg_service.conf:2`.
    fn place(&self, file: &Path, line: usize) -> String {
        match self.home.and_then(|home| file.strip_prefix(home).ok()) {
            Some(below) => format!("~/{}:{line}", Untrusted::path(below)),
            None => format!("{}:{line}", Untrusted::path(file)),
        }
    }
}
