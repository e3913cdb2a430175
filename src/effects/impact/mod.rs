//! Who would be hurt if a table were gone: what the server knows of its readers, and where the repository names it.
//!
//! The questions go along with those of [`super::attest`], on its connection and within its two seconds. Answers come
//! from a server that is not trusted: they are bounded, parsed into the types here, and escaped when they are shown. A
//! fact that could not be had stays missing, and [`Impact::lines`] says so. What is destructive is not decided here.

mod facts;
mod ignore;
mod lines;
pub mod mentions;
mod sql;
mod table;

pub use facts::Impact;
pub(super) use sql::statements;
pub use table::Table;
