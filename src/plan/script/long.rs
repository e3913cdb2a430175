//! A line that is too long to be held: read in pieces, as the same line in one piece would be.
//!
//! What takes from the script what is not there yet stops the reading: a meta-command, which may take the rest of the
//! line, and a `COPY`, whose data begin behind it.

use super::Script;

impl Script<'_, '_, '_> {
    /// Reads the line to its end; false where the script is none.
    pub(super) fn long_line(&mut self, mut beginning: Vec<u8>) -> bool {
        if !self.is_begun(&mut beginning) {
            return false;
        }
        self.doubt_nul(&beginning);
        self.cut.begin_long(beginning, self.lines.number());
        loop {
            self.line();
            if self.reading.stopped || !self.cut.is_long() {
                break;
            }
            let nul = match self.lines.piece() {
                Ok(piece) => {
                    self.cut.go_on(piece);
                    piece.contains(&0)
                }
                Err(trouble) => {
                    self.stop("unreadable", &format!("the script cannot be read: {trouble}"));
                    break;
                }
            };
            if nul {
                self.doubt_nul(&[0]);
            }
        }
        self.lines.end_piece();
        true
    }

    /// Stops where something would take of the line what is not there yet; answers whether it did.
    pub(super) fn is_torn(&mut self) -> bool {
        let torn = self.cut.is_long();
        if torn {
            self.stop("too-long", "a line is longer than 512 KiB, and no single statement: the rest was not looked at");
        }
        torn
    }
}
