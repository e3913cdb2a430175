//! The receipt that running asks for: that it was written down, or may run without.

use crate::environment::Level;
use crate::error::Error;

/// Proof that an event is on the disk, or that this invocation may run without.
#[must_use]
#[derive(Debug)]
pub struct Receipt {
    id: Option<String>,
}

impl Receipt {
    /// For an event that was written and synced; the writer alone calls it.
    pub(super) fn written(id: &str) -> Self {
        Self { id: Some(id.to_owned()) }
    }

    /// The invocation that was written down; `None` when nothing was.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

/// What an environment wants when its log cannot be written.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenUnwritten {
    /// Say so, and run.
    Warn,
    /// Refuse.
    Refuse,
}

/// A receipt for what need not be written down at all: development, and nothing stricter.
pub fn waived(level: Level) -> Option<Receipt> {
    match level {
        Level::Development => Some(Receipt { id: None }),
        Level::Staging | Level::Production => None,
    }
}

/// A receipt for what touches no server (`--help`, `pg_restore --list`): there is nothing to write down.
pub fn without_server() -> Receipt {
    Receipt { id: None }
}

/// A receipt for the catalogue queries of a shell's completion, which run at every press of a key and only read.
pub fn for_completion() -> Receipt {
    Receipt { id: None }
}

/// A receipt for what could not be written down, where the environment only warns of it.
///
/// Takes the error as the evidence that writing was tried; whoever calls it shows that error.
pub fn unwritten(when: WhenUnwritten, _tried: &Error) -> Option<Receipt> {
    match when {
        WhenUnwritten::Warn => Some(Receipt { id: None }),
        WhenUnwritten::Refuse => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_development_is_waived_and_only_a_warning_outlives_a_failed_write() {
        assert!(waived(Level::Development).is_some());
        assert!(waived(Level::Staging).is_none());
        assert!(waived(Level::Production).is_none());
        let error = Error::refused("disk full");
        assert!(unwritten(WhenUnwritten::Warn, &error).is_some_and(|receipt| receipt.id().is_none()));
        assert!(unwritten(WhenUnwritten::Refuse, &error).is_none());
    }
}
