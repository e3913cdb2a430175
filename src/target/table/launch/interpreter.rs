//! Interpreters: `python manage.py migrate`, `python -m alembic`, `ruby bin/rails db:drop`, `elixir …/mix ecto.drop`.
//!
//! Their options are read as they read them, up to the script or the module; the rest of the line is the tool's own. Code
//! that is given on the command line, and a script that the table does not name, is not looked into.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use super::forms::among;
use super::{Launched, php};

/// How an interpreter reads its options.
#[derive(Default)]
struct Tongue {
    /// Letters that take a value, joined or as the next word.
    values: &'static [u8],
    /// Letters whose value is joined to them, if there is one.
    joined: &'static [u8],
    /// Letters and options that bring the code themselves, or start none.
    ends: &'static [u8],
    ends_long: &'static str,
    /// The letter of a module, of a script, and those of a directory to go to.
    module: &'static [u8],
    script: &'static [u8],
    directory: &'static [u8],
    /// Long options that take the next word.
    long: &'static str,
    /// Options that load something before the script.
    odd: &'static str,
    is_php: bool,
}

/// `Python/getopt.c`.
const PYTHON: Tongue = Tongue {
    values: b"WX",
    joined: b"",
    ends: b"chV?",
    ends_long: "",
    module: b"m",
    script: b"",
    directory: b"",
    long: "--check-hash-based-pycs",
    odd: "",
    is_php: false,
};
/// `proc_options` of ruby.c.
const RUBY: Tongue = Tongue {
    values: b"EIr",
    joined: b"0FiKTWx",
    ends: b"e",
    ends_long: "",
    module: b"",
    script: b"",
    directory: b"CX",
    long: "--encoding --external-encoding --internal-encoding --disable --enable --parser",
    odd: "",
    is_php: false,
};
/// `OPTIONS` of `php_cli.c`. Behind `--` stand the arguments of code that comes from the standard input, or of `-f`.
const PHP: Tongue = Tongue {
    values: b"dcz",
    joined: b"",
    ends: b"arBREFShivmlswt?",
    ends_long: "--interactive --run --process-begin --process-code --process-file --process-end --server --docroot \
        --syntax-check --syntax-highlight --syntax-highlighting --strip",
    module: b"",
    script: b"f",
    directory: b"",
    long: "--define --php-ini --zend-extension",
    odd: "",
    is_php: true,
};
/// <https://nodejs.org/api/cli.html>: letters are not bundled but for `-pe`.
const NODE: Tongue = Tongue {
    values: b"rC",
    joined: b"",
    ends: b"epcvh",
    ends_long: "--eval --print --check --test --run --version --help",
    module: b"",
    script: b"",
    directory: b"",
    long: "--require --import --loader --experimental-loader --conditions --env-file --env-file-if-exists \
        --input-type --title --watch-path --icu-data-dir --openssl-config --redirect-warnings \
        --experimental-config-file",
    odd: "-r --require --import --loader --experimental-loader --env-file --env-file-if-exists",
    is_php: false,
};
/// `elixir --help`: no letters are bundled. `mix` is a script with `elixir` in its first line.
const ELIXIR: Tongue = Tongue {
    values: b"r",
    joined: b"",
    ends: b"ehv",
    ends_long: "--eval --rpc-eval --help --version --short-version",
    module: b"",
    script: b"S",
    directory: b"",
    long: "-pa -pr -pz --app --boot --cookie --erl --erl-config --logger-otp-reports --logger-sasl-reports --name \
        --pipe-to --sname --vm-args",
    odd: "",
    is_php: false,
};

fn tongue(program: &str) -> Option<&'static Tongue> {
    Some(match program {
        "python" | "python3" => &PYTHON,
        "ruby" => &RUBY,
        "php" => &PHP,
        "node" => &NODE,
        "elixir" => &ELIXIR,
        _ => return None,
    })
}

/// Whether this is an interpreter.
pub(super) fn is_one(program: &str) -> bool {
    program == "java" || tongue(program).is_some()
}

/// What it runs. `None` for a program that is no interpreter.
pub(super) fn peel(program: &str, args: &[OsString]) -> Option<Launched> {
    if program == "java" {
        return Some(java(args));
    }
    Some(Walk { tongue: tongue(program)?, args, at: 0, launched: Launched::default() }.run())
}

/// `java -jar flyway.jar …`, `java -cp … liquibase.integration.commandline.LiquibaseCommandLine …`: by the name of the
/// file or of the class. Properties of the system go before what Liquibase reads
/// (<https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html>).
fn java(args: &[OsString]) -> Launched {
    let mut launched = Launched::default();
    let mut words = args.iter().enumerate();
    while let Some((at, word)) = words.next() {
        let text = word.to_string_lossy();
        if among(JAVA_VALUES, &text) {
            words.next();
        } else if text.starts_with("-D") || text.starts_with('@') || text.starts_with("-javaagent") {
            launched.doubt = Some("a property of Java may change what the tool sees".to_owned());
        } else if !text.starts_with('-') {
            let name = text.rsplit('/').next().unwrap_or_default();
            let tool = ["flyway", "liquibase"]
                .into_iter()
                .find(|tool| name.strip_prefix("org.").unwrap_or(name).starts_with(tool));
            let rest = args.get(at + 1..).unwrap_or_default();
            return tool.map_or_else(Launched::default, |tool| launched.starts(OsStr::new(tool), rest));
        }
    }
    launched
}

/// Java's options that take the next word, but for `-jar`, whose word is the program.
const JAVA_VALUES: &str = "-cp -classpath --class-path -p --module-path --add-modules --upgrade-module-path --add-opens \
    --add-exports --add-reads --limit-modules --enable-native-access --source -splash";

struct Walk<'a> {
    tongue: &'static Tongue,
    args: &'a [OsString],
    at: usize,
    launched: Launched,
}

/// What an option leaves to do.
enum Then {
    Next,
    End,
    Script(OsString),
    Module(OsString),
}

impl Walk<'_> {
    fn run(mut self) -> Launched {
        while let Some(word) = self.take() {
            let then = match word.as_bytes() {
                b"--" if self.tongue.is_php => Then::End, // the code comes from elsewhere
                b"--" => self.take().map_or(Then::End, Then::Script),
                [b'-', b'-', ..] => self.long(&word),
                _ if among(self.tongue.long, &word.to_string_lossy()) => self.long(&word),
                [b'-', letters @ ..] if !letters.is_empty() => self.letters(letters),
                _ => Then::Script(word),
            };
            let rest = self.args.get(self.at..).unwrap_or_default();
            let mut found = match then {
                Then::Next => continue,
                Then::End => break,
                Then::Script(word) if self.tongue.is_php => php::script(&word, rest),
                Then::Script(word) => self.launched.starts(&script(&word), rest),
                Then::Module(name) => self.launched.module(&name, rest),
            };
            found.before = self.args.get(..self.at).map(<[OsString]>::to_vec);
            return found;
        }
        Launched::default()
    }

    fn take(&mut self) -> Option<OsString> {
        let word = self.args.get(self.at)?.clone();
        self.at += 1;
        Some(word)
    }

    fn long(&mut self, word: &OsStr) -> Then {
        let text = word.to_string_lossy();
        let name = text.split('=').next().unwrap_or_default();
        if among(self.tongue.ends_long, name) {
            return Then::End;
        }
        if name == "--file" && self.tongue.is_php {
            let joined = text.split_once('=').map(|(_, script)| OsString::from(script));
            return joined.or_else(|| self.take()).map_or(Then::End, |script| self.script(script));
        }
        self.load(name);
        if among(self.tongue.long, name) && name.len() == text.len() {
            self.take();
        }
        Then::Next
    }

    fn letters(&mut self, letters: &[u8]) -> Then {
        for (at, letter) in letters.iter().enumerate() {
            let tongue = self.tongue;
            let is = |some: &[u8]| some.contains(letter);
            if is(tongue.ends) {
                return Then::End;
            }
            if is(tongue.joined) {
                return Then::Next;
            }
            if !(is(tongue.values) || is(tongue.module) || is(tongue.script) || is(tongue.directory)) {
                continue;
            }
            let joined = letters.get(at + 1..).filter(|rest| !rest.is_empty());
            let value = joined.map(|rest| OsStr::from_bytes(rest).to_owned()).or_else(|| self.take());
            let Some(value) = value else { return Then::End };
            if is(tongue.module) {
                return Then::Module(value);
            }
            if is(tongue.script) {
                let joined = value.as_bytes().strip_prefix(b"=").map(|script| OsStr::from_bytes(script).to_owned());
                return self.script(joined.unwrap_or(value));
            }
            if is(tongue.directory) {
                let before = self.launched.directory.take().unwrap_or_default();
                self.launched.directory = Some(before.join(PathBuf::from(value)));
            }
            self.load(&format!("-{}", char::from(*letter)));
            return Then::Next;
        }
        Then::Next
    }

    /// A script that an option names.
    fn script(&mut self, script: OsString) -> Then {
        if self.tongue.is_php && self.args.get(self.at).is_some_and(|word| word == "--") {
            self.at += 1;
        }
        Then::Script(script)
    }

    fn load(&mut self, option: &str) {
        if among(self.tongue.odd, option) {
            self.launched.doubt = Some(format!("`{option}` loads something that may change what the tool sees"));
        }
    }
}

/// The name that stands for a script: of a package of npm the package's, else the file's.
fn script(word: &OsStr) -> OsString {
    let parts: Vec<&OsStr> = Path::new(word)
        .components()
        .filter_map(|part| if let Component::Normal(name) = part { Some(name) } else { None })
        .collect();
    let package = parts.iter().rposition(|part| *part == "node_modules").and_then(|at| {
        let name = *parts.get(at + 1)?;
        if name == ".bin" || name.as_bytes().starts_with(b"@") { parts.get(at + 2).copied() } else { Some(name) }
    });
    package.or(parts.last().copied()).unwrap_or_default().to_owned()
}
