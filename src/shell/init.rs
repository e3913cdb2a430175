//! The code that `dbguard init` prints: a prelude of quoted assignments, then the shell's own file without its comments.
//!
//! The files in `shell/` are static: what depends on the machine comes in as a value, so nothing in them is ever
//! pieced together from text. The output depends on the machine's set-up alone, never on the moment, so that people
//! may keep it in a file.

use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use super::Shell;
use crate::text::{PAIRS, packed, unpacked, unpacked_length};

/// What the shell's file needs to know of the machine.
#[derive(Clone, Debug)]
pub struct Prelude {
    /// The program, as it was found on `PATH`: a link stays a link, so that an upgrade behind it is followed.
    pub program: PathBuf,
    /// The directory of the shims.
    pub shims: PathBuf,
    /// The directory of the notes about shells, where an answer for the first prompt may lie.
    pub notes: PathBuf,
    /// The vars on which the answer depends: when one changes, the hook asks again.
    pub vars: Vec<&'static str>,
    /// The tools for which functions are defined, for those who cannot change `PATH`.
    pub functions: Vec<&'static str>,
}

/// The whole code for this shell, as a person can read it.
pub fn code(shell: Shell, prelude: &Prelude) -> Vec<u8> {
    let mut out = assignments(shell, prelude);
    out.extend_from_slice(unpacked(file(shell)).as_bytes());
    out
}

/// A name that no other code has, and how long this is: what is kept under the name is this, and never that of another
/// version.
pub fn named(shell: Shell, prelude: &Prelude) -> (String, usize) {
    let assignments = assignments(shell, prelude);
    let length = assignments.len() + unpacked_length(file(shell));
    let mut hasher = DefaultHasher::new();
    (PAIRS, file(shell), assignments).hash(&mut hasher);
    (format!("{}-{:016x}", shell.word(), hasher.finish()), length)
}

fn file(shell: Shell) -> &'static [u8] {
    match shell {
        Shell::Bash => packed!("shell/dbguard.bash"),
        Shell::Zsh => packed!("shell/dbguard.zsh"),
        Shell::Fish => packed!("shell/dbguard.fish"),
    }
}

/// The whole code as it is evaluated.
pub fn evaluated(shell: Shell, prelude: &Prelude) -> Vec<u8> {
    enclosed(shell, code(shell, prelude))
}

/// The same, read from a file that holds the code: a shell takes as long to take the code out of one word as to read it.
///
/// People keep this line too, and the file may be gone when they evaluate it: then the program is asked for the code.
pub fn sourced(shell: Shell, prelude: &Prelude, file: &Path) -> Vec<u8> {
    let file = shell.quote(file.as_os_str());
    let program = shell.quote(prelude.program.as_os_str());
    let parts: &[&[u8]] = match shell {
        // A restricted shell may neither read a file by its path nor start a program by one. There is no word in it that
        // could be an alias.
        Shell::Bash => &[
            b"\\builtin test \"${-#*r}\" = \"$-\" && \\builtin test -f ",
            &file,
            b" -a -r ",
            &file,
            b" && \\builtin source ",
            &file,
            b" || \\builtin test \"${-#*r}\" != \"$-\" || \\builtin eval \"$(",
            &program,
            b" init bash --whole)\"",
        ],
        Shell::Zsh => &[
            b"if [[ -o restricted ]]; then\n:\nelif [[ -f ",
            &file,
            b" && -r ",
            &file,
            // Compiled, it is read in no time. Under another name first: half of one would be the end of a shell.
            b" ]]; then\nif [[ -o interactive && ! ",
            &file,
            b".zwc -nt ",
            &file,
            b" ]]; then\n\\builtin zcompile -U ",
            &file,
            b".$$ ",
            &file,
            b" && \\command mv -f ",
            &file,
            b".$$.zwc ",
            &file,
            b".zwc\nfi 2>/dev/null\n\\builtin source ",
            &file,
            b"\nelse\n\\builtin eval \"$(",
            &program,
            b" init zsh --whole)\"\nfi",
        ],
        Shell::Fish => &[
            b"if test -f ",
            &file,
            b" -a -r ",
            &file,
            b"\nsource ",
            &file,
            b"\nelse\n",
            &program,
            b" init fish --whole | source\nend\n",
        ],
    };
    enclosed(shell, parts.concat())
}

/// For bash and zsh one line, which works with and without quotes around the substitution.
///
/// `eval $(dbguard init bash)` loses its line ends, and may lose whatever looks like a pattern. So the code is one word
/// in `$'…'`, in which neither is to be seen.
///
/// Aliases are not looked at while it is read: an `alias psql=…` or `alias local=…` must not get into it. `\builtin`
/// cannot be an alias. In zsh the options are those of a function without a name; `emulate -c` would be shorter, but
/// functions made in it never see how the user's options have the prompt expanded (zshbuiltins, sticky).
fn enclosed(shell: Shell, code: Vec<u8>) -> Vec<u8> {
    let (start, end) = match shell {
        Shell::Bash => ("\\builtin eval ", ""),
        Shell::Zsh => ("() { \\builtin emulate -L zsh -o no_aliases; \\builtin eval ", "; }"),
        Shell::Fish => return code,
    };
    [start.as_bytes(), &one_word(&code), end.as_bytes(), b"\n"].concat()
}

/// The assignments that the file begins with.
fn assignments(shell: Shell, prelude: &Prelude) -> Vec<u8> {
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
    set("__dbguard_notes", prelude.notes.as_os_str());
    set("__dbguard_functions", OsStr::new(&prelude.functions.join(" ")));
    let vars = prelude.vars.join(" ");
    match shell {
        // As an answer names them too: the values of all, where it becomes code.
        Shell::Bash => set("__dbguard_vars", OsStr::new(&format!("${}", prelude.vars.join("$")))),
        Shell::Zsh => set("__dbguard_vars", OsStr::new(&vars)),
        // Names of ours, which make a list as they are.
        Shell::Fish => out.extend_from_slice(format!("set -g __dbguard_vars {vars}\n").as_bytes()),
    }
    out
}

/// The code as one word of bash and zsh that no word splitting and no pattern matching finds anything in.
fn one_word(code: &[u8]) -> Vec<u8> {
    let digit = |value: u8| char::from_digit(value.into(), 16).map_or(b'0', |digit| digit as u8);
    let mut out = b"$'".to_vec();
    for &byte in code {
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            0..=b' ' | b'*' | b'?' | b'[' | b']' | b'(' | b')' | b'!' | b'\\' | b'\'' | b'^' | b'~' | 0x7f => {
                out.extend_from_slice(&[b'\\', b'x', digit(byte >> 4), digit(byte & 15)]);
            }
            byte => out.push(byte),
        }
    }
    out.push(b'\'');
    out
}

/// What takes the hook out of the running shell, where it is in it. One line, for the same reason.
pub fn removal(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash | Shell::Zsh => {
            "if \\builtin typeset -f __dbguard_remove >/dev/null; then \\__dbguard_remove; fi\n"
        }
        Shell::Fish => "if functions -q __dbguard_remove; __dbguard_remove; end\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_holds_nothing_that_a_shell_would_take_apart() {
        assert_eq!(one_word(b"a b\n*?[x]'\\"), b"$'a\\x20b\\n\\x2a\\x3f\\x5bx\\x5d\\x27\\x5c'");
    }
}
