//! Titles and colours of terminals: which one this is, what it understands, and what takes that back.
//!
//! A terminal that is not known gets a title and SGR colours, nothing else; one without a title gets nothing. Nothing
//! is ever set for which there is no sequence that takes it back. It is told about vars by a function and looks at
//! nothing itself; what is shown, and when, is not its business.

mod known;

pub use known::Terminal;

use crate::text::misleads;

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// What is to be seen of a terminal besides the prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paint {
    /// The words of the title; empty where it is left alone.
    pub title: String,
    /// The level's word, for terminals whose tabs are drawn by the user's own code.
    pub level: &'static str,
    /// The colour of the tab.
    pub tab: Option<Rgb>,
    /// The colour of the background.
    pub background: Option<Rgb>,
}

/// What was set, and has to be taken back at some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Painted {
    /// The title.
    pub title: bool,
    /// The colour of the tab.
    pub tab: bool,
    /// The colour of the background.
    pub background: bool,
}

impl Rgb {
    /// `#b01020`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        // `from_str_radix` would take a sign.
        let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then_some(Self(part(0)?, part(2)?, part(4)?))
    }

    /// Six digits.
    pub fn hex(self) -> String {
        format!("{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

impl Paint {
    /// The words alone.
    #[must_use]
    pub fn without_colour(self) -> Self {
        Self { tab: None, background: None, ..self }
    }
}

impl Painted {
    /// Everything that may have been set.
    pub const ALL: Self = Self { title: true, tab: true, background: true };

    /// What either has.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            title: self.title || other.title,
            tab: self.tab || other.tab,
            background: self.background || other.background,
        }
    }

    /// What this has and the other has not.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            title: self.title && !other.title,
            tab: self.tab && !other.tab,
            background: self.background && !other.background,
        }
    }
}

impl Terminal {
    /// The sequence that sets the title; nothing where there is no title or no text. An empty title is never sent:
    /// several terminals keep the old one then.
    ///
    /// OSC 0 names the window and the tab. With OSC 2, which names the window, `iTerm2` and `WezTerm` would go on showing in
    /// the tab what somebody else has put there with OSC 1.
    pub fn title(self, text: &str) -> String {
        let text = inert(text);
        if text.is_empty() || self == Self::Silent {
            return String::new();
        }
        if self == Self::Screen { format!("\x1bk{text}\x1b\\") } else { format!("\x1b]0;{text}\x07") }
    }

    /// The sequences that show all of this, as far as the terminal understands it.
    pub fn paint(self, paint: &Paint) -> String {
        let sets = self.sets(paint);
        let tab = paint.tab.filter(|_| sets.tab).map(|color| self.tab(color, paint.level));
        // xterm, ctlseqs: dynamic colours.
        let background =
            paint.background.filter(|_| sets.background).map(|color| format!("\x1b]11;#{}\x07", color.hex()));
        [Some(self.title(&paint.title)), tab, background].into_iter().flatten().collect()
    }

    /// What of this the terminal would take.
    pub fn sets(self, paint: &Paint) -> Painted {
        Painted {
            title: !self.title(&paint.title).is_empty(),
            tab: paint.tab.is_some() && self.has_tab(),
            background: paint.background.is_some() && self.has_background(),
        }
    }

    /// Everything that the terminal could be asked to show.
    pub fn abilities(self) -> Painted {
        Painted { title: self != Self::Silent, tab: self.has_tab(), background: self.has_background() }
    }

    /// The sequences that take this back; the title becomes `home`.
    pub fn undo(self, painted: Painted, home: &str) -> String {
        let mut out = String::new();
        if painted.title {
            out += &self.title(if inert(home).is_empty() { "shell" } else { home });
        }
        if painted.tab && self.has_tab() {
            out += self.no_tab();
        }
        if painted.background && self.has_background() {
            out += "\x1b]111\x07";
        }
        out
    }

    /// iTerm2: documentation, "Proprietary Escape Codes". Windows Terminal: `FRAME_BACKGROUND` is entry 264 of the
    /// colour table (microsoft/terminal, pull request 13058). `WezTerm`: a user var, that `format-tab-title` may look at.
    fn tab(self, color: Rgb, level: &str) -> String {
        match self {
            Self::Iterm => format!("\x1b]1337;SetColors=tab={}\x07", color.hex()),
            Self::WindowsTerminal => format!("\x1b]4;264;rgb:{:02x}/{:02x}/{:02x}\x1b\\", color.0, color.1, color.2),
            Self::WezTerm => format!("\x1b]1337;SetUserVar=dbguard={}\x07", base64(level)),
            Self::Silent
            | Self::Plain
            | Self::Dynamic
            | Self::Screen
            | Self::Tmux
            | Self::VsCode
            | Self::AppleTerminal => String::new(),
        }
    }

    fn no_tab(self) -> &'static str {
        match self {
            Self::Iterm => "\x1b]1337;SetColors=tab=default\x07",
            Self::WindowsTerminal => "\x1b]104;264\x1b\\",
            Self::WezTerm => "\x1b]1337;SetUserVar=dbguard=\x07",
            Self::Silent
            | Self::Plain
            | Self::Dynamic
            | Self::Screen
            | Self::Tmux
            | Self::VsCode
            | Self::AppleTerminal => "",
        }
    }

    fn has_tab(self) -> bool {
        !self.no_tab().is_empty()
    }
}

/// The level's word in base64, as user vars want it.
fn base64(level: &str) -> &'static str {
    match level {
        "production" => "cHJvZHVjdGlvbg==",
        "staging" => "c3RhZ2luZw==",
        "development" => "ZGV2ZWxvcG1lbnQ=",
        _ => "dW5rbm93bg==",
    }
}

/// The text without anything that a terminal would obey or that misleads, on one line.
pub fn inert(text: &str) -> String {
    text.chars().filter(|&c| !c.is_control() && !misleads(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Rgb = Rgb(0xb0, 0x10, 0x20);
    const DARK: Rgb = Rgb(0x23, 0x03, 0x06);

    fn paint() -> Paint {
        Paint { title: "▲ PROD".to_owned(), level: "production", tab: Some(RED), background: Some(DARK) }
    }

    /// Each terminal, what it is sent for title, tab and background, and what takes that back.
    const SENT: [(Terminal, &str, &str); 10] = [
        (Terminal::Silent, "", ""),
        (Terminal::Plain, "\x1b]0;▲ PROD\x07", "\x1b]0;~\x07"),
        (Terminal::Screen, "\x1bk▲ PROD\x1b\\", "\x1bk~\x1b\\"),
        (Terminal::VsCode, "\x1b]0;▲ PROD\x07", "\x1b]0;~\x07"),
        (Terminal::AppleTerminal, "\x1b]0;▲ PROD\x07", "\x1b]0;~\x07"),
        (Terminal::Tmux, "\x1b]0;▲ PROD\x07\x1b]11;#230306\x07", "\x1b]0;~\x07\x1b]111\x07"),
        (Terminal::Dynamic, "\x1b]0;▲ PROD\x07\x1b]11;#230306\x07", "\x1b]0;~\x07\x1b]111\x07"),
        (
            Terminal::Iterm,
            "\x1b]0;▲ PROD\x07\x1b]1337;SetColors=tab=b01020\x07\x1b]11;#230306\x07",
            "\x1b]0;~\x07\x1b]1337;SetColors=tab=default\x07\x1b]111\x07",
        ),
        (
            Terminal::WindowsTerminal,
            "\x1b]0;▲ PROD\x07\x1b]4;264;rgb:b0/10/20\x1b\\\x1b]11;#230306\x07",
            "\x1b]0;~\x07\x1b]104;264\x1b\\\x1b]111\x07",
        ),
        (
            Terminal::WezTerm,
            "\x1b]0;▲ PROD\x07\x1b]1337;SetUserVar=dbguard=cHJvZHVjdGlvbg==\x07\x1b]11;#230306\x07",
            "\x1b]0;~\x07\x1b]1337;SetUserVar=dbguard=\x07\x1b]111\x07",
        ),
    ];

    #[test]
    fn each_terminal_gets_exactly_what_it_understands_and_its_undoing() {
        for (terminal, set, reset) in SENT {
            assert_eq!(terminal.paint(&paint()), set, "{terminal:?}");
            assert_eq!(terminal.undo(terminal.sets(&paint()), "~"), reset, "{terminal:?}");
        }
    }

    #[test]
    fn what_is_set_is_always_taken_back_and_nothing_else_is() {
        // Which sequence takes which back, by their beginnings.
        let pairs = [
            ("\x1b]0;", "\x1b]0;"),
            ("\x1bk", "\x1bk"),
            ("\x1b]11;", "\x1b]111"),
            ("\x1b]4;264;", "\x1b]104;264"),
            ("\x1b]1337;SetColors=tab=", "\x1b]1337;SetColors=tab=default"),
            ("\x1b]1337;SetUserVar=dbguard=", "\x1b]1337;SetUserVar=dbguard=\x07"),
        ];
        for (terminal, ..) in SENT {
            for bits in 0..8 {
                let whole = paint();
                let paint = Paint {
                    title: if bits & 1 == 0 { String::new() } else { whole.title },
                    tab: whole.tab.filter(|_| bits & 2 != 0),
                    background: whole.background.filter(|_| bits & 4 != 0),
                    level: "production",
                };
                let (set, undone) = (terminal.paint(&paint), terminal.undo(terminal.sets(&paint), "~"));
                let sequences = |text: &str| text.matches('\x1b').count() - text.matches("\x1b\\").count();
                assert_eq!(sequences(&set), sequences(&undone), "{terminal:?} {bits}");
                for (one, other) in pairs.iter().filter(|(one, _)| set.contains(one)) {
                    assert!(undone.contains(other), "{terminal:?} {bits}: {one:?} stays");
                }
            }
        }
    }

    #[test]
    fn a_title_is_never_empty_and_a_name_from_outside_ends_no_sequence() {
        assert_eq!(Terminal::Plain.title(""), "");
        assert_eq!(Terminal::Plain.title("\x07\x1b"), "");
        assert_eq!(Terminal::Plain.undo(Painted::ALL, ""), "\x1b]0;shell\x07");
        assert_eq!(Terminal::Plain.title("a\x07b\x1b\\c\u{9c}d\ne\u{202e}f"), "\x1b]0;ab\\cdef\x07");
        assert_eq!(Terminal::Screen.title("a\x1b\\b"), "\x1bka\\b\x1b\\");
    }

    #[test]
    fn a_colour_is_six_digits_behind_a_hash() {
        assert_eq!(Rgb::parse("#b01020"), Some(RED));
        assert_eq!(Rgb::parse("#B01020"), Some(RED));
        for wrong in ["b01020", "#b0102", "#b010200", "#+1+2+3", "#é102", "", "#"] {
            assert_eq!(Rgb::parse(wrong), None, "{wrong}");
        }
    }
}
