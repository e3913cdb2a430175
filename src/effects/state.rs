//! dbguard's own files: the directory they live in, opened once and checked, and files opened below it.
//!
//! The audit log and the grants are believed, so nobody else may have been able to write them: the directory and each
//! file must belong to the user (or to root) and be closed to others' writing. Everything is opened relative to the
//! open directory and without following a link, so that what was checked is what is used. It does not know what the
//! files say.

use std::fs::{DirBuilder, File, Metadata};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open, openat};
use nix::sys::stat::{Mode, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use crate::error::{Error, Result};
use crate::order;
use crate::shell;
use crate::text::Untrusted;
use crate::world::Snapshot;

/// Whether a directory may be made for dbguard's own files. Root's, made in another user's home (`sudo -E`,
/// `su` without a dash), would lock that user out of their own.
pub(super) fn may_make(directory: &Path, user: u32) -> bool {
    let nearest = || directory.ancestors().find_map(|above| above.metadata().ok());
    user != 0 || nearest().is_none_or(|above| above.uid() == 0)
}

/// Whether nobody else can write there, or put something in its place: the directory and all above it belong to this user
/// or to root, and are closed to others' writing. In one like `/tmp` only owners take things away.
pub(super) fn is_closed(directory: &Path, user: u32) -> bool {
    let is_closed = |meta: &Metadata| {
        let mode = meta.mode();
        (meta.uid() == user || meta.uid() == 0) && (mode & 0o022 == 0 || mode & 0o1000 != 0)
    };
    directory.ancestors().all(|above| above.metadata().is_ok_and(|meta| is_closed(&meta)))
}

/// A directory of dbguard's own, open and checked.
#[derive(Debug)]
pub(super) struct Dir {
    fd: OwnedFd,
    path: PathBuf,
}

impl Dir {
    /// The state directory, made when it is not there.
    pub(super) fn state(snapshot: &Snapshot) -> Result<Self> {
        let path = snapshot.state_dir().ok_or_else(|| {
            Error::refused("there is no place for dbguard's state: neither `HOME` nor `XDG_STATE_HOME` is set")
                .hint("set it: export HOME=~")
        })?;
        Self::open(path)
    }

    /// A directory below this one, made when it is not there.
    pub(super) fn below(&self, name: &str) -> Result<Self> {
        Self::open(self.path.join(name))
    }

    /// Opens the directory, made with mode 0700 when it is not there, as the XDG specification asks.
    fn open(path: PathBuf) -> Result<Self> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let mut opened = open(&path, flags, Mode::empty());
        if opened.as_ref().is_err_and(|errno| matches!(errno, Errno::ENOENT | Errno::ENOTDIR)) {
            make(&path)?;
            opened = open(&path, flags, Mode::empty());
        }
        let fd = opened.map_err(|cause| trouble(&path, "opened", &cause.into()))?;
        let handle = File::from(fd);
        let meta = handle.metadata().map_err(|cause| trouble(&path, "read", &cause))?;
        private(&path, &meta)?;
        Ok(Self { fd: handle.into(), path })
    }

    /// The path of a file in it, to show.
    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Opens a regular file in it, without following a link and without ever waiting (a FIFO would block).
    pub(super) fn file(&self, name: &str, flags: OFlag) -> Result<File> {
        let path = self.path_of(name);
        let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC | OFlag::O_NOCTTY;
        let file = match openat(&self.fd, name, flags, Mode::S_IRUSR | Mode::S_IWUSR) {
            Ok(fd) => File::from(fd),
            Err(errno) => return Err(unopened(&path, errno)),
        };
        let meta = file.metadata().map_err(|cause| trouble(&path, "read", &cause))?;
        if !meta.is_file() {
            return Err(move_aside(&path, "is not a regular file"));
        }
        private(&path, &meta)?;
        Ok(file)
    }

    /// Whether `name` is still the very file that is open: not rotated away, not replaced.
    pub(super) fn still(&self, name: &str, file: &File) -> bool {
        let named = fstatat(&self.fd, name, AtFlags::AT_SYMLINK_NOFOLLOW);
        let (Ok(named), Ok(held)) = (named, nix::sys::stat::fstat(file)) else { return false };
        named.st_dev == held.st_dev && named.st_ino == held.st_ino
    }

    /// Whether there is anything of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        fstatat(&self.fd, name, AtFlags::AT_SYMLINK_NOFOLLOW) != Err(Errno::ENOENT)
    }

    /// Gives a file in it another name; the errno tells whether it was gone.
    pub(super) fn rename(&self, from: &str, to: &str) -> nix::Result<()> {
        nix::fcntl::renameat(&self.fd, from, &self.fd, to)
    }

    /// Takes a file out of it.
    pub(super) fn remove(&self, name: &str) -> nix::Result<()> {
        unlinkat(&self.fd, name, UnlinkatFlags::NoRemoveDir)
    }

    /// The names in it, sorted.
    pub(super) fn names(&self) -> Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.path).map_err(|cause| trouble(&self.path, "listed", &cause))?;
        let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        order::sort(&mut names);
        Ok(names)
    }

    /// Makes a new or renamed file's name durable.
    pub(super) fn sync(&self) -> Result<()> {
        nix::unistd::fsync(self.fd.as_fd()).map_err(|cause| trouble(&self.path, "synced", &cause.into()))
    }
}

/// Makes a directory that is not there.
fn make(path: &Path) -> Result<()> {
    if !path.exists() && !may_make(path, nix::unistd::geteuid().as_raw()) {
        let what = format!("`{}` would be root's, in another user's home", Untrusted::path(path));
        return Err(Error::refused(what).hint("keep your own home: sudo -H, or su with a dash"));
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|cause| trouble(path, "made", &cause))
}

/// Ours or root's, and closed to others' writing.
fn private(path: &Path, meta: &Metadata) -> Result<()> {
    let me = nix::unistd::geteuid();
    if meta.uid() != me.as_raw() && meta.uid() != 0 {
        return Err(Error::refused(format!("`{}` belongs to another user (id {})", Untrusted::path(path), meta.uid()))
            .hint(format!("take it over: sudo chown {me} {}", word(path)))
            .hint("or use a directory of your own: export XDG_STATE_HOME=\"$HOME/.local/state\""));
    }
    if meta.mode() & 0o022 != 0 {
        return Err(Error::refused(format!("`{}` is writable by others", Untrusted::path(path)))
            .hint(format!("close it: chmod go-w {}", word(path))));
    }
    Ok(())
}

/// Why a file did not open, with what mends it.
fn unopened(path: &Path, errno: Errno) -> Error {
    let read_only = || trouble(path, "opened", &errno.into());
    if errno == Errno::ELOOP || errno == Errno::EMLINK {
        return move_aside(path, "is a symbolic link");
    }
    if errno == Errno::EISDIR || errno == Errno::ENXIO {
        return move_aside(path, "is not a regular file");
    }
    if errno == Errno::EACCES || errno == Errno::EPERM {
        return read_only().hint(format!("open it to yourself: chmod 600 {}", word(path)));
    }
    read_only()
}

fn move_aside(path: &Path, what: &str) -> Error {
    let aside = format!("{}.aside", path.display());
    Error::refused(format!("`{}` {what}", Untrusted::path(path))).hint(format!(
        "move it aside: mv {} {}",
        word(path),
        word(Path::new(&aside))
    ))
}

/// `path` cannot be `done`, because of `cause`.
pub(super) fn trouble(path: &Path, done: &str, cause: &std::io::Error) -> Error {
    let error = Error::refused(format!("`{}` cannot be {done}: {cause}", Untrusted::path(path)));
    match cause.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOSPC | Errno::EDQUOT) => {
            let dir = path.parent().unwrap_or(path);
            error.hint(format!("make room: df -h {}", word(dir)))
        }
        _ => error,
    }
}

/// A path as one word of a shell command that is shown.
fn word(path: &Path) -> String {
    let quoted = shell::posix(path.as_os_str());
    Untrusted::text(&quoted).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_makes_no_directory_in_another_users_home_and_is_told_how_to_keep_its_own() {
        let home = std::env::temp_dir().join(format!("dbguard-state-{}", std::process::id()));
        std::fs::create_dir_all(&home).unwrap();
        let root = nix::unistd::geteuid().is_root() && std::os::unix::fs::chown(&home, Some(65534), None).is_ok();
        let opened = Dir::open(home.join("state"));
        let made = home.join("state").exists();
        std::fs::remove_dir_all(&home).unwrap();
        assert_eq!((opened.is_err(), made), (root, !root));
        if root {
            let error = opened.unwrap_err().to_string();
            assert!(error.contains("would be root's, in another user's home"), "{error}");
        }
    }
}
