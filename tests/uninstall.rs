//! `dbguard uninstall` and `dbguard init --remove`: what was made goes, what a person wrote stays.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::support::{DBGUARD, Sandbox};

/// Every file, link and directory below this one.
fn everything(dir: &Path, found: &mut BTreeSet<String>, root: &Path) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        found.insert(path.strip_prefix(root).unwrap().display().to_string());
        if entry.file_type().unwrap().is_dir() {
            everything(&path, found, root);
        }
    }
}

fn home(sandbox: &Sandbox) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    everything(&sandbox.path("home"), &mut found, &sandbox.path("home"));
    found
}

const RC: &str = "export A=1\neval \"$(dbguard init bash)\"\nexport B=2\n";

/// A home in which dbguard was used: the hook asked, a tool ran, things were installed.
fn used() -> Sandbox {
    let sandbox = Sandbox::new().fake("psql").file("home/.bashrc", RC).dir("mine").dir("home/.config/fish/conf.d");
    symlink(DBGUARD, sandbox.path("mine/dbguard")).unwrap();
    let path = format!("{}:{}:/usr/bin:/bin", sandbox.path("mine").display(), sandbox.path("bin").display());
    let sandbox = sandbox.var("PATH", path).file("home/.config/fish/conf.d/db.fish", "dbguard init fish | source\n");
    for args in [&["init", "bash"][..], &["prompt", "--answer", "path"], &["psqlrc", "install"]] {
        assert_eq!(sandbox.run(args).output().code, 0, "{args:?}");
    }
    let sandbox = sandbox.var("PGHOST", "somewhere.example").var("PGCONNECT_TIMEOUT", "1");
    assert_eq!(sandbox.run(["prompt", "--answer"]).output().code, 0);
    sandbox.no_var("PGHOST")
}

#[test]
fn uninstalling_leaves_nothing_but_what_a_person_wrote() {
    let sandbox = used();
    let made = home(&sandbox);
    for expected in
        [".local/share/dbguard/shims/psql", ".local/state/dbguard/stamps", ".local/state/dbguard/tints", ".psqlrc"]
    {
        assert!(made.contains(expected), "{expected} is not in {made:?}");
    }
    let output = sandbox.run(["uninstall", "--yes"]).output();
    assert_eq!((output.code, output.err().as_str()), (0, ""));
    let left: Vec<String> =
        home(&sandbox).into_iter().filter(|path| path.contains("db") || path.contains("rc")).collect();
    assert_eq!(
        left,
        [".bashrc", ".bashrc.with-dbguard", ".config/fish/conf.d/db.fish", ".config/fish/conf.d/db.fish.with-dbguard"]
    );
    assert_eq!(sandbox.read("home/.bashrc"), "export A=1\nexport B=2\n");
    assert_eq!(sandbox.read("home/.bashrc.with-dbguard"), RC);
    assert_eq!(sandbox.read("home/.config/fish/conf.d/db.fish"), "");
    sandbox.run(["uninstall", "--yes"]).stdout("there is nothing to remove\n").status(0);
}

#[test]
fn everything_is_listed_before_and_what_stays_too() {
    let sandbox = used().config("").file("home/.local/state/dbguard/audit.jsonl", "");
    let sandbox = sandbox.file("home/.zshrc", "command -v dbguard && eval \"$(dbguard init zsh)\"\n");
    let sandbox = sandbox.file("home/.local/share/dbguard/shims/notes.txt", "mine");
    let output = sandbox.run(["uninstall", "--yes"]).output();
    let shims = std::fs::read_dir(sandbox.path("home/.local/share/dbguard/shims")).unwrap().count();
    assert_eq!((output.code, shims), (0, 1));
    let expected = "  ~/.local/state/dbguard/stamps
  ~/.local/state/dbguard/tints
  ~/.local/state/dbguard/hooks
  line 2 of ~/.bashrc; as it was: .bashrc.with-dbguard
  line 1 of ~/.config/fish/conf.d/db.fish; as it was: db.fish.with-dbguard
  the block in ~/.psqlrc
this stays:
  ~/.config/dbguard: your configuration; it goes with --purge
  ~/.local/state/dbguard: the audit log, and what you trust; it goes with --purge
  ~/.zshrc: speaks of dbguard in line 1
  ~/.local/share/dbguard/shims/notes.txt: is no link of dbguard's
removed; what is left for you:
";
    assert!(output.out().starts_with("this goes:\n") && output.out().contains(expected), "{}", output.out());
    assert!(sandbox.path("home/.local/state/dbguard/audit.jsonl").exists());
}

#[test]
fn purge_takes_the_configuration_and_the_log_as_well() {
    let sandbox = used().config("").file("home/.local/state/dbguard/audit.jsonl", "");
    assert_eq!(sandbox.run(["uninstall", "--yes", "--purge"]).output().code, 0);
    assert!(!sandbox.path("home/.config/dbguard").exists() && !sandbox.path("home/.local/state/dbguard").exists());
}

#[test]
fn it_is_a_persons_to_do_and_takes_a_yes() {
    let sandbox = used();
    let before = home(&sandbox);
    let output = sandbox.run(["uninstall"]).output();
    let said = "dbguard: stopped: there is no terminal to ask on; nothing was removed\n  without a terminal: dbguard uninstall --yes\n";
    assert_eq!((output.code, output.err().as_str()), (125, said));
    let mut pty = sandbox.pty(["uninstall"]).start();
    pty.wait_for("Type yes to remove this:").send("y\n").wait_for("stopped: nothing was removed");
    assert_eq!(pty.finish().code, 125);
    drop(pty);
    assert_eq!(home(&sandbox), before);
    let sandbox = sandbox.var("CLAUDECODE", "1");
    assert_eq!(sandbox.run(["uninstall", "--yes"]).output().code, 125);
    assert_eq!(home(&sandbox), before);
    let sandbox = sandbox.no_var("CLAUDECODE");
    let mut pty = sandbox.pty(["uninstall"]).start();
    pty.wait_for("Type yes to remove this:").send("yes\n").wait_for("removed");
    assert_eq!(pty.finish().code, 0);
    assert!(!sandbox.path("home/.local/share/dbguard").exists());
}

#[test]
fn an_active_hook_goes_first_since_it_would_make_everything_again() {
    let sandbox = used();
    for shell in ["bash", "zsh", "fish"] {
        let Some(path) = crate::support::tool(shell) else { continue };
        let export =
            if shell == "fish" { "set -gx DBGUARD_SHOWN \"$fish_pid x\"" } else { "export DBGUARD_SHOWN=\"$$ x\"" };
        let script = format!("{export}; dbguard uninstall >/dev/null; true");
        let said = sandbox.tool(path.to_str().unwrap(), ["-c", &script]).output().err();
        let remove = match shell {
            "fish" => "dbguard init fish --remove | source".to_owned(),
            _ => format!("eval \"$(dbguard init {shell} --remove)\""),
        };
        let expected = "stopped: the hook of this shell is active, and would make again what is removed";
        assert_eq!(said, format!("dbguard: {expected}\n  first type: {remove}\n"));
    }
}

#[test]
fn a_linked_configuration_directory_loses_the_link_alone() {
    let sandbox = used().file("home/dotfiles/dbguard/config.toml", "").dir("home/.config");
    symlink(sandbox.path("home/dotfiles/dbguard"), sandbox.path("home/.config/dbguard")).unwrap();
    assert_eq!(sandbox.run(["uninstall", "--yes", "--purge"]).output().code, 0);
    assert!(!sandbox.path("home/.config/dbguard").is_symlink());
    assert!(sandbox.path("home/dotfiles/dbguard/config.toml").exists());
}

#[test]
fn what_removes_the_hook_is_one_line_that_does_nothing_where_there_is_none() {
    let sandbox = Sandbox::new();
    for (shell, quoted) in [
        ("bash", "eval \"$(D init bash --remove)\""),
        ("zsh", "eval $(D init zsh --remove)"),
        ("fish", "D init fish --remove | source"),
    ] {
        let Some(path) = crate::support::tool(shell) else { continue };
        let script = format!("{}; echo still here", quoted.replace('D', DBGUARD));
        sandbox.tool(path.to_str().unwrap(), ["-c", &script]).stdout("still here\n").status(0);
    }
}

#[test]
fn in_a_shell_with_the_hook_nothing_of_it_is_left() {
    let sandbox = used();
    for (shell, init, remove, list) in [
        (
            "bash",
            "eval \"$(dbguard init bash)\"",
            "eval \"$(dbguard init bash --remove)\"",
            "set | grep -i '^_*dbguard'",
        ),
        ("zsh", "eval \"$(dbguard init zsh)\"", "eval $(dbguard init zsh --remove)", "set | grep -i '^_*dbguard'"),
        (
            "fish",
            "dbguard init fish | source",
            "dbguard init fish --remove | source",
            "set | string match -ri '^_*dbguard'",
        ),
    ] {
        let Some(path) = crate::support::tool(shell) else { continue };
        let quiet = match shell {
            "bash" => vec!["--norc", "--noprofile", "-i"],
            "zsh" => vec!["-f", "-i"],
            _ => vec!["--no-config", "-i"],
        };
        let mut pty = sandbox.tool_pty(path.to_str().unwrap(), quiet).start();
        pty.send(format!("{init}\n")).send("echo \"made $DBGUARD_SHOWN.\" >$HOME/made\n").send(format!("{remove}\n"));
        let path = "echo $PATH | grep -c dbguard/shims >>$HOME/left";
        pty.send(format!("echo \"left $DBGUARD_SHOWN.\" >$HOME/left; {list} >>$HOME/left; {path}\n")).send("exit\n");
        pty.finish();
        assert!(sandbox.read("home/made").contains(" local "), "{shell}");
        assert_eq!(sandbox.read("home/left"), "left .\n0\n", "{shell}");
    }
}
