//! `schema.prisma` of Prisma.
//!
//! Of the data source, `url` and `directUrl`, to which migrations go whatever `url` says: a literal, or `env("X")` from the
//! process or from the one `.env` that Prisma loads. Its engine reads none of libpq's vars. With a `prisma.config` file,
//! which is code, neither `.env` nor the schema need count.

use std::path::Path;

use super::env_files;
use super::foreign::named;
use super::look::Found;
use super::reading::Driver;
use super::survey::{At, Survey};
use super::url::{self, Url};
use crate::target::origin::Origin;

/// Looks at the schema.
pub(super) fn look(survey: &mut Survey<'_>) {
    keys(survey, None, |_| vec!["directUrl", "url"]);
}

/// Where migrations go: to `directUrl` where there is one.
pub(in crate::target) fn migrations(survey: &mut Survey<'_>, schema: Option<&str>) {
    keys(survey, schema, |source| vec![if source.line("directUrl").is_some() { "directUrl" } else { "url" }]);
}

/// The database that `migrate dev` and `migrate diff` wipe.
pub(in crate::target) fn shadow(survey: &mut Survey<'_>, schema: Option<&str>) {
    keys(survey, schema, |_| vec!["shadowDatabaseUrl"]);
}

fn keys(survey: &mut Survey<'_>, schema: Option<&str>, keys: impl Fn(&DataSource<'_>) -> Vec<&'static str>) {
    let found = match schema {
        Some(path) => survey.look.read(&survey.snapshot.cwd.join(path)),
        None => survey.look.nearest(&["prisma/schema.prisma", "schema.prisma"]).into_iter().next(),
    };
    let Some(found) = found else { return };
    let Some(text) = survey.text(&found) else { return };
    let source = source(text);
    let served = |provider| matches!(provider, "postgresql" | "postgres" | "cockroachdb") || named(provider).is_some();
    if !source.get("provider").is_some_and(served) {
        survey.other = source.get("provider").is_some();
        return;
    }
    let directory = found.path.parent().unwrap_or(Path::new("/"));
    let project = if directory.ends_with("prisma") { directory.parent().unwrap_or(directory) } else { directory };
    let configs = [
        "prisma.config.ts",
        "prisma.config.js",
        "prisma.config.mjs",
        "prisma.config.mts",
        "prisma.config.cjs",
        ".config/prisma.ts",
        ".config/prisma.js",
    ];
    let code = configs.iter().any(|name| survey.look.read(&project.join(name)).is_some());
    let places = [directory.join(".env"), project.join("prisma/.env"), project.join(".env")];
    let env = places.iter().filter(|_| !code).find_map(|path| survey.look.read(path));
    for key in keys(&source) {
        if let Some(line) = source.line(key) {
            one(survey, &found, line, env.as_ref(), code);
        }
    }
}

fn one(survey: &mut Survey<'_>, found: &Found, line: &Line<'_>, env: Option<&Found>, code: bool) {
    let at = At { path: &found.path, line: line.number, key: format!("datasource.{}", line.key) };
    let text = match expression(line.value) {
        Some(Expression::Literal(text)) => Some(Ok((text.to_owned(), at.origin()))),
        Some(Expression::Var(name)) => match survey.var(name) {
            Some(value) => Some(Ok((value, Origin::Var(name.to_owned())))),
            None => env.and_then(|env| env_files::value_in(env, name, survey)),
        },
        None => Some(Err("it is neither a text nor `env(\"…\")`".to_owned())),
    };
    let mut url = match text {
        Some(Ok((text, origin))) => url::read(&text, &origin),
        Some(Err(why)) => Url::Unclear(why),
        None => return, // Prisma stops
    };
    if let (Url::Database(said, _), true) = (&mut url, code) {
        said.doubt = Some("`prisma.config` is code that may decide otherwise".to_owned());
    }
    survey.add_url(at.source(), url, Driver::Own);
}

/// One line of the data source.
struct Line<'t> {
    number: usize,
    key: &'t str,
    value: &'t str,
}

/// The lines of the first data source.
struct DataSource<'t>(Vec<Line<'t>>);

impl DataSource<'_> {
    fn line(&self, key: &str) -> Option<&Line<'_>> {
        self.0.iter().find(|line| line.key == key)
    }

    fn get(&self, key: &str) -> Option<&str> {
        match expression(self.line(key)?.value)? {
            Expression::Literal(text) => Some(text),
            Expression::Var(_) => None,
        }
    }
}

fn source(text: &str) -> DataSource<'_> {
    let mut lines = text.lines().zip(1..).map(|(line, number)| (line.trim(), number));
    let opens = |line: &str| {
        line.strip_prefix("datasource").is_some_and(|rest| rest.starts_with([' ', '\t'])) && line.contains('{')
    };
    let Some(_) = lines.find(|(line, _)| opens(line)) else { return DataSource(Vec::new()) };
    let inside = lines.take_while(|(line, _)| !line.starts_with('}'));
    DataSource(
        inside
            .filter(|(line, _)| !line.starts_with("//"))
            .filter_map(|(line, number)| {
                let (key, value) = line.split_once('=')?;
                Some(Line { number, key: key.trim(), value: value.trim() })
            })
            .collect(),
    )
}

enum Expression<'t> {
    Literal(&'t str),
    Var(&'t str),
}

/// `"text"` or `env("NAME")`, a comment behind it.
fn expression(value: &str) -> Option<Expression<'_>> {
    let (text, rest) = match value.strip_prefix("env(") {
        Some(inside) => {
            let (text, rest) = inside.trim_start().strip_prefix('"')?.split_once('"')?;
            (text, rest.trim_start().strip_prefix(')')?)
        }
        None => value.strip_prefix('"')?.split_once('"')?,
    };
    let ends = rest.trim().is_empty() || rest.trim_start().starts_with("//");
    if !ends || text.contains('\\') {
        return None;
    }
    Some(if value.starts_with("env(") { Expression::Var(text) } else { Expression::Literal(text) })
}

#[cfg(test)]
mod tests {
    use super::super::tests::Sample;

    fn schema(lines: &str) -> String {
        format!(
            "generator client {{\n  url = \"no\"\n}}\n\ndatasource db {{\n  provider = \"postgresql\"\n{lines}\n}}\n"
        )
    }

    fn sample(lines: &str) -> Sample {
        Sample::new().file("prisma/schema.prisma", schema(lines))
    }

    #[test]
    fn a_literal_or_a_var_of_the_process_or_of_its_one_env_file() {
        let literal = sample("  // url = \"x\"\n  url = \"postgresql://u@db1/app?schema=public\" // c");
        assert_eq!(literal.said(), ["prisma/schema.prisma:8 datasource.url -> u@db1:5432/app"]);
        let var = || sample("  url      = env(\"MY_URL\")");
        assert!(var().said().is_empty());
        assert!(var().mentions().watched.vars.contains(&"MY_URL".to_owned()));
        let set = var().var("MY_URL", "postgres://u@var/app").file(".env", "MY_URL=postgres://u@file/app");
        assert_eq!(set.said(), ["prisma/schema.prisma:7 datasource.url -> u@var:5432/app"]);
        let file =
            var().file("prisma/.env", "MY_URL=postgres://u@near/app").file(".env", "MY_URL=postgres://u@far/app");
        assert_eq!(file.said(), ["prisma/schema.prisma:7 datasource.url -> u@near:5432/app"]);
    }

    #[test]
    fn migrations_go_to_the_direct_url() {
        let said = sample("  url = \"postgres://u@pool/app\"\n  directUrl = \"postgres://u@direct/app\"").said();
        assert_eq!(
            said,
            [
                "prisma/schema.prisma:8 datasource.directUrl -> u@direct:5432/app",
                "prisma/schema.prisma:7 datasource.url -> u@pool:5432/app",
            ]
        );
    }

    #[test]
    fn other_engines_and_code() {
        let of = |provider: &str, url: &str| {
            let text = format!("datasource db {{\n  provider = \"{provider}\"\n  url = \"{url}\"\n}}\n");
            Sample::new().file("schema.prisma", text).said()
        };
        assert!(of("sqlite", "file:./dev.db").is_empty());
        assert_eq!(of("mysql", "mysql://u@h/d"), ["schema.prisma:3 datasource.url -> u@h:3306/d"]);
        assert_eq!(
            of("sqlserver", "sqlserver://h:1433;database=d;user=u"),
            ["schema.prisma:3 datasource.url -> -@h:1433/d"]
        );
        let code = sample("  url = \"postgres://u@db1/app\"").file("prisma.config.ts", "export default {}");
        assert!(code.said()[0].contains("`prisma.config` is code that may decide otherwise [u@db1:5432/app]"));
        assert!(sample("  url = foo(\"x\")").said()[0].contains("it is neither a text"));
    }
}
