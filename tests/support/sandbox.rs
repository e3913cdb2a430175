//! A world of one's own for each test: directories, vars, configuration, tools.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Call, DBGUARD, Fake, Pty, Run, secrets};

/// A temporary directory with a home, a working directory and tools, and the vars that go with it.
///
/// Inside: `home/`, `work/` (the working directory), `bin/` (fake tools), `shims/` and `record/` (what fakes recorded).
/// Dropped, it is searched for secrets and removed.
pub(crate) struct Sandbox {
    root: PathBuf,
    vars: BTreeMap<OsString, OsString>,
    planted: BTreeSet<PathBuf>,
}

impl Sandbox {
    /// An empty world: no configuration, no tools but the machine's own, no vars but those that any process needs.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("dbguard-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let root = std::env::temp_dir().canonicalize().unwrap().join(name);
        fs::DirBuilder::new().mode(0o755).create(&root).unwrap();
        for dir in ["home", "work", "bin", "shims", "record", "run"] {
            fs::create_dir(root.join(dir)).unwrap();
        }
        fs::set_permissions(root.join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        let mut sandbox = Self { root, vars: BTreeMap::new(), planted: BTreeSet::new() };
        sandbox.planted.insert(sandbox.root.join("record"));
        let mut path = OsString::from(sandbox.path("shims"));
        for dir in [sandbox.path("bin").into_os_string(), std::env::var_os("PATH").unwrap_or_default()] {
            path.push(":");
            path.push(dir);
        }
        for (name, dir) in [
            ("HOME", "home"),
            ("XDG_CONFIG_HOME", "home/.config"),
            ("XDG_STATE_HOME", "home/.local/state"),
            ("XDG_DATA_HOME", "home/.local/share"),
            ("XDG_CACHE_HOME", "home/.cache"),
            ("XDG_RUNTIME_DIR", "run"),
        ] {
            sandbox.vars.insert(name.into(), sandbox.path(dir).into());
        }
        sandbox.var("PATH", path).var("TERM", "xterm-256color").var("LC_ALL", "C.UTF-8")
    }

    /// Sets a var.
    pub(crate) fn var(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.vars.insert(name.into(), value.into());
        self
    }

    /// Takes a var out.
    pub(crate) fn no_var(mut self, name: &str) -> Self {
        self.vars.remove(OsStr::new(name));
        self
    }

    /// Writes the user's configuration.
    pub(crate) fn config(self, toml: &str) -> Self {
        self.file("home/.config/dbguard/config.toml", toml)
    }

    /// Writes a file below the sandbox's root, with the directories above it. It may hold secrets: it is the test's own.
    pub(crate) fn file(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self.planted.insert(path);
        self
    }

    /// Changes the mode of a file.
    pub(crate) fn mode(self, path: &str, mode: u32) -> Self {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    /// Makes a directory below the root.
    pub(crate) fn dir(self, path: &str) -> Self {
        fs::create_dir_all(self.path(path)).unwrap();
        self
    }

    /// Puts a fake tool on `PATH` that records its calls and succeeds.
    pub(crate) fn fake(self, name: &str) -> Self {
        self.fake_as(name, &Fake::new())
    }

    /// Puts a fake tool on `PATH` that does this.
    pub(crate) fn fake_as(self, name: &str, fake: &Fake) -> Self {
        fake.install(&self.path("bin").join(name), &self.path("record").join(name));
        self
    }

    /// Puts shims first on `PATH`: symlinks to the built program, named after the tools.
    pub(crate) fn shims<const N: usize>(self, tools: [&str; N]) -> Self {
        for tool in tools {
            std::os::unix::fs::symlink(DBGUARD, self.path("shims").join(tool)).unwrap();
        }
        self
    }

    /// The services `production` and `staging`, which lead to the shared clusters by the names `db.prod.demo` and
    /// `db.staging.demo`, as user `postgres`, to the database `app`.
    pub(crate) fn services(self) -> Self {
        let mut text = String::new();
        for (name, host) in [("production", "db.prod.demo"), ("staging", "db.staging.demo")] {
            let port = super::clusters().get(name).port;
            let _ = write!(text, "[{name}]\nhost={host}\nhostaddr=127.0.0.1\nport={port}\ndbname=app\nuser=postgres\n");
        }
        self.file("home/.pg_service.conf", text)
    }

    /// A path below the root.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A file's text; fails when there is none.
    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> String {
        let path = self.path(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The recorded calls of a fake tool.
    pub(crate) fn calls(&self, name: &str) -> Vec<Call> {
        Call::read_all(&self.path("record").join(name))
    }

    /// The only recorded call of a fake tool.
    #[track_caller]
    pub(crate) fn call(&self, name: &str) -> Call {
        let mut calls = self.calls(name);
        assert_eq!(calls.len(), 1, "`{name}` was called {} times", calls.len());
        calls.remove(0)
    }

    /// Runs dbguard without a terminal.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Run<'_> {
        Run::new(self, OsStr::new(DBGUARD), args)
    }

    /// Runs any program without a terminal; a bare name is looked up on the sandbox's `PATH`.
    pub(crate) fn tool<A: AsRef<OsStr>>(&self, program: &str, args: impl IntoIterator<Item = A>) -> Run<'_> {
        Run::new(self, &self.find(program), args)
    }

    /// Runs dbguard on a terminal.
    pub(crate) fn pty<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Pty<'_> {
        Pty::new(self, OsStr::new(DBGUARD), args)
    }

    /// Runs any program on a terminal; a bare name is looked up on the sandbox's `PATH`.
    pub(crate) fn tool_pty<A: AsRef<OsStr>>(&self, program: &str, args: impl IntoIterator<Item = A>) -> Pty<'_> {
        Pty::new(self, &self.find(program), args)
    }

    /// Gives a command this world's vars and working directory.
    pub(super) fn dress(&self, command: &mut Command) {
        command.env_clear().envs(&self.vars).current_dir(self.path("work"));
    }

    /// `bytes` with the sandbox's root written as `[DIR]`, so that outputs can be compared exactly.
    pub(super) fn neutral(&self, bytes: &[u8]) -> Vec<u8> {
        replace(bytes, self.root.as_os_str().as_encoded_bytes(), b"[DIR]")
    }

    /// Fails when a planted secret stands in a file that the test did not write itself.
    #[track_caller]
    pub(super) fn check_secrets(&self) {
        secrets::check_files(&self.root, &self.planted);
    }

    #[track_caller]
    fn find(&self, program: &str) -> OsString {
        if program.contains('/') {
            return program.into();
        }
        let path = self.vars.get(OsStr::new("PATH")).cloned().unwrap_or_default();
        let found = std::env::split_paths(&path).map(|dir| dir.join(program)).find(|path| path.is_file());
        found.unwrap_or_else(|| panic!("no `{program}` on the sandbox's PATH")).into()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let root = std::mem::take(&mut self.root);
        let checked =
            std::thread::panicking() || std::panic::catch_unwind(|| secrets::check_files(&root, &self.planted)).is_ok();
        // What a test started may write its last file while the directory is being emptied, and is dead after that.
        let removed = (0..100).any(|_| {
            let _ = fs::remove_dir_all(&root);
            !root.exists() || {
                std::thread::sleep(std::time::Duration::from_millis(50));
                false
            }
        });
        assert!(removed || std::thread::panicking(), "{} could not be removed", root.display());
        assert!(checked, "a planted secret was written: see above");
    }
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(from) {
            out.extend_from_slice(to);
            at += from.len();
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}
