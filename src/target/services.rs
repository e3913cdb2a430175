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

/// Every service that may be used here, and may lead to this port where one is given, in the order of the files.
pub fn services(port: Option<u16>, snapshot: &Snapshot) -> Vec<OsString> {
    let named = |var: &str| snapshot.vars.filled(var).map(|path| snapshot.cwd.join(path));
    let own = named("PGSERVICEFILE").or_else(|| Some(snapshot.home()?.join(".pg_service.conf")));
    let everybodys = named("PGSYSCONFDIR").unwrap_or_else(|| PathBuf::from(DEBIAN_SYSCONFDIR));
    let mut all = Vec::new();
    for file in own.into_iter().chain([everybodys.join("pg_service.conf")]) {
        let readable = std::fs::metadata(&file).is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST);
        let text = if readable { std::fs::read(&file).unwrap_or_default() } else { Vec::new() };
        add(&text, port, &mut all);
    }
    all.dedup();
    all
}

/// The services of one file. One that says a single port, which is another one, leads elsewhere: resolving each of many
/// would hold up a prompt. A list, a doubt and no word of it stay in.
fn add(text: &[u8], port: Option<u16>, all: &mut Vec<OsString>) {
    let mut leads = false;
    for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
        if let Some(name) = line.strip_prefix(b"[").and_then(|line| line.strip_suffix(b"]")) {
            all.push(OsString::from_vec(name.to_vec()));
            leads = true;
        } else if let Some(said) = line.strip_prefix(b"port=")
            && std::mem::take(&mut leads)
        {
            // Of several mentions the first counts.
            let other = std::str::from_utf8(said).ok().and_then(|said| said.parse::<u16>().ok());
            if other.is_some_and(|other| port.is_some_and(|port| other != port)) {
                all.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_says_another_port_is_left_out_and_every_other_stays() {
        let file =
            b"port=1\n[other]\nhost=a\nport=6432\n[same]\nport=5432\nport=1\n[none]\nhost=b\n[list]\nport=1,5432\n\
                     [odd]\nport= 1\n[twice]\nport=7\nport=5432\n[last]\n# port=1\n";
        let before = OsString::from("before");
        let (mut some, mut all) = (vec![before.clone()], vec![before]);
        add(file, Some(5432), &mut some);
        assert_eq!(some, ["before", "same", "none", "list", "odd", "last"]);
        add(file, None, &mut all);
        assert_eq!(all, ["before", "other", "same", "none", "list", "odd", "twice", "last"]);
    }
}
