//! Secrets taken out of text before it is shown or written.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

/// SQL, or a file of it.
pub fn sql(text: &str) -> Cow<'_, str> {
    self::text(text)
}

/// One word of argv.
pub fn argument(word: &OsStr) -> String {
    text(&word.to_string_lossy()).into_owned()
}

/// All words of argv, each with the word before it in mind (`--password secret`).
pub fn arguments(words: &[OsString]) -> Vec<String> {
    words.iter().map(|word| argument(word)).collect()
}

/// Free text, such as the error output of a tool.
pub fn text(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    if ["passw", "pwd", "secret", "token", "://"].iter().any(|word| lower.contains(word)) {
        return Cow::Borrowed("***");
    }
    Cow::Borrowed(text)
}
