//! What a script takes from its source: lines, and the data that stand behind a `COPY`.

use super::Script;
use crate::plan::Risk;
use crate::plan::lexer::lines::Found;

impl Script<'_, '_, '_> {
    /// Looks at the line, if it is the first one; false where the script is none.
    pub(super) fn is_begun(&mut self, line: &mut Vec<u8>) -> bool {
        std::mem::replace(&mut self.begun, true) || self.lines.number() != 1 || self.begins(line)
    }

    pub(super) fn doubt_nul(&mut self, line: &[u8]) {
        if line.contains(&0) {
            self.cut.doubt("nul-byte", "a NUL byte stands in the text: psql drops a part of the line");
        }
    }

    /// Looks at the first line: a byte order mark is skipped, an archive is not SQL.
    fn begins(&mut self, line: &mut Vec<u8>) -> bool {
        if line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        let archive = line.starts_with(b"PGDMP");
        if archive {
            self.stop("archive", "this is an archive of pg_dump, which psql cannot run: use pg_restore");
            self.reading.stopped = false;
        }
        !archive
    }

    /// Reads the next line; false at the end and where reading has to stop.
    pub(super) fn advance(&mut self) -> bool {
        if self.reading.report.late() {
            self.stop("too-long", self.reading.report.why_late());
            return false;
        }
        match self.lines.advance() {
            Ok(found @ (Found::Line | Found::Cut)) => {
                self.long = found == Found::Cut;
                true
            }
            Ok(Found::End) => false,
            Err(trouble) => {
                self.stop("unreadable", &format!("the script cannot be read: {trouble}"));
                false
            }
        }
    }

    pub(super) fn skip_data(&mut self, blocks: usize) {
        if blocks > 0 && self.is_torn() {
            return;
        }
        if blocks > 0 && !self.branches.is_empty() {
            self.tell(Risk::Unknown, "conditional-data", Vec::new(), "");
            self.reading.report.note("data of COPY stand inside \\if: whether they are data depends on the condition");
        }
        for _ in 0..blocks {
            let report = &mut *self.reading.report;
            match self.lines.skip_data(|| report.late()) {
                Ok(true) => {}
                Ok(false) => return self.stop("too-long", self.reading.report.why_late()),
                Err(trouble) => return self.stop("unreadable", &format!("the script cannot be read: {trouble}")),
            }
        }
    }
}
