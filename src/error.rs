//! The error of the program: what went wrong, what caused it, what to do next, and the exit status that follows.
//!
//! Errors are lower case, without a full stop, name the place, and give the next command to type as a hint. Whoever
//! makes one decides only its [`Kind`]; the number that the process exits with is decided here.

use std::fmt;

use crate::diag::Diagnostic;

/// `Result` with this program's error.
pub type Result<T> = std::result::Result<T, Error>;

/// What kind of trouble it is, which decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The command line of dbguard itself is wrong: status 2.
    Usage,
    /// A verb did its work and the answer is "no" (`config check` found errors, `log verify` a broken chain): status 1.
    Negative,
    /// The guard refused, the person declined, or dbguard itself failed: status 125, as `env(1)` and `timeout(1)`.
    Refused,
    /// The tool was found and could not be executed: status 126.
    NotExecutable,
    /// The tool was not found: status 127.
    NotFound,
}

impl Kind {
    /// The exit status.
    pub fn status(self) -> u8 {
        match self {
            Self::Negative => 1,
            Self::Usage => 2,
            Self::Refused => 125,
            Self::NotExecutable => 126,
            Self::NotFound => 127,
        }
    }
}

/// An error to show to a person.
#[derive(Clone, Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    hints: Vec<String>,
    diagnostics: Vec<Diagnostic>,
}

impl Error {
    /// An error of this kind. `message`: lower case, no full stop.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), diagnostics: Vec::new() }
    }

    /// A refusal, or a failure of dbguard itself.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// Adds what to do next: one line, with the command to type where there is one.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds diagnostics, printed before the message.
    #[must_use]
    pub fn with_diagnostics(mut self, diagnostics: Vec<Diagnostic>) -> Self {
        self.diagnostics = diagnostics;
        self
    }

    /// What kind of trouble it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The message alone.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do next.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

/// `dbguard: message`, then a line for each hint. Text from outside is escaped by whoever puts it into the message.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.diagnostics {
            writeln!(f, "{diagnostic}\n")?;
        }
        write!(f, "dbguard: {}", self.message)?;
        for hint in &self.hints {
            write!(f, "\n  {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
