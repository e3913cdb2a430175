//! Clients of other database systems: host, port, user and database, as far as the command line and vars say.
//!
//! No more is known of these systems here than where they listen. What a configuration file may say beside it is not read,
//! but looked for: where it could decide, the target is unclear. The address forms are those of `mysql(1)`, `mongosh`'s
//! connection strings, redis-cli's `-u` and sqlcmd's `-S`.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::declared::Declared;
use super::entry::Step;
use super::world::World;
use crate::target::conninfo::Setting;
use crate::target::invocation::Opt;
use crate::target::project::foreign;
use crate::target::project::reading::Said;
use crate::target::tunnel::through;
use crate::target::{Engine, Invocation, Origin, Resolution};

/// Where the client goes.
pub(super) fn resolve(engine: Engine, declared: &Declared, invocation: &Invocation, world: &World) -> Resolution {
    let mut said = Said { engine, doubt: declared.doubt.clone(), ..Said::default() };
    options(&mut said, invocation);
    operand(&mut said, declared, invocation);
    vars(&mut said, declared, world);
    files(&mut said, invocation, world);
    leaving(&mut said, invocation);
    if engine == Engine::Service && !has(&said, "host") {
        let because = "neither its command line nor a var says which one it is".to_owned();
        return Resolution::Ambiguous { partial: None, because };
    }
    let (target, doubt) = foreign::target(said);
    let resolution = match doubt {
        Some(because) => Resolution::Ambiguous { partial: Some(target), because },
        None => Resolution::Resolved(target),
    };
    through(resolution, &world.snapshot)
}

/// The last one counts.
fn put(said: &mut Said, keyword: &'static str, value: impl Into<OsString>, origin: &Origin) {
    said.settings.push(Setting { keyword, value: value.into(), origin: origin.clone() });
}

/// A host; of a service it may be the address of its web server.
fn host(said: &mut Said, text: &str, origin: &Origin) {
    let Some((_, rest)) = text.split_once("://").filter(|_| said.engine == Engine::Service) else {
        return put(said, "host", text, origin);
    };
    let (name, port) = foreign::host_and_port(rest.split(['/', '?']).next().unwrap_or_default());
    put(said, "host", name, origin);
    put(said, "port", port, origin);
}

fn has(said: &Said, keyword: &str) -> bool {
    said.settings.iter().any(|setting| setting.keyword == keyword)
}

fn options(said: &mut Said, invocation: &Invocation) {
    for option in &invocation.options {
        let Some(value) = &option.value else { continue };
        let origin = Origin::Option(option.spelled.clone());
        let text = value.to_string_lossy();
        match option.name.as_str() {
            "host" | "socket" => host(said, &text, &origin),
            "port" => put(said, "port", value, &origin),
            "user" => put(said, "user", value, &origin),
            "dbname" => put(said, "dbname", value, &origin),
            "url" => {
                url(said, &text, &origin);
            }
            "server" => server(said, &text, &origin),
            _ => {}
        }
    }
}

/// What a URL says, over what was said before; whether it is one of a system that is known.
fn url(said: &mut Said, text: &str, origin: &Origin) -> bool {
    let Some(named) = foreign::url(text, origin) else { return false };
    said.settings.extend(named.settings);
    said.doubt = named.doubt.or(said.doubt.take());
    said.engine = named.engine;
    true
}

/// A URL or an address; in the clients whose operand is a database, that.
fn operand(said: &mut Said, declared: &Declared, invocation: &Invocation) {
    let Some(first) = invocation.operands.first().filter(|_| declared.entry.operand) else { return };
    let bare = |option: &Opt| option.name == "password" && option.value.is_none();
    if said.engine == Engine::Mongodb && invocation.options.iter().any(bare) {
        // mongosh takes the next word for the password, where there is one.
        said.doubt = Some("what follows `--password` may be a password or an address: write --password=…".to_owned());
        return;
    }
    if said.engine == Engine::Mongodb && declared.doubt.is_some() {
        return;
    }
    let (text, origin) = (first.to_string_lossy(), Origin::Argument(1));
    if text.contains("://") {
        if !url(said, &text, &origin) {
            said.doubt = Some("it names a database system that dbguard does not know".to_owned());
        }
    } else if said.engine == Engine::Mongodb && text.contains(['/', '.', ':']) {
        let (address, name) = text.split_once('/').unwrap_or((&text, ""));
        let (host, port) = foreign::host_and_port(address);
        put(said, "host", host, &origin);
        put(said, "port", port, &origin);
        put(said, "dbname", name, &origin);
    } else {
        put(said, "dbname", &*text, &origin);
    }
}

/// SQL Server's `protocol:host\instance,port`.
fn server(said: &mut Said, text: &str, origin: &Origin) {
    let (protocol, rest) = text.split_once(':').unwrap_or(("", text));
    if protocol.eq_ignore_ascii_case("np") || rest.starts_with("\\\\") {
        said.doubt = Some("it goes through a named pipe".to_owned());
    }
    let (host, port) = rest.split_once(',').unwrap_or((rest, ""));
    let host = host.split('\\').next().unwrap_or_default();
    let host = if matches!(host, "." | "(local)" | "") { "localhost" } else { host };
    put(said, "host", host, origin);
    put(said, "port", port.trim(), origin);
}

/// What vars say where the command line says nothing.
fn vars(said: &mut Said, declared: &Declared, world: &World) {
    let var = |keyword: &'static str, name: &str, said: &mut Said| {
        let Some(value) = world.snapshot.vars.filled(name).filter(|_| !has(said, keyword)) else { return };
        let origin = Origin::Var(name.to_owned());
        match name {
            "SQLCMDSERVER" => server(said, &value.to_string_lossy(), &origin),
            // A client that cannot read it has the usual one.
            "MYSQL_TCP_PORT" if value.to_string_lossy().parse::<u16>().is_err() => {}
            _ if keyword == "host" => host(said, &value.to_string_lossy(), &origin),
            _ => put(said, keyword, value, &origin),
        }
    };
    let named: &[(&str, &str)] = match said.engine {
        Engine::Mysql => &[("host", "MYSQL_HOST"), ("port", "MYSQL_TCP_PORT")],
        Engine::Sqlserver => &[("host", "SQLCMDSERVER"), ("user", "SQLCMDUSER"), ("dbname", "SQLCMDDBNAME")],
        Engine::Postgresql | Engine::Redis | Engine::Mongodb | Engine::Service => &[],
    };
    for (keyword, name) in named {
        var(keyword, name, said);
    }
    for step in &declared.entry.target {
        if let (Step::Var { name, .. }, Engine::Service) = (step, said.engine) {
            var("host", name, said);
        }
    }
}

/// What could take the client elsewhere after it has started. Its language is not read here, only looked through.
fn leaving(said: &mut Said, invocation: &Invocation) {
    let words: &[&str] = match said.engine {
        Engine::Mysql => &["connect", "\\r", "source", "\\."],
        Engine::Mongodb => &["connect", "Mongo", "load"],
        Engine::Sqlserver => &[":connect", ":r"],
        Engine::Redis | Engine::Postgresql | Engine::Service => &[],
    };
    let script =
        |option: &&Opt| matches!(option.name.as_str(), "execute" | "eval" | "query" | "initial-query" | "init-command");
    let moves = |option: &Opt| {
        let text = option.value.as_ref().map(|value| value.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        words.iter().any(|word| text.contains(&word.to_ascii_lowercase()))
    };
    if invocation.options.iter().filter(script).any(moves) {
        said.doubt = Some("what it is told to run may connect elsewhere".to_owned());
    }
    if said.engine == Engine::Redis && invocation.has("cluster") {
        said.doubt = Some("what follows `--cluster` says where it goes".to_owned());
    }
}

/// `MySQL`'s option files, in which a host, a port or a socket may stand, and the options that name others. A var that
/// names the host is weaker than they are.
fn files(said: &mut Said, invocation: &Invocation, world: &World) {
    if said.engine == Engine::Sqlserver && !has(said, "host") {
        let context = world.snapshot.home().map(|home| home.join(".sqlcmd/sqlconfig"));
        if context.is_some_and(|file| file.exists()) {
            said.doubt = Some("`~/.sqlcmd/sqlconfig` may say where it goes".to_owned());
        }
    }
    if said.engine != Engine::Mysql || said.doubt.is_some() || invocation.has("no-defaults") {
        return;
    }
    let weak = |keyword: &str| {
        let origin = said.settings.iter().rfind(|setting| setting.keyword == keyword).map(|setting| &setting.origin);
        !matches!(origin, Some(Origin::Option(_) | Origin::Argument(_) | Origin::Conninfo(_)))
    };
    let missing = [(weak("host"), "host"), (weak("host"), "socket"), (weak("port"), "port")];
    let missing: Vec<&str> = missing.into_iter().filter(|(missing, _)| *missing).map(|(_, key)| key).collect();
    let other = ["defaults-file", "defaults-extra-file", "defaults-group-suffix", "login-path"];
    if let Some(option) = other.into_iter().find(|option| !missing.is_empty() && invocation.has(option)) {
        said.doubt = Some(format!("what `--{option}` names may say where it goes"));
        return;
    }
    let home = world.snapshot.home();
    let beside = world.snapshot.vars.filled("MYSQL_HOME").map(|home| PathBuf::from(home).join("my.cnf"));
    let mut waiting: Vec<PathBuf> = ["/etc/my.cnf", "/etc/mysql/my.cnf"].map(PathBuf::from).into();
    waiting.extend(beside);
    waiting.extend(home.map(|home| home.join(".my.cnf")));
    let mut left = MOST_FILES;
    while let Some(file) = waiting.pop() {
        left -= 1;
        if left == 0 || says(&file, &missing, &mut waiting) {
            said.doubt = Some(format!("`{}` may say where it goes", file.display()));
            return;
        }
    }
    if missing.contains(&"host") && home.is_some_and(|home| home.join(".mylogin.cnf").exists()) {
        said.doubt = Some("`~/.mylogin.cnf` may say where it goes".to_owned());
    }
}

/// As many option files are looked at.
const MOST_FILES: usize = 100;

/// Whether an option file has one of these keys, or cannot be read. What it includes is added to those that are waiting.
fn says(file: &Path, keys: &[&str], waiting: &mut Vec<PathBuf>) -> bool {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(cause) => return !matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut of_servers = false;
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            of_servers = SERVERS.iter().any(|name| section.starts_with(name));
        } else if let Some(directory) = line.strip_prefix("!includedir") {
            let Ok(entries) = std::fs::read_dir(directory.trim()) else { return true };
            waiting.extend(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()));
        } else if let Some(included) = line.strip_prefix("!include") {
            waiting.push(PathBuf::from(included.trim()));
        } else if line.starts_with('!') || !of_servers && keys.iter().any(|key| line.starts_with(key)) && !usual(line) {
            return true;
        }
    }
    false
}

/// The sections of option files that no client reads.
const SERVERS: &[&str] = &["mysqld", "mariadbd", "mariadb]", "mariadb-1", "server]", "galera", "embedded"];

/// Whether a line only says where this machine's own server listens anyway.
fn usual(line: &str) -> bool {
    let Some((key, value)) = line.split_once('=') else { return false };
    let own = ["/run/mysqld/", "/var/run/mysqld/", "/var/lib/mysql/", "/tmp/mysql"];
    key.trim() == "socket" && own.iter().any(|place| value.trim().starts_with(place))
}
