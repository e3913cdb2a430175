//! What the checklist shows, in the order in which it must be read.
//!
//! Text only: how it is drawn, escaped and coloured is the terminal's business.

mod target;

use std::time::SystemTime;

pub(super) use target::{also, target, voices};

use crate::checklist::{Banner, Line, Section, Tone};
use crate::effects::sessions::Session;
use crate::environment::Environment;
use crate::order;
use crate::plan::{Finding, Mode, Plan, Risk};
use crate::text::Untrusted;

/// Findings shown at most; the rest is counted.
const SHOWN: usize = 12;

/// The head: environment, tool, and what must be read first.
pub(super) fn banner(environment: &Environment, tool: &str, alarms: Vec<String>) -> Banner {
    let title = format!("{} · {tool}", environment.name());
    Banner { look: environment.look(), level: environment.level(), title, alarms }
}

fn line(label: &str, value: &str, note: &str) -> Line {
    Line { label: label.to_owned(), value: value.to_owned(), note: note.to_owned(), tone: Tone::Plain }
}

/// What the prompt showed before, where that is not what the target is now.
pub(super) fn outdated(shown: &str) -> Section {
    let line = Line { tone: Tone::Warn, ..line("showed", shown, "not what it is now") };
    Section { title: "the prompt".to_owned(), lines: vec![line] }
}

/// What would happen.
pub(super) fn plan(plan: &Plan, risk: Risk, read_only: &ReadOnly) -> Section {
    let mut lines = vec![Line { tone: tone(risk), ..line(risk.word(), meaning(risk, plan.mode), "") }];
    lines.extend(plan.findings.iter().take(SHOWN).map(finding));
    if plan.findings.len() > SHOWN {
        let more = plan.findings.len() - SHOWN;
        lines.push(Line { tone: Tone::Quiet, ..line("", &format!("and {more} more; see: dbguard explain"), "") });
    }
    lines.extend(plan.notes.iter().map(|note| Line { tone: Tone::Quiet, ..line("", note, "") }));
    lines.extend(read_only.line());
    Section { title: "would happen".to_owned(), lines }
}

/// What was found while reading goes on, the strictest first.
pub(super) fn so_far(findings: &[Finding]) -> Section {
    let mut strictest: Vec<&Finding> = findings.iter().collect();
    order::sort_by(&mut strictest, |a, b| b.risk.cmp(&a.risk));
    let mut lines: Vec<Line> = strictest.iter().take(SHOWN).map(|one| finding(one)).collect();
    if lines.is_empty() {
        lines.push(line("", "nothing that writes", ""));
    }
    Section { title: "found so far".to_owned(), lines }
}

/// The strict sessions that are open in other tabs; nothing where there are none.
pub(super) fn open_sessions(others: &[Session], now: SystemTime) -> Option<Section> {
    let one = |session: &Session| {
        let minutes = now.duration_since(session.began()).unwrap_or_default().as_secs() / 60;
        let tty = session.tty.as_deref().unwrap_or("no terminal");
        let value = format!("{} {}", session.tool, session.place);
        line(&session.environment, &value, &format!("{tty}, process {}, for {minutes} min", session.pid))
    };
    let lines: Vec<Line> = others.iter().filter(|session| session.is_strict()).map(one).collect();
    (!lines.is_empty()).then(|| Section { title: "also open".to_owned(), lines })
}

/// The verdict with its reasons.
pub(super) fn verdict(verdict: &str, reasons: &[String]) -> Section {
    let mut labels = std::iter::once(verdict).chain(std::iter::repeat(""));
    let lines = reasons.iter().map(|reason| line(labels.next().unwrap_or_default(), reason, "")).collect();
    Section { title: "verdict".to_owned(), lines }
}

/// Whether the session is read-only, as the server itself said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReadOnly {
    /// It was not wanted: nothing to show.
    NotWanted,
    /// The server confirmed it.
    Held,
    /// It could not be put in place: why.
    NotHeld(String),
    /// The tool is started so, and the server could not be asked whether that holds: why.
    Unverified(String),
}

impl ReadOnly {
    fn line(&self) -> Option<Line> {
        match self {
            Self::NotWanted => None,
            Self::Held => Some(line("session", "read-only; BEGIN READ WRITE opens one writable transaction", "")),
            Self::Unverified(because) => {
                let value = format!("started read-only, which is not verified: {because}");
                Some(Line { tone: Tone::Warn, ..line("session", &value, "") })
            }
            Self::NotHeld(because) => {
                Some(Line { tone: Tone::Danger, ..line("session", &format!("NOT read-only: {because}"), "") })
            }
        }
    }
}

fn finding(finding: &Finding) -> Line {
    let place = match (&finding.file, finding.line) {
        (Some(file), Some(number)) => format!("{}:{number}", Untrusted::path(file)),
        (Some(file), None) => Untrusted::path(file).to_string(),
        (None, _) => String::new(),
    };
    Line { tone: tone(finding.risk), ..line(&finding.kind, &finding.statement, &place) }
}

fn tone(risk: Risk) -> Tone {
    match risk {
        Risk::None | Risk::Read => Tone::Plain,
        Risk::Write => Tone::Warn,
        Risk::Destroy | Risk::Unknown => Tone::Danger,
    }
}

fn meaning(risk: Risk, mode: Mode) -> &'static str {
    match (risk, mode) {
        (Risk::Unknown, Mode::Interactive) => "an open session that may write",
        (_, Mode::Interactive) => "an open session",
        (Risk::None, _) => "touches no server",
        (Risk::Read, _) => "reads",
        (Risk::Write, _) => "changes data or schema",
        (Risk::Destroy, _) => "loses data or locks people out",
        (Risk::Unknown, _) => "cannot be told; counts as destroying",
    }
}
