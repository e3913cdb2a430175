//! `profiles.yml` of dbt, and the profile that `dbt_project.yml` names.
//!
//! The target is chosen by an option, by a var, by the profile, in this order
//! (<https://docs.getdbt.com/docs/core/connect-data-platform/connection-profiles>); of each var there are two names, and
//! `DBT_ENGINE_…` goes first (`params.py` of dbt-core). No template is filled in but a plain look-up of a var.

use std::path::Path;

use super::foreign;
use super::rails::string;
use super::reading::Driver;
use super::record::Record;
use super::survey::{At, Survey};
use super::yaml::{self, Kind, Node};
use crate::target::origin::Origin;

/// Looks at the profile, by what the options say.
pub(in crate::target) fn look(survey: &mut Survey<'_>, option: &dyn Fn(&str) -> Option<String>) {
    let cwd = survey.snapshot.cwd.clone();
    let directory = chosen(survey, option, "profiles-dir").map(|below| cwd.join(below));
    let home = || survey.filled("HOME").map(|home| Path::new(&home).join(".dbt"));
    let file = |directory: &Path| survey.look.read(&directory.join("profiles.yml"));
    let found = match directory {
        Some(directory) => file(&directory),
        None => file(&cwd).or_else(|| file(&home()?)),
    };
    let Some(found) = found else { return };
    let Some(text) = survey.text(&found) else { return };
    let at = |line: usize, key: String| At { path: &found.path, line, key };
    match output(survey, option, text, &found.path) {
        Ok(Some((key, node))) => database(survey, &at(node.line, key), &node),
        Ok(None) => {}
        Err((line, why)) => survey.add_unclear(at(line, String::new()).source(), why),
    }
}

/// The output that counts, by its key; or what cannot be said, and in which line.
fn output(
    survey: &Survey<'_>,
    option: &dyn Fn(&str) -> Option<String>,
    text: &str,
    path: &Path,
) -> Result<Option<(String, Node)>, (usize, String)> {
    let root = yaml::parse(text).map_err(|(line, why)| (line, format!("line {line} {why}")))?;
    if merges_late(text) {
        return Err((1, "it merges behind other keys".to_owned()));
    }
    let name = match chosen(survey, option, "profile") {
        Some(name) => name,
        None => project(survey, option).map_err(|why| (1, format!("its profile: {why}")))?,
    };
    let Some(profile) = root.get(&name) else { return Ok(None) };
    let target = match (chosen(survey, option, "target"), profile.get("target")) {
        (Some(target), _) => target,
        (None, Some(node)) => value(node, survey, path).map_err(|why| (profile.line, format!("`target`: {why}")))?.0,
        (None, None) => "default".to_owned(),
    };
    let node = profile.get("outputs").and_then(|outputs| outputs.get(&target));
    Ok(node.map(|node| (format!("{name}.{target}"), node.clone())))
}

/// By an option, or by one of the two vars that stand for it.
fn chosen(survey: &Survey<'_>, option: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    let var = name.to_uppercase().replace('-', "_");
    option(name)
        .or_else(|| survey.filled(&format!("DBT_ENGINE_{var}")))
        .or_else(|| survey.filled(&format!("DBT_{var}")))
}

/// The profile that the project names. Only that one line is read: the rest may be in any form of YAML.
fn project(survey: &Survey<'_>, option: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    const NAME: &str = "dbt_project.yml";
    let found = match chosen(survey, option, "project-dir") {
        Some(below) => survey.look.read(&survey.snapshot.cwd.join(below).join(NAME)),
        None => survey.look.nearest(&[NAME]).pop(),
    };
    let found = found.ok_or("there is no `dbt_project.yml`")?;
    let line = found.text.as_ref()?.lines().rfind(|line| line.starts_with("profile:"));
    let root = yaml::parse(line.unwrap_or_default()).map_err(|(_, why)| why)?;
    value(root.get("profile").ok_or("`dbt_project.yml` names none")?, survey, &found.path).map(|(text, _)| text)
}

/// Whether a merge key stands behind another key: what dbt then takes is not what Rails would.
fn merges_late(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim_start().is_empty() && !line.trim_start().starts_with('#'));
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut before = lines.next().unwrap_or_default();
    lines.any(|line| {
        let late = line.trim_start().starts_with("<<") && depth(before) >= depth(line);
        before = line;
        late
    })
}

/// The adapters that speak PostgreSQL's protocol by libpq, and those that are known to be something else.
const LIBPQ: &[&str] = &["postgres", "greenplum", "materialize", "risingwave"];
const OTHERS: &str = "athena bigquery clickhouse databricks duckdb oracle snowflake spark sqlite trino";

const PARTS: &[(&str, &str)] =
    &[("host", "host"), ("port", "port"), ("user", "user"), ("dbname", "dbname"), ("dbname", "database")];

fn database(survey: &mut Survey<'_>, at: &At<'_>, output: &Node) {
    let mut record = Record::default();
    let adapter = output.get("type").map(|node| value(node, survey, at.path));
    let adapter = adapter.and_then(Result::ok).map(|(text, _)| text).unwrap_or_default();
    let driver = if adapter == "redshift" { Driver::Own } else { Driver::Libpq };
    if OTHERS.split(' ').any(|other| other == adapter) {
        survey.other = true;
        return;
    }
    match foreign::named(&adapter) {
        Some(engine) => record.engine = engine,
        None if driver == Driver::Libpq && !LIBPQ.contains(&adapter.as_str()) => {
            record.doubt("its adapter is not known here");
        }
        None => {}
    }
    for (keyword, name) in PARTS {
        let Some(node) = output.get(name) else { continue };
        match value(node, survey, at.path) {
            Ok((text, origin)) => record.part(keyword, &text, origin),
            Err(why) => record.unread(keyword, format!("`{name}`: {why}")),
        }
    }
    survey.add_said(at.source(), record.said(), driver);
}

/// A text, or the var that it looks up.
fn value(node: &Node, survey: &Survey<'_>, file: &Path) -> Result<(String, Origin), String> {
    let origin = Origin::File { file: file.to_owned(), line: node.line };
    let Kind::Scalar(text) = &node.kind else { return Err("it is no plain text".to_owned()) };
    if !["{{", "{%", "{#"].iter().any(|opens| text.contains(opens)) {
        return Ok((text.clone(), origin));
    }
    let (var, default) = lookup(text).ok_or("a template decides it, which is not run")?;
    match survey.var(var) {
        Some(value) => Ok((value, Origin::Var(var.to_owned()))),
        None => default
            .map(|text| (text.to_owned(), origin))
            .ok_or_else(|| format!("its template takes it from `{var}`, which is not set")),
    }
}

/// `{{ env_var('X') }}`, `{{ env_var('X', 'd') | int }}`: the var, and what stands in for it.
fn lookup(text: &str) -> Option<(&str, Option<&str>)> {
    let code = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim_matches('-').trim();
    let (var, rest) = string(code.strip_prefix("env_var")?.trim_start().strip_prefix('(')?.trim_start())?;
    let mut rest = rest.trim_start();
    let mut default = None;
    if let Some(more) = rest.strip_prefix(',') {
        let more = more.trim_start();
        let digits = more.len() - more.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (text, after) = if digits > 0 { more.split_at_checked(digits)? } else { string(more)? };
        (default, rest) = (Some(text), after.trim_start());
    }
    let filter = rest.strip_prefix(')')?.trim_start().trim_start_matches('|').trim_start();
    let is_name = !var.is_empty() && var.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_name && ["", "int", "as_number", "as_text", "as_native"].contains(&filter)).then_some((var, default))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_look_up_of_a_var_is_understood() {
        for (text, expected) in [
            ("{{ env_var('H') }}", Some(("H", None))),
            ("{{env_var(\"H\")}}", Some(("H", None))),
            ("{{- env_var('H', 'a b') -}}", Some(("H", Some("a b")))),
            ("{{ env_var('P', 5432) | int }}", Some(("P", Some("5432")))),
            ("{{ env_var('P', '5432') | as_number }}", Some(("P", Some("5432")))),
            ("{{ env_var('H') }}.example.com", None),
            ("a{{ env_var('H') }}", None),
            ("{{ env_var('H') | upper }}", None),
            ("{{ env_var('H') ~ 'x' }}", None),
            ("{{ env_var(name) }}", None),
            ("{{ env_var('H', other) }}", None),
            ("{{ var('H') }}", None),
            ("{% if x %}a{% endif %}", None),
            ("{{ env_var('H", None),
            ("{{ env_var('é', 1é) }}", None),
        ] {
            assert_eq!(lookup(text), expected, "{text}");
        }
    }

    #[test]
    fn a_merge_key_counts_only_where_it_stands_first() {
        assert!(!merges_late("a: &a\n  x: 1\nb:\n  # c\n\n  <<: *a\n  x: 2\n"));
        assert!(merges_late("a: &a\n  x: 1\nb:\n  x: 2\n  <<: *a\n"));
        assert!(!merges_late(""));
    }
}
