//! TAB in a real shell: values that only this machine knows are completed, and none is ever run.

use std::os::unix::fs::symlink;

use crate::support::{DBGUARD, Sandbox, tool};

const CONFIG: &str = "[environment.production]\nlevel = \"production\"\nmatch = [{ host = \"*.prod.demo\" }]\n\
                      [environment.staging]\nlevel = \"staging\"\nmatch = [{ host = \"*.staging.demo\" }]\n";

const HOSTILE: &str = "/srv/$(touch owned)`touch owned`;touch owned/a b";

/// A shell, how it is started, and what is typed first.
const SHELLS: [(&str, &[&str], &str); 4] = [
    ("bash", &["--norc", "--noprofile", "-i"], "eval \"$(dbguard completions bash)\""),
    (
        "bash",
        &["--norc", "--noprofile", "-i"],
        ". /usr/share/bash-completion/bash_completion; eval \"$(dbguard completions bash)\"",
    ),
    ("zsh", &["-f", "-i"], "autoload -Uz compinit; compinit -u -D; eval \"$(dbguard completions zsh)\""),
    ("fish", &["--no-config", "-i"], "dbguard completions fish | source"),
];

fn world() -> Sandbox {
    let trusted = |path: &str| serde_json::json!({ "version": 1, "path": path, "sha256": "0" }).to_string();
    let sandbox = Sandbox::new()
        .config(CONFIG)
        .fake("psql")
        .var("PS1", "ready> ")
        .file("home/.local/state/dbguard/trust/1.json", trusted(HOSTILE))
        .file("home/.local/state/dbguard/trust/2.json", trusted("/srv/\u{1b}]0;owned\u{7}\nx"))
        .dir("home/.local/share/fish/generated_completions");
    symlink(DBGUARD, sandbox.path("bin/dbguard")).unwrap();
    sandbox
}

/// The words that follow `dbguard`, and what is printed for the last of them.
#[track_caller]
fn asked(sandbox: &Sandbox, words: &[&str]) -> (i32, String) {
    let output = sandbox.run([&["__complete"], words].concat()).output();
    assert_eq!(output.err(), "");
    (output.code, output.out())
}

#[test]
fn the_candidates_come_with_what_they_stand_for() {
    let sandbox = world();
    let all = "production\tproduction\nstaging\tstaging\nlocal\tdevelopment\n";
    assert_eq!(asked(&sandbox, &["env", "show", ""]), (0, all.to_owned()));
    let own = "production\tproduction\nstaging\tstaging\n";
    assert_eq!(asked(&sandbox, &["env", "remove", ""]), (0, own.to_owned()));
    assert_eq!(asked(&sandbox, &["trust", "--revoke", ""]), (0, format!("{HOSTILE}\tgone\n")));
    assert_eq!(asked(&sandbox, &["allow", "--revoke", ""]), (0, String::new()));
    assert_eq!(asked(&sandbox, &["env", "sh"]), (1, String::new()));
    assert!(!sandbox.path("home/.local/state/dbguard/grants").exists(), "a press of TAB makes nothing");
}

#[test]
fn a_broken_configuration_and_a_broken_log_are_no_trouble_at_a_press_of_tab() {
    let sandbox =
        world().config("[environment.production\n").file("home/.local/state/dbguard/audit.jsonl", "\u{0}{x\n");
    assert_eq!(asked(&sandbox, &["log", "show", ""]), (0, String::new()));
    let (code, names) = asked(&sandbox, &["env", "show", ""]);
    assert_eq!((code, names.contains('\u{1b}')), (0, false));
    let nowhere = world().no_var("HOME").no_var("XDG_STATE_HOME").no_var("XDG_CONFIG_HOME");
    assert_eq!(asked(&nowhere, &["trust", "--revoke", ""]), (0, String::new()));
}

#[test]
fn invocations_come_newest_first() {
    let sandbox = world().var("PGHOST", "db.prod.demo").var("PGDATABASE", "app");
    for sql in ["drop table one", "drop table two"] {
        assert_eq!(sandbox.run(["run", "--", "psql", "-c", sql]).output().code, 125);
    }
    let log = sandbox.run(["log"]).output().out();
    let ids: Vec<&str> = log.lines().map(|line| line.rsplit(' ').next().unwrap()).collect();
    let (code, out) = asked(&sandbox, &["log", "show", ""]);
    let listed: Vec<&str> = out.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!((code, listed), (0, vec![ids[1], ids[0]]));
    assert!(out.contains(" production psql db.prod.demo/app refused"), "{out}");
}

#[test]
fn tab_completes_values_in_every_shell() {
    for (shell, args, rc) in SHELLS {
        if tool(shell).is_none() {
            continue;
        }
        let sandbox = world();
        let mut pty = sandbox.tool_pty(shell, args).size(24, 160).start();
        pty.send(format!("{rc}; echo loaded''-now\r")).wait_for("loaded-now\n");
        for (typed, expected) in [
            ("env sho\t", "env show"),
            ("env show st\t", "env show staging"),
            ("env remove pro\t", "env remove production"),
            ("log --env unk\t", "log --env unknown"),
            ("log --env=stag\t", "log --env=staging"),
            ("env add x --level dev\t", "--level development"),
            ("run -- psq\t", "run -- psql"),
            ("init fi\t", "init fish"),
            ("env show --js\t", "env show --json"),
        ] {
            pty.send(format!("dbguard {typed}")).wait_for(expected).send("\x15");
        }
        // The path arrives as it is, in one word, and nothing in it is run.
        pty.send("dbguard trust --revoke /s\t").wait_for("a\\ b").send("\r");
        pty.wait_for(&format!("`{HOSTILE}` was not trusted"));
        pty.send("exit 0\r");
        pty.finish();
        assert!(!sandbox.path("work/owned").exists(), "{shell}");
    }
}

#[test]
fn a_program_that_is_gone_leaves_verbs_and_options() {
    for (shell, args, rc) in SHELLS {
        if tool(shell).is_none() {
            continue;
        }
        let sandbox = world();
        let mut pty = sandbox.tool_pty(shell, args).size(24, 160).start();
        pty.send(format!("{rc}; echo loaded''-now\r")).wait_for("loaded-now\n");
        std::fs::remove_file(sandbox.path("bin/dbguard")).unwrap();
        pty.send("dbguard env show st\t").send("\x15").send("dbguard env sho\t").wait_for("env show ");
        pty.send("\x15exit 0\r");
        let screen = pty.finish().screen;
        assert!(!screen.contains("not found") && !screen.contains("Unknown command"), "{shell}: {screen}");
    }
}
