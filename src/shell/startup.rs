//! The start-up files of the shells, and the line in them that is dbguard's.
//!
//! Only a line that is nothing but that line is recognised: it can be taken out without touching what else somebody
//! wrote. It is handed paths and lines, and reads nothing itself.

use std::path::{Path, PathBuf};

use super::Shell;

/// What a line of a start-up file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// It is the line that sets dbguard up, and nothing else.
    Init,
    /// It speaks of dbguard, among other things.
    Mentions,
}

/// Every file that a shell may read at its start, below these directories.
pub fn files(home: &Path, zsh: &Path, config: &Path) -> Vec<(Shell, PathBuf)> {
    let bash = [".bashrc", ".bash_profile", ".bash_login", ".profile"].map(|name| (Shell::Bash, home.join(name)));
    let zsh = [".zshrc", ".zshenv", ".zprofile", ".zlogin"].map(|name| (Shell::Zsh, zsh.join(name)));
    let fish = [(Shell::Fish, config.join("fish/config.fish"))];
    bash.into_iter().chain(zsh).chain(fish).collect()
}

/// Whether a login shell of macOS puts the system's directories before the shims again: `/etc/zprofile` and
/// `/etc/profile` run `path_helper(8)` after this file was read.
pub fn is_early(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == ".zshenv")
}

/// What this line says of dbguard; nothing where it does not, or only in a comment.
pub fn says(line: &str) -> Option<Says> {
    let line = line.trim();
    if line.starts_with('#') || !line.contains("dbguard") {
        return None;
    }
    let command = in_eval(line).or_else(|| in_source(line)).or_else(|| in_pipe(line));
    Some(if command.is_some_and(is_init) { Says::Init } else { Says::Mentions })
}

/// `eval "$(…)"`, also without quotes.
fn in_eval(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("eval ")?.trim_start();
    let rest = rest.strip_prefix("-- ").unwrap_or(rest).trim();
    let bare = rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(rest);
    bare.strip_prefix("$(")?.strip_suffix(')')
}

/// `source <(…)`.
fn in_source(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("source ").or_else(|| line.strip_prefix(". "))?.trim();
    rest.strip_prefix("<(")?.strip_suffix(')')
}

/// `… | source`, for fish.
fn in_pipe(line: &str) -> Option<&str> {
    let (command, source) = line.split_once('|')?;
    (source.trim() == "source").then_some(command)
}

/// `dbguard init zsh`, by its name or its path.
fn is_init(command: &str) -> bool {
    let command = command.trim();
    let command = command.strip_prefix("command ").unwrap_or(command).trim_start();
    let Some((program, words)) = command.split_once(" init ") else { return false };
    let program = program.trim().trim_matches(['"', '\'']);
    let ours = program == "dbguard" || program.ends_with("/dbguard");
    // What else a program's path could hold would be another command.
    let plain = !program.contains(['"', '\'', ';', '&', '|', '`', '(', ')', '<', '>']);
    let mut words = words.split_whitespace();
    let shell = words.next().is_some_and(|word| ["bash", "zsh", "fish"].contains(&word));
    ours && plain && shell && words.all(|word| word == "--functions")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_recognised_in_its_usual_spellings() {
        for line in [
            r#"eval "$(dbguard init bash)""#,
            "  eval $(dbguard init zsh)  ",
            r#"eval -- "$(/usr/local/bin/dbguard init zsh --functions)""#,
            r#"eval "$("/opt/my tools/dbguard" init bash)""#,
            r#"eval "$(command dbguard init bash)""#,
            "source <(dbguard init bash)",
            "dbguard init fish | source",
            "$HOME/bin/dbguard init fish --functions | source",
        ] {
            assert_eq!(says(line), Some(Says::Init), "{line}");
        }
    }

    #[test]
    fn a_line_that_does_more_is_only_mentioned() {
        for line in [
            r#"command -v dbguard >/dev/null && eval "$(dbguard init bash)""#,
            r#"eval "$(dbguard init bash)"; export X=1"#,
            r#"eval "$(dbguard init bash)" # guard"#,
            r#"eval "$(rm -rf ~; dbguard init bash)""#,
            r#"eval "$(dbguard init bash; rm -rf ~)""#,
            r#"eval "$(dbguard init bash --remove)""#,
            r#"eval "$(not-dbguard init bash)""#,
            "alias psql='dbguard run -- psql'",
            "dbguard init fish | source; echo",
            "export PATH=~/src/dbguard/bin:$PATH",
        ] {
            assert_eq!(says(line), Some(Says::Mentions), "{line}");
        }
        assert_eq!(says("# eval \"$(dbguard init bash)\""), None);
        assert_eq!(says("eval \"$(starship init bash)\""), None);
    }
}
