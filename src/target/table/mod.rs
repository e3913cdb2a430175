//! The table of tools that are known by declaration: how each is called, what its subcommands do, where its target is.
//!
//! One small TOML file per tool in `tools/`, embedded; only the entry of the tool at hand is read, so that the length of the
//! table costs nothing. Formats that need a parser are the readers of [`super::project`]. What the table cannot say is
//! ambiguous. This module knows no rules and no risk.

mod argv;
mod declared;
mod effect;
mod entry;
mod finish;
mod launch;
mod read;
mod sources;
mod world;

use std::ffi::OsString;

pub use argv::Act;
pub use declared::Declared;
pub use effect::Effect;

use self::entry::Entry;
use super::{Invocation, Resolution};
use crate::world::Snapshot;

/// Every database that an invocation reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The one that it is about.
    pub main: Resolution,
    /// Those that it touches besides: a shadow database, the test database, the other databases of the application.
    pub also: Vec<Resolution>,
}

impl Places {
    /// One, and no other.
    pub(super) fn only(main: Resolution) -> Self {
        Self { main, also: Vec::new() }
    }
}

/// One tool: its name, the programs that are it, its entry.
struct Row {
    tool: &'static str,
    programs: &'static [&'static str],
    text: &'static str,
}

macro_rules! rows {
    ($($tool:literal: $($program:literal)+;)+) => {
        const ROWS: &[Row] = &[$(Row {
            tool: $tool,
            programs: &[$($program),+],
            text: include_str!(concat!("../../../tools/", $tool, ".toml")),
        }),+];
    };
}

rows! {
    "alembic": "alembic";
    "db-migrate": "db-migrate";
    "dbmate": "dbmate";
    "diesel": "diesel";
    "django": "django-admin" "manage.py";
    "drizzle-kit": "drizzle-kit";
    "flask": "flask";
    "flyway": "flyway";
    "goose": "goose";
    "knex": "knex";
    "liquibase": "liquibase";
    "migrate": "migrate";
    "node-pg-migrate": "node-pg-migrate";
    "pg_repack": "pg_repack";
    "pgloader": "pgloader";
    "prisma": "prisma";
    "rails": "rails" "rake";
    "sequelize": "sequelize" "sequelize-cli";
    "sqitch": "sqitch";
    "sqlx": "sqlx" "cargo-sqlx";
    "typeorm": "typeorm" "typeorm-ts-node-commonjs" "typeorm-ts-node-esm";
    "usql": "usql";
}

/// Whether this program is in the table, or starts what is.
pub(super) fn is_known(program: &str) -> bool {
    row(program).is_some() || launch::is_launcher(program)
}

fn row(program: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.programs.contains(&program))
}

/// The entry of a program.
fn entry(program: &str) -> Option<(&'static str, Entry)> {
    let row = row(program)?;
    let table = toml::de::DeTable::parse(row.text).ok()?;
    Some((row.tool, Entry::parse(table.get_ref()).ok()?))
}

/// Reads an invocation by the table. `None` for a program that is not in it.
pub(super) fn parse(bare: &Invocation) -> Option<Invocation> {
    if let Some((tool, entry)) = entry(&bare.tool) {
        // cargo hands the name of its subcommand on as the first word.
        let named = bare.tool == "cargo-sqlx" && bare.args.first().is_some_and(|word| word == tool);
        let args = bare.args.get(usize::from(named)..).unwrap_or_default();
        return Some(declare(bare, tool, entry, args));
    }
    let launched = launch::peel(&bare.tool, &bare.args)?;
    let mut invocation = match entry(&launched.program) {
        Some((tool, entry)) => declare(bare, tool, entry, &launched.args),
        None => declare(bare, &bare.tool, Entry::none(), &[]),
    };
    if let Some(declared) = &mut invocation.declared {
        declared.launched(launched);
    }
    Some(invocation)
}

fn declare(bare: &Invocation, tool: &str, entry: Entry, args: &[OsString]) -> Invocation {
    let (declared, options, operands) = Declared::read(tool, entry, args);
    Invocation { options, operands, declared: Some(Box::new(declared)), ..bare.clone() }
}

/// Where an invocation of the table goes.
pub(super) fn places(invocation: &Invocation, snapshot: &Snapshot) -> Places {
    match &invocation.declared {
        Some(declared) => sources::places(declared, invocation, snapshot),
        None => Places::only(Resolution::Ambiguous { partial: None, because: "it is not in the table".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_can_be_read_and_is_named_after_its_tool() {
        for row in ROWS {
            let table = toml::de::DeTable::parse(row.text).unwrap_or_else(|wrong| panic!("{}: {wrong}", row.tool));
            if let Err(faults) = Entry::parse(table.get_ref()) {
                panic!("{}: {faults:?}", row.tool);
            }
        }
    }

    #[test]
    fn the_list_of_shims_has_every_program_of_the_table() {
        let programs = ROWS.iter().flat_map(|row| row.programs).chain(launch::LAUNCHERS);
        for program in programs {
            // A script of the project is no program that a search for one finds.
            let listed = crate::target::TOOLS.contains(program);
            assert_eq!(listed, *program != "manage.py", "{program}");
        }
    }
}
