//! How psql collects its SQL: `-c` and `-f` in the order given, else standard input, else a person.
//!
//! Before all of it runs the user's psqlrc: what writes there, or takes a protection away, counts like any other text.
//! What it does on this machine alone (`\!`, `\setenv`, backticks) is the user's own standing choice and does not.
//! Source: `main`, `parse_psql_options` and `process_psqlrc` in psql's `startup.c`.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::classify::safe_encoding;
use super::report::Report;
use super::script::{self, Reading};
use super::{Mode, Risk};
use crate::order;
use crate::shell;
use crate::target::Invocation;
use crate::world::Snapshot;
use crate::world::stdin::{Preview, Stdin};

/// A start-up file that is larger is read as any other script.
const LARGEST: u64 = 1 << 20;

/// Reads everything that this psql would run.
pub(super) fn read(invocation: &Invocation, stdin: &mut Stdin, snapshot: &Snapshot, report: &mut Report) -> Mode {
    if ["help", "version"].iter().any(|name| invocation.has(name)) {
        return Mode::Batch;
    }
    settings(invocation, snapshot, report);
    report.raise(Risk::Read);
    if invocation.has("list") {
        return Mode::Batch; // lists the databases and leaves, whatever else is asked
    }
    let mut reading = Reading::new(report, &snapshot.cwd, snapshot.home());
    assign(invocation, &mut reading);
    if !invocation.has("no-psqlrc") {
        startup_files(snapshot, &mut reading, |_| true);
    }
    let mut mode = Mode::Batch;
    let mut sources = 0;
    for option in &invocation.options {
        let value = option.value.as_deref().unwrap_or_default();
        match option.name.as_str() {
            "command" => reading.command(value.as_bytes()),
            "file" if value == "-" => mode = standard_input(stdin, &mut reading, mode),
            "file" => reading.file(Path::new(value)),
            _ => continue,
        }
        sources += 1;
    }
    if sources == 0 { standard_input(stdin, &mut reading, mode) } else { mode }
}

/// What on the command line and in the vars changes how text is read, or runs a shell.
fn settings(invocation: &Invocation, snapshot: &Snapshot, report: &mut Report) {
    if invocation.has("single-line") {
        report.unknown("setting", "single-line mode ends statements at line ends, which is not followed");
    }
    for output in invocation.all("output").filter_map(|option| option.value.as_deref()) {
        if output.as_bytes().starts_with(b"|") {
            report.unknown("shell", "the output goes to a shell command");
        }
    }
    let encoding = snapshot.vars.filled("PGCLIENTENCODING").map(OsStr::to_string_lossy);
    if encoding.is_some_and(|name| !safe_encoding(&name)) {
        report.unknown("setting", "the client encoding may hide quotes from both lexers");
    }
    let options = snapshot.vars.filled("PGOPTIONS").map(OsStr::to_string_lossy);
    if options.is_some_and(|options| options.contains("standard_conforming_strings")) {
        report.unknown("setting", "PGOPTIONS changes how strings are read");
    }
}

/// `-v name=value`; without a value the variable is unset.
pub(super) fn assign(invocation: &Invocation, reading: &mut Reading<'_>) {
    for option in invocation.options.iter().filter(|option| matches!(option.name.as_str(), "variable" | "set")) {
        let text = option.value.as_deref().unwrap_or_default().as_bytes();
        let split = text.iter().position(|&byte| byte == b'=');
        let (name, value) = match split {
            Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
            None => (text, None),
        };
        if name == b"SINGLELINE" {
            reading.report.unknown("setting", "SINGLELINE ends statements at line ends, which is not followed");
        }
        reading.variables.set(name, value);
    }
}

/// Reads every psqlrc that this psql may run. The version is not known here, so that of each version is looked at;
/// the system-wide one is the administrator's. Those that do not matter to the caller are left out.
pub(super) fn startup_files(snapshot: &Snapshot, reading: &mut Reading<'_>, matters: impl Fn(&Path) -> bool) {
    let (Some(home), Some(path)) = (snapshot.home(), startup_file(snapshot)) else { return };
    for path in versions(&path).into_iter().filter(|path| matters(path)) {
        let mut report = Report::default();
        let mut startup = Reading::new(&mut report, &snapshot.cwd, Some(home));
        startup.variables = reading.variables.clone();
        match own_block(&path) {
            Some((file, rest)) => {
                startup.report.input(&path, &file);
                startup.script(Box::new(rest.as_slice()), Some(&path));
            }
            None => startup.file(&path),
        }
        if bytes_of(&path).is_some_and(|(_, text)| shell::outdated(&text)) {
            startup.report.note("dbguard's block in the psqlrc is of another version; run: dbguard psqlrc install");
        }
        let variables = std::mem::take(&mut startup.variables);
        let (connects, strayed) = (std::mem::take(&mut startup.connects), startup.strayed);
        reading.variables.agree(&variables);
        reading.connects.extend(connects);
        reading.strayed |= strayed;
        reading.report.absorb(report, &["shell", "setenv"]);
    }
}

/// The user's start-up file: the one that `PSQLRC` names, else `~/.psqlrc`.
fn startup_file(snapshot: &Snapshot) -> Option<PathBuf> {
    let home = snapshot.home()?;
    let Some(named) = snapshot.vars.get("PSQLRC") else { return Some(home.join(".psqlrc")) };
    let inside = Path::new(named).strip_prefix("~");
    Some(inside.map_or_else(|_| snapshot.cwd.join(named), |inside| home.join(inside)))
}

/// The start-up file that psql would pass over in silence, and why; nothing where all is as the user has it.
pub fn passed_over(snapshot: &Snapshot) -> Option<(PathBuf, String)> {
    let path = startup_file(snapshot)?;
    let named = snapshot.vars.get("PSQLRC").is_some_and(|named| !named.is_empty());
    let trouble = nix::unistd::access(&path, nix::unistd::AccessFlags::R_OK).err()?;
    // One that is not there is no trouble, unless it was named; one for this version alone may be there.
    let absent = trouble == nix::errno::Errno::ENOENT && !path.is_symlink();
    (!absent || (named && versions(&path).is_empty())).then(|| (path, trouble.desc().to_lowercase()))
}

/// A start-up file with dbguard's own block in it, and what stands beside that. The block only reads, and only where a
/// person types; its path of the program is the user's own standing choice like every other.
fn own_block(path: &Path) -> Option<(File, Vec<u8>)> {
    let (file, text) = bytes_of(path)?;
    Some((file, shell::beside(&text)?))
}

fn bytes_of(path: &Path) -> Option<(File, Vec<u8>)> {
    let (mut file, _) = script::open(path).ok()?;
    let mut text = Vec::new();
    Read::by_ref(&mut file).take(LARGEST).read_to_end(&mut text).ok()?;
    Some((file, text))
}

/// `.psqlrc`, `.psqlrc-15`, `.psqlrc-15.4`: those that are there.
fn versions(path: &Path) -> Vec<PathBuf> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return Vec::new() };
    let versioned = |found: &OsStr| {
        let rest = found.as_bytes().strip_prefix(name.as_bytes());
        rest.is_some_and(|rest| {
            rest.first().is_none_or(|&dash| dash == b'-' && rest.get(1).is_some_and(u8::is_ascii_digit))
        })
    };
    if path == Path::new("/dev/null") {
        return Vec::new(); // the usual way to say that there is none
    }
    let found = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut found: Vec<_> = found.filter(|found| versioned(found)).map(|found| directory.join(found)).collect();
    found.retain(|path| nix::unistd::access(path, nix::unistd::AccessFlags::R_OK).is_ok());
    order::sort(&mut found);
    found
}

fn standard_input(stdin: &mut Stdin, reading: &mut Reading<'_>, mode: Mode) -> Mode {
    let preview = stdin.preview();
    reading.report.restart();
    match preview {
        Preview::Terminal => return Mode::Interactive,
        Preview::Complete(bytes) => reading.script(Box::new(bytes.as_slice()), None),
        Preview::Partial(bytes, why) => {
            reading.script(Box::new(bytes.as_slice()), None);
            reading.report.unknown("stdin", why);
        }
        Preview::File(stamp) => match stdin.file() {
            Some(file) => {
                reading.report.input_stamp(Path::new("/dev/stdin"), stamp);
                reading.script(Box::new(file), None);
            }
            None => reading.report.unknown("stdin", "standard input cannot be read"),
        },
        Preview::Hidden(why) => reading.report.unknown("stdin", why),
    }
    mode
}
