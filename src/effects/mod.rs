//! Everything that changes or asks the outside.

pub mod attest;
pub mod audit;
pub mod exec;
pub mod grants;
mod state;
pub mod tty;
