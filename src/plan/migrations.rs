//! Migrations that are SQL files: what they say, read by the same engine as any other script.
//!
//! Which of them this database has already is known to the server alone, and nobody asks it here: every one may be
//! pending, and the newest come first, since they most likely are. A file that holds both ways is read for the one that
//! is meant: the rest is blanked, so that its lines keep their numbers.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::Risk;
use super::report::Report;
use super::script::Reading;
use super::sqitch;
use crate::order;
use crate::target::Migrations;
use crate::text::Untrusted;
use crate::world::Snapshot;

/// A larger file is not read: migrations are written by people.
const LARGEST: u64 = 16 << 20;
/// More files than these are counted and not looked for.
const MOST: usize = 5_000;

/// Reads them all, but for those of which it is known that they ran.
pub(super) fn read(migrations: &Migrations, applied: &[String], snapshot: &Snapshot, report: &mut Report) {
    let planned = || sqitch::ran(migrations.directories.first()?, applied, snapshot.home()?);
    let applied: BTreeSet<String> = match (migrations.back, migrations.planned) {
        (true, _) => BTreeSet::new(),
        (false, true) => planned().unwrap_or_default(),
        (false, false) => applied.iter().map(|name| plain(name)).collect(),
    };
    let mut files: Vec<PathBuf> =
        migrations.directories.iter().flat_map(|below| find(&snapshot.cwd.join(below), migrations)).collect();
    order::sort(&mut files);
    let all = files.len();
    let newest = applied.iter().filter_map(|name| name.parse::<u64>().ok()).max().filter(|_| migrations.newest);
    files.retain(|path| {
        if migrations.planned {
            let change = migrations.directories.first().and_then(|top| sqitch::change(path, top));
            return change.is_none_or(|change| !applied.contains(change));
        }
        let [number, name] = names(path);
        let ran = |name: &str| !name.is_empty() && applied.contains(name);
        let before = newest.is_some_and(|newest| number.parse().is_ok_and(|number: u64| number <= newest));
        !(before || ran(&number) || ran(&name))
    });
    if all > files.len() {
        report.note(format!("{} of {all} migrations ran already, by the tool's own table", all - files.len()));
    }
    if files.is_empty() {
        return;
    }
    if applied.is_empty() && !migrations.back {
        let note =
            format!("{} migrations, newest first: which of them ran already, only the server knows", files.len());
        report.note(note);
    }
    for path in files.iter().rev() {
        one(path, migrations, snapshot, report);
    }
}

/// What a migration may be called in the tool's table: its number, or its name.
fn names(path: &Path) -> [String; 2] {
    let file = path.file_name().unwrap_or_default();
    let by_directory = matches!(file.to_str(), Some("up.sql" | "migration.sql"));
    let name = if by_directory { path.parent().and_then(Path::file_name).unwrap_or_default() } else { file };
    let name = name.to_string_lossy();
    let stem = name.trim_end_matches(".sql").trim_end_matches(".up").trim_end_matches("-up");
    // Flyway's `V1_2__name` is version 1.2; what begins otherwise has a number before the first `_`, or none.
    let flyway =
        stem.strip_prefix('V').and_then(|rest| rest.split_once("__")).map(|(version, _)| version.replace('_', "."));
    let number = || {
        let start: String = stem.split('_').next().unwrap_or_default().replace('-', "");
        if start.bytes().all(|byte| byte.is_ascii_digit()) { start } else { String::new() }
    };
    [plain(&flyway.unwrap_or_else(number)), plain(stem)]
}

/// Without what tools add: zeros before a number, a slash before a name.
fn plain(name: &str) -> String {
    let name = name.trim().trim_start_matches('/');
    let number = name.bytes().all(|byte| byte.is_ascii_digit());
    if number { name.trim_start_matches('0').to_owned() } else { name.to_owned() }
}

fn one(path: &Path, migrations: &Migrations, snapshot: &Snapshot, report: &mut Report) {
    let name = path.strip_prefix(&snapshot.cwd).unwrap_or(path);
    match text(path, report) {
        Ok(text) => {
            let text = migrations
                .mark
                .as_ref()
                .map_or_else(|| text.clone(), |(mark, other)| section(&text, mark, other, migrations.back));
            Reading::new(report, &snapshot.cwd, snapshot.home()).script(Box::new(text.as_slice()), Some(name));
        }
        Err(why) => {
            let shown = Untrusted::path(name).to_string();
            report.found(Risk::Unknown, "unreadable", vec![shown.clone()], String::new());
            report.note(format!("`{shown}` was not read: {why}"));
        }
    }
}

fn text(path: &Path, report: &mut Report) -> Result<Vec<u8>, String> {
    let meta = path.metadata().map_err(|cause| cause.to_string())?;
    if !meta.is_file() || meta.len() > LARGEST {
        return Err("it is no file of 16 MiB at most".to_owned());
    }
    let file = File::open(path).map_err(|cause| cause.to_string())?;
    report.input(path, &file);
    let mut text = Vec::new();
    file.take(LARGEST).read_to_end(&mut text).map_err(|cause| cause.to_string())?;
    Ok(text)
}

/// The lines between a mark and the other one; a file without marks is all for the way forward.
fn section(text: &[u8], mark: &str, other: &str, back: bool) -> Vec<u8> {
    let (mut on, mut marked) = (false, false);
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if is(line, mark) || is(line, other) {
            (on, marked) = (is(line, mark), true);
        }
        if on {
            out.extend_from_slice(line);
        } else if line.ends_with(b"\n") {
            out.push(b'\n');
        }
    }
    match (marked, back) {
        (true, _) => out,
        (false, true) => Vec::new(),
        (false, false) => text.to_owned(),
    }
}

/// Whether a line is the comment that begins so.
fn is(line: &[u8], mark: &str) -> bool {
    let line = line.trim_ascii_start();
    let Some(comment) = line.strip_prefix(b"--") else { return false };
    let comment = comment.trim_ascii_start();
    comment.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark.as_bytes()))
}

/// The files below a directory that fit one of the patterns, and none of those that are left out.
fn find(directory: &Path, migrations: &Migrations) -> Vec<PathBuf> {
    let deepest = migrations.patterns.iter().map(|pattern| pattern.matches('/').count()).max().unwrap_or(0);
    let mut found = Vec::new();
    // What stands beside (`node_modules`) is not walked: it may have more files than are looked at.
    let first = migrations.patterns.first().and_then(|pattern| pattern.split_once('/')).map_or("", |(first, _)| first);
    let within = |pattern: &String| pattern.split_once('/').is_some_and(|(other, _)| other == first);
    if !first.contains('*') && migrations.patterns.iter().all(within) {
        walk(&directory.join(first), deepest.saturating_sub(1), &mut found);
    } else {
        walk(directory, deepest, &mut found);
    }
    let fits = |patterns: &[String], path: &Path| {
        let name = path.strip_prefix(directory).unwrap_or(path).to_string_lossy().into_owned();
        patterns.iter().any(|pattern| matches(pattern, &name))
    };
    found.retain(|path| fits(&migrations.patterns, path) && !fits(&migrations.but, path));
    found
}

fn walk(directory: &Path, deeper: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = directory.read_dir() else { return };
    for entry in entries.flatten().take(MOST) {
        let path = entry.path();
        if found.len() >= MOST {
            return;
        }
        if path.is_dir() {
            if deeper > 0 {
                walk(&path, deeper - 1, found);
            }
        } else {
            found.push(path);
        }
    }
}

/// `*` stands for anything but a slash.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            let ends = name.find('/').unwrap_or(name.len());
            (0..=ends).any(|at| name.get(at..).is_some_and(|name| matches(rest, name)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stays_within_one_directory() {
        assert!(
            matches("*.up.sql", "001_a.up.sql")
                && matches("*/up.sql", "001/up.sql")
                && matches("V*__*.sql", "V1__a.sql")
        );
        assert!(
            !matches("*.sql", "a/b.sql") && !matches("V*__*.sql", "V1_a.sql") && !matches("*.up.sql", "a.down.sql")
        );
    }

    #[test]
    fn a_migration_is_known_by_its_number_or_its_name() {
        let of = |path: &str| names(Path::new(path));
        assert_eq!(of("db/0007_a.sql"), ["7", "0007_a"]);
        assert_eq!(of("m/2024-01-02-030405_y/up.sql"), ["20240102030405", "2024-01-02-030405_y"]);
        assert_eq!(of("sql/V1_2__a.sql"), ["1.2", "V1_2__a"]);
        assert_eq!(of("deploy/users.sql"), ["", "users"]);
        assert_eq!((plain("/20_a"), plain("007")), ("20_a".to_owned(), "7".to_owned()));
    }

    #[test]
    fn only_the_meant_way_of_a_file_stays_and_lines_keep_their_numbers() {
        let text = b"-- top\n-- migrate:up transaction:false\nCREATE TABLE a ();\n--Migrate:Down\nDROP TABLE a;\n";
        let up = section(text, "migrate:up", "migrate:down", false);
        assert_eq!(up, b"\n-- migrate:up transaction:false\nCREATE TABLE a ();\n\n\n");
        let down = section(text, "migrate:down", "migrate:up", true);
        assert_eq!(down, b"\n\n\n--Migrate:Down\nDROP TABLE a;\n");
        assert_eq!(section(b"SELECT 1;", "migrate:up", "migrate:down", false), b"SELECT 1;");
        assert_eq!(section(b"SELECT 1;", "migrate:down", "migrate:up", true), b"");
    }
}
