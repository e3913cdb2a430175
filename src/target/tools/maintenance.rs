//! vacuumdb, reindexdb, clusterdb and `pg_amcheck`.
//!
//! One database (a connection string is welcome, also in `PGDATABASE`, which they pass on), or with `--all` every one,
//! starting from the maintenance database.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use super::request::{Aim, Given, Request, aim, built_in, reject};
use crate::target::conninfo::Trouble;
use crate::target::origin::Field;

/// vacuumdb.
pub(super) fn vacuumdb(given: &Given<'_>) -> Aim {
    aim(one_or_all(given))
}

/// reindexdb.
pub(super) fn reindexdb(given: &Given<'_>) -> Aim {
    aim(one_or_all(given))
}

/// clusterdb.
pub(super) fn clusterdb(given: &Given<'_>) -> Aim {
    aim(one_or_all(given))
}

fn one_or_all(given: &Given<'_>) -> Result<Request, Trouble> {
    let option = given.option("dbname");
    given.at_most(usize::from(option.is_none()))?;
    let named = option.or_else(|| given.operand(0));
    match (given.has("all"), named) {
        (true, Some(_)) => reject("`--all` and the name of a database cannot be used together"),
        (true, None) => Ok(everything(given)),
        (false, Some(named)) => Ok(Request::new(given.connection(Some(named)))),
        (false, None) => Ok(Request::new(given.connection(Some(given.named_after_user()?)))),
    }
}

fn everything(given: &Given<'_>) -> Request {
    Request::new(given.connection(Some(maintenance(given)))).every_database(true)
}

fn maintenance(given: &Given<'_>) -> Field<OsString> {
    given.option("maintenance-db").unwrap_or_else(|| built_in("postgres"))
}

/// `pg_amcheck`: `-d` and `-D` are patterns, as is what names a database in the other patterns.
///
/// With patterns it starts from `postgres`; `--maintenance-db` counts with `--all` only (`main` in `pg_amcheck.c`).
pub(super) fn pg_amcheck(given: &Given<'_>) -> Aim {
    aim(pg_amcheck_request(given))
}

fn pg_amcheck_request(given: &Given<'_>) -> Result<Request, Trouble> {
    given.at_most(1)?;
    let patterns = given.has("database") || given.has("exclude-database") || names_a_database(given);
    match (given.has("all"), patterns, given.operand(0)) {
        (true, _, Some(_)) => reject("`--all` and the name of a database cannot be used together"),
        (true, _, None) => Ok(everything(given)),
        (false, true, Some(_)) => reject("patterns and the name of a database cannot be used together"),
        (false, true, None) => Ok(Request::new(given.connection(Some(built_in("postgres")))).every_database(true)),
        (false, false, Some(named)) => Ok(Request::new(given.connection(Some(named)))),
        (false, false, None) => Ok(Request::new(given.connection(Some(given.named_after_user()?)))),
    }
}

/// `db.schema.relation` and `db.schema` patterns.
fn names_a_database(given: &Given<'_>) -> bool {
    let by = |names: &[&str], least: usize| {
        let mut options = given.reading.options.iter().filter(|option| names.contains(&option.name.as_str()));
        options.any(|option| option.value.as_ref().is_some_and(|value| dots(value.as_bytes()) >= least))
    };
    by(&["relation", "exclude-relation", "table", "exclude-table", "index", "exclude-index"], 2)
        || by(&["schema", "exclude-schema"], 1)
}

/// Dots outside double quotes.
fn dots(pattern: &[u8]) -> usize {
    let mut quoted = false;
    let counts = |&&byte: &&u8| {
        quoted ^= byte == b'"';
        byte == b'.' && !quoted
    };
    pattern.iter().filter(counts).count()
}
