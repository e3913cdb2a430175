//! `dbguard psqlrc`: the block in psql's start-up file, printed, put in, taken out.
//!
//! psql reads one file of three names (`~/.psqlrc-15.4`, `~/.psqlrc-15`, `~/.psqlrc`), so the block goes into each that
//! is there. Files are replaced whole, and the first time a copy of what was there is kept beside them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use super::args::{PsqlrcFile, PsqlrcVerb};
use super::output;
use crate::config::replace;
use crate::error::{Error, Kind, Result};
use crate::order;
use crate::shell::{self, Without, posix};
use crate::text::Untrusted;
use crate::world::{Snapshot, program};

/// What a copy of the user's file is called.
const KEPT: &str = ".before-dbguard";

/// The user's own files.
const OWN: PsqlrcFile = PsqlrcFile { user: true, system: false, file: None };

/// A start-up file is written by hand.
const LARGEST: u64 = 1 << 20;

pub(super) fn run(verb: PsqlrcVerb, snapshot: &Snapshot) -> Result<ExitCode> {
    let lines = match verb {
        PsqlrcVerb::Print { portable: true } => return print(shell::portable().as_bytes()),
        // For other machines too: by its name, as each of them finds it on `PATH`.
        PsqlrcVerb::Print { portable: false } => return print(&block(OsStr::new("dbguard"))?),
        PsqlrcVerb::Install(which) => install(&which, snapshot)?,
        PsqlrcVerb::Uninstall(which) => uninstall(&which, snapshot)?,
    };
    output::print(|out| lines.iter().try_for_each(|line| writeln!(out, "{line}")))?;
    Ok(ExitCode::SUCCESS)
}

fn print(text: &[u8]) -> Result<ExitCode> {
    output::print(|out| out.write_all(text))?;
    Ok(ExitCode::SUCCESS)
}

fn block(program: &OsStr) -> Result<Vec<u8>> {
    shell::block(program).ok_or_else(|| Error::refused("the path of dbguard holds a control character"))
}

/// Every file is read and understood before the first is written.
fn install(which: &PsqlrcFile, snapshot: &Snapshot) -> Result<Vec<String>> {
    let mut told = Vec::new();
    for (path, old, new) in drafted(which, snapshot)? {
        let shown = Untrusted::path(&path);
        if old.as_ref() == Some(&new) {
            told.push(format!("{shown} is up to date"));
            continue;
        }
        if let Some(old) = &old {
            told.extend(keep(&path, old)?.map(|kept| format!("kept {} as {}", shown, Untrusted::path(&kept))));
        }
        write(&path, &new, old.is_none() && !which.is_own())?;
        told.push(format!("installed in {shown}"));
    }
    let own = which.is_own() && snapshot.vars.filled("PSQLRC").is_none();
    let named = places(which, snapshot)?.into_iter().next().filter(|_| !own);
    let read = named.map_or_else(|| "~/.psqlrc".to_owned(), |path| Untrusted::path(&path).to_string());
    told.push(format!("open a new psql, or type in an open one: \\i {read}"));
    Ok(told)
}

/// Each file, what it holds, and what it would hold.
pub(super) type Draft = (PathBuf, Option<Vec<u8>>, Vec<u8>);

fn drafted(which: &PsqlrcFile, snapshot: &Snapshot) -> Result<Vec<Draft>> {
    let block = block(program::path(&snapshot.vars).as_os_str())?;
    let mut work = Vec::new();
    for path in places(which, snapshot)? {
        let old = read(&path)?;
        let new = shell::with(old.as_deref().unwrap_or_default(), &block).map_err(|why| not_understood(&path, &why))?;
        work.push((path, old, new));
    }
    Ok(work)
}

/// The same for the user's own files.
pub(super) fn drafts(snapshot: &Snapshot) -> Result<Vec<Draft>> {
    drafted(&OWN, snapshot)
}

/// What a copy of this content would be called, where one is kept: not where the block is in it already.
pub(super) fn to_keep(old: Option<&[u8]>) -> Option<&'static str> {
    old.filter(|old| !old.is_empty() && matches!(shell::without(old), Ok(Without::NotThere))).map(|_| KEPT)
}

fn uninstall(which: &PsqlrcFile, snapshot: &Snapshot) -> Result<Vec<String>> {
    let mut told = Vec::new();
    for path in places(which, snapshot)? {
        let shown = Untrusted::path(&path);
        let Some(old) = read(&path)? else {
            told.push(format!("{shown} is not there"));
            continue;
        };
        match shell::without(&old).map_err(|why| not_understood(&path, &why))? {
            Without::NotThere => told.push(format!("{shown} has nothing of dbguard's")),
            // A file that only the block was in was made for it.
            Without::Removed(rest) if rest.is_empty() => {
                fs::remove_file(&path).map_err(|cause| trouble(&path, "removed", &cause))?;
                told.push(format!("removed {shown}"));
            }
            Without::Removed(rest) => {
                write(&path, &rest, false)?;
                forget_copy(&path, &rest);
                told.push(format!("taken out of {shown}"));
            }
        }
    }
    Ok(told)
}

/// The copy from before says nothing more once the file is the same again.
fn forget_copy(path: &Path, now: &[u8]) {
    let mut copy = path.as_os_str().to_owned();
    copy.push(KEPT);
    if read(Path::new(&copy)).ok().flatten().is_some_and(|kept| kept == now) {
        let _ = fs::remove_file(&copy);
    }
}

/// The user's files that hold the block.
pub(super) fn installed(snapshot: &Snapshot) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        let text = read(path).ok().flatten();
        text.is_some_and(|text| matches!(shell::without(&text), Ok(Without::Removed(_))))
    };
    places(&OWN, snapshot).unwrap_or_default().into_iter().filter(holds).collect()
}

/// The user's files, each with what was read, or with why it was not.
pub(super) fn looked_at(snapshot: &Snapshot) -> Vec<(PathBuf, Result<Option<Vec<u8>>>)> {
    let look = |path: PathBuf| {
        let text = read(&path);
        (path, text)
    };
    places(&OWN, snapshot).unwrap_or_default().into_iter().map(look).collect()
}

/// Takes the block out of the user's files.
pub(super) fn take_out(snapshot: &Snapshot) -> Result<()> {
    uninstall(&OWN, snapshot).map(drop)
}

impl PsqlrcFile {
    fn is_own(&self) -> bool {
        !self.system && self.file.is_none()
    }
}

/// The files that are meant.
fn places(which: &PsqlrcFile, snapshot: &Snapshot) -> Result<Vec<PathBuf>> {
    if let Some(file) = &which.file {
        return Ok(vec![snapshot.cwd.join(file)]);
    }
    if which.system {
        return Ok(vec![system()?.join("psqlrc")]);
    }
    let home = snapshot.home().ok_or_else(|| Error::refused("there is no home directory").hint("set HOME"))?;
    let named = snapshot.vars.filled("PSQLRC").map(|path| match Path::new(path).strip_prefix("~") {
        Ok(inside) => home.join(inside),
        Err(_) => snapshot.cwd.join(path),
    });
    let base = named.unwrap_or_else(|| home.join(".psqlrc"));
    let mut all = versions(&base);
    all.insert(0, base);
    Ok(all)
}

/// `.psqlrc-15` and the like beside it, which psql of that version reads instead.
fn versions(base: &Path) -> Vec<PathBuf> {
    let (Some(directory), Some(name)) = (base.parent(), base.file_name()) else { return Vec::new() };
    let versioned = |found: &OsStr| {
        let rest = found.as_bytes().strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"-"));
        rest.is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
    };
    let found = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut found: Vec<PathBuf> = found.filter(|found| versioned(found)).map(|found| directory.join(found)).collect();
    order::sort(&mut found);
    found
}

/// The directory of the system-wide file: Debian's builds have one for all versions.
fn system() -> Result<PathBuf> {
    let debian = PathBuf::from("/etc/postgresql-common");
    if debian.is_dir() {
        return Ok(debian);
    }
    let told = Command::new("pg_config").arg("--sysconfdir").output().ok().filter(|output| output.status.success());
    let directory = told.map(|output| PathBuf::from(OsStr::from_bytes(output.stdout.trim_ascii())));
    directory.filter(|directory| directory.is_absolute()).ok_or_else(|| {
        Error::refused("where the system-wide psqlrc belongs cannot be told: pg_config was not found")
            .hint("name it: dbguard psqlrc install --file FILE")
    })
}

/// The file; `None` where there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Ok(meta) if !meta.is_file() => return Err(not_understood(path, "it is not a regular file")),
        Ok(meta) if is_foreign(&meta) => {
            let what = format!("it belongs to user id {}, and would be yours then", meta.uid());
            return Err(not_understood(path, &what));
        }
        Ok(meta) if meta.len() > LARGEST => return Err(not_understood(path, "it is larger than 1 MB")),
        Ok(_) => {}
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound && !path.is_symlink() => return Ok(None),
        Err(cause) => return Err(trouble(path, "read", &cause)),
    }
    fs::read(path).map(Some).map_err(|cause| trouble(path, "read", &cause))
}

/// Neither this user's nor root's: replacing it would take it away from whoever it belongs to.
pub(super) fn is_foreign(meta: &fs::Metadata) -> bool {
    meta.uid() != 0 && meta.uid() != nix::unistd::geteuid().as_raw()
}

/// A copy of the user's file, as it was before the block came in; nothing where the block is in it already.
fn keep(path: &Path, old: &[u8]) -> Result<Option<PathBuf>> {
    let Some(ending) = to_keep(Some(old)) else { return Ok(None) };
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    let kept = PathBuf::from(name);
    write(&kept, old, false)?;
    Ok(Some(kept))
}

/// Replaces the file. One that is for others too can be read by them.
fn write(path: &Path, bytes: &[u8], everybodys: bool) -> Result<()> {
    replace::write(path, bytes)?;
    if everybodys {
        let readable = fs::Permissions::from_mode(0o644);
        fs::set_permissions(path, readable).map_err(|cause| trouble(path, "opened to others", &cause))?;
    }
    Ok(())
}

fn not_understood(path: &Path, why: &str) -> Error {
    let what = format!("`{}` was left as it is: {}", Untrusted::path(path), Untrusted::text(why));
    Error::new(Kind::Refused, what).hint("mend it, or put the block in by hand: dbguard psqlrc print")
}

fn trouble(path: &Path, done: &str, cause: &std::io::Error) -> Error {
    let error = Error::refused(format!("`{}` cannot be {done}: {cause}", Untrusted::path(path)));
    if cause.kind() != std::io::ErrorKind::PermissionDenied {
        return error;
    }
    let word = posix(path.as_os_str());
    error.hint(format!("see who may: ls -l {}", Untrusted::text(&word)))
}
