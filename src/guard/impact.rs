//! Who would be hurt: which tables the findings destroy, what the server and the repository know about them.
//!
//! The repository is looked through while the server answers; both keep to the same two seconds. `dbguard impact` asks
//! the same of a table that a person names: it reads catalogues, so the environment's word on reading holds, but for
//! the typing, which the command itself stands for.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::case::Case;
use super::decide::presence;
use super::refusal::place;
use super::screen;
use super::server::Meeting;
use crate::checklist::{Banner, Human, Line, Section, Tone};
use crate::config;
use crate::effects::impact::mentions::{self, Mentions};
use crate::effects::impact::{Impact, Table};
use crate::effects::tty::{self, Tty};
use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::plan::{Plan, Risk};
use crate::policy::{self, Absence, Verdict};
use crate::target::Target;
use crate::text::Untrusted;
use crate::world::{Snapshot, tools};

/// How long the repository is looked through.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What is looked for: the tables, and the search in the repository that has begun.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) tables: Vec<Table>,
    running: Option<JoinHandle<std::result::Result<Vec<Mentions>, &'static str>>>,
}

impl Search {
    /// Nothing to look for.
    pub(super) fn none() -> Self {
        Self { tables: Vec::new(), running: None }
    }

    /// Begins to look for what the plan destroys.
    pub(super) fn of(plan: &Plan, snapshot: &Snapshot) -> Self {
        let scripts = plan.inputs.iter().map(|input| input.path.clone()).collect();
        Self::begin(destroyed(plan), scripts, snapshot)
    }

    fn begin(tables: Vec<Table>, but: Vec<PathBuf>, snapshot: &Snapshot) -> Self {
        if tables.is_empty() {
            return Self::none();
        }
        let (cwd, wanted, deadline) = (snapshot.cwd.clone(), tables.clone(), Instant::now() + PATIENCE);
        let running = std::thread::Builder::new().spawn(move || mentions::find(&wanted, &cwd, &but, deadline));
        Self { tables, running: running.ok() }
    }

    /// What was found, with what the server said.
    pub(super) fn end(self, meeting: &mut Meeting) {
        let joined = self.running.and_then(|running| running.join().ok());
        let mentions = joined.unwrap_or(Err("it could not be looked through"));
        meeting.impact = self
            .tables
            .iter()
            .enumerate()
            .map(|(at, table)| {
                let told = match &meeting.said {
                    Ok(told) => told.impact.get(at).cloned(),
                    Err(_) => Some(Impact::unknown(table, "the server was not reached")),
                };
                let server = told.unwrap_or_else(|| Impact::unknown(table, "the server did not say"));
                let code = match &mentions {
                    Ok(found) => found.get(at).cloned().ok_or("it could not be looked through"),
                    Err(because) => Err(*because),
                };
                Hurt { server, code }
            })
            .collect();
    }
}

/// One table, and who would be hurt.
#[derive(Clone, Debug)]
pub(super) struct Hurt {
    server: Impact,
    code: std::result::Result<Mentions, &'static str>,
}

impl Hurt {
    fn lines(&self) -> Vec<Line> {
        let mut lines = self.server.lines();
        match &self.code {
            Ok(mentions) => lines.extend(mentions.lines()),
            Err(because) => lines.push(Line {
                label: "named in code".to_owned(),
                value: "not known".to_owned(),
                note: (*because).to_owned(),
                tone: Tone::Quiet,
            }),
        }
        lines
    }
}

impl Serialize for Hurt {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("server", &self.server)?;
        map.serialize_entry("code", &self.code.as_ref().ok())?;
        map.serialize_entry("code_unknown", &self.code.as_ref().err())?;
        map.end()
    }
}

/// The section of the checklist; none where nothing is destroyed that has a name.
pub(super) fn section(hurt: &[Hurt]) -> Option<Section> {
    let lines: Vec<Line> = hurt.iter().flat_map(Hurt::lines).collect();
    (!lines.is_empty()).then(|| Section { title: "impact".to_owned(), lines })
}

/// The tables, views and the like whose content or access the plan destroys, each once.
fn destroyed(plan: &Plan) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for finding in plan.findings.iter().filter(|finding| finding.risk == Risk::Destroy) {
        let every = ["drop-table", "drop-view", "drop-materialized-view", "drop-foreign-table", "truncate"];
        let first = [
            "delete-without-where",
            "update-without-where",
            "merge-without-where",
            "explain-analyze",
            "vacuum-full",
            "cluster",
            "lock",
        ];
        let kind = finding.kind.as_str();
        let take = match kind {
            kind if every.contains(&kind) => finding.objects.len(),
            kind if first.contains(&kind) || kind.starts_with("alter-table-") => 1,
            _ => 0,
        };
        for table in finding.objects.iter().take(take).filter_map(|name| Table::parse(name)) {
            if !tables.iter().any(|known| known.written == table.written) {
                tables.push(table);
            }
        }
    }
    tables
}

/// What `dbguard impact` answers with.
#[derive(Debug)]
pub struct Hurts {
    target: Target,
    environment: Environment,
    alarms: Vec<String>,
    /// Why the server said nothing.
    silent: Option<String>,
    tables: Vec<Hurt>,
}

/// Asks the server that psql with these arguments would reach, and the repository, about these tables.
pub fn impact(names: &[String], args: &[OsString], snapshot: &Snapshot) -> Result<Hurts> {
    let tables = names.iter().map(|name| table(name)).collect::<Result<Vec<Table>>>()?;
    let config = config::load(snapshot);
    let program = tools::locate(OsStr::new("psql"), &snapshot.vars)?;
    let case = Case::open(OsStr::new("psql"), args, Some(program), &config, snapshot);
    if let Some(unusable) = case.unusable() {
        return Err(unusable);
    }
    let target = case.target().filter(|_| case.touches_server());
    let target = target.ok_or_else(|| Error::new(Kind::Usage, "psql with these arguments reaches no server"))?;
    hurts(&case, target, tables)
}

/// The same for the connection of an open psql.
pub(super) fn from_inside(names: &[&str], case: &Case<'_>, target: &Target) -> Result<Hurts> {
    let tables = names.iter().map(|name| table(name)).collect::<Result<Vec<Table>>>()?;
    match case.unusable() {
        Some(unusable) => Err(unusable),
        None => hurts(case, target, tables),
    }
}

fn hurts(case: &Case<'_>, target: &Target, tables: Vec<Table>) -> Result<Hurts> {
    let snapshot = case.snapshot;
    let opened = Tty::open(&snapshot.vars, tty::PATIENCE);
    let verdict = policy::judge(&case.policy(), Risk::Read, presence(snapshot, &opened));
    if let Verdict::Refuse(absence) = verdict {
        return Err(alone(case, target, absence));
    }
    let mut tty = opened.ok();
    let search = Search::begin(tables, Vec::new(), snapshot);
    let meeting = Meeting::about(case, target, search, tty.as_mut().map(|tty| tty as &mut dyn Human));
    let silent = meeting.said.as_ref().err().cloned();
    Ok(Hurts {
        target: target.clone(),
        environment: meeting.environment,
        alarms: meeting.alarms,
        silent,
        tables: meeting.impact,
    })
}

fn table(name: &str) -> Result<Table> {
    Table::parse(name).ok_or_else(|| {
        let message = format!("`{}` is no name of a table", Untrusted::text(name));
        Error::new(Kind::Usage, message).hint("name it as in SQL: dbguard impact 'public.\"My Table\"'")
    })
}

/// Nobody is there who could answer for asking.
fn alone(case: &Case<'_>, target: &Target, absence: Absence) -> Error {
    let because = match absence {
        Absence::Agent(agent) => format!("{} cannot answer for it", agent.name),
        Absence::Nobody(because) => because.to_owned(),
    };
    let name = case.environment.name();
    let what = format!("refused: asking {} ({}): {because}", place(target), Untrusted::text(name));
    Error::refused(what).hint("a person asks it, at a terminal")
}

impl Hurts {
    /// The head and the sections for people.
    pub fn screen(&self, snapshot: &Snapshot) -> (Banner, Vec<Section>) {
        let banner = screen::banner(&self.environment, "impact", self.alarms.clone());
        let mut sections = vec![screen::target(&self.target, &self.environment, snapshot)];
        sections.extend(self.silent.as_ref().map(|because| Section {
            title: "server says".to_owned(),
            lines: vec![Line {
                label: "no answer".to_owned(),
                value: because.clone(),
                note: String::new(),
                tone: Tone::Warn,
            }],
        }));
        sections.extend(section(&self.tables));
        (banner, sections)
    }

    /// Why the server said nothing, where it did not.
    pub fn silent(&self) -> Option<&str> {
        self.silent.as_deref()
    }
}

impl Serialize for Hurts {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", &1)?;
        map.serialize_entry("target", &self.target)?;
        map.serialize_entry("environment", &self.environment)?;
        map.serialize_entry("silent", &self.silent)?;
        map.serialize_entry("tables", &self.tables)?;
        map.end()
    }
}
