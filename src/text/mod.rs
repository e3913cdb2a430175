//! Untrusted text made safe to show, and secrets that cannot be shown.
//!
//! Host names, database names, SQL and file names come from outside and may carry terminal sequences, line breaks or
//! bidirectional controls. Nothing reaches a terminal, a log or an error message but through [`Untrusted`]. This
//! module knows nothing of the rest of the program.

mod columns;
pub mod json;
pub mod lossy;
mod packed;
pub mod redact;
mod secret;
mod untrusted;

pub use columns::{columns, columns_of, shortened};
pub(crate) use packed::{PAIRS, length as unpacked_length, packed, unpacked};
pub use secret::Secret;
pub use untrusted::Untrusted;
pub(crate) use untrusted::misleads;
