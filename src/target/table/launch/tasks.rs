//! Tasks of a project, as Python's runners, pixi and mise have them in TOML: which lines of shell one of them is.
//!
//! Every text within a task counts as a line, and one that begins with the name of another task stands for that one. Only the
//! files that are named here are read, nothing is run, and what is set beside a task makes the target doubtful.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::forms::among;
use crate::target::project::look::{Found, Look};

/// Runner, file, table; `*` is any part of its name.
const PLACES: &str = "\
pipenv Pipfile scripts
pdm pyproject.toml tool.pdm.scripts
hatch pyproject.toml tool.hatch.envs.*.scripts
hatch hatch.toml envs.*.scripts
poe pyproject.toml tool.poe.tasks
poe pyproject.toml tool.poe.groups.*.tasks
poe poe_tasks.toml tool.poe.tasks
poe poe_tasks.toml tool.poe.groups.*.tasks
poe poe_tasks.toml tasks
poe poe_tasks.toml groups.*.tasks
pixi pyproject.toml tool.pixi.tasks
pixi pyproject.toml tool.pixi.*.*.tasks
pixi pixi.toml tasks
pixi pixi.toml *.*.tasks
mise mise.toml tasks
mise .mise.toml tasks
mise mise.local.toml tasks
mise .mise.local.toml tasks
mise mise/config.toml tasks
mise .mise/config.toml tasks
mise .config/mise.toml tasks
mise .config/mise/config.toml tasks
";

/// Keys of a task that hold no command.
const OTHER: &str = "help description usage alias dir cwd working_dir interpreter executor inputs outputs sources";

/// Keys that change what a command sees.
const WORLD: &str = "env env_file envfile env-file use_exec uses dir cwd working_dir";

/// More tasks than this do not stand behind one another.
const MOST: usize = 50;

/// A task.
pub(super) struct Task {
    /// Where it runs.
    pub(super) directory: PathBuf,
    /// Its lines, with the words that stand at their end.
    pub(super) lines: Vec<(String, Vec<OsString>)>,
    /// What it may see besides.
    pub(super) doubt: Option<String>,
}

/// What sets vars for all that a runner starts.
const VARS: &str = "\
pdm tool.pdm.scripts._
hatch tool.hatch.envs.*.env-vars
hatch envs.*.env-vars
hatch tool.hatch.envs.*.overrides.*.*.env-vars
hatch tool.hatch.envs.*.overrides.*.env-vars
hatch envs.*.overrides.*.*.env-vars
hatch envs.*.overrides.*.env-vars
poe tool.poe.env
poe tool.poe.envfile
pixi tool.pixi.activation
pixi tool.pixi.*.*.activation
pixi activation
pixi *.*.activation
mise env
";

/// The rest of the lines of a list that begin with a runner.
fn of<'l>(list: &'l str, program: &str) -> impl Iterator<Item = &'l str> {
    list.lines().filter_map(move |line| line.strip_prefix(program)?.strip_prefix(' '))
}

/// Files of a runner, the nearest of each name, with the tables that its tasks are in.
fn files(program: &str, cwd: &Path) -> Vec<(Found, Vec<&'static str>)> {
    let mut all: Vec<(Found, Vec<&'static str>)> = Vec::new();
    if of(PLACES, program).next().is_none() {
        return all;
    }
    let look = Look::new(cwd, Path::new("/"));
    for (file, table) in of(PLACES, program).filter_map(|line| line.split_once(' ')) {
        match all.iter_mut().find(|(known, _)| known.path.ends_with(file)) {
            Some((_, tables)) => tables.push(table),
            None => all.extend(look.nearest(&[file]).into_iter().map(|found| (found, vec![table]))),
        }
    }
    all
}

/// Why a program that this runner starts may see other vars than there are, by its files.
pub(super) fn world(program: &str, cwd: &Path) -> Option<String> {
    files(program, cwd).iter().find_map(|(found, _)| {
        let tree = DeTable::parse(found.text.as_deref().ok()?).ok()?;
        sets(program, tree.get_ref())
    })
}

fn sets(program: &str, tree: &DeTable<'_>) -> Option<String> {
    let found = of(VARS, program).any(|path| !below(tree, path).is_empty());
    found.then(|| format!("a file that `{program}` reads sets vars"))
}

/// The task of this name; `None` where there is none.
pub(super) fn find(program: &str, name: &str, args: &[OsString], cwd: &Path) -> Option<Task> {
    for (found, tables) in files(program, cwd) {
        let Some(tree) = found.text.as_deref().ok().and_then(|text| DeTable::parse(text).ok()) else { continue };
        let tree = tree.get_ref();
        let tables = tables.iter().flat_map(|path| below(tree, path)).filter_map(DeValue::as_table).collect();
        let mut reader = Reader { tables, seen: Vec::new(), lines: Vec::new(), doubtful: false };
        if !reader.task(name) {
            continue;
        }
        if program == "pdm" {
            // What runs before and after (<https://pdm-project.org/latest/usage/scripts/>).
            reader.task(&format!("pre_{name}"));
            reader.task(&format!("post_{name}"));
        }
        let doubt = reader.doubtful.then(|| format!("the task `{program} {name}` sets what it sees"));
        // mise's files may lie below the directory that they are of.
        let names = of(PLACES, program).filter_map(|line| Some(Path::new(line.split_once(' ')?.0)));
        let below = names.filter(|name| found.path.ends_with(name)).map(|name| name.components().count()).max();
        let directory = if program == "pipenv" { None } else { found.path.ancestors().nth(below.unwrap_or(1)) };
        let lines = reader.lines.iter().flat_map(|line| with(line, args, program)).collect();
        let directory = directory.unwrap_or(cwd).to_owned();
        return Some(Task { directory, lines, doubt: doubt.or_else(|| sets(program, tree)) });
    }
    None
}

/// A line with the words that were typed: all but pipenv leave them out of some kinds of tasks, so that both count there
/// (seen: `hatch run drop --help` drops).
fn with(line: &str, args: &[OsString], program: &str) -> Vec<(String, Vec<OsString>)> {
    let line = line.replace("{args}", "");
    let mut all = vec![(line.clone(), args.to_vec())];
    if program != "pipenv" && !args.is_empty() {
        all.push((line, Vec::new()));
    }
    all
}

/// What stands at a path.
fn below<'t, 'a>(table: &'t DeTable<'a>, path: &str) -> Vec<&'t DeValue<'a>> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let fits = |key: &str| first == "*" || key == first;
    let values = table.iter().filter(|(key, _)| fits(key.get_ref())).map(|(_, value)| value.get_ref());
    match rest {
        None => values.collect(),
        Some(rest) => values.filter_map(DeValue::as_table).flat_map(|table| below(table, rest)).collect(),
    }
}

struct Reader<'t, 'a> {
    tables: Vec<&'t DeTable<'a>>,
    seen: Vec<String>,
    lines: Vec<String>,
    doubtful: bool,
}

impl Reader<'_, '_> {
    /// Reads a task; false where there is none of this name.
    fn task(&mut self, name: &str) -> bool {
        if self.seen.len() >= MOST || self.seen.iter().any(|seen| seen == name) {
            return false;
        }
        let values: Vec<_> = self.tables.iter().filter_map(|table| table.get(name)).collect();
        self.seen.push(name.to_owned());
        for value in &values {
            self.value(value.get_ref(), false);
        }
        !values.is_empty()
    }

    fn value(&mut self, value: &DeValue<'_>, words: bool) {
        match value {
            DeValue::String(text) => self.line(text),
            DeValue::Array(items) if words => {
                let quoted = |text: &str| if text.contains(' ') { format!("'{text}'") } else { text.to_owned() };
                let words: Vec<_> = items.iter().filter_map(|item| item.get_ref().as_str()).map(quoted).collect();
                self.line(&words.join(" "));
            }
            DeValue::Array(items) => items.iter().for_each(|item| self.value(item.get_ref(), false)),
            DeValue::Table(table) => {
                for (key, value) in table {
                    self.doubtful |= among(WORLD, key.get_ref());
                    if !among(OTHER, key.get_ref()) {
                        self.value(value.get_ref(), key.get_ref() == "cmd");
                    }
                }
            }
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
        }
    }

    fn line(&mut self, text: &str) {
        // hatch goes on where such a line fails.
        let text = text.strip_prefix("- ").unwrap_or(text);
        let (first, rest) = text.trim_start().split_once(char::is_whitespace).unwrap_or((text.trim_start(), ""));
        let before = self.lines.len();
        if !self.task(first) {
            return self.lines.push(text.to_owned());
        }
        // Each that hands words on to the next doubles them: too many get the words in any case.
        if self.lines.len() > MOST {
            self.lines.iter_mut().skip(before).for_each(|line| *line = format!("{line} {rest}"));
        } else if !rest.is_empty() {
            let more: Vec<_> = self.lines.iter().skip(before).map(|line| format!("{line} {rest}")).collect();
            self.lines.extend(more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_that_hand_words_on_to_one_another_stay_few_and_get_them() {
        let line = |at: u8| format!("t{at} = 't{} x{at}'", at + 1);
        let lines: Vec<String> = (0..45).map(line).chain(["t45 = 'dbmate'".to_owned()]).collect();
        let text = lines.join("\n");
        let tree = DeTable::parse(&text).unwrap();
        let mut reader = Reader { tables: vec![tree.get_ref()], seen: Vec::new(), lines: Vec::new(), doubtful: false };
        assert!(reader.task("t0"));
        assert!(reader.lines.len() < 200, "{}", reader.lines.len());
        assert!(
            reader.lines.iter().any(|line| line.starts_with("dbmate x44") && line.ends_with(" x0")),
            "{:?}",
            reader.lines
        );
    }
}
