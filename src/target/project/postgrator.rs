//! The configuration of postgrator-cli, as lilconfig finds it: the nearest of several files, from the working directory up
//! to the home directory.
//!
//! Options go before it part by part, and node-postgres fills in the rest. A file that is code decides what dbguard does
//! not know.

use std::path::Path;

use serde_json::Value;

use super::Source;
use super::json::{self, Entry, File, Parts};
use super::look::Found;
use super::reading::Driver;
use super::record::Record;
use super::survey::Survey;
use crate::target::{Invocation, Origin};

/// The places in a directory, in order; of `package.json` one key.
const PLACES: &[&str] = &[
    "package.json",
    ".postgratorrc.json",
    ".postgratorrc.js",
    ".postgratorrc.cjs",
    ".postgratorrc.mjs",
    ".config/postgratorrc",
    ".config/postgratorrc.json",
    ".config/postgratorrc.js",
    ".config/postgratorrc.cjs",
    ".config/postgratorrc.mjs",
    "postgrator.config.js",
    "postgrator.config.cjs",
    "postgrator.config.mjs",
];

const PARTS: Parts = &[("host", "host"), ("port", "port"), ("dbname", "database"), ("user", "username")];

/// Looks at the options, and at the file for what they leave out.
pub(in crate::target) fn look(survey: &mut Survey<'_>, invocation: &Invocation) {
    let source = Source::Var("options".to_owned());
    let text = |name: &str| {
        let option = invocation.all(name).next_back()?;
        Some((option.value.as_ref()?.to_string_lossy().into_owned(), Origin::Option(option.spelled.clone())))
    };
    // A password that is asked for: `-p --host db1`.
    let loose = |value: &std::ffi::OsString| value.to_string_lossy().starts_with('-');
    if invocation.options.iter().any(|option| option.value.as_ref().is_some_and(loose)) {
        return survey.add_unclear(source, "an option stands where the value of another one would");
    }
    let found = match text("config") {
        _ if invocation.has("no-config") => None,
        Some((path, _)) => survey.look.read(&survey.snapshot.cwd.join(path)),
        None => nearest(survey),
    };
    let (mut record, mut driver) = (Record::default(), None);
    if let Some(found) = &found {
        let name = found.path.file_name().unwrap_or_default().to_string_lossy();
        if !name.ends_with(".json") && name != "postgratorrc" {
            return survey.add_unclear(source, format!("`{name}` is not read"));
        }
        let Some(file) = File::of(found, survey) else { return };
        if let Some(section) = section(&file.value, &found.path).as_object() {
            driver = section.get("driver").and_then(Value::as_str).map(str::to_owned);
            let path = if name == "package.json" { vec!["postgrator"] } else { Vec::new() };
            record = Entry { section, path, code: None }.record(survey, &file, PARTS);
        }
    }
    let driver = text("driver").map(|(text, _)| text).or(driver).unwrap_or_else(|| "pg".to_owned());
    let Some(engine) = json::engine(&driver) else {
        survey.other = true;
        return;
    };
    record.engine = engine;
    for (keyword, _) in PARTS {
        let Some((text, origin)) = text(keyword).filter(|(text, _)| !text.is_empty()) else { continue };
        record.part(keyword, &text, origin);
    }
    survey.add_said(source, record.said(), Driver::Node);
}

/// The nearest file that is one.
fn nearest(survey: &Survey<'_>) -> Option<Found> {
    let home = survey.filled("HOME").unwrap_or_default();
    for directory in survey.snapshot.cwd.ancestors() {
        for place in PLACES {
            let Some(found) = survey.look.read(&directory.join(place)) else { continue };
            let text = found.text.as_deref().unwrap_or("?");
            let none = *place == "package.json"
                && crate::text::json::value(text).is_ok_and(|value| section(&value, &found.path).is_null());
            if !none && !text.trim().is_empty() {
                return Some(found);
            }
        }
        if directory == Path::new(&home) {
            return None;
        }
    }
    None
}

/// Of `package.json` the tool's own key, of another file all of it.
fn section<'v>(value: &'v Value, path: &Path) -> &'v Value {
    if path.ends_with("package.json") { value.get("postgrator").unwrap_or(&Value::Null) } else { value }
}
