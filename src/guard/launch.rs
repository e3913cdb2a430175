//! What the tool is started with beyond what the user gave: the read-only default, a password that was asked for
//! once, and nothing else.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::decide::Review;
use crate::effects::exec::Launch;
use crate::error::{Error, Result};
use crate::plan::{Mode, Plan, Risk};
use crate::policy::Policy;
use crate::target::{self, Invocation, Target};
use crate::world::stdin::Stdin;
use crate::world::{Vars, tools};

/// The start-up option by which a session's transactions begin read-only. It is given by `PGOPTIONS`, which outlives
/// `\c` and reconnects, and never by `SET`, which would leak through a transaction pooler to other clients.
pub(super) const READ_ONLY: &str = "-c default_transaction_read_only=on";

/// The tool as it was typed.
///
/// Its `argv[0]` is its own path, not the bare name: PostgreSQL's tools look for their siblings and their configuration
/// beside what `argv[0]` names (`find_my_exec` in src/common/exec.c), and by the bare name they would find the shim.
pub(super) fn bare(args: &[OsString], program: PathBuf, vars: &Vars) -> Launch {
    let depth = (OsString::from(tools::DEPTH), Some(tools::deeper(vars)));
    Launch { vars: vec![depth], ..untouched(args, program, vars) }
}

/// The tool as if dbguard were not there.
pub(super) fn untouched(args: &[OsString], program: PathBuf, vars: &Vars) -> Launch {
    Launch {
        name: program.clone().into_os_string(),
        args: searched(args, &program, vars),
        program,
        vars: Vec::new(),
        inputs: Vec::new(),
        stdin: None,
    }
}

/// `ruby -S rake` looks on `PATH` itself, and would read the shim of rake, which is no Ruby: it is told where that is, and
/// shows the same `$0`. What a version manager has there is left to it.
fn searched(args: &[OsString], program: &Path, vars: &Vars) -> Vec<OsString> {
    let mut args = args.to_vec();
    let mut options = args.iter().take_while(|arg| arg.as_bytes().starts_with(b"-"));
    let at = options.position(|arg| arg == "-S").filter(|_| program.ends_with("ruby"));
    let Some(script) = at.and_then(|at| args.get_mut(at + 1)) else { return args };
    let path = tools::locate_any(script, vars).ok().filter(|path| is_ruby(path));
    *script = path.map_or_else(|| script.clone(), PathBuf::into_os_string);
    args
}

fn is_ruby(script: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(script).and_then(|file| file.take(128).read_to_end(&mut start));
    let line = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    read.is_ok() && line.starts_with(b"#!") && memchr::memmem::find(line, b"ruby").is_some()
}

/// A shell's completion: it may only read, must not keep the shell waiting for a server, and must not ask for a
/// password, which zsh's forgets to forbid. Nor may a psqlrc run, which older completions do not shut out: it is a script
/// that nobody has read, and could make the session writable.
pub(super) fn completion(mut launch: Launch, vars: &Vars) -> Launch {
    launch.args.splice(0..0, ["-X".into(), "-w".into()]);
    let mut options = read_only_options(vars);
    options.push(" -c statement_timeout=2000");
    launch.vars.push(("PGOPTIONS".into(), Some(options)));
    launch.vars.push(("PGCONNECT_TIMEOUT".into(), Some("2".into())));
    launch
}

/// The tool as it was approved.
pub(super) fn approved(mut launch: Launch, seen: Review, stdin: Stdin, vars: &Vars) -> Result<Launch> {
    if starts_read_only(&seen) {
        launch.vars.push(("PGOPTIONS".into(), Some(read_only_options(vars))));
    }
    if let Some(password) = &seen.meeting.password {
        launch.vars.push(("PGPASSWORD".into(), Some(password.expose().to_owned())));
    }
    launch.stdin = stdin.into_stdio().map_err(|cause| {
        Error::refused(format!("standard input cannot be handed on: {cause}")).hint("put the SQL into a file: -f FILE")
    })?;
    launch.inputs = seen.plan.inputs;
    Ok(launch)
}

/// The application name that leads from the server's log and `pg_stat_activity` to the audit entry. What the user calls
/// himself stays.
pub(super) fn tag(launch: &mut Launch, invocation: &Invocation, target: &Target, id: Option<&str>, vars: &Vars) {
    let tool = &invocation.tool;
    let known = invocation.declared.is_some() || target::is_known(tool);
    let named = ["application_name", "fallback_application_name"];
    let own = target.parameters.iter().any(|parameter| named.contains(&parameter.keyword.as_str()));
    if let (Some(id), false, true) = (id, own || vars.get("PGAPPNAME").is_some(), known) {
        launch.vars.push(("PGAPPNAME".into(), Some(tagged(tool, id).into())));
    }
}

/// `psql dbguard:01k9ynszk4h7wq2p`: a name that begins as before.
pub(super) fn tagged(tool: &str, id: &str) -> String {
    format!("{tool} dbguard:{id}")
}

/// Whether the tool's session is to begin read-only: where the policy says so and nothing is known to write.
pub(super) fn wants_read_only(policy: &Policy, plan: &Plan) -> bool {
    match plan.mode {
        Mode::Interactive => policy.read_only,
        Mode::Completion => true,
        Mode::Batch => policy.read_only && plan.risk == Risk::Read && plan.takes_pgoptions,
    }
}

/// Also where the option could not be verified; not where a pooler refuses connections that carry it.
fn starts_read_only(seen: &Review) -> bool {
    let refused = seen.meeting.said.as_ref().is_ok_and(|told| told.options_refused);
    wants_read_only(&seen.policy, &seen.plan) && !refused
}

/// `PGOPTIONS` with the read-only default behind what the user has there: of several, the server takes the last.
fn read_only_options(vars: &Vars) -> OsString {
    let mut options = vars.filled("PGOPTIONS").map(ToOwned::to_owned).unwrap_or_default();
    if options == READ_ONLY {
        return options; // the command that started this one was given it
    }
    if !options.is_empty() {
        options.push(" ");
    }
    options.push(READ_ONLY);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_options_stand_before_ours_and_so_cannot_undo_them() {
        let vars = Vars::from_iter([("PGOPTIONS", "-c default_transaction_read_only=off")]);
        let expected = "-c default_transaction_read_only=off -c default_transaction_read_only=on";
        assert_eq!(read_only_options(&vars), expected);
        assert_eq!(read_only_options(&Vars::default()), READ_ONLY);
        assert_eq!(read_only_options(&Vars::from_iter([("PGOPTIONS", READ_ONLY)])), READ_ONLY);
    }
}
