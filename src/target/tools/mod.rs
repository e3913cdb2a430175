//! The tools: their options as tables, and what options and operands of each mean for its target.
//!
//! One file per family. What a tool does before libpq is called (which operand is the database, which default name it
//! takes, when it stops with a usage error) is here; what libpq makes of it is in [`super::defaults`].

mod bench;
mod bench_options;
mod dump;
mod dump_options;
mod maintenance;
mod pgcli;
mod psql;
mod psql_options;
mod replication;
mod replication_options;
pub(super) mod request;
mod script_options;
mod scripts;
pub(super) mod spec;

use request::{Aim, Given};
use spec::Spec;

/// A tool.
pub(super) struct Tool {
    /// Its name.
    pub(super) name: &'static str,
    /// Its options.
    pub(super) options: &'static [Spec],
    /// How it reads its command line.
    pub(super) style: Style,
    /// What a command line means.
    pub(super) aim: fn(&Given<'_>) -> Aim,
}

/// How a tool reads its command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `getopt_long`; help and version are options like others.
    Getopt,
    /// `getopt_long`; help and version count as the first argument only.
    HelpFirst,
    /// Python's click.
    Click,
}

/// The tool of this name.
pub(super) fn find(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}

const fn first(name: &'static str, options: &'static [Spec], aim: fn(&Given<'_>) -> Aim) -> Tool {
    Tool { name, options, style: Style::HelpFirst, aim }
}

/// Every tool that is known here.
pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "psql", options: psql_options::PSQL, style: Style::Getopt, aim: psql::psql },
    first("pg_restore", dump_options::PG_RESTORE, dump::pg_restore),
    first("pg_dump", dump_options::PG_DUMP, dump::pg_dump),
    first("pg_dumpall", dump_options::PG_DUMPALL, dump::pg_dumpall),
    first("createdb", script_options::CREATEDB, scripts::createdb),
    first("dropdb", script_options::DROPDB, scripts::dropdb),
    first("createuser", script_options::CREATEUSER, scripts::createuser),
    first("dropuser", script_options::DROPUSER, scripts::dropuser),
    first("vacuumdb", script_options::VACUUMDB, maintenance::vacuumdb),
    first("reindexdb", script_options::REINDEXDB, maintenance::reindexdb),
    first("clusterdb", script_options::CLUSTERDB, maintenance::clusterdb),
    first("pgbench", bench_options::PGBENCH, bench::pgbench),
    first("pg_basebackup", replication_options::PG_BASEBACKUP, replication::pg_basebackup),
    first("pg_amcheck", script_options::PG_AMCHECK, maintenance::pg_amcheck),
    first("pg_isready", script_options::PG_ISREADY, psql::pg_isready),
    first("pg_receivewal", replication_options::PG_RECEIVEWAL, replication::pg_receivewal),
    first("pg_recvlogical", replication_options::PG_RECVLOGICAL, replication::pg_recvlogical),
    Tool { name: "pgcli", options: pgcli::OPTIONS, style: Style::Click, aim: pgcli::pgcli },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_version_of_a_tool_has_two_options_of_one_letter_unless_they_are_one_option() {
        for tool in TOOLS {
            for version in [13, 15, 17, 18] {
                let specs: Vec<&Spec> = tool.options.iter().filter(|spec| spec.in_version(version)).collect();
                for (at, one) in specs.iter().enumerate() {
                    for other in specs.iter().skip(at + 1).filter(|other| other.letter.is_some()) {
                        let clash =
                            one.letter == other.letter && (one.name() != other.name() || one.arity != other.arity);
                        assert!(!clash, "{} {version}: {one:?} {other:?}", tool.name);
                    }
                }
            }
        }
    }

    #[test]
    fn the_list_of_names_is_the_list_of_tools() {
        let names = crate::target::TOOLS.iter().take(TOOLS.len());
        assert!(names.eq(TOOLS.iter().map(|tool| &tool.name)));
    }

    #[test]
    fn every_tool_has_a_host_a_port_and_a_user_option() {
        for tool in TOOLS {
            for name in ["host", "port", "username"] {
                assert!(tool.options.iter().any(|spec| spec.name() == name), "{} {name}", tool.name);
            }
        }
    }
}
