//! `dbconfig.yml` of sql-migrate: the `datasource` of one environment, with vars filled in as Go's `os.ExpandEnv` does.
//!
//! The file is looked for in the working directory alone.

use super::reading::Driver;
use super::survey::{At, Survey};
use super::url::{self, Url};
use super::yaml::{self, Kind, Node};

/// Looks at the file of this name, or at the usual one.
pub(in crate::target) fn section(survey: &mut Survey<'_>, file: Option<&str>, environment: &str) {
    let Some(found) = survey.look.read(&survey.snapshot.cwd.join(file.unwrap_or("dbconfig.yml"))) else { return };
    let Some(text) = survey.text(&found) else { return };
    let at = |line| At { path: &found.path, line, key: environment.to_owned() };
    let root = match yaml::parse(text) {
        Ok(root) => root,
        Err((line, why)) => return survey.add_unclear(at(line).source(), format!("line {line} of its file {why}")),
    };
    let Some(node) = root.get(environment) else { return };
    let Some(source) = scalar(node, "datasource") else { return };
    let at = at(node.get("datasource").map_or(0, |node| node.line));
    let text = expanded(source, survey);
    let text = match scalar(node, "dialect") {
        Some("postgres") => text,
        Some("sqlite3") => return survey.other = true,
        Some("mysql") => text.and_then(|text| mysql(&text)),
        Some(_) | None => None,
    };
    // lib/pq takes the vars for an empty one.
    let url = text.filter(|text| !text.is_empty()).map_or_else(
        || Url::Unclear("its dialect or its datasource is none that dbguard reads".to_owned()),
        |text| url::read(&text, &at.origin()),
    );
    survey.add_url(at.source(), url, Driver::Pq);
}

fn scalar<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    match &node.get(key)?.kind {
        Kind::Scalar(text) => Some(text),
        Kind::Map(_) | Kind::Opaque => None,
    }
}

/// The URL for `user:password@tcp(host:port)/name` (<https://github.com/go-sql-driver/mysql#dsn-data-source-name>).
fn mysql(text: &str) -> Option<String> {
    let (login, rest) = text.rsplit_once('@').unwrap_or(("", text));
    let (place, name) = rest.split_once('/')?;
    let host = match place {
        "" | "tcp" => "127.0.0.1",
        place => place.strip_prefix("tcp(")?.strip_suffix(')')?,
    };
    Some(format!("mysql://{}@{host}/{name}", login.split(':').next().unwrap_or_default()))
}

/// With `$NAME` and `${NAME}` filled in; what is set nowhere is empty.
fn expanded(text: &str, survey: &Survey<'_>) -> Option<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut parts = text.split('$');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let inside = part.strip_prefix('{').and_then(|part| part.split_once('}'));
        let end = part.find(|c| !word(c)).unwrap_or(part.len());
        let (name, rest) = inside.or_else(|| part.split_at_checked(end))?;
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') || !name.chars().all(word) {
            return None;
        }
        filled.push_str(&survey.filled(name).unwrap_or_default());
        filled.push_str(rest);
    }
    Some(filled)
}
