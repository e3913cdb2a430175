//! Which project files a person has read and trusts, by path and content.
//!
//! One record for each path, named after the hash of the whole canonical path, so that no prefix of a path and no other
//! path stands for it. A record holds the hash of the content that was trusted: a file that changed is not trusted.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::replace;
use crate::error::{Error, Result};
use crate::order;
use crate::text::{Untrusted, json};
use crate::world::files;

/// Whether a project's file is trusted.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// With this very content.
    Trusted,
    /// With another content.
    Changed,
    /// Never, or not any more.
    Never,
}

/// What was trusted.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Record {
    version: u32,
    /// The path for people to read; the name of the record decides.
    pub path: String,
    /// SHA-256 of the content.
    pub sha256: String,
}

impl Record {
    /// Whether the file still has the content that was trusted; `Never` where it cannot be read.
    pub fn state(&self) -> Trust {
        if self.sha256 == CODE {
            return if Path::new(&self.path).is_dir() { Trust::Trusted } else { Trust::Never };
        }
        match files::read_config(Path::new(&self.path)) {
            Ok(Some(text)) if hash(text.as_bytes()) == self.sha256 => Trust::Trusted,
            Ok(Some(_)) => Trust::Changed,
            Ok(None) | Err(_) => Trust::Never,
        }
    }
}

impl Trust {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trusted => "trusted",
            Self::Changed => "changed",
            Self::Never => "gone",
        }
    }
}

/// What the store says of this file with this content.
pub fn judge(store: Option<&Path>, path: &Path, content: &str) -> Trust {
    let Some(record) = store.and_then(|store| read(&record_of(store, path))) else { return Trust::Never };
    if record.sha256 == hash(content.as_bytes()) { Trust::Trusted } else { Trust::Changed }
}

/// In the place of a hash: the code of a directory may be run to ask its tools where they go.
const CODE: &str = "code";

/// Trusts the tools of this directory to be asked.
pub fn grant_code(store: &Path, directory: &Path) -> Result<()> {
    keep(store, directory, CODE.to_owned())
}

/// Whether the tools of this directory, or of one above it, may be asked.
pub fn covers_code(store: &Path, directory: &Path) -> bool {
    directory.ancestors().any(|above| read(&record_of(store, above)).is_some_and(|record| record.sha256 == CODE))
}

/// Trusts this file with this content.
pub fn grant(store: &Path, path: &Path, content: &str) -> Result<()> {
    keep(store, path, hash(content.as_bytes()))
}

fn keep(store: &Path, path: &Path, sha256: String) -> Result<()> {
    let record = Record { version: 1, path: path.to_string_lossy().into_owned(), sha256 };
    let text = serde_json::to_string(&record).map_err(|cause| Error::refused(cause.to_string()))?;
    replace::write(&record_of(store, path), format!("{text}\n"))
}

/// Forgets this file; whether it was there.
pub fn revoke(store: &Path, path: &Path) -> Result<bool> {
    let record = record_of(store, path);
    match std::fs::remove_file(&record) {
        Ok(()) => Ok(true),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(Error::refused(format!("`{}` cannot be removed: {cause}", Untrusted::path(&record)))),
    }
}

/// Everything that was trusted, in the order of the paths.
pub fn list(store: &Path) -> Vec<Record> {
    let entries = std::fs::read_dir(store).into_iter().flatten().flatten();
    let mut records: Vec<Record> = entries.filter_map(|entry| read(&entry.path())).collect();
    order::sort_by(&mut records, |one, other| one.path.cmp(&other.path));
    records
}

/// A record that others could have written is none.
fn read(record: &Path) -> Option<Record> {
    let text = files::read_config(record).ok().flatten()?;
    json::typed(&text).ok().filter(|record: &Record| record.version == 1)
}

fn record_of(store: &Path, path: &Path) -> PathBuf {
    store.join(format!("{}.json", hash(path.as_os_str().as_bytes())))
}

fn hash(bytes: &[u8]) -> String {
    hmac_sha256::Hash::hash(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
