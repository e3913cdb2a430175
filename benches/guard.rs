//! What the guard costs, as ratios within one run: `cargo bench`.
//!
//! Every candidate is a whole process, started and waited for in turn with all the others, so that whatever else the
//! machine does hits them alike. The measure of an exec is a static hello world, compiled here. The budgets are those
//! of the README.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a benchmark reports to whoever started it, and fails by panicking"
)]

mod hello;
mod rows;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use dbguard::config;
use dbguard::target::{self, Resolution};
use dbguard::world::{Snapshot, Vars};

/// The built program.
const DBGUARD: &str = env!("CARGO_BIN_EXE_dbguard");

/// Rounds; the first few warm the caches and are not counted.
const ROUNDS: usize = 400;
const WARM: usize = 20;

/// Something to be started, and its times in milliseconds.
struct Candidate {
    name: &'static str,
    command: Command,
    times: Vec<f64>,
}

impl Candidate {
    fn once(&mut self) -> f64 {
        let start = Instant::now();
        let status = self.command.status().expect("it starts");
        let time = start.elapsed().as_secs_f64() * 1000.0;
        assert!(status.success(), "{}: {status}", self.name);
        time
    }

    fn min(&self) -> f64 {
        self.times.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn median(&self) -> f64 {
        let mut times = self.times.clone();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    }
}

/// A directory that is removed at the end.
struct World(PathBuf);

impl World {
    fn new() -> Self {
        let root = std::env::temp_dir().join(format!("dbguard-bench-{}", std::process::id()));
        for dir in ["bin", "shims", "few/dbguard", "many/dbguard"] {
            fs::create_dir_all(root.join(dir)).unwrap();
        }
        let world = Self(root);
        // It also plays psql: the bare tool costs exactly one exec.
        hello::compile(&world.path("bin/psql"));
        for tool in ["psql", "ruby", "alembic", "sequelize-cli"] {
            symlink(DBGUARD, world.path("shims").join(tool)).unwrap();
            if tool != "psql" {
                fs::copy(world.path("bin/psql"), world.path("bin").join(tool)).unwrap();
            }
        }
        world.project("small", 0);
        world.project("large", 10_000);
        let development = "development:\n  adapter: postgresql\n  host: dev1.example.com\n  database: app\n";
        fs::create_dir(world.path("config")).unwrap();
        fs::write(world.path("config/database.yml"), development).unwrap();
        fs::write(world.path("few/dbguard/config.toml"), rules(3)).unwrap();
        fs::write(world.path("many/dbguard/config.toml"), rules(10_000)).unwrap();
        world
    }

    /// A project of a Python tool and of one of Node's, beside this many files that are none of theirs.
    fn project(&self, name: &str, others: usize) {
        let root = self.path(name);
        fs::create_dir_all(root.join("m/versions")).unwrap();
        fs::create_dir_all(root.join("config")).unwrap();
        let ini = "[alembic]\nscript_location = m\nsqlalchemy.url = postgresql://dev1.example.com/app\n";
        fs::write(root.join("alembic.ini"), ini).unwrap();
        fs::write(root.join("m/env.py"), include_str!("../tests/tools/alembic_env.py")).unwrap();
        let sequelize = r#"{"development": {"dialect": "postgres", "host": "dev1.example.com", "database": "app"}}"#;
        fs::write(root.join("config/config.json"), sequelize).unwrap();
        for number in 0..others {
            let directory = root.join(["", "src", "m", "node_modules"][number % 4]).join((number / 1_000).to_string());
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join(format!("{number}.txt")), "x").unwrap();
        }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    fn command(&self, program: &Path, args: &[&str], config: &str) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:{}:/usr/bin:/bin", self.path("shims").display(), self.path("bin").display());
        command.args(args).env_clear().env("PATH", path).env("HOME", &self.0).env("XDG_CONFIG_HOME", self.path(config));
        command.current_dir(&self.0).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn candidates(&self) -> Vec<Candidate> {
        let dbguard = Path::new(DBGUARD);
        let dev = ["run", "--", "psql", "-h", "dev1.example.com", "-c", "SELECT 1"];
        let socket = ["run", "--", "psql", "-h", "/nowhere", "-c", "SELECT 1"];
        let tcp = ["run", "--", "psql", "-h", "127.0.0.1", "-c", "SELECT 1"];
        let explain = ["explain", "--json", "--", "psql", "-h", "dev1.example.com"];
        let candidate = |name, program: &Path, args: &[&str], config| Candidate {
            name,
            command: self.command(program, args, config),
            times: Vec::with_capacity(ROUNDS),
        };
        let within = |name, project: &str, tool: &str, args: &[&str]| {
            let mut one = candidate(name, &self.path("shims").join(tool), args, "few");
            one.command.current_dir(self.path(project));
            one
        };
        vec![
            candidate(HELLO, &self.path("bin/psql"), &[], "few"),
            candidate(BARE, &self.path("bin/psql"), &dev[3..], "few"),
            candidate(VERSION, dbguard, &["--version"], "few"),
            candidate(RUN, dbguard, &dev, "few"),
            candidate(SHIM, &self.path("shims/psql"), &dev[3..], "few"),
            candidate(SOCKET, dbguard, &socket, "few"),
            candidate(TCP, dbguard, &tcp, "few"),
            candidate(PASS, &self.path("shims/ruby"), &["script.rb", "db:drop"], "few"),
            candidate(TOOL, &self.path("shims/ruby"), &["bin/rails", "db:migrate"], "few"),
            within(PYTHON, "small", "alembic", &["upgrade", "head"]),
            within(PYTHON_LARGE, "large", "alembic", &["upgrade", "head"]),
            within(NODE, "small", "sequelize-cli", &["db:migrate"]),
            within(NODE_LARGE, "large", "sequelize-cli", &["db:migrate"]),
            candidate(FEW, dbguard, &explain, "few"),
            candidate(MANY, dbguard, &explain, "many"),
        ]
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const HELLO: &str = "static hello world";
const BARE: &str = "psql (a stand-in), bare";
const VERSION: &str = "dbguard --version";
const RUN: &str = "dbguard run -- psql, development by rule";
const SHIM: &str = "the same through a shim";
const SOCKET: &str = "dbguard run -- psql, local by socket";
const TCP: &str = "dbguard run -- psql, local by loopback";
const PASS: &str = "ruby with a script of no tool's, through its shim";
const TOOL: &str = "ruby bin/rails db:migrate, development";
const PYTHON: &str = "alembic, a development target of alembic.ini";
const PYTHON_LARGE: &str = "  in a project of 10,000 files";
const NODE: &str = "sequelize-cli, one of config.json";
const NODE_LARGE: &str = "  in a project of 10,000 files, too";
const FEW: &str = "dbguard explain, 3 rules";
const MANY: &str = "dbguard explain, 10,000 rules";

/// A configuration with this many rules; the last one names the development host of the benchmark.
fn rules(count: usize) -> String {
    let mut text = String::from("[environment.production]\nlevel = \"production\"\nmatch = [\n");
    for number in 1..count {
        writeln!(text, "  {{ host = \"*.p{number}.example.com\" }},").unwrap();
    }
    text + "]\n\n[environment.development]\nlevel = \"development\"\nmatch = [{ host = \"dev*.example.com\" }]\n"
}

fn budget(what: &str, got: f64, most: f64, unit: &str) {
    let verdict = if got <= most { "kept" } else { "OVER" };
    println!("  {verdict}  {what}: {got:.2}{unit} of {most}{unit}");
}

fn main() {
    let world = World::new();
    let mut candidates = world.candidates();
    for candidate in
        candidates.iter_mut().filter(|candidate| [RUN, SHIM, SOCKET, TCP, PASS, TOOL].contains(&candidate.name))
    {
        let said = candidate.command.stdout(Stdio::piped()).output().expect("it starts");
        let told = String::from_utf8_lossy(&said.stderr);
        assert_eq!(said.stdout, b"hello, world\n", "{} does not reach the tool: {told}", candidate.name);
        candidate.command.stdout(Stdio::null());
    }
    for round in 0..ROUNDS + WARM {
        for at in order(round, candidates.len()) {
            let candidate = &mut candidates[at];
            let time = candidate.once();
            if round >= WARM {
                candidate.times.push(time);
            }
        }
    }
    report(&candidates, in_process(&world));
}

/// Reading 10,000 rules, and resolving a target by them, within one process: the least of 50 times, in milliseconds.
fn in_process(world: &World) -> (f64, f64) {
    let mut snapshot = Snapshot::read().expect("a working directory");
    snapshot.vars = Vars::from_iter([("XDG_CONFIG_HOME", world.path("many"))]);
    let args = ["-h", "dev1.example.com", "app"].map(OsString::from);
    let (mut reading, mut resolving) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..50 {
        let start = Instant::now();
        let config = config::load(&snapshot);
        reading = reading.min(start.elapsed().as_secs_f64() * 1000.0);
        let start = Instant::now();
        let resolution = target::resolve(&target::parse("psql", &args, None, &snapshot), &snapshot);
        let Resolution::Resolved(target) = resolution else { panic!("{resolution:?}") };
        let environment = config.rules.classify(&target);
        resolving = resolving.min(start.elapsed().as_secs_f64() * 1000.0);
        assert_eq!(environment.name(), "development");
    }
    (reading, resolving)
}

/// Another order each round: whoever comes after the heaviest would pay for its cold caches every time.
fn order(round: usize, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut state = round as u64 + 1;
    for at in (1..count).rev() {
        // Knuth's generator; the high bits are the good ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(at, (state >> 33) as usize % (at + 1));
    }
    order
}

fn report(candidates: &[Candidate], many: (f64, f64)) {
    let find = |name: &str| candidates.iter().find(|candidate| candidate.name == name).expect("it is measured");
    let (hello, bare) = (find(HELLO), find(BARE));
    println!("\n{ROUNDS} interleaved rounds; ms, and times the exec of a static hello world\n");
    println!("{:44} {:>8} {:>8} {:>7} {:>7}", "", "min", "median", "x min", "x med");
    for one in candidates {
        let (min, median) = (one.min(), one.median());
        let ratios = (min / hello.min(), median / hello.median());
        println!("{:44} {min:8.3} {median:8.3} {:7.2} {:7.2}", one.name, ratios.0, ratios.1);
    }
    println!("\nbudgets, by the minima, which other processes disturb least:");
    for name in [RUN, SHIM, SOCKET, TCP, PASS, TOOL, PYTHON, PYTHON_LARGE, NODE, NODE_LARGE] {
        let min = find(name).min();
        budget(&format!("{name}, over the bare tool"), min - bare.min(), 1.5, " ms");
        budget("  the same in execs of a static hello world", (min - bare.min()) / hello.min(), 3.0, "");
    }
    let (reading, resolving) = many;
    let over = |name| (find(name).min() - bare.min()) / hello.min();
    let mut rows = rows::Rows::of("guard");
    let pass = |rows: &mut rows::Rows, what: &str, name| {
        rows.row(what, &format!("{:.1} execs of a static hello world", over(name)), "3, and 1.5 ms");
    };
    pass(&mut rows, "a development target through a shim, over the bare tool", SHIM);
    pass(&mut rows, "the same by `dbguard run`, on loopback", TCP);
    let start = find(VERSION).min() / hello.min();
    rows.row("`dbguard --version`", &format!("{start:.1} execs of the same"), "none");
    let rules = format!("{resolving:.1} ms; {reading:.0} ms");
    rows.row("resolving a target by 10,000 rules; reading them from TOML", &rules, "10 ms; none");
    budget("10,000 rules, resolving a target", resolving, 10.0, " ms");
    println!("        reading them from TOML in this process: {reading:.2} ms");
    println!("        a whole run with them over one with 3: {:.2} ms", find(MANY).min() - find(FEW).min());
    let size = fs::metadata(DBGUARD).unwrap().len() as f64 / 1_000_000.0;
    budget("binary", size, 2.5, " MB");
    let lock = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).unwrap();
    budget("locked packages", lock.matches("[[package]]").count() as f64, 70.0, "");
}
