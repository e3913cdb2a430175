//! One tool of the table: how its command line is read, what its subcommands do, where it takes its target from.
//!
//! The words are explained in `tools/README.md`; [`super::read`] makes this of them. Nothing is decided here.

use std::ops::Range;

use super::effect::Effect;
use crate::target::Engine;
use crate::target::project::Driver;

/// A tool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a key of the file, and stands for itself")]
pub(super) struct Entry {
    pub(super) style: Style,
    /// How many words name a command: two in `migrate reset`.
    pub(super) words: usize,
    /// Only listed commands are guarded: the program does much else.
    pub(super) only: bool,
    /// Every operand is a command of its own.
    pub(super) several: bool,
    /// `KEY=VALUE` operands set vars.
    pub(super) assigns: bool,
    /// Options behind the command are the command's own.
    pub(super) first: bool,
    /// Long options may be shortened.
    pub(super) shortens: bool,
    /// Commands are compared without case and dashes.
    pub(super) folds: bool,
    /// Its sessions take `PGOPTIONS`, so that they can be started read-only.
    pub(super) pgoptions: bool,
    /// Its files are looked for in the parents of the working directory too.
    pub(super) up: bool,
    /// The command when none is given.
    pub(super) default: Option<String>,
    pub(super) options: Vec<Known>,
    pub(super) commands: Vec<(String, Effect)>,
    pub(super) unlisted: Effect,
    pub(super) when: Vec<When>,
    pub(super) driver: Driver,
    pub(super) dotenv: Dotenv,
    /// Vars that an option stands for: the var, the option.
    pub(super) set: Vec<(String, String)>,
    pub(super) target: Vec<Step>,
    pub(super) also: Vec<Step>,
    pub(super) hints: Vec<String>,
    /// Commands that connect to the maintenance database.
    pub(super) maintenance: Vec<String>,
    /// Commands that act on the database that their first operand names.
    pub(super) named: Vec<String>,
    /// The option by which it goes through every database of the server.
    pub(super) every: Option<String>,
    /// Without a database it takes the one named after `PGUSER` or the system's user, whatever its option says.
    pub(super) own_name: bool,
    /// Another database system than PostgreSQL.
    pub(super) engine: Engine,
    /// Its first operand is a database, or an address.
    pub(super) operand: bool,
    /// Where its migrations are, when they are SQL files.
    pub(super) migrations: Option<Scripts>,
    /// How it can be asked where it goes.
    pub(super) probe: Option<Probe>,
}

/// How a command line is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `-x V`, `-xV`, `--long V`, `--long=V`, letters in a bundle.
    Gnu,
    /// Go's `flag`: `-long V`, `-long=V`, also with two dashes; the first operand ends them.
    Go,
    /// Flyway's `-key=value`.
    Keys,
    /// As GNU's, and commands may be shortened part by part: `mig:fr`.
    Symfony,
}

/// An option: its spellings, with their dashes, the name last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) spellings: Vec<String>,
    pub(super) value: bool,
    /// It takes a value only where that is joined to it: `MySQL`'s `-psecret`.
    pub(super) joined: bool,
}

impl Known {
    /// The last spelling without its dashes.
    pub(super) fn name(&self) -> &str {
        self.spellings.last().map_or("", |spelling| spelling.trim_start_matches('-'))
    }
}

/// What changes the effect of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct When {
    /// Any of these options.
    pub(super) options: Vec<String>,
    /// With this value.
    pub(super) value: Option<String>,
    /// Or an operand behind the command, counted from 1.
    pub(super) argument: Option<usize>,
    /// Only for these commands; for all where there are none.
    pub(super) on: Vec<String>,
    pub(super) effect: Effect,
    pub(super) bound: Bound,
}

/// How an effect is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Exactly,
    AtMost,
    AtLeast,
}

/// Migrations that are SQL files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scripts {
    /// Options, `$VARS`, and last the directory when none of them says it.
    pub(super) dir: Vec<String>,
    pub(super) up: Vec<String>,
    pub(super) down: Vec<String>,
    pub(super) up_mark: Option<String>,
    pub(super) down_mark: Option<String>,
    /// Commands that go forward.
    pub(super) on: Vec<String>,
    /// Commands that go back.
    pub(super) undo: Vec<String>,
    /// The table that holds those that ran, its column, and a column that must be true: of the default name.
    pub(super) applied: Vec<String>,
    /// Options that make it another table.
    pub(super) unless: Vec<String>,
}

/// The command line by which the tool says where it goes; `{}` stands for the options that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Probe {
    pub(super) language: Language,
    pub(super) words: Vec<String>,
    pub(super) keep: Vec<String>,
}

/// The language that a tool is written in, which has a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// psycopg in both versions, asyncpg.
    Python,
    /// node-postgres, and the engine that Prisma starts.
    Node,
}

/// The files that the tool loads into its vars.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dotenv {
    /// In the order in which they win; `{VAR}` is filled in.
    pub(super) files: Vec<String>,
    /// An option that names another file instead.
    pub(super) option: Option<String>,
    /// That option counts as two words only.
    pub(super) apart: bool,
    /// Only the first that is there.
    pub(super) one: bool,
    /// An option that turns it off.
    pub(super) off: Option<String>,
    /// Only where this file is there, and holds the text: the file, the text.
    pub(super) needs: Option<(String, String)>,
}

/// One place that a target comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The value of an option is a URL.
    Option(String),
    /// An operand behind the command is a URL, counted from 1.
    Argument(usize),
    /// A var holds a URL; an option may name another var.
    Var { option: Option<String>, name: String },
    /// The options `host`, `port`, `user` and `dbname`; an operand may be the database.
    Options(Option<usize>),
    /// The vars of libpq.
    Vars,
    /// A static file that one of the readers knows.
    File(Reader),
    /// Code decides; these are its files, any of them. Without files, always.
    Code(Vec<String>),
}

/// The readers of static files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    Alembic,
    Appsettings,
    DbMigrate,
    Dbt,
    Flyway,
    Graphile,
    GraphileRoot,
    GraphileShadow,
    Liquibase,
    NodePgMigrate,
    Php(Framework),
    Postgrator,
    Prisma,
    PrismaShadow,
    Rails,
    Sequelize,
    Sqitch,
    SqlMigrate,
    SqlxVar,
    Supabase,
    Yoyo,
}

/// The tools of PHP, whose files are much alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framework {
    Cake,
    Doctrine,
    Laravel,
    Phinx,
}

/// The readers by their names.
pub(super) const READERS: [(&str, Reader); 24] = [
    ("alembic", Reader::Alembic),
    ("appsettings", Reader::Appsettings),
    ("cake", Reader::Php(Framework::Cake)),
    ("db-migrate", Reader::DbMigrate),
    ("dbt", Reader::Dbt),
    ("doctrine", Reader::Php(Framework::Doctrine)),
    ("flyway", Reader::Flyway),
    ("graphile", Reader::Graphile),
    ("graphile-root", Reader::GraphileRoot),
    ("graphile-shadow", Reader::GraphileShadow),
    ("laravel", Reader::Php(Framework::Laravel)),
    ("liquibase", Reader::Liquibase),
    ("node-pg-migrate", Reader::NodePgMigrate),
    ("phinx", Reader::Php(Framework::Phinx)),
    ("postgrator", Reader::Postgrator),
    ("prisma", Reader::Prisma),
    ("prisma-shadow", Reader::PrismaShadow),
    ("rails", Reader::Rails),
    ("sequelize", Reader::Sequelize),
    ("sql-migrate", Reader::SqlMigrate),
    ("sqitch", Reader::Sqitch),
    ("sqlx", Reader::SqlxVar),
    ("supabase", Reader::Supabase),
    ("yoyo", Reader::Yoyo),
];

/// Something that is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, in bytes.
    pub at: Range<usize>,
    /// What.
    pub message: String,
    /// The word that is not known; empty where it is something else.
    pub word: String,
    /// The words that are known there.
    pub known: Vec<&'static str>,
}

impl Entry {
    /// That of a program which is not in the table: nothing of it is guarded.
    pub(super) fn none() -> Self {
        Self { only: true, ..Self::empty() }
    }

    /// Whether letters and long names are told apart by their dashes.
    pub(super) fn is_gnu(&self) -> bool {
        matches!(self.style, Style::Gnu | Style::Symfony)
    }

    /// An entry that says nothing.
    pub(super) fn empty() -> Self {
        Self {
            style: Style::Gnu,
            words: 1,
            only: false,
            several: false,
            assigns: false,
            first: false,
            shortens: false,
            folds: false,
            pgoptions: false,
            up: false,
            default: None,
            options: Vec::new(),
            commands: Vec::new(),
            unlisted: Effect::Unknown,
            when: Vec::new(),
            driver: Driver::Any,
            dotenv: Dotenv::default(),
            set: Vec::new(),
            target: Vec::new(),
            also: Vec::new(),
            hints: Vec::new(),
            maintenance: Vec::new(),
            named: Vec::new(),
            every: None,
            own_name: false,
            engine: Engine::Postgresql,
            operand: false,
            migrations: None,
            probe: None,
        }
    }
}

/// Whether a command is the one of a pattern, which may end in `*`.
pub(super) fn fits(pattern: &str, command: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => command.starts_with(start),
        None => pattern == command,
    }
}
