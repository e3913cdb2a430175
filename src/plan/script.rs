//! Reads a script as psql would run it: lines, messages, meta-commands, data, and the files it includes.
//!
//! Both branches of `\if` are read, and reading goes on behind `\quit`, since conditions are known only at run time.
//! Memory is bounded by the longest line and message that are kept, time by the report's deadline; where either ends
//! the reading, what was found stays and the whole is unknown.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use super::allow::Allowances;
use super::classify::{self, Outcome, Session};
use super::lexer::Variables;
use super::lexer::cut::{Cut, Message, Stop};
use super::lexer::lines::Lines;
use super::report::{Key, Report};
use super::waiting::Counted;
use super::{Finding, Risk};
use crate::text::{Untrusted, redact};

mod bulk;
mod commands;
mod input;
mod long;

/// How deep files may include each other.
const NESTED: usize = 20;

/// One message, and where it begins.
pub(super) struct Sent {
    pub(super) text: Vec<u8>,
    pub(super) file: Option<PathBuf>,
    pub(super) line: usize,
}

/// What all scripts of one invocation share, in the order in which they run.
pub(super) struct Reading<'r> {
    pub(super) report: &'r mut Report,
    pub(super) session: Session,
    pub(super) variables: Variables,
    /// The working directory; `None` after a `\cd` to somewhere unknown.
    pub(super) cwd: Option<PathBuf>,
    pub(super) home: Option<PathBuf>,
    /// The files that are open, outermost first: device and inode.
    open: Vec<(u64, u64)>,
    /// Set where going on would be wrong or take too long.
    stopped: bool,
    /// The words of every `\connect` that goes anywhere; `None` where they are not known beforehand.
    pub(super) connects: Vec<Option<Vec<OsString>>>,
    /// `\setenv` may have changed what libpq takes for granted: where a `\connect` goes is not known from here on.
    pub(super) strayed: bool,
    /// Every message, where somebody wants them.
    pub(super) sent: Option<Vec<Sent>>,
    /// What comments allow; only a scan heeds them.
    pub(super) allowances: Option<Allowances>,
    /// The only directories that included files may stand below; empty: anywhere.
    within: Vec<PathBuf>,
}

impl<'r> Reading<'r> {
    pub(super) fn new(report: &'r mut Report, cwd: &Path, home: Option<&Path>) -> Self {
        Self {
            report,
            session: Session::default(),
            variables: Variables::default(),
            cwd: Some(cwd.to_owned()),
            home: home.map(Path::to_owned),
            open: Vec::new(),
            stopped: false,
            connects: Vec::new(),
            strayed: false,
            sent: None,
            allowances: None,
            within: Vec::new(),
        }
    }

    /// Reads as a scan does: heeds the comments, and follows includes no further than below these directories.
    pub(super) fn scanned(&mut self, within: Vec<PathBuf>) {
        (self.allowances, self.within) = (Some(Allowances::default()), within);
    }

    /// Reads what `-c` sends: one message for the server, without variables and meta-commands; or, if it begins with a
    /// backslash, one meta-command.
    pub(super) fn command(&mut self, text: &[u8]) {
        if text.first() == Some(&b'\\') {
            return self.script(Box::new(text), None);
        }
        let message = Message { text: text.to_owned(), line: 1, doubt: None };
        let _ = self.message(&message, None);
    }

    /// Reads a file by the name that psql was given.
    pub(super) fn file(&mut self, name: &Path) {
        if let Err(why) = self.read(name) {
            let shown = Untrusted::path(name).to_string();
            self.report.found(Risk::Unknown, "unreadable", vec![shown.clone()], String::new());
            self.report.note(format!("`{shown}` was not read: {why}"));
        }
    }

    /// Reads a file that another one includes; answers why it was not read.
    fn include(&mut self, name: &Path) -> Result<(), String> {
        let below = |real: PathBuf| self.within.iter().any(|directory| real.starts_with(directory));
        let real = self.cwd.as_ref().and_then(|cwd| cwd.join(name).canonicalize().ok());
        if !self.within.is_empty() && real.is_some_and(|real| !below(real)) {
            return Err("it stands outside of what is scanned".to_owned());
        }
        let paused = self.allowances.as_mut().map(Allowances::pause);
        let outcome = self.read(name);
        if let (Some(allowances), Some(paused)) = (&mut self.allowances, paused) {
            allowances.resume(paused);
        }
        outcome
    }

    fn read(&mut self, name: &Path) -> Result<(), String> {
        if self.stopped {
            return Ok(());
        }
        let path =
            self.cwd.as_ref().map(|cwd| cwd.join(name)).ok_or("the working directory is not known beforehand")?;
        if self.open.len() >= NESTED {
            return Err("files include each other too deeply".to_owned());
        }
        let (file, identity) = open(&path)?;
        if self.open.contains(&identity) {
            return Err("it includes itself".to_owned());
        }
        self.report.input(&path, &file);
        self.open.push(identity);
        self.script(Box::new(file), Some(name));
        self.open.pop();
        Ok(())
    }

    /// Reports a finding, unless a comment allows it; answers whether it was reported.
    fn find(&mut self, finding: Finding) -> bool {
        let finding = match &mut self.allowances {
            Some(allowances) => allowances.admit(finding),
            None => Some(finding),
        };
        match finding {
            Some(finding) => self.report.add(finding),
            None => return false,
        }
        true
    }

    /// Reads a script from any source.
    pub(super) fn script(&mut self, source: Box<dyn Read + '_>, file: Option<&Path>) {
        let branched = self.session.conditional;
        let source = Box::new(Counted { source, count: self.report.counter() });
        let script = Script {
            reading: self,
            lines: Lines::new(source),
            cut: Cut::new(),
            file,
            branches: Vec::new(),
            bulk: bulk::Bulk::default(),
            branched,
            begun: false,
            long: false,
        };
        script.run();
        self.session.conditional = branched;
    }

    /// Whether another `INSERT` into this table would be listed, or comments may have a word on it.
    fn wants_insert(&self, name: &str, file: Option<&Path>) -> bool {
        let heeds = self.allowances.as_ref().is_some_and(Allowances::is_open);
        heeds || self.report.lists(&insert_key(name, file))
    }

    fn count_inserts(&mut self, name: &str, file: Option<&Path>, count: usize) {
        self.report.count(&insert_key(name, file), count);
    }

    /// Takes in an `INSERT` of constants, of which only the beginning is there.
    fn insert(&mut self, beginning: &[u8], line: usize, name: String, file: Option<&Path>) {
        self.report.raise(Risk::Read);
        let (risk, kind) = (Risk::Write, "insert".to_owned());
        let text = beginning.trim_ascii_end();
        let statement = classify::shown(text.strip_suffix(b";").unwrap_or(text), None);
        let file = file.map(Path::to_owned);
        self.find(Finding { risk, kind, objects: vec![name], file, line: Some(line), statement });
    }

    /// Takes in what a message does; answers with how many blocks of data follow it.
    fn message(&mut self, message: &Message, file: Option<&Path>) -> usize {
        let Outcome { risk, found, copies, more } = classify::message(&message.text, &mut self.session);
        if let Some(sent) = &mut self.sent {
            sent.push(Sent { text: message.text.clone(), file: file.map(Path::to_owned), line: message.line });
        }
        let mut all = true;
        let mut at = 0;
        let mut line = message.line;
        for found in found {
            if found.at < at {
                (at, line) = (0, message.line);
            }
            let between = message.text.get(at..found.at).unwrap_or_default();
            line += memchr::memchr_iter(b'\n', between).count();
            at = found.at;
            let key = (found.risk, found.kind, found.objects, file.map(Path::to_owned));
            // Showing takes longer than reading: what is not listed is not shown.
            if !self.allowances.as_ref().is_some_and(Allowances::is_open) && !self.report.lists(&key) {
                self.report.count(&key, 1);
                continue;
            }
            let (risk, kind, objects, file) = key;
            let statement = classify::shown(&message.text, Some(found.tokens));
            all &= self.find(Finding { risk, kind, objects, file, line: Some(line), statement });
        }
        // Whatever it is, it is sent; and what is not listed counts.
        self.report.raise(if all || more > 0 { risk.max(Risk::Read) } else { Risk::Read });
        if more > 0 {
            self.report.note(format!("{more} more findings in the statement at line {}", message.line));
        }
        if let Some((kind, why)) = message.doubt {
            self.doubt(kind, why, file, message);
        }
        copies
    }

    fn doubt(&mut self, kind: &str, why: &str, file: Option<&Path>, message: &Message) {
        let statement = one_line(&message.text);
        let (kind, file) = (kind.to_owned(), file.map(Path::to_owned));
        let (risk, line) = (Risk::Unknown, Some(message.line));
        if self.find(Finding { risk, kind, objects: Vec::new(), file, line, statement }) {
            self.report.note(why);
        }
    }
}

/// What an `INSERT` counts as.
fn insert_key(name: &str, file: Option<&Path>) -> Key {
    (Risk::Write, "insert".to_owned(), vec![name.to_owned()], file.map(Path::to_owned))
}

/// How much of a text that was not understood is looked at to show its beginning.
const LOOKED_AT: usize = 4096;

/// A text that was not understood: its beginning on one line, without what may be a secret.
fn one_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text.get(..text.len().min(LOOKED_AT)).unwrap_or_default());
    classify::shorten(&redact::sql(&text).split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Opens a regular file and nothing else: opening a pipe could wait for ever, and reading one takes away from the tool.
pub(super) fn open(path: &Path) -> Result<(File, (u64, u64)), String> {
    let plain = |meta: &std::fs::Metadata| meta.is_file();
    let meta = std::fs::metadata(path).map_err(|trouble| trouble.to_string())?;
    if !plain(&meta) {
        return Err("it is not a regular file".to_owned());
    }
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path);
    let file = file.map_err(|trouble| trouble.to_string())?;
    let meta = file.metadata().map_err(|trouble| trouble.to_string())?;
    if plain(&meta) { Ok((file, (meta.dev(), meta.ino()))) } else { Err("it is not a regular file".to_owned()) }
}

/// One script on its way.
struct Script<'s, 'r, 'l> {
    reading: &'s mut Reading<'r>,
    lines: Lines<'l>,
    cut: Cut,
    file: Option<&'s Path>,
    /// The open `\if`s: depth of parentheses before, and whether no message was open.
    branches: Vec<(u32, bool)>,
    bulk: bulk::Bulk,
    /// It is included from within a branch.
    branched: bool,
    /// The first line was looked at.
    begun: bool,
    /// The line at hand comes in pieces.
    long: bool,
}

impl Script<'_, '_, '_> {
    fn run(mut self) {
        loop {
            self.bulk();
            if self.reading.stopped || !self.advance() {
                break;
            }
            let mut line = self.lines.take_line();
            if self.long {
                if self.long_line(line) {
                    continue;
                }
                return;
            }
            if !self.is_begun(&mut line) {
                return;
            }
            self.cut.line(&line, self.lines.number());
            self.doubt_nul(&line);
            self.line();
            self.lines.give_back(line);
        }
        if !self.reading.stopped && !self.cut.is_blank() {
            self.send();
        }
        self.heed();
        self.heeded();
    }

    fn stop(&mut self, kind: &str, why: &str) {
        self.reading.stopped = true;
        self.tell(Risk::Unknown, kind, Vec::new(), "");
        self.reading.report.note(why);
    }

    fn tell(&mut self, risk: Risk, kind: &str, objects: Vec<String>, statement: &str) {
        let (kind, statement) = (kind.to_owned(), statement.to_owned());
        let (file, line) = (self.file.map(Path::to_owned), Some(self.lines.number()));
        self.reading.find(Finding { risk, kind, objects, file, line, statement });
    }

    fn line(&mut self) {
        while !self.reading.stopped {
            if self.reading.report.late() {
                return self.stop("too-long", self.reading.report.why_late());
            }
            match self.cut.scan(&self.reading.variables) {
                Stop::Line => return,
                Stop::Semicolon => self.send(),
                Stop::Backslash if self.is_torn() => return,
                Stop::Backslash => {
                    self.heed();
                    self.meta_command();
                }
            }
            self.heeded();
        }
    }

    /// Sends the open message and skips the data that the script holds for it.
    fn send(&mut self) {
        let message = self.cut.take();
        self.cut.trailing_aside();
        self.heed();
        self.reading.session.conditional = self.is_conditional();
        let copies = self.reading.message(&message, self.file);
        self.skip_data(copies);
    }

    /// Whether what comes is run is not known.
    fn is_conditional(&self) -> bool {
        self.branched || !self.branches.is_empty()
    }

    /// The comments that were passed count for what is done next.
    fn heed(&mut self) {
        let comments = self.cut.asides.take();
        if let Some(allowances) = &mut self.reading.allowances {
            allowances.begin(comments, self.file);
        }
    }

    /// It was done.
    fn heeded(&mut self) {
        if let Some(allowances) = &mut self.reading.allowances {
            allowances.end(self.file);
        }
    }
}
