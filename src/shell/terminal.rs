//! Titles and tab colours: what each terminal understands.
//!
//! The table is `facts` made code: a terminal that is not known gets a title and SGR colours, nothing else, and one
//! without a title gets nothing. It is told about vars by a function and looks at nothing itself.

use std::ffi::OsStr;

use crate::text::misleads;

/// A kind of terminal, as far as its vars tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terminal {
    /// `TERM=dumb`, Emacs' shell, the Linux console: no title, nothing.
    Silent,
    /// Title and SGR.
    Plain,
    /// GNU screen: its own sequence for the title.
    Screen,
    /// tmux: the title goes to the pane.
    Tmux,
    /// iTerm2: tab colours.
    Iterm,
    /// Windows Terminal: the colour of the tab.
    WindowsTerminal,
}

impl Terminal {
    /// The terminal that these vars tell of. Inside tmux and screen, vars of the terminal around them are not
    /// believed: another terminal may be attached by now.
    pub fn of<'v>(var: impl Fn(&str) -> Option<&'v OsStr>) -> Self {
        let is = |name: &str, value: &str| var(name).is_some_and(|found| found == value);
        let set = |name: &str| var(name).is_some_and(|value| !value.is_empty());
        let term = var("TERM").map(|term| term.to_string_lossy()).unwrap_or_default();
        match term.as_ref() {
            "" | "dumb" | "linux" | "emacs" | "vt100" | "cons25" => return Self::Silent,
            _ if set("INSIDE_EMACS") => return Self::Silent,
            _ => {}
        }
        if set("TMUX") {
            Self::Tmux
        } else if set("STY") || term.starts_with("screen") {
            Self::Screen
        } else if is("TERM_PROGRAM", "iTerm.app") || is("LC_TERMINAL", "iTerm2") {
            Self::Iterm
        } else if set("WT_SESSION") {
            Self::WindowsTerminal
        } else {
            Self::Plain
        }
    }

    /// The sequence that sets the title; nothing where there is no title or no text. An empty title is never sent:
    /// several terminals keep the old one then.
    pub fn title(self, text: &str) -> String {
        let text = inert(text);
        match self {
            _ if text.is_empty() => String::new(),
            Self::Silent => String::new(),
            Self::Screen => format!("\x1bk{text}\x1b\\"),
            Self::Plain | Self::Tmux | Self::Iterm | Self::WindowsTerminal => format!("\x1b]2;{text}\x07"),
        }
    }
}

/// The text without anything that a terminal would obey or that misleads, on one line.
pub fn inert(text: &str) -> String {
    text.chars().filter(|&c| !c.is_control() && !misleads(c)).collect()
}
