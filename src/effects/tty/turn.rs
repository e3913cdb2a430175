//! One question at a time on one terminal: in `pg_dump … | psql …` two dbguards have something to ask.
//!
//! Drawn together, the answer to the one that is seen could be taken by the other. So a lock on the terminal's own file
//! is held from the first thing drawn until this process ends or becomes the tool. Where the file cannot be opened by
//! its name (after `su`), there is no lock to be had, and questions are asked as they come.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};

use crate::world::terminal;

/// How often it is looked whether the other question is over.
const PAUSE: Duration = Duration::from_millis(50);

/// The right to draw and to ask.
#[derive(Debug)]
pub(super) enum Turn {
    /// It is ours, as long as this lives.
    Ours { _lock: Flock<File> },
    /// There is nothing to lock.
    Free,
    /// Another question stood there all the time.
    Taken,
}

impl Turn {
    /// Waits for it.
    pub(super) fn wait(until: Instant) -> Self {
        let flags = (OFlag::O_NOCTTY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).bits();
        let open = |path| OpenOptions::new().read(true).custom_flags(flags).open(path).ok();
        let Some(mut file) = terminal::name().and_then(open) else { return Self::Free };
        loop {
            match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => return Self::Ours { _lock: lock },
                Err((_, Errno::EWOULDBLOCK)) if Instant::now() >= until => return Self::Taken,
                Err((unlocked, Errno::EWOULDBLOCK | Errno::EINTR)) => file = unlocked,
                Err(_) => return Self::Free,
            }
            thread::sleep(PAUSE);
        }
    }
}
