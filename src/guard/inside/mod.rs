//! Inside an open psql: which connection it really has, what that is, and whether it may write.
//!
//! psql's start-up file (`shell/dbguard.psql`) asks here, through `dbguard in-psql`, at its start, at every prompt and
//! for each of its macros. What psql knows of its connection comes in vars that psql itself sets, what only the kernel
//! knows from the sockets of its process. Everything that is said of a connection is bound to those sockets: after `\c`
//! nothing of it holds.

mod derive;
mod impact;
mod label;
mod names;
mod seat;
mod settle;
mod start;
mod tint;
mod unlock;
mod whereami;

pub use impact::impact;
pub use label::{Which, kept, label, prompt};
pub use seat::Seat;
pub use settle::{Settled, settle};
pub use start::{Interactive, Reconnect, arrive, begin, conninfo, enter, history, interactive, options};
pub use unlock::{role, tag, tell, unlock};
pub use whereami::whereami;
