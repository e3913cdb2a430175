//! Quoting for POSIX shells, for commands that are shown to be typed again.

use std::ffi::OsStr;

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
}
