//! Which question confirms which target.
//!
//! Names of hosts and databases come from the target, never from what the server says of itself; which answers pass is
//! the checklist's to say.

use std::ffi::OsStr;

use crate::checklist::Question;
use crate::environment::is_loopback;
use crate::policy::Confirm;
use crate::target::{Host, Target};

/// What a person can be asked to type for a target.
pub(super) struct Names<'a> {
    pub(super) target: &'a Target,
    /// The environment's name.
    pub(super) environment: &'a str,
    /// The name misleads: the server says that it belongs to a stricter environment than its name does.
    pub(super) misleading: bool,
    /// Where a name and an address are given: by its name alone the target would be in another environment.
    pub(super) name_differs: bool,
}

impl Names<'_> {
    /// The question that this demand puts.
    ///
    /// Where the name is missing that would have to be typed (a target without a database), another one is asked for,
    /// the environment's at last: a demand is never dropped. Where the name misleads, typing it again would only
    /// repeat the mistake, so the environment has to be typed.
    pub(super) fn question(&self, confirm: Confirm) -> Question {
        match confirm {
            Confirm::None | Confirm::Yes if self.misleading => self.by_environment(),
            // The judge asks for nothing with `None`; should it come here, it is asked all the same.
            Confirm::None | Confirm::Yes => Question::Yes,
            Confirm::Database if !self.misleading => {
                self.by_database().or_else(|| self.by_host()).unwrap_or_else(|| self.by_environment())
            }
            Confirm::Host if !self.misleading => self.by_host().unwrap_or_else(|| self.by_environment()),
            Confirm::Environment | Confirm::Database | Confirm::Host => self.by_environment(),
        }
    }

    fn by_environment(&self) -> Question {
        Question::Name { what: "environment", accepted: vec![self.environment.to_owned()] }
    }

    /// The database that is acted on: what `dropdb app` drops rather than the one that it connects to.
    fn by_database(&self) -> Option<Question> {
        let name = self.target.affects.first().or(self.target.dbname.as_ref())?;
        let accepted = vec![lossy(&name.value)];
        (!name.value.is_empty()).then_some(Question::Name { what: "database", accepted })
    }

    /// The host; in a list any of them. Behind a forwarder it is the far end; `localhost` there is every machine's
    /// name: typed, it confirms nothing.
    fn by_host(&self) -> Option<Question> {
        let names: Vec<String> = match &self.target.via {
            Some(via) => {
                via.to.iter().flat_map(|to| to.names.iter().cloned()).filter(|name| !is_loopback(name)).collect()
            }
            None => self.target.hosts.iter().filter_map(|host| self.host_name(host)).collect(),
        };
        (!names.is_empty()).then(|| Question::host(names.iter().map(String::as_str)))
    }

    /// What is typed for one host: the name that the person used; the address where there is only that, or where the
    /// name says something else.
    fn host_name(&self, host: &Host) -> Option<String> {
        let (name, address) = (host.host.as_ref(), host.hostaddr.as_ref());
        let field = if self.name_differs { address.or(name) } else { name.or(address) };
        field.map(|field| lossy(&field.value)).filter(|name| !name.is_empty())
    }
}

fn lossy(value: &OsStr) -> String {
    value.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{Endpoint, Engine, Field, Origin, Via};

    fn field(value: &str) -> Field<std::ffi::OsString> {
        Field::new(value.into(), Origin::Default)
    }

    fn target(host: &str, hostaddr: Option<&str>) -> Target {
        let port = Field::new(5432, Origin::Default);
        Target {
            engine: Engine::Postgresql,
            hosts: vec![Host { host: Some(field(host)), hostaddr: hostaddr.map(field), port }],
            dbname: Some(field("app")),
            user: None,
            service: None,
            affects: Vec::new(),
            every_database: false,
            via: None,
            parameters: Vec::new(),
        }
    }

    fn names(target: &Target) -> Names<'_> {
        Names { target, environment: "production", misleading: false, name_differs: false }
    }

    #[test]
    fn the_host_is_typed_and_the_address_where_the_name_says_something_else() {
        let target = target("staging.example", Some("10.0.0.5"));
        assert!(names(&target).question(Confirm::Host).accepts("staging"));
        let question = Names { name_differs: true, ..names(&target) }.question(Confirm::Host);
        assert!(question.accepts("10.0.0.5") && !question.accepts("staging"));
    }

    #[test]
    fn where_the_name_misleads_the_environment_is_typed() {
        let target = target("staging.example", None);
        for confirm in [Confirm::Yes, Confirm::Database, Confirm::Host] {
            let question = Names { misleading: true, ..names(&target) }.question(confirm);
            assert!(question.accepts("production") && !question.accepts("staging") && !question.accepts("yes"));
        }
    }

    #[test]
    fn behind_a_forwarder_the_far_end_is_typed_and_never_localhost() {
        let to = Some(Endpoint {
            names: vec!["localhost".into(), "0.0.0.0".into(), "bastion.prod.example".into()],
            port: None,
        });
        let via = Some(Via { program: "ssh".into(), pid: 1, to });
        let target = Target { via, ..target("localhost", None) };
        let question = names(&target).question(Confirm::Host);
        assert!(question.accepts("bastion") && !question.accepts("localhost") && !question.accepts("0.0.0.0"));
    }

    #[test]
    fn without_the_name_that_is_wanted_another_one_is_asked_for() {
        let nothing = Target { dbname: None, ..target("", None) };
        assert!(names(&nothing).question(Confirm::Database).accepts("production"));
        assert!(names(&nothing).question(Confirm::Host).accepts("production"));
    }

    #[test]
    fn what_dropdb_drops_is_typed_and_not_what_it_connects_to() {
        let target = Target { affects: vec![field("app")], dbname: Some(field("postgres")), ..target("h", None) };
        let question = names(&target).question(Confirm::Database);
        assert!(question.accepts("app") && !question.accepts("postgres"));
    }
}
