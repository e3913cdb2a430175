//! From a typed invocation to the database that it would reach, as libpq decides it.
//!
//! Each field says where it came from. What cannot be decided statically is [`Resolution::Ambiguous`], never guessed.
//! This module knows nothing of rules and policy; it reads vars and files through [`crate::world`] and connects to
//! nothing.

mod connect;
mod conninfo;
mod defaults;
mod familiar;
mod getopt;
mod ground;
mod invocation;
mod json;
mod keywords;
mod origin;
mod parse;
mod project;
mod resolve;
mod service;
mod services;
mod table;
mod tools;
mod tunnel;
mod uri;
mod wrapper;

use std::ffi::OsString;

pub use connect::connect;
pub use familiar::{Familiar, Way, familiar, shown as shown_at_home};
pub use invocation::{Invocation, Opt};
pub use origin::{Field, Origin};
pub use project::{CLIENT_VARS, Mention, Mentions, SELECTION_VARS, Source, TARGET_VARS, URL_VARS, Watched, mentions};
pub use resolve::{open, open_with, parse, places, resolve};
pub use services::services;
pub use table::{Act, Custom, Customs, Declared, Effect, Fault, Language, Migrations, Places, passes, told};
pub use tunnel::{forwarder, look_once};

use crate::text::Secret;

/// The names of all tools whose command lines are understood here, and of the launchers that hide them.
pub const TOOLS: &[&str] = &[
    "psql",
    "pg_restore",
    "pg_dump",
    "pg_dumpall",
    "createdb",
    "dropdb",
    "createuser",
    "dropuser",
    "vacuumdb",
    "reindexdb",
    "clusterdb",
    "pgbench",
    "pg_basebackup",
    "pg_amcheck",
    "pg_isready",
    "pg_receivewal",
    "pg_recvlogical",
    "pgcli",
    "aerich",
    "alembic",
    "db-migrate",
    "dbmate",
    "dbt",
    "diesel",
    "django-admin",
    "drizzle-kit",
    "flask",
    "flyway",
    "goose",
    "knex",
    "kysely",
    "kysely-ctl",
    "liquibase",
    "migrate",
    "mikro-orm",
    "mikro-orm-esm",
    "node-pg-migrate",
    "pg_repack",
    "pgloader",
    "piccolo",
    "postgrator",
    "postgrator-cli",
    "prisma",
    "rails",
    "rake",
    "sequelize",
    "sequelize-cli",
    "sqitch",
    "sqlx",
    "cargo-sqlx",
    "supabase",
    "typeorm",
    "typeorm-ts-node-commonjs",
    "typeorm-ts-node-esm",
    "usql",
    "npx",
    "bunx",
    "bundle",
    "bundler",
    "poetry",
    "uv",
    "uvx",
    "pipenv",
    "pdm",
    "hatch",
    "pixi",
    "pipx",
    "poe",
    "tox",
    "conda",
    "mamba",
    "micromamba",
    "mise",
    "asdf",
    "corepack",
    "spring",
    "go",
    "npm",
    "pnpm",
    "yarn",
    "bun",
    "python",
    "python3",
    "ruby",
    "php",
    "java",
    "node",
    "atlas",
    "graphile-migrate",
    "pgroll",
    "psqldef",
    "refinery",
    "sea-orm-cli",
    "yoyo",
    "yoyo-migrate",
    "pg-schema-diff",
    "pgschema",
    "reshape",
    "sequel",
    "sql-migrate",
    "tern",
    "elixir",
    "mix",
    "dotnet",
    "dotnet-ef",
    "mysql",
    "mariadb",
    "mycli",
    "redis-cli",
    "mongosh",
    "sqlcmd",
    "cake",
    "doctrine",
    "doctrine-migrations",
    "phinx",
    "heroku",
    "neonctl",
    "neon",
    "fly",
    "flyctl",
    "gcloud",
    "aws",
    "hasura",
    "hasura-cli",
];

/// Those of [`TOOLS`] that get no shim of their own accord. Of most, code of the project decides where they go, so that each
/// run would be asked about, in development as well: `dbguard run -- knex …` guards them, and behind a launcher they pass
/// unless something that can be read names a server to be careful with. Of `node`, its version managers look at where it is,
/// and of `dotnet` and `go` whatever looks for the runtime beside it. Of the command lines of providers only a rule of the user's
/// says which app is development.
pub const BY_HAND: &[&str] = &[
    "node",
    "go",
    "java",
    "conda",
    "mamba",
    "micromamba",
    "spring",
    "aerich",
    "mix",
    "dotnet",
    "dotnet-ef",
    "atlas",
    "django-admin",
    "drizzle-kit",
    "flask",
    "knex",
    "kysely",
    "kysely-ctl",
    "mikro-orm",
    "mikro-orm-esm",
    "piccolo",
    "tern",
    "refinery",
    "typeorm",
    "typeorm-ts-node-commonjs",
    "typeorm-ts-node-esm",
    "heroku",
    "neonctl",
    "neon",
    "fly",
    "flyctl",
    "gcloud",
    "aws",
    "hasura",
    "hasura-cli",
];

/// The tools that get a shim where they are installed.
pub fn shimmed() -> Vec<&'static str> {
    TOOLS.iter().copied().filter(|tool| !BY_HAND.contains(tool)).collect()
}

/// Whether code of the project decides where this program goes, so that it is guarded only where more is known or asked.
pub fn by_hand(program: &str) -> bool {
    BY_HAND.contains(&program) || program == "manage.py"
}

/// Whether the command lines of this tool are understood here.
pub fn is_known(tool: &str) -> bool {
    tools::find(tool).is_some() || table::is_known(tool)
}

/// Whether this starts other programs, and most of those are no database tools: an interpreter, a runner of packages.
pub fn is_launcher(program: &str) -> bool {
    table::is_launcher(program)
}

/// The database system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL and what speaks its protocol.
    #[default]
    Postgresql,
    /// `MySQL` and `MariaDB`: from here on only target and environment are known.
    Mysql,
    /// Redis and Valkey.
    Redis,
    /// `MongoDB`.
    Mongodb,
    /// SQL Server.
    Sqlserver,
    /// A provider's service, of which an app, an instance or a project stands for the host.
    Service,
}

impl Engine {
    /// The port where nobody says another.
    pub fn usual_port(self) -> u16 {
        match self {
            Self::Postgresql => 5432,
            Self::Mysql => 3306,
            Self::Redis => 6379,
            Self::Mongodb => 27017,
            Self::Sqlserver => 1433,
            Self::Service => 443,
        }
    }

    /// The word for files and machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Postgresql => "postgresql",
            Self::Mysql => "mysql",
            Self::Redis => "redis",
            Self::Mongodb => "mongodb",
            Self::Sqlserver => "sqlserver",
            Self::Service => "service",
        }
    }
}

/// What an invocation would connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The database system.
    pub engine: Engine,
    /// Every host that may be tried, in order; empty only for [`Target::nowhere`].
    pub hosts: Vec<Host>,
    /// The database of the connection; `None` where the protocol has none (physical replication).
    pub dbname: Option<Field<OsString>>,
    /// The database user.
    pub user: Option<Field<OsString>>,
    /// The service that was used.
    pub service: Option<Field<OsString>>,
    /// Databases that the invocation acts on besides [`Target::dbname`]: what `dropdb app` drops while connected to
    /// `postgres`. Rules about a database name look at these too.
    pub affects: Vec<Field<OsString>>,
    /// The invocation reaches every database of the server (`pg_dumpall`, `vacuumdb --all`).
    pub every_database: bool,
    /// The forwarder behind a loopback address.
    pub via: Option<Via>,
    /// Every connection parameter that was given explicitly (options, conninfo, URI), to connect in the same way.
    pub parameters: Vec<Parameter>,
}

impl Target {
    /// A target of which nothing is known: it has no host, so that nobody can connect there.
    pub fn nowhere() -> Self {
        Self {
            engine: Engine::Postgresql,
            hosts: Vec::new(),
            dbname: None,
            user: None,
            service: None,
            affects: Vec::new(),
            every_database: false,
            via: None,
            parameters: Vec::new(),
        }
    }
}

/// One host of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Host name, address, or the directory of a unix socket. `None` when only `hostaddr` is given.
    /// The default socket directory is spelled as the tool's build has it where that is known.
    pub host: Option<Field<OsString>>,
    /// Where the packets go, when given; `host` is only a name then.
    pub hostaddr: Option<Field<OsString>>,
    /// The port.
    pub port: Field<u16>,
}

impl Host {
    /// Host and port to show, as they would stand in a URI: `db1:5432`, `[::1]:5432`. They still have to go through
    /// [`crate::text::Untrusted`].
    pub fn shown(&self) -> String {
        let name = self.host.as_ref().or(self.hostaddr.as_ref()).map_or_else(|| "?".to_owned(), Field::shown);
        let port = self.port.value;
        if name.contains(':') { format!("[{name}]:{port}") } else { format!("{name}:{port}") }
    }
}

/// A forwarder of the user's that listens on the loopback port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// The forwarder: `ssh`, `kubectl`, …
    pub program: String,
    /// Its process id.
    pub pid: u32,
    /// What it forwards to, as far as its command line says; `None` when that cannot be read, which is unknown.
    pub to: Option<Endpoint>,
}

/// The far end of a forwarder, as its command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Every name a rule may match: the forwarded host, the jump host, `namespace/pod`, an instance connection name.
    pub names: Vec<String>,
    /// The far port.
    pub port: Option<u16>,
}

/// One explicit connection parameter by its libpq keyword.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The libpq keyword: `host`, `sslmode`, …
    pub keyword: String,
    /// Its value; hidden when shown, since it may be a password.
    pub value: Secret,
}

/// The answer to "which server would this invocation reach".
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// No server is touched (`--help`, `pg_restore --list`), or the tool would stop with a usage error first.
    NoServer {
        /// Why, for `explain`.
        because: String,
    },
    /// This one.
    Resolved(Target),
    /// It cannot be said.
    Ambiguous {
        /// As much as is known.
        partial: Option<Target>,
        /// Why it cannot be said: lower case, names the place, one line.
        because: String,
    },
}
