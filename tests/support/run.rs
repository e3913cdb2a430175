//! A process without a terminal, and what it must say: what a test does not mention must be empty.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::panic::Location;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::{Sandbox, launch, secrets};

/// How long any process may take.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// A process to be run; nothing happens until its end is asked for.
#[must_use = "nothing runs before `.status(n)` or `.output()`"]
pub(crate) struct Run<'a> {
    sandbox: &'a Sandbox,
    program: OsString,
    args: Vec<OsString>,
    stdin: Option<Vec<u8>>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// How a process ended and what it said.
#[derive(Debug)]
pub(crate) struct Output {
    /// Its exit status; 128 and the signal's number when a signal ended it.
    pub(crate) code: i32,
    /// What it said, with the sandbox's root written as `[DIR]`.
    pub(crate) stdout: Vec<u8>,
    /// What it complained, likewise.
    pub(crate) stderr: Vec<u8>,
}

impl Output {
    /// Standard output as text.
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("not JSON ({error}): {self:?}"))
    }
}

impl<'a> Run<'a> {
    pub(super) fn new<A: AsRef<OsStr>>(
        sandbox: &'a Sandbox,
        program: &OsStr,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        let args = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        let (stdout, stderr) = (Vec::new(), Vec::new());
        Self { sandbox, program: program.to_owned(), args, stdin: None, stdout, stderr }
    }

    /// What comes in through a pipe. Unsaid: `/dev/null`.
    pub(crate) fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = Some(bytes.as_ref().to_vec());
        self
    }

    /// What it must say, exactly; the sandbox's root is written `[DIR]`.
    pub(crate) fn stdout(mut self, expected: impl AsRef<[u8]>) -> Self {
        self.stdout = expected.as_ref().to_vec();
        self
    }

    /// What it must complain, exactly; the sandbox's root is written `[DIR]`.
    pub(crate) fn stderr(mut self, expected: impl AsRef<[u8]>) -> Self {
        self.stderr = expected.as_ref().to_vec();
        self
    }

    /// Runs it and compares everything.
    #[track_caller]
    pub(crate) fn status(self, expected: i32) {
        let (stdout, stderr) = (self.stdout.clone(), self.stderr.clone());
        let output = self.output();
        let told = format!("exit status {}\n", output.code);
        let show = |code: String, out: &[u8], err: &[u8]| {
            format!("{code}--- stdout\n{}\n--- stderr\n{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
        };
        let expected_text = show(format!("exit status {expected}\n"), &stdout, &stderr);
        let got = show(told, &output.stdout, &output.stderr);
        let same = output.code == expected && output.stdout == stdout && output.stderr == stderr;
        assert!(same, "\n===== expected\n{expected_text}\n===== got\n{got}\n=====");
    }

    /// Runs it and compares nothing.
    #[track_caller]
    pub(crate) fn output(self) -> Output {
        let caller = Location::caller();
        let mut command = launch::detached(&self.program);
        self.sandbox.dress(&mut command);
        command.args(&self.args).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), self.stdin) {
            // A child that does not read to the end is no failure of the test.
            thread::spawn(move || drop(pipe.write_all(&bytes)));
        }
        let stdout = collect(child.stdout.take().unwrap());
        let stderr = collect(child.stderr.take().unwrap());
        let deadline = Instant::now() + TIMEOUT;
        let status = wait(&mut child, deadline);
        let rest = || deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(200));
        let streams = (stdout.recv_timeout(rest()), stderr.recv_timeout(rest()));
        end_session(&child);
        let (Some(status), (Ok(stdout), Ok(stderr))) = (status, streams) else {
            panic!("{caller}: {} {:?} did not end in {TIMEOUT:?}", self.program.display(), self.args);
        };
        secrets::check(&stdout, "standard output");
        secrets::check(&stderr, "standard error");
        self.sandbox.check_secrets();
        Output { code: code(status), stdout: self.sandbox.neutral(&stdout), stderr: self.sandbox.neutral(&stderr) }
    }
}

/// Waits for the child; one that is late is killed, and answers with nothing.
pub(super) fn wait(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            return Some(status);
        }
        if Instant::now() > deadline {
            end_session(child);
            let _ = child.wait();
            return None;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Kills whatever the child left behind in its process group, which is its session's first.
pub(super) fn end_session(child: &Child) {
    if let Ok(pid) = i32::try_from(child.id()) {
        let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

/// Waits until this process, which is nobody's child here, has ended; kills it after 10 seconds.
pub(crate) fn gone(id: i32) {
    let deadline = Instant::now() + Duration::from_secs(10);
    // A container's first process may reap nobody: the dead stay listed there.
    let dead = || std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| stat.contains(") Z "));
    while kill(Pid::from_raw(id), None).is_ok() && !dead() {
        if Instant::now() > deadline {
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// The exit status as a shell would show it.
pub(super) fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(-1)
}

fn collect(mut from: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}
