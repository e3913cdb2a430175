//! Waiting for a script that takes longer than two seconds to read: what was found so far is shown, and how far it is.
//!
//! Whoever sits there waits, or presses return and answers with what is known: what was not read stays unknown. Where
//! nobody sits, or a coding agent does, nobody waits.

use std::time::Instant;

use super::decide::presence;
use super::screen;
use crate::checklist::Human as _;
use crate::effects::tty::{self, Tty};
use crate::plan::{Progress, Waiting};
use crate::policy::Presence;
use crate::world::Snapshot;

/// Somebody at the terminal, who is looked for only when it comes to that.
pub(super) fn at_terminal(snapshot: &Snapshot) -> Box<dyn Waiting> {
    Box::new(AtTerminal { snapshot: snapshot.clone(), began: Instant::now(), begun: false, tty: None })
}

#[derive(Debug)]
struct AtTerminal {
    snapshot: Snapshot,
    began: Instant,
    /// It was looked for.
    begun: bool,
    tty: Option<Tty>,
}

impl AtTerminal {
    /// Opens the terminal and shows what is known by now.
    fn begin(&self, progress: &Progress<'_>) -> Option<Tty> {
        let opened = Tty::open(&self.snapshot.vars, tty::PATIENCE);
        if !matches!(presence(&self.snapshot, &opened), Presence::Person) {
            return None;
        }
        let mut tty = opened.ok()?;
        tty.section(&screen::so_far(progress.findings));
        tty.tell("Reading goes on. Return: go on with what is known, the rest counts as unknown. Ctrl-C: run nothing.");
        Some(tty)
    }

    /// How far it is. Files that are included later come on top, so that it may go back.
    fn line(&self, progress: &Progress<'_>) -> String {
        let read = progress.read;
        let all = progress.total.max(read);
        let percent = (u128::from(read) * 100).checked_div(u128::from(all)).unwrap_or(0);
        let left = (all - read).saturating_mul(self.began.elapsed().as_secs()).checked_div(read).unwrap_or(0);
        let left = if left < 120 { format!("{left} s") } else { format!("{} min", left / 60) };
        format!("read {} of {} MB, {percent} %, about {left} left", read >> 20, all >> 20)
    }
}

impl Waiting for AtTerminal {
    fn goes_on(&mut self, progress: &Progress<'_>) -> bool {
        if !std::mem::replace(&mut self.begun, true) {
            self.tty = self.begin(progress);
        }
        let line = self.line(progress);
        let Some(tty) = &mut self.tty else { return false };
        tty.rewrite(&line);
        !tty.was_told_to_go_on()
    }
}

impl Drop for AtTerminal {
    fn drop(&mut self) {
        if let Some(tty) = &mut self.tty {
            tty.rewrite("");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::world::{User, Vars};

    fn line(read: u64, total: u64, seconds: u64) -> String {
        let user = User { uid: 0, name: None, home: None };
        let snapshot = Snapshot { vars: Vars::default(), cwd: "/".into(), user, now: SystemTime::UNIX_EPOCH };
        let began = Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        AtTerminal { snapshot, began, begun: true, tty: None }.line(&Progress { read, total, findings: &[] })
    }

    #[test]
    fn the_line_says_how_far_it_is() {
        assert_eq!(line(1 << 30, 10 << 30, 3), "read 1024 of 10240 MB, 10 %, about 27 s left");
        assert_eq!(line(1 << 30, 1 << 40, 3), "read 1024 of 1048576 MB, 0 %, about 51 min left");
        assert_eq!(line(0, 0, 3), "read 0 of 0 MB, 0 %, about 0 s left");
        assert_eq!(line(5, 4, 3), "read 0 of 0 MB, 100 %, about 0 s left");
    }

    #[test]
    fn where_nobody_sits_nobody_waits() {
        let agent = [("CLAUDECODE", "1")].into_iter().collect::<Vars>();
        let user = User { uid: 0, name: None, home: None };
        let snapshot = Snapshot { vars: agent, cwd: "/".into(), user, now: SystemTime::UNIX_EPOCH };
        assert!(!at_terminal(&snapshot).goes_on(&Progress { read: 1, total: 2, findings: &[] }));
    }
}
