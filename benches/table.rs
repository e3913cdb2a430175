//! The table that `cargo bench` ends with: what every benchmark before it has measured, and how large the program is.
//!
//! Cargo runs benchmarks by their names, and this one is the last. The README quotes it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark reports to whoever started it, and fails by panicking"
)]

mod rows;

use std::fs;
use std::process::{Command, Stdio};

/// The built program.
const DBGUARD: &str = env!("CARGO_BIN_EXE_dbguard");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Older than this, a line is not of this run.
const OLD: u64 = 3600;

fn main() {
    println!("\n| what | measured | budget |\n|---|---|---|");
    for name in rows::NAMES {
        match rows::written(name) {
            Some((lines, age)) if age < OLD => print!("{lines}"),
            Some(_) | None => println!("| {name}: not measured in this run | `cargo bench --bench {name}` | |"),
        }
    }
    let plain = megabytes(DBGUARD);
    let packaged = packaged().map_or_else(|| "not built".to_owned(), |path| format!("{:.2} MB", megabytes(&path)));
    println!(
        "| the program as packages ship it; as `cargo install` makes it | {packaged}; {plain:.2} MB | 2.5 MB; 3 MB |"
    );
    let lock = fs::read_to_string(format!("{ROOT}/Cargo.lock")).unwrap();
    println!("| locked packages | {} | 70 |", lock.matches("[[package]]").count());
}

fn megabytes(path: &str) -> f64 {
    fs::metadata(path).unwrap().len() as f64 / 1_000_000.0
}

/// The program that packages ship; where `packaging/build` cannot run, there is none.
fn packaged() -> Option<String> {
    let mut build = Command::new(format!("{ROOT}/packaging/build"));
    let output = build.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
