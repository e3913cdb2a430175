//! Where the files of the layers are.
//!
//! A value, so that a test names its own places. Only names are made here; nothing is read but what marks the root of
//! a repository.

use std::path::{Path, PathBuf};

use crate::world::Snapshot;

/// Where the files of the layers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Team or fleet; `None` leaves the layer out.
    pub system: Option<PathBuf>,
    /// The user's own; `None` without a home directory.
    pub user: Option<PathBuf>,
    /// The user's file was named by `DBGUARD_CONFIG`, so it has to be there.
    pub named: bool,
    /// Where a project's file may stand: from the root of the project down to the working directory.
    pub projects: Vec<PathBuf>,
    /// Files that a project includes stay below it.
    pub project_root: PathBuf,
    /// What was trusted; `None` without a home directory.
    pub trust: Option<PathBuf>,
    /// What `~/` stands for.
    pub home: Option<PathBuf>,
}

/// The name of a project's file.
pub const PROJECT_FILE: &str = ".dbguard.toml";

impl Places {
    /// The places as DESIGN has them.
    pub fn of(snapshot: &Snapshot) -> Self {
        let named = snapshot.vars.filled("DBGUARD_CONFIG").map(PathBuf::from);
        let home = snapshot.home().map(Path::to_path_buf);
        let project_root = project_root(&snapshot.cwd, home.as_deref());
        let below = snapshot.cwd.ancestors().take_while(|directory| directory.starts_with(&project_root));
        let mut projects: Vec<PathBuf> = below.map(|directory| directory.join(PROJECT_FILE)).collect();
        projects.reverse();
        Self {
            system: Some(PathBuf::from("/etc/dbguard/config.toml")),
            named: named.is_some(),
            user: named.or_else(|| Some(snapshot.config_dir()?.join("config.toml"))),
            projects,
            project_root,
            trust: snapshot.state_dir().map(|state| state.join("trust")),
            home,
        }
    }
}

impl Places {
    /// One file alone, which has to be there: what `config check FILE` checks.
    pub fn only(file: PathBuf, snapshot: &Snapshot) -> Self {
        Self { system: None, user: Some(file), named: true, projects: Vec::new(), ..Self::of(snapshot) }
    }
}

/// The repository's root: the nearest directory with a `.git` (a file in worktrees and submodules).
///
/// Without a repository it is the topmost directory below the home directory on the way, and outside the home
/// directory the working directory alone: in `/tmp` a parent is anybody's.
fn project_root(cwd: &Path, home: Option<&Path>) -> PathBuf {
    let repository = cwd.ancestors().find(|directory| directory.join(".git").symlink_metadata().is_ok());
    let below_home = || {
        let home = home.filter(|home| home.parent().is_some())?;
        cwd.ancestors().take_while(|directory| directory.starts_with(home) && *directory != home).last()
    };
    repository.or_else(below_home).unwrap_or(cwd).to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_repository_the_project_ends_below_the_home_directory() {
        let root = |cwd: &str, home: Option<&str>| project_root(Path::new(cwd), home.map(Path::new));
        assert_eq!(root("/nowhere/u/a/b", Some("/nowhere/u")), Path::new("/nowhere/u/a"));
        assert_eq!(root("/nowhere/u", Some("/nowhere/u")), Path::new("/nowhere/u"));
        assert_eq!(root("/nowhere/user2/a", Some("/nowhere/u")), Path::new("/nowhere/user2/a"));
        assert_eq!(root("/nowhere/a/b", None), Path::new("/nowhere/a/b"));
        assert_eq!(root("/nowhere/a/b", Some("/")), Path::new("/nowhere/a/b"));
    }
}
