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
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::{Pid, getppid, getsid};

#[cfg(target_os = "linux")]
pub(super) use linux::holder;
#[cfg(target_os = "linux")]
pub use linux::{boot, command, parent_of, start_time};
#[cfg(target_os = "macos")]
pub(super) use ps::ask;
#[cfg(not(target_os = "linux"))]
pub use ps::{boot, command, parent_of, start_time};

/// The command of a running process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// The file that is executed, when it may be read.
    pub exe: Option<PathBuf>,
    /// Its arguments with the program's own name first, as the process shows them: it may have written over them.
    pub args: Vec<OsString>,
}

/// Processes that were seen to hold a socket that was asked about, the latest first. Where to look is all that they
/// say: each is looked into again, every time.
static SEEN: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// More are not remembered.
const MOST_SEEN: usize = 16;

/// Looks into these first, since an earlier run found sockets there: looking into every process is what costs.
pub fn look_first(pids: &[u32]) {
    pids.iter().rev().for_each(|pid| see(*pid));
}

/// The processes to look into first, by what was found so far.
pub fn seen() -> Vec<u32> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn see(pid: u32) {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    seen.retain(|one| *one != pid);
    seen.insert(0, pid);
    seen.truncate(MOST_SEEN);
}

/// The process that started this one.
pub fn parent() -> u32 {
    getppid().as_raw().unsigned_abs()
}

/// This process and those above it, the nearest first: a tool may start another one in its own place.
pub fn lineage() -> impl Iterator<Item = u32> {
    std::iter::successors(Some(std::process::id()), |pid| parent_of(*pid).filter(|above| *above > 0)).take(64)
}

/// Whether a process of this id runs, whoever it belongs to.
pub fn is_running(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().filter(|pid| *pid > 0) else { return false };
    kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)
}

/// Whether a process belongs to the session of this one, and so has the same terminal.
pub fn is_of_session(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().filter(|pid| *pid > 0) else { return false };
    getsid(Some(Pid::from_raw(pid))).is_ok_and(|session| getsid(None) == Ok(session))
}
