//! Runners of packages: `npm exec`, `npm run SCRIPT`, `pnpm TOOL`, `yarn SCRIPT`, `bun x TOOL`.
//!
//! They put `node_modules/.bin` before the shims. A script's line is looked up in the nearest `package.json` when one is
//! run, and only then; nothing of it is run here. Scripts of other packages of a workspace are not followed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{Launched, Road, script};
use crate::target::project::look::Look;
use crate::text::json;

/// Options that take the next word, of all of them together.
const VALUES: &[&str] = &[
    "-C",
    "--prefix",
    "--dir",
    "--cwd",
    "-w",
    "--workspace",
    "-F",
    "--filter",
    "--loglevel",
    "--registry",
    "--userconfig",
    "--cache",
    "--script-shell",
    "-p",
    "--package",
    "-c",
    "--call",
    "--omit",
    "--include",
    "--reporter",
    "--config",
];
const DIRECTORIES: &[&str] = &["-C", "--prefix", "--dir", "--cwd"];
/// What makes it run in other packages.
const ELSEWHERE: &[&str] =
    &["-w", "--workspace", "--workspaces", "-ws", "-F", "--filter", "-r", "--recursive", "--global", "-g"];

/// What a verb does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    /// `exec TOOL`.
    Tool,
    /// `run SCRIPT`.
    Script,
    /// A script of the verb's own name: `npm test`.
    Own,
    /// Installing runs scripts too.
    Install,
    /// A script, or else a tool, of this name: `yarn migrate`.
    Either,
    /// None of these.
    Other,
}

fn verb(program: &str, word: &str) -> Verb {
    match (program, word) {
        ("npm", "exec" | "x") | ("pnpm" | "yarn", "exec" | "dlx") | ("bun", "x") => Verb::Tool,
        (_, "run" | "run-script") | ("npm", "rum" | "urn") => Verb::Script,
        ("bun", "test" | "build" | "create" | "upgrade" | "pm") => Verb::Other,
        (_, "test" | "start" | "stop" | "restart") | ("npm", "t" | "tst") => Verb::Own,
        (_, "install" | "i" | "ci" | "add") => Verb::Install,
        ("npm", _) | (_, "remove" | "rm" | "up" | "update" | "upgrade" | "why" | "list" | "ls" | "outdated") => {
            Verb::Other
        }
        _ => Verb::Either,
    }
}

/// Whether the words alone say that no tool is started.
pub(super) fn passes(program: &str, args: &[OsString]) -> bool {
    if !matches!(program, "npm" | "pnpm" | "yarn" | "bun") {
        return false;
    }
    let mut line = Line { rest: args, directory: None, elsewhere: false, call: None };
    match line.word() {
        Some(word) => verb(program, &word.to_string_lossy()) == Verb::Other,
        None => program != "yarn" && line.call.is_none(),
    }
}

/// What it starts.
pub(super) fn peel(program: &str, args: &[OsString], road: &Road<'_>) -> Launched {
    let mut line = Line { rest: args, directory: None, elsewhere: false, call: None };
    let word = match line.word() {
        None if program == "yarn" => "install".into(), // yarn alone installs
        None => return Launched::default(),
        Some(word) => word,
    };
    let verb = verb(program, &word.to_string_lossy());
    let word = if matches!(verb, Verb::Tool | Verb::Script) { line.word() } else { Some(word) };
    let launched = Launched { directory: line.directory.take().map(PathBuf::from), ..Launched::default() };
    if let Some(call) = line.call.filter(|_| verb == Verb::Tool) {
        return script::line(launched.directory.as_deref(), &call, road);
    }
    let Some(word) = word.filter(|_| verb != Verb::Other && !line.elsewhere) else { return Launched::default() };
    if verb == Verb::Tool {
        return launched.starts(&word, after_dashes(line.rest));
    }
    let cwd = launched.directory.as_ref().map_or_else(|| road.cwd.to_owned(), |below| road.cwd.join(below));
    let name = word.to_string_lossy();
    let name = if program == "npm" && matches!(&*name, "t" | "tst") { "test" } else { &name };
    let names = match verb {
        Verb::Install => INSTALLING.map(str::to_owned).to_vec(),
        Verb::Tool | Verb::Script | Verb::Own | Verb::Either | Verb::Other => {
            vec![format!("pre{name}"), name.to_owned(), format!("post{name}")]
        }
    };
    let (directory, lines) = scripts(&cwd, &names);
    if lines.is_empty() {
        // yarn, pnpm and bun take a tool of this name then.
        let tool = program != "npm" && matches!(verb, Verb::Script | Verb::Either);
        return if tool { launched.starts(&word, line.rest) } else { Launched::default() };
    }
    let more = if program == "npm" { handed_on(line.rest) } else { after_dashes(line.rest).to_vec() };
    let lines: Vec<(String, Vec<OsString>)> =
        lines.into_iter().map(|(own, text)| (text, if own == name { more.clone() } else { Vec::new() })).collect();
    script::lines(Some(&directory), &lines, road)
}

/// The scripts that installing runs (<https://docs.npmjs.com/cli/using-npm/scripts>).
const INSTALLING: [&str; 6] = ["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"];

/// The lines of these scripts, with the directory that they run in.
fn scripts(cwd: &Path, names: &[String]) -> (PathBuf, Vec<(String, String)>) {
    let found = Look::new(cwd, Path::new("/")).nearest(&["package.json"]).into_iter().next();
    let directory = found.as_ref().and_then(|found| found.path.parent()).unwrap_or(cwd).to_owned();
    let text = found.and_then(|found| found.text.ok()).unwrap_or_default();
    let package = json::value(&text).unwrap_or_default();
    let script = |name: &String| Some((name.clone(), package.get("scripts")?.get(name)?.as_str()?.to_owned()));
    (directory, names.iter().filter_map(script).collect())
}

/// npm hands on what follows `--`, and before it what is no option.
fn handed_on(rest: &[OsString]) -> Vec<OsString> {
    let at = rest.iter().position(|word| word == "--").unwrap_or(rest.len());
    let (before, after) = rest.split_at(at);
    let words = before.iter().filter(|word| !word.as_encoded_bytes().starts_with(b"-"));
    words.chain(after.iter().skip(1)).cloned().collect()
}

fn after_dashes(rest: &[OsString]) -> &[OsString] {
    match rest {
        [dashes, after @ ..] if dashes == "--" => after,
        rest => rest,
    }
}

struct Line<'a> {
    rest: &'a [OsString],
    directory: Option<&'a OsString>,
    elsewhere: bool,
    call: Option<OsString>,
}

impl Line<'_> {
    /// The next word that is no option.
    fn word(&mut self) -> Option<OsString> {
        while let Some((word, after)) = self.rest.split_first() {
            self.rest = after;
            let text = word.to_string_lossy();
            if !text.starts_with('-') {
                return Some(word.clone());
            }
            if text == "--" {
                continue;
            }
            let (name, joined) = text.split_once('=').map_or((&*text, None), |(name, value)| (name, Some(value)));
            self.elsewhere |= ELSEWHERE.contains(&name);
            if joined.is_some() || !VALUES.contains(&name) {
                if matches!(name, "-c" | "--call") {
                    self.call = joined.map(OsString::from);
                }
                continue;
            }
            let (value, after) = after.split_first()?;
            self.rest = after;
            if DIRECTORIES.contains(&name) {
                self.directory = Some(value);
            }
            if matches!(name, "-c" | "--call") {
                self.call = Some(value.clone());
            }
        }
        None
    }
}
