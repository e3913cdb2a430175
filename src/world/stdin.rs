//! Standard input, looked at before the tool gets it, without losing or reordering a byte.
//!
//! A regular file is read at positions, so that the offset which the tool will start at stays. What was read of a
//! pipe is handed on: through a pipe filled beforehand where it fits, else by a child that writes the part that was
//! read and copies the rest ([`feed`]). Nothing is read before [`Stdin::preview`] is called; this module does not know
//! what the bytes mean.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileExt as _, FileTypeExt as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{Whence, lseek};

use super::files::Stamp;

/// The hidden verb that runs [`feed`].
pub const FEED_VERB: &str = "__feed";

/// The most that is read of a pipe.
const LIMIT: usize = 1 << 20;
/// The longest that is waited for a pipe.
const PATIENCE: Duration = Duration::from_secs(2);
/// What certainly fits into an empty pipe is found by trying; more than this is not tried.
const PIPE: usize = 64 << 10;

/// Standard input of this process, or what stands for it in a test.
#[derive(Debug)]
pub struct Stdin {
    source: Source,
    read: Option<Preview>,
    /// No terminal shows what the tool will print.
    unseen: bool,
}

#[derive(Debug)]
enum Source {
    Terminal,
    Empty,
    File(File, u64, Stamp),
    Stream(OwnedFd),
    Other(&'static str),
}

/// What can be said of standard input beforehand.
#[derive(Clone, Debug)]
pub enum Preview {
    /// A person types it.
    Terminal,
    /// All of it, read from a pipe or a socket; or nothing at all.
    Complete(Vec<u8>),
    /// The beginning; why it is not all, as one lower-case phrase.
    Partial(Vec<u8>, &'static str),
    /// A regular file, to be read with [`Stdin::file`]; its stamp.
    File(Stamp),
    /// It cannot be looked at without taking it away from the tool; why, as one lower-case phrase.
    Hidden(&'static str),
}

impl Stdin {
    /// Looks at what standard input is; reads nothing.
    pub fn of_process() -> Self {
        let stdin = io::stdin();
        let source = if stdin.is_terminal() {
            Source::Terminal
        } else {
            stdin.as_fd().try_clone_to_owned().map_or(Source::Empty, classify)
        };
        Self { source, read: None, unseen: !io::stdout().is_terminal() }
    }

    /// Takes another open file as standard input.
    pub fn of(fd: OwnedFd) -> Self {
        let source = if fd.as_fd().is_terminal() { Source::Terminal } else { classify(fd) };
        Self { source, read: None, unseen: true }
    }

    /// Standard input that a person types.
    pub fn terminal() -> Self {
        Self { source: Source::Terminal, read: None, unseen: false }
    }

    /// Whether standard output, where the answers go, is no terminal: a shell's completion reads them.
    pub fn answers_nobody(&self) -> bool {
        self.unseen
    }

    /// Whether a person types it.
    pub fn is_terminal(&self) -> bool {
        matches!(self.source, Source::Terminal)
    }

    /// Whether it was looked at, and was more than a person's keyboard.
    pub fn was_looked_at(&self) -> bool {
        self.read.is_some() && !self.is_terminal()
    }

    /// What it holds, as far as that can be said: at most 1 MiB and two seconds of a pipe. Reads only once.
    pub fn preview(&mut self) -> Preview {
        if let Some(read) = &self.read {
            return read.clone();
        }
        let preview = match &self.source {
            Source::Terminal => Preview::Terminal,
            Source::Empty => Preview::Complete(Vec::new()),
            Source::File(_, _, stamp) => Preview::File(*stamp),
            Source::Stream(fd) => read_stream(fd),
            Source::Other(why) => Preview::Hidden(why),
        };
        self.read = Some(preview.clone());
        preview
    }

    /// A reader over the regular file that standard input is, from where the tool would begin; its offset stays.
    pub fn file(&self) -> Option<FileReader> {
        match &self.source {
            Source::File(file, at, _) => Some(FileReader { file: file.try_clone().ok()?, at: *at }),
            Source::Terminal | Source::Empty | Source::Stream(_) | Source::Other(_) => None,
        }
    }

    /// What stands in a pipe at this moment, at most 64 KiB; the pipe keeps it, and nothing is waited for. A here
    /// document is all there before the tool starts.
    ///
    /// Only Linux can look without taking away (`tee(2)`).
    #[cfg(target_os = "linux")]
    pub fn glance(&self) -> Vec<u8> {
        use nix::fcntl::{SpliceFFlags, tee};
        let Source::Stream(fd) = &self.source else { return Vec::new() };
        let copied = || -> io::Result<Vec<u8>> {
            let (reader, writer) = io::pipe()?;
            let length = tee(fd, &writer, PIPE, SpliceFFlags::SPLICE_F_NONBLOCK)?;
            drop(writer);
            let mut bytes = Vec::with_capacity(length);
            reader.take(PIPE as u64).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        copied().unwrap_or_default()
    }

    /// Nothing: a pipe cannot be looked at here without taking away what it holds.
    #[cfg(not(target_os = "linux"))]
    pub fn glance(&self) -> Vec<u8> {
        Vec::new()
    }

    /// What the tool must get as its standard input; `None` when that is the one this process has, untouched.
    pub fn into_stdio(self) -> io::Result<Option<Stdio>> {
        let Source::Stream(fd) = self.source else {
            return Ok(None);
        };
        match self.read {
            Some(Preview::Complete(bytes)) => filled_pipe(&bytes).map_or_else(|| start_feed(&bytes, fd), Ok).map(Some),
            Some(Preview::Partial(bytes, _)) => start_feed(&bytes, fd).map(Some),
            Some(Preview::Terminal | Preview::File(_) | Preview::Hidden(_)) | None => Ok(None),
        }
    }
}

/// Reads a file without moving the offset that it shares with the tool to be run.
#[derive(Debug)]
pub struct FileReader {
    file: File,
    at: u64,
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at = self.at.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

fn classify(fd: OwnedFd) -> Source {
    let file = File::from(fd);
    let Ok(meta) = file.metadata() else {
        return Source::Other("standard input cannot be examined");
    };
    let kind = meta.file_type();
    if kind.is_file() {
        let at = lseek(&file, 0, Whence::SeekCur).ok().and_then(|at| u64::try_from(at).ok());
        return match at {
            Some(at) => Source::File(file, at, Stamp::from(&meta)),
            None => Source::Other("the offset of standard input cannot be read"),
        };
    }
    if kind.is_fifo() || kind.is_socket() {
        return Source::Stream(OwnedFd::from(file));
    }
    let null = std::fs::metadata("/dev/null").is_ok_and(|null| {
        use std::os::unix::fs::MetadataExt as _;
        kind.is_char_device() && null.rdev() == meta.rdev()
    });
    if null { Source::Empty } else { Source::Other("standard input is a device or a directory") }
}

/// Reads until the end, the limit, or until patience ends.
fn read_stream(fd: &OwnedFd) -> Preview {
    let deadline = Instant::now() + PATIENCE;
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 64 << 10];
    loop {
        match wait(fd.as_fd(), deadline) {
            Ok(true) => {}
            Ok(false) => return Preview::Partial(bytes, "standard input did not end within two seconds"),
            Err(_) => return Preview::Partial(bytes, "standard input cannot be waited for"),
        }
        let room = LIMIT.saturating_sub(bytes.len()).min(chunk.len());
        if room == 0 {
            return Preview::Partial(bytes, "standard input is longer than 1 MiB");
        }
        match nix::unistd::read(fd, chunk.get_mut(..room).unwrap_or_default()) {
            Ok(0) => return Preview::Complete(bytes),
            Ok(read) => bytes.extend_from_slice(chunk.get(..read).unwrap_or_default()),
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            Err(_) => return Preview::Partial(bytes, "standard input cannot be read"),
        }
    }
}

/// Waits until there is something to read (or its end); false when the deadline comes first.
fn wait(fd: BorrowedFd<'_>, deadline: Instant) -> nix::Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
        match poll(&mut [PollFd::new(fd, PollFlags::POLLIN)], timeout) {
            Ok(0) if left.is_zero() => return Ok(false),
            Ok(0) | Err(Errno::EINTR) => {}
            Ok(_) => return Ok(true),
            Err(trouble) => return Err(trouble),
        }
    }
}

/// A pipe that already holds everything, when it fits. Its write end does not block, since a pipe may be as small as
/// one page (`fs.pipe-user-pages-soft`, pipe(7)) and nobody reads yet.
fn filled_pipe(bytes: &[u8]) -> Option<Stdio> {
    if bytes.len() > PIPE {
        return None;
    }
    let (reader, mut writer) = io::pipe().ok()?;
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).ok()?;
    writer.write_all(bytes).ok()?;
    Some(Stdio::from(reader))
}

/// Starts the child that hands on `prefix` and then the rest of `stream`.
///
/// Its three standard descriptors are all it gets: the stream as 0, the way to the tool as 1, the prefix as 2.
fn start_feed(prefix: &[u8], stream: OwnedFd) -> io::Result<Stdio> {
    let (reader, writer) = io::pipe()?;
    let (prefix_reader, mut prefix_writer) = io::pipe()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(FEED_VERB).stdin(Stdio::from(stream)).stdout(Stdio::from(writer)).stderr(Stdio::from(prefix_reader));
    command.spawn()?;
    drop(command);
    prefix_writer.write_all(prefix)?;
    Ok(Stdio::from(reader))
}

/// The child: reads the prefix whole, writes it, then copies until either side ends. Says nothing; its standard error
/// is the prefix.
pub fn feed() -> io::Result<()> {
    let (input, output) = (io::stdin(), io::stdout());
    let mut prefix = Vec::new();
    File::from(io::stderr().as_fd().try_clone_to_owned()?).read_to_end(&mut prefix)?;
    let mut output = File::from(output.as_fd().try_clone_to_owned()?);
    output.write_all(&prefix)?;
    drop(prefix);
    copy(input.as_fd(), &mut output)
}

/// Copies until the end of `input`, or until nobody reads `output` any more: the child must not outlive the tool
/// because a writer keeps its end open without writing.
fn copy(input: BorrowedFd<'_>, output: &mut File) -> io::Result<()> {
    let mut chunk = vec![0; 64 << 10];
    loop {
        let mut both = [PollFd::new(input, PollFlags::POLLIN), PollFd::new(output.as_fd(), PollFlags::empty())];
        match poll(&mut both, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(trouble) => return Err(trouble.into()),
        }
        let [from, to] = both.map(|side| side.any().unwrap_or(false));
        if to {
            return Ok(());
        }
        if from {
            match nix::unistd::read(input, &mut chunk) {
                Ok(0) => return Ok(()),
                Ok(read) => output.write_all(chunk.get(..read).unwrap_or_default())?,
                Err(Errno::EINTR | Errno::EAGAIN) => {}
                Err(trouble) => return Err(trouble.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piped(bytes: &[u8]) -> Stdin {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(bytes).unwrap();
        Stdin::of(OwnedFd::from(reader))
    }

    #[test]
    fn a_pipe_that_ended_is_seen_whole_and_stays_the_same_at_the_second_look() {
        let mut stdin = piped(b"select 1;\n");
        for _ in 0..2 {
            assert!(matches!(stdin.preview(), Preview::Complete(bytes) if bytes == b"select 1;\n"));
        }
    }

    #[test]
    fn what_was_read_is_handed_on_byte_for_byte() {
        let all: Vec<u8> = (0..=255).cycle().take(50_000).collect();
        let mut stdin = piped(&all);
        let _ = stdin.preview();
        let got = Command::new("cat").stdin(stdin.into_stdio().unwrap().unwrap()).output().unwrap();
        assert_eq!(got.stdout, all);
    }

    #[test]
    fn an_endless_pipe_is_given_up_at_the_limit() {
        let (reader, mut writer) = io::pipe().unwrap();
        let writing = std::thread::spawn(move || while writer.write_all(&[b'-'; 4096]).is_ok() {});
        let mut stdin = Stdin::of(OwnedFd::from(reader));
        assert!(matches!(stdin.preview(), Preview::Partial(bytes, _) if bytes.len() == LIMIT));
        drop(stdin);
        writing.join().unwrap();
    }

    #[test]
    fn nothing_is_read_and_nothing_replaced_without_a_preview() {
        assert!(piped(b"kept").into_stdio().unwrap().is_none());
    }

    #[test]
    fn the_offset_of_a_regular_file_stays_where_the_tool_would_begin() {
        let path = std::env::temp_dir().join(format!("dbguard-stdin-{}", std::process::id()));
        std::fs::write(&path, "skip select 1").unwrap();
        let mut file = File::open(&path).unwrap();
        file.read_exact(&mut [0; 5]).unwrap();
        let mut stdin = Stdin::of(file.try_clone().unwrap().into());
        assert!(matches!(stdin.preview(), Preview::File(_)));
        let (mut seen, mut rest) = (String::new(), String::new());
        stdin.file().unwrap().read_to_string(&mut seen).unwrap();
        file.read_to_string(&mut rest).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!((seen.as_str(), rest.as_str()), ("select 1", "select 1"));
    }

    #[test]
    fn the_null_device_is_empty_and_other_devices_are_not_read() {
        let open = |path| Stdin::of(File::open(path).unwrap().into()).preview();
        assert!(matches!(open("/dev/null"), Preview::Complete(bytes) if bytes.is_empty()));
        assert!(matches!(open("/dev/zero"), Preview::Hidden(_)));
    }
}
