//! Which terminal this is, as far as its vars tell.
//!
//! A var outlives the terminal that set it: it is inherited by whatever is started from there, and by tmux. So what
//! the terminal in use says last, `TERM`, is asked first, then `TERM_PROGRAM`, then the marks that only some have.

use std::ffi::OsStr;

/// A kind of terminal. Those of one kind understand the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terminal {
    /// `TERM=dumb`, Emacs' shell, the Linux console: no title, nothing.
    Silent,
    /// Title and SGR: every terminal that is not known.
    Plain,
    /// Title and a background that can be taken back: kitty, Ghostty, foot, Alacritty, xterm, GNOME's and others of VTE.
    Dynamic,
    /// GNU screen: its own sequence for the title.
    Screen,
    /// tmux: the title goes to the pane, and so does the background.
    Tmux,
    /// iTerm2: the colour of the tab.
    Iterm,
    /// Windows Terminal: the colour of the tab.
    WindowsTerminal,
    /// `WezTerm`: a user var, for the tab's title in the user's own configuration.
    WezTerm,
    /// The terminal of VS Code and its kin, which shows a title only when it is told to.
    VsCode,
    /// The terminal of macOS.
    AppleTerminal,
}

impl Terminal {
    /// The terminal that these vars tell of. Inside tmux and screen, vars of the terminal around them are not
    /// believed: another terminal may be attached by now.
    pub fn of<'v>(var: impl Fn(&str) -> Option<&'v OsStr>) -> Self {
        let text = |name: &str| var(name).map(OsStr::to_string_lossy).unwrap_or_default();
        let set = |name: &str| var(name).is_some_and(|value| !value.is_empty());
        let term = text("TERM");
        let by_term = by_term(&term);
        if by_term == Some(Self::Silent) || set("INSIDE_EMACS") {
            return Self::Silent;
        }
        if set("TMUX") {
            return Self::Tmux;
        }
        if set("STY") || term.starts_with("screen") {
            return Self::Screen;
        }
        let program = text("TERM_PROGRAM");
        // Of its own accord `LC_TERMINAL` crosses ssh, where there is no `TERM_PROGRAM`; beside one it is a leftover.
        let iterm = || (program.is_empty() && text("LC_TERMINAL") == "iTerm2").then_some(Self::Iterm);
        let dynamic = || (set("VTE_VERSION") || set("XTERM_VERSION")).then_some(Self::Dynamic);
        let windows = || set("WT_SESSION").then_some(Self::WindowsTerminal);
        let found = by_term.or_else(|| by_program(&program)).or_else(iterm).or_else(dynamic).or_else(windows);
        found.unwrap_or(Self::Plain)
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Silent => "without titles",
            Self::Plain => "not known",
            Self::Dynamic => "kitty, VTE, xterm",
            Self::Screen => "GNU screen",
            Self::Tmux => "tmux",
            Self::Iterm => "iTerm2",
            Self::WindowsTerminal => "Windows Terminal",
            Self::WezTerm => "WezTerm",
            Self::VsCode => "VS Code",
            Self::AppleTerminal => "Apple Terminal",
        }
    }

    /// Whether OSC 11 sets its background and OSC 111 takes that back.
    pub(super) fn has_background(self) -> bool {
        match self {
            Self::Dynamic | Self::Tmux | Self::Iterm | Self::WindowsTerminal | Self::WezTerm => true,
            Self::Silent | Self::Plain | Self::Screen | Self::VsCode | Self::AppleTerminal => false,
        }
    }
}

/// By the entry of terminfo, where only one terminal uses it.
fn by_term(term: &str) -> Option<Terminal> {
    match term {
        "" | "dumb" | "linux" | "emacs" | "unknown" | "ansi" | "cygwin" | "cons25" => Some(Terminal::Silent),
        "xterm-kitty" | "xterm-ghostty" | "foot" | "foot-extra" | "foot-direct" | "alacritty" | "alacritty-direct" => {
            Some(Terminal::Dynamic)
        }
        "wezterm" => Some(Terminal::WezTerm),
        term if term.starts_with("vt1") || term.starts_with("vt2") => Some(Terminal::Silent),
        _ => None,
    }
}

/// By the name that the terminal gives itself.
fn by_program(program: &str) -> Option<Terminal> {
    match program {
        "vscode" => Some(Terminal::VsCode),
        "Apple_Terminal" => Some(Terminal::AppleTerminal),
        "iTerm.app" => Some(Terminal::Iterm),
        "WezTerm" => Some(Terminal::WezTerm),
        "ghostty" => Some(Terminal::Dynamic),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vars: &[(&str, &str)]) -> Terminal {
        Terminal::of(|name| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| OsStr::new(*value)))
    }

    #[test]
    fn a_terminal_is_known_by_its_vars() {
        let table: [(&[(&str, &str)], Terminal); 16] = [
            (&[], Terminal::Silent),
            (&[("TERM", "dumb"), ("TERM_PROGRAM", "iTerm.app")], Terminal::Silent),
            (&[("TERM", "vt100")], Terminal::Silent),
            (&[("TERM", "xterm-256color"), ("INSIDE_EMACS", "29.1,comint")], Terminal::Silent),
            (&[("TERM", "xterm-256color")], Terminal::Plain),
            (&[("TERM", "st-256color")], Terminal::Plain),
            (&[("TERM", "screen.xterm-256color")], Terminal::Screen),
            (&[("TERM", "xterm-kitty")], Terminal::Dynamic),
            (&[("TERM", "xterm-256color"), ("VTE_VERSION", "7200")], Terminal::Dynamic),
            (&[("TERM", "xterm"), ("XTERM_VERSION", "XTerm(379)")], Terminal::Dynamic),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], Terminal::Iterm),
            (&[("TERM", "xterm-256color"), ("LC_TERMINAL", "iTerm2")], Terminal::Iterm),
            (&[("TERM", "xterm-256color"), ("WT_SESSION", "0f")], Terminal::WindowsTerminal),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")], Terminal::WezTerm),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "vscode")], Terminal::VsCode),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "Apple_Terminal")], Terminal::AppleTerminal),
        ];
        for (vars, expected) in table {
            assert_eq!(of(vars), expected, "{vars:?}");
        }
    }

    #[test]
    fn vars_that_another_terminal_left_behind_are_not_believed() {
        let tmux = [("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux,1,0"), ("TERM_PROGRAM", "iTerm.app")];
        assert_eq!(of(&tmux), Terminal::Tmux);
        let screen = [("TERM", "screen"), ("STY", "1.pts"), ("WT_SESSION", "0f")];
        assert_eq!(of(&screen), Terminal::Screen);
        let code_from_iterm = [("TERM", "xterm-256color"), ("TERM_PROGRAM", "vscode"), ("LC_TERMINAL", "iTerm2")];
        assert_eq!(of(&code_from_iterm), Terminal::VsCode);
        let kitty_from_iterm = [("TERM", "xterm-kitty"), ("TERM_PROGRAM", "iTerm.app")];
        assert_eq!(of(&kitty_from_iterm), Terminal::Dynamic);
        let xterm_from_windows = [("TERM", "xterm"), ("XTERM_VERSION", "XTerm(379)"), ("WT_SESSION", "0f")];
        assert_eq!(of(&xterm_from_windows), Terminal::Dynamic);
    }
}
