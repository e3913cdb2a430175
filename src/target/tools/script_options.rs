//! The options of the tools of `src/bin/scripts`, and `pg_amcheck`, from `getopt_long`'s own tables in the sources of versions 13, 15, 17 and 18.
//!
//! A row is a long name with its letter; `since` and `until` mark what only some major versions have. Facts only: what
//! an option means for the target is said elsewhere.

use super::spec::{Spec, flag, long_flag, long_maybe, long_value, value};

/// Options of createdb.
pub(super) const CREATEDB: &[Spec] = &[
    long_value("builtin-locale").since(17),
    flag(b'e', "echo"),
    value(b'E', "encoding"),
    value(b'h', "host"),
    long_value("icu-locale").since(15),
    long_value("icu-rules").since(17),
    long_value("lc-collate"),
    long_value("lc-ctype"),
    value(b'l', "locale"),
    long_value("locale-provider").since(15),
    long_value("maintenance-db"),
    flag(b'w', "no-password"),
    value(b'O', "owner"),
    flag(b'W', "password"),
    value(b'p', "port"),
    value(b'S', "strategy").since(15),
    value(b'D', "tablespace"),
    value(b'T', "template"),
    value(b'U', "username"),
];

/// Options of dropdb.
pub(super) const DROPDB: &[Spec] = &[
    flag(b'e', "echo"),
    flag(b'f', "force"),
    value(b'h', "host"),
    long_flag("if-exists"),
    flag(b'i', "interactive"),
    long_value("maintenance-db"),
    flag(b'w', "no-password"),
    flag(b'W', "password"),
    value(b'p', "port"),
    value(b'U', "username"),
];

/// Options of createuser.
pub(super) const CREATEUSER: &[Spec] = &[
    long_flag("bypassrls").since(17),
    value(b'c', "connection-limit"),
    flag(b'd', "createdb"),
    flag(b'r', "createrole"),
    flag(b'e', "echo"),
    flag(b'E', "encrypted"),
    value(b'h', "host"),
    flag(b'i', "inherit"),
    long_flag("interactive"),
    flag(b'l', "login"),
    value(b'g', "member-of").alias_of("role").since(17),
    long_flag("no-bypassrls").since(17),
    flag(b'D', "no-createdb"),
    flag(b'R', "no-createrole"),
    flag(b'I', "no-inherit"),
    flag(b'L', "no-login"),
    flag(b'w', "no-password"),
    long_flag("no-replication"),
    flag(b'S', "no-superuser"),
    flag(b'W', "password"),
    value(b'p', "port"),
    flag(b'P', "pwprompt"),
    long_flag("replication"),
    value(b'g', "role"),
    flag(b's', "superuser"),
    value(b'U', "username"),
    value(b'v', "valid-until").since(17),
    value(b'a', "with-admin").since(17),
    value(b'm', "with-member").since(17),
];

/// Options of dropuser.
pub(super) const DROPUSER: &[Spec] = &[
    flag(b'e', "echo"),
    value(b'h', "host"),
    long_flag("if-exists"),
    flag(b'i', "interactive"),
    flag(b'w', "no-password"),
    flag(b'W', "password"),
    value(b'p', "port"),
    value(b'U', "username"),
];

/// Options of vacuumdb.
pub(super) const VACUUMDB: &[Spec] = &[
    flag(b'a', "all"),
    flag(b'z', "analyze"),
    long_flag("analyze-in-stages"),
    flag(b'Z', "analyze-only"),
    long_value("buffer-usage-limit").since(17),
    value(b'd', "dbname"),
    long_flag("disable-page-skipping"),
    flag(b'e', "echo"),
    value(b'N', "exclude-schema").since(17),
    long_flag("force-index-cleanup").since(15),
    flag(b'F', "freeze"),
    flag(b'f', "full"),
    value(b'h', "host"),
    value(b'j', "jobs"),
    long_value("maintenance-db"),
    long_value("min-mxid-age"),
    long_value("min-xid-age"),
    long_flag("missing-stats-only").since(18),
    long_flag("no-index-cleanup").since(15),
    flag(b'w', "no-password"),
    long_flag("no-process-main").since(17),
    long_flag("no-process-toast").since(15),
    long_flag("no-truncate").since(15),
    value(b'P', "parallel"),
    flag(b'W', "password"),
    value(b'p', "port"),
    flag(b'q', "quiet"),
    value(b'n', "schema").since(17),
    long_flag("skip-locked"),
    value(b't', "table"),
    value(b'U', "username"),
    flag(b'v', "verbose"),
];

/// Options of reindexdb.
pub(super) const REINDEXDB: &[Spec] = &[
    flag(b'a', "all"),
    long_flag("concurrently"),
    value(b'd', "dbname"),
    flag(b'e', "echo"),
    value(b'h', "host"),
    value(b'i', "index"),
    value(b'j', "jobs"),
    long_value("maintenance-db"),
    flag(b'w', "no-password"),
    flag(b'W', "password"),
    value(b'p', "port"),
    flag(b'q', "quiet"),
    value(b'S', "schema"),
    flag(b's', "system"),
    value(b't', "table"),
    long_value("tablespace").since(15),
    value(b'U', "username"),
    flag(b'v', "verbose"),
];

/// Options of clusterdb.
pub(super) const CLUSTERDB: &[Spec] = &[
    flag(b'a', "all"),
    value(b'd', "dbname"),
    flag(b'e', "echo"),
    value(b'h', "host"),
    long_value("maintenance-db"),
    flag(b'w', "no-password"),
    flag(b'W', "password"),
    value(b'p', "port"),
    flag(b'q', "quiet"),
    value(b't', "table"),
    value(b'U', "username"),
    flag(b'v', "verbose"),
];

/// Options of `pg_amcheck`.
pub(super) const PG_AMCHECK: &[Spec] = &[
    flag(b'a', "all"),
    long_flag("checkunique").since(17),
    value(b'd', "database"),
    flag(b'e', "echo"),
    long_value("endblock"),
    value(b'D', "exclude-database"),
    value(b'I', "exclude-index"),
    value(b'R', "exclude-relation"),
    value(b'S', "exclude-schema"),
    value(b'T', "exclude-table"),
    long_flag("exclude-toast-pointers"),
    long_flag("heapallindexed"),
    value(b'h', "host"),
    value(b'i', "index"),
    long_maybe("install-missing"),
    value(b'j', "jobs"),
    long_value("maintenance-db"),
    long_flag("no-dependent-indexes"),
    long_flag("no-dependent-toast"),
    flag(b'w', "no-password"),
    long_flag("no-strict-names"),
    long_flag("on-error-stop"),
    long_flag("parent-check"),
    flag(b'W', "password"),
    value(b'p', "port"),
    flag(b'P', "progress"),
    value(b'r', "relation"),
    long_flag("rootdescend"),
    value(b's', "schema"),
    long_value("skip"),
    long_value("startblock"),
    value(b't', "table"),
    value(b'U', "username"),
    flag(b'v', "verbose"),
    flag(b'H', ""),
];

/// Options of `pg_isready`.
pub(super) const PG_ISREADY: &[Spec] = &[
    value(b'd', "dbname"),
    value(b'h', "host"),
    value(b'p', "port"),
    flag(b'q', "quiet"),
    value(b't', "timeout"),
    value(b'U', "username"),
];
