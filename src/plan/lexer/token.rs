//! One message as the server reads it: words, names, strings, numbers and symbols (`scan.l`).
//!
//! The reading is complete or it is doubtful: what an older or newer server, or another setting, would read
//! differently is reported as a doubt, and a doubtful message is never called a read.

use super::{continues_name, dollar_tag, is_space, starts_name};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Kind {
    /// An unquoted word: a key word or a name.
    Word,
    /// A quoted name, `"…"` or `U&"…"`.
    Name,
    /// A string of any sort.
    Text,
    /// A number.
    Number,
    /// `$1`.
    Parameter,
    /// Any other byte, one by one.
    Symbol,
}

/// One token: its kind and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) struct Token {
    pub(in crate::plan) kind: Kind,
    pub(in crate::plan) start: u32,
    pub(in crate::plan) end: u32,
    /// Open parentheses before it; a closing one counts as outside.
    pub(in crate::plan) depth: u32,
    /// Of an opening parenthesis: which token closes it.
    pub(in crate::plan) pair: u32,
}

/// The tokens of a message.
#[derive(Debug)]
pub(in crate::plan) struct Tokens {
    pub(in crate::plan) list: Vec<Token>,
    /// Why the reading is not certain.
    pub(in crate::plan) doubt: Option<&'static str>,
}

/// How far `standard_conforming_strings` is known to be on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Backslashes {
    /// On by default; a role or a database may have turned it off.
    Presumed,
    /// The script itself turned it on.
    Plain,
}

/// Reads a message. `text` must be shorter than 4 GiB; whoever cuts messages sees to that.
pub(in crate::plan) fn read(text: &[u8], backslashes: Backslashes) -> Tokens {
    let mut lexer = Lexer { text, at: 0, depth: 0, open: Vec::new(), backslashes, tokens: Vec::new(), doubt: None };
    while lexer.at < text.len() {
        lexer.step();
    }
    Tokens { list: lexer.tokens, doubt: lexer.doubt }
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    depth: u32,
    /// The tokens of the parentheses that are open.
    open: Vec<usize>,
    backslashes: Backslashes,
    tokens: Vec<Token>,
    doubt: Option<&'static str>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_while(&mut self, keep: impl Fn(u8) -> bool) {
        self.at += self.rest().iter().position(|&byte| !keep(byte)).unwrap_or(self.rest().len());
    }

    fn push(&mut self, kind: Kind, start: usize) {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let (start, end) = (narrow(start), narrow(self.at));
        self.tokens.push(Token { kind, start, end, depth: self.depth, pair: u32::MAX });
    }

    fn step(&mut self) {
        let (start, first, second) = (self.at, self.peek(0), self.peek(1));
        match (first, second) {
            (byte, _) if is_space(byte) => self.at += 1,
            (b'-', b'-') => self.skip_while(|byte| byte != b'\n' && byte != b'\r'),
            (b'/', b'*') => self.comment(),
            (b'\'', _) => self.string(start, 1, false),
            (b'e' | b'E', b'\'') => self.string(start, 2, true),
            (b'b' | b'B' | b'x' | b'X' | b'n' | b'N', b'\'') => self.string(start, 2, false),
            (b'u' | b'U', b'&') if self.peek(2) == b'\'' => self.string(start, 3, false),
            (b'u' | b'U', b'&') if self.peek(2) == b'"' => self.name(start, 3),
            (b'"', _) => self.name(start, 1),
            (b'$', digit) if digit.is_ascii_digit() => self.parameter(start),
            (b'$', _) => self.dollar(start),
            (b'.', digit) if digit.is_ascii_digit() => self.number(start),
            (digit, _) if digit.is_ascii_digit() => self.number(start),
            (byte, _) if starts_name(byte) => {
                self.skip_while(continues_name);
                self.push(Kind::Word, start);
            }
            _ => self.symbol(start, first),
        }
    }

    fn symbol(&mut self, start: usize, byte: u8) {
        self.at += 1;
        if byte == b')' {
            self.depth = self.depth.saturating_sub(1);
            let pair = u32::try_from(self.tokens.len()).unwrap_or(u32::MAX);
            if let Some(open) = self.open.pop().and_then(|open| self.tokens.get_mut(open)) {
                open.pair = pair;
            }
        }
        self.push(Kind::Symbol, start);
        if byte == b'(' {
            self.open.push(self.tokens.len() - 1);
            self.depth = self.depth.saturating_add(1);
        }
    }

    /// Comments nest.
    fn comment(&mut self) {
        let mut open = 0_usize;
        while self.at < self.text.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => (open, self.at) = (open + 1, self.at + 2),
                (b'*', b'/') => (open, self.at) = (open - 1, self.at + 2),
                _ => self.at += 1,
            }
            if open == 0 {
                return;
            }
        }
        self.doubt = Some("a comment does not end");
    }

    /// A string, and its continuations on further lines: they keep the first part's rule about backslashes, which is
    /// what psql does not know.
    fn string(&mut self, start: usize, prefix: usize, escapes: bool) {
        self.at += prefix;
        loop {
            self.string_part(escapes);
            let Some(next) = self.continuation() else { break };
            self.at = next;
        }
        self.push(Kind::Text, start);
    }

    fn string_part(&mut self, escapes: bool) {
        let start = self.at;
        while self.at < self.text.len() {
            match (self.peek(0), self.peek(1)) {
                (b'\\', next) if !escapes && next == b'\'' => {
                    self.suspect_backslash(start);
                    self.at += 1;
                }
                (b'\\', _) if escapes => self.at += 2,
                (b'\'', b'\'') => self.at += 2,
                (b'\'', _) => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.text.len();
        self.doubt = Some("a string does not end");
    }

    /// With `standard_conforming_strings` off, an odd number of backslashes before the quote would keep the string
    /// open. `ESCAPE '\'` alone is left out: with the setting off it is an error, and it is in everyday use.
    fn suspect_backslash(&mut self, start: usize) {
        let escape = self.tokens.last().is_some_and(|last| self.word_is(*last, b"escape"));
        let before = self.text.get(start..=self.at).unwrap_or_default();
        let run = before.iter().rev().take_while(|&&byte| byte == b'\\').count();
        let alone = (self.at == start && self.peek(2) != b'\'' && escape) || run % 2 == 0;
        if self.backslashes == Backslashes::Presumed && !alone {
            self.doubt = Some("a backslash stands before a quote, which standard_conforming_strings decides");
        }
    }

    fn word_is(&self, token: Token, word: &[u8]) -> bool {
        let span = token.start as usize..token.end as usize;
        token.kind == Kind::Word && self.text.get(span).is_some_and(|text| text.eq_ignore_ascii_case(word))
    }

    /// Where the string goes on, if only space with a line break (and `--` comments) stands between the quotes.
    fn continuation(&self) -> Option<usize> {
        let (mut at, mut broken) = (self.at, false);
        loop {
            match (self.text.get(at)?, self.text.get(at + 1)) {
                (b'\'', _) if broken => return Some(at + 1),
                (b'-', Some(b'-')) => {
                    at += self.text.get(at..)?.iter().position(|&byte| byte == b'\n' || byte == b'\r')?;
                }
                (b'\n' | b'\r', _) => (at, broken) = (at + 1, true),
                (&byte, _) if is_space(byte) => at += 1,
                _ => return None,
            }
        }
    }

    fn name(&mut self, start: usize, prefix: usize) {
        self.at += prefix;
        loop {
            let Some(length) = memchr::memchr(b'"', self.rest()) else {
                self.at = self.text.len();
                self.doubt = Some("a quoted name does not end");
                break;
            };
            self.at += length + 1;
            if self.peek(0) != b'"' {
                break;
            }
            self.at += 1;
        }
        self.push(Kind::Name, start);
    }

    fn parameter(&mut self, start: usize) {
        self.at += 1;
        self.skip_while(|byte| byte.is_ascii_digit());
        if starts_name(self.peek(0)) {
            self.doubt = Some("a parameter runs into a word");
        }
        self.push(Kind::Parameter, start);
    }

    fn dollar(&mut self, start: usize) {
        let Some(length) = dollar_tag(self.rest()) else {
            self.at += 1;
            return self.push(Kind::Symbol, start);
        };
        let (tag, body) = self.rest().split_at(length);
        if let Some(end) = memchr::memmem::find(body, tag) {
            self.at += length + end + length;
        } else {
            self.at = self.text.len();
            self.doubt = Some("a dollar-quoted string does not end");
        }
        self.push(Kind::Text, start);
    }

    /// Digits and what runs into them. Servers up to 14 end the number there and read a word (`1union`), later ones
    /// refuse it, 16 and later know `0x1F` and `1_000`.
    fn number(&mut self, start: usize) {
        self.skip_while(|byte| byte.is_ascii_digit());
        if self.peek(0) == b'.' && self.peek(1) != b'.' {
            self.at += 1;
            self.skip_while(|byte| byte.is_ascii_digit());
        }
        let signed = matches!(self.peek(1), b'+' | b'-') && self.peek(2).is_ascii_digit();
        if matches!(self.peek(0), b'e' | b'E') && (signed || self.peek(1).is_ascii_digit()) {
            self.at += 2;
            self.skip_while(|byte| byte.is_ascii_digit());
        }
        let tail = self.at;
        self.skip_while(continues_name);
        let junk = self.text.get(tail..self.at).unwrap_or_default();
        let digits = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b'_' | b'x' | b'X' | b'o' | b'O');
        let numeral = matches!(junk.first(), None | Some(b'x' | b'X' | b'o' | b'O' | b'b' | b'B' | b'_'));
        if !(numeral && junk.iter().all(digits)) || (!junk.is_empty() && self.peek(0) == b'\'') {
            self.doubt = Some("a number runs into a word");
        }
        self.push(Kind::Number, start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        read(text.as_bytes(), Backslashes::Plain)
            .list
            .iter()
            .map(|token| &text[token.start as usize..token.end as usize])
            .collect()
    }

    fn doubtful(text: &str) -> bool {
        read(text.as_bytes(), Backslashes::Presumed).doubt.is_some()
    }

    #[test]
    fn comments_nest_and_end_at_a_carriage_return() {
        assert_eq!(texts("a /* b /* c */ d */ e -- f\rg"), ["a", "e", "g"]);
        assert_eq!(texts("1 +-- x\n 2 */* y */ 3"), ["1", "+", "2", "*", "3"]);
    }

    #[test]
    fn a_string_is_continued_over_lines_by_the_rule_of_its_first_part() {
        assert_eq!(texts("E'a'\n'x\\''; b"), ["E'a'\n'x\\''", ";", "b"]);
        assert_eq!(texts("'a' -- c\n 'b' 'c'"), ["'a' -- c\n 'b'", "'c'"]);
    }

    #[test]
    fn dollars_are_quotes_parameters_or_part_of_names() {
        assert_eq!(texts("$1$$a;$x$b$$ a$b$ $é$ ; $é$"), ["$1", "$$a;$x$b$$", "a$b$", "$é$ ; $é$"]);
        assert_eq!(texts("$a$ $$ $b$ $a$;"), ["$a$ $$ $b$ $a$", ";"]);
    }

    #[test]
    fn names_and_prefixed_strings() {
        assert_eq!(
            texts(r#""a""b" U&"\0061" u&'x' N'y' b'1' e'\''"#),
            [r#""a""b""#, r#"U&"\0061""#, "u&'x'", "N'y'", "b'1'", r"e'\''"]
        );
    }

    #[test]
    fn what_versions_or_settings_read_differently_is_doubtful() {
        for text in ["1union", "1e'a\\'", "0x1F'a'", "$1a", "'a\\'", "'a\\''", "'open", "\"open", "/* open", "$$ open"]
        {
            assert!(doubtful(text), "{text}");
        }
        for text in ["0x1F", "1_000", "1e10", "1.5", "1..2", "x ESCAPE '\\'", "E'a\\''", "'C:\\x'", "'\\\\'"] {
            assert!(!doubtful(text), "{text}");
        }
    }
}
