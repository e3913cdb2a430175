//! From an invocation to its target.
//!
//! Every version that may read the command line is asked, and what they come to is compared: a version that rejects
//! it connects to nothing, so that the others decide; two different targets are ambiguous.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::conninfo::Trouble;
use super::defaults::{merge, settle};
use super::getopt::Fault;
use super::ground::Ground;
use super::parse::{Reading, read, versions};
use super::tools::request::{Aim, Given, Request};
use super::tools::{self, Tool};
use super::tunnel::through;
use super::{Engine, Invocation, Resolution, Target};
use crate::text::Untrusted;
use crate::world::Snapshot;

/// Reads `args` as `tool` does. `program` is the program that would be executed, where it was found.
pub fn parse(tool: &str, args: &[std::ffi::OsString], program: Option<PathBuf>, snapshot: &Snapshot) -> Invocation {
    let Some(known) = tools::find(tool) else {
        return Invocation {
            tool: tool.to_owned(),
            program,
            args: args.to_vec(),
            options: Vec::new(),
            operands: Vec::new(),
            rejected: None,
        };
    };
    let ground = Ground::plain(snapshot, program.as_deref());
    let mut outcomes = outcomes(known, args, program.as_deref(), &ground);
    let at = outcomes.iter().position(|(reading, _)| reading.fault.is_none()).unwrap_or(0);
    let rejected = outcomes.iter().all(|(_, outcome)| matches!(outcome, Outcome::Rejected(_)));
    let (reading, outcome) = outcomes.swap_remove(at);
    let why = match outcome {
        Outcome::Rejected(why) => rejected.then_some(why),
        Outcome::Target(_) | Outcome::Nothing(_) | Outcome::Unclear(..) => None,
    };
    Invocation { rejected: why, ..reading.invocation }
}

/// Which server an invocation would reach.
pub fn resolve(invocation: &Invocation, snapshot: &Snapshot) -> Resolution {
    let Some(tool) = tools::find(&invocation.tool) else {
        let because = format!("`{}` is not a tool whose target dbguard can tell", Untrusted::text(&invocation.tool));
        return Resolution::Ambiguous { partial: None, because };
    };
    let ground = Ground::plain(snapshot, invocation.program.as_deref());
    let outcomes = outcomes(tool, &invocation.args, invocation.program.as_deref(), &ground);
    let outcome = outcomes.into_iter().map(|(_, outcome)| outcome).reduce(either);
    through(outcome.unwrap_or_else(Outcome::none).resolution(), snapshot)
}

/// What one reading comes to.
enum Outcome {
    Target(Box<Target>),
    Nothing(String),
    Rejected(String),
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

/// Two readings of one command line.
fn either(one: Outcome, other: Outcome) -> Outcome {
    match (one, other) {
        (Outcome::Rejected(_), Outcome::Nothing(why))
        | (Outcome::Nothing(why), Outcome::Rejected(_) | Outcome::Nothing(_)) => Outcome::Nothing(why),
        (Outcome::Rejected(_), other) => other,
        (one, Outcome::Rejected(_)) => one,
        (unclear @ Outcome::Unclear(..), _) | (_, unclear @ Outcome::Unclear(..)) => unclear,
        (Outcome::Target(one), Outcome::Nothing(_)) | (Outcome::Nothing(_), Outcome::Target(one)) => {
            Outcome::Target(one)
        }
        (Outcome::Target(one), Outcome::Target(other)) if one.same_place(&other) => Outcome::Target(one),
        (Outcome::Target(one), Outcome::Target(_)) => {
            Outcome::Unclear(Some(one), "versions of the tool read this command line differently".to_owned())
        }
    }
}

fn outcomes(
    tool: &Tool,
    args: &[std::ffi::OsString],
    program: Option<&Path>,
    ground: &Ground<'_>,
) -> Vec<(Reading, Outcome)> {
    let one = |version| {
        let reading = read(tool, args.to_vec(), program.map(Path::to_owned), ground, version);
        let outcome = outcome(tool, &reading, ground);
        (reading, outcome)
    };
    versions(tool, ground.build.major).into_iter().map(one).collect()
}

fn outcome(tool: &Tool, reading: &Reading, ground: &Ground<'_>) -> Outcome {
    let help = reading.invocation.options.iter().find(|option| matches!(option.name.as_str(), "help" | "version"));
    if let Some(help) = help {
        // Past the first argument it is a usage error of most tools: nothing is touched either way.
        return Outcome::Nothing(format!("`{}` only shows help or the version", Untrusted::os(&help.spelled)));
    }
    if let Some(fault) = &reading.fault {
        return match (fault, ground.build.major) {
            (Fault::Unknown(_) | Fault::NotUnique(_), None | Some(19..)) => Outcome::Unclear(None, fault.told()),
            _ => Outcome::Rejected(fault.told()),
        };
    }
    let given = Given { invocation: &reading.invocation, ground };
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
        engine: Engine::Postgresql,
        hosts: settled.hosts,
        dbname: (!request.physical).then_some(settled.dbname),
        user: Some(settled.user),
        service: settled.service,
        affects: request.affects,
        every_database: request.every_database,
        via: None,
        parameters: settled.parameters,
    })))
}

impl Target {
    /// Whether both are the same place, whatever the origins say.
    fn same_place(&self, other: &Self) -> bool {
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

fn value(field: Option<&super::Field<std::ffi::OsString>>) -> Option<std::ffi::OsString> {
    field.map(|field| OsStr::to_owned(&field.value))
}
