//! What came back, typed. Every text in it is the server's, and may say anything.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::sql::MOST;
use super::{Table, lines};
use crate::checklist::Line;
use crate::text::{json, redact};

/// What is known about one table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Impact {
    /// The name as it was written.
    pub table: String,
    /// Whether there is such a table; `None` when the server did not say.
    pub exists: Option<bool>,
    #[serde(flatten)]
    pub(super) own: Option<Own>,
    pub(super) bytes: Option<i64>,
    /// What depends on it: kind and name.
    pub(super) dependents: Option<Vec<(String, String)>>,
    pub(super) functions: Option<Vec<String>>,
    pub(super) sessions: Option<Sessions>,
    pub(super) statements: Option<Vec<Statement>>,
    /// Why there are no statements.
    pub(super) no_statements: Option<String>,
    /// Reads and writes while it was looked at, and for how long.
    pub(super) meanwhile: Option<Meanwhile>,
    /// Why facts are missing.
    pub(super) trouble: String,
    #[serde(skip)]
    pub(super) first: Option<Counters>,
}

/// The table itself.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub(super) struct Own {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) rows: Option<i64>,
    pub(super) live: Option<i64>,
    pub(super) reads: Option<i64>,
    pub(super) writes: Option<i64>,
    pub(super) keeps_last: Option<bool>,
    pub(super) last_read_ago: Option<f64>,
    pub(super) since_ago: Option<f64>,
    pub(super) version: String,
}

/// Counters at a moment of the server's clock.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Counters {
    reads: Option<i64>,
    writes: Option<i64>,
    clock: f64,
}

/// What was counted between two looks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Meanwhile {
    pub(super) reads: i64,
    pub(super) writes: i64,
    pub(super) seconds: f64,
}

/// Who is at it now.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub(super) struct Sessions {
    pub(super) locks: Option<Vec<Lock>>,
    pub(super) naming: Option<Vec<Option<String>>>,
    pub(super) hidden: Option<i64>,
}

/// One lock.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub(super) struct Lock {
    pub(super) user: Option<String>,
    pub(super) application: Option<String>,
    pub(super) mode: String,
    pub(super) granted: bool,
}

/// One statement that was run.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub(super) struct Statement {
    pub(super) calls: i64,
    pub(super) role: Option<String>,
    pub(super) query: String,
}

impl Impact {
    /// Picks the answers out of everything that the server said; `trouble` is why some may be missing.
    pub(in crate::effects) fn read(tables: &[Table], facts: &Map<String, Value>, trouble: &str) -> Vec<Self> {
        let one = |(at, table): (usize, &Table)| {
            let get = |key: &str| facts.get(&format!("impact{at}.{key}"));
            let mut impact = Self::unknown(table, trouble);
            let own = get("own");
            impact.exists = own.map(|own| !own.is_null());
            impact.own = typed(own);
            impact.first = typed(own);
            impact.bytes = typed(get("bytes"));
            impact.dependents = list(get("dependents"));
            impact.functions = list(get("functions"));
            impact.sessions = typed(get("sessions"));
            let meanwhile = impact.first.as_ref().zip(typed(get("again")));
            impact.meanwhile = meanwhile.map(|(first, again)| Meanwhile::between(first, &again));
            match get("statements").map(|said| said.get("xml").and_then(Value::as_str)) {
                Some(Some(xml)) => impact.statements = logged(xml),
                Some(None) => impact.no_statements = Some("pg_stat_statements is not installed here".to_owned()),
                None => {}
            }
            impact
        };
        let (asked, more) = tables.split_at(tables.len().min(MOST));
        let more = more.iter().map(|table| Self::unknown(table, "only the first five tables are looked at"));
        asked.iter().enumerate().map(one).chain(more).collect()
    }

    /// Nothing is known, for this reason.
    pub fn unknown(table: &Table, because: &str) -> Self {
        Self {
            table: table.written.clone(),
            exists: None,
            own: None,
            bytes: None,
            dependents: None,
            functions: None,
            sessions: None,
            statements: None,
            no_statements: None,
            meanwhile: None,
            trouble: because.to_owned(),
            first: None,
        }
    }

    /// The facts for the screen.
    pub fn lines(&self) -> Vec<Line> {
        lines::lines(self)
    }
}

impl Meanwhile {
    fn between(first: &Counters, again: &Counters) -> Self {
        let more = |one: Option<i64>, two: Option<i64>| two.unwrap_or(0).saturating_sub(one.unwrap_or(0)).max(0);
        let seconds = (again.clock - first.clock).clamp(0.0, 60.0);
        Self { reads: more(first.reads, again.reads), writes: more(first.writes, again.writes), seconds }
    }
}

fn typed<T: DeserializeOwned>(value: Option<&Value>) -> Option<T> {
    serde_json::from_value(value?.clone()).ok()
}

/// A list that the server leaves out where it is empty.
fn list<T: DeserializeOwned>(value: Option<&Value>) -> Option<Vec<T>> {
    if value?.is_null() { Some(Vec::new()) } else { typed(value) }
}

/// The statements in what `query_to_xml` made of one row with one text in it; none where the row has none. What the
/// server escapes there is `&`, `<` and `>` (`escape_xml` in `xml.c`).
fn logged(xml: &str) -> Option<Vec<Statement>> {
    let Some((_, rest)) = xml.split_once("<j>") else { return Some(Vec::new()) };
    let (text, _) = rest.split_once("</j>")?;
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&#x0d;", "\r").replace("&amp;", "&");
    let mut statements: Vec<Statement> = json::typed(&text).ok()?;
    for statement in &mut statements {
        let query = redact::sql(&statement.query).split_whitespace().collect::<Vec<_>>().join(" ");
        statement.query = query.chars().take(120).collect();
    }
    Some(statements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_unpacked_and_redacted() {
        let xml = "<table>\n<row>\n  <j>[{\"calls\": 2, \"role\": \"app\", \"query\": \"select 1 from t where a &lt; 2 and b = 'x &amp;&amp; y'\"},\
                   {\"calls\": 1, \"role\": null, \"query\": \"alter role a password 'sesame'\"}]</j>\n</row></table>";
        let said = logged(xml).unwrap();
        assert_eq!(said[0].query, "select 1 from t where a < 2 and b = 'x && y'");
        assert!(!said[1].query.contains("sesame"));
        assert_eq!(logged("<table><row></row></table>"), Some(Vec::new()));
    }

    #[test]
    fn answers_of_the_wrong_shape_are_none() {
        let facts =
            serde_json::json!({"impact0.own": {"name": 1}, "impact0.dependents": [["a"]], "impact0.bytes": "x"});
        let table = Table::parse("t").unwrap();
        let impact = Impact::read(std::slice::from_ref(&table), facts.as_object().unwrap(), "").remove(0);
        assert_eq!((impact.exists, impact.own, impact.dependents, impact.bytes), (Some(true), None, None, None));
        let facts = serde_json::json!({"impact0.own": null, "impact0.dependents": null});
        let impact = Impact::read(&[table], facts.as_object().unwrap(), "").remove(0);
        assert_eq!((impact.exists, impact.dependents), (Some(false), Some(Vec::new())));
    }
}
