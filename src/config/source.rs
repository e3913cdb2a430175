//! The text of one file, and diagnostics that point into it.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::diag::{Diagnostic, Place, Severity};

/// The text of one file.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) path: Arc<Path>,
    pub(super) text: Arc<str>,
    /// Where each line begins, so that the lines of 10,000 rules cost one search each.
    starts: Vec<usize>,
}

impl Source {
    pub(super) fn new(path: &Path, text: &str) -> Self {
        let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { path: path.into(), text: text.into(), starts: std::iter::once(0).chain(newlines).collect() }
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    /// The text of a span; empty where there is none.
    pub(super) fn slice(&self, span: Range<usize>) -> &str {
        self.text.get(span).unwrap_or_default()
    }

    /// An error at a span.
    pub(super) fn error(&self, span: Range<usize>, message: impl Into<String>, help: Option<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            message: message.into(),
            file: self.path.to_path_buf(),
            place: Some(Place::of(&self.text, span)),
            help,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_from_one_and_end_with_their_newline() {
        let source = Source::new(Path::new("x"), "a\nb\n\nc");
        assert_eq!([0, 1, 2, 4, 5, 99].map(|at| source.line(at)), [1, 1, 2, 3, 4, 4]);
    }
}
