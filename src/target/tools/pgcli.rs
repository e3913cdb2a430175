//! pgcli: a Python program with a command line of its own (click) and psycopg behind it.
//!
//! From `cli` and `PGCli.connect` in pgcli/main.py, version 3.5. It decides user, port and often the database itself and
//! hands them to libpq explicitly. DSN aliases, ssh tunnels and service files, which it reads in its own way, are not
//! followed: then the target is unclear.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::request::{Aim, Given, Request, aim, built_in, reject, setting};
use super::spec::{Spec, flag, long_flag, long_value, value};
use crate::target::conninfo::{self, Setting, TrimC, Trouble};
use crate::target::defaults::Dbname;
use crate::target::origin::{Field, Origin};

/// Options of pgcli.
pub(super) const OPTIONS: &[Spec] = &[
    value(b'h', "host"),
    value(b'p', "port"),
    value(b'U', "username"),
    value(b'u', "user").alias_of("username"),
    flag(b'W', "password"),
    flag(b'w', "no-password"),
    long_flag("single-connection"),
    flag(b'v', "version"),
    value(b'd', "dbname"),
    long_value("pgclirc"),
    value(b'D', "dsn"),
    long_flag("list-dsn"),
    long_value("row-limit"),
    long_flag("less-chatty"),
    long_value("prompt"),
    long_value("prompt-dsn"),
    flag(b'l', "list"),
    long_flag("auto-vertical-output"),
    long_value("warn"),
    long_value("ssh-tunnel"),
    long_flag("help"),
];

/// pgcli.
pub(super) fn pgcli(given: &Given<'_>) -> Aim {
    if given.has("list-dsn") {
        return Aim::Nothing("it lists the DSN aliases".to_owned());
    }
    aim(request(given))
}

fn request(given: &Given<'_>) -> Result<Request, Trouble> {
    given.at_most(2)?;
    let port = port(given)?;
    unclear_ways(given)?;
    let name = given.operand(0).or_else(|| filled_var(given, "PGDATABASE"));
    let option = given.option("dbname").filter(is_filled);
    // With -d the argument, or PGDATABASE in its place, is taken for the user.
    let (database, argument) = match (option, name.filter(is_filled)) {
        (Some(option), Some(name)) => (Some(option), Some(name)),
        (option, name) => (option.or(name), given.operand(1).or_else(|| filled_var(given, "PGUSER"))),
    };
    let database = if given.has("list") { Some(built_in("postgres")) } else { database };
    let user = given.option("username").filter(is_filled).or(argument).filter(is_filled);
    let settings = settings(given, database, user, port)?;
    Ok(Request { dbname: Dbname::Literal, ..Request::new(settings) })
}

/// The parameters that it makes a connection string of; empty ones are left out.
fn settings(
    given: &Given<'_>,
    database: Option<Field<OsString>>,
    user: Option<Field<OsString>>,
    port: Option<Field<OsString>>,
) -> Result<Vec<Setting>, Trouble> {
    let text = database.as_ref().map(|field| field.value.as_bytes()).unwrap_or_default();
    let origin = database.as_ref().map(|field| &field.origin);
    let service = given.ground.var("PGSERVICE").is_some();
    if text.starts_with(b"service=") || service && !contains(text, b"://") {
        return Err(Trouble::Unclear("pgcli reads service files in its own way".to_owned()));
    }
    match origin {
        Some(origin) if contains(text, b"://") => named(given, conninfo::parse(text, origin)?),
        Some(origin) if text.contains(&b'=') => conninfo::parse(text, origin),
        _ => {
            let host = given.option("host").or_else(|| filled_var(given, "PGHOST"));
            let pairs = [("host", host), ("port", port), ("user", user), ("dbname", database)];
            let one = |(keyword, field): (_, Option<_>)| Some(setting(keyword, field.filter(is_filled)?));
            named(given, pairs.into_iter().filter_map(one).collect())
        }
    }
}

/// Without a user it takes Python's idea of one, without a database the user's name: `PGUSER` and services come late.
fn named(given: &Given<'_>, mut settings: Vec<Setting>) -> Result<Vec<Setting>, Trouble> {
    settings.retain(|setting| !setting.value.is_empty());
    let of = |settings: &[Setting], keyword| settings.iter().find(|setting| setting.keyword == keyword).cloned();
    let given_user = of(&settings, "user");
    let user = given_user.clone().map_or_else(|| python_user(given).map(|field| setting("user", field)), Ok)?;
    if given_user.is_none() {
        settings.push(user.clone());
    }
    if of(&settings, "dbname").is_none() {
        settings.push(setting("dbname", Field::new(user.value, Origin::User)));
    }
    Ok(settings)
}

/// `getpass.getuser()`.
fn python_user(given: &Given<'_>) -> Result<Field<OsString>, Trouble> {
    let var = ["LOGNAME", "USER", "LNAME", "USERNAME"].into_iter().find_map(|name| filled_var(given, name));
    var.map_or_else(|| given.system_user(), Ok)
}

/// `-p`, else `PGPORT`, else 5432: a number as Python reads it. Zero counts as none, and leaves libpq to its vars.
fn port(given: &Given<'_>) -> Result<Option<Field<OsString>>, Trouble> {
    let Some(port) = given.option("port").or_else(|| filled_var(given, "PGPORT")) else {
        return Ok(Some(built_in("5432")));
    };
    let text = String::from_utf8_lossy(port.value.as_bytes().trim_ascii_start_c().trim_ascii_end_c()).into_owned();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    if digits.contains('_') {
        return Err(Trouble::Unclear("the port is written with underscores".to_owned()));
    }
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return reject("the port is not a number");
    }
    let is_zero = digits.bytes().all(|byte| byte == b'0');
    Ok((!is_zero).then(|| Field::new(text.into(), port.origin)))
}

/// What is not followed.
fn unclear_ways(given: &Given<'_>) -> Result<(), Trouble> {
    let unclear = |why: &str| Err(Trouble::Unclear(why.to_owned()));
    if given.option("dsn").or_else(|| filled_var(given, "DSN")).is_some_and(|dsn| is_filled(&dsn)) {
        return unclear("the DSN alias is defined in pgcli's own configuration");
    }
    if given.has("ssh-tunnel") {
        return unclear("pgcli opens an ssh tunnel");
    }
    if configurations(given).iter().any(|path| mentions_tunnels(path)) {
        return unclear("pgcli's configuration has ssh tunnels");
    }
    Ok(())
}

/// The file of `--pgclirc` or `PGCLIRC`, and the default one, which is merged with it.
fn configurations(given: &Given<'_>) -> Vec<PathBuf> {
    let snapshot = given.ground.snapshot;
    let named = given.option("pgclirc").or_else(|| filled_var(given, "PGCLIRC")).map(|field| field.value);
    let directory = match snapshot.vars.get("XDG_CONFIG_HOME") {
        Some(path) => Some(path.to_owned()),
        None => snapshot.home().map(|home| home.join(".config").into_os_string()),
    };
    let default = directory.map(|path| Path::new(&path).join("pgcli/config").into_os_string());
    let expanded = |path: OsString| match (path.as_bytes().strip_prefix(b"~/"), snapshot.home()) {
        (Some(rest), Some(home)) => home.join(OsStr::from_bytes(rest)),
        _ => snapshot.cwd.join(path),
    };
    named.into_iter().chain(default).map(expanded).collect()
}

fn mentions_tunnels(path: &Path) -> bool {
    let text = std::fs::read(path).unwrap_or_default();
    let mut lines = text.split(|&byte| byte == b'\n').map(TrimC::trim_ascii_start_c);
    lines.any(|line| line.starts_with(b"[") && contains(line, b"ssh tunnels"))
}

/// click takes an empty var for none.
fn filled_var(given: &Given<'_>, name: &str) -> Option<Field<OsString>> {
    let (value, origin) = given.ground.var(name)?;
    Some(Field::new(value.to_owned(), origin)).filter(is_filled)
}

fn is_filled(field: &Field<OsString>) -> bool {
    !field.value.is_empty()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}
