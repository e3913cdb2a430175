//! A typed command line as its tool reads it.
//!
//! The options of a tool differ between major versions. Where the program's path says the version, that one is asked;
//! elsewhere every known one, and [`super::resolve`] compares what they come to.

use std::ffi::OsString;
use std::path::PathBuf;

use super::getopt::{self, Fault, Order};
use super::ground::Ground;
use super::invocation::{Invocation, Opt};
use super::tools::{Style, Tool};
use crate::world::Snapshot;

/// The versions whose tables are known.
const KNOWN: [u32; 4] = [13, 15, 17, 18];

/// One reading of a command line.
pub(super) struct Reading {
    /// What it reads.
    pub(super) invocation: Invocation,
    /// What is wrong with it.
    pub(super) fault: Option<Fault>,
}

/// Reads `args` as this tool does.
pub(super) fn read(
    tool: &Tool,
    args: Vec<OsString>,
    program: Option<PathBuf>,
    ground: &Ground<'_>,
    version: u32,
) -> Reading {
    let mut invocation = Invocation {
        tool: tool.name.to_owned(),
        program,
        args,
        options: Vec::new(),
        operands: Vec::new(),
        rejected: None,
    };
    if tool.style == Style::HelpFirst
        && let Some(opt) = invocation.args.first().and_then(help_or_version)
    {
        invocation.options.push(opt);
        return Reading { invocation, fault: None };
    }
    let order = order(ground.snapshot, tool.style);
    let scan = getopt::scan(&invocation.args, tool.options, version, order);
    invocation.options = scan.options;
    invocation.operands = scan.operands;
    Reading { invocation, fault: scan.fault }
}

fn order(snapshot: &Snapshot, style: Style) -> Order {
    match style {
        Style::Getopt | Style::HelpFirst if snapshot.vars.get("POSIXLY_CORRECT").is_some() => Order::Strict,
        Style::Getopt | Style::HelpFirst | Style::Click => Order::Permuted,
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
    if tool.options.iter().all(|spec| spec.since == 0 && spec.until == u32::MAX) {
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
