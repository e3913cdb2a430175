//! What could stand at a place of the command line on this machine: names of environments, invocations of the log, grants.
//!
//! It is asked by the completion scripts at a press of TAB: it is quick, changes nothing, says nothing of trouble. What
//! it lists came from files; whatever could be obeyed by a terminal, or taken for an option, is left out.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::CommandFactory as _;

use super::place::{Place, place};
use crate::cli::args::Arguments;
use crate::cli::{log, output};
use crate::config::trust;
use crate::config::{self, Layer, Places};
use crate::environment::Level;
use crate::error::Result;
use crate::guard;
use crate::target;
use crate::text::Untrusted;
use crate::world::{Snapshot, tools};

/// The verb by which completion scripts ask; it is no verb for people.
pub(in crate::cli) const VERB: &str = "__complete";

/// A value, and what it stands for.
type Candidate = (String, String);

/// Prints the candidates for the last word. Status 1 says that no value of this machine stands there.
pub(in crate::cli) fn run(words: &[OsString], snapshot: &Snapshot) -> Result<ExitCode> {
    let place = place(&Arguments::command(), words);
    let Some(list) = place.as_ref().and_then(source) else { return Ok(ExitCode::FAILURE) };
    let candidates = list(snapshot);
    output::print(|out| {
        for (value, what) in candidates.iter().filter(|(value, _)| is_inert(value)) {
            writeln!(out, "{value}\t{}", Untrusted::text(what))?;
        }
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Shown as it is, on one line, and not taken for an option.
fn is_inert(value: &str) -> bool {
    !value.is_empty() && !value.starts_with('-') && Untrusted::text(value).to_string() == value
}

/// Who lists what stands there.
fn source(place: &Place) -> Option<fn(&Snapshot) -> Vec<Candidate>> {
    Some(match (place.verb.as_str(), place.option.as_deref()) {
        ("env show" | "env add", None) => environments,
        ("env remove", None) => own_environments,
        ("env add", Some("level")) => |_| levels(),
        ("log", Some("env")) => logged_environments,
        ("log show", None) => log::candidates,
        ("allow", Some("revoke")) => grants,
        ("trust", Some("revoke")) => trusted,
        ("run" | "explain" | "allow", None) => installed,
        // clap's script for fish knows no values but those of options.
        ("init" | "completions", None) => {
            |_| ["bash", "zsh", "fish"].map(|shell| (shell.to_owned(), String::new())).to_vec()
        }
        _ => return None,
    })
}

fn environments(snapshot: &Snapshot) -> Vec<Candidate> {
    let described = |one: &config::Effective| (one.definition.name.clone(), one.definition.level.word().to_owned());
    config::load(snapshot).environments.iter().map(described).collect()
}

/// Those that the user's own file speaks of: no other can be taken out.
fn own_environments(snapshot: &Snapshot) -> Vec<Candidate> {
    let config = config::load(snapshot);
    let own = |one: &&config::Effective| one.layers(&config).any(|layer| layer == Layer::User);
    let described = |one: &config::Effective| (one.definition.name.clone(), one.definition.level.word().to_owned());
    config.environments.iter().filter(own).map(described).collect()
}

fn logged_environments(snapshot: &Snapshot) -> Vec<Candidate> {
    let mut all = environments(snapshot);
    all.push(("unknown".to_owned(), "what no rule names".to_owned()));
    all
}

fn levels() -> Vec<Candidate> {
    [Level::Production, Level::Staging, Level::Development]
        .map(|level| (level.word().to_owned(), String::new()))
        .to_vec()
}

fn grants(snapshot: &Snapshot) -> Vec<Candidate> {
    // Listing makes the directory; a press of TAB makes nothing.
    if !snapshot.state_dir().is_some_and(|state| state.join("grants").is_dir()) {
        return Vec::new();
    }
    let grants = guard::list_grants(snapshot).map(|listing| listing.grants).unwrap_or_default();
    grants.into_iter().map(|grant| (grant.id, grant.describe)).collect()
}

fn trusted(snapshot: &Snapshot) -> Vec<Candidate> {
    let store = Places::of(snapshot).trust;
    let records = store.map(|store| trust::list(&store)).unwrap_or_default();
    records.into_iter().map(|record| (record.path.clone(), record.state().word().to_owned())).collect()
}

/// The tools that the guard knows and this machine has.
fn installed(snapshot: &Snapshot) -> Vec<Candidate> {
    let here = |name: &&str| tools::locate(OsStr::new(name), &snapshot.vars).is_ok();
    let config = config::load(snapshot);
    let all = target::TOOLS.iter().copied().chain(config.tools.names());
    all.filter(here).map(|name| (name.to_owned(), String::new())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_with_a_source_is_one_of_the_command_line() {
        for line in [
            "env show x",
            "env add x",
            "env remove x",
            "env add x --level x",
            "log --env x",
            "log show x",
            "allow --revoke x",
            "trust --revoke x",
            "run x",
            "explain x",
            "allow x",
            "init x",
            "completions x",
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let place = place(&Arguments::command(), &words);
            assert!(place.as_ref().and_then(source).is_some(), "{line}: {place:?}");
        }
    }

    #[test]
    fn what_could_be_obeyed_or_taken_for_an_option_is_no_candidate() {
        for value in ["", "-x", "--revoke", "a\nb", "a\x1b[2J", "a\tb", "a\u{202e}b", "\u{9b}2J"] {
            assert!(!is_inert(value), "{value:?}");
        }
        for value in ["production", "eu prod", "$(touch x)", "/srv/a b/.dbguard.toml", "é"] {
            assert!(is_inert(value), "{value:?}");
        }
    }
}
