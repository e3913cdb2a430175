//! The words of a refusal: what was refused, why, and what a person types next.
//!
//! A coding agent is told the reason and what *a person* would have to do; no line here lets the reader through.

use std::ffi::OsString;

use super::case::Case;
use super::stand_in::{self, Met};
use super::token::{self, Token};
use crate::error::Error;
use crate::plan::{Plan, Risk};
use crate::policy::Absence;
use crate::shell;
use crate::target::Target;
use crate::text::{Untrusted, redact};

/// There is nobody to ask, and nothing stands in.
pub(super) fn nobody(case: &Case<'_>, target: &Target, plan: &Plan, met: Met<'_>, token: Token) -> Error {
    let Met { risk, absence, .. } = met;
    let what =
        format!("refused: {} ({}) on {}", Untrusted::text(&case.invocation.tool), risk.word(), describe(case, target));
    let refused = |what: String| counts(plan).into_iter().fold(Error::refused(what), Error::hint);
    let line = command_line(case);
    let hidden = if line.contains("***") { "\n  *** hides what may be a password: type it as it was" } else { "" };
    let allow = format!("dbguard allow --once -- {line}{hidden}");
    match absence {
        Absence::Agent(agent) => refused(format!("{what}: {} cannot confirm it", agent.name))
            .hint(format!("a coding agent was recognised by {}; only a person can answer for this target", agent.mark))
            .hint(format!("tell the person who is responsible; at a terminal of their own they would type: {allow}")),
        Absence::Nobody(because) => {
            let error = refused(format!("{what}: {because}"));
            let error = match token {
                Token::Fails(why) => error.hint(why),
                Token::Absent | Token::Holds => error,
            };
            let error = error.hint(format!("a person allows it beforehand, at a terminal: {allow}"));
            match stand_in::named(case, target, plan).expected().filter(|_| token::in_ci(&case.snapshot.vars)) {
                Some(fits) if case.policy().tokens => {
                    error.hint(format!("in a CI job the variable {} can name the target: {fits}", token::VAR))
                }
                _ => error,
            }
        }
    }
}

/// What made it more than reading: the first of the strictest findings, and why a text was not understood.
fn counts(plan: &Plan) -> Option<String> {
    let strictest = plan.findings.iter().rev().max_by_key(|finding| finding.risk)?;
    let place = match (&strictest.file, strictest.line) {
        (Some(file), Some(line)) => format!(" at {}:{line}", Untrusted::path(file)),
        (Some(file), None) => format!(" at {}", Untrusted::path(file)),
        (None, _) => String::new(),
    };
    let why = match plan.notes.first() {
        Some(note) if strictest.risk == Risk::Unknown => format!(": {}", Untrusted::text(note)),
        _ if strictest.statement.is_empty() => String::new(),
        _ => format!(": {}", Untrusted::text(&strictest.statement)),
    };
    Some(format!("found: {}{place}{why}", Untrusted::text(&strictest.kind)))
}

/// The target cannot be told, and nothing of it is known that a person could confirm.
pub(super) fn ambiguous(case: &Case<'_>, because: &str) -> Error {
    Error::refused(format!(
        "refused: which server {} would reach cannot be told: {}",
        Untrusted::text(&case.invocation.tool),
        Untrusted::text(because)
    ))
    .hint(format!("see what is known: dbguard explain -- {}", command_line(case)))
}

/// The configuration cannot be used, and the target is not plainly this machine.
pub(super) fn broken_config(case: &Case<'_>, trouble: &Error) -> Error {
    let mut error = trouble.clone();
    if let Some(target) = case.target() {
        error = error.hint(format!("until then this is refused: {}", describe(case, target)));
    }
    error.hint("check it with: dbguard config check")
}

/// The person declined, or the answer did not fit.
pub(super) fn declined(case: &Case<'_>, because: &str) -> Error {
    Error::refused(format!("stopped: {because}; {} was not run", Untrusted::text(&case.invocation.tool)))
}

/// Environment and target in one phrase: `production (db1.prod.example.com:5432/app)`.
pub(crate) fn describe(case: &Case<'_>, target: &Target) -> String {
    format!("{} ({})", Untrusted::text(case.environment.name()), place(target))
}

/// The target in one phrase: `db1.prod.example.com:5432/app`.
pub(crate) fn place(target: &Target) -> String {
    let hosts: Vec<String> = target.hosts.iter().map(|host| Untrusted::text(&host.shown()).to_string()).collect();
    let name = target.affects.first().or(target.dbname.as_ref());
    let dbname = name.map(|name| format!("/{}", Untrusted::text(&name.shown())));
    format!("{}{}", hosts.join(","), dbname.unwrap_or_default())
}

/// The invocation as it would be typed again, without its secrets.
pub(super) fn command_line(case: &Case<'_>) -> String {
    let tool = OsString::from(&case.invocation.tool);
    let mut line = vec![shell::posix(&tool)];
    line.extend(
        redact::command(&case.invocation.tool, &case.invocation.args, case.invocation.password())
            .into_iter()
            .map(|word| shell::posix(&OsString::from(word))),
    );
    Untrusted::text(&line.join(" ")).to_string()
}
