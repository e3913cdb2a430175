//! Paths in JSON, which knows only Unicode.

use std::path::{Path, PathBuf};

use serde::Serializer;

/// Writes a path; bytes that are not UTF-8 become `U+FFFD` instead of failing the whole answer.
pub fn path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// Writes a path, or null.
pub fn optional_path<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    match path.as_deref().map(Path::to_string_lossy) {
        Some(text) => serializer.serialize_some(&text),
        None => serializer.serialize_none(),
    }
}
