//! `:whereami`: where this psql is, says who, and whether it may write.
//!
//! The names are psql's own, the far end is the kernel's, the rest the server says of itself on a connection that is
//! made as psql's was. What the server said on psql's own connection of being read-only stands beside it.

use super::seat::{Seat, peer_text};
use super::settle::{Settled, settle};
use super::{derive, names, start};
use crate::checklist::{Banner, Line, Section, Tone};
use crate::config;
use crate::effects::inside::{Known, Opened, ReadOnly};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::guard::{screen, server};

/// Looks, writes down what was found, and answers with what is to be shown.
pub fn whereami(seat: &mut Seat<'_>) -> Result<(Banner, Vec<Section>)> {
    let config = config::load(seat.snapshot);
    let names = names::told(seat.snapshot)
        .ok_or_else(|| Error::refused("psql has no connection").hint("connect it: \\connect DBNAME"))?;
    let kept = seat.known().and_then(|known| known.opened);
    let settled: Settled = settle(seat, kept);
    let _ = settled;
    let peer = seat.peer();
    let derived = derive::exact(seat, &config, &names, peer.as_ref());
    let environment = derived.environment;
    let target = derived.target.ok_or_else(|| Error::refused("the target of this connection cannot be told"))?;
    let case = start::case(seat, &config, target.clone(), environment.clone());
    let meeting = server::meet(&case, &target, &start::open_session(), None);
    if let (Some(peer), true) = (&peer, meeting.environment.level() > environment.level()) {
        seat.inside.meet(&peer_text(peer), &names, Some(meeting.environment.name().to_owned()));
        let _ = settle(seat, kept);
    }
    let known = seat.known().cloned().unwrap_or_default();
    let banner = screen::banner(&meeting.environment, "psql", meeting.alarms.clone());
    let sections = vec![
        screen::target(&target, &meeting.environment, seat.snapshot),
        meeting.section(),
        session(&known, &meeting.environment, seat),
    ];
    Ok((banner, sections))
}

/// The connection itself.
fn session(known: &Known, environment: &Environment, seat: &Seat<'_>) -> Section {
    let line = |label: &str, value: &str, tone| Line {
        label: label.to_owned(),
        value: value.to_owned(),
        note: String::new(),
        tone,
    };
    let far = known.peer.as_deref().unwrap_or("not known");
    let strict = environment.level() == crate::environment::Level::Production;
    let (words, tone) = match (known.opened, known.read_only) {
        (Some(Opened::Session), _) => ("WRITABLE until :lock, \\c or the end of the connection", Tone::Warn),
        (Some(Opened::Transaction), _) => ("one WRITABLE transaction, as long as the prompt shows *", Tone::Warn),
        (None, ReadOnly::Held) => {
            ("read-only, as the server says; :unlock opens one writable transaction", Tone::Plain)
        }
        (None, ReadOnly::Open) if strict => ("NOT read-only: set by hand, or dropped by a pooler", Tone::Danger),
        (None, ReadOnly::Open) => ("writable", Tone::Plain),
        (None, ReadOnly::Unasked) => ("the server did not say whether it is read-only", Tone::Warn),
    };
    let next = if seat.locks() { "begins read-only" } else { "begins as the server has it" };
    let lines =
        vec![line("far end", far, Tone::Plain), line("writing", words, tone), line("next \\c", next, Tone::Plain)];
    Section { title: "connection".to_owned(), lines }
}
