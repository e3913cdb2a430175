//! `dbguard sessions`: what is open in all tabs, the strictest first.

use std::process::ExitCode;
use std::time::SystemTime;

use serde_json::json;

use super::output;
use crate::effects::audit::rfc3339;
use crate::effects::sessions::{self, Listing, Session};
use crate::environment::Level;
use crate::error::Result;
use crate::order;
use crate::text::Untrusted;
use crate::world::Snapshot;

pub(super) fn run(as_json: bool, snapshot: &Snapshot) -> Result<ExitCode> {
    let mut listing = sessions::list(snapshot)?;
    order::sort_by_key(&mut listing.sessions, |session| std::cmp::Reverse(rank(session)));
    if as_json {
        output::json(&json(&listing))?;
    } else {
        output::print(|out| text(&listing, snapshot.now).iter().try_for_each(|line| writeln!(out, "{line}")))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn json(listing: &Listing) -> serde_json::Value {
    let one = |session: &Session| {
        json!({
            "pid": session.pid,
            "since": rfc3339(session.began()),
            "tool": session.tool,
            "user": session.user,
            "tty": session.tty,
            "cwd": session.cwd,
            "environment": {"name": session.environment, "level": session.level},
            "target": session.target,
        })
    };
    json!({
        "version": 1,
        "sessions": listing.sessions.iter().map(one).collect::<Vec<_>>(),
        "unusable": listing.unusable,
    })
}

/// One line for each session: shape and word first, since colour is not everybody's.
fn text(listing: &Listing, now: SystemTime) -> Vec<String> {
    let one = |session: &Session| {
        let age = now.duration_since(session.began()).unwrap_or_default().as_secs();
        let tty = session.tty.as_deref().map_or("no terminal", |tty| tty.strip_prefix("/dev/").unwrap_or(tty));
        format!(
            "{} {} ({})  {} {}  {}, process {}, for {}",
            icon(session),
            Untrusted::text(&session.environment),
            Untrusted::text(&session.level),
            Untrusted::text(&session.tool),
            Untrusted::text(&session.place),
            Untrusted::text(tty),
            session.pid,
            span(age)
        )
    };
    let mut lines: Vec<String> = listing.sessions.iter().map(one).collect();
    lines.extend(listing.unusable.iter().map(|why| format!("unusable: {}", Untrusted::text(why))));
    if lines.is_empty() {
        lines.push("no open sessions".to_owned());
    }
    lines
}

/// The strictness of what a word says; a word that is no level is as strict as production.
fn rank(session: &Session) -> Level {
    Level::ALL.into_iter().find(|level| level.word() == session.level).unwrap_or(Level::Production)
}

fn icon(session: &Session) -> &'static str {
    rank(session).icon()
}

fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn session(level: &str, environment: &str) -> Session {
        serde_json::from_value(json!({
            "version": 1, "pid": 7, "start": 1, "boot": null, "since": 60, "tool": "psql", "user": "alice",
            "tty": "/dev/pts/3", "cwd": "/home/alice", "place": "app on db1:5432 as alice",
            "environment": environment, "level": level, "target": {"host": "db1"}
        }))
        .unwrap()
    }

    #[test]
    fn a_session_is_one_line_with_shape_word_place_and_age() {
        let listing = Listing { sessions: vec![session("production", "eu-prod")], unusable: Vec::new() };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(60 + 600);
        let expected = "▲ eu-prod (production)  psql app on db1:5432 as alice  pts/3, process 7, for 10m";
        assert_eq!(text(&listing, now), [expected]);
    }

    #[test]
    fn hostile_text_is_shown_inertly_and_a_clock_that_went_back_is_no_matter() {
        let listing = Listing { sessions: vec![session("\u{1b}[2J", "x\ny")], unusable: vec!["\u{7}".to_owned()] };
        let lines = text(&listing, SystemTime::UNIX_EPOCH);
        let first = "▲ x\\x0Ay (\\x1B[2J)  psql app on db1:5432 as alice  pts/3, process 7, for 0s";
        assert_eq!(lines, [first, "unusable: \\x07"]);
    }

    #[test]
    fn nothing_open_is_said() {
        assert_eq!(text(&Listing::default(), SystemTime::UNIX_EPOCH), ["no open sessions"]);
    }

    #[test]
    fn the_json_form_is_versioned_and_has_the_target() {
        let listing = Listing { sessions: vec![session("staging", "qa")], unusable: Vec::new() };
        let expected = concat!(
            r#"{"version":1,"sessions":[{"pid":7,"since":"1970-01-01T00:01:00.000Z","tool":"psql","user":"alice","#,
            r#""tty":"/dev/pts/3","cwd":"/home/alice","environment":{"name":"qa","level":"staging"},"#,
            r#""target":{"host":"db1"}}],"unusable":[]}"#
        );
        assert_eq!(json(&listing).to_string(), expected);
    }
}
