//! The confirmation var of a CI job: `DBGUARD_CONFIRM=<host>/<dbname>`.
//!
//! It stands for a person only in CI, never beside the mark of a coding agent, only where the policy allows it, and
//! only when it names exactly the target that this very invocation resolved to. It is no blanket bypass: exported in a
//! profile it fits one database and nothing else.

use crate::policy::Policy;
use crate::target::Target;
use crate::world::{Vars, agents};

/// The var.
pub(super) const VAR: &str = "DBGUARD_CONFIRM";

/// What the token says of this invocation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// It stands for a person.
    Holds,
    /// None was given, or it is not looked at here (outside CI, beside an agent's mark).
    Absent,
    /// It was given and does not let this invocation run. Why, as one lower-case phrase.
    Fails(String),
}

/// Whether this is a CI job, and no coding agent within one. `CI=false` is how a job says that it is none.
pub(super) fn in_ci(vars: &Vars) -> bool {
    let set = vars.filled("CI").is_some_and(|value| !["false", "0"].iter().any(|no| value.eq_ignore_ascii_case(no)));
    set && agents::detect(vars).is_none()
}

/// What a token would have to name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    pub(super) target: &'a Target,
    /// The target's name alone would be another environment than its address.
    pub(super) name_differs: bool,
    /// A script goes on from it, so that it is not all that is reached.
    pub(super) leaves: bool,
}

/// Looks at the token.
pub(super) fn check(vars: &Vars, policy: &Policy, named: Named<'_>) -> Token {
    let Some(given) = vars.filled(VAR) else { return Token::Absent };
    if !in_ci(vars) {
        return Token::Absent;
    }
    if !policy.tokens {
        return Token::Fails(format!("{VAR} is set, and the configuration forbids tokens here"));
    }
    match named.expected() {
        Some(expected) if given == expected.as_str() => Token::Holds,
        Some(expected) => Token::Fails(format!("{VAR} does not name the target, which is `{expected}`")),
        None if named.leaves => Token::Fails(format!("{VAR} cannot name this target: a `\\connect` leaves it")),
        None => Token::Fails(format!("{VAR} cannot name this target: it has no single host and database")),
    }
}

impl Named<'_> {
    /// The token that fits: only a target with a single host and a single database can be named. Where the name says
    /// another environment than the address does, the address is what was not mistaken.
    pub(super) fn expected(&self) -> Option<String> {
        let target = self.target;
        let [host] = target.hosts.as_slice() else { return None };
        if self.leaves || target.every_database || target.via.is_some() || target.affects.len() > 1 {
            return None;
        }
        let (name, address) = (host.host.as_ref(), host.hostaddr.as_ref());
        let host = if self.name_differs { address.or(name) } else { name.or(address) }?.value.to_str()?;
        let dbname = target.affects.first().or(target.dbname.as_ref())?.value.to_str()?;
        Some(format!("{host}/{dbname}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Level;
    use crate::target::{Engine, Field, Host, Origin};

    fn target() -> Target {
        let field = |value: &str| Some(Field::new(value.into(), Origin::Default));
        Target {
            engine: Engine::Postgresql,
            hosts: vec![Host { host: field("db1.prod"), hostaddr: None, port: Field::new(5432, Origin::Default) }],
            dbname: field("app"),
            user: field("alice"),
            service: None,
            affects: Vec::new(),
            every_database: false,
            via: None,
            parameters: Vec::new(),
        }
    }

    fn named(target: &Target) -> Named<'_> {
        Named { target, name_differs: false, leaves: false }
    }

    fn looked_at(vars: &[(&str, &str)]) -> Token {
        check(&vars.iter().copied().collect(), &Policy::of_level(Level::Production), named(&target()))
    }

    #[test]
    fn a_token_holds_in_ci_for_exactly_its_target() {
        assert_eq!(looked_at(&[("CI", "true"), (VAR, "db1.prod/app")]), Token::Holds);
    }

    #[test]
    fn a_token_is_not_looked_at_outside_ci_or_beside_an_agent() {
        assert_eq!(looked_at(&[(VAR, "db1.prod/app")]), Token::Absent);
        assert_eq!(looked_at(&[("CI", "1"), ("CLAUDECODE", "1"), (VAR, "db1.prod/app")]), Token::Absent);
    }

    #[test]
    fn a_token_for_another_target_fails_and_names_the_right_one() {
        let said = "DBGUARD_CONFIRM does not name the target, which is `db1.prod/app`";
        assert_eq!(looked_at(&[("CI", "1"), (VAR, "db1.prod/other")]), Token::Fails(said.to_owned()));
        assert_eq!(looked_at(&[("CI", "1"), (VAR, "1")]), Token::Fails(said.to_owned()));
    }

    #[test]
    fn a_configuration_can_forbid_tokens() {
        let policy = Policy { tokens: false, ..Policy::of_level(Level::Production) };
        let vars = [("CI", "1"), (VAR, "db1.prod/app")].into_iter().collect();
        assert!(matches!(check(&vars, &policy, named(&target())), Token::Fails(_)));
    }

    #[test]
    fn what_reaches_every_database_has_no_token() {
        assert_eq!(named(&Target { every_database: true, ..target() }).expected(), None);
    }

    #[test]
    fn where_the_name_says_another_environment_than_the_address_the_address_is_named() {
        let mut target = target();
        target.hosts[0].hostaddr = Some(Field::new("10.0.0.5".into(), Origin::Default));
        assert_eq!(named(&target).expected().as_deref(), Some("db1.prod/app"));
        assert_eq!(Named { name_differs: true, ..named(&target) }.expected().as_deref(), Some("10.0.0.5/app"));
    }

    #[test]
    fn a_ci_that_is_false_is_none() {
        assert_eq!(looked_at(&[("CI", "false"), (VAR, "db1.prod/app")]), Token::Absent);
        assert_eq!(looked_at(&[("CI", "0"), (VAR, "db1.prod/app")]), Token::Absent);
    }
}
