//! One invocation with everything that is known of it before anybody is asked: its target and its environment.
//!
//! Nothing here connects to a server or changes anything, so that `explain` and `run` see the same.

use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::ambient::{self, Outdated};
use super::{by_hand, probe, refusal};
use crate::config::Config;
use crate::effects::grants;
use crate::environment::{Environment, Level};
use crate::error::Error;
use crate::plan;
use crate::policy::Policy;
use crate::target::{self, Host, Invocation, Resolution, Target};
use crate::world::Snapshot;
use crate::world::stdin::Stdin;

/// One invocation, resolved and classified.
pub(super) struct Case<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) config: &'a Config,
    pub(super) invocation: Invocation,
    pub(super) resolution: Resolution,
    pub(super) environment: Environment,
    /// What else the same invocation reaches: none is stricter than the one above.
    pub(super) also: Vec<(Resolution, Environment)>,
    /// A script goes there: the tool starts at another server than the target.
    pub(super) followed: bool,
    /// The prompt showed something else than what is found now.
    pub(super) outdated: Option<Outdated>,
}

const NOWHERE: &str = "a script's `\\connect` goes to a place that is not known beforehand";

impl<'a> Case<'a> {
    /// Resolves the target and finds its environment.
    pub(super) fn open(
        tool: &OsStr,
        args: &[OsString],
        program: Option<PathBuf>,
        config: &'a Config,
        snapshot: &'a Snapshot,
    ) -> Self {
        let (invocation, places) = target::open_with(&tool_name(tool), args, program, &config.tools, snapshot);
        let harmless = |said: &Resolution| classify(said, config).level() <= Level::Development;
        let places = probe::settled(places, &invocation, snapshot, harmless);
        let places = by_hand::settled(places, &invocation, config, harmless);
        let resolution = shown(places.main, &invocation);
        let environment = classify(&resolution, config);
        let also = Vec::new();
        let case =
            Self { snapshot, config, invocation, resolution, environment, also, followed: false, outdated: None };
        places.also.into_iter().fold(case, Self::beside)
    }

    /// With another database that is reached besides: of all, the strictest is the one that is asked about.
    fn beside(mut self, other: Resolution) -> Self {
        let mut other = shown(other, &self.invocation);
        let mut environment = classify(&other, self.config);
        if matches!(other, Resolution::NoServer { .. }) {
            return self;
        }
        if !self.touches_server() || self.is_laxer_than(&environment) {
            std::mem::swap(&mut self.resolution, &mut other);
            std::mem::swap(&mut self.environment, &mut environment);
        }
        if !matches!(other, Resolution::NoServer { .. }) {
            self.also.push((other, environment));
        }
        self
    }

    /// Compares it with what the prompt of the shell around showed last.
    pub(super) fn beside_prompt(mut self) -> Self {
        self.outdated = ambient::outdated(&self);
        self
    }

    /// Says where the prompt showed something else.
    pub(super) fn tell_outdated(&self) {
        self.outdated.iter().for_each(Outdated::tell);
    }

    /// The case of the strictest server that is reached: a script may leave the one that it starts at.
    pub(super) fn follow(mut self, stdin: &Stdin) -> Self {
        let Resolution::Resolved(mut at) = self.resolution.clone() else { return self };
        if self.environment.level() == Level::Production {
            return self;
        }
        for words in plan::connects(&self.invocation, stdin, self.snapshot) {
            let resolution = match words {
                Some(words) => target::connect(&at, &words, &self.invocation, self.snapshot),
                None => Resolution::Ambiguous { partial: None, because: NOWHERE.to_owned() },
            };
            let environment = classify(&resolution, self.config);
            let resolution = match resolution {
                Resolution::NoServer { .. } => continue, // psql stays where it is, or stops
                Resolution::Ambiguous { partial: None, because } => {
                    Resolution::Ambiguous { partial: Some(at.clone()), because }
                }
                known @ (Resolution::Resolved(_) | Resolution::Ambiguous { .. }) => known,
            };
            if let Resolution::Resolved(target) = &resolution {
                at = target.clone();
            }
            if self.is_laxer_than(&environment) {
                (self.environment, self.resolution, self.followed) = (environment, resolution, true);
            }
        }
        self
    }

    /// By level; among equal levels, what is asked of nobody is laxer than what somebody demanded more of.
    fn is_laxer_than(&self, other: &Environment) -> bool {
        let free = |environment: &Environment| self.config.policy(environment) == Policy::of_level(environment.level());
        match self.environment.level().cmp(&other.level()) {
            Ordering::Less => true,
            Ordering::Equal => free(&self.environment) && !free(other),
            Ordering::Greater => false,
        }
    }

    /// The target, as far as it is known.
    pub(super) fn target(&self) -> Option<&Target> {
        match &self.resolution {
            Resolution::Resolved(target) => Some(target),
            Resolution::Ambiguous { partial, .. } => partial.as_ref(),
            Resolution::NoServer { .. } => None,
        }
    }

    /// Whether a server is touched, as far as can be said; in doubt it is.
    pub(super) fn touches_server(&self) -> bool {
        !matches!(self.resolution, Resolution::NoServer { .. })
    }

    /// The environment that the host names alone would have, without the addresses that decide where packets go.
    pub(super) fn by_name_alone(&self, target: &Target) -> Environment {
        let hosts = target.hosts.iter().cloned().map(|host| match host.host {
            Some(_) => Host { hostaddr: None, ..host },
            None => host,
        });
        self.config.rules.classify(&Target { hosts: hosts.collect(), ..target.clone() })
    }

    /// Whether the names of the hosts alone would be another environment than their addresses make it.
    pub(super) fn name_differs(&self, target: &Target) -> bool {
        self.by_name_alone(target).name() != self.environment.name()
    }

    /// The target with those of its hosts alone that make it what it is: to name another one confirms nothing.
    pub(super) fn decisive(&self, target: &Target) -> Target {
        let alone = |host: &Host| Target { hosts: vec![host.clone()], via: None, ..target.clone() };
        let decides = |host: &&Host| self.config.rules.classify(&alone(host)).name() == self.environment.name();
        let hosts: Vec<Host> = target.hosts.iter().filter(decides).cloned().collect();
        let whole = target.hosts.len() == 1 || hosts.is_empty();
        if whole { target.clone() } else { Target { hosts, via: None, ..target.clone() } }
    }

    /// Why this cannot be judged at all, where that is so: then it is refused, and not even asked about.
    pub(super) fn unusable(&self) -> Option<Error> {
        if let Resolution::Ambiguous { partial: None, because } = &self.resolution {
            let refused = refusal::ambiguous(self, because);
            let trouble = self.config.trouble.iter().map(Error::message);
            return Some(trouble.fold(refused, Error::hint));
        }
        let strict = self.touches_server() && self.environment.level() > Level::Development;
        self.config.trouble.as_ref().filter(|_| strict).map(|trouble| refusal::broken_config(self, trouble))
    }

    /// What a grant is bound to: the target; where it is not all that is reached, or not certain, everything besides that
    /// this depends on.
    pub(super) fn grant_key(&self, target: &Target) -> String {
        let mut key = grants::target_key(target);
        let certain = matches!(self.resolution, Resolution::Resolved(_)) && self.also.is_empty();
        if certain || self.invocation.declared.is_none() {
            return key;
        }
        for (resolution, _) in &self.also {
            if let Resolution::Resolved(target) | Resolution::Ambiguous { partial: Some(target), .. } = resolution {
                key.push_str(" also ");
                key.push_str(&grants::target_key(target));
            }
        }
        let exact = grants::Fingerprint::of(&self.invocation, &[], self.snapshot).ok();
        let exact = exact.and_then(|exact| serde_json::to_string(&exact).ok()).unwrap_or_default();
        let chosen = target::SELECTION_VARS.iter().filter_map(|var| self.snapshot.vars.get(var));
        let chosen: Vec<String> = chosen.map(|value| value.to_string_lossy().escape_debug().to_string()).collect();
        format!("{key} exactly {exact} {}", chosen.join(" "))
    }

    /// What the environment demands.
    pub(super) fn policy(&self) -> Policy {
        self.config.policy(&self.environment)
    }
}

/// A tool that is known by declaration is asked about also where nothing of its target is known: most projects have its
/// configuration in code, and it could not be used at all otherwise. Such a target has no host, and nobody is asked there.
fn shown(resolution: Resolution, invocation: &Invocation) -> Resolution {
    match resolution {
        Resolution::Ambiguous { partial: None, because } if invocation.declared.is_some() => {
            Resolution::Ambiguous { partial: Some(Target::nowhere()), because }
        }
        known @ (Resolution::NoServer { .. } | Resolution::Resolved(_) | Resolution::Ambiguous { .. }) => known,
    }
}

/// The tool's name for the tables: the last part of its path.
fn tool_name(tool: &OsStr) -> String {
    let name = std::path::Path::new(tool).file_name().unwrap_or(tool);
    name.to_string_lossy().into_owned()
}

/// The environment. A configuration that cannot be used is in the rules already: what is in doubt is unknown to them.
fn classify(resolution: &Resolution, config: &Config) -> Environment {
    match resolution {
        Resolution::Resolved(target) => config.rules.classify(target),
        Resolution::NoServer { because } | Resolution::Ambiguous { because, .. } => {
            Environment::Unknown { because: because.clone() }
        }
    }
}
