//! The command line.

use std::process::ExitCode;

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
