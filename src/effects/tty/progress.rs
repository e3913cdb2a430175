//! One line that is written again and again while something takes its time, and the key that ends the waiting.
//!
//! The terminal keeps its modes, so that Ctrl-C and Ctrl-Z mean what they always mean. No sequences are sent: what stood
//! there is written over with spaces, which every terminal understands.

use std::io::Read as _;
use std::time::Instant;

use super::{Tty, line};
use crate::text::{columns, shortened};

impl Tty {
    /// Writes over the line that the cursor stands on, and goes back to its start. To whom it would be read out again and
    /// again, nothing is written.
    pub fn rewrite(&mut self, text: &str) {
        if self.canvas().spoken {
            return;
        }
        let room = self.canvas().width.saturating_sub(2);
        let text = shortened(text, room);
        let rest = room.saturating_sub(columns(&text));
        self.put(&format!(" {text}{}\r", " ".repeat(rest)));
    }

    /// Whether somebody has pressed the return key; comes back at once. What was typed is taken away.
    pub fn was_told_to_go_on(&mut self) -> bool {
        let mut pressed = false;
        let mut buffer = [0; 512];
        while line::is_readable(&self.terminal, Instant::now()) {
            match self.terminal.read(&mut buffer) {
                Ok(read) if read > 0 => pressed |= buffer.get(..read).is_some_and(|typed| typed.contains(&b'\n')),
                _ => break,
            }
        }
        pressed
    }
}
