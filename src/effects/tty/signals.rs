//! Signals while a question stands: held, so that none of them ends the process with the terminal changed.
//!
//! On Linux they are read from a descriptor beside the terminal and count as no answer. Elsewhere that cannot be had
//! in safe Rust: only those that stop a background process are held, the others end the process as ever, and the
//! shell sets its terminal right, as it does after any job that a signal ended.

#[cfg(target_os = "linux")]
use std::os::fd::AsFd as _;
use std::os::fd::BorrowedFd;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill};
use nix::unistd::Pid;

#[cfg(target_os = "linux")]
use super::line::can_wait_for;

/// Signals are held while this lives.
pub(super) struct Signals {
    before: SigSet,
    #[cfg(target_os = "linux")]
    queue: nix::sys::signalfd::SignalFd,
}

/// What a signal means to the question.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "signals are not read there"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// No answer, and why.
    End(&'static str),
    /// Suspend the job.
    Suspend,
    /// The job was stopped from outside and goes on: the question has to stand there again.
    Continue,
}

impl Signals {
    #[cfg(target_os = "linux")]
    pub(super) fn hold() -> nix::Result<Self> {
        use nix::sys::signalfd::{SfdFlags, SignalFd};

        let held: SigSet = HELD.iter().map(|(signal, _)| *signal).collect();
        let before = held.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        match SignalFd::with_flags(&held, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK) {
            Ok(queue) if can_wait_for(queue.as_fd()) => Ok(Self { before, queue }),
            _ => {
                let _ = before.thread_set_mask();
                Err(nix::errno::Errno::EMFILE)
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn hold() -> nix::Result<Self> {
        let held: SigSet = [Signal::SIGTTIN, Signal::SIGTTOU].into_iter().collect();
        Ok(Self { before: held.thread_swap_mask(SigmaskHow::SIG_BLOCK)? })
    }

    /// Becomes readable when a signal came.
    #[cfg(target_os = "linux")]
    #[allow(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
    pub(super) fn queue(&self) -> Option<BorrowedFd<'_>> {
        Some(self.queue.as_fd())
    }

    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unused_self, reason = "Linux has one")]
    pub(super) fn queue(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// The next signal that came.
    #[cfg(target_os = "linux")]
    pub(super) fn next(&self) -> Option<Meaning> {
        let came = self.queue.read_signal().ok().flatten()?;
        let signal = Signal::try_from(i32::try_from(came.ssi_signo).ok()?).ok()?;
        HELD.iter().find(|(held, _)| *held == signal).map(|(_, meaning)| *meaning)
    }

    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unused_self, reason = "Linux has a queue")]
    pub(super) fn next(&self) -> Option<Meaning> {
        None
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        let _ = self.before.thread_set_mask();
    }
}

/// What is held, and what each means.
#[cfg(target_os = "linux")]
const HELD: [(Signal, Meaning); 11] = [
    (Signal::SIGHUP, Meaning::End("the terminal went away")),
    (Signal::SIGINT, Meaning::End("interrupted")),
    (Signal::SIGQUIT, Meaning::End("interrupted")),
    (Signal::SIGTERM, Meaning::End("stopped by a signal")),
    (Signal::SIGALRM, Meaning::End("stopped by a signal")),
    (Signal::SIGUSR1, Meaning::End("stopped by a signal")),
    (Signal::SIGUSR2, Meaning::End("stopped by a signal")),
    (Signal::SIGTSTP, Meaning::Suspend),
    (Signal::SIGCONT, Meaning::Continue),
    (Signal::SIGTTIN, Meaning::Continue),
    (Signal::SIGTTOU, Meaning::Continue),
];

/// Stops the whole job, as the terminal's own Ctrl-Z would; comes back when it is continued.
pub(super) fn suspend() {
    let _ = kill(Pid::from_raw(0), Signal::SIGTSTP);
}
