//! From what speaks for this shell to the words that are shown.

use super::{Reading, Show, Style, Theme, Voice};
use crate::environment::Level;
use crate::shell::inert;
use crate::target::Target;
use crate::text::shortened;

/// What is shown, inert and on one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// The level as a word; `none` where nothing is shown.
    pub level: &'static str,
    /// The words.
    pub text: String,
    /// The colour as SGR parameters.
    pub sgr: String,
    /// The words of the title; empty where the title is left alone.
    pub title: String,
}

/// Longer than any terminal is wide says nothing more.
const LONGEST: usize = 200;

impl Segment {
    /// What is shown of this reading.
    pub fn of(reading: &Reading, theme: &Theme) -> Self {
        let Some(voice) = reading.deciding() else { return Self { level: "none", ..Self::default() } };
        let shown = |show: Show| match show {
            Show::Always => true,
            Show::Relevant => voice.explicit || voice.environment.level() > Level::Development,
            Show::Strict => voice.environment.level() > Level::Development,
            Show::Never => false,
        };
        let bare = reading.bare().is_some_and(|bare| std::ptr::eq(bare, voice));
        let text = if shown(theme.show) { words(&theme.format, voice, bare) } else { String::new() };
        let title = if shown(theme.title) { words(&theme.title_format, voice, bare) } else { String::new() };
        let level = if text.is_empty() && title.is_empty() { "none" } else { voice.environment.level_word() };
        Self { level, text, sgr: sgr(&voice.environment.look().color, theme.style), title }
    }
}

/// Fills in the format. Whoever decides against what a bare psql would reach is named.
fn words(format: &str, voice: &Voice, bare: bool) -> String {
    let look = voice.environment.look();
    let place = voice.target().map(place).unwrap_or_default();
    let field = |name: &str| match name {
        "icon" => look.icon.clone(),
        "label" => look.label.clone(),
        "environment" => voice.environment.name().to_owned(),
        "level" => voice.environment.level_word().to_owned(),
        "place" => place.clone(),
        "source" => voice.source.clone(),
        _ => String::new(),
    };
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        out.push_str(&field(name));
        rest = after;
    }
    out.push_str(rest);
    if !bare && !format.contains("{source}") {
        out.extend([" (", &voice.source, ")"]);
    }
    let text = inert(&out);
    shortened(text.trim(), LONGEST)
}

/// `db1.prod.example.com:6432/app`, without the usual port; `local` for a socket.
pub(super) fn place(target: &Target) -> String {
    let host = |host: &crate::target::Host| {
        let shown = host.shown();
        shown.strip_suffix(":5432").map_or(shown.clone(), str::to_owned)
    };
    let hosts: Vec<String> = target.hosts.iter().map(host).collect();
    let dbname = target.dbname.as_ref().map(|name| format!("/{}", name.shown())).unwrap_or_default();
    format!("{}{dbname}", hosts.join(","))
}

/// SGR parameters of a colour's name.
fn sgr(color: &str, style: Style) -> String {
    let (bright, plain) = match color.strip_prefix("bright-") {
        Some(plain) => (60, plain),
        None => (0, color),
    };
    let names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
    let plain = if plain == "purple" { "magenta" } else { plain };
    let Some(number) = names.iter().position(|name| *name == plain) else { return "1".to_owned() };
    match style {
        Style::Text => format!("1;{}", 30 + bright + number),
        Style::Block => format!(
            "1;{};{}",
            if matches!(plain, "black" | "blue" | "red" | "magenta") { 97 } else { 30 },
            40 + bright + number
        ),
    }
}
