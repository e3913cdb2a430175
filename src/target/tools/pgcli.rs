//! pgcli: a Python program with a command line of its own (click) and psycopg behind it.
//!
//! From `cli` and `PGCli.connect` in pgcli/main.py. What its configuration may change (DSN aliases, ssh tunnels) is
//! not read: then the target is unclear.

use super::request::{Aim, Given};
use super::spec::{Spec, flag, long_flag, long_value, value};

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
pub(super) fn pgcli(_given: &Given<'_>) -> Aim {
    Aim::Unclear("pgcli's way to its target is not known yet".to_owned())
}
