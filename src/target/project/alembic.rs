//! `alembic.ini` of Alembic.
//!
//! `sqlalchemy.url` of the section `[alembic]`, or of the sections that `databases` names. The project's `env.py` is code
//! and may decide otherwise: it is never run, and the URL is believed only where `env.py` does what the template that
//! Alembic writes does (<https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file>).

use std::path::Path;

use super::ini::{self, Dialect, Setting};
use super::look::Found;
use super::reading::Driver;
use super::survey::{At, Survey};
use super::url::{self, Url};

/// Looks at the file.
pub(super) fn look(survey: &mut Survey<'_>) {
    section(survey, "alembic");
}

/// Looks at one section of the file, and at those that it names.
pub(in crate::target) fn section(survey: &mut Survey<'_>, name: &str) {
    let named = survey.filled("ALEMBIC_CONFIG").map(|path| survey.snapshot.cwd.join(path));
    let files = match named {
        Some(path) => survey.look.read(&path).into_iter().collect(),
        None => survey.look.nearest(&["alembic.ini"]),
    };
    for found in files {
        let Some(text) = survey.text(&found) else { continue };
        let settings = ini::parse(text, Dialect::Python);
        for setting in urls(&settings, name) {
            one(survey, &found, &settings, setting);
        }
    }
}

/// The settings that hold the URLs.
fn urls<'s>(settings: &'s [Setting], section: &str) -> Vec<&'s Setting> {
    const KEY: &str = "sqlalchemy.url";
    if let Some(only) = ini::find(settings, section, KEY) {
        return vec![only];
    }
    let names = ini::find(settings, section, "databases").map_or("", |setting| setting.value.as_str());
    names.split(',').take(MOST).filter_map(|name| ini::find(settings, name.trim(), KEY)).collect()
}

/// More databases are not looked at.
const MOST: usize = 32;

const ENCODED: &str = "releases of SQLAlchemy differ on a `%` in the name of a database";

/// Whether the name of the database has an encoded character: `SQLAlchemy` 1.4 takes it as it stands (run), 2.1 decodes it.
fn encodes_name(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    path.split('?').next().is_some_and(|name| name.contains('%'))
}

fn one(survey: &mut Survey<'_>, found: &Found, settings: &[Setting], setting: &Setting) {
    let at = At { path: &found.path, line: setting.line, key: format!("{}.{}", setting.section, setting.key) };
    let directory = found.path.parent().unwrap_or(Path::new("/"));
    let here = directory.to_string_lossy();
    // What `alembic init` writes for a person to fill in.
    if setting.value.starts_with("driver://") || setting.value.is_empty() {
        return;
    }
    let text = ini::interpolated(settings, &setting.section, &setting.value, &here);
    let encoded = text.as_deref().is_some_and(encodes_name);
    let url = match text {
        Some(text) => url::read(&text, &at.origin()),
        None => Url::Unclear("it has a `%(…)s` that nothing in the file fills in".to_owned()),
    };
    let script = ini::find(settings, "alembic", "script_location");
    let script = script.and_then(|script| ini::interpolated(settings, "alembic", &script.value, &here));
    let env = directory.join(script.unwrap_or_default()).join("env.py");
    let url = match url {
        Url::Database(mut said, driver) => {
            said.doubt = said.doubt.or_else(|| code(survey, &env)).or_else(|| encoded.then(|| ENCODED.to_owned()));
            Url::Database(said, driver)
        }
        // A tool that is about to run goes where `env.py` says, whatever engine the file names.
        Url::Other if survey.exact => code(survey, &env).map_or(Url::Other, Url::Unclear),
        url @ (Url::Other | Url::Unclear(_)) => url,
    };
    survey.add_url(at.source(), url, Driver::Libpq);
}

/// Why `env.py` may decide otherwise.
fn code(survey: &Survey<'_>, env: &Path) -> Option<String> {
    let Some(Ok(text)) = survey.look.read(env).map(|found| found.text) else {
        return Some("its `env.py`, which may decide otherwise, cannot be read".to_owned());
    };
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\'' && *c != '"').collect();
    let stock = text.contains("engine_from_config(config.get_section(config.config_ini_section")
        || text.contains("engine_from_config(context.config.get_section(name");
    let decides = ["set_main_option", "set_section_option", "environ", "getenv", "get_x_argument", "file_config"];
    let asked = ["get_main_option(sqlalchemy.url)", "get_section_option(name,sqlalchemy.url)"];
    let asked: usize = asked.iter().map(|way| text.matches(way).count()).sum();
    let reads = text.matches("sqlalchemy.url").count() == asked;
    let plain = stock && reads && !decides.iter().any(|word| text.contains(word));
    (!plain).then(|| "`env.py` is code that may decide otherwise".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tests::Sample;

    const ENV: &str = "\
config = context.config
def run_migrations_offline():
    url = config.get_main_option(\"sqlalchemy.url\")
def run_migrations_online():
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix=\"sqlalchemy.\")
";

    fn sample(ini: &str) -> Sample {
        Sample::new().file("alembic.ini", ini).file("migrations/env.py", ENV)
    }

    const HEAD: &str = "[alembic]\nscript_location = %(here)s/migrations\n";

    #[test]
    fn the_url_counts_with_its_names_filled_in() {
        let ini = format!("{HEAD}host = db1\nsqlalchemy.url = postgresql+psycopg2://u:p%%40x@%(host)s/app\n");
        assert_eq!(sample(&ini).said(), ["alembic.ini:4 alembic.sqlalchemy.url -> u@db1:5432/app"]);
        let missing = format!("{HEAD}sqlalchemy.url = postgresql://u@%(host)s/app\n");
        assert_eq!(
            sample(&missing).said(),
            ["alembic.ini:3 alembic.sqlalchemy.url -> ? it has a `%(…)s` that nothing in the file fills in"]
        );
    }

    #[test]
    fn an_encoded_name_of_a_database_is_doubtful() {
        let ini = format!("{HEAD}sqlalchemy.url = postgresql://u:p%%40x@db1/a%%20b\n");
        let said = "alembic.ini:3 alembic.sqlalchemy.url -> ? releases of SQLAlchemy differ on a `%` in the name of a \
                    database [u@db1:5432/a b]";
        assert_eq!(sample(&ini).said(), [said]);
    }

    #[test]
    fn what_the_template_has_is_no_mention() {
        assert!(sample(&format!("{HEAD}sqlalchemy.url = driver://user:pass@localhost/dbname\n")).said().is_empty());
    }

    #[test]
    fn code_that_may_decide_otherwise_makes_it_doubtful() {
        let ini = format!("{HEAD}sqlalchemy.url = postgresql://u@db1/app\n");
        for more in ["config.set_main_option('sqlalchemy.url', x)", "c['sqlalchemy.url'] = x", "os.environ['X']"] {
            let sample = Sample::new().file("alembic.ini", &ini).file("migrations/env.py", format!("{ENV}{more}\n"));
            assert_eq!(
                sample.said(),
                [
                    "alembic.ini:3 alembic.sqlalchemy.url -> ? `env.py` is code that may decide otherwise [u@db1:5432/app]"
                ]
            );
        }
        let none = Sample::new().file("alembic.ini", &ini).said();
        assert!(none[0].contains("cannot be read"), "{none:?}");
    }

    #[test]
    fn several_databases_are_several_mentions() {
        let ini = "[alembic]\nscript_location = migrations\ndatabases = a, b\n[a]\nsqlalchemy.url = postgresql://u@h1/a\n\
                   [b]\nsqlalchemy.url = postgresql://u@h2/b\n";
        let env = "rec['url'] = context.config.get_section_option(name, \"sqlalchemy.url\")\n\
                   rec['engine'] = engine_from_config(\n    context.config.get_section(name, {}),\n)\n";
        let sample = Sample::new().file("alembic.ini", ini).file("migrations/env.py", env);
        assert_eq!(
            sample.said(),
            ["alembic.ini:5 a.sqlalchemy.url -> u@h1:5432/a", "alembic.ini:7 b.sqlalchemy.url -> u@h2:5432/b",]
        );
    }

    #[test]
    fn a_var_names_another_file() {
        let other = format!("{HEAD}sqlalchemy.url = postgresql://u@other/app\n");
        let sample = sample("[alembic]\n").file("other.ini", other).var("ALEMBIC_CONFIG", "other.ini");
        assert_eq!(sample.said(), ["other.ini:3 alembic.sqlalchemy.url -> u@other:5432/app"]);
    }
}
