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
    "--env-file",
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
    let mut line = Line::new(program, args);
    match line.word() {
        Some(word) => verb(program, &word.to_string_lossy()) == Verb::Other,
        None => program != "yarn" && line.call.is_none(),
    }
}

/// What it starts.
pub(super) fn peel(program: &str, args: &[OsString], road: &Road<'_>) -> Launched {
    let mut line = Line::new(program, args);
    let word = match line.word() {
        None if program == "yarn" => "install".into(), // yarn alone installs
        Some(word) if program == "yarn" && word == "workspace" => {
            line.elsewhere = line.word().is_some();
            line.word().unwrap_or_default()
        }
        None => return Launched::default(),
        Some(word) => word,
    };
    let verb = verb(program, &word.to_string_lossy());
    let word = if matches!(verb, Verb::Tool | Verb::Script) { line.word() } else { Some(word) };
    let takes_options = program == "npm" && verb != Verb::Tool;
    let more = if takes_options { line.handed_on() } else { after_dashes(line.rest).to_vec() };
    let doubt = line.vars.then(|| "`--env-file` may change what the tool sees".to_owned());
    let directory = line.directory.take().map(PathBuf::from);
    let mut launched = Launched { directory, doubt, ..Launched::default() };
    if let Some(call) = line.call.filter(|_| verb == Verb::Tool) {
        return script::line(launched.directory.as_deref(), &call, road);
    }
    let Some(word) = word.filter(|_| verb != Verb::Other) else { return Launched::default() };
    let either = program != "npm" && matches!(verb, Verb::Script | Verb::Either);
    if line.elsewhere {
        // Which package that is, is not looked for: nor are its scripts.
        launched.doubt = Some(format!("`{program}` runs it in another package of the workspace"));
        let tool = verb == Verb::Tool || (either && road.knows(&word.to_string_lossy()));
        return if tool { launched.starts(&word, &more) } else { Launched::default() };
    }
    if verb == Verb::Tool {
        return launched.starts(&word, &more);
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
        return if either { launched.starts(&word, line.rest) } else { Launched::default() };
    }
    let lines: Vec<(String, Vec<OsString>)> =
        lines.into_iter().map(|(own, text)| (text, if own == name { more.clone() } else { Vec::new() })).collect();
    let found = script::lines(Some(&directory), &lines, road);
    Launched { doubt: found.doubt.or(launched.doubt), ..found }
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

fn after_dashes(rest: &[OsString]) -> &[OsString] {
    match rest {
        [dashes, after @ ..] if dashes == "--" => after,
        rest => rest,
    }
}

struct Line<'a> {
    program: &'a str,
    rest: &'a [OsString],
    directory: Option<OsString>,
    elsewhere: bool,
    /// It reads a file of vars.
    vars: bool,
    call: Option<OsString>,
}

impl<'a> Line<'a> {
    fn new(program: &'a str, rest: &'a [OsString]) -> Self {
        Self { program, rest, directory: None, elsewhere: false, vars: false, call: None }
    }

    /// npm takes its own options behind a script's name too (`npm run x --prefix web`), up to `--`; the script gets the rest.
    fn handed_on(&mut self) -> Vec<OsString> {
        let at = self.rest.iter().position(|word| word == "--").unwrap_or(self.rest.len());
        let (before, after) = self.rest.split_at(at);
        self.rest = before;
        let mut words: Vec<OsString> = std::iter::from_fn(|| self.word()).collect();
        words.extend(after.iter().skip(1).cloned());
        words
    }

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
            self.vars |= name == "--env-file";
            // pnpm's is `--workspace-root`.
            let flag = name == "-w" && self.program == "pnpm";
            let value = match joined {
                Some(value) => OsString::from(value),
                None if flag || !VALUES.contains(&name) => continue,
                None => {
                    let (value, after) = after.split_first()?;
                    self.rest = after;
                    value.clone()
                }
            };
            if DIRECTORIES.contains(&name) {
                self.directory = Some(value);
            } else if matches!(name, "-c" | "--call") {
                self.call = Some(value);
            }
        }
        None
    }
}
