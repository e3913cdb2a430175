//! What must hold for any bytes, one function for each parser of what comes from outside.
//!
//! `cargo fuzz` looks for bytes that break it (`any.rs`), and the tests feed the same functions with seeds and with
//! mutations of them, so that no target rots. Files are written where the world of the target has them: what is tried
//! is the way that a user's bytes take, with its limits and checks.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use dbguard::config::{self, Places};
use dbguard::effects::audit::{self, AuditLog, Entry};
use dbguard::plan::{drops, messages, scan};
use dbguard::target;
use dbguard::world::{Snapshot, User, Vars};

/// A property: bytes, and a directory of its own to work in.
pub(crate) type Property = fn(&[u8], &Path);

/// Every target by its name.
pub(crate) const TARGETS: &[(&str, Property)] = &[
    ("archive", archive),
    ("audit", audit),
    ("config", configuration),
    ("conninfo", conninfo),
    ("dotenv", |bytes, world| project(".env", bytes, world)),
    ("ini", |bytes, world| {
        project("alembic.ini", bytes, world);
        project("sqitch.conf", bytes, world);
    }),
    ("json", |bytes, world| {
        project("config/config.json", bytes, world);
        project("ormconfig.json", bytes, world);
        project("database.json", bytes, world);
    }),
    ("prisma", |bytes, world| project("prisma/schema.prisma", bytes, world)),
    ("properties", |bytes, world| {
        project("flyway.conf", bytes, world);
        project("liquibase.properties", bytes, world);
    }),
    ("service", service),
    ("sql", sql),
    ("tools", |bytes, world| {
        let files = [
            ("dbt", "profiles.yml"),
            ("graphile-migrate", ".gmrc"),
            ("postgrator", ".postgratorrc.json"),
            ("supabase", "supabase/config.toml"),
            ("yoyo", "yoyo.ini"),
        ];
        for (tool, file) in files {
            own_file(tool, file, bytes, world);
        }
    }),
    ("yaml", |bytes, world| project("config/database.yml", bytes, world)),
];

/// What no screen may show.
const PLANTED: &str = "planted5ecret";

/// Gives a few bytes at a time.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(self.1);
        self.0.read(&mut buffer[..length])
    }
}

/// A script is read in pieces of any size alike, and a message that was cut is cut again in the same place.
fn sql(script: &[u8], _: &Path) {
    let ground = scan::Ground { cwd: "/".into(), home: None, within: vec![PathBuf::from("/nonexistent")] };
    let whole = scan::text(script, &ground);
    assert_eq!(whole, scan::text(Trickle(script, 1 + script.len() % 9), &ground));
    // Meta-commands and variables and a byte order mark leave no trace in what is sent; without them, a message is one
    // message again.
    let plain: Vec<u8> =
        script.iter().copied().filter(|byte| !matches!(byte, b'\\' | b':' | 0 | b'\r' | 0xef)).collect();
    for message in messages(&plain).into_iter().filter(|message| message.ends_with(b";")) {
        assert_eq!(messages(&message).concat(), message);
    }
}

fn world(directory: &Path, vars: &[(&str, &Path)]) -> Snapshot {
    let vars: Vars = vars.iter().map(|(name, path)| (OsString::from(name), path.as_os_str().to_owned())).collect();
    // The process writes its files, and the rules about their owner hold for it.
    let uid = Snapshot::read().expect("the process has a user").user.uid;
    let user = User { uid, name: Some("alice".to_owned()), home: Some(directory.to_owned()) };
    Snapshot { vars, cwd: directory.to_owned(), user, now: SystemTime::UNIX_EPOCH }
}

/// Text that goes to a terminal holds nothing that it would obey.
fn inert(shown: &str) {
    assert!(!shown.contains(|c: char| c.is_control()), "{shown:?}");
}

/// A connection string, by itself and behind a password: what libpq would do is said or refused, and no password shown.
fn conninfo(text: &[u8], directory: &Path) {
    if text.contains(&0) || text.len() > 4096 {
        return; // no argument is like that
    }
    let snapshot = world(directory, &[]);
    let uri = format!("postgres://u:{PLANTED}@");
    let words = format!("password={PLANTED} ");
    for before in ["", &uri, &words] {
        let argument = OsString::from_vec([before.as_bytes(), text].concat());
        let resolution = target::resolve(&target::parse("psql", &[argument], None, &snapshot), &snapshot);
        assert!(!format!("{resolution:?}").contains(PLANTED), "{resolution:?}");
    }
}

fn written(directory: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = directory.join(name);
    std::fs::create_dir_all(path.parent().expect("it has one")).expect("directories can be made");
    std::fs::write(&path, bytes).expect("files can be written");
    path
}

/// The file of one tool: a target is said or not, and no password shown.
fn own_file(tool: &str, name: &str, bytes: &[u8], directory: &Path) {
    written(directory, "dbt_project.yml", b"profile: shop\n");
    let path = written(directory, name, bytes);
    let snapshot = world(directory, &[]);
    let line = match tool {
        "dbt" => "run",
        "supabase" => "db reset",
        "yoyo" => "apply",
        _ => "migrate",
    };
    let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
    let (_, places) = target::open(tool, &args, None, &snapshot);
    for place in places.also.iter().chain([&places.main]) {
        assert!(!format!("{place:?}").contains(PLANTED), "{place:?}");
    }
    std::fs::remove_file(path).expect("files can be removed");
}

/// A service file.
fn service(text: &[u8], directory: &Path) {
    let file = written(directory, "service.conf", text);
    let snapshot = world(directory, &[("PGSERVICEFILE", &file), ("PGSYSCONFDIR", directory)]);
    let names = target::services(None, &snapshot);
    for name in names.into_iter().take(5).chain(["a".into()]) {
        let argument = [OsString::from("service="), name].concat_os();
        let _ = target::resolve(&target::parse("psql", &[argument], None, &snapshot), &snapshot);
    }
}

/// Joins what stands in a list.
trait ConcatOs {
    fn concat_os(self) -> OsString;
}

impl ConcatOs for [OsString; 2] {
    fn concat_os(self) -> OsString {
        let [mut first, second] = self;
        first.push(second);
        first
    }
}

/// A file of a project, under the name that its format goes by.
fn project(name: &str, bytes: &[u8], directory: &Path) {
    let file = written(directory, name, bytes);
    let snapshot = world(directory, &[]);
    let said = target::mentions(&snapshot, directory);
    assert_eq!(said, target::mentions(&snapshot, directory));
    for mention in &said.found {
        inert(&mention.source.to_string());
    }
    std::fs::remove_file(file).expect("it is there");
}

/// The table of contents of an archive: names are told inertly, and a kind is a word that can be allowed by its name.
fn archive(text: &[u8], _: &Path) {
    let text = String::from_utf8_lossy(text);
    for list in [text.to_string(), format!("; Archive created at 2026-11-22\n{text}")] {
        for (kind, object) in drops(&list).unwrap_or_default() {
            inert(&object);
            assert!(kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{kind:?}");
        }
    }
}

/// The audit log.
fn audit(text: &[u8], directory: &Path) {
    for entry in audit::entries(text) {
        if let Ok(Entry::Record(record)) = entry {
            inert(record.json());
            assert!(serde_json_reads(record.json()), "{}", record.json());
            let _ = (record.id(), record.text("/environment/name"), record.at("/findings"));
        }
    }
    let path = written(directory, "dbguard/audit.jsonl", text);
    private(path.parent().expect("it has one"), 0o700);
    private(&path, 0o600);
    let snapshot = world(directory, &[("XDG_STATE_HOME", directory)]);
    let log = AuditLog::existing(&snapshot).expect("it can be opened").expect("it is there");
    let report = log.verify().expect("it can be read");
    let _ = format!("{report:?}");
    let _ = log.latest(100).expect("it can be read").count();
}

fn serde_json_reads(json: &str) -> bool {
    let mut again = audit::entries(json.as_bytes());
    matches!((again.next(), again.next()), (Some(Ok(Entry::Record(_))), None))
}

fn private(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("it is ours");
}

/// The configuration: whatever it says, it is read or every error in it has a place; what is added to a sound one is
/// there, and nothing else changes.
fn configuration(text: &[u8], directory: &Path) {
    let file = written(directory, "dbguard/config.toml", text);
    private(file.parent().expect("it has one"), 0o700);
    private(&file, 0o600);
    let snapshot = world(directory, &[("XDG_CONFIG_HOME", directory), ("DBGUARD_CONFIG", &file)]);
    let load = || config::load_from(&Places::only(file.clone(), &snapshot));
    let before = load();
    for error in before.errors.iter().chain(&before.warnings) {
        error.to_string().lines().for_each(inert);
    }
    if let Ok(text) = std::str::from_utf8(text) {
        let _ = config::loosening(&file, text);
    }
    if !before.errors.is_empty() || before.environment("added").is_some() {
        return;
    }
    let entry = config::NewEntry { host: Some("a\"b\\c\n*".to_owned()), ..config::NewEntry::default() };
    let level = Some(dbguard::environment::Level::Staging);
    if config::edit::add(&before, &snapshot, "added", level, &entry).is_ok() {
        let after = load();
        let names = |config: &config::Config| -> Vec<String> {
            config.environments.iter().map(|one| one.definition.name.clone()).filter(|name| name != "added").collect()
        };
        assert!(after.environment("added").is_some() && after.errors.is_empty());
        assert_eq!(names(&before), names(&after));
    }
}
