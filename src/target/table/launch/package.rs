//! Runners of packages: `npm exec`, `npm run SCRIPT`, `pnpm TOOL`, `yarn SCRIPT`, `bun x TOOL`.
//!
//! They put `node_modules/.bin` before the shims. A script's line is looked up in the nearest `package.json` when one is
//! run, and only then; nothing of it is run here. A package of a workspace that is named is found where its name and the
//! workspace's own list say together; no directory is searched for it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::forms::among;
use super::{Launched, Road, script};
use crate::target::project::look::Look;
use crate::text::json;

/// Options that take the next word, of all of them together.
const VALUES: &str = "-C --prefix --dir --cwd -w --workspace -F --filter --loglevel --registry --userconfig --cache \
    --script-shell -p --package -c --call --omit --include --reporter --config --env-file --from --exclude -j --jobs";
const DIRECTORIES: &str = "-C --prefix --dir --cwd";
/// What makes it run in other packages, and those that name one.
const ELSEWHERE: &str = "--workspaces -ws -r --recursive --global -g";
const PACKAGE: &str = "-w --workspace -F --filter";

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
        (_, "install" | "i" | "ci" | "add")
        | ("npm", "it" | "install-test" | "cit" | "sit" | "install-ci-test" | "clean-install-test") => Verb::Install,
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
            line.package = line.word();
            line.elsewhere = true;
            line.word().unwrap_or_default()
        }
        // `yarn workspaces foreach -A run …`, and `yarn workspaces run …` of the first yarn.
        Some(word) if program == "yarn" && word == "workspaces" => {
            line.elsewhere = true;
            line.word().filter(|word| word != "foreach").or_else(|| line.word()).unwrap_or_default()
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
    if line.elsewhere && !enter(&mut launched, program, line.package.as_deref(), road.cwd) {
        let tool = verb == Verb::Tool || (either && road.knows(&word.to_string_lossy()));
        return if tool { launched.starts(&word, &more) } else { Launched::default() };
    }
    if verb == Verb::Tool {
        return launched.starts(&word, &more);
    }
    let cwd = launched.directory.as_ref().map_or_else(|| road.cwd.to_owned(), |below| road.cwd.join(below));
    let name = word.to_string_lossy();
    let name = if program == "npm" && matches!(&*name, "t" | "tst") { "test" } else { &name };
    let (directory, lines) = chosen(program, verb, name, &cwd);
    if lines.is_empty() {
        // yarn, pnpm and bun take a tool of this name then.
        return if either { launched.starts(&word, line.rest) } else { Launched::default() };
    }
    let lines: Vec<(String, Vec<OsString>)> =
        lines.into_iter().map(|(own, text)| (text, if own == name { more.clone() } else { Vec::new() })).collect();
    let found = script::lines(Some(&directory), &lines, road);
    Launched { doubt: found.doubt.or(launched.doubt), ..found }
}

/// The scripts that a verb runs, with what runs before and after them, or those that fit a pattern.
fn chosen(program: &str, verb: Verb, name: &str, cwd: &Path) -> (PathBuf, Vec<(String, String)>) {
    let names = match verb {
        Verb::Install => {
            let tests = ["pretest", "test", "posttest"].into_iter().filter(|_| program == "npm" && name.ends_with('t'));
            INSTALLING.into_iter().chain(tests).map(str::to_owned).collect()
        }
        Verb::Tool | Verb::Script | Verb::Own | Verb::Either | Verb::Other => {
            vec![format!("pre{name}"), name.to_owned(), format!("post{name}")]
        }
    };
    let start = pattern(name).filter(|_| verb == Verb::Script);
    scripts(cwd, |script| {
        names.iter().any(|name| name == script) || start.is_some_and(|start| script.starts_with(start))
    })
}

/// The scripts that installing runs (<https://docs.npmjs.com/cli/using-npm/scripts>).
const INSTALLING: [&str; 6] = ["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"];

/// The lines of the scripts that are meant, with the directory that they run in.
fn scripts(cwd: &Path, meant: impl Fn(&str) -> bool) -> (PathBuf, Vec<(String, String)>) {
    let found = Look::new(cwd, Path::new("/")).nearest(&["package.json"]).into_iter().next();
    let directory = found.as_ref().and_then(|found| found.path.parent()).unwrap_or(cwd).to_owned();
    let text = found.and_then(|found| found.text.ok()).unwrap_or_default();
    let package = json::value(&text).unwrap_or_default();
    let all = package.get("scripts").and_then(|scripts| scripts.as_object()).into_iter().flatten();
    let meant = all.filter(|(name, _)| meant(name));
    (directory, meant.filter_map(|(name, line)| Some((name.clone(), line.as_str()?.to_owned()))).collect())
}

/// What the names of scripts that fit a pattern begin with: of `run-s 'db:*'` and its like, and pnpm's `/expression/`.
pub(super) fn pattern(name: &str) -> Option<&str> {
    name.find(['*', '{', '?', '!', '/']).and_then(|end| name.get(..end))
}

/// Goes to a package of the workspace; false, with a doubt, where it is not found.
pub(super) fn enter(launched: &mut Launched, program: &str, package: Option<&OsStr>, cwd: &Path) -> bool {
    let cwd = launched.directory.as_ref().map_or_else(|| cwd.to_owned(), |below| cwd.join(below));
    let found = package.and_then(|package| workspace(&cwd, &package.to_string_lossy()));
    if found.is_none() {
        launched.doubt = Some(format!("`{program}` runs it in another package of the workspace"));
    }
    let entered = found.is_some();
    launched.directory = found.or(launched.directory.take());
    entered
}

/// The directory of a package, by its path, or by its name among those that the workspace lists: for `apps/*`, and `web` or
/// `@scope/web`, that is `apps/web`, where the `package.json` there has the name.
fn workspace(cwd: &Path, name: &str) -> Option<PathBuf> {
    // pnpm's `web...`: with what it depends on.
    let name = name.trim_matches(['{', '}', '.', '^']).trim_start_matches('/');
    let last = name.rsplit('/').next().filter(|last| !last.is_empty())?;
    let look = Look::new(cwd, Path::new("/"));
    let read = |path: &Path| json::value(&look.read(path)?.text.ok()?).ok();
    cwd.ancestors().take(DEEPEST).find_map(|root| {
        let package = read(&root.join("package.json"));
        let listed = package.as_ref().and_then(|package| package.get("workspaces"));
        let listed = listed.and_then(|all| all.get("packages").unwrap_or(all).as_array());
        let mut patterns: Vec<String> =
            listed.into_iter().flatten().filter_map(|one| Some(one.as_str()?.into())).collect();
        let yaml = look.read(&root.join("pnpm-workspace.yaml")).and_then(|found| found.text.ok()).unwrap_or_default();
        let items = yaml.lines().filter_map(|line| line.trim().strip_prefix("- "));
        patterns.extend(items.map(|item| item.trim_matches([' ', '"', '\'']).to_owned()));
        let called = |directory: &PathBuf| {
            let package = read(&directory.join("package.json"));
            let own = package.as_ref().and_then(|package| package.get("name")?.as_str());
            // pnpm finds `@scope/web` by `web` too.
            own.and_then(|own| own.strip_suffix(name)).is_some_and(|scope| scope.is_empty() || scope.ends_with('/'))
        };
        let below =
            |pattern: &String| root.join(pattern.trim_start_matches("./").replace("**", "*").replacen('*', last, 1));
        let by_path = || Some(root.join(name)).filter(|directory| directory.join("package.json").is_file());
        patterns.iter().map(below).find(called).or_else(by_path).filter(|_| !patterns.is_empty())
    })
}

/// How far up a workspace is looked for.
const DEEPEST: usize = 16;

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
    /// The package that it goes to.
    package: Option<OsString>,
    /// It reads a file of vars.
    vars: bool,
    call: Option<OsString>,
}

impl<'a> Line<'a> {
    fn new(program: &'a str, rest: &'a [OsString]) -> Self {
        Self { program, rest, directory: None, elsewhere: false, package: None, vars: false, call: None }
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
            self.elsewhere |= among(ELSEWHERE, name) || among(PACKAGE, name);
            self.vars |= name == "--env-file";
            // pnpm's is `--workspace-root`.
            let flag = name == "-w" && self.program == "pnpm";
            let value = match joined {
                Some(value) => OsString::from(value),
                None if flag || !among(VALUES, name) => continue,
                None => {
                    let (value, after) = after.split_first()?;
                    self.rest = after;
                    value.clone()
                }
            };
            if among(DIRECTORIES, name) {
                self.directory = Some(value);
            } else if among(PACKAGE, name) {
                self.package = Some(value);
            } else if matches!(name, "-c" | "--call") {
                self.call = Some(value);
            }
        }
        None
    }
}
