//! Appending: lock, read the end, chain, write, sync, and only then a receipt.
//!
//! A writer waits for the lock a bounded time and never hangs. What it could not write whole it takes back; where even
//! that fails (the process is killed, the file is append-only), the next writer ends the half line and says so.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};

use super::chain::{self, LONGEST, Tail};
use super::entry::{Entry, entries};
use super::event::Event;
use super::receipt::Receipt;
use super::verify::{self, Report};
use crate::effects::state::{Dir, trouble};
use crate::error::{Error, Result};
use crate::text::Untrusted;
use crate::world::Snapshot;

/// The log of this user.
#[derive(Debug)]
pub struct AuditLog {
    dir: Dir,
}

impl AuditLog {
    /// Opens the log, made with mode 0600 when it is not there, and checks that it could be written.
    pub fn open(snapshot: &Snapshot) -> Result<Self> {
        let log = Self { dir: Dir::state(snapshot)? };
        log.file(OFlag::O_RDWR)?;
        Ok(log)
    }

    /// The log to be read; `None` when nothing was ever written, and then nothing is made.
    pub fn existing(snapshot: &Snapshot) -> Result<Option<Self>> {
        match snapshot.state_dir().map(|dir| dir.join(NAME).symlink_metadata()) {
            Some(Err(cause)) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            _ => Ok(Some(Self { dir: Dir::state(snapshot)? })),
        }
    }

    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.dir.path_of(NAME)
    }

    /// Writes the event behind the last record; when this returns, it is on the disk.
    pub fn append(&self, event: &Event) -> Result<Receipt> {
        let json = serde_json::to_string(event)
            .map_err(|cause| Error::refused(format!("the audit record has no JSON form: {cause}")))?;
        let mut file = self.locked(OFlag::O_RDWR, FlockArg::LockExclusiveNonblock)?;
        let length = self.length(&file)?;
        let tail = Tail::read(&file, length).map_err(|cause| self.unreadable(&cause))?;
        let line = chain::line(&json, &tail).filter(|line| line.len() <= LONGEST);
        let line = line.ok_or_else(|| Error::refused("the audit record is too long to be written"))?;
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
        if let Err(cause) = written {
            // Only our own bytes are taken back: the lock is held, and `length` was read under it.
            let _kept_for_the_next_writer = file.set_len(length);
            return Err(trouble(&self.path(), "written", &cause));
        }
        Ok(Receipt::written(event.id()))
    }

    /// Checks the whole chain.
    pub fn verify(&self) -> Result<Report> {
        verify::verify(self.reader()?).map_err(|cause| trouble(&self.path(), "read", &cause))
    }

    /// Every line of it.
    pub fn entries(&self) -> Result<impl Iterator<Item = Result<Entry>> + use<>> {
        let path = self.path();
        Ok(entries(self.reader()?).map(move |entry| entry.map_err(|cause| trouble(&path, "read", &cause))))
    }

    /// The lines within the last bytes of it, without the first, which may have lost its beginning.
    pub fn latest(&self, bytes: u64) -> Result<impl Iterator<Item = Result<Entry>> + use<>> {
        let path = self.path();
        let locked = self.locked(OFlag::O_RDONLY, FlockArg::LockSharedNonblock)?;
        let length = self.length(&locked)?;
        let mut file = locked.unlock().map_err(|(_, errno)| trouble(&path, "unlocked", &errno.into()))?;
        let start = length.saturating_sub(bytes);
        io::Seek::seek(&mut file, io::SeekFrom::Start(start)).map_err(|cause| trouble(&path, "read", &cause))?;
        let tail = io::BufReader::new(io::Read::take(file, length - start));
        let whole = entries(tail).skip(usize::from(start > 0));
        Ok(whole.map(move |entry| entry.map_err(|cause| trouble(&path, "read", &cause))))
    }

    /// The records as they are on the disk, up to where the file ended when no writer was at work.
    fn reader(&self) -> Result<impl io::BufRead + use<>> {
        let locked = self.locked(OFlag::O_RDONLY, FlockArg::LockSharedNonblock)?;
        let length = self.length(&locked)?;
        let file = locked.unlock().map_err(|(_, errno)| trouble(&self.path(), "unlocked", &errno.into()))?;
        Ok(io::BufReader::new(io::Read::take(file, length)))
    }

    fn length(&self, file: &File) -> Result<u64> {
        file.metadata().map(|meta| meta.len()).map_err(|cause| trouble(&self.path(), "read", &cause))
    }

    fn file(&self, access: OFlag) -> Result<File> {
        let flags = access | OFlag::O_APPEND;
        if access == OFlag::O_RDONLY || self.dir.has(NAME) {
            return self.dir.file(NAME, flags);
        }
        let file = self.dir.file(NAME, flags | OFlag::O_CREAT)?;
        self.dir.sync()?;
        Ok(file)
    }

    /// The file, locked, and still the one of that name: whoever rotates the log moves it away under us.
    fn locked(&self, access: OFlag, how: FlockArg) -> Result<Flock<File>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match Flock::lock(self.file(access)?, how) {
                Ok(locked) if self.dir.still(NAME, &locked) => return Ok(locked),
                Ok(_) | Err((_, Errno::EWOULDBLOCK | Errno::EINTR)) => {}
                Err((_, errno)) => return Err(trouble(&self.path(), "locked", &errno.into())),
            }
            if Instant::now() >= deadline {
                return Err(self.busy());
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn busy(&self) -> Error {
        let path = self.path();
        let path = Untrusted::path(&path);
        Error::refused(format!("`{path}` has been locked by another process for {} seconds", PATIENCE.as_secs()))
            .hint(format!("see which: lsof {path}"))
    }

    fn unreadable(&self, cause: &io::Error) -> Error {
        let path = self.path();
        let path = Untrusted::path(&path);
        trouble(&self.path(), "continued", cause).hint(format!("move it aside: mv {path} {path}.aside"))
    }
}

const NAME: &str = "audit.jsonl";

/// How long a writer waits for the others.
const PATIENCE: Duration = Duration::from_secs(2);

/// Between two tries for the lock; short, since a record is written in about a millisecond.
const PAUSE: Duration = Duration::from_millis(2);
