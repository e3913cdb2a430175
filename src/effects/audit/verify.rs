//! Checking the chain from the first line to the last.
//!
//! It tells apart what a crash leaves behind (a half line that the next record accounts for: a note) from what only a
//! change of the file does (a problem). It reads lines and knows nothing of where they come from.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, BufRead, Read as _};

use hmac_sha256::Hash;

use super::chain::{GENESIS, LONGEST, Link, Recovered, VERSION, What, hex};

/// What checking a log found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Whole records.
    pub records: u64,
    /// What is worth knowing and not wrong.
    pub notes: Vec<Note>,
    /// What is wrong, in the order of the lines.
    pub problems: Vec<Problem>,
}

/// Something that is worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A writer was interrupted here, and what it had written so far stands in this line.
    Interrupted {
        /// Line from 1.
        line: u64,
    },
    /// A newer dbguard wrote this record; its chain was checked, its content is not understood.
    Newer {
        /// Line from 1.
        line: u64,
        /// The version it says.
        version: u64,
    },
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The content is not what its hash says.
    Modified {
        /// Line from 1.
        line: u64,
        /// The record's number.
        seq: u64,
    },
    /// Records are not there.
    Missing {
        /// The line before which they should stand.
        line: u64,
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
    /// A record stands after one that was written later, or stands there twice.
    Reordered {
        /// Line from 1.
        line: u64,
        /// The record's number.
        seq: u64,
    },
    /// A record does not follow the one before it, though its number does.
    Unlinked {
        /// Line from 1.
        line: u64,
        /// The record's number.
        seq: u64,
    },
    /// A line is no record, and no crash accounts for it.
    NotARecord {
        /// Line from 1.
        line: u64,
    },
    /// A record accounts for a half line that is not there, or is another.
    LostHalfLine {
        /// The line of the record that accounts for it.
        line: u64,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted { line } => {
                write!(f, "line {line}: truncated: its writer was interrupted (a crash, a kill, a full disk)")
            }
            Self::Newer { line, version } => {
                write!(
                    f,
                    "line {line}: written by a newer dbguard (version {version}): chained, but not understood here"
                )
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Modified { line, seq } => {
                write!(f, "line {line}: record {seq} was modified: its hash is of another content")
            }
            Self::Missing { line, from, to } if from == to => {
                write!(f, "line {line}: record {from} is missing before it")
            }
            Self::Missing { line, from, to } => write!(f, "line {line}: records {from} to {to} are missing before it"),
            Self::Reordered { line, seq } => {
                write!(f, "line {line}: record {seq} is reordered: it stands after a later one")
            }
            Self::Unlinked { line, seq } => {
                write!(f, "line {line}: record {seq} does not follow the record before it: one of them was replaced")
            }
            Self::NotARecord { line } => write!(f, "line {line}: not a record"),
            Self::LostHalfLine { line } => {
                write!(f, "line {line}: the truncated record that stood before it is missing or modified")
            }
        }
    }
}

/// Reads all lines and follows the chain.
pub(super) fn verify(mut lines: impl BufRead) -> io::Result<Report> {
    let mut walk = Walk::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = LONGEST as u64 + 1;
        if lines.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(walk.end());
        }
        let ended = line.last() == Some(&b'\n');
        if ended {
            line.pop();
        }
        walk.step(&line, ended);
    }
}

/// Where the walk along the chain is.
#[derive(Default)]
struct Walk {
    report: Report,
    line: u64,
    /// The record with the highest number so far.
    last: Option<Link>,
    junk: Option<Junk>,
    late: BTreeSet<u64>,
}

/// Lines that are no records, until the next record accounts for them.
struct Junk {
    lines: Vec<u64>,
    bytes: u64,
    hash: Hash,
    ended: bool,
}

impl Walk {
    fn step(&mut self, bytes: &[u8], ended: bool) {
        self.line += 1;
        match Link::of(bytes) {
            Some(link) => self.record(bytes, link),
            None => self.junk(bytes, ended),
        }
    }

    fn record(&mut self, bytes: &[u8], link: Link) {
        self.report.records += 1;
        self.account(link.recovered.as_ref());
        if !link.holds(bytes) {
            self.problem(Problem::Modified { line: self.line, seq: link.seq });
        } else if link.version != VERSION {
            self.report.notes.push(Note::Newer { line: self.line, version: link.version });
        }
        self.follow(&link);
        if self.last.as_ref().is_none_or(|last| last.seq < link.seq) {
            self.last = Some(link);
        }
    }

    /// Whether `link` follows the record before it.
    fn follow(&mut self, link: &Link) {
        let (next, prev) = match &self.last {
            Some(last) => (last.seq.saturating_add(1), last.hash.as_str()),
            None => (1, GENESIS),
        };
        let at = self.line;
        if link.seq < next {
            self.late.insert(link.seq);
            self.problem(Problem::Reordered { line: at, seq: link.seq });
        } else if link.seq > next {
            self.problem(Problem::Missing { line: at, from: next, to: link.seq - 1 });
        } else if link.prev != prev {
            self.problem(Problem::Unlinked { line: at, seq: next });
        }
    }

    fn junk(&mut self, bytes: &[u8], ended: bool) {
        let junk = self.junk.get_or_insert_with(|| Junk { lines: Vec::new(), bytes: 0, hash: Hash::new(), ended });
        if !junk.lines.is_empty() {
            junk.hash.update(b"\n");
            junk.bytes += 1;
        }
        junk.hash.update(bytes);
        junk.bytes += bytes.len() as u64;
        junk.ended = ended;
        if junk.lines.len() < MOST {
            junk.lines.push(self.line);
        }
    }

    /// Compares the lines before a record with what it says of them.
    fn account(&mut self, said: Option<&Recovered>) {
        match (self.junk.take(), said) {
            (None, None) => {}
            (Some(junk), Some(claim)) if junk.is(claim) => match claim.what {
                What::HalfLine => self.interrupted(&junk),
                What::Foreign => self.foreign(&junk),
            },
            (Some(junk), _) => self.foreign(&junk),
            (None, Some(_)) => self.problem(Problem::LostHalfLine { line: self.line }),
        }
    }

    fn interrupted(&mut self, junk: &Junk) {
        self.report.notes.extend(junk.lines.iter().map(|&line| Note::Interrupted { line }));
    }

    fn foreign(&mut self, junk: &Junk) {
        junk.lines.iter().for_each(|&line| self.problem(Problem::NotARecord { line }));
    }

    /// A file may be all wrong; the first hundred say enough.
    fn problem(&mut self, problem: Problem) {
        if self.report.problems.len() < MOST {
            self.report.problems.push(problem);
        }
    }

    fn end(mut self) -> Report {
        match self.junk.take() {
            // The writer that will end this half line has not come yet.
            Some(junk) if !junk.ended => self.interrupted(&junk),
            Some(junk) => self.foreign(&junk),
            None => {}
        }
        let late = self.late;
        self.report.problems.retain(|problem| {
            // What turned up later is reordered, not missing.
            let Problem::Missing { from, to, .. } = problem else { return true };
            late.range(from..=to).count() as u64 != to - from + 1
        });
        self.report
    }
}

impl Junk {
    fn is(&self, said: &Recovered) -> bool {
        self.bytes == said.bytes && hex(&self.hash.finalize()) == said.sha256
    }
}

/// How many lines of one kind are listed.
const MOST: usize = 100;
