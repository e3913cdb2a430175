//! `INSERT … VALUES` of nothing but constants, passed over at memory speed: what dumps are made of.
//!
//! Only what is certain is taken here: a statement at the start of a line, of plain strings, numbers and the words for
//! nothing, true, false and default, up to its semicolon and the line's end. Everything else (a function, a cast, a
//! comment, a variable, a backslash before a quote, a NUL byte) is left to the slow reading, which says the same of what
//! is taken here. One that is longer than the buffer is passed over as it comes; where it turns out to hold something
//! else, the slow reading gets its beginning and goes on from there.

use super::Script;
use crate::plan::lexer::is_space;

/// How much of a statement is kept to show its beginning, and within what its first row must begin.
const HEAD: usize = 4096;

/// What a step over one part came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It ends here.
    At(usize),
    /// The text ends before it does.
    More,
    /// It is something else.
    Other,
}

/// The words before the rows, as they stood the last time: statements of one dump differ only in their rows.
#[derive(Debug, Default)]
pub(super) struct Bulk {
    words: Vec<u8>,
    name: String,
    /// Statements that were counted and not yet reported.
    counted: usize,
}

impl Script<'_, '_, '_> {
    /// Passes over what it can.
    pub(super) fn bulk(&mut self) {
        if self.reading.sent.is_some() {
            return; // somebody wants every message
        }
        let mut round = 0_u32;
        while self.cut.is_fresh() && !self.reading.stopped && self.lines.looks_like(b"insert ") {
            round = round.wrapping_add(1);
            if round.is_multiple_of(256) && self.reading.report.late() {
                break;
            }
            match self.whole() {
                Step::At(length) => self.take(length),
                Step::More if self.lines.gather() => {}
                Step::More if self.lines.is_full() => self.stream(),
                Step::More | Step::Other => break,
            }
        }
        self.flush();
    }

    /// The length of the statement that stands here, if it is one of those and ends, with its line, within the buffer.
    fn whole(&mut self) -> Step {
        let text = self.lines.ready();
        let known = !self.bulk.words.is_empty() && text.starts_with(&self.bulk.words);
        let from = if known { Some(self.bulk.words.len()) } else { words(text) };
        let Some(from) = from else { return if text.len() < HEAD { Step::More } else { Step::Other } };
        let mut at = from;
        let end = loop {
            let end = match row(text, at) {
                Step::At(end) => skip_space(text, end),
                other @ (Step::More | Step::Other) => return other,
            };
            match text.get(end) {
                Some(b',') => at = skip_space(text, end + 1),
                Some(b';') => break end + 1,
                Some(_) => return Step::Other,
                None => return Step::More,
            }
        };
        let rest = text.get(end..).unwrap_or_default();
        let space = rest.iter().take_while(|&&byte| byte == b' ' || byte == b'\r').count();
        match rest.get(space) {
            Some(b'\n') => {}
            Some(_) => return Step::Other, // perhaps a comment about this very statement
            None => return Step::More,
        }
        if !known {
            let words = text.get(..from).unwrap_or_default().to_owned();
            let name = name(&words);
            self.flush();
            (self.bulk.words, self.bulk.name) = (words, name);
        }
        Step::At(end + space + 1)
    }

    /// Takes a statement: it is listed if it is one of the first of its kind, and counted else.
    fn take(&mut self, length: usize) {
        if self.bulk.counted == 0 && self.reading.wants_insert(&self.bulk.name, self.file) {
            let text = self.lines.ready();
            let text = text.get(..length.min(HEAD)).unwrap_or_default().to_owned();
            let (line, name) = (self.lines.number() + 1, self.bulk.name.clone());
            self.reading.insert(&text, line, name, self.file);
        } else {
            self.bulk.counted += 1;
        }
        self.lines.pass(length);
    }

    fn flush(&mut self) {
        let counted = std::mem::take(&mut self.bulk.counted);
        if counted > 0 {
            self.reading.count_inserts(&self.bulk.name, self.file, counted);
        }
    }

    /// Passes over a statement that does not fit the buffer, row by row. What is no row of constants goes to the slow
    /// reading, with the words before it.
    fn stream(&mut self) {
        let text = self.lines.ready();
        let Some(from) = words(text) else { return };
        let start = text.get(..HEAD).unwrap_or_default().to_owned();
        let words = text.get(..from).unwrap_or_default().to_owned();
        let (line, name) = (self.lines.number() + 1, name(&words));
        self.lines.pass(from);
        let goes_on = loop {
            match row(self.lines.ready(), 0) {
                Step::At(end) => self.lines.pass(end),
                Step::More if self.lines.gather() => continue,
                Step::More if self.lines.is_full() => {
                    if let Err(rest) = self.long_row() {
                        break rest;
                    }
                }
                Step::More | Step::Other => break Rest::Open(b""),
            }
            match self.next() {
                Some(b',') if self.reading.report.late() => break Rest::Open(b"(NULL)"),
                Some(b',') => self.lines.pass(1),
                Some(b';') => {
                    self.lines.pass(1);
                    return self.reading.insert(&start, line, name, self.file);
                }
                _ => break Rest::Open(b"(NULL) "),
            }
            self.next();
        };
        let (row, quoted): (&'static [u8], bool) = match goes_on {
            Rest::Open(row) => (row, false),
            Rest::Quoted => (b"('", true),
        };
        self.cut.resume(&words, row, quoted, line);
    }

    /// Passes over space; answers with what stands behind it.
    fn next(&mut self) -> Option<u8> {
        loop {
            let space = skip_space(self.lines.ready(), 0);
            self.lines.pass(space);
            if let Some(&byte) = self.lines.ready().first() {
                return Some(byte);
            }
            if !self.lines.gather() {
                return None;
            }
        }
    }

    /// Passes over the row that stands here, with strings longer than the buffer; else answers what stands for the part
    /// of it that was passed.
    fn long_row(&mut self) -> Result<(), Rest> {
        self.lines.pass(1);
        loop {
            self.lines.gather();
            let text = self.lines.ready();
            match values(text, 0) {
                (_, Step::At(end)) => {
                    self.lines.pass(end);
                    return Ok(());
                }
                (at, Step::More) if text.get(at) == Some(&b'\'') => {
                    self.lines.pass(at + 1);
                    if !self.long_string() {
                        return Err(Rest::Quoted);
                    }
                    match self.next() {
                        Some(b',') => self.lines.pass(1),
                        Some(b')') => {
                            self.lines.pass(1);
                            return Ok(());
                        }
                        _ => return Err(Rest::Open(b"(''\n")),
                    }
                }
                (_, Step::More | Step::Other) => return Err(Rest::Open(b"(NULL, ")),
            }
        }
    }

    /// Passes over a string whose quote was passed. False before what may not be the end of it, or not to the server.
    fn long_string(&mut self) -> bool {
        loop {
            self.lines.gather();
            let text = self.lines.ready();
            let Some(at) = memchr::memchr2(b'\'', 0, text) else {
                if !self.lines.is_full() {
                    return false;
                }
                // The last byte stays: whether it is a backslash before a quote is seen next time.
                self.lines.pass(text.len() - 1);
                continue;
            };
            let backslash = at.checked_sub(1).and_then(|before| text.get(before)) == Some(&b'\\');
            match (text.get(at), text.get(at + 1)) {
                (Some(b'\''), _) if backslash => return false,
                (Some(b'\''), Some(b'\'')) => self.lines.pass(at + 2),
                (Some(b'\''), Some(_)) => {
                    self.lines.pass(at + 1);
                    return true;
                }
                (Some(b'\''), None) if self.lines.is_full() => self.lines.pass(at),
                _ => return false,
            }
        }
    }
}

/// Where the slow reading goes on.
enum Rest {
    /// Outside of strings, with this in place of the part of a row that was passed.
    Open(&'static [u8]),
    /// Within the first string of a row.
    Quoted,
}

fn skip_space(text: &[u8], from: usize) -> usize {
    from + text.get(from..).unwrap_or_default().iter().take_while(|&&byte| is_space(byte)).count()
}

/// The length of `INSERT INTO name [(columns)] VALUES ` and what stands before its first row.
fn words(text: &[u8]) -> Option<usize> {
    let text = text.get(..text.len().min(HEAD))?;
    let word = |at: usize, word: &[u8]| {
        let end = at + word.len();
        let is = text.get(at..end)?.eq_ignore_ascii_case(word) && text.get(end).is_some_and(|&byte| is_space(byte));
        is.then(|| skip_space(text, end))
    };
    let mut at = identifiers(text, word(word(0, b"insert")?, b"into")?)?;
    at = skip_space(text, at);
    if text.get(at) == Some(&b'(') {
        loop {
            at = identifier(text, skip_space(text, at + 1))?;
            at = skip_space(text, at);
            match text.get(at)? {
                b',' => {}
                b')' => break,
                _ => return None,
            }
        }
        at = skip_space(text, at + 1);
    }
    let end = at + 6;
    let values = text.get(at..end)?.eq_ignore_ascii_case(b"values");
    let at = skip_space(text, end);
    (values && text.get(at) == Some(&b'(')).then_some(at)
}

/// The name in such words, as written.
fn name(words: &[u8]) -> String {
    let from = words.iter().position(|&byte| byte == b'o' || byte == b'O').map_or(0, |at| at + 1);
    let from = skip_space(words, from);
    let end = identifiers(words, from).unwrap_or(from);
    String::from_utf8_lossy(words.get(from..end).unwrap_or_default()).into_owned()
}

/// Behind a name with dots in it.
fn identifiers(text: &[u8], from: usize) -> Option<usize> {
    let mut at = identifier(text, from)?;
    while text.get(at) == Some(&b'.') {
        at = identifier(text, at + 1)?;
    }
    Some(at)
}

/// Behind one name. Plain ones of the everyday kind only, and quoted ones without quotes in them.
fn identifier(text: &[u8], from: usize) -> Option<usize> {
    if text.get(from) == Some(&b'"') {
        let inside = text.get(from + 1..)?;
        let end = inside.iter().position(|&byte| matches!(byte, b'"' | b'\n' | 0))?;
        let at = from + end + 2;
        return (inside.get(end) == Some(&b'"') && end > 0 && text.get(at) != Some(&b'"')).then_some(at);
    }
    let plain = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    let length = text.get(from..)?.iter().take_while(plain).count();
    let starts = text.get(from).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    (starts && length > 0).then_some(from + length)
}

/// A row: constants in parentheses.
fn row(text: &[u8], from: usize) -> Step {
    match text.get(from) {
        Some(b'(') => values(text, from + 1).1,
        Some(_) => Step::Other,
        None => Step::More,
    }
}

/// Constants with commas between them, up to and with the closing parenthesis; and where the last of them began.
fn values(text: &[u8], from: usize) -> (usize, Step) {
    let mut at = from;
    loop {
        at = skip_space(text, at);
        let end = match value(text, at) {
            Step::At(end) => skip_space(text, end),
            other @ (Step::More | Step::Other) => return (at, other),
        };
        match text.get(end) {
            Some(b',') => at = end + 1,
            Some(b')') => return (at, Step::At(end + 1)),
            Some(_) => return (at, Step::Other),
            None => return (at, Step::More),
        }
    }
}

fn value(text: &[u8], from: usize) -> Step {
    match text.get(from) {
        None => Step::More,
        Some(b'\'') => string(text, from + 1),
        Some(b'0'..=b'9' | b'-' | b'.') => {
            // Digits with a sign and a point; what else runs into them is no number that all versions know.
            let rest = text.get(from..).unwrap_or_default();
            let sign = usize::from(rest.first() == Some(&b'-'));
            let digits = rest.get(sign..).unwrap_or_default();
            let length = digits.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
            let sound = digits.iter().take(length).filter(|&&byte| byte == b'.').count() <= 1;
            if length == 0 || !sound { Step::Other } else { ended(text, from + sign + length) }
        }
        Some(_) => {
            let rest = text.get(from..).unwrap_or_default();
            let length = rest.iter().take(8).take_while(|byte| byte.is_ascii_alphabetic()).count();
            let word = rest.get(..length).unwrap_or_default();
            let known =
                [&b"null"[..], b"true", b"false", b"default"].iter().any(|known| word.eq_ignore_ascii_case(known));
            if length == rest.len() {
                Step::More
            } else if known {
                ended(text, from + length)
            } else {
                Step::Other
            }
        }
    }
}

/// A number or a word ends where a comma, a parenthesis or space follows.
fn ended(text: &[u8], at: usize) -> Step {
    match text.get(at) {
        None => Step::More,
        Some(b',' | b')' | b' ' | b'\n' | b'\r' | b'\t') => Step::At(at),
        Some(_) => Step::Other,
    }
}

/// Behind a plain string whose quote was passed. One quote after another is a quote in it.
fn string(text: &[u8], from: usize) -> Step {
    let mut at = from;
    loop {
        let Some(found) = memchr::memchr2(b'\'', 0, text.get(at..).unwrap_or_default()) else { return Step::More };
        let quote = at + found;
        if text.get(quote) == Some(&0) || quote > from && text.get(quote - 1) == Some(&b'\\') {
            return Step::Other;
        }
        match text.get(quote + 1) {
            Some(b'\'') => at = quote + 2,
            // Space with a line end in it could continue the string: none of that here.
            Some(b',' | b')') => return Step::At(quote + 1),
            Some(b' ') if matches!(text.get(quote + 2), Some(b',' | b')')) => return Step::At(quote + 1),
            Some(_) => return Step::Other,
            None => return Step::More,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(text: &str) -> Option<usize> {
        match words(text.as_bytes()).map(|from| row(text.as_bytes(), from)) {
            Some(Step::At(end)) => Some(end),
            _ => None,
        }
    }

    #[test]
    fn rows_of_constants_are_taken() {
        for text in [
            "INSERT INTO t VALUES (1)",
            "insert into s.\"T x\" (a, \"b\", c) values (-1.5, 'it''s', NULL, true, DEFAULT, '', '\\x00', 'a\nb' )",
            "INSERT INTO t\n VALUES\n(1 , 'x\\\\' )".replace("\\\\", "").as_str(),
        ] {
            assert_eq!(length(text), Some(text.len()), "{text}");
        }
    }

    #[test]
    fn everything_else_is_left_to_the_slow_reading() {
        for text in [
            "INSERT INTO t SELECT 1",
            "INSERT INTO t VALUES (now())",
            "INSERT INTO t VALUES (E'a')",
            "INSERT INTO t VALUES ('a\\')",
            "INSERT INTO t VALUES ('a'::text)",
            "INSERT INTO t VALUES ('a' 'b')",
            "INSERT INTO t VALUES ('a'\n'b')",
            "INSERT INTO t VALUES (:x)",
            "INSERT INTO t VALUES (1 -- x\n)",
            "INSERT INTO t VALUES (0x1F)",
            "INSERT INTO t VALUES (1.2.3)",
            "INSERT INTO t VALUES (nullif(1, 1))",
            "INSERT INTO t VALUES ('a\0b')",
            "INSERT INTO :t VALUES (1)",
            "INSERT INTO t AS x VALUES (1)",
            "INSERT INTO t (a[1]) VALUES (1)",
            "INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (1)",
            "INSERT INTO t VALUES ($$a$$)",
            "INSERT INTO t VALUES (--1)",
            "INSERT INTO t VALUES (-)",
        ] {
            assert_eq!(length(text), None, "{text}");
        }
    }
}
