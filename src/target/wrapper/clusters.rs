//! The versions and clusters of a Debian machine, as postgresql-common finds them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::settings::Settings;
use super::truthy;
use crate::order;
use crate::target::conninfo::Trouble;
use crate::target::ground::DEBIAN_BINROOT;
use crate::target::origin::{Field, Origin};
use crate::world::Snapshot;

/// A cluster by its name: a local one, or `host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cluster {
    pub(super) version: String,
    pub(super) name: OsString,
}

/// Where a cluster is reached.
pub(super) struct Place {
    pub(super) host: Field<OsString>,
    pub(super) port: Field<OsString>,
}

/// The machine.
pub(super) struct Site<'a> {
    pub(super) snapshot: &'a Snapshot,
    /// Where the versions' programs are.
    programs: &'static Path,
    /// Where the clusters' configurations are.
    root: PathBuf,
}

impl<'a> Site<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        let root = snapshot.vars.get("PG_CLUSTER_CONF_ROOT").filter(|root| truthy(Some(root)));
        Self {
            snapshot,
            programs: Path::new(DEBIAN_BINROOT),
            root: snapshot.cwd.join(root.unwrap_or(OsStr::new("/etc/postgresql"))),
        }
    }

    /// Whether a version has this program.
    pub(super) fn has_program(&self, version: &str, program: &str) -> bool {
        let path = self.programs.join(version).join("bin").join(program);
        !version.is_empty() && path.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0)
    }

    /// The newest version that has this program.
    pub(super) fn newest(&self, program: &str) -> Option<String> {
        let versions = names(self.programs);
        sorted(versions.into_iter().filter(|version| self.has_program(version, program))).pop()
    }

    /// The versions that have a server or a cluster, oldest first.
    pub(super) fn versions(&self) -> Vec<String> {
        let servers = names(self.programs).into_iter().filter(|version| self.has_program(version, "postgres"));
        let clusters = names(&self.root).into_iter().filter(|version| !self.clusters(version).is_empty());
        let mut versions = sorted(servers.chain(clusters));
        versions.dedup();
        versions
    }

    /// The local clusters of a version, in the order of their names.
    pub(super) fn clusters(&self, version: &str) -> Vec<Cluster> {
        let directory = self.root.join(version);
        let mut names: Vec<OsString> = entries(&directory);
        names.retain(|name| directory.join(name).join("postgresql.conf").symlink_metadata().is_ok());
        order::sort(&mut names);
        names.into_iter().map(|name| Cluster { version: version.to_owned(), name }).collect()
    }

    /// Whether a cluster is a local one.
    pub(super) fn exists(&self, cluster: &Cluster) -> bool {
        self.clusters(&cluster.version).contains(cluster)
    }

    /// The cluster on this port: of the newest version, the first by name.
    pub(super) fn on_port(&self, port: &OsStr) -> Result<Option<Cluster>, Trouble> {
        for version in self.versions().iter().rev() {
            for cluster in self.clusters(version) {
                if self.settings(&cluster)?.port().value == port {
                    return Ok(Some(cluster));
                }
            }
        }
        Ok(None)
    }

    pub(super) fn settings(&self, cluster: &Cluster) -> Result<Settings, Trouble> {
        Settings::read(&self.root.join(&cluster.version).join(&cluster.name))
    }

    /// Where the cluster is reached, chosen by `origin`.
    pub(super) fn place(&self, cluster: &Cluster, origin: &Origin) -> Result<Place, Trouble> {
        if let Some((host, port)) = network(&cluster.name) {
            return Ok(Place { host: Field::new(host, origin.clone()), port: Field::new(port, origin.clone()) });
        }
        if !self.exists(cluster) {
            return Err(Trouble::Rejected("the cluster that was asked for does not exist".to_owned()));
        }
        let settings = self.settings(cluster)?;
        let told = |field: Field<OsString>| {
            if *origin == Origin::Default { field } else { Field::new(field.value, origin.clone()) }
        };
        Ok(Place { host: told(settings.socket_directory()?), port: told(settings.port()) })
    }
}

/// `host:port`, the port perhaps left out.
pub(super) fn network(name: &OsStr) -> Option<(OsString, OsString)> {
    let bytes = name.as_bytes();
    let at = bytes.iter().rposition(|&byte| byte == b':')?;
    let (host, port) = (bytes.get(..at)?, bytes.get(at + 1..)?);
    let port = port.strip_suffix(b"\n").unwrap_or(port);
    let is_network =
        !host.is_empty() && !host.iter().any(u8::is_ascii_whitespace) && port.iter().all(u8::is_ascii_digit);
    let port = if truthy(Some(OsStr::from_bytes(port))) { port } else { b"5432" };
    is_network.then(|| (OsString::from_vec(host.to_vec()), OsString::from_vec(port.to_vec())))
}

fn entries(directory: &Path) -> Vec<OsString> {
    let listed = std::fs::read_dir(directory).into_iter().flatten().flatten();
    listed.map(|entry| entry.file_name()).collect()
}

/// The entries that are version numbers: two digits at least, a point between them or not.
fn names(directory: &Path) -> Vec<String> {
    let is_version = |name: &String| {
        let digits = name.bytes().filter(u8::is_ascii_digit).count();
        let points = name.bytes().filter(|byte| *byte == b'.').count();
        digits >= 2 && points <= 1 && digits + points == name.len() && !name.starts_with('.') && !name.ends_with('.')
    };
    entries(directory).into_iter().filter_map(|name| name.into_string().ok()).filter(is_version).collect()
}

fn sorted(versions: impl Iterator<Item = String>) -> Vec<String> {
    let mut versions: Vec<String> = versions.collect();
    order::sort_by(&mut versions, |one, other| number(one).cmp(&number(other)));
    versions
}

/// `9.6` as nine and six tenths, as the wrapper compares: before `9.64`, and `10` before `15`.
fn number(version: &str) -> (u64, &str) {
    let (whole, fraction) = version.split_once('.').unwrap_or((version, ""));
    (whole.parse().unwrap_or_default(), fraction.trim_end_matches('0'))
}
