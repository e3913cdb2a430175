//! Compiled rules.

use super::{Environment, Known};
use crate::target::Target;

/// Every rule of every file, compiled.
#[derive(Clone, Debug)]
pub struct Rules {}

impl Rules {
    /// Which environment this target belongs to: the strictest of everything that matches.
    pub fn classify(&self, _target: &Target) -> Environment {
        Environment::Unknown { because: "rules are not compiled yet".to_owned() }
    }

    /// What the server says of itself, in the words of the rules. It can raise a level, never lower one.
    pub fn classify_server(&self, _system_identifier: Option<&str>, _marker: Option<&str>) -> Option<Known> {
        None
    }
}
