//! What a command that was approved hands on to the commands that it starts: `rails db` starts psql.
//!
//! One file per approved process, `children/PID-START` in the state directory, written before the tool takes this
//! process's place. It counts only for a process that descends from that very one, which the system says and no var can;
//! for the servers and databases that were confirmed, at most the risk, the same environments, once for each tool, and
//! for as long as that process runs; and as often as it takes for the very command that was confirmed, which a launcher
//! or an interpreter starts again: `bundle exec rails db:drop` runs `ruby …/rails db:drop`. Whoever looks removes what has ended. No password is in it.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use nix::fcntl::OFlag;

use super::grants::{LONGEST, databases, server_key};
use super::state::{Dir, trouble};
use crate::error::Result;
use crate::plan::Risk;
use crate::target::Target;
use crate::world::{Snapshot, processes};

/// The form of the files.
const VERSION: &str = "dbguard-children 1";

/// Begins the row of the command itself.
const SAME: &str = "=";

/// More than this was not written here.
const MOST_BYTES: u64 = 64 << 10;

/// One server that was confirmed, with the name of its environment.
pub type Place<'a> = (&'a Target, &'a str);

/// Leaves it for whatever this process starts once it has become the tool.
pub fn bequeath(places: &[Place<'_>], same: u64, risk: Risk, approval: &str, snapshot: &Snapshot) -> Result<()> {
    let pid = std::process::id();
    let Some(start) = processes::start_time(pid) else { return Ok(()) };
    let expires = seconds(snapshot.now).saturating_add(LONGEST.as_secs());
    let boot = processes::boot().unwrap_or_default();
    let mut text = format!("{VERSION}\t{}\t{expires}\t{boot}\t{approval}\n", risk.word());
    if let Some((_, environment)) = places.first() {
        let _infallible = writeln!(text, "{SAME}\t{same:x}\t{environment}");
    }
    for (target, environment) in places.iter().filter(|(target, _)| !target.hosts.is_empty()) {
        let _infallible = write!(text, "{environment}\t{}\t{}", server_key(target), target.every_database);
        for name in databases(target) {
            text.extend(["\t", &name]);
        }
        text.push('\n');
    }
    let dir = directory(snapshot)?;
    let (name, draft) = (format!("{pid}-{start}"), format!(".{pid}-{start}"));
    let mut file = dir.file(&draft, OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC)?;
    let written = file.write_all(text.as_bytes()).map_err(|cause| trouble(&dir.path_of(&name), "written", &cause));
    written.and_then(|()| {
        dir.rename(&draft, &name).map_err(|errno| trouble(&dir.path_of(&name), "written", &errno.into()))
    })
}

/// Takes it back, when the tool could not take this process's place after all.
pub fn withdraw(snapshot: &Snapshot) {
    let pid = std::process::id();
    if let (Ok(dir), Some(start)) = (directory(snapshot), processes::start_time(pid)) {
        let _best_effort = dir.remove(&format!("{pid}-{start}"));
    }
}

/// What a command needs to have been approved.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The tool.
    pub tool: &'a str,
    /// Where it goes.
    pub target: &'a Target,
    /// What it would do.
    pub risk: Risk,
    /// Stands for the command with all that it reaches.
    pub same: u64,
    /// Its target is not certain, or not all: only the very command counts.
    pub only_same: bool,
}

/// Something that a process above this one was approved for, and that was not used by this tool yet.
#[derive(Debug)]
pub struct Inheritance {
    /// The mark of its use, where it counts once.
    mark: Option<String>,
    environment: String,
    risk: Risk,
    approval: String,
}

/// Looks for it; nothing is used up.
pub fn find(wanted: &Wanted<'_>, snapshot: &Snapshot) -> Option<Inheritance> {
    let dir = directory(snapshot).ok()?;
    let names = dir.names().ok()?;
    for gone in names.iter().filter(|name| ended(name)) {
        let _best_effort = dir.remove(gone);
    }
    let mut above = processes::lineage().filter_map(|pid| Some(format!("{pid}-{}", processes::start_time(pid)?)));
    above.find_map(|name| {
        let found = names.contains(&name).then(|| read(&dir, &name, wanted, snapshot))??;
        found.mark.as_ref().is_none_or(|mark| !names.contains(mark)).then_some(found)
    })
}

impl Inheritance {
    /// Whether it holds for this too, now that the server was asked.
    pub fn covers(&self, environment: &str, risk: Risk) -> bool {
        self.environment == environment && within(risk, self.risk)
    }

    /// Uses it up: of two that race, one gets it. Answers with the id of the approval.
    pub fn take(self, snapshot: &Snapshot) -> Option<String> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL;
        match self.mark {
            Some(mark) => directory(snapshot).ok()?.file(&mark, flags).ok().map(|_| self.approval),
            None => Some(self.approval),
        }
    }
}

/// What a file says that covers what is wanted.
fn read(dir: &Dir, name: &str, wanted: &Wanted<'_>, snapshot: &Snapshot) -> Option<Inheritance> {
    let mut text = String::new();
    dir.file(name, OFlag::O_RDONLY).ok()?.take(MOST_BYTES).read_to_string(&mut text).ok()?;
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next()?.split('\t').collect();
    let [VERSION, risk, expires, boot, approval] = *head.as_slice() else { return None };
    let risk = RISKS.into_iter().find(|known| known.word() == risk)?;
    let holds = expires.parse::<u64>().is_ok_and(|until| {
        let now = seconds(snapshot.now);
        now < until && until <= now.saturating_add(LONGEST.as_secs() + 60)
    });
    let same_start = boot == processes::boot().unwrap_or_default();
    let rows: Vec<&str> = lines.collect();
    let hash = format!("{:x}", wanted.same);
    let same = rows.iter().find_map(|row| match row.split('\t').collect::<Vec<_>>().as_slice() {
        [SAME, of, environment] if *of == hash => Some(*environment),
        _ => None,
    });
    let usable = holds && same_start && within(wanted.risk, risk);
    let inheritance = |mark: Option<String>, environment: &str| Inheritance {
        mark,
        environment: environment.to_owned(),
        risk,
        approval: approval.to_owned(),
    };
    if let Some(environment) = same.filter(|_| usable) {
        return Some(inheritance(None, environment));
    }
    if wanted.only_same {
        return None;
    }
    let (row, environment) = rows.iter().enumerate().find_map(|(row, line)| Some((row, confirmed(line, wanted)?)))?;
    let mark = format!("{name}.{row}.{}", wanted.tool.replace('/', "_"));
    usable.then(|| inheritance(Some(mark), environment))
}

/// The environment of a row that is of the same server and has every database that is wanted.
fn confirmed<'r>(row: &'r str, wanted: &Wanted<'_>) -> Option<&'r str> {
    let mut fields = row.split('\t');
    let environment = fields.next()?;
    let same = fields.next()? == server_key(wanted.target);
    let every = fields.next()? == "true";
    let known: Vec<&str> = fields.collect();
    let names = databases(wanted.target);
    let all = !names.is_empty() && names.iter().all(|name| known.contains(&name.as_str()));
    (same && (every || all && !wanted.target.every_database)).then_some(environment)
}

/// What is not understood is as strict as what destroys, so whoever approved the one approved the other.
fn within(risk: Risk, approved: Risk) -> bool {
    risk <= approved || approved >= Risk::Destroy
}

const RISKS: [Risk; 5] = [Risk::None, Risk::Read, Risk::Write, Risk::Destroy, Risk::Unknown];

/// Whether the process that a file or a mark is named after is gone.
fn ended(name: &str) -> bool {
    let owner = name.trim_start_matches('.').split('.').next().and_then(|owner| owner.split_once('-'));
    let owner = owner.and_then(|(pid, start)| Some((pid.parse::<u32>().ok()?, start.parse::<u64>().ok()?)));
    owner.is_some_and(|(pid, start)| processes::start_time(pid) != Some(start))
}

fn directory(snapshot: &Snapshot) -> Result<Dir> {
    Dir::state(snapshot)?.below("children")
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
