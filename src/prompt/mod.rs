//! What the prompt shows: which database environment this shell would reach.
//!
//! Every source that speaks for this shell is asked (a bare psql, URL vars, the project's files), each is classified,
//! and the strictest decides. It is total: it never fails, never asks, starts nothing. It knows nothing of plans and
//! policy, nor of shells and terminals; those are handed the [`Segment`] that comes out.

mod format;
mod segment;
mod shown;
mod theme;

use std::path::{Path, PathBuf};

pub use format::{BadFormat, FIELDS, mistakes};
pub use segment::{Segment, sgr, shown, tint};
pub use shown::Shown;
pub use theme::{Shades, Show, Style, Theme, Tint};

use crate::environment::{Environment, Level, Rules};
use crate::order;
use crate::target::{self, Mention, Origin, Resolution, Source, Target};
use crate::world::{Snapshot, tools};

/// Everything that speaks for this shell, and what of it decides.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Every source, a bare psql first.
    pub voices: Vec<Voice>,
    /// The files that this depends on besides the configuration's, whether they exist or not.
    pub files: Vec<PathBuf>,
    /// The directories in which a file could appear.
    pub directories: Vec<PathBuf>,
    /// The vars that it depends on besides [`vars()`].
    pub vars: Vec<String>,
}

/// One source of a target.
#[derive(Clone, Debug)]
pub struct Voice {
    /// Who says so, short: `psql`, `DATABASE_URL`, `.env`.
    pub source: String,
    /// The same with its place: the var, or file, line and key.
    pub place: String,
    /// What it says.
    pub resolution: Resolution,
    /// Where that belongs.
    pub environment: Environment,
    /// Somebody said something: not every field is a built-in default.
    pub explicit: bool,
}

/// The vars that every answer depends on, besides dbguard's own and the terminal's: a hook compares them.
pub fn vars() -> impl Iterator<Item = &'static str> {
    let clients = target::CLIENT_VARS.iter().map(|(var, _)| *var);
    [target::TARGET_VARS, target::URL_VARS].into_iter().flatten().copied().chain(clients)
}

/// Asks every source. `root` is the root of the project.
pub fn read(snapshot: &Snapshot, rules: &Rules, root: &Path) -> Reading {
    let bare = bare(snapshot, rules);
    let mentions = target::mentions(snapshot, root);
    let mut files = of_origins(bare.target(), snapshot);
    files.extend(mentions.watched.files);
    let others = mentions.found.into_iter().map(|mention| {
        let Mention { source, resolution } = mention;
        let environment = classify(&resolution, rules);
        Voice { source: short(&source, root), place: source.to_string(), resolution, environment, explicit: true }
    });
    let clients = target::CLIENT_VARS.iter().filter(|(var, _)| snapshot.vars.filled(var).is_some());
    let clients = clients.map(|(var, client)| {
        let (_, target::Places { main: resolution, .. }) = target::open(client, &[], None, snapshot);
        let environment = classify(&resolution, rules);
        Voice { source: (*var).into(), place: (*var).into(), resolution, environment, explicit: true }
    });
    Reading {
        voices: std::iter::once(bare).chain(others).chain(clients).collect(),
        files,
        directories: mentions.watched.directories,
        vars: mentions.watched.vars,
    }
}

/// What a bare psql would reach.
pub fn bare(snapshot: &Snapshot, rules: &Rules) -> Voice {
    let program = tools::locate("psql".as_ref(), &snapshot.vars).ok();
    let (_, target::Places { main: resolution, .. }) = target::open("psql", &[], program, snapshot);
    let explicit = target_of(&resolution).is_none_or(is_explicit);
    let environment = classify(&resolution, rules);
    Voice { source: "psql".to_owned(), place: "a bare psql".to_owned(), resolution, environment, explicit }
}

/// A source in few words: the var, or the file below the root of the project.
fn short(source: &Source, root: &Path) -> String {
    match source {
        Source::Var(name) => name.clone(),
        Source::File { path, .. } => path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned(),
    }
}

impl Reading {
    /// What a bare psql would reach.
    pub fn bare(&self) -> Option<&Voice> {
        self.voices.first()
    }

    /// The strictest voice, the earlier of two equals; a voice that only repeats defaults yields to one that says
    /// something.
    pub fn deciding(&self) -> Option<&Voice> {
        let rank = |voice: &Voice| (strictness(&voice.environment), voice.explicit);
        self.voices.iter().rev().max_by_key(|voice| rank(voice))
    }
}

impl Voice {
    /// Host and database in few words; empty where they are not known.
    pub fn where_to(&self) -> String {
        self.target().map(segment::place).unwrap_or_default()
    }

    /// What a var can carry to the guard, to compare with what it finds: the environment and the place.
    pub fn shown(&self) -> String {
        segment::shown(&self.environment, self.target())
    }

    /// The target, as far as it is known.
    pub fn target(&self) -> Option<&Target> {
        target_of(&self.resolution)
    }
}

/// Production by name says more than unknown, and both are equally strict.
fn strictness(environment: &Environment) -> (Level, bool) {
    (environment.level(), matches!(environment, Environment::Known(_)))
}

fn target_of(resolution: &Resolution) -> Option<&Target> {
    match resolution {
        Resolution::Resolved(target) => Some(target),
        Resolution::Ambiguous { partial, .. } => partial.as_ref(),
        Resolution::NoServer { .. } => None,
    }
}

/// Whether anybody said anything, or every field is built in, or from the files of the machine's own clusters, which
/// Debian's psql looks up by itself.
fn is_explicit(target: &Target) -> bool {
    let silent =
        |origin: &Origin| matches!(origin, Origin::Default | Origin::SystemUser | Origin::User | Origin::File { .. });
    let fields = [&target.dbname, &target.user, &target.service].into_iter().flatten().map(|field| &field.origin);
    let hosts = target.hosts.iter().flat_map(|host| {
        let names = [&host.host, &host.hostaddr].into_iter().flatten().map(|field| &field.origin);
        names.chain(std::iter::once(&host.port.origin))
    });
    !fields.chain(hosts).all(silent) || target.via.is_some()
}

fn classify(resolution: &Resolution, rules: &Rules) -> Environment {
    match resolution {
        Resolution::Resolved(target) => rules.classify(target),
        Resolution::NoServer { because } | Resolution::Ambiguous { because, .. } => {
            Environment::Unknown { because: because.clone() }
        }
    }
}

/// The files that the bare target was read from, and those that would be read were they there.
fn of_origins(target: Option<&Target>, snapshot: &Snapshot) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    if snapshot.vars.filled("PGSERVICE").is_some() {
        let named = snapshot.vars.filled("PGSERVICEFILE").map(|path| snapshot.cwd.join(path));
        files.extend(named.or_else(|| Some(snapshot.home()?.join(".pg_service.conf"))));
        files.extend(snapshot.vars.filled("PGSYSCONFDIR").map(|path| snapshot.cwd.join(path).join("pg_service.conf")));
    }
    let Some(target) = target else { return files };
    let fields = [&target.dbname, &target.user, &target.service].into_iter().flatten().map(|field| &field.origin);
    let hosts = target.hosts.iter().flat_map(|host| [&host.host, &host.hostaddr].into_iter().flatten());
    for origin in fields.chain(hosts.map(|field| &field.origin)) {
        if let Origin::Service { file, .. } | Origin::File { file, .. } = origin {
            files.push(file.clone());
        }
    }
    order::sort(&mut files);
    files.dedup();
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{User, Vars};

    const CONFIG: &str = r#"
[environment.production]
level = "production"
match = [{ host = "*.prod.example.com" }]

[environment.staging]
level = "staging"
match = [{ host = "*.staging.example.com" }]
"#;

    /// What speaks in a world with these vars, no project and no psql.
    fn reading(vars: &[(&str, &str)]) -> Reading {
        let snapshot = Snapshot {
            vars: vars.iter().copied().collect::<Vars>(),
            cwd: "/nonexistent".into(),
            user: User { uid: 1000, name: Some("alice".to_owned()), home: None },
            now: std::time::UNIX_EPOCH,
        };
        let file = std::env::temp_dir().join(format!("dbguard-segment-{:?}.toml", std::thread::current().id()));
        std::fs::write(&file, CONFIG).unwrap();
        let config = crate::config::load_from(&crate::config::Places::only(file.clone(), &snapshot));
        let _ = std::fs::remove_file(file);
        assert!(config.trouble.is_none(), "{:?}", config.errors);
        read(&snapshot, &config.rules, std::path::Path::new("/nonexistent"))
    }

    fn shown(vars: &[(&str, &str)]) -> (&'static str, String) {
        let segment = Segment::of(&reading(vars), &Theme::default());
        (segment.level, segment.text)
    }

    #[test]
    fn where_nothing_speaks_of_a_database_nothing_is_shown() {
        assert_eq!(shown(&[]), ("none", String::new()));
    }

    #[test]
    fn what_a_bare_psql_would_reach_is_shown_by_level() {
        assert_eq!(
            shown(&[("PGHOST", "db1.prod.example.com"), ("PGDATABASE", "app")]),
            ("production", "▲ PRODUCTION db1.prod.example.com/app".to_owned())
        );
        assert_eq!(
            shown(&[("PGHOST", "db1.staging.example.com"), ("PGPORT", "6432"), ("PGDATABASE", "app")]),
            ("staging", "■ STAGING db1.staging.example.com:6432/app".to_owned())
        );
        assert_eq!(
            shown(&[("PGHOST", "/run/pg"), ("PGDATABASE", "app")]),
            ("development", "● LOCAL [local]/app".to_owned())
        );
        assert_eq!(shown(&[("PGHOST", "db.elsewhere")]), ("unknown", "▲ UNKNOWN db.elsewhere/alice".to_owned()));
    }

    #[test]
    fn where_sources_disagree_the_strictest_is_shown_and_named() {
        let url = ("DATABASE_URL", "postgres://u:secret@db1.prod.example.com/app");
        assert_eq!(
            shown(&[("PGHOST", "localhost"), url]),
            ("production", "▲ PRODUCTION db1.prod.example.com/app (DATABASE_URL)".to_owned())
        );
        let staging = ("DATABASE_URL", "postgres://db1.staging.example.com/app");
        assert_eq!(shown(&[("PGHOST", "db1.prod.example.com"), staging]).0, "production");
        // Production by name says more than a target that nothing names.
        assert_eq!(shown(&[("PGHOST", "db.elsewhere"), url]).0, "production");
    }

    #[test]
    fn another_system_is_judged_by_its_host_and_named() {
        let url = |url: &'static str| shown(&[("DATABASE_URL", url)]).1;
        assert_eq!(
            url("mysql://u:secret@db1.prod.example.com/app"),
            "▲ PRODUCTION mysql://db1.prod.example.com/app (DATABASE_URL)"
        );
        assert_eq!(url("redis://localhost:7000/1"), "● LOCAL redis://localhost:7000/1 (DATABASE_URL)");
        let host = ("MYSQL_HOST", "db1.staging.example.com");
        assert_eq!(shown(&[host]).1, "■ STAGING mysql://db1.staging.example.com (MYSQL_HOST)");
        assert_eq!(
            shown(&[host, ("SQLCMDSERVER", "tcp:db1.prod.example.com,1444")]).1,
            "▲ PRODUCTION sqlserver://db1.prod.example.com:1444 (SQLCMDSERVER)"
        );
    }

    #[test]
    fn among_equals_a_bare_psql_goes_first_if_anybody_said_where() {
        let url = ("DATABASE_URL", "postgres://localhost/app");
        assert_eq!(shown(&[url]), ("development", "● LOCAL localhost/app (DATABASE_URL)".to_owned()));
        assert_eq!(
            shown(&[url, ("PGHOST", "127.0.0.1"), ("PGDATABASE", "x")]),
            ("development", "● LOCAL 127.0.0.1/x".to_owned())
        );
    }

    #[test]
    fn what_a_terminal_would_obey_or_that_misleads_is_not_in_it() {
        let hostile = "a\x1b]0;x\x07\u{202e}$(id)`id`%n!!\u{9b}1m\r\nb";
        let (_, text) = shown(&[("PGHOST", "db.elsewhere"), ("PGDATABASE", hostile)]);
        assert!(!text.chars().any(|c| c.is_control() || crate::text::misleads(c)), "{text:?}");
        assert!(text.contains("$(id)`id`%n!!"), "{text:?}");
    }

    #[test]
    fn however_long_a_name_is_the_segment_fits_a_terminal() {
        let (_, text) = shown(&[("PGHOST", "db.elsewhere"), ("PGDATABASE", &"デ".repeat(10_000))]);
        assert!(crate::text::columns(&text) <= 200 && text.ends_with('…'), "{text}");
    }
}
