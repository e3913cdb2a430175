//! `pg_dump`, `pg_dumpall` and `pg_restore`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use super::request::{Aim, Given, Request, aim, built_in, setting};
use crate::target::conninfo::{self, Setting, Trouble};
use crate::target::origin::Field;

/// `pg_dump`: `-d`, else the operand. Beside `-d` an operand is one too many.
pub(super) fn pg_dump(given: &Given<'_>) -> Aim {
    aim(pg_dump_request(given))
}

fn pg_dump_request(given: &Given<'_>) -> Result<Request, Trouble> {
    let option = given.option("dbname");
    given.at_most(usize::from(option.is_none()))?;
    Ok(Request::new(given.connection(option.or_else(|| given.operand(0)))))
}

/// `pg_dumpall`: it reads all databases, starting from `-l`, else `postgres`, else `template1`.
///
/// It merges the connection string of `-d` itself, without its database name, so that `-h` wins over it.
pub(super) fn pg_dumpall(given: &Given<'_>) -> Aim {
    aim(pg_dumpall_request(given))
}

fn pg_dumpall_request(given: &Given<'_>) -> Result<Request, Trouble> {
    given.at_most(0)?;
    let mut settings = connection_string(given)?;
    settings.retain(|setting| setting.keyword != "dbname");
    settings.extend(given.server());
    let dbname = given.option("database").unwrap_or_else(|| built_in("postgres"));
    settings.push(setting("dbname", dbname));
    Ok(Request::new(settings).every_database(true))
}

/// The settings of `-d`, which must be a connection string (`PQconninfoParse`); empty values do not count.
pub(super) fn connection_string(given: &Given<'_>) -> Result<Vec<Setting>, Trouble> {
    let Some(text) = given.option("dbname") else { return Ok(Vec::new()) };
    let mut settings = conninfo::parse(text.value.as_bytes(), &text.origin)?;
    settings.retain(|setting| !setting.value.is_empty());
    Ok(settings)
}

/// `pg_restore`: it connects with `-d` only, also when that is empty. The operand is the archive.
pub(super) fn pg_restore(given: &Given<'_>) -> Aim {
    if let Err(trouble) = given.at_most(1) {
        return trouble.into();
    }
    match (given.option("dbname"), given.has("file"), given.has("list")) {
        (Some(_), true, _) => Aim::Rejected("`-d` and `-f` cannot be used together".to_owned()),
        (_, _, true) => Aim::Nothing("it lists the archive's table of contents".to_owned()),
        (None, true, false) => Aim::Nothing("it writes SQL to a file or to standard output".to_owned()),
        (None, false, false) => Aim::Rejected("neither `-d` nor `-f` was given".to_owned()),
        // With -C it drops, creates and fills the database that the archive names.
        (Some(dbname), false, false) => {
            Aim::Connect(Request::new(restore_parameters(given, dbname)).every_database(given.has("create")))
        }
    }
}

/// `-h` and `-p` without a value leave an earlier one in force, in `pg_restore` alone (`main` in `pg_restore.c`).
fn restore_parameters(given: &Given<'_>, dbname: Field<OsString>) -> Vec<Setting> {
    let server = [("host", given.filled("host")), ("port", given.filled("port")), ("user", given.option("username"))];
    let all = server.into_iter().chain([("dbname", Some(dbname))]);
    all.filter_map(|(keyword, field)| Some(setting(keyword, field?))).collect()
}
