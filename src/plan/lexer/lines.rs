//! The lines of a script, with memory bounded whatever the script holds.

use std::io::{self, Read};

/// The longest line that is held; a longer one comes in pieces.
const LONGEST: usize = 512 << 10;
/// How much is read at once.
const CHUNK: usize = 256 << 10;
/// What is read comes to lie at the beginning of a page, and comes from one where the source is a file: the kernel copies
/// almost twice as fast so.
const PAGE: usize = 4096;

/// A script, line by line.
pub(in crate::plan) struct Lines<'a> {
    source: Box<dyn Read + 'a>,
    /// What was read and not yet used is `buffer[start..end]`.
    buffer: Vec<u8>,
    /// Where reading puts what is new; what is left of the old stands right before it.
    base: usize,
    start: usize,
    end: usize,
    line: Vec<u8>,
    number: usize,
}

/// What was found where a line was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Found {
    /// A line, whole.
    Line,
    /// The beginning of a line that is too long.
    Cut,
    /// The end.
    End,
}

impl<'a> Lines<'a> {
    pub(in crate::plan) fn new(source: Box<dyn Read + 'a>) -> Self {
        let buffer = vec![0; 2 * CHUNK + PAGE];
        let to_page = buffer.get(CHUNK..).map_or(0, |second| second.as_ptr().align_offset(PAGE));
        let base = CHUNK + to_page.min(PAGE);
        Self { source, buffer, base, start: base, end: base, line: Vec::new(), number: 0 }
    }

    /// Reads the next line.
    pub(in crate::plan) fn advance(&mut self) -> io::Result<Found> {
        self.line.clear();
        self.number += 1;
        loop {
            if self.ready().is_empty() && !self.fill()? {
                return Ok(if self.line.is_empty() { Found::End } else { Found::Line });
            }
            let end = memchr::memchr(b'\n', self.ready());
            let length = end.unwrap_or(self.ready().len());
            let from = self.start..self.start + length;
            self.line.extend_from_slice(self.buffer.get(from).unwrap_or_default());
            self.start += length;
            if end.is_some() {
                self.start += 1;
                return Ok(Found::Line);
            }
            if self.line.len() > LONGEST {
                return Ok(Found::Cut);
            }
        }
    }

    /// The next piece of a line that came as [`Found::Cut`]; nothing at its end.
    pub(in crate::plan) fn piece(&mut self) -> io::Result<&[u8]> {
        if self.ready().is_empty() && !self.fill()? {
            return Ok(&[]);
        }
        let end = memchr::memchr(b'\n', self.ready());
        let from = self.start..self.start + end.unwrap_or(self.ready().len());
        self.start = from.end;
        Ok(self.buffer.get(from).unwrap_or_default())
    }

    /// Passes the end of the line that came in pieces.
    pub(in crate::plan) fn end_piece(&mut self) {
        self.start += usize::from(self.ready().first() == Some(&b'\n'));
    }

    /// The line that was read, without its end. Given back, its memory serves the next one.
    pub(in crate::plan) fn take_line(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.line)
    }

    /// Gives a line's memory back, unless it is large: such lines are rare.
    pub(in crate::plan) fn give_back(&mut self, line: Vec<u8>) {
        if line.capacity() <= CHUNK {
            self.line = line;
        }
    }

    /// Whether the next line begins so, in upper or lower case. At its start only.
    pub(in crate::plan) fn looks_like(&mut self, word: &[u8]) -> bool {
        while self.ready().len() < word.len() && self.fill().unwrap_or(false) {}
        self.ready().get(..word.len()).is_some_and(|text| text.eq_ignore_ascii_case(word))
    }

    /// Reads on until the buffer is full; answers whether there is more now. What cannot be read is met again by
    /// [`Self::advance`].
    pub(in crate::plan) fn gather(&mut self) -> bool {
        let before = self.ready().len();
        while self.ready().len() < CHUNK && self.fill().unwrap_or(false) {}
        self.ready().len() > before
    }

    /// Whether the buffer holds as much as it can.
    pub(in crate::plan) fn is_full(&self) -> bool {
        self.ready().len() >= CHUNK
    }

    /// Passes over what stands in the buffer, whatever lines it has.
    pub(in crate::plan) fn pass(&mut self, length: usize) {
        let passed = self.ready().get(..length).unwrap_or_default();
        self.number += memchr::memchr_iter(b'\n', passed).count();
        self.start = self.end.min(self.start + length);
    }

    /// Its number, from 1.
    pub(in crate::plan) fn number(&self) -> usize {
        self.number
    }

    /// Skips the data of `COPY … FROM STDIN`: to a line `\.` or the end (`handleCopyIn` in psql's `copy.c`). `late` is
    /// asked now and then whether to give up; answers false if it said so.
    pub(in crate::plan) fn skip_data(&mut self, mut late: impl FnMut() -> bool) -> io::Result<bool> {
        let mut fresh = true; // at the start of a line
        loop {
            // The mark takes four bytes with its end, and may stand across the end of what was read.
            while self.ready().len() < 4 && self.fill()? {}
            if self.ready().is_empty() || (fresh && self.ends_data()) {
                return Ok(true);
            }
            let (used, lines) = to_backslash(self.ready());
            fresh = self.ready().get(..used).and_then(<[u8]>::last) == Some(&b'\n');
            self.number += lines;
            self.start += used;
            if late() {
                return Ok(false);
            }
        }
    }

    /// Whether the end mark stands here; takes it, and nothing else.
    fn ends_data(&mut self) -> bool {
        let ready = self.ready();
        let length = match ready {
            [b'\\', b'.', b'\n', ..] => 3,
            [b'\\', b'.', b'\r', b'\n', ..] => 4,
            b"\\." | b"\\.\r" => ready.len(),
            _ => return false,
        };
        self.start += length;
        self.number += 1;
        true
    }

    /// What was read and not yet used.
    pub(in crate::plan) fn ready(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Reads more behind what is there; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        let left = self.end - self.start;
        let to = self.base.saturating_sub(left);
        self.buffer.copy_within(self.start..self.end, to);
        (self.start, self.end) = (to, to + left);
        let until = self.buffer.len().min(self.end + CHUNK);
        loop {
            match self.source.read(self.buffer.get_mut(self.end..until).unwrap_or_default()) {
                Err(trouble) if trouble.kind() == io::ErrorKind::Interrupted => {}
                Err(trouble) => return Err(trouble),
                Ok(read) => {
                    self.end += read;
                    return Ok(read > 0);
                }
            }
        }
    }
}

/// Up to the first line that begins with a backslash, or all of it; and how many line ends that holds.
fn to_backslash(chunk: &[u8]) -> (usize, usize) {
    let used = memchr::memmem::find(chunk, b"\n\\").map_or(chunk.len(), |at| at + 1);
    (used, memchr::memchr_iter(b'\n', chunk.get(..used).unwrap_or_default()).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every mark stands across the end of a buffer.
    struct Trickle(io::Cursor<Vec<u8>>);

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(&mut buffer[..one])
        }
    }

    fn after_data(text: &str, trickle: bool) -> (String, usize) {
        let cursor = io::Cursor::new(text.as_bytes().to_vec());
        let mut lines = Lines::new(if trickle { Box::new(Trickle(cursor)) } else { Box::new(cursor) });
        lines.advance().unwrap();
        assert!(lines.skip_data(|| false).unwrap());
        lines.advance().unwrap();
        (String::from_utf8(lines.take_line()).unwrap(), lines.number())
    }

    #[test]
    fn data_end_at_the_mark_alone_on_its_line() {
        for trickle in [false, true] {
            assert_eq!(after_data("copy\n1\tx\n\\N\t\\.\n\\.x\n\\\\.\n\\.\nnext\n", trickle), ("next".into(), 7));
            assert_eq!(after_data("copy\n\\.\r\nnext", trickle), ("next".into(), 3));
            assert_eq!(after_data("copy\n\\.", trickle).0, "");
            assert_eq!(after_data("copy\n1\n", trickle).0, "");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_said_to_be() {
        let mut lines = Lines::new(Box::new(io::repeat(b'x')));
        assert_eq!(lines.advance().unwrap(), Found::Cut);
    }
}
