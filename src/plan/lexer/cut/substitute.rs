//! Psql variables put into the text where their names stand (`psqlscan.l`).

use super::{Cut, LONGEST_NAME, SUBSTITUTIONS};
use crate::plan::lexer::{Variables, continues_name, in_variable};

impl Cut {
    /// `:name`, `:'name'`, `:"name"`, `:{?name}`; `::` and `:=` are operators.
    pub(super) fn colon(&mut self, variables: &Variables) {
        // Only as far as a name could reach: a line may be long and full of casts.
        let rest = self.rest().get(1..).unwrap_or_default();
        let rest = rest.get(..rest.len().min(LONGEST_NAME)).unwrap_or_default().to_owned();
        let length = |text: &[u8]| text.iter().position(|&byte| !in_variable(byte)).unwrap_or(text.len());
        match rest.first() {
            Some(b':' | b'=') => self.take_bytes(2),
            Some(&quote @ (b'\'' | b'"')) => {
                let name = rest.get(1..).unwrap_or_default();
                let name = name.get(..length(name)).unwrap_or_default();
                if name.is_empty() || rest.get(name.len() + 1) != Some(&quote) {
                    return self.take_bytes(1);
                }
                self.skip(name.len() + 3);
                self.put_quoted(variables.get(name).unwrap_or(name), quote);
            }
            Some(b'{') if rest.starts_with(b"{?") => {
                let close = memchr::memchr(b'}', &rest).unwrap_or(0);
                self.skip(close + 2);
                self.put(b" TRUE ");
            }
            Some(&byte) if in_variable(byte) => {
                let name = rest.get(..length(&rest)).unwrap_or_default();
                self.substitute(name, variables.get(name));
            }
            _ => self.take_bytes(1),
        }
    }

    /// A value as the literal or name that psql would make of it: safe, whatever it holds.
    fn put_quoted(&mut self, value: &[u8], quote: u8) {
        let mut quoted = vec![quote];
        for &byte in value {
            quoted.extend(std::iter::repeat_n(byte, if byte == quote { 2 } else { 1 }));
        }
        quoted.push(quote);
        if value.contains(&b'\\') && quote == b'\'' {
            self.put(b" E");
            quoted =
                quoted.iter().flat_map(|&byte| std::iter::repeat_n(byte, if byte == b'\\' { 2 } else { 1 })).collect();
        }
        self.put(&quoted);
    }

    /// The value takes the name's place and is read on like the rest of the line.
    fn substitute(&mut self, name: &[u8], value: Option<&[u8]>) {
        if name.iter().all(u8::is_ascii_digit) && value.is_none() {
            return self.take_bytes(name.len() + 1); // `[1:2]`
        }
        self.substitutions += 1;
        let Some(value) = value.filter(|_| self.substitutions < SUBSTITUTIONS) else {
            self.take_bytes(name.len() + 1);
            return self.doubt("variable", "the value of a psql variable is not known beforehand");
        };
        let mut line = value.to_owned();
        let after = self.rest().get(name.len() + 1..).unwrap_or_default().to_owned();
        if merges(self.message.text.last(), value.first()) || merges(value.last(), after.first()) {
            self.doubt("variable", "a psql variable runs into the text beside it");
        }
        line.extend_from_slice(&after);
        (self.line, self.at) = (line, 0);
    }
}

/// Whether two bytes read together mean more than apart; psql reads a variable's value apart, the server does not.
fn merges(left: Option<&u8>, right: Option<&u8>) -> bool {
    let (Some(&left), Some(&right)) = (left, right) else { return false };
    let words = continues_name(left) && continues_name(right);
    words
        || matches!((left, right), (b'-', b'-') | (b'/', b'*') | (b'*', b'/') | (b'\'', b'\'') | (b'"', b'"'))
        || right == b'\'' && continues_name(left)
}
