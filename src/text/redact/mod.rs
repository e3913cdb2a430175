//! Secrets taken out of text before it is shown or written.
//!
//! A secret that is shown is a bug; a word too many that is hidden is not. So several readings of a text each name the
//! ranges that may hold a secret (as SQL, as a URI, as `key=value`, as a message of libpq's), and all of them are masked.
//! No reading can undo another's, and one that misreads hostile text hides too much of it. It knows the shapes of
//! secrets and not the secrets themselves, but for [`known`], which is told them.

mod assignment;
mod message;
mod name;
mod sql;
mod uri;

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;

use super::Secret;
use assignment::Extent;

use crate::order;

/// Ranges of a text that may hold a secret, in any order; an empty one hides that nothing stands there.
type Spans = Vec<Range<usize>>;

/// What is shown in place of a secret.
const MASK: &str = "***";

/// SQL as psql reads it: statements and backslash commands. A text that mentions passwords anywhere loses every string
/// constant and comment in it, since any of them may be the one that ends up as the password.
pub fn sql(text: &str) -> Cow<'_, str> {
    let mut spans = sql::spans(text);
    spans.extend(assignment::spans(text, Extent::Sql));
    mask(text, spans)
}

/// One word of argv: a URI, a conninfo string, `NAME=value`, `--option=value`, SQL, or anything else. Bytes that are not
/// UTF-8 are written as `\xNN`.
pub fn argument(word: &OsStr) -> String {
    let text = decode(word);
    let mut spans = uri::spans(&text, Extent::Word);
    let start = value_start(&text);
    let value = text.get(start..).unwrap_or_default();
    spans.extend(sql::spans(value).into_iter().map(|span| start + span.start..start + span.end));
    let extent = if sql::starts_like_sql(value) { Extent::Sql } else { Extent::Word };
    spans.extend(assignment::spans(&text, extent));
    mask(&text, spans).into_owned()
}

/// A name of a database, a role or a host. A tool takes a mistyped URI, or a URI where it expects none, for a plain
/// name, and its password would stand there; plain names are left alone.
pub fn identifier(value: &OsStr) -> String {
    let odd = |byte: &u8| matches!(byte, b'=' | b'@' | b'/');
    if value.as_bytes().iter().any(odd) { argument(value) } else { value.to_string_lossy().into_owned() }
}

/// All words of argv, each with the word before it in mind: `--password secret` is two.
pub fn arguments(words: &[OsString]) -> Vec<String> {
    let mut expected = false;
    let mut shown = Vec::with_capacity(words.len());
    for word in words {
        let text = argument(word);
        let option = word.as_bytes().starts_with(b"-");
        shown.push(if expected && !option { MASK.to_owned() } else { text });
        expected = option && name::is_secret(&word.to_string_lossy());
    }
    shown
}

/// The same for this tool. Of clients of other systems nothing is shown but the tool: a password may stand behind a letter
/// (`mysql -psecret`), and in commands whose language is not read here (`redis-cli auth secret`). `password` is what the tool
/// itself takes for one, behind a letter too (`supabase db push -p secret`).
pub fn command(tool: &str, words: &[OsString], password: Option<&OsStr>) -> Vec<String> {
    match tool {
        "mysql" | "mariadb" | "mycli" | "mongosh" | "redis-cli" | "sqlcmd" => {
            words.first().map(|_| MASK.to_owned()).into_iter().collect()
        }
        _ => {
            let mut shown = arguments(words);
            let secret = password.map(OsStr::as_bytes).filter(|password| !password.is_empty());
            for (shown, word) in shown.iter_mut().zip(words) {
                if secret.is_some_and(|secret| word.as_bytes().ends_with(secret)) {
                    MASK.clone_into(shown);
                }
            }
            shown
        }
    }
}

/// Free text, such as the error output of a tool. Prose is left readable: `password authentication failed` is.
pub fn text(text: &str) -> Cow<'_, str> {
    let mut spans = uri::spans(text, Extent::Line);
    spans.extend(assignment::spans(text, Extent::Line));
    spans.extend(message::spans(text));
    mask(text, spans)
}

/// Takes out secrets that are known, wherever they stand and whatever surrounds them.
pub fn known<'a>(text: &'a str, secrets: &[Secret]) -> Cow<'a, str> {
    let mut spans = Spans::new();
    for secret in secrets {
        let secret = secret.expose().to_string_lossy();
        if !secret.is_empty() {
            spans.extend(text.match_indices(&*secret).map(|(at, found)| at..at + found.len()));
        }
    }
    mask(text, spans)
}

/// The text with every span masked; spans that touch or overlap become one mask.
fn mask(text: &str, mut spans: Spans) -> Cow<'_, str> {
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    order::sort_by_key(&mut spans, |span| (span.start, span.end));
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    let mut open = false;
    for span in spans {
        if span.start > done || !open {
            masked.push_str(text.get(done..span.start.max(done)).unwrap_or_default());
            masked.push_str(MASK);
            open = true;
        }
        done = done.max(span.end);
    }
    masked.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(masked)
}

/// Where the value of a word begins: behind `--option=` or `-c`, whose dashes are no comment of SQL; else at once. A word
/// of which white space comes first is SQL that begins with a comment.
fn value_start(text: &str) -> usize {
    let name = text.split('=').next().unwrap_or_default();
    if !text.starts_with('-') || name.contains(char::is_whitespace) && text.starts_with("--") {
        return 0;
    }
    if text.starts_with("--") {
        return text.len().min(name.len() + 1);
    }
    text.char_indices().nth(2).map_or(text.len(), |(at, _)| at)
}

/// As text; a byte that is not UTF-8 as `\xNN`, so that two words that differ are shown differently.
fn decode(word: &OsStr) -> Cow<'_, str> {
    if let Some(text) = word.to_str() {
        return Cow::Borrowed(text);
    }
    let mut text = String::new();
    for chunk in word.as_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _infallible = write!(text, "\\x{byte:02X}");
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_behind_a_letter_is_hidden_for_the_tools_that_have_one() {
        let shown = |tool: &str, line: &str| {
            command(tool, &line.split(' ').map(OsString::from).collect::<Vec<_>>(), Some("sesame".as_ref())).join(" ")
        };
        assert_eq!(shown("mysql", "-h db -u app -psesame shop"), "***");
        assert_eq!(shown("redis-cli", "-h db config set requirepass sesame"), "***");
        assert_eq!(shown("psql", "-h db app"), "-h db app");
        assert_eq!(shown("supabase", "db push -p sesame --yes"), "db push -p *** --yes");
        assert_eq!(shown("npx", "postgrator -psesame 3"), "postgrator *** 3");
    }
}
