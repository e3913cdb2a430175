//! Adding to the user's file and removing from it.
//!
//! The file is read with the same checks as always, changed as text, checked again, and replaced in one step; a link is
//! followed, so that a file kept in a dotfiles repository stays there. What cannot be written safely is not written.

use std::path::{Path, PathBuf};

use super::patch::{self, NewEntry};
use super::{Config, Layer, Places, State, replace, schema};
use crate::environment::Level;
use crate::error::{Error, Kind, Result};
use crate::text::Untrusted;
use crate::world::{Snapshot, files};

/// What was written where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub file: PathBuf,
    /// The environment.
    pub environment: String,
    /// Its level.
    pub level: Level,
    /// The entry as written; `None` when only the environment was added.
    pub entry: Option<String>,
}

/// Adds an entry to an environment in the user's file, and the environment where it is new.
///
/// `level` is needed where no file knows the environment, and must otherwise be the one it has.
pub fn add(
    config: &Config,
    snapshot: &Snapshot,
    name: &str,
    level: Option<Level>,
    entry: &NewEntry,
) -> Result<Written> {
    check_name(name)?;
    let file = user_file(snapshot)?;
    let text = read(config, &file)?;
    // One that only a project speaks of is new elsewhere.
    let known = config.environment(name).filter(|known| known.layers(config).any(|layer| layer != Layer::Project));
    let level = match (known.map(|known| known.definition.level), level) {
        (Some(is), Some(wanted)) if is != wanted => return Err(other_level(name, is, wanted)),
        (Some(is), _) => is,
        (None, Some(wanted)) => wanted,
        (None, None) if name == "local" => Level::Development,
        (None, None) => return Err(no_level(name)),
    };
    if known.is_some() && entry.toml().is_none() {
        let message = format!("environment `{name}` is there already, and nothing to match was given");
        return Err(Error::new(Kind::Usage, message).hint(format!("add a host: dbguard env add {name} --host HOST")));
    }
    let stated = Some(level).filter(|_| known.is_none());
    let changed = patch::add(&file, &text, name, stated, entry)?;
    replace::write(&file, &changed)?;
    Ok(Written { file, environment: name.to_owned(), level, entry: entry.toml() })
}

/// The user's file, what it says, and what it would say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The file.
    pub file: PathBuf,
    /// Its text; `None` where there is no file.
    pub old: Option<String>,
    /// Its text with everything that was wanted.
    pub new: String,
}

/// The user's file with these entries; nothing is written. Where there is no file, it would be `fresh`.
///
/// An environment that has another level already keeps it, and gets nothing: that is a person's to sort out.
pub fn draft(
    config: &Config,
    snapshot: &Snapshot,
    wanted: &[(&str, Level, NewEntry)],
    fresh: impl Fn() -> String,
) -> Result<Draft> {
    let file = user_file(snapshot)?;
    let old = read(config, &file)?;
    if old.is_empty() {
        let new = fresh();
        patch::sections(&file, &new)?;
        let old = file.symlink_metadata().is_ok().then_some(old);
        return Ok(Draft { file, old, new });
    }
    let mut new = old.clone();
    let mut stated: Vec<&str> = Vec::new();
    for (name, level, entry) in wanted {
        let known = config.environment(name).filter(|known| known.layers(config).any(|layer| layer != Layer::Project));
        if known.is_some_and(|known| known.definition.level != *level) {
            continue;
        }
        let state = known.is_none() && !stated.contains(name);
        new = patch::add(&file, &new, name, Some(*level).filter(|_| state), entry)?;
        stated.push(name);
    }
    Ok(Draft { file, old: Some(old), new })
}

/// Takes an environment out of the user's file.
pub fn remove(config: &Config, snapshot: &Snapshot, name: &str) -> Result<Written> {
    let file = user_file(snapshot)?;
    let text = read(config, &file)?;
    let Some(changed) = patch::remove(&file, &text, name)? else { return Err(not_here(config, &file, name)) };
    replace::write(&file, &changed)?;
    let level = config.environment(name).map_or(Level::Production, |known| known.definition.level);
    Ok(Written { file, environment: name.to_owned(), level, entry: None })
}

/// Remembers that a server that was unknown belongs to an environment: what the checklist offers.
pub fn remember(snapshot: &Snapshot, name: &str, level: Option<Level>, entry: &NewEntry) -> Result<Written> {
    add(&super::load(snapshot), snapshot, name, level, entry)
}

fn check_name(name: &str) -> Result<()> {
    if name == "unknown" {
        return Err(Error::new(Kind::Usage, "`unknown` is what no environment matches; it has no entries"));
    }
    schema::check_name(name)
        .map_err(|(message, help)| Error::new(Kind::Usage, Untrusted::text(&message).to_string()).hint(help))
}

fn user_file(snapshot: &Snapshot) -> Result<PathBuf> {
    let user = Places::of(snapshot).user.filter(|file| file.is_absolute());
    user.ok_or_else(|| {
        Error::refused("there is no place for your configuration: no home directory, or DBGUARD_CONFIG is not absolute")
            .hint("name a file: export DBGUARD_CONFIG=/the/whole/path.toml")
    })
}

/// The text of a file that can be used; empty when there is none.
fn read(config: &Config, file: &Path) -> Result<String> {
    let refused = config.files.iter().any(|known| known.path == file && known.state == State::Refused);
    let exists = file.symlink_metadata().is_ok();
    match files::read_config(file) {
        Ok(Some(_)) if refused => {
            let own = config.errors.iter().filter(|error| error.file == file).cloned().collect();
            let message = format!("`{}` has errors; mend them first, nothing was written", Untrusted::path(file));
            Err(Error::refused(message).with_diagnostics(own))
        }
        Ok(Some(text)) => Ok(text),
        Ok(None) if !exists => Ok(String::new()),
        Ok(None) => Err(Error::refused(format!("`{}` cannot be read", Untrusted::path(file)))),
        Err(trouble) => {
            let error = Error::refused(trouble.message());
            Err(trouble.help().into_iter().fold(error, Error::hint))
        }
    }
}

fn other_level(name: &str, is: Level, wanted: Level) -> Error {
    let message = format!("environment `{name}` is {} already, not {}", is.word(), wanted.word());
    Error::new(Kind::Usage, message).hint("leave --level out to add to it, or choose another name")
}

fn no_level(name: &str) -> Error {
    let message = format!("environment `{name}` is new, so it needs a level");
    Error::new(Kind::Usage, message)
        .hint(format!("dbguard env add {name} --level production …; or staging, or development"))
}

fn not_here(config: &Config, file: &Path, name: &str) -> Error {
    let shown = Untrusted::path(file);
    let Some(known) = config.environment(name) else {
        let message = format!("no environment is called `{}`", Untrusted::text(name));
        return Error::new(Kind::Negative, message).hint("see them all: dbguard env list");
    };
    let places: Vec<String> =
        known.places(config).map(|(path, line)| format!("{}:{line}", Untrusted::path(path))).collect();
    let message = format!("environment `{name}` is not in `{shown}`");
    let hint = if places.is_empty() { "it is built in".to_owned() } else { format!("it is in {}", places.join(", ")) };
    Error::new(Kind::Negative, message).hint(hint)
}
