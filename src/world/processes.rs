//! Processes of this machine: who holds a socket, by which command it was started, and since when it runs.
//!
//! From `/proc` on Linux, from `ps` on macOS. Names and arguments are what other programs wrote there: untrusted
//! text. A process that ends while it is looked at, or that may not be read, is as good as absent.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod ps;

use std::ffi::OsString;
use std::path::PathBuf;

#[cfg(target_os = "linux")]
pub(super) use linux::holder;
#[cfg(target_os = "linux")]
pub use linux::{boot, command, start_time};
#[cfg(target_os = "macos")]
pub(super) use ps::ask;
#[cfg(not(target_os = "linux"))]
pub use ps::{boot, command, start_time};

/// The command of a running process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// The file that is executed, when it may be read.
    pub exe: Option<PathBuf>,
    /// Its arguments with the program's own name first, as the process shows them: it may have written over them.
    pub args: Vec<OsString>,
}
