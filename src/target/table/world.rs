//! What a tool of the table will see: vars that its options and operands set, and those that it loads from `.env` files.
//!
//! What the process has already, even an empty var, stays as it is. Which files are loaded is the entry's to say, how they
//! are read [`crate::target::project`]'s.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::PathBuf;

use super::declared::Declared;
use super::entry::{Dotenv, Style};
use crate::target::project::env_files;
use crate::target::project::look::{Found, Look};
use crate::target::project::survey::Survey;
use crate::target::{Invocation, Origin};
use crate::world::Snapshot;

/// What the tool will see.
pub(super) struct World {
    pub(super) snapshot: Snapshot,
    /// Where the directories to search end.
    pub(super) root: PathBuf,
    /// The vars that come out of a file.
    pub(super) loaded: HashMap<String, Origin>,
    /// Those that cannot be read, and why.
    pub(super) unread: HashMap<String, String>,
}

impl World {
    /// The outside, with what the invocation sets and what the tool loads.
    pub(super) fn of(declared: &Declared, invocation: &Invocation, outside: &Snapshot) -> Self {
        let snapshot = Snapshot {
            vars: outside.vars.clone(),
            cwd: declared.cwd(outside),
            user: outside.user.clone(),
            now: outside.now,
        };
        let root = if declared.entry.up { PathBuf::from("/") } else { snapshot.cwd.clone() };
        let mut world = Self { snapshot, root, loaded: HashMap::new(), unread: HashMap::new() };
        for (name, value) in &declared.assigned {
            world.snapshot.vars.set(name, value);
        }
        for (var, option) in &declared.entry.set {
            let mut all = invocation.all(option);
            // symfony/console looks for the first (`getParameterOption` of `ArgvInput`).
            let one = if declared.entry.style == Style::Symfony { all.next() } else { all.next_back() };
            let given = one.and_then(|option| option.value.clone());
            if let Some(value) = given {
                world.snapshot.vars.set(var, value);
            }
        }
        world.load(&declared.entry.dotenv, invocation);
        world
    }

    /// A survey that stands on it.
    pub(super) fn survey(&self) -> Survey<'_> {
        Survey::new(&self.snapshot, &self.root)
    }

    /// Loads the `.env` files: what is set already, even to nothing, stays as it is.
    fn load(&mut self, dotenv: &Dotenv, invocation: &Invocation) {
        let mut loaded: Vec<(String, Origin, Result<String, String>)> = Vec::new();
        for found in self.env_files(dotenv, invocation) {
            for (name, origin, value) in env_files::settings(&found, &self.survey()) {
                let known = self.snapshot.vars.get(&name).is_some() || loaded.iter().any(|(other, ..)| *other == name);
                if !known {
                    loaded.push((name, origin, value));
                }
            }
        }
        for (name, origin, value) in loaded {
            match value {
                Ok(value) => {
                    self.snapshot.vars.set(&name, value);
                    self.loaded.insert(name, origin);
                }
                Err(why) => {
                    self.unread.insert(name, why);
                }
            }
        }
    }

    fn env_files(&self, dotenv: &Dotenv, invocation: &Invocation) -> Vec<Found> {
        let look = Look::new(&self.snapshot.cwd, &self.root);
        let off = dotenv.off.as_ref().is_some_and(|option| invocation.has(option));
        let needed = dotenv.needs.as_ref().is_none_or(|(file, part)| self.holds(&look, file, part));
        if off || !needed {
            return Vec::new();
        }
        let option = dotenv.option.as_deref();
        let joined = |name: &str| invocation.args.iter().any(|arg| starts(arg, &format!("--{name}=")));
        let option = option.filter(|name| !(dotenv.apart && joined(name)));
        let named: Vec<&OsStr> = option
            .into_iter()
            .flat_map(|name| invocation.all(name))
            .filter_map(|option| option.value.as_deref())
            .collect();
        if !named.is_empty() {
            return named.into_iter().filter_map(|name| look.read(&self.snapshot.cwd.join(name))).collect();
        }
        let files: Vec<String> = dotenv.files.iter().map(|name| self.filled(name, dotenv, &look)).collect();
        // Those of one environment's own are left out for its tests (dotenv-rails, Symfony).
        let tests = files.iter().any(|name| name == ".env.test");
        let found =
            files.iter().filter(|name| !(tests && *name == ".env.local")).flat_map(|name| look.nearest(&[name]));
        found.take(if dotenv.one { 1 } else { usize::MAX }).collect()
    }

    /// Whether a file is there and holds this text; a directory need only be there.
    fn holds(&self, look: &Look, file: &str, part: &str) -> bool {
        if part.is_empty() {
            return self.snapshot.cwd.ancestors().any(|directory| directory.join(file).exists());
        }
        look.nearest(&[file]).iter().any(|found| found.text.as_ref().is_ok_and(|text| text.contains(part)))
    }

    /// With `{VAR|default}` filled in; `{*VAR|default}` may stand in the files that are named without one.
    fn filled(&self, name: &str, dotenv: &Dotenv, look: &Look) -> String {
        let Some((before, (inside, after))) =
            name.split_once('{').and_then(|(b, rest)| Some((b, rest.split_once('}')?)))
        else {
            return name.to_owned();
        };
        let (var, default) = inside.split_once('|').unwrap_or((inside, ""));
        let inside = |name: &&String| {
            let found = look.nearest(&[name]).into_iter().next()?;
            let settings = env_files::settings(&found, &self.survey());
            let value = settings.into_iter().find(|(known, ..)| Some(known.as_str()) == var.strip_prefix('*'));
            value.and_then(|(.., value)| value.ok())
        };
        let plain = || dotenv.files.iter().filter(|name| var.starts_with('*') && !name.contains('{'));
        let value = self
            .snapshot
            .vars
            .filled(var.trim_start_matches('*'))
            .map(|value| value.to_string_lossy().into_owned())
            .or_else(|| plain().find_map(|name| inside(&name)))
            .unwrap_or_else(|| default.to_owned());
        // A name that is a path leads out of the directory.
        let value = if value.contains('/') { default.to_owned() } else { value };
        format!("{before}{value}{after}")
    }
}

fn starts(arg: &OsStr, text: &str) -> bool {
    arg.as_encoded_bytes().starts_with(text.as_bytes())
}
