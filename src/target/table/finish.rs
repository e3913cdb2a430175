//! The last touch to a target of the table: true origins, the maintenance database, and what psql has to be told.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};

use super::declared::Declared;
use super::entry::fits;
use super::sources::Trip;
use crate::target::{Engine, Field, Origin, Parameter, Resolution, Target};
use crate::text::Secret;

impl Trip<'_> {
    /// With the origins, the maintenance database and what a second connection needs.
    pub(super) fn finished(&self, mut resolution: Resolution) -> Resolution {
        if let Resolution::Resolved(target) | Resolution::Ambiguous { partial: Some(target), .. } = &mut resolution {
            self.relabel(target);
            if target.engine == Engine::Postgresql {
                self.maintain(target);
                pin(target);
            }
        }
        resolution
    }

    fn relabel(&self, target: &mut Target) {
        let loaded = &self.world.loaded;
        for host in &mut target.hosts {
            host.host.iter_mut().chain(&mut host.hostaddr).for_each(|field| origin(&mut field.origin, loaded));
            origin(&mut host.port.origin, loaded);
        }
        let fields = target.dbname.iter_mut().chain(&mut target.user).chain(&mut target.service);
        fields.for_each(|field| origin(&mut field.origin, loaded));
    }

    /// What makes or drops a database connects to another one; what goes through all of them begins at `postgres`.
    fn maintain(&self, target: &mut Target) {
        let Declared { entry, acts, arguments, .. } = self.declared;
        if entry.own_name && target.dbname.as_ref().is_some_and(|name| name.origin == Origin::User) {
            let snapshot = &self.world.snapshot;
            let var = snapshot.vars.filled("PGUSER").map(|user| (user.to_owned(), Origin::Var("PGUSER".to_owned())));
            let own = || Some((snapshot.user.name.clone()?.into(), Origin::SystemUser));
            target.dbname = var.or_else(own).map(|(name, origin)| Field::new(name, origin));
        }
        let any =
            |patterns: &[String]| acts.iter().any(|act| patterns.iter().any(|pattern| fits(pattern, &act.command)));
        let postgres = || Field::new(OsString::from("postgres"), Origin::Default);
        if any(&entry.maintenance) {
            target.affects.extend(target.dbname.replace(postgres()));
        }
        if any(&entry.named) {
            target.affects.extend(arguments.first().map(|name| Field::new(name.clone(), Origin::Argument(1))));
        }
        if entry.every.as_ref().is_some_and(|every| self.invocation.has(every)) {
            target.every_database = true;
            target.dbname = Some(postgres());
        }
    }
}

fn origin(origin_of: &mut Origin, loaded: &HashMap<String, Origin>) {
    match origin_of {
        Origin::Var(name) => {
            if let Some(file) = loaded.get(name) {
                *origin_of = file.clone();
            }
        }
        Origin::Conninfo(inside) => origin(inside, loaded),
        Origin::Option(_)
        | Origin::Argument(_)
        | Origin::Service { .. }
        | Origin::File { .. }
        | Origin::Connect
        | Origin::Tool
        | Origin::User
        | Origin::SystemUser
        | Origin::Default => {}
    }
}

/// psql, which asks the server, is told all that the tool's driver has decided in its own way.
fn pin(target: &mut Target) {
    let list = |values: Vec<OsString>| values.join(OsStr::new(","));
    let built_in = target.hosts.iter().all(|host| {
        host.hostaddr.is_none()
            && host.host.as_ref().is_none_or(|host| host.origin == Origin::Default && host.value != "localhost")
    });
    let names = target.hosts.iter().map(|host| host.host.as_ref().map(|host| host.value.clone()).unwrap_or_default());
    let addresses =
        target.hosts.iter().map(|host| host.hostaddr.as_ref().map(|host| host.value.clone()).unwrap_or_default());
    let ports = target.hosts.iter().map(|host| OsString::from(host.port.value.to_string()));
    let (host, port) = (list(names.collect()), list(ports.collect()));
    let hostaddr: Vec<OsString> = addresses.collect();
    let hostaddr = if hostaddr.iter().all(|address| address.is_empty()) { OsString::new() } else { list(hostaddr) };
    let mut put = |keyword: &str, value: OsString| {
        target.parameters.retain(|parameter| parameter.keyword != keyword);
        target.parameters.push(Parameter { keyword: keyword.to_owned(), value: Secret::new(value) });
    };
    if !built_in {
        put("host", host);
        put("hostaddr", hostaddr);
    }
    put("port", port);
    if let Some(user) = target.user.as_ref().map(|user| user.value.clone()) {
        put("user", user);
    }
}
