//! A line on standard error, for what must be said and must not stop anything.

use std::fmt::Display;
use std::io::Write as _;

/// Warns. A standard error that is closed or full is no reason to stop.
pub fn warn(what: &dyn Display) {
    let _ = writeln!(std::io::stderr().lock(), "{what}");
}
