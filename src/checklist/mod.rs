//! The checklist: steps as data, the trait that asks a human, and the approval that only a passed checklist makes.
//!
//! It does not know terminals: `effects` draws it on one, tests answer it with a script.

mod approval;
mod human;
mod question;
mod screen;

pub use approval::{Approved, How, Outcome, StandIn, settle, settle_by, settle_each, unasked};
pub use human::{Answer, Human};
pub use question::Question;
pub use screen::{Banner, Line, Section, Tone};
