//! What dbguard says a command line would reach is what the real tool reaches.
//!
//! Generated command lines, vars and service files go to both. `DBGUARD_SEED` repeats a run, `DBGUARD_CASES` makes it
//! longer, `DBGUARD_BINDIR` names programs of another version; `DBGUARD_CASE` runs one case of a seed and tells all of it.

pub(crate) mod dice;
mod generator;
mod kinds;
pub(crate) mod listener;
mod oracle;
mod texts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use dice::Dice;
use generator::{Case, Generator};
use listener::Callers;
use oracle::{Bench, Outcome};

const SEED: u64 = 2026;
const CASES: u64 = 3000;
const WRAPPED_CASES: u64 = 80;
const PGCLI_CASES: u64 = 12;
const WORKERS: u8 = 2;

/// How many cases came out how, and the ones that came out wrong.
#[derive(Default)]
struct Tally {
    same: u64,
    none: u64,
    gave_up: BTreeMap<String, u64>,
    ambiguous: BTreeMap<String, u64>,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, number: u64, case: &Case, outcome: Outcome) {
        match outcome {
            Outcome::SameServer => self.same += 1,
            Outcome::NoServer => self.none += 1,
            Outcome::GaveUp(why) => *self.gave_up.entry(why).or_default() += 1,
            Outcome::Ambiguous(why) => *self.ambiguous.entry(why).or_default() += 1,
            Outcome::Wrong(what) => self.wrong.push(format!("case {number}: {case:?}\n{what}")),
        }
    }

    fn join(mut self, other: Self) -> Self {
        self.same += other.same;
        self.none += other.none;
        for (why, count) in other.gave_up {
            *self.gave_up.entry(why).or_default() += count;
        }
        for (why, count) in other.ambiguous {
            *self.ambiguous.entry(why).or_default() += count;
        }
        self.wrong.extend(other.wrong);
        self
    }

    /// Says how it went, and fails when anything was wrong or too much was left open.
    fn report(&self, seed: u64, cases: u64) {
        let ambiguous: u64 = self.ambiguous.values().sum();
        let gave_up: u64 = self.gave_up.values().sum();
        let (same, none, wrong) = (self.same, self.none, self.wrong.len());
        eprintln!(
            "seed {seed}: {same} same server, {none} no server, {gave_up} gave up, {ambiguous} ambiguous, {wrong} wrong"
        );
        eprintln!("gave up: {:#?}\nambiguous: {:#?}", self.gave_up, self.ambiguous);
        let first = self.wrong.iter().take(8).cloned().collect::<Vec<_>>().join("\n\n");
        assert!(self.wrong.is_empty(), "seed {seed}\n{first}");
        assert!(gave_up * 10 <= cases + 50, "more than 10 % gave up: {:#?}", self.gave_up);
        assert!(ambiguous * 50 <= cases + 100, "more than 2 % ambiguous: {:#?}", self.ambiguous);
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect(name))
}

/// The directory of the real programs, not of a wrapper: `DBGUARD_BINDIR` names that of another version.
fn bindir() -> PathBuf {
    if let Some(directory) = std::env::var_os("DBGUARD_BINDIR") {
        return directory.into();
    }
    let output = Command::new("pg_config").arg("--bindir").output().expect("pg_config is there");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// Where this run's files and sockets are; short, since the path of a socket may have 107 bytes.
struct Ground(PathBuf);

impl Ground {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(format!("/tmp/dbgt-{}-{name}", std::process::id()));
        _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Which programs are run.
#[derive(Clone)]
struct Programs {
    bin: PathBuf,
    wrapped: bool,
    pgcli: bool,
}

/// A real server on the default port must not be called by accident.
fn real_server() -> bool {
    let sockets = ["/var/run/postgresql/.s.PGSQL.5432", "/tmp/.s.PGSQL.5432"];
    sockets.iter().any(|path| Path::new(path).exists()) || std::net::TcpStream::connect(("127.0.0.1", 5432)).is_ok()
}

fn work(worker: u8, seed: u64, numbers: impl Iterator<Item = u64>, programs: &Programs) -> Tally {
    let block = match programs {
        Programs { wrapped: true, .. } => 4 + worker,
        Programs { pgcli: true, .. } => 8 + worker,
        Programs { .. } => worker,
    };
    let ground = Ground::new(&block.to_string());
    let callers = Callers::listen(block, &ground.0);
    let bench = Bench { root: ground.0.clone(), bin: programs.bin.clone(), callers: &callers };
    let archive = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/targets/empty.dump").to_owned();
    let shy = real_server();
    let mut tally = Tally::default();
    for number in numbers {
        let dice = Dice::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
        let (callers, archive) = (&callers, archive.clone());
        let Programs { wrapped, pgcli, .. } = *programs;
        let case = Generator { dice, callers, archive, shy, wrapped, pgcli }.case();
        let outcome = bench.run(&case);
        tally.add(number, &case, outcome);
    }
    tally
}

fn compare(programs: &Programs, cases: u64) {
    let seed = number("DBGUARD_SEED", SEED);
    let tally = match std::env::var("DBGUARD_CASE") {
        Ok(case) => work(0, seed, std::iter::once(case.parse().unwrap()), programs),
        Err(_) => std::thread::scope(|scope| {
            let share = |worker: u8| (u64::from(worker)..cases).step_by(usize::from(WORKERS));
            let start = |worker| scope.spawn(move || work(worker, seed, share(worker), programs));
            let workers: Vec<_> = (0..WORKERS).map(start).collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).fold(Tally::default(), Tally::join)
        }),
    };
    tally.report(seed, cases);
}

#[test]
fn the_target_is_what_the_real_tools_reach() {
    let programs = Programs { bin: bindir(), wrapped: false, pgcli: false };
    compare(&programs, number("DBGUARD_CASES", CASES));
}

#[test]
fn the_target_is_what_pgcli_reaches() {
    let Some(pgcli) = crate::support::tool("pgcli") else { return };
    let programs = Programs { bin: pgcli.parent().unwrap().to_owned(), wrapped: false, pgcli: true };
    compare(&programs, number("DBGUARD_PGCLI_CASES", PGCLI_CASES));
}

#[test]
fn the_target_is_what_debians_wrapper_reaches() {
    let skip = std::env::var("DBGUARD_TEST_SKIP").unwrap_or_default();
    if skip.contains("pg_wrapper") || !Path::new("/etc/debian_version").exists() {
        eprintln!("SKIPPED: Debian's pg_wrapper is not here");
        return;
    }
    // Not every tool has its link in /usr/bin.
    let links = Ground::new("bin");
    for kind in kinds::KINDS {
        std::os::unix::fs::symlink("/usr/share/postgresql-common/pg_wrapper", links.0.join(kind.tool)).unwrap();
    }
    let programs = Programs { bin: links.0.clone(), wrapped: true, pgcli: false };
    compare(&programs, number("DBGUARD_WRAPPED_CASES", WRAPPED_CASES));
}
