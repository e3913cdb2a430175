//! Reading a project's files, and keeping account of what was looked at.
//!
//! The files are anybody's: a clone may hold a FIFO, a link to a device, a gigabyte. Each is opened without waiting, has
//! to be a regular file, and is read as far as a limit. What is in them is not known here.

use std::cell::RefCell;
use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::Watched;
use crate::text::Untrusted;

/// The largest file that is read.
const LARGEST: u64 = 1024 * 1024;

/// How many directories are searched between the working directory and the root of the project.
const DEEPEST: usize = 64;

/// The directories below a project's own that hold its configuration.
const BELOW: &[&str] = &["config", "conf", "prisma"];

/// The files of a project.
#[derive(Debug)]
pub(in crate::target) struct Look {
    /// From the working directory up to the root.
    places: Vec<Place>,
    watched: RefCell<Watched>,
}

/// A directory, and which of [`BELOW`] it has.
#[derive(Debug)]
struct Place {
    directory: PathBuf,
    has: Vec<&'static str>,
}

/// A file that is there.
#[derive(Clone, Debug)]
pub(in crate::target) struct Found {
    /// Its path.
    pub(in crate::target) path: PathBuf,
    /// Its text, bytes that are not UTF-8 replaced; or why it cannot be read.
    pub(in crate::target) text: Result<String, String>,
}

impl Look {
    /// Lists the directories to search.
    pub(in crate::target) fn new(cwd: &Path, root: &Path) -> Self {
        let below = cwd.ancestors().take_while(|directory| directory.starts_with(root)).take(DEEPEST);
        let mut directories: Vec<PathBuf> = below.map(Path::to_owned).collect();
        if directories.is_empty() {
            directories.push(cwd.to_owned());
        }
        let has = |directory: &Path| BELOW.iter().copied().filter(|name| directory.join(name).is_dir()).collect();
        let places: Vec<Place> =
            directories.into_iter().map(|directory| Place { has: has(&directory), directory }).collect();
        let all = |place: &Place| {
            let below: Vec<PathBuf> = place.has.iter().map(|name| place.directory.join(name)).collect();
            std::iter::once(place.directory.clone()).chain(below)
        };
        let watched = Watched { directories: places.iter().flat_map(all).collect(), ..Watched::default() };
        Self { places, watched: RefCell::new(watched) }
    }

    /// What was looked at.
    pub(super) fn watched(self) -> Watched {
        self.watched.into_inner()
    }

    /// Remembers a var that was asked for by a name that a file says.
    pub(super) fn asked(&self, var: &str) {
        let mut watched = self.watched.borrow_mut();
        if !watched.vars.iter().any(|known| known == var) {
            watched.vars.push(var.to_owned());
        }
    }

    /// The nearest directory that has any of these files, with those that it has, in the order of the names.
    pub(in crate::target) fn nearest(&self, names: &[&str]) -> Vec<Found> {
        let each = |place: &Place| -> Vec<Found> {
            let there = |name: &&&str| place.may_have(name);
            names.iter().filter(there).filter_map(|name| self.read(&place.directory.join(name))).collect()
        };
        self.places.iter().map(each).find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// Reads a file; `None` when it is not there.
    pub(in crate::target) fn read(&self, path: &Path) -> Option<Found> {
        let text = match open(path) {
            Ok(None) => return None,
            Ok(Some(bytes)) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(why) => Err(format!("`{}` {why}", Untrusted::path(path))),
        };
        let mut watched = self.watched.borrow_mut();
        if !watched.files.iter().any(|known| known == path) {
            watched.files.push(path.to_owned());
        }
        Some(Found { path: path.to_owned(), text })
    }
}

impl Place {
    /// Whether the directory of the name is there at all.
    fn may_have(&self, name: &str) -> bool {
        match name.split_once('/') {
            Some((below, _)) if BELOW.contains(&below) => self.has.contains(&below),
            _ => true,
        }
    }
}

/// The bytes of a regular file, or what is wrong with it.
fn open(path: &Path) -> Result<Option<Vec<u8>>, String> {
    let flags = nix::fcntl::OFlag::O_NONBLOCK | nix::fcntl::OFlag::O_NOCTTY;
    let file = match OpenOptions::new().read(true).custom_flags(flags.bits()).open(path) {
        Ok(file) => file,
        Err(cause) if matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(cause) => return Err(unreadable(&cause)),
    };
    let kind = file.metadata().map_err(|cause| unreadable(&cause))?;
    if kind.is_dir() {
        return Ok(None); // `.env` is also the name that some give to a virtual environment
    }
    if !kind.is_file() {
        return Err("is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|cause| unreadable(&cause))?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("has more than {LARGEST} bytes"));
    }
    Ok(Some(bytes))
}

/// The cause without Rust's `(os error 13)`.
fn unreadable(cause: &io::Error) -> String {
    let text = cause.to_string();
    format!("cannot be read: {}", text.split(" (os error").next().unwrap_or_default().to_lowercase())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::super::tests::Sample;

    const URL: &str = "DATABASE_URL=postgres://u@db1/app\n";

    #[test]
    fn what_is_no_regular_file_is_said_and_nothing_waits_for_it() {
        let sample = Sample::new();
        nix::unistd::mkfifo(&sample.root.join(".env"), nix::sys::stat::Mode::S_IRUSR).unwrap();
        assert_eq!(sample.said(), [".env:0  -> ? `.env` is not a regular file"]);
        let sample = Sample::new();
        symlink("/dev/zero", sample.root.join("alembic.ini")).unwrap();
        assert_eq!(sample.said(), ["alembic.ini:0  -> ? `alembic.ini` is not a regular file"]);
    }

    #[test]
    fn a_large_file_is_said_and_not_read() {
        let sample = Sample::new().file(".env", "#\n".repeat(600_000));
        assert_eq!(sample.said(), [".env:0  -> ? `.env` has more than 1048576 bytes"]);
    }

    #[test]
    fn links_are_followed_and_circles_are_said() {
        let sample = Sample::new().file("real", URL);
        symlink("real", sample.root.join(".env")).unwrap();
        assert_eq!(sample.said(), [".env:1 DATABASE_URL -> u@db1:5432/app"]);
        let sample = Sample::new();
        symlink(".env", sample.root.join(".env")).unwrap();
        assert!(sample.said()[0].starts_with(".env:0  -> ? `.env` cannot be read: "), "{:?}", sample.said());
    }

    #[test]
    fn a_file_that_may_not_be_read_is_said() {
        let sample = Sample::new().file(".env", URL);
        let path = sample.root.join(".env");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        let said = sample.said();
        // Root may read it all the same.
        let denied = ".env:0  -> ? `.env` cannot be read: permission denied";
        let expected = if nix::unistd::geteuid().is_root() { ".env:1 DATABASE_URL -> u@db1:5432/app" } else { denied };
        assert_eq!(said, [expected]);
        assert_eq!(sample.mentions().watched.files, [path]);
    }

    #[test]
    fn a_directory_of_the_name_is_no_file_and_bad_utf8_is_no_trouble() {
        let sample =
            Sample::new().file(".env/bin/python", "").file("api/.env", b"# \xff\nDATABASE_URL=postgres://u@db1/app\n");
        assert_eq!(sample.at("api").said(), ["api/.env:2 DATABASE_URL -> u@db1:5432/app"]);
        let sample = Sample::new().file(".env", b"DATABASE_URL=postgres://u@d\xffb/app\n");
        assert!(sample.said()[0].contains("looks like a placeholder"));
    }

    #[test]
    fn only_directories_below_the_root_are_searched() {
        let sample = Sample::new().file(".env", URL).at("a");
        let root = sample.root.join("a");
        assert_eq!(super::Look::new(&root, &root).nearest(&[".env"]).len(), 0);
        let outside = super::Look::new(&sample.root, &root).watched();
        assert_eq!(outside.directories, std::slice::from_ref(&sample.root));
        let deep: std::path::PathBuf = std::iter::repeat_n("d", 200).collect();
        let deep = super::Look::new(&sample.root.join(deep), &sample.root).watched();
        assert_eq!(deep.directories.len(), super::DEEPEST);
    }

    #[test]
    fn hostile_names_stay_in_their_field() {
        let long = "x".repeat(10_000);
        for host in ["a\u{1b}]0;x\u{7}", "$(touch x)", "`touch x`", "%n\u{202e}", &long] {
            let text =
                format!("development:\n  adapter: postgresql\n  username: u\n  database: d\n  host: \"{host}\"\n");
            let sample = Sample::new().file("config/database.yml", text).file(".env", format!("PGHOST='{host}'\n"));
            let said = sample.said();
            assert_eq!(said.len(), 2, "{host}");
            assert!(
                said.iter().all(|line| line.contains(host)
                    || line.contains("looks like a placeholder")
                    || line.contains("it has a placeholder")),
                "{said:?}"
            );
        }
    }
}
