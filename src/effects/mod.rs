//! Everything that changes or asks the outside.

pub mod attest;
pub mod audit;
pub mod exec;
pub mod grants;
pub mod known_servers;
pub mod notice;
pub mod sessions;
mod state;
pub mod tty;
