//! TOML to rules and policies, from all layers.
//!
//! It owns what a configuration file may say, where the files are, whom they are trusted by, and how they are edited.
//! Reading never fails: what cannot be used is reported in full, and until it is mended everything it could have been
//! about counts as unknown. It knows nothing of invocations.

pub mod edit;
mod entry;
mod ignored;
mod layers;
mod look;
mod merge;
mod patch;
mod places;
mod policy;
pub mod replace;
mod rollout;
mod schema;
mod shims;
mod source;
mod suggest;
mod tool;
pub mod trust;
mod value;

pub use layers::{Layer, LoadedFile, State};
pub use merge::Effective;
pub use patch::NewEntry;
pub use places::{PROJECT_FILE, Places};

pub use rollout::Rollout;

use std::path::Path;

use crate::diag::Diagnostic;
use crate::environment::{Doubt, Environment, Level, Rules};
use crate::error::{Error, Result};
use crate::policy::Policy;
use crate::prompt::Theme;
use crate::target::{self, Customs};
use crate::text::Untrusted;
use crate::world::Snapshot;

/// Everything that the configuration says, from all layers.
#[derive(Clone, Debug)]
pub struct Config {
    /// The rules. Where a file cannot be used, they answer unknown for all that it could have been about.
    pub rules: Rules,
    /// Every diagnostic of the files that cannot be used; `None` when all can.
    pub trouble: Option<Error>,
    /// The same diagnostics one by one.
    pub errors: Vec<Diagnostic>,
    /// What is used and yet not what it seems.
    pub warnings: Vec<Diagnostic>,
    /// The files of all layers, also those that do not exist.
    pub files: Vec<LoadedFile>,
    /// A file that cannot be used mentions this machine, so that `local` cannot be trusted to be development. The rules
    /// answer accordingly; this says why.
    pub local_in_doubt: bool,
    /// Every environment, in the order of the rules' definitions.
    pub environments: Vec<Effective>,
    /// How prompt, title and terminal look.
    pub theme: Theme,
    /// Tools that are known besides those that are built in.
    pub tools: Customs,
    own: Vec<String>,
    shims: shims::Shims,
    /// Whether what environments demand is asked for, or only told.
    pub rollout: Rollout,
    unknown: Policy,
}

/// Reads all layers. Never fails: what cannot be used is in [`Config::trouble`], and the rest only raises.
pub fn load(snapshot: &Snapshot) -> Config {
    let mut config = load_from(&Places::of(snapshot));
    config.theme = config.theme.heard_by(&snapshot.vars);
    config
}

/// The same from these places.
pub fn load_from(places: &Places) -> Config {
    let mut gathered = layers::gather(places);
    let local_in_doubt = gathered.unusable.iter().any(|text| mentions_this_machine(text));
    let merged = merge::merge(&gathered, |more| doubt(gathered.errors.iter().chain(more), local_in_doubt));
    for file in &mut gathered.files {
        if merged.errors.iter().any(|error| error.file == file.path) {
            file.state = State::Refused;
        }
    }
    let mut errors = std::mem::take(&mut gathered.errors);
    errors.extend(merged.errors);
    let trouble = (!errors.is_empty()).then(|| trouble(&errors, local_in_doubt));
    let (tools, own, twice) = tool::merged(&gathered);
    let mut warnings = ignored::warnings(&gathered, &merged.environments);
    warnings.extend(twice);
    warnings.extend(rollout::warnings(&gathered));
    warnings.extend(shims::warnings(&gathered));
    let shims = shims::merged(&gathered, places.named);
    // What cannot be read may have said `enforce`.
    let rollout = if trouble.is_some() { Rollout::Enforce } else { rollout::decided(&gathered, places.named) };
    Config {
        rules: merged.rules,
        trouble,
        errors,
        warnings,
        files: gathered.files,
        local_in_doubt,
        environments: merged.environments,
        theme: merged.theme,
        tools,
        own,
        shims,
        rollout,
        unknown: merged.unknown,
    }
}

/// What this text says that makes something laxer, or look otherwise; an error where it cannot be used.
pub fn loosening(file: &Path, text: &str) -> Result<Vec<String>> {
    let source = source::Source::new(file, text);
    let (document, errors) = schema::read(&source);
    match document {
        Some(document) if errors.is_empty() => Ok(ignored::in_full(&document, &source)),
        _ => Err(Error::refused(format!("`{}` has errors", Untrusted::path(file))).with_diagnostics(errors)),
    }
}

impl Config {
    /// What is asked for in this environment: what it demands, or nothing while that is only observed.
    pub fn policy(&self, environment: &Environment) -> Policy {
        match self.rollout {
            Rollout::Enforce => self.demands(environment),
            Rollout::Observe => Policy::of_level(Level::Development),
        }
    }

    /// What this environment demands: the strictest of everything that matched.
    pub fn demands(&self, environment: &Environment) -> Policy {
        let known = match environment {
            Environment::Known(known) => known,
            Environment::Unknown { .. } => return self.unknown.clone(),
        };
        let policies = known.matched.iter().filter_map(|name| self.environment(name)).map(|known| &known.policy);
        let deciding = match self.environment(&known.name) {
            Some(deciding) => deciding.policy.clone(),
            None => Policy::of_level(known.level),
        };
        policies.fold(deciding, |all, one| all.strictest(one))
    }

    /// The tools that get a shim where they are installed: the same in every directory.
    pub fn shimmed(&self) -> Vec<&str> {
        let mut all: Vec<&str> = target::shimmed();
        all.extend(self.shims.add.iter().chain(&self.own).map(String::as_str));
        // `elixir -S mix`, and so `iex -S mix`, reads what it finds on `PATH` as a script: a link would be one no more.
        let skipped = self.skipped();
        all.retain(|name| !skipped.contains(name) && *name != "mix");
        all
    }

    /// The tools that get none, because a file says so.
    pub fn skipped(&self) -> Vec<&str> {
        self.shims.skip.iter().map(String::as_str).collect()
    }

    /// Whether a tool that gets no shim of its own accord was asked for.
    pub fn added(&self, tool: &str) -> bool {
        let is = |name: &str| self.shims.add.iter().any(|added| added == name);
        is(tool) || tool == "manage.py" && is("django-admin")
    }

    /// The environment of this name.
    pub fn environment(&self, name: &str) -> Option<&Effective> {
        self.environments.iter().find(|environment| environment.definition.name == name)
    }
}

impl Effective {
    /// The files and lines that speak of it.
    pub fn places<'c>(&'c self, config: &'c Config) -> impl Iterator<Item = (&'c Path, usize)> + 'c {
        self.places.iter().filter_map(|(at, line)| Some((config.files.get(*at)?.path.as_path(), *line)))
    }

    /// The layers that speak of it.
    pub fn layers<'c>(&'c self, config: &'c Config) -> impl Iterator<Item = Layer> + 'c {
        self.places.iter().filter_map(|(at, _)| Some(config.files.get(*at)?.layer))
    }
}

fn trouble(errors: &[Diagnostic], local_in_doubt: bool) -> Error {
    let count = match errors.len() {
        1 => "an error".to_owned(),
        count => format!("{count} errors"),
    };
    let but = if local_in_doubt { "every target" } else { "every target but this machine" };
    Error::refused(format!("the configuration has {count}; until it is mended, {but} counts as unknown"))
        .hint("see it with: dbguard config check")
        .with_diagnostics(errors.to_vec())
}

fn doubt<'d>(mut errors: impl Iterator<Item = &'d Diagnostic>, local_in_doubt: bool) -> Doubt {
    let Some(first) = errors.next() else { return Doubt::Nothing };
    let because = format!("`{}` has errors, so what it says is not known", Untrusted::path(&first.file));
    if local_in_doubt { Doubt::Everything(because) } else { Doubt::Elsewhere(because) }
}

/// Whether a text that cannot be read as configuration could be about this machine.
fn mentions_this_machine(text: &str) -> bool {
    let text = text.to_lowercase();
    let mentions = ["localhost", "environment.local", "127.", "::1", "0.0.0.0", "\"/", "'/", "\"@", "'@"];
    mentions.iter().any(|mention| text.contains(mention))
}
