//! `dbguard config`: whether the configuration can be used, what it comes to, and where it is.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::args::ConfigVerb;
use super::env;
use super::output;
use super::theme;
use crate::config::{self, Config, LoadedFile, Places, Rollout, State};
use crate::diag::Diagnostic;
use crate::environment::{Environment, Rule};
use crate::error::{Error, Kind, Result};
use crate::policy::Policy;
use crate::text::Untrusted;
use crate::world::Snapshot;

pub(super) fn run(verb: ConfigVerb, snapshot: &Snapshot) -> Result<ExitCode> {
    match verb {
        ConfigVerb::Check { strict, files } => check(strict, &files, snapshot),
        ConfigVerb::Show { json } => show(json, snapshot),
        ConfigVerb::Path => path(snapshot),
    }
}

/// Checks these files, each by itself; or, without any, everything that counts here.
fn check(strict: bool, files: &[PathBuf], snapshot: &Snapshot) -> Result<ExitCode> {
    let configs: Vec<Config> = if files.is_empty() {
        vec![config::load(snapshot)]
    } else {
        let whole = files.iter().map(|file| snapshot.cwd.join(file));
        whole.map(|file| config::load_from(&Places::only(file, snapshot))).collect()
    };
    let errors: Vec<Diagnostic> = configs.iter().flat_map(|config| config.errors.iter().cloned()).collect();
    output::print(|out| {
        for warning in configs.iter().flat_map(|config| &config.warnings) {
            writeln!(out, "{warning}\n")?;
        }
        configs.iter().filter(|config| config.errors.is_empty()).try_for_each(|config| fine(config, out))
    })?;
    let warnings = configs.iter().map(|config| config.warnings.len()).sum();
    if strict && errors.is_empty() && warnings > 0 {
        let message = format!("the configuration has {}, and --strict allows none", counted(warnings, "warning"));
        return Err(Error::new(Kind::Negative, message));
    }
    complain(errors)
}

/// What is wrong, as the error of a verb that did its work.
fn complain(errors: Vec<Diagnostic>) -> Result<ExitCode> {
    let message = match errors.len() {
        0 => return Ok(ExitCode::SUCCESS),
        1 => "the configuration has an error".to_owned(),
        count => format!("the configuration has {count} errors"),
    };
    Err(Error::new(Kind::Negative, message).with_diagnostics(errors))
}

fn fine(config: &Config, out: &mut dyn Write) -> io::Result<()> {
    let named = config.environments.iter().filter(|environment| environment.places(config).next().is_some()).count();
    let rules = config.rules.entries().len();
    let files = config.files.iter().filter(|file| file.state != State::Absent);
    let files: Vec<String> = files.map(|file| Untrusted::path(&file.path).to_string()).collect();
    if files.is_empty() {
        return writeln!(out, "ok: no configuration; this machine is development, everything else is unknown");
    }
    let (environments, rules) = (counted(named, "environment"), counted(rules, "rule"));
    writeln!(out, "ok: {environments}, {rules}, from: {}", files.join(", "))
}

pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Everything that the layers come to.
fn show(as_json: bool, snapshot: &Snapshot) -> Result<ExitCode> {
    let config = config::load(snapshot);
    if as_json {
        output::json(&whole(&config))?;
    } else {
        output::print(|out| {
            if config.rollout == Rollout::Observe {
                writeln!(out, "mode: observe; nothing of this is asked for, it is told and logged\n")?;
            }
            for environment in &config.environments {
                env::describe(environment, &config, out)?;
                writeln!(out)?;
            }
            writeln!(out, "unknown (no rule matches)")?;
            env::demands(&unknown(&config), out)?;
            writeln!(out)?;
            theme::describe(&config.theme, out)?;
            config.warnings.iter().try_for_each(|warning| writeln!(out, "\n{warning}"))
        })?;
    }
    complain(config.errors)
}

/// The files of every layer, and what became of each.
fn path(snapshot: &Snapshot) -> Result<ExitCode> {
    let config = config::load(snapshot);
    output::print(|out| config.files.iter().try_for_each(|file| writeln!(out, "{}", line(file))))?;
    Ok(ExitCode::SUCCESS)
}

fn line(file: &LoadedFile) -> String {
    let by = file.included_by.as_ref().map(|by| format!("  (included by {})", Untrusted::path(by)));
    let (layer, state) = (file.layer.word(), file.state.word());
    format!("{layer:<8} {state:<9} {}{}", Untrusted::path(&file.path), by.unwrap_or_default())
}

fn unknown(config: &Config) -> Policy {
    config.demands(&Environment::Unknown { because: String::new() })
}

fn whole(config: &Config) -> Value {
    let environments: Vec<Value> = config.environments.iter().map(|one| env::json(one, config)).collect();
    let files: Vec<Value> = config.files.iter().map(file_json).collect();
    json!({
        "version": 1,
        "mode": config.rollout.word(),
        "environments": environments,
        "unknown": { "policy": policy_json(&unknown(config)) },
        "look": theme::json(&config.theme),
        "files": files,
        "errors": config.errors.iter().map(Diagnostic::to_string).collect::<Vec<_>>(),
        "warnings": config.warnings.iter().map(Diagnostic::to_string).collect::<Vec<_>>(),
    })
}

fn file_json(file: &LoadedFile) -> Value {
    json!({
        "path": file.path.to_string_lossy(),
        "layer": file.layer.word(),
        "state": file.state.word(),
        "included_by": file.included_by.as_ref().map(|by| by.to_string_lossy()),
    })
}

pub(super) fn policy_json(policy: &Policy) -> Value {
    let Policy { read, write, destroy, read_only, without_terminal, audit, tokens, unlock } = policy;
    json!({
        "confirm": { "read": read.word(), "write": write.word(), "destroy": destroy.word() },
        "read_only": read_only,
        "without_terminal": without_terminal.word(),
        "audit": audit.word(),
        "tokens": tokens,
        "unlock": { "most": unlock.most.word(), "role": unlock.role, "reason": unlock.reason },
    })
}

pub(super) fn rule_json(rule: &Rule) -> Value {
    json!({ "file": rule.file.to_string_lossy(), "line": rule.line, "text": rule.text(), "names": rule.names() })
}
