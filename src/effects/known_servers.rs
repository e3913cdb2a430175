//! The servers that were met: which system identifier answered for which target.
//!
//! `known_servers` in the state directory, one line each, `IDENTIFIER<TAB>TARGET`, appended; the last line of a target
//! holds. As with ssh's `known_hosts` a change is not an error by itself (a restore, a fail-over to a rebuilt server),
//! but it is never silent.

use std::io::{Read as _, Write as _};

use nix::fcntl::OFlag;

use super::grants::target_key;
use super::state::{Dir, trouble};
use crate::error::Result;
use crate::target::Target;
use crate::world::Snapshot;

const NAME: &str = "known_servers";

/// More than this is not a list that dbguard wrote.
const MOST_BYTES: u64 = 4 << 20;

/// Whether a server was met before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acquaintance {
    /// Never under this target.
    New,
    /// It is the one that was met.
    Same,
    /// Another one answered last time.
    Changed {
        /// Its system identifier.
        was: String,
    },
}

/// Looks the target up. A list that cannot be read knows nobody.
pub fn lookup(snapshot: &Snapshot, target: &Target, identifier: &str) -> Acquaintance {
    let text = read(snapshot).unwrap_or_default();
    let key = key(target);
    let known = text.lines().rev().filter_map(|line| line.split_once('\t')).find(|(_, target)| *target == key);
    match known {
        None => Acquaintance::New,
        Some((was, _)) if was == identifier => Acquaintance::Same,
        Some((was, _)) => Acquaintance::Changed { was: was.to_owned() },
    }
}

/// Remembers who answered for the target.
pub fn remember(snapshot: &Snapshot, target: &Target, identifier: &str) -> Result<()> {
    if lookup(snapshot, target, identifier) == Acquaintance::Same {
        return Ok(());
    }
    let dir = Dir::state(snapshot)?;
    let mut file = dir.file(NAME, OFlag::O_WRONLY | OFlag::O_APPEND | OFlag::O_CREAT)?;
    // One write of one line: two writers do not mix.
    let line = format!("{}\t{}\n", identifier.replace(['\t', '\n'], " "), key(target));
    file.write_all(line.as_bytes()).map_err(|cause| trouble(&dir.path_of(NAME), "written", &cause))
}

/// The server and not the role or database: another user of another database meets the same server.
fn key(target: &Target) -> String {
    let server = Target { user: None, affects: Vec::new(), every_database: false, dbname: None, ..target.clone() };
    target_key(&server).replace(['\t', '\n'], " ")
}

fn read(snapshot: &Snapshot) -> Result<String> {
    let dir = Dir::state(snapshot)?;
    let mut text = String::new();
    let file = dir.file(NAME, OFlag::O_RDONLY)?;
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(|cause| trouble(&dir.path_of(NAME), "read", &cause))?;
    Ok(text)
}
