//! The vars that speak for the database of a shell.
//!
//! The first two lists are those that a shell's hook always compares. Every other var that a survey asks for, since some
//! file or var there makes it matter, is told by [`super::Watched::vars`].

/// Vars whose whole value is a URL (or a connection string) of the database that this shell's tools would reach.
///
/// Those are in that a tool reads by itself, or that a platform hands out under this name as *the* database. Not in: what
/// names a second database of one tool (`SHADOW_DATABASE_URL` and `ROOT_DATABASE_URL`, which migration tools wipe;
/// `TEST_DATABASE_URL`, which only a test run reaches; replicas), since a shell is not "on" it. The guard looks at those
/// when a command uses them.
pub const URL_VARS: &[&str] = &[
    "DATABASE_URL",         // Rails, Django, Prisma, diesel, sqlx, dbmate, Ecto's runtime.exs, Heroku, …
    "PRIMARY_DATABASE_URL", // Rails: the primary of several; before DATABASE_URL
    "DATABASE_URI",
    "DATABASE_DSN",
    "DATABASE_URL_UNPOOLED", // Neon: the same database beside its pooler
    "DB_URL",                // Laravel since 11, reshape
    "DB_URI",
    "DB_DSN",
    "DIRECT_URL", // Prisma: migrations go there, whatever DATABASE_URL says
    "DIRECT_DATABASE_URL",
    "POSTGRES_URL", // Vercel, Supabase
    "POSTGRES_URI",
    "POSTGRES_PRISMA_URL",
    "POSTGRES_URL_NON_POOLING",
    "POSTGRES_DSN",
    "POSTGRESQL_URL",
    "POSTGRESQL_URI",
    "PG_URL",
    "PG_URI",
    "PG_DSN",
    "PGURL",
    "PG_CONNECTION_STRING",
    "SQLALCHEMY_DATABASE_URI", // Flask-SQLAlchemy
    "SQLALCHEMY_DATABASE_URL",
    "SQLALCHEMY_URL",
    "GOOSE_DBSTRING",
    "FLYWAY_URL",
    "LIQUIBASE_COMMAND_URL",
    "JDBC_DATABASE_URL", // Heroku's for Java
    "SPRING_DATASOURCE_URL",
    "QUARKUS_DATASOURCE_JDBC_URL",
    "MYSQL_URL", // Railway, Fly
    "REDIS_URL", // Heroku, and every client's documentation
    "MONGODB_URI",
    "MONGODB_URL",
    "MONGO_URL", // Meteor
];

/// The vars that say where a client of another system goes, and that client.
pub const CLIENT_VARS: &[(&str, &str)] = &[("MYSQL_HOST", "mysql"), ("SQLCMDSERVER", "sqlcmd")];

/// The vars that name the user of a URL var which does not: as these tools have it, beside the URL.
pub(in crate::target) const USER_VARS: &[(&str, &str)] = &[
    ("FLYWAY_URL", "FLYWAY_USER"),
    ("LIQUIBASE_COMMAND_URL", "LIQUIBASE_COMMAND_USERNAME"),
    ("JDBC_DATABASE_URL", "JDBC_DATABASE_USERNAME"),
    ("SPRING_DATASOURCE_URL", "SPRING_DATASOURCE_USERNAME"),
    ("QUARKUS_DATASOURCE_JDBC_URL", "QUARKUS_DATASOURCE_USERNAME"),
];

/// Every var that the target of a bare `psql` depends on: libpq's ("34.15 Environment Variables"), those by which its
/// files are found, the one of getopt, and those of Debian's `pg_wrapper`.
pub const TARGET_VARS: &[&str] = &[
    "PGHOST",
    "PGHOSTADDR",
    "PGPORT",
    "PGDATABASE",
    "PGUSER",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGSYSCONFDIR",
    "PGCLUSTER",
    "PG_CLUSTER_CONF_ROOT",
    "HOME",
    "PATH",
    "POSIXLY_CORRECT",
];

/// Vars that choose among the sections and files of a project.
pub const SELECTION_VARS: &[&str] = &[
    "RAILS_ENV",
    "RACK_ENV",
    "NODE_ENV",
    "APP_ENV",
    "MIX_ENV",
    "FLYWAY_ENVIRONMENT",
    "FLYWAY_CONFIG_FILES",
    "LIQUIBASE_DEFAULTS_FILE",
    "ALEMBIC_CONFIG",
    "SQITCH_CONFIG",
    "SQITCH_TARGET", // a URI, or a name that the file explains
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_var_is_listed_twice() {
        let mut all: Vec<_> = [URL_VARS, TARGET_VARS, SELECTION_VARS].concat();
        all.extend(CLIENT_VARS.iter().map(|(var, _)| *var));
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn the_page_about_them_names_every_one() {
        let page = include_str!("../../../docs/CLIENTS.md");
        let users = USER_VARS.iter().map(|(_, user)| user);
        for var in URL_VARS.iter().chain(users).chain(CLIENT_VARS.iter().map(|(var, _)| var)) {
            assert!(page.contains(&format!("`{var}`")), "{var}");
        }
    }

    #[test]
    fn the_companions_belong_to_url_vars() {
        assert!(USER_VARS.iter().all(|(url, _)| URL_VARS.contains(url)));
    }
}
