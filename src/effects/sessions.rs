//! The open sessions of all tabs: who is where, since when.
//!
//! One file per session, `sessions/PID-START.json` in the state directory, written before the tool takes this
//! process's place. The tool keeps pid and start time, so that a session is open exactly as long as a process of that
//! pid and that start time runs, also after a crash or `kill -9`; a file whose process is gone is removed by whoever
//! looks. Files are written whole under another name first. Connection parameters are not in them: no password is.

use std::io::{Read as _, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use nix::fcntl::OFlag;
use serde::{Deserialize, Serialize};

use super::state::{Dir, trouble};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::order;
use crate::target::{Field, Host, Target};
use crate::text::json;
use crate::world::{Snapshot, processes, terminal};

/// The form of the files.
const VERSION: u32 = 1;

/// More than this is not a session that dbguard wrote.
const MOST_BYTES: u64 = 64 << 10;

/// One open session.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Session {
    version: u32,
    /// The tool's process.
    pub pid: u32,
    /// When that process was started, in the system's own count: with the pid it is not met twice.
    start: u64,
    /// The start of the machine that this is counted from.
    boot: Option<String>,
    /// When the session began, in seconds since 1970.
    pub since: u64,
    /// The tool: `psql`.
    pub tool: String,
    /// The operating-system user.
    pub user: Option<String>,
    /// The terminal: `/dev/pts/3`.
    pub tty: Option<String>,
    /// The working directory that it was started in.
    pub cwd: String,
    /// Where it goes, for people: `app on db1.prod.example.com:5432 as alice`.
    pub place: String,
    /// The environment's name.
    pub environment: String,
    /// Its level as a word; `unknown` is one.
    pub level: String,
    /// The target as `explain --json` shows it.
    pub target: serde_json::Value,
}

/// What is open.
#[derive(Debug, Default)]
pub struct Listing {
    /// The oldest first.
    pub sessions: Vec<Session>,
    /// Files of running processes that cannot be read, and why.
    pub unusable: Vec<String>,
}

/// Registers this process as a session of the tool that it is about to become.
pub fn register(snapshot: &Snapshot, tool: &str, target: &Target, environment: &Environment) -> Result<()> {
    let session = Session::new(snapshot, tool, target, environment)?;
    let text = serde_json::to_string(&session)
        .map_err(|cause| Error::refused(format!("the session cannot be written down: {cause}")))?;
    let dir = directory(snapshot)?;
    let name = session.file_name();
    let unfinished = format!(".{name}");
    let mut file = dir.file(&unfinished, OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC)?;
    let written = writeln!(file, "{text}").map_err(|cause| trouble(&dir.path_of(&name), "written", &cause));
    let named = written.and_then(|()| {
        dir.rename(&unfinished, &name).map_err(|cause| trouble(&dir.path_of(&name), "made", &cause.into()))
    });
    if named.is_err() {
        let _best_effort = dir.remove(&unfinished);
    }
    named
}

/// Takes this process's session back, when the tool could not take its place after all.
pub fn withdraw(snapshot: &Snapshot) {
    let pid = std::process::id();
    if let (Ok(dir), Some(start)) = (directory(snapshot), processes::start_time(pid)) {
        let _best_effort = dir.remove(&format!("{pid}-{start}.json"));
    }
}

/// Every open session of this user. Files of sessions that ended are removed.
pub fn list(snapshot: &Snapshot) -> Result<Listing> {
    let dir = directory(snapshot)?;
    let mut listing = Listing::default();
    for name in dir.names()? {
        let Some((pid, start)) = owner(&name) else { continue };
        // Gone, or the pid is another process's by now.
        if processes::start_time(pid) != Some(start) {
            let _best_effort = dir.remove(&name);
            continue;
        }
        match read(&dir, &name) {
            Ok(session) if session.boot != processes::boot() || (session.pid, session.start) != (pid, start) => {
                let _best_effort = dir.remove(&name);
            }
            Ok(session) => listing.sessions.push(session),
            // The very moment between its end and this look.
            Err(_) if !dir.has(&name) => {}
            Err(error) => listing.unusable.push(error.message().to_owned()),
        }
    }
    order::sort_by_key(&mut listing.sessions, |session| (session.since, session.pid));
    Ok(listing)
}

/// The open sessions besides this one.
pub fn others(snapshot: &Snapshot, own: u32) -> Result<Vec<Session>> {
    Ok(list(snapshot)?.sessions.into_iter().filter(|session| session.pid != own).collect())
}

fn directory(snapshot: &Snapshot) -> Result<Dir> {
    Dir::state(snapshot)?.below("sessions")
}

/// Process and start time from a file's name; also of one that was not finished, whose process may have been killed.
fn owner(name: &str) -> Option<(u32, u64)> {
    let (pid, start) = name.trim_start_matches('.').strip_suffix(".json")?.split_once('-')?;
    Some((pid.parse().ok()?, start.parse().ok()?)).filter(|owner| !name.starts_with('.') || ended(*owner))
}

fn ended((pid, start): (u32, u64)) -> bool {
    processes::start_time(pid) != Some(start)
}

fn read(dir: &Dir, name: &str) -> Result<Session> {
    let path = dir.path_of(name);
    let mut text = String::new();
    let file = dir.file(name, OFlag::O_RDONLY)?;
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(|cause| trouble(&path, "read", &cause))?;
    let session: Session =
        json::typed(&text).map_err(|cause| trouble(&path, "understood", &std::io::Error::other(cause)))?;
    if session.version > VERSION {
        return Err(trouble(&path, "understood", &std::io::Error::other("a newer dbguard wrote it")));
    }
    Ok(session)
}

impl Session {
    fn new(snapshot: &Snapshot, tool: &str, target: &Target, environment: &Environment) -> Result<Self> {
        let pid = std::process::id();
        let start = processes::start_time(pid)
            .ok_or_else(|| Error::refused("this process cannot be told from others: its start time cannot be read"))?;
        Ok(Self {
            version: VERSION,
            pid,
            start,
            boot: processes::boot(),
            since: snapshot.now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            tool: tool.to_owned(),
            user: snapshot.user.name.clone(),
            tty: terminal::name().map(|path| path.to_string_lossy().into_owned()),
            cwd: snapshot.cwd.to_string_lossy().into_owned(),
            place: place(target),
            environment: environment.name().to_owned(),
            level: environment.level_word().to_owned(),
            target: serde_json::to_value(target).unwrap_or_default(),
        })
    }

    fn file_name(&self) -> String {
        format!("{}-{}.json", self.pid, self.start)
    }

    /// When it began.
    pub fn began(&self) -> SystemTime {
        UNIX_EPOCH.checked_add(std::time::Duration::from_secs(self.since)).unwrap_or(UNIX_EPOCH)
    }

    /// Whether it is on production, or on a server that nothing names, which counts as that.
    pub fn is_strict(&self) -> bool {
        !matches!(self.level.as_str(), "development" | "staging")
    }
}

/// `app on db1:5432, db2:5432 through ssh as alice`: the far end where a forwarder says it.
fn place(target: &Target) -> String {
    let text = |field: &Field<std::ffi::OsString>| field.shown();
    let dbname = target.dbname.as_ref().map_or_else(|| "the whole server".to_owned(), text);
    let hosts = target.hosts.iter().map(Host::shown).collect::<Vec<_>>().join(", ");
    let through = target.via.as_ref().map_or_else(String::new, |via| {
        let to = via.to.as_ref().and_then(|to| to.names.first()).map_or("somewhere unknown", String::as_str);
        format!(", which {} forwards to {to},", via.program)
    });
    let user = target.user.as_ref().map_or_else(String::new, |user| format!(" as {}", text(user)));
    format!("{dbname} on {hosts}{through}{user}")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::target::{Endpoint, Engine, Origin, Parameter, Via};
    use crate::text::Secret;

    fn field(text: &str) -> Field<std::ffi::OsString> {
        Field::new(text.into(), Origin::Default)
    }

    fn target() -> Target {
        Target {
            engine: Engine::Postgresql,
            hosts: vec![Host {
                host: Some(field("db1.prod.example.com")),
                hostaddr: None,
                port: Field::new(5432, Origin::Default),
            }],
            dbname: Some(field("app")),
            user: Some(field("alice")),
            service: None,
            affects: Vec::new(),
            every_database: false,
            via: None,
            parameters: vec![Parameter { keyword: "password".to_owned(), value: Secret::new("planted-secret") }],
        }
    }

    fn nowhere() -> Environment {
        Environment::Unknown { because: "no rule".to_owned() }
    }

    /// A world with a state directory of its own, which goes with it.
    struct World(Snapshot, std::path::PathBuf);

    impl World {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("dbguard-sessions-{}-{name}", std::process::id()));
            let mut snapshot = Snapshot::read().unwrap();
            snapshot.vars.set("XDG_STATE_HOME", path.as_os_str());
            Self(snapshot, path)
        }

        fn files(&self) -> Vec<String> {
            directory(&self.0).unwrap().names().unwrap()
        }

        fn write(&self, name: &str, text: &str) {
            let path = directory(&self.0).unwrap().path_of(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    impl Drop for World {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.1);
        }
    }

    #[test]
    fn a_registered_session_is_listed_with_its_place_and_without_secrets() {
        let world = World::new("listed");
        register(&world.0, "psql", &target(), &nowhere()).unwrap();
        register(&world.0, "psql", &target(), &nowhere()).unwrap();
        let listing = list(&world.0).unwrap();
        let [session] = listing.sessions.as_slice() else { panic!("{listing:?}") };
        assert_eq!(session.place, "app on db1.prod.example.com:5432 as alice");
        assert_eq!((session.environment.as_str(), session.level.as_str()), ("unknown", "unknown"));
        assert!(session.is_strict());
        assert_eq!(session.pid, std::process::id());
        assert_eq!(others(&world.0, std::process::id()).unwrap(), []);
        let [name] = world.files().try_into().unwrap();
        let path = directory(&world.0).unwrap().path_of(&name);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!std::fs::read_to_string(path).unwrap().contains("planted-secret"));
        withdraw(&world.0);
        assert!(list(&world.0).unwrap().sessions.is_empty());
    }

    #[test]
    fn a_session_ends_with_its_process_and_its_file_with_the_next_look() {
        let world = World::new("ends");
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id();
        let start = processes::start_time(pid).unwrap();
        let session = Session { pid, start, ..Session::new(&world.0, "psql", &target(), &nowhere()).unwrap() };
        world.write(&session.file_name(), &serde_json::to_string(&session).unwrap());
        assert_eq!(others(&world.0, std::process::id()).unwrap(), [session]);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(others(&world.0, std::process::id()).unwrap(), []);
        assert_eq!(world.files(), [""; 0]);
    }

    #[test]
    fn a_pid_that_another_process_has_now_is_no_session() {
        let world = World::new("reused");
        let me = std::process::id();
        let session = Session::new(&world.0, "psql", &target(), &nowhere()).unwrap();
        let other = Session { start: session.start + 1, ..session.clone() };
        world.write(&other.file_name(), &serde_json::to_string(&other).unwrap());
        let earlier = Session { boot: Some("another".to_owned()), ..session.clone() };
        world.write(&earlier.file_name(), &serde_json::to_string(&earlier).unwrap());
        world.write(&format!(".{me}-1.json"), "");
        assert!(list(&world.0).unwrap().sessions.is_empty());
        assert_eq!(world.files(), [""; 0]);
    }

    #[test]
    fn what_is_no_session_is_told_or_left_alone() {
        let world = World::new("hostile");
        let session = Session::new(&world.0, "psql", &target(), &nowhere()).unwrap();
        for text in ["", "{", "null", "[]", r#"{"version":1}"#, "\u{1b}[2J"] {
            world.write(&session.file_name(), text);
            let listing = list(&world.0).unwrap();
            assert_eq!((listing.sessions.len(), listing.unusable.len()), (0, 1), "{text}");
        }
        let newer = Session { version: VERSION + 1, ..session.clone() };
        world.write(&session.file_name(), &serde_json::to_string(&newer).unwrap());
        assert!(list(&world.0).unwrap().unusable.concat().contains("a newer dbguard wrote it"));
        world.write("notes.txt", "mine");
        world.write("-1.json", "mine");
        list(&world.0).unwrap();
        assert!(world.files().contains(&"notes.txt".to_owned()));
    }

    #[test]
    fn a_forwarded_session_says_where_it_leads() {
        let to = Some(Endpoint { names: vec!["db1.prod.example.com".to_owned()], port: Some(5432) });
        let mut target = target();
        target.hosts =
            vec![Host { host: Some(field("localhost")), hostaddr: None, port: Field::new(1, Origin::Default) }];
        target.via = Some(Via { program: "ssh".to_owned(), pid: 7, to });
        assert_eq!(place(&target), "app on localhost:1, which ssh forwards to db1.prod.example.com, as alice");
    }
}
