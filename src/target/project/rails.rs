//! `config/database.yml` of Rails.
//!
//! The section of the environment, in it the primary of several databases; `url:` before `DATABASE_URL`, that before the
//! parts (`merge_db_environment_variables` of Active Record's `database_configurations.rb`). ERB is never run: a plain look-up
//! of a var that the process has is exact, everything else is doubtful. Rails merges `.env` into the vars only with a
//! gem of its own, so what stands there is a mention of its own.

use super::foreign;
use super::look::Found;
use super::reading::Driver;
use super::record::Record;
use super::survey::{At, Survey};
use super::url::{self, Url};
use super::yaml::{self, Kind, Node};
use crate::target::origin::Origin;

/// Looks at the file.
pub(super) fn look(survey: &mut Survey<'_>) {
    for found in survey.look.nearest(&["config/database.yml"]) {
        let Some(text) = survey.text(&found) else { continue };
        let chosen = survey.filled("RAILS_ENV").or_else(|| survey.filled("RACK_ENV"));
        let name = chosen.unwrap_or_else(|| "development".to_owned());
        match yaml::parse(text) {
            Ok(root) => section(survey, &found, &root, &name),
            Err((line, why)) => {
                let at = At { path: &found.path, line, key: name };
                survey.add_unclear(at.source(), format!("line {line} {why}"));
            }
        }
    }
}

/// The databases of these environments (with their vars, or without), or of every one that is on this machine; all
/// entries of each, or the named one.
pub(in crate::target) fn databases(
    survey: &mut Survey<'_>,
    names: &[(String, bool)],
    every: bool,
    entry: Option<&str>,
) {
    let Some(found) = survey.look.nearest(&["config/database.yml"]).into_iter().next() else { return };
    let Some(text) = survey.text(&found) else { return };
    let root = match yaml::parse(text) {
        Ok(root) => root,
        Err((line, why)) => {
            let at = At { path: &found.path, line, key: String::new() };
            return survey.add_unclear(at.source(), format!("line {line} of `config/database.yml` {why}"));
        }
    };
    let all = root.map().filter(|_| every).into_iter().flatten().map(|(name, _)| (name.clone(), false));
    let mut names = names.to_vec();
    names.extend(all.filter(|(name, _)| !names.iter().any(|(known, _)| known == name)).collect::<Vec<_>>());
    for (name, with_vars) in names {
        let Some(node) = root.get(&name).filter(|node| node.map().is_some()) else {
            section(survey, &found, &root, &name);
            continue;
        };
        let entries = node.map().map_or(&[][..], |map| map.as_slice());
        if entries.is_empty() || !entries.iter().all(|(_, node)| node.map().is_some()) {
            let at = At { path: &found.path, line: node.line, key: name };
            database(survey, &at, node, &vars("primary", with_vars));
            continue;
        }
        for (inner, node) in entries.iter().filter(|(inner, _)| entry.is_none_or(|entry| entry == inner)) {
            let at = At { path: &found.path, line: node.line, key: format!("{name}.{inner}") };
            database(survey, &at, node, &vars(inner, with_vars));
        }
    }
}

/// The vars that go before an entry.
fn vars(entry: &str, with_vars: bool) -> Vec<String> {
    let own = format!("{}_DATABASE_URL", entry.to_uppercase());
    let all = [Some(own), (entry == "primary").then(|| "DATABASE_URL".to_owned())];
    all.into_iter().flatten().filter(|_| with_vars).collect()
}

fn section(survey: &mut Survey<'_>, found: &Found, root: &Node, name: &str) {
    let Some(node) = root.get(name) else { return };
    let at = At { path: &found.path, line: node.line, key: name.to_owned() };
    let Some(entries) = node.map() else {
        let url = match &node.kind {
            Kind::Scalar(text) => url::read(text, &at.origin()),
            Kind::Map(_) | Kind::Opaque => Url::Unclear("its section is no mapping".to_owned()),
        };
        return survey.add_url(at.source(), url, Driver::Libpq);
    };
    let several = !entries.is_empty() && entries.iter().all(|(_, node)| node.map().is_some());
    let primary = entries.iter().find(|(name, _)| name == "primary").or_else(|| entries.first());
    match primary.filter(|_| several) {
        Some((inner, node)) => {
            let at = At { line: node.line, key: format!("{name}.{inner}"), ..at };
            let vars = vars("primary", inner == "primary");
            database(survey, &at, node, &vars);
        }
        None => database(survey, &at, node, &vars("primary", true)),
    }
}

fn database(survey: &mut Survey<'_>, at: &At<'_>, node: &Node, vars: &[String]) {
    let value = |name: &str, survey: &Survey<'_>| node.get(name).map(|node| text(node, survey, at.path));
    let own = value("url", survey).filter(|value| value.text.as_deref() != Some("") || value.doubt.is_some());
    let var = || vars.iter().find_map(|var| Some(Value::known(survey.filled(var)?, Origin::Var(var.clone()))));
    let url = own.or_else(var);
    let adapter = value("adapter", survey);
    let mut record = Record::default();
    for (keyword, names) in PARTS {
        for name in *names {
            let Some(value) = value(name, survey) else { continue };
            value.into_part(keyword, name, &mut record);
        }
    }
    match url {
        Some(url) => with_url(survey, at, record, url),
        None => with_adapter(survey, at, record, adapter),
    }
}

/// The URL, and the parts that it leaves out.
fn with_url(survey: &mut Survey<'_>, at: &At<'_>, mut record: Record, value: Value) {
    let Some(text) = value.text else {
        return survey.add_unclear(at.source(), format!("`url`: {}", value.doubt.unwrap_or_default()));
    };
    match url::read(&text, &value.origin) {
        Url::Database(said, _) => {
            record.under(said);
            if let Some(why) = value.doubt {
                record.doubt(why);
            }
            survey.add_said(at.source(), record.said(), Driver::Libpq);
        }
        other @ (Url::Other | Url::Unclear(_)) => survey.add_url(at.source(), other, Driver::Libpq),
    }
}

fn with_adapter(survey: &mut Survey<'_>, at: &At<'_>, mut record: Record, adapter: Option<Value>) {
    let Some(adapter) = adapter else {
        if !record.is_empty() {
            survey.add_unclear(at.source(), "its section names no adapter");
        }
        return;
    };
    match adapter.text.as_deref() {
        Some("postgresql" | "postgis" | "cockroachdb") => {}
        Some("sqlite3" | "oracle_enhanced" | "nulldb") => {
            survey.other = true;
            return;
        }
        Some(name) if foreign::named(name).is_some() => record.engine = foreign::named(name).unwrap_or_default(),
        _ => record.doubt("its adapter is not known here"),
    }
    if let Some(why) = adapter.doubt {
        record.doubt(why);
    }
    survey.add_said(at.source(), record.said(), Driver::Libpq);
}

/// libpq's keyword, and the names of Rails for it; the last one that is there counts.
const PARTS: &[(&str, &[&str])] = &[
    ("host", &["host"]),
    ("hostaddr", &["hostaddr"]),
    ("port", &["port"]),
    ("dbname", &["dbname", "database"]),
    ("user", &["user", "username"]),
    ("service", &["service"]),
];

/// A value of the file.
struct Value {
    /// Its text; `None` when that cannot be said.
    text: Option<String>,
    /// Why it may be another one.
    doubt: Option<String>,
    origin: Origin,
}

impl Value {
    fn known(text: String, origin: Origin) -> Self {
        Self { text: Some(text), doubt: None, origin }
    }

    fn into_part(self, keyword: &'static str, name: &str, record: &mut Record) {
        if let Some(why) = self.doubt {
            record.unread(keyword, format!("`{name}`: {why}"));
        }
        record.part(keyword, &self.text.unwrap_or_default(), self.origin);
    }
}

fn text(node: &Node, survey: &Survey<'_>, file: &std::path::Path) -> Value {
    let origin = Origin::File { file: file.to_owned(), line: node.line };
    let unread = |why: &str| Value { text: None, doubt: Some(why.to_owned()), origin: origin.clone() };
    let text = match &node.kind {
        Kind::Scalar(text) => text,
        Kind::Map(_) | Kind::Opaque => return unread("it is no plain text"),
    };
    if !text.contains("<%") {
        return Value::known(text.clone(), origin);
    }
    let Some((var, default)) = lookup(text) else { return unread("ERB decides it, which is not run") };
    if let Some(value) = survey.var(var) {
        return Value::known(value, Origin::Var(var.to_owned()));
    }
    if survey.exact {
        // What is not set for the tool is `nil`; only `fetch` without a default stops it.
        let text = default.or((!text.contains("fetch")).then_some("")).map(str::to_owned);
        let doubt = text.is_none().then(|| format!("ERB takes it from `{var}`, which is not set"));
        return Value { text, doubt, origin };
    }
    let doubt = Some(format!("ERB takes it from `{var}`, which is not set here"));
    Value { text: default.map(str::to_owned), doubt, origin }
}

/// `<%= ENV["X"] %>`, `<%= ENV.fetch("X", "d") %>`, `<%= ENV.fetch("X") { "d" } %>`, `<%= ENV["X"] || "d" %>`: the var, and
/// what stands in for it.
fn lookup(text: &str) -> Option<(&str, Option<&str>)> {
    let code = text.strip_prefix("<%=")?.strip_suffix("%>")?.trim_end_matches('-').trim();
    let (rest, close) = match code.strip_prefix("ENV[") {
        Some(rest) => (rest, "]"),
        None => (code.strip_prefix("ENV.fetch(")?, ")"),
    };
    let (var, rest) = string(rest)?;
    let is_name = !var.is_empty() && var.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let rest = rest.trim_start();
    let default = if let Some(rest) = rest.strip_prefix(close) {
        match rest.trim() {
            "" => None,
            rest => {
                let block = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                let code = if close == "]" { rest.strip_prefix("||")? } else { block? };
                Some(constant(code.trim())?)
            }
        }
    } else {
        Some(constant(rest.strip_prefix(',')?.strip_suffix(close)?.trim())?)
    };
    is_name.then_some((var, default))
}

/// A string of Ruby without anything in it, and what follows.
pub(super) fn string(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (inside, rest) = text.get(1..)?.split_once(quote)?;
    (!inside.contains(['\\', '#'])).then_some((inside, rest))
}

/// A string or a number.
fn constant(text: &str) -> Option<&str> {
    let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let string = || string(text).filter(|(_, rest)| rest.is_empty()).map(|(inside, _)| inside);
    if number { Some(text) } else { string() }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Sample;

    const STOCK: &str = "\
default: &default
  adapter: postgresql
  encoding: unicode
  pool: <%= ENV.fetch(\"RAILS_MAX_THREADS\") { 5 } %>
  host: db1

development:
  <<: *default
  database: app_development

production:
  primary: &primary
    <<: *default
    database: app_production
    username: app
    password: <%= ENV[\"APP_DATABASE_PASSWORD\"] %>
  cache:
    <<: *primary
    database: app_cache
";

    fn said(text: &str) -> Vec<String> {
        Sample::new().file("config/database.yml", text).said()
    }

    #[test]
    fn the_section_of_the_environment_counts() {
        assert_eq!(said(STOCK), ["config/database.yml:7 development -> os-user@db1:5432/app_development"]);
        let production = ["config/database.yml:12 production.primary -> app@db1:5432/app_production"];
        let sample = || Sample::new().file("config/database.yml", STOCK);
        assert_eq!(sample().var("RAILS_ENV", "production").said(), production);
        assert_eq!(sample().var("RACK_ENV", "production").said(), production);
        assert_eq!(sample().var("RAILS_ENV", "development").var("RACK_ENV", "production").said(), said(STOCK));
        assert!(sample().var("RAILS_ENV", "none").said().is_empty());
    }

    #[test]
    fn a_url_in_the_file_counts_before_the_var_and_that_before_the_parts() {
        let text = "development:\n  adapter: postgresql\n  host: parts\n  database: app\n";
        let var = "postgres://u@var/other";
        let sample = Sample::new().file("config/database.yml", text).var("DATABASE_URL", var);
        assert_eq!(sample.said()[1], "config/database.yml:1 development -> u@var:5432/other");
        let with_url = format!("{text}  url: postgres://u@file\n");
        let sample = Sample::new().file("config/database.yml", with_url).var("DATABASE_URL", var);
        assert_eq!(sample.said()[1], "config/database.yml:1 development -> u@file:5432/app");
    }

    #[test]
    fn other_adapters_are_no_mention_unless_they_have_a_server() {
        assert!(said("development:\n  adapter: sqlite3\n  database: storage/dev.sqlite3\n").is_empty());
        assert_eq!(said("development:\n  url: mysql2://h/d\n"), ["config/database.yml:1 development -> -@h:3306/d"]);
        assert_eq!(
            said("development:\n  adapter: trilogy\n  host: h\n  port: 3307\n  username: u\n  database: d\n"),
            ["config/database.yml:1 development -> u@h:3307/d"]
        );
        assert_eq!(
            said("development:\n  adapter: newdb\n  host: h\n  username: u\n"),
            ["config/database.yml:1 development -> ? its adapter is not known here [u@h:5432/u]"]
        );
    }

    #[test]
    fn erb_is_looked_up_where_it_is_plain_and_never_run() {
        let text =
            |host: &str| format!("development:\n  adapter: postgresql\n  username: u\n  database: d\n  host: {host}\n");
        let unset = "config/database.yml:1 development -> ? `host`: ERB takes it from `H`, which is not set here";
        for host in ["<%= ENV['H'] || 'b' %>", "<%= ENV.fetch(\"H\", \"b\") %>", "<%= ENV.fetch('H') { 'b' } -%>"] {
            assert_eq!(said(&text(host)), [format!("{unset} [u@b:5432/d]")], "{host}");
            let set = Sample::new().file("config/database.yml", text(host)).var("H", "db1");
            assert_eq!(set.said(), ["config/database.yml:1 development -> u@db1:5432/d"], "{host}");
            assert!(set.mentions().watched.vars.contains(&"H".to_owned()));
        }
        let code = "config/database.yml:1 development -> ? `host`: ERB decides it, which is not run [u@/tmp:5432/d]";
        for host in ["<%= `touch x` %>", "<%= ENV['H'].strip %>", "a<%= 1 %>", "<%= ENV['H'] %><%= 1 %>"] {
            assert_eq!(said(&text(host)), [code], "{host}");
        }
        let lines = "<% if true %>\ndevelopment:\n  host: a\n<% end %>\n";
        assert_eq!(
            said(lines),
            ["config/database.yml:1 development -> ? line 1 has ERB that may decide which lines there are"]
        );
    }
}
