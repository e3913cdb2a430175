//! The command line: dispatch by name, one file per verb, and the only printing to standard output.
//!
//! Called by another name than its own, through a link in the shim directory, the binary is that tool's guard and
//! parses nothing; so a shim costs no more than it must.

mod answer;
mod args;
mod completions;
mod config;
mod doctor;
mod env;
mod explain;
mod grants;
mod impact;
mod in_psql;
mod init;
mod log;
mod manual;
mod output;
mod prompt;
mod psqlrc;
mod rehearse;
mod scan;
mod sessions;
mod setup;
mod startup;
mod status;
mod theme;
mod trust;
mod uninstall;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use self::args::{Arguments, Verb};
use crate::effects::{notice, shims};
use crate::error::{Error, Kind, Result};
use crate::guard;
use crate::target;
use crate::text::Untrusted;
use crate::world::{Snapshot, program, stdin, tools};

/// How many links may lead to one another.
const LINKS: usize = 8;

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    let argv: Vec<OsString> = std::env::args_os().collect();
    match dispatch(&argv) {
        Ok(code) => code,
        Err(error) => {
            notice::warn(&error);
            ExitCode::from(error.kind().status())
        }
    }
}

/// As a shim, as the hidden feeder of a pipe, as what a shell or psql asks at its prompt, or as dbguard itself.
fn dispatch(argv: &[OsString]) -> Result<ExitCode> {
    let told = argv.first().map_or(OsStr::new("dbguard"), OsString::as_os_str);
    let executed = renamed(told);
    let name = executed.as_deref().unwrap_or(told);
    let rest = argv.get(1..).unwrap_or_default();
    match called(name)? {
        Called::Tool(tool) => {
            let error = as_tool(tool, rest, name)?;
            // There is none of this name: it may be somebody's own link to the shim of another.
            let other = (error.kind() == Kind::NotFound).then(|| by_link(told)).flatten().filter(|other| other != tool);
            return Err(other.map_or(Ok(error), |other| as_tool(&other, rest, &other))?);
        }
        Called::Forgotten(tool) => return Err(guard::pass_by(tool, rest, &Snapshot::read()?)),
        Called::Stray(link) => return Err(stray(&link)),
        Called::Itself => {}
    }
    if rest.first().is_some_and(|word| word == stdin::FEED_VERB) {
        return Ok(stdin::feed().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS));
    }
    // As scripts and the functions of the hooks call it: without the parser, which takes a third of such a run.
    if let [verb, end, line @ ..] = rest
        && (verb == "run" && end == "--" && !line.is_empty())
    {
        return guarded(line, &Snapshot::read()?);
    }
    if let Some(init) = init::plain(rest) {
        return init::run(&init, &Snapshot::read()?);
    }
    if let Some(told) = answer::asked(rest) {
        return answer::run(told, &Snapshot::read()?);
    }
    if rest.first().is_some_and(|word| word == completions::VERB) {
        return completions::candidates(rest.get(1..).unwrap_or_default(), &Snapshot::read()?);
    }
    if rest.first().is_some_and(|word| word == in_psql::VERB) {
        return in_psql::run(rest.get(1..).unwrap_or_default());
    }
    match Arguments::try_parse_from(argv) {
        Ok(arguments) => perform(arguments.verb),
        Err(error) => usage(&error),
    }
}

/// Becomes the tool; comes back only with an error.
fn as_tool(tool: &OsStr, rest: &[OsString], name: &OsStr) -> Result<Error> {
    if tool.to_str().is_some_and(|tool| target::passes(tool, rest)) {
        return Ok(guard::pass_through(tool, rest, name));
    }
    Ok(guard::run(tool, rest, &Snapshot::read()?))
}

/// The shim that was executed under a name that says nothing, as `exec -a NAME python3` does it, or a link to a shim.
fn renamed(told: &OsStr) -> Option<OsString> {
    let base = Path::new(told).file_name().unwrap_or_default();
    if base == "dbguard" || base.to_str().is_some_and(target::is_known) {
        return None;
    }
    let executed = program::executed().filter(|name| name.to_str().is_some_and(target::is_known));
    executed.or_else(|| by_link(told))
}

/// The shim to which a link leads by which this was called: `ln -s "$(command -v python3)" ~/bin/py`.
fn by_link(told: &OsStr) -> Option<OsString> {
    let mut path = called_by(told, &Snapshot::read().ok()?)?;
    for _ in 0..LINKS {
        path = path.parent()?.join(fs::read_link(&path).ok()?);
        let name = path.file_name().filter(|name| name.to_str().is_some_and(target::is_known));
        if let Some(name) = name {
            return Some(name.to_owned());
        }
    }
    None
}

/// The path of the link by which this was called.
fn called_by(name: &OsStr, snapshot: &Snapshot) -> Option<PathBuf> {
    let path = PathBuf::from(name);
    if path.components().count() > 1 {
        return Some(path);
    }
    tools::candidates(name, &snapshot.vars).into_iter().find(|found| found.is_dbguard).map(|found| found.path)
}

/// What this was called as.
enum Called<'a> {
    Itself,
    Tool(&'a OsStr),
    /// A link among the shims whose tool no configuration names any more.
    Forgotten(&'a OsStr),
    /// A link among the shims of another home directory, whose configuration is not seen here.
    Stray(PathBuf),
}

/// By the name that this was called by, also where that is the shim's path.
fn called(name: &OsStr) -> Result<Called<'_>> {
    let base = Path::new(name).file_name().unwrap_or_default();
    if base.to_str().is_some_and(target::is_known) {
        return Ok(Called::Tool(base));
    }
    if base == "dbguard" || base.is_empty() {
        return Ok(Called::Itself);
    }
    let snapshot = Snapshot::read()?;
    let config = crate::config::load(&snapshot);
    let link = shims::directory(&snapshot).is_some_and(|directory| directory.join(base).is_symlink());
    let named = base.to_str().is_some_and(|base| config.tools.has(base));
    Ok(match (named, link, &config.trouble) {
        (true, ..) | (false, true, Some(_)) => Called::Tool(base),
        (false, true, None) => Called::Forgotten(base),
        (false, false, _) => elsewhere(name, &snapshot).map_or(Called::Itself, Called::Stray),
    })
}

/// The link by which this was called, where it is a shim: a program of a name of one's own is not.
fn elsewhere(name: &OsStr, snapshot: &Snapshot) -> Option<PathBuf> {
    let path = called_by(name, snapshot)?;
    let among_shims = path.parent().is_some_and(|directory| directory.ends_with("dbguard/shims"));
    (among_shims && path.is_symlink()).then_some(path)
}

/// What it would do and where it goes is described in a configuration that is not this one: nothing can be told of it.
fn stray(link: &Path) -> Error {
    let link = Untrusted::path(link);
    Error::refused(format!("refused: `{link}` guards a tool that no configuration here describes"))
        .hint("its home directory is another one: run it with that HOME, or the tool by its full path")
}

/// Help and version go to standard output, everything else is an error.
fn usage(error: &clap::Error) -> Result<ExitCode> {
    let text = error.to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        output::print(|out| write!(out, "{text}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    // Its first line says what the verb is for, not what is wrong.
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let help = text.split_once("\n\n").map_or(text.as_str(), |(_, rest)| rest).trim_end();
        return Err(Error::new(Kind::Usage, format!("a verb is missing\n\n{help}")));
    }
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    Err(Error::new(Kind::Usage, text))
}

fn perform(verb: Verb) -> Result<ExitCode> {
    let snapshot = Snapshot::read()?;
    match verb {
        Verb::Run(line) => guarded(&line.line, &snapshot),
        Verb::Init(init) => init::run(&init, &snapshot),
        Verb::Prompt => prompt::run(&snapshot),
        Verb::Psqlrc(verb) => psqlrc::run(verb, &snapshot),
        Verb::Explain(explain) => explain::run(&explain, &snapshot),
        Verb::Status(status) => status::run(&status, &snapshot),
        Verb::Sessions { json } => sessions::run(json, &snapshot),
        Verb::Scan(scan) => scan::run(&scan, &snapshot),
        Verb::Impact(impact) => impact::run(&impact, &snapshot),
        Verb::Rehearse(rehearse) => Err(rehearse::run(&rehearse, &snapshot)),
        Verb::Allow(allow) => grants::run(allow, &snapshot),
        Verb::Log(log) => log::run(&log, &snapshot),
        Verb::Config(verb) => config::run(verb, &snapshot),
        Verb::Env(verb) => env::run(verb, &snapshot),
        Verb::Doctor { json } => doctor::run(json, &snapshot),
        Verb::Setup(setup) => setup::run(&setup, &snapshot),
        Verb::Uninstall(uninstall) => uninstall::run(&uninstall, &snapshot),
        Verb::Trust(trust) => trust::run(&trust, &snapshot),
        Verb::Completions { shell } => completions::run(shell),
    }
}

/// Runs a tool under guard; comes back only with an error.
fn guarded(line: &[OsString], snapshot: &Snapshot) -> Result<ExitCode> {
    let (tool, args) = split(line)?;
    if tool.to_str().is_some_and(|name| target::passes(name, args)) {
        return Err(guard::pass_through(tool, args, tool));
    }
    Err(guard::run(tool, args, snapshot))
}

/// The tool and its arguments.
fn split(line: &[OsString]) -> Result<(&OsStr, &[OsString])> {
    let (tool, args) = line.split_first().ok_or_else(|| Error::new(Kind::Usage, "no tool was named"))?;
    if tool.as_encoded_bytes().starts_with(b"-") {
        let what = format!("`{}` is no option of this verb, and no tool", Untrusted::os(tool));
        return Err(
            Error::new(Kind::Usage, what).hint("options come first, then the tool: dbguard run -- psql -h HOST")
        );
    }
    Ok((tool, args))
}
