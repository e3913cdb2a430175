//! A typed command line as its tool reads it.
//!
//! The options of a tool differ between major versions. Where the program's path says the version, that one is asked;
//! elsewhere every known one, and [`super::resolve()`] compares what they come to.

use std::ffi::OsString;

use super::Opt;
use super::getopt::{self, Names, Order};
use super::tools::{Style, Tool};
use crate::world::Snapshot;

/// The versions whose tables are known.
const KNOWN: [u32; 4] = [13, 15, 17, 18];

/// One reading of a command line.
pub(super) type Reading = getopt::Scan;

/// Reads `args` as this version of the tool does.
pub(super) fn read(tool: &Tool, args: &[OsString], snapshot: &Snapshot, version: u32) -> Reading {
    if tool.style == Style::HelpFirst
        && let Some(opt) = args.first().and_then(help_or_version)
    {
        return Reading { options: vec![opt], ..Reading::default() };
    }
    getopt::scan(args, tool.options, version, manner(snapshot, tool.style))
}

fn manner(snapshot: &Snapshot, style: Style) -> (Order, Names) {
    match style {
        Style::Click => (Order::Permuted, Names::Exact),
        Style::Getopt | Style::HelpFirst if snapshot.vars.get("POSIXLY_CORRECT").is_some() => {
            (Order::Strict, Names::Shortened)
        }
        Style::Getopt | Style::HelpFirst => (Order::Permuted, Names::Shortened),
    }
}

/// The four spellings that the tools look for in their first argument before they read options.
fn help_or_version(first: &OsString) -> Option<Opt> {
    let name = match first.to_str()? {
        "--help" | "-?" => "help",
        "--version" | "-V" => "version",
        _ => return None,
    };
    Some(Opt { name: name.to_owned(), spelled: first.clone(), value: None })
}

/// The versions to read a command line by: the neighbours of a version whose table is not known.
pub(super) fn versions(tool: &Tool, major: Option<u32>) -> Vec<u32> {
    let newest = KNOWN.last().copied();
    if tool.options.iter().all(|spec| spec.since == 0 && spec.until == u8::MAX) {
        return newest.into_iter().collect();
    }
    match major {
        None => KNOWN.to_vec(),
        Some(major) if KNOWN.contains(&major) => vec![major],
        Some(major) => {
            let below = KNOWN.iter().rev().find(|known| **known < major);
            let above = KNOWN.iter().find(|known| **known > major);
            below.into_iter().chain(above).copied().collect()
        }
    }
}
