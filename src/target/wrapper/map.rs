//! The cluster of a user when nothing else names one: `~/.postgresqlrc`, `user_clusters`, the only cluster, the one on
//! the default port (manual pages `postgresqlrc(5)` and `user_clusters(5)`).

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::clusters::{Cluster, Site, network};
use super::{Choice, truthy};
use crate::target::conninfo::Trouble;
use crate::target::ground::DEBIAN_SYSCONFDIR;
use crate::target::origin::Origin;
use crate::world::files;

/// The user's cluster and database.
pub(super) fn user_choice(site: &Site<'_>) -> Result<Choice, Trouble> {
    let vars = &site.snapshot.vars;
    let home = vars.get("HOME").filter(|home| truthy(Some(home))).map(Path::new).or(site.snapshot.user.home.as_deref());
    if let Some(choice) = home.and_then(|home| own(site, &home.join(".postgresqlrc"))) {
        return Ok(choice);
    }
    let common = vars.get("PGSYSCONFDIR").filter(|path| truthy(Some(path))).unwrap_or(OsStr::new(DEBIAN_SYSCONFDIR));
    if let Some(choice) = common_map(site, &site.snapshot.cwd.join(common).join("user_clusters"))? {
        return Ok(choice);
    }
    only_or_default(site)
}

/// The fields of the lines of a map, with their numbers.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, Vec<&OsStr>)> {
    let numbered = text.split(|&byte| byte == b'\n').zip(1..);
    numbered.map(|(line, number)| (number, split(line).collect::<Vec<_>>())).filter(|(_, fields)| !fields.is_empty())
}

fn split(line: &[u8]) -> impl Iterator<Item = &OsStr> {
    let line = line.split(|&byte| byte == b'#').next().unwrap_or_default();
    let words = line.split(|&byte| crate::target::conninfo::is_space(byte));
    words.filter(|word| !word.is_empty()).map(OsStr::from_bytes)
}

/// `VERSION CLUSTER DATABASE`, the first usable line.
fn own(site: &Site<'_>, file: &Path) -> Option<Choice> {
    let text = files::read_regular(file).ok()?;
    lines(&text).find_map(|(line, fields)| choice(site, &fields, file, line))
}

/// `USER GROUP VERSION CLUSTER DATABASE`, the first usable line for this user.
fn common_map(site: &Site<'_>, file: &Path) -> Result<Option<Choice>, Trouble> {
    let Ok(text) = files::read_regular(file) else { return Ok(None) };
    let name = site.snapshot.user.name.as_deref().map(OsStr::new);
    for (line, fields) in lines(&text) {
        let [user, group, rest @ ..] = fields.as_slice() else { continue };
        if *user != "*" && Some(*user) != name {
            continue;
        }
        let Some(choice) = choice(site, rest, file, line) else { continue };
        if *group != "*" {
            return Err(Trouble::Unclear(format!("line {line} of `user_clusters` depends on a group")));
        }
        return Ok(Some(choice));
    }
    Ok(None)
}

/// A line is passed over unless its version and its cluster exist and a database is named.
fn choice(site: &Site<'_>, fields: &[&OsStr], file: &Path, line: usize) -> Option<Choice> {
    let [version, name, database, ..] = fields else { return None };
    let version = version.to_str().filter(|version| site.has_program(version, "psql"))?.to_owned();
    let cluster = Cluster { version: version.clone(), name: OsStr::to_owned(name) };
    let usable = truthy(Some(database)) && (site.exists(&cluster) || network(name).is_some());
    usable.then(|| Choice {
        version: Some(version),
        cluster: Some(cluster),
        database: (*database != "*").then(|| OsString::from(database)),
        origin: Origin::File { file: PathBuf::from(file), line },
    })
}

fn only_or_default(site: &Site<'_>) -> Result<Choice, Trouble> {
    let clusters: Vec<Cluster> = site.versions().iter().flat_map(|version| site.clusters(version)).collect();
    let mut chosen = None;
    for cluster in &clusters {
        if site.settings(cluster)?.port().value == "5432" || clusters.len() == 1 {
            chosen = Some(cluster.clone());
        }
    }
    let version = match &chosen {
        Some(cluster) => Some(cluster.version.clone()),
        None if clusters.is_empty() => site.newest("psql"),
        None => None,
    };
    Ok(Choice { version, cluster: chosen, database: None, origin: Origin::Default })
}
