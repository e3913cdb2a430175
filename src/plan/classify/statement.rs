//! One statement as a row of tokens, with the few questions that all families of statements ask of it.

use crate::plan::lexer::token::{Kind, Token};
use crate::text::redact;

/// One statement, or a statement within one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement<'a> {
    /// The whole message.
    text: &'a [u8],
    tokens: &'a [Token],
    /// Which of the message's tokens is the first.
    base: usize,
}

impl<'a> Statement<'a> {
    pub(super) fn new(text: &'a [u8], tokens: &'a [Token]) -> Self {
        Self { text, tokens, base: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The part from this token on.
    pub(super) fn from(&self, at: usize) -> Self {
        self.range(at, self.len())
    }

    /// The part between two tokens.
    pub(super) fn range(&self, from: usize, to: usize) -> Self {
        let tokens = self.tokens.get(from..to.max(from)).unwrap_or_default();
        Self { text: self.text, tokens, base: self.base + from }
    }

    /// Where it begins in the message, in bytes.
    pub(super) fn start(&self) -> usize {
        self.tokens.first().map_or(self.text.len(), |token| token.start as usize)
    }

    /// Which of the message's tokens it is.
    pub(super) fn tokens(&self) -> std::ops::Range<usize> {
        self.base..self.base + self.tokens.len()
    }

    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// Depth of parentheses relative to the first token.
    pub(super) fn depth(&self, at: usize) -> u32 {
        let base = self.tokens.first().map_or(0, |token| token.depth);
        self.tokens.get(at).map_or(0, |token| token.depth.saturating_sub(base))
    }

    /// Depth of parentheses in the whole message.
    pub(super) fn absolute_depth(&self, at: usize) -> u32 {
        self.tokens.get(at).map_or(0, |token| token.depth)
    }

    pub(super) fn bytes(&self, at: usize) -> &'a [u8] {
        self.tokens
            .get(at)
            .and_then(|token| self.text.get(token.start as usize..token.end as usize))
            .unwrap_or_default()
    }

    /// Whether this is the unquoted word.
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.kind(at) == Some(Kind::Word) && self.bytes(at).eq_ignore_ascii_case(word.as_bytes())
    }

    /// Whether this is one of the unquoted words.
    pub(super) fn any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    /// Whether these words stand here one after another.
    pub(super) fn are(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| self.is(at + offset, word))
    }

    pub(super) fn symbol(&self, at: usize, symbol: u8) -> bool {
        self.kind(at) == Some(Kind::Symbol) && self.bytes(at) == [symbol]
    }

    /// Whether a name could stand here: a word or a quoted name.
    pub(super) fn named(&self, at: usize) -> bool {
        matches!(self.kind(at), Some(Kind::Word | Kind::Name))
    }

    /// The word in lower case; empty where none stands.
    pub(super) fn word(&self, at: usize) -> String {
        match self.kind(at) {
            Some(Kind::Word) => String::from_utf8_lossy(self.bytes(at)).to_ascii_lowercase(),
            Some(Kind::Name | Kind::Text | Kind::Number | Kind::Parameter | Kind::Symbol) | None => String::new(),
        }
    }

    /// The name as the server takes it: lower case unless quoted. `U&"…"` keeps its spelling, which matches nothing.
    pub(super) fn identifier(&self, at: usize) -> String {
        let text = String::from_utf8_lossy(self.bytes(at));
        match self.kind(at) {
            Some(Kind::Name) => {
                let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
                inside.map_or_else(|| text.to_string(), |inside| inside.replace("\"\"", "\""))
            }
            Some(Kind::Word) => text.to_ascii_lowercase(),
            Some(Kind::Text | Kind::Number | Kind::Parameter | Kind::Symbol) | None => String::new(),
        }
    }

    /// The content of a plain string without escapes; `None` for every other token.
    pub(super) fn literal(&self, at: usize) -> Option<String> {
        let text = std::str::from_utf8(self.bytes(at)).ok()?;
        let inside = text.strip_prefix('\'')?.strip_suffix('\'')?;
        (self.kind(at) == Some(Kind::Text) && !inside.contains(['\'', '\\'])).then(|| inside.to_owned())
    }

    /// The token of the parenthesis that closes the one at `open`; the length if none does.
    pub(super) fn close(&self, open: usize) -> usize {
        let pair = self.tokens.get(open).map_or(u32::MAX, |token| token.pair) as usize;
        pair.saturating_sub(self.base).min(self.len())
    }

    /// The first of these words from `from` on that stands outside parentheses.
    pub(super) fn find(&self, from: usize, words: &[&str]) -> Option<usize> {
        (from..self.len()).find(|&at| self.depth(at) == 0 && self.any(at, words))
    }

    /// A name, qualified or not, as written, and the token behind it.
    pub(super) fn name(&self, at: usize) -> (Option<String>, usize) {
        if !self.named(at) {
            return (None, at);
        }
        let mut name = String::from_utf8_lossy(self.bytes(at)).into_owned();
        let mut at = at + 1;
        while self.symbol(at, b'.') && self.named(at + 1) {
            if name.len() < SHOWN {
                name = format!("{name}.{}", String::from_utf8_lossy(self.bytes(at + 1)));
            }
            at += 2;
        }
        (Some(name), at)
    }

    /// Names with commas between them from `at` on; argument lists and `*` behind a name are passed over.
    pub(super) fn names(&self, mut at: usize) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            at += usize::from(self.is(at, "only"));
            let (name, mut next) = self.name(at);
            let Some(name) = name else { return names };
            names.push(name);
            if self.symbol(next, b'(') {
                next = self.close(next) + 1;
            }
            next += usize::from(self.symbol(next, b'*'));
            if !self.symbol(next, b',') || names.len() >= NAMES {
                return names;
            }
            at = next + 1;
        }
    }

    /// The statement on one line, without comments, with what may be a secret left out, cut to a length to show.
    pub(super) fn show(&self) -> String {
        let mut shown = String::new();
        let mut end = None;
        for (at, token) in self.tokens.iter().enumerate() {
            if end.is_some_and(|end| end != token.start) {
                shown.push(' ');
            }
            end = Some(token.end);
            if self.secret(at) {
                shown.push_str("'***'");
            } else {
                let text = String::from_utf8_lossy(self.bytes(at));
                shown.push_str(&text.split_whitespace().collect::<Vec<_>>().join(" "));
            }
            if shown.len() > LOOKED_AT {
                break;
            }
        }
        shorten(&redact::sql(&shown))
    }

    /// Whether a string may be a password: it follows that word, or it is a connection string with one.
    fn secret(&self, at: usize) -> bool {
        if self.kind(at) != Some(Kind::Text) {
            return false;
        }
        let behind =
            |back: usize| at.checked_sub(back).is_some_and(|at| self.any(at, &["password", "connection", "passwd"]));
        let text = String::from_utf8_lossy(self.bytes(at)).to_ascii_lowercase();
        let holds = ["password", "passwd", "://", "secret", "token"].iter().any(|mark| text.contains(mark));
        behind(1) || behind(2) || holds || text.starts_with('$') && text.len() > 2 && behind(3)
    }
}

/// Cuts a text to a length that can be shown.
pub(in crate::plan) fn shorten(text: &str) -> String {
    if text.len() <= SHOWN {
        return text.to_owned();
    }
    let cut = (0..=SHOWN).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    format!("{}…", text.get(..cut).unwrap_or_default())
}

/// The longest statement that is shown, in bytes.
const SHOWN: usize = 200;
/// How much of a statement is looked at to find what must not be shown.
const LOOKED_AT: usize = 4096;
/// The most objects that are named of one statement.
const NAMES: usize = 100;
