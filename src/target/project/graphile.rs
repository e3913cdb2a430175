//! `.gmrc` of graphile-migrate: JSON5 in the working directory, three connection strings before three vars.
//!
//! Of JSON5 its comments and its commas at the end are understood, which is what the tool itself writes. Other files are code.

use serde_json::Value;

use super::Source;
use super::json::File;
use super::reading::{Driver, Said};
use super::survey::Survey;
use super::url;
use crate::target::conninfo::Setting;
use crate::target::origin::Origin;

/// Looks at one of the connections: by its key in the file, else by its var. `main`: code is said to decide it.
pub(in crate::target) fn look(survey: &mut Survey<'_>, config: Option<&str>, key: &str, var: &str, main: bool) {
    let cwd = survey.snapshot.cwd.clone();
    let file = config.map_or_else(|| cwd.join(".gmrc"), |name| cwd.join(name));
    let is_code = file.extension().is_some_and(|end| end == "js" || end == "cjs");
    let found = survey.look.read(&file).filter(|_| !is_code);
    let beside = || [".gmrc.js", ".gmrc.cjs"].iter().any(|name| survey.look.read(&cwd.join(name)).is_some());
    if is_code || (found.is_none() && beside()) {
        if main {
            let because = "`.gmrc` leaves it to code, and dbguard runs no code of a project";
            survey.add_unclear(Source::Var("code".to_owned()), because);
        }
    } else if let Some(found) = &found {
        let Some(text) = survey.text(found) else { return };
        let plain = plain(text);
        let Some(file) = File::parse(found, &plain, survey) else { return };
        match file.value.get(key) {
            Some(Value::String(text)) if text.contains("://") => return file.url(survey, &[key], text, None),
            // The name of a database alone, on the server that the vars say.
            Some(Value::String(text)) => {
                let setting = Setting { keyword: "dbname", value: text.into(), origin: file.at(&[key]).origin() };
                let said = Said { settings: vec![setting], ..Said::default() };
                return survey.add_said(file.at(&[key]).source(), said, Driver::Node);
            }
            Some(_) | None => {}
        }
    }
    if let Some(text) = survey.filled(var) {
        let url = url::read(&text, &Origin::Var(var.to_owned()));
        survey.add_url(Source::Var(var.to_owned()), url, Driver::Node);
    }
}

/// JSON5 without its comments and without the commas before a closing bracket; every line stays where it is.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('"', _) => {
                plain.push(c);
                let mut escaped = false;
                for c in chars.by_ref() {
                    plain.push(c);
                    if c == '"' && !escaped {
                        break;
                    }
                    escaped = c == '\\' && !escaped;
                }
            }
            ('/', Some('/')) => while chars.next_if(|c| *c != '\n').is_some() {},
            ('/', Some('*')) => {
                let mut before = ' ';
                chars.next();
                for c in chars.by_ref() {
                    plain.extend(Some(c).filter(|c| *c == '\n'));
                    if before == '*' && c == '/' {
                        break;
                    }
                    before = c;
                }
            }
            ('}' | ']', _) => {
                if let Some(at) = plain.trim_end().strip_suffix(',').map(str::len) {
                    plain.replace_range(at..=at, " ");
                }
                plain.push(c);
            }
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn comments_and_last_commas_go_and_lines_stay() {
        for (text, expected) in [
            ("{ /* a\n\"b\" */ \"c\": \"d//e\", // f\n}", "{ \n \"c\": \"d//e\"  \n}"),
            ("[1, 2,\n]", "[1, 2 \n]"),
            ("{\"a\": \",\\\"/*\",}", "{\"a\": \",\\\"/*\" }"),
            ("{\"a\": \",\"}", "{\"a\": \",\"}"),
            ("// only", ""),
            ("/* open", ""),
            ("\"open \\", "\"open \\"),
            ("{ 'a': 1 }", "{ 'a': 1 }"),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }
}
