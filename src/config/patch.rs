//! Changing a configuration's text, and nothing in it but what was asked for.
//!
//! Comments, order and spacing are the author's. The places to change come from the parser, the change is made in the
//! text, and the result is read again: unless it says exactly what was meant, it is not used.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::schema::{self, Section};
use super::source::Source;
use super::value::{Item, Value, sorted};
use crate::environment::Level;
use crate::error::{Error, Result};
use crate::order;

/// A new entry of a `match`, as given: each value is written as a TOML string, the port as a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewEntry {
    /// See [`crate::environment::Entry::host`].
    pub host: Option<String>,
    /// See [`crate::environment::Entry::port`].
    pub port: Option<u16>,
    /// See [`crate::environment::Entry::dbname`].
    pub dbname: Option<String>,
    /// See [`crate::environment::Entry::user`].
    pub user: Option<String>,
    /// See [`crate::environment::Entry::service`].
    pub service: Option<String>,
    /// See [`crate::environment::Entry::server`].
    pub server: Option<String>,
}

impl NewEntry {
    /// As it stands in a file: `{ host = "db1", port = 5432 }`; `None` without a key.
    pub fn toml(&self) -> Option<String> {
        let keys = self.keys();
        (!keys.is_empty()).then(|| format!("{{ {} }}", keys.join(", ")))
    }

    fn keys(&self) -> Vec<String> {
        let string = |key: &str, value: &Option<String>| value.as_ref().map(|text| format!("{key} = {}", quoted(text)));
        let port = self.port.map(|port| format!("port = {port}"));
        let keys = [
            string("host", &self.host),
            port,
            string("dbname", &self.dbname),
            string("user", &self.user),
            string("service", &self.service),
            string("server", &self.server),
        ];
        keys.into_iter().flatten().collect()
    }
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The text with an environment's new entry; with an entry without keys, only with the environment.
pub(super) fn add(file: &Path, text: &str, name: &str, level: Option<Level>, entry: &NewEntry) -> Result<String> {
    let before = sections(file, text)?;
    let known = before.iter().any(|section| section.name == name);
    let tree = DeTable::parse(text).map_err(|cause| Error::refused(cause.message().to_owned()))?;
    let section = block(name, level, entry);
    let result = match (table_of(tree.get_ref(), name).filter(|_| known), entry.toml()) {
        (Some(_), None) => text.to_owned(),
        (Some((header, table)), Some(toml)) => into_table(text, header, table, (name, entry, &toml)),
        (None, _) => append(text, &section),
    };
    let after = sections(file, &result).map_err(|error| error.hint(by_hand(file)))?;
    match expected(before, &section, name).filter(|wanted| same(wanted, &after)) {
        Some(_) => Ok(result),
        None => Err(unusual(file)),
    }
}

/// The text without an environment; `None` when it does not have it.
pub(super) fn remove(file: &Path, text: &str, name: &str) -> Result<Option<String>> {
    let mut before = sections(file, text)?;
    if !before.iter().any(|section| section.name == name) {
        return Ok(None);
    }
    before.retain(|section| section.name != name);
    let tree = DeTable::parse(text).map_err(|cause| Error::refused(cause.message().to_owned()))?;
    let mut result = text.to_owned();
    for block in blocks(text, tree.get_ref(), name).into_iter().rev() {
        result.replace_range(block, "");
    }
    let after = sections(file, &result).ok().filter(|after| same(&before, after));
    match after {
        Some(_) => Ok(Some(result)),
        None => Err(unusual(file)),
    }
}

fn unusual(file: &Path) -> Error {
    let message = "this file is written in a way that dbguard does not change; nothing was written";
    Error::refused(message).hint(by_hand(file))
}

fn by_hand(file: &Path) -> String {
    format!("change it by hand: {}", crate::shell::posix(file.as_os_str()))
}

/// What the text says; an error with all diagnostics where it has any.
pub(super) fn sections(file: &Path, text: &str) -> Result<Vec<Section>> {
    match schema::read(&Source::new(file, text)) {
        (Some(document), errors) if errors.is_empty() => Ok(document.sections),
        (_, errors) => {
            Err(Error::refused("the file would not be usable; nothing was written").with_diagnostics(errors))
        }
    }
}

/// What the sections have to be after the block was added.
fn expected(mut before: Vec<Section>, block: &str, name: &str) -> Option<Vec<Section>> {
    let (document, _) = schema::read(&Source::new(Path::new("entry"), block));
    let new = document?.sections.into_iter().next()?;
    match before.iter_mut().find(|section| section.name == name) {
        Some(known) => known.entries.extend(new.entries),
        None => before.push(new),
    }
    Some(before)
}

/// The same content, wherever it stands.
fn same(one: &[Section], other: &[Section]) -> bool {
    let content = |sections: &[Section]| {
        let mut content: Vec<_> = sections
            .iter()
            .map(|section| {
                let Section { name, level, label, icon, color, changes, entries, .. } = section.clone();
                let entries: Vec<_> = entries.into_iter().map(|(entry, _)| entry).collect();
                (name, level, label, icon, color, changes, entries)
            })
            .collect();
        order::sort_by(&mut content, |one, other| one.0.cmp(&other.0));
        content
    };
    content(one) == content(other)
}

/// A new section.
fn block(name: &str, level: Option<Level>, entry: &NewEntry) -> String {
    let mut block = format!("[environment.{name}]\n");
    if let Some(level) = level {
        let _ = writeln!(block, "level = \"{}\"", level.word());
    }
    if let Some(entry) = entry.toml() {
        let _ = write!(block, "match = [\n  {entry},\n]\n");
    }
    block
}

fn append(text: &str, block: &str) -> String {
    let gap = match text {
        "" => "",
        text if text.ends_with("\n\n") => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    format!("{text}{gap}{block}")
}

/// The environment's table and the span of its header, which for tables without one is something else.
fn table_of<'a, 'd>(tree: &'a DeTable<'d>, name: &str) -> Option<(Range<usize>, &'a DeTable<'d>)> {
    let environments = sorted(tree).into_iter().find(|item| item.key == "environment")?;
    let own = sorted(environments.value.get_ref().as_table()?).into_iter().find(|item| item.key == name)?;
    Some((own.value.span(), own.value.get_ref().as_table()?))
}

/// Puts an entry into a section that is there.
fn into_table(text: &str, header: Range<usize>, table: &DeTable<'_>, new: (&str, &NewEntry, &str)) -> String {
    let (name, keys, entry) = new;
    let items = sorted(table);
    let array = items.iter().find(|item| item.key == "match");
    if let Some((item, entries)) = array.and_then(|item| Some((item, item.value.get_ref().as_array()?))) {
        if text.get(item.value.span()).is_some_and(|text| text.starts_with("[[")) {
            return append(text, &format!("[[environment.{name}.match]]\n{}\n", keys.keys().join("\n")));
        }
        let last = entries.iter().last();
        return into_array(text, item.value.span(), last.map(Value::span), entry);
    }
    if !text.get(header.clone()).is_some_and(|text| text.starts_with('[')) {
        return append(text, &block(name, None, keys));
    }
    // Behind the level, which is where people look for it.
    let behind = items.iter().find(|item| item.key == "level").map_or(header.end, |item| item.value.span().end);
    let at = line_end(text, behind);
    splice(text, at, &format!("\nmatch = [\n  {entry},\n]"))
}

/// Puts an entry behind the last one, in the manner of the list: on the same line, or on a line of its own.
fn into_array(text: &str, array: Range<usize>, last: Option<Range<usize>>, entry: &str) -> String {
    let close = array.end.saturating_sub(1);
    let Some(last) = last else {
        let inner = text.get(array.start + 1..close).unwrap_or_default();
        let new = if inner.trim().is_empty() { entry.to_owned() } else { format!("\n  {entry},\n") };
        return splice(text, close, &new);
    };
    let between = text.get(last.end..close).unwrap_or_default();
    let comma = outside_comments(between, ',').map(|at| last.end + at + 1);
    let behind = comma.unwrap_or(last.end);
    let end = line_end(text, behind);
    let several_lines = text.get(array.clone()).is_some_and(|text| text.contains('\n'));
    if !several_lines || end > close {
        let (before, after) = if comma.is_some() { (" ", ",") } else { (", ", "") };
        return splice(text, behind, &format!("{before}{entry}{after}"));
    }
    let line = text.get(..last.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let indent: String = text.get(line..).unwrap_or_default().chars().take_while(|c| *c == ' ' || *c == '\t').collect();
    let with_entry = splice(text, end, &format!("\n{indent}{entry},"));
    if comma.is_some() { with_entry } else { splice(&with_entry, last.end, ",") }
}

/// The first such character that no comment hides.
fn outside_comments(text: &str, wanted: char) -> Option<usize> {
    let mut comment = false;
    for (at, c) in text.char_indices() {
        match c {
            '#' => comment = true,
            '\n' => comment = false,
            c if c == wanted && !comment => return Some(at),
            _ => {}
        }
    }
    None
}

fn line_end(text: &str, at: usize) -> usize {
    let end = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |found| at + found);
    if text.get(..end).is_some_and(|line| line.ends_with('\r')) { end - 1 } else { end }
}

fn splice(text: &str, at: usize, new: &str) -> String {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    format!("{before}{new}{after}")
}

/// The parts of the text that are the environment's: each of its headers with the keys below it. Comments behind the
/// last key stay: they may be about what follows.
fn blocks(text: &str, tree: &DeTable<'_>, name: &str) -> Vec<Range<usize>> {
    let Some((header, table)) = table_of(tree, name) else { return Vec::new() };
    let mut found = Vec::new();
    collect(text, header, table, &mut found);
    order::sort_by_key(&mut found, |block| block.start);
    for block in &mut found {
        let end = line_end(text, block.end);
        block.end =
            text.len().min(if text.get(end..).is_some_and(|rest| rest.starts_with('\r')) { end + 2 } else { end + 1 });
        let blank_before = block.start == 0 || text.get(..block.start).is_some_and(|before| before.ends_with("\n\n"));
        if blank_before && text.get(block.end..).is_some_and(|rest| rest.starts_with('\n')) {
            block.end += 1;
        }
    }
    found
}

/// A table with a header, and the tables below it.
fn collect(text: &str, header: Range<usize>, table: &DeTable<'_>, found: &mut Vec<Range<usize>>) {
    let with_header = |span: &Range<usize>| text.get(span.clone()).is_some_and(|text| text.starts_with('['));
    let mut end = header.end;
    for Item { value, .. } in sorted(table) {
        match value.get_ref() {
            DeValue::Table(below) if text.get(value.span()).is_some_and(|text| !text.starts_with('{')) => {
                collect(text, value.span(), below, found);
            }
            DeValue::Array(list) if text.get(value.span()).is_some_and(|text| text.starts_with("[[")) => {
                for element in list {
                    if let Some(below) = element.get_ref().as_table() {
                        collect(text, element.span(), below, found);
                    }
                }
            }
            DeValue::Table(_)
            | DeValue::Array(_)
            | DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => end = end.max(value.span().end),
        }
    }
    if with_header(&header) {
        found.push(header.start..end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str) -> NewEntry {
        NewEntry { host: Some(name.to_owned()), ..NewEntry::default() }
    }

    /// `text` with the host `new` added to the environment `p`.
    fn added(text: &str) -> String {
        add(Path::new("c.toml"), text, "p", None, &host("new")).unwrap()
    }

    #[test]
    fn a_new_environment_goes_to_the_end_and_everything_else_stays() {
        let add = |text: &str| add(Path::new("c.toml"), text, "p", Some(Level::Production), &host("new")).unwrap();
        let section = "[environment.p]\nlevel = \"production\"\nmatch = [\n  { host = \"new\" },\n]\n";
        assert_eq!(add(""), section);
        assert_eq!(add("# mine\n"), format!("# mine\n\n{section}"));
        assert_eq!(add("# no newline"), format!("# no newline\n\n{section}"));
        let other = "[environment.q] # q\nlevel = 'staging'\n\n";
        assert_eq!(add(other), format!("{other}{section}"));
    }

    #[test]
    fn a_new_entry_goes_behind_the_last_one_in_the_manner_of_the_list() {
        let p = |list: &str| format!("[environment.p]\nlevel = \"production\"\nmatch = {list} # all\nlabel = \"P\"\n");
        let n = "{ host = \"new\" }";
        for (before, after) in [
            ("[]", format!("[{n}]")),
            ("[\n  # none yet\n]", format!("[\n  # none yet\n\n  {n},\n]")),
            ("[{ host = \"a\" }]", format!("[{{ host = \"a\" }}, {n}]")),
            ("[{ host = \"a\" },]", format!("[{{ host = \"a\" }}, {n},]")),
            ("[\n\t{ host = \"a\" }, # a\n]", format!("[\n\t{{ host = \"a\" }}, # a\n\t{n},\n]")),
            ("[\n  { host = \"a\" } # a, b\n]", format!("[\n  {{ host = \"a\" }}, # a, b\n  {n},\n]")),
            ("[\n  { host = \"a\" },\n  # the end\n]", format!("[\n  {{ host = \"a\" }},\n  {n},\n  # the end\n]")),
            (
                "[ { host = \"a\" },\n  { host = \"b\" } ]",
                format!("[ {{ host = \"a\" }},\n  {{ host = \"b\" }}, {n} ]"),
            ),
        ] {
            assert_eq!(added(&p(before)), p(&after), "{before}");
        }
    }

    #[test]
    fn a_section_without_entries_gets_them_behind_its_level() {
        let text = "[environment.p]\nlevel = \"production\" # the one\nlabel = \"P\"\n[environment.p.policy]\ntokens = false\n";
        let expected = "[environment.p]\nlevel = \"production\" # the one\nmatch = [\n  { host = \"new\" },\n]\nlabel = \"P\"\n[environment.p.policy]\ntokens = false\n";
        assert_eq!(added(text), expected);
        assert_eq!(added("[environment.p]"), "[environment.p]\nmatch = [\n  { host = \"new\" },\n]");
        let policy = "[environment.p.policy]\ntokens = false\n";
        assert_eq!(added(policy), format!("{policy}\n[environment.p]\nmatch = [\n  {{ host = \"new\" }},\n]\n"));
    }

    #[test]
    fn entries_as_tables_of_their_own_get_another_one() {
        let text = "[[environment.p.match]]\nhost = \"a\"\n";
        assert_eq!(added(text), format!("{text}\n[[environment.p.match]]\nhost = \"new\"\n"));
    }

    #[test]
    fn what_cannot_be_changed_safely_is_left_alone() {
        let text = "environment = { q = { level = \"staging\" } }\n";
        assert!(add(Path::new("c.toml"), text, "p", Some(Level::Staging), &host("x")).is_err());
        assert!(remove(Path::new("c.toml"), text, "q").is_err());
        assert!(add(Path::new("c.toml"), "[", "p", None, &host("x")).is_err());
        assert!(add(Path::new("c.toml"), "", "p", Some(Level::Staging), &host("a b")).is_err());
    }

    #[test]
    fn hostile_values_stay_values() {
        let entry = NewEntry { dbname: Some("a\"], host = \\ é".to_owned()), ..NewEntry::default() };
        assert_eq!(entry.toml().unwrap(), r#"{ dbname = "a\"], host = \\ é" }"#);
        let text = add(Path::new("c.toml"), "", "p", Some(Level::Staging), &entry).unwrap();
        let sections = sections(Path::new("c.toml"), &text).unwrap();
        assert!(sections[0].entries[0].0.dbname.as_ref().unwrap().matches("a\"], host = \\ é"));
    }

    #[test]
    fn an_environment_is_removed_with_all_its_parts_and_nothing_else() {
        let removed = |text: &str| remove(Path::new("c.toml"), text, "p").unwrap();
        let text = "# top\ninclude = []\n\n# about p\n[environment.p]\nlevel = \"staging\"\nmatch = [\n  { host = \"a\" },\n] # list\n\n# about q\n[environment.q]\nlevel = \"staging\"\n\n[environment.p.policy]\ntokens = false\n";
        let expected = "# top\ninclude = []\n\n# about p\n\n# about q\n[environment.q]\nlevel = \"staging\"\n\n";
        assert_eq!(removed(text).unwrap(), expected);
        assert_eq!(
            removed("[[environment.p.match]]\nhost = \"a\"\n\n[[environment.p.match]]\nhost = \"b\"").unwrap(),
            ""
        );
        assert_eq!(removed("[environment.q]\nlevel = \"staging\"\n"), None);
    }
}
