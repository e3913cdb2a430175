//! Files with owner and mode checks, and the stamps by which a changed file is recognised.
//!
//! A configuration file decides what is guarded, so it is read as sudo reads `sudoers`: what others could have written
//! is not believed. This module does not know what a file says; it answers with text, or with what is wrong and the
//! command that mends it.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::shell::posix;
use crate::text::Untrusted;

/// The largest configuration file that is read: more than 10,000 rules with comments, and far from a full disk.
pub const LARGEST_CONFIG: u64 = 4 * 1024 * 1024;

/// The identity of a file's content: device, inode, size, and the times of the last change in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of the file as it is now.
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::from(&std::fs::metadata(path)?))
    }

    /// How long it was.
    pub fn length(&self) -> u64 {
        self.size
    }
}

impl From<&Metadata> for Stamp {
    fn from(meta: &Metadata) -> Self {
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

/// A file that is there and cannot be believed or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTrouble {
    /// The file as it was named.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: Problem,
    /// Its text, where it could be read although it must not be believed: good for what it mentions, for no more.
    pub text: Option<String>,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The operating system says no.
    Unreadable(io::ErrorKind, String),
    /// A directory, a FIFO, a device.
    NotAFile,
    /// More than [`LARGEST_CONFIG`] bytes.
    TooLarge(u64),
    /// Not UTF-8 from this byte on.
    NotUtf8(usize),
    /// The group or everybody may write it.
    Writable(PathBuf),
    /// Its directory lets everybody replace it.
    DirectoryWritable(PathBuf),
    /// Neither the user's nor root's.
    Foreign(PathBuf, u32),
}

impl FileTrouble {
    /// What is wrong: lower case, one line, safe to show.
    pub fn message(&self) -> String {
        let shown = Untrusted::path(&self.path);
        match &self.problem {
            Problem::Unreadable(_, cause) => format!("`{shown}` cannot be read: {cause}"),
            Problem::NotAFile => format!("`{shown}` is not a regular file"),
            Problem::TooLarge(size) => {
                format!("`{shown}` has {size} bytes; more than {LARGEST_CONFIG} are not read")
            }
            Problem::NotUtf8(at) => format!("`{shown}` is not UTF-8: byte {at} starts no character"),
            Problem::Writable(real) => format!("`{}` is writable by others", Untrusted::path(real)),
            Problem::DirectoryWritable(directory) => {
                format!("`{shown}` is in a directory that everybody may write: `{}`", Untrusted::path(directory))
            }
            Problem::Foreign(real, owner) => {
                format!("`{}` belongs to user id {owner}, which is neither you nor root", Untrusted::path(real))
            }
        }
    }

    /// The command that mends it, where there is one.
    pub fn help(&self) -> Option<String> {
        match &self.problem {
            Problem::Unreadable(io::ErrorKind::PermissionDenied, _) => {
                Some(format!("chmod u+r {}", posix(self.path.as_os_str())))
            }
            Problem::Unreadable(..) | Problem::NotAFile => {
                Some("put a readable file there, or take it away".to_owned())
            }
            Problem::TooLarge(_) => Some("split it, or take out what is not configuration".to_owned()),
            Problem::NotUtf8(_) => Some("save the file as UTF-8".to_owned()),
            Problem::Writable(path) => Some(format!("chmod go-w {}", posix(path.as_os_str()))),
            Problem::DirectoryWritable(path) => Some(format!("chmod o-w {}", posix(path.as_os_str()))),
            Problem::Foreign(path, _) => {
                Some(format!("read it, and if it is meant: sudo chown \"$USER\" {}", posix(path.as_os_str())))
            }
        }
    }
}

/// Reads a configuration file; `None` when there is none.
///
/// What is checked is what is read: the file is opened first, without waiting for the writer of a FIFO, and its owner
/// and mode are asked of the open file. A link is followed, and the directories of the link and of the file it
/// leads to are checked, as sudo-rs checks the parent of `sudoers`.
pub fn read_config(path: &Path) -> Result<Option<String>, FileTrouble> {
    read_config_stamped(path).map(|read| read.map(|(text, _)| text))
}

/// The same, with the stamp of what was read.
pub fn read_config_stamped(path: &Path) -> Result<Option<(String, Stamp)>, FileTrouble> {
    let fail = |problem, text| FileTrouble { path: path.to_owned(), problem, text };
    let Some((file, meta)) = open(path).map_err(|cause| fail(unreadable(&cause), None))? else {
        return Ok(None);
    };
    if !meta.is_file() {
        return Err(fail(Problem::NotAFile, None));
    }
    if meta.len() > LARGEST_CONFIG {
        return Err(fail(Problem::TooLarge(meta.len()), None));
    }
    let bytes = read_at_most(file, meta.len()).map_err(|cause| fail(unreadable(&cause), None))?;
    if bytes.len() as u64 > LARGEST_CONFIG {
        return Err(fail(Problem::TooLarge(bytes.len() as u64), None));
    }
    let text = String::from_utf8(bytes).map_err(|bad| {
        let at = bad.utf8_error().valid_up_to();
        fail(Problem::NotUtf8(at), Some(String::from_utf8_lossy(bad.as_bytes()).into_owned()))
    })?;
    match distrust(path, &meta) {
        Ok(None) => Ok(Some((text, Stamp::from(&meta)))),
        Ok(Some(problem)) => Err(fail(problem, Some(text))),
        Err(cause) => Err(fail(unreadable(&cause), Some(text))),
    }
}

/// The bytes of a file that somebody else's program reads as well. Nothing is waited for: of a FIFO the program would wait
/// for a writer, and what is read here would be gone.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let flags = nix::fcntl::OFlag::O_NONBLOCK | nix::fcntl::OFlag::O_NOCTTY;
    let mut file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens the file. A parent that is no directory means that there is no file, as for a missing one.
fn open(path: &Path) -> io::Result<Option<(File, Metadata)>> {
    let flags = nix::fcntl::OFlag::O_NONBLOCK | nix::fcntl::OFlag::O_NOCTTY;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path);
    match opened {
        Ok(file) => {
            let meta = file.metadata()?;
            Ok(Some((file, meta)))
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotADirectory => Ok(None),
        // A dangling link is a file that somebody wanted read.
        Err(cause) if cause.kind() == io::ErrorKind::NotFound && !path.is_symlink() => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// Reads to the end, but never more than one byte past the limit: the size may have grown since it was asked.
fn read_at_most(file: File, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    file.take(LARGEST_CONFIG + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Why an open file must not be believed.
fn distrust(path: &Path, meta: &Metadata) -> io::Result<Option<Problem>> {
    if foreign(meta) {
        return Ok(Some(Problem::Foreign(path.canonicalize()?, meta.uid())));
    }
    if meta.mode() & 0o022 != 0 {
        return Ok(Some(Problem::Writable(path.canonicalize()?)));
    }
    let named = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    // What is no link itself is in the directory that its path names.
    let real = if named.is_none() || path.is_symlink() { Some(path.canonicalize()?) } else { None };
    for directory in [named, real.as_deref().and_then(Path::parent)].into_iter().flatten() {
        if replaceable(&std::fs::metadata(directory)?) {
            return Ok(Some(Problem::DirectoryWritable(directory.canonicalize()?)));
        }
    }
    Ok(None)
}

fn foreign(meta: &Metadata) -> bool {
    meta.uid() != 0 && meta.uid() != nix::unistd::geteuid().as_raw()
}

/// Everybody may write the directory, and no sticky bit keeps them from replacing what is not theirs.
fn replaceable(directory: &Metadata) -> bool {
    directory.mode() & 0o002 != 0 && directory.mode() & 0o1000 == 0
}

/// The cause without Rust's `(os error 13)`.
fn unreadable(cause: &io::Error) -> Problem {
    let text = cause.to_string();
    let text = text.split(" (os error").next().unwrap_or_default().to_lowercase();
    Problem::Unreadable(cause.kind(), text)
}
