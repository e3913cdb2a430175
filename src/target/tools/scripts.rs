//! createdb, dropdb, createuser and dropuser: they connect to a maintenance database and act on what the operand names.
//!
//! The operand is never a connection string; `--maintenance-db` may be one. Without it they try `postgres`, then
//! `template1` (`connectMaintenanceDatabase` in `connect_utils.c`): the first one is named as the target.

use std::ffi::OsString;

use super::request::{Aim, Given, Request, aim, built_in, reject};
use crate::target::getopt::is;
use crate::target::origin::Field;

/// createdb: the operand, else `PGDATABASE`, else `PGUSER`, else the system user. A second operand is a comment.
pub(super) fn createdb(given: &Given<'_>) -> Aim {
    aim(given.at_most(2).and_then(|()| {
        let database = given.operand(0).map_or_else(|| given.named_after_user(), Ok)?;
        Ok(acting_on(given, database))
    }))
}

/// dropdb: the operand must be there.
pub(super) fn dropdb(given: &Given<'_>) -> Aim {
    aim(given.at_most(1).and_then(|()| match given.operand(0) {
        Some(database) => Ok(acting_on(given, database)),
        None => reject("the name of the database is missing"),
    }))
}

fn acting_on(given: &Given<'_>, database: Field<OsString>) -> Request {
    let elsewhere = if is(&database.value, "postgres") { "template1" } else { "postgres" };
    let maintenance = given.option("maintenance-db").unwrap_or_else(|| built_in(elsewhere));
    Request::new(given.connection(Some(maintenance))).affecting(database)
}

/// createuser: the operand may be left out.
pub(super) fn createuser(given: &Given<'_>) -> Aim {
    aim(given.at_most(1).map(|()| on_the_server(given)))
}

/// dropuser: the operand may be left out only with `-i`, which asks for it.
pub(super) fn dropuser(given: &Given<'_>) -> Aim {
    aim(given.at_most(1).and_then(|()| match given.operand(0) {
        None if !given.has("interactive") => reject("the name of the role is missing"),
        _ => Ok(on_the_server(given)),
    }))
}

/// A role belongs to the whole server.
fn on_the_server(given: &Given<'_>) -> Request {
    Request::new(given.connection(Some(built_in("postgres")))).every_database(true)
}
