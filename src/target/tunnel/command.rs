//! The command line of the process that listens, as text to be read.

use std::path::Path;

use crate::world::processes;

/// A command, with the names under which a table may know its program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// The name of the executable, or as near to it as can be had. Not `argv[0]` where the executable is known: a
    /// process may call itself anything.
    program: String,
    /// For an interpreter, the script or module that it runs.
    script: Option<String>,
    /// The arguments after the program, or after the script. Bytes that are not UTF-8 are replaced: a name that holds
    /// them matches nothing.
    pub args: Vec<String>,
}

impl Command {
    pub(super) fn of(process: &processes::Command) -> Self {
        let mut args: Vec<String> = process.args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
        let first = if args.is_empty() { String::new() } else { args.remove(0) };
        let exe = process.exe.as_deref().map(Path::to_string_lossy);
        let program = program_name(exe.as_deref().unwrap_or(&first));
        let script = if is_interpreter(&program) { take_script(&mut args) } else { None };
        // A title written over the arguments (`ssh: /home/u/.ssh/mux [mux]`) has only this one part.
        if args.is_empty() && script.is_none() && first.contains(' ') {
            args.push(first);
        }
        Self { program, script, args }
    }

    /// Whether the program is an interpreter that runs a script.
    pub(super) fn is_scripted(&self) -> bool {
        self.script.is_some()
    }

    /// The program for people: the script where an interpreter runs one.
    pub(super) fn program(&self) -> &str {
        self.script.as_deref().unwrap_or(&self.program)
    }
}

/// The last component, without what packagers and the kernel add: ` (deleted)` after an upgrade, the dot and
/// `-wrapped` of Nix.
fn program_name(path: &str) -> String {
    let name = path.strip_suffix(" (deleted)").unwrap_or(path);
    let name = name.rsplit('/').next().unwrap_or(name);
    let wrapped = name.strip_prefix('.').and_then(|name| name.strip_suffix("-wrapped"));
    wrapped.unwrap_or(name).to_owned()
}

fn is_interpreter(program: &str) -> bool {
    let bare = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    ["python", "Python", "pypy", "node", "ruby", "perl", "bash", "sh", "dash", "zsh"].contains(&bare)
}

/// Takes an interpreter's own options and its script off the arguments: `python3 -S lib/gcloud.py compute …`,
/// `python3 -m azure.cli network …`. Options with a separate value are not known here; then no script is found or a
/// wrong one, and a program that no table knows forwards to somewhere unknown.
fn take_script(args: &mut Vec<String>) -> Option<String> {
    let module = args.iter().position(|arg| arg == "-m");
    let script = args.iter().position(|arg| !arg.starts_with('-'))?;
    let rest = args.split_off(script + 1);
    let path = args.pop()?;
    *args = rest;
    if module.is_some_and(|module| module + 1 == script) {
        return Some(path);
    }
    let name = path.rsplit('/').next().unwrap_or(&path);
    let stem = [".py", ".rb", ".pl", ".js", ".mjs", ".sh"].iter().find_map(|end| name.strip_suffix(end));
    Some(stem.unwrap_or(name).to_owned())
}

#[cfg(test)]
impl Command {
    /// A command line split at blanks, the first word being the executable.
    pub(super) fn typed(line: &str) -> Self {
        Self::words(&line.split(' ').collect::<Vec<_>>())
    }

    pub(super) fn words(words: &[&str]) -> Self {
        let args = words.iter().map(std::ffi::OsString::from).collect();
        let exe = words.first().map(std::path::PathBuf::from);
        Self::of(&processes::Command { exe, args })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_named_by_its_executable_and_a_script_by_its_file() {
        let table = [
            ("/usr/bin/ssh -N host", "ssh", "-N host"),
            ("/nix/store/x/bin/.kubectl-wrapped port-forward", "kubectl", "port-forward"),
            ("/usr/bin/python3.11 -S /usr/lib/google-cloud-sdk/lib/gcloud.py compute ssh", "gcloud", "compute ssh"),
            ("python3 -m azure.cli network bastion", "azure.cli", "network bastion"),
            ("python3 /opt/tunnel.py --port 5432", "tunnel", "--port 5432"),
            ("python3", "python3", ""),
            ("node -", "node", "-"),
        ];
        for (line, program, args) in table {
            let command = Command::typed(line);
            assert_eq!((command.program(), command.args.join(" ").as_str()), (program, args), "{line}");
        }
    }

    #[test]
    fn a_process_that_calls_itself_something_else_keeps_the_name_of_its_executable() {
        let process = processes::Command { exe: Some("/usr/bin/tunnel".into()), args: vec!["postgres".into()] };
        assert_eq!(Command::of(&process).program(), "tunnel");
        let upgraded = processes::Command { exe: Some("/usr/bin/ssh (deleted)".into()), args: vec![] };
        assert_eq!(Command::of(&upgraded).program(), "ssh");
        assert_eq!(Command::of(&processes::Command::default()).program(), "");
    }
}
