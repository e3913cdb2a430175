//! Where a psql script goes on its own: the `\connect`s in what `-c`, `-f` and a redirected standard input hold.
//!
//! An invocation that starts at a harmless server may end at another one. This is asked of every psql before anything
//! else is, so it must cost next to nothing: text without the letters of the command is only skimmed. Of standard
//! input that is a pipe only what stands there already is looked at (a here document is all there), since waiting would
//! hold up a program that talks with psql, and reading ends after two seconds wherever it is: this machine's own work is
//! not held up.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use super::lexer::slash::Argument;
use super::report::Report;
use super::script::{self, Reading};
use crate::target::{Invocation, Opt};
use crate::world::Snapshot;
use crate::world::stdin::Stdin;

/// The words behind every `\connect`, in order; `None` where they are not known beforehand.
pub fn connects(invocation: &Invocation, stdin: &Stdin, snapshot: &Snapshot) -> Vec<Option<Vec<OsString>>> {
    if invocation.tool == "usql" {
        return if leaves(invocation, stdin, snapshot) { vec![None] } else { Vec::new() };
    }
    if invocation.tool != "psql" || ["help", "version", "list"].iter().any(|name| invocation.has(name)) {
        return Vec::new();
    }
    let mut report = Report::default();
    let mut reading = Reading::new(&mut report, &snapshot.cwd, snapshot.home());
    super::psql::assign(invocation, &mut reading);
    if !invocation.has("no-psqlrc") {
        super::psql::startup_files(snapshot, &mut reading, |path| matters(path, || false));
    }
    let sources = invocation.options.iter().filter(|option| matches!(option.name.as_str(), "command" | "file"));
    let mut none = true;
    for option in sources {
        none = false;
        let value = option.value.as_deref().unwrap_or_default();
        match option.name.as_str() {
            "command" if value.as_bytes().starts_with(b"\\") => reading.command(value.as_bytes()),
            "file" if value == "-" => redirected(stdin, &mut reading),
            "file" => named(value, snapshot, &mut reading),
            _ => {}
        }
    }
    if none {
        redirected(stdin, &mut reading);
    }
    std::mem::take(&mut reading.connects)
}

/// Whether what usql is told to run has a `\c`, a `\copy` between two databases or the like: its words are not psql's, so that
/// where they lead is not known.
fn leaves(invocation: &Invocation, stdin: &Stdin, snapshot: &Snapshot) -> bool {
    let file = || stdin.file().is_some_and(|file| mentions(file, || false));
    let standing = || mentions(stdin.glance().as_slice(), || false) || file();
    let told = |option: &Opt| {
        let value = option.value.as_deref().unwrap_or_default();
        match option.name.as_str() {
            "command" => Some(mentions(value.as_bytes(), || false)),
            "file" if value == "-" => Some(standing()),
            "file" => Some(matters(&snapshot.cwd.join(value), || false)),
            _ => None,
        }
    };
    let told: Vec<bool> = invocation.options.iter().filter_map(told).collect();
    if told.is_empty() { standing() } else { told.contains(&true) }
}

/// What psql got behind `\connect`.
pub(super) fn words(arguments: &[Argument]) -> Option<Vec<OsString>> {
    let word = |argument: &Argument| argument.certain.then(|| OsString::from_vec(argument.text.clone()));
    arguments.iter().map(word).collect()
}

fn named(name: &OsStr, snapshot: &Snapshot, reading: &mut Reading<'_>) {
    if matters(&snapshot.cwd.join(name), || reading.report.late()) {
        reading.file(Path::new(name));
    }
}

/// Whether a file is worth reading for where it goes.
fn matters(path: &Path, late: impl FnMut() -> bool) -> bool {
    script::open(path).is_ok_and(|(file, _)| mentions(file, late))
}

fn redirected(stdin: &Stdin, reading: &mut Reading<'_>) {
    let standing = stdin.glance();
    if mentions(standing.as_slice(), || false) {
        return reading.script(Box::new(standing.as_slice()), None);
    }
    if stdin.file().is_some_and(|file| mentions(file, || reading.report.late()))
        && let Some(file) = stdin.file()
    {
        reading.script(Box::new(file), None);
    }
}

/// Whether the letters of `\connect`, of a command that includes another file, or of `\setenv`, stand anywhere in it, as far as it can
/// be skimmed in time.
fn mentions(mut text: impl Read, mut late: impl FnMut() -> bool) -> bool {
    const OVERLAP: usize = 4;
    let mut buffer = vec![0; 256 * 1024];
    let mut kept = 0;
    loop {
        let Some(free) = buffer.get_mut(kept..) else { return true };
        let Ok(read) = text.read(free) else { return true };
        let end = kept + read;
        let filled = buffer.get(..end).unwrap_or_default();
        if memchr::memchr_iter(b'\\', filled).any(|at| begins(filled.get(at + 1..).unwrap_or_default())) {
            return true;
        }
        if read == 0 || late() {
            return false;
        }
        kept = end.min(OVERLAP);
        buffer.copy_within(end - kept..end, 0);
    }
}

/// `\c `, `\connect`, `\i `, `\include`, `\ir`, `\setenv`: told by the first letters.
fn begins(text: &[u8]) -> bool {
    match text {
        [b'c', next, ..] => next.is_ascii_whitespace() || matches!(next, b'o' | 0x0b),
        [b'i', next, ..] => next.is_ascii_whitespace() || matches!(next, b'n' | b'r' | 0x0b),
        _ => text.starts_with(b"sete"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_are_found_wherever_the_reading_is_cut() {
        for at in [0, 1, 262_140, 262_141, 262_142, 262_143, 262_144, 600_000] {
            let mut text = vec![b'x'; at];
            text.extend_from_slice(b"\\c other\n");
            assert!(mentions(text.as_slice(), || false), "{at}");
        }
        assert!(!mentions(b"SELECT 1; \\x \\p\\".as_slice(), || false));
        assert!(!mentions(b"SELECT '\\\\x00'; \\d t\n\\q\n".as_slice(), || false));
    }
}
