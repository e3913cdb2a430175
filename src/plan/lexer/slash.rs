//! Meta-commands as psql reads them (`psqlscanslash.l`): the name, and arguments with quotes, back-ticks and variables.
//!
//! What a command does is not decided here.

use super::{Variables, in_variable, is_space};

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plan) struct Argument {
    /// Its value; what is not certain is missing from it.
    pub(in crate::plan) text: Vec<u8>,
    /// Whether the value is all there.
    pub(in crate::plan) certain: bool,
    /// Whether a part of it is the output of a shell command.
    pub(in crate::plan) shell: bool,
    /// Whether it began with an unquoted `|`: the rest of the line is a shell command.
    pub(in crate::plan) pipe: bool,
}

/// The name of the command at the start of `text` (behind the backslash), and its length.
///
/// psql ends it at space or a backslash; a semicolon at its end is left out, as the commands themselves do.
pub(in crate::plan) fn name(text: &[u8]) -> (&[u8], usize) {
    let end = text.iter().position(|&byte| is_space(byte) || byte == b'\\').unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default();
    let bare = name.iter().rposition(|&byte| byte != b';').map_or(0, |last| last + 1);
    (name.get(..bare).unwrap_or_default(), end)
}

/// The arguments at the start of `text`, up to the next backslash or the end, and the length of it all.
///
/// `pipes`: an argument that begins with `|` takes the rest of the line (`OT_FILEPIPE`).
pub(in crate::plan) fn arguments(text: &[u8], variables: &Variables, pipes: bool) -> (Vec<Argument>, usize) {
    let mut reader = Reader { text, at: 0, variables };
    let mut arguments = Vec::new();
    loop {
        reader.at += reader.rest().iter().take_while(|&&byte| is_space(byte)).count();
        match reader.peek() {
            None | Some(b'\\') => break,
            Some(b'|') if pipes => {
                let text = reader.rest().to_owned();
                reader.at = reader.text.len();
                arguments.push(Argument { text, certain: true, shell: false, pipe: true });
            }
            Some(_) => arguments.push(reader.argument()),
        }
    }
    // `\\` ends the command and is eaten; a single backslash begins the next one.
    if reader.rest().starts_with(b"\\\\") {
        reader.at += 2;
    }
    (arguments, reader.at)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    variables: &'a Variables,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    fn argument(&mut self) -> Argument {
        let mut argument = Argument { text: Vec::new(), certain: true, shell: false, pipe: false };
        let mut quoted = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => break,
                byte if is_space(byte) => break,
                b'\'' => (quoted, ()) = (true, self.quoted(&mut argument)),
                b'"' => {
                    // The quotes stay: they matter only to commands that take names.
                    let end = memchr::memchr(b'"', self.rest().get(1..).unwrap_or_default());
                    self.take(end.map_or(self.rest().len(), |end| end + 2), &mut argument.text);
                }
                b'`' => {
                    let end = memchr::memchr(b'`', self.rest().get(1..).unwrap_or_default());
                    self.at += end.map_or(self.rest().len(), |end| end + 2);
                    (argument.certain, argument.shell) = (false, true);
                }
                b':' => self.variable(&mut argument),
                _ => self.take(1, &mut argument.text),
            }
        }
        while !quoted && argument.text.last() == Some(&b';') {
            argument.text.pop();
        }
        argument
    }

    fn take(&mut self, length: usize, into: &mut Vec<u8>) {
        into.extend_from_slice(self.rest().get(..length).unwrap_or_default());
        self.at += length;
    }

    /// A quoted part; a backslash escapes as in C, of which only the next byte matters here.
    fn quoted(&mut self, argument: &mut Argument) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            match (byte, self.rest().get(1)) {
                (b'\'', Some(b'\'')) => (self.at, ()) = (self.at + 2, argument.text.push(b'\'')),
                (b'\'', _) => {
                    self.at += 1;
                    return;
                }
                (b'\\', Some(&next)) => {
                    // `\n`, `\x41`, `\101` stand for other bytes; a path or value with one is not worth decoding.
                    argument.certain &= !next.is_ascii_alphanumeric();
                    argument.text.push(next);
                    self.at += 2;
                }
                _ => self.take(1, &mut argument.text),
            }
        }
        argument.certain = false; // psql says "unterminated quoted string"
    }

    fn variable(&mut self, argument: &mut Argument) {
        let after = self.rest().get(1..).unwrap_or_default();
        let quote = after.first().copied().filter(|byte| matches!(byte, b'\'' | b'"'));
        let name = after.get(usize::from(quote.is_some())..).unwrap_or_default();
        let length = name.iter().position(|&byte| !in_variable(byte)).unwrap_or(name.len());
        let closed = quote.is_none_or(|quote| name.get(length) == Some(&quote));
        if after.starts_with(b"{?") {
            argument.certain = false;
            self.at += memchr::memchr(b'}', self.rest()).map_or(1, |end| end + 1);
        } else if length == 0 || !closed {
            self.take(1, &mut argument.text);
        } else {
            let value = self.variables.get(name.get(..length).unwrap_or_default());
            argument.certain &= value.is_some() && quote.is_none();
            argument.text.extend_from_slice(value.unwrap_or_default());
            self.at += 1 + length + if quote.is_some() { 2 } else { 0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, pipes: bool) -> (Vec<String>, &str) {
        let mut variables = Variables::default();
        variables.set(b"dir", Some(b"/sql"));
        let (arguments, length) = arguments(text.as_bytes(), &variables, pipes);
        let shown = arguments.iter().map(|argument| {
            let text = String::from_utf8_lossy(&argument.text).into_owned();
            format!("{text}{}{}", if argument.certain { "" } else { "?" }, if argument.shell { "!" } else { "" })
        });
        (shown.collect(), &text[length..])
    }

    #[test]
    fn arguments_end_at_space_and_at_a_backslash() {
        assert_eq!(read(" a 'b c' d''e;\\dt", false), (vec!["a".into(), "b c".into(), "de;".into()], "\\dt"));
        assert_eq!(read(" t; \\\\ drop table x;", false), (vec!["t".into()], " drop table x;"));
    }

    #[test]
    fn an_open_quote_takes_the_rest_of_the_line() {
        assert_eq!(read(" it's \\\\ drop", false), (vec!["its \\ drop?".into()], ""));
    }

    #[test]
    fn variables_and_shell_commands_are_marked() {
        assert_eq!(read(" :dir/a.sql :no/b `date` :'dir'", false).0, ["/sql/a.sql", "/b?", "?!", "/sql?"]);
    }

    #[test]
    fn a_pipe_takes_the_rest_of_the_line_only_where_files_are_named() {
        assert_eq!(read(" |gzip > x \\\\ y", true), (vec!["|gzip > x \\\\ y".into()], ""));
        assert_eq!(read(" |a b", false).0, ["|a", "b"]);
    }

    #[test]
    fn a_name_ends_at_space_or_a_backslash() {
        assert_eq!(name(b"dt+;  x"), (b"dt+".as_slice(), 4));
        assert_eq!(name(b"a\\dt"), (b"a".as_slice(), 1));
    }
}
