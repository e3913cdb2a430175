//! Where the tools that are written in PHP have their databases: Laravel, Doctrine, Phinx and `CakePHP`.
//!
//! Their configuration is PHP or YAML that mostly only says, and looks vars up; [`super::php`] reads that. Where code decides, it
//! is said so. Each describes a database in a section of host, port, name and user, in its own words, with a URL for all of
//! them; PDO gives libpq what results. What an application sets while it runs (tenants, service providers) is not seen.

use std::path::Path;
use std::rc::Rc;

use super::Source;
use super::php::{self, Map, Value, Vars};
use super::reading::{Driver, Said};
use super::record::Record;
use super::survey::Survey;
use super::url::{self, Url};
use super::yaml;
use crate::target::Engine;
use crate::target::origin::Origin;

/// How a tool calls the parts of a database.
struct Names {
    /// Host, port, database and user.
    parts: &'static str,
    url: &'static str,
    driver: &'static str,
    /// What counts of PostgreSQL's where nothing is said; `-` for nothing.
    defaults: &'static str,
    /// What is filled in between marks.
    fill: Fill,
}

/// How a text has vars in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fill {
    Nothing,
    Symfony,
    /// There too the parts go before the URL (`parseAgnosticDsn` of its `Config`).
    Phinx,
}

/// `ConfigurationUrlParser` and `PostgresConnector` of Laravel.
const LARAVEL: Names = Names {
    parts: "host port database username",
    url: "url",
    driver: "driver",
    defaults: "- - - -",
    fill: Fill::Nothing,
};
/// `DriverManager` and the `pdo_pgsql` driver of DBAL, which takes `postgres` for a name that is not there.
const DOCTRINE: Names = Names { parts: "host port dbname user", defaults: "- - postgres -", ..LARAVEL };
/// What `DoctrineBundle` adds to that.
const BUNDLE: Names = Names { defaults: "localhost - postgres root", fill: Fill::Symfony, ..DOCTRINE };
const PHINX: Names =
    Names { parts: "host port name user", url: "dsn", driver: "adapter", fill: Fill::Phinx, ..LARAVEL };
/// `_baseConfig` of `CakePHP`'s `Driver/Postgres`.
const CAKE: Names = Names { defaults: "localhost 5432 cake root", ..LARAVEL };

/// What a section may have besides that takes the connection elsewhere.
const ELSEWHERE: &str = "read write connect_via_port connect_via_database connection primary master override_url";

/// The vars of Laravel's stock configuration for each keyword, and what it takes where they are not set.
pub(super) const STOCK: [(&str, &str, &str); 4] = [
    ("host", "DB_HOST", "127.0.0.1"),
    ("port", "DB_PORT", "5432"),
    ("dbname", "DB_DATABASE", "laravel"),
    ("user", "DB_USERNAME", "root"),
];

/// The connection of this name, or the default one: out of the cache of the configuration where there is one
/// (`LoadEnvironmentVariables` and `LoadConfiguration` of the framework), else as `config/database.php` says it, which since
/// 11 stands over the framework's own.
pub(in crate::target) fn laravel(survey: &mut Survey<'_>, vars: Vars<'_>, named: Option<String>) {
    const WHY: &str = "`config/database.php` leaves it to code";
    let cache = survey.filled("APP_CONFIG_CACHE").unwrap_or_else(|| "bootstrap/cache/config.php".to_owned());
    let roots = match file(survey, &cache, vars) {
        Some(all) => vec![all.get("database").clone()],
        None => files(survey, &["config/database.php", "vendor/laravel/framework/config/database.php"], vars),
    };
    if roots.is_empty() {
        return;
    }
    let name = named.or_else(|| first(&roots, &["default"]).text().map(str::to_owned));
    let section = match &name {
        Some(name) => first(&roots, &["connections", name]),
        None => Value::Code,
    };
    let start = survey.look.read(&survey.snapshot.cwd.join("bootstrap/app.php")).and_then(|found| found.text.ok());
    // Both name another file than `.env`.
    let moves = start.is_some_and(|text| text.contains("EnvironmentPath(") || text.contains("loadEnvironmentFrom("));
    if !moves && !"url driver host port database username".split(' ').any(|key| section.get(key).is_code()) {
        let why = "the connection is not in `config/database.php`";
        let doubt = section.is_null().then_some(why);
        return database(survey, vars, &section, &LARAVEL, doubt);
    }
    // What the stock configuration would make of the vars is shown beside it.
    let mut stock = Map::new();
    for ((_, var, default), key) in STOCK.iter().zip(LARAVEL.parts.split(' ')) {
        let text = vars(var).ok().flatten();
        let origin = if text.is_some() { Origin::Var((*var).to_owned()) } else { Origin::Default };
        stock.push((key.to_owned(), Value::new(text.unwrap_or_else(|| (*default).to_owned()), origin)));
    }
    let driver = vars("DB_CONNECTION").ok().flatten().unwrap_or_default();
    stock.push(("driver".to_owned(), Value::new(driver, Origin::Default)));
    database(survey, vars, &Value::Map(Rc::new(stock)), &LARAVEL, Some(WHY));
}

/// What bundles configure, later files over earlier ones: the connection of this name, or that of this entity manager, or the
/// default one.
pub(in crate::target) fn doctrine(
    survey: &mut Survey<'_>,
    vars: Vars<'_>,
    named: Option<String>,
    manager: Option<&str>,
) {
    let environment = survey.filled("APP_ENV").unwrap_or_else(|| "dev".to_owned());
    let own = format!("config/packages/{environment}/doctrine.yaml");
    let mut layers = Vec::new();
    for root in files(survey, &["config/packages/doctrine.yaml", &own], vars) {
        let when = root.get(&format!("when@{environment}")).get("doctrine").clone();
        layers = [&[when, root.get("doctrine").clone()], layers.as_slice()].concat();
    }
    let text = |path: &[&str]| first(&layers, path).text().map(str::to_owned);
    let is_null = |path: &[&str]| first(&layers, path).is_null();
    let name = named
        .or_else(|| text(&["orm", "entity_managers", manager?, "connection"]))
        // One that these files do not name has a connection that they may not name either.
        .or_else(|| {
            manager.filter(|one| *one != "default" && is_null(&["orm", "entity_managers", *one])).map(|_| String::new())
        })
        .or_else(|| text(&["dbal", "default_connection"]))
        // The last one that was read is the first of the file.
        .or_else(|| Some(first(&layers, &["dbal", "connections"]).elements().last()?.0.clone()))
        .unwrap_or_else(|| "default".to_owned());
    let one = |layer: &Value| {
        let dbal = layer.get("dbal");
        let several = dbal.get("connections");
        // What stands beside no connections is the default one.
        let own = dbal.get("default_connection").text().unwrap_or("default");
        match (several.is_null(), own == name) {
            (true, true) => dbal.clone(),
            (true, false) => Value::Null,
            (false, _) => several.get(&name).clone(),
        }
    };
    let sections: Vec<Value> = layers.iter().map(one).collect();
    let code = !files(survey, &["config/packages/doctrine.php", "config/packages/doctrine.xml"], vars).is_empty();
    let doubt = code.then_some("`config/packages/doctrine` is code that may decide otherwise");
    database(survey, vars, &merged(&sections), &BUNDLE, doubt);
}

/// A connection that a file returns, as `doctrine-migrations` has it.
pub(in crate::target) fn doctrine_file(survey: &mut Survey<'_>, vars: Vars<'_>, named: Option<&str>) {
    let code = !files(survey, &["cli-config.php", "config/cli-config.php"], vars).is_empty();
    let section = file(survey, named.unwrap_or("migrations-db.php"), vars).unwrap_or(Value::Null);
    let doubt = code.then_some("`cli-config.php` is code that decides it");
    database(survey, vars, &section, &DOCTRINE, doubt);
}

/// The environment of this name, or the default one (`getDefaultEnvironment` of Phinx's `Config`).
pub(in crate::target) fn phinx(
    survey: &mut Survey<'_>,
    vars: Vars<'_>,
    path: Option<&str>,
    parser: Option<&str>,
    named: Option<String>,
) {
    let usual = ["phinx.php", "phinx.json", "phinx.yaml", "phinx.yml"];
    let root = match path {
        Some(path) => file(survey, path, vars),
        None => files(survey, &usual, vars).into_iter().next(),
    };
    let Some(root) = root else { return };
    let all = root.get("environments");
    let name = named
        .or_else(|| vars("PHINX_ENVIRONMENT").ok()?.filter(|name| !name.is_empty()))
        .or_else(|| all.get("default_environment").text().map(str::to_owned))
        .or_else(|| all.get("default_database").text().map(str::to_owned))
        .or_else(|| Some(all.elements().iter().rfind(|(_, value)| matches!(value, Value::Map(_)))?.0.clone()));
    let section = name.map_or(&Value::Code, |name| all.get(&name));
    let odd = parser.is_some_and(|parser| !path.is_some_and(|path| path.ends_with(parser)));
    let doubt = odd.then_some("`--parser` reads the file in another way than its name says");
    database(survey, vars, section, &PHINX, doubt);
}

/// The data source of this name: `config/app_local.php` over `config/app.php`, while `config/bootstrap.php` does with them
/// what it came with.
pub(in crate::target) fn cake(survey: &mut Survey<'_>, vars: Vars<'_>, named: Option<&str>) {
    let roots = files(survey, &["config/app_local.php", "config/app.php"], vars);
    let one = |root: &Value| root.get("Datasources").get(named.unwrap_or("default")).clone();
    let sections: Vec<Value> = roots.iter().map(one).collect();
    let directory = survey.snapshot.cwd.join("config");
    let text = survey.look.read(&directory.join("bootstrap.php")).and_then(|found| found.text.ok()).unwrap_or_default();
    let code = text.matches("Datasources").count() != 1 || directory.join(".env").exists();
    let doubt = code.then_some("`config/bootstrap.php` is code that may decide otherwise");
    database(survey, vars, &merged(&sections), &CAKE, doubt);
}

/// The first of these that says something of a key in a key.
fn first(roots: &[Value], path: &[&str]) -> Value {
    let at = |root: &Value| path.iter().fold(root.clone(), |value, key| value.get(key).clone());
    roots.iter().map(at).find(|value| !value.is_null()).unwrap_or(Value::Null)
}

/// The keys of all of these, the first mention first.
fn merged(sections: &[Value]) -> Value {
    if sections.iter().any(Value::is_code) {
        return Value::Code;
    }
    let all: Map = sections.iter().flat_map(|section| section.elements().to_vec()).collect();
    if all.is_empty() { Value::Null } else { Value::Map(Rc::new(all)) }
}

/// Those of these files that are there.
fn files(survey: &Survey<'_>, names: &[&str], vars: Vars<'_>) -> Vec<Value> {
    names.iter().filter_map(|name| file(survey, name, vars)).collect()
}

/// A file below the working directory: YAML by its name, else PHP or JSON. One that cannot be read is code.
fn file(survey: &Survey<'_>, name: &str, vars: Vars<'_>) -> Option<Value> {
    let found = survey.look.read(&survey.snapshot.cwd.join(name))?;
    let Ok(text) = &found.text else { return Some(Value::Code) };
    let is_yaml = Path::new(name).extension().is_some_and(|end| end == "yml" || end == "yaml");
    if is_yaml {
        let mut left = 5_000;
        return Some(yaml::parse(text).map_or(Value::Code, |root| Value::of_yaml(&root, &found.path, &mut left)));
    }
    Some(php::read(text, &found.path, vars))
}

/// With what stands between marks filled in: `%env(resolve:DATABASE_URL)%` of Symfony's parameters, `%%PHINX_DBHOST%%`; code
/// where that is not known.
fn filled(value: &Value, fill: Fill, vars: Vars<'_>) -> Value {
    let Value::Text(said) = value else { return value.clone() };
    let mark = match fill {
        Fill::Nothing => return value.clone(),
        Fill::Symfony => "%",
        Fill::Phinx => "%%",
    };
    let (mut text, mut origin, mut inside) = (String::new(), said.1.clone(), true);
    for part in said.0.split(mark) {
        inside = !inside;
        if !inside {
            text.push_str(part);
            continue;
        }
        let Some((value, name)) = looked_up(part, fill, vars) else { return Value::Code };
        text.push_str(&value);
        origin = Origin::Var(name.to_owned());
    }
    if inside { Value::Code } else { Value::new(text, origin) }
}

/// The var that stands between marks, and its name.
fn looked_up<'p>(part: &'p str, fill: Fill, vars: Vars<'_>) -> Option<(String, &'p str)> {
    if fill == Fill::Phinx {
        let is = part.starts_with("PHINX_") && !part.starts_with("PHINX_CONFIG_");
        return Some((vars(part).ok()?.filter(|_| is)?, part));
    }
    let inside = part.strip_prefix("env(")?.strip_suffix(')')?;
    let (how, name) = inside.rsplit_once(':').unwrap_or(("", inside));
    let known = |how: &str| how.is_empty() || "resolve string trim int default".split(' ').any(|word| word == how);
    // `default::` takes nothing for a var that is not set, `default:NAME:` a parameter.
    let nothing = || how.ends_with("default:").then(String::new);
    how.split(':').all(known).then_some(())?;
    Some((vars(name).ok()?.or_else(nothing)?, name))
}

const CODE: &str = "code decides it, which is not run";

/// Adds the database of a section.
fn database(survey: &mut Survey<'_>, vars: Vars<'_>, section: &Value, names: &Names, doubt: Option<&str>) {
    let source = || Source::Var(String::new());
    if section.elements().is_empty() {
        let because = doubt.or(section.is_code().then_some(CODE));
        if let Some(because) = because {
            survey.add_unclear(source(), because);
        }
        return;
    }
    let value = |key: &str| filled(section.get(key), names.fill, vars);
    let mut record = Record::default();
    if let Some(doubt) = doubt {
        record.doubt(doubt);
    }
    let mut known = None;
    match value(names.url) {
        Value::Text(text) if !text.0.is_empty() => match url::read(&text.0, &text.1) {
            Url::Database(said, _) => {
                record.engine = said.engine;
                let unnamed = said.settings.iter().all(|setting| setting.keyword != "dbname");
                if unnamed
                    && names.parts == DOCTRINE.parts
                    && text.0.split('?').next().is_some_and(|url| url.ends_with('/'))
                {
                    record.doubt("its URL ends in `/` and no name, of which DBAL makes another one");
                }
                known = Some(said);
            }
            other @ (Url::Other | Url::Unclear(_)) => return survey.add_url(source(), other, Driver::Libpq),
        },
        Value::Code => record.doubt(format!("`{}`: {CODE}", names.url)),
        Value::Text(_) | Value::Null | Value::Map(_) => match engine(&value(names.driver)) {
            Ok(engine) => record.engine = engine,
            Err("") => record.doubt("its driver is not known here"),
            Err(_) => {
                survey.other = true;
                return;
            }
        },
    }
    if let Some(said) = known.take_if(|_| names.fill == Fill::Phinx) {
        record.under(said);
    }
    parts(&mut record, names, &value);
    if ELSEWHERE.split(' ').any(|key| !section.get(key).is_null()) {
        record.doubt("something else in its configuration may take it elsewhere");
    }
    if let Some(said) = known {
        record.under(said);
    }
    let said = suffixed(record.said(), &value("dbname_suffix"));
    survey.add_said(source(), said, Driver::Libpq);
}

/// With what Symfony puts behind the name of the database for its tests.
fn suffixed(mut said: Said, suffix: &Value) -> Said {
    if suffix.is_code() {
        said.doubt = Some(format!("`dbname_suffix`: {CODE}"));
    }
    if let Some(name) = said.settings.iter_mut().find(|setting| setting.keyword == "dbname") {
        name.value.push(suffix.text().unwrap_or_default());
    }
    said
}

/// Host, port, name and user.
fn parts(record: &mut Record, names: &Names, value: &dyn Fn(&str) -> Value) {
    let parts = names.parts.split(' ').zip(names.defaults.split(' '));
    for (keyword, (name, default)) in ["host", "port", "dbname", "user"].into_iter().zip(parts) {
        match value(name) {
            Value::Text(text) if text.0.is_empty() && keyword == "host" => record.unread(keyword, "`host` is empty"),
            Value::Text(text) => record.part(keyword, &text.0, text.1.clone()),
            Value::Null if default != "-" && record.engine == Engine::Postgresql => {
                record.part(keyword, default, Origin::Default);
            }
            Value::Null => {}
            Value::Map(_) | Value::Code => record.unread(keyword, format!("`{name}`: {CODE}")),
        }
    }
}

/// What a driver connects to; otherwise the system that has no server or is not guarded, and nothing for one that is not known.
fn engine(driver: &Value) -> Result<Engine, &'static str> {
    let name = driver.text().unwrap_or_default().to_lowercase();
    let has = |words: &'static str| words.split(' ').find(|word| name.contains(word));
    let known = [
        ("pgsql postgres", Engine::Postgresql),
        ("mysql maria", Engine::Mysql),
        ("sqlsrv sqlserver", Engine::Sqlserver),
    ];
    let found = known.into_iter().find(|(words, _)| has(words).is_some());
    found.map(|(_, engine)| engine).ok_or_else(|| has("sqlite oci ibm_db2").unwrap_or_default())
}
