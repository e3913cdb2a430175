//! What the integration tests stand on: a sandboxed world, fake tools, real clusters, a real terminal.
//!
//! Everything that a test starts ends with it, and everything that it writes is searched for planted secrets. A tool
//! that is missing fails the test, unless `DBGUARD_TEST_SKIP` names it.

#![allow(dead_code, unused_imports, reason = "each test file uses its own part of this")]

mod clusters;
mod fake;
mod hostile;
mod launch;
mod pty;
mod run;
mod sandbox;
mod screen;
mod secrets;
mod tmux;

use std::path::PathBuf;

pub(crate) use clusters::{Cluster, Clusters, clusters};
pub(crate) use fake::{Call, Fake};
pub(crate) use hostile::{CONTROL, HOSTILE};
pub(crate) use pty::{Ended, Pty};
pub(crate) use run::{Output, Run, gone};
pub(crate) use sandbox::Sandbox;
pub(crate) use secrets::SECRET;
pub(crate) use tmux::Tmux;

/// The built program.
pub(crate) const DBGUARD: &str = env!("CARGO_BIN_EXE_dbguard");

/// Where the machine has this tool; `None`, said aloud, when the run was told to skip it; else a failure.
#[track_caller]
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Servers such as sshd stand where a user's PATH does not lead on Debian.
    let dirs = std::env::split_paths(&path).chain(["/usr/local/sbin", "/usr/sbin"].map(PathBuf::from));
    let found = dirs.map(|dir| dir.join(name)).find(|path| path.is_file());
    if found.is_none() {
        let skip = std::env::var("DBGUARD_TEST_SKIP").unwrap_or_default();
        assert!(
            skip.split([',', ' ']).any(|word| word == name),
            "`{name}` is missing; run ./test, which installs it, or skip it: DBGUARD_TEST_SKIP={name}"
        );
        eprintln!("SKIPPED for want of {name}, as DBGUARD_TEST_SKIP says");
    }
    found
}
