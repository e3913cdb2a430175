//! The text of segment and title: words with fields in braces.
//!
//! A format comes from the user's configuration and is checked when that is read; the values that are filled in come
//! from anywhere, and are never looked at for fields again.

use std::ops::Range;

/// The fields that a format may have.
pub const FIELDS: &[&str] =
    &["icon", "label", "environment", "level", "place", "host", "port", "dbname", "user", "service", "source"];

/// What is wrong with a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadFormat {
    /// There is no such field; where its name stands in the format.
    Field(Range<usize>),
    /// A brace is never closed; where it stands.
    Open(usize),
}

/// Everything that is wrong with a format.
pub fn mistakes(format: &str) -> Vec<BadFormat> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = format.get(at..).and_then(|rest| rest.find('{')).map(|open| at + open) {
        let inside = format.get(open + 1..).unwrap_or_default();
        let Some(end) = inside.find(['{', '}']).filter(|end| inside.get(*end..).is_some_and(|at| at.starts_with('}')))
        else {
            found.push(BadFormat::Open(open));
            at = open + 1;
            continue;
        };
        let name = open + 1..open + 1 + end;
        if !inside.get(..end).is_some_and(|name| FIELDS.contains(&name)) {
            found.push(BadFormat::Field(name.clone()));
        }
        at = name.end + 1;
    }
    found
}

/// The format with its fields filled in.
pub(super) fn fill(format: &str, field: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        out.push_str(&field(name));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_named_with_its_place() {
        assert_eq!(mistakes("{icon} {label} {place}"), []);
        assert_eq!(mistakes("no field, and a } alone"), []);
        assert_eq!(mistakes("é {hots} {}"), [BadFormat::Field(4..8), BadFormat::Field(11..11)]);
        assert_eq!(mistakes("{icon} {label"), [BadFormat::Open(7)]);
        assert_eq!(mistakes("{icon {label}"), [BadFormat::Open(0)]);
    }

    #[test]
    fn a_value_that_looks_like_a_field_is_shown_as_it_is() {
        assert_eq!(fill("<{host}>", |name| format!("{{{name}}}{{icon}}")), "<{host}{icon}>");
    }
}
