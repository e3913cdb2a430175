//! Rules as data, and whether one of them fits.
//!
//! A rule is a conjunction: every key that it has must hold. Where a key cannot be checked, a rule fits *perhaps*: such
//! a rule may raise a level, and may never name what was unknown anything laxer than production. Whoever builds the
//! rules decides which of them may name (a trusted file) and which may only raise.

use std::ffi::OsStr;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::endpoint::Endpoint;
use super::{Glob, HostPattern, Known, Level, Look, RuleRef};

use crate::order;

/// Every environment and every rule of every file, compiled.
#[derive(Clone, Debug)]
pub struct Rules {
    definitions: Vec<Definition>,
    pub(super) entries: Vec<Rule>,
    /// Where the built-in `local` stands among the definitions.
    local: usize,
    pub(super) doubt: Doubt,
}

/// An environment as it stands after all layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// The strictest level that any layer gives it.
    pub level: Level,
    /// How it is shown.
    pub look: Look,
}

/// One entry of an environment's `match`.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Which of the definitions it belongs to.
    pub environment: usize,
    /// When it fits.
    pub when: Entry,
    /// What it may do.
    pub authority: Authority,
    /// The file it stands in.
    pub file: Arc<Path>,
    /// Its line, from 1.
    pub line: usize,
    /// The text of that file, and where in it the keys stand.
    pub text: (Arc<str>, Range<usize>),
}

/// What a rule may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// Name what was unknown, at any level.
    Name,
    /// Raise a level, and name what was unknown production: it stands in a file that is not trusted, or that cannot
    /// be used as a whole.
    Raise,
}

/// The keys of a rule; all that are there must hold, and at least one is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The host, the host's address, the far end of a tunnel, or a socket's directory.
    pub host: Option<HostPattern>,
    /// The port.
    pub port: Option<u16>,
    /// A database that the invocation connects to or acts on.
    pub dbname: Option<Glob>,
    /// The database user.
    pub user: Option<Glob>,
    /// The service of `pg_service.conf`.
    pub service: Option<Glob>,
    /// The system identifier that the server gives for itself.
    pub server: Option<String>,
}

/// What a file that cannot be used leaves in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Nothing: every file can be used.
    Nothing,
    /// Everything but this machine.
    Elsewhere(String),
    /// This machine as well: the file mentions it.
    Everything(String),
}

/// Whether a rule fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    No,
    Perhaps,
    Yes,
}

/// One combination of host and database that the invocation would touch.
pub(super) struct Facet<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) port: Option<u16>,
    pub(super) dbname: Database<'a>,
    pub(super) user: Option<&'a OsStr>,
    pub(super) service: Option<Service<'a>>,
}

/// The service that was used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Service<'a> {
    pub(super) name: &'a OsStr,
    /// Host and port come from the service, and no option or var went over them: `psql -h other service=dev` does not.
    pub(super) decides: bool,
}

/// The database of a facet.
#[derive(Clone, Copy, Debug)]
pub(super) enum Database<'a> {
    /// This one.
    Named(&'a OsStr),
    /// All of them, or one that cannot be said.
    Any,
}

impl Rules {
    /// Puts compiled rules together. The built-in `local` is added where no definition has its name.
    pub fn new(mut definitions: Vec<Definition>, mut entries: Vec<Rule>, doubt: Doubt) -> Self {
        entries.retain(|rule| rule.environment < definitions.len());
        let local = definitions.iter().position(|definition| definition.name == "local").unwrap_or_else(|| {
            definitions.push(Definition::local());
            definitions.len() - 1
        });
        Self { definitions, entries, local, doubt }
    }

    /// Every environment, the built-in `local` among them.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// Every rule, in the order of layers, files and lines.
    pub fn entries(&self) -> &[Rule] {
        &self.entries
    }

    pub(super) fn local(&self) -> usize {
        self.local
    }

    pub(super) fn level(&self, environment: usize) -> Level {
        // An index that is not there cannot come up; if it did, it had to be strict.
        self.definitions.get(environment).map_or(Level::Production, |definition| definition.level)
    }

    /// What the server says of itself, in the words of the rules. It can raise a level, never lower one: the caller
    /// takes the stricter of this and of what the name says.
    ///
    /// The marker names an environment of the configuration, or a level; one that is neither counts as production,
    /// since somebody marked this server and nobody here knows as what.
    pub fn classify_server(&self, system_identifier: Option<&str>, marker: Option<&str>) -> Option<Known> {
        let by_rule = system_identifier.and_then(|identifier| self.by_identifier(identifier));
        let by_marker = marker.map(str::trim).filter(|marker| !marker.is_empty()).map(|marker| self.by_marker(marker));
        match (by_rule, by_marker) {
            (Some(rule), Some(marker)) => Some(stricter(rule, marker)),
            (one, other) => one.or(other),
        }
    }

    fn by_identifier(&self, identifier: &str) -> Option<Known> {
        let fits = |rule: &&Rule| {
            // Other keys cannot be checked against what a server says, so such a rule fits perhaps.
            let sure = rule.when.only_server() && rule.authority == Authority::Name;
            rule.when.server.as_deref() == Some(identifier)
                && (sure || self.level(rule.environment) == Level::Production)
        };
        let mut found: Vec<&Rule> = self.entries.iter().filter(fits).collect();
        order::sort_by_key(&mut found, |rule| std::cmp::Reverse(self.level(rule.environment)));
        let known = found.first()?;
        let mut matched: Vec<usize> = found.iter().map(|rule| rule.environment).collect();
        matched.dedup();
        self.known(known.environment, Some(known), &matched)
    }

    fn by_marker(&self, marker: &str) -> Known {
        let same = |definition: &Definition| definition.name.eq_ignore_ascii_case(marker);
        if let Some(at) = self.definitions.iter().position(same)
            && let Some(known) = self.known(at, None, &[at])
        {
            return known;
        }
        let level = Level::parse(&marker.to_ascii_lowercase()).unwrap_or(Level::Production);
        let look = Look::of(marker, level);
        Known { name: marker.to_owned(), level, look, rule: None, matched: vec![marker.to_owned()] }
    }

    /// An environment as the answer, with the names of all that matched, itself first.
    pub(super) fn known(&self, environment: usize, rule: Option<&Rule>, matched: &[usize]) -> Option<Known> {
        let definition = self.definitions.get(environment)?;
        let mut names = vec![definition.name.clone()];
        let others = matched.iter().filter(|at| **at != environment);
        names.extend(others.filter_map(|at| self.definitions.get(*at)).map(|other| other.name.clone()));
        let rule = rule.map(Rule::reference);
        Some(Known {
            name: definition.name.clone(),
            level: definition.level,
            look: definition.look.clone(),
            rule,
            matched: names,
        })
    }
}

/// The stricter of two, the first where they are equal; the demands of both.
fn stricter(one: Known, other: Known) -> Known {
    let (mut wins, adds) = if other.level > one.level { (other, one) } else { (one, other) };
    for name in adds.matched {
        if !wins.matched.contains(&name) {
            wins.matched.push(name);
        }
    }
    wins
}

impl Definition {
    /// The built-in `local`.
    pub fn local() -> Self {
        let (name, level) = ("local".to_owned(), Level::Development);
        Self { look: Look::of(&name, level), name, level }
    }
}

impl Look {
    /// The look that follows from a name and a level.
    pub fn of(name: &str, level: Level) -> Self {
        Self { label: name.to_uppercase(), icon: level.icon().to_owned(), color: level.color().to_owned() }
    }
}

impl Rule {
    /// Whether it may name what was unknown, at its level.
    pub fn names(&self) -> bool {
        self.authority == Authority::Name
    }

    /// The keys as written, on one line.
    pub fn text(&self) -> String {
        let (source, span) = &self.text;
        one_line(source.get(span.clone()).unwrap_or_default())
    }

    /// Where it stands.
    pub fn reference(&self) -> RuleRef {
        RuleRef { file: self.file.to_path_buf(), line: self.line, text: self.text() }
    }
}

impl Entry {
    /// Nothing but the server's own word is asked for.
    pub fn only_server(&self) -> bool {
        let Self { host, port, dbname, user, service, server } = self;
        let others = host.is_some() || port.is_some() || dbname.is_some() || user.is_some() || service.is_some();
        server.is_some() && !others
    }

    /// Whether it fits, as far as that can be said before the server was asked.
    pub(super) fn fit(&self, facet: &Facet<'_>) -> Fit {
        if self.only_server() {
            return Fit::No;
        }
        let host = self.host.as_ref().map_or(Fit::Yes, |pattern| sure(pattern.matches(facet.endpoint)));
        if host == Fit::No {
            return Fit::No;
        }
        let port = match (self.port, facet.port) {
            (None, _) => Fit::Yes,
            (Some(_), None) => Fit::Perhaps,
            (Some(wanted), Some(port)) => sure(wanted == port),
        };
        let dbname = match (&self.dbname, facet.dbname) {
            (None, _) => Fit::Yes,
            (Some(_), Database::Any) => Fit::Perhaps,
            (Some(glob), Database::Named(name)) => text_fit(glob, name),
        };
        let user = match (&self.user, facet.user) {
            (None, _) => Fit::Yes,
            (Some(_), None) => Fit::Perhaps,
            (Some(glob), Some(user)) => text_fit(glob, user),
        };
        let service = match (&self.service, facet.service) {
            (None, _) => Fit::Yes,
            // No service was used: that is known.
            (Some(_), None) => Fit::No,
            (Some(glob), Some(service)) if service.decides => text_fit(glob, service.name),
            (Some(glob), Some(service)) => text_fit(glob, service.name).min(Fit::Perhaps),
        };
        let server = if self.server.is_some() { Fit::Perhaps } else { Fit::Yes };
        host.min(port).min(dbname).min(user).min(service).min(server)
    }
}

fn sure(matches: bool) -> Fit {
    if matches { Fit::Yes } else { Fit::No }
}

/// Bytes that are no text cannot be compared with a pattern.
fn text_fit(glob: &Glob, text: &OsStr) -> Fit {
    text.to_str().map_or(Fit::Perhaps, |text| sure(glob.matches(text)))
}

/// An entry that runs over several lines, on one.
fn one_line(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.collect::<Vec<_>>().join(", ").replace(",,", ",")
}
