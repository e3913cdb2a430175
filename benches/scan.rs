//! How fast `dbguard scan` reads, as ratios within one run: `cargo bench --bench scan`.
//!
//! A dump with COPY data stands beside `dd bs=256k` of the same file, single-row INSERTs beside the sqlparser crate. That
//! one is built by a workspace of its own (`benches/sqlparser`), so that neither the tests nor the lock file carry it;
//! without it (no network) the column is left out, and said so. Memory is what Linux says of the process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a benchmark reports to whoever started it, and fails by panicking"
)]

mod rows;

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The built program.
const DBGUARD: &str = env!("CARGO_BIN_EXE_dbguard");

/// Rounds, of which the best counts: everything else is somebody else's work on this machine.
const ROUNDS: usize = 5;

/// What a process took: seconds, and the most memory in kilobytes where that can be told.
struct Taken {
    seconds: f64,
    memory: Option<u64>,
}

/// Runs it to its end.
fn run(command: &mut Command) -> Taken {
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut memory = None;
    loop {
        let peak = fs::read_to_string(&status).ok().and_then(|text| {
            text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok())
        });
        memory = memory.max(peak);
        if let Some(ended) = child.try_wait().expect("it can be waited for") {
            assert!(ended.code().is_some_and(|code| code <= 1), "{command:?}: {ended}");
            return Taken { seconds: begun.elapsed().as_secs_f64(), memory };
        }
        std::thread::sleep(Duration::from_micros(500));
    }
}

/// The best of some runs, and the most memory of all.
fn best(mut command: Command) -> Taken {
    let runs: Vec<Taken> = (0..ROUNDS).map(|_| run(&mut command)).collect();
    let seconds = runs.iter().map(|taken| taken.seconds).fold(f64::INFINITY, f64::min);
    Taken { seconds, memory: runs.iter().filter_map(|taken| taken.memory).max() }
}

fn scan(file: &Path) -> Taken {
    let mut command = Command::new(DBGUARD);
    command.arg("scan").arg(file);
    best(command)
}

fn dd(file: &Path) -> Taken {
    let mut command = Command::new("dd");
    command.arg(format!("if={}", file.display())).args(["of=/dev/null", "bs=256k"]);
    best(command)
}

/// Megabytes a second of the sqlparser crate, as its own process says; `None` where it cannot be built.
fn sqlparser(file: &Path) -> Option<f64> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/sqlparser/Cargo.toml");
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--release", "--quiet", "--locked", "--manifest-path"]).arg(manifest).arg("--").arg(file);
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn write(path: &Path, fill: impl FnOnce(&mut BufWriter<File>)) -> PathBuf {
    let mut out = BufWriter::new(File::create(path).unwrap());
    fill(&mut out);
    out.flush().unwrap();
    path.to_owned()
}

/// A dump as `pg_dump` writes it, with so many rows of COPY data.
fn copy_dump(path: &Path, rows: usize) -> PathBuf {
    write(path, |file| {
        file.write_all(b"SET statement_timeout = 0;\nCOPY public.t (id, name, note) FROM stdin;\n").unwrap();
        for row in 0..rows {
            writeln!(file, "{row}\tname {row}\tsome longer note with text and \\\\N and so on {row}\t2026-01-01")
                .unwrap();
        }
        file.write_all(b"\\.\n\nDROP TABLE public.x;\n").unwrap();
    })
}

fn inserts(path: &Path, rows: usize) -> PathBuf {
    write(path, |file| {
        for row in 0..rows {
            let values = format!(
                "{row}, 'name {row}', 'some longer note; it''s -- text', '2026-01-01 00:00:00', NULL, -1.5, true"
            );
            writeln!(file, "INSERT INTO public.t VALUES ({values});").unwrap();
        }
    })
}

/// One statement of 57 MB.
fn one_statement(path: &Path) -> PathBuf {
    write(path, |file| {
        file.write_all(b"INSERT INTO t VALUES (0, '', '', NULL)").unwrap();
        for row in 0..1_200_000 {
            write!(file, ", ({row}, 'name {row}', 'some longer note', NULL)").unwrap();
        }
        file.write_all(b";\nDROP TABLE y;\n").unwrap();
    })
}

fn report(name: &str, file: &Path, taken: &Taken) -> f64 {
    let megabytes = fs::metadata(file).unwrap().len() as f64 / 1e6;
    let speed = megabytes / taken.seconds;
    let memory = taken.memory.map_or_else(|| "not known".to_owned(), |kb| format!("{:.1} MB", kb as f64 / 1024.0));
    println!("{name:<32} {megabytes:>8.0} MB {speed:>8.0} MB/s   memory {memory}");
    speed
}

fn main() {
    let directory = std::env::temp_dir().join(format!("dbguard-bench-scan-{}", std::process::id()));
    fs::create_dir(&directory).unwrap();
    let mut wrong = Vec::new();
    let mut rows = rows::Rows::of("scan");

    let small = copy_dump(&directory.join("small.sql"), 10_000);
    report("COPY data, 1 MB", &small, &scan(&small));
    let dump = copy_dump(&directory.join("copy.sql"), 8_000_000);
    let ours = scan(&dump);
    report("COPY data", &dump, &ours);
    let theirs = dd(&dump);
    report("dd bs=256k of the same", &dump, &theirs);
    println!("  {:.2} of dd's speed; the budget is 0.50", theirs.seconds / ours.seconds);
    wrong.extend((theirs.seconds / ours.seconds < 0.5).then_some("COPY data: less than half the speed of dd"));

    rows.row(
        "`dbguard scan` of COPY data, against `dd bs=256k`",
        &format!("{:.2} of its speed", theirs.seconds / ours.seconds),
        "0.50",
    );
    let file = inserts(&directory.join("inserts.sql"), 400_000);
    let speed = report("single-row INSERTs", &file, &scan(&file));
    match sqlparser(&file) {
        Some(theirs) => {
            println!("{:<32} {:>11} {theirs:>8.0} MB/s", "the sqlparser crate", "");
            println!("  {:.1} times its speed; the budget is 10", speed / theirs);
            rows.row(
                "of single-row INSERTs, against a full parser (sqlparser)",
                &format!("{:.0} times its speed", speed / theirs),
                "10 times",
            );
            wrong.extend((speed < 10.0 * theirs).then_some("INSERTs: less than ten times the speed of sqlparser"));
        }
        None => println!("  the sqlparser crate could not be built: not compared"),
    }

    let one = one_statement(&directory.join("one.sql"));
    let taken = scan(&one);
    report("one INSERT of many rows", &one, &taken);
    let most = [ours.memory, taken.memory].into_iter().flatten().max().unwrap_or(0);
    let memory = format!("{:.1} MB", most as f64 / 1024.0);
    rows.row("its memory, from 1 MB to 677 MB of SQL", &memory, "8 MB");
    wrong.extend((most > 8 << 10).then_some("memory: more than 8 MB"));

    fs::remove_dir_all(&directory).unwrap();
    // No failure: the table comes behind this, and a machine that is busy is no fault of the program.
    for over in &wrong {
        println!("  OVER  {over}");
    }
}
