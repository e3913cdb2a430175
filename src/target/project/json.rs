//! `config/config.json` of Sequelize, `ormconfig.json` of `TypeORM` (0.2), `database.json` of db-migrate.
//!
//! All three are read by node-postgres. Where the tool would rather take a file that is code, or a var that a section names
//! is set nowhere, the static file does not decide, and that is said or left out.

use std::path::Path;

use serde_json::{Map, Value};

use super::Source;
use super::foreign;
use super::look::Found;
use super::reading::Driver;
use super::record::Record;
use super::survey::{At, Survey};
use super::url::{self, Url};
use crate::target::Engine;
use crate::text::Untrusted;

/// Looks at Sequelize's file: the section of `NODE_ENV`, by `url`, by the var that `use_env_variable` names, by its parts.
pub(super) fn sequelize(survey: &mut Survey<'_>) {
    sequelize_file(survey, None);
}

/// Looks at the file of this name, or at the usual one.
pub(in crate::target) fn sequelize_file(survey: &mut Survey<'_>, path: Option<&str>) {
    let found = named(survey, path, &["config/config.json"]);
    if let Some(path) = path.filter(|path| Path::new(path).extension().is_none_or(|end| end != "json")) {
        let because = format!("`{}` is code that decides it", Untrusted::text(path));
        return survey.add_unclear(Source::Var("config".to_owned()), because);
    }
    let Some(file) = found.as_ref().and_then(|found| File::of(found, survey)) else { return };
    let name = survey.filled("NODE_ENV").unwrap_or_else(|| "development".to_owned());
    let Some(Value::Object(section)) = file.value.get(&name) else { return };
    let mut entry = Entry { section, path: vec![&name], code: None };
    let root = file.found.path.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
    let named = path.is_some();
    let code = [root.join(".sequelizerc"), root.join("config/config.js")];
    if !named && code.iter().any(|path| survey.look.read(path).is_some()) {
        entry.code = Some("`.sequelizerc` or `config/config.js` is code that may decide otherwise");
    }
    let dialect = section.get("dialect").and_then(Value::as_str);
    if dialect.is_some_and(|dialect| engine(dialect).is_none()) {
        match entry.code.filter(|_| survey.exact) {
            Some(why) => file.unclear(survey, &[&name], why),
            None => survey.other = true,
        }
        return;
    }
    if let Some(var) = section.get("use_env_variable").and_then(Value::as_str) {
        return entry.var(survey, &file, "use_env_variable", var);
    }
    if section.get("url").is_none() && dialect.is_none() {
        return; // some other program's file of this very usual name
    }
    entry.add(survey, &file, SEQUELIZE);
}

/// Looks at the file of `TypeORM`: an object, or a list of them.
pub(super) fn typeorm(survey: &mut Survey<'_>) {
    let found = survey.look.nearest(&["ormconfig.json"]).pop();
    let Some(file) = found.as_ref().and_then(|found| File::of(found, survey)) else { return };
    let sections: Vec<&Map<String, Value>> = match &file.value {
        Value::Object(section) => vec![section],
        Value::Array(list) => list.iter().take(MOST).filter_map(Value::as_object).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let js = ["ormconfig.js", "ormconfig.ts", "ormconfig.env"].map(|name| file.found.path.with_file_name(name));
    let code = js.iter().any(|path| survey.look.read(path).is_some());
    for section in sections {
        if section.get("type").and_then(Value::as_str).and_then(engine).is_none() {
            continue;
        }
        let mut entry = Entry { section, path: Vec::new(), code: None };
        if code {
            entry.code = Some("another `ormconfig` file goes before it");
        } else if section.contains_key("replication") {
            entry.code = Some("it has several servers under `replication`");
        }
        entry.add(survey, &file, SEQUELIZE);
    }
}

/// More connections are not looked at.
const MOST: usize = 32;

/// Looks at db-migrate's file: the section that it calls its default, or `dev`.
pub(super) fn db_migrate(survey: &mut Survey<'_>) {
    db_migrate_section(survey, None, None);
}

/// Looks at the file of this name, and the section of this one. The var `DATABASE_URL` goes before the parts of a section,
/// and behind a URL that it holds or names (`loadObject` of its `lib/config.js`).
pub(in crate::target) fn db_migrate_section(survey: &mut Survey<'_>, path: Option<&str>, section: Option<&str>) {
    // The tool itself looks nowhere else (`lib/commands/set-default-argv.js`); a project may be told of others.
    let path = path.or_else(|| survey.exact.then_some("database.json"));
    let found = named(survey, path, &["database.json", "config/database.json"]);
    let Some(file) = found.as_ref().and_then(|found| File::of(found, survey)) else { return };
    let named = section.or_else(|| file.value.get("defaultEnv").and_then(Value::as_str));
    let name = named.or_else(|| ["dev", "development"].into_iter().find(|name| file.value.get(name).is_some()));
    let Some((name, section)) = name.and_then(|name| Some((name, file.value.get(name)?))) else { return };
    match section {
        Value::String(text) => file.url(survey, &[name], text, None),
        Value::Object(section) => {
            let entry = Entry { section, path: vec![name], code: None };
            if let Some(var) = section.get("ENV").and_then(Value::as_str) {
                return entry.var(survey, &file, "ENV", var);
            }
            if section.contains_key("overwrite") || section.contains_key("addIfNotExists") {
                return file.unclear(survey, &[name], "`overwrite` and `addIfNotExists` are not read");
            }
            match section.get("url").filter(|url| !url.is_null()) {
                Some(Value::Object(url)) => match url.get("ENV").and_then(Value::as_str) {
                    Some(var) => return entry.var(survey, &file, "url", var),
                    None => return file.unclear(survey, &[name], "its `url` is no text"),
                },
                None if survey.filled("DATABASE_URL").is_some() => return,
                Some(_) | None => {}
            }
            match section.get("driver") {
                Some(Value::String(driver)) if engine(driver).is_some() => {}
                None if section.contains_key("url") => {}
                Some(Value::String(_)) | None => {
                    survey.other = true;
                    return;
                }
                Some(_) => return file.unclear(survey, &[name], "its driver is not known here"),
            }
            entry.add(survey, &file, DB_MIGRATE);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {}
    }
}

/// Looks at the file that node-pg-migrate is given: a URL, or parts, in a section or at the top.
pub(in crate::target) fn node_pg_migrate(survey: &mut Survey<'_>, path: &str, section: &str) {
    let found = named(survey, Some(path), &[]);
    let Some(file) = found.as_ref().and_then(|found| File::of(found, survey)) else { return };
    match file.value.get(section).unwrap_or(&file.value) {
        Value::String(text) => file.url(survey, &[section], text, None),
        Value::Object(parts) => {
            Entry { section: parts, path: vec![section], code: None }.add(survey, &file, DB_MIGRATE);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {}
    }
}

/// The file of this name, or the nearest of the usual names.
fn named(survey: &Survey<'_>, path: Option<&str>, usual: &[&str]) -> Option<Found> {
    match path {
        Some(path) => survey.look.read(&survey.snapshot.cwd.join(path)),
        None => survey.look.nearest(usual).into_iter().next(),
    }
}

/// The system that a driver or dialect is for; `None` where it is not looked at.
pub(super) fn engine(word: &str) -> Option<Engine> {
    match word {
        "pg" | "postgres" | "postgresql" | "cockroachdb" => Some(Engine::Postgresql),
        word => foreign::named(word),
    }
}

/// libpq's keyword, and the name of the part.
pub(super) type Parts = &'static [(&'static str, &'static str)];

const SEQUELIZE: Parts = &[("host", "host"), ("port", "port"), ("dbname", "database"), ("user", "username")];
const DB_MIGRATE: Parts = &[("host", "host"), ("port", "port"), ("dbname", "database"), ("user", "user")];

/// A file that is JSON.
pub(super) struct File<'f> {
    found: &'f Found,
    text: &'f str,
    /// What it says.
    pub(super) value: Value,
}

impl<'f> File<'f> {
    /// Reads it; what is no JSON is a mention.
    pub(super) fn of(found: &'f Found, survey: &mut Survey<'_>) -> Option<Self> {
        let text = survey.text(found)?;
        Self::parse(found, text, survey)
    }

    /// Reads its text, from which what is no JSON may have been taken.
    pub(super) fn parse(found: &'f Found, text: &'f str, survey: &mut Survey<'_>) -> Option<Self> {
        match crate::text::json::value(text.strip_prefix('\u{feff}').unwrap_or(text)) {
            Ok(value) => Some(Self { found, text, value }),
            Err(wrong) => {
                let at = At { path: &found.path, line: wrong.line(), key: String::new() };
                survey.add_unclear(at.source(), format!("line {} is no JSON", wrong.line()));
                None
            }
        }
    }

    /// Where a key stands.
    pub(super) fn at(&self, path: &[&str]) -> At<'f> {
        At { path: &self.found.path, line: line(self.text, path), key: path.join(".") }
    }

    /// A URL that stands there.
    pub(super) fn url(&self, survey: &mut Survey<'_>, path: &[&str], text: &str, code: Option<&str>) {
        let at = self.at(path);
        let mut url = url::read(text, &at.origin());
        if let (Url::Database(said, _), Some(code)) = (&mut url, code) {
            said.doubt = Some(code.to_owned());
        }
        survey.add_url(at.source(), url, Driver::Node);
    }

    fn unclear(&self, survey: &mut Survey<'_>, path: &[&str], why: &str) {
        survey.add_unclear(self.at(path).source(), why);
    }
}

/// The section of a database.
pub(super) struct Entry<'s> {
    pub(super) section: &'s Map<String, Value>,
    pub(super) path: Vec<&'s str>,
    /// Why it may not be the one that counts.
    pub(super) code: Option<&'static str>,
}

impl Entry<'_> {
    fn below<'n>(&'n self, name: &'n str) -> Vec<&'n str> {
        self.path.iter().copied().chain([name]).collect()
    }

    /// The URL is in a var; where that is not set, the tool stops.
    fn var(&self, survey: &mut Survey<'_>, file: &File<'_>, key: &str, var: &str) {
        if let Some(text) = survey.filled(var) {
            file.url(survey, &self.below(key), &text, self.code);
        }
    }

    /// The URL, or the parts.
    fn add(&self, survey: &mut Survey<'_>, file: &File<'_>, parts: Parts) {
        if let Some(text) = self.section.get("url").and_then(Value::as_str).filter(|text| !text.is_empty()) {
            return file.url(survey, &self.below("url"), text, self.code);
        }
        let record = self.record(survey, file, parts);
        if !record.is_empty() {
            survey.add_said(file.at(&self.path).source(), record.said(), Driver::Node);
        }
    }

    /// The parts.
    pub(super) fn record(&self, survey: &Survey<'_>, file: &File<'_>, parts: Parts) -> Record {
        let mut record = Record::default();
        let mut words = ["dialect", "type", "driver"].into_iter().filter_map(|key| self.section.get(key)?.as_str());
        record.engine = words.find_map(engine).unwrap_or_default();
        for (keyword, name) in parts {
            let Some(value) = self.section.get(*name) else { continue };
            let origin = file.at(&self.below(name)).origin();
            match value {
                Value::String(text) => record.part(keyword, text, origin),
                Value::Number(number) => record.part(keyword, &number.to_string(), origin),
                Value::Null => {}
                Value::Object(object) => match object.get("ENV").and_then(Value::as_str) {
                    Some(var) => record.part(keyword, &survey.filled(var).unwrap_or_default(), origin),
                    None => record.unread(keyword, format!("`{name}` is no text")),
                },
                Value::Bool(_) | Value::Array(_) => record.unread(keyword, format!("`{name}` is no text")),
            }
        }
        if let Some(code) = self.code {
            record.doubt(code);
        }
        record
    }
}

/// The line of a key of valid JSON: keys are counted with their depth. 1 where it is not found.
fn line(text: &str, path: &[&str]) -> usize {
    let (mut line, mut depth, mut matched) = (1, 0_usize, 0_usize);
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\n' => line += 1,
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            '"' => {
                let mut escaped = false;
                let closes = |(_, c): &(usize, char)| {
                    let closes = *c == '"' && !escaped;
                    escaped = *c == '\\' && !escaped;
                    closes
                };
                let Some((end, _)) = chars.find(closes) else { return line };
                let is_key = chars.as_str().trim_start().starts_with(':');
                let wanted = depth == matched + 1 && path.get(matched).copied() == text.get(at + 1..end);
                if is_key && wanted {
                    matched += 1;
                    if matched == path.len() {
                        return line;
                    }
                }
            }
            _ => {}
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::super::tests::Sample;

    const SEQUELIZE: &str = r#"{
  "development": {"dialect": "postgres", "host": "db1", "database": "dev", "username": "u", "port": 6000},
  "staging": {
    "url": "postgres://u@staging/app"
  },
  "production": {"use_env_variable": "PROD_URL"},
  "test": {"dialect": "sqlite", "storage": ":memory:"}
}"#;

    fn sequelize() -> Sample {
        Sample::new().file("config/config.json", SEQUELIZE)
    }

    #[test]
    fn sequelize_takes_the_section_of_node_env() {
        assert_eq!(sequelize().said(), ["config/config.json:2 development -> u@db1:6000/dev"]);
        let staging = sequelize().var("NODE_ENV", "staging");
        assert_eq!(staging.said(), ["config/config.json:4 staging.url -> u@staging:5432/app"]);
        assert!(sequelize().var("NODE_ENV", "test").said().is_empty());
        let production = sequelize().var("NODE_ENV", "production");
        assert!(production.said().is_empty());
        assert!(production.mentions().watched.vars.contains(&"PROD_URL".to_owned()));
        let set = production.var("PROD_URL", "postgres://u@prod/app");
        assert_eq!(set.said(), ["config/config.json:6 production.use_env_variable -> u@prod:5432/app"]);
        let code = sequelize().file(".sequelizerc", "");
        assert!(code.said()[0].contains("is code that may decide otherwise [u@db1:6000/dev]"));
    }

    #[test]
    fn a_config_json_of_something_else_is_no_mention() {
        let other = r#"{"development": {"host": "web1", "port": 80}}"#;
        assert!(Sample::new().file("config/config.json", other).said().is_empty());
    }

    #[test]
    fn node_knows_four_vars_of_libpq_and_no_service() {
        let text = r#"{"development": {"dialect": "postgres", "username": "u", "database": "d"}}"#;
        let sample = || Sample::new().file("config/config.json", text);
        assert_eq!(sample().said(), ["config/config.json:1 development -> u@localhost:5432/d"]);
        assert_eq!(sample().var("PGSERVICE", "prod").said(), sample().said());
        assert_eq!(sample().var("PGHOST", "db2").said(), ["config/config.json:1 development -> u@db2:5432/d"]);
    }

    #[test]
    fn typeorm_has_one_or_several() {
        let one = r#"{"type": "postgres", "host": "db1", "username": "u", "database": "d"}"#;
        assert_eq!(Sample::new().file("ormconfig.json", one).said(), ["ormconfig.json:1  -> u@db1:5432/d"]);
        let two = format!(r#"[{one}, {{"type": "mysql"}}, {{"type": "postgres", "url": "postgres://u@db2/d"}}]"#);
        assert_eq!(Sample::new().file("ormconfig.json", two).said().len(), 2);
        let code = Sample::new().file("ormconfig.json", one).file("ormconfig.js", "");
        assert!(code.said()[0].contains("goes before it"));
    }

    #[test]
    fn db_migrate_takes_its_default_and_vars_by_name() {
        let text = r#"{"defaultEnv": {"ENV": "X"}, "dev": {"driver": "pg", "host": {"ENV": "H"}, "user": "u", "database": "d"}}"#;
        let sample = Sample::new().file("database.json", text).var("H", "db1");
        assert_eq!(sample.said(), ["database.json:1 dev -> u@db1:5432/d"]);
        let named = r#"{"defaultEnv": "prod", "dev": {"driver": "pg"}, "prod": "postgres://u@prod/d"}"#;
        assert_eq!(Sample::new().file("database.json", named).said(), ["database.json:1 prod -> u@prod:5432/d"]);
        assert!(Sample::new().file("database.json", r#"{"dev": {"driver": "sqlite3"}}"#).said().is_empty());
        let over = Sample::new().file("database.json", named).var("DATABASE_URL", "sqlite:x");
        assert_eq!(over.said(), ["database.json:1 prod -> u@prod:5432/d"], "a URL of its own goes before the var");
        let parts = r#"{"dev": {"driver": "pg", "host": "h", "database": "d"}}"#;
        assert!(Sample::new().file("database.json", parts).var("DATABASE_URL", "sqlite:x").said().is_empty());
        let mysql = r#"{"dev": {"driver": "mysql", "host": "h", "user": "u", "database": "d"}}"#;
        assert_eq!(Sample::new().file("database.json", mysql).said(), ["database.json:1 dev -> u@h:3306/d"]);
    }

    #[test]
    fn what_is_no_json_is_said() {
        assert_eq!(Sample::new().file("database.json", "{\n,").said(), ["database.json:2  -> ? line 2 is no JSON"]);
        let deep = "[".repeat(100_000);
        assert_eq!(Sample::new().file("ormconfig.json", deep).said(), ["ormconfig.json:1  -> ? line 1 is no JSON"]);
    }
}
