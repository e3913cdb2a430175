//! Which scripts an argument means: a file, standard input, or the `*.sql` files below a directory.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::order;
use crate::text::Untrusted;
use crate::world::Snapshot;

/// One thing to scan.
pub(super) enum Script {
    /// `-`.
    Stdin,
    /// A file, by the name to show.
    File(PathBuf),
}

impl Script {
    /// The name to show.
    pub(super) fn shown(&self) -> &Path {
        match self {
            Self::Stdin => super::stdin_name(),
            Self::File(path) => path,
        }
    }

    /// Below which directories its includes may stand: where the scan was started, and where the file stands.
    pub(super) fn within(&self, cwd: &Path) -> Vec<PathBuf> {
        let own = match self {
            Self::Stdin => None,
            Self::File(path) => cwd.join(path).canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned)),
        };
        let mut within: Vec<PathBuf> = cwd.canonicalize().into_iter().chain(own).collect();
        if within.is_empty() {
            within.push(cwd.to_owned()); // an empty list would mean anywhere
        }
        within
    }
}

/// How deep directories are looked into.
const DEEP: usize = 64;

/// All scripts that these arguments mean, in their order; those of a directory by name.
pub(super) fn gather(arguments: &[PathBuf], snapshot: &Snapshot) -> Result<Vec<Script>> {
    let mut scripts = Vec::new();
    for argument in arguments {
        if argument == super::stdin_name() {
            scripts.push(Script::Stdin);
            continue;
        }
        let meta = std::fs::metadata(snapshot.cwd.join(argument)).map_err(|cause| unreadable(argument, &cause))?;
        if !meta.is_dir() {
            scripts.push(Script::File(argument.clone()));
            continue;
        }
        let before = scripts.len();
        walk(argument, &snapshot.cwd, DEEP, &mut scripts)?;
        if scripts.len() == before {
            let message = format!("there is no *.sql file below `{}`", Untrusted::path(argument));
            return Err(Error::new(Kind::Negative, message).hint("name the files: dbguard scan FILE…"));
        }
    }
    Ok(scripts)
}

/// The `*.sql` files below a directory. Hidden names are left out, and so are links: what they lead to either stands
/// below the directory itself, or is none of its business.
fn walk(directory: &Path, cwd: &Path, deep: usize, scripts: &mut Vec<Script>) -> Result<()> {
    let entries = std::fs::read_dir(cwd.join(directory)).map_err(|cause| unreadable(directory, &cause))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|cause| unreadable(directory, &cause))?;
        let kind = entry.file_type().map_err(|cause| unreadable(directory, &cause))?;
        names.push((entry.file_name(), kind));
    }
    order::sort_by(&mut names, |(one, _), (other, _)| one.cmp(other));
    for (name, kind) in names.into_iter().filter(|(name, _)| !name.as_bytes().starts_with(b".")) {
        let path = directory.join(&name);
        if kind.is_file() && is_sql(&name) {
            scripts.push(Script::File(path));
        } else if kind.is_dir() && deep > 0 {
            walk(&path, cwd, deep - 1, scripts)?;
        } else if kind.is_dir() {
            let message = format!("`{}` is nested too deeply", Untrusted::path(&path));
            return Err(Error::refused(message));
        }
    }
    Ok(())
}

fn is_sql(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql"))
}

fn unreadable(path: &Path, cause: &std::io::Error) -> Error {
    let cause = cause.to_string();
    let cause = cause.split(" (os error").next().unwrap_or_default().to_lowercase();
    Error::refused(format!("`{}` cannot be scanned: {cause}", Untrusted::path(path)))
}
