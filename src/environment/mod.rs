//! Environments: named classes of targets, and the rules that say which target belongs to which.
//!
//! The strictest matching rule wins, wherever it stands. Rules come in as data and know neither files nor TOML.

mod address;
mod classify;
mod endpoint;
mod glob;
mod level;
mod pattern;
mod rules;

use std::path::PathBuf;

pub use endpoint::is_loopback;
pub use glob::{BadPattern, Glob};
pub use level::Level;
pub use pattern::HostPattern;
pub use rules::{Authority, Definition, Doubt, Entry, Rule, Rules};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// The class that a target belongs to. There is no default: what nothing names is [`Environment::Unknown`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Named by a rule, or the built-in `local`.
    Known(Known),
    /// Nothing named it, or the target could not be said: as strict as production.
    Unknown {
        /// Why: lower case, one line.
        because: String,
    },
}

/// An environment that a rule named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The name: `production`, `eu-prod`, `local`.
    pub name: String,
    /// How careful to be.
    pub level: Level,
    /// How it is shown.
    pub look: Look,
    /// The rule that decided; `None` for the built-in `local`.
    pub rule: Option<RuleRef>,
    /// Every environment whose rules matched, the deciding one first: their demands add up.
    pub matched: Vec<String>,
}

/// How an environment is shown. Shape and word differ per level, so that colour is never the only signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The word: `PRODUCTION`.
    pub label: String,
    /// The shape: `▲`.
    pub icon: String,
    /// A colour name: `red`, `yellow`, `green`, …, `bright-red`.
    pub color: String,
}

/// Where a rule stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleRef {
    /// The configuration file.
    #[serde(serialize_with = "crate::text::lossy::path")]
    pub file: PathBuf,
    /// Line from 1.
    pub line: usize,
    /// The keys of the entry as written: `host = "*.prod.example.com"`.
    pub text: String,
}

impl Environment {
    /// The name; `unknown` where nothing named it.
    pub fn name(&self) -> &str {
        match self {
            Self::Known(known) => &known.name,
            Self::Unknown { .. } => "unknown",
        }
    }

    /// The level as a word: `unknown` is a level of its own in all that is shown.
    pub fn level_word(&self) -> &'static str {
        match self {
            Self::Known(known) => known.level.word(),
            Self::Unknown { .. } => "unknown",
        }
    }

    /// How it is shown; an unknown one looks like production with a word of its own.
    pub fn look(&self) -> Look {
        match self {
            Self::Known(known) => known.look.clone(),
            Self::Unknown { .. } => Look {
                label: "UNKNOWN".to_owned(),
                icon: Level::Production.icon().to_owned(),
                color: Level::Production.color().to_owned(),
            },
        }
    }

    /// How careful to be: unknown counts as production.
    pub fn level(&self) -> Level {
        match self {
            Self::Known(known) => known.level,
            Self::Unknown { .. } => Level::Production,
        }
    }
}

impl Serialize for Environment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rule = match self {
            Self::Known(known) => known.rule.as_ref(),
            Self::Unknown { .. } => None,
        };
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("name", self.name())?;
        map.serialize_entry("level", self.level_word())?;
        map.serialize_entry("rule", &rule)?;
        map.end()
    }
}
