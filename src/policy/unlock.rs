//! What an environment demands of `:unlock`, beyond the confirmation for what destroys.

/// How much may be opened, ordered by strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Most {
    /// The whole session, or one transaction.
    Session,
    /// One transaction at a time.
    Transaction,
    /// Nothing: this is written to in another way.
    Never,
}

impl Most {
    /// The words of the configuration, laxest first.
    pub const WORDS: &[(&str, Self)] =
        &[("session", Self::Session), ("transaction", Self::Transaction), ("never", Self::Never)];

    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

/// What is demanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlock {
    /// How much may be opened.
    pub most: Most,
    /// The role that writes, instead of the one that logged in.
    pub role: Option<String>,
    /// Whether a reason has to be given, for the audit.
    pub reason: bool,
}

impl Unlock {
    /// What every level demands of itself: nothing more.
    pub const USUAL: Self = Self { most: Most::Session, role: None, reason: false };

    /// The stricter of the two. Of two roles the first stays: which of them may do less, nobody here knows.
    #[must_use]
    pub fn strictest(&self, other: &Self) -> Self {
        Self {
            most: self.most.max(other.most),
            role: self.role.clone().or_else(|| other.role.clone()),
            reason: self.reason || other.reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_demands_add_up() {
        let one = Unlock { most: Most::Transaction, ..Unlock::USUAL };
        let other = Unlock { role: Some("writer".to_owned()), reason: true, ..Unlock::USUAL };
        let both = Unlock { most: Most::Transaction, role: Some("writer".to_owned()), reason: true };
        assert_eq!(one.strictest(&other), both);
        assert_eq!(other.strictest(&one), both);
    }
}
