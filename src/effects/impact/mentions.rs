//! Where the repository of the working directory names a table: code that still reads it.
//!
//! The repository's files are read here and now, without git, which its own configuration could make run programs.
//! Ignored files, links, what is not text and what is large are left out; time, number and size are bounded, and an end
//! before the end is said. Names and lines are untrusted, and lines lose what may be a secret.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use nix::fcntl::OFlag;
use serde::Serialize;

use super::Table;
use super::ignore::Ignore;
use crate::checklist::{Line, Tone};
use crate::order;
use crate::text::redact;

/// The largest file that is read.
const LARGEST: u64 = 1 << 20;
/// The most entries that are looked at, and how deep.
const ENTRIES: usize = 100_000;
const DEEP: usize = 40;
/// The most mentions that are kept of each table.
const KEPT: usize = 200;

/// One line that names the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mention {
    /// The file, from the repository's root.
    #[serde(serialize_with = "crate::text::lossy::path")]
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// Its text, cut and redacted.
    pub text: String,
}

/// What was found for one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mentions {
    /// The table.
    pub table: String,
    /// Lines that name it; those that look like reading it first.
    pub lines: Vec<Mention>,
    /// Why this may not be all.
    pub cut: Option<String>,
}

impl Mentions {
    /// For the screen: the weightiest, and how many more.
    pub fn lines(&self) -> Vec<Line> {
        let line = |label: &str, value: String, note: String, tone| Line { label: label.to_owned(), value, note, tone };
        let cut = self.cut.clone().unwrap_or_default();
        if self.lines.is_empty() {
            return vec![line("named in code", "nowhere in this repository".to_owned(), cut, Tone::Plain)];
        }
        let labels = std::iter::once("named in code").chain(std::iter::repeat(""));
        let one = |(label, mention): (&str, &Mention)| {
            let place = format!("{}:{}", mention.file.display(), mention.line);
            line(label, place, mention.text.clone(), Tone::Warn)
        };
        let mut lines: Vec<Line> = labels.zip(self.lines.iter().take(4)).map(one).collect();
        if self.lines.len() > 4 || self.cut.is_some() {
            lines.push(line("", format!("and {} more", self.lines.len().saturating_sub(4)), cut, Tone::Quiet));
        }
        lines
    }
}

/// Looks for these tables in the repository that `cwd` belongs to, but not in the files that are about to be run.
///
/// Answers why, where there is nothing to look in.
pub fn find(tables: &[Table], cwd: &Path, but: &[PathBuf], deadline: Instant) -> Result<Vec<Mentions>, &'static str> {
    let root = cwd.ancestors().find(|directory| directory.join(".git").exists());
    let root = root.ok_or("the working directory belongs to no repository")?;
    let but = but.iter().filter_map(|path| cwd.join(path).canonicalize().ok()).collect();
    let found = tables.iter().map(|table| Mentions { table: table.written.clone(), lines: Vec::new(), cut: None });
    let mut search = Search { tables, root, but, deadline, left: ENTRIES, found: found.collect(), ended: None };
    let excluded = read(&root.join(".git/info/exclude")).map(|text| Ignore::parse(&text)).unwrap_or_default();
    search.directory(root, &mut vec![(0, excluded)], DEEP);
    let ended = search.ended;
    let mut found = search.found;
    for mentions in &mut found {
        order::sort_by_key(&mut mentions.lines, |mention| !reads(&mention.text));
        let full = (mentions.lines.len() >= KEPT).then(|| "there are more".to_owned());
        mentions.cut = ended.map(str::to_owned).or(full);
    }
    Ok(found)
}

struct Search<'a> {
    tables: &'a [Table],
    root: &'a Path,
    but: Vec<PathBuf>,
    deadline: Instant,
    left: usize,
    found: Vec<Mentions>,
    /// Why not everything was looked at.
    ended: Option<&'static str>,
}

impl Search<'_> {
    /// Whether to go on.
    fn goes_on(&mut self) -> bool {
        if Instant::now() >= self.deadline {
            self.ended = Some("there was no time to look at all files");
        } else if self.left == 0 {
            self.ended = Some("there are too many files to look at all");
        }
        self.ended.is_none()
    }

    fn directory(&mut self, directory: &Path, ignores: &mut Vec<(usize, Ignore)>, deep: usize) {
        let Ok(entries) = std::fs::read_dir(directory) else { return };
        let own = read(&directory.join(".gitignore")).map(|text| Ignore::parse(&text));
        let length = self.below(directory).len();
        ignores.push((if length == 0 { 0 } else { length + 1 }, own.unwrap_or_default()));
        let mut entries: Vec<_> = entries.flatten().take(self.left).collect();
        order::sort_by_key(&mut entries, std::fs::DirEntry::file_name);
        for entry in entries {
            if !self.goes_on() {
                break;
            }
            self.left -= 1;
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if entry.file_name() == ".git" || self.ignored(&path, kind.is_dir(), ignores) {
                continue;
            }
            if kind.is_dir() && deep > 0 {
                self.directory(&path, ignores, deep - 1);
            } else if kind.is_file() {
                self.file(&path);
            }
        }
        ignores.pop();
    }

    /// The path from the root, in bytes.
    fn below(&self, path: &Path) -> Vec<u8> {
        path.strip_prefix(self.root).unwrap_or(path).as_os_str().as_bytes().to_vec()
    }

    /// The innermost file that says something decides.
    fn ignored(&self, path: &Path, directory: bool, ignores: &[(usize, Ignore)]) -> bool {
        let below = self.below(path);
        let says = |(from, ignore): &(usize, Ignore)| ignore.ignores(below.get(*from..)?, directory);
        ignores.iter().rev().find_map(says).unwrap_or(false)
    }

    fn file(&mut self, path: &Path) {
        let Some(text) = read(path) else { return };
        if memchr::memchr(0, text.get(..text.len().min(1024)).unwrap_or_default()).is_some() {
            return;
        }
        let file = path.strip_prefix(self.root).unwrap_or(path).to_owned();
        for (table, found) in self.tables.iter().zip(&mut self.found) {
            if table.name.len() < 3 || !occurrences(&text, table.name.as_bytes()).any(|_| true) {
                continue;
            }
            if path.canonicalize().is_ok_and(|real| self.but.contains(&real)) {
                return;
            }
            collect(&text, table, &file, found);
        }
    }
}

/// Takes the lines that name the table.
fn collect(text: &[u8], table: &Table, file: &Path, found: &mut Mentions) {
    let (mut line, mut from, mut last) = (1, 0, 0);
    for at in occurrences(text, table.name.as_bytes()) {
        line += memchr::memchr_iter(b'\n', text.get(from..at).unwrap_or_default()).count();
        from = at;
        if last == line || found.lines.len() >= KEPT {
            continue;
        }
        last = line;
        let start = memchr::memrchr(b'\n', text.get(..at).unwrap_or_default()).map_or(0, |end| end + 1);
        let rest = text.get(start..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len()).min(1000);
        let shown = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned();
        let shown = redact::text(&redact::sql(&shown)).split_whitespace().collect::<Vec<_>>().join(" ");
        let text = shown.chars().take(120).collect();
        found.lines.push(Mention { file: file.to_owned(), line, text });
    }
}

/// Whether a line looks like reading the table rather than making or dropping it.
fn reads(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["select", "from ", "join "].iter().any(|word| text.contains(word))
}

/// Where the name stands as a whole word, in upper or lower case.
fn occurrences<'a>(text: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let first = name.first().copied().unwrap_or(0);
    let word =
        |byte: Option<&u8>| byte.is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80);
    memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), text).filter(move |&at| {
        let end = at + name.len();
        text.get(at..end).is_some_and(|found| found.eq_ignore_ascii_case(name))
            && !word(text.get(end))
            && !at.checked_sub(1).is_some_and(|before| word(text.get(before)))
    })
}

/// The file's text, if it is a regular file of a sensible size: nothing here waits, and no link is followed.
fn read(path: &Path) -> Option<Vec<u8>> {
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW | OFlag::O_NOCTTY;
    let file: File = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path).ok()?;
    let meta = file.metadata().ok()?;
    if !meta.is_file() || meta.len() > LARGEST {
        return None;
    }
    let mut text = Vec::new();
    file.take(LARGEST).read_to_end(&mut text).ok()?;
    Some(text)
}
