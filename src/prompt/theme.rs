//! How the segment, the title and the terminal look: what `[prompt]`, `[title]` and `[terminal]` say.

use crate::environment::Environment;
use crate::shell::{Position, Rgb};

/// How things look. The defaults are what an empty configuration gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// When the segment is shown.
    pub show: Show,
    /// Where it stands.
    pub position: Position,
    /// Its text, with fields in braces.
    pub format: String,
    /// How it is coloured.
    pub style: Style,
    /// When the title speaks of the environment.
    pub title: Show,
    /// The title's text, with fields in braces.
    pub title_format: String,
    /// What else of the terminal shows production.
    pub tint: Tint,
    /// The colours of the tab.
    pub tab: Shades,
    /// The colours of the background.
    pub background: Shades,
}

/// A colour for each level. Without one, production and what is unknown are shown in the colour of the environment, and
/// the other levels are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shades {
    /// For production.
    pub production: Option<Rgb>,
    /// For what no rule names; without it, that of production.
    pub unknown: Option<Rgb>,
    /// For staging.
    pub staging: Option<Rgb>,
    /// For development.
    pub development: Option<Rgb>,
}

/// When something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Always.
    Always,
    /// When anything but built-in defaults speaks: vars, a service, a project's file.
    Relevant,
    /// From staging on.
    Strict,
    /// Never.
    Never,
}

/// How the segment is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Coloured words.
    Text,
    /// Words on a coloured ground.
    Block,
}

/// What else of the terminal shows the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tint {
    /// Nothing.
    None,
    /// The colour of the tab, where the terminal has one.
    Tab,
    /// The background as well, where the terminal can take it back.
    Background,
}

impl Show {
    /// The words of the configuration.
    pub const WORDS: &[(&str, Self)] =
        &[("always", Self::Always), ("relevant", Self::Relevant), ("strict", Self::Strict), ("never", Self::Never)];

    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

impl Style {
    /// The words of the configuration.
    pub const WORDS: &[(&str, Self)] = &[("text", Self::Text), ("block", Self::Block)];

    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

impl Tint {
    /// The words of the configuration.
    pub const WORDS: &[(&str, Self)] = &[("none", Self::None), ("tab", Self::Tab), ("background", Self::Background)];

    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

impl Shades {
    /// Each level that has a colour, with it.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, Rgb)> {
        let all = [
            ("production", self.production),
            ("unknown", self.unknown),
            ("staging", self.staging),
            ("development", self.development),
        ];
        all.into_iter().filter_map(|(level, color)| Some((level, color?)))
    }

    /// The colour for this environment, made of the one of its name by `made` where none is given.
    pub(super) fn of(&self, environment: &Environment, made: impl Fn(Rgb) -> Rgb) -> Option<Rgb> {
        let own = || Some(made(rgb(&environment.look().color)));
        match environment.level_word() {
            "development" => self.development,
            "staging" => self.staging,
            "production" => self.production.or_else(own),
            _ => self.unknown.or(self.production).or_else(own),
        }
    }
}

/// A colour's name as it looks on a tab.
fn rgb(color: &str) -> Rgb {
    match color.strip_prefix("bright-").unwrap_or(color) {
        "yellow" => Rgb(0xb5, 0x89, 0x00),
        "green" => Rgb(0x2e, 0x8b, 0x57),
        "blue" => Rgb(0x26, 0x5f, 0xc0),
        "magenta" | "purple" => Rgb(0xa0, 0x2c, 0xa0),
        "cyan" => Rgb(0x1a, 0x8f, 0x9c),
        "white" => Rgb(0xc8, 0xc8, 0xc8),
        "black" => Rgb(0x20, 0x20, 0x20),
        _ => Rgb(0xb0, 0x10, 0x20),
    }
}

/// The same, so dark that light text is read on it.
pub(super) fn dark(Rgb(red, green, blue): Rgb) -> Rgb {
    Rgb(red / 4, green / 4, blue / 4)
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            show: Show::Relevant,
            position: Position::Left,
            format: "{icon} {label} {place}".to_owned(),
            style: Style::Text,
            title: Show::Strict,
            title_format: "{icon} {label} {place}".to_owned(),
            tint: Tint::Tab,
            tab: Shades::default(),
            background: Shades::default(),
        }
    }
}
