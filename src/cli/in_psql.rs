//! `dbguard in-psql`: what psql asks at its start, at each prompt and from its macros.
//!
//! It is psql's start-up file that calls it, so it is no verb of the command line: words come by position, the answer
//! is one value on standard output, and a failure is silence, which that file takes for "off".

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::process::ExitCode;

use super::output;
use crate::effects::inside::Opened;
use crate::error::{Error, Kind, Result};
use crate::guard::inside::{self, Interactive, Reconnect, Seat, Settled, Which};
use crate::world::Snapshot;

/// The word that leads here.
pub(super) const VERB: &str = "in-psql";

pub(super) fn run(words: &[OsString]) -> Result<ExitCode> {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    if let ["label", pid, number] = words.as_slice() {
        say(label(pid.parse().map_err(|_| unknown())?, which(number))?.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let snapshot = Snapshot::read()?;
    match words.as_slice() {
        ["prompt", number] => {
            say(inside::prompt(snapshot.vars.get("IN_PSQL_PROMPT"), which(number)).as_bytes())?;
        }
        [what, pid, rest @ ..] => {
            let pid = pid.parse().map_err(|_| unknown())?;
            about(what, rest, &mut Seat::of(pid, &snapshot))?;
        }
        _ => return Err(unknown()),
    }
    Ok(ExitCode::SUCCESS)
}

/// The label: almost always the one before it, for which nobody's name is needed.
fn label(pid: u32, which: Which) -> Result<String> {
    let Some(nameless) = Snapshot::nameless() else {
        let snapshot = Snapshot::read()?;
        return Ok(inside::label(&mut Seat::of(pid, &snapshot), which));
    };
    let seat = Seat::of(pid, &nameless);
    if let Some(label) = inside::kept(&seat, which) {
        return Ok(label);
    }
    let snapshot = Snapshot::read()?;
    Ok(inside::label(&mut seat.with(&snapshot), which))
}

/// What is asked about this psql.
fn about(what: &str, rest: &[&str], seat: &mut Seat<'_>) -> Result<()> {
    match (what, rest) {
        ("label", []) => say(inside::label(seat, Which::First).as_bytes()),
        ("begin", []) => say(inside::begin(seat).as_bytes()),
        ("arrive", []) => say(inside::arrive(seat).as_bytes()),
        ("here", []) => say(word(inside::interactive(seat) == Interactive::Yes)),
        ("enter", []) => say(word(inside::enter(seat) == Reconnect::Wanted)),
        ("options", []) => say(inside::options(seat).as_bytes()),
        ("has-role", []) => say(word(inside::role(seat).is_some())),
        ("role", []) => say(inside::role(seat).unwrap_or_default().as_bytes()),
        ("tag", []) => say(inside::tag(seat).as_bytes()),
        ("conninfo", []) => say(inside::conninfo(seat).as_bytes()),
        ("settle", []) => say(word(inside::settle(seat, None) == Settled::Open)),
        ("settle", [what]) => say(word(inside::settle(seat, opened(what)) == Settled::Open)),
        ("unlock", [what]) => unlock(seat, opened(what).ok_or_else(unknown)?),
        ("impact", tables) => {
            let hurts = inside::impact(seat, tables)?;
            let (banner, sections) = hurts.screen(seat.snapshot());
            output::screen(&banner, &sections, &seat.snapshot().vars)
        }
        ("whereami", []) => {
            let (banner, sections) = inside::whereami(seat)?;
            output::screen(&banner, &sections, &seat.snapshot().vars)
        }
        ("history", []) => say(inside::history(seat).as_os_str().as_bytes()),
        _ => Err(unknown()),
    }
}

/// The answer is one word; why it is "off" stands on the terminal.
fn unlock(seat: &mut Seat<'_>, what: Opened) -> Result<()> {
    let passed = inside::unlock(seat, what);
    if let Err(error) = &passed {
        inside::tell(error);
    }
    say(word(passed.is_ok()))
}

fn opened(what: &str) -> Option<Opened> {
    match what {
        "transaction" => Some(Opened::Transaction),
        "session" => Some(Opened::Session),
        _ => None,
    }
}

fn which(number: &str) -> Which {
    match number {
        "2" => Which::Second,
        "3" => Which::Third,
        _ => Which::First,
    }
}

/// A value of psql's `\if`.
fn word(yes: bool) -> &'static [u8] {
    if yes { b"on" } else { b"off" }
}

fn say(text: &[u8]) -> Result<()> {
    output::print(|out| out.write_all(text))
}

fn unknown() -> Error {
    Error::new(Kind::Usage, "`in-psql` is for psql's start-up file; see: dbguard psqlrc print")
}
