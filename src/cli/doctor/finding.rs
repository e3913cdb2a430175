//! One thing that was looked at: how it stands, and what mends it.

use serde_json::{Value, json};

use crate::checklist::{Line, Tone};

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// As it should be.
    Fine,
    /// Worth knowing.
    Note,
    /// It works, and not as it should.
    Doubtful,
    /// It does not protect.
    Broken,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) state: State,
    /// The thing: `psql`, `hook`.
    pub(super) name: String,
    pub(super) what: String,
    /// The command that mends it, or where it shows.
    pub(super) mend: Option<String>,
}

impl Finding {
    pub(super) fn new(state: State, name: &str, what: impl Into<String>) -> Self {
        Self { state, name: name.to_owned(), what: what.into(), mend: None }
    }

    pub(super) fn mend(self, command: impl Into<String>) -> Self {
        Self { mend: Some(command.into()), ..self }
    }

    /// One line for the thing, and one for what mends it.
    pub(super) fn lines(&self) -> Vec<Line> {
        let tone = match self.state {
            State::Fine => Tone::Plain,
            State::Note => Tone::Quiet,
            State::Doubtful => Tone::Warn,
            State::Broken => Tone::Danger,
        };
        let line =
            |label: &str, value: String, tone| Line { label: label.to_owned(), value, note: String::new(), tone };
        let mend = self.mend.iter().map(|mend| line("", format!("→ {mend}"), Tone::Plain));
        std::iter::once(line(&self.name, self.what.clone(), tone)).chain(mend).collect()
    }

    pub(super) fn json(&self, part: &str) -> Value {
        let state = match self.state {
            State::Fine => "fine",
            State::Note => "note",
            State::Doubtful => "doubtful",
            State::Broken => "broken",
        };
        json!({ "part": part, "name": self.name, "state": state, "what": self.what, "mend": self.mend })
    }
}
