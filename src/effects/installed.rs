//! What the directories of `PATH` were like when the shims were last made, so that not every tool is looked for again.
//!
//! A tool comes and goes with an entry of its directory, and that gives the directory another time of change, which
//! nobody can set. So nothing is looked for while program, tools and directories are those of the record. It only saves time: whatever is wrong with it, or
//! with the clock, everything is looked for. It does not know what a shim is.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::{stamps, state};
use crate::world::Snapshot;

/// What a file system's clock ticks in, generously: a directory that was changed within it may change again unseen.
const GRAIN: Duration = Duration::from_millis(20);

/// The same for those that keep whole seconds, or two.
const COARSE: Duration = Duration::from_secs(2);

/// The file, beside the stamps.
const NAME: &str = "shims";

/// Whether the record says the same as there is.
pub(super) fn is_unchanged(shims: &Path, program: &Path, names: &[&str], snapshot: &Snapshot) -> bool {
    let now = describe(shims, program, names, snapshot);
    now.is_some() && now == place(snapshot).and_then(|place| fs::read(place).ok())
}

/// Records what there is; best effort.
pub(super) fn record(shims: &Path, program: &Path, names: &[&str], snapshot: &Snapshot) -> Option<()> {
    let now = describe(shims, program, names, snapshot)?;
    let place = place(snapshot)?;
    let directory = place.parent()?;
    if !state::may_make(directory, snapshot.user.uid) {
        return None;
    }
    DirBuilder::new().recursive(true).mode(0o700).create(directory).ok()?;
    let fresh = directory.join(format!("new.{NAME}.{}", std::process::id()));
    fs::write(&fresh, now).ok()?;
    fs::rename(&fresh, place).ok()
}

fn place(snapshot: &Snapshot) -> Option<PathBuf> {
    Some(stamps::directory(snapshot)?.join(NAME))
}

/// Everything that decides which shims there should be, and are; nothing where that cannot be told, or is still moving.
fn describe(shims: &Path, program: &Path, names: &[&str], snapshot: &Snapshot) -> Option<Vec<u8>> {
    let mut out = [program.as_os_str().as_bytes(), b"\n", names.join(" ").as_bytes(), b"\n"].concat();
    let entries = snapshot.vars.get("PATH")?.as_bytes().split(|byte| *byte == b':');
    let entries = entries.map(|entry| Path::new(OsStr::from_bytes(entry)));
    // The shims stand on PATH in a shell, but not yet where it starts.
    for directory in entries.filter(|directory| *directory != shims).chain([shims]) {
        // Relative to wherever a shell is.
        directory.is_absolute().then_some(())?;
        out.extend_from_slice(directory.as_os_str().as_bytes());
        let Ok(meta) = fs::metadata(directory) else {
            out.extend_from_slice(b": -\n");
            continue;
        };
        // Not of its modification: who unpacks an archive sets that back, and a directory that is opened to us keeps it.
        let since = Duration::new(u64::try_from(meta.ctime()).ok()?, u32::try_from(meta.ctime_nsec()).ok()?);
        let grain = if since.subsec_nanos() == 0 { COARSE } else { GRAIN };
        (since.checked_add(grain)? < snapshot.now.duration_since(UNIX_EPOCH).ok()?).then_some(())?;
        // By its inode as well: a profile is a link, and what it leads to may be of the same time always.
        writeln!(out, ": {since:?} {}:{}", meta.dev(), meta.ino()).ok()?;
    }
    Some(out)
}
