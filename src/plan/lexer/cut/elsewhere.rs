//! Where the cut meets what is read elsewhere: comments to dbguard, and statements passed over in bulk.

use super::{Cut, Message, State};
use crate::plan::lexer::asides::speaks;

impl Cut {
    /// Passes over a comment to dbguard that is all that follows on the line: it belongs to what stands before it.
    pub(in crate::plan) fn trailing_aside(&mut self) {
        let space = self.rest().iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
        let after = self.rest().get(space..).unwrap_or_default();
        if speaks(after) {
            self.skip(space);
            self.line_comment();
        }
    }

    /// Whether nothing at all is open: no message, no quote, no comment to dbguard.
    pub(in crate::plan) fn is_fresh(&self) -> bool {
        self.message.text.is_empty() && self.state == State::Open && self.asides.is_empty()
    }

    /// Opens a message with what stands for a part of it that was passed over: the words of an `INSERT`, and the part
    /// of a row, which may end within a string.
    pub(in crate::plan) fn resume(&mut self, words: &[u8], row: &'static [u8], quoted: bool, line: usize) {
        self.parens = u32::from(row.contains(&b'(') && !row.contains(&b')'));
        self.state = if quoted { State::Quote { escapes: false } } else { State::Open };
        self.message = Message { text: [words, row].concat(), line, doubt: None };
        self.words = 2; // an INSERT defines no function
    }
}
