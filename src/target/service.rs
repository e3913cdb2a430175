//! Service files: named sets of connection parameters.
//!
//! Imitates `parseServiceInfo` and `parseServiceFile` of fe-connect.c (documentation: "34.17 The Connection Service
//! File"): which files, in which order, and what in them is an error. The first section of the name counts, and in it
//! the first mention of a keyword.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use super::conninfo::{self, Setting, TrimC as _, Trouble};
use super::ground::Ground;
use super::{keywords, origin::Origin};
use crate::text::Untrusted;
use crate::world::files;

/// The settings of a service.
pub(super) fn look_up(service: &OsStr, ground: &Ground<'_>) -> Result<Vec<Setting>, Trouble> {
    let mut answers = homes(ground).into_iter().map(|home| in_files(service, home.as_deref(), ground));
    let first = answers.next().unwrap_or_else(|| in_files(service, None, ground));
    answers.fold(first, either)
}

/// Two readings of one name: a rejected one connects to nothing, so that the other one decides.
fn either(one: Result<Vec<Setting>, Trouble>, other: Result<Vec<Setting>, Trouble>) -> Result<Vec<Setting>, Trouble> {
    match (one, other) {
        (Err(Trouble::Rejected(_)), found) | (found, Err(Trouble::Rejected(_))) => found,
        (Ok(one), Ok(other)) if one == other => Ok(one),
        (Err(unclear), _) | (_, Err(unclear)) => Err(unclear),
        (Ok(_), Ok(_)) => Err(Trouble::Unclear(
            "`$HOME` and the password database name different homes with different service files".to_owned(),
        )),
    }
}

/// `$HOME` since libpq 15, the password database's home before. The library may be newer than the tool, never older.
fn homes(ground: &Ground<'_>) -> Vec<Option<PathBuf>> {
    let snapshot = ground.snapshot;
    let new = snapshot.home().map(Path::to_owned);
    let old = snapshot.user.home.clone();
    match ground.build.major {
        Some(15..) => vec![new],
        _ if new == old => vec![new],
        _ => vec![new, old],
    }
}

fn in_files(service: &OsStr, home: Option<&Path>, ground: &Ground<'_>) -> Result<Vec<Setting>, Trouble> {
    let user_file = match ground.var("PGSERVICEFILE") {
        Some((path, _)) => Some(ground.snapshot.cwd.join(path)),
        None => home.map(|home| home.join(".pg_service.conf")).filter(|path| path.exists()),
    };
    if let Some(file) = user_file
        && let Some(settings) = in_file(service, &file)?
    {
        return Ok(settings);
    }
    let directory = match ground.var("PGSYSCONFDIR") {
        Some((path, _)) => Some(ground.snapshot.cwd.join(path)),
        None => ground.build.sysconfdir.clone(),
    };
    let Some(directory) = directory else {
        return Err(Trouble::Unclear(format!(
            "service `{}` may be in a system-wide file whose place this build of the tool decides",
            Untrusted::os(service)
        )));
    };
    let file = directory.join("pg_service.conf");
    let found = if file.exists() { in_file(service, &file)? } else { None };
    found.ok_or_else(|| Trouble::Rejected(format!("service `{}` is not defined", Untrusted::os(service))))
}

/// The settings in one file; `None` when it does not have the service.
fn in_file(service: &OsStr, file: &Path) -> Result<Option<Vec<Setting>>, Trouble> {
    let text = files::read_regular(file).map_err(|cause| unreadable(file, &cause))?;
    if text.contains(&0) {
        return Err(Trouble::Unclear(format!("{} holds NUL bytes", Untrusted::path(file))));
    }
    let mut reader = Reader { service, file, found: None };
    for (line, number) in text.split_inclusive(|&byte| byte == b'\n').zip(1..) {
        if line.len() >= LONGEST {
            return Err(reader.wrong(number, "is too long"));
        }
        if reader.line(line.trim_ascii_start_c().trim_ascii_end_c(), number)? == Step::Done {
            break;
        }
    }
    Ok(reader.found)
}

/// The buffer of libpq holds 1024 bytes; a line that fills it is an error wherever it stands before the end.
const LONGEST: usize = 1023;

fn unreadable(file: &Path, cause: &io::Error) -> Trouble {
    let told = format!("service file {} cannot be read: {cause}", Untrusted::path(file));
    if matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) {
        Trouble::Rejected(told)
    } else {
        Trouble::Unclear(told)
    }
}

#[derive(PartialEq, Eq)]
enum Step {
    More,
    Done,
}

struct Reader<'a> {
    service: &'a OsStr,
    file: &'a Path,
    found: Option<Vec<Setting>>,
}

impl Reader<'_> {
    fn line(&mut self, line: &[u8], number: usize) -> Result<Step, Trouble> {
        match line.first() {
            None | Some(b'#') => Ok(Step::More),
            Some(b'[') if self.found.is_some() => Ok(Step::Done),
            Some(b'[') => {
                let name = self.service.as_bytes();
                let rest = line.get(1..).and_then(|rest| rest.strip_prefix(name));
                if rest.is_some_and(|rest| rest.starts_with(b"]")) {
                    self.found = Some(Vec::new());
                }
                Ok(Step::More)
            }
            Some(_) => self.setting(line, number),
        }
    }

    /// `keyword=value`, without blanks around the sign.
    fn setting(&mut self, line: &[u8], number: usize) -> Result<Step, Trouble> {
        let wrong = self.wrong(number, "has a syntax error");
        let origin = Origin::Service { file: self.file.to_owned(), line: number, service: self.service.to_owned() };
        let Some(found) = &mut self.found else { return Ok(Step::More) };
        if line.starts_with(b"ldap") {
            return Err(Trouble::Unclear("the service asks an LDAP server".to_owned()));
        }
        let Some(at) = line.iter().position(|&byte| byte == b'=') else { return Err(wrong) };
        let (keyword, value) = (line.get(..at).unwrap_or_default(), line.get(at + 1..).unwrap_or_default());
        let keyword = match keywords::find(keyword) {
            Some("service" | "servicefile") => return Err(wrong), // no nesting
            Some(known) => known,
            None if keywords::is_plausible(keyword) => return Err(conninfo::unknown(keyword, found)),
            None => return Err(wrong),
        };
        if !found.iter().any(|earlier| earlier.keyword == keyword) {
            found.push(Setting { keyword, value: std::ffi::OsString::from_vec(value.to_vec()), origin });
        }
        Ok(Step::More)
    }

    fn wrong(&self, number: usize, what: &str) -> Trouble {
        Trouble::Rejected(format!("{}:{number} {what}", Untrusted::path(self.file)))
    }
}
