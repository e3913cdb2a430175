//! Writing a file so that a reader sees the old one or the new one, and never half of either.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::text::Untrusted;

/// Writes `text` in place of the file. A link stays a link: what it leads to is replaced. The mode is kept; a new file
/// gets 0600 and a new directory 0700.
pub fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    attempt(path, text.as_ref()).map_err(|cause| {
        Error::refused(format!("`{}` cannot be written: {cause}", Untrusted::path(path)))
            .hint("nothing was changed; mend that and run the same command again")
    })
}

fn attempt(path: &Path, text: &[u8]) -> io::Result<()> {
    let real = destination(path)?;
    let directory = real.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let mode = fs::metadata(&real).map_or(0o600, |meta| meta.permissions().mode() & 0o7777);
    let (mut file, temporary) = temporary(&real)?;
    let written = fill(&mut file, text, mode).and_then(|()| fs::rename(&temporary, &real));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written?;
    // The rename itself is on disk only with the directory.
    File::open(directory)?.sync_all()
}

/// Where the bytes go: the end of a chain of links. A link that leads nowhere is the user's to mend.
fn destination(path: &Path) -> io::Result<PathBuf> {
    if !path.is_symlink() {
        return Ok(path.to_path_buf());
    }
    path.canonicalize()
}

fn fill(file: &mut File, text: &[u8], mode: u32) -> io::Result<()> {
    file.write_all(text)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()
}

/// A file beside the real one that nobody else has. What a killed process left behind does not stop the next.
fn temporary(real: &Path) -> io::Result<(File, PathBuf)> {
    let name = real.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    for attempt in 0..100 {
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}-{attempt}", std::process::id()));
        let path = real.with_file_name(temporary);
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(cause),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
