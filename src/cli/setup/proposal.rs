//! What the names that were found may mean.
//!
//! A name is a guess that a person confirms, so every doubt goes to the strict side: `prod` anywhere in it is production,
//! also in `preprod`; what says staging, test or dev is staging, never development, since it is another machine. What
//! says nothing is left unnamed, which is as strict as production.

use super::line;
use crate::checklist::{Section, Tone};
use crate::config::{Config, NewEntry};
use crate::environment::{Environment, HostPattern, Level};
use crate::target::{Familiar, Field, Host, Origin, Target, Way, familiar, shown_at_home};
use crate::world::Snapshot;

/// What could be named.
pub(super) struct Proposals {
    /// What goes into the configuration.
    pub(super) named: Vec<Proposal>,
    /// What nobody can tell from its name.
    pub(super) unnamed: Vec<Proposal>,
    /// What the configuration names already.
    known: usize,
    /// Mentions that could not be read.
    strange: usize,
}

/// One entry, how careful to be there, and which file speaks of it.
pub(super) struct Proposal {
    pub(super) level: Level,
    pub(super) entry: NewEntry,
    pub(super) place: String,
}

impl Proposal {
    /// The environment it would go to.
    pub(super) fn environment(&self) -> &'static str {
        self.level.word()
    }
}

impl Proposals {
    pub(super) fn find(config: &Config, snapshot: &Snapshot) -> Self {
        let (all, strange) = familiar(snapshot);
        let mut proposals = Self { named: Vec::new(), unnamed: Vec::new(), known: 0, strange };
        for one in &all {
            if is_known(&one.way, config) {
                proposals.known += 1;
            } else {
                proposals.add(one, snapshot);
            }
        }
        proposals
    }

    fn add(&mut self, one: &Familiar, snapshot: &Snapshot) {
        let Some(entry) = entry(&one.way) else { return };
        let (file, number) = &one.place;
        let file = shown_at_home(file, snapshot);
        let place = if *number == 0 { file } else { format!("{file}:{number}") };
        match (judge(&words(one)), &one.way) {
            (Some(level @ Level::Production), _) => self.named.push(Proposal { level, entry, place }),
            // A near port and a context only raise what a tunnel leads to: they can name nothing laxer.
            (_, Way::Forward(_) | Way::Context(_)) | (None, Way::Service(_)) => {}
            (Some(level), _) => self.named.push(Proposal { level, entry, place }),
            (None, Way::Host(_)) => self.unnamed.push(Proposal { level: Level::Production, entry, place }),
        }
    }

    /// What was found, and what it is taken for.
    pub(super) fn section(&self) -> Section {
        let mut lines = Vec::new();
        for proposal in &self.named {
            let tone = if proposal.level == Level::Production { Tone::Danger } else { Tone::Warn };
            lines.push(line(proposal.environment(), shown(&proposal.entry), &*proposal.place, tone));
        }
        for proposal in &self.unnamed {
            lines.push(line("unknown", shown(&proposal.entry), &*proposal.place, Tone::Plain));
        }
        let mut remark = |label: &str, what: String| lines.push(line(label, what, "", Tone::Quiet));
        if self.named.is_empty() && self.unnamed.is_empty() && self.known == 0 {
            remark("none", "in ~/.pgpass, service files, ~/.ssh/config and kubectl's contexts".to_owned());
        }
        if !self.unnamed.is_empty() {
            remark("", "unknown is as strict as production; only you know what these are".to_owned());
        }
        if self.known > 0 {
            remark("known", format!("{} more that your configuration names already", self.known));
        }
        if self.strange > 0 {
            remark("left out", format!("{} with characters that no name has", self.strange));
        }
        Section { title: "servers".to_owned(), lines }
    }
}

/// An entry without its braces.
fn shown(entry: &NewEntry) -> String {
    entry.toml().unwrap_or_default().trim_matches(['{', '}', ' ']).to_owned()
}

/// The entry that names it; nothing where it has no form in a configuration.
fn entry(way: &Way) -> Option<NewEntry> {
    let host = |name: &str, port| NewEntry { host: Some(name.to_owned()), port, ..NewEntry::default() };
    let entry = match way {
        Way::Host(name) | Way::Context(name) => host(name, None),
        Way::Service(name) => NewEntry { service: Some(name.clone()), ..NewEntry::default() },
        Way::Forward(port) => host("localhost", Some(*port)),
    };
    entry.host.as_ref().is_none_or(|host| HostPattern::parse(host).is_ok()).then_some(entry)
}

/// Everything that speaks of what it is.
fn words(familiar: &Familiar) -> String {
    let name = match &familiar.way {
        Way::Host(name) => host_words(name),
        Way::Service(name) | Way::Context(name) => name,
        Way::Forward(_) => "",
    };
    format!("{name} {}", familiar.hint).to_ascii_lowercase()
}

/// A name without its last label, which is nobody's word for what it is: `db1.internal.test`.
fn host_words(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(rest, _)| rest)
}

/// Words that only stand for it by themselves: `deliver` is not live, and `devices` are no dev.
const LIVE: [&str; 2] = ["live", "prd"];
const BEFORE: &[&str] = &[
    "staging",
    "stage",
    "stg",
    "test",
    "testing",
    "qa",
    "uat",
    "dev",
    "development",
    "sandbox",
    "preview",
    "integration",
    "int",
    "demo",
    "ci",
    "acceptance",
];

/// What words say; nothing where they say nothing.
fn judge(words: &str) -> Option<Level> {
    let mut tokens = words.split(|c: char| !c.is_ascii_alphabetic());
    if words.contains("prod") || tokens.clone().any(|token| LIVE.contains(&token)) {
        Some(Level::Production)
    } else {
        tokens.any(|token| BEFORE.contains(&token)).then_some(Level::Staging)
    }
}

/// Whether the configuration names it already.
fn is_known(way: &Way, config: &Config) -> bool {
    let mut rules = config.rules.entries().iter();
    match way {
        Way::Host(name) | Way::Context(name) => matches!(config.rules.classify(&target(name)), Environment::Known(_)),
        Way::Service(name) => rules.any(|rule| rule.when.service.as_ref().is_some_and(|glob| glob.matches(name))),
        Way::Forward(port) => rules.any(|rule| rule.when.port == Some(*port)),
    }
}

fn target(host: &str) -> Target {
    let host = Some(Field::new(host.into(), Origin::Default));
    let host = Host { host, hostaddr: None, port: Field::new(5432, Origin::Default) };
    Target { hosts: vec![host], ..Target::nowhere() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubtful_name_is_the_stricter_one_and_none_is_development() {
        for name in ["db1.prod", "preprod", "nonprod-db", "production-test", "eu-prd-1", "live", "products", "prod1"] {
            assert_eq!(judge(name), Some(Level::Production), "{name}");
        }
        for name in ["staging", "db.stg.example", "qa1", "dev", "my-dev-db", "test2", "sandbox"] {
            assert_eq!(judge(name), Some(Level::Staging), "{name}");
        }
        for name in ["", "db1", "devices", "contest", "delivery", "10.1.2.3", "main"] {
            assert_eq!(judge(name), None, "{name}");
        }
    }

    #[test]
    fn the_last_label_says_nothing() {
        assert_eq!(judge(host_words("db1.internal.test")), None);
        assert_eq!(judge(host_words("db1.test.internal")), Some(Level::Staging));
        assert_eq!(judge(host_words("prod")), Some(Level::Production));
    }
}
