//! The path by which this program was found.
//!
//! Shell code and shims name it, so it must outlive an upgrade: a link on `PATH` stays that link and is not followed
//! to a directory with a version in its name, which the next upgrade removes.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::Vars;

/// The name of the file that was executed, whatever `argv[0]` says (`exec -a`): Linux keeps its first 15 bytes, as `comm`
/// in proc(5). A link's own name, not that of what it leads to.
pub fn executed() -> Option<OsString> {
    let mut name = fs::read("/proc/self/comm").ok()?;
    name.pop();
    Some(OsString::from_vec(name))
}

/// The absolute path under which the running program stands on `PATH`; else where it runs from.
pub fn path(vars: &Vars) -> PathBuf {
    let running = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("dbguard"));
    let Some(name) = running.file_name() else { return running };
    let identity = |path: &Path| path.metadata().ok().map(|meta| (meta.dev(), meta.ino()));
    let own = identity(&running);
    let entries = vars.get("PATH").map(|path| std::env::split_paths(path).collect::<Vec<_>>()).unwrap_or_default();
    let candidates = entries.into_iter().filter(|entry| entry.is_absolute()).map(|entry| entry.join(name));
    own.and_then(|own| candidates.into_iter().find(|path| identity(path) == Some(own))).unwrap_or(running)
}
