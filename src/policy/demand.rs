//! What an environment demands. A level is a bundle: one word sets every demand.
//!
//! Values only, ordered by strictness, so that the strictest of two is their maximum. Where they come from, a level or
//! the keys of a file, `config` knows.

use super::Unlock;
use crate::environment::Level;
use crate::plan::Risk;

/// What must be typed to confirm, ordered by strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confirm {
    /// Nothing is asked.
    None,
    /// `yes`.
    Yes,
    /// The environment's name.
    Environment,
    /// The database's name.
    Database,
    /// The host: its first label or the whole name.
    Host,
}

impl Confirm {
    /// The words of the configuration, laxest first.
    pub const WORDS: &[(&str, Self)] = &[
        ("none", Self::None),
        ("yes", Self::Yes),
        ("environment", Self::Environment),
        ("database", Self::Database),
        ("host", Self::Host),
    ];

    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

/// What happens when nobody can be asked, ordered by strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WithoutTerminal {
    /// It runs.
    Run,
    /// It runs, unless it destroys or cannot be understood.
    RefuseDestroy,
    /// It is refused, unless a person allowed it before.
    Refuse,
}

impl WithoutTerminal {
    /// The words of the configuration, laxest first.
    pub const WORDS: &[(&str, Self)] =
        &[("run", Self::Run), ("refuse-destroy", Self::RefuseDestroy), ("refuse", Self::Refuse)];

    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

/// What happens when the audit log cannot be written, ordered by strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditDemand {
    /// A warning.
    Warn,
    /// A refusal.
    Required,
}

impl AuditDemand {
    /// The words of the configuration, laxest first.
    pub const WORDS: &[(&str, Self)] = &[("warn", Self::Warn), ("required", Self::Required)];

    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

/// What a configuration says besides the level: each demand that it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// See [`Policy::read`].
    pub read: Option<Confirm>,
    /// See [`Policy::write`].
    pub write: Option<Confirm>,
    /// See [`Policy::destroy`].
    pub destroy: Option<Confirm>,
    /// See [`Policy::read_only`].
    pub read_only: Option<bool>,
    /// See [`Policy::without_terminal`].
    pub without_terminal: Option<WithoutTerminal>,
    /// See [`Policy::audit`].
    pub audit: Option<AuditDemand>,
    /// See [`Policy::tokens`].
    pub tokens: Option<bool>,
    /// See [`Policy::unlock`].
    pub unlock: Option<Unlock>,
}

/// Everything an environment demands. Deliberately without a `Default`: it follows from a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What must be typed before something that reads.
    pub read: Confirm,
    /// What must be typed before something that writes.
    pub write: Confirm,
    /// What must be typed before something that destroys, or that is not understood.
    pub destroy: Confirm,
    /// Whether sessions start read-only.
    pub read_only: bool,
    /// What happens when nobody can be asked.
    pub without_terminal: WithoutTerminal,
    /// What happens when the audit log cannot be written.
    pub audit: AuditDemand,
    /// Whether `DBGUARD_CONFIRM` may stand for a person in CI.
    pub tokens: bool,
    /// How a read-only session may be made writable from inside.
    pub unlock: Unlock,
}

impl Policy {
    /// The bundle of a level. Unknown targets take that of production.
    pub fn of_level(level: Level) -> Self {
        let (read, write, destroy) = match level {
            Level::Development => (Confirm::None, Confirm::None, Confirm::None),
            Level::Staging => (Confirm::None, Confirm::Yes, Confirm::Host),
            Level::Production => (Confirm::Host, Confirm::Host, Confirm::Host),
        };
        let (without_terminal, audit) = match level {
            Level::Development => (WithoutTerminal::Run, AuditDemand::Warn),
            Level::Staging => (WithoutTerminal::RefuseDestroy, AuditDemand::Warn),
            Level::Production => (WithoutTerminal::Refuse, AuditDemand::Required),
        };
        let read_only = level == Level::Production;
        Self { read, write, destroy, read_only, without_terminal, audit, tokens: true, unlock: Unlock::USUAL }
    }

    /// This policy with what a configuration says instead, stricter or laxer.
    #[must_use]
    pub fn with(&self, changes: &Changes) -> Self {
        Self {
            read: changes.read.unwrap_or(self.read),
            write: changes.write.unwrap_or(self.write),
            destroy: changes.destroy.unwrap_or(self.destroy),
            read_only: changes.read_only.unwrap_or(self.read_only),
            without_terminal: changes.without_terminal.unwrap_or(self.without_terminal),
            audit: changes.audit.unwrap_or(self.audit),
            tokens: changes.tokens.unwrap_or(self.tokens),
            unlock: changes.unlock.clone().unwrap_or_else(|| self.unlock.clone()),
        }
    }

    /// Demand by demand the stricter of the two: how several matching environments add up.
    #[must_use]
    pub fn strictest(&self, other: &Self) -> Self {
        Self {
            read: self.read.max(other.read),
            write: self.write.max(other.write),
            destroy: self.destroy.max(other.destroy),
            read_only: self.read_only || other.read_only,
            without_terminal: self.without_terminal.max(other.without_terminal),
            audit: self.audit.max(other.audit),
            tokens: self.tokens && other.tokens,
            unlock: self.unlock.strictest(&other.unlock),
        }
    }

    /// What must be typed before something of this risk.
    pub fn confirm(&self, risk: Risk) -> Confirm {
        match risk {
            Risk::None => Confirm::None,
            Risk::Read => self.read,
            Risk::Write => self.write,
            Risk::Destroy | Risk::Unknown => self.destroy,
        }
    }
}
