//! `--` comments that speak to dbguard, kept on the way through a script. What they say is not decided here.

/// How many are kept between two messages.
const KEPT: usize = 100;

/// The comments since they were last taken: the line of each, and what follows its dashes.
#[derive(Debug, Default)]
pub(in crate::plan) struct Asides(Vec<(usize, Vec<u8>)>);

impl Asides {
    /// Keeps a comment, if it speaks to dbguard.
    pub(super) fn hear(&mut self, comment: &[u8], line: usize) {
        if speaks(comment) && self.0.len() < KEPT {
            self.0.push((line, comment.get(2..).unwrap_or_default().to_owned()));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes what was kept.
    pub(in crate::plan) fn take(&mut self) -> Vec<(usize, Vec<u8>)> {
        std::mem::take(&mut self.0)
    }
}

/// Whether a `--` comment begins here that speaks to dbguard.
pub(super) fn speaks(comment: &[u8]) -> bool {
    let text = comment.strip_prefix(b"--").unwrap_or_default().trim_ascii_start();
    text.get(..8).is_some_and(|word| word.eq_ignore_ascii_case(b"dbguard:"))
}
