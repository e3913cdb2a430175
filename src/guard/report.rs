//! `explain` and `status`: what would happen and why, touching nothing.
//!
//! Both answer with the same target and environment objects that the audit log holds.

use std::ffi::{OsStr, OsString};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::case::Case;
use super::decide::assumed;
use super::observe;
use super::screen::{self, ReadOnly};
use crate::checklist::{Banner, Section};
use crate::config::{self, Config};
use crate::diag::Diagnostic;
use crate::environment::Environment;
use crate::plan::{self, Finding, Mode, Plan, Risk};
use crate::policy::{self, Confirm, Presence, Verdict};
use crate::prompt::{self, Reading, Voice};
use crate::target::{Resolution, Target};
use crate::world::stdin::Stdin;
use crate::world::{Snapshot, tools};

/// What would happen to an invocation. Its JSON is a contract.
#[derive(Debug)]
pub struct Explanation {
    tool: String,
    touches_server: bool,
    target: Option<Target>,
    environment: Environment,
    also: Vec<(Resolution, Environment)>,
    plan: Option<Plan>,
    verdict: &'static str,
    reasons: Vec<String>,
}

/// Explains an invocation. The verdict is the one that a person at a terminal would get.
pub fn explain(tool: &OsStr, args: &[OsString], stdin: &mut Stdin, snapshot: &Snapshot) -> Explanation {
    let config = config::load(snapshot);
    let located = tools::locate(tool, &snapshot.vars);
    let case = Case::open(tool, args, located.as_ref().ok().cloned(), &config, snapshot).follow(stdin);
    let plan = case.touches_server().then(|| plan::plan(&case.invocation, stdin, snapshot));
    let (verdict, mut reasons) = verdict(&case, plan.as_ref());
    reasons.extend(located.err().map(|error| error.message().to_owned()));
    reasons.extend(doubts(&config));
    let mut told = std::collections::HashSet::new();
    reasons.retain(|reason| told.insert(reason.clone()));
    Explanation {
        tool: case.invocation.tool.clone(),
        touches_server: case.touches_server(),
        target: case.target().cloned(),
        environment: case.environment,
        also: case.also,
        plan,
        verdict,
        reasons,
    }
}

/// What this shell would reach: a bare psql, and whatever else speaks of a database here.
#[derive(Debug)]
pub struct Status {
    reading: Reading,
    reasons: Vec<String>,
}

/// The status of this shell.
pub fn status(snapshot: &Snapshot) -> Status {
    let places = config::Places::of(snapshot);
    let config = config::load_from(&places);
    let reading = prompt::read(snapshot, &config.rules, &places.project_root);
    let mut reasons: Vec<String> = reading.deciding().map(|voice| why(&voice.environment)).into_iter().collect();
    reasons.extend(doubts(&config));
    Status { reading, reasons }
}

/// The verdict in one word, and the reasons for it.
fn verdict(case: &Case<'_>, plan: Option<&Plan>) -> (&'static str, Vec<String>) {
    let name = case.environment.name();
    let Some(plan) = plan else { return ("run", vec![format!("touches no server: {}", because(case))]) };
    if plan.mode == Mode::Completion {
        return ("run", vec!["a shell's completion: it is run read-only, and nothing is asked".to_owned()]);
    }
    if let Some(would) = observe::would(case, &case.environment, assumed(plan), Presence::Person) {
        return (
            "run",
            vec![format!("{name}: mode is observe, so nothing is asked; dbguard {would}"), why(&case.environment)],
        );
    }
    if let Some(refused) = case.unusable() {
        return ("refuse", vec![refused.message().to_owned()]);
    }
    match policy::judge(&case.policy(), assumed(plan), Presence::Person) {
        Verdict::Run => ("run", vec![format!("{name}: nothing is asked"), why(&case.environment)]),
        Verdict::Ask(confirm) => {
            // A target without a host cannot be named.
            let nowhere = case.target().is_some_and(|target| target.hosts.is_empty());
            let what = if nowhere && confirm == Confirm::Host { "the environment" } else { what(confirm) };
            ("ask", vec![format!("{name}: confirm by typing {what}"), why(&case.environment)])
        }
        Verdict::Refuse(_) => ("refuse", vec![format!("{name}: there is nobody to ask")]),
    }
}

fn because<'a>(case: &'a Case<'_>) -> &'a str {
    match &case.resolution {
        Resolution::NoServer { because } | Resolution::Ambiguous { because, .. } => because,
        Resolution::Resolved(_) => "",
    }
}

/// What must be typed.
pub(super) fn what(confirm: Confirm) -> &'static str {
    match confirm {
        Confirm::None => "nothing",
        Confirm::Yes => "yes",
        Confirm::Environment => "the environment",
        Confirm::Database => "the database",
        Confirm::Host => "the host",
    }
}

/// Why it is this environment.
fn why(environment: &Environment) -> String {
    match environment {
        Environment::Known(known) => match &known.rule {
            Some(rule) => format!("{} by the rule {} at {}:{}", known.name, rule.text, rule.file.display(), rule.line),
            None => format!("{} is built in for this machine", known.name),
        },
        Environment::Unknown { because } => format!("unknown: {because}"),
    }
}

/// What the configuration has to say against itself.
fn doubts(config: &Config) -> Vec<String> {
    let place = |what: &Diagnostic| {
        let line = what.place.as_ref().map(|place| format!(":{}", place.line)).unwrap_or_default();
        format!("{}{line}: {}", what.file.display(), what.message)
    };
    let trouble = config.trouble.iter().map(|error| error.message().to_owned());
    trouble.chain(config.errors.iter().chain(&config.warnings).map(place)).collect()
}

impl Explanation {
    /// The risk; none where no server is touched.
    fn risk(&self) -> Risk {
        self.plan.as_ref().map_or(Risk::None, assumed)
    }

    fn findings(&self) -> &[Finding] {
        self.plan.as_ref().map_or(&[], |plan| &plan.findings)
    }

    /// The head and the sections for people.
    pub fn screen(&self, snapshot: &Snapshot) -> (Banner, Vec<Section>) {
        let banner = screen::banner(&self.environment, &self.tool, Vec::new());
        let mut sections = Vec::new();
        sections.extend(self.target.as_ref().map(|target| screen::target(target, &self.environment, snapshot)));
        sections.extend(screen::also(&self.also));
        sections.extend(self.plan.as_ref().map(|plan| screen::plan(plan, self.risk(), &ReadOnly::NotWanted)));
        sections.push(screen::verdict(self.verdict, &self.reasons));
        (banner, sections)
    }
}

impl Status {
    /// The head and the sections for people. The head is what the prompt shows: the strictest of all that speaks.
    pub fn screen(&self, snapshot: &Snapshot) -> Option<(Banner, Vec<Section>)> {
        let (bare, deciding) = (self.reading.bare()?, self.reading.deciding()?);
        let banner = screen::banner(&deciding.environment, &deciding.source, Vec::new());
        let mut sections = Vec::new();
        sections.extend(bare.target().map(|target| screen::target(target, &bare.environment, snapshot)));
        if self.reading.voices.len() > 1 {
            sections.push(screen::voices(&self.reading));
        }
        sections.push(screen::verdict(deciding.environment.level_word(), &self.reasons));
        Some((banner, sections))
    }
}

impl Serialize for Explanation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", &1)?;
        map.serialize_entry("tool", &self.tool)?;
        map.serialize_entry("touches_server", &self.touches_server)?;
        map.serialize_entry("target", &self.target)?;
        map.serialize_entry("environment", &self.environment)?;
        if !self.also.is_empty() {
            map.serialize_entry("also", &self.also.iter().map(Beside).collect::<Vec<_>>())?;
        }
        map.serialize_entry("risk", &self.risk())?;
        map.serialize_entry("findings", self.findings())?;
        map.serialize_entry("verdict", self.verdict)?;
        map.serialize_entry("reasons", &self.reasons)?;
        map.end()
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bare = self.reading.bare();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", &1)?;
        map.serialize_entry("target", &bare.map(Voice::target))?;
        map.serialize_entry("environment", &bare.map(|bare| &bare.environment))?;
        map.serialize_entry("shown", &self.reading.deciding().map(|voice| &voice.source))?;
        map.serialize_entry("sources", &self.reading.voices.iter().map(Spoken).collect::<Vec<_>>())?;
        map.serialize_entry("reasons", &self.reasons)?;
        map.end()
    }
}

/// Another database of the same command as JSON.
struct Beside<'a>(&'a (Resolution, Environment));

impl Serialize for Beside<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (resolution, environment) = self.0;
        let target = match resolution {
            Resolution::Resolved(target) => Some(target),
            Resolution::Ambiguous { partial, .. } => partial.as_ref(),
            Resolution::NoServer { .. } => None,
        };
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("target", &target.filter(|target| !target.hosts.is_empty()))?;
        map.serialize_entry("environment", environment)?;
        map.end()
    }
}

/// One source as JSON.
struct Spoken<'a>(&'a Voice);

impl Serialize for Spoken<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("source", &self.0.source)?;
        map.serialize_entry("place", &self.0.place)?;
        map.serialize_entry("target", &self.0.target())?;
        map.serialize_entry("environment", &self.0.environment)?;
        map.end()
    }
}
