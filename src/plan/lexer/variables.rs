//! psql variables, as far as a script's text says what they hold.
//!
//! A variable is either known or not; which ones are unset cannot be said, since a psqlrc may set any.

use std::collections::HashMap;

/// The variables whose value is certain.
#[derive(Clone, Debug, Default)]
pub(in crate::plan) struct Variables(HashMap<Vec<u8>, Vec<u8>>);

impl Variables {
    /// The value, where it is certain.
    pub(in crate::plan) fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// From here on it holds this; `None` when that cannot be said.
    pub(in crate::plan) fn set(&mut self, name: &[u8], value: Option<&[u8]>) {
        match value {
            Some(value) => self.0.insert(name.to_owned(), value.to_owned()),
            None => self.0.remove(name),
        };
    }

    /// From here on only that is certain which the other says too.
    pub(in crate::plan) fn agree(&mut self, other: &Self) {
        self.0.retain(|name, value| other.get(name) == Some(value.as_slice()));
    }

    /// From here on nothing is certain: results were stored under names that the server chose.
    pub(in crate::plan) fn forget(&mut self) {
        self.0.clear();
    }
}
