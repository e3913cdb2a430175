//! Database URLs in the dialects of drivers and frameworks, brought to libpq's parameters.
//!
//! `postgresql+psycopg2://`, `ecto://`, `jdbc:postgresql://` and the rest name the same things in almost the same way.
//! What is no target (`?schema=public`, `?pool=5`) is left out; what drivers read differently is a doubt; a placeholder
//! is never filled in. Of other systems no more is read than where they listen ([`super::foreign`]); those that have no
//! server, or whose address is not read, are skipped, and an unknown scheme is not harmless.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::reading::{Driver, Said};
use super::{appsettings, foreign, jdbc};
use crate::target::conninfo::{self, Setting, Trouble};
use crate::target::origin::Origin;
use crate::target::{keywords, uri};
use crate::text::Untrusted;

/// What a value comes to.
#[derive(Debug)]
pub(in crate::target) enum Url {
    /// It names a database on a server, to this driver where the URL says which.
    Database(Said, Option<Driver>),
    /// It names none that is guarded: another system's, a file, nothing.
    Other,
    /// It cannot be read.
    Unclear(String),
}

/// Reads a URL or a connection string.
pub(in crate::target) fn read(text: &str, origin: &Origin) -> Url {
    let text = text.trim();
    if text.is_empty() || is_file(text) {
        return Url::Other;
    }
    if let Some(said) = foreign::url(text, origin) {
        return Url::Database(said, Some(Driver::Own));
    }
    let Some((scheme, rest)) = scheme(text) else { return connection_string(text, origin) };
    if is_other(&scheme) {
        return Url::Other;
    }
    if let Some(why) = template(text) {
        return Url::Unclear(why);
    }
    match (scheme.as_str(), rest.strip_prefix("//")) {
        ("jdbc", _) => jdbc::read(rest, origin),
        ("db", _) => sqitch(rest, origin),
        ("r2dbc", _) => match read(rest.strip_prefix("pool:").unwrap_or(rest), origin) {
            Url::Database(said, _) => Url::Database(said, Some(Driver::Own)),
            other @ (Url::Other | Url::Unclear(_)) => other,
        },
        (scheme, Some(rest)) => match own(scheme) {
            Some((port, driver)) => postgres(rest, port, driver, origin),
            None => unknown(scheme),
        },
        (scheme, None) if own(scheme).is_none() => connection_string(text, origin),
        (_, None) => Url::Unclear("a URL lacks the `//` behind its scheme".to_owned()),
    }
}

/// `name:` at the start, the name in small letters.
fn scheme(text: &str) -> Option<(String, &str)> {
    let (name, rest) = text.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(plain);
    is_name.then(|| (name.to_ascii_lowercase(), rest))
}

/// The default port of a scheme that means PostgreSQL or what speaks its protocol, and the driver that its suffix names.
fn own(scheme: &str) -> Option<(u16, Option<Driver>)> {
    let (base, suffix) = scheme.split_once('+').unwrap_or((scheme, ""));
    let port = match base {
        // The last ones are GeoDjango's, Ecto's, PHP's, and those of dj-database-url and django-environ.
        "postgres" | "postgresql" | "postgis" | "ecto" | "pgsql" | "pdo-pgsql" | "pdo_pgsql" | "pg" | "psql"
        | "pgx" | "pgx4" | "pgx5" | "timescale" | "timescalegis" => 5432,
        "cockroach" | "cockroachdb" | "crdb-postgres" => 26257,
        "redshift" => 5439,
        _ => return None,
    };
    let driver = match suffix {
        "psycopg" | "psycopg2" | "psycopg2cffi" | "psycopg_async" | "aiopg" => Some(Driver::Libpq),
        "" => None,
        _ => Some(Driver::Any),
    };
    Some((port, driver))
}

/// Schemes of other engines. What is missing here is taken for unknown, which is the safe side.
const OTHERS: &str = "offline mysql mysql2 mysqlx mysql-mymysql mariadb trilogy tidb sqlite sqlite3 sqlite2 pdo-sqlite pdo_sqlite \
    pdo-mysql pdo_mysql spatialite file libsql d1 duckdb mongodb redis rediss valkey valkeys memcached \
    sqlserver mssql mssqlms oracle oracledb db2 clickhouse snowflake bigquery databricks trino presto \
    hive cassandra scylla neo4j bolt elasticsearch amqp amqps nats kafka http https firebird spanner h2 \
    access";

fn is_other(scheme: &str) -> bool {
    let base = scheme.split('+').next();
    OTHERS.split(' ').any(|other| Some(other) == base)
}

/// A file of `SQLite`, by the name that it has.
fn is_file(text: &str) -> bool {
    let ends = [".db", ".sqlite", ".sqlite3"].iter().any(|end| text.ends_with(end));
    text == ":memory:" || ends && !text.contains("://") && !text.contains('=')
}

fn unknown(scheme: &str) -> Url {
    if scheme.len() > 32 {
        return Url::Unclear("it is no URL of a database".to_owned());
    }
    Url::Unclear(format!("`{}` is no URL scheme that dbguard knows", Untrusted::text(scheme)))
}

/// `pg://host/name` or `pg:name`, behind Sqitch's `db:`.
fn sqitch(rest: &str, origin: &Origin) -> Url {
    let Some((engine, place)) = rest.split_once(':') else {
        return Url::Unclear("a `db:` URI names no engine".to_owned());
    };
    match (engine, place.strip_prefix("//")) {
        ("pg" | "postgres" | "postgresql" | "cockroach", Some(_)) => read(rest, origin),
        ("pg" | "postgres" | "postgresql" | "cockroach", None) => {
            let mut settings = Vec::new();
            if !place.is_empty() {
                put(&mut settings, b"dbname", place.as_bytes().to_vec(), origin);
            }
            let doubt = settings.iter().find_map(placeholder);
            Url::Database(Said { settings, doubt, ..Said::default() }, Some(Driver::Libpq))
        }
        ("yugabyte", _) => unknown(engine),
        _ => Url::Other,
    }
}

/// `host=… dbname=…`, as libpq and the drivers of Go take it.
fn connection_string(text: &str, origin: &Origin) -> Url {
    if let Some(why) = template(text) {
        return Url::Unclear(why);
    }
    if text.starts_with(|c: char| c.is_ascii_uppercase()) && text.contains(['=', ';']) {
        return appsettings::string(text, origin);
    }
    if !text.contains('=') {
        return Url::Unclear("it is no URL of a database".to_owned());
    }
    match conninfo::parse(text.as_bytes(), origin) {
        Ok(settings) => Url::Database(Said { settings, ..Said::default() }, None),
        Err(Trouble::Rejected(why) | Trouble::Unclear(why)) => Url::Unclear(why),
    }
}

/// Why a text is a template and no value.
pub(super) fn template(text: &str) -> Option<String> {
    const MARKS: &[&str] = &["${", "$(", "<%", "{{", "{%", "%(", "#{"];
    let mark = MARKS.iter().find(|mark| text.contains(**mark))?;
    Some(format!("it has a placeholder (`{mark}`) that something else fills in"))
}

/// What follows `postgresql://`.
fn postgres(rest: &str, port: u16, driver: Option<Driver>, origin: &Origin) -> Url {
    if let Some(why) = uri::spilled_password(rest.as_bytes()) {
        return Url::Unclear(why);
    }
    let mut doubt = odd_credentials(rest);
    let bytes = rest.as_bytes();
    let pairs = match uri::pairs(bytes) {
        Err(Trouble::Rejected(_)) => uri::pairs(&without_password(bytes)),
        read => read,
    };
    let pairs = match pairs {
        Ok(pairs) => pairs,
        Err(Trouble::Rejected(why) | Trouble::Unclear(why)) => return Url::Unclear(why),
    };
    let mut settings: Vec<Setting> = Vec::new();
    for (keyword, value) in pairs {
        if let Some(why) = misread(&keyword, &value, &settings, driver) {
            doubt = doubt.or(Some(why));
        }
        put(&mut settings, &keyword, value, origin);
    }
    doubt = doubt.or_else(|| settings.iter().find_map(placeholder));
    if port != 5432 && settings.iter().all(|setting| setting.keyword != "port") {
        settings.push(Setting { keyword: "port", value: port.to_string().into(), origin: Origin::Default });
    }
    Url::Database(Said { settings, doubt, ..Said::default() }, driver)
}

/// Keeps what libpq knows; the last mention counts.
fn put(settings: &mut Vec<Setting>, keyword: &[u8], value: Vec<u8>, origin: &Origin) {
    let Some(keyword) = keywords::find(keyword) else { return };
    let origin = Origin::Conninfo(Box::new(origin.clone()));
    let setting = Setting { keyword, value: OsString::from_vec(value), origin };
    match settings.iter_mut().find(|earlier| earlier.keyword == keyword) {
        Some(earlier) => *earlier = setting,
        None => settings.push(setting),
    }
}

/// Parameters of the query that decide the target for some drivers and not for others.
fn misread(keyword: &[u8], value: &[u8], before: &[Setting], driver: Option<Driver>) -> Option<String> {
    let name = String::from_utf8_lossy(keyword);
    let aliases = [
        "database",
        "hostname",
        "username",
        "socket",
        "socket_dir",
        "socketdir",
        "unix_socket",
        "unix_sock",
        "servicefile",
        "socketfactory",
    ];
    if aliases.contains(&name.to_ascii_lowercase().as_str()) {
        return Some(format!("some drivers take the target from `?{}=`", Untrusted::text(&name)));
    }
    let earlier = before.iter().find(|setting| setting.keyword == name)?;
    let decides = matches!(earlier.keyword, "host" | "port" | "user" | "dbname");
    // libpq lets the query win, asyncpg the authority; tokio-postgres and postgres.js do not look at the query.
    (decides && driver != Some(Driver::Libpq) && earlier.value.as_bytes() != value)
        .then(|| format!("it says `{}` twice, and drivers differ on which counts", earlier.keyword))
}

/// Credentials that other parsers than libpq's end elsewhere: a `#` or `?` behind what may be a port.
fn odd_credentials(rest: &str) -> Option<String> {
    let authority = rest.split('/').next().unwrap_or_default();
    let (before, _) = authority.split_once('@')?;
    let cut = before.split(['#', '?']).next().filter(|cut| cut.len() < before.len())?;
    let port = cut.rsplit_once(':').map_or("", |(_, port)| port);
    port.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| "its password has a `#` or `?` that is not percent-encoded".to_owned())
}

/// The URL without a password that is not well encoded: it is no part of the target.
fn without_password(rest: &[u8]) -> Vec<u8> {
    let authority = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
    let at = rest.get(..authority).and_then(|text| text.iter().position(|&byte| byte == b'@'));
    let colon = at.and_then(|at| rest.get(..at)?.iter().position(|&byte| byte == b':'));
    match (colon, at) {
        (Some(colon), Some(at)) => [rest.get(..colon).unwrap_or_default(), rest.get(at..).unwrap_or_default()].concat(),
        _ => rest.to_vec(),
    }
}

/// A value that a person or a program still has to fill in.
pub(super) fn placeholder(setting: &Setting) -> Option<String> {
    let decides = matches!(setting.keyword, "host" | "hostaddr" | "port" | "user" | "dbname" | "service");
    let odd = |c: char| matches!(c, '$' | '<' | '>' | '{' | '}' | '\u{fffd}') || c.is_control();
    let value = setting.value.to_string_lossy();
    (decides && value.contains(odd)).then(|| format!("its `{}` looks like a placeholder", setting.keyword))
}

#[cfg(test)]
mod tests {
    use super::super::tests::Sample;

    fn said(url: &str) -> String {
        let said = Sample::new().var("DATABASE_URL", url).said();
        said.first().map_or_else(|| "nothing".to_owned(), |line| line.replace("DATABASE_URL -> ", ""))
    }

    #[test]
    fn the_dialects_of_drivers_name_the_same_place() {
        let schemes = [
            "postgres",
            "postgresql",
            "postgresql+psycopg2",
            "postgresql+asyncpg",
            "postgres+pool",
            "postgis",
            "ecto",
            "pgsql",
            "psql",
            "PostgreSQL",
        ];
        for scheme in schemes {
            assert_eq!(said(&format!("{scheme}://u:p@db1:6432/app")), "u@db1:6432/app", "{scheme}");
        }
        assert_eq!(said("cockroachdb://u@db1/app"), "u@db1:26257/app");
        assert_eq!(said("redshift://u@db1/app"), "u@db1:5439/app");
        assert_eq!(said("r2dbc:pool:postgresql://u@db1/app"), "u@db1:5432/app");
        assert_eq!(said("host=db1 port=6543 user=u dbname=app"), "u@db1:6543/app");
    }

    #[test]
    fn what_has_no_server_or_is_not_looked_at_is_no_mention() {
        let others = [
            "sqlite:///app.db",
            "sqlite:x.db",
            "oracle://h/d",
            "file:./dev.db",
            "jdbc:oracle:thin:@h:1521/d",
            "jdbc:tc:postgresql:15:///d",
            ":memory:",
            "storage/dev.sqlite3",
            " ",
        ];
        for url in others {
            assert_eq!(said(url), "nothing", "{url}");
        }
    }

    #[test]
    fn of_other_systems_it_is_known_where_they_listen() {
        assert_eq!(said("mysql://u:p@h/d?ssl=true"), "u@h:3306/d");
        assert_eq!(said("mysql2://h:3307/d"), "-@h:3307/d");
        assert_eq!(said("mysql+pymysql://u@[2001:db8::1]:3307/d"), "u@[2001:db8::1]:3307/d");
        assert_eq!(said("mysql://u:p@tcp(h:3306)/d"), "u@h:3306/d", "Go's driver");
        assert_eq!(said("mysql://u:p@unix(/run/mysql.sock)/d"), "u@localhost:3306/d");
        assert_eq!(said("mysql:///d"), "-@localhost:3306/d");
        assert_eq!(said("rediss://:p@h:6380/1"), "-@h:6380/1");
        assert_eq!(said("mongodb://u:p@a:1,b/d"), "u@a:1,b:27017/d");
        assert_eq!(said("mongodb+srv://h/d"), "-@h:27017/d");
        assert_eq!(said("jdbc:mysql://h/d"), "-@h:3306/d");
        assert_eq!(said("jdbc:mysql:loadbalance://a,b/d"), "-@a:3306,b:3306/d");
        assert_eq!(said("jdbc:sqlserver://h\\SQLEXPRESS:1433;databaseName=d;user=u"), "-@h:1433/d");
        assert_eq!(said("mysql://h:port/d"), "? its port is no number [-@h:3306/d]");
        assert_eq!(
            said("mysql://u:p@x/y@h/d"),
            "? a character of its password is not encoded: write @ as %40 and / as %2F [-@localhost:3306/-]"
        );
        assert_eq!(
            said("mysql://${USER}@h/d"),
            "? a part of its URL is encoded, or something else fills it in [${USER}@h:3306/d]"
        );
    }

    #[test]
    fn an_unknown_scheme_is_not_harmless() {
        assert_eq!(said("newdb://h/d"), "? `newdb` is no URL scheme that dbguard knows");
        assert_eq!(said("prisma+postgres://h/d"), "? `prisma+postgres` is no URL scheme that dbguard knows");
        assert_eq!(said("db1.example.com"), "? it is no URL of a database");
        assert_eq!(said("postgres:db1"), "? a URL lacks the `//` behind its scheme");
    }

    #[test]
    fn parameters_that_are_no_target_are_left_out() {
        let url = "postgres://u:p@db1/app?schema=public&pgbouncer=true&sslmode=no-verify&pool=5&serverVersion=15";
        assert_eq!(said(url), "u@db1:5432/app");
        assert_eq!(said("postgres:///app?host=db1&user=u&port=6000"), "u@db1:6000/app");
    }

    #[test]
    fn templates_are_never_filled_in() {
        for url in
            ["postgres://u@${H}/app", "postgres://u@<%= h %>/app", "postgres://u@{{ h }}/a", "postgres://u@%(h)s/a"]
        {
            assert!(said(url).starts_with("? it has a placeholder"), "{url}: {}", said(url));
        }
        assert_eq!(said("postgres://u@$HOST/app"), "? its `host` looks like a placeholder [u@$HOST:5432/app]");
        assert_eq!(said("postgres://u:p@<host>/app"), "? its `host` looks like a placeholder [u@<host>:5432/app]");
        assert_eq!(said("postgres://USER:PASS@HOST:PORT/DB"), "? the port is not a port number");
    }

    #[test]
    fn a_url_that_parsers_cut_differently_is_doubtful() {
        let twice = "? it says `host` twice, and drivers differ on which counts [u@db2:5432/app]";
        assert_eq!(said("postgres://u@db1/app?host=db2"), twice);
        assert_eq!(said("postgresql+psycopg2://u@db1/app?host=db2"), "u@db2:5432/app");
        assert_eq!(said("postgres://u@db1/app?host=db1"), "u@db1:5432/app");
        let at = "? its password has an `@` that is not written as `%40`";
        assert_eq!(said("postgres://u:p@a@db1/app"), at);
        let slash = "? its password has a `/` that is not written as `%2F`";
        assert_eq!(said("postgres://u:12/a@db1/app"), slash);
        let hash = "? its password has a `#` or `?` that is not percent-encoded [db1@prod:5432/app]";
        assert_eq!(said("postgres://db1:5432#x@prod/app"), hash);
        assert_eq!(said("postgres://u:se#cret@db1/app"), "u@db1:5432/app");
        let alias = "? some drivers take the target from `?socket=` [u@db1:5432/app]";
        assert_eq!(said("postgres://u@db1/app?socket=/tmp"), alias);
    }

    #[test]
    fn a_password_that_is_not_encoded_is_no_matter() {
        assert_eq!(said("postgres://u:50%off@db1/app"), "u@db1:5432/app");
    }

    #[test]
    fn no_url_shows_its_password() {
        let urls = [
            "postgres://u:hush@a@db1/app",
            "postgres://u:p@hush@db1/app",
            "postgres://u:p@hush@more@db1/app?x=1",
            "postgres://u:p@a/hush@db1/app",
            "postgres://u:12/hush@db1:5432/app",
            "postgres://u:hush@db1:port/app",
            "postgres://u:hush db1",
            "newdb://u:hush@h",
            "jdbc:postgresql://u:hush@h/d",
            "host=h password=hush port",
            "u:hush@db1/app",
            "postgres:u:hush@h",
        ];
        for url in urls {
            let told = said(url);
            assert!(!told.contains("hush"), "{url}: {told}");
        }
    }

    #[test]
    fn what_drivers_fill_in_differently_is_doubtful() {
        let with = |url: &str, var: &str, value: &str| Sample::new().var("DATABASE_URL", url).var(var, value).said();
        let differ = "it leaves out what some drivers take from `PG…` vars and others do not";
        assert_eq!(
            with("postgres://u@db1/app", "PGPORT", "6543"),
            [format!("DATABASE_URL -> ? {differ} [u@db1:6543/app]")]
        );
        assert_eq!(with("postgres://u@db1:1/app", "PGPORT", "6543"), ["DATABASE_URL -> u@db1:1/app"]);
        assert_eq!(with("postgresql+psycopg://u@db1/app", "PGPORT", "6543"), ["DATABASE_URL -> u@db1:6543/app"]);
        assert_eq!(with("jdbc:postgresql://db1/app?user=u", "PGPORT", "6543"), ["DATABASE_URL -> u@db1:5432/app"]);
        assert_eq!(said("postgres:///app"), "os-user@/tmp:5432/app");
        assert_eq!(
            with("postgres://u@db1:1/app", "PGHOSTADDR", "192.0.2.1"),
            [format!("DATABASE_URL -> ? {differ} [u@db1:1/app]")]
        );
    }

    #[test]
    fn the_user_of_a_jdbc_url_stands_beside_it() {
        let sample = Sample::new().var("SPRING_DATASOURCE_URL", "jdbc:postgresql://db1/app");
        let said = sample.var("SPRING_DATASOURCE_USERNAME", "app").said();
        assert_eq!(said, ["SPRING_DATASOURCE_URL -> app@db1:5432/app"]);
    }
}
