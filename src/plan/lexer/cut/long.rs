//! Lines that are too long to be held, piece by piece, and what of the inside of a long string is kept.
//!
//! What matters of a string or a comment is where it ends. Of a message that is large already, their insides are left out
//! but for the bytes at either end: whether a backslash stands before the quote is still seen by whoever reads the message.

use super::{Cut, State};

/// How much of the end of a piece is read only when more is there: no mark of either lexer is longer.
const RESERVE: usize = 4096;
/// From here on the insides of strings and comments are left out.
const SPACIOUS: usize = 512 << 10;
/// How much of an inside is kept at either end.
const EDGE: usize = 32;

impl Cut {
    /// Takes the beginning of a line that goes on.
    pub(in crate::plan) fn begin_long(&mut self, line: Vec<u8>, number: usize) {
        self.line = line;
        self.begin_line(number);
        self.reserve = RESERVE;
    }

    /// Takes the next piece of it; an empty one is its end.
    pub(in crate::plan) fn go_on(&mut self, piece: &[u8]) {
        self.line.drain(..self.at);
        self.at = 0;
        self.line.extend_from_slice(piece);
        self.reserve = if piece.is_empty() { 0 } else { RESERVE };
    }

    /// Whether the line goes on: what stands in it is not all of it.
    pub(in crate::plan) fn is_long(&self) -> bool {
        self.reserve > 0
    }

    /// A word, a number or a tag that reaches over all that is there: whether it ends here cannot be said.
    pub(super) fn doubt_cut_word(&mut self) {
        if self.reserve > 0 && self.rest().is_empty() {
            self.doubt("too-long", "a word is longer than 4 kB");
        }
    }

    /// What can be read of the line by now.
    pub(super) fn window(&self) -> &[u8] {
        let end = self.line.len().saturating_sub(self.reserve);
        self.line.get(self.at..end).unwrap_or_default()
    }

    /// Whether what comes is left out: the inside of something, in a message that is large already.
    pub(super) fn is_elided(&self) -> bool {
        self.message.text.len() > SPACIOUS && !matches!(self.state, State::Open | State::Name)
    }

    /// Takes all that can be read: the end is not in sight. What a line ends with touches nothing on the next one.
    pub(super) fn take_window(&mut self) {
        let length = self.window().len();
        if self.reserve == 0 && self.is_elided() { self.skip(length) } else { self.take_inside(length) }
    }

    /// Takes what means something inside of a string or comment, and does not end it.
    pub(super) fn take_mark(&mut self, length: usize) {
        if self.is_elided() { self.skip(length) } else { self.take_bytes(length) }
    }

    /// Whether a byte stands before this place that is no backslash.
    pub(super) fn is_plain_before(&self, ahead: usize) -> bool {
        ahead.checked_sub(1).is_some_and(|before| self.peek(before) != b'\\')
    }

    /// Takes the inside of a string or a comment.
    pub(super) fn take_inside(&mut self, length: usize) {
        if length <= 2 * EDGE || !self.is_elided() {
            return self.take_bytes(length);
        }
        self.take_bytes(EDGE);
        // What stands on both sides of the gap makes no mark together.
        self.put(b" ");
        self.skip(length - 2 * EDGE);
        if self.rest().iter().take(EDGE).all(|&byte| byte == b'\\') {
            // An odd one at its end would count.
            self.doubt("too-long", "a statement is too long, and full of backslashes");
        }
        self.take_bytes(EDGE);
    }
}
