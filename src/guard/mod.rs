//! The guard: from a typed command to a tool that runs, or does not.
//!
//! [`run`] is the whole story, top to bottom, and worth reading first. Each step has a file of its own: `case` resolves
//! and classifies, `server` asks the server about itself, `decide` gets the approval from a person or from what stands
//! for one, `record` writes it down. What runs is handed an approval and a receipt, which nothing else can make.

mod acquaint;
mod allow;
mod ambient;
mod announce;
mod by_hand;
mod case;
mod decide;
mod family;
mod impact;
pub mod inside;
mod launch;
mod observe;
mod patience;
mod pending;
mod probe;
mod question;
mod record;
mod refusal;
mod report;
mod screen;
mod server;
mod stand_in;
mod token;

use std::ffi::{OsStr, OsString};

pub use allow::{Allowance, allow, list as list_grants, revoke};
pub use impact::{Hurts, impact};
pub use report::{explain, status};

use self::case::Case;
use crate::checklist;
use crate::config::{self, Config, Rollout};
use crate::effects::{audit, children, exec, notice, sessions};
use crate::environment::Level;
use crate::error::{Error, Result};
use crate::plan::{self, Mode};
use crate::policy::Policy;
use crate::target::Target;
use crate::world::stdin::Stdin;
use crate::world::{Snapshot, Vars, tools};

/// Guards one invocation: becomes the tool, or answers with the reason why it did not.
pub fn run(tool: &OsStr, args: &[OsString], snapshot: &Snapshot) -> Error {
    let config = config::load(snapshot);
    match pass(tool, args, &config, snapshot) {
        Ok(passed) => {
            let failed = exec::exec(passed.approved, passed.receipt, passed.launch);
            sessions::withdraw(snapshot);
            children::withdraw(snapshot);
            failed
        }
        Err(error) => error,
    }
}

/// A tool that nothing describes any more, behind a link that was left: it runs as if the link were not there.
pub fn pass_by(tool: &OsStr, args: &[OsString], snapshot: &Snapshot) -> Error {
    match tools::locate(tool, &snapshot.vars) {
        Ok(program) => {
            exec::exec(checklist::unasked(), audit::without_server(), launch::bare(args, program, &snapshot.vars))
        }
        Err(error) => error,
    }
}

/// A launcher that starts nothing of the table, by its words alone: it runs as if dbguard were not there, and nothing is read.
///
/// An interpreter looks for itself by its `argv[0]` (`getpath.py` of Python, `php_binary_init`), and by a bare name would
/// find the shim. Node does not, and shows it: `process.argv0`.
pub fn pass_through(tool: &OsStr, args: &[OsString], called: &OsStr) -> Error {
    let known = ["PATH", tools::DEPTH, tools::SENT];
    let vars: Vars = known.iter().filter_map(|name| Some((name, std::env::var_os(name)?))).collect();
    match tools::locate_any(tool, &vars) {
        Ok(program) => {
            let launch = launch::untouched(args, program, &vars);
            let as_typed = tool == "node" && called == tool;
            let name = if as_typed { called.to_owned() } else { launch.name };
            exec::exec(checklist::unasked(), audit::without_server(), exec::Launch { name, ..launch })
        }
        Err(error) => error,
    }
}

/// Everything that running asks for.
struct Passed {
    approved: checklist::Approved,
    receipt: audit::Receipt,
    launch: exec::Launch,
}

/// The pipeline.
fn pass(tool: &OsStr, args: &[OsString], config: &Config, snapshot: &Snapshot) -> Result<Passed> {
    let program = tools::locate_any(tool, &snapshot.vars)?;
    let mut stdin = Stdin::of_process();
    let case = Case::open(tool, args, Some(program.clone()), config, snapshot).beside_prompt().follow(&stdin);
    // However deep: the scripts of a package start one another.
    let launch = if case.touches_server() {
        tools::near(&program, &snapshot.vars)?;
        launch::bare(args, program, &snapshot.vars)
    } else {
        launch::untouched(args, program, &snapshot.vars)
    };
    if let Some(receipt) = free(&case) {
        if !stdin.answers_nobody() {
            case.tell_outdated();
        }
        announce::client(&case, case.target(), &case.environment, &stdin);
        return Ok(Passed { approved: checklist::unasked(), receipt, launch });
    }
    let plan = plan::plan_for(&case.invocation, &mut stdin, snapshot, Some(patience::at_terminal(snapshot)));
    if plan.mode == Mode::Completion {
        let launch = launch::completion(launch, &snapshot.vars);
        return Ok(Passed { approved: checklist::unasked(), receipt: audit::for_completion(), launch });
    }
    let nowhere = (config.rollout == Rollout::Observe).then(Target::nowhere);
    if let Some(unusable) = case.unusable().filter(|_| nowhere.is_none()) {
        return Err(unusable);
    }
    let known = case.target().or(nowhere.as_ref());
    let target = known.ok_or_else(|| Error::refused("the target is not known"))?;
    case.tell_outdated();
    announce::start_up(&case, &stdin);
    let decided = decide::decide(&case, target, plan)?;
    let environment = &decided.seen.meeting.environment;
    if let Err(error) = sessions::register(snapshot, &case.invocation.tool, target, environment) {
        // Where the audit could not be written either, the trouble was told already.
        if decided.receipt.id().is_some() {
            notice::warn(&error);
        }
    }
    announce::client(&case, Some(target), environment, &stdin);
    family::bequeath(&case, target, &decided);
    let mut launch = launch::approved(launch, decided.seen, stdin, &snapshot.vars)?;
    launch::tag(&mut launch, &case.invocation, target, decided.receipt.id(), &snapshot.vars);
    Ok(Passed { approved: decided.approved, receipt: decided.receipt, launch })
}

/// The receipt of what is never asked about: what touches no server, and development that demands nothing.
fn free(case: &Case<'_>) -> Option<audit::Receipt> {
    if !case.touches_server() {
        return Some(audit::without_server());
    }
    let development = Level::Development;
    if case.environment.level() != development || case.policy() != Policy::of_level(development) {
        return None;
    }
    if let Some(trouble) = &case.config.trouble {
        notice::warn(trouble);
    }
    audit::waived(development)
}
