//! Everything that changes or asks the outside.

pub mod audit;
pub mod grants;
mod state;
