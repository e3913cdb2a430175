//! What a grant is bound to: a target as one string, and an exact invocation as a hash.
//!
//! Two different targets never have the same string: every value is escaped so that it holds none of the separators, and
//! an absent value is told from an empty one.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use hmac_sha256::Hash;
use serde::{Deserialize, Serialize};

use crate::effects::audit::hex;
use crate::error::{Error, Result};
use crate::order;
use crate::plan::Input;
use crate::target::{Field, Host, Invocation, Target, Via};
use crate::text::Untrusted;
use crate::world::Snapshot;
use crate::world::files::Stamp;

/// The target as one string: everything that decides which databases are reached, and as whom.
///
/// The process id of a forwarder is left out, since it changes when the tunnel is opened again to the same place; so
/// are the connection parameters that do not decide where it goes.
pub fn target_key(target: &Target) -> String {
    let mut key = String::from(target.engine.word());
    for host in &target.hosts {
        key.push_str(&host_key(host));
    }
    let _infallible = write!(
        key,
        " dbname{} user{} service{} every={}",
        field(target.dbname.as_ref()),
        field(target.user.as_ref()),
        field(target.service.as_ref()),
        target.every_database
    );
    for name in &target.affects {
        let _infallible = write!(key, " affects={}", escape(name.value.as_bytes()));
    }
    if let Some(via) = &target.via {
        key.push_str(&via_key(via));
    }
    key
}

/// The server of a target as one string, and as whom: without its databases.
pub(in crate::effects) fn server_key(target: &Target) -> String {
    let mut key = target.engine.word().to_owned();
    key.extend(target.hosts.iter().map(host_key));
    let _infallible = write!(key, " user{}", field(target.user.as_ref()));
    key.push_str(&target.via.as_ref().map(via_key).unwrap_or_default());
    key
}

/// The databases of a target: that of the connection, and those that are acted on.
pub(in crate::effects) fn databases(target: &Target) -> Vec<String> {
    target.dbname.iter().chain(&target.affects).map(|name| escape(name.value.as_bytes())).collect()
}

/// The exact invocation: tool, argv, start-up options, working directory and the content of every file it reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Reads every input and takes the hash of it all; an error when one changed since it was judged.
    ///
    /// Standard input is not among the inputs: whoever plans an invocation that reads SQL from it makes no fingerprint.
    pub fn of(invocation: &Invocation, inputs: &[Input], snapshot: &Snapshot) -> Result<Self> {
        let mut hash = Hash::new();
        part(&mut hash, invocation.tool.as_bytes());
        part(&mut hash, snapshot.cwd.as_os_str().as_bytes());
        // A `search_path` or a role in it makes the same text mean other tables.
        part(&mut hash, snapshot.vars.get("PGOPTIONS").unwrap_or_default().as_bytes());
        part(&mut hash, &(invocation.args.len() as u64).to_be_bytes());
        invocation.args.iter().for_each(|word| part(&mut hash, word.as_bytes()));
        for input in inputs {
            let path = snapshot.cwd.join(&input.path);
            part(&mut hash, path.as_os_str().as_bytes());
            content(&mut hash, &path, Some(&input.stamp)).map_err(|cause| {
                Error::refused(format!("`{}` cannot be bound to a grant: {cause}", Untrusted::path(&path)))
            })?;
        }
        Ok(Self(hex(&hash.finalize())))
    }
}

/// Adds the content of a file, or of the files of a directory (`pg_dump -Fd` writes a flat one).
fn content(hash: &mut Hash, path: &Path, judged: Option<&Stamp>) -> io::Result<()> {
    let meta = std::fs::metadata(path)?;
    if meta.is_dir() && judged.is_some() {
        return directory(hash, path);
    }
    if !meta.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    // FIFOs were sent away above; what replaces the file in between is caught by the stamp.
    let mut file = File::open(path)?;
    let before = file.metadata()?;
    if judged.is_some_and(|judged| Stamp::from(&before) != *judged) {
        return Err(io::Error::other("it changed since it was read"));
    }
    stream(hash, &mut file, &before)
}

fn directory(hash: &mut Hash, path: &Path) -> io::Result<()> {
    let mut names: Vec<OsString> =
        std::fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?;
    order::sort(&mut names);
    part(hash, &(names.len() as u64).to_be_bytes());
    for name in names {
        part(hash, name.as_bytes());
        content(hash, &path.join(name), None)?;
    }
    Ok(())
}

/// Adds the length and that many bytes; a file that grew or shrank in between is an error.
fn stream(hash: &mut Hash, file: &mut File, before: &Metadata) -> io::Result<()> {
    hash.update(before.len().to_be_bytes());
    let mut buffer = vec![0; 64 * 1024];
    let mut left = before.len();
    loop {
        let read = file.read(&mut buffer)?;
        let (Some(bytes), Some(rest)) = (buffer.get(..read), left.checked_sub(read as u64)) else {
            return Err(io::Error::other("it changed while it was read"));
        };
        if read == 0 {
            break;
        }
        hash.update(bytes);
        left = rest;
    }
    let same = left == 0 && Stamp::from(&file.metadata()?) == Stamp::from(before);
    if same { Ok(()) } else { Err(io::Error::other("it changed while it was read")) }
}

/// Adds bytes with their length before them, so that no two lists of parts are the same bytes.
fn part(hash: &mut Hash, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

fn host_key(host: &Host) -> String {
    format!(" host{} hostaddr{} port={}", field(host.host.as_ref()), field(host.hostaddr.as_ref()), host.port.value)
}

fn via_key(via: &Via) -> String {
    let mut key = format!(" via={}", escape(via.program.as_bytes()));
    match &via.to {
        Some(to) => {
            for name in &to.names {
                let _infallible = write!(key, " to={}", escape(name.as_bytes()));
            }
            let _infallible = match to.port {
                Some(port) => write!(key, " to-port={port}"),
                None => write!(key, " to-port~"),
            };
        }
        None => key.push_str(" to~"),
    }
    key
}

/// `=value`, or `~` when there is none.
fn field<T: AsRef<OsStr>>(field: Option<&Field<T>>) -> String {
    match field {
        Some(field) => format!("={}", escape(field.value.as_ref().as_bytes())),
        None => "~".to_owned(),
    }
}

/// Percent-encodes every byte but letters, digits and four that are never a separator here.
fn escape(bytes: &[u8]) -> String {
    let mut escaped = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._/".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _infallible = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}
