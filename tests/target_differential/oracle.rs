//! Runs a case through dbguard and through the real tool, and compares who was to be called with who was.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dbguard::target::{self, Resolution, Target};
use dbguard::world::{Snapshot, Vars};

use super::generator::Case;
use super::listener::{Callers, Contact, Place};

/// How a case came out.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Both say the same server.
    SameServer,
    /// Both say that no server is touched.
    NoServer,
    /// dbguard names a server, and the tool gave up before it called anybody: harmless.
    GaveUp(String),
    /// dbguard does not say.
    Ambiguous(String),
    /// They disagree.
    Wrong(String),
}

/// Where cases run.
pub(super) struct Bench<'a> {
    pub(super) root: PathBuf,
    pub(super) bin: PathBuf,
    pub(super) callers: &'a Callers,
}

impl Bench<'_> {
    pub(super) fn run(&self, case: &Case) -> Outcome {
        let case = self.arranged(case);
        let program = self.bin.join(case.tool);
        let snapshot = self.snapshot(&case);
        let invocation = target::parse(case.tool, &case.args, Some(program.clone()), &snapshot);
        let resolution = target::resolve(&invocation, &snapshot);
        let stderr = self.call(&program, &case);
        let heard = self.callers.heard();
        let rejected = invocation.rejected.is_some();
        if rejected && !matches!(resolution, Resolution::NoServer { .. }) {
            return Outcome::Wrong(format!("rejected, and yet {resolution:?}"));
        }
        self.judge(&resolution, &heard, &stderr)
    }

    /// Writes the files of a case and puts real paths into its vars.
    fn arranged(&self, case: &Case) -> Case {
        let mut case = case.clone();
        for directory in ["home", "sysconf", "clusters"] {
            let path = self.root.join(directory);
            _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
        }
        _ = fs::remove_file(self.root.join("service.conf"));
        for (name, text) in &case.files {
            let path = self.root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        for (_, value) in &mut case.vars {
            match value.as_bytes() {
                b"@service" => *value = self.root.join("service.conf").into(),
                b"@clusters" => *value = self.root.join("clusters").into(),
                b"@sysconf" => *value = self.root.join("sysconf").into(),
                _ => {}
            }
        }
        case.vars.push(("HOME", self.root.join("home").into()));
        case.vars.push(("PATH", "/usr/bin:/bin".into()));
        case.vars.push(("LC_ALL", "C".into()));
        // Where a build looks for the system-wide file is not known unless it is Debian's.
        if !self.bin.starts_with("/usr/lib/postgresql") && case.vars.iter().all(|(name, _)| *name != "PGSYSCONFDIR") {
            case.vars.push(("PGSYSCONFDIR", self.root.join("sysconf").into()));
        }
        case
    }

    fn snapshot(&self, case: &Case) -> Snapshot {
        let mut snapshot = Snapshot::read().unwrap();
        snapshot.vars = case.vars.iter().map(|(name, value)| (OsString::from(name), value.clone())).collect::<Vars>();
        snapshot.cwd.clone_from(&self.root);
        snapshot
    }

    /// Runs the real tool; answers with what it wrote to standard error.
    fn call(&self, program: &Path, case: &Case) -> String {
        let errors = self.root.join("stderr");
        let mut command = Command::new(program);
        command.args(&case.args).env_clear().envs(case.vars.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.root).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(fs::File::create(&errors).unwrap());
        let mut child = command.spawn().unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        while child.try_wait().unwrap().is_none() {
            if Instant::now() > end {
                child.kill().unwrap();
                child.wait().unwrap();
                return "HANGS".to_owned();
            }
            std::thread::sleep(Duration::from_micros(300));
        }
        _ = fs::remove_dir_all(format!("{}/new", self.callers.directories[0]));
        String::from_utf8_lossy(&fs::read(errors).unwrap()).into_owned()
    }

    fn judge(&self, resolution: &Resolution, heard: &[Contact], stderr: &str) -> Outcome {
        match resolution {
            Resolution::Ambiguous { because, .. } => Outcome::Ambiguous(because.clone()),
            Resolution::NoServer { because } => {
                let called = !heard.is_empty() || tried_to_connect(stderr) || stderr == "HANGS";
                if called {
                    Outcome::Wrong(format!("said to touch no server ({because}), called {heard:?}\n{stderr}"))
                } else {
                    Outcome::NoServer
                }
            }
            Resolution::Resolved(target) => self.compare(target, heard, stderr),
        }
    }

    fn compare(&self, target: &Target, heard: &[Contact], stderr: &str) -> Outcome {
        let all: Vec<Place> = target.hosts.iter().map(place).collect();
        let expected: Vec<&Place> = all.iter().filter(|place| self.callers.has(place)).collect();
        let called: Vec<&Place> = heard.iter().map(|contact| &contact.place).collect();
        let wrong = |what: &str| Outcome::Wrong(format!("{what}: expected {target:?}\ncalled {heard:?}\n{stderr}"));
        if called.is_empty() {
            let settings = ["SSL was required", "invalid integer value"].iter().find(|words| stderr.contains(*words));
            if let Some(words) = settings {
                return Outcome::GaveUp((*words).to_owned());
            }
            let told = stderr.contains("connection is bad"); // psycopg, which does not say where
            let tried = all.iter().all(|(host, _)| told || stderr.contains(host.as_str()));
            let tried = tried && tried_to_connect(stderr);
            return match (expected.is_empty() && tried, tried_to_connect(stderr)) {
                (true, _) => Outcome::SameServer,
                (false, false) => Outcome::GaveUp(first_line(stderr)),
                (false, true) => wrong("nobody was called"),
            };
        }
        if expected.is_empty() || called.chunks(expected.len()).any(|round| round != expected) {
            return wrong("other servers");
        }
        if heard.iter().any(|contact| Some(OsStr::from_bytes(&contact.user)) != user(target)) {
            return wrong("another user");
        }
        let first = &heard[0];
        if (first.replication.as_deref() == Some(b"true")) != target.dbname.is_none() {
            return wrong("replication");
        }
        let name = target.dbname.as_ref().map(|field| field.value.as_bytes());
        if name.is_some() && first.database.as_deref() != name {
            return wrong("another database");
        }
        Outcome::SameServer
    }
}

/// libpq's words, and psycopg's, which says the same of a list that does not match.
fn tried_to_connect(stderr: &str) -> bool {
    let words = ["connection to server", "connection failed", "connection is bad"];
    words.iter().any(|words| stderr.contains(words)) && !stderr.contains("could not match")
}

fn first_line(text: &str) -> String {
    let line = text.lines().find(|line| line.contains(" error: ")).or(text.lines().next());
    line.unwrap_or_default().split(" \"").next().unwrap_or_default().to_owned()
}

fn user(target: &Target) -> Option<&OsStr> {
    target.user.as_ref().map(|field| field.value.as_os_str())
}

fn place(host: &target::Host) -> Place {
    let named = host.hostaddr.as_ref().or(host.host.as_ref()).unwrap();
    (named.value.to_string_lossy().into_owned(), host.port.value)
}
