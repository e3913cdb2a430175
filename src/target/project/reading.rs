//! From what a file or a var says to a target: who fills in what it leaves out.
//!
//! libpq and the drivers of other languages do not agree: node-postgres knows `PGHOST` and no service, JDBC knows no var
//! at all. Where the driver is known its own way is taken; where it is not, both ends are tried, and a difference
//! is said so.

use std::cell::OnceCell;
use std::ffi::OsString;

use super::foreign;
use crate::target::conninfo::{Setting, Trouble};
use crate::target::defaults::{Settled, settle};
use crate::target::ground::{Ground, Overlay};
use crate::target::origin::Origin;
use crate::target::tunnel::{forwarder, through};
use crate::target::{Engine, Resolution, Target};
use crate::world::Snapshot;

/// Who connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::target) enum Driver {
    /// libpq: psycopg, Ruby's pg, PHP's, Perl's, diesel.
    Libpq,
    /// node-postgres: four of the vars, no service and no address; `localhost` instead of a socket.
    Node,
    /// Go's lib/pq and pgx, sqlx: as node-postgres, but that a service or `PGHOSTADDR` may count.
    Pq,
    /// One that reads no vars: JDBC, Prisma's, tokio-postgres.
    Own,
    /// Not known.
    Any,
}

/// What is said of a database.
#[derive(Clone, Debug, Default)]
pub(in crate::target) struct Said {
    /// The database system.
    pub(in crate::target) engine: Engine,
    /// The parameters.
    pub(in crate::target) settings: Vec<Setting>,
    /// Vars that a file sets for the tool.
    pub(in crate::target) overlay: Vec<Overlay>,
    /// Why the whole must not be believed, although it can be read.
    pub(in crate::target) doubt: Option<String>,
}

/// The vars, as each driver sees them.
#[derive(Debug)]
pub(super) struct Drivers<'a> {
    snapshot: &'a Snapshot,
    without_vars: OnceCell<Snapshot>,
    for_node: OnceCell<Snapshot>,
}

impl<'a> Drivers<'a> {
    /// The drivers in this world.
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, without_vars: OnceCell::new(), for_node: OnceCell::new() }
    }

    /// What the driver makes of it.
    pub(super) fn resolve(&self, said: Said, driver: Driver) -> Resolution {
        if said.engine != Engine::Postgresql {
            let (target, doubt) = foreign::target(said);
            return doubted(through(Resolution::Resolved(target), self.snapshot), doubt);
        }
        let doubt = said.doubt.clone();
        let resolution = match driver {
            Driver::Libpq => self.by(said, Driver::Libpq),
            Driver::Node | Driver::Own => self.by(said, driver),
            Driver::Pq => {
                let doubt = doubt.or_else(|| self.server_vars(&said));
                return doubted(through(told(self.by(said, Driver::Node)), self.snapshot), doubt);
            }
            Driver::Any => return doubted(self.by_any(said), doubt),
        };
        doubted(through(told(resolution), self.snapshot), doubt)
    }

    /// lib/pq since 1.12 lets a service win over the URL itself, earlier ones stop at it, sqlx passes it over.
    fn server_vars(&self, said: &Said) -> Option<String> {
        let set = ["PGSERVICE", "PGHOSTADDR"].into_iter().find(|var| self.snapshot.vars.filled(var).is_some());
        let named = said.settings.iter().find(|setting| matches!(setting.keyword, "service" | "hostaddr"));
        let what = set.map(str::to_owned).or_else(|| Some(named?.keyword.to_owned()))?;
        Some(format!("releases of its driver differ on what `{what}` does to it"))
    }

    /// One driver's reading.
    fn by(&self, said: Said, driver: Driver) -> Result<Target, Trouble> {
        let snapshot = match driver {
            Driver::Libpq | Driver::Any => self.snapshot,
            Driver::Node | Driver::Pq => {
                self.for_node.get_or_init(|| without(self.snapshot, |var| SERVER_VARS.contains(&var)))
            }
            Driver::Own => self.without_vars.get_or_init(|| without(self.snapshot, |var| var.starts_with("PG"))),
        };
        let mut ground = Ground::plain(snapshot, None);
        let mut settings = said.settings;
        ground.overlay = said.overlay;
        if driver == Driver::Own {
            ground.overlay.clear();
        }
        if driver != Driver::Libpq {
            settings.retain(|setting| !matches!(setting.keyword, "service" | "hostaddr"));
            let var = driver == Driver::Node && ground.var("PGHOST").is_some_and(|(host, _)| !host.is_empty());
            if !var && settings.iter().all(|setting| setting.keyword != "host" || setting.value.is_empty()) {
                settings.retain(|setting| setting.keyword != "host");
                settings.push(Setting { keyword: "host", value: "localhost".into(), origin: Origin::Default });
            }
        }
        settle(settings, &ground).map(Settled::target)
    }

    /// libpq's reading where a driver without vars reads the same.
    fn by_any(&self, said: Said) -> Resolution {
        let own = self.by(said.clone(), Driver::Own);
        let mut target = match self.by(said, Driver::Libpq) {
            Ok(target) => target,
            Err(trouble) => return through(told(Err(trouble)), self.snapshot),
        };
        let agreed = own.is_ok_and(|mut own| {
            if is_default_socket(&target) && is_default_localhost(&own) {
                // Both are this machine, unless a forwarder listens in the place of one.
                target.via = own.hosts.first().and_then(|host| forwarder(host, self.snapshot));
                own.hosts.iter_mut().zip(&target.hosts).for_each(|(own, host)| own.host.clone_from(&host.host));
            }
            own.same_place(&target)
        });
        let via = target.via.clone();
        let mut resolution = if agreed {
            Resolution::Resolved(target)
        } else {
            let because = "it leaves out what some drivers take from `PG…` vars and others do not".to_owned();
            Resolution::Ambiguous { partial: Some(target), because }
        };
        resolution = through(resolution, self.snapshot);
        if let (Some(via), Resolution::Resolved(target)) = (via, &mut resolution) {
            target.via = target.via.take().or(Some(via));
        }
        resolution
    }
}

/// What node-postgres does not know of libpq's vars.
const SERVER_VARS: &[&str] = &["PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE"];

fn without(snapshot: &Snapshot, goes: impl Fn(&str) -> bool) -> Snapshot {
    let stays = |name: &std::ffi::OsStr| name.to_str().is_none_or(|name| !goes(name));
    let kept = snapshot.vars.iter().filter(|(name, _)| stays(name));
    let vars = kept.map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
    Snapshot { vars, cwd: snapshot.cwd.clone(), user: snapshot.user.clone(), now: snapshot.now }
}

fn is_default_socket(target: &Target) -> bool {
    target
        .hosts
        .iter()
        .all(|host| host.hostaddr.is_none() && host.host.as_ref().is_some_and(|host| host.origin == Origin::Default))
}

fn is_default_localhost(target: &Target) -> bool {
    is_default_socket(target)
        && target.hosts.iter().all(|host| host.host.as_ref().is_some_and(|host| host.value == "localhost"))
}

fn told(reading: Result<Target, Trouble>) -> Resolution {
    match reading {
        Ok(target) => Resolution::Resolved(target),
        Err(Trouble::Rejected(because) | Trouble::Unclear(because)) => Resolution::Ambiguous { partial: None, because },
    }
}

/// With the doubt, where there is one.
fn doubted(resolution: Resolution, doubt: Option<String>) -> Resolution {
    match (resolution, doubt) {
        (Resolution::Resolved(target), Some(because)) => Resolution::Ambiguous { partial: Some(target), because },
        (resolution, _) => resolution,
    }
}
