//! Breaking text into lines of a width that is counted in columns.
//!
//! It is handed text that is safe to show already and knows nothing of what it says.

use crate::text::{columns, columns_of};

/// Breaks `text` into lines: the first has `first` columns, the others `rest`. Between words where that is possible,
/// else wherever the line is full; never an empty answer.
pub(super) fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    // How far a line of code is indented says something; one blank comes with the first word.
    let words = text.trim_start_matches(' ');
    let indent = (text.len() - words.len()).min(first / 2).saturating_sub(1);
    let mut lines = Lines { done: Vec::new(), line: " ".repeat(indent), room: first.max(1), rest: rest.max(1) };
    for word in words.split(' ') {
        lines.word(word);
    }
    lines.done.push(lines.line);
    lines.done
}

struct Lines {
    done: Vec<String>,
    line: String,
    room: usize,
    rest: usize,
}

impl Lines {
    fn word(&mut self, word: &str) {
        let blank = usize::from(!self.line.is_empty());
        if columns(&self.line) + blank + columns(word) <= self.room {
            self.line.push_str(if blank == 1 { " " } else { "" });
            return self.line.push_str(word);
        }
        if !self.line.is_empty() {
            self.next();
        }
        for c in word.chars() {
            if columns(&self.line) + columns_of(c) > self.room && !self.line.is_empty() {
                self.next();
            }
            self.line.push(c);
        }
    }

    fn next(&mut self) {
        self.done.push(std::mem::take(&mut self.line));
        self.room = self.rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("drop table customers cascade", 12, 12), ["drop table", "customers", "cascade"]);
        assert_eq!(wrap("short", 12, 12), ["short"]);
        assert_eq!(wrap("", 12, 12), [""]);
    }

    #[test]
    fn the_first_line_keeps_its_indent() {
        assert_eq!(wrap("    host = 1  # one", 12, 12), ["    host = 1", "# one"]);
        assert_eq!(wrap("          x", 8, 8), ["    x"]);
    }

    #[test]
    fn a_word_longer_than_the_line_is_cut_and_loses_nothing() {
        assert_eq!(wrap("a db1.prod.example.com", 8, 8), ["a", "db1.prod", ".example", ".com"]);
        assert_eq!(wrap("abc", 0, 0), ["a", "b", "c"]);
    }

    #[test]
    fn the_first_line_may_have_less_room() {
        assert_eq!(wrap("one two three", 4, 9), ["one", "two three"]);
    }

    #[test]
    fn a_line_ends_before_a_wide_character_that_does_not_fit() {
        assert_eq!(wrap("デデデ", 4, 4), ["デデ", "デ"]);
    }
}
