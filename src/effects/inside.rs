//! What is known of the connections of psqls that are open: one file for each process, `psql/PID-START.json` in the
//! state directory.
//!
//! A file is believed only for the process of that pid and start time, and what it says of a connection only for the
//! very sockets that it names: after `\c` or a reconnect there are others, and nothing of it holds. So nothing has to
//! be taken back, and nothing outlives what it was said of. Files of processes that are gone are removed by the next
//! psql. `met.json` holds which names led to which far end, for when only the far end is known. No password is in them.

use std::io::{Read as _, Write as _};

use nix::fcntl::OFlag;
use serde::{Deserialize, Serialize};

use super::state::{Dir, trouble};
use crate::error::{Error, Result};
use crate::text::json;
use crate::world::{Snapshot, processes};

const VERSION: u32 = 1;

/// More than this is not a file that dbguard wrote.
const MOST_BYTES: u64 = 256 << 10;

/// The servers of all sessions, and how many of them.
const MET: &str = "met.json";
const MOST_SERVERS: usize = 200;

/// How many servers of one session are remembered.
const MOST_MET: usize = 32;

/// What is known of one psql.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inside {
    version: u32,
    boot: Option<String>,
    /// The first connection had start-up options of the user's own and not ours: psql hands them on at `\c`, and ours
    /// do not come in.
    pub sticky: bool,
    /// The application name that leads to the audit entry of what was unlocked last.
    pub tag: Option<String>,
    /// The shell around takes the title back when psql is gone: only then the prompt sets it.
    pub titled: bool,
    /// What this psql has set on the terminal, as far as it has to be taken back.
    #[serde(default)]
    pub tint: Tint,
    /// The role that writes what was unlocked last, where the environment demands one.
    pub role: Option<String>,
    /// A pooler refused start-up options, so that none are given.
    pub refused: bool,
    /// The connection that was looked at last.
    pub connection: Option<Known>,
    /// The servers that this session was connected to, with the names that led there.
    pub met: Vec<Met>,
    /// Processes of this machine that were found to listen where it was connected to: looked into first, no more.
    #[serde(default)]
    pub listeners: Vec<u32>,
}

/// One connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The process's sockets at that time: with another one everything here is void.
    pub sockets: Vec<u64>,
    /// The far end, as text.
    pub peer: Option<String>,
    /// What psql itself called it; `None` where psql was not asked.
    pub names: Option<Names>,
    /// Whether it is read-only.
    pub read_only: ReadOnly,
    /// It may be the connection before, made again by psql itself with the start-up options of then: none of ours.
    #[serde(default)]
    pub again: bool,
    /// What was opened on it.
    pub opened: Option<Opened>,
    /// What is shown of it, with the stamp of all that it was made from.
    pub shown: Option<Shown>,
}

/// The connection as psql's own variables have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// `HOST`: a name, an address or a socket's directory.
    pub host: String,
    /// `PORT`.
    pub port: String,
    /// `DBNAME`.
    pub dbname: String,
    /// `USER`.
    pub user: String,
    /// `SERVICE`, from psql 18 on.
    pub service: Option<String>,
}

/// What the server said when it was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReadOnly {
    /// It was not asked on this connection.
    #[default]
    Unasked,
    /// Transactions begin read-only.
    Held,
    /// They do not.
    Open,
}

/// What `:unlock` and `:unlock_session` opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Opened {
    /// One writable transaction, as long as the prompt shows that one is open.
    Transaction,
    /// The whole connection.
    Session,
}

/// A server that this session was connected to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// The far end, as text.
    pub peer: String,
    /// What psql called it.
    pub names: Names,
    /// The environment that the server itself turned out to be, where it is stricter than its name.
    pub environment: Option<String>,
}

/// The colours of the terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tint {
    /// What sets them.
    pub sequences: String,
    /// The tab is coloured.
    pub tab: bool,
    /// The background is coloured.
    pub background: bool,
}

/// What the prompt shows of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, as the file has it")]
pub struct Shown {
    /// The word.
    pub label: String,
    /// The shape.
    pub icon: String,
    /// The colour, as SGR parameters.
    pub sgr: String,
    /// The colours of the terminal.
    #[serde(default)]
    pub tint: Tint,
    /// The title speaks of it.
    #[serde(default)]
    pub titled: bool,
    /// The environment's name.
    pub environment: String,
    /// It is as strict as production.
    pub strict: bool,
    /// It has a history of its own.
    pub apart: bool,
    /// It is not certain: psql was not asked for the names.
    pub doubtful: bool,
    /// The files that it was made from.
    pub files: Vec<String>,
    /// Their state at that time.
    pub made_from: String,
}

/// What is known of this psql; nothing where there is no file, or none that can be read.
pub fn read(snapshot: &Snapshot, pid: u32) -> Inside {
    let known = || {
        let dir = directory(snapshot).ok()?;
        let mut text = String::new();
        dir.file(&file_name(pid)?, OFlag::O_RDONLY).ok()?.take(MOST_BYTES).read_to_string(&mut text).ok()?;
        let inside: Inside = json::typed(&text).ok()?;
        (inside.version == VERSION && inside.boot == processes::boot()).then_some(inside)
    };
    known().unwrap_or_default()
}

/// Writes what is known of this psql.
pub fn write(snapshot: &Snapshot, pid: u32, inside: &Inside) -> Result<()> {
    let name = file_name(pid).ok_or_else(|| Error::refused("psql cannot be told from other processes"))?;
    let kept = Inside { version: VERSION, boot: processes::boot(), listeners: processes::seen(), ..inside.clone() };
    let text = serde_json::to_string(&kept)
        .map_err(|cause| Error::refused(format!("what is known of this psql cannot be written down: {cause}")))?;
    put(&directory(snapshot)?, &name, &text, Readers::One)
}

/// Who reads a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// This psql's own runs, one after the other: the old file is taken away first, since ext4 writes one that comes in
    /// the place of another out at once (`auto_da_alloc`), which takes longer than all the rest. Where it is lost
    /// between the two, everything is found out anew.
    One,
    /// Every psql, at any time.
    Many,
}

/// Writes a file whole, under another name first.
fn put(dir: &Dir, name: &str, text: &str, readers: Readers) -> Result<()> {
    let unfinished = format!(".{name}.{}", std::process::id());
    let mut file = dir.file(&unfinished, OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC)?;
    let written = writeln!(file, "{text}").map_err(|cause| trouble(&dir.path_of(name), "written", &cause));
    let named = written.and_then(|()| {
        if readers == Readers::One {
            let _may_be_absent = dir.remove(name);
        }
        dir.rename(&unfinished, name).map_err(|cause| trouble(&dir.path_of(name), "made", &cause.into()))
    });
    if named.is_err() {
        let _best_effort = dir.remove(&unfinished);
    }
    named
}

/// The servers that were met in any session, the latest last.
pub fn met(snapshot: &Snapshot) -> Vec<Met> {
    let read = || {
        let mut text = String::new();
        directory(snapshot).ok()?.file(MET, OFlag::O_RDONLY).ok()?.take(MOST_BYTES).read_to_string(&mut text).ok()?;
        json::typed(&text).ok()
    };
    read().unwrap_or_default()
}

/// Remembers a server for all sessions. What cannot be remembered is unknown next time.
pub fn remember(snapshot: &Snapshot, server: &Met) {
    let mut all = met(snapshot);
    if all.contains(server) {
        return;
    }
    all.retain(|met| met.peer != server.peer || met.names != server.names);
    all.push(server.clone());
    let over = all.len().saturating_sub(MOST_SERVERS);
    all.drain(..over);
    if let (Ok(text), Ok(dir)) = (serde_json::to_string(&all), directory(snapshot)) {
        let _best_effort = put(&dir, MET, &text, Readers::Many);
    }
}

/// Removes the files of psqls that are gone.
pub fn tidy(snapshot: &Snapshot) {
    let Ok(dir) = directory(snapshot) else { return };
    for name in dir.names().unwrap_or_default() {
        let owner = name.trim_start_matches('.').split_once(".json").and_then(|(owner, _)| owner.split_once('-'));
        let Some((Ok(pid), Ok(start))) = owner.map(|(pid, start)| (pid.parse(), start.parse::<u64>())) else {
            continue;
        };
        if processes::start_time(pid) != Some(start) {
            let _best_effort = dir.remove(&name);
        }
    }
}

impl Inside {
    /// Remembers a server; the latest names of each last.
    pub fn meet(&mut self, peer: &str, names: &Names, environment: Option<String>) {
        self.met.retain(|met| met.peer != peer || met.names != *names);
        self.met.push(Met { peer: peer.to_owned(), names: names.clone(), environment });
        let over = self.met.len().saturating_sub(MOST_MET);
        self.met.drain(..over);
    }
}

fn directory(snapshot: &Snapshot) -> Result<Dir> {
    Dir::state(snapshot)?.below("psql")
}

fn file_name(pid: u32) -> Option<String> {
    Some(format!("{pid}-{}.json", processes::start_time(pid)?))
}
