//! `dbguard completions`: the completion script of a shell, and where it may have been put.
//!
//! clap writes what is the same everywhere, verbs and options; `shell/complete.*` adds the values that only this machine
//! knows, for which dbguard itself is asked at a press of TAB. clap's own engine for that (`CompleteEnv`) is not used: it
//! is unstable, runs the program for verbs and options too, and its scripts insert into bash's line what a file may say,
//! unquoted.

mod candidates;
mod place;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::Resettable;
use clap::{Arg, Command, CommandFactory as _, Id};
use clap_complete::{generate, shells};

use super::args::{Arguments, Shell};
use super::output;
use crate::error::Result;
use crate::world::Snapshot;

pub(super) use self::candidates::{VERB, run as candidates};

const BASH: &str = include_str!("../../shell/complete.bash");
const ZSH: &str = include_str!("../../shell/complete.zsh");
const FISH: &str = include_str!("../../shell/complete.fish");

/// Where the functions that clap writes for Bash and Zsh begin.
const START: &str = "\n_dbguard() {\n";

/// What stands first in them: where a value of this machine stands, the rest is not asked.
const ASK: &str = "\n_dbguard() {\n    _dbguard_values && return\n";

pub(super) fn run(shell: Shell) -> Result<ExitCode> {
    let script = script(shell);
    output::print(|out| out.write_all(script.as_bytes()))?;
    Ok(ExitCode::SUCCESS)
}

/// Scripts in the usual places of this user that are exactly what is printed.
pub(super) fn installed(snapshot: &Snapshot) -> Vec<PathBuf> {
    let data = snapshot.base("XDG_DATA_HOME", ".local/share");
    let config = snapshot.base("XDG_CONFIG_HOME", ".config");
    let places = [
        (Shell::Bash, data.as_ref().map(|data| data.join("bash-completion/completions/dbguard"))),
        (Shell::Zsh, data.map(|data| data.join("zsh/site-functions/_dbguard"))),
        (Shell::Fish, config.map(|config| config.join("fish/completions/dbguard.fish"))),
    ];
    let ours = |(shell, path): (Shell, Option<PathBuf>)| {
        path.filter(|path| fs::read_to_string(path).is_ok_and(|text| text == script(shell)))
    };
    places.into_iter().filter_map(ours).collect()
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    let mut command = visible(&Arguments::command());
    match shell {
        Shell::Bash => generate(shells::Bash, &mut command, "dbguard", &mut script),
        Shell::Zsh => generate(shells::Zsh, &mut command, "dbguard", &mut script),
        Shell::Fish => generate(shells::Fish, &mut command, "dbguard", &mut script),
    }
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        Shell::Bash => format!("{BASH}\n{}", format!("\n{script}").replacen(START, ASK, 1).trim_start()),
        Shell::Zsh => {
            let (first, rest) = script.split_once('\n').unwrap_or_default();
            format!("{first}\n\n{ZSH}{}", rest.replacen(START, ASK, 1))
        }
        Shell::Fish => format!("{script}\n{FISH}"),
    }
}

/// The command line without what is hidden: clap's scripts would show it.
fn visible(command: &Command) -> Command {
    let mut copy = Command::new(kept(command.get_name()))
        .disable_help_subcommand(true)
        .subcommand_required(command.is_subcommand_required_set())
        .args(command.get_arguments().filter(|arg| !arg.is_hide_set()).map(|arg| alone(command, arg)))
        .subcommands(command.get_subcommands().filter(|below| !below.is_hide_set()).map(visible));
    if let Some(about) = command.get_about() {
        copy = copy.about(about.clone());
    }
    if let Some(version) = command.get_version() {
        copy = copy.version(kept(version));
    }
    copy
}

/// An option that knows nothing of hidden ones.
fn alone(command: &Command, arg: &Arg) -> Arg {
    let others = command.get_arg_conflicts_with(arg).into_iter().filter(|other| !other.is_hide_set());
    let others: Vec<Id> = others.map(|other| other.get_id().clone()).collect();
    arg.clone().conflicts_with(Resettable::Reset).conflicts_with_all(others)
}

/// clap wants names that live as long as the program; it ends once the script is printed.
fn kept(name: &str) -> &'static str {
    name.to_owned().leak()
}
