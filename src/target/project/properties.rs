//! Java's `.properties` files.
//!
//! As `java.util.Properties.load` reads them: `key=value`, `key:value` or `key value`, lines that go on behind a backslash,
//! escapes. The last mention of a key counts.

use std::collections::HashMap;

/// A value and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// The text.
    pub(super) text: String,
    /// Line from 1.
    pub(super) line: usize,
}

/// The settings of a file.
pub(super) fn parse(text: &str) -> HashMap<String, Value> {
    let mut settings = HashMap::new();
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines().zip(1..);
    while let Some((first, number)) = lines.next() {
        let first = first.trim_start();
        if first.is_empty() || first.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = first.to_owned();
        while goes_on(&logical) {
            logical.pop();
            let Some((next, _)) = lines.next() else { break };
            logical.push_str(next.trim_start());
        }
        let (key, value) = cut(&logical);
        settings.insert(unescaped(key), Value { text: unescaped(value).trim_end().to_owned(), line: number });
    }
    settings
}

/// Whether the line ends in a backslash that is not escaped itself.
fn goes_on(line: &str) -> bool {
    line.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}

/// Cuts at the first `=`, `:` or blank that is not escaped.
fn cut(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let mut end = line.len();
    for (at, c) in line.char_indices() {
        if !escaped && (matches!(c, '=' | ':') || c.is_whitespace()) {
            end = at;
            break;
        }
        escaped = c == '\\' && !escaped;
    }
    let (key, rest) = line.split_at_checked(end).unwrap_or((line, ""));
    let rest = rest.trim_start();
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (key, value.trim_start())
}

/// Letters that stand for a control character or a code are no part of a name: they become what no name has.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.extend(chars.next().map(|c| if "tnrfu".contains(c) { '\u{fffd}' } else { c })),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_values_comments_and_lines_that_go_on() {
        let text = "# c\n! c\na=1\n b : x=y \nc d\nurl=jdbc\\:postgresql\\://h\\\n    /app\ne\n";
        let read = parse(text);
        let value = |key: &str| read.get(key).map(|value| format!("{} {}", value.line, value.text));
        assert_eq!(value("a").as_deref(), Some("3 1"));
        assert_eq!(value("b").as_deref(), Some("4 x=y"));
        assert_eq!(value("c").as_deref(), Some("5 d"));
        assert_eq!(value("url").as_deref(), Some("6 jdbc:postgresql://h/app"));
        assert_eq!(value("e").as_deref(), Some("8 "));
    }
}
