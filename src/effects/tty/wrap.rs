//! Breaking text into lines of a width that is counted in columns.
//!
//! It is handed text that is safe to show already and knows nothing of what it says.

/// The columns that a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(of).sum()
}

/// Breaks `text` into lines: the first has `first` columns, the others `rest`. Between words where that is possible,
/// else wherever the line is full; never an empty answer.
pub(super) fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = Lines { done: Vec::new(), line: String::new(), room: first.max(1), rest: rest.max(1) };
    for word in text.split(' ') {
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
            if columns(&self.line) + of(c) > self.room && !self.line.is_empty() {
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

/// The columns of a character: the blocks of East Asian wide characters and of emoji (Unicode TR 11, in the large)
/// take two, combining marks none. A terminal that counts otherwise shows a ragged edge, nothing worse.
fn of(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
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
    fn a_word_longer_than_the_line_is_cut_and_loses_nothing() {
        assert_eq!(wrap("a db1.prod.example.com", 8, 8), ["a", "db1.prod", ".example", ".com"]);
        assert_eq!(wrap("abc", 0, 0), ["a", "b", "c"]);
    }

    #[test]
    fn the_first_line_may_have_less_room() {
        assert_eq!(wrap("one two three", 4, 9), ["one", "two three"]);
    }

    #[test]
    fn wide_characters_take_two_columns_and_combining_ones_none() {
        assert_eq!(columns("デ"), 2);
        assert_eq!(columns("e\u{301}"), 1);
        assert_eq!(wrap("デデデ", 4, 4), ["デデ", "デ"]);
    }
}
