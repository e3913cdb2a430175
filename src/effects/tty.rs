//! The person at the terminal.

use std::time::Duration;

use crate::checklist::{Answer, Banner, Human, Section};
use crate::text::Secret;
use crate::world::Vars;

/// The controlling terminal, to draw on and to ask.
#[derive(Debug)]
pub struct Tty {}

/// Why nobody can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Nobody {
    /// There is no terminal: cron, CI, an editor's task.
    NoTerminal,
    /// This process stands in the background of its terminal.
    Background,
}

impl Tty {
    /// Opens the terminal of this process, where questions are answered within `patience`.
    pub fn open(_vars: &Vars, _patience: Duration) -> Result<Self, Nobody> {
        Err(Nobody::NoTerminal)
    }
}

impl Human for Tty {
    fn banner(&mut self, _banner: &Banner) {}
    fn section(&mut self, _section: &Section) {}
    fn tell(&mut self, _line: &str) {}
    fn ask(&mut self, _question: &str) -> Answer {
        Answer::Nothing("nobody could be asked")
    }
    fn ask_secret(&mut self, _question: &str) -> Option<Secret> {
        None
    }
}
