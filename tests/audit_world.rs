//! What the tests of the audit log and the grants share: a world with a state directory, events, and workers.

use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dbguard::effects::audit::{self, AuditLog, Event, Phase, Report};
use dbguard::target::{self, Invocation};
use dbguard::world::{Snapshot, User, Vars};

use crate::support::Sandbox;

/// 2026-11-22T12:04:56.123Z.
pub(crate) const THEN: Duration = Duration::from_millis(1_795_349_096_123);

/// A sandbox and the snapshot of it.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) snapshot: Snapshot,
}

impl World {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::new();
        let snapshot = snapshot(&sandbox.path("home/.local/state"));
        Self { sandbox, snapshot }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.sandbox.path("home/.local/state/dbguard/audit.jsonl")
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.sandbox.path("home/.local/state/dbguard")
    }

    pub(crate) fn log(&self) -> AuditLog {
        AuditLog::open(&self.snapshot).unwrap()
    }

    pub(crate) fn verify(&self) -> Report {
        self.log().verify().unwrap()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        fs::read_to_string(self.file()).unwrap().lines().map(str::to_owned).collect()
    }

    pub(crate) fn write(&self, lines: &[String]) {
        fs::write(self.file(), lines.join("\n") + "\n").unwrap();
    }

    /// Appends so many records of one invocation each.
    pub(crate) fn append(&self, count: usize) {
        let log = self.log();
        for number in 0..count {
            drop(log.append(&self.event(&format!("id{number}"))).unwrap());
        }
    }

    pub(crate) fn event(&self, id: &str) -> Event {
        Event::new(id, Phase::Asked, &self.psql(&["-h", "db1", "app"]), &self.snapshot).at(UNIX_EPOCH + THEN)
    }

    pub(crate) fn psql(&self, args: &[&str]) -> Invocation {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        target::parse("psql", &args, None, &self.snapshot)
    }
}

/// A snapshot with this state directory.
pub(crate) fn snapshot(state: &std::path::Path) -> Snapshot {
    let uid = nix::unistd::geteuid().as_raw();
    Snapshot {
        vars: Vars::from_iter([("XDG_STATE_HOME", state)]),
        cwd: PathBuf::from("/work"),
        user: User { uid, name: Some("alice".to_owned()), home: None },
        now: SystemTime::now(),
    }
}

/// This test binary again, to run only the worker of `job` with the state directory of `world`.
pub(crate) fn worker(world: &World, job: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "audit_world::work", "--nocapture", "--test-threads=1"]);
    command.env("DBGUARD_TEST_JOB", job).env("DBGUARD_TEST_STATE", world.sandbox.path("home/.local/state"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// The worker as a user whom file modes hold back: root they do not.
pub(crate) fn powerless(world: &World, job: &str) -> Command {
    let mut command = worker(world, job);
    if nix::unistd::geteuid().is_root() {
        let owner = Some(nix::unistd::Uid::from_raw(NOBODY));
        for path in [
            world.sandbox.path("home/.local"),
            world.sandbox.path("home/.local/state"),
            world.dir(),
            world.file(),
            world.dir().join("grants"),
        ] {
            let _ = nix::unistd::chown(&path, owner, None);
        }
        command.uid(NOBODY);
    }
    command
}

const NOBODY: u32 = 65534;

/// Not a test: what [`worker`] runs in a process of its own. Without a job it does nothing.
#[test]
fn work() {
    let (Some(job), Some(state)) = (std::env::var_os("DBGUARD_TEST_JOB"), std::env::var_os("DBGUARD_TEST_STATE"))
    else {
        return;
    };
    let snapshot = snapshot(state.as_ref());
    let invocation = target::parse("psql", &["-h".into(), "db1".into()], None, &snapshot);
    let append = || {
        let id = audit::fresh_id(SystemTime::now());
        AuditLog::open(&snapshot).and_then(|log| log.append(&Event::new(&id, Phase::Asked, &invocation, &snapshot)))
    };
    let job = job.into_string().unwrap();
    let times = match job.as_str() {
        "forever" => usize::MAX,
        number => number.parse().unwrap(),
    };
    for _ in 0..times {
        if let Err(error) = append() {
            eprintln!("{error}");
            std::process::exit(125);
        }
    }
}
