//! Where the tools that are written in PHP have their databases: Laravel, Doctrine, Phinx and `CakePHP`.
//!
//! Their configuration is PHP or YAML that mostly only says, and looks vars up; [`super::php`] reads that. Where code decides, it
//! is said so. Each describes a database in a section of host, port, name and user, in its own words, with a URL for all of
//! them; PDO gives libpq what results. What an application sets while it runs (tenants, service providers) is not seen.

use std::path::Path;

use super::Source;
use super::php::{self, Value, Vars};
use super::reading::Driver;
use super::record::Record;
use super::survey::Survey;
use super::url::{self, Url};
use super::yaml;
use crate::target::Engine;
use crate::target::origin::Origin;
use crate::text::Untrusted;

/// How a tool calls the parts of a database.
struct Names {
    /// Host, port, database and user.
    parts: [&'static str; 4],
    url: &'static str,
    driver: &'static str,
    /// What counts where nothing is said.
    defaults: [&'static str; 4],
    /// A URL only fills in what the parts leave out.
    weak: bool,
}

const KEYWORDS: [&str; 4] = ["host", "port", "dbname", "user"];

/// `ConfigurationUrlParser` and `PostgresConnector` of Laravel.
const LARAVEL: Names = Names {
    parts: ["host", "port", "database", "username"],
    url: "url",
    driver: "driver",
    defaults: [""; 4],
    weak: false,
};
/// `DriverManager` and the `pdo_pgsql` driver of DBAL, which takes `postgres` for a name that is not there.
const DOCTRINE: Names =
    Names { parts: ["host", "port", "dbname", "user"], defaults: ["", "", "postgres", ""], ..LARAVEL };
/// What `DoctrineBundle` adds to that.
const BUNDLE: Names = Names { defaults: ["localhost", "", "postgres", "root"], ..DOCTRINE };
/// `parseAgnosticDsn` of Phinx's `Config`: the parts go before the URL.
const PHINX: Names =
    Names { parts: ["host", "port", "name", "user"], url: "dsn", driver: "adapter", weak: true, ..LARAVEL };
/// `_baseConfig` of `CakePHP`'s `Driver/Postgres`.
const CAKE: Names = Names { defaults: ["localhost", "5432", "cake", "root"], ..LARAVEL };

/// What a section may have besides that takes the connection elsewhere.
const ELSEWHERE: &[&str] =
    &["read", "write", "connect_via_port", "connect_via_database", "connection", "primary", "master", "override_url"];

const CODE: &str = "code decides it, which is not run";

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
pub(in crate::target) fn laravel(survey: &mut Survey<'_>, vars: Vars<'_>, named: Option<&str>) {
    let cache = survey.filled("APP_CONFIG_CACHE").unwrap_or_else(|| "bootstrap/cache/config.php".to_owned());
    let cached = file(survey, &cache, vars).map(|all| all.get("database").clone());
    let stands = ["config/database.php", "vendor/laravel/framework/config/database.php"];
    let roots: Vec<Value> = match cached {
        Some(cached) => vec![cached],
        None => stands.iter().filter_map(|name| file(survey, name, vars)).collect(),
    };
    let Some(first) = roots.first() else { return };
    let start = survey.look.read(&survey.snapshot.cwd.join("bootstrap/app.php")).and_then(|found| found.text.ok());
    // Both name another file than `.env`.
    let moves = start.is_some_and(|text| text.contains("EnvironmentPath(") || text.contains("loadEnvironmentFrom("));
    let default = || roots.iter().map(|root| root.get("default")).find(|value| **value != Value::Null);
    let name = named.map(str::to_owned).or_else(|| default()?.text().map(str::to_owned));
    let connection = |root: &Value| root.get("connections").get(name.as_deref()?).clone().into();
    let found = roots.iter().filter_map(connection).find(|value: &Value| *value != Value::Null);
    let source = || Source::Var("database.php".to_owned());
    match found {
        Some(section) if !moves && KEYS.iter().all(|key| *section.get(key) != Value::Code) => {
            database(survey, source(), &section, &LARAVEL, None);
        }
        None if !moves && *first != Value::Code && name.is_some() => {
            survey.add_unclear(source(), "the connection is not in `config/database.php`");
        }
        // What the stock configuration would make of the vars is shown beside it.
        _ => {
            let why = "`config/database.php` leaves it to code".to_owned();
            if name.is_none() && !matches!(vars("DB_CONNECTION"), Ok(Some(name)) if name == "pgsql") {
                return survey.add_unclear(source(), why);
            }
            let part = |(_, var, default): &(_, &str, &str)| match vars(var) {
                Ok(Some(text)) => Value::Text(text, Origin::Var((*var).to_owned())),
                Ok(None) => Value::Text((*default).to_owned(), Origin::Default),
                Err(()) => Value::Code,
            };
            let parts = LARAVEL.parts.iter().map(|name| (*name).to_owned()).zip(STOCK.iter().map(part));
            let driver = ("driver".to_owned(), Value::Text("pgsql".to_owned(), Origin::Default));
            database(survey, source(), &Value::Map(parts.chain([driver]).collect()), &LARAVEL, Some(why));
        }
    }
}

/// The keys of a connection of Laravel's that decide where it goes.
const KEYS: &[&str] = &["url", "driver", "host", "port", "database", "username"];

/// What bundles configure, later files over earlier ones: the connection of this name, or that of this entity manager, or the
/// default one.
pub(in crate::target) fn doctrine(survey: &mut Survey<'_>, vars: Vars<'_>, named: Option<&str>, manager: Option<&str>) {
    let environment = survey.filled("APP_ENV").unwrap_or_else(|| "dev".to_owned());
    let own = format!("config/packages/{environment}/doctrine.yaml");
    let source = || Source::Var("doctrine.yaml".to_owned());
    if ["php", "xml"].iter().any(|end| file(survey, &format!("config/packages/doctrine.{end}"), vars).is_some()) {
        return survey.add_unclear(source(), format!("`config/packages/doctrine`: {CODE}"));
    }
    let files: Vec<Value> =
        ["config/packages/doctrine.yaml", &own].iter().filter_map(|name| file(survey, name, vars)).collect();
    let when = format!("when@{environment}");
    let layers = || files.iter().flat_map(|root| [root.get("doctrine"), root.get(&when).get("doctrine")]);
    let last = |find: &dyn Fn(&Value) -> Option<String>| layers().filter_map(find).last();
    let of_manager = manager.and_then(|name| {
        last(&|layer| Some(layer.get("orm").get("entity_managers").get(name).get("connection").text()?.to_owned()))
    });
    let first = |dbal: &Value| Some(dbal.get("connections").elements().first()?.0.clone());
    let name = named
        .map(str::to_owned)
        .or(of_manager)
        .or_else(|| last(&|layer| Some(layer.get("dbal").get("default_connection").text()?.to_owned())))
        .or_else(|| layers().find_map(|layer| first(layer.get("dbal"))));
    let mut section = Vec::new();
    let mut code = false;
    for layer in layers() {
        let dbal = layer.get("dbal");
        let several = dbal.get("connections");
        let one = if *several == Value::Null { dbal } else { several.get(name.as_deref().unwrap_or("default")) };
        code |= *one == Value::Code;
        section.extend(one.elements().iter().map(|(key, value)| (key.clone(), symfony(value, vars))));
    }
    if !section.is_empty() || code {
        // The last mention counts, and is found first.
        section.reverse();
        database(survey, source(), &Value::Map(section), &BUNDLE, code.then(|| CODE.to_owned()));
    }
}

/// A connection that a file returns, as `doctrine-migrations` has it.
pub(in crate::target) fn doctrine_file(survey: &mut Survey<'_>, vars: Vars<'_>, named: Option<&str>) {
    let code = ["cli-config.php", "config/cli-config.php"].iter().find(|name| file(survey, name, vars).is_some());
    let name = named.unwrap_or("migrations-db.php");
    let source = Source::Var("migrations-db.php".to_owned());
    match (code, file(survey, name, vars)) {
        (Some(code), _) => survey.add_unclear(source, format!("`{code}`: {CODE}")),
        (None, Some(Value::Code)) => survey.add_unclear(source, format!("`{}`: {CODE}", Untrusted::text(name))),
        (None, Some(section)) => database(survey, source, &section, &DOCTRINE, None),
        (None, None) => {}
    }
}

/// The environment of this name, or the default one (`getDefaultEnvironment` of Phinx's `Config`).
pub(in crate::target) fn phinx(
    survey: &mut Survey<'_>,
    vars: Vars<'_>,
    path: Option<&str>,
    parser: Option<&str>,
    named: Option<&str>,
) {
    let usual = ["phinx.php", "phinx.json", "phinx.yaml", "phinx.yml"];
    let source = || Source::Var("phinx".to_owned());
    if parser.is_some_and(|parser| !path.is_some_and(|path| path.ends_with(parser))) {
        return survey.add_unclear(source(), "`--parser` reads the file in another way than its name says");
    }
    let root = match path {
        Some(path) => file(survey, path, vars),
        None => usual.iter().find_map(|name| file(survey, name, vars)),
    };
    let Some(root) = root else { return };
    let all = root.get("environments");
    let name = named.map(str::to_owned).or_else(|| vars("PHINX_ENVIRONMENT").ok()?.filter(|name| !name.is_empty()));
    let default = ["default_environment", "default_database"].iter().find_map(|key| all.get(key).text());
    let first =
        || all.elements().iter().find(|(_, value)| matches!(value, Value::Map(_))).map(|(name, _)| name.as_str());
    let Some(name) = name.as_deref().or(default).or_else(first).filter(|_| *all != Value::Code) else {
        return survey.add_unclear(source(), format!("its environments: {CODE}"));
    };
    match all.get(name) {
        Value::Map(section) => {
            let section = section.iter().map(|(key, value)| (key.clone(), tokens(value, vars))).collect();
            database(survey, source(), &Value::Map(section), &PHINX, None);
        }
        Value::Code => survey.add_unclear(source(), format!("`{}`: {CODE}", Untrusted::text(name))),
        Value::Null | Value::Text(..) => {}
    }
}

/// The data source of this name: `config/app_local.php` over `config/app.php`, while `config/bootstrap.php` does with them
/// what it came with.
pub(in crate::target) fn cake(survey: &mut Survey<'_>, vars: Vars<'_>, named: Option<&str>) {
    let files: Vec<Value> =
        ["config/app.php", "config/app_local.php"].iter().filter_map(|name| file(survey, name, vars)).collect();
    if files.is_empty() {
        return;
    }
    let name = named.unwrap_or("default");
    let mut code = files.iter().any(|root| *root.get("Datasources").get(name) == Value::Code);
    let mut section: Vec<(String, Value)> =
        files.iter().flat_map(|root| root.get("Datasources").get(name).elements().to_vec()).collect();
    section.reverse();
    let directory = survey.snapshot.cwd.join("config");
    let text = survey.look.read(&directory.join("bootstrap.php")).and_then(|found| found.text.ok()).unwrap_or_default();
    code |= text.matches("Datasources").count() != 1 || directory.join(".env").exists();
    if !section.is_empty() || code {
        let why = code.then(|| format!("`config/bootstrap.php`: {CODE}"));
        database(survey, Source::Var("app.php".to_owned()), &Value::Map(section), &CAKE, why);
    }
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

/// `%env(resolve:DATABASE_URL)%` of Symfony's parameters, anywhere in a text. Other parameters are not looked up.
fn symfony(value: &Value, vars: Vars<'_>) -> Value {
    let var = |inside: &str| {
        let inside = inside.strip_prefix("env(")?.strip_suffix(')')?;
        let (how, name) = inside.rsplit_once(':').unwrap_or(("", inside));
        let plain = how.split(':').all(|how| matches!(how, "" | "resolve" | "string" | "trim" | "int" | "default"));
        let text = vars(name).ok()?.or_else(|| how.contains("default:").then(String::new))?;
        plain.then_some((text, name.to_owned()))
    };
    filled(value, "%", &var)
}

/// `%%PHINX_DBHOST%%`.
fn tokens(value: &Value, vars: Vars<'_>) -> Value {
    let var = |name: &str| {
        let is = name.starts_with("PHINX_") && !name.starts_with("PHINX_CONFIG_");
        Some((vars(name).ok()?.filter(|_| is)?, name.to_owned()))
    };
    filled(value, "%%", &var)
}

/// With what stands between marks filled in; code where that is not known.
fn filled(value: &Value, mark: &str, var: &dyn Fn(&str) -> Option<(String, String)>) -> Value {
    let Value::Text(text, origin) = value else { return value.clone() };
    let (mut filled, mut origin) = (String::new(), origin.clone());
    for (part, at) in text.split(mark).zip(0..) {
        if at % 2 == 0 {
            filled.push_str(part);
            continue;
        }
        let Some((text, name)) = var(part) else { return Value::Code };
        filled.push_str(&text);
        origin = Origin::Var(name);
    }
    if text.matches(mark).count() % 2 == 0 { Value::Text(filled, origin) } else { Value::Code }
}

/// Adds the database of a section.
fn database(survey: &mut Survey<'_>, source: Source, section: &Value, names: &Names, doubt: Option<String>) {
    let mut record = Record::default();
    if let Some(why) = doubt {
        record.doubt(why);
    }
    let url = section.get(names.url);
    let mut known = match (url.text(), url) {
        (Some(text), Value::Text(_, origin)) => match url::read(text, origin) {
            Url::Database(said, _) => Some(said),
            other @ (Url::Other | Url::Unclear(_)) => return survey.add_url(source, other, Driver::Libpq),
        },
        _ => None,
    };
    if *url == Value::Code {
        record.doubt(format!("`{}`: {CODE}", names.url));
    }
    match (&known, engine(section.get(names.driver))) {
        (Some(said), _) => record.engine = said.engine,
        (None, Driven::By(engine)) => record.engine = engine,
        (None, Driven::Unguarded) => {
            survey.other = true;
            return;
        }
        (None, Driven::Unknown) => record.doubt("its driver is not known here"),
    }
    let defaults = KEYWORDS.into_iter().zip(names.defaults).filter(|_| record.engine == Engine::Postgresql);
    for (keyword, default) in defaults.collect::<Vec<_>>() {
        record.part(keyword, default, Origin::Default);
    }
    if let Some(said) = known.take_if(|_| names.weak) {
        record.under(said);
    }
    parts(section, names, &mut record);
    if let Some(said) = known {
        record.under(said);
    }
    let mut said = record.said();
    match section.get("dbname_suffix") {
        Value::Null => {}
        Value::Text(suffix, _) => {
            let name = said.settings.iter_mut().find(|setting| setting.keyword == "dbname");
            if let Some(name) = name {
                name.value.push(suffix);
            }
        }
        Value::Map(_) | Value::Code => said.doubt = Some(format!("`dbname_suffix`: {CODE}")),
    }
    survey.add_said(source, said, Driver::Libpq);
}

/// Host, port, name and user, as the section has them.
fn parts(section: &Value, names: &Names, record: &mut Record) {
    for (keyword, name) in KEYWORDS.into_iter().zip(names.parts) {
        match section.get(name) {
            Value::Text(text, Origin::Var(var)) if text.is_empty() && keyword == "host" => {
                record.unread(keyword, format!("`{}` is empty", Untrusted::text(var)));
            }
            Value::Text(text, origin) => record.part(keyword, text, origin.clone()),
            Value::Null => {}
            Value::Map(_) | Value::Code => record.unread(keyword, format!("`{name}`: {CODE}")),
        }
    }
    if let Some(key) = ELSEWHERE.iter().find(|key| *section.get(key) != Value::Null) {
        record.doubt(format!("`{key}` may take it elsewhere"));
    }
}

/// What a driver connects to.
enum Driven {
    By(Engine),
    /// A system without a server, or one that is not guarded.
    Unguarded,
    Unknown,
}

fn engine(driver: &Value) -> Driven {
    let name = driver.text().unwrap_or_default().to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match () {
        () if has(&["pgsql", "postgres"]) => Driven::By(Engine::Postgresql),
        () if has(&["mysql", "maria"]) => Driven::By(Engine::Mysql),
        () if has(&["sqlsrv", "sqlserver"]) => Driven::By(Engine::Sqlserver),
        () if has(&["sqlite", "oci", "ibm_db2"]) => Driven::Unguarded,
        () => Driven::Unknown,
    }
}
