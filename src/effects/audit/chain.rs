//! How a line is chained to the one before it, and how the end of a log is read.
//!
//! A record is one line: `{"v":1,"seq":N,"prev":"…",…,"hash":"…"}`. The hash is the SHA-256, in hexadecimal, of the
//! line's bytes before `,"hash":"`, so that checking it needs no canonical form of JSON. Whoever finds the file without a
//! whole record at its end (a writer was killed in the middle) ends that half line and notes it as `recovered`, with
//! its length and hash: the half line can be told from one that somebody changed.

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use hmac_sha256::Hash;
use serde::{Deserialize, Serialize};

use super::entry::inert;

/// The version that this program writes.
pub(super) const VERSION: u64 = 1;

/// What stands for the hash of the record before the first.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The longest record; everything in it was cut to a length before.
pub(super) const LONGEST: usize = 16 * 1024 * 1024;

/// What of a record belongs to the chain.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Link {
    /// The version that wrote it.
    #[serde(rename = "v")]
    pub(super) version: u64,
    /// Its number, from 1.
    pub(super) seq: u64,
    /// The hash of the record before it.
    pub(super) prev: String,
    /// What it says of a half line before it.
    pub(super) recovered: Option<Recovered>,
    /// Its hash, as it says itself.
    pub(super) hash: String,
}

/// What a record says of a half line that it found before itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Recovered {
    /// `half-line` for an interrupted writer; `foreign` when what stood there was a line, but no record.
    pub(super) what: What,
    /// Its length in bytes, line breaks included but for the last.
    pub(super) bytes: u64,
    /// Its SHA-256.
    pub(super) sha256: String,
}

/// What was found where a record was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum What {
    /// The beginning of a record: its writer was interrupted.
    HalfLine,
    /// Whole lines that no writer of ours wrote.
    Foreign,
}

impl Link {
    /// The chain's part of a line, when the line is a whole record. Its hash is not checked.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        if !line.starts_with(b"{\"v\":") || !line.ends_with(b"\"}") {
            return None;
        }
        serde_json::from_slice(line).ok().filter(|link: &Self| link.hash.len() == GENESIS.len())
    }

    /// Whether the line's content is what its hash says.
    pub(super) fn holds(&self, line: &[u8]) -> bool {
        let ending = format!(",\"hash\":\"{}\"}}", self.hash);
        line.strip_suffix(ending.as_bytes()).is_some_and(|content| sha256(content) == self.hash)
    }
}

/// The end of a log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tail {
    /// The last whole record.
    pub(super) last: Option<Link>,
    /// What stands after it, when something does.
    pub(super) recovered: Option<Recovered>,
    /// The file does not end with a line break.
    pub(super) open: bool,
}

impl Tail {
    /// Reads backwards from the end of the file until it has met a whole record.
    pub(super) fn read(file: &File, length: u64) -> io::Result<Self> {
        let mut window = 64 * 1024;
        loop {
            let from = length.saturating_sub(window);
            let bytes = read_at(file, from, length)?;
            let tail = Self::of(&bytes, from == 0);
            match tail {
                Some(tail) => return Ok(tail),
                None if window > LONGEST as u64 * 2 => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "its end is not an audit log"));
                }
                None => window *= 8,
            }
        }
    }

    /// The tail of these last bytes; `None` when they do not reach back to a whole record. `all`: they are the file.
    fn of(bytes: &[u8], all: bool) -> Option<Self> {
        let open = bytes.last().is_some_and(|&byte| byte != b'\n');
        let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let mut end = body.len();
        loop {
            let before = body.get(..end)?;
            let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
            let whole = all || start > 0;
            let link = before.get(start..).filter(|_| whole).and_then(Link::of);
            if link.is_some() || start == 0 {
                let after = if link.is_some() { end + 1 } else { 0 };
                let junk = body.get(after..).filter(|junk| !junk.is_empty());
                let recovered = junk.map(|junk| Recovered::of(junk, open));
                return (link.is_some() || all).then_some(Self { last: link, recovered, open });
            }
            end = start - 1;
        }
    }
}

impl Recovered {
    fn of(junk: &[u8], open: bool) -> Self {
        let what = if open { What::HalfLine } else { What::Foreign };
        Self { what, bytes: junk.len() as u64, sha256: sha256(junk) }
    }
}

/// The line, with its line break, that puts `event` (a JSON object) behind `tail`.
pub(super) fn line(event: &str, tail: &Tail) -> Option<String> {
    let fields = event.strip_prefix('{')?.strip_suffix('}')?;
    let (seq, prev) = match &tail.last {
        Some(last) => (last.seq.saturating_add(1), last.hash.as_str()),
        None => (1, GENESIS),
    };
    let recovered = match &tail.recovered {
        Some(recovered) => format!(",\"recovered\":{}", serde_json::to_string(recovered).ok()?),
        None => String::new(),
    };
    let content = format!("{{\"v\":{VERSION},\"seq\":{seq},\"prev\":\"{prev}\"{recovered},{}", inert(fields));
    let hash = sha256(content.as_bytes());
    let before = if tail.open { "\n" } else { "" };
    Some(format!("{before}{content},\"hash\":\"{hash}\"}}\n"))
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Hash::hash(bytes))
}

/// Bytes in hexadecimal.
pub(in crate::effects) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn read_at(file: &File, from: u64, to: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or(0)];
    file.read_exact_at(&mut bytes, from)?;
    Ok(bytes)
}
