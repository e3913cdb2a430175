//! How careful to be.

/// The level of an environment, ordered by strictness. Deliberately without a `Default`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Never blocked by dbguard's own trouble.
    Development,
    /// Asks before it writes.
    Staging,
    /// Asks always; every doubt refuses.
    Production,
}

impl Level {
    /// Every level, laxest first.
    pub const ALL: [Self; 3] = [Self::Development, Self::Staging, Self::Production];

    /// The level of a word of the configuration.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.word() == word)
    }

    /// The word that the configuration uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    /// The shape that is shown for it.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Development => "●",
            Self::Staging => "■",
            Self::Production => "▲",
        }
    }

    /// The colour that is shown for it.
    pub fn color(self) -> &'static str {
        match self {
            Self::Development => "green",
            Self::Staging => "yellow",
            Self::Production => "red",
        }
    }
}
