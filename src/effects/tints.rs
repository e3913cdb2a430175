//! What was set on a terminal and has to be taken back: notes in the state directory, one file for each shell.
//!
//! `tints/PID` is the mark of a client that the guard started in that shell's terminal: the hook sees it with a
//! builtin, where its own prompts would not set all of that again, and asks again at its next prompt, also when the
//! client was killed. `tints/PID.on` is what the shell's own prompts have set. A note holds words, never sequences, and
//! nothing is believed for it but that something has to be reset. `tints/PID.first` is an answer that lies ready for that shell's first prompt, which looks whether it is
//! still true and empties it. Notes of shells that are gone are taken away by whoever writes one.

use std::cell::Cell;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::state;
use crate::prompt::Shown;
use crate::shell::Painted;
use crate::world::{Snapshot, processes};

/// The endings: what the shell's prompts have set, and an answer for its first prompt.
const ON: &str = ".on";
const FIRST: &str = ".first";

/// The notes about the shell whose prompt is being made.
#[derive(Debug)]
pub struct Notes {
    directory: Option<PathBuf>,
    /// The shell itself, and the one that the vars name: Bash may put a process of its own between.
    shells: Vec<u32>,
    /// What nobody can ask for any more was taken away, which once is enough for.
    pruned: Cell<bool>,
}

/// What the notes say.
#[derive(Debug, Default)]
pub struct Noted {
    /// What clients have set.
    pub by_clients: Painted,
    /// What the shell's own prompts have set; `None` where nothing was noted of that.
    pub by_prompts: Option<Painted>,
    /// The same, of the shell that asks alone.
    own: Option<Painted>,
    /// The notes that are there.
    files: Vec<PathBuf>,
}

impl Notes {
    /// The notes about the shell that asks.
    pub fn of_parent(snapshot: &Snapshot) -> Self {
        let parent = processes::parent();
        let named = Shown::of(&snapshot.vars).map(|shown| shown.shell).filter(|pid| processes::is_of_session(*pid));
        let shells = std::iter::once(parent).chain(named.filter(|pid| *pid != parent)).collect();
        Self { directory: directory(snapshot), shells, pruned: Cell::new(false) }
    }

    /// What is set by now.
    pub fn read(&self) -> Noted {
        let mut noted = Noted::default();
        for (at, shell) in self.shells.iter().enumerate() {
            if let Some(painted) = self.note(*shell, "", &mut noted.files) {
                noted.by_clients = noted.by_clients.and(painted);
            }
            if let Some(painted) = self.note(*shell, ON, &mut noted.files) {
                noted.by_prompts = Some(noted.by_prompts.unwrap_or_default().and(painted));
                noted.own = noted.own.or((at == 0).then_some(painted));
            }
        }
        noted
    }

    /// What one note says, where it is there.
    fn note(&self, shell: u32, ending: &str, there: &mut Vec<PathBuf>) -> Option<Painted> {
        let path = self.path(shell, ending)?;
        let text = fs::read_to_string(&path);
        if !text.as_ref().is_err_and(|cause| cause.kind() == io::ErrorKind::NotFound) {
            there.push(path);
        }
        text.ok().as_deref().map(painted)
    }

    /// Notes what the prompt sets from now on; the clients' marks that were read are done with. A note that says so already
    /// stays: to make it anew takes a tenth of the answer's time.
    pub fn settle(&self, noted: &Noted, now: Painted) {
        let own = self.shells.first().and_then(|shell| self.path(*shell, ON));
        let stays = own.as_ref().filter(|_| now != Painted::default());
        for path in noted.files.iter().filter(|path| Some(*path) != stays) {
            let _ = fs::remove_file(path);
        }
        if let (Some(directory), Some(shell)) = (&self.directory, self.shells.first())
            && now != Painted::default()
            && noted.own != Some(now)
        {
            self.prune();
            // Where it cannot be noted, the hook tells that its last answer had a title, and everything is reset.
            let _ = write(directory, &format!("{shell}{ON}"), now);
        }
    }

    /// Leaves an answer for the first prompt of the shell that starts: whole, or not at all, and only where nobody else
    /// can write.
    pub fn leave(&self, answer: &[u8], user: u32) -> io::Result<()> {
        let (directory, shell) = self.directory.as_ref().zip(self.shells.first()).ok_or(io::ErrorKind::NotFound)?;
        let fresh = directory.join(format!("{shell}.new"));
        self.prune();
        // Made first, since what is not there is nobody's.
        let mut file = open(directory, &format!("{shell}.new"))?;
        let closed =
            if state::is_closed(directory, user) { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) };
        let left = closed.and_then(|()| file.write_all(answer));
        let left = left.and_then(|()| fs::rename(&fresh, directory.join(format!("{shell}{FIRST}"))));
        left.inspect_err(|_| {
            let _ = fs::remove_file(&fresh);
        })
    }

    /// Takes such an answer away, where one was left to a shell of this number before.
    pub fn withdraw(&self) {
        if let Some(path) = self.shells.first().and_then(|shell| self.path(*shell, FIRST)) {
            let _ = fs::remove_file(path);
        }
    }

    /// Where a client leaves its mark that it has set something.
    pub fn mark(&self) -> Option<PathBuf> {
        self.path(*self.shells.first()?, "")
    }

    /// Takes away what nobody can ask for any more.
    fn prune(&self) {
        if let Some(directory) = self.directory.as_ref().filter(|_| !self.pruned.replace(true)) {
            prune(directory);
        }
    }

    fn path(&self, shell: u32, ending: &str) -> Option<PathBuf> {
        Some(self.directory.as_ref()?.join(format!("{shell}{ending}")))
    }
}

/// Leaves the mark of a client for the shell around it.
pub fn mark(shell: u32, painted: Painted, snapshot: &Snapshot) -> io::Result<()> {
    let directory = directory(snapshot).ok_or(io::ErrorKind::NotFound)?;
    prune(&directory);
    write(&directory, &shell.to_string(), painted)
}

/// What the prompts of this shell have set, as far as it was noted.
pub fn set_by(shell: u32, snapshot: &Snapshot) -> Option<Painted> {
    read(&directory(snapshot)?.join(format!("{shell}{ON}")))
}

/// What this shell's prompts and a client that the guard announced have set, as far as it was noted.
pub fn noted(shell: u32, snapshot: &Snapshot) -> Painted {
    let by_client = directory(snapshot).and_then(|directory| read(&directory.join(shell.to_string())));
    set_by(shell, snapshot).into_iter().chain(by_client).fold(Painted::default(), Painted::and)
}

/// Whether the mark of a client stands: a hook that was asked meanwhile, while psql was stopped, has taken it away.
pub fn is_marked(shell: u32, snapshot: &Snapshot) -> bool {
    directory(snapshot).is_some_and(|directory| directory.join(shell.to_string()).exists())
}

/// Where the notes are.
pub fn directory(snapshot: &Snapshot) -> Option<PathBuf> {
    Some(snapshot.state_dir()?.join("tints"))
}

fn write(directory: &Path, name: &str, painted: Painted) -> io::Result<()> {
    open(directory, name)?.write_all(format!("{}\n", words(painted)).as_bytes())
}

/// Opens a note, emptied, and makes the directory only where that shows that it is not there.
fn open(directory: &Path, name: &str) -> io::Result<File> {
    let path = directory.join(name);
    let open = || OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    match open() {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            if !state::may_make(directory, nix::unistd::geteuid().as_raw()) {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
            open()
        }
        opened => opened,
    }
}

fn words(painted: Painted) -> String {
    let all = [(painted.title, "title"), (painted.tab, "tab"), (painted.background, "background")];
    all.into_iter().filter_map(|(set, word)| set.then_some(word)).collect::<Vec<_>>().join(" ")
}

fn read(path: &Path) -> Option<Painted> {
    fs::read_to_string(path).ok().as_deref().map(painted)
}

fn painted(text: &str) -> Painted {
    let has = |word: &str| text.split_whitespace().any(|one| one == word);
    Painted { title: has("title"), tab: has("tab"), background: has("background") }
}

fn prune(directory: &Path) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.split('.').next()?.parse().ok());
        if pid.is_some_and(|pid| !processes::is_running(pid)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
