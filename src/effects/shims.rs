//! Shims: links named after the tools, in one directory that stands first on `PATH`.
//!
//! A link is made for a tool that is installed, and for no other: a script that asks whether a tool is there gets the
//! true answer. Links are never taken away while shells may use them; `uninstall` does that, and a new shell for the tools
//! that a configuration names so. Nothing here knows what a tool does, but for Python, which comes and goes with its
//! environments.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{installed, state};
use crate::error::Kind;
use crate::order;
use crate::world::{Snapshot, Vars, tools};

/// The directory of the shims; `None` without a home directory.
pub fn directory(snapshot: &Snapshot) -> Option<PathBuf> {
    Some(snapshot.base("XDG_DATA_HOME", ".local/share")?.join("dbguard/shims"))
}

/// Makes the links that are missing, or that lead to another program. Those that are `asked` for are made wherever their
/// tool is.
///
/// Errors: the first link that could not be made; the others are made all the same.
pub fn refresh(
    directory: &Path,
    program: &Path,
    names: &[&str],
    asked: impl Fn(&str) -> bool,
    snapshot: &Snapshot,
) -> io::Result<()> {
    if installed::is_unchanged(directory, program, names, snapshot) {
        return Ok(());
    }
    if !directory.exists() && !state::may_make(directory, nix::unistd::geteuid().as_raw()) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut outcome = fs::create_dir_all(directory);
    let mut settled = true;
    for name in names {
        let link = directory.join(name);
        if fs::read_link(&link).is_ok_and(|to| to == program) {
            continue;
        }
        match tools::locate(OsStr::new(name), &snapshot.vars) {
            Ok(real) if !asked(name) && passing(name, &real) && !stays(name, &snapshot.vars) => {}
            Ok(_) => outcome = outcome.and(point(&link, program)),
            // It may be made executable, or what a link leads to may come: its directory shows neither.
            Err(error) => {
                settled &= error.kind() == Kind::NotFound && !tools::leads_nowhere(OsStr::new(name), &snapshot.vars);
            }
        }
    }
    if settled && outcome.is_ok() {
        let _ = installed::record(directory, program, names, snapshot);
    }
    outcome
}

/// Whether a Python is there also without a virtual environment.
fn stays(name: &str, vars: &Vars) -> bool {
    let all = tools::candidates(OsStr::new(name), vars);
    all.iter().any(|one| !one.is_dbguard && !passing(name, &one.path))
}

/// Whether this is a Python that is there only while a virtual environment is active. Many systems have no `python`, and
/// scripts look for one (`command -v python || command -v python3`): a link that stays behind would lie to them.
pub fn passing(name: &str, real: &Path) -> bool {
    let above = real.parent().and_then(Path::parent);
    let beside = |file: &str| above.is_some_and(|above| above.join(file).exists());
    matches!(name, "python" | "python3") && (beside("pyvenv.cfg") || beside("conda-meta"))
}

/// Takes these links away, where they are links to a dbguard.
pub fn withdraw(directory: &Path, names: &[&str]) {
    let (links, _) = if names.is_empty() { Default::default() } else { list(directory) };
    let unwanted = |link: &&PathBuf| link.file_name().is_some_and(|name| names.iter().any(|known| name == *known));
    for link in links.iter().filter(unwanted) {
        let _best_effort = fs::remove_file(link);
    }
}

/// What is in the directory: links to a dbguard, whether it is there or not, and everything else.
pub fn list(directory: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    order::sort(&mut paths);
    paths
        .into_iter()
        .partition(|path| fs::read_link(path).is_ok_and(|to| to.file_name() == Some(OsStr::new("dbguard"))))
}

/// Makes the link in one step, so that nobody ever finds none. What is no link is somebody's own file and stays.
fn point(link: &Path, program: &Path) -> io::Result<()> {
    if fs::symlink_metadata(link).is_ok_and(|meta| !meta.is_symlink()) {
        return Ok(());
    }
    let mut name = link.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let fresh = link.with_file_name(name);
    symlink(program, &fresh)?;
    fs::rename(&fresh, link).inspect_err(|_| {
        let _ = fs::remove_file(&fresh);
    })
}
