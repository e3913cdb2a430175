//! Which question confirms which target.

use std::ffi::OsStr;

use crate::checklist::Question;
use crate::policy::Confirm;
use crate::target::{Host, Target};

/// The question that this demand puts for this target.
///
/// Where the name is missing that would have to be typed (a target without a database), another one is asked for, the
/// environment's at last: a demand is never dropped.
pub(super) fn question(confirm: Confirm, target: &Target, environment: &str) -> Question {
    let by_environment = || Question::Name { what: "environment", accepted: vec![environment.to_owned()] };
    match confirm {
        // The judge asks for nothing with `None`; should it come here, it is asked all the same.
        Confirm::None | Confirm::Yes => Question::Yes,
        Confirm::Environment => by_environment(),
        Confirm::Database => database_question(target).or_else(|| host_question(target)).unwrap_or_else(by_environment),
        Confirm::Host => host_question(target).unwrap_or_else(by_environment),
    }
}

/// The database that is acted on: what `dropdb app` drops rather than the one that it connects to.
fn database_question(target: &Target) -> Option<Question> {
    let name = target.affects.first().or(target.dbname.as_ref())?;
    let accepted = vec![lossy(&name.value)];
    (!name.value.is_empty()).then_some(Question::Name { what: "database", accepted })
}

/// The host. Behind a forwarder it is the far end: `localhost` would confirm nothing. In a list it is any of them.
fn host_question(target: &Target) -> Option<Question> {
    let far = target.via.as_ref().and_then(|via| via.to.as_ref());
    let names: Vec<String> = match far {
        Some(far) => far.names.clone(),
        None => target.hosts.iter().filter_map(host_name).collect(),
    };
    (!names.is_empty()).then(|| Question::host(names.iter().map(String::as_str)))
}

/// What is typed for one host: the name that the person used, or the address where there is only that.
fn host_name(host: &Host) -> Option<String> {
    let field = host.host.as_ref().or(host.hostaddr.as_ref())?;
    Some(lossy(&field.value))
}

fn lossy(value: &OsStr) -> String {
    value.to_string_lossy().into_owned()
}
