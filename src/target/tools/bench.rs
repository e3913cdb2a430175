//! pgbench.
//!
//! `-d` is the database since version 17, and debugging output before. The database may be a connection string, also
//! in `PGDATABASE`. Unlike the scripts it does not count empty vars (`main` in pgbench.c).

use std::ffi::OsString;

use super::request::{Aim, Given, Request, aim};
use crate::target::conninfo::Trouble;
use crate::target::getopt::is;
use crate::target::origin::Field;

/// pgbench.
pub(super) fn pgbench(given: &Given<'_>) -> Aim {
    let lists = given
        .reading
        .options
        .iter()
        .any(|option| option.name == "builtin" && option.value.as_ref().is_some_and(|name| is(name, "list")));
    if lists || given.has("show-script") {
        return Aim::Nothing("it shows a built-in script".to_owned());
    }
    aim(request(given))
}

fn request(given: &Given<'_>) -> Result<Request, Trouble> {
    let option = given.option("dbname");
    given.at_most(usize::from(option.is_none()))?;
    let named = option.or_else(|| given.operand(0)).or_else(|| filled(given, "PGDATABASE"));
    let dbname = named.or_else(|| filled(given, "PGUSER")).map_or_else(|| given.system_user(), Ok)?;
    Ok(Request::new(given.connection(Some(dbname))))
}

fn filled(given: &Given<'_>, name: &str) -> Option<Field<OsString>> {
    let (value, origin) = given.ground.var(name)?;
    (!value.is_empty()).then(|| Field::new(value.to_owned(), origin))
}
