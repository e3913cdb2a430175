//! The beginning of an interactive psql: read-only where that is demanded, its names remembered, its history its own.
//!
//! Read-only comes by `PGOPTIONS` and a second connection, never by `SET`, which would leak through a transaction pooler
//! to other clients. A pooler that refuses start-up options is found out before: a failed `\connect` in a start-up
//! file would leave psql without a connection.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::label::{self, Which};
use super::seat::{READ_ONLY, Seat, peer_text};
use super::{derive, names, seat, settle};
use crate::config::{self, Config, Rollout};
use crate::effects::{inside, sessions};
use crate::environment::{Environment, Level};
use crate::guard::case::Case;
use crate::guard::server;
use crate::plan::{Mode, Plan, Risk};
use crate::target::{self, Resolution, Target};
use crate::world::Snapshot;
use crate::world::net::Peer;

/// Whether this psql takes its commands from a person: only then anything is set or asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Interactive {
    /// A person types.
    Yes,
    /// `-c`, `-f`, a pipe, a list.
    No,
}

/// As psql decides it: no source of SQL on the command line, and terminals on both sides (`main` in startup.c).
pub fn interactive(seat: &Seat<'_>) -> Interactive {
    let invocation = seat.invocation();
    let sources = ["command", "file", "list", "help", "version"];
    let terminals = std::io::stdin().is_terminal() && writes_to_terminal(seat.pid);
    if terminals && !sources.iter().any(|name| invocation.has(name)) { Interactive::Yes } else { Interactive::No }
}

/// psql's own standard output; where it cannot be looked at, ours stands for nothing and the input alone decides.
fn writes_to_terminal(pid: u32) -> bool {
    std::fs::File::open(format!("/proc/{pid}/fd/1")).map_or(!cfg!(target_os = "linux"), |file| file.is_terminal())
}

/// Whether psql has to connect once more to be read-only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Reconnect {
    /// Yes.
    Wanted,
    /// No: it is read-only already, need not be, or cannot be.
    Needless,
}

/// What psql is to do at the beginning, before it has looked at its connection: the prompts are set. Nothing where no
/// person types.
pub fn begin(seat: &Seat<'_>) -> OsString {
    let mut script = Script::default();
    if interactive(seat) == Interactive::Yes {
        script.run("\\set dbguard_here on", None);
        for (which, number) in [(Which::First, 1), (Which::Second, 2), (Which::Third, 3)] {
            let own = seat.snapshot.vars.get(&format!("IN_PSQL_PROMPT{number}"));
            script.run(&format!("\\set PROMPT{number} "), Some(label::prompt(own, which).as_ref()));
        }
    }
    script.0
}

/// What psql is to do with the connection that it came with, once that was looked at: the connections to come begin
/// read-only, the history is the environment's, and where that is demanded it connects once more.
pub fn arrive(seat: &mut Seat<'_>) -> OsString {
    let (reconnect, environment) = look(seat);
    let mut script = Script::default();
    script.run("\\setenv PGOPTIONS ", Some(&options(seat)));
    script.run("\\set HISTFILE ", Some(history_of(seat, environment.as_deref()).as_os_str()));
    if reconnect == Reconnect::Wanted {
        script.run("\\set dbguard_options ", Some(conninfo(seat).as_ref()));
        script.run("\\connect -reuse-previous=on :dbguard_options", None);
        script.run(":dbguard_settle", None);
    }
    script.0
}

/// Commands for psql, which runs a variable's value where the variable is named.
#[derive(Default)]
struct Script(OsString);

impl Script {
    /// A command with a value behind it, in quotes: nothing is looked up or run in them (psqlscanslash.l, `xslashquote`).
    fn run(&mut self, command: &str, value: Option<&OsStr>) {
        if !self.0.is_empty() {
            self.0.push(" \\\\ ");
        }
        self.0.push(command);
        if let Some(value) = value {
            let mut quoted = vec![b'\''];
            for byte in value.as_bytes() {
                match byte {
                    b'\n' => quoted.extend(b"\\n"),
                    b'\'' | b'\\' => quoted.extend([b'\\', *byte]),
                    byte => quoted.push(*byte),
                }
            }
            quoted.push(b'\'');
            self.0.push(OsStr::from_bytes(&quoted));
        }
    }
}

/// The beginning as blocks of the first kind ask for it.
pub fn enter(seat: &mut Seat<'_>) -> Reconnect {
    look(seat).0
}

/// Looks at the connection that psql came with, and writes down what the server answered there. Answers with the name of
/// the environment as well, where that has a history of its own.
fn look(seat: &mut Seat<'_>) -> (Reconnect, Option<String>) {
    inside::tidy(seat.snapshot);
    target::look_once();
    let config = config::load(seat.snapshot);
    seat.inside.sticky = !seat.locks() && !own_options(seat.snapshot).is_empty();
    let Some(names) = names::told(seat.snapshot) else { return (Reconnect::Needless, None) };
    let peer = seat.peer();
    let derived = derive::exact(seat, &config, &names, peer.as_ref());
    let raised = by_guard(seat, &config).filter(|guard| guard.level() > derived.environment.level());
    let mut environment = raised.clone().unwrap_or_else(|| derived.environment.clone());
    let mut by_server = raised.map(|environment| environment.name().to_owned());
    let mut reconnect = Reconnect::Needless;
    if !seat.locks() {
        let target = derived.target.clone().filter(|_| !decided(seat, &config, &environment, peer.as_ref()));
        let met = target.and_then(|target| meet(seat, &config, target, &environment));
        seat.inside.refused = met.as_ref().is_some_and(|met| met.refused);
        if let Some(met) = met.filter(|met| met.environment.level() > environment.level()) {
            by_server = Some(met.environment.name().to_owned());
            environment = met.environment;
        }
        let wanted = config.policy(&environment).read_only;
        let version = seat.snapshot.vars.get("IN_PSQL_VERSION").map(|text| text.to_string_lossy()).unwrap_or_default();
        if wanted && !seat.inside.refused && hands_all_on(&version) {
            (reconnect, seat.inside.sticky) = (Reconnect::Wanted, false);
        }
    }
    let as_named = by_server.is_none();
    if let Some(peer) = &peer {
        seat.inside.meet(&peer_text(peer), &names, by_server);
    }
    match reconnect {
        Reconnect::Needless if as_named => {
            let shown = label::shown(&derived, &config, seat.snapshot);
            let _ = settle::write_down(seat, None, names, peer.as_ref(), shown);
        }
        Reconnect::Wanted => {
            let _ = inside::write(seat.snapshot, seat.pid, &seat.inside);
        }
        Reconnect::Needless => {
            let _ = settle::settle(seat, None);
        }
    }
    let apart = environment.level() > Level::Development;
    (reconnect, apart.then(|| environment.name().to_owned()))
}

/// Whether the server need not be asked: it is no pooler, which might refuse start-up options, and its word could
/// change nothing, since it can only raise a level and development is believed, as everywhere.
fn decided(seat: &Seat<'_>, config: &Config, environment: &Environment, peer: Option<&Peer>) -> bool {
    let level = environment.level();
    let believed = level == Level::Production || level == Level::Development;
    seat.is_direct(peer) && believed && config.policy(environment).read_only == (level == Level::Production)
}

/// Whether this psql hands all of a connection's parameters on at `\connect`. Before 10.15, 11.10, 12.5 and 13.1 it
/// handed on host, port, user and database alone: an `sslmode` or `hostaddr` would be lost (`do_connect`, and the
/// release notes of 12 November 2020). What cannot be read is a psql of today.
fn hands_all_on(version: &str) -> bool {
    const FIRST: [(u32, u32); 4] = [(10, 15), (11, 10), (12, 5), (13, 1)];
    let Some(number) = version.strip_prefix("PostgreSQL ").and_then(|rest| rest.split(' ').next()) else { return true };
    let mut parts = number.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => {
            FIRST.iter().find(|(of, _)| *of == major).is_none_or(|(_, first)| minor >= *first)
        }
        _ => true,
    }
}

/// What came of asking the server.
struct Met {
    environment: Environment,
    /// A pooler in between refuses start-up options.
    refused: bool,
}

/// Asks the server about itself, on a connection of its own that is made as psql's was.
fn meet(seat: &Seat<'_>, config: &Config, target: Target, environment: &Environment) -> Option<Met> {
    let case = case(seat, config, target, environment.clone());
    let meeting = server::meet_from_inside(&case, case.target()?);
    let refused = meeting.said.as_ref().is_ok_and(|told| told.options_refused);
    Some(Met { environment: meeting.environment, refused })
}

/// The case of a connection that psql has.
pub(super) fn case<'a>(seat: &Seat<'a>, config: &'a Config, target: Target, environment: Environment) -> Case<'a> {
    let resolution = Resolution::Resolved(target);
    Case {
        snapshot: seat.snapshot,
        config,
        invocation: seat.invocation().clone(),
        resolution,
        environment,
        also: Vec::new(),
        followed: false,
        outdated: None,
    }
}

/// A person will type, and what is not known.
pub(super) fn open_session() -> Plan {
    Plan {
        risk: Risk::Read,
        findings: Vec::new(),
        mode: Mode::Interactive,
        inputs: Vec::new(),
        reads_stdin: false,
        takes_pgoptions: true,
        notes: Vec::new(),
        leaves: false,
    }
}

/// What the guard found when it started this psql, the server's own word included.
fn by_guard(seat: &Seat<'_>, config: &Config) -> Option<Environment> {
    let listing = sessions::list(seat.snapshot).ok()?;
    let session = listing.sessions.into_iter().find(|session| session.pid == seat.pid)?;
    derive::named(&session.environment, config)
}

/// `PGOPTIONS` for the connections to come: the user's own, and read-only behind them, of which the server takes the
/// last. So what is reached by `\c` is read-only from its first moment, wherever the session began.
pub fn options(seat: &Seat<'_>) -> OsString {
    let mut options = own_options(seat.snapshot);
    // A roll-out takes nothing from anybody yet.
    if seat.inside.refused || config::load(seat.snapshot).rollout == Rollout::Observe {
        return options;
    }
    if !options.is_empty() {
        options.push(" ");
    }
    options.push(READ_ONLY);
    options
}

/// The same as a connection string, for `\connect -reuse-previous=on`: psql keeps the start-up options of the
/// connection before, where that had any, and looks at `PGOPTIONS` only where it had none (`do_connect`).
pub fn conninfo(seat: &Seat<'_>) -> String {
    let options = options(seat).to_string_lossy().replace('\\', "\\\\").replace('\'', "\\'");
    format!("options='{options}'")
}

/// `PGOPTIONS` without what the guard or an earlier start put behind it.
pub(super) fn own_options(snapshot: &Snapshot) -> OsString {
    let text = snapshot.vars.get("PGOPTIONS").map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
    let text = text.trim_end().strip_suffix(seat::READ_ONLY).unwrap_or(&text);
    OsString::from(text.trim_end())
}

/// The history of this environment: the user's own file, with the environment's name behind it where that is not
/// development. What is no file, as `/dev/null` for none at all, stays as it is.
pub fn history(seat: &Seat<'_>) -> PathBuf {
    let shown = seat.known().and_then(|known| known.shown.as_ref()).filter(|shown| shown.apart);
    history_of(seat, shown.map(|shown| shown.environment.as_str()))
}

fn history_of(seat: &Seat<'_>, environment: Option<&str>) -> PathBuf {
    let vars = &seat.snapshot.vars;
    let own = vars.filled("IN_PSQL_HISTFILE").filter(|text| *text != ":HISTFILE");
    let home = || seat.snapshot.home().map(|home| home.join(".psql_history").into_os_string());
    let mut file = own.or(vars.filled("PSQL_HISTORY")).map(OsString::from).or_else(home).unwrap_or_default();
    let other = std::fs::metadata(&file).is_ok_and(|meta| !meta.is_file());
    let Some(environment) = environment.filter(|_| !other) else { return file.into() };
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    file.push("-");
    file.push(environment.chars().map(plain).collect::<String>());
    file.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_in_a_script_is_one_word_to_psql_whatever_it_holds() {
        let mut script = Script::default();
        script.run("\\set x ", Some(OsStr::from_bytes(b"a'b\\ `c` :d \n\xff \\\\ \\! e")));
        script.run("\\connect", None);
        let expected = b"\\set x 'a\\'b\\\\ `c` :d \\n\xff \\\\\\\\ \\\\! e' \\\\ \\connect";
        assert_eq!(script.0.as_bytes(), expected);
    }

    #[test]
    fn a_psql_that_would_lose_parameters_does_not_connect_again() {
        for version in ["PostgreSQL 10.14", "PostgreSQL 12.4 (Debian 12.4-1) on x86_64", "PostgreSQL 13.0 on arm"] {
            assert!(!hands_all_on(version), "{version}");
        }
        for version in [
            "PostgreSQL 10.15",
            "PostgreSQL 13.16 (Debian) on x",
            "PostgreSQL 15.1",
            "PostgreSQL 19rc1",
            ":VERSION",
            "",
        ] {
            assert!(hands_all_on(version), "{version}");
        }
    }
}
