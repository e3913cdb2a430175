//! The connection strings of .NET: those of `ConnectionStrings` in `appsettings.json` and in the vars, in Npgsql's words.
//!
//! Of one name the var counts before `appsettings.NAME.json`, and that before `appsettings.json`
//! (<https://learn.microsoft.com/aspnet/core/fundamentals/configuration>). Which of them a context takes is code, so that
//! each is only what may be reached. The user's secrets are not read.

use std::path::Path;

use super::Source;
use super::json::File;
use super::reading::{Driver, Said};
use super::survey::Survey;
use super::url::{self, Url};
use crate::target::conninfo::Setting;
use crate::target::origin::Origin;

/// The section of the file.
const KEY: &str = "ConnectionStrings";

/// As many connection strings are looked at.
const MOST: usize = 64;

/// Adds each connection string of projects, which may be directories or files in them.
pub(in crate::target) fn strings(survey: &mut Survey<'_>, projects: &[String], environment: &str) {
    const VARS: &str = "connectionstrings__";
    let mut known: Vec<String> = Vec::new();
    for (name, value) in survey.snapshot.vars.iter() {
        let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
        if let Some(key) = name.to_ascii_lowercase().strip_prefix(VARS) {
            known.push(key.to_owned());
            may_be(survey, Source::Var(name.clone().into_owned()), &value, &Origin::Var(name.into_owned()));
        }
    }
    for project in projects {
        let mut below = survey.snapshot.cwd.join(project);
        if below.is_file() {
            below.pop();
        }
        let mut known = known.clone();
        for file in [format!("appsettings.{}.json", environment.replace('/', "")), "appsettings.json".to_owned()] {
            of_file(survey, &below.join(file), &mut known);
        }
    }
}

fn of_file(survey: &mut Survey<'_>, path: &Path, known: &mut Vec<String>) {
    let found = survey.look.read(path);
    let Some(file) = found.as_ref().and_then(|found| File::of(found, survey)) else { return };
    let Some(strings) = file.value.get(KEY).and_then(serde_json::Value::as_object) else { return };
    for (key, value) in strings.iter().take(MOST) {
        let name = key.to_ascii_lowercase();
        if let Some(text) = value.as_str().filter(|_| !known.contains(&name)) {
            known.push(name);
            let at = file.at(&[KEY, key]);
            may_be(survey, at.source(), text, &at.origin());
        }
    }
}

/// One that code may choose. Other systems' are passed over.
fn may_be(survey: &mut Survey<'_>, source: Source, text: &str, origin: &Origin) {
    if let Url::Database(mut said, driver) = url::read(text, origin) {
        said.doubt = Some("code chooses among the connection strings of its settings".to_owned());
        survey.add_said(source, said, driver.unwrap_or(Driver::Own));
    }
}

/// `Host=db1;Port=5432;Database=app;Username=alice` (<https://www.npgsql.org/doc/connection-string-parameters.html>): words
/// without regard to case and blanks, the last mention counts. One without `Host` is another system's, or not clear.
pub(super) fn string(text: &str, origin: &Origin) -> Url {
    let mut settings: Vec<Setting> = Vec::new();
    let mut put = |keyword, value: &str| {
        settings.retain(|setting| setting.keyword != keyword);
        let origin = Origin::Conninfo(Box::new(origin.clone()));
        settings.push(Setting { keyword, value: value.into(), origin });
    };
    for pair in text.split(';').filter(|pair| !pair.trim().is_empty()) {
        // A quoted value may hold a semicolon: then the pairs are others.
        let Some((key, value)) = pair.split_once('=').filter(|(_, value)| !value.contains(['"', '\''])) else {
            return Url::Unclear("a part of its connection string is quoted".to_owned());
        };
        let value = value.trim();
        match key.to_ascii_lowercase().replace(' ', "").as_str() {
            "host" | "server" if value.contains([',', ':', '\\', '(']) => {
                return Url::Unclear("its host has a form that dbguard does not read".to_owned());
            }
            "host" | "server" => put("host", value),
            "port" => put("port", value),
            "database" | "db" => put("dbname", value),
            "username" | "userid" | "uid" => put("user", value),
            "datasource" | "initialcatalog" | "trusted_connection" | "integratedsecurity" | "uri" | "name" => {
                return Url::Unclear("it is no connection string of PostgreSQL that dbguard knows".to_owned());
            }
            _ => {}
        }
    }
    let has = |keyword: &str| settings.iter().any(|setting| setting.keyword == keyword);
    if !has("host") || !has("user") {
        return Url::Unclear("its connection string leaves out the host or the user".to_owned());
    }
    let doubt = settings.iter().find_map(url::placeholder);
    Url::Database(Said { settings, doubt, ..Said::default() }, Some(Driver::Own))
}
