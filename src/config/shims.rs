//! `[shims]`: which of the known tools get a shim, beside those that get one of their own accord.
//!
//! Only the system's and the user's own files can say it: shims are the same in every directory, and a project that
//! could would take the guard away. Nor can a file that `DBGUARD_CONFIG` names take one away. What is taken away wins.

use std::ops::Range;

use super::layers::{Gathered, Layer, ReadFile, State};
use super::merge::of_project;
use super::suggest;
use super::value::{Item, Reader};
use crate::diag::{Diagnostic, Severity};
use crate::target;

const KEYS: &[&str] = &["add", "skip"];

/// What is said of shims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shims {
    /// Tools that get a shim although they do not by default; behind a launcher they are asked about too.
    pub(super) add: Vec<String>,
    /// Tools that get none.
    pub(super) skip: Vec<String>,
    /// Where the table is named.
    at: Option<Range<usize>>,
}

/// Reads the table of a file.
pub(super) fn read(reader: &mut Reader<'_>, item: &Item<'_, '_>) -> Shims {
    let mut shims = Shims { at: Some(item.at.clone()), ..Shims::default() };
    let Some(table) = reader.table(item) else { return shims };
    for item in reader.items(table, KEYS, "[shims]") {
        let names = names(reader, &item);
        if item.key == "add" { shims.add = names } else { shims.skip = names }
    }
    shims
}

fn names(reader: &mut Reader<'_>, item: &Item<'_, '_>) -> Vec<String> {
    let Some(array) = reader.array(item, "a list of tools", "skip = [\"python3\"]") else { return Vec::new() };
    let mut names = Vec::new();
    for value in array {
        let one = Item { key: item.key, at: value.span(), value };
        match reader.string(&one) {
            Some(name) if target::TOOLS.contains(&name) => names.push(name.to_owned()),
            Some(name) => {
                let message = format!("`{name}` is no tool that is built in");
                reader.wrong(value.span(), message, suggest::help(name, target::TOOLS));
            }
            None => {}
        }
    }
    names
}

/// What the files that may say it come to.
pub(super) fn merged(gathered: &Gathered, named: bool) -> Shims {
    let mut all = Shims::default();
    for read in gathered.read.iter().filter(|read| !of_project(gathered, read)) {
        let Some(file) = gathered.files.get(read.file).filter(|file| file.state == State::Used) else { continue };
        all.add.extend_from_slice(&read.document.shims.add);
        if !(named && file.layer == Layer::User) {
            all.skip.extend_from_slice(&read.document.shims.skip);
        }
    }
    all
}

/// A warning for each project's file that says it.
pub(super) fn warnings(gathered: &Gathered) -> impl Iterator<Item = Diagnostic> {
    let projects = gathered.read.iter().filter(|read| of_project(gathered, read));
    projects.filter_map(|read: &ReadFile| {
        let at = read.document.shims.at.clone()?;
        let message = "`[shims]` does nothing in a project's file: shims are the same in every directory";
        let help = "take it out, or put it into your own configuration".to_owned();
        Some(Diagnostic { severity: Severity::Warning, ..read.source.error(at, message, Some(help)) })
    })
}
