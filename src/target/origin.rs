//! Where a field of a target came from.
//!
//! Whoever reads a source names it here beside the value. People and JSON see it, and rules about a service see whether
//! the service decided.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use crate::text::{Untrusted, redact};

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Field<T> {
    /// A value from this origin.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}

impl<T: AsRef<OsStr>> Field<T> {
    /// The value to show, without passwords. It still has to go through [`Untrusted`].
    pub fn shown(&self) -> String {
        redact::identifier(self.value.as_ref())
    }
}

/// The place that decided a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An option, as it was spelled without its value: `-h`, `--host`, `--ho`.
    Option(OsString),
    /// A positional argument, counted from 1 among the positional ones.
    Argument(usize),
    /// A key of a conninfo string or URI, which itself came from somewhere.
    Conninfo(Box<Origin>),
    /// A var.
    Var(String),
    /// A service file: path, line from 1, service name.
    Service {
        /// The service file.
        file: PathBuf,
        /// Line from 1.
        line: usize,
        /// The service.
        service: OsString,
    },
    /// A line of another file that the tool reads (`~/.postgresqlrc`).
    File {
        /// The file.
        file: PathBuf,
        /// Line from 1.
        line: usize,
    },
    /// A `\connect` in what psql runs.
    Connect,
    /// What the tool itself said when it was asked.
    Tool,
    /// The same as the user name, as libpq does for the database.
    User,
    /// The name of the operating-system user.
    SystemUser,
    /// Built into the tool.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(spelled) => write!(f, "option {}", Untrusted::os(spelled)),
            Self::Argument(number) => write!(f, "argument {number}"),
            Self::Conninfo(inside) => write!(f, "connection string in {inside}"),
            Self::Var(name) => write!(f, "{}", Untrusted::text(name)),
            Self::Service { file, line, service } => {
                write!(f, "service `{}` at {}:{line}", Untrusted::os(service), Untrusted::path(file))
            }
            Self::File { file, line } => write!(f, "{}:{line}", Untrusted::path(file)),
            Self::Connect => f.write_str("\\connect"),
            Self::Tool => f.write_str("as the tool itself says"),
            Self::User => f.write_str("the user name"),
            Self::SystemUser => f.write_str("the system user"),
            Self::Default => f.write_str("default"),
        }
    }
}
