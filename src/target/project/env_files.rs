//! The `.env` family: which of its files would be loaded here, and what they say.
//!
//! The plain loaders (dotenv, dbmate, sqlx, diesel, Prisma) know `.env` alone; dotenv-rails and the bundlers of Node put
//! the files of one environment before it, Symfony in another order, Laravel one instead of the other. Each way is gone,
//! and what wins in any of them is a mention. `.env.production` lying about is none: only the selected one counts.
//! In every way a var that the process has already, even an empty one, stays as it is.

use std::ffi::OsString;

use super::dotenv::{self, Entry};
use super::foreign;
use super::frameworks;
use super::look::Found;
use super::reading::{Driver, Said};
use super::survey::{At, Survey, with_user};
use super::url::{self, placeholder};
use super::vars::{URL_VARS, USER_VARS};
use crate::order;
use crate::target::Engine;
use crate::target::conninfo::Setting;
use crate::target::ground::Overlay;
use crate::target::origin::Origin;

/// A file of the family, read.
struct EnvFile {
    found: Found,
    entries: Vec<Entry>,
}

/// One way of loading: the files in the order in which they win.
type Way = Vec<String>;

/// Looks at the family.
pub(super) fn look(survey: &mut Survey<'_>) {
    let mut ways = ways(survey);
    let mut names: Vec<String> = ways.iter().flatten().cloned().collect();
    order::sort(&mut names);
    names.dedup();
    let mut files: Vec<(String, EnvFile)> = Vec::new();
    for name in names {
        for found in survey.look.nearest(&[&name]) {
            let entries = survey.text(&found).map(dotenv::parse).unwrap_or_default();
            files.push((name.clone(), EnvFile { found, entries }));
        }
    }
    laravel(survey, &files, &mut ways);
    let ways: Vec<Loaded<'_>> = ways.iter().map(|way| Loaded::of(way, &files)).collect();
    for way in &ways {
        way.urls(survey);
        way.libpq_vars(survey);
    }
}

/// The ways that the selection vars leave open.
fn ways(survey: &Survey<'_>) -> Vec<Way> {
    let selected = |names: &[&str]| names.iter().find_map(|name| survey.filled(name));
    let rails = selected(&["RAILS_ENV", "RACK_ENV"]).unwrap_or_else(|| "development".to_owned());
    let node = selected(&["NODE_ENV"]).unwrap_or_else(|| "development".to_owned());
    let mut ways = vec![vec![".env".to_owned()]];
    for (name, symfony) in [(Some(rails), false), (Some(node), false), (selected(&["APP_ENV"]), true)] {
        // A name that is a path leads out of the directory; no tool is meant to be used so.
        let Some(name) = name.filter(|name| !name.contains('/')) else { continue };
        let local = (name != "test").then(|| ".env.local".to_owned());
        let (own, own_local) = (Some(format!(".env.{name}")), Some(format!(".env.{name}.local")));
        let order = if symfony { [own_local, own, local] } else { [own_local, local, own] };
        let way: Way = order.into_iter().flatten().chain([".env".to_owned()]).collect();
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways
}

/// Laravel loads `.env.$APP_ENV` instead of `.env` where that file is.
fn laravel(survey: &Survey<'_>, files: &[(String, EnvFile)], ways: &mut Vec<Way>) {
    let Some(name) = survey.filled("APP_ENV") else { return };
    let name = format!(".env.{name}");
    if files.iter().any(|(file, _)| *file == name) {
        ways.push(vec![name]);
    }
}

/// The files of one way that are there, in the order in which they win.
struct Loaded<'f>(Vec<&'f EnvFile>);

impl<'f> Loaded<'f> {
    fn of(way: &Way, files: &'f [(String, EnvFile)]) -> Self {
        let file = |name: &String| files.iter().find(|(file, _)| file == name).map(|(_, file)| file);
        Self(way.iter().filter_map(file).collect())
    }

    /// The entry that wins, unless the process has the var.
    fn entry(&self, name: &str, survey: &Survey<'_>) -> Option<(&'f EnvFile, &'f Entry)> {
        let one = |file: &&'f EnvFile| Some((*file, file.entries.iter().find(|entry| entry.name == name)?));
        self.0.iter().find_map(one).filter(|_| survey.var(name).is_none())
    }

    /// The value that a tool would see, filled in where that is certain.
    fn value(&self, name: &str, survey: &Survey<'_>) -> Option<(At<'f>, Result<String, String>)> {
        let (file, entry) = self.entry(name, survey)?;
        Some((file.at(entry), filled(entry, file, survey)))
    }

    fn urls(&self, survey: &mut Survey<'_>) {
        for name in URL_VARS {
            let Some((at, value)) = self.value(name, survey) else { continue };
            match value {
                Ok(value) => {
                    let user =
                        USER_VARS.iter().find(|(url, _)| url == name).and_then(|(_, var)| self.user(var, survey));
                    let url = with_user(url::read(&value, &at.origin()), user);
                    survey.add_url(at.source(), url, Driver::Any);
                }
                Err(why) => survey.add_unclear(at.source(), why),
            }
        }
        self.laravel(survey);
    }

    fn user(&self, var: &str, survey: &Survey<'_>) -> Option<(String, Origin)> {
        match self.value(var, survey) {
            Some((at, value)) => Some((value.ok()?, at.origin())),
            None => Some((survey.filled(var)?, Origin::Var(var.to_owned()))),
        }
    }

    /// libpq's own vars in a file: what a psql or an application that is started with it would reach.
    fn libpq_vars(&self, survey: &mut Survey<'_>) {
        let mut overlay = Vec::new();
        let mut first: Option<At<'_>> = None;
        for name in LIBPQ_VARS {
            let Some((at, value)) = self.value(name, survey) else { continue };
            match value {
                Ok(value) => overlay.push(Overlay { name, value: value.into(), origin: at.origin() }),
                Err(why) => return survey.add_unclear(at.source(), why),
            }
            // A user alone is no place.
            first = first.or((*name != "PGUSER").then_some(at));
        }
        if let Some(first) = first {
            let said = Said { overlay, ..Said::default() };
            survey.add_said(first.source(), said, Driver::Libpq);
        }
    }

    /// Laravel's five vars, as its stock `config/database.php` reads them.
    fn laravel(&self, survey: &mut Survey<'_>) {
        if self.0.is_empty() {
            return;
        }
        let value = |name: &str, survey: &Survey<'_>| match self.value(name, survey) {
            Some((at, value)) => Some((value, at.origin(), Some(at))),
            None => Some((Ok(survey.var(name)?), Origin::Var(name.to_owned()), None)),
        };
        let is = |name: &str, survey: &Survey<'_>| {
            value(name, survey).and_then(|(value, ..)| value.ok()).unwrap_or_default()
        };
        let connection = is("DB_CONNECTION", survey);
        let engine = if connection == "pgsql" { Some(Engine::Postgresql) } else { foreign::named(&connection) };
        let Some(engine) = engine.filter(|_| is("DB_URL", survey).is_empty()) else { return };
        let mut said = Said { engine, ..Said::default() };
        let mut place: Option<At<'_>> = None;
        for (keyword, name, default) in &frameworks::STOCK {
            let (value, origin, at) =
                value(name, survey).unwrap_or_else(|| (Ok((*default).to_owned()), Origin::Default, None));
            match value {
                Ok(value) => said.settings.push(Setting { keyword, value: OsString::from(value), origin }),
                Err(why) => said.doubt = Some(format!("`{name}`: {why}")),
            }
            place = place.or(at);
        }
        if engine != Engine::Postgresql {
            // The port that is filled in is PostgreSQL's.
            said.settings.retain(|setting| setting.keyword != "port" || setting.origin != Origin::Default);
        }
        let Some(place) = place else { return };
        let cached = place.path.with_file_name("bootstrap").join("cache/config.php");
        if survey.look.read(&cached).is_some() {
            said.doubt = Some("`bootstrap/cache/config.php` decides instead of `.env`".to_owned());
        }
        said.doubt = said.doubt.or_else(|| said.settings.iter().find_map(placeholder));
        survey.add_said(place.source(), said, Driver::Libpq);
    }
}

const LIBPQ_VARS: &[&str] =
    &["PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGSERVICE", "PGSERVICEFILE", "PGSYSCONFDIR", "PGUSER"];

impl EnvFile {
    fn at<'f>(&'f self, entry: &Entry) -> At<'f> {
        At { path: &self.found.path, line: entry.line, key: entry.name.clone() }
    }
}

/// Everything that one file sets, and where.
pub(in crate::target) fn settings(found: &Found, survey: &Survey<'_>) -> Vec<(String, Origin, Result<String, String>)> {
    let Ok(text) = &found.text else { return Vec::new() };
    let file = EnvFile { found: found.clone(), entries: dotenv::parse(text) };
    let one = |entry: &Entry| (entry.name.clone(), file.at(entry).origin(), filled(entry, &file, survey));
    file.entries.iter().map(one).collect()
}

/// What one file says of a var, and where.
pub(super) fn value_in(found: &Found, name: &str, survey: &Survey<'_>) -> Option<Result<(String, Origin), String>> {
    let entries = dotenv::parse(found.text.as_ref().ok()?);
    let file = EnvFile { found: found.clone(), entries };
    let entry = file.entries.iter().find(|entry| entry.name == name)?;
    Some(filled(entry, &file, survey).map(|value| (value, file.at(entry).origin())))
}

/// The value with `${NAME}` filled in, as dotenv-expand and the readers of Ruby, Python, Go and Rust do: the process's
/// own var, else what stands above in the file. Node's plain reader fills nothing in, and gets a URL that no driver takes.
fn filled(entry: &Entry, file: &EnvFile, survey: &Survey<'_>) -> Result<String, String> {
    let value = entry.value.as_ref().map_err(Clone::clone)?;
    let mut filled = String::new();
    let mut rest = value.text.as_str();
    if rest.matches("${").count() > MOST {
        return Err("it has too many placeholders".to_owned());
    }
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { return Err("it has an open `${`".to_owned()) };
        if value.literal {
            return Err("it has a placeholder in single quotes, which readers take differently".to_owned());
        }
        let above = || {
            let entry = file.entries.iter().find(|other| other.name == name && other.line < entry.line)?;
            let value = entry.value.as_ref().ok()?;
            (!value.text.contains('$')).then(|| value.text.clone())
        };
        let text = survey.filled(name).or_else(above);
        let text = text.ok_or_else(|| "it has a placeholder (`${`) whose value is not known here".to_owned())?;
        filled.push_str(before);
        filled.push_str(&text);
        if filled.len() > LONGEST {
            return Err("it grows beyond every URL".to_owned());
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// More placeholders are not filled in.
const MOST: usize = 32;

/// A longer value is not made.
const LONGEST: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::super::tests::Sample;

    fn url(host: &str) -> String {
        format!("DATABASE_URL=postgres://u:p@{host}/app\n")
    }

    #[test]
    fn the_nearest_file_counts_up_to_the_root() {
        let sample = Sample::new().file(".env", url("far")).file("api/.env", url("near"));
        assert_eq!(sample.at("api/src").said(), ["api/.env:1 DATABASE_URL -> u@near:5432/app"]);
        let sample = Sample::new().file(".env", url("far")).at("api/src");
        assert_eq!(sample.said(), [".env:1 DATABASE_URL -> u@far:5432/app"]);
    }

    #[test]
    fn a_var_of_the_process_stays_as_it_is_even_when_it_is_empty() {
        let sample = || Sample::new().file(".env", url("file"));
        assert_eq!(sample().var("DATABASE_URL", "postgres://u@var/app").said(), ["DATABASE_URL -> u@var:5432/app"]);
        assert!(sample().var("DATABASE_URL", "").said().is_empty());
    }

    #[test]
    fn only_the_selected_environment_is_loaded() {
        let all = || Sample::new().file(".env.production", url("production")).file(".env.staging", url("staging"));
        assert!(all().said().is_empty());
        let production = ".env.production:1 DATABASE_URL -> u@production:5432/app";
        for var in ["RAILS_ENV", "RACK_ENV", "NODE_ENV", "APP_ENV"] {
            assert_eq!(all().var(var, "production").said(), [production], "{var}");
        }
        assert_eq!(
            all().file(".env.development", url("dev")).said(),
            [".env.development:1 DATABASE_URL -> u@dev:5432/app"]
        );
    }

    #[test]
    fn what_one_way_of_loading_hides_another_one_shows() {
        let sample = Sample::new().file(".env", url("plain")).file(".env.local", url("local"));
        assert_eq!(
            sample.said(),
            [".env:1 DATABASE_URL -> u@plain:5432/app", ".env.local:1 DATABASE_URL -> u@local:5432/app",]
        );
    }

    #[test]
    fn rails_and_symfony_order_the_local_file_differently() {
        let sample = Sample::new().file(".env.local", url("local")).file(".env.prod", url("prod"));
        let rails = ".env.local:1 DATABASE_URL -> u@local:5432/app";
        assert_eq!(sample.var("RAILS_ENV", "prod").said(), [rails]);
        let sample = Sample::new().file(".env.local", url("local")).file(".env.prod", url("prod"));
        let said = sample.var("APP_ENV", "prod").said();
        assert_eq!(said, [rails, ".env.prod:1 DATABASE_URL -> u@prod:5432/app"]);
    }

    #[test]
    fn a_test_run_does_not_load_the_local_file() {
        let sample = Sample::new().file(".env.local", url("local")).var("RAILS_ENV", "test").var("NODE_ENV", "test");
        assert!(sample.said().is_empty());
    }

    #[test]
    fn placeholders_are_filled_in_where_every_reader_would() {
        let text = "H=db1\nDATABASE_URL=\"postgres://u@${H}/app\"\n";
        assert_eq!(Sample::new().file(".env", text).said(), [".env:2 DATABASE_URL -> u@db1:5432/app"]);
        let said = Sample::new().file(".env", text).var("H", "db2").said();
        assert_eq!(said, [".env:2 DATABASE_URL -> u@db2:5432/app"]);
        let unknown = Sample::new().file(".env", "DATABASE_URL=postgres://u@${H}/app\nH=later\n");
        assert_eq!(
            unknown.said(),
            [".env:1 DATABASE_URL -> ? it has a placeholder (`${`) whose value is not known here"]
        );
        assert!(unknown.mentions().watched.vars.contains(&"H".to_owned()));
        let literal = Sample::new().file(".env", "H=a\nDATABASE_URL='postgres://u@${H}/app'\n").said();
        assert_eq!(
            literal,
            [".env:2 DATABASE_URL -> ? it has a placeholder in single quotes, which readers take differently"]
        );
    }

    #[test]
    fn libpqs_own_vars_in_a_file_are_one_mention_under_those_of_the_process() {
        let text = "PGHOST=db1\nPGPORT=6543\nPGDATABASE=app\nPGUSER=u\n";
        assert_eq!(Sample::new().file(".env", text).said(), [".env:1 PGHOST -> u@db1:6543/app"]);
        let over = Sample::new().file(".env", text).var("PGHOST", "db2");
        assert_eq!(over.said(), [".env:2 PGPORT -> u@db2:6543/app"]);
        assert!(Sample::new().file(".env", "PGUSER=u\n").said().is_empty());
    }

    #[test]
    fn laravels_vars_count_with_its_connection() {
        let text = "DB_CONNECTION=pgsql\nDB_HOST=db1\nDB_DATABASE=app\n";
        assert_eq!(Sample::new().file(".env", text).said(), [".env:2 DB_HOST -> root@db1:5432/app"]);
        assert!(Sample::new().file(".env", text).var("DB_CONNECTION", "sqlite").said().is_empty());
        let mysql = Sample::new().file(".env", text).var("DB_CONNECTION", "mysql");
        assert_eq!(mysql.said(), [".env:2 DB_HOST -> root@db1:3306/app"]);
        let cached = Sample::new().file(".env", text).file("bootstrap/cache/config.php", "<?php return [];");
        assert_eq!(
            cached.said(),
            [".env:2 DB_HOST -> ? `bootstrap/cache/config.php` decides instead of `.env` [root@db1:5432/app]"]
        );
    }

    #[test]
    fn what_was_looked_at_is_told() {
        let sample = Sample::new().file(".env", "A=1\n").at("sub");
        let watched = sample.mentions().watched;
        assert_eq!(watched.files, [sample.root.join(".env")]);
        assert_eq!(watched.directories, [sample.root.join("sub"), sample.root.clone()]);
    }
}
