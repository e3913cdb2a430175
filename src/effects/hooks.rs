//! The hooks' code in files below the state directory, so that a shell that starts has it read and not taken apart.
//!
//! A file is named after what is in it, written under another name first, and never changed. Code from a file is run by
//! every shell, so nobody else may be able to write there: else there is no file, and the code is printed. What is in
//! the code is not known here.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::state;
use crate::world::Snapshot;

/// How long a file stays that no shell has asked for: somebody may have kept a line that names it.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How old a file may be that shells ask for; then it is marked as used.
const FRESH: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The file of this name, made of this code if it is not there with this length. `None` where there can be none.
pub fn file(name: &str, length: usize, code: impl FnOnce() -> Vec<u8>, snapshot: &Snapshot) -> Option<PathBuf> {
    let directory = directory(snapshot)?;
    let path = directory.join(name);
    let user = snapshot.user.uid;
    let is_whole = |meta: &Metadata| meta.is_file() && u64::try_from(length) == Ok(meta.len());
    let is_ours = |meta: &Metadata| meta.uid() == user && meta.mode() & 0o022 == 0;
    match path.symlink_metadata() {
        Ok(meta) if is_whole(&meta) && is_ours(&meta) => mark_as_used(&path, &meta, snapshot),
        _ => make(&path, &directory, &code(), snapshot)?,
    }
    state::is_closed(&directory, user).then_some(path)
}

/// Where the files are.
pub fn directory(snapshot: &Snapshot) -> Option<PathBuf> {
    Some(snapshot.state_dir()?.join("hooks"))
}

/// Whether somebody else could write there, so that nothing is read from it.
pub fn is_open(snapshot: &Snapshot) -> bool {
    directory(snapshot).is_some_and(|directory| directory.is_dir() && !state::is_closed(&directory, snapshot.user.uid))
}

/// Gives it the time of now, once in a while.
fn mark_as_used(path: &Path, meta: &Metadata, snapshot: &Snapshot) {
    let age = meta.modified().ok().and_then(|made| snapshot.now.duration_since(made).ok());
    if age.is_some_and(|age| age > FRESH)
        && let Ok(file) = OpenOptions::new().append(true).open(path)
    {
        let _best_effort = file.set_modified(snapshot.now);
    }
}

fn make(path: &Path, directory: &Path, code: &[u8], snapshot: &Snapshot) -> Option<()> {
    if !state::may_make(directory, snapshot.user.uid) {
        return None;
    }
    DirBuilder::new().recursive(true).mode(0o700).create(directory).ok()?;
    thin_out(directory, snapshot);
    let fresh = directory.join(format!("new.{}", std::process::id()));
    let made = write(&fresh, code).and_then(|()| fs::rename(&fresh, path));
    made.inspect_err(|_| {
        let _ = fs::remove_file(&fresh);
    })
    .ok()
}

/// Down to the disk: a shell that starts after the power was gone would read half of it, and guard nothing.
fn write(fresh: &Path, code: &[u8]) -> std::io::Result<()> {
    let _of_a_process_that_died = fs::remove_file(fresh);
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(fresh)?;
    file.write_all(code)?;
    file.sync_all()
}

/// Takes away what other versions have left.
fn thin_out(directory: &Path, snapshot: &Snapshot) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let used = entry.metadata().and_then(|meta| meta.modified());
        if used.is_ok_and(|used| snapshot.now.duration_since(used).is_ok_and(|age| age > KEPT)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
