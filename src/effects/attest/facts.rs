//! What a server said, as data, and as lines for the screen.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::child::Ended;
use super::lines;
use crate::checklist::Line;
use crate::effects::impact::{Impact, Table};
use crate::text::json;

/// What a server says of itself. A fact that could not be had is `None`; [`Attestation::lines`] says why.
///
/// Every text in it comes from the server and is escaped by whoever shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attestation {
    /// The database of the connection.
    pub database: String,
    /// The address that the server has this connection on; `None` on a unix socket.
    pub address: Option<String>,
    /// Its port; `None` on a unix socket.
    pub port: Option<u16>,
    /// The role whose rights hold.
    pub user: String,
    /// The role that logged in.
    pub session_user: Option<String>,
    /// Whether the role is a superuser.
    pub superuser: Option<bool>,
    /// Whether the role may change a table or create something, on a server that is not a standby.
    pub can_write: Option<bool>,
    /// Whether it is a standby.
    pub standby: Option<bool>,
    /// The server's version, as it says it.
    pub version: Option<String>,
    /// The cluster's own identifier, which nobody can set.
    pub system_identifier: Option<String>,
    /// The size of the database.
    pub size_bytes: Option<u64>,
    /// Which environment the server says it is.
    pub marker: Option<Marker>,
    /// Whether the session started read-only and every session like it will.
    pub read_only: Option<bool>,
    /// Whether that was wanted.
    pub wanted_read_only: bool,
    /// Whether a pooler refused the option that makes sessions read-only, so that the question went without.
    pub options_refused: bool,
    /// `cluster_name`, when it is set.
    pub cluster_name: Option<String>,
    /// `archive_mode`.
    pub archive_mode: Option<String>,
    /// When the last segment of the log was archived.
    pub last_archived: Option<String>,
    /// How long ago that was, by the server's clock.
    pub archived_seconds_ago: Option<u64>,
    /// Whether archiving failed since.
    pub archive_failing: Option<bool>,
    /// Where the log stands; `None` on a standby.
    pub lsn: Option<String>,
    /// What is known about the tables that were asked about.
    pub impact: Vec<Impact>,
    /// Whether the marker was looked for, so that its lack means that there is none.
    pub(super) marker_was_read: bool,
    /// Why facts are missing: psql's own lines, and whether time ran out.
    pub(super) trouble: Trouble,
}

/// The environment that a server names for itself: `production`, or bound to a cluster: `production@7298374652093847561`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// As it is written there.
    pub text: String,
    /// `ALTER DATABASE … SET dbguard.environment`, else a comment on the database.
    pub place: &'static str,
}

/// Why facts are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) said: String,
    pub(super) ended: Ended,
}

impl Marker {
    /// The name of the environment.
    pub fn environment(&self) -> &str {
        self.text.split_once('@').map_or(self.text.as_str(), |(name, _)| name)
    }

    /// The system identifier that it is bound to.
    pub fn bound_to(&self) -> Option<&str> {
        self.text.split_once('@').map(|(_, identifier)| identifier)
    }
}

impl Attestation {
    /// Reads rows of JSON. `None` when the first facts are not there: then nothing is known of the server.
    pub(super) fn parse(stdout: &[u8], said: &str, ended: Ended, tables: &[Table]) -> Option<Self> {
        let text = String::from_utf8_lossy(stdout);
        let mut facts = Facts(Map::new());
        for line in text.lines() {
            // The first one to state a fact wins: nothing later in the output can replace it.
            if let Ok(Value::Object(row)) = json::value(line) {
                for (key, value) in row {
                    facts.0.entry(key).or_insert(value);
                }
            }
        }
        let trouble = Trouble { said: said.chars().take(2000).collect(), ended };
        let because = lines::missing(&trouble);
        let mut told = facts.attestation(trouble)?;
        told.impact = Impact::read(tables, &facts.0, &because);
        Some(told)
    }

    /// Whether the marker was copied here from another cluster, as a logical restore does it.
    pub fn marker_is_copied(&self) -> bool {
        let bound = self.marker.as_ref().and_then(Marker::bound_to);
        bound.is_some_and(|bound| self.system_identifier.as_deref().is_some_and(|own| own != bound))
    }

    /// The facts for the screen.
    pub fn lines(&self) -> Vec<Line> {
        lines::lines(self)
    }

    /// How what happens next could be undone, for the screen.
    pub fn undo(&self) -> Vec<Line> {
        lines::undo(self)
    }
}

struct Facts(Map<String, Value>);

impl Facts {
    fn attestation(&self, trouble: Trouble) -> Option<Attestation> {
        Some(Attestation {
            database: self.text("database")?,
            address: self.text("address"),
            port: self.number("port").and_then(|port| u16::try_from(port).ok()),
            user: self.text("user")?,
            session_user: self.text("session_user"),
            superuser: self.truth("superuser"),
            can_write: self.truth("can_write"),
            standby: self.truth("standby"),
            version: self.text("version"),
            system_identifier: self.text("system_identifier"),
            size_bytes: self.number("size_bytes"),
            marker: self.marker(),
            read_only: self.truth("read_only"),
            wanted_read_only: false,
            options_refused: false,
            cluster_name: self.text("cluster_name").filter(|name| !name.is_empty()),
            archive_mode: self.text("archive_mode"),
            last_archived: self.text("last_archived"),
            archived_seconds_ago: self.number("archived_ago"),
            archive_failing: self.truth("archive_failing"),
            lsn: self.text("lsn"),
            impact: Vec::new(),
            marker_was_read: self.0.contains_key("marker_setting"),
            trouble,
        })
    }

    /// Names are at most 63 bytes; nothing honest is longer than this.
    fn text(&self, key: &str) -> Option<String> {
        let text = self.0.get(key)?.as_str()?;
        Some(text.chars().take(300).collect())
    }

    /// Old servers and drivers spell whole numbers as `1.0` or as text.
    fn number(&self, key: &str) -> Option<u64> {
        let value = self.0.get(key)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    }

    fn truth(&self, key: &str) -> Option<bool> {
        self.0.get(key)?.as_bool()
    }

    /// An empty setting is none: that is what a reset leaves behind.
    fn marker(&self) -> Option<Marker> {
        let read = |key, place| {
            let text = self.text(key).filter(|text| !text.is_empty())?;
            Some(Marker { text, place })
        };
        read("marker_setting", "setting").or_else(|| read("marker_comment", "comment"))
    }
}

/// As the audit log and `--json` have it.
impl Serialize for Attestation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("database", &self.database)?;
        map.serialize_entry("address", &self.address)?;
        map.serialize_entry("port", &self.port)?;
        map.serialize_entry("user", &self.user)?;
        map.serialize_entry("superuser", &self.superuser)?;
        map.serialize_entry("can_write", &self.can_write)?;
        map.serialize_entry("standby", &self.standby)?;
        map.serialize_entry("version", &self.version)?;
        map.serialize_entry("system_identifier", &self.system_identifier)?;
        map.serialize_entry("size_bytes", &self.size_bytes)?;
        map.serialize_entry("marker", &self.marker.as_ref().map(|marker| &marker.text))?;
        map.serialize_entry("read_only", &self.read_only)?;
        map.serialize_entry("options_refused", &self.options_refused)?;
        map.serialize_entry("cluster_name", &self.cluster_name)?;
        map.serialize_entry("last_archived", &self.last_archived)?;
        map.serialize_entry("lsn", &self.lsn)?;
        map.end()
    }
}
