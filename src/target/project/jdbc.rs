//! JDBC URLs: `jdbc:postgresql://host:port,host:port/database?user=…`.
//!
//! As pgjdbc reads them (<https://jdbc.postgresql.org/documentation/use/>): it takes nothing from libpq's vars, a
//! missing host is `localhost`, no user stands before the host, and `?PGHOST=`, `?PGPORT=`, `?PGDBNAME=` win.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::foreign;
use super::reading::{Driver, Said};
use super::url::{Url, placeholder};
use crate::target::conninfo::{Setting, Trouble};
use crate::target::origin::Origin;
use crate::target::uri;
use crate::text::Untrusted;

/// Reads what follows `jdbc:`.
pub(super) fn read(rest: &str, origin: &Origin) -> Url {
    let rest = inner(rest);
    let Some((engine, server)) = rest.split_once(':') else {
        return Url::Unclear("a JDBC URL lacks its subprotocol".to_owned());
    };
    match engine.to_ascii_lowercase().as_str() {
        "postgresql" => postgres(server, 5432, origin),
        "redshift" => postgres(server, 5439, origin),
        engine if foreign::named(engine).is_some() => {
            // `jdbc:mysql:loadbalance://` and the like stand before the same hosts.
            let place = server.split_once("//").map_or(server, |(_, place)| place);
            match foreign::url(&format!("{engine}://{place}"), origin) {
                Some(said) => Url::Database(said, Some(Driver::Own)),
                None => Url::Other,
            }
        }
        // Testcontainers starts a throw-away container of its own.
        "tc" => Url::Other,
        engine if OTHERS.split(' ').any(|other| other == engine) => Url::Other,
        engine => Url::Unclear(format!("`jdbc:{}:` is no URL that dbguard knows", Untrusted::text(engine))),
    }
}

const OTHERS: &str = "mysql mariadb sqlserver jtds oracle h2 hsqldb sqlite derby db2 as400 clickhouse ch snowflake \
    bigquery trino presto hive2 cassandra duckdb firebirdsql sybase sap informix-sqli mongodb databricks \
    athena ignite singlestore cloudspanner";

/// Without the names of drivers that wrap another one.
fn inner(rest: &str) -> &str {
    let wrappers = ["p6spy:", "otel:", "opentracing:", "tracing:", "aws-wrapper:", "log4jdbc:", "datadog:"];
    wrappers.iter().find_map(|wrapper| rest.strip_prefix(wrapper)).unwrap_or(rest)
}

fn postgres(server: &str, port: u16, origin: &Origin) -> Url {
    let (place, query) = server.split_once('?').unwrap_or((server, ""));
    match settings(place, query, port, origin) {
        Ok((settings, doubt)) => {
            let doubt = doubt.or_else(|| settings.iter().find_map(placeholder));
            Url::Database(Said { settings, doubt, ..Said::default() }, Some(Driver::Own))
        }
        Err(why) => Url::Unclear(why),
    }
}

type Read = (Vec<Setting>, Option<String>);

fn settings(place: &str, query: &str, default: u16, origin: &Origin) -> Result<Read, String> {
    let mut values = Values { settings: Vec::new(), origin };
    let name = match place.strip_prefix("//") {
        Some(place) => {
            let (authority, name) = place.split_once('/').unwrap_or((place, ""));
            values.servers(authority, default)?;
            name
        }
        None => place.strip_prefix('/').unwrap_or(place),
    };
    values.set("dbname", name)?;
    let mut doubt = None;
    for (name, value) in query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))) {
        match name {
            "PGHOST" => values.set("host", value)?,
            "PGPORT" => values.set("port", value)?,
            "PGDBNAME" => values.set("dbname", value)?,
            "user" => values.set("user", value)?,
            "password" => values.set("password", value)?,
            // A class of the program's own opens the connection, or a file names the server.
            "socketFactory" | "service" | "cloudSqlInstance" => {
                doubt = Some(format!("`{name}` decides where its connection goes"));
            }
            _ => {}
        }
    }
    Ok((values.settings, doubt))
}

struct Values<'a> {
    settings: Vec<Setting>,
    origin: &'a Origin,
}

impl Values<'_> {
    /// `host:port,host:port`; a host that is missing is `localhost`.
    fn servers(&mut self, authority: &str, default: u16) -> Result<(), String> {
        if authority.contains('@') {
            return Err("a JDBC URL takes no user before the host".to_owned());
        }
        let (mut hosts, mut ports) = (Vec::new(), Vec::new());
        for server in authority.split(',') {
            let bracket = server.rfind(']').unwrap_or(0);
            let colon = server.rfind(':').filter(|&colon| colon >= bracket);
            let (host, port) = colon.and_then(|colon| server.split_at_checked(colon)).unwrap_or((server, ""));
            let host = host.trim_matches(['[', ']']);
            hosts.push(if host.is_empty() { "localhost" } else { host });
            let port = port.trim_start_matches(':');
            ports.push(if port.is_empty() { default.to_string() } else { port.to_owned() });
        }
        self.set("host", &hosts.join(","))?;
        self.set("port", &ports.join(","))
    }

    /// The last mention counts; an empty one does not.
    fn set(&mut self, keyword: &'static str, value: &str) -> Result<(), String> {
        let value = uri::decoded(value.as_bytes()).map_err(|trouble| match trouble {
            Trouble::Rejected(why) | Trouble::Unclear(why) => why,
        })?;
        if !value.is_empty() {
            self.settings.retain(|setting| setting.keyword != keyword);
            let origin = Origin::Conninfo(Box::new(self.origin.clone()));
            self.settings.push(Setting { keyword, value: OsString::from_vec(value), origin });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Sample;

    fn said(url: &str) -> String {
        let said = Sample::new().var("FLYWAY_URL", url).said();
        said.first().map_or_else(|| "nothing".to_owned(), |line| line.replace("FLYWAY_URL -> ", ""))
    }

    #[test]
    fn what_is_left_out_is_pgjdbcs_own_default() {
        assert_eq!(said("jdbc:postgresql:app"), "os-user@localhost:5432/app");
        assert_eq!(said("jdbc:postgresql:/"), "os-user@localhost:5432/os-user");
        assert_eq!(said("jdbc:postgresql:///app"), "os-user@localhost:5432/app");
        assert_eq!(said("jdbc:postgresql://db1/"), "os-user@db1:5432/os-user");
    }

    #[test]
    fn lists_brackets_and_wrappers_are_read() {
        assert_eq!(said("jdbc:postgresql://db1,db2:6000/app?user=u"), "u@db1:5432,db2:6000/app");
        assert_eq!(said("jdbc:postgresql://[::1]:6000/app?user=u"), "u@[::1]:6000/app");
        assert_eq!(said("jdbc:aws-wrapper:postgresql://db1/app?user=u"), "u@db1:5432/app");
    }

    #[test]
    fn its_properties_win_over_the_authority() {
        let url = "jdbc:postgresql://db1/app?user=u&PGHOST=db2&PGPORT=6000&PGDBNAME=b%2Fc&ssl=true";
        assert_eq!(said(url), "u@db2:6000/b/c");
    }

    #[test]
    fn a_class_of_its_own_decides_where_it_goes() {
        let url =
            "jdbc:postgresql:///app?cloudSqlInstance=p:r:i&socketFactory=com.google.cloud.sql.postgres.SocketFactory";
        assert_eq!(said(url), "? `socketFactory` decides where its connection goes [os-user@localhost:5432/app]");
        assert_eq!(said("jdbc:postgresql://u:p@db1/app"), "? a JDBC URL takes no user before the host");
        assert_eq!(said("jdbc:newdb:x"), "? `jdbc:newdb:` is no URL that dbguard knows");
    }
}
