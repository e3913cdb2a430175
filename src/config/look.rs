//! `[prompt]`, `[title]` and `[terminal]`: how things look.
//!
//! A file says only a part, and the last file's word on each key holds. Whether a file may speak at all is decided in
//! `merge`: a project's may not, since it could make production look harmless.

use std::ops::Range;

use super::schema::shown;
use super::value::{Item, Reader};
use crate::prompt::{BadFormat, FIELDS, Shades, Show, Style, Theme, Tint, mistakes};
use crate::shell::{Position, Rgb};

const PROMPT: &[&str] = &["show", "position", "format", "style"];
const TITLE: &[&str] = &["show", "format"];
const TERMINAL: &[&str] = &["tint", "tab", "background"];
const SHADES: &[&str] = &["production", "unknown", "staging", "development"];
const POSITION: &[(&str, Position)] = &[("left", Position::Left), ("right", Position::Right), ("line", Position::Line)];
/// A format with all its fields is far shorter.
const LONGEST: usize = 200;

/// What one file says of how things look.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    /// The sections that are there, with the places of their names.
    pub(super) sections: Vec<(String, Range<usize>)>,
    settings: Vec<Setting>,
}

/// One key and its value.
#[derive(Clone, Debug)]
enum Setting {
    Show(Show),
    Position(Position),
    Format(String),
    Style(Style),
    Title(Show),
    TitleFormat(String),
    Tint(Tint),
    Tab(Shades),
    Background(Shades),
}

impl Look {
    /// Changes a theme by what this file says.
    pub(super) fn apply(&self, theme: &mut Theme) {
        for setting in self.settings.iter().cloned() {
            match setting {
                Setting::Show(show) => theme.show = show,
                Setting::Position(position) => theme.position = position,
                Setting::Format(format) => theme.format = format,
                Setting::Style(style) => theme.style = style,
                Setting::Title(show) => theme.title = show,
                Setting::TitleFormat(format) => theme.title_format = format,
                Setting::Tint(tint) => theme.tint = tint,
                Setting::Tab(shades) => theme.tab = over(&theme.tab, &shades),
                Setting::Background(shades) => theme.background = over(&theme.background, &shades),
            }
        }
    }
}

fn over(below: &Shades, above: &Shades) -> Shades {
    Shades {
        production: above.production.or(below.production),
        unknown: above.unknown.or(below.unknown),
        staging: above.staging.or(below.staging),
        development: above.development.or(below.development),
    }
}

/// Reads one of the three sections.
pub(super) fn section(reader: &mut Reader<'_>, item: &Item<'_, '_>, look: &mut Look) {
    look.sections.push((item.key.to_owned(), item.at.clone()));
    let Some(table) = reader.table(item) else { return };
    let (known, what) = match item.key {
        "prompt" => (PROMPT, "[prompt]"),
        "title" => (TITLE, "[title]"),
        _ => (TERMINAL, "[terminal]"),
    };
    let prompt = item.key == "prompt";
    for item in reader.items(table, known, what) {
        let setting = match item.key {
            "show" if prompt => reader.word(&item, Show::WORDS).map(Setting::Show),
            "show" => reader.word(&item, Show::WORDS).map(Setting::Title),
            "format" if prompt => format(reader, &item).map(Setting::Format),
            "format" => format(reader, &item).map(Setting::TitleFormat),
            "position" => reader.word(&item, POSITION).map(Setting::Position),
            "style" => reader.word(&item, Style::WORDS).map(Setting::Style),
            "tint" => reader.word(&item, Tint::WORDS).map(Setting::Tint),
            "tab" => shades(reader, &item).map(Setting::Tab),
            _ => shades(reader, &item).map(Setting::Background),
        };
        look.settings.extend(setting);
    }
}

fn format(reader: &mut Reader<'_>, item: &Item<'_, '_>) -> Option<String> {
    let text = shown(reader, item, LONGEST)?;
    let mistakes = mistakes(&text);
    for mistake in &mistakes {
        match mistake {
            BadFormat::Field(name) => {
                let given = text.get(name.clone()).unwrap_or_default();
                let help = super::suggest::help(given, FIELDS);
                reader.wrong(inside(reader, item, &text, name.clone()), format!("there is no field `{given}`"), help);
            }
            BadFormat::Open(at) => {
                let place = inside(reader, item, &text, *at..at + 1);
                reader.wrong(place, "a brace that is never closed", "a field is written {label}; leave the brace out");
            }
        }
    }
    mistakes.is_empty().then_some(text)
}

/// The place in the file of a part of a string; the whole string where escapes stand between.
fn inside(reader: &Reader<'_>, item: &Item<'_, '_>, text: &str, part: Range<usize>) -> Range<usize> {
    let whole = item.value.span();
    let quotes = whole.len().saturating_sub(text.len()) / 2;
    let start = whole.start + quotes;
    let as_written = reader.source.slice(start..start + text.len()) == text;
    if as_written { start + part.start..start + part.end } else { whole }
}

/// A colour for each level.
fn shades(reader: &mut Reader<'_>, item: &Item<'_, '_>) -> Option<Shades> {
    if item.value.get_ref().as_str().is_some() {
        let help = format!("{} = {{ production = \"#b01020\" }}", item.key);
        reader.wrong(item.value.span(), format!("`{}` has a colour for each level", item.key), help);
        return None;
    }
    let table = reader.table(item)?;
    let mut shades = Shades::default();
    for item in reader.items(table, SHADES, &format!("`{}`", item.key)) {
        let color = color(reader, &item);
        match item.key {
            "production" => shades.production = color,
            "unknown" => shades.unknown = color,
            "staging" => shades.staging = color,
            _ => shades.development = color,
        }
    }
    Some(shades)
}

fn color(reader: &mut Reader<'_>, item: &Item<'_, '_>) -> Option<Rgb> {
    let text = reader.string(item)?;
    let color = Rgb::parse(text);
    if color.is_none() {
        let message = format!("`{text}` is no colour of six digits");
        reader.wrong(item.value.span(), message, "red, green and blue: \"#b01020\"");
    }
    color
}
