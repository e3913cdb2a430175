//! A value that formats as `***` wherever it is printed.

use std::ffi::{OsStr, OsString};
use std::fmt;

/// A password, or a text that may hold one. It has no `Display`; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(OsString);

impl Secret {
    /// Takes the value in.
    pub fn new(value: impl Into<OsString>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that hands it to a child process.
    pub fn expose(&self) -> &OsStr {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
