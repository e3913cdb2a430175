//! dbguard: which database would this command really touch, says who, and is that what you mean?
//!
//! The modules stand in ranks; each names only modules of a lower rank, and `tests/architecture.rs` holds the
//! table. Read [`guard`] first: it tells the whole story on one screen.

pub mod checklist;
pub mod cli;
pub mod config;
pub mod diag;
pub mod effects;
pub mod environment;
pub mod error;
pub mod guard;
pub mod order;
pub mod plan;
pub mod policy;
pub mod prompt;
pub mod shell;
pub mod target;
pub mod text;
pub mod world;
