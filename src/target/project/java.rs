//! `flyway.toml`, `flyway.conf` and `liquibase.properties`.
//!
//! Both tools connect through JDBC. Flyway: a `.user` file before its own, TOML before the older format, the var
//! `FLYWAY_URL` before all of them; the section of TOML by the environment's name. Liquibase: the `.local` file over its own.
//! <https://documentation.red-gate.com/fd/configuration-files-224003079.html>,
//! <https://docs.liquibase.com/concepts/connections/creating-config-properties.html>

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::look::Found;
use super::properties;
use super::reading::Driver;
use super::survey::{At, Survey, with_user};
use super::url;
use crate::target::origin::Origin;

/// What a file says.
#[derive(Debug, Default)]
struct Said {
    url: Option<(String, usize)>,
    user: Option<(String, usize)>,
    key: String,
}

/// Looks at Flyway's files.
pub(in crate::target) fn flyway(survey: &mut Survey<'_>) {
    if survey.filled("FLYWAY_URL").is_some() {
        return; // it goes before every file, and is a mention already
    }
    let files = match survey.filled("FLYWAY_CONFIG_FILES") {
        Some(names) => named(survey, &names),
        None => survey.look.nearest(&[
            "flyway.user.toml",
            "flyway.toml",
            "flyway.conf",
            "conf/flyway.user.toml",
            "conf/flyway.toml",
            "conf/flyway.conf",
        ]),
    };
    let is_toml = |found: &Found| found.path.extension().is_some_and(|extension| extension == "toml");
    let toml = files.iter().any(is_toml);
    let mut said = Vec::new();
    let environment = environment(survey, &files);
    for found in files.iter().filter(|found| is_toml(found) == toml) {
        let Some(text) = survey.text(found) else { continue };
        let read = if toml { from_toml(text, &environment) } else { Ok(from_properties(text, &FLYWAY)) };
        match read {
            Ok(read) => said.push((found, read)),
            Err(line) => {
                let at = At { path: &found.path, line, key: String::new() };
                survey.add_unclear(at.source(), format!("line {line} is no TOML"));
            }
        }
    }
    add(survey, &said, "FLYWAY_USER");
}

/// Looks at Liquibase's files.
pub(in crate::target) fn liquibase(survey: &mut Survey<'_>) {
    let files = match survey.filled("LIQUIBASE_DEFAULTS_FILE") {
        Some(name) => {
            let path = survey.snapshot.cwd.join(name);
            let local = path.with_extension("local.properties");
            [local, path].iter().filter_map(|path| survey.look.read(path)).collect()
        }
        None => survey.look.nearest(&["liquibase.local.properties", "liquibase.properties"]),
    };
    let mut said = Vec::new();
    for found in &files {
        let Some(text) = survey.text(found) else { continue };
        if let Some((key, value)) = properties::parse(text).into_iter().find(|(key, _)| of_one_command(key)) {
            let at = At { path: &found.path, line: value.line, key };
            return survey.add_unclear(at.source(), "one command has a URL of its own");
        }
        said.push((found, from_properties(text, &LIQUIBASE)));
    }
    add(survey, &said, "LIQUIBASE_COMMAND_USERNAME");
}

/// `liquibase.command.update.url`.
fn of_one_command(key: &str) -> bool {
    let command = key.strip_prefix("liquibase.command.").and_then(|rest| rest.strip_suffix(".url"));
    command.is_some_and(|command| !command.is_empty())
}

/// The files that a var names, the last one first: it goes before the others.
fn named(survey: &Survey<'_>, names: &str) -> Vec<Found> {
    let paths = names.split(',').map(str::trim).filter(|name| !name.is_empty()).take(16);
    let mut files: Vec<Found> =
        paths.filter_map(|name| survey.look.read(&survey.snapshot.cwd.join(Path::new(name)))).collect();
    files.reverse();
    files
}

/// The first URL, with the first user that is named beside one.
fn add(survey: &mut Survey<'_>, said: &[(&Found, Said)], user_var: &str) {
    let url = said.iter().find_map(|(found, said)| Some((found, said.url.as_ref()?, &said.key)));
    let Some((found, (text, line), key)) = url else { return };
    let at = At { path: &found.path, line: *line, key: key.clone() };
    let in_files = said.iter().find_map(|(found, said)| {
        let (user, line) = said.user.as_ref()?;
        Some((user.clone(), Origin::File { file: found.path.clone(), line: *line }))
    });
    let user = survey.filled(user_var).map(|user| (user, Origin::Var(user_var.to_owned()))).or(in_files);
    let url = with_user(url::read(text, &at.origin()), user);
    survey.add_url(at.source(), url, Driver::Own);
}

/// The keys of URL and user, the winning one first.
type Keys = [&'static [&'static str]; 2];

const FLYWAY: Keys = [&["flyway.url"], &["flyway.user"]];
const LIQUIBASE: Keys = [&["liquibase.command.url", "url"], &["liquibase.command.username", "username"]];

fn from_properties(text: &str, keys: &Keys) -> Said {
    let settings = properties::parse(text);
    let first = |keys: &[&'static str]| {
        let value = |key: &&'static str| Some((*key, settings.get(*key).filter(|value| !value.text.is_empty())?));
        keys.iter().find_map(value).map(|(key, value)| (key, value.text.clone(), value.line))
    };
    let [url, user] = keys.map(first);
    let key = url.as_ref().map_or("", |(key, ..)| *key).to_owned();
    Said { url: url.map(|(_, text, line)| (text, line)), user: user.map(|(_, text, line)| (text, line)), key }
}

/// The name of the section: by a var, by a file, or `default`.
fn environment(survey: &Survey<'_>, files: &[Found]) -> String {
    let file = |found: &Found| {
        let tree = DeTable::parse(found.text.as_deref().ok()?).ok()?;
        string(tree.get_ref().get("flyway")?.get_ref().get("environment")?).map(|(name, _)| name)
    };
    let chosen = if files.is_empty() { None } else { survey.filled("FLYWAY_ENVIRONMENT") };
    let named = chosen.or_else(|| files.iter().find_map(file));
    named.unwrap_or_else(|| "default".to_owned())
}

/// A text, and where it begins.
fn string(value: &Spanned<DeValue<'_>>) -> Option<(String, usize)> {
    Some((value.get_ref().as_str()?.to_owned(), value.span().start))
}

fn from_toml(text: &str, environment: &str) -> Result<Said, usize> {
    let line = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
    let tree = DeTable::parse(text).map_err(|wrong| line(wrong.span().map_or(0, |span| span.start)))?;
    let section = tree.get_ref().get("environments").and_then(|all| all.get_ref().get(environment));
    let value = |key: &str| {
        let (text, at) = string(section?.get_ref().get(key)?)?;
        Some((text, line(at)))
    };
    Ok(Said { url: value("url"), user: value("user"), key: format!("environments.{environment}.url") })
}

#[cfg(test)]
mod tests {
    use super::super::tests::Sample;

    const TOML: &str = "[flyway]\nenvironment = \"dev\"\n[environments.dev]\nurl = \"jdbc:postgresql://db1/app\"\nuser = \"u\"\n\
                        [environments.prod]\nurl = \"jdbc:postgresql://prod/app\"\nuser = \"p\"\n";
    const CONF: &str = "flyway.url=jdbc:postgresql://conf/app\nflyway.user=c\n";

    #[test]
    fn flyways_toml_goes_before_its_older_format() {
        let sample = Sample::new().file("flyway.toml", TOML).file("flyway.conf", CONF);
        assert_eq!(sample.said(), ["flyway.toml:4 environments.dev.url -> u@db1:5432/app"]);
        assert_eq!(
            Sample::new().file("conf/flyway.conf", CONF).said(),
            ["conf/flyway.conf:1 flyway.url -> c@conf:5432/app"]
        );
    }

    #[test]
    fn the_environment_chooses_and_the_users_file_goes_first() {
        let sample = Sample::new().file("flyway.toml", TOML).var("FLYWAY_ENVIRONMENT", "prod");
        assert_eq!(sample.said(), ["flyway.toml:7 environments.prod.url -> p@prod:5432/app"]);
        let user = "[environments.dev]\nurl = \"jdbc:postgresql://mine/app\"\n";
        let sample = Sample::new().file("flyway.toml", TOML).file("flyway.user.toml", user);
        assert_eq!(sample.said(), ["flyway.user.toml:2 environments.dev.url -> u@mine:5432/app"]);
    }

    #[test]
    fn flyways_vars_go_before_its_files() {
        let sample = Sample::new().file("flyway.conf", CONF).var("FLYWAY_USER", "me").var("PGPORT", "1");
        assert_eq!(sample.said(), ["flyway.conf:1 flyway.url -> me@conf:5432/app"]);
        let sample = Sample::new().file("flyway.conf", CONF).var("FLYWAY_URL", "jdbc:postgresql://var/app?user=u");
        assert_eq!(sample.said(), ["FLYWAY_URL -> u@var:5432/app"]);
        let sample = Sample::new()
            .file("flyway.conf", CONF)
            .file("x.conf", "flyway.url=jdbc:postgresql://x/app\nflyway.user=u\n");
        assert_eq!(
            sample.var("FLYWAY_CONFIG_FILES", "flyway.conf,x.conf").said(),
            ["x.conf:1 flyway.url -> u@x:5432/app"]
        );
    }

    #[test]
    fn what_flyway_fills_in_is_unclear_and_what_is_no_toml_too() {
        let sample = Sample::new().file("flyway.conf", "flyway.url=${URL}\n");
        assert_eq!(
            sample.said(),
            ["flyway.conf:1 flyway.url -> ? it has a placeholder (`${`) that something else fills in"]
        );
        assert_eq!(Sample::new().file("flyway.toml", "a = 1\nb =\n").said(), ["flyway.toml:2  -> ? line 2 is no TOML"]);
    }

    #[test]
    fn liquibases_local_file_goes_over_its_own() {
        let file = "changeLogFile=x.xml\nurl=jdbc:postgresql://db1/app\nusername=u\n";
        assert_eq!(
            Sample::new().file("liquibase.properties", file).said(),
            ["liquibase.properties:2 url -> u@db1:5432/app"]
        );
        let local = "liquibase.command.url: jdbc:postgresql://mine/app\n";
        let sample = Sample::new().file("liquibase.properties", file).file("liquibase.local.properties", local);
        assert_eq!(sample.said(), ["liquibase.local.properties:1 liquibase.command.url -> u@mine:5432/app"]);
        assert!(Sample::new().file("liquibase.properties", "url=offline:postgresql?version=15\n").said().is_empty());
    }
}
