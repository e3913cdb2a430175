//! What a tool asks of libpq, and what its command line gives to decide that.

use std::ffi::{OsStr, OsString};

use crate::target::Opt;
use crate::target::conninfo::{Setting, Trouble};
use crate::target::defaults::Dbname;
use crate::target::getopt::Scan;
use crate::target::ground::Ground;
use crate::target::origin::{Field, Origin};
use crate::text::{Untrusted, redact};

/// What a command line comes to.
#[derive(Debug)]
pub(in crate::target) enum Aim {
    /// It connects, with these parameters.
    Connect(Request),
    /// It is meant to touch no server.
    Nothing(String),
    /// The tool stops with a usage error before it connects.
    Rejected(String),
    /// It depends on what cannot be known from here.
    Unclear(String),
}

impl From<Trouble> for Aim {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Rejected(why) => Self::Rejected(why),
            Trouble::Unclear(why) => Self::Unclear(why),
        }
    }
}

/// A call of `PQconnectdbParams`, and what follows after the connection.
#[derive(Debug)]
pub(in crate::target) struct Request {
    /// The parameters in the tool's order.
    pub(in crate::target) given: Vec<Setting>,
    /// Whether the database name may be a connection string.
    pub(in crate::target) dbname: Dbname,
    /// Physical replication: the connection belongs to no database.
    pub(in crate::target) physical: bool,
    /// Databases acted on besides the connection's.
    pub(in crate::target) affects: Vec<Field<OsString>>,
    /// Every database is acted on, or any may be.
    pub(in crate::target) every_database: bool,
}

impl Request {
    /// A request with these parameters, the database name expanded.
    pub(super) fn new(given: Vec<Setting>) -> Self {
        Self { given, dbname: Dbname::Expanded, physical: false, affects: Vec::new(), every_database: false }
    }

    pub(super) fn affecting(mut self, database: Field<OsString>) -> Self {
        self.affects.push(database);
        self
    }

    pub(super) fn every_database(mut self, every: bool) -> Self {
        self.every_database = every;
        self
    }
}

/// A command line, read, with the ground that it stands on.
pub(in crate::target) struct Given<'a> {
    /// Options and operands.
    pub(in crate::target) reading: &'a Scan,
    /// The outside.
    pub(in crate::target) ground: &'a Ground<'a>,
}

impl<'a> Given<'a> {
    /// The last option of this name: the last one wins.
    pub(super) fn last(&self, name: &str) -> Option<&'a Opt> {
        self.reading.options.iter().rfind(|option| option.name == name)
    }

    /// Whether the option was given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.reading.options.iter().any(|option| option.name == name)
    }

    /// The value of the last option of this name as a field.
    pub(super) fn option(&self, name: &str) -> Option<Field<OsString>> {
        let option = self.last(name)?;
        let value = option.value.clone().unwrap_or_default();
        Some(Field::new(value, Origin::Option(option.spelled.clone())))
    }

    /// The value of the last option of this name that is not empty.
    pub(super) fn filled(&self, name: &str) -> Option<Field<OsString>> {
        let is_filled =
            |option: &&Opt| option.name == name && option.value.as_ref().is_some_and(|value| !value.is_empty());
        let option = self.reading.options.iter().rfind(is_filled)?;
        Some(Field::new(option.value.clone()?, Origin::Option(option.spelled.clone())))
    }

    /// Operand `at`, counted from 0.
    pub(super) fn operand(&self, at: usize) -> Option<Field<OsString>> {
        let value = self.reading.operands.get(at)?.clone();
        Some(Field::new(value, Origin::Argument(at + 1)))
    }

    /// Host, port and user as options, in the order of `PQconnectdbParams` calls; then the database.
    pub(super) fn connection(&self, dbname: Option<Field<OsString>>) -> Vec<Setting> {
        let mut given = self.server();
        given.extend(dbname.map(|field| setting("dbname", field)));
        given
    }

    /// Host, port and user as options.
    pub(super) fn server(&self) -> Vec<Setting> {
        let pairs = [("host", "host"), ("port", "port"), ("user", "username")];
        let one = |(keyword, name): (&'static str, &'static str)| Some(setting(keyword, self.option(name)?));
        pairs.into_iter().filter_map(one).collect()
    }

    /// The database that the scripts take when none is given: `PGDATABASE`, else `PGUSER`, else the system user,
    /// handed to libpq explicitly, so that a service does not change it. Vars count also when they are empty.
    pub(super) fn named_after_user(&self) -> Result<Field<OsString>, Trouble> {
        let var = |name| self.ground.var(name);
        match var("PGDATABASE").or_else(|| var("PGUSER")) {
            Some((value, origin)) => Ok(Field::new(value.to_owned(), origin)),
            None => self.system_user(),
        }
    }

    /// The name of the system user.
    pub(super) fn system_user(&self) -> Result<Field<OsString>, Trouble> {
        match &self.ground.snapshot.user.name {
            Some(name) => Ok(Field::new(name.into(), Origin::SystemUser)),
            None => Err(Trouble::Unclear(
                "the name of the system user is not known; -U or PGUSER would say whom".to_owned(),
            )),
        }
    }

    /// Rejects operands past the first `allowed`.
    pub(super) fn at_most(&self, allowed: usize) -> Result<(), Trouble> {
        match self.reading.operands.get(allowed) {
            None => Ok(()),
            Some(extra) => {
                // It may be a URI with a password.
                let shown = redact::argument(extra);
                reject(format!("`{}` is one argument too many", Untrusted::text(&shown)))
            }
        }
    }
}

/// One parameter.
pub(super) fn setting(keyword: &'static str, field: Field<OsString>) -> Setting {
    Setting { keyword, value: field.value, origin: field.origin }
}

/// A value that is built into the tool.
pub(super) fn built_in(value: &str) -> Field<OsString> {
    Field::new(OsStr::new(value).to_owned(), Origin::Default)
}

/// A usage error.
pub(super) fn reject<T>(why: impl Into<String>) -> Result<T, Trouble> {
    Err(Trouble::Rejected(why.into()))
}

/// Turns the steps of a tool into its aim.
pub(super) fn aim(result: Result<Request, Trouble>) -> Aim {
    match result {
        Ok(request) => Aim::Connect(request),
        Err(trouble) => trouble.into(),
    }
}
