//! psql's meta-commands: what each of them does, by name.
//!
//! Commands that are not in the table are unknown: a later psql may have given them a meaning. Source: the manual of
//! psql 10 to 18 and `exec_command` in `command.c`.

use super::Risk;

/// What a meta-command does, as far as that concerns the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Reads the catalogue, or changes nothing but psql's own display.
    Reads,
    /// Names a file or a pipe for output: a pipe is a shell command.
    Output,
    /// Sends the open message; its argument may name a pipe.
    Send,
    /// Sends the open message, and stores results in variables.
    SendAndStore,
    /// Sends the open message, and its results as statements.
    SendResults,
    /// Reads commands from a file; whether relative to the file it stands in.
    Include { relative: bool },
    /// Takes the whole line: `\copy`.
    Copy,
    /// Takes the whole line and hands it to a shell: `\!`.
    Shell,
    /// Takes the whole line, and shows a definition.
    ShowLine,
    /// Goes to another database.
    Connect,
    /// Gives a variable a value.
    Set,
    /// A variable gets a value that nobody knows beforehand, or none.
    Forget,
    /// `\if`, `\elif`, `\else`, `\endif`.
    If,
    /// `\elif`, `\else`.
    Else,
    /// `\endif`.
    EndIf,
    /// Changes the working directory.
    Directory,
    /// Changes the client's encoding.
    Encoding,
    /// Forgets the open message.
    Reset,
    /// Gives a var a value, for psql itself and for what it starts: `\setenv`.
    SetVar,
    /// Does this to the server, or to what protects it.
    Does(Risk, &'static str),
}

impl Action {
    /// Whether it takes the rest of the line as it stands, backslashes and all.
    pub(super) fn takes_line(self) -> bool {
        matches!(self, Self::Copy | Self::Shell | Self::ShowLine)
    }
}

/// The action of a command, by its name without the backslash.
pub(super) fn action(name: &str) -> Action {
    match name {
        "o" | "out" | "w" | "write" => Action::Output,
        "g" | "gx" | "gdesc" | "watch" | "crosstabview" => Action::Send,
        "gset" => Action::SendAndStore,
        "gexec" => Action::SendResults,
        "i" | "include" => Action::Include { relative: false },
        "ir" | "include_relative" => Action::Include { relative: true },
        "copy" => Action::Copy,
        "!" => Action::Shell,
        "sf" | "sf+" | "sv" | "sv+" | "h" | "help" => Action::ShowLine,
        "c" | "connect" => Action::Connect,
        "set" => Action::Set,
        "unset" | "prompt" | "getenv" => Action::Forget,
        "if" => Action::If,
        "elif" | "else" => Action::Else,
        "endif" => Action::EndIf,
        "cd" => Action::Directory,
        "encoding" => Action::Encoding,
        "r" | "reset" => Action::Reset,
        "password" => Action::Does(Risk::Write, "alter-role"),
        "lo_import" => Action::Does(Risk::Write, "large-object"),
        "lo_unlink" => Action::Does(Risk::Destroy, "large-object"),
        "e" | "edit" | "ef" | "ev" => Action::Does(Risk::Unknown, "edit"),
        "setenv" => Action::SetVar,
        _ if READS.contains(&name) || describes(name) => Action::Reads,
        _ => Action::Does(Risk::Unknown, "meta-command"),
    }
}

/// `\d` and everything that begins like it shows definitions; a letter too many is an error.
fn describes(name: &str) -> bool {
    name.starts_with('d') && name.chars().all(|c| c.is_ascii_alphabetic() || c == '+')
}

const READS: &[&str] = &[
    "?",
    "C",
    "H",
    "T",
    "a",
    "bind",
    "bind_named",
    "conninfo",
    "copyright",
    "echo",
    "errverbose",
    "f",
    "html",
    "l",
    "l+",
    "list",
    "list+",
    "lo_export",
    "lo_list",
    "lo_list+",
    "lx",
    "lx+",
    "p",
    "print",
    "pset",
    "q",
    "qecho",
    "quit",
    "restrict",
    "s",
    "t",
    "timing",
    "unrestrict",
    "warn",
    "x",
    "z",
    "zS",
    "zx",
    "zSx",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn showing_reads_and_what_is_not_known_is_unknown() {
        for name in ["d", "dt+", "dS", "dconfig", "l", "z", "timing", "x", "pset", "conninfo", "q"] {
            assert_eq!(action(name), Action::Reads, "{name}");
        }
        for name in ["", "startpipeline", "d'x'", "drop table", "i'x'"] {
            assert_eq!(action(name), Action::Does(Risk::Unknown, "meta-command"), "{name}");
        }
    }
}
