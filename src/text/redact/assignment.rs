//! `password=…`, `"password": "…"`, `PASSWORD '…'`, `PGPASSWORD=…`, `--password=…`.
//!
//! A name that says so, then a separator or at once a quote, then a value. Where the value ends depends on what the text
//! is: the end of a word of argv, of a line, or of a word of SQL.

use std::ops::Range;

use super::Spans;
use super::name::{is_plain_keyword, is_secret};

/// How far a value that is not quoted may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// To the end of the text, or to the next connection keyword: a word of argv is one connection string or one value.
    Word,
    /// To white space within the line; after a colon to the end of the line.
    Line,
    /// To white space, a comma, a parenthesis, a semicolon or a quote: strings are the lexer's affair.
    Sql,
}

/// Every value of a name that says it is a secret.
pub(super) fn spans(text: &str, extent: Extent) -> Spans {
    let mut spans = Spans::new();
    let mut from = 0;
    while let Some(name) = next_name(text, from) {
        from = name.end;
        let Some(value) = value(text, &name, extent) else { continue };
        from = value.end.max(from);
        spans.push(value);
    }
    spans
}

/// The next secret-like name at or after `from`.
fn next_name(text: &str, from: usize) -> Option<Range<usize>> {
    let mut start = from;
    loop {
        let rest = text.get(start..)?;
        start += rest.find(in_name)?;
        let rest = text.get(start..)?;
        let end = start + rest.find(|c| !in_name(c)).unwrap_or(rest.len());
        if is_secret(text.get(start..end)?) {
            return Some(start..end);
        }
        start = end;
    }
}

fn in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.".contains(c)
}

/// The value after a name, when there is one.
fn value(text: &str, name: &Range<usize>, extent: Extent) -> Option<Range<usize>> {
    let after = text.get(name.end..)?;
    let rest = skip_blank(unquote(text, name, after));
    let (separator, rest) = separator(rest);
    let rest = skip_blank(rest);
    let start = text.len() - rest.len();
    if separator.is_none() && quote(rest).is_none() || separator == Some(':') && rest.is_empty() {
        return None;
    }
    let hidden = hidden(text, name, rest, separator, extent);
    Some(start + hidden.start..start + hidden.end)
}

/// What follows the closing quote of a quoted name: `"password": …`, `("password" 'x')`, `\"password\": …`.
fn unquote<'a>(text: &str, name: &Range<usize>, after: &'a str) -> &'a str {
    let before = text.get(..name.start).unwrap_or_default();
    let quote = ["\\\"", "\"", "'", "`"].into_iter().find(|quote| before.ends_with(quote));
    quote.and_then(|quote| after.strip_prefix(quote)).unwrap_or(after)
}

/// `=`, `:=`, `=>`, `==` or `:`, and what follows. A cast (`::`) is no separator.
fn separator(rest: &str) -> (Option<char>, &str) {
    for operator in [":=", "=>", "==", "="] {
        if let Some(rest) = rest.strip_prefix(operator) {
            return (Some('='), rest);
        }
    }
    match rest.strip_prefix(':') {
        Some(value) if !value.starts_with(':') => (Some(':'), value),
        _ => (None, rest),
    }
}

/// White space and comments of SQL between a name and its value.
fn skip_blank(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let after = if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else if rest.starts_with("--") && !rest.starts_with("---") {
            rest.split_once('\n').map_or(rest, |(_, after)| after)
        } else {
            rest
        };
        if after.len() == rest.len() {
            return rest;
        }
        rest = after.trim_start();
    }
}

/// What to hide of the value at the start of `rest`: what stands between its quotes where it is quoted as it should be,
/// else as much as it could reach.
fn hidden(text: &str, name: &Range<usize>, rest: &str, separator: Option<char>, extent: Extent) -> Range<usize> {
    if extent == Extent::Word && whole_word(text, name) {
        return 0..rest.len();
    }
    let quote = quote(rest);
    if let Some((start, close)) = &quote {
        let length = quoted_length(rest, *start, close);
        if closes_well(rest, length) {
            return *start..length - close.len();
        }
    }
    match extent {
        Extent::Word => 0..to_keyword(rest, parameter_of_uri(text, name)),
        Extent::Line if quote.is_some() || separator == Some(':') => 0..rest.find('\n').unwrap_or(rest.len()),
        Extent::Line => 0..to_blank(rest, char::is_whitespace),
        Extent::Sql if quote.is_some() => 0..rest.len(),
        Extent::Sql => 0..to_blank(rest, |c| c.is_whitespace() || ",;)'\"".contains(c)),
    }
}

/// The word is one assignment (`PGPASSWORD=…`, `--password=…`, `--set=pw=…`) rather than a connection string.
fn whole_word(text: &str, name: &Range<usize>) -> bool {
    let before = text.get(..name.start).unwrap_or_default();
    let own = text.get(name.clone()).unwrap_or_default();
    let single = !before.contains(|c: char| c.is_whitespace() || "?&'\"".contains(c));
    single && own != "password" && own != "sslpassword"
}

fn parameter_of_uri(text: &str, name: &Range<usize>) -> bool {
    text.get(..name.start).is_some_and(|before| before.ends_with(['?', '&']))
}

/// How a quoted value opens: the offset of its content, and what closes it.
fn quote(rest: &str) -> Option<(usize, String)> {
    let prefix = ["E", "e", "U&", "u&", "N", "n", "B", "b", "X", "x", "\\", ""];
    let opening = prefix.iter().find_map(|prefix| {
        let inside = rest.strip_prefix(prefix)?;
        let quote = inside.chars().next().filter(|c| "'\"`".contains(*c))?;
        Some((prefix.len() + 1, quote.to_string()))
    });
    opening.or_else(|| {
        let tag = rest.strip_prefix('$')?.split_once('$')?.0;
        let plain = tag.chars().all(|c| c.is_alphanumeric() || c == '_');
        plain.then(|| (tag.len() + 2, format!("${tag}$")))
    })
}

/// The length with both quotes; a backslash and a doubled quote do not close it. Without a close, everything.
fn quoted_length(rest: &str, start: usize, close: &str) -> usize {
    let mut at = start;
    while let Some(inside) = rest.get(at..).filter(|inside| !inside.is_empty()) {
        if let Some(after) = inside.strip_prefix(close) {
            if close.len() > 1 || !after.starts_with(close) {
                return at + close.len();
            }
            at += 2;
        } else {
            let escaped = close.len() == 1 && inside.starts_with('\\');
            at += inside.chars().take(if escaped { 2 } else { 1 }).map(char::len_utf8).sum::<usize>();
        }
    }
    rest.len() + 1
}

/// Whether the quote really ended there: nothing is glued to it, and its like come in pairs on the rest of the line.
///
/// `'it's'` and `'abc\'` end elsewhere than they seem to, depending on who reads them.
fn closes_well(rest: &str, length: usize) -> bool {
    let (Some(value), Some(after)) = (rest.get(..length), rest.get(length..)) else { return false };
    let quote = value.chars().next_back().unwrap_or_default();
    let line = after.lines().next().unwrap_or_default();
    let paired = quote == '$' || line.matches(quote).take(MOST_QUOTES).count().is_multiple_of(2);
    let glued = after.chars().next().is_some_and(|c| c.is_alphanumeric() || "_$%@#!\\'\"".contains(c));
    paired && !glued
}

/// Quotes that are counted: odd, so that a line with more of them is not trusted.
const MOST_QUOTES: usize = 255;

/// To the next white space and connection keyword (in a URI: to the next `&` and keyword), else to the end.
fn to_keyword(rest: &str, in_uri: bool) -> usize {
    let separates = |c: char| if in_uri { c == '&' } else { c.is_whitespace() };
    for (at, found) in rest.match_indices(separates) {
        let escaped = rest.get(..at).is_some_and(|before| before.ends_with('\\'));
        let after = rest.get(at + found.len()..).unwrap_or_default();
        let name: &str = after.split(|c: char| !in_name(c)).next().unwrap_or_default();
        let assigned = after.get(name.len()..).is_some_and(|after| after.trim_start().starts_with('='));
        if !escaped && assigned && is_plain_keyword(name) {
            return at;
        }
    }
    rest.len()
}

/// To the first character that `ends` a word and is not escaped by a backslash.
fn to_blank(rest: &str, ends: impl Fn(char) -> bool) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        if ends(c) && !escaped {
            return at;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}
