//! The ways to start psql from zsh: which of them lead through the guard, and that completion is never asked anything.

use crate::shell_zsh::{CONFIG, INIT, PLAIN, PRODUCTION, SHOWN, prompts, raw, typed, world, zsh};
use crate::support::{DBGUARD, Sandbox, clusters, tool};

/// Ways on which the guard stands: whatever looks for psql on `PATH`.
const GUARDED: [&str; 23] = [
    "psql -c 'drop table t'",
    "\\psql -c 'drop table t'",
    "'psql' -c 'drop table t'",
    "time psql -c 'drop table t'",
    "X=1 psql -c 'drop table t'",
    "( psql -c 'drop table t' )",
    "psql -c 'drop table t' & wait $!",
    "print 'drop table t' | psql",
    "print $(psql -c 'drop table t')",
    "cat =(psql -c 'drop table t')",
    "command psql -c 'drop table t'",
    "noglob psql -c 'drop table t'",
    "=psql -c 'drop table t'",
    "env psql -c 'drop table t'",
    "print -r -- -c \"'drop table t'\" | xargs psql",
    "nohup psql -c 'drop table t'",
    "timeout 5 psql -c 'drop table t'",
    "setsid -w psql -c 'drop table t'",
    "find . -maxdepth 0 -exec psql -c 'drop table t' ';'",
    "sh -c \"psql -c 'drop table t'\"",
    "./script",
    "exec psql -c 'drop table t'",
    "autoload -Uz zargs; zargs -- 'drop table t' -- psql -c",
];

fn ways() -> Sandbox {
    let sandbox = world(&format!("{PLAIN}{INIT}")).var("PGHOST", "db1.prod.demo").var("PGDATABASE", "app");
    sandbox.file("work/script", "#!/bin/sh\npsql -c 'drop table t'\n").mode("work/script", 0o755)
}

#[test]
fn every_way_that_looks_on_path_leads_through_the_guard() {
    if tool("zsh").is_none() {
        return;
    }
    for way in GUARDED {
        let sandbox = ways();
        let output = sandbox.tool("zsh", ["-f", "-c", &format!("{INIT}{way}")]).output();
        assert!(sandbox.calls("psql").is_empty(), "{way} went around: {output:?}");
        let file = std::fs::read_to_string(sandbox.path("work/nohup.out")).unwrap_or_default();
        let said = format!("{}{}{file}", output.out(), output.err());
        assert!(said.contains("db1.prod.demo"), "{way}: {output:?}");
    }
}

#[test]
fn an_absolute_path_goes_around() {
    if tool("zsh").is_none() {
        return;
    }
    let sandbox = ways();
    sandbox.tool("zsh", ["-f", "-c", &format!("{INIT}$PWD/../bin/psql -c 'drop table t'")]).status(0);
    assert_eq!(sandbox.calls("psql").len(), 1);
}

#[test]
fn functions_stand_alone_so_that_a_copy_of_them_guards() {
    let functions = INIT.replace("init zsh", "init zsh --functions");
    let sandbox =
        ways().file("home/.zshrc", format!("{PLAIN}alias psql='psql -X'\npg_dump() {{ print mine }}\n{functions}"));
    let lines = [
        "functions psql >../record/copy; functions pg_dump >../record/mine",
        "__dbguard_remove",
        "print -r -- $+functions[psql] $+functions[pg_dump] >>../record/mine",
    ];
    let Some(_) = typed(&sandbox, &lines) else { return };
    let copy = sandbox.read("record/copy");
    assert!(!copy.contains("__dbguard") && copy.contains("run -- psql \"$@\""), "{copy}");
    assert_eq!(sandbox.read("record/mine"), "pg_dump () {\n\tprint mine\n}\n0 1\n");
    let output = sandbox.tool("zsh", ["-f", "-c", &format!("{copy}\npsql -c 'drop table t'")]).output();
    assert_eq!((output.code, sandbox.calls("psql").len()), (125, 0), "{output:?}");
}

#[test]
fn tab_after_psql_completes_in_production_without_a_question_or_another_title() {
    if tool("zsh").is_none() || tool("psql").is_none() {
        return;
    }
    // Databases are of all tests: names that begin alike would be completed no further.
    let name = "zsh_hook_completes";
    clusters().production().scratch(name);
    for init in [INIT.to_owned(), INIT.replace("init zsh", "init zsh --functions")] {
        let rc = format!("{PLAIN}autoload -Uz compinit; compinit -u -D\n{init}");
        let sandbox = Sandbox::new().services().config(CONFIG).var("PGSERVICE", "production").file("home/.zshrc", rc);
        std::os::unix::fs::symlink(DBGUARD, sandbox.path("bin/dbguard")).unwrap();
        let mut pty = zsh(&sandbox).unwrap();
        pty.wait_for("ready> ").send("psql -d zsh_hook_com\t").wait_for(name).send("\x15");
        pty.send("psql -U postg\t").wait_for("postgres").send("\x15exit\n");
        let ended = pty.finish();
        assert!(!ended.screen.contains("Type the host"), "{}", ended.screen);
        assert!(prompts(&ended)[0].contains("PRODUCTION"), "{}", ended.screen);
        let sent = raw(&ended);
        let titles: Vec<&str> = sent.split("\x1b]0;").skip(1).filter(|title| !title.starts_with("▲ PROD")).collect();
        // The one of the end.
        assert_eq!(titles.len(), 1, "{sent:?}");
    }
}

#[test]
fn the_line_completes_dbguard_too_where_compinit_found_nothing() {
    let rc = format!("{PLAIN}autoload -Uz compinit; compinit -u -D\nunset '_comps[dbguard]'\n{INIT}");
    let sandbox = Sandbox::new().config(CONFIG).file("home/.zshrc", rc);
    std::os::unix::fs::symlink(DBGUARD, sandbox.path("bin/dbguard")).unwrap();
    let Some(mut pty) = zsh(&sandbox) else { return };
    pty.wait_for("ready> ").send("dbguard unin\t").wait_for("dbguard uninstall").send("\x15");
    pty.send("dbguard env show stag\t").wait_for("env show staging").send("\x15");
    pty.send("eval \"$(dbguard init zsh --remove)\"; print -l \"[$_comps[dbguard]]\" ${(M)${(k)functions}:#*dbguard*}; print -l e'nd'\n");
    pty.wait_for("[]\nend").send("exit\n");
    pty.finish();
}

#[test]
fn what_was_shown_is_handed_to_the_guard_which_says_when_it_finds_another() {
    let sandbox = world(&format!("{PLAIN}{INIT}"));
    let lines = [PRODUCTION, "print -r -- $DBGUARD_SHOWN $(( ${DBGUARD_SHOWN%% *} == $$ )) >out"];
    let Some(_) = typed(&sandbox, &lines) else { return };
    let out = sandbox.read("work/out");
    assert_eq!(out.split_once(' ').unwrap().1, "production db1.prod.demo/app 1\n");
}

#[test]
fn the_guard_asks_at_a_prompt_and_the_prompt_comes_back() {
    let sandbox = ways();
    let Some(mut pty) = zsh(&sandbox) else { return };
    for way in ["psql -c 'drop table t'", "env psql -c 'drop table t'", "./script"] {
        pty.wait_for(SHOWN).send(format!("{way}\n")).wait_for("Type the host").send("\x03");
    }
    pty.wait_for(SHOWN).send("exit\n");
    pty.finish();
    let dropped = |args: &[std::ffi::OsString]| args.iter().any(|arg| arg == "drop table t");
    assert!(!sandbox.calls("psql").iter().any(|call| dropped(&call.args)));
}
