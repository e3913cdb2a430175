//! What the vars and the static files of a project say about databases, each as a resolved target.
//!
//! This is what a shell's prompt is made of, besides the target of a bare `psql`. Nothing of a project is ever run: a file
//! whose format is code is not looked at, a template is not filled in, and what cannot be said is ambiguous. The files
//! are untrusted and bounded; no trouble with them is an error. It does not know rules or policy.

pub(super) mod alembic;
pub(super) mod appsettings;
pub(super) mod dbconfig;
pub(super) mod dbt;
mod dotenv;
pub(super) mod env_files;
pub(super) mod foreign;
pub(super) mod frameworks;
pub(super) mod graphile;
mod ini;
pub(super) mod java;
mod jdbc;
pub(super) mod json;
pub(super) mod look;
pub(super) mod php;
pub(super) mod postgrator;
pub(super) mod prisma;
mod properties;
pub(super) mod rails;
pub(super) mod reading;
mod record;
pub(super) mod sqitch;
pub(super) mod supabase;
pub(super) mod survey;
pub(super) mod url;
pub(super) mod vars;
mod yaml;
pub(super) mod yoyo;

use std::fmt;
use std::path::{Path, PathBuf};

pub(super) use reading::Driver;
pub use vars::{CLIENT_VARS, SELECTION_VARS, TARGET_VARS, URL_VARS};

use super::Resolution;
use crate::text::Untrusted;
use crate::world::Snapshot;
use survey::Survey;

/// What vars and files say, and what has to be watched to know when to ask again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// One for each place that names a database, in no order of importance.
    pub found: Vec<Mention>,
    /// What was looked at.
    pub watched: Watched,
}

/// One place that names a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The place.
    pub source: Source,
    /// What it names. Never [`Resolution::NoServer`].
    pub resolution: Resolution,
}

/// Where something was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A var.
    Var(String),
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// The line from 1; 0 for the file as a whole.
        line: usize,
        /// The key in the file's own words: `DATABASE_URL`, `development.primary`; empty for the file as a whole.
        key: String,
    },
}

/// What the answer depends on, besides [`TARGET_VARS`] and [`URL_VARS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Files that are there and were read.
    pub files: Vec<PathBuf>,
    /// Directories where a file could appear.
    pub directories: Vec<PathBuf>,
    /// The other vars that were asked for: a file is there that names them, or whose tool reads them.
    pub vars: Vec<String>,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Var(name) => write!(f, "{}", Untrusted::text(name)),
            Self::File { path, line: 0, .. } => write!(f, "{}", Untrusted::path(path)),
            Self::File { path, line, key } => {
                write!(f, "{}:{line} (`{}`)", Untrusted::path(path), Untrusted::text(key))
            }
        }
    }
}

/// Everything that the vars and the files from the working directory up to `root` say about databases.
pub fn mentions(snapshot: &Snapshot, root: &Path) -> Mentions {
    let mut survey = Survey::new(snapshot, root);
    survey.url_vars();
    env_files::look(&mut survey);
    rails::look(&mut survey);
    alembic::look(&mut survey);
    sqitch::look(&mut survey);
    java::flyway(&mut survey);
    java::liquibase(&mut survey);
    json::sequelize(&mut survey);
    json::typeorm(&mut survey);
    json::db_migrate(&mut survey);
    prisma::look(&mut survey);
    survey.done()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::SystemTime;

    use super::*;
    use crate::target::{Field, Host, Target};
    use crate::world::{User, Vars};

    /// A project made up for a test, and what is said about it in one line each; its directory goes with it.
    pub(super) struct Sample {
        /// The root of the project.
        pub(super) root: PathBuf,
        /// The working directory, below it.
        cwd: PathBuf,
        vars: Vars,
    }

    impl Sample {
        /// An empty one.
        pub(super) fn new() -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let root = std::env::temp_dir().join(format!("dbguard-project-{}-{number}", std::process::id()));
            fs::create_dir_all(&root).unwrap();
            Self { cwd: root.clone(), root, vars: Vars::default() }
        }

        /// With a file.
        pub(super) fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
            let path = self.root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            self
        }

        /// With a var.
        pub(super) fn var(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
            self.vars.set(name, value.as_ref());
            self
        }

        /// Below the root.
        pub(super) fn at(mut self, below: &str) -> Self {
            self.cwd = self.root.join(below);
            fs::create_dir_all(&self.cwd).unwrap();
            self
        }

        /// What is mentioned.
        pub(super) fn mentions(&self) -> Mentions {
            let user = User { uid: 4_000_000_000, name: Some("os-user".into()), home: None };
            let snapshot =
                Snapshot { vars: self.vars.clone(), cwd: self.cwd.clone(), user, now: SystemTime::UNIX_EPOCH };
            mentions(&snapshot, &self.root)
        }

        /// What is mentioned, a line each: `SOURCE -> user@host:port/database`, or `SOURCE -> ? why`.
        pub(super) fn said(&self) -> Vec<String> {
            self.mentions().found.iter().map(|mention| line(mention, &self.root)).collect()
        }
    }

    impl Drop for Sample {
        fn drop(&mut self) {
            let _gone_or_not = fs::remove_dir_all(&self.root);
        }
    }

    fn line(mention: &Mention, root: &Path) -> String {
        let source = match &mention.source {
            Source::Var(name) => name.clone(),
            Source::File { path, line, key } => {
                format!("{}:{line} {key}", path.strip_prefix(root).unwrap_or(path).display())
            }
        };
        let told = match &mention.resolution {
            Resolution::Resolved(target) => place(target),
            Resolution::Ambiguous { partial: None, because } => format!("? {because}"),
            Resolution::Ambiguous { partial: Some(target), because } => format!("? {because} [{}]", place(target)),
            Resolution::NoServer { .. } => panic!("a mention of no server"),
        };
        format!("{source} -> {}", told.replace(&format!("{}/", root.display()), ""))
    }

    fn place(target: &Target) -> String {
        let hosts: Vec<String> = target.hosts.iter().map(Host::shown).collect();
        let part = |field: Option<&Field<_>>| field.map_or_else(|| "-".to_owned(), Field::shown);
        format!("{}@{}/{}", part(target.user.as_ref()), hosts.join(","), part(target.dbname.as_ref()))
    }
}
