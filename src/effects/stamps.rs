//! Stamps: empty files by which a shell sees, with its builtins alone, that something it depends on has changed.
//!
//! A stamp carries the time of the newest change among the watched files. `[[ file -nt stamp ]]` is then true exactly
//! for what changed since. Shells share stamps of the same time; the oldest are taken away, and a shell whose stamp is
//! gone asks again. Nothing here knows what the files say.

use std::fs::{DirBuilder, File, FileTimes, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::world::Snapshot;

/// How many stamps are kept.
const MOST: usize = 64;

/// What a shell watches: existing files and directories only.
#[derive(Debug, Default)]
pub struct Watch {
    /// The stamp; empty where none could be made.
    pub stamp: PathBuf,
    /// What is newer than the stamp, or gone, has changed.
    pub paths: Vec<PathBuf>,
}

/// Watches these files, whether they exist or not, with the directories in which they could appear or be replaced.
///
/// `grain` is how finely the shell compares times: a change within one grain of the newest one would not be seen, so
/// until that has passed the stamp is a grain too old, and the shell asks once more.
pub fn watch(files: &[PathBuf], grain: Duration, snapshot: &Snapshot) -> Watch {
    let mut paths: Vec<PathBuf> = files.iter().flat_map(|file| existing(file)).collect();
    paths.sort();
    paths.dedup();
    let newest = paths.iter().filter_map(|path| path.metadata().ok()?.modified().ok()).max();
    let now = SystemTime::now();
    let settled = now.checked_sub(grain).unwrap_or(now);
    // A time in the future hides every change until then: it is not believed, and the shell asks each time.
    let time = newest.unwrap_or(UNIX_EPOCH);
    let time = if time >= settled { time.min(now).checked_sub(grain).unwrap_or(UNIX_EPOCH) } else { time };
    Watch { stamp: stamp(time, snapshot).unwrap_or_default(), paths }
}

/// The file, where it leads to, and the directories of both; of what does not exist, the nearest directory that does.
fn existing(file: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let real = file.canonicalize().ok();
    for path in [Some(file), real.as_deref()].into_iter().flatten() {
        if path.exists() {
            found.push(path.to_path_buf());
        }
        found.extend(path.ancestors().skip(1).find(|parent| parent.is_dir()).map(Path::to_path_buf));
    }
    found
}

/// The stamp of this time, made if it is not there.
fn stamp(time: SystemTime, snapshot: &Snapshot) -> Option<PathBuf> {
    let directory = snapshot.state_dir()?.join("stamps");
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    let path = directory.join(format!("{}.{:09}", since.as_secs(), since.subsec_nanos()));
    if path.symlink_metadata().ok().and_then(|meta| meta.modified().ok()) == Some(time) {
        return Some(path);
    }
    DirBuilder::new().recursive(true).mode(0o700).create(&directory).ok()?;
    thin_out(&directory);
    // Made under another name first: a stamp is never seen with the time of its making.
    let fresh = directory.join(format!("new.{}", std::process::id()));
    let file: File = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh).ok()?;
    file.set_times(FileTimes::new().set_modified(time)).ok()?;
    std::fs::rename(&fresh, &path).ok()?;
    Some(path)
}

/// Takes the oldest stamps away when there are many. Who still has one asks again, and nothing is lost.
fn thin_out(directory: &Path) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let mut names: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
    if names.len() < MOST {
        return;
    }
    names.sort_unstable();
    for name in names.iter().take(names.len() - MOST / 2) {
        let _ = std::fs::remove_file(directory.join(name));
    }
}
