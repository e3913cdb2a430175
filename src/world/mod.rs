//! Reading the outside once: vars, working directory, user, clock, terminal facts, files.
//!
//! Everything later works on values from here, so that a test arranges a world instead of a machine. This module
//! knows no meaning: not what a var is for, nor what a file says.

pub mod agents;
pub mod files;
pub mod net;
pub mod processes;
pub mod program;
pub mod stdin;
pub mod terminal;
pub mod tools;
mod vars;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub use vars::Vars;

use crate::error::Result;

/// The outside as it was when the process started.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Process environment variables.
    pub vars: Vars,
    /// Working directory, absolute.
    pub cwd: PathBuf,
    /// The operating-system user.
    pub user: User,
    /// The clock.
    pub now: SystemTime,
}

/// The operating-system user, as the password database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Effective user id, which is what libpq asks for (`geteuid` in `pg_fe_getusername`).
    pub uid: u32,
    /// Its name; `None` when the password database does not know the id.
    pub name: Option<String>,
    /// Its home directory according to the password database.
    pub home: Option<PathBuf>,
}

impl Snapshot {
    /// Reads the outside.
    pub fn read() -> Result<Self> {
        let vars = Vars::read();
        let cwd = std::env::current_dir().unwrap_or_else(|_| named_directory(&vars));
        Ok(Self { vars, cwd, user: User::read(), now: SystemTime::now() })
    }

    /// The same without the password database, which may be asked over the network, for what needs nobody's name.
    /// Nothing where the home directory would have to be looked up there.
    pub fn nameless() -> Option<Self> {
        let vars = Vars::read();
        vars.filled("HOME").filter(|home| Path::new(home).is_absolute())?;
        let user = User { uid: nix::unistd::geteuid().as_raw(), name: None, home: None };
        Some(Self { vars, cwd: std::env::current_dir().ok()?, user, now: SystemTime::now() })
    }

    /// The home directory: `$HOME` when it is set and not empty, else the password database's.
    pub fn home(&self) -> Option<&Path> {
        self.vars.filled("HOME").map(Path::new).or(self.user.home.as_deref())
    }

    /// An XDG base directory: the var when it is an absolute path, else `fallback` under the home directory.
    ///
    /// The same places on macOS, as DESIGN says; a relative path is ignored, as the XDG specification says.
    pub fn base(&self, var: &str, fallback: &str) -> Option<PathBuf> {
        let set = self.vars.filled(var).map(PathBuf::from).filter(|path| path.is_absolute());
        // A relative `HOME` is libpq's to follow; dbguard's own files do not move with the working directory.
        let home = self.home().filter(|home| home.is_absolute()).or(self.user.home.as_deref());
        set.or_else(|| Some(home?.join(fallback)))
    }

    /// dbguard's own configuration directory.
    pub fn config_dir(&self) -> Option<PathBuf> {
        Some(self.base("XDG_CONFIG_HOME", ".config")?.join("dbguard"))
    }

    /// dbguard's own state directory: audit log, grants, trust.
    pub fn state_dir(&self) -> Option<PathBuf> {
        Some(self.base("XDG_STATE_HOME", ".local/state")?.join("dbguard"))
    }
}

/// What the shell calls a working directory that was removed or cannot be looked up: tools run there all the same.
fn named_directory(vars: &Vars) -> PathBuf {
    let named = vars.filled("PWD").map(PathBuf::from).filter(|path| path.is_absolute());
    named.unwrap_or_else(|| PathBuf::from("/"))
}

impl User {
    fn read() -> Self {
        let uid = nix::unistd::geteuid();
        let entry = nix::unistd::User::from_uid(uid).ok().flatten();
        let (name, home) = match entry {
            Some(entry) => (Some(entry.name), Some(entry.dir)),
            None => (None, None),
        };
        Self { uid: uid.as_raw(), name, home }
    }
}
