//! What dbguard says of a tool of the table is where the tool itself calls: seen by a server that only notes who called.
//!
//! Generated flags, vars and files go to both; every source names a place of its own, so that the call tells which one
//! won. `DBGUARD_SEED` repeats a run, `DBGUARD_TOOL_CASES` makes it longer. Tools of Debian only; `packaging/test-tools`
//! does the same for those of other registries.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use dbguard::target::{self, Resolution, Target};
use dbguard::world::{Snapshot, User, Vars};

use crate::support::tool;
use crate::target_differential::dice::Dice;
use crate::target_differential::listener::{Callers, Contact};

/// One invocation in one project.
#[derive(Debug, Default)]
struct Case {
    tool: &'static str,
    args: Vec<String>,
    vars: Vec<(&'static str, String)>,
    files: Vec<(&'static str, String)>,
}

/// Gives every source a place, a database and a user of its own.
struct Sources<'a> {
    dice: Dice,
    callers: &'a Callers,
    given: usize,
}

impl Sources<'_> {
    /// The next place: host, port.
    fn place(&mut self) -> (String, u16) {
        self.given += 1;
        (self.callers.hosts[self.given % 4].clone(), self.callers.ports[(self.given / 4) % 2])
    }

    /// A URL with this scheme, of which some leave out what the vars then say, and some say it in their query.
    fn url(&mut self, scheme: &str) -> String {
        let (host, port) = self.place();
        let name = self.given;
        match self.dice.below(8) {
            0 => format!("{scheme}://u{name}@{host}:{port}/"),
            1 => format!("{scheme}://{host}:{port}/d{name}"),
            2 => format!("{scheme}://u{name}:x%40y@{host}:{port}/d%20{name}"),
            3 => format!("{scheme}://u{name}@/d{name}?host={host}&port={port}"),
            _ => format!("{scheme}://u{name}:x@{host}:{port}/d{name}"),
        }
    }

    /// The vars of libpq, each as often as not.
    fn vars(&mut self, case: &mut Case) {
        let (host, port) = self.place();
        let name = self.given;
        let all = [
            ("PGHOST", host),
            ("PGPORT", port.to_string()),
            ("PGUSER", format!("u{name}")),
            ("PGDATABASE", format!("d{name}")),
        ];
        let some = all.into_iter().filter(|(var, _)| matches!(*var, "PGHOST" | "PGPORT") || self.dice.chance(50));
        case.vars.extend(some);
    }
}

/// The logging that Alembic's own `env.py` wants to find.
const LOGGING: &str = "[loggers]\nkeys = root\n[handlers]\nkeys = console\n[formatters]\nkeys = plain\n[logger_root]\n\
                       handlers = console\n[handler_console]\nclass = StreamHandler\nargs = (sys.stderr,)\n\
                       formatter = plain\n[formatter_plain]\nformat = %%(message)s\n";

const ENV_PY: &str = include_str!("tools/alembic_env.py");

fn alembic(sources: &mut Sources<'_>) -> Case {
    let mut case = Case { tool: "alembic", ..Case::default() };
    let mut ini = "[alembic]\nscript_location = m\n".to_owned();
    let scheme = sources.dice.of(&["postgresql", "postgresql+psycopg2", "postgresql"]);
    let _ = writeln!(
        ini,
        "{} = {}",
        sources.dice.of(&["sqlalchemy.url", "sqlalchemy.url  "]),
        sources.url(scheme).replace('%', "%%")
    );
    let _ = write!(
        ini,
        "[second]\nscript_location = m\nsqlalchemy.url = {}\n",
        sources.url("postgresql").replace('%', "%%")
    );
    ini.push_str(&LOGGING.replace("%%", "%"));
    case.files.push(("other.ini", ini.replace("d1", "e1").replace("d2", "e2")));
    case.files.push(("alembic.ini", ini));
    case.files.push(("m/env.py", ENV_PY.to_owned()));
    case.files.push(("m/versions/.keep", String::new()));
    if sources.dice.chance(40) {
        sources.vars(&mut case);
    }
    if sources.dice.chance(15) {
        case.vars.push(("ALEMBIC_CONFIG", "other.ini".to_owned()));
    }
    if sources.dice.chance(15) {
        case.vars.push(("DATABASE_URL", sources.url("postgresql")));
    }
    for (percent, words) in [
        (20, "-c other.ini"),
        (10, "--conf=other.ini"),
        (20, "-n second"),
        (10, "-nsecond"),
        (10, "-x a=b"),
        (5, "--raiseerr"),
    ] {
        if sources.dice.chance(percent) {
            case.args.extend(words.split(' ').map(str::to_owned));
        }
    }
    let command = sources.dice.of(&[
        "upgrade head",
        "current",
        "current -v",
        "stamp head",
        "stamp --purge head",
        "downgrade base",
        "history -i",
        "upgrade head --sql",
        "heads",
        "history",
    ]);
    case.args.extend(command.split(' ').map(str::to_owned));
    case
}

fn pg_repack(sources: &mut Sources<'_>) -> Case {
    let mut case = Case { tool: "pg_repack", ..Case::default() };
    if sources.dice.chance(60) {
        sources.vars(&mut case);
    }
    let (host, port) = sources.place();
    let name = sources.given;
    let host = sources
        .dice
        .of(&[
            format!("-h{host}").as_str(),
            &format!("--host={host}"),
            &format!("-k -h {host}"),
            &format!("--ho {host}"),
            "",
        ])
        .to_owned();
    let port =
        sources.dice.of(&[format!("-p {port}").as_str(), &format!("--port={port}"), &format!("-p{port}")]).to_owned();
    let user = sources.dice.of(&[format!("-U u{name}").as_str(), &format!("--user=u{name}"), ""]).to_owned();
    let base = sources
        .dice
        .of(&[format!("d{name}").as_str(), &format!("-d d{name}"), &format!("--dbname d{name}"), "-a", ""])
        .to_owned();
    let other = sources.dice.of(&["-t x", "-N", "-D -j 2", "", "-e"]).to_owned();
    for words in [host, port, user, other, base] {
        case.args.extend(words.split_whitespace().map(str::to_owned));
    }
    case
}

fn sqitch(sources: &mut Sources<'_>) -> Case {
    let mut case = Case { tool: "sqitch", ..Case::default() };
    let mut conf = "[core]\n\tengine = pg\n".to_owned();
    if sources.dice.chance(40) {
        let _ = writeln!(conf, "\ttarget = {}", sources.url("db:pg"));
    }
    let _ = write!(conf, "[engine \"pg\"]\n\ttarget = {}\n", sources.dice.of(&["first", "second"]));
    for name in ["first", "second"] {
        let _ = write!(conf, "[target \"{name}\"]\n\turi = {}\n", sources.url("db:pg"));
    }
    case.files.push(("sqitch.conf", conf));
    case.files.push(("sqitch.plan", "%syntax-version=1.0.0\n%project=p\n\n".to_owned()));
    if sources.dice.chance(30) {
        sources.vars(&mut case);
    }
    if sources.dice.chance(20) {
        case.vars.push(("SQITCH_TARGET", sources.dice.of(&["first", "second"]).to_owned()));
    }
    let command = sources.dice.of(&["status", "log", "deploy", "revert -y", "verify", "plan"]);
    case.args.extend(command.split(' ').map(str::to_owned));
    let named = sources.url("db:pg");
    let target = sources.dice.of(&["", "", "second", "--target first", "-t second", &named]);
    case.args.extend(target.split_whitespace().map(str::to_owned));
    case
}

fn pgloader(sources: &mut Sources<'_>) -> Case {
    let mut case = Case { tool: "pgloader", ..Case::default() };
    case.files.push(("a.csv", "1\n".to_owned()));
    if sources.dice.chance(30) {
        sources.vars(&mut case);
    }
    let (host, port) = sources.place();
    let to = format!("postgresql://u:x@{host}:{port}/d?tablename=t");
    let words = sources.dice.of(&[
        "--type csv --field a a.csv",
        "--dry-run --type csv --field a a.csv",
        "--type csv --field a --with truncate a.csv",
    ]);
    case.args.extend(words.split(' ').map(str::to_owned));
    case.args.push(to);
    case
}

/// Where an answer of dbguard's may lead to.
fn led(target: &Target) -> Vec<Contact> {
    let text = |name: &OsString| name.to_string_lossy().into_owned().into_bytes();
    let user = target.user.as_ref().map(|user| text(&user.value)).unwrap_or_default();
    let names = target.dbname.iter().chain(&target.affects).map(|name| text(&name.value));
    let names: Vec<_> = names.collect();
    let hosts = target.hosts.iter().filter_map(|host| {
        let name = host.hostaddr.as_ref().or(host.host.as_ref())?;
        Some((name.value.to_str()?.to_owned(), host.port.value))
    });
    let contact = |place: (String, u16), name: &Vec<u8>| Contact {
        place,
        user: user.clone(),
        database: Some(name.clone()),
        replication: None,
    };
    hosts.flat_map(|place| names.iter().map(move |name| contact(place.clone(), name)).collect::<Vec<_>>()).collect()
}

/// How often what came out.
#[derive(Debug, Default)]
struct Tally {
    same: usize,
    untouched: usize,
    unclear: usize,
    silent: usize,
    wrong: Vec<String>,
}

/// Runs a case both ways.
fn run(case: &Case, directory: &Path, callers: &Callers, tally: &mut Tally) {
    for (name, text) in &case.files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let program = tool(case.tool).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let home = directory.to_str().unwrap();
    let fixed = [
        ("PATH", path.as_str()),
        ("HOME", home),
        ("LC_ALL", "C.UTF-8"),
        ("TZ", "UTC"),
        ("EMAIL", "a@b.c"),
        ("PGCONNECT_TIMEOUT", "5"),
    ];
    let all = || fixed.into_iter().chain(case.vars.iter().map(|(name, value)| (*name, value.as_str())));
    let vars = all().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect::<Vars>();
    let snapshot = Snapshot { vars, cwd: directory.to_owned(), user: me(), now: SystemTime::now() };
    let args: Vec<OsString> = case.args.iter().map(OsString::from).collect();
    let (_, places) = target::open(case.tool, &args, Some(program.clone()), &snapshot);

    let mut command = Command::new(program);
    command.args(&case.args).env_clear().envs(all()).current_dir(directory).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    while child.try_wait().unwrap().is_none() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    child.wait().unwrap();

    let heard = callers.heard();
    let known: Vec<&Target> = [&places.main]
        .into_iter()
        .chain(&places.also)
        .filter_map(|one| match one {
            Resolution::Resolved(target) => Some(target),
            Resolution::NoServer { .. } | Resolution::Ambiguous { .. } => None,
        })
        .collect();
    let expected: Vec<Contact> = known.iter().flat_map(|target| led(target)).collect();
    let every = known.iter().any(|target| target.every_database);
    let meant = |contact: &Contact| {
        expected.iter().any(|one| one == contact || every && one.place == contact.place && one.user == contact.user)
    };
    match (&places.main, heard.as_slice()) {
        (Resolution::Ambiguous { .. }, _) => tally.unclear += 1,
        (Resolution::NoServer { .. }, []) => tally.untouched += 1,
        (Resolution::Resolved(_), []) => tally.silent += 1,
        (Resolution::Resolved(_), heard) if heard.iter().all(meant) => tally.same += 1,
        (said, heard) => tally.wrong.push(format!("{case:?}\nsaid {said:?}\nheard {heard:?}")),
    }
}

fn me() -> User {
    let name = Command::new("id").arg("-un").output().unwrap().stdout;
    User { uid: 0, name: Some(String::from_utf8(name).unwrap().trim().into()), home: None }
}

/// A directory that goes with the run.
struct Ground(PathBuf);

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn compare(block: u8, cases: u64, make: fn(&mut Sources<'_>) -> Case) {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (seed, cases) = (number("DBGUARD_SEED", 2026), number("DBGUARD_TOOL_CASES", cases));
    let ground = Ground(PathBuf::from(format!("/tmp/dbgw-{}-{block}", std::process::id())));
    std::fs::create_dir_all(&ground.0).unwrap();
    let callers = Callers::listen(block, &ground.0);
    let mut tally = Tally::default();
    for at in 0..cases {
        let mut sources =
            Sources { dice: Dice::new(seed.wrapping_mul(1_000_003).wrapping_add(at)), callers: &callers, given: 0 };
        let case = make(&mut sources);
        if tool(case.tool).is_none() {
            return;
        }
        let directory = ground.0.join(at.to_string());
        std::fs::create_dir_all(&directory).unwrap();
        run(&case, &directory, &callers, &mut tally);
    }
    eprintln!(
        "seed {seed}: {} same, {} untouched, {} unclear, {} silent",
        tally.same, tally.untouched, tally.unclear, tally.silent
    );
    assert!(
        tally.wrong.is_empty(),
        "{} wrong:\n{}",
        tally.wrong.len(),
        tally.wrong[..tally.wrong.len().min(5)].join("\n\n")
    );
    let cases = usize::try_from(cases).unwrap();
    assert!(tally.same * 3 >= cases, "too little was compared: {tally:?}");
    assert!(tally.silent * 5 <= cases, "too often nobody called: {tally:?}");
}

#[test]
fn alembic_calls_where_dbguard_says() {
    compare(11, 26, alembic);
}

#[test]
fn pg_repack_calls_where_dbguard_says() {
    compare(12, 60, pg_repack);
}

#[test]
fn sqitch_calls_where_dbguard_says() {
    compare(13, 16, sqitch);
}

#[test]
fn pgloader_calls_where_dbguard_says() {
    compare(14, 3, pgloader);
}
