//! JSON text to values.
//!
//! One reader for all: a type is made of a value that was read, and not of the text, so that the reader is compiled
//! once and not once for each type.

use serde::de::DeserializeOwned;
use serde_json::{Error, Value};

/// What the text says.
pub fn value(text: &str) -> Result<Value, Error> {
    serde_json::from_slice(text.as_bytes())
}

/// What the text says, as this type. A key that stands twice counts as it stood last.
pub fn typed<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_value(value(text)?)
}
