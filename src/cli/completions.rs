//! `dbguard completions`: the completion script of a shell, and where it may have been put.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::{Shell as Generator, generate};

use super::args::{Arguments, Shell};
use super::output;
use crate::error::Result;
use crate::world::Snapshot;

pub(super) fn run(shell: Shell) -> Result<ExitCode> {
    let script = script(shell);
    output::print(|out| out.write_all(&script))?;
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
        path.filter(|path| fs::read(path).is_ok_and(|text| text == script(shell)))
    };
    places.into_iter().filter_map(ours).collect()
}

fn script(shell: Shell) -> Vec<u8> {
    let generator = match shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
    };
    let mut script = Vec::new();
    generate(generator, &mut Arguments::command(), "dbguard", &mut script);
    script
}
