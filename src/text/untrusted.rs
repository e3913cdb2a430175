//! Text from outside, shown inertly: one line, no control sequences, nothing that reorders or hides.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::path::Path;

/// Wraps text from outside; its `Display` is safe for a terminal and keeps to one line.
///
/// Control characters (C0, C1, DEL), bidirectional and zero-width characters, and tag characters are written as
/// escapes, the way `fd` does it (`\x1B`, `\u{202E}`); bytes that are not UTF-8 become `U+FFFD`.
#[derive(Clone, Debug)]
pub struct Untrusted<'a>(Cow<'a, str>);

impl<'a> Untrusted<'a> {
    /// Wraps an operating-system string.
    pub fn os(text: &'a OsStr) -> Self {
        Self(text.to_string_lossy())
    }

    /// Wraps a path.
    pub fn path(path: &'a Path) -> Self {
        Self::os(path.as_os_str())
    }

    /// Wraps a string.
    pub fn text(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl fmt::Display for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\0'..='\x1f' | '\x7f' => write!(f, "\\x{:02X}", u32::from(c))?,
                c if misleads(c) => write!(f, "\\u{{{:X}}}", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Characters that hide, reorder or restyle their neighbours.
pub(crate) fn misleads(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'         // C1 controls: CSI and OSC in one character
        | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}'   // zero width, left-to-right and right-to-left marks
        | '\u{2028}'..='\u{202e}'   // line separators, bidirectional embedding
        | '\u{2060}'..='\u{206f}'   // invisible operators, bidirectional isolates
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' // tags
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_sequence_and_a_line_break_are_shown_and_not_obeyed() {
        let shown = Untrusted::text("db\x1b]0;staging\x07\r\nok").to_string();
        assert_eq!(shown, "db\\x1B]0;staging\\x07\\x0D\\x0Aok");
    }

    #[test]
    fn bidirectional_and_invisible_characters_are_shown() {
        assert_eq!(Untrusted::text("a\u{202e}b\u{200b}c\u{9b}1m").to_string(), "a\\u{202E}b\\u{200B}c\\u{9B}1m");
    }

    #[test]
    fn plain_text_in_any_script_is_left_alone() {
        assert_eq!(Untrusted::text("датабаза-デ").to_string(), "датабаза-デ");
    }
}
