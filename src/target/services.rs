//! The names of all services that service files define.
//!
//! For a connection of which only the far end is known: one of these may have led there. What is in them is read by
//! whoever resolves a service, with all its rules; a file that cannot be read has no names here.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use super::ground::DEBIAN_SYSCONFDIR;
use crate::world::Snapshot;

/// A service file is small; what is larger is none.
const LARGEST: u64 = 1 << 20;

/// Every service that may be used here, in the order of the files.
pub fn services(snapshot: &Snapshot) -> Vec<OsString> {
    let named = |var: &str| snapshot.vars.filled(var).map(|path| snapshot.cwd.join(path));
    let own = named("PGSERVICEFILE").or_else(|| Some(snapshot.home()?.join(".pg_service.conf")));
    let everybodys = named("PGSYSCONFDIR").unwrap_or_else(|| PathBuf::from(DEBIAN_SYSCONFDIR));
    let mut all = Vec::new();
    for file in own.into_iter().chain([everybodys.join("pg_service.conf")]) {
        let readable = std::fs::metadata(&file).is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST);
        let text = if readable { std::fs::read(&file).unwrap_or_default() } else { Vec::new() };
        for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
            if let Some(name) = line.strip_prefix(b"[").and_then(|line| line.strip_suffix(b"]")) {
                all.push(OsString::from_vec(name.to_vec()));
            }
        }
    }
    all.dedup();
    all
}
