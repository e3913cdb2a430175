//! Everything that changes or asks the outside: the terminal, the audit log and the grants, the server's own answer,
//! and the tool that takes this process's place.
//!
//! Nothing here decides whether something may happen; `guard` does, and hands over what it decided.

pub mod attest;
pub mod audit;
pub mod children;
pub mod exec;
pub mod grants;
pub mod hooks;
pub mod impact;
pub mod inside;
mod installed;
pub mod known_servers;
pub mod notice;
pub mod probe;
pub mod sessions;
pub mod shims;
pub mod stamps;
mod state;
pub mod tints;
pub mod tty;
