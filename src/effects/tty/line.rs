//! One line from the terminal, waited for with an end; and writing that does not wait for ever.
//!
//! `select(2)` rather than `poll(2)`: the poll of macOS does not know `/dev/tty`.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::select::{FdSet, select};
use nix::sys::time::{TimeVal, TimeValLike as _};

use super::modes::Modes;
use super::signals::{Meaning, Signals};
use crate::world::terminal::in_foreground;

/// What came from the terminal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A line, without its end.
    Line(Vec<u8>),
    /// The job was away meanwhile: ask again.
    Again,
    /// The job shall be suspended.
    Suspend,
}

/// More than a terminal's longest line, 4096 on Linux: one read takes all of it.
const LINE: usize = 8192;

/// `select(2)` knows no descriptor from 1024 on.
pub(super) fn can_wait_for(fd: BorrowedFd<'_>) -> bool {
    fd.as_raw_fd() < 1024
}

/// Reads one line. Everything else is no answer, with the reason.
pub(super) fn read(
    terminal: &File,
    signals: &Signals,
    modes: &Modes<'_>,
    deadline: Instant,
) -> Result<Heard, &'static str> {
    loop {
        let ready = readable(terminal, signals.queue(), deadline).map_err(|_| "the terminal went away")?;
        match signals.next() {
            Some(Meaning::End(because)) => return Err(because),
            Some(Meaning::Suspend) => return Ok(Heard::Suspend),
            Some(Meaning::Continue) => return Ok(Heard::Again),
            None => {}
        }
        if !in_foreground(terminal) {
            return Err("put into the background");
        }
        match ready {
            Ready::Terminal => {
                if let Some(heard) = take(terminal, modes)? {
                    return Ok(heard);
                }
            }
            Ready::Nothing if Instant::now() >= deadline => return Err("no answer came in time"),
            Ready::Nothing => {}
        }
    }
}

/// Takes what stands there. The terminal hands out whole lines only; what does not end as a line was ended otherwise.
fn take(mut terminal: &File, modes: &Modes<'_>) -> Result<Option<Heard>, &'static str> {
    let mut buffer = [0; LINE];
    let count = match terminal.read(&mut buffer) {
        Ok(count) => count,
        Err(cause) if matches!(cause.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => return Ok(None),
        Err(_) => return Err("the terminal went away"),
    };
    let line = buffer.get(..count).unwrap_or_default();
    match line.split_last() {
        Some((b'\n', line)) => Ok(Some(Heard::Line(line.to_vec()))),
        Some((&key, _)) if modes.interrupts(key) => Err("interrupted"),
        Some((&key, _)) if modes.suspends(key) => Ok(Some(Heard::Suspend)),
        // Ctrl-D: on an empty line it reads as nothing, behind a text as the text without an end.
        _ => Err("end of input"),
    }
}

/// What can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ready {
    Terminal,
    Nothing,
}

fn readable(terminal: &File, queue: Option<BorrowedFd<'_>>, deadline: Instant) -> nix::Result<Ready> {
    let mut fds = FdSet::new();
    fds.insert(terminal.as_fd());
    if let Some(queue) = queue {
        fds.insert(queue);
    }
    match select(None, &mut fds, None, None, &mut left(deadline)) {
        Ok(_) if fds.contains(terminal.as_fd()) => Ok(Ready::Terminal),
        Ok(_) | Err(Errno::EINTR) => Ok(Ready::Nothing),
        Err(cause) => Err(cause),
    }
}

/// Whether something stands there to be read.
pub(super) fn is_readable(terminal: &File, deadline: Instant) -> bool {
    readable(terminal, None, deadline) == Ok(Ready::Terminal)
}

/// Writes all of it; an error when the terminal takes nothing until the deadline.
pub(super) fn write_all(mut terminal: &File, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
    while !bytes.is_empty() {
        match terminal.write(bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
            Err(cause) if cause.kind() == ErrorKind::WouldBlock => writable(terminal, deadline)?,
            Err(cause) => return Err(cause),
        }
    }
    Ok(())
}

fn writable(terminal: &File, deadline: Instant) -> io::Result<()> {
    let mut fds = FdSet::new();
    fds.insert(terminal.as_fd());
    match select(None, None, &mut fds, None, &mut left(deadline)) {
        Ok(0) => Err(ErrorKind::TimedOut.into()),
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(cause) => Err(cause.into()),
    }
}

fn left(deadline: Instant) -> TimeVal {
    let left = deadline.saturating_duration_since(Instant::now());
    TimeVal::milliseconds(i64::try_from(left.as_millis()).unwrap_or(i64::MAX).saturating_add(1))
}
