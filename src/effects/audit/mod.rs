//! The audit log: what was asked, what was decided, how it ended; each line chained to the one before it.
//!
//! `$XDG_STATE_HOME/dbguard/audit.jsonl`, one JSON object per line. A line carries the hash of the line before it
//! (`prev`) and its own (`hash`), is appended under a lock on the file itself, and is on the disk before a [`Receipt`]
//! exists. Only this module makes receipts, and nothing runs without one. It does not decide when the lack of a
//! log refuses: [`unwritten`] is told so. The chain shows what was changed within it; it cannot show that its last
//! records were cut off, since nothing outside the file remembers them.

mod chain;
mod entry;
mod event;
mod receipt;
mod time;
mod verify;
mod writer;

pub(in crate::effects) use chain::hex;
pub use entry::{Entry, Record, entries};
pub use event::{Event, Phase};
pub use receipt::{Receipt, WhenUnwritten, for_completion, unwritten, waived, without_server};
pub use time::{fresh_id, rfc3339};
pub use verify::{Note, Problem, Report};
pub use writer::AuditLog;
