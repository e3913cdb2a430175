//! What a resolution stands on: the vars as the tool will see them, and what is known of the tool's build.
//!
//! A wrapper such as Debian's may set vars before the real tool starts; they lie over the user's own here, each with
//! its own origin. Nothing is decided in this module.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::origin::Origin;
use crate::world::Snapshot;

/// The ground of one resolution.
#[derive(Clone, Debug)]
pub(super) struct Ground<'a> {
    /// The outside.
    pub(super) snapshot: &'a Snapshot,
    /// Vars that a wrapper sets.
    pub(super) overlay: Vec<Overlay>,
    /// What is known of the build.
    pub(super) build: Build,
}

/// A var that a wrapper sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Overlay {
    /// The var.
    pub(super) name: &'static str,
    /// Its value.
    pub(super) value: OsString,
    /// What made the wrapper set it.
    pub(super) origin: Origin,
}

/// What the place of a program says about how it was built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Build {
    /// The major version, where the path says it.
    pub(super) major: Option<u32>,
    /// The system-wide configuration directory, where it is known.
    pub(super) sysconfdir: Option<PathBuf>,
    /// The default directory of unix sockets.
    pub(super) socket_dir: Option<&'static str>,
}

/// Where Debian's packages have each version's programs.
pub(super) const DEBIAN_BINROOT: &str = "/usr/lib/postgresql";
/// Debian's `SYSCONFDIR`.
pub(super) const DEBIAN_SYSCONFDIR: &str = "/etc/postgresql-common";

impl Build {
    /// Reads the path of a program, symlinks followed: `/usr/lib/postgresql/15/bin/psql`.
    pub(super) fn of(program: &Path) -> Self {
        let real = std::fs::canonicalize(program).unwrap_or_else(|_| program.to_owned());
        let debian = real.starts_with(DEBIAN_BINROOT);
        Self {
            major: major(&real),
            sysconfdir: debian.then(|| PathBuf::from(DEBIAN_SYSCONFDIR)),
            socket_dir: (debian || real.starts_with("/usr/bin") || real.starts_with("/usr/pgsql-"))
                .then_some(DEBIAN_SOCKETS),
        }
    }

    /// The default socket directory: upstream's is `/tmp`.
    pub(super) fn sockets(&self) -> &'static str {
        self.socket_dir.unwrap_or("/tmp")
    }
}

/// Linux distributions patch the default socket directory to this one.
const DEBIAN_SOCKETS: &str = "/var/run/postgresql";

/// `…/postgresql/15/bin/…`, `/usr/pgsql-15/bin/…`, `…/postgresql@15/…`, `…/Versions/15/bin/…`.
fn major(path: &Path) -> Option<u32> {
    let names: Vec<&str> = path.iter().filter_map(OsStr::to_str).collect();
    names.windows(3).find_map(|three| match three {
        ["postgresql" | "Versions", version, "bin"] => version.parse().ok(),
        [_, name, _] => name.strip_prefix("pgsql-").or_else(|| name.strip_prefix("postgresql@"))?.parse().ok(),
        _ => None,
    })
}

impl<'a> Ground<'a> {
    /// The ground without a wrapper.
    pub(super) fn plain(snapshot: &'a Snapshot, program: Option<&Path>) -> Self {
        let build = program.map(Build::of).unwrap_or_default();
        Self { snapshot, overlay: Vec::new(), build }
    }

    /// A var as the tool will see it, also when it is empty.
    pub(super) fn var(&self, name: &str) -> Option<(&OsStr, Origin)> {
        let set = self.overlay.iter().find(|overlay| overlay.name == name);
        match set {
            Some(overlay) => Some((&overlay.value, overlay.origin.clone())),
            None => Some((self.snapshot.vars.get(name)?, Origin::Var(name.to_owned()))),
        }
    }
}
