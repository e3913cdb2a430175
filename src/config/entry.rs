//! The entries of an environment's `match`.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::value::{Item, Reader, Value, kind_of, sorted};
use crate::environment::{BadPattern, Entry, Glob, HostPattern};

const ENTRY: &[&str] = &["host", "port", "dbname", "user", "service", "server"];

pub(super) fn entries(reader: &mut Reader<'_>, item: &Item<'_, '_>) -> Vec<(Entry, Range<usize>)> {
    let help = "match = [{ host = \"*.prod.example.com\" }]";
    let Some(array) = reader.array(item, "a list of entries", help) else { return Vec::new() };
    let mut entries = Vec::with_capacity(array.len());
    for value in array {
        match value.get_ref().as_table() {
            Some(table) => entries.extend(entry(reader, table, value.span())),
            None => no_entry(reader, value),
        }
    }
    entries
}

fn no_entry(reader: &mut Reader<'_>, value: &Value<'_>) {
    let message = format!("an entry must be a table, not {}", kind_of(value.get_ref()));
    let host = value.get_ref().as_str().unwrap_or("db1.example.com");
    reader.wrong(value.span(), message, format!("write {{ host = \"{host}\" }}"));
}

/// One entry, and where its keys stand. An entry of which a part is wrong is left out as a whole: without a key, it
/// would match more than it says.
fn entry(reader: &mut Reader<'_>, table: &DeTable<'_>, span: Range<usize>) -> Option<(Entry, Range<usize>)> {
    if table.is_empty() {
        reader.wrong(
            span,
            "an entry without keys would match everything",
            "name a host: { host = \"db1.example.com\" }",
        );
        return None;
    }
    let complaints = reader.errors.len();
    let mut entry = Entry::default();
    for item in reader.items(table, ENTRY, "a match entry") {
        match item.key {
            "host" => entry.host = pattern(reader, &item, HostPattern::parse),
            "port" => entry.port = port(reader, &item),
            "dbname" => entry.dbname = pattern(reader, &item, Glob::parse),
            "user" => entry.user = pattern(reader, &item, Glob::parse),
            "service" => entry.service = pattern(reader, &item, Glob::parse),
            _ => entry.server = server(reader, &item),
        }
    }
    let items = sorted(table);
    let start = items.first().map_or(span.start, |item| item.at.start);
    let end = items.iter().map(|item| item.value.span().end).max().unwrap_or(span.end);
    (reader.errors.len() == complaints).then_some((entry, start..end))
}

fn pattern<T>(
    reader: &mut Reader<'_>,
    item: &Item<'_, '_>,
    parse: impl Fn(&str) -> Result<T, BadPattern>,
) -> Option<T> {
    let text = reader.string(item)?;
    match parse(text) {
        Ok(pattern) => Some(pattern),
        Err(bad) => {
            let error = reader.source.error(item.value.span(), bad.message, bad.help);
            reader.errors.push(error);
            None
        }
    }
}

fn port(reader: &mut Reader<'_>, item: &Item<'_, '_>) -> Option<u16> {
    let DeValue::Integer(number) = item.value.get_ref() else {
        let help = item.value.get_ref().as_str().filter(|text| text.parse::<u16>().is_ok_and(|port| port > 0));
        let help = help.map_or_else(|| "write it as port = 5432".to_owned(), |text| format!("port = {text}"));
        let message = format!("`port` must be a number, not {}", kind_of(item.value.get_ref()));
        reader.wrong(item.value.span(), message, help);
        return None;
    };
    let port = u16::from_str_radix(number.as_str(), number.radix()).ok().filter(|port| *port > 0);
    if port.is_none() {
        reader.wrong(item.value.span(), format!("`{}` is no port", number.as_str()), "a port is 1 to 65535");
    }
    port
}

/// The system identifier is an unsigned 64-bit number, which TOML's integers do not hold; hence a string.
fn server(reader: &mut Reader<'_>, item: &Item<'_, '_>) -> Option<String> {
    let text = reader.string(item)?;
    if text.parse::<u64>().is_ok_and(|number| number.to_string() == text) {
        return Some(text.to_owned());
    }
    let help = "SELECT system_identifier FROM pg_control_system() says it";
    reader.wrong(item.value.span(), format!("`{text}` is no system identifier"), help);
    None
}
