//! Programs that start another one: `npx prisma …`, `poetry run alembic …`.
//!
//! Only those stand here that put their own directories before the shims on `PATH`, so that the shim of the tool itself is
//! not reached, and that are not a language's interpreter: a shim costs whoever calls it. What a launcher adds to the vars
//! is not known here and makes the target doubtful. docs/CLIENTS.md lists all forms.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::custom::Customs;

/// The launchers that have shims.
pub(super) const LAUNCHERS: &[&str] = &["npx", "bunx", "bundle", "poetry", "uv", "pipenv"];

/// What a launcher starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Launched {
    /// The program, without directories; empty where nothing is started.
    pub(super) program: String,
    /// Its arguments.
    pub(super) args: Vec<OsString>,
    /// Where the launcher goes first.
    pub(super) directory: Option<PathBuf>,
    /// Why it may start it in another world.
    pub(super) doubt: Option<String>,
}

/// Whether this is a launcher.
pub(super) fn is_launcher(program: &str) -> bool {
    LAUNCHERS.contains(&program)
}

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
    odd: &["-c", "--call", "--node-options"],
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

/// Takes the launcher off. `None` for a program that is none.
pub(super) fn peel(program: &str, args: &[OsString], customs: &Customs) -> Option<Launched> {
    let form = match program {
        "npx" | "bunx" => NPX,
        "bundle" => BUNDLE,
        "poetry" | "uv" | "pipenv" => PYTHON,
        _ => return None,
    };
    let mut launched = Launched { program: String::new(), args: Vec::new(), directory: None, doubt: None };
    if program == "pipenv" {
        launched.doubt = Some("pipenv loads `.env` before it starts the tool".to_owned());
    }
    let mut rest = args;
    let mut needed = form.word;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        let text = word.to_string_lossy();
        if !text.starts_with('-') || text == "--" {
            if text == "--" {
                continue;
            }
            if needed.is_empty() {
                return Some(launched.starts(word, after));
            }
            if needed != text {
                return Some(launched); // `bundle install`
            }
            needed = "";
            continue;
        }
        let (name, joined) = text.split_once('=').map_or((text.as_ref(), None), |(name, value)| (name, Some(value)));
        let takes = form.values.contains(&name) && joined.is_none();
        let value = joined.map(OsString::from).or_else(|| rest.first().cloned().filter(|_| takes));
        if takes {
            rest = rest.get(1..).unwrap_or_default();
        }
        if form.odd.contains(&name) {
            launched.doubt = Some(format!("`{program} {name}` may change what the tool sees"));
        }
        if matches!(name, "-c" | "--call") {
            return Some(launched.shell(&value.unwrap_or_default(), customs));
        }
        if form.directory.contains(&name) {
            launched.directory = value.clone().map(PathBuf::from);
        }
        if matches!(name, "-m" | "--module") && needed.is_empty() {
            return Some(launched.starts(&value.unwrap_or_default(), rest));
        }
    }
    Some(launched)
}

impl Launched {
    /// A line of shell: the first word of it that is a tool of the table counts, and the rest is not understood.
    fn shell(mut self, line: &OsStr, customs: &Customs) -> Self {
        let words: Vec<&[u8]> =
            line.as_bytes().split(|byte| !byte.is_ascii_graphic() || b";&|()".contains(byte)).collect();
        let is_known = |word: &str| super::row(word).is_some() || customs.has(word);
        let known = |word: &&[u8]| std::str::from_utf8(word).is_ok_and(is_known);
        if let Some(at) = words.iter().position(known) {
            let rest = words.get(at..).unwrap_or_default();
            let mut rest = rest.iter().filter(|word| !word.is_empty()).map(|word| OsStr::from_bytes(word).to_owned());
            self.program = rest.next().unwrap_or_default().to_string_lossy().into_owned();
            self.args = rest.collect();
        }
        self
    }

    /// The program, and what a language's interpreter would run in its place.
    fn starts(mut self, program: &OsStr, args: &[OsString]) -> Self {
        let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = name.split('@').next().filter(|name| !name.is_empty()).unwrap_or(&name).to_owned();
        if !matches!(name.as_str(), "python" | "python3" | "node" | "ruby") {
            (self.program, self.args) = (name, args.to_vec());
            return self;
        }
        let mut rest = args;
        while let Some((word, after)) = rest.split_first() {
            rest = after;
            match word.as_bytes() {
                b"-m" => {
                    if let Some((module, after)) = after.split_first() {
                        let module = module.to_string_lossy();
                        let module = module.split('.').next().unwrap_or_default();
                        self.program = if module == "django" { "django-admin".to_owned() } else { module.to_owned() };
                        self.args = after.to_vec();
                    }
                    return self;
                }
                b"-W" | b"-X" | b"-r" => rest = rest.get(1..).unwrap_or_default(),
                [b'-', ..] => {}
                _ => {
                    let name = Path::new(word).file_name().unwrap_or_default().to_string_lossy();
                    (self.program, self.args) = (name.into_owned(), after.to_vec());
                    return self;
                }
            }
        }
        self
    }
}
