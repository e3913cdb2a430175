//! The target as `explain --json`, `status --json` and the audit log show it: one form for all three.

use std::ffi::OsStr;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::{Field, Host, Target};

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let first = self.hosts.first();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("engine", self.engine.word())?;
        map.serialize_entry("host", &first.and_then(|host| text(host.host.as_ref())))?;
        map.serialize_entry("hostaddr", &first.and_then(|host| text(host.hostaddr.as_ref())))?;
        map.serialize_entry("port", &first.map(|host| host.port.value))?;
        map.serialize_entry("dbname", &text(self.dbname.as_ref()))?;
        map.serialize_entry("user", &text(self.user.as_ref()))?;
        map.serialize_entry("service", &text(self.service.as_ref()))?;
        map.serialize_entry("hosts", &self.hosts)?;
        map.serialize_entry("affects", &self.affects.iter().map(Field::shown).collect::<Vec<_>>())?;
        map.serialize_entry("every_database", &self.every_database)?;
        map.serialize_entry("via", &self.via.as_ref().map(via))?;
        map.serialize_entry("origins", &Origins(self))?;
        map.end()
    }
}

impl Serialize for Host {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("host", &text(self.host.as_ref()))?;
        map.serialize_entry("hostaddr", &text(self.hostaddr.as_ref()))?;
        map.serialize_entry("port", &self.port.value)?;
        map.end()
    }
}

/// The origins of the fields that have a value, by field name; of a list of hosts, those of the first.
struct Origins<'a>(&'a Target);

impl Serialize for Origins<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let target = self.0;
        let first = target.hosts.first();
        let fields = [
            ("host", first.and_then(|host| origin(host.host.as_ref()))),
            ("hostaddr", first.and_then(|host| origin(host.hostaddr.as_ref()))),
            ("port", first.map(|host| host.port.origin.to_string())),
            ("dbname", origin(target.dbname.as_ref())),
            ("user", origin(target.user.as_ref())),
            ("service", origin(target.service.as_ref())),
        ];
        serializer.collect_map(fields.into_iter().filter_map(|(name, origin)| Some((name, origin?))))
    }
}

fn origin<T>(field: Option<&Field<T>>) -> Option<String> {
    field.map(|field| field.origin.to_string())
}

fn text<T: AsRef<OsStr>>(field: Option<&Field<T>>) -> Option<String> {
    field.map(Field::shown)
}

fn via(via: &super::Via) -> serde_json::Value {
    let (names, port) = match &via.to {
        Some(to) => (Some(&to.names), to.port),
        None => (None, None),
    };
    serde_json::json!({"program": via.program, "pid": via.pid, "to": names, "port": port})
}
