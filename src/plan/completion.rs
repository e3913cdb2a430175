//! The catalogue queries that shells run when somebody presses TAB.
//!
//! Recognised by their whole argv, as bash-completion, fish and zsh spell it, and only while nobody looks at the
//! output. Everything else is an ordinary psql.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

/// Whether these are the arguments of such a query (bash-completion's `completions/psql`, fish's
/// `__fish_complete_pg_*`, which has another order from fish 4 on, zsh's `_postgresql`; pgcli's and older copies leave out
/// `-X`).
pub(super) fn recognise(args: &[OsString]) -> bool {
    let args: Vec<&[u8]> = args.iter().map(|arg| arg.as_os_str().as_bytes()).collect();
    match args.as_slice() {
        [b"-XAtqwlF" | b"-AtqwlXF" | b"-AtqwlF", b"\t"]
        | [b"-XAtqwc" | b"-AtqwXc" | b"-Atqwc", b"select usename from pg_user", b"template1"] => true,
        [b"-qtAX", conninfo, b"-c", query] => conninfo.ends_with(b" connect_timeout=4") && asked_by_zsh(query),
        _ => false,
    }
}

/// The queries of zsh; only the space between words may differ.
fn asked_by_zsh(query: &[u8]) -> bool {
    let words: Vec<_> = query.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    ZSH.contains(&words.join(b" ".as_slice()).as_slice())
}

const ZSH: &[&[u8]] = &[
    b"SELECT name FROM pg_catalog.pg_settings;",
    b"SELECT datname FROM pg_catalog.pg_database;",
    b"SELECT indexname FROM pg_catalog.pg_indexes;",
    b"SELECT rolname FROM pg_catalog.pg_roles WHERE rolcanlogin = true;",
    b"SELECT rolname FROM pg_catalog.pg_roles ;",
    b"SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg_%' AND nspname != 'information_schema';",
    b"SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class AS c LEFT JOIN pg_catalog.pg_namespace AS n \
      ON n.oid = c.relnamespace WHERE c.relkind in ('r', '') AND n.nspname != 'pg_catalog' \
      AND n.nspname != 'information_schema' AND n.nspname NOT LIKE 'pg_toast%' \
      AND pg_catalog.pg_table_is_visible(c.oid);",
    b"SELECT spcname FROM pg_catalog.pg_tablespace;",
    b"SELECT n.nspname || '.' || t.cfgname FROM pg_catalog.pg_ts_config AS t LEFT JOIN pg_catalog.pg_namespace AS n \
      ON t.cfgnamespace = n.oid;",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn recognised(args: &[&str]) -> bool {
        recognise(&args.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_queries_of_the_shells_are_recognised() {
        assert!(recognised(&["-XAtqwlF", "\t"]));
        assert!(recognised(&["-AtqwlXF", "\t"]));
        assert!(recognised(&["-Atqwc", "select usename from pg_user", "template1"]));
        assert!(recognised(&["-AtqwXc", "select usename from pg_user", "template1"]));
        assert!(recognised(&[
            "-qtAX",
            "host=x connect_timeout=4",
            "-c",
            "\n    SELECT datname\n    FROM   pg_catalog.pg_database;\n  "
        ]));
    }

    #[test]
    fn anything_that_differs_is_an_ordinary_psql() {
        assert!(!recognised(&["-XAtqwlF", "\t", "app"]));
        assert!(!recognised(&["-XAtqwc", "select usename from pg_user; drop table t", "template1"]));
        assert!(!recognised(&[
            "-qtAX",
            " connect_timeout=4",
            "-c",
            "SELECT datname FROM pg_catalog.pg_database; DROP TABLE t;"
        ]));
        assert!(!recognised(&["-qtAX", "x", "-c", "SELECT datname FROM pg_catalog.pg_database;"]));
        assert!(!recognised(&[]));
    }
}
