//! A process on a real terminal, driven as a person would: wait for what stands there, then type.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::run::{TIMEOUT, code, end_session, wait};
use super::{Sandbox, launch, screen, secrets};

/// A process to be started on a terminal, and then the running one.
#[must_use]
pub(crate) struct Pty<'a> {
    sandbox: &'a Sandbox,
    program: OsString,
    args: Vec<OsString>,
    size: (u16, u16),
    stdin: Option<Vec<u8>>,
    redirect: String,
    running: Option<Running>,
}

/// What a process on a terminal left when it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit status; 128 and the signal's number when a signal ended it.
    pub(crate) code: i32,
    /// All that was shown, without escape sequences.
    pub(crate) screen: String,
    /// All that was sent to the terminal, byte for byte.
    pub(crate) raw: Vec<u8>,
    /// What went into the file that standard output was sent to.
    pub(crate) stdout: Vec<u8>,
    /// What went into the file that standard error was sent to.
    pub(crate) stderr: Vec<u8>,
}

struct Running {
    child: Child,
    master: File,
    slave: File,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    /// How much of the stripped text earlier waits have passed.
    passed: usize,
}

#[derive(Default)]
struct Seen {
    raw: Vec<u8>,
    ended: bool,
}

impl<'a> Pty<'a> {
    pub(super) fn new<A: AsRef<OsStr>>(
        sandbox: &'a Sandbox,
        program: &OsStr,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        let args = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        let (program, redirect) = (program.to_owned(), String::new());
        Self { sandbox, program, args, size: (24, 80), stdin: None, redirect, running: None }
    }

    /// The size in rows and columns; 24 and 80 unless said.
    pub(crate) fn size(mut self, rows: u16, columns: u16) -> Self {
        self.size = (rows, columns);
        self
    }

    /// Standard input is a file with these bytes instead of the terminal.
    pub(crate) fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = Some(bytes.as_ref().to_vec());
        self.redirect += " <\"$record/pty.stdin\"";
        self
    }

    /// Standard input is a pipe with these bytes instead of the terminal.
    pub(crate) fn piped(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = Some(bytes.as_ref().to_vec());
        self.redirect += " PIPE";
        self
    }

    /// Standard output goes into a file instead of the terminal.
    pub(crate) fn stdout_apart(mut self) -> Self {
        self.redirect += " >\"$record/pty.stdout\"";
        self
    }

    /// Standard error goes into a file instead of the terminal.
    pub(crate) fn stderr_apart(mut self) -> Self {
        self.redirect += " 2>\"$record/pty.stderr\"";
        self
    }

    /// Starts it.
    #[track_caller]
    pub(crate) fn start(mut self) -> Self {
        let record = self.sandbox.path("record");
        if let Some(bytes) = &self.stdin {
            std::fs::write(record.join("pty.stdin"), bytes).unwrap();
        }
        let (master, slave) = open();
        resize(&slave, self.size);
        let mut command = if self.redirect.is_empty() {
            launch::on_terminal(&self.program)
        } else {
            let mut command = launch::on_terminal(OsStr::new("/bin/sh"));
            command.arg("-c").arg(redirecting(&self.redirect)).arg(&record).arg(&self.program);
            command
        };
        self.sandbox.dress(&mut command);
        let end = || Stdio::from(OwnedFd::from(slave.try_clone().unwrap()));
        command.args(&self.args).stdin(end()).stdout(end()).stderr(end());
        let child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        // Its copies of the terminal's end go with it; ours stays open for resizing, so that the end is seen by waiting.
        drop(command);
        let seen = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        listen(master.try_clone().unwrap(), Arc::clone(&seen));
        self.running = Some(Running { child, master, slave, seen, passed: 0 });
        self
    }

    /// Waits until this text is shown after what earlier waits found.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) -> &mut Self {
        self.seek(text);
        self
    }

    #[track_caller]
    fn seek(&mut self, text: &str) {
        let running = self.running.as_mut().expect("it was started");
        let deadline = Instant::now() + TIMEOUT;
        let (lock, changed) = &*running.seen;
        let mut seen = lock.lock().unwrap();
        loop {
            let shown = screen::strip(&seen.raw);
            if let Some(at) = shown.get(running.passed..).and_then(|rest| rest.find(text)) {
                running.passed += at + text.len();
                return;
            }
            let over = seen.ended || running.child.try_wait().is_ok_and(|status| status.is_some());
            let late = Instant::now() > deadline;
            assert!(!late, "`{text}` was not shown in {TIMEOUT:?}; the screen:\n{shown}");
            if over {
                // What it wrote last may still be on its way to the listener.
                let waited = changed.wait_timeout(seen, Duration::from_millis(100)).unwrap();
                let still = screen::strip(&waited.0.raw);
                assert!(still != shown, "`{text}` was not shown, and it ended; the screen:\n{shown}");
                seen = waited.0;
            } else {
                seen = changed.wait_timeout(seen, Duration::from_millis(20)).unwrap().0;
            }
        }
    }

    /// Types.
    #[track_caller]
    pub(crate) fn send(&mut self, keys: impl AsRef<[u8]>) -> &mut Self {
        self.running.as_mut().expect("it was started").master.write_all(keys.as_ref()).unwrap();
        self
    }

    /// Changes the window's size, which the process is told by a signal.
    #[track_caller]
    pub(crate) fn resize(&mut self, rows: u16, columns: u16) -> &mut Self {
        resize(&self.running.as_ref().expect("it was started").slave, (rows, columns));
        self
    }

    /// The process id of what was started.
    pub(crate) fn pid(&self) -> u32 {
        self.running.as_ref().expect("it was started").child.id()
    }

    /// What has been shown so far, without escape sequences.
    pub(crate) fn screen(&self) -> String {
        let running = self.running.as_ref().expect("it was started");
        screen::strip(&running.seen.0.lock().unwrap().raw)
    }

    /// What has been sent to the terminal so far, byte for byte.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.running.as_ref().expect("it was started").seen.0.lock().unwrap().raw.clone()
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn finish(&mut self) -> Ended {
        let mut running = self.running.take().expect("it was started");
        let status = wait(&mut running.child, Instant::now() + TIMEOUT);
        end_session(&running.child);
        drop(running.slave);
        let raw = drain(&running.seen);
        let shown = screen::strip(&raw);
        let Some(status) = status else {
            panic!("{} {:?} did not end in {TIMEOUT:?}; the screen:\n{shown}", self.program.display(), self.args);
        };
        let apart = |name: &str| std::fs::read(self.sandbox.path("record").join(name)).unwrap_or_default();
        let (stdout, stderr) = (apart("pty.stdout"), apart("pty.stderr"));
        for (bytes, place) in [(&raw, "the terminal"), (&stdout, "standard output"), (&stderr, "standard error")] {
            secrets::check(bytes, place);
        }
        self.sandbox.check_secrets();
        Ended { code: code(status), screen: shown, raw, stdout, stderr }
    }
}

impl Drop for Pty<'_> {
    fn drop(&mut self) {
        if let Some(running) = &mut self.running {
            end_session(&running.child);
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

/// A new terminal: the end of the person and the end of the process.
///
/// Both must not leak into processes that other threads start, or the terminal would never end.
#[cfg(target_os = "linux")]
fn open() -> (File, File) {
    use nix::fcntl::{OFlag, open};
    use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
    use nix::sys::stat::Mode;

    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let master = posix_openpt(flags).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let slave = open(ptsname_r(&master).unwrap().as_str(), flags, Mode::empty()).unwrap();
    (File::from(OwnedFd::from(master)), File::from(slave))
}

/// A new terminal: the end of the person and the end of the process.
#[cfg(not(target_os = "linux"))]
fn open() -> (File, File) {
    use nix::fcntl::{FcntlArg, FdFlag, fcntl};

    let ends = nix::pty::openpty(None, None).unwrap();
    for end in [&ends.master, &ends.slave] {
        fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
    }
    (File::from(ends.master), File::from(ends.slave))
}

/// `stty` sets the size: the call itself is not to be had in safe Rust.
fn resize(slave: &File, (rows, columns): (u16, u16)) {
    let set = || {
        let mut stty = Command::new("stty");
        stty.args(["rows", &rows.to_string(), "cols", &columns.to_string()]);
        let status = stty.stdin(Stdio::from(OwnedFd::from(slave.try_clone().unwrap()))).status();
        status.is_ok_and(|status| status.success())
    };
    // It looks at the terminal again, and fails where what runs there has set something in between.
    let done = (0..20).any(|_| {
        set() || {
            std::thread::sleep(Duration::from_millis(20));
            false
        }
    });
    assert!(done, "stty sets the size");
}

/// The shell text that starts "$@" with standard streams sent elsewhere.
fn redirecting(redirect: &str) -> String {
    if let Some((before, after)) = redirect.split_once(" PIPE") {
        // Not exec'd: the shell waits for the last of the pipeline, and its status is that one's.
        return format!("record=$0; cat \"$record/pty.stdin\" | \"$@\"{before}{after}");
    }
    format!("record=$0; exec \"$@\"{redirect}")
}

fn listen(mut master: File, seen: Arc<(Mutex<Seen>, Condvar)>) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            let count = master.read(&mut buffer).unwrap_or(0);
            let mut now = seen.0.lock().unwrap();
            now.raw.extend_from_slice(&buffer[..count]);
            now.ended = count == 0;
            seen.1.notify_all();
            if count == 0 {
                return;
            }
        }
    });
}

/// Everything that was shown, once the terminal has ended, or a little later when something still holds it.
fn drain(seen: &(Mutex<Seen>, Condvar)) -> Vec<u8> {
    let now = seen.0.lock().unwrap();
    let (now, _) = seen.1.wait_timeout_while(now, Duration::from_secs(2), |now| !now.ended).unwrap();
    now.raw.clone()
}
