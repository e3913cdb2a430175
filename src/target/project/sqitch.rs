//! `sqitch.conf` of Sqitch, and `SQITCH_TARGET`.
//!
//! A target is a URI (`db:pg://…`) or a name that the file gives one. psql connects in the end, so that libpq fills in what
//! is missing; a project without a target is the bare psql's, and no mention. `SQITCH_USERNAME` goes before the URI's user
//! (<https://sqitch.org/docs/manual/sqitch-environment/>). The user's own file is not read: a name it defines is unclear.

use std::ffi::OsString;

use super::Source;
use super::ini::{self, Dialect, Setting};
use super::look::Found;
use super::reading::Driver;
use super::survey::{At, Survey};
use super::url::{self, Url};
use crate::target::conninfo;
use crate::target::origin::Origin;

/// Looks at the var and the file.
pub(in crate::target) fn look(survey: &mut Survey<'_>) {
    let named = survey.filled("SQITCH_CONFIG").map(|path| survey.snapshot.cwd.join(path));
    let found = match named {
        Some(path) => survey.look.read(&path),
        None => survey.look.nearest(&["sqitch.conf"]).pop(),
    };
    let text = found.as_ref().and_then(|found| survey.text(found)).unwrap_or_default();
    let settings = ini::parse(text, Dialect::Git);
    if let Some(target) = survey.filled("SQITCH_TARGET") {
        let origin = Origin::Var("SQITCH_TARGET".to_owned());
        let url = target_of(&target, &origin, &settings, found.as_ref());
        return add(survey, Source::Var("SQITCH_TARGET".to_owned()), url);
    }
    let Some(found) = &found else { return };
    let engine = ini::find(&settings, "core", "engine").map_or("pg", |setting| setting.value.as_str());
    let chosen = ini::find(&settings, "core", "target")
        .or_else(|| ini::find(&settings, &format!("engine \"{engine}\""), "target"));
    let Some(chosen) = chosen else { return };
    let at = At { path: &found.path, line: chosen.line, key: format!("{}.{}", chosen.section, chosen.key) };
    let url = target_of(&chosen.value, &at.origin(), &settings, Some(found));
    add(survey, at.source(), url);
}

/// Looks at a target that the command line names: a URI, or a name of the file. `false` for what is neither: a change.
pub(in crate::target) fn named(survey: &mut Survey<'_>, text: &str, origin: &Origin) -> bool {
    let file = survey.filled("SQITCH_CONFIG").map(|path| survey.snapshot.cwd.join(path));
    let found = match file {
        Some(path) => survey.look.read(&path),
        None => survey.look.nearest(&["sqitch.conf"]).pop(),
    };
    let settings = found.as_ref().and_then(|found| survey.text(found)).map(|text| ini::parse(text, Dialect::Git));
    let settings = settings.unwrap_or_default();
    let is_target = text.contains(':') || ini::find(&settings, &format!("target \"{text}\""), "uri").is_some();
    if is_target {
        let url = target_of(text, origin, &settings, found.as_ref());
        add(survey, Source::Var("argument".to_owned()), url);
    }
    is_target
}

/// A URI, or what the file has for the name.
fn target_of(target: &str, origin: &Origin, settings: &[Setting], found: Option<&Found>) -> Url {
    if target.contains(':') {
        return url::read(target, origin);
    }
    let uri = ini::find(settings, &format!("target \"{target}\""), "uri");
    match (uri, found) {
        (Some(uri), Some(found)) => url::read(&uri.value, &Origin::File { file: found.path.clone(), line: uri.line }),
        _ => Url::Unclear("it names a target that `sqitch.conf` does not define".to_owned()),
    }
}

fn add(survey: &mut Survey<'_>, source: Source, mut url: Url) {
    if let (Url::Database(said, _), Some(user)) = (&mut url, survey.filled("SQITCH_USERNAME")) {
        said.settings.retain(|setting| setting.keyword != "user");
        let origin = Origin::Var("SQITCH_USERNAME".to_owned());
        said.settings.push(conninfo::Setting { keyword: "user", value: OsString::from(user), origin });
    }
    survey.add_url(source, url, Driver::Libpq);
}

#[cfg(test)]
mod tests {
    use super::super::tests::Sample;

    const CONF: &str =
        "[core]\n\tengine = pg\n[engine \"pg\"]\n\ttarget = prod\n[target \"prod\"]\n\turi = db:pg://u@db1/app\n";

    #[test]
    fn the_target_of_the_engine_counts_by_its_name() {
        assert_eq!(
            Sample::new().file("sqitch.conf", CONF).said(),
            ["sqitch.conf:4 engine \"pg\".target -> u@db1:5432/app"]
        );
        let uri = Sample::new().file("sqitch.conf", "[core]\ntarget = db:pg:app\n").var("PGHOST", "db2");
        assert_eq!(uri.said(), ["sqitch.conf:2 core.target -> os-user@db2:5432/app"]);
        assert!(Sample::new().file("sqitch.conf", "[core]\nengine = pg\n").said().is_empty());
        assert!(Sample::new().file("sqitch.conf", "[core]\ntarget = db:sqlite:x\n").said().is_empty());
    }

    #[test]
    fn the_vars_go_before_the_file() {
        let sample = Sample::new().file("sqitch.conf", CONF).var("SQITCH_TARGET", "prod").var("SQITCH_USERNAME", "me");
        assert_eq!(sample.said(), ["SQITCH_TARGET -> me@db1:5432/app"]);
        let sample = Sample::new().file("sqitch.conf", CONF).var("SQITCH_TARGET", "else");
        assert_eq!(sample.said(), ["SQITCH_TARGET -> ? it names a target that `sqitch.conf` does not define"]);
        let uri = Sample::new().var("SQITCH_TARGET", "db:pg://u@db3:6000/app");
        assert_eq!(uri.said(), ["SQITCH_TARGET -> u@db3:6000/app"]);
    }
}
