//! Running a child with a bound on its time and on its output, and nothing of it left behind.
//!
//! The child stands in a process group of its own, so that everything it starts ends with it, and so that it cannot
//! take input from the terminal. It knows nothing of databases.

use std::io::{self, Read};
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// More than any honest answer.
const MOST: usize = 64 * 1024;

/// How long psql may take to cancel its query on the server before it is killed.
const GRACE: Duration = Duration::from_millis(150);

/// What a child said.
#[derive(Debug)]
pub(in crate::effects) struct Output {
    /// Standard output, at most 64 KiB.
    pub(in crate::effects) stdout: Vec<u8>,
    /// Standard error, at most 64 KiB.
    pub(in crate::effects) stderr: Vec<u8>,
    /// How it ended.
    pub(in crate::effects) ended: Ended,
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::effects) enum Ended {
    /// It ended, well or badly.
    ByItself,
    /// Its time was over.
    Late,
    /// It said too much.
    TooLong,
}

/// Runs it until it closes its output, `deadline` comes, or it has said more than anybody would read.
pub(in crate::effects) fn run(mut command: Command, deadline: Instant) -> io::Result<Output> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut group = Group(command.spawn()?);
    let mut output = Output { stdout: Vec::new(), stderr: Vec::new(), ended: Ended::Late };
    output.ended = listen(&mut group.0, &mut output, deadline)?;
    if output.ended == Ended::ByItself && !group.ends_before(deadline) {
        output.ended = Ended::Late;
    }
    Ok(output)
}

fn listen(child: &mut Child, output: &mut Output, deadline: Instant) -> io::Result<Ended> {
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    while stdout.is_some() || stderr.is_some() {
        let Some(left) = deadline.checked_duration_since(Instant::now()) else { return Ok(Ended::Late) };
        let (out, err) = wait(stdout.as_ref().map(|s| s.as_fd()), stderr.as_ref().map(|s| s.as_fd()), left)?;
        if out {
            take(&mut stdout, &mut output.stdout)?;
        }
        if err {
            take(&mut stderr, &mut output.stderr)?;
        }
        if output.stdout.len() > MOST || output.stderr.len() > MOST {
            output.stdout.truncate(MOST);
            output.stderr.truncate(MOST);
            return Ok(Ended::TooLong);
        }
    }
    Ok(Ended::ByItself)
}

type Fd<'a> = Option<std::os::fd::BorrowedFd<'a>>;

/// Which of the two have something to be read, an end included.
fn wait(out: Fd<'_>, err: Fd<'_>, left: Duration) -> io::Result<(bool, bool)> {
    let mut fds: Vec<_> = [out, err].into_iter().flatten().map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
    let timeout = PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
    match poll(&mut fds, timeout) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => {}
        Err(cause) => return Err(cause.into()),
    }
    let mut ready = fds.iter().map(|fd| fd.any().unwrap_or(false));
    let out = out.is_some() && ready.next().unwrap_or(false);
    let err = err.is_some() && ready.next().unwrap_or(false);
    Ok((out, err))
}

/// Takes what is there; at its end the stream is closed.
fn take<R: Read>(stream: &mut Option<R>, into: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 8192];
    let Some(open) = stream else { return Ok(()) };
    let count = open.read(&mut buffer)?;
    into.extend_from_slice(buffer.get(..count).unwrap_or_default());
    if count == 0 {
        *stream = None;
    }
    Ok(())
}

/// A child and all that it started; gone when dropped.
struct Group(Child);

impl Group {
    /// Whether it is gone by then. It has closed its output already, so this is a matter of moments.
    fn ends_before(&mut self, deadline: Instant) -> bool {
        loop {
            match self.0.try_wait() {
                Ok(Some(_)) => return true,
                Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(1)),
                _ => return false,
            }
        }
    }

    fn signal(&self, signal: Signal) {
        if let Ok(id) = i32::try_from(self.0.id()) {
            let _ = killpg(Pid::from_raw(id), signal);
        }
    }
}

impl Drop for Group {
    /// On SIGINT psql asks the server to cancel its query, so that none is left running there.
    fn drop(&mut self) {
        if !matches!(self.0.try_wait(), Ok(Some(_))) {
            self.signal(Signal::SIGINT);
            self.ends_before(Instant::now() + GRACE);
        }
        self.signal(Signal::SIGKILL);
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, patience: Duration) -> Output {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(script);
        run(command, Instant::now() + patience).unwrap()
    }

    #[test]
    fn both_streams_are_heard_to_their_end() {
        let output = sh("echo out; echo err >&2; sleep 0.05; echo more; exit 3", Duration::from_secs(5));
        assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"out\nmore\n"[..], &b"err\n"[..]));
        assert_eq!(output.ended, Ended::ByItself);
    }

    #[test]
    fn a_child_that_does_not_end_is_killed_with_all_it_started_and_what_it_said_counts() {
        let start = Instant::now();
        let output = sh("echo $$; sleep 60 & trap '' INT TERM; wait; sleep 60", Duration::from_millis(300));
        assert_eq!(output.ended, Ended::Late);
        assert!(start.elapsed() < Duration::from_secs(3));
        let group: i32 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        // Killed children of the shell may stay for a moment until init has collected them.
        let gone = (0..100).any(|_| {
            thread::sleep(Duration::from_millis(20));
            killpg(Pid::from_raw(group), None).is_err()
        });
        assert!(gone);
    }

    #[test]
    fn a_child_that_closes_its_output_and_stays_is_late() {
        assert_eq!(sh("exec >&- 2>&-; sleep 60", Duration::from_millis(200)).ended, Ended::Late);
    }

    #[test]
    fn endless_output_is_cut() {
        let output = sh("yes", Duration::from_secs(5));
        assert_eq!((output.ended, output.stdout.len()), (Ended::TooLong, MOST));
    }

    #[test]
    fn standard_input_is_empty() {
        assert_eq!(sh("cat; echo end", Duration::from_secs(5)).stdout, b"end\n");
    }
}
