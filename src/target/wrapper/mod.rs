//! Debian's `pg_wrapper`: the program behind `/usr/bin/psql` and its siblings there.
//!
//! Before it starts the real tool it chooses a cluster (`--cluster`, `PGCLUSTER`, a port, `~/.postgresqlrc`,
//! `user_clusters`, the only cluster, the one on the default port) and sets `PGHOST`, `PGPORT`, `PGDATABASE` and
//! `PGSYSCONFDIR` by it. Imitates version 248 of postgresql-common (manual page `pg_wrapper(1)`), whose looks at the
//! arguments are approximate: they are imitated with their mistakes, since they decide.

mod clusters;
mod look;
mod map;
mod settings;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::conninfo::Trouble;
use super::ground::{Build, DEBIAN_BINROOT, DEBIAN_SYSCONFDIR, Ground, Overlay};
use super::origin::{Field, Origin};
use crate::world::Snapshot;
use clusters::{Cluster, Site};

/// Whether this program is the wrapper.
pub(super) fn is_wrapper(program: &Path) -> bool {
    let is = |path: &Path| path.file_name().is_some_and(|name| name == "pg_wrapper");
    is(program) || std::fs::read_link(program).is_ok_and(|target| is(&target))
}

/// What the wrapper starts: the arguments without `--cluster`, and the ground with the vars that it sets.
pub(super) struct Start<'a> {
    /// The arguments of the real tool.
    pub(super) args: Vec<OsString>,
    /// The value of `--cluster`, when it was given.
    pub(super) cluster: Option<OsString>,
    /// What the real tool stands on.
    pub(super) ground: Ground<'a>,
}

/// What the wrapper makes of a command line.
pub(super) fn start<'a>(tool: &str, args: &[OsString], snapshot: &'a Snapshot) -> Result<Start<'a>, Trouble> {
    let site = Site::new(snapshot);
    let look = look::at(args, snapshot, &site)?;
    let choice = choose(&look, &site)?;
    let mut overlay = Vec::new();
    let mut set =
        |name, field: Field<OsString>| overlay.push(Overlay { name, value: field.value, origin: field.origin });
    if snapshot.vars.get("PGSYSCONFDIR").is_none() {
        set("PGSYSCONFDIR", Field::new(DEBIAN_SYSCONFDIR.into(), Origin::Default));
    }
    if let Some(place) = choice.cluster.as_ref().map(|cluster| site.place(cluster, &choice.origin)).transpose()? {
        set("PGHOST", place.host);
        if !truthy(snapshot.vars.get("PGPORT")) {
            set("PGPORT", place.port);
        }
    }
    if let Some(database) = choice.database.filter(|_| !truthy(snapshot.vars.get("PGDATABASE"))) {
        set("PGDATABASE", Field::new(database, choice.origin.clone()));
    }
    let version = program_version(tool, choice.version, &site)?;
    let program = PathBuf::from(DEBIAN_BINROOT).join(version).join("bin").join(tool);
    let build = Build { major: None, ..Build::of(&program) };
    let major = version_number(&program);
    Ok(Start {
        args: look.args,
        cluster: look.cluster,
        ground: Ground { snapshot, overlay, build: Build { major, ..build } },
    })
}

/// What was chosen.
struct Choice {
    version: Option<String>,
    cluster: Option<Cluster>,
    database: Option<OsString>,
    origin: Origin,
}

fn choose(look: &look::Look, site: &Site<'_>) -> Result<Choice, Trouble> {
    let explicit = look.explicit_host || look.explicit_port.is_some();
    if let Some((cluster, origin)) = &look.chosen {
        let version = Some(cluster.version.clone());
        return Ok(Choice { version, cluster: Some(cluster.clone()), database: None, origin: origin.clone() });
    }
    let only_port = look.explicit_port.as_ref().filter(|_| !look.explicit_host && !look.explicit_service);
    if let Some(port) = only_port {
        // The cluster on that port says the version and nothing else: its socket directory is not looked at.
        let version = site.on_port(port)?.map(|cluster| cluster.version);
        return Ok(Choice { version, cluster: None, database: None, origin: Origin::Default });
    }
    if explicit {
        return Ok(Choice { version: None, cluster: None, database: None, origin: Origin::Default });
    }
    map::user_choice(site)
}

/// psql and `pg_isready` are always the newest ones.
fn program_version(tool: &str, chosen: Option<String>, site: &Site<'_>) -> Result<String, Trouble> {
    let version = match chosen {
        Some(version) if !matches!(tool, "psql" | "pg_isready") => Some(version),
        _ => site.newest(tool),
    };
    let missing = || Trouble::Rejected(format!("no version of {tool} is installed"));
    let version = version.ok_or_else(missing)?;
    if site.has_program(&version, tool) { Ok(version) } else { Err(missing()) }
}

fn version_number(program: &Path) -> Option<u32> {
    let version = program.parent()?.parent()?.file_name()?.to_str()?;
    version.split('.').next()?.parse().ok()
}

/// Perl's truth of a text.
fn truthy(text: Option<&OsStr>) -> bool {
    text.is_some_and(|text| !matches!(text.as_bytes(), b"" | b"0"))
}

/// `version/cluster`, where the version must be installed and the cluster must be named.
fn pair(text: &OsStr, site: &Site<'_>) -> Result<Cluster, Trouble> {
    let bytes = text.as_bytes();
    let (version, name) = match bytes.iter().position(|&byte| byte == b'/') {
        Some(at) => (bytes.get(..at).unwrap_or_default(), bytes.get(at + 1..).unwrap_or_default()),
        None => (bytes, &[][..]),
    };
    let version = std::str::from_utf8(version).unwrap_or_default();
    if !site.has_program(version, "psql") {
        return Err(Trouble::Rejected("a version that is not installed was asked for".to_owned()));
    }
    if !truthy(Some(OsStr::from_bytes(name))) {
        return Err(Trouble::Rejected("a cluster was asked for and not named".to_owned()));
    }
    Ok(Cluster { version: version.to_owned(), name: OsStr::from_bytes(name).to_owned() })
}
