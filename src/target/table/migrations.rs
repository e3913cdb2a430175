//! Where a tool of the table has its migrations, when they are SQL files.
//!
//! The entry names the options and vars that move the directory, and how the files of each way are called. Of files only
//! those are read that could move the tool's own table elsewhere.

use std::path::{Path, PathBuf};

use super::declared::Declared;
use super::effect::Effect;
use super::entry::{Scripts, fits};
use super::world::World;
use crate::target::Invocation;
use crate::target::project::look::{Found, Look};
use crate::world::Snapshot;

/// The SQL files that a command may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrations {
    /// The directories, from where the tool works.
    pub directories: Vec<PathBuf>,
    /// How the files are called: `*` for anything within a name.
    pub patterns: Vec<String>,
    /// Files that fit these are the other way's.
    pub but: Vec<String>,
    /// The comments that begin this way and the other one in a file that has both.
    pub mark: Option<(String, String)>,
    /// They take something back.
    pub back: bool,
    /// The query that says which of them ran already: one column of names.
    pub applied: Option<String>,
    /// That query answers with the number of the newest that ran, and all before it ran too or never will.
    pub newest: bool,
    /// It answers with `project:change`, and a plan beside the directories says what these are.
    pub planned: bool,
}

impl Declared {
    /// The migrations that the commands may run, each way.
    pub fn migrations(&self, invocation: &Invocation, snapshot: &Snapshot) -> Vec<Migrations> {
        let Some(scripts) = &self.entry.migrations else { return Vec::new() };
        // `--dry-run` and its like run none of them.
        let acts = || self.acts.iter().filter(|act| act.effect >= Effect::Write);
        let any = |on: &[String]| acts().any(|act| on.iter().any(|pattern| fits(pattern, &act.command)));
        let world = World::of(self, invocation, snapshot);
        let directories = directories(scripts, invocation, &world);
        let how = |how: &str| scripts.applied.get(3).is_some_and(|word| word == how);
        let way = |back: bool| {
            let (patterns, others) = if back { (&scripts.down, &scripts.up) } else { (&scripts.up, &scripts.down) };
            let (mark, other) =
                if back { (&scripts.down_mark, &scripts.up_mark) } else { (&scripts.up_mark, &scripts.down_mark) };
            Migrations {
                directories: directories.iter().map(|directory| world.snapshot.cwd.join(directory)).collect(),
                patterns: patterns.clone(),
                but: if back || patterns == others { Vec::new() } else { others.clone() },
                mark: mark.clone().zip(other.clone()),
                back,
                applied: query(scripts, invocation, &world).filter(|_| !back),
                newest: how("newest"),
                planned: how("plan"),
            }
        };
        let mut ways = Vec::new();
        if any(&scripts.on) {
            ways.push(way(false));
        }
        if any(&scripts.undo) {
            ways.push(way(true));
        }
        let is_verify = self.acts.iter().any(|act| act.command == "verify");
        let set = || {
            ["./sqitch.conf", "~/.sqitch/sqitch.conf"].iter().any(|file| says(file, &["verify"], invocation, &world))
        };
        let after = || any(&scripts.on) && !invocation.has("no-verify") && (invocation.has("verify") || set());
        if how("plan") && (is_verify || after()) {
            let patterns = scripts.up.iter().map(|pattern| pattern.replacen("deploy/", "verify/", 1)).collect();
            ways.push(Migrations { patterns, but: Vec::new(), back: is_verify, applied: None, ..way(false) });
        }
        ways
    }
}

/// Reads the tool's own table, as it is called by default.
fn query(scripts: &Scripts, invocation: &Invocation, world: &World) -> Option<String> {
    let given = |word: &String| match word.strip_prefix('$') {
        Some(var) => world.snapshot.vars.filled(var).is_some(),
        None if word.contains('/') => says(word, &["schema", "table"], invocation, world),
        None => invocation.has(word),
    };
    let moved = scripts.unless.iter().any(given);
    let (table, columns) = scripts.applied.split_first().filter(|_| !moved)?;
    let quoted = |name: &String| name.split('.').map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(".");
    let (column, condition) = columns.split_first()?;
    let column = quoted(column);
    let holds = |name: &String| format!("{0} IS NOT NULL AND {0}::text <> 'false'", quoted(name));
    let condition = match condition {
        [] => String::new(),
        // Several projects share a registry.
        [name, how] if how == "plan" => {
            return Some(format!("SELECT {}||':'||{column} FROM {}", quoted(name), quoted(table)));
        }
        // Older versions write a row for each way that a migration went.
        [name, how] if how == "every" => format!(" GROUP BY {column} HAVING bool_and({})", holds(name)),
        // What was taken back has a row more; a version that is repaired away, one that says so.
        [name, how] if how == "versions" => {
            let holds = holds(name);
            format!(" GROUP BY {column} HAVING bool_and({holds} AND type NOT LIKE ALL ('{{UNDO%,DELETE}}'))")
        }
        [name, how] if how == "newest" => format!(" WHERE {}::text = 'false'", quoted(name)),
        [name, ..] => format!(" WHERE {}", holds(name)),
    };
    Some(format!("SELECT {column}::text FROM {}{condition}", quoted(table)))
}

/// Whether a file sets anything that is called so: `./FILE` where the tool works, `~/FILE` at home, `%/FILE` beside the
/// program, of which nothing is known where the directory is not there.
fn says(file: &str, names: &[&str], invocation: &Invocation, world: &World) -> bool {
    let program = || invocation.program.as_ref()?.canonicalize().ok()?.parent().map(PathBuf::from);
    let (place, name) = file.split_once('/').unwrap_or_default();
    let beside = place == "%";
    let base = match place {
        "." => Some(world.snapshot.cwd.clone()),
        "~" => world.snapshot.home().map(PathBuf::from),
        _ => program(),
    };
    let Some(path) = base.map(|base| base.join(name)) else { return beside };
    match Look::new(&world.snapshot.cwd, &world.snapshot.cwd).read(&path) {
        None => beside && !path.parent().is_some_and(Path::is_dir),
        Some(Found { text: Err(_), .. }) => true,
        Some(Found { text: Ok(text), .. }) => text.lines().any(|line| {
            // `schemaModelLocation` is a directory of Flyway's.
            let line = line.trim_start().to_lowercase().replace("schemamodel", "").replace("schema-model", "");
            !line.starts_with(['#', ';']) && names.iter().any(|name| line.contains(name))
        }),
    }
}

/// The value of the first option or var that has one, else the default.
fn directories(scripts: &Scripts, invocation: &Invocation, world: &World) -> Vec<PathBuf> {
    let text = |value: &std::ffi::OsStr| value.to_string_lossy().into_owned();
    let given = |word: &String| {
        let var = word.strip_prefix('$').map(|var| world.snapshot.vars.filled(var).map(text));
        var.unwrap_or_else(|| invocation.all(word).next_back()?.value.as_deref().map(text))
    };
    let (default, named) =
        scripts.dir.split_last().map_or((None, [].as_slice()), |(last, rest)| (Some(last.clone()), rest));
    let named = named.iter().find_map(given).or(default).unwrap_or_default();
    let plain = |part: &str| PathBuf::from(part.trim_start_matches("file://").trim_start_matches("filesystem:"));
    named.split(',').map(plain).collect()
}
