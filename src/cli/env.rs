//! `dbguard env`: the environments, and changing the user's own file.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::args::{EnvAdd, EnvVerb};
use super::config::{counted, policy_json, rule_json};
use super::output;
use crate::config::edit::{self, Written};
use crate::config::{self, Config, Effective, NewEntry};
use crate::environment::{Level, Rule};
use crate::error::{Error, Kind, Result};
use crate::policy::{Policy, Unlock};
use crate::text::Untrusted;
use crate::world::{Snapshot, agents};

pub(super) fn run(verb: EnvVerb, snapshot: &Snapshot) -> Result<ExitCode> {
    match verb {
        EnvVerb::List { json } => list(json, snapshot),
        EnvVerb::Show { name, json } => show(&name, json, snapshot),
        EnvVerb::Add(new) => add(&new, snapshot),
        EnvVerb::Remove { name } => remove(&name, snapshot),
    }
}

/// Every environment on a line.
fn list(as_json: bool, snapshot: &Snapshot) -> Result<ExitCode> {
    let config = config::load(snapshot);
    if as_json {
        let all: Vec<Value> = config.environments.iter().map(|one| json(one, &config)).collect();
        output::json(&json!({ "version": 1, "environments": all }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let width = config.environments.iter().map(|one| one.definition.name.len()).max().unwrap_or(0);
    output::print(|out| config.environments.iter().try_for_each(|one| row(one, width, &config, out)))?;
    Ok(ExitCode::SUCCESS)
}

fn row(environment: &Effective, width: usize, config: &Config, out: &mut dyn Write) -> io::Result<()> {
    let definition = &environment.definition;
    let rules = counted(rules(environment, config).count(), "rule");
    let files: Vec<String> = places(environment, config);
    let from = if files.is_empty() { "built in".to_owned() } else { files.join(", ") };
    writeln!(out, "{:<width$}  {:<11}  {rules:<9}  {from}", definition.name, definition.level.word())
}

/// One environment in full.
fn show(name: &str, as_json: bool, snapshot: &Snapshot) -> Result<ExitCode> {
    let config = config::load(snapshot);
    let Some(environment) = config.environment(name) else {
        let message = format!("no environment is called `{}`", Untrusted::text(name));
        return Err(Error::new(Kind::Negative, message).hint("see them all: dbguard env list"));
    };
    if as_json {
        output::json(&json(environment, &config))?;
    } else {
        output::print(|out| describe(environment, &config, out))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Adds an environment, or an entry to one.
fn add(add: &EnvAdd, snapshot: &Snapshot) -> Result<ExitCode> {
    let level = add.level.as_deref().map(level).transpose()?;
    let config = config::load(snapshot);
    let becomes = level.or_else(|| Some(config.environment(&add.name)?.definition.level));
    if becomes.is_some_and(|level| level < Level::Production) {
        person(snapshot)?;
    }
    let EnvAdd { host, port, dbname, user, service, server, .. } = add;
    let entry = NewEntry {
        host: host.clone(),
        port: *port,
        dbname: dbname.clone(),
        user: user.clone(),
        service: service.clone(),
        server: server.clone(),
    };
    let written = edit::add(&config, snapshot, &add.name, level, &entry)?;
    output::print(|out| {
        let Written { file, environment, level, entry } = &written;
        let what = entry.as_ref().map_or_else(|| "added".to_owned(), |entry| format!("{} is", Untrusted::text(entry)));
        let file = Untrusted::path(file);
        if entry.is_some() {
            writeln!(out, "{what} `{environment}` ({}) now; written to {file}", level.word())
        } else {
            writeln!(out, "{what} `{environment}` ({}) to {file}", level.word())
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Takes an environment out of the user's file.
fn remove(name: &str, snapshot: &Snapshot) -> Result<ExitCode> {
    person(snapshot)?;
    let written = edit::remove(&config::load(snapshot), snapshot, name)?;
    let left = config::load(snapshot);
    output::print(|out| {
        writeln!(out, "removed `{}` from {}", written.environment, Untrusted::path(&written.file))?;
        let elsewhere = left.environment(name).map(|still| places(still, &left)).unwrap_or_default();
        if elsewhere.is_empty() { Ok(()) } else { writeln!(out, "it is still in {}", elsewhere.join(", ")) }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What makes targets laxer is a person's to say.
pub(super) fn person(snapshot: &Snapshot) -> Result<()> {
    match agents::detect(&snapshot.vars) {
        None => Ok(()),
        Some(agent) => Err(Error::refused(format!("refused: {} cannot say which servers are harmless", agent.name))
            .hint(format!("a coding agent was recognised by {}; a person does this", agent.mark))),
    }
}

fn level(word: &str) -> Result<Level> {
    Level::parse(word).ok_or_else(|| {
        let known = Level::ALL.map(Level::word).join(", ");
        Error::new(Kind::Usage, format!("`{}` is no level", Untrusted::text(word))).hint(format!("known: {known}"))
    })
}

/// An environment in full: what it looks like, where it comes from, what it demands, what belongs to it.
pub(super) fn describe(environment: &Effective, config: &Config, out: &mut dyn Write) -> io::Result<()> {
    let definition = &environment.definition;
    let look = &definition.look;
    writeln!(out, "{} ({})", definition.name, definition.level.word())?;
    let (icon, label) = (Untrusted::text(&look.icon), Untrusted::text(&look.label));
    writeln!(out, "  shown as          {icon} {label}, {}", look.color)?;
    let places = places(environment, config);
    writeln!(out, "  from              {}", if places.is_empty() { "built in".to_owned() } else { places.join(", ") })?;
    demands(&environment.policy, out)?;
    if definition.name == "local" {
        writeln!(out, "  match             loopback addresses and unix sockets, where no tunnel leads elsewhere")?;
    }
    for rule in rules(environment, config) {
        let keys = rule.text();
        let (text, file) = (Untrusted::text(&keys), Untrusted::path(&rule.file));
        let only = if rule.names() { "" } else { ", can only raise" };
        writeln!(out, "  match             {text}  ({file}:{}{only})", rule.line)?;
    }
    Ok(())
}

pub(super) fn demands(policy: &Policy, out: &mut dyn Write) -> io::Result<()> {
    let Policy { read, write, destroy, read_only, without_terminal, audit, tokens, unlock } = policy;
    let (read, write, destroy) = (read.word(), write.word(), destroy.word());
    writeln!(out, "  confirm           read: {read}, write: {write}, destroy: {destroy}")?;
    writeln!(out, "  read only         {}", if *read_only { "yes" } else { "no" })?;
    writeln!(out, "  without terminal  {}", without_terminal.word())?;
    writeln!(out, "  audit             {}", audit.word())?;
    writeln!(out, "  tokens            {}", if *tokens { "yes" } else { "no" })?;
    if *unlock == Unlock::USUAL {
        return Ok(());
    }
    let role = unlock.role.as_ref().map(|role| format!(", as `{}`", Untrusted::text(role))).unwrap_or_default();
    let reason = if unlock.reason { ", with a reason" } else { "" };
    writeln!(out, "  unlock            {}{role}{reason}", unlock.most.word())
}

pub(super) fn json(environment: &Effective, config: &Config) -> Value {
    let definition = &environment.definition;
    let places: Vec<Value> = environment
        .places(config)
        .map(|(file, line)| json!({ "file": file.to_string_lossy(), "line": line }))
        .collect();
    json!({
        "name": definition.name,
        "level": definition.level.word(),
        "label": definition.look.label,
        "icon": definition.look.icon,
        "color": definition.look.color,
        "policy": policy_json(&environment.policy),
        "places": places,
        "rules": rules(environment, config).map(rule_json).collect::<Vec<_>>(),
    })
}

fn rules<'c>(environment: &'c Effective, config: &'c Config) -> impl Iterator<Item = &'c Rule> {
    let at = config.environments.iter().position(|one| one.definition.name == environment.definition.name);
    config.rules.entries().iter().filter(move |rule| Some(rule.environment) == at)
}

fn places(environment: &Effective, config: &Config) -> Vec<String> {
    environment.places(config).map(|(file, line)| format!("{}:{line}", Untrusted::path(file))).collect()
}
