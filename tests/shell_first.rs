//! The first prompt of a shell: the code comes from a file, and the answer that `init` has left is believed only while
//! it is true.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::symlink;
use std::time::{Duration, UNIX_EPOCH};

use crate::shell_bash::CONFIG;
use crate::support::{DBGUARD, Sandbox, tool};

const PRODUCTION: &str = "▲ PRODUCTION db.prod.demo/app ready> ";
const STAGING: &str = "■ STAGING db.staging.demo/app ready> ";

/// How each shell says it.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    pub(crate) shell: &'static str,
    /// Its start-up file, below the sandbox, what it begins with, and how it is started.
    file: &'static str,
    prompt: &'static str,
    words: &'static [&'static str],
    /// `dbguard init`, evaluated.
    pub(crate) init: &'static str,
    program: &'static str,
    pid: &'static str,
    exports: [&'static str; 2],
    hides: [&'static str; 2],
    unsets: &'static str,
    prepends: &'static str,
}

const DIALECTS: [Dialect; 3] = [
    Dialect {
        shell: "bash",
        file: "home/.bashrc",
        prompt: "HISTFILE=\nPS1='ready> '",
        words: &["bash", "-i"],
        init: "eval \"$(dbguard init bash)\"",
        program: "__dbguard_program=",
        pid: "$$",
        exports: ["export ", "="],
        hides: ["export -n ", ""],
        unsets: "unset ",
        prepends: "PATH=/nowhere:$PATH",
    },
    Dialect {
        shell: "zsh",
        file: "home/.zshrc",
        prompt: "unsetopt prompt_sp prompt_cr\nPROMPT='ready> '",
        words: &["zsh", "-d", "-i"],
        init: "eval \"$(dbguard init zsh)\"",
        program: "__dbguard_program=",
        pid: "$$",
        exports: ["export ", "="],
        hides: ["typeset +x ", ""],
        unsets: "unset ",
        prepends: "PATH=/nowhere:$PATH",
    },
    Dialect {
        shell: "fish",
        file: "home/.config/fish/config.fish",
        prompt: "set -g fish_greeting\nfunction fish_prompt; echo -n 'ready> '; end",
        words: &["fish", "-i"],
        init: "dbguard init fish | source",
        program: "set -g __dbguard_program ",
        pid: "$fish_pid",
        exports: ["set -gx ", " "],
        hides: ["set -gu ", " $"],
        unsets: "set -e ",
        prepends: "set -gx PATH /nowhere $PATH",
    },
];

impl Dialect {
    fn export(&self, name: &str, value: &str) -> String {
        let [before, between] = self.exports;
        format!("{before}{name}{between}{value}")
    }

    /// The var keeps its value, and psql does not see it any more.
    fn hide(&self, name: &str) -> String {
        match self.hides {
            [before, ""] => format!("{before}{name}"),
            [before, between] => format!("{before}{name}{between}{name}"),
        }
    }

    /// Starts the shell with these lines; answers with its first prompt, and how often that asked the program.
    pub(crate) fn first(&self, sandbox: &Sandbox, init: &str, after: &str) -> (String, usize) {
        let recorder = sandbox.path("record/recorder");
        let lines = format!("{}\n{init}\n{}{}\n{after}\n", self.prompt, self.program, recorder.display());
        let file = sandbox.path(self.file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, lines).unwrap();
        let mut pty = sandbox.tool_pty(self.words[0], &self.words[1..]).size(24, 200).start();
        pty.wait_for("ready> ");
        let asked = fs::read_to_string(sandbox.path("record/asked")).unwrap_or_default().lines().count();
        pty.send("exit\n");
        let ended = pty.finish();
        let shown = ended.screen.lines().find(|line| line.contains("ready> ")).unwrap_or_default();
        (shown.split_inclusive("ready> ").next().unwrap_or_default().to_owned(), asked)
    }
}

/// A world in which psql would reach production, and the notes are where this test looks.
pub(crate) fn world() -> Sandbox {
    let sandbox = Sandbox::new().config(CONFIG).fake("psql").var("PGHOST", "db.prod.demo").var("PGDATABASE", "app");
    // Otherwise the first fish of a home directory goes through all manual pages in the background.
    let sandbox = sandbox.dir("home/.local/share/fish/generated_completions");
    symlink(DBGUARD, sandbox.path("bin/dbguard")).unwrap();
    let asked = sandbox.path("record/asked");
    let recorder = format!("#!/bin/sh\necho \"$*\" >>{}\nexec {DBGUARD} \"$@\"\n", asked.display());
    fs::write(sandbox.path("record/recorder"), recorder).unwrap();
    fs::set_permissions(sandbox.path("record/recorder"), fs::Permissions::from_mode(0o755)).unwrap();
    // What was made just now is asked about once more, since it may change again within the same tick of the clock.
    for path in ["work", "home/.config/dbguard/config.toml"] {
        let long_ago = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        File::open(sandbox.path(path)).unwrap().set_modified(long_ago).unwrap();
    }
    sandbox
}

/// Those of them that are here.
pub(crate) fn dialects() -> impl Iterator<Item = Dialect> {
    DIALECTS.into_iter().filter(|dialect| tool(dialect.shell).is_some())
}

#[test]
fn the_first_prompt_asks_nobody() {
    for dialect in dialects() {
        let sandbox = world();
        assert_eq!(dialect.first(&sandbox, dialect.init, ""), (PRODUCTION.to_owned(), 0), "{}", dialect.shell);
        let notes = fs::read_dir(sandbox.path("home/.local/state/dbguard/tints")).unwrap();
        let names: Vec<_> = notes.map(|entry| entry.unwrap().path().extension().unwrap().to_owned()).collect();
        assert!(names.iter().any(|ending| ending == "first"), "{names:?}");
        // What is set, but to nothing, is as good as unset to psql.
        let sandbox = sandbox.var("PGPORT", "").var("DATABASE_URL", "postgres://db.prod.demo/app");
        assert_eq!(dialect.first(&sandbox, dialect.init, ""), (PRODUCTION.to_owned(), 0), "{}", dialect.shell);
    }
}

#[test]
fn what_changes_behind_the_line_is_asked_about_before_the_first_prompt() {
    for dialect in dialects() {
        let changes = [
            (dialect.export("PGHOST", "db.staging.demo"), STAGING),
            (dialect.export("PGPORT", "5432"), PRODUCTION),
            (dialect.hide("PGHOST"), "● LOCAL [local]/app ready> "),
            (dialect.prepends.to_owned(), PRODUCTION),
            ("cd /".to_owned(), PRODUCTION),
            (
                "sed -i s/prod.demo/away/ \"$HOME/.config/dbguard/config.toml\"".to_owned(),
                "▲ UNKNOWN db.prod.demo/app ready> ",
            ),
            ("echo PGHOST=db.staging.demo >.env".to_owned(), PRODUCTION),
            ("rm -r \"$HOME/.local/state/dbguard/stamps\"".to_owned(), PRODUCTION),
        ];
        for (change, expected) in changes {
            let (shown, asked) = dialect.first(&world(), dialect.init, &change);
            assert_eq!((shown.as_str(), asked), (expected, 1), "{}: {change}", dialect.shell);
        }
    }
}

#[test]
fn a_value_that_changes_together_with_the_directory_and_then_back_is_seen_each_time() {
    for dialect in dialects() {
        let sandbox = world().file(dialect.file, format!("{}\n{}\n", dialect.prompt, dialect.init));
        let mut pty = sandbox.tool_pty(dialect.words[0], &dialect.words[1..]).size(24, 200).start();
        pty.wait_for("PRODUCTION");
        pty.wait_for("ready> ");
        // Once a prompt has passed at which nothing had changed, the hook compares in one.
        for line in ["true", "true", "cd /"] {
            pty.send(format!("{line}\n"));
            pty.wait_for("ready> ");
        }
        pty.send(format!("cd \"$HOME\"; {}\n", dialect.export("PGHOST", "db.staging.demo")));
        pty.wait_for("STAGING");
        pty.wait_for("ready> ");
        pty.send(format!("{}\n", dialect.export("PGHOST", "db.prod.demo")));
        pty.wait_for("PRODUCTION");
        pty.wait_for("ready> ");
        pty.send("exit\n");
        pty.finish();
    }
}

#[test]
fn a_value_that_moves_to_another_name_is_another_one() {
    for dialect in dialects() {
        let service = "[db.staging.demo]\nhost=db.prod.demo\n";
        let sandbox = world().var("PGHOST", "db.staging.demo").file("home/services", service);
        let file = sandbox.path("home/services").into_os_string();
        let sandbox = sandbox.var("PGSERVICEFILE", file);
        let moves = format!("{}; {}PGHOST", dialect.export("PGSERVICE", "$PGHOST"), dialect.unsets);
        assert_eq!(dialect.first(&sandbox, dialect.init, &moves), (PRODUCTION.to_owned(), 1), "{}", dialect.shell);
    }
}

#[test]
fn a_var_that_a_file_names_and_that_is_hidden_from_psql_is_asked_about() {
    for dialect in dialects() {
        let sandbox = world().no_var("PGHOST").var("MY_HOST", "db.prod.demo");
        let sandbox = sandbox.file("work/.env", "DATABASE_URL=postgres://${MY_HOST}/app\n");
        let long_ago = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for path in ["work/.env", "work"] {
            File::open(sandbox.path(path)).unwrap().set_modified(long_ago).unwrap();
        }
        let (shown, asked) = dialect.first(&sandbox, dialect.init, "");
        assert_eq!(
            (shown.starts_with("▲ PRODUCTION db.prod.demo/app"), asked),
            (true, 0),
            "{}: {shown}",
            dialect.shell
        );
        let (shown, asked) = dialect.first(&sandbox, dialect.init, &dialect.hide("MY_HOST"));
        assert_eq!((shown.starts_with("▲ UNKNOWN"), asked), (true, 1), "{}: {shown}", dialect.shell);
    }
}

/// What is watched is named in the answer, so it must be taken for a path and for nothing else.
#[test]
fn the_name_of_a_directory_is_never_code() {
    for dialect in dialects() {
        for mark in ["\x1f", "\x01", "\x1b", "\n"] {
            let name = format!("foo{mark}$a[$(touch\tPWNED)]{mark}`touch PWNED`{mark}$HOME");
            let inside = format!("work/{name}");
            let env = format!("{inside}/.env");
            let sandbox = world().dir(&inside).file(&env, "DATABASE_URL=postgres://db.prod.demo/app\n");
            let (shown, _) = dialect.first(&sandbox, dialect.init, "cd foo*");
            assert_eq!(shown, PRODUCTION, "{} {name:?}", dialect.shell);
            let here = fs::read_dir(sandbox.path(&inside)).unwrap().count();
            let above = fs::read_dir(sandbox.path("work")).unwrap().count();
            assert_eq!((here, above), (1, 1), "{} {name:?}", dialect.shell);
        }
    }
}

#[cfg(target_os = "linux")]
/// Opening a project's file never ends, as on a file system that is gone.
const HANGS: &str = "
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
int open64(const char *path, int flags, int mode) {
    while (strstr(path, \".dbguard.toml\")) pause();
    return syscall(SYS_openat, -100, path, flags, mode);
}";

/// The library that makes it so.
#[cfg(target_os = "linux")]
fn hanging(sandbox: &Sandbox) -> String {
    let [source, library] = ["home/hangs.c", "home/hangs.so"].map(|file| sandbox.path(file));
    fs::write(&source, HANGS).unwrap();
    let compiled = std::process::Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
    assert!(compiled.unwrap().success());
    library.into_os_string().into_string().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn what_hangs_keeps_no_start_up_file_from_its_end() {
    for dialect in dialects() {
        let sandbox = world();
        let preload = dialect.export("LD_PRELOAD", &hanging(&sandbox));
        let init = format!("{preload}\n{}\n{}LD_PRELOAD", dialect.init, dialect.unsets);
        let (shown, asked) = dialect.first(&sandbox, &init, "");
        // The hook is there, and nothing was left to it.
        assert_eq!((shown.as_str(), asked), (PRODUCTION, 1), "{}", dialect.shell);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_hangs_while_a_prompt_waits_for_its_answer_is_said_in_the_prompt() {
    for dialect in dialects() {
        let sandbox = world();
        let changes = [("PGHOST", "db.staging.demo"), ("LD_PRELOAD", &hanging(&sandbox))];
        let changes = changes.map(|(name, value)| dialect.export(name, value)).join("\n");
        let (shown, _) = dialect.first(&sandbox, dialect.init, &changes);
        assert_eq!(shown, "▲ UNKNOWN dbguard does not answer ready> ", "{}", dialect.shell);
    }
}

#[test]
fn a_service_file_that_is_a_pipe_hangs_nothing() {
    for dialect in dialects() {
        let sandbox = world().no_var("PGHOST").var("PGSERVICE", "x");
        let fifo = sandbox.path("home/services");
        let sandbox = sandbox.var("PGSERVICEFILE", fifo.clone().into_os_string());
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
        let (shown, _) = dialect.first(&sandbox, dialect.init, "");
        assert!(shown.contains("▲ UNKNOWN"), "{}: {shown}", dialect.shell);
    }
}

#[test]
fn what_was_left_is_emptied_once_it_is_read() {
    for dialect in dialects() {
        let sandbox = world();
        assert_eq!(dialect.first(&sandbox, dialect.init, ""), (PRODUCTION.to_owned(), 0), "{}", dialect.shell);
        for entry in fs::read_dir(sandbox.path("home/.local/state/dbguard/tints")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "first") {
                assert_eq!(fs::read_to_string(&path).unwrap(), "", "{}", dialect.shell);
            }
        }
    }
}

#[test]
fn where_somebody_else_may_write_nothing_is_left() {
    for dialect in dialects() {
        let sandbox = world();
        let state = sandbox.path("home/.local/state");
        fs::create_dir_all(&state).unwrap();
        fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(dialect.first(&sandbox, dialect.init, ""), (PRODUCTION.to_owned(), 1), "{}", dialect.shell);
    }
}

#[test]
fn what_is_no_whole_answer_of_this_shell_is_not_taken_for_one() {
    for dialect in dialects() {
        let left = format!("\"$HOME/.local/state/dbguard/tints/{}.first\"", dialect.pid);
        let spoilt = [
            format!("rm {left}"),
            format!("chmod 0 {left}; : >/dev/null"),
            format!("echo >{left}"),
            format!("head -n 4 {left} >x; cat x >{left}"),
            format!("tail -n +2 {left} >x; cat x >{left}"),
            format!("sed -i s/db.prod.demo/db.test.demo/ {left}"),
            format!("head -c 5000000 /dev/zero >{left}"),
            format!("rm {left}; mkdir {left}"),
            format!("rm {left}; mkfifo {left}"),
        ];
        for spoil in spoilt {
            // Root reads what nobody may.
            let once = usize::from(!spoil.starts_with("chmod") || !nix::unistd::geteuid().is_root());
            let (shown, asked) = dialect.first(&world(), dialect.init, &spoil);
            assert_eq!((shown.as_str(), asked), (PRODUCTION, once), "{}: {spoil}", dialect.shell);
        }
    }
}

#[test]
fn a_line_that_was_kept_works_without_its_file_and_asks() {
    for dialect in dialects() {
        let sandbox = world();
        let kept = sandbox.path("record/kept");
        sandbox.tool("sh", ["-c", &format!("dbguard init {} >{}", dialect.shell, kept.display())]).status(0);
        let source = format!(". {}", kept.display());
        assert_eq!(dialect.first(&sandbox, &source, ""), (PRODUCTION.to_owned(), 1), "{}", dialect.shell);
        fs::remove_dir_all(sandbox.path("home/.local/state/dbguard/hooks")).unwrap();
        // Now the program prints the code itself, and so leaves an answer as well.
        assert_eq!(dialect.first(&sandbox, &source, ""), (PRODUCTION.to_owned(), 1), "{}", dialect.shell);
        assert!(!sandbox.path("home/.local/state/dbguard/hooks").exists(), "nobody asked for it");
    }
}

#[test]
fn a_password_is_left_nowhere() {
    for dialect in dialects() {
        for (name, value) in [
            ("DATABASE_URL", "postgres://app:hunter2@db.prod.demo/app"),
            ("DB_URL", "postgres://db.prod.demo/app?password=hunter2"),
            ("PG_CONNECTION_STRING", "host=db.prod.demo dbname=app password=hunter2"),
            ("POSTGRES_URL", "postgres://hunter2@db.prod.demo/app"),
        ] {
            let sandbox = world().var(name, value);
            assert_eq!(dialect.first(&sandbox, dialect.init, ""), (PRODUCTION.to_owned(), 1), "{}", dialect.shell);
            for entry in fs::read_dir(sandbox.path("home/.local/state/dbguard/tints")).unwrap() {
                let text = fs::read_to_string(entry.unwrap().path()).unwrap();
                assert!(!text.contains("hunter2"), "{name}: {text}");
            }
        }
    }
}

#[test]
fn where_no_prompt_follows_nothing_is_left() {
    for dialect in dialects() {
        let sandbox = world();
        sandbox.tool(dialect.shell, ["-c", dialect.init]).status(0);
        assert!(!sandbox.path("home/.local/state/dbguard/tints").exists(), "{}", dialect.shell);
    }
}
