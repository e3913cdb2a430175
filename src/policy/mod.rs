//! The table environment × risk → verdict.
//!
//! It knows levels and risks and what a person must type; it does not know files, terminals or how anything is asked.

mod demand;
mod judge;
mod unlock;

pub use demand::{AuditDemand, Changes, Confirm, Policy, WithoutTerminal};
pub use judge::{Absence, Presence, Verdict, judge};
pub use unlock::{Most, Unlock};
