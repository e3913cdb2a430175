//! The code that `dbguard init` prints: a prelude of quoted assignments, then the shell's own file, as it is.
//!
//! The files in `shell/` are static: what depends on the machine comes in as a value, so nothing in them is ever
//! pieced together from text. The output depends on the machine's set-up alone, never on the moment, so that people
//! may keep it in a file.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::Shell;

const BASH: &str = include_str!("../../shell/dbguard.bash");
const ZSH: &str = include_str!("../../shell/dbguard.zsh");
const FISH: &str = include_str!("../../shell/dbguard.fish");

/// What the shell's file needs to know of the machine.
#[derive(Clone, Debug)]
pub struct Prelude {
    /// The program, as it was found on `PATH`: a link stays a link, so that an upgrade behind it is followed.
    pub program: PathBuf,
    /// The directory of the shims.
    pub shims: PathBuf,
    /// Where a client leaves its mark that it has tinted the terminal; `None` without a home directory.
    pub tints: Option<PathBuf>,
    /// The vars on which the answer depends: when one changes, the hook asks again.
    pub vars: Vec<&'static str>,
    /// The tools for which functions are defined, for those who cannot change `PATH`.
    pub functions: Vec<&'static str>,
}

/// The whole code for this shell.
pub fn code(shell: Shell, prelude: &Prelude) -> Vec<u8> {
    let mut out = Vec::new();
    let mut set = |name: &str, value: &OsStr| {
        let start = match shell {
            Shell::Bash | Shell::Zsh => format!("{name}="),
            Shell::Fish => format!("set -g {name} "),
        };
        out.extend_from_slice(start.as_bytes());
        out.extend_from_slice(&shell.quote(value));
        out.push(b'\n');
    };
    set("__dbguard_program", prelude.program.as_os_str());
    set("__dbguard_shims", prelude.shims.as_os_str());
    set("__dbguard_tints", prelude.tints.as_ref().map_or(OsStr::new(""), |path| path.as_os_str()));
    set("__dbguard_vars", OsStr::new(&prelude.vars.join(" ")));
    set("__dbguard_functions", OsStr::new(&prelude.functions.join(" ")));
    let file = match shell {
        Shell::Bash => BASH,
        Shell::Zsh => ZSH,
        Shell::Fish => FISH,
    };
    out.extend_from_slice(file.as_bytes());
    out
}

/// One line that works with and without quotes around the substitution: `eval $(dbguard init bash)` loses its line
/// ends and may lose whatever looks like a pattern, so the line holds neither, and fetches the whole by itself.
///
/// Aliases are not looked at while the whole is read: an `alias psql=…` or `alias local=…` must not get into it.
/// `\builtin` cannot be an alias. In zsh the options are those of a function without a name; `emulate -c` would be
/// shorter, but functions made in it never see how the user's options have the prompt expanded (zshbuiltins, sticky).
pub fn stub(shell: Shell, program: &OsStr, words: &[&str]) -> Vec<u8> {
    let mut fetch: Vec<u8> = shell.quote(program);
    for word in words {
        fetch.push(b' ');
        fetch.extend_from_slice(word.as_bytes());
    }
    let (start, end): (&[u8], &[u8]) = match shell {
        Shell::Bash => (b"\\builtin eval \"$(", b")\""),
        Shell::Zsh => (b"() { \\builtin emulate -L zsh -o no_aliases; \\builtin eval \"$(", b")\"; }"),
        Shell::Fish => (b"", b" | source"),
    };
    let line: OsString = OsStr::from_bytes(&[start, &fetch, end].concat()).to_owned();
    [line.as_bytes(), b"\n"].concat()
}

/// What takes the hook out of the running shell, where it is in it. One line, for the same reason as the stub.
pub fn removal(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash | Shell::Zsh => {
            "if \\builtin typeset -f __dbguard_remove >/dev/null; then \\__dbguard_remove; fi\n"
        }
        Shell::Fish => "if functions -q __dbguard_remove; __dbguard_remove; end\n",
    }
}
