//! What dbguard costs inside psql, as ratios within one run: `cargo bench --bench inside`.
//!
//! Real psqls on real terminals, connected to servers that are made for it: the time from Enter to the next prompt, from
//! `\c` to the first prompt behind it, and from start to the first prompt. The measure of a prompt is one that runs
//! `/bin/true`, which psql does by a shell as well. All are open at once and take turns.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark reports to whoever started it, and fails by panicking"
)]

mod rows;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// The built program.
const DBGUARD: &str = env!("CARGO_BIN_EXE_dbguard");

/// What every prompt ends in.
const MARK: &[u8] = b"app=# ";

const PROMPTS: usize = 200;
const CONNECTS: usize = 40;
const STARTS: usize = 20;
const WARM: usize = 10;

/// The prompt of the issue's budget, in milliseconds.
const BUDGET: f64 = 5.0;

/// What is started read-only by the guard has this from it.
const LOCKED: &str = "-c default_transaction_read_only=on";

/// Two servers, which end with the script's input.
struct Servers {
    script: Child,
    bin: PathBuf,
    /// Ports of production and staging, and the directory of staging's socket.
    ports: Vec<String>,
    socket: String,
}

impl Servers {
    fn start() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/clusters.sh");
        let script = Command::new("/bin/sh")
            .args([path, "production", "staging"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut servers = Self { script, bin: PathBuf::new(), ports: Vec::new(), socket: String::new() };
        for line in BufReader::new(servers.script.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let words: Vec<&str> = line.split(' ').collect();
            if words[0] != "cluster" {
                servers.bin = words[2].into();
                return servers;
            }
            servers.ports.push(words[2].to_owned());
            words[3].clone_into(&mut servers.socket);
        }
        panic!("the servers do not start")
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

/// A home with a configuration, services and the start-up file; removed at the end.
struct World(PathBuf);

impl World {
    fn new(servers: &Servers) -> Self {
        let root = std::env::temp_dir().join(format!("dbguard-bench-inside-{}", std::process::id()));
        fs::create_dir_all(root.join(".config/dbguard")).unwrap();
        let world = Self(root);
        let (mut rules, mut services) = (String::new(), String::new());
        for (name, port) in ["production", "staging"].into_iter().zip(&servers.ports) {
            let _ =
                writeln!(rules, "[environment.{name}]\nlevel = \"{name}\"\nmatch = [{{ host = \"db.{name}.demo\" }}]");
            let _ = writeln!(
                services,
                "[{name}]\nhost=db.{name}.demo\nhostaddr=127.0.0.1\nport={port}\ndbname=app\nuser=postgres"
            );
        }
        fs::write(world.0.join(".config/dbguard/config.toml"), rules).unwrap();
        fs::write(world.0.join(".pg_service.conf"), services).unwrap();
        let mut install = Command::new(DBGUARD);
        install.args(["psqlrc", "install"]);
        world.dress(&mut install);
        assert!(install.stdout(Stdio::null()).status().unwrap().success());
        world
    }

    fn dress(&self, command: &mut Command) {
        command.env_clear().env("HOME", &self.0).env("PATH", "/usr/bin:/bin").env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8").env("PSQL_HISTORY", "/dev/null").current_dir(&self.0);
    }

    fn psql(&self, servers: &Servers, args: &[&str], kind: Kind, vars: &[(&str, &str)]) -> Command {
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--"]).arg(servers.bin.join("psql"));
        self.dress(&mut command);
        if let Some(prompt) = kind.prompt() {
            command.args(["-X", "-v", &format!("PROMPT1={prompt}")]);
        }
        command.args(args).envs(vars.iter().copied());
        command
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What stands in the prompt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing that is run.
    Bare,
    /// A program that does nothing.
    True,
    /// dbguard, by its start-up file.
    Ours,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Bare, Self::True, Self::Ours];

    fn prompt(self) -> Option<&'static str> {
        match self {
            Self::Bare => Some("%/=%# "),
            Self::True => Some("%`/bin/true`%/=%# "),
            Self::Ours => None,
        }
    }
}

/// A psql on a terminal.
struct Session {
    child: Child,
    master: File,
}

impl Session {
    /// Starts it and waits for its first prompt; answers with the milliseconds as well.
    fn start(mut command: Command) -> (Self, f64) {
        let ends = nix::pty::openpty(None, None).unwrap();
        for end in [&ends.master, &ends.slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
        }
        let slave = File::from(ends.slave);
        let end = || Stdio::from(OwnedFd::from(slave.try_clone().unwrap()));
        command.stdin(end()).stdout(end()).stderr(end());
        let start = Instant::now();
        let child = command.spawn().expect("setsid starts");
        let mut session = Self { child, master: File::from(ends.master) };
        session.prompt();
        (session, start.elapsed().as_secs_f64() * 1000.0)
    }

    fn readable(&self, patience: Duration) -> bool {
        let timeout = PollTimeout::try_from(patience).unwrap();
        poll(&mut [PollFd::new(std::os::fd::AsFd::as_fd(&self.master), PollFlags::POLLIN)], timeout).unwrap() > 0
    }

    fn prompt(&mut self) {
        let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
        while !seen.windows(MARK.len()).any(|window| window == MARK) {
            assert!(self.readable(Duration::from_secs(20)), "no prompt in {:?}", String::from_utf8_lossy(&seen));
            let count = self.master.read(&mut buffer).unwrap();
            seen.extend_from_slice(&buffer[..count]);
        }
    }

    /// Types a line; answers with the milliseconds until the prompt after it.
    fn line(&mut self, line: &str) -> f64 {
        // What the last prompt still sends is not of this one.
        while self.readable(Duration::from_millis(3)) {
            let _ = self.master.read(&mut [0; 4096]).unwrap();
        }
        let start = Instant::now();
        self.master.write_all(format!("{line}\r").as_bytes()).unwrap();
        self.prompt();
        start.elapsed().as_secs_f64() * 1000.0
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn least(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The times of this line in each kind of prompt, taken in turns.
fn lines(world: &World, servers: &Servers, args: &[&str], line: &str, count: usize) -> Vec<Vec<f64>> {
    let open = |kind| Session::start(world.psql(servers, args, kind, &[])).0;
    let mut sessions: Vec<Session> = Kind::ALL.into_iter().map(open).collect();
    let mut times = vec![Vec::new(); sessions.len()];
    for round in 0..count + WARM {
        for (session, times) in sessions.iter_mut().zip(&mut times) {
            let time = session.line(line);
            if round >= WARM {
                times.push(time);
            }
        }
    }
    times
}

fn shown(what: &str, times: &[Vec<f64>], budget: bool) {
    let (bare, nothing, ours) = (&times[0], &times[1], &times[2]);
    println!(
        "{what:28} bare {:.2} ({:.2})   /bin/true {:.2} ({:.2})   dbguard {:.2} ({:.2})   {:.1} x /bin/true",
        least(bare),
        median(bare),
        least(nothing),
        median(nothing),
        least(ours),
        median(ours),
        least(ours) / least(nothing),
    );
    if budget {
        let (added, typical) = (least(ours) - least(bare), median(ours) - median(bare));
        let verdict = if added <= BUDGET { "kept" } else { "OVER" };
        println!("  {verdict}  added to a prompt: {added:.2} ms of {BUDGET} ms (by the medians {typical:.2})");
    }
}

/// The same for the table.
fn told(times: &[Vec<f64>]) -> String {
    let (bare, nothing, ours) = (least(&times[0]), least(&times[1]), least(&times[2]));
    format!("{:.1} times; {:.1} ms", ours / nothing, ours - bare)
}

fn starts(world: &World, servers: &Servers, what: &str, args: &[&str], vars: &[(&str, &str)]) -> f64 {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..STARTS {
        for (kind, times) in [Kind::Bare, Kind::Ours].into_iter().zip(&mut times) {
            times.push(Session::start(world.psql(servers, args, kind, vars)).1);
        }
    }
    let [bare, ours] = times;
    println!(
        "{what:28} bare {:.1} ({:.1})   dbguard {:.1} ({:.1})   {:.1} x",
        least(&bare),
        median(&bare),
        least(&ours),
        median(&ours),
        least(&ours) / least(&bare)
    );
    least(&ours) / least(&bare)
}

fn main() {
    let servers = Servers::start();
    let world = World::new(&servers);
    let port = servers.ports[1].clone();
    let loopback = ["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "app"];
    let socket = ["-h", &servers.socket, "-p", &port, "-U", "postgres", "app"];
    let production = ["service=production"];
    assert!(Path::new("/bin/true").is_file(), "/bin/true is the measure");
    println!("\nms, the least and in brackets the median of {PROMPTS} empty lines, {CONNECTS} \\c, {STARTS} starts\n");
    let mut rows = rows::Rows::of("inside");
    for (what, args) in
        [("prompt, production", &production[..]), ("prompt, loopback", &loopback), ("prompt, socket", &socket)]
    {
        let times = lines(&world, &servers, args, "", PROMPTS);
        shown(what, &times, true);
        if what == "prompt, production" {
            rows.row("a prompt in psql, over one that runs `/bin/true`; added by it", &told(&times), "5 ms");
        }
    }
    for (what, args) in [("\\c, production", &production[..]), ("\\c, loopback", &loopback), ("\\c, socket", &socket)] {
        let times = lines(&world, &servers, args, "\\c", CONNECTS);
        shown(what, &times, true);
        if what == "\\c, loopback" {
            rows.row("the same right behind `\\c`, to this machine", &told(&times), "5 ms");
        }
    }
    let past = starts(&world, &servers, "start, production", &production, &[]);
    let guarded = starts(&world, &servers, "start, by the guard", &production, &[("PGOPTIONS", LOCKED)]);
    starts(&world, &servers, "start, staging", &["service=staging"], &[]);
    let loopback = starts(&world, &servers, "start, loopback", &loopback, &[]);
    starts(&world, &servers, "start, socket", &socket, &[]);
    let what = "the start of psql on loopback; on production by the guard; past the guard, with its second connection";
    rows.row(what, &format!("{loopback:.0}, {guarded:.0}, {past:.0} times without"), "none");
}
