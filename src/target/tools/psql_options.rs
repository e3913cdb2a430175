//! The options of psql, from `getopt_long`'s own tables in the sources of versions 13, 15, 17 and 18.
//!
//! A row is a long name with its letter; `since` and `until` mark what only some major versions have. Facts only: what
//! an option means for the target is said elsewhere.

use super::spec::{Spec, flag, long_flag, long_maybe, value};

/// Options of psql.
pub(super) const PSQL: &[Spec] = &[
    value(b'c', "command"),
    long_flag("csv"),
    value(b'd', "dbname"),
    flag(b'a', "echo-all"),
    flag(b'b', "echo-errors"),
    flag(b'E', "echo-hidden"),
    flag(b'e', "echo-queries"),
    flag(b'x', "expanded"),
    value(b'F', "field-separator"),
    flag(b'z', "field-separator-zero"),
    value(b'f', "file"),
    long_maybe("help"),
    value(b'h', "host"),
    flag(b'H', "html"),
    flag(b'l', "list"),
    value(b'L', "log-file"),
    flag(b'A', "no-align"),
    flag(b'w', "no-password"),
    flag(b'X', "no-psqlrc"),
    flag(b'n', "no-readline"),
    value(b'o', "output"),
    flag(b'W', "password"),
    value(b'p', "port"),
    value(b'P', "pset"),
    flag(b'q', "quiet"),
    value(b'R', "record-separator"),
    flag(b'0', "record-separator-zero"),
    value(b'v', "set").alias_of("variable"),
    flag(b'S', "single-line"),
    flag(b's', "single-step"),
    flag(b'1', "single-transaction"),
    value(b'T', "table-attr"),
    flag(b't', "tuples-only"),
    value(b'U', "username"),
    value(b'v', "variable"),
    flag(b'V', "version"),
    flag(b'?', "").alias_of("help"),
];
