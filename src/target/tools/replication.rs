//! `pg_basebackup`, `pg_receivewal` and `pg_recvlogical`.
//!
//! They merge the connection string themselves (`GetConnection` in `streamutil.c`), so that `-h`
//! wins over it. Physical replication belongs to no database and reads them all.

use super::dump::connection_string;
use super::request::{Aim, Given, Request, aim, reject, setting};
use crate::target::conninfo::Trouble;
use crate::target::defaults::Dbname;

/// `pg_basebackup`.
pub(super) fn pg_basebackup(given: &Given<'_>) -> Aim {
    aim(pg_basebackup_request(given))
}

fn pg_basebackup_request(given: &Given<'_>) -> Result<Request, Trouble> {
    if !given.has("pgdata") && !given.has("target") {
        return reject("neither `-D` nor `--target` was given");
    }
    physical(given)
}

/// `pg_receivewal`.
pub(super) fn pg_receivewal(given: &Given<'_>) -> Aim {
    aim(pg_receivewal_request(given))
}

fn pg_receivewal_request(given: &Given<'_>) -> Result<Request, Trouble> {
    let slot_only = given.has("create-slot") || given.has("drop-slot");
    if !slot_only && !given.has("directory") {
        return reject("`-D` was not given");
    }
    physical(given)
}

fn physical(given: &Given<'_>) -> Result<Request, Trouble> {
    given.at_most(0)?;
    let mut settings = connection_string(given)?;
    settings.retain(|setting| setting.keyword != "dbname");
    settings.extend(given.server());
    Ok(Request { dbname: Dbname::Literal, physical: true, ..Request::new(settings).every_database(true) })
}

/// `pg_recvlogical`: `-d` is a database or a connection string, and must be there.
pub(super) fn pg_recvlogical(given: &Given<'_>) -> Aim {
    aim(pg_recvlogical_request(given))
}

fn pg_recvlogical_request(given: &Given<'_>) -> Result<Request, Trouble> {
    given.at_most(0)?;
    let Some(dbname) = given.option("dbname") else { return reject("`-d` was not given") };
    if !["create-slot", "drop-slot", "start"].iter().any(|action| given.has(action)) {
        return reject("none of `--create-slot`, `--start` and `--drop-slot` was given");
    }
    let mut settings = vec![setting("dbname", dbname)];
    settings.extend(given.server());
    Ok(Request::new(settings))
}
