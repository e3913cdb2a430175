//! What dbguard costs in a shell, as ratios within one run: `cargo bench --bench shells`.
//!
//! Real shells on real terminals: the time from Enter to the next prompt, where nothing has changed and where the
//! directory has, the time from start to the first prompt, and how many processes a prompt starts. What a process costs
//! in each shell is told by one that starts a static hello world before each prompt. All shells are open at once and take
//! turns, so that whatever else the machine does hits them alike. In its turn a shell gets some lines one after the
//! other, as from a person, and the first of them does not count: it pays for what the others left of the processor's
//! caches. Peers are measured where they are installed.

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

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// The built program.
const DBGUARD: &str = env!("CARGO_BIN_EXE_dbguard");

/// What every prompt ends in.
const MARK: &[u8] = b"ready> ";

/// Prompts that are measured in each shell, how many of them in one turn, starts of each shell, changes of the directory,
/// and prompts under strace.
const PROMPTS: usize = 1000;
const TURN: usize = 20;
const STARTS: usize = 30;
const CHANGES: usize = 100;
const TRACED: usize = 20;

const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];
const BARE: &str = "bare";
const OURS: &str = "dbguard";
/// A shell that runs a static hello world before each prompt, and takes what it says.
const HELLO: &str = "hello";
const PEERS: [&str; 3] = ["zoxide", "direnv", "starship"];

/// A directory that is removed at the end.
struct World(PathBuf);

impl World {
    fn new() -> Self {
        let root = std::env::temp_dir().join(format!("dbguard-bench-{}", std::process::id()));
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::create_dir_all(root.join("home/.config/dbguard")).unwrap();
        let world = Self(root);
        symlink(DBGUARD, world.0.join("bin/dbguard")).unwrap();
        hello::compile(&world.0.join("bin/hello"));
        for directory in ["one", "two"] {
            fs::create_dir(world.0.join("home").join(directory)).unwrap();
        }
        let rules = "[environment.production]\nlevel = \"production\"\nmatch = [{ host = \"*.prod.demo\" }]\n";
        fs::write(world.0.join("home/.config/dbguard/config.toml"), rules).unwrap();
        let starship = "[character]\nsuccess_symbol = \"ready>\"\nerror_symbol = \"ready>\"\n";
        fs::write(world.0.join("home/.config/starship.toml"), starship).unwrap();
        world
    }

    /// A command of this shell with these start-up lines.
    fn command(&self, shell: &str, rc: &str, program: &[&str]) -> Command {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let dir = self.0.join(format!("rc.{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir(&dir).unwrap();
        // The name that zsh looks for.
        let file = dir.join(".zshrc");
        fs::write(&file, rc).unwrap();
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--"]).args(program);
        match shell {
            "bash" => command.args(["bash", "--noprofile", "--rcfile"]).arg(file).arg("-i"),
            "zsh" => command.args(["zsh", "-d", "-i"]).env("ZDOTDIR", dir),
            _ => command.args(["fish", "--no-config", "-i", "-C", &format!("source {}", file.display())]),
        };
        let home = self.0.join("home");
        let path = format!("{}:{}", self.0.join("bin").display(), std::env::var("PATH").unwrap());
        for name in ["PROMPT_COMMAND", "PS1", "BASH_ENV", "ENV", "PGSERVICE", "DATABASE_URL", "NO_COLOR"] {
            command.env_remove(name);
        }
        for name in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env_remove(name);
        }
        command.env("PATH", path).env("HOME", &home).env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8");
        command.env("PGHOST", "db.prod.demo").env("PGDATABASE", "app").current_dir(&home);
        command
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The start-up lines with one tool, or with none.
fn rc(shell: &str, tool: &str) -> String {
    let prompt = match shell {
        "bash" => "HISTFILE=\nPS1='ready> '\n",
        "zsh" => "HISTFILE=\nPROMPT='ready> '\nunsetopt zle_bracketed_paste 2>/dev/null\n",
        _ => "function fish_prompt\n    echo -n 'ready> '\nend\nfunction fish_greeting\nend\n",
    };
    let verb = if tool == "direnv" { "hook" } else { "init" };
    let line = match (tool, shell) {
        (BARE, _) => String::new(),
        (HELLO, "bash") => "PROMPT_COMMAND='hello=$(hello)'\n".to_owned(),
        (HELLO, "zsh") => "precmd() { hello=$(hello) }\n".to_owned(),
        (HELLO, _) => "function hello_first --on-event fish_prompt\n    set -g hello (hello)\nend\n".to_owned(),
        (_, "fish") => format!("{tool} {verb} fish | source\n"),
        _ => format!("eval \"$({tool} {verb} {shell})\"\n"),
    };
    format!("{prompt}{line}")
}

/// A shell on a terminal.
struct Session {
    child: Child,
    master: File,
    bytes: Receiver<(Instant, Vec<u8>)>,
}

impl Session {
    /// Starts it and waits for its first prompt; answers with the time that took as well, in milliseconds.
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
        let master = File::from(ends.master);
        let (sender, bytes) = channel();
        let mut reader = master.try_clone().unwrap();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send((Instant::now(), buffer[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        let mut session = Self { child, master, bytes };
        let shown = session.prompt();
        (session, (shown - start).as_secs_f64() * 1000.0)
    }

    /// When the next prompt was shown.
    fn prompt(&mut self) -> Instant {
        let mut seen = Vec::new();
        loop {
            let (at, bytes) = self.bytes.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| {
                panic!("no prompt in {:?}", String::from_utf8_lossy(&seen));
            });
            self.answer(&bytes);
            seen.extend_from_slice(&bytes);
            if seen.windows(MARK.len()).any(|window| window == MARK) {
                return at;
            }
        }
    }

    /// fish 4 asks the terminal what it is, and waits for the answer.
    fn answer(&mut self, bytes: &[u8]) {
        if bytes.windows(3).any(|window| window == b"\x1b[c") {
            self.master.write_all(b"\x1b[?62;22c").unwrap();
        }
    }

    /// Types a line; answers with the milliseconds until the prompt after it.
    fn line(&mut self, line: &str) -> f64 {
        // What the last prompt still sends is not of this one.
        while self.bytes.recv_timeout(Duration::from_millis(3)).is_ok() {}
        let start = Instant::now();
        self.master.write_all(format!("{line}\r").as_bytes()).unwrap();
        (self.prompt() - start).as_secs_f64() * 1000.0
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = killpg(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGKILL);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A shell with a tool, and what it took.
struct Candidate {
    shell: &'static str,
    tool: &'static str,
    prompts: Vec<f64>,
    changes: Vec<f64>,
    starts: Vec<f64>,
    processes: Option<f64>,
}

fn least(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn installed(name: &str) -> bool {
    Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
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

/// Processes that a prompt starts, counted by strace between two calls of umask.
fn processes(world: &World, shell: &str, rc: &str) -> f64 {
    let log = world.0.join("strace");
    let calls = "trace=clone,clone3,fork,vfork,umask";
    let strace = ["strace", "-f", "-qq", "-e", calls, "-o", log.to_str().unwrap()];
    let (mut session, _) = Session::start(world.command(shell, rc, &strace));
    // What was written just now is asked for once more.
    thread::sleep(Duration::from_millis(200));
    for line in ["", "", "umask 0011"] {
        session.line(line);
    }
    for _ in 0..TRACED {
        session.line("");
    }
    session.line("umask 0012");
    session.master.write_all(b"exit\r").unwrap();
    let _ = session.child.wait();
    let log = fs::read_to_string(log).unwrap();
    let between = log.split_once("umask(011)").expect("a mark").1.split_once("umask(012)").expect("another").0;
    let started = |line: &&str| (line.contains("clone") || line.contains("fork(")) && !line.contains("CLONE_THREAD");
    between.lines().filter(|line| !line.contains("resumed")).filter(started).count() as f64 / TRACED as f64
}

fn main() {
    let world = World::new();
    let tools = [BARE, HELLO, OURS].into_iter().chain(PEERS.into_iter().filter(|peer| installed(peer)));
    let tools: Vec<&'static str> = tools.collect();
    let shells: Vec<&'static str> = SHELLS.into_iter().filter(|shell| installed(shell)).collect();
    let new = |(shell, tool)| Candidate {
        shell,
        tool,
        prompts: Vec::new(),
        changes: Vec::new(),
        starts: Vec::new(),
        processes: None,
    };
    let pairs = shells.iter().flat_map(|shell| tools.iter().map(|tool| (*shell, *tool)));
    let mut candidates: Vec<Candidate> = pairs.map(new).collect();
    for round in 0..STARTS {
        for at in order(round, candidates.len()) {
            let candidate = &mut candidates[at];
            let command = world.command(candidate.shell, &rc(candidate.shell, candidate.tool), &[]);
            candidate.starts.push(Session::start(command).1);
        }
    }
    let open = |one: &Candidate| Session::start(world.command(one.shell, &rc(one.shell, one.tool), &[])).0;
    let mut sessions: Vec<Session> = candidates.iter().map(open).collect();
    for round in 0..PROMPTS / TURN {
        for at in order(round, candidates.len()) {
            sessions[at].line("");
            let times = std::iter::repeat_with(|| sessions[at].line("")).take(TURN);
            candidates[at].prompts.extend(times);
        }
    }
    for round in 0..CHANGES / TURN {
        for at in order(round, candidates.len()) {
            let cd = |to: usize| format!("cd {}", world.0.join("home").join(["one", "two"][to % 2]).display());
            sessions[at].line(&cd(TURN));
            let times = (0..TURN).rev().map(|to| sessions[at].line(&cd(to)));
            candidates[at].changes.extend(times);
        }
    }
    drop(sessions);
    if installed("strace") {
        for one in &mut candidates {
            one.processes = Some(processes(&world, one.shell, &rc(one.shell, one.tool)));
        }
    }
    report(&candidates);
    table(&candidates);
    inits(&world, &shells);
}

fn report(candidates: &[Candidate]) {
    println!("\n{PROMPTS} empty lines, {CHANGES} changes of the directory, {STARTS} starts of each, in turns");
    println!("ms, the least but for the medians\n");
    println!(
        "{:20} {:>8} {:>8} {:>9} {:>10}   {:>8} {:>9}   {:>8} {:>9}",
        "", "prompt", "median", "over bare", "processes", "change", "over bare", "start", "over bare"
    );
    for one in candidates {
        let bare = candidates.iter().find(|bare| bare.shell == one.shell && bare.tool == BARE).expect("it is measured");
        let over = least(&one.prompts) - least(&bare.prompts);
        let (change, start) = (least(&one.changes), least(&one.starts));
        let processes = one.processes.map_or_else(|| "-".to_owned(), |count| format!("{count:.1}"));
        println!(
            "{:20} {:8.3} {:8.3} {over:9.3} {processes:>10}   {change:8.3} {:9.3}   {start:8.2} {:9.2}",
            format!("{} {}", one.shell, one.tool),
            least(&one.prompts),
            median(&one.prompts),
            change - least(&bare.changes),
            start - least(&bare.starts),
        );
    }
    println!("\nbudgets, by the minima, which other processes disturb least:");
    for one in candidates.iter().filter(|one| one.tool == OURS) {
        let bare = candidates.iter().find(|bare| bare.shell == one.shell && bare.tool == BARE).expect("it is measured");
        budget(
            &format!("{}, time added to a prompt", one.shell),
            least(&one.prompts) - least(&bare.prompts),
            0.1,
            " ms",
        );
        budget(&format!("{}, processes of a prompt", one.shell), one.processes.unwrap_or(0.0), 0.0, "");
        budget(
            &format!("{}, a prompt after a change", one.shell),
            after_change(candidates, one),
            2.0,
            " times a hello world",
        );
        budget(
            &format!("{}, time added to its start", one.shell),
            least(&one.starts) - least(&bare.starts),
            5.0,
            " ms",
        );
    }
}

/// How many times a process that says hello a change costs, each over the bare shell.
fn after_change(candidates: &[Candidate], one: &Candidate) -> f64 {
    let of =
        |tool| candidates.iter().find(|other| other.shell == one.shell && other.tool == tool).expect("it is measured");
    let bare = least(&of(BARE).changes);
    (least(&one.changes) - bare) / (least(&of(HELLO).changes) - bare)
}

/// The lines of the table: each shell beside the peers in it.
fn table(candidates: &[Candidate]) {
    let mut rows = rows::Rows::of("shells");
    for ours in candidates.iter().filter(|one| one.tool == OURS) {
        let of = |tool| candidates.iter().find(|one| one.shell == ours.shell && one.tool == tool);
        let bare = of(BARE).expect("it is measured");
        let prompt = |one: &Candidate| least(&one.prompts) - least(&bare.prompts);
        let start = |one: &Candidate| least(&one.starts) - least(&bare.starts);
        let peers = |cost: &dyn Fn(&Candidate) -> f64| -> String {
            let peers = PEERS.iter().filter_map(|peer| of(peer));
            let each: Vec<String> = peers.map(|one| format!("; {} {:.2}", one.tool, cost(one))).collect();
            each.concat()
        };
        let processes = ours.processes.map_or_else(|| "not known".to_owned(), |count| format!("{count:.0}"));
        let told = format!("{processes}; {:.2} ms{}", prompt(ours), peers(&prompt));
        rows.row(
            &format!("a prompt of {} while nothing changes: processes; time added", ours.shell),
            &told,
            "0; 0.1 ms",
        );
        let told = format!("{:.1} times a hello world that it starts", after_change(candidates, ours));
        rows.row(&format!("a prompt of {} after a change", ours.shell), &told, "2 times");
        let told = format!("{:.1} ms{}", start(ours), peers(&start));
        rows.row(&format!("the start of {}: time added", ours.shell), &told, "5 ms");
    }
}

/// What printing the code takes, as a process.
fn inits(world: &World, shells: &[&str]) {
    for shell in shells {
        let mut times: Vec<f64> = Vec::new();
        for _ in 0..100 {
            let command = world.command(shell, "", &[]);
            let mut init = Command::new(DBGUARD);
            init.args(["init", shell]).envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let start = Instant::now();
            let status = init.stdout(Stdio::null()).stdin(Stdio::null()).status().unwrap();
            times.push(start.elapsed().as_secs_f64() * 1000.0);
            assert!(status.success());
        }
        budget(&format!("dbguard init {shell}"), least(&times), 3.0, " ms");
    }
}

fn budget(what: &str, got: f64, most: f64, unit: &str) {
    let verdict = if got <= most { "kept" } else { "OVER" };
    println!("  {verdict}  {what}: {got:.3}{unit} of {most}{unit}");
}
