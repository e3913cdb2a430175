//! Connection strings: `host=db port=5432`, with libpq's own quoting.
//!
//! Imitates `conninfo_parse` of fe-connect.c, as documented under "34.1.1.1 Keyword/Value Connection Strings". What a
//! string says is kept in order; what it means is decided by [`super::defaults`].

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::origin::Origin;
use super::{keywords, uri};
use crate::text::Untrusted;

/// One connection parameter and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// The libpq keyword.
    pub(super) keyword: &'static str,
    /// The value; empty is not the same as absent.
    pub(super) value: OsString,
    /// Where it came from.
    pub(super) origin: Origin,
}

/// Why a connection cannot be settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Every libpq stops here, before it connects.
    Rejected(String),
    /// It depends on what cannot be known from here.
    Unclear(String),
}

/// Whether libpq takes a database name for a connection string (`recognized_connection_string`).
pub(super) fn is_connection_string(text: &[u8]) -> bool {
    uri::prefix(text).is_some() || text.contains(&b'=')
}

/// Reads a connection string or URI. Each keyword is there once: the last mention counts.
pub(super) fn parse(text: &[u8], origin: &Origin) -> Result<Vec<Setting>, Trouble> {
    let pairs = match uri::prefix(text) {
        Some(rest) => uri::pairs(rest)?,
        None => pairs(text)?,
    };
    let mut settings = Vec::with_capacity(pairs.len());
    for (keyword, value) in pairs {
        store(&mut settings, &keyword, value, origin)?;
    }
    Ok(settings)
}

/// Puts one pair in, in the place of an earlier one (`conninfo_storeval`).
fn store(settings: &mut Vec<Setting>, keyword: &[u8], value: Vec<u8>, origin: &Origin) -> Result<(), Trouble> {
    let (keyword, value) = match keyword {
        b"requiressl" => ("sslmode", if value.starts_with(b"1") { b"require".to_vec() } else { b"prefer".to_vec() }),
        name => (keywords::find(name).ok_or_else(|| unknown(name, settings))?, value),
    };
    let setting =
        Setting { keyword, value: OsString::from_vec(value), origin: Origin::Conninfo(Box::new(origin.clone())) };
    match settings.iter_mut().find(|earlier| earlier.keyword == keyword) {
        Some(earlier) => *earlier = setting,
        None => settings.push(setting),
    }
    Ok(())
}

/// Known releases reject it. A release that is not known may take it, and may let it decide the target.
pub(super) fn unknown(keyword: &[u8], before: &[Setting]) -> Trouble {
    if !keywords::is_plausible(keyword) {
        return Trouble::Rejected("a connection string has a word before `=` that is no parameter".to_owned());
    }
    // It may be the rest of a password that was not quoted.
    let secret = before.iter().any(|setting| matches!(setting.keyword, "password" | "sslpassword"));
    let keyword = if secret { "***".into() } else { String::from_utf8_lossy(keyword) };
    Trouble::Unclear(format!("`{}` is not a connection parameter that dbguard knows", Untrusted::text(&keyword)))
}

/// A keyword and its value, as bytes.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

fn pairs(text: &[u8]) -> Result<Vec<Pair>, Trouble> {
    let mut rest = text.trim_ascii_start_c();
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let (keyword, after) = keyword(rest)?;
        let (value, after) = value(after.trim_ascii_start_c())?;
        pairs.push((keyword.to_vec(), value));
        rest = after.trim_ascii_start_c();
    }
    Ok(pairs)
}

/// Up to `=`, blanks allowed before it.
fn keyword(text: &[u8]) -> Result<(&[u8], &[u8]), Trouble> {
    let end = text.iter().position(|&byte| byte == b'=' || is_space(byte)).unwrap_or(text.len());
    let (name, after) = text.split_at_checked(end).unwrap_or((text, &[]));
    match after.trim_ascii_start_c().split_first() {
        Some((b'=', after)) => Ok((name, after)),
        // The text stays unsaid: it may be a part of a password that was not quoted.
        _ => Err(Trouble::Rejected("a connection string has a word without `=`".to_owned())),
    }
}

fn value(text: &[u8]) -> Result<(Vec<u8>, &[u8]), Trouble> {
    match text.split_first() {
        Some((b'\'', quoted)) => quoted_value(quoted),
        _ => Ok(plain_value(text)),
    }
}

/// Up to a blank; a backslash takes the next byte as it is.
fn plain_value(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut value = Vec::new();
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\\' => escaped(&mut value, &mut rest),
            byte if is_space(byte) => break,
            byte => value.push(byte),
        }
    }
    (value, rest)
}

/// Up to the closing quote, which need not be followed by a blank.
fn quoted_value(text: &[u8]) -> Result<(Vec<u8>, &[u8]), Trouble> {
    let mut value = Vec::new();
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\\' => escaped(&mut value, &mut rest),
            b'\'' => return Ok((value, rest)),
            byte => value.push(byte),
        }
    }
    Err(Trouble::Rejected("a connection string has an unterminated quote".to_owned()))
}

fn escaped(value: &mut Vec<u8>, rest: &mut &[u8]) {
    if let Some((&byte, after)) = rest.split_first() {
        value.push(byte);
        *rest = after;
    }
}

/// `isspace` of the C locale: `is_ascii_whitespace` and the vertical tab.
pub(super) fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'\x0b'
}

/// Trimming by C's idea of a blank.
pub(super) trait TrimC {
    /// Without leading blanks.
    fn trim_ascii_start_c(&self) -> &Self;
    /// Without trailing blanks.
    fn trim_ascii_end_c(&self) -> &Self;
}

impl TrimC for [u8] {
    fn trim_ascii_start_c(&self) -> &Self {
        let start = self.iter().position(|&byte| !is_space(byte)).unwrap_or(self.len());
        self.get(start..).unwrap_or_default()
    }

    fn trim_ascii_end_c(&self) -> &Self {
        let end = self.iter().rposition(|&byte| !is_space(byte)).map_or(0, |at| at + 1);
        self.get(..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Vec<(&'static str, String)>, Trouble> {
        let settings = parse(text, &Origin::Argument(1))?;
        Ok(settings
            .into_iter()
            .map(|setting| (setting.keyword, setting.value.to_string_lossy().into_owned()))
            .collect())
    }

    #[test]
    fn quotes_and_backslashes_are_libpqs_own() {
        let settings = read(b" host = 'a b'port=1 user=a\\ b password='it\\'s' dbname=\tx'y\x0b").unwrap();
        let expected = [("host", "a b"), ("port", "1"), ("user", "a b"), ("password", "it's"), ("dbname", "x'y")];
        assert_eq!(settings, expected.map(|(keyword, value)| (keyword, value.to_owned())));
    }

    #[test]
    fn the_last_mention_counts_and_an_empty_value_is_a_value() {
        assert_eq!(read(b"host=a host=b port=''").unwrap(), [("host", "b".to_owned()), ("port", String::new())]);
    }

    #[test]
    fn the_old_spelling_of_sslmode_is_known() {
        assert_eq!(read(b"requiressl=1").unwrap(), [("sslmode", "require".to_owned())]);
    }

    #[test]
    fn no_message_shows_a_part_of_the_text() {
        let texts: [&[u8]; 6] = [
            b"password=se cret",
            b"password='secret",
            b"host=a se'cret=1",
            b"postgres://u:secret@[::1/d",
            b"postgres://u:se%zzcret@h/d",
            b"postgres://h/d?secret",
        ];
        for text in texts {
            let told = format!("{:?}", read(text).unwrap_err());
            assert!(!told.contains("cret"), "{told}");
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let alphabet = b"=' \\@/:?&%,[]a0p\xff\n";
        let mut state = 1_u64;
        for _ in 0..20_000 {
            let mut text = if state.is_multiple_of(3) { b"postgres://".to_vec() } else { Vec::new() };
            for _ in 0..state % 17 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push(alphabet[usize::try_from(state >> 33).unwrap() % alphabet.len()]);
            }
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let _ = read(&text);
        }
    }
}
