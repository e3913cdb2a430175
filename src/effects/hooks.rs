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

/// How long a file stays that no program of today asks for: somebody may have kept a line that names it.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The file of this name, made of this code if it is not there. `None` where there can be none.
pub fn file(name: &str, code: impl FnOnce() -> Vec<u8>, snapshot: &Snapshot) -> Option<PathBuf> {
    let directory = directory(snapshot)?;
    let path = directory.join(name);
    let user = snapshot.user.uid;
    let is_there = path.symlink_metadata().is_ok_and(|meta| meta.is_file() && meta.len() > 0 && is_ours(&meta, user));
    if !is_there {
        make(&path, &directory, &code(), snapshot)?;
    }
    directory.metadata().is_ok_and(|meta| is_ours(&meta, user)).then_some(path)
}

/// Where the files are.
pub fn directory(snapshot: &Snapshot) -> Option<PathBuf> {
    Some(snapshot.state_dir()?.join("hooks"))
}

/// Whether nobody else can have written there.
fn is_ours(meta: &Metadata, user: u32) -> bool {
    meta.uid() == user && meta.mode() & 0o022 == 0
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
    let mut file: File = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(fresh)?;
    file.write_all(code)?;
    file.sync_all()
}

/// Takes away what other versions have left.
fn thin_out(directory: &Path, snapshot: &Snapshot) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let made = entry.metadata().and_then(|meta| meta.modified());
        if made.is_ok_and(|made| snapshot.now.duration_since(made).is_ok_and(|age| age > KEPT)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
