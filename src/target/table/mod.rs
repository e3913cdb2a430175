//! The table of tools that are known by declaration: how each is called, what its subcommands do, where its target is.
//!
//! One small TOML file per tool in `tools/`, embedded; only the entry of the tool at hand is read, so that the length of the
//! table costs nothing. Formats that need a parser are the readers of [`super::project`]. What the table cannot say is
//! ambiguous. This module knows no rules and no risk.

mod argv;
mod chosen;
mod custom;
mod declared;
mod effect;
mod entry;
mod files;
mod finish;
mod foreign;
mod launch;
mod migrations;
mod php;
mod read;
mod sources;
mod world;

use std::ffi::OsString;

pub use argv::Act;
pub use custom::{Custom, Customs};
pub use declared::Declared;
pub use effect::Effect;
pub use entry::{Fault, Language};
pub use migrations::Migrations;

use self::entry::Entry;
use super::{Invocation, Resolution};
use crate::text::{packed, unpacked};
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
    text: &'static [u8],
}

macro_rules! rows {
    ($($tool:literal: $($program:literal)+;)+) => {
        const ROWS: &[Row] = &[$(Row {
            tool: $tool,
            programs: &[$($program),+],
            text: packed!("tools/", $tool, ".toml"),
        }),+];
    };
}

rows! {
    "aerich": "aerich";
    "alembic": "alembic";
    "db-migrate": "db-migrate";
    "dbmate": "dbmate";
    "dbt": "dbt";
    "dotnet-ef": "dotnet-ef";
    "mix": "mix";
    "diesel": "diesel";
    "django": "django-admin" "manage.py";
    "drizzle-kit": "drizzle-kit";
    "flask": "flask";
    "flyway": "flyway";
    "goose": "goose";
    "knex": "knex";
    "kysely": "kysely" "kysely-ctl";
    "liquibase": "liquibase";
    "migrate": "migrate";
    "mikro-orm": "mikro-orm" "mikro-orm-esm";
    "node-pg-migrate": "node-pg-migrate";
    "pg_repack": "pg_repack";
    "pgloader": "pgloader";
    "piccolo": "piccolo";
    "postgrator": "postgrator" "postgrator-cli";
    "prisma": "prisma";
    "rails": "rails" "rake";
    "sequelize": "sequelize" "sequelize-cli";
    "sqitch": "sqitch";
    "sqlx": "sqlx" "cargo-sqlx";
    "supabase": "supabase";
    "typeorm": "typeorm" "typeorm-ts-node-commonjs" "typeorm-ts-node-esm";
    "usql": "usql";
    "atlas": "atlas";
    "graphile-migrate": "graphile-migrate";
    "pgroll": "pgroll";
    "psqldef": "psqldef";
    "refinery": "refinery";
    "sea-orm-cli": "sea-orm-cli";
    "yoyo": "yoyo" "yoyo-migrate";
    "pg-schema-diff": "pg-schema-diff";
    "pgschema": "pgschema";
    "reshape": "reshape";
    "sequel": "sequel";
    "sql-migrate": "sql-migrate";
    "tern": "tern";
    "mongosh": "mongosh";
    "mycli": "mycli";
    "mysql": "mysql" "mariadb";
    "heroku": "heroku";
    "neonctl": "neonctl" "neon";
    "fly": "fly" "flyctl";
    "gcloud": "gcloud";
    "aws": "aws";
    "hasura": "hasura" "hasura-cli";
    "redis-cli": "redis-cli";
    "sqlcmd": "sqlcmd";
    "cake": "cake";
    "doctrine": "bin/console" "doctrine" "doctrine-migrations";
    "laravel": "artisan";
    "phinx": "phinx";
}

/// Whether this program is in the table, or starts what is.
pub(super) fn is_known(program: &str) -> bool {
    row(program).is_some() || launch::is_launcher(program)
}

/// Whether this program starts others.
pub(super) fn is_launcher(program: &str) -> bool {
    launch::is_launcher(program)
}

/// Whether this line starts nothing of the table, as far as its words alone tell.
pub fn passes(program: &str, args: &[OsString]) -> bool {
    launch::passes(program, args) || row(program).is_some() && is_idle(program, args)
}

/// Whether a program is not in the table, or does much else and does that here.
fn is_idle(program: &str, args: &[OsString]) -> bool {
    let Some((tool, entry)) = entry(program, &Customs::default()) else { return true };
    entry.only && Declared::read(&tool, entry, args).0.acts.is_empty()
}

fn row(program: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.programs.contains(&program))
}

/// The entry of a program.
fn entry(program: &str, customs: &Customs) -> Option<(String, Entry)> {
    let Some(row) = row(program) else {
        return customs.find(program).map(|custom| (custom.name.clone(), custom.entry.clone()));
    };
    let text = unpacked(row.text);
    let table = toml::de::DeTable::parse(&text).ok()?;
    Some((row.tool.to_owned(), Entry::parse(table.get_ref()).ok()?))
}

/// Reads an invocation by the table. `None` for a program that is not in it.
pub(super) fn parse(bare: &Invocation, customs: &Customs, snapshot: &Snapshot) -> Option<Invocation> {
    if let Some((tool, entry)) = entry(&bare.tool, customs) {
        // cargo hands the name of its subcommand on as the first word.
        let named = bare.tool == "cargo-sqlx" && bare.args.first().is_some_and(|word| word == tool.as_str());
        let args = bare.args.get(usize::from(named)..).unwrap_or_default();
        return Some(declare(bare, &tool, entry, args));
    }
    let launched = launch::peel(&bare.tool, &bare.args, customs, &snapshot.cwd)?;
    Some(launched_by(bare, launched, customs))
}

/// What a launcher starts, as the table reads it.
fn launched_by(bare: &Invocation, mut launched: launch::Launched, customs: &Customs) -> Invocation {
    let mut invocation = match entry(&launched.program, customs) {
        Some((tool, entry)) => declare(bare, &tool, entry, &launched.args),
        // Too many launchers behind one another: what is at their end is not known.
        None if launch::is_launcher(&launched.program) => declare(bare, &bare.tool, Entry::empty(), &launched.args),
        None => declare(bare, &bare.tool, Entry::none(), &[]),
    };
    let others = std::mem::take(&mut launched.others);
    if let Some(declared) = &mut invocation.declared {
        declared.launched(launched);
        declared.others = others.into_iter().map(|other| launched_by(bare, other, customs)).collect();
    }
    invocation
}

fn declare(bare: &Invocation, tool: &str, entry: Entry, args: &[OsString]) -> Invocation {
    let (declared, options, operands) = Declared::read(tool, entry, args);
    Invocation { options, operands, declared: Some(Box::new(declared)), ..bare.clone() }
}

/// Where an invocation goes by what the tool itself said of its first connection.
pub fn told(said: &[(&'static str, String)], invocation: &Invocation, snapshot: &Snapshot) -> Option<Resolution> {
    let declared = invocation.declared.as_ref()?;
    Some(sources::told(said, declared, invocation, snapshot))
}

/// Where an invocation of the table goes.
pub(super) fn places(invocation: &Invocation, snapshot: &Snapshot) -> Places {
    match &invocation.declared {
        Some(declared) => {
            let mut all = sources::places(declared, invocation, snapshot);
            for other in &declared.others {
                let Places { main, also } = places(other, snapshot);
                all.also.extend(std::iter::once(main).chain(also).filter_map(|place| beside(place, other)));
            }
            let Places { main, also } = &mut all;
            also.retain(|place| place != main);
            all
        }
        None => Places::only(Resolution::Ambiguous { partial: None, because: "it is not in the table".to_owned() }),
    }
}

/// A place of what a line starts besides. Where code decides, what the vars say of it, or nothing.
fn beside(place: Resolution, other: &Invocation) -> Option<Resolution> {
    let by_hand = other.declared.as_ref().and_then(|declared| declared.behind()).is_some_and(super::by_hand);
    match place {
        Resolution::Ambiguous { partial, .. } if by_hand => partial.map(Resolution::Resolved),
        known @ (Resolution::NoServer { .. } | Resolution::Resolved(_) | Resolution::Ambiguous { .. }) => Some(known),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    #[test]
    fn every_entry_can_be_read_and_is_named_after_its_tool() {
        for row in ROWS {
            let text = unpacked(row.text);
            let table = toml::de::DeTable::parse(&text).unwrap_or_else(|wrong| panic!("{}: {wrong}", row.tool));
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
            assert_eq!(listed, !["manage.py", "artisan", "bin/console"].contains(program), "{program}");
        }
    }

    /// Words that mean something to some tool, and some that mean nothing to any.
    const WORDS: &[&[u8]] = &[
        b"up",
        b"db:drop",
        b"migrate",
        b"reset",
        b"-c",
        b"-e",
        b"--url",
        b"--url=",
        b"-url=",
        b"--",
        b"-",
        b"--=",
        b"run",
        b"exec",
        b"-m",
        b"python",
        b"alembic",
        b"prisma",
        b"@",
        b"=",
        b"A=b",
        b"-\xff",
        b"\xff\xfe",
        b"",
        b"[",
        b"db:migrate[",
        b"--frob",
        b"postgres://u:p@h/d",
        b"jdbc:postgresql:",
        b"host=",
        b"/",
        b"-1",
        b"-ux",
        b"--schema=\n",
        b"db:pg:",
        b"--env-file=",
    ];

    #[test]
    fn no_line_makes_any_tool_panic_and_no_password_is_told() {
        let user = crate::world::User { uid: 1, name: Some("u".into()), home: None };
        let cwd = std::path::PathBuf::from("/nonexistent");
        let now = std::time::SystemTime::UNIX_EPOCH;
        let snapshot = Snapshot { vars: crate::world::Vars::default(), cwd, user, now };
        let programs: Vec<&str> = ROWS.iter().flat_map(|row| row.programs).chain(launch::LAUNCHERS).copied().collect();
        let mut state = 1_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        for round in 0..6_000 {
            let program = programs[round % programs.len()];
            let word = |next: &mut dyn FnMut(usize) -> usize| WORDS[next(WORDS.len())].to_vec();
            let args: Vec<OsString> = (0..next(6)).map(|_| OsString::from_vec(word(&mut next))).collect();
            let (invocation, places) = crate::target::open(program, &args, None, &snapshot);
            assert!(invocation.declared.is_some(), "{program}");
            for resolution in places.also.iter().chain([&places.main]) {
                if let Resolution::NoServer { because } | Resolution::Ambiguous { because, .. } = resolution {
                    assert!(!because.contains("u:p@") && !because.contains('\n'), "{program} {args:?}: {because}");
                }
            }
        }
    }
}
