//! The start-up files of this user's shells, read for what they say of dbguard.
//!
//! `doctor` tells of it, and `uninstall` takes out the lines that are nothing but dbguard's.

use std::fs;
use std::path::PathBuf;

use crate::shell::{self, Says, Shell};
use crate::world::Snapshot;

/// A line that speaks of dbguard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    pub(super) file: PathBuf,
    /// Line from 1.
    pub(super) line: usize,
    pub(super) shell: Shell,
    pub(super) says: Says,
}

/// A start-up file is written by hand.
const LARGEST: u64 = 1 << 20;

/// Every line that speaks of dbguard, in the order of the files.
pub(super) fn lines(snapshot: &Snapshot) -> Vec<Spoken> {
    let mut found = Vec::new();
    for (shell, file) in files(snapshot) {
        let Some(text) = read(&file) else { continue };
        for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if let Some(says) = shell::says(&String::from_utf8_lossy(line)) {
                found.push(Spoken { file: file.clone(), line: number + 1, shell, says });
            }
        }
    }
    found
}

/// The file without the lines that are nothing but dbguard's.
pub(super) fn without(text: &[u8]) -> Vec<u8> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| shell::says(&String::from_utf8_lossy(line)) != Some(Says::Init)).flatten().copied().collect()
}

/// The text of a file that is there, and is one.
pub(super) fn read(file: &PathBuf) -> Option<Vec<u8>> {
    let meta = fs::metadata(file).ok().filter(|meta| meta.is_file() && meta.len() <= LARGEST);
    meta.and_then(|_| fs::read(file).ok())
}

fn files(snapshot: &Snapshot) -> Vec<(Shell, PathBuf)> {
    let (Some(home), Some(config)) = (snapshot.home(), snapshot.base("XDG_CONFIG_HOME", ".config")) else {
        return Vec::new();
    };
    let zsh = snapshot.vars.filled("ZDOTDIR").map_or_else(|| home.to_path_buf(), PathBuf::from);
    let mut files = shell::startup_files(home, &zsh, &config);
    let pieces = fs::read_dir(config.join("fish/conf.d")).into_iter().flatten().flatten();
    let mut pieces: Vec<PathBuf> = pieces.map(|entry| entry.path()).collect();
    pieces.retain(|path| path.extension().is_some_and(|ending| ending == "fish"));
    pieces.sort();
    files.extend(pieces.into_iter().map(|path| (Shell::Fish, path)));
    files
}
