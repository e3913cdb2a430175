//! `dbguard completions`: the completion script of a shell.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::{Shell as Generator, generate};

use super::args::{Arguments, Shell};
use super::output;
use crate::error::Result;

pub(super) fn run(shell: Shell) -> Result<ExitCode> {
    let generator = match shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
    };
    let mut script = Vec::new();
    generate(generator, &mut Arguments::command(), "dbguard", &mut script);
    output::print(|out| out.write_all(&script))?;
    Ok(ExitCode::SUCCESS)
}
