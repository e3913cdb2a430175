//! Launchers that need a word or none before the program: `npx prisma …`, `poetry run alembic …`.
//!
//! What each adds to the vars is not known here and makes the target doubtful.

use std::ffi::OsString;
use std::path::PathBuf;

use super::{Launched, Road, script};

/// The words that a launcher needs before the program, its options with a value, and those that change its world.
struct Form {
    word: &'static str,
    values: &'static [&'static str],
    directory: &'static [&'static str],
    odd: &'static [&'static str],
}

const NPX: Form = Form {
    word: "",
    values: &["-p", "--package", "-w", "--workspace", "--prefix", "-c", "--call"],
    directory: &["--prefix"],
    odd: &["-c", "--call", "--node-options", "-w", "--workspace"],
};
const BUNDLE: Form = Form { word: "exec", values: &["--gemfile"], directory: &[], odd: &["--gemfile"] };
const PYTHON: Form = Form {
    word: "run",
    values: &[
        "--env-file",
        "--with",
        "--with-editable",
        "--with-requirements",
        "-p",
        "--python",
        "--project",
        "--directory",
        "-C",
        "-P",
        "--group",
        "--only-group",
        "--no-group",
        "--extra",
        "--package",
        "--index",
        "--index-url",
        "--extra-index-url",
        "--config-file",
        "--cache-dir",
        "--color",
        "-m",
        "--module",
        "-s",
        "--script",
    ],
    directory: &["--directory", "-C"],
    odd: &["--env-file"],
};

/// Whether this word is what comes next: the verb (`bundle e` is `exec`), or a program of the table.
fn fits(needed: &str, word: &OsString, road: &Road<'_>) -> bool {
    if needed.is_empty() { road.guards(word) } else { word == needed || (needed == "exec" && word == "e") }
}

/// Whether this word may stand before the verb: `uv tool run`, `bundle _2.4.1_ exec`.
fn is_before(program: &str, text: &str) -> bool {
    (program == "uv" && text == "tool") || (program == "bundle" && text.starts_with('_'))
}

/// Takes the launcher off. `None` for a program that is none.
pub(super) fn peel(program: &str, args: &[OsString], road: &Road<'_>) -> Option<Launched> {
    let form = match program {
        "npx" | "bunx" => NPX,
        "bundle" => BUNDLE,
        "poetry" | "uv" | "pipenv" => PYTHON,
        _ => return None,
    };
    let mut launched = Launched::default();
    if program == "pipenv" {
        launched.doubt = Some("pipenv loads `.env` before it starts the tool".to_owned());
    }
    let mut rest = args;
    let mut needed = form.word;
    // The option just before, where it is not known whether it takes a word.
    let mut strange = false;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        let text = word.to_string_lossy();
        if !text.starts_with('-') || text == "--" {
            if text == "--" || (!needed.is_empty() && is_before(program, &text)) {
                strange = false;
                continue;
            }
            let fits = |word: &OsString| fits(needed, word, road);
            if std::mem::take(&mut strange) && !fits(word) && rest.first().is_some_and(fits) {
                launched.doubt = Some(format!("`{program}` is given an option that dbguard does not know"));
                continue;
            }
            if needed.is_empty() {
                return Some(launched.starts(word, after));
            }
            if !fits(word) {
                return Some(launched); // `bundle install`
            }
            needed = "";
            continue;
        }
        let (name, joined) = text.split_once('=').map_or((text.as_ref(), None), |(name, value)| (name, Some(value)));
        let takes = form.values.contains(&name) && joined.is_none();
        strange = !takes && joined.is_none();
        let value = joined.map(OsString::from).or_else(|| rest.first().cloned().filter(|_| takes));
        if takes {
            rest = rest.get(1..).unwrap_or_default();
        }
        if form.odd.contains(&name) {
            launched.doubt = Some(format!("`{program} {name}` may change what the tool sees"));
        }
        if matches!(name, "-c" | "--call") {
            return Some(script::line(launched.directory.as_deref(), &value.unwrap_or_default(), road));
        }
        if form.directory.contains(&name) {
            launched.directory = value.clone().map(PathBuf::from);
        }
        if matches!(name, "-m" | "--module") && needed.is_empty() {
            return Some(launched.module(&value.unwrap_or_default(), rest));
        }
    }
    Some(launched)
}
