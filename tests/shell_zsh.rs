//! The hook in a real zsh on a real terminal: what it shows, what it leaves as it was, and that a prompt costs no process.
//!
//! Each test writes a `.zshrc`, types, and looks at the screen or at what the shell has written into files.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::{DBGUARD, Ended, Pty, Sandbox, tool};

pub(crate) const CONFIG: &str = "
[environment.production]
level = \"production\"
match = [{ host = \"*.prod.demo\" }]
[environment.staging]
level = \"staging\"
match = [{ host = \"*.staging.demo\" }]
";

/// What every `.zshrc` here begins with; the mark for a line without end would stand in the way.
pub(crate) const PLAIN: &str = "unsetopt prompt_sp prompt_cr\nPROMPT='ready> '\n";

/// The line that a user adds.
pub(crate) const INIT: &str = "eval \"$(dbguard init zsh)\"\n";

pub(crate) const PRODUCTION: &str = "export PGHOST=db1.prod.demo PGDATABASE=app";
pub(crate) const SHOWN: &str = "▲ PRODUCTION db1.prod.demo/app ready> ";
pub(crate) const TITLE: &str = "\x1b]0;▲ PRODUCTION db1.prod.demo/app\x07";
pub(crate) const UNKNOWN: &str = "▲ UNKNOWN dbguard does not answer ready> ";

/// A world in which `dbguard` is on `PATH` as a link, as after an installation.
pub(crate) fn world(rc: &str) -> Sandbox {
    let sandbox = Sandbox::new().config(CONFIG).fake("psql").file("home/.zshrc", rc);
    symlink(DBGUARD, sandbox.path("bin/dbguard")).unwrap();
    sandbox
}

/// The same with the usual `.zshrc`.
pub(crate) fn usual() -> Sandbox {
    world(&format!("{PLAIN}{INIT}"))
}

/// A running zsh; `None` where there is none.
pub(crate) fn zsh(sandbox: &Sandbox) -> Option<Pty<'_>> {
    tool("zsh")?;
    Some(sandbox.tool_pty("zsh", ["-d", "-i"]).size(24, 200).start())
}

/// Types each line at a prompt of its own, and leaves.
pub(crate) fn typed(sandbox: &Sandbox, lines: &[&str]) -> Option<Ended> {
    let mut pty = zsh(sandbox)?;
    for line in lines {
        pty.wait_for("ready> ").send(format!("{line}\n"));
    }
    pty.wait_for("ready> ").send("exit\n");
    Some(pty.finish())
}

/// What stands before `ready> ` at each prompt.
pub(crate) fn prompts(ended: &Ended) -> Vec<String> {
    let before = |line: &str| Some(line.split_once("ready> ")?.0.trim_end().to_owned());
    ended.screen.lines().filter_map(before).collect()
}

pub(crate) fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

pub(crate) fn raw(ended: &Ended) -> String {
    String::from_utf8_lossy(&ended.raw).into_owned()
}

/// A var that no list knows, since a file names it; also one that is called like something of ours.
#[test]
fn a_var_that_a_file_names_is_watched_from_then_on() {
    for name in ["MY_HOST", "answer", "lines", "told", "title", "how", "name", "value"] {
        let text = format!("DATABASE_URL=postgres://${{{name}}}/app\n");
        let sandbox = usual().no_var("PGHOST").file("work/.env", text);
        let set = |host: &str| format!("export {name}={host}");
        let (to_production, to_staging) = (set("db.prod.demo"), set("db.staging.demo"));
        let lines = [&*to_production, &*to_staging, "true", &*to_production, "true"];
        let Some(ended) = typed(&sandbox, &lines) else { return };
        let prompts = prompts(&ended);
        let shown: Vec<&str> = prompts.iter().filter_map(|line| line.split('/').next()).collect();
        let (production, staging) = ("▲ PRODUCTION db.prod.demo", "■ STAGING db.staging.demo");
        assert_eq!(shown[1..], [production, staging, staging, production, production], "{name}");
    }
}

#[test]
fn the_next_prompt_and_title_say_what_an_export_has_changed() {
    let lines = [PRODUCTION, "export PGHOST=db2.staging.demo", "unset PGHOST PGDATABASE", "true"];
    let Some(ended) = typed(&usual(), &lines) else { return };
    let shown = prompts(&ended);
    assert_eq!(shown[1..3], ["▲ PRODUCTION db1.prod.demo/app", "■ STAGING db2.staging.demo/app"]);
    assert_eq!(shown[3], shown[0]);
    assert_eq!(shown[4], shown[0]);
    let raw = raw(&ended);
    assert_eq!(count(&raw, TITLE), 1, "{raw:?}");
    assert!(raw.contains("\x1b[1;31m▲ PRODUCTION db1.prod.demo/app\x1b[0m ready> "), "{raw:?}");
    // Left again, the title is the directory's; an empty one would be ignored by some terminals.
    assert_eq!(count(&raw, "\x1b]0;work\x07"), 1, "{raw:?}");
    assert!(!raw.contains("\x1b]0;\x07"), "{raw:?}");
}

#[test]
fn a_var_that_is_not_exported_says_nothing_until_it_is() {
    let lines = ["PGHOST=db1.prod.demo PGDATABASE=app", "export PGHOST PGDATABASE", "typeset +x PGHOST", "true"];
    let Some(ended) = typed(&usual(), &lines) else { return };
    let shown = prompts(&ended);
    assert_eq!(shown[1], shown[0]);
    assert_eq!(shown[2], "▲ PRODUCTION db1.prod.demo/app");
    assert_ne!(shown[3], shown[2]);
    assert_eq!(shown[4], shown[3]);
}

/// What a shell keeps to itself is in no answer. It is found out by asking twice, and then costs nothing.
#[test]
fn a_var_that_is_not_exported_is_asked_about_twice_at_most_and_seen_once_it_is_exported() {
    let sandbox = usual();
    let asked = sandbox.path("record/asked");
    let Some(mut pty) = zsh(&sandbox) else { return };
    pty.wait_for("ready> ").send("sleep 0.1\n").wait_for("ready> ").send("true\n").wait_for("ready> ");
    stand_in(&sandbox, &format!("echo >>{}; exec {DBGUARD} \"$@\"", asked.display()));
    let count = || fs::read_to_string(&asked).unwrap_or_default().lines().count();
    for (line, at_most) in [
        ("export PGUSER=me", 1),
        ("PGHOST=db1.prod.demo PGDATABASE=app; cd ..", 3),
        ("true", 3),
        ("true", 3),
        ("cd work", 4),
        ("DISABLE_AUTO_TITLE=true", 5),
        ("true", 5),
    ] {
        let before = count();
        pty.send(format!("{line}; sleep 0.05\n")).wait_for("ready> ").send("\n").wait_for("ready> ");
        pty.send("\n").wait_for("ready> ");
        assert!(count() <= at_most && (line != "true" || count() == before), "{line}: {before} {}", count());
    }
    pty.send("export PGHOST PGDATABASE\n").wait_for(SHOWN).send("exit\n");
    pty.finish();
}

#[test]
fn who_calls_the_hook_with_a_word_gets_the_same() {
    let called = "after() { __dbguard_precmd some word }\nprecmd_functions=(after)\n";
    let Some(ended) = typed(&world(&format!("{PLAIN}{INIT}{called}")), &[PRODUCTION, "true"]) else { return };
    assert_eq!(prompts(&ended)[1..3], ["▲ PRODUCTION db1.prod.demo/app", "▲ PRODUCTION db1.prod.demo/app"]);
}

#[test]
fn a_file_that_appears_changes_or_goes_is_seen_at_the_next_prompt() {
    let file = "~/.pg_service.conf";
    let service = |host: &str| format!("print -l '[s]' host={host} dbname=app >{file}");
    let lines = [
        "export PGSERVICE=s",
        &service("a.prod.demo"),
        &service("b.staging.demo"),
        "touch ~/x; rm ~/.pg_service.conf",
        "true",
    ];
    let Some(ended) = typed(&usual().var("PGSYSCONFDIR", "/nonexistent"), &lines) else { return };
    let shown = prompts(&ended);
    assert_eq!(shown[2..4], ["▲ PRODUCTION a.prod.demo/app", "■ STAGING b.staging.demo/app"]);
    assert_eq!(shown[4], shown[1]);
}

#[test]
fn a_file_that_comes_with_an_older_time_and_a_directory_that_is_another_are_seen() {
    let env = |host: &str| format!("DATABASE_URL=postgres://{host}/app\n");
    let sandbox = usual().file("work/p", env("a.prod.demo")).file("work/s", env("b.staging.demo"));
    let sandbox = sandbox.dir("work/one").dir("work/two");
    let lines = [
        "touch -d 2001-01-01 p; touch -d 2002-01-01 s; cp -p p two/.env; cp -p s one/.env; cp -p s .env",
        "sleep 0.1",
        "cp -p p .env",
        "cp -p s .env",
        "ln -s one current; cd current",
        "sleep 0.1",
        "ln -sfn two $PWD:h/current; cd .",
    ];
    let Some(ended) = typed(&sandbox, &lines) else { return };
    let shown = prompts(&ended);
    let words: Vec<&str> = shown[1..].iter().filter_map(|prompt| prompt.split(' ').nth(1)).collect();
    let (staging, production) = ("STAGING", "PRODUCTION");
    assert_eq!(words[..7], [staging, staging, production, staging, staging, staging, production], "{shown:?}");
}

#[test]
fn the_configuration_is_watched_too() {
    let lines = [PRODUCTION, "print broken >>~/.config/dbguard/config.toml", "true"];
    let Some(ended) = typed(&usual(), &lines) else { return };
    assert!(prompts(&ended)[2].starts_with("▲ UNKNOWN "), "{}", ended.screen);
}

#[test]
fn a_prompt_at_which_nothing_has_changed_starts_no_process() {
    if tool("strace").is_none() || tool("zsh").is_none() {
        return;
    }
    let sandbox = usual();
    let trace = sandbox.path("record/trace");
    let events = "trace=fork,vfork,clone,clone3,execve,execveat,openat,open";
    let args = ["-f", "-e", events, "-o", trace.to_str().unwrap(), "zsh", "-d", "-i"];
    let mut pty = sandbox.tool_pty("strace", args).start();
    let again = ["true"; 20];
    for line in [PRODUCTION, "sleep 0.1", "true", ": >../record/begins"]
        .iter()
        .chain(&again)
        .chain(&[": >../record/ends", "exit"])
    {
        pty.wait_for("ready> ").send(format!("{line}\n"));
    }
    pty.finish();
    let text = fs::read_to_string(&trace).unwrap();
    let counted: String = text.split("begins").nth(1).unwrap().split("ends").next().unwrap().to_owned();
    let started = counted.lines().filter(|line| ["fork(", "clone", "execve"].iter().any(|call| line.contains(call)));
    assert_eq!(started.collect::<Vec<_>>(), Vec::<&str>::new());
    // The same trace does see the processes of a prompt after a change.
    assert!(text.split("begins").next().unwrap().contains("\"prompt\", \"--answer\""), "{text}");
}

#[test]
fn a_prompt_without_percent_signs_shows_the_words_without_colour() {
    let hostile = "export PGDATABASE='$(touch pwned)`touch pwned`!%n\\'";
    let options = ["", " prompt_subst", " prompt_bang", " prompt_subst prompt_bang"];
    for option in options {
        let sandbox = world(&format!("{PLAIN}setopt no_prompt_percent{option}\n{INIT}"));
        let Some(ended) = typed(&sandbox, &[PRODUCTION, hostile, "true"]) else { return };
        let shown = prompts(&ended);
        assert_eq!(shown[1], "▲ PRODUCTION db1.prod.demo/app", "{option}");
        assert_eq!(shown[2], "▲ PRODUCTION db1.prod.demo/$(touch pwned)`touch pwned`!%n\\", "{option}");
        assert_eq!(shown[3], shown[2], "{option}");
        assert!(!sandbox.path("work/pwned").exists());
    }
}

#[test]
fn no_color_leaves_words_and_shapes() {
    let Some(ended) = typed(&usual().var("NO_COLOR", "1"), &[PRODUCTION, "true"]) else { return };
    assert!(raw(&ended).contains(SHOWN), "{:?}", raw(&ended));
}

#[test]
fn a_program_that_has_gone_is_said_quietly_and_never_hides_behind_an_old_answer() {
    let sandbox = usual();
    let Some(mut pty) = zsh(&sandbox) else { return };
    pty.wait_for("ready> ").send(format!("{PRODUCTION}\n")).wait_for(SHOWN);
    fs::rename(sandbox.path("bin/dbguard"), sandbox.path("bin/away")).unwrap();
    // Nothing else has changed, but nothing is guarded either.
    pty.send("true\n").wait_for(UNKNOWN).send("export PGHOST=x.staging.demo\n").wait_for(UNKNOWN);
    fs::rename(sandbox.path("bin/away"), sandbox.path("bin/dbguard")).unwrap();
    pty.send("true\n").wait_for("■ STAGING x.staging.demo/app ready> ").send("exit\n");
    let ended = pty.finish();
    assert!(!ended.screen.contains("no such file") && !ended.screen.contains("not found"), "{}", ended.screen);
    assert!(raw(&ended).contains("\x1b]0;▲ UNKNOWN dbguard does not answer\x07"));
}

/// Puts a script in the place of the program.
pub(crate) fn stand_in(sandbox: &Sandbox, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let fresh = sandbox.path("bin/dbguard.new");
    fs::write(&fresh, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(fresh, sandbox.path("bin/dbguard")).unwrap();
}

#[test]
fn an_answer_of_another_version_or_a_failure_is_no_answer() {
    let scripts = [
        "echo dbguard 1; echo production; echo hello",
        "echo dbguard 2; exit 3",
        "exit 0",
        "echo trouble >&2; exit 1",
        "kill -9 $$",
    ];
    for script in scripts {
        let sandbox = usual();
        let Some(mut pty) = zsh(&sandbox) else { return };
        pty.wait_for("ready> ");
        stand_in(&sandbox, script);
        pty.send(format!("{PRODUCTION}\n")).wait_for(UNKNOWN).send("true\n").wait_for(UNKNOWN).send("exit\n");
        let ended = pty.finish();
        assert!(!ended.screen.contains("trouble") && !ended.screen.contains("killed"), "{}", ended.screen);
    }
}

#[test]
fn ctrl_c_while_it_is_asked_shows_that_nothing_is_known_and_asks_again() {
    let literal = format!("{PLAIN}setopt no_prompt_percent\n{INIT}");
    for rc in [format!("{PLAIN}{INIT}"), literal] {
        let sandbox = world(&rc);
        let Some(mut pty) = zsh(&sandbox) else { return };
        pty.wait_for("ready> ").send(format!("{PRODUCTION}\n")).wait_for(SHOWN);
        stand_in(&sandbox, &format!("[ -e slow ] && {{ : >asked; exec sleep 30; }}; exec {DBGUARD} \"$@\""));
        pty.send(": >slow; export PGHOST=x.staging.demo\n");
        while !sandbox.path("work/asked").exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        pty.send("\x03").wait_for(UNKNOWN);
        fs::remove_file(sandbox.path("work/slow")).unwrap();
        pty.send("true\n").wait_for("■ STAGING x.staging.demo/app ready> ").send("exit\n");
        pty.finish();
    }
}

#[test]
fn ctrl_c_at_the_prompt_leaves_the_next_one_right() {
    let sandbox = usual();
    let Some(mut pty) = zsh(&sandbox) else { return };
    pty.wait_for("ready> ").send(format!("{PRODUCTION}\n")).wait_for(SHOWN);
    pty.send("some text").wait_for("text");
    // The line editor has the terminal by then: before, Ctrl-C is no key but a signal that also drops what was typed.
    std::thread::sleep(std::time::Duration::from_millis(200));
    pty.send("\x03").wait_for(SHOWN).send("exit\n");
    pty.finish();
}

#[test]
fn an_upgrade_behind_the_link_is_followed() {
    let sandbox = usual();
    let Some(mut pty) = zsh(&sandbox) else { return };
    pty.wait_for("ready> ").send(format!("{PRODUCTION}\n")).wait_for(SHOWN);
    let other = sandbox.path("dbguard-2");
    symlink(DBGUARD, &other).unwrap();
    symlink(&other, sandbox.path("bin/fresh")).unwrap();
    fs::rename(sandbox.path("bin/fresh"), sandbox.path("bin/dbguard")).unwrap();
    pty.send("export PGHOST=x.staging.demo\n").wait_for("■ STAGING x.staging.demo/app ready> ").send("exit\n");
    pty.finish();
}

#[test]
fn an_emptied_path_brings_prompts_back_quietly() {
    let Some(ended) = typed(&usual(), &[PRODUCTION, "PATH=", "true", "unset PATH", "true"]) else { return };
    assert_eq!(count(&ended.screen, "ready> "), 6, "{}", ended.screen);
    assert!(!ended.screen.contains("zsh:") && !ended.screen.contains("dbguard_"), "{}", ended.screen);
}

#[test]
fn the_shims_are_put_first_again_and_empty_elements_of_path_are_kept() {
    let sandbox = usual();
    let lines =
        ["PATH=/first::$PATH:", "print -r -- $PATH >out", "psql() { true }; unfunction psql; whence -p psql >>out"];
    let Some(_) = typed(&sandbox, &lines) else { return };
    let shims = sandbox.path("home/.local/share/dbguard/shims");
    let out = sandbox.read("work/out");
    assert!(out.starts_with(&format!("{}:/first::", shims.display())), "{out}");
    assert!(out.lines().next().unwrap().ends_with(':'), "{out}");
    assert_eq!(count(out.lines().next().unwrap(), "dbguard/shims"), 1, "{out}");
    assert_eq!(out.lines().nth(1).unwrap(), shims.join("psql").to_str().unwrap());
}

#[test]
fn what_zsh_had_found_before_is_found_anew() {
    let sandbox = world(PLAIN);
    let lines = ["psql --version", "eval \"$(dbguard init zsh)\"", "whence -p psql >out; hash | grep psql >>out"];
    let Some(_) = typed(&sandbox, &lines) else { return };
    let shim = sandbox.path("home/.local/share/dbguard/shims/psql");
    assert!(sandbox.read("work/out").starts_with(&format!("{}\n", shim.display())), "{}", sandbox.read("work/out"));
    assert!(!sandbox.read("work/out").contains("bin/psql"), "{}", sandbox.read("work/out"));
}

#[test]
fn every_escape_sequence_in_the_prompt_is_marked_as_without_width() {
    let sandbox = usual();
    let bare = "${PROMPT//\\%\\{[^\\}]#\\%\\}/}";
    let line = format!("setopt extended_glob; print -rn -- \"{bare}\" >out");
    let Some(_) = typed(&sandbox, &[PRODUCTION, &line]) else { return };
    assert_eq!(sandbox.read("work/out"), "%(98V\x1f\x1f)%(97V.%97v .)ready> ");
}
