//! `yoyo.ini` of yoyo-migrations.
//!
//! `database` of `[DEFAULT]` in the nearest file, names filled in from the file and from the vars, without regard to case
//! (`get_interpolation_defaults` of its `config.py`). What it includes from other files is not followed.

use super::ini::{self, Dialect, Setting};
use super::reading::Driver;
use super::survey::{At, Survey};
use super::url::{self, Url};

/// Looks at the file of this name, or at the nearest one.
pub(in crate::target) fn look(survey: &mut Survey<'_>, path: Option<&str>) {
    let found = match path {
        Some(path) => survey.look.read(&survey.snapshot.cwd.join(path)),
        None => survey.look.nearest(&["yoyo.ini"]).pop(),
    };
    let Some(found) = found else { return };
    let Some(text) = survey.text(&found) else { return };
    let settings = ini::parse(text, Dialect::Python);
    let more = ["%include", "%inherit"].iter().find_map(|key| ini::find(&settings, "DEFAULT", key));
    if let Some(more) = more {
        let at = At { path: &found.path, line: more.line, key: more.key.clone() };
        return survey.add_unclear(at.source(), format!("`{}` brings in other files", more.key));
    }
    let Some(said) = ini::find(&settings, "DEFAULT", "database").cloned() else { return };
    let at = At { path: &found.path, line: said.line, key: said.key };
    let here = found.path.parent().map(|here| here.to_string_lossy().into_owned()).unwrap_or_default();
    // The file's own names go before the vars.
    let mut all = vars(survey);
    all.extend(settings);
    let url = match ini::interpolated(&all, "DEFAULT", &said.value, &here) {
        Some(text) => url::read(&text, &at.origin()),
        None => Url::Unclear("it has a `%(…)s` that neither the file nor a var fills in".to_owned()),
    };
    survey.add_url(at.source(), url, Driver::Libpq);
}

fn vars(survey: &Survey<'_>) -> Vec<Setting> {
    let setting = |(name, value): (&std::ffi::OsStr, &std::ffi::OsStr)| Setting {
        section: "DEFAULT".to_owned(),
        key: name.to_string_lossy().to_lowercase(),
        value: value.to_string_lossy().replace('%', "%%"),
        line: 0,
    };
    let mut all: Vec<Setting> = survey.snapshot.vars.iter().map(setting).collect();
    let keys: Vec<String> = all.iter().map(|setting| setting.key.clone()).collect();
    // Of two that differ in case alone the last one counts, in an order that is not known here.
    all.retain(|one| one.key != "here" && keys.iter().filter(|key| **key == one.key).count() == 1);
    all
}
