//! Quoting: for commands that are shown to be typed again, and for the values in the init code.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// `word` as one word of a POSIX shell: bare where that is plainly safe, else in single quotes.
///
/// Not for bytes that are not UTF-8 (they are shown lossily) and not for text that a terminal would obey: pass the
/// result through [`crate::text::Untrusted`] before it is shown.
pub fn posix(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Single quotes around every byte as it is. `quote` is what stands for a single quote; where the shell reads a
/// backslash in single quotes (fish does, POSIX shells do not), it is doubled.
pub(super) fn single(text: &OsStr, quote: &[u8], backslash: bool) -> Vec<u8> {
    let mut out = vec![b'\''];
    for &byte in text.as_bytes() {
        match byte {
            b'\'' => out.extend_from_slice(quote),
            b'\\' if backslash => out.extend_from_slice(b"\\\\"),
            byte => out.push(byte),
        }
    }
    out.push(b'\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_needed() {
        assert_eq!(posix(OsStr::new("--host=db1.example.com")), "--host=db1.example.com");
        assert_eq!(posix(OsStr::new("DROP TABLE t;")), "'DROP TABLE t;'");
        assert_eq!(posix(OsStr::new("it's")), r"'it'\''s'");
        assert_eq!(posix(OsStr::new("")), "''");
    }

    #[test]
    fn a_quote_and_a_backslash_are_written_as_each_shell_reads_them() {
        assert_eq!(single(OsStr::new(r"it's \ $x"), b"'\\''", false), br"'it'\''s \ $x'");
        assert_eq!(single(OsStr::new(r"it's \ $x"), b"\\'", true), br"'it\'s \\ $x'");
    }
}
