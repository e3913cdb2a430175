//! Planted secrets, and the search for them in everything that was written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The password that the tests plant: of the role `sealed`, in service files, URIs and vars.
pub(crate) const SECRET: &str = "Zz7-planted-secret-Qq";

/// Fails when `bytes` hold the secret, or the secret as a URI would spell it.
#[track_caller]
pub(crate) fn check(bytes: &[u8], place: &str) {
    assert!(!holds(bytes), "a planted secret was written to {place}:\n{}", String::from_utf8_lossy(bytes));
}

/// Fails when a file under `dir` holds the secret, but for those that the test itself planted.
#[track_caller]
pub(crate) fn check_files(dir: &Path, planted: &BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if planted.contains(&path) {
            continue;
        }
        if kind.is_dir() {
            check_files(&path, planted);
        } else if kind.is_file() {
            check(&std::fs::read(&path).unwrap_or_default(), &path.display().to_string());
        }
        check(path.as_os_str().as_encoded_bytes(), "the name of a file");
    }
}

fn holds(bytes: &[u8]) -> bool {
    bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
}
