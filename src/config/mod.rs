//! TOML to rules, policies and theme.

use std::path::PathBuf;

use crate::diag::Diagnostic;
use crate::environment::{Environment, Rules};
use crate::error::Error;
use crate::policy::Policy;
use crate::world::Snapshot;

/// Everything that the configuration says, from all layers.
#[derive(Clone, Debug)]
pub struct Config {
    /// The rules.
    pub rules: Rules,
    /// Every diagnostic of the files that cannot be used; `None` when all can.
    pub trouble: Option<Error>,
    /// What is used and yet not what it seems.
    pub warnings: Vec<Diagnostic>,
    /// The files of all layers, also those that do not exist.
    pub files: Vec<LoadedFile>,
    /// A file that cannot be used mentions loopback or sockets, so `local` cannot be trusted to be development. The
    /// rules answer accordingly; this says why.
    pub local_in_doubt: bool,
}

/// A file of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedFile {
    /// The file.
    pub path: PathBuf,
}

/// Reads all layers. Never fails: what cannot be used is in [`Config::trouble`], and the rest only raises.
pub fn load(_snapshot: &Snapshot) -> Config {
    Config {
        rules: Rules::new(Vec::new(), Vec::new(), crate::environment::Doubt::Nothing),
        trouble: None,
        warnings: Vec::new(),
        files: Vec::new(),
        local_in_doubt: false,
    }
}

impl Config {
    /// What this environment demands: the strictest of everything that matched.
    pub fn policy(&self, environment: &Environment) -> Policy {
        Policy::of_level(environment.level())
    }
}
