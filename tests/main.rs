//! The one test binary: every file beside this one is a module of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod architecture;
mod docs;
mod plan_psql;
mod sandbox;
mod support;
mod target_differential;
