//! An invocation as the tool itself would read it: options with their values, and operands.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::Declared;

/// A tool with its argv, parsed the way that tool parses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The tool's name: `psql`, `pg_restore`.
    pub tool: String,
    /// The program that would be executed, when it was found.
    pub program: Option<PathBuf>,
    /// Everything after the tool's name, byte for byte as typed.
    pub args: Vec<OsString>,
    /// The options, in the order given.
    pub options: Vec<Opt>,
    /// The operands, in the order given.
    pub operands: Vec<OsString>,
    /// What the table of declared tools makes of it, for a tool that is in it.
    pub declared: Option<Box<Declared>>,
    /// Why the tool would reject this command line before it connects, when it would.
    pub rejected: Option<String>,
}

/// One option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opt {
    /// Its canonical long name without dashes (`host`); the letter alone for an option that has no long name.
    pub name: String,
    /// As it was spelled, without the value: `-h`, `--ho`.
    pub spelled: OsString,
    /// Its value.
    pub value: Option<OsString>,
}

impl Invocation {
    /// Every option of this canonical name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a Opt> {
        self.options.iter().filter(move |option| option.name == name)
    }

    /// The password among the options.
    pub fn password(&self) -> Option<&OsStr> {
        self.all("password").find_map(|option| option.value.as_deref())
    }

    /// Whether this option was given.
    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }
}
