//! Fake tools: they record how they were called and end as they were told.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use dbguard::shell::posix;

/// What a fake tool does.
pub(crate) struct Fake {
    stdout: String,
    stderr: String,
    status: u8,
}

impl Fake {
    /// One that says nothing and succeeds.
    pub(crate) fn new() -> Self {
        Self { stdout: String::new(), stderr: String::new(), status: 0 }
    }

    /// What it says.
    pub(crate) fn stdout(mut self, text: &str) -> Self {
        text.clone_into(&mut self.stdout);
        self
    }

    /// What it complains.
    pub(crate) fn stderr(mut self, text: &str) -> Self {
        text.clone_into(&mut self.stderr);
        self
    }

    /// How it ends.
    pub(crate) fn status(mut self, status: u8) -> Self {
        self.status = status;
        self
    }

    /// Writes it to `program`; its calls are recorded in directories under `calls`, numbered from 1.
    pub(super) fn install(&self, program: &Path, calls: &Path) {
        fs::create_dir_all(calls).unwrap();
        let calls = posix(calls.as_os_str());
        let mut script = format!(
            "#!/bin/sh\nn=1\nwhile ! /bin/mkdir {calls}/$n 2>/dev/null; do n=$((n + 1)); done\ncall={calls}/$n\n\
             for word in \"$0\" \"$@\"; do printf '%s\\0' \"$word\"; done >$call/argv\n\
             /usr/bin/env -0 >$call/vars\n\
             [ -t 0 ] || /bin/cat >$call/stdin\n"
        );
        for (text, redirect) in [(&self.stdout, ""), (&self.stderr, " >&2")] {
            if !text.is_empty() {
                writeln!(script, "printf %s {}{redirect}", posix(OsStr::new(text))).unwrap();
            }
        }
        writeln!(script, ": >$call/ended\nexit {}", self.status).unwrap();
        fs::write(program, script).unwrap();
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// One recorded call of a fake tool.
#[derive(Debug)]
pub(crate) struct Call {
    /// The arguments, byte for byte, without the tool's own name.
    pub(crate) args: Vec<OsString>,
    /// What came in; empty from a terminal.
    pub(crate) stdin: Vec<u8>,
    /// Its vars.
    pub(crate) vars: BTreeMap<OsString, OsString>,
}

impl Call {
    /// The value of a var.
    pub(crate) fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(OsStr::new(name))?.to_str()
    }

    /// All calls recorded under this directory, in order.
    pub(super) fn read_all(calls: &Path) -> Vec<Self> {
        (1..u32::MAX)
            .map(|n| calls.join(n.to_string()))
            .take_while(|dir| dir.is_dir())
            .map(|dir| Self::read(&dir))
            .collect()
    }

    fn read(dir: &Path) -> Self {
        let words = |name: &str| -> Vec<OsString> {
            let bytes = fs::read(dir.join(name)).unwrap_or_default();
            let mut words: Vec<_> =
                bytes.split(|&byte| byte == 0).map(|word| OsString::from_vec(word.to_vec())).collect();
            words.pop();
            words
        };
        let vars = words("vars").into_iter().filter_map(|pair| {
            let bytes = pair.into_vec();
            let at = bytes.iter().position(|&byte| byte == b'=')?;
            Some((OsString::from_vec(bytes[..at].to_vec()), OsString::from_vec(bytes[at + 1..].to_vec())))
        });
        let vars = vars.collect();
        let args = words("argv").into_iter().skip(1).collect();
        Self { args, stdin: fs::read(dir.join("stdin")).unwrap_or_default(), vars }
    }
}
