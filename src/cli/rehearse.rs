//! `dbguard rehearse`: the postmortem's list — BEGIN, run, verify, and only then COMMIT.
//!
//! The script is run by the real psql, under guard like any other invocation, between a `BEGIN` and a `ROLLBACK` of
//! ours. What would end that transaction, or is not known beforehand, is refused before anything is sent. With
//! `--commit` psql stays at its prompt within the transaction: whoever looked types COMMIT there; whoever leaves, or
//! loses the connection, rolls back.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal as _;

use super::args::Rehearse;
use crate::effects::notice;
use crate::error::{Error, Kind};
use crate::guard;
use crate::plan::{self, Rehearsal, Trait};
use crate::target;
use crate::text::Untrusted;
use crate::world::Snapshot;

/// The locks that the transaction holds at its end, but for those that everybody shares.
const LOCKS: &str = "SELECT c.oid::pg_catalog.regclass AS \"locked\", l.mode FROM pg_catalog.pg_locks l \
    JOIN pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.mode <> 'AccessShareLock' AND n.nspname <> 'pg_catalog' ORDER BY 1, 2";

/// What is said before the prompt.
const ASK: &str = "\\echo 'Nothing is kept yet. Look, then type COMMIT; to keep it. Leaving rolls it back.'";

/// Becomes psql, or says why not.
pub(super) fn run(arguments: &Rehearse, snapshot: &Snapshot) -> Error {
    if let Some(refused) = refuse(arguments, snapshot) {
        return refused;
    }
    let mut args: Vec<OsString> =
        ["-X", "-e", "-v", "ON_ERROR_STOP=1", "-c", "BEGIN READ WRITE", "-f"].map(OsString::from).into();
    args.push(arguments.file.clone().into());
    let end = if arguments.commit { ["-c", ASK, "-f", "-"].as_slice() } else { &["-c", "ROLLBACK"] };
    args.extend(["-c", LOCKS].iter().chain(end).map(OsString::from));
    args.extend(arguments.line.iter().cloned());
    guard::run(OsStr::new("psql"), &args, snapshot)
}

/// Why it cannot be rehearsed. What would outlast the rehearsal is told on the way.
fn refuse(arguments: &Rehearse, snapshot: &Snapshot) -> Option<Error> {
    let usage = |message: &str| Some(Error::new(Kind::Usage, message));
    if arguments.file.as_os_str() == "-" {
        return usage("a rehearsal takes a file: standard input is where you answer");
    }
    let invocation = target::parse("psql", &arguments.line, None, snapshot);
    let own = ["command", "file", "single-transaction", "single-line", "single-step", "list", "variable", "set"];
    if let Some(name) = own.iter().find(|name| invocation.has(name)) {
        return usage(&format!("`--{name}` has no place in a rehearsal: only where to connect comes behind `--`"));
    }
    if arguments.commit && !std::io::stdin().is_terminal() {
        return Some(Error::refused("refused: COMMIT is typed by a person at a terminal, and standard input is none"));
    }
    if std::fs::File::open(snapshot.cwd.join(&arguments.file)).is_err() {
        return usage(&format!("`{}` is not there, or cannot be read", Untrusted::path(&arguments.file)));
    }
    let Rehearsal { obstacles, lasting } = plan::rehearsal(&arguments.file, &snapshot.cwd, snapshot.home());
    if obstacles.is_empty() {
        for one in lasting.iter().take(SHOWN) {
            notice::warn(&format!("dbguard: not rolled back: {}", show(one)));
        }
        return None;
    }
    let what = format!("refused: `{}` cannot be rehearsed", Untrusted::path(&arguments.file));
    Some(obstacles.iter().take(SHOWN).fold(Error::refused(what), |error, one| error.hint(show(one))))
}

/// How many are named.
const SHOWN: usize = 10;

fn show(one: &Trait) -> String {
    let place = match (&one.file, one.line) {
        (Some(file), Some(line)) => format!("{}:{line}: ", Untrusted::path(file)),
        (Some(file), None) => format!("{}: ", Untrusted::path(file)),
        (None, _) => String::new(),
    };
    format!("{place}{}", Untrusted::text(&one.what))
}
