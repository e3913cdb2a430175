//! What is shown, as data.
//!
//! It knows no terminal: whoever draws it escapes what came from outside, and gives a tone its colour.

use crate::environment::{Level, Look};

/// The head of the screen: word, shape and colour of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banner {
    /// How the environment is shown.
    pub look: Look,
    /// Its level, for the weight of the banner.
    pub level: Level,
    /// What stands beside the word: the environment's name and the tool.
    pub title: String,
    /// What must be read first: disagreements between client and server. Shown above everything else.
    pub alarms: Vec<String>,
}

/// A titled group of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The title: `target`, `server says`, `would happen`, `undo`.
    pub title: String,
    /// The lines.
    pub lines: Vec<Line>,
}

/// One line: a label, its value, and a quiet note such as an origin. Values may hold untrusted text; whoever draws
/// them escapes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The label: `host`.
    pub label: String,
    /// The value: `db1.prod.example.com`.
    pub value: String,
    /// A quiet note: `option -h`.
    pub note: String,
    /// How it is shown.
    pub tone: Tone,
}

/// How a line is shown. Words carry the meaning; the tone only adds to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    Plain,
    /// A fact that could not be had.
    Quiet,
    /// Look here.
    Warn,
    /// This loses data.
    Danger,
}
