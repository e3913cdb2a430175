//! Meeting the server: what it says of itself, and what follows from that.
//!
//! The stricter of name and server wins. What the server says can raise a level and never lower one, and every
//! disagreement is shown first.

use crate::checklist::{Human, Line, Section, Tone};
use crate::effects::attest::{self, Attestation, Attested, Marker};
use crate::effects::impact::Table;
use crate::effects::known_servers::{self, Acquaintance};
use crate::environment::{Environment, Known};
use crate::plan::Plan;
use crate::target::{Engine, Target};
use crate::text::{Secret, Untrusted};
use crate::world::tools;

use super::case::Case;
use super::impact::{Hurt, Search};
use super::launch;
use super::refusal::place;
use super::screen::ReadOnly;

/// What came of meeting the server.
pub(super) struct Meeting {
    /// What it said, or why it said nothing.
    pub(super) said: Result<Box<Attestation>, String>,
    /// The environment by name and server together.
    pub(super) environment: Environment,
    /// What must be read first.
    pub(super) alarms: Vec<String>,
    /// The password that the person gave for both connections.
    pub(super) password: Option<Secret>,
    /// Who would be hurt, table by table; looked for only where a person will read it.
    pub(super) impact: Vec<Hurt>,
    /// The connection string has start-up options of its own, which libpq takes instead of `PGOPTIONS`.
    own_options: bool,
}

/// Asks the server about itself. `human` is there when a password may be asked for.
///
/// The server is asked in the state that the tool's session will have. Where its answer makes the environment
/// stricter, that state is another, and it is asked once more.
pub(super) fn meet(case: &Case<'_>, target: &Target, plan: &Plan, human: Option<&mut dyn Human>) -> Meeting {
    let mut meeting = Meeting::new(case.environment.clone(), target);
    let wanted = |environment: &Environment| launch::wants_read_only(&case.config.policy(environment), plan);
    let first = wanted(&meeting.environment);
    let search = if human.is_some() { Search::of(plan, case.snapshot) } else { Search::none() };
    meeting.ask(case, target, Asking { read_only: first, tables: &search.tables }, human);
    meeting.compare(case, target);
    if !first && wanted(&meeting.environment) {
        // A password that the first round had to ask for is kept; nobody is asked twice.
        meeting.ask(case, target, Asking { read_only: true, tables: &search.tables }, None);
    }
    search.end(&mut meeting);
    meeting
}

/// The same for an open psql, whose next connection is to begin read-only whatever the environment says: so it comes out
/// whether that is taken, dropped or refused on the way.
pub(super) fn meet_from_inside(case: &Case<'_>, target: &Target) -> Meeting {
    let mut meeting = Meeting::new(case.environment.clone(), target);
    meeting.ask(case, target, Asking { read_only: true, tables: &[] }, None);
    meeting.compare(case, target);
    meeting
}

/// How the server is asked.
#[derive(Clone, Copy)]
struct Asking<'a> {
    read_only: bool,
    /// The tables that are asked about as well.
    tables: &'a [Table],
}

fn told(attested: Attested, without_password: &str) -> Result<Box<Attestation>, String> {
    match attested {
        Attested::Told(told) => Ok(told),
        Attested::NeedsPassword => Err(without_password.to_owned()),
        Attested::Silent { because } => Err(because),
    }
}

fn password_question(target: &Target) -> String {
    let user = target.user.as_ref().map(|user| Untrusted::text(&user.shown()).to_string()).unwrap_or_default();
    format!("Password for {user} at {}:", place(target))
}

impl Meeting {
    fn new(environment: Environment, target: &Target) -> Self {
        let own_options = target.parameters.iter().any(|parameter| parameter.keyword == "options");
        let said = Err("it was not asked".to_owned());
        Self { said, environment, alarms: Vec::new(), password: None, impact: Vec::new(), own_options }
    }

    /// Asks, read-only, about tables that a person named.
    pub(super) fn about(case: &Case<'_>, target: &Target, search: Search, human: Option<&mut dyn Human>) -> Self {
        let mut meeting = Self::new(case.environment.clone(), target);
        meeting.ask(case, target, Asking { read_only: true, tables: &search.tables }, human);
        meeting.compare(case, target);
        search.end(&mut meeting);
        meeting
    }

    /// One round; a second one with the password where the server wants one and a person can give it.
    fn ask(&mut self, case: &Case<'_>, target: &Target, asking: Asking<'_>, human: Option<&mut dyn Human>) {
        if target.hosts.is_empty() {
            self.said = Err("where it is, is not known".to_owned());
            return;
        }
        if target.engine != Engine::Postgresql {
            self.said = Err(format!("it is {}, which dbguard asks nothing", target.engine.word()));
            return;
        }
        let psql = match tools::locate("psql".as_ref(), &case.snapshot.vars) {
            Ok(psql) => psql,
            Err(error) => {
                self.said = Err(error.message().to_owned());
                return;
            }
        };
        let Asking { read_only, tables } = asking;
        let attest =
            |password: Option<&Secret>| attest::attest(&psql, target, case.snapshot, password, read_only, tables);
        let first = attest(self.password.as_ref());
        // With `-W` the tool itself will ask: a question of ours would be a second one.
        let tool_asks = case.invocation.has("password");
        // Nor is a password for the server that a script goes on to handed to a tool that begins at another: there it
        // would be given away, and would stand before the passfile's.
        let asks = matches!(first, Attested::NeedsPassword) && !tool_asks && !case.followed;
        let human = human.filter(|_| asks);
        let given = human.and_then(|human| human.ask_secret(&password_question(target)));
        self.said = match given {
            None => told(first, "it wants a password, and nothing here has one"),
            Some(password) => {
                let second = told(attest(Some(&password)), "the password was not accepted");
                self.password = second.is_ok().then_some(password);
                second
            }
        };
    }

    /// Sets what the server says against what the name says.
    fn compare(&mut self, case: &Case<'_>, target: &Target) {
        let Ok(told) = &self.said else { return };
        let marker = told.marker.as_ref().map(Marker::environment);
        if let Some(known) = case.config.rules.classify_server(told.system_identifier.as_deref(), marker) {
            self.weigh(known);
        }
        let Ok(told) = &self.said else { return };
        let Some(identifier) = &told.system_identifier else { return };
        match known_servers::lookup(case.snapshot, target, identifier) {
            Acquaintance::Same | Acquaintance::New => {}
            Acquaintance::Changed { was } => self.alarms.push(format!(
                "this is another server than last time: system identifier {identifier}, then {}",
                Untrusted::text(&was)
            )),
        }
    }

    /// The stricter of the two; a tie keeps a name over none.
    fn weigh(&mut self, server: Known) {
        let by_name = self.environment.clone();
        let named = by_name.name().to_owned();
        let raises = match &by_name {
            Environment::Known(known) => server.level > known.level,
            // Unknown is as strict as production already: only production gives it a name.
            Environment::Unknown { .. } => server.level == crate::environment::Level::Production,
        };
        if by_name.level() != server.level || (raises && named != "unknown") {
            let verdict = if raises { &server.name } else { &named };
            self.alarms.push(format!(
                "the server says {}, the name says {}: treated as {}",
                server.name,
                named,
                Untrusted::text(verdict)
            ));
        }
        if raises {
            self.environment = Environment::Known(server);
        }
    }

    /// What the server says, for the screen.
    pub(super) fn section(&self) -> Section {
        let lines = match &self.said {
            Ok(told) => told.lines(),
            Err(because) => vec![Line {
                label: "no answer".to_owned(),
                value: because.clone(),
                note: String::new(),
                tone: Tone::Warn,
            }],
        };
        Section { title: "server says".to_owned(), lines }
    }

    /// How what happens next could be undone, as far as the server says.
    pub(super) fn undo(&self) -> Section {
        let silent = || Line {
            label: "archive".to_owned(),
            value: "not known".to_owned(),
            note: "the server was not reached".to_owned(),
            tone: Tone::Quiet,
        };
        let lines = self.said.as_ref().map_or_else(|_| vec![silent()], |told| told.undo());
        Section { title: "undo".to_owned(), lines }
    }

    /// Whether a session that is wanted read-only will be that.
    pub(super) fn read_only(&self, wanted: bool) -> ReadOnly {
        if !wanted {
            return ReadOnly::NotWanted;
        }
        match &self.said {
            Ok(told) if told.read_only == Some(true) => ReadOnly::Held,
            Ok(told) if told.options_refused => {
                ReadOnly::NotHeld("the pooler in between refuses start-up options".to_owned())
            }
            Ok(_) if self.own_options => {
                ReadOnly::NotHeld("the connection's own options= takes the place of it".to_owned())
            }
            Ok(_) => ReadOnly::NotHeld("the server did not take the option; a pooler may drop it".to_owned()),
            Err(because) => ReadOnly::Unverified(because.clone()),
        }
    }
}
