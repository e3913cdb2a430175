//! TOML values with their places, and every complaint about them.
//!
//! The tree of `toml` is walked by hand rather than by serde: serde stops at the first error, and a person who mends a
//! file wants all of them at once.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::source::Source;
use super::suggest;
use crate::diag::Diagnostic;
use crate::order;

/// A value in the tree.
pub(super) type Value<'d> = Spanned<DeValue<'d>>;

/// A key with its value and where the key stands.
pub(super) struct Item<'a, 'd> {
    pub(super) key: &'a str,
    pub(super) at: Range<usize>,
    pub(super) value: &'a Value<'d>,
}

/// Reads values and collects what is wrong with them.
pub(super) struct Reader<'s> {
    pub(super) source: &'s Source,
    pub(super) errors: Vec<Diagnostic>,
}

impl Reader<'_> {
    pub(super) fn wrong(&mut self, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.errors.push(self.source.error(at, message, Some(help.into())));
    }

    /// The items of a table in the order of the file. Keys that are not known are complained about and left out.
    pub(super) fn items<'a, 'd>(&mut self, table: &'a DeTable<'d>, known: &[&str], what: &str) -> Vec<Item<'a, 'd>> {
        let mut items = sorted(table);
        items.retain(|item| {
            let fine = known.contains(&item.key);
            if !fine {
                let message = format!("unknown key `{}` in {what}", item.key);
                self.wrong(item.at.clone(), message, suggest::help(item.key, known));
            }
            fine
        });
        items
    }

    pub(super) fn table<'a, 'd>(&mut self, item: &Item<'a, 'd>) -> Option<&'a DeTable<'d>> {
        let table = item.value.get_ref().as_table();
        if table.is_none() {
            self.kind(item, "a table");
        }
        table
    }

    pub(super) fn array<'a, 'd>(&mut self, item: &Item<'a, 'd>, what: &str, help: &str) -> Option<&'a DeArray<'d>> {
        let array = item.value.get_ref().as_array();
        if array.is_none() {
            let is = kind_of(item.value.get_ref());
            self.wrong(item.value.span(), format!("`{}` must be {what}, not {is}", item.key), format!("write {help}"));
        }
        array
    }

    pub(super) fn string<'a>(&mut self, item: &Item<'a, '_>) -> Option<&'a str> {
        let string = item.value.get_ref().as_str();
        if string.is_none() {
            self.kind(item, "a string");
        }
        string
    }

    pub(super) fn boolean(&mut self, item: &Item<'_, '_>) -> Option<bool> {
        let boolean = item.value.get_ref().as_bool();
        if boolean.is_none() {
            self.kind(item, "true or false");
        }
        boolean
    }

    /// One of these words.
    pub(super) fn word<T: Copy>(&mut self, item: &Item<'_, '_>, words: &[(&str, T)]) -> Option<T> {
        let given = self.string(item)?;
        let found = words.iter().find(|(word, _)| *word == given);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let message = format!("`{given}` is no value of `{}`", item.key);
            self.wrong(item.value.span(), message, suggest::help(given, &known));
        }
        found.map(|(_, value)| *value)
    }

    /// Complains that a value is of another kind.
    pub(super) fn kind(&mut self, item: &Item<'_, '_>, wanted: &str) {
        let is = kind_of(item.value.get_ref());
        let message = format!("`{}` must be {wanted}, not {is}", item.key);
        let span = item.value.span();
        let number = item.value.get_ref().as_integer().filter(|_| wanted == "a string");
        let help = match number {
            Some(number) => format!("{} = \"{}\"", item.key, number.as_str()),
            None => format!("write {wanted} here"),
        };
        self.wrong(span, message, help);
    }
}

/// The items of a table in the order of the file.
pub(super) fn sorted<'a, 'd>(table: &'a DeTable<'d>) -> Vec<Item<'a, 'd>> {
    let item = |(key, value): (&'a Spanned<_>, &'a Value<'d>)| item(key, value);
    let mut items: Vec<Item<'a, 'd>> = table.iter().map(item).collect();
    order::sort_by_key(&mut items, |item| item.at.start);
    items
}

fn item<'a, 'd>(key: &'a Spanned<std::borrow::Cow<'d, str>>, value: &'a Value<'d>) -> Item<'a, 'd> {
    Item { key: key.get_ref(), at: key.span(), value }
}

pub(super) fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
