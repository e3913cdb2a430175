//! How psql cuts a script into messages (`psqlscan.l`): at a semicolon outside quotes, comments, parentheses and
//! `BEGIN … END` bodies, line by line, with variables put in.
//!
//! What a message says is not decided here. Where the cut depends on something unknown, the message carries a doubt.

use super::asides::Asides;
use super::{Variables, continues_name, dollar_tag, is_space, starts_name};

mod elsewhere;
mod long;
mod substitute;

/// The longest message that is kept whole; of a longer one the beginning is kept, and that is a doubt.
pub(in crate::plan) const LONGEST: usize = 4 << 20;
/// The longest name of a variable that is looked for.
const LONGEST_NAME: usize = 512;
/// How many variables are put into one line before it counts as endless.
const SUBSTITUTIONS: usize = 100;

/// Why scanning a line stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Stop {
    /// The line ended; the message goes on.
    Line,
    /// A semicolon ended the message.
    Semicolon,
    /// A backslash begins a meta-command; it stands before [`Cut::rest`].
    Backslash,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Open,
    Comment(u32),
    LineComment,
    Quote { escapes: bool },
    Name,
    Dollar(Vec<u8>),
}

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::plan) struct Message {
    /// What psql would send, as far as it was kept.
    pub(in crate::plan) text: Vec<u8>,
    /// The line that it begins on, from 1.
    pub(in crate::plan) line: usize,
    /// Kind of trouble and why it cannot be relied on.
    pub(in crate::plan) doubt: Option<(&'static str, &'static str)>,
}

/// The state between lines and messages of one script.
#[derive(Debug)]
pub(in crate::plan) struct Cut {
    state: State,
    parens: u32,
    /// Open `BEGIN` and `CASE` in a function's body, and the letters by which such a statement is recognised.
    begins: u32,
    opening: [u8; 4],
    words: usize,
    message: Message,
    line: Vec<u8>,
    at: usize,
    /// How much of the end is not read yet, since the line goes on: 0 where it is whole.
    reserve: usize,
    number: usize,
    substitutions: usize,
    pub(in crate::plan) asides: Asides,
}

impl Cut {
    pub(in crate::plan) fn new() -> Self {
        Self {
            state: State::Open,
            parens: 0,
            begins: 0,
            opening: [0; 4],
            words: 0,
            message: Message::default(),
            line: Vec::new(),
            at: 0,
            reserve: 0,
            number: 0,
            substitutions: 0,
            asides: Asides::default(),
        }
    }

    /// Takes the next line, without its end. psql puts a line break before it when a message is open.
    pub(in crate::plan) fn line(&mut self, line: &[u8], number: usize) {
        self.line.clear();
        self.line.extend_from_slice(line);
        self.begin_line(number);
    }

    fn begin_line(&mut self, number: usize) {
        (self.at, self.reserve, self.number, self.substitutions) = (0, 0, number, 0);
        if self.state == State::LineComment {
            self.state = State::Open;
        }
        if !self.message.text.is_empty() && !self.is_elided() {
            self.put(b"\n");
        }
    }

    /// What of the line was not read yet.
    pub(in crate::plan) fn rest(&self) -> &[u8] {
        self.line.get(self.at..).unwrap_or_default()
    }

    /// Skips a part of the line: a meta-command that was read elsewhere.
    pub(in crate::plan) fn skip(&mut self, length: usize) {
        self.at = self.line.len().min(self.at + length);
    }

    /// Whether nothing but space stands in the open message.
    pub(in crate::plan) fn is_blank(&self) -> bool {
        self.message.text.iter().all(|&byte| is_space(byte))
    }

    /// The open message, which is sent or forgotten; the state of quotes and parentheses begins anew.
    pub(in crate::plan) fn take(&mut self) -> Message {
        (self.parens, self.begins, self.words, self.opening) = (0, 0, 0, [0; 4]);
        std::mem::take(&mut self.message)
    }

    /// Depth of parentheses, which psql restores at `\elif`, `\else` and `\endif`.
    pub(in crate::plan) fn parens(&mut self) -> &mut u32 {
        &mut self.parens
    }

    /// Makes the open message doubtful.
    pub(in crate::plan) fn doubt(&mut self, kind: &'static str, why: &'static str) {
        self.message.doubt.get_or_insert((kind, why));
    }

    /// Reads on until something has to be done.
    pub(in crate::plan) fn scan(&mut self, variables: &Variables) -> Stop {
        while self.at + self.reserve < self.line.len() {
            match &self.state {
                State::Open => {
                    if let Some(stop) = self.open(variables) {
                        return stop;
                    }
                }
                State::Comment(depth) => self.comment(*depth),
                State::LineComment => self.line_comment(),
                State::Quote { escapes } => self.quote(*escapes),
                State::Name => self.until_quote(b'"'),
                State::Dollar(_) => self.dollar(),
            }
        }
        Stop::Line
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.line.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn put(&mut self, bytes: &[u8]) {
        if self.message.text.is_empty() {
            self.message.line = self.number;
        }
        if self.message.text.len() + bytes.len() > LONGEST {
            self.doubt("too-long", "a statement is longer than 4 MiB: its end was not looked at");
            return;
        }
        self.message.text.extend_from_slice(bytes);
    }

    /// Takes `length` bytes of the line into the message.
    fn take_bytes(&mut self, length: usize) {
        let end = self.line.len().min(self.at + length);
        let line = std::mem::take(&mut self.line);
        self.put(line.get(self.at..end).unwrap_or_default());
        self.line = line;
        self.at = end;
    }

    fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> usize {
        let length = self.rest().iter().position(|&byte| !keep(byte)).unwrap_or(self.rest().len());
        self.take_bytes(length);
        length
    }

    fn enter(&mut self, state: State, length: usize) {
        self.take_bytes(length);
        self.state = state;
    }

    fn open(&mut self, variables: &Variables) -> Option<Stop> {
        let (first, second) = (self.peek(0), self.peek(1));
        match (first, second) {
            // Space before a message is not part of it, so that its first line is that of its first word.
            (byte, _) if is_space(byte) && self.message.text.is_empty() => self.at += 1,
            (b'-', b'-') => self.line_comment(),
            (b'/', b'*') => self.enter(State::Comment(1), 2),
            (b'\'', _) => self.enter(State::Quote { escapes: false }, 1),
            (b'e' | b'E', b'\'') => self.enter(State::Quote { escapes: true }, 2),
            (b'u' | b'U', b'&') if matches!(self.peek(2), b'\'' | b'"') => self.take_bytes(2),
            (b'"', _) => self.enter(State::Name, 1),
            (b'$', _) => self.dollar_sign(),
            (b'(', _) => (self.parens, ()) = (self.parens.saturating_add(1), self.take_bytes(1)),
            (b')', _) => (self.parens, ()) = (self.parens.saturating_sub(1), self.take_bytes(1)),
            (b';', _) => return self.semicolon(),
            (b'\\', b';' | b':') => self.forced(second),
            (b'\\', _) => return Some(Stop::Backslash),
            (b':', _) => self.colon(variables),
            (byte, _) if starts_name(byte) => self.word(),
            (byte, _) if byte.is_ascii_digit() => self.number(),
            _ => self.take_bytes(1),
        }
        None
    }

    fn line_comment(&mut self) {
        let end = memchr::memchr(b'\r', self.window());
        let length = end.unwrap_or(self.window().len());
        let until = self.at + length;
        if self.state == State::Open {
            self.asides.hear(self.line.get(self.at..until).unwrap_or_default(), self.number);
        }
        self.state = if end.is_none() && self.reserve > 0 { State::LineComment } else { State::Open };
        // A comment before a message is not part of it either: older psql does not send it at all.
        if self.message.text.is_empty() { self.skip(length) } else { self.take_inside(length) }
    }

    fn semicolon(&mut self) -> Option<Stop> {
        self.take_bytes(1);
        if self.parens > 0 || self.begins > 0 {
            return None;
        }
        self.words = 0;
        Some(Stop::Semicolon)
    }

    /// `\;` and `\:` put the second byte into the message and nothing else.
    fn forced(&mut self, byte: u8) {
        self.at += 1;
        self.take_bytes(1);
        if byte == b';' {
            self.words = 0;
        }
    }

    fn dollar_sign(&mut self) {
        if let Some(length) = dollar_tag(self.rest()) {
            let tag = self.rest().get(..length).unwrap_or_default().to_owned();
            return self.enter(State::Dollar(tag), length);
        }
        // `$1$$…$$` is a parameter and a quote, never a name.
        self.take_bytes(1);
        let could_be_tag = self.rest().iter().all(|&byte| continues_name(byte));
        if self.reserve > 0 && could_be_tag {
            self.doubt("too-long", "a dollar quote's tag is longer than 4 kB");
        }
        if self.peek(0).is_ascii_digit() {
            self.number();
        }
    }

    /// Digits, and the word that runs into them (`integer_junk`, `param_junk`, 15 and later). A dollar does not: `1$a$` is
    /// a number and a quote. Earlier versions differ, and the server's reading of such a text is doubtful.
    fn number(&mut self) {
        self.take_while(|byte| byte.is_ascii_digit());
        if starts_name(self.peek(0)) {
            self.take_while(continues_name);
        }
        self.doubt_cut_word();
    }

    /// A word, and psql's guess whether a function's body is open (`identifier` in `psqlscan.l`, 14 and later).
    fn word(&mut self) {
        let start = self.at;
        self.take_while(continues_name);
        self.doubt_cut_word();
        let word = self.line.get(start..self.at).unwrap_or_default().to_ascii_lowercase();
        if self.words == 0 {
            self.opening = [0; 4];
        }
        let opens: [&[u8]; 5] = [b"create", b"function", b"procedure", b"or", b"replace"];
        if let Some(slot) = self.opening.get_mut(self.words)
            && opens.contains(&word.as_slice())
        {
            *slot = word.first().copied().unwrap_or(0);
        }
        self.words += 1;
        let routine = matches!(self.opening, [b'c', b'f' | b'p', ..] | [b'c', b'o', b'r', b'f' | b'p']);
        if routine && self.parens == 0 {
            match word.as_slice() {
                b"begin" => self.begins += 1,
                b"case" if self.begins > 0 => self.begins += 1,
                b"end" => self.begins = self.begins.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn comment(&mut self, depth: u32) {
        let Some(next) = memchr::memchr2(b'*', b'/', self.window()) else { return self.take_window() };
        self.take_inside(next);
        let depth = match (self.peek(0), self.peek(1)) {
            (b'/', b'*') => depth + 1,
            (b'*', b'/') => depth - 1,
            _ => return self.take_mark(1),
        };
        self.take_bytes(2);
        self.state = if depth == 0 { State::Open } else { State::Comment(depth) };
    }

    fn quote(&mut self, escapes: bool) {
        if !escapes {
            return self.until_quote(b'\'');
        }
        let Some(next) = memchr::memchr2(b'\'', b'\\', self.window()) else { return self.take_window() };
        self.take_inside(next);
        match (self.peek(0), self.peek(1)) {
            (b'\\', _) | (b'\'', b'\'') => self.take_mark(2),
            (b'\'', _) => self.enter(State::Open, 1),
            _ => {}
        }
    }

    /// Quotes without escapes: a doubled quote closes and opens again, which comes to the same.
    fn until_quote(&mut self, quote: u8) {
        let Some(length) = memchr::memchr(quote, self.window()) else { return self.take_window() };
        if self.is_elided() && self.peek(length + 1) == quote && self.is_plain_before(length) {
            return self.skip(length + 2);
        }
        self.take_inside(length);
        self.enter(State::Open, 1);
    }

    fn dollar(&mut self) {
        let State::Dollar(tag) = &self.state else { return };
        let (length, inside) = (tag.len(), memchr::memmem::find(self.rest(), tag));
        if self.reserve > 0 && length > self.reserve {
            self.doubt("too-long", "the tag of a dollar quote is too long");
        }
        let Some(inside) = inside else { return self.take_window() };
        self.take_inside(inside);
        self.enter(State::Open, length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(script: &str, variables: &[(&str, &str)]) -> Vec<String> {
        let mut known = Variables::default();
        for (name, value) in variables {
            known.set(name.as_bytes(), Some(value.as_bytes()));
        }
        let (mut cut, mut messages) = (Cut::new(), Vec::new());
        let text = |message: Message| {
            format!(
                "{}: {}{}",
                message.line,
                String::from_utf8_lossy(&message.text),
                if message.doubt.is_some() { " ?" } else { "" }
            )
        };
        for (number, line) in script.lines().enumerate() {
            cut.line(line.as_bytes(), number + 1);
            loop {
                match cut.scan(&known) {
                    Stop::Line => break,
                    Stop::Semicolon => messages.push(text(cut.take())),
                    Stop::Backslash => {
                        messages.push(format!("command {}", String::from_utf8_lossy(cut.rest())));
                        cut.skip(usize::MAX / 2);
                    }
                }
            }
        }
        if !cut.is_blank() {
            messages.push(text(cut.take()));
        }
        messages
    }

    #[test]
    fn messages_end_at_semicolons_outside_quotes_comments_and_parentheses() {
        let script =
            "select ';', \";\", $$;$$ -- ;\n/* ; /* ; */ */ ;\n  create rule r as on insert to t do (a; b);\nlast";
        let expected = [
            "1: select ';', \";\", $$;$$ -- ;\n/* ; /* ; */ */ ;",
            "3: create rule r as on insert to t do (a; b);",
            "4: last",
        ];
        assert_eq!(cut(script, &[]), expected);
    }

    #[test]
    fn a_function_body_is_one_message_as_psql_guesses_it() {
        let script = "create function f() begin atomic select case 1 when 1 then 2 end; select 2; end; select 3;";
        assert_eq!(cut(script, &[]).len(), 2);
    }

    #[test]
    fn a_backslash_holds_messages_together_and_begins_commands() {
        assert_eq!(cut("a\\;b;c\\d t\ne;", &[]), ["1: a;b;", "command \\d t", "1: c\ne;"]);
    }

    #[test]
    fn psql_does_not_continue_an_escape_string_over_lines() {
        assert_eq!(cut("select E'a'\n'x\\'; b;", &[]), ["1: select E'a'\n'x\\';", "2: b;"]);
    }

    #[test]
    fn known_variables_are_read_as_text_and_unknown_ones_are_doubtful() {
        let variables = [("t", "a; drop table b"), ("q", "it's"), ("self", ":self")];
        assert_eq!(cut("select :t;", &variables), ["1: select a;", "1: drop table b;"]);
        assert_eq!(
            cut("select :'q', :\"q\", a::int, b[1:2];", &variables),
            ["1: select 'it''s', \"it's\", a::int, b[1:2];"]
        );
        assert_eq!(cut("select :unknown;", &[]), ["1: select :unknown; ?"]);
        assert_eq!(cut("select :self;", &variables).len(), 1);
        assert_eq!(cut("sel:t;", &[("t", "ect 1")]), ["1: select 1; ?"]);
    }
}
