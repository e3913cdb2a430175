//! From an invocation to its target.
//!
//! Every version that may read the command line is asked, and what they come to is compared: a version that rejects
//! it connects to nothing, so that the others decide; two different targets are ambiguous.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::conninfo::Trouble;
use super::defaults::{merge, settle};
use super::getopt::Fault;
use super::ground::Ground;
use super::parse::{Reading, read, versions};
use super::table::{self, Customs, Places};
use super::tools::request::{Aim, Given, Request};
use super::tools::{self, Tool};
use super::tunnel::through;
use super::wrapper::{self, Start};
use super::{Invocation, Opt, Resolution, Target};
use crate::text::Untrusted;
use crate::world::Snapshot;

/// Reads `args` as `tool` does. `program` is the program that would be executed, where it was found.
pub fn parse(tool: &str, args: &[OsString], program: Option<PathBuf>, snapshot: &Snapshot) -> Invocation {
    open(tool, args, program, snapshot).0
}

/// Which server an invocation would reach.
///
/// Of several databases, the one that it is about.
pub fn resolve(invocation: &Invocation, snapshot: &Snapshot) -> Resolution {
    places(invocation, snapshot).main
}

/// Every database that an invocation would reach.
pub fn places(invocation: &Invocation, snapshot: &Snapshot) -> Places {
    open(&invocation.tool, &invocation.args, invocation.program.clone(), snapshot).1
}

/// Both at once: the files that a wrapper looks up are read once.
pub fn open(tool: &str, args: &[OsString], program: Option<PathBuf>, snapshot: &Snapshot) -> (Invocation, Places) {
    open_with(tool, args, program, &Customs::default(), snapshot)
}

/// The same with the tools that a configuration adds.
pub fn open_with(
    tool: &str,
    args: &[OsString],
    program: Option<PathBuf>,
    customs: &Customs,
    snapshot: &Snapshot,
) -> (Invocation, Places) {
    let bare = Invocation {
        tool: tool.to_owned(),
        program,
        args: args.to_vec(),
        options: Vec::new(),
        operands: Vec::new(),
        declared: None,
        rejected: None,
    };
    let Some(known) = tools::find(tool) else {
        if let Some(invocation) = table::parse(&bare, customs, snapshot) {
            let places = table::places(&invocation, snapshot);
            return (invocation, places);
        }
        let because = format!("`{}` is not a tool whose target dbguard can tell", Untrusted::text(tool));
        return (bare, Places::only(Resolution::Ambiguous { partial: None, because }));
    };
    let (invocation, outcome) = match Start::of(&bare, snapshot) {
        Ok(start) => {
            let (readings, outcomes): (_, Vec<Outcome>) = outcomes(known, &start).into_iter().unzip();
            (filled(bare, readings, &outcomes, start.cluster), outcomes.into_iter().reduce(either))
        }
        Err(trouble) => {
            let rejected = match &trouble {
                Trouble::Rejected(why) => Some(why.clone()),
                Trouble::Unclear(_) => None,
            };
            (Invocation { rejected, ..bare }, Some(trouble.into()))
        }
    };
    let resolution = through(outcome.unwrap_or_else(Outcome::none).resolution(), snapshot);
    (invocation, Places::only(resolution))
}

/// Fills in what the newest version reads that takes the command line, and why none does.
fn filled(bare: Invocation, mut readings: Vec<Reading>, outcomes: &[Outcome], cluster: Option<OsString>) -> Invocation {
    let takes = |outcome: &Outcome| !matches!(outcome, Outcome::Rejected(_) | Outcome::Doubtful(_));
    let at = outcomes.iter().rposition(takes).unwrap_or(0);
    let Some(outcome) = outcomes.get(at) else { return bare };
    let rejected = outcomes.iter().all(|outcome| matches!(outcome, Outcome::Rejected(_)));
    let why = match outcome {
        Outcome::Rejected(why) => rejected.then(|| why.clone()),
        Outcome::Target(_) | Outcome::Nothing(_) | Outcome::Doubtful(_) | Outcome::Unclear(..) => None,
    };
    let reading = readings.swap_remove(at);
    let cluster = cluster.map(|value| Opt { name: "cluster".into(), spelled: "--cluster".into(), value: Some(value) });
    let options = cluster.into_iter().chain(reading.options).collect();
    Invocation { options, operands: reading.operands, rejected: why, ..bare }
}

impl<'a> Start<'a> {
    /// What the real tool is started with: by a wrapper, or by the user's own command.
    fn of(invocation: &Invocation, snapshot: &'a Snapshot) -> Result<Self, Trouble> {
        let program = invocation.program.as_deref();
        if program.is_some_and(wrapper::is_wrapper) {
            return wrapper::start(&invocation.tool, &invocation.args, snapshot);
        }
        let ground = Ground::plain(snapshot, program);
        Ok(Self { args: invocation.args.clone(), cluster: None, ground })
    }
}

/// What one reading comes to.
enum Outcome {
    Target(Box<Target>),
    Nothing(String),
    Rejected(String),
    /// The versions that are known reject it, and another one may not.
    Doubtful(String),
    Unclear(Option<Box<Target>>, String),
}

impl Outcome {
    fn none() -> Self {
        Self::Unclear(None, "no version of the tool is known".to_owned())
    }

    fn resolution(self) -> Resolution {
        match self {
            Self::Target(target) => Resolution::Resolved(*target),
            Self::Nothing(because) => Resolution::NoServer { because },
            Self::Rejected(why) => Resolution::NoServer { because: format!("the command line is wrong: {why}") },
            Self::Doubtful(because) => Resolution::Ambiguous { partial: None, because },
            Self::Unclear(partial, because) => {
                Resolution::Ambiguous { partial: partial.map(|target| *target), because }
            }
        }
    }
}

impl From<Trouble> for Outcome {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Rejected(why) => Self::Rejected(why),
            Trouble::Unclear(why) => Self::Unclear(None, why),
        }
    }
}

/// Two readings of one command line. A version that rejects it connects to nothing: the other one decides.
fn either(one: Outcome, other: Outcome) -> Outcome {
    use Outcome::{Doubtful, Nothing, Rejected, Target, Unclear};
    match (one, other) {
        (Rejected(_), other) => other,
        (one, Rejected(_)) => one,
        (Doubtful(_), other) => other,
        (one, Doubtful(_)) => one,
        (unclear @ Unclear(..), _) | (_, unclear @ Unclear(..)) => unclear,
        (Nothing(_), other) => other,
        (one, Nothing(_)) => one,
        (Target(one), Target(other)) if one.same_place(&other) => Target(one),
        (Target(one), Target(_)) => {
            Unclear(Some(one), "versions of the tool read this command line differently".to_owned())
        }
    }
}

fn outcomes(tool: &Tool, start: &Start<'_>) -> Vec<(Reading, Outcome)> {
    let one = |version| {
        let reading = read(tool, &start.args, start.ground.snapshot, version);
        let outcome = outcome(tool, &reading, &start.ground);
        (reading, outcome)
    };
    versions(tool, start.ground.build.major).into_iter().map(one).collect()
}

fn outcome(tool: &Tool, reading: &Reading, ground: &Ground<'_>) -> Outcome {
    let help = reading.options.iter().find(|option| matches!(option.name.as_str(), "help" | "version"));
    if let Some(help) = help {
        // Past the first argument it is a usage error of most tools: nothing is touched either way.
        return Outcome::Nothing(format!("`{}` only shows help or the version", Untrusted::os(&help.spelled)));
    }
    if let Some(fault) = &reading.fault {
        // Versions that are not known may have other options.
        let known = matches!(ground.build.major, Some(13..=18));
        let rejects = known || matches!(fault, Fault::NoValue(_) | Fault::Superfluous(_));
        return if rejects { Outcome::Rejected(fault.told()) } else { Outcome::Doubtful(fault.told()) };
    }
    let given = Given { reading, ground };
    match (tool.aim)(&given) {
        Aim::Nothing(why) => Outcome::Nothing(why),
        Aim::Rejected(why) => Outcome::Rejected(why),
        Aim::Unclear(why) => Outcome::Unclear(None, why),
        Aim::Connect(request) => connect(request, ground).unwrap_or_else(Outcome::from),
    }
}

fn connect(request: Request, ground: &Ground<'_>) -> Result<Outcome, Trouble> {
    let explicit = merge(request.given, request.dbname)?;
    let settled = settle(explicit, ground)?;
    Ok(Outcome::Target(Box::new(Target {
        dbname: (!request.physical).then(|| settled.dbname.clone()),
        affects: request.affects,
        every_database: request.every_database,
        ..settled.target()
    })))
}

impl Target {
    /// Whether both are the same place, whatever the origins say.
    pub(super) fn same_place(&self, other: &Self) -> bool {
        let hosts = |target: &Self| -> Vec<_> {
            let one = |host: &super::Host| (value(host.host.as_ref()), value(host.hostaddr.as_ref()), host.port.value);
            target.hosts.iter().map(one).collect()
        };
        let affects = |target: &Self| -> Vec<_> { target.affects.iter().map(|field| field.value.clone()).collect() };
        hosts(self) == hosts(other)
            && value(self.dbname.as_ref()) == value(other.dbname.as_ref())
            && value(self.user.as_ref()) == value(other.user.as_ref())
            && affects(self) == affects(other)
            && self.every_database == other.every_database
    }
}

fn value(field: Option<&super::Field<OsString>>) -> Option<OsString> {
    field.map(|field| OsStr::to_owned(&field.value))
}
