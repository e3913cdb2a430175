//! Finding the real tool on `PATH`, past everything that is dbguard itself.
//!
//! The search is `execvp(3)`'s. What is dbguard is told by identity (device and inode of the running program), by
//! the name of the file at the end of a symlink, and by content, never by the text of a path: shims may be symlinks,
//! hard links or copies, in directories of any spelling. This module does not know which names are guarded.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, BufReader, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::unistd::{AccessFlags, faccessat};

use crate::error::{Error, Kind, Result};
use crate::text::Untrusted;
use crate::world::Vars;

/// The var that counts how many dbguards started one another, so that a loop ends.
pub const DEPTH: &str = "DBGUARD_DEPTH";

/// The var that says which script a dbguard became last, by its process: `PID:COUNT:PATH`.
///
/// The shim of a version manager that has nothing of its own to start looks for the next one on `PATH`, comes back here by
/// that, and would be found again.
pub const SENT: &str = "DBGUARD_SENT";

/// More scripts than this do not find dbguard behind one another.
const MOST_SENT: u32 = 40;

/// Nested runs are normal (`rails db` starts psql, whose `\!` starts another); this many are a loop.
const DEEPEST: u32 = 10;

/// How many links may lead to one another.
const LINKS: usize = 40;

/// Where `execvp` looks when there is no `PATH`, without its working directory, which is a trap.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The real tool: the first executable file of this name on `PATH` that is not dbguard.
///
/// As `execvp(3)`: an empty entry is the working directory, a relative one is relative to it, what cannot be executed
/// is passed over, and a name with a slash is used as it is.
pub fn locate(name: &OsStr, vars: &Vars) -> Result<PathBuf> {
    let found = locate_any(name, vars)?;
    near(&found, vars).map(|()| found)
}

/// Whether no loop of dbguards has led to this program; errors name it.
pub fn near(found: &Path, vars: &Vars) -> Result<()> {
    if depth(vars) >= DEEPEST { Err(looped(found)) } else { Ok(()) }
}

/// The same for what is not guarded, however deep.
pub fn locate_any(name: &OsStr, vars: &Vars) -> Result<PathBuf> {
    let (count, before) = sent(vars);
    let search = Search { ourselves: Ourselves::read(), skipped: None, forbidden: None, before };
    let found = search.run(name, vars.get("PATH"))?;
    if count >= MOST_SENT { Err(looped(&found)) } else { Ok(found) }
}

/// The value of [`SENT`] for a program that this process is about to become; `None` for one that is no script.
pub fn sending(program: &Path, vars: &Vars) -> Option<OsString> {
    let mut start = [0; 2];
    let script = File::open(program).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *b"#!";
    let mut value = OsString::from(format!("{}:{}:", std::process::id(), sent(vars).0.saturating_add(1)));
    value.push(program);
    script.then_some(value)
}

/// How many scripts were sent one behind another, and the version manager's shim that this very process was sent to.
fn sent(vars: &Vars) -> (u32, Option<PathBuf>) {
    let parts = vars.get(SENT).map(|value| value.as_bytes().splitn(3, |&byte| byte == b':').collect::<Vec<_>>());
    let Some([pid, count, path]) = parts.as_deref() else { return (0, None) };
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.parse::<u32>().ok();
    let path = Path::new(OsStr::from_bytes(path));
    let again = number(pid) == Some(std::process::id()) && path.parent().is_some_and(|shims| shims.ends_with("shims"));
    (number(count).unwrap_or(0), again.then(|| path.to_owned()))
}

/// A file that the name could mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Where it is.
    pub path: PathBuf,
    /// It is dbguard itself.
    pub is_dbguard: bool,
}

/// Every executable file of this name on `PATH`, in its order: the first is what a shell runs.
pub fn candidates(name: &OsStr, vars: &Vars) -> Vec<Candidate> {
    let ourselves = Ourselves::read();
    let path = vars.get("PATH").unwrap_or(OsStr::new(DEFAULT_PATH)).as_bytes();
    let candidate = |entry: &[u8]| {
        let directory = if entry.is_empty() { OsStr::new(".") } else { OsStr::from_bytes(entry) };
        let path = Path::new(directory).join(name);
        let meta = fs::metadata(&path).ok().filter(|meta| meta.is_file() && executable(&path))?;
        let is_dbguard = ourselves.as_ref().is_some_and(|ourselves| ourselves.is(&path, &meta));
        Some(Candidate { path, is_dbguard })
    };
    path.split(|&byte| byte == b':').filter_map(candidate).collect()
}

/// Whether a link of this name on `PATH` leads to nothing yet.
pub fn leads_nowhere(name: &OsStr, vars: &Vars) -> bool {
    let path = vars.get("PATH").unwrap_or(OsStr::new(DEFAULT_PATH)).as_bytes();
    let mut links = path.split(|&byte| byte == b':').map(|entry| Path::new(OsStr::from_bytes(entry)).join(name));
    links.any(|link| link.is_symlink() && !link.exists())
}

/// The value of [`DEPTH`] for a tool that is about to be started.
pub fn deeper(vars: &Vars) -> OsString {
    depth(vars).saturating_add(1).to_string().into()
}

/// The value of [`DEPTH`] for a child below which no dbguard may run at all.
pub fn deepest() -> OsString {
    DEEPEST.to_string().into()
}

fn depth(vars: &Vars) -> u32 {
    vars.get(DEPTH).and_then(OsStr::to_str).and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// One search and what it passed over on its way, for the error.
struct Search {
    ourselves: Option<Ourselves>,
    skipped: Option<PathBuf>,
    forbidden: Option<PathBuf>,
    /// Where this process has been already.
    before: Option<PathBuf>,
}

impl Search {
    fn run(mut self, name: &OsStr, path: Option<&OsStr>) -> Result<PathBuf> {
        let bytes = name.as_bytes();
        if bytes.is_empty() {
            return Err(Error::new(Kind::NotFound, "no command was given").hint("dbguard run -- psql"));
        }
        if bytes.contains(&b'/') {
            return self.settle(Path::new(name)).ok_or_else(|| self.missing(name));
        }
        let path = path.unwrap_or(OsStr::new(DEFAULT_PATH)).as_bytes();
        for entry in path.split(|&byte| byte == b':') {
            let directory = if entry.is_empty() { OsStr::new(".") } else { OsStr::from_bytes(entry) };
            if let Some(found) = self.settle(&Path::new(directory).join(name)) {
                return Ok(found);
            }
        }
        Err(self.missing(name))
    }

    /// The candidate, when it is a file that can be executed and is not dbguard.
    fn settle(&mut self, candidate: &Path) -> Option<PathBuf> {
        if self.before.as_deref() == Some(candidate) {
            return None;
        }
        let meta = fs::metadata(candidate).ok()?;
        if !meta.is_file() || !executable(candidate) {
            self.forbidden.get_or_insert_with(|| candidate.to_owned());
            return None;
        }
        if self.ourselves.as_ref().is_some_and(|ourselves| ourselves.is(candidate, &meta)) {
            self.skipped.get_or_insert_with(|| candidate.to_owned());
            return None;
        }
        Some(candidate.to_owned())
    }

    fn missing(&self, name: &OsStr) -> Error {
        let name = Untrusted::os(name);
        if let Some(path) = &self.forbidden {
            let path = Untrusted::path(path);
            let error = Error::new(Kind::NotExecutable, format!("`{path}` cannot be executed"));
            return error.hint(format!("see what it is: ls -ld {path}"));
        }
        match &self.skipped {
            Some(path) => {
                let path = Untrusted::path(path);
                let what = format!("`{name}` was not found on PATH: there is only `{path}`, which is dbguard itself");
                Error::new(Kind::NotFound, what).hint(format!("install {name}, or add its directory to PATH"))
            }
            None => Error::new(Kind::NotFound, format!("`{name}` was not found"))
                .hint(format!("see where it is looked for: type -a {name}; echo \"$PATH\"")),
        }
    }
}

/// As the kernel will judge it: with the effective user, and not on a file system mounted `noexec`.
fn executable(path: &Path) -> bool {
    faccessat(AT_FDCWD, path, AccessFlags::X_OK, AtFlags::AT_EACCESS).is_ok()
}

fn looped(found: &Path) -> Error {
    let path = Untrusted::path(found);
    Error::refused(format!("`{path}` starts dbguard again and again"))
        .hint(format!("let `{path}` call the real tool by its full path, or take its directory off PATH"))
        .hint(format!("if it does not, start afresh: unset {DEPTH}"))
}

/// The running program's file.
struct Ourselves {
    device: u64,
    inode: u64,
    size: u64,
    path: PathBuf,
}

impl Ourselves {
    /// On Linux `/proc/self/exe` is the running file also after it was replaced or deleted.
    fn read() -> Option<Self> {
        let path = PathBuf::from("/proc/self/exe");
        Self::of(path).or_else(|| Self::of(std::env::current_exe().ok()?))
    }

    fn of(path: PathBuf) -> Option<Self> {
        let meta = fs::metadata(&path).ok()?;
        Some(Self { device: meta.dev(), inode: meta.ino(), size: meta.size(), path })
    }

    fn is(&self, candidate: &Path, meta: &Metadata) -> bool {
        let same_file = meta.dev() == self.device && meta.ino() == self.inode;
        same_file || named_dbguard(candidate) || self.is_copied_to(candidate, meta)
    }

    /// A copy, for file systems without links. The size is compared first, so nothing is read for a real tool.
    fn is_copied_to(&self, candidate: &Path, meta: &Metadata) -> bool {
        meta.size() == self.size && same_content(&self.path, candidate).unwrap_or(false)
    }
}

/// Another build of dbguard: what the links lead to is called `dbguard`.
fn named_dbguard(candidate: &Path) -> bool {
    let mut path = candidate.to_owned();
    for _ in 0..LINKS {
        let Ok(to) = fs::read_link(&path) else { break };
        path.pop();
        path.push(to);
    }
    path.file_name() == Some(OsStr::new("dbguard"))
}

fn same_content(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (BufReader::new(File::open(one)?), BufReader::new(File::open(other)?));
    let (mut one, mut other) = (one.bytes(), other.bytes());
    loop {
        match (one.next().transpose()?, other.next().transpose()?) {
            (None, None) => return Ok(true),
            (left, right) if left != right => return Ok(false),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    /// A directory of its own, gone at the end.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("dbguard-tools-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self, name: &str, mode: u32) -> PathBuf {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "#!/bin/sh\n").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        }

        fn dir(&self, name: &str) -> PathBuf {
            let path = self.0.join(name);
            fs::create_dir_all(&path).unwrap();
            path
        }

        fn vars(&self, entries: &[&str]) -> Vars {
            let entries: Vec<_> = entries.iter().map(|entry| self.0.join(entry).into_os_string()).collect();
            Vars::from_iter([("PATH", entries.join(OsStr::new(":")))])
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn psql(vars: &Vars) -> Result<PathBuf> {
        locate(OsStr::new("psql"), vars)
    }

    #[test]
    fn the_first_executable_file_on_path_is_the_tool() {
        let place = Place::new("first");
        let real = place.file("two/psql", 0o755);
        place.file("three/psql", 0o755);
        assert_eq!(psql(&place.vars(&["one", "two", "three"])).unwrap(), real);
    }

    #[test]
    fn a_shim_is_passed_over_whether_symlink_hard_link_copy_or_another_build() {
        let place = Place::new("shims");
        let ourselves = std::env::current_exe().unwrap();
        symlink(&ourselves, place.dir("a").join("psql")).unwrap();
        symlink(place.0.join("a/psql"), place.dir("b").join("psql")).unwrap();
        fs::hard_link(&ourselves, place.dir("c").join("psql"))
            .or_else(|_| fs::copy(&ourselves, place.0.join("c/psql")).map(|_| ()))
            .unwrap();
        fs::copy(&ourselves, place.dir("d").join("psql")).unwrap();
        symlink(place.file("other/dbguard", 0o755), place.dir("e").join("psql")).unwrap();
        let real = place.file("f/psql", 0o755);
        assert_eq!(psql(&place.vars(&["a", "b", "c", "d", "e", "f"])).unwrap(), real);
        let alone = psql(&place.vars(&["a", "e"])).unwrap_err();
        assert_eq!(alone.kind(), Kind::NotFound);
        assert!(alone.message().ends_with("a/psql`, which is dbguard itself"), "{alone}");
        let direct = locate(place.0.join("a/psql").as_os_str(), &Vars::default()).unwrap_err();
        assert_eq!(direct.kind(), Kind::NotFound);
    }

    #[test]
    fn what_cannot_be_executed_is_passed_over_and_named_when_nothing_else_is_there() {
        let place = Place::new("modes");
        place.file("one/psql", 0o644);
        place.dir("two/psql");
        let error = psql(&place.vars(&["one", "two"])).unwrap_err();
        assert_eq!(error.kind(), Kind::NotExecutable);
        assert!(error.message().ends_with("one/psql` cannot be executed"), "{error}");
        let real = place.file("three/psql", 0o755);
        assert_eq!(psql(&place.vars(&["one", "two", "three"])).unwrap(), real);
    }

    #[test]
    fn nothing_of_that_name_is_127_with_a_hint() {
        let error = locate(OsStr::new("no-such-tool\x1b[2J"), &Vars::from_iter([("PATH", "/nonexistent:")]));
        let error = error.unwrap_err();
        assert_eq!(error.kind().status(), 127);
        assert_eq!(error.message(), "`no-such-tool\\x1B[2J` was not found");
        assert_eq!(error.hints().len(), 1);
        assert_eq!(locate(OsStr::new(""), &Vars::default()).unwrap_err().kind(), Kind::NotFound);
    }

    #[test]
    fn without_path_the_usual_directories_are_searched() {
        assert!(locate(OsStr::new("sh"), &Vars::default()).unwrap().ends_with("bin/sh"));
    }

    #[test]
    fn an_empty_path_entry_is_the_working_directory() {
        // The tests run in the directory of the crate.
        let error = locate(OsStr::new("Cargo.toml"), &Vars::from_iter([("PATH", "/nonexistent:")])).unwrap_err();
        assert_eq!(error.message(), "`./Cargo.toml` cannot be executed");
    }

    #[test]
    fn a_wrapper_that_starts_dbguard_again_ends_with_its_name() {
        let place = Place::new("loop");
        let wrapper = place.file("one/psql", 0o755);
        let mut vars = place.vars(&["one"]);
        vars.set(DEPTH, "9");
        assert_eq!(psql(&vars).unwrap(), wrapper);
        vars.set(DEPTH, deeper(&vars));
        let error = psql(&vars).unwrap_err();
        assert_eq!(error.kind(), Kind::Refused);
        assert!(error.message().ends_with("one/psql` starts dbguard again and again"), "{error}");
    }

    #[test]
    fn nonsense_in_the_depth_counts_as_none() {
        assert_eq!(deeper(&Vars::from_iter([(DEPTH, "-3\n")])), "1");
        assert_eq!(deeper(&Vars::from_iter([(DEPTH, "4294967295")])), "4294967295");
    }
}
