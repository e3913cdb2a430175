//! The start-up files of this user's shells, read for what they say of dbguard.
//!
//! `doctor` tells of it, and `uninstall` takes out the lines that are nothing but dbguard's.

use std::fs;
use std::path::{Path, PathBuf};

use crate::order;
use crate::shell::{self, Says, Shell};
use crate::world::{Snapshot, processes, tools};

/// A line that speaks of dbguard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    pub(super) file: PathBuf,
    /// Line from 1.
    pub(super) line: usize,
    pub(super) shell: Shell,
    pub(super) says: Says,
}

/// A start-up file is written by hand.
const LARGEST: u64 = 1 << 20;

/// Every line that speaks of dbguard, in the order of the files.
pub(super) fn lines(snapshot: &Snapshot) -> Vec<Spoken> {
    let mut found = Vec::new();
    for (shell, file) in files(snapshot) {
        let Some(text) = read(&file) else { continue };
        for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if let Some(says) = shell::says(&String::from_utf8_lossy(line)) {
                found.push(Spoken { file: file.clone(), line: number + 1, shell, says });
            }
        }
    }
    found
}

/// The file without the lines that are nothing but dbguard's. What stands inside of something becomes `:`, which is
/// nothing in every shell: an `if` whose last line was taken out would be an error at every start.
pub(super) fn without(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut before = String::new();
    for bytes in text.split_inclusive(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(bytes);
        let indent = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if shell::says(&line) != Some(Says::Init) {
            out.extend_from_slice(bytes);
        } else if indent > 0 || goes_on(&before) {
            out.extend_from_slice(bytes.get(..indent).unwrap_or_default());
            out.extend_from_slice(b":\n");
        }
        if !line.trim().is_empty() && !line.trim().starts_with('#') {
            let code = line.split_once(" #").map_or(&*line, |(code, _)| code);
            code.trim().clone_into(&mut before);
        }
    }
    out
}

/// Whether a line wants another one behind it.
fn goes_on(line: &str) -> bool {
    let open = ["then", "do", "else", "{", "(", "&&", "||", "|", "\\", ")", "in", "begin"];
    open.iter().any(|end| line.ends_with(end)) || line.starts_with("if ") || line.starts_with("else")
}

/// The text of a file that is there, and is one.
pub(super) fn read(file: &PathBuf) -> Option<Vec<u8>> {
    let meta = fs::metadata(file).ok().filter(|meta| meta.is_file() && meta.len() <= LARGEST);
    meta.and_then(|_| fs::read(file).ok())
}

/// The file that an interactive shell reads, and where its line belongs.
pub(super) fn main_files(snapshot: &Snapshot) -> Vec<(Shell, PathBuf)> {
    // A terminal of macOS starts login shells, and bash then reads no `.bashrc`.
    let bash = if cfg!(target_os = "macos") { ".bash_profile" } else { ".bashrc" };
    let mut main = files(snapshot);
    main.retain(|(_, file)| [bash, ".zshrc", "config.fish"].iter().any(|name| file.ends_with(name)));
    main
}

/// The line that sets a shell up: by the name of the program where `PATH` leads to it, else by its path.
pub(super) fn line_for(shell: Shell, snapshot: &Snapshot, program: &Path) -> Option<String> {
    let first = tools::candidates("dbguard".as_ref(), &snapshot.vars).into_iter().next();
    let on_path = first.is_some_and(|first| first.path == program);
    let path = program.to_str().filter(|path| path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+".contains(c)));
    let name = if on_path { "dbguard" } else { path? };
    Some(match shell {
        Shell::Bash | Shell::Zsh => format!("eval \"$({name} init {})\"", shell.word()),
        Shell::Fish => format!("{name} init fish | source"),
    })
}

fn files(snapshot: &Snapshot) -> Vec<(Shell, PathBuf)> {
    let (Some(home), Some(config)) = (snapshot.home(), snapshot.base("XDG_CONFIG_HOME", ".config")) else {
        return Vec::new();
    };
    let zsh = snapshot.vars.filled("ZDOTDIR").map_or_else(|| home.to_path_buf(), PathBuf::from);
    let mut files = shell::startup_files(home, &zsh, &config);
    let pieces = fs::read_dir(config.join("fish/conf.d")).into_iter().flatten().flatten();
    let mut pieces: Vec<PathBuf> = pieces.map(|entry| entry.path()).collect();
    pieces.retain(|path| path.extension().is_some_and(|ending| ending == "fish"));
    order::sort(&mut pieces);
    files.extend(pieces.into_iter().map(|path| (Shell::Fish, path)));
    files
}

/// Which shell a process is.
pub(super) fn shell_of(pid: u32) -> Option<Shell> {
    let command = processes::command(pid);
    let name = command.args.first()?.to_string_lossy().into_owned();
    by_name(&name)
}

/// `-zsh`, `/bin/bash`, `fish`.
pub(super) fn by_name(name: &str) -> Option<Shell> {
    let name = name.rsplit('/').next().unwrap_or(name).trim_start_matches('-');
    [Shell::Bash, Shell::Zsh, Shell::Fish].into_iter().find(|shell| shell.word() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "eval \"$(dbguard init bash)\"\n";

    #[test]
    fn a_line_goes_and_everything_else_stays_byte_for_byte() {
        let text = format!("a\n\n{LINE}# {LINE}b \u{fe}\r\n{}no end", LINE.replace('\n', "\r\n"));
        assert_eq!(without(text.as_bytes()), "a\n\n# eval \"$(dbguard init bash)\"\nb \u{fe}\r\nno end".as_bytes());
        assert_eq!(without(LINE.trim().as_bytes()), b"");
        assert_eq!(without(b"\xff\xfe dbguard\n"), b"\xff\xfe dbguard\n");
    }

    #[test]
    fn inside_of_something_nothing_is_left_that_is_an_error() {
        let becomes = |text: &str| String::from_utf8(without(text.as_bytes())).unwrap();
        for (open, close) in [
            ("if command -v dbguard >/dev/null; then\n", "fi\n"),
            ("if true\nthen # why\n# and how\n", "fi\n"),
            ("[ -x /bin/sh ] && \\\n", ""),
            ("[ -x /bin/sh ] &&\n", ""),
            ("f() {\n", "}\n"),
            ("case $- in\n*i*)\n", ";;\nesac\n"),
        ] {
            for indent in ["", "    ", "\t"] {
                let result = becomes(&format!("{open}{indent}{LINE}{close}"));
                let told = std::process::Command::new("/bin/sh").args(["-n", "-c", &result]).output().unwrap();
                assert!(told.status.success() && !result.contains("dbguard init"), "{result}: {told:?}");
            }
        }
    }

    #[test]
    fn a_shell_is_known_by_the_name_of_its_process() {
        assert_eq!(by_name("-zsh"), Some(Shell::Zsh));
        assert_eq!(by_name("/usr/local/bin/fish"), Some(Shell::Fish));
        assert_eq!(by_name("-/bin/bash"), Some(Shell::Bash));
        assert_eq!(by_name("sh"), None);
    }
}
