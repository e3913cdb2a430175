//! What each benchmark says in one line, kept for the table that `cargo bench` ends with.
//!
//! Every benchmark is a program of its own, so the lines go through files below cargo's target directory. A benchmark
//! that is run writes its file anew; `benches/table.rs` prints them all.

#![allow(dead_code, reason = "each benchmark uses its own part of this")]

use std::fs;
use std::path::PathBuf;

/// The benchmarks in the order of the table.
pub(crate) const NAMES: [&str; 4] = ["guard", "shells", "inside", "scan"];

/// The lines of one benchmark; written when it ends.
pub(crate) struct Rows {
    name: &'static str,
    lines: String,
}

impl Rows {
    /// Those of this benchmark. What an earlier run left is gone, also where this one fails.
    pub(crate) fn of(name: &'static str) -> Self {
        let _ = fs::remove_file(file(name));
        Self { name, lines: String::new() }
    }

    /// One line: what was measured, what came out, and the most (or least) that it may be.
    pub(crate) fn row(&mut self, what: &str, measured: &str, budget: &str) {
        self.lines.extend(["| ", what, " | ", measured, " | ", budget, " |\n"]);
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        // Also of a benchmark that fails at its end since something is over its budget.
        let _ = fs::write(file(self.name), &self.lines);
    }
}

/// What this benchmark has written, and how many seconds ago; `None` where it was not run.
pub(crate) fn written(name: &str) -> Option<(String, u64)> {
    let path = file(name);
    let age = fs::metadata(&path).ok()?.modified().ok()?.elapsed().unwrap_or_default();
    Some((fs::read_to_string(path).ok()?, age.as_secs()))
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}.rows"))
}
