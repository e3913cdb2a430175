//! The few settings of a Debian cluster that say where it is reached.
//!
//! `postgresql.conf` with its includes, then `postgresql.auto.conf` of the data directory where that can be read. What
//! is not written in the plain way is not guessed at.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use crate::order;
use crate::target::conninfo::{TrimC as _, Trouble};
use crate::target::origin::{Field, Origin};
use crate::text::Untrusted;
use crate::world::files;

/// The settings of one cluster.
#[derive(Debug, Default)]
pub(super) struct Settings {
    set: Vec<(String, Vec<u8>, Origin)>,
}

impl Settings {
    /// Reads them from the configuration directory of a cluster.
    pub(super) fn read(directory: &Path) -> Result<Self, Trouble> {
        let mut settings = Self::default();
        let conf = directory.join("postgresql.conf");
        settings.file(&conf, 0)?;
        let unclear = || Trouble::Unclear(format!("{} does not name the data directory", Untrusted::path(&conf)));
        let data = settings.get("data_directory").ok_or_else(unclear)?.0;
        settings.file(&Path::new(&OsString::from_vec(data)).join("postgresql.auto.conf"), 0)?;
        Ok(settings)
    }

    /// The port.
    pub(super) fn port(&self) -> Field<OsString> {
        match self.get("port").filter(|(value, _)| !matches!(value.as_slice(), b"" | b"0")) {
            Some((value, origin)) => Field::new(OsString::from_vec(value), origin),
            None => Field::new("5432".into(), Origin::Default),
        }
    }

    /// The first socket directory.
    pub(super) fn socket_directory(&self) -> Result<Field<OsString>, Trouble> {
        let named = self.get("unix_socket_directories");
        let unclear = || Trouble::Unclear("the cluster's configuration names no socket directory".to_owned());
        let (value, origin) = named.filter(|(value, _)| !value.is_empty()).ok_or_else(unclear)?;
        let first = value.split(|&byte| byte == b',').next().unwrap_or_default().trim_ascii_end_c();
        Ok(Field::new(OsString::from_vec(first.to_vec()), origin))
    }

    fn get(&self, name: &str) -> Option<(Vec<u8>, Origin)> {
        let set = self.set.iter().rev().find(|(key, ..)| key == name);
        set.map(|(_, value, origin)| (value.clone(), origin.clone()))
    }

    /// One file; one that cannot be opened is empty.
    fn file(&mut self, path: &Path, depth: usize) -> Result<(), Trouble> {
        if depth > 10 {
            return Err(Trouble::Unclear(format!("{} includes itself", Untrusted::path(path))));
        }
        let Ok(text) = files::read_regular(path) else { return Ok(()) };
        for (line, number) in text.split(|&byte| byte == b'\n').zip(1..) {
            self.line(line.trim_ascii_start_c().trim_ascii_end_c(), path, number, depth)?;
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8], path: &Path, number: usize, depth: usize) -> Result<(), Trouble> {
        if line.is_empty() || line.starts_with(b"#") {
            return Ok(());
        }
        let unclear = || Trouble::Unclear(format!("{}:{number} is not understood", Untrusted::path(path)));
        let (key, value) = key_and_value(line).ok_or_else(unclear)?;
        let relative = || path.parent().unwrap_or(path).join(OsString::from_vec(value.clone()));
        match key.as_str() {
            "include" | "include_if_exists" => self.file(&relative(), depth + 1),
            "include_dir" => included(&relative()).iter().try_for_each(|file| self.file(file, depth + 1)),
            _ => {
                self.set.push((key, value, Origin::File { file: path.to_owned(), line: number }));
                Ok(())
            }
        }
    }
}

fn included(directory: &Path) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = listed.map(|entry| entry.path()).collect();
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".conf") && !name.starts_with('.')
    });
    order::sort(&mut files);
    files
}

/// `key = value  # comment`, `key 'value'`.
fn key_and_value(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    let end = line.iter().position(|byte| !is_key(byte))?;
    let key = std::str::from_utf8(line.get(..end)?).ok()?.to_ascii_lowercase();
    let rest = line.get(end..)?.trim_ascii_start_c();
    let rest = rest.strip_prefix(b"=").unwrap_or(rest).trim_ascii_start_c();
    let (value, rest) = match rest.strip_prefix(b"'") {
        Some(quoted) => quoted_value(quoted)?,
        None => plain_value(rest)?,
    };
    let rest = rest.trim_ascii_start_c();
    (!key.is_empty() && (rest.is_empty() || rest.starts_with(b"#"))).then_some((key, value))
}

fn plain_value(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let end = text.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"._:/+-".contains(byte)));
    let (value, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
    Some((value.to_vec(), rest))
}

fn quoted_value(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut value = Vec::new();
    let mut rest = text;
    loop {
        match rest {
            [b'\'', b'\'', after @ ..] => {
                value.push(b'\'');
                rest = after;
            }
            [b'\'', after @ ..] => return Some((value, after)),
            [b'\\', byte, after @ ..] | [byte, after @ ..] => {
                value.push(*byte);
                rest = after;
            }
            [] => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_postgresql_writes_it() {
        let read =
            |line: &str| key_and_value(line.as_bytes()).map(|(key, value)| (key, String::from_utf8(value).unwrap()));
        let pair = |key: &str, value: &str| Some((key.to_owned(), value.to_owned()));
        assert_eq!(read("port = 5433 # a port"), pair("port", "5433"));
        assert_eq!(read("Port 5433"), pair("port", "5433"));
        assert_eq!(read("unix_socket_directories='/a, /b'#x"), pair("unix_socket_directories", "/a, /b"));
        assert_eq!(read("a = 'it''s'"), pair("a", "it's"));
        assert_eq!(read("a = 'open"), None);
        assert_eq!(read("a = b c"), None);
    }
}
