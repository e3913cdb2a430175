//! What a configuration file may say, section by section.
//!
//! A document is what one file says, checked by itself: names, patterns and words are right or complained about. What
//! several files say together is decided in `merge`. No value is ever run as code.
//!
//! A new section is one more key here, with a function that reads it.

use std::ops::Range;

use toml::de::DeTable;

use super::entry;
use super::look::{self, Look};
use super::policy;
use super::rollout::Rollout;
use super::shims::{self, Shims};
use super::source::Source;
use super::suggest;
use super::tool::{self, Tool};
use super::value::{Item, Reader};
use crate::diag::{Diagnostic, Place, Severity};
use crate::environment::{Entry, Level};
use crate::order;
use crate::policy::Changes;
use crate::text::Untrusted;

/// What one file says.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    /// Files to read as if they were part of this one, with the places of their names.
    pub(super) includes: Vec<(String, Range<usize>)>,
    /// `mode`, and where its value stands.
    pub(super) mode: Option<(Rollout, Range<usize>)>,
    /// The `[environment.…]` tables in the order of the file.
    pub(super) sections: Vec<Section>,
    /// `[prompt]`, `[title]` and `[terminal]`.
    pub(super) look: Look,
    /// The `[tool.…]` tables.
    pub(super) tools: Vec<Tool>,
    /// `[shims]`.
    pub(super) shims: Shims,
}

/// One `[environment.…]` table.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) name: String,
    /// Where the name stands.
    pub(super) at: Range<usize>,
    pub(super) level: Option<Level>,
    /// There is a level, and it cannot be read; that was complained about.
    pub(super) level_is_wrong: bool,
    pub(super) label: Option<String>,
    pub(super) icon: Option<String>,
    pub(super) color: Option<String>,
    pub(super) changes: Changes,
    pub(super) entries: Vec<(Entry, Range<usize>)>,
}

/// The sections and keys at the top of a file.
const TOP: &[&str] = &["include", "mode", "environment", "prompt", "title", "terminal", "tool", "shims"];
const SECTION: &[&str] = &["level", "match", "label", "icon", "color", "policy"];
/// What `nu-ansi-term` can show on every terminal.
pub(super) const COLORS: &[&str] = &[
    "red",
    "yellow",
    "green",
    "blue",
    "magenta",
    "purple",
    "cyan",
    "white",
    "black",
    "bright-red",
    "bright-yellow",
    "bright-green",
    "bright-blue",
    "bright-magenta",
    "bright-purple",
    "bright-cyan",
    "bright-white",
    "bright-black",
];
/// More complaints than anybody reads at once.
const MOST_ERRORS: usize = 100;

/// Reads one file. Where it is not TOML, there is no document: what a broken text seems to say is not acted on.
pub(super) fn read(source: &Source) -> (Option<Document>, Vec<Diagnostic>) {
    let (tree, broken) = DeTable::parse_recoverable(&source.text);
    if !broken.is_empty() {
        return (None, shortened(source, syntax(source, &broken)));
    }
    let mut reader = Reader { source, errors: Vec::new() };
    let mut document = Document::default();
    for item in reader.items(tree.get_ref(), TOP, "the configuration") {
        match item.key {
            "include" => document.includes = includes(&mut reader, &item),
            "mode" => {
                document.mode = reader.word(&item, Rollout::WORDS).map(|mode| (mode, item.value.span()));
            }
            "environment" => document.sections = sections(&mut reader, &item),
            "shims" => document.shims = shims::read(&mut reader, &item),
            "tool" => document.tools = tool::tools(&mut reader, &item),
            _ => look::section(&mut reader, &item, &mut document.look),
        }
    }
    (Some(document), shortened(source, reader.errors))
}

/// The first complaint about each line: what follows it on the line follows from it.
fn syntax(source: &Source, broken: &[toml::de::Error]) -> Vec<Diagnostic> {
    let mut errors: Vec<_> = broken.iter().map(|error| (error.span(), error.message().to_lowercase())).collect();
    order::sort_by_key(&mut errors, |(span, _)| span.as_ref().map_or(0, |span| span.start));
    errors.dedup_by_key(|(span, _)| source.line(span.as_ref().map_or(0, |span| span.start)));
    let diagnostic = |(span, message): (Option<Range<usize>>, String)| Diagnostic {
        severity: Severity::Error,
        message: format!("this is not TOML: {message}"),
        file: source.path.to_path_buf(),
        place: span.map(|span| Place::of(&source.text, span)),
        help: None,
    };
    errors.into_iter().map(diagnostic).collect()
}

fn shortened(source: &Source, mut errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let more = errors.len().saturating_sub(MOST_ERRORS);
    if more > 0 {
        errors.truncate(MOST_ERRORS);
        errors.push(Diagnostic {
            severity: Severity::Error,
            message: format!("and {more} more errors in this file"),
            file: source.path.to_path_buf(),
            place: None,
            help: None,
        });
    }
    errors
}

fn includes(reader: &mut Reader<'_>, item: &Item<'_, '_>) -> Vec<(String, Range<usize>)> {
    let Some(array) = reader.array(item, "a list of files", "include = [\"team.toml\"]") else { return Vec::new() };
    let mut names = Vec::new();
    for value in array {
        let item = Item { key: "include", at: value.span(), value };
        match reader.string(&item) {
            Some("") => reader.wrong(value.span(), "an empty name of a file", "name a file, or take the entry out"),
            Some(name) if name.contains('\0') => reader.wrong(value.span(), "a NUL in a file name", "take it out"),
            Some(name) => names.push((name.to_owned(), value.span())),
            None => {}
        }
    }
    names
}

fn sections(reader: &mut Reader<'_>, item: &Item<'_, '_>) -> Vec<Section> {
    let Some(table) = reader.table(item) else { return Vec::new() };
    let mut sections = Vec::new();
    for item in super::value::sorted(table) {
        if let Err((message, help)) = check_name(item.key) {
            reader.wrong(item.at.clone(), message, help);
        } else if let Some(table) = reader.table(&item) {
            sections.push(section(reader, &item, table));
        }
    }
    sections
}

/// Environment names go into shell code, file names and typed confirmations.
pub(super) fn check_name(name: &str) -> Result<(), (String, String)> {
    let mut letters = name.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if first && letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') && name.len() <= 64 {
        return Ok(());
    }
    let mut tame: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    if !tame.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        tame.insert(0, '_');
    }
    tame.truncate(64);
    let help = format!("a letter or `_`, then letters, digits, `_` and `-`, at most 64; for example `{tame}`");
    Err((format!("`{name}` cannot be the name of an environment"), help))
}

fn section(reader: &mut Reader<'_>, named: &Item<'_, '_>, table: &DeTable<'_>) -> Section {
    let name = named.key.to_owned();
    let what = format!("environment `{name}`");
    let mut section = Section {
        name,
        at: named.at.clone(),
        level: None,
        level_is_wrong: false,
        label: None,
        icon: None,
        color: None,
        changes: Changes::default(),
        entries: Vec::new(),
    };
    for item in reader.items(table, SECTION, &what) {
        if section.name == "unknown" && item.key != "policy" {
            let help = "[environment.unknown.policy] can make it stricter; name targets in an environment of your own";
            reader.wrong(item.at.clone(), format!("`unknown` is what no rule names: it has no `{}`", item.key), help);
            continue;
        }
        match item.key {
            "level" => {
                section.level = reader.word(&item, &Level::ALL.map(|level| (level.word(), level)));
                section.level_is_wrong = section.level.is_none();
            }
            "match" => section.entries = entry::entries(reader, &item),
            "label" => section.label = shown(reader, &item, 64),
            "icon" => section.icon = shown(reader, &item, 8),
            "color" => section.color = color(reader, &item),
            _ => section.changes = policy::changes(reader, &item),
        }
    }
    section
}

/// Text for prompts, titles and banners.
pub(super) fn shown(reader: &mut Reader<'_>, item: &Item<'_, '_>, longest: usize) -> Option<String> {
    let text = reader.string(item)?;
    let key = item.key;
    if text.trim().is_empty() {
        reader.wrong(item.value.span(), format!("an empty `{key}` shows nothing"), "take the key out for the default");
        return None;
    }
    if Untrusted::text(text).to_string() != text {
        let help = "terminals would obey them; write what people shall see";
        reader.wrong(item.value.span(), format!("`{key}` has control or invisible characters in it"), help);
        return None;
    }
    if text.chars().count() > longest {
        let message = format!("`{key}` is longer than {longest} characters");
        reader.wrong(item.value.span(), message, "it stands in every prompt; shorten it");
        return None;
    }
    Some(text.to_owned())
}

fn color(reader: &mut Reader<'_>, item: &Item<'_, '_>) -> Option<String> {
    let text = reader.string(item)?;
    if COLORS.contains(&text) {
        return Some(text.to_owned());
    }
    reader.wrong(item.value.span(), format!("`{text}` is no value of `color`"), suggest::help(text, COLORS));
    None
}
