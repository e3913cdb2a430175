//! Tools that a configuration adds to the table: the same entries, read by the same reader.
//!
//! An entry with faults still names its tool, and says nothing else of it: what it does and where it goes is not known then.
//! A tool that is built in cannot be described anew, since a laxer description would take its guard away.

use std::sync::Arc;

use toml::de::DeTable;

use super::entry::{Entry, Fault};

/// A tool of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custom {
    /// The program's name.
    pub name: String,
    pub(super) entry: Entry,
}

impl Custom {
    /// Reads the table below `[tool.NAME]`, with all that is wrong with it.
    pub fn read(name: &str, table: &DeTable<'_>) -> (Self, Vec<Fault>) {
        let (entry, faults) = match Entry::parse(table) {
            Ok(entry) => (entry, Vec::new()),
            Err(faults) => (Entry::empty(), faults),
        };
        (Self { name: name.to_owned(), entry }, faults)
    }

    /// One of which nothing is known but its name.
    pub fn unread(name: &str) -> Self {
        Self { name: name.to_owned(), entry: Entry::empty() }
    }
}

/// The tools that are known besides those that are built in.
#[derive(Clone, Debug, Default)]
pub struct Customs(Arc<[Custom]>);

impl Customs {
    /// These; of two with one name the first.
    pub fn new(customs: Vec<Custom>) -> Self {
        Self(customs.into())
    }

    /// Whether this program is one of them.
    pub fn has(&self, program: &str) -> bool {
        self.find(program).is_some()
    }

    /// Their programs.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|custom| custom.name.as_str())
    }

    pub(super) fn find(&self, program: &str) -> Option<&Custom> {
        self.0.iter().find(|custom| custom.name == program)
    }
}
