//! How the segment, the title and the terminal look: what `[prompt]`, `[title]` and `[terminal]` say.

use crate::shell::Position;

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
        }
    }
}
