//! Two readings of the same text: how psql cuts it into messages, and how the server reads one message.
//!
//! They differ (psql reads line by line and knows variables and meta-commands, the server continues strings over
//! lines), and each difference can hide a write. So [`cut`] decides only what is sent together, and [`token`] alone
//! decides what a message says. Both work on bytes: a script need not be UTF-8. Sources of the rules: `psqlscan.l`,
//! `psqlscanslash.l`, `mainloop.c` and `scan.l` of PostgreSQL 10 to 18.

mod asides;
pub(super) mod cut;
pub(super) mod lines;
pub(super) mod slash;
pub(super) mod token;
mod variables;

pub(super) use variables::Variables;

/// The first byte of an identifier (`ident_start` in `scan.l`).
fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

/// A further byte of an identifier (`ident_cont`), which may be `$`.
fn continues_name(byte: u8) -> bool {
    starts_name(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// What psql takes for the name of a variable (`variable_char` in `psqlscan.l`).
fn in_variable(byte: u8) -> bool {
    starts_name(byte) || byte.is_ascii_digit()
}

/// The length of a dollar quote's delimiter at the start of `text`: `$$`, `$tag$`.
fn dollar_tag(text: &[u8]) -> Option<usize> {
    let inside = text.strip_prefix(b"$")?;
    let end = inside.iter().position(|&byte| !in_variable(byte)).unwrap_or(inside.len());
    let starts = inside.first().is_some_and(|&byte| starts_name(byte) || byte == b'$');
    (starts && inside.get(end) == Some(&b'$')).then_some(end + 2)
}

/// Space as both lexers see it.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}
