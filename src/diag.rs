//! Diagnostics: a message with the file, line, column and caret of what it is about.
//!
//! Shown as rustc and just do it. A diagnostic is data until it is printed; it knows nothing of what was being read.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use crate::text::Untrusted;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file is used, but a part of it is not what it seems.
    Warning,
}

/// One thing that is wrong in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop, names in back-ticks.
    pub message: String,
    /// The file it is about.
    pub file: PathBuf,
    /// Where in the file; `None` when it is about the whole file.
    pub place: Option<Place>,
    /// What to do about it: one line, the next command to type where there is one.
    pub help: Option<String>,
}

/// A place in a text: line and column count from 1, columns and width in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Characters to underline, at least 1.
    pub width: usize,
    /// The line itself.
    pub text: String,
}

impl Place {
    /// The place of a byte range in `source`. A range past the end points behind the last character.
    pub fn of(source: &str, span: Range<usize>) -> Self {
        let start = floor(source, span.start);
        let end = floor(source, span.end.max(start));
        let before = source.get(..start).unwrap_or_default();
        let from = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = source.get(from..).unwrap_or_default();
        let text = rest.lines().next().unwrap_or_default();
        let marked = source.get(start..end).unwrap_or_default();
        let marked = marked.lines().next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: before.get(from..).unwrap_or_default().chars().count() + 1,
            width: marked.chars().count().max(1),
            text: text.to_owned(),
        }
    }
}

impl Place {
    /// Writes the line with its caret; answers with the blank gutter that further lines start with.
    fn show(&self, f: &mut fmt::Formatter<'_>, file: &str) -> Result<String, fmt::Error> {
        let number = self.line.to_string();
        let pad = " ".repeat(number.len());
        let text = self.text.replace('\t', " ");
        write!(f, "\n{pad}--> {file}:{}:{}", self.line, self.column)?;
        write!(f, "\n{pad} |\n{number} | {}", Untrusted::text(&text))?;
        write!(f, "\n{pad} | {}{}", " ".repeat(self.column.saturating_sub(1)), "^".repeat(self.width))?;
        Ok(pad)
    }
}

/// The nearest character boundary at or before `at`.
fn floor(source: &str, at: usize) -> usize {
    let mut at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{word}: {}", Untrusted::text(&self.message))?;
        let file = Untrusted::path(&self.file);
        let gutter = if let Some(place) = &self.place {
            place.show(f, &file.to_string())?
        } else {
            write!(f, "\n --> {file}")?;
            " ".to_owned()
        };
        match &self.help {
            Some(help) => write!(f, "\n{gutter} = help: {}", Untrusted::text(help)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_shows_file_line_column_and_caret() {
        let source = "a = 1\nhots = \"x\"\n";
        let shown = Diagnostic {
            severity: Severity::Error,
            message: "unknown key `hots`".to_owned(),
            file: PathBuf::from("c.toml"),
            place: Some(Place::of(source, 6..10)),
            help: Some("did you mean `host`?".to_owned()),
        };
        let expected = "error: unknown key `hots`\n --> c.toml:2:1\n  |\n2 | hots = \"x\"\n  | ^^^^\n  = help: did you mean `host`?";
        assert_eq!(shown.to_string(), expected);
    }

    #[test]
    fn a_place_past_the_end_or_inside_a_character_does_not_panic() {
        assert_eq!(Place::of("é", 1..9).column, 1);
        assert_eq!(Place::of("", 5..9).line, 1);
    }
}
