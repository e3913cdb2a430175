//! `supabase/config.toml` of the Supabase CLI: the port of the database that it keeps on this machine.
//!
//! Which database a command means is its caller's to say; one that is linked is an account's, and no file names it. Docker
//! elsewhere makes "local" a host elsewhere, and so is not believed.

use toml::de::DeTable;

use super::Source;
use super::reading::{Driver, Said};
use super::survey::{At, Survey};
use crate::target::conninfo::Setting;
use crate::target::origin::Origin;

/// Vars that move what is called local.
const MOVES: &[&str] =
    &["DOCKER_HOST", "DOCKER_CONTEXT", "SUPABASE_SERVICES_HOSTNAME", "SUPABASE_DB_PORT", "SUPABASE_EXPERIMENTAL_STACK"];

/// Whether the directory is linked to a project of an account.
pub(in crate::target) fn is_linked(survey: &Survey<'_>) -> bool {
    let files = ["supabase/.temp/project-ref", "supabase/.temp/linked-project.json", "supabase/.link.json"];
    survey.filled("SUPABASE_PROJECT_ID").is_some() || !survey.look.nearest(&files).is_empty()
}

/// The database on this machine.
pub(in crate::target) fn local(survey: &mut Survey<'_>) {
    let source = Source::Var("local".to_owned());
    let unix = |name: &&&str| survey.filled(name).is_some_and(|value| !value.starts_with("unix:"));
    if let Some(moves) = MOVES.iter().find(unix) {
        return survey.add_unclear(source, format!("`{moves}` says where its local database is"));
    }
    let found = survey.look.nearest(&["supabase/config.toml"]).pop();
    let text = found.as_ref().and_then(|found| survey.text(found)).unwrap_or_default();
    let tree = DeTable::parse(text).map_err(drop);
    let db = tree.as_ref().map(|tree| tree.get_ref().get("db").and_then(|db| db.get_ref().get("port")));
    let stack = tree.as_ref().is_ok_and(|tree| tree.get_ref().get("experimental").is_some());
    let line = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
    let port = match db {
        Ok(None) => Some(("54322".to_owned(), Origin::Default)),
        Ok(Some(port)) => found.as_ref().zip(port.get_ref().as_integer()).map(|(found, number)| {
            let at = At { path: &found.path, line: line(port.span().start), key: "db.port".to_owned() };
            (number.as_str().to_owned(), at.origin())
        }),
        Err(()) => None,
    };
    let Some((port, origin)) = port.filter(|_| !stack) else {
        return survey.add_unclear(source, "`supabase/config.toml` does not say its port in plain words");
    };
    let fixed = |keyword, value: &str| Setting { keyword, value: value.into(), origin: Origin::Default };
    let mut settings = vec![fixed("host", "127.0.0.1"), fixed("user", "postgres"), fixed("dbname", "postgres")];
    settings.push(Setting { keyword: "port", value: port.into(), origin });
    survey.add_said(source, Said { settings, ..Said::default() }, Driver::Own);
}
