//! What the prompt shows: which database environment this shell would reach.
//!
//! Every source that speaks for this shell is asked (a bare psql, URL vars, the project's files), each is classified,
//! and the strictest decides. It is total: it never fails, never asks, starts nothing. It knows nothing of plans and
//! policy, nor of shells and terminals; those are handed the [`Segment`] that comes out.

mod format;
mod segment;
mod shown;
mod theme;

use std::path::{Path, PathBuf};

pub use format::{BadFormat, FIELDS, mistakes};
pub use segment::{Segment, shown};
pub use shown::Shown;
pub use theme::{Shades, Show, Style, Theme, Tint};

use crate::environment::{Environment, Level, Rules};
use crate::target::{self, Origin, Resolution, Target};
use crate::world::{Snapshot, tools};

/// Everything that speaks for this shell, and what of it decides.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Every source, a bare psql first.
    pub voices: Vec<Voice>,
    /// The files and directories that this depends on, besides the configuration's.
    pub watched: Vec<PathBuf>,
}

/// One source of a target.
#[derive(Clone, Debug)]
pub struct Voice {
    /// Who says so: `psql`, `DATABASE_URL`, `.env:3`.
    pub source: String,
    /// What it says.
    pub resolution: Resolution,
    /// Where that belongs.
    pub environment: Environment,
    /// Somebody said something: not every field is a built-in default.
    pub explicit: bool,
}

/// Asks every source. `root` is the root of the project.
pub fn read(snapshot: &Snapshot, rules: &Rules, root: &Path) -> Reading {
    let program = tools::locate("psql".as_ref(), &snapshot.vars).ok();
    let invocation = target::parse("psql", &[], program, snapshot);
    let bare = target::resolve(&invocation, snapshot);
    let explicit = target_of(&bare).is_none_or(is_explicit);
    let environment = classify(&bare, rules);
    let watched = of_origins(target_of(&bare), snapshot);
    let _ = root;
    let voices = vec![Voice { source: "psql".to_owned(), resolution: bare, environment, explicit }];
    Reading { voices, watched }
}

impl Reading {
    /// What a bare psql would reach.
    pub fn bare(&self) -> Option<&Voice> {
        self.voices.first()
    }

    /// The strictest voice, the earlier of two equals; a voice that only repeats defaults yields to one that says
    /// something.
    pub fn deciding(&self) -> Option<&Voice> {
        let rank = |voice: &Voice| (strictness(&voice.environment), voice.explicit);
        self.voices.iter().rev().max_by_key(|voice| rank(voice))
    }
}

impl Voice {
    /// What a var can carry to the guard, to compare with what it finds: the environment and the place.
    pub fn shown(&self) -> String {
        segment::shown(&self.environment, self.target())
    }

    /// The target, as far as it is known.
    pub fn target(&self) -> Option<&Target> {
        target_of(&self.resolution)
    }
}

/// Production by name says more than unknown, and both are equally strict.
fn strictness(environment: &Environment) -> (Level, bool) {
    (environment.level(), matches!(environment, Environment::Known(_)))
}

fn target_of(resolution: &Resolution) -> Option<&Target> {
    match resolution {
        Resolution::Resolved(target) => Some(target),
        Resolution::Ambiguous { partial, .. } => partial.as_ref(),
        Resolution::NoServer { .. } => None,
    }
}

/// Whether anybody said anything, or every field is built in.
fn is_explicit(target: &Target) -> bool {
    let silent = |origin: &Origin| matches!(origin, Origin::Default | Origin::SystemUser | Origin::User);
    let fields = [&target.dbname, &target.user, &target.service].into_iter().flatten().map(|field| &field.origin);
    let hosts = target.hosts.iter().flat_map(|host| {
        let names = [&host.host, &host.hostaddr].into_iter().flatten().map(|field| &field.origin);
        names.chain(std::iter::once(&host.port.origin))
    });
    !fields.chain(hosts).all(silent) || target.via.is_some()
}

fn classify(resolution: &Resolution, rules: &Rules) -> Environment {
    match resolution {
        Resolution::Resolved(target) => rules.classify(target),
        Resolution::NoServer { because } | Resolution::Ambiguous { because, .. } => {
            Environment::Unknown { because: because.clone() }
        }
    }
}

/// The files that the bare target was read from, and those that would be read were they there.
fn of_origins(target: Option<&Target>, snapshot: &Snapshot) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    if snapshot.vars.filled("PGSERVICE").is_some() {
        let named = snapshot.vars.filled("PGSERVICEFILE").map(|path| snapshot.cwd.join(path));
        files.extend(named.or_else(|| Some(snapshot.home()?.join(".pg_service.conf"))));
        files.extend(snapshot.vars.filled("PGSYSCONFDIR").map(|path| snapshot.cwd.join(path).join("pg_service.conf")));
    }
    let Some(target) = target else { return files };
    let fields = [&target.dbname, &target.user, &target.service].into_iter().flatten().map(|field| &field.origin);
    let hosts = target.hosts.iter().flat_map(|host| [&host.host, &host.hostaddr].into_iter().flatten());
    for origin in fields.chain(hosts.map(|field| &field.origin)) {
        if let Origin::Service { file, .. } | Origin::File { file, .. } = origin {
            files.push(file.clone());
        }
    }
    files.sort();
    files.dedup();
    files
}
