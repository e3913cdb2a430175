//! The hook in a real fish on a real terminal: prompt, title, `PATH`, and nothing else changed.

use std::fs;

use crate::support::{DBGUARD, Pty, Sandbox, tool};

pub(crate) const CONFIG: &str = "[environment.production]\nlevel = \"production\"\nmatch = [{ host = \"*.prod.demo\" }]\n\
                      [environment.staging]\nlevel = \"staging\"\nmatch = [{ host = \"*.staging.demo\" }]\n";

/// A prompt that shows what it is given to see.
pub(crate) const PROMPT: &str = "set -g fish_greeting\nfunction fish_prompt; echo -n \"<$status|$pipestatus> \"; end\n";

/// A fish whose `config.fish` is `before`, our line, and `after`.
pub(crate) fn world(before: &str, after: &str) -> Option<Sandbox> {
    tool("fish")?;
    let line = format!("{PROMPT}{before}\n{DBGUARD} init fish | source\n{after}\n");
    let sandbox = Sandbox::new().config(CONFIG).file("home/.config/fish/config.fish", line);
    // Otherwise the first fish of a home directory goes through all manual pages in the background.
    Some(sandbox.dir("home/.local/share/fish/generated_completions").fake("psql"))
}

/// A fish in that world.
pub(crate) fn fish(sandbox: &Sandbox) -> Pty<'_> {
    sandbox.tool_pty("fish", ["-i"]).size(40, 120).start()
}

/// Ends it and answers with all that was sent to the terminal.
pub(crate) fn end(pty: &mut Pty<'_>) -> String {
    pty.send("exit 0\r");
    let ended = pty.finish();
    assert_eq!(ended.code, 0, "{}", ended.screen);
    String::from_utf8(ended.raw).unwrap()
}

#[test]
fn the_prompt_names_the_environment_and_follows_a_variable_at_the_next_prompt() {
    let Some(sandbox) = world("", "") else { return };
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ").send("set -gx PGHOST db.prod.demo\r");
    pty.wait_for("⏎ ▲ PRODUCTION db.prod.demo/").wait_for(" <0|0> ").send("set -gx PGHOST db.staging.demo\r");
    pty.wait_for("⏎ ■ STAGING db.staging.demo/").send("set -e PGHOST\r").wait_for("⏎ <0|0> ");
    end(&mut pty);
}

#[test]
fn a_variable_that_is_no_longer_exported_is_not_seen_by_psql_and_not_shown() {
    let Some(sandbox) = world("", "") else { return };
    let sandbox = sandbox.var("PGHOST", "db.prod.demo");
    let mut pty = fish(&sandbox);
    pty.wait_for("▲ PRODUCTION").send("set -gu PGHOST $PGHOST\r").wait_for("⏎ <0|0> ");
    pty.send("set -gx PGHOST $PGHOST\r").wait_for("⏎ ▲ PRODUCTION");
    end(&mut pty);
}

#[test]
fn a_changed_file_is_seen_at_the_next_prompt() {
    let Some(sandbox) = world("", "") else { return };
    let sandbox = sandbox.var("PGHOST", "db.other.demo");
    let mut pty = fish(&sandbox);
    pty.wait_for("▲ UNKNOWN db.other.demo");
    let file = sandbox.path("home/.config/dbguard/config.toml");
    let text = CONFIG.replace("staging.demo", "other.demo");
    fs::write(&file, text).unwrap();
    pty.send("\r").wait_for("⏎ ■ STAGING db.other.demo");
    fs::remove_file(&file).unwrap();
    pty.send("\r").wait_for("⏎ ▲ UNKNOWN db.other.demo");
    // What is put there with the time that it had elsewhere, older or newer, is another file as well.
    let env =
        |host: &str, year: i32| format!("echo DATABASE_URL=postgres://{host}/app >.env; touch -d {year}-01-01 .env\r");
    fs::write(&file, CONFIG).unwrap();
    pty.send(format!("set -e PGHOST; {}", env("a.staging.demo", 2003))).wait_for("■ STAGING a.staging.demo");
    pty.send("sleep 0.1\r").wait_for("■ STAGING a.staging.demo");
    pty.send(env("b.prod.demo", 2001)).wait_for("▲ PRODUCTION b.prod.demo");
    pty.send(env("c.staging.demo", 2002)).wait_for("■ STAGING c.staging.demo");
    end(&mut pty);
}

/// A named group of `string match` sets a variable and fires no event; whichever of the list it is.
#[test]
fn a_variable_that_is_set_without_an_event_is_seen_after_the_command() {
    let Some(sandbox) = world("", "") else { return };
    let sandbox = sandbox.var("PGHOST", "db.prod.demo").var("PGDATABASE", "app").var("DATABASE_URL", "");
    let mut pty = fish(&sandbox);
    pty.wait_for("▲ PRODUCTION db.prod.demo/app <0|0> ").send("string match -rq '(?<PGDATABASE>.*)' other\r");
    pty.wait_for("⏎ ▲ PRODUCTION db.prod.demo/other <0|0> ").send("string match -rq '(?<PGHOST>.*)' db.staging.demo\r");
    pty.wait_for("⏎ ■ STAGING db.staging.demo/other <0|0> ");
    // What an answer names as well.
    pty.send("echo 'DATABASE_URL=postgres://${MY_HOST}/app' >.env; set -e PGHOST PGDATABASE DATABASE_URL\r");
    pty.wait_for("<0|0> ")
        .send("set -gx MY_HOST a.staging.demo\r")
        .wait_for("⏎ ■ STAGING a.staging.demo/")
        .send("string match -rq '(?<MY_HOST>.*)' db.prod.demo\r");
    pty.wait_for("⏎ ▲ PRODUCTION db.prod.demo/");
    end(&mut pty);
}

/// A var that no list knows, since a file names it; also where an event sets it, and no command.
#[test]
fn a_var_that_a_file_names_is_watched_from_then_on() {
    let Some(sandbox) = world("", "function late --on-event fish_prompt; set -q next; and set -gx MY_HOST $next; end")
    else {
        return;
    };
    let sandbox = sandbox.no_var("PGHOST").file("work/.env", "DATABASE_URL=postgres://${MY_HOST}/app\n");
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ").send("set -gx MY_HOST db.prod.demo\r").wait_for("⏎ ▲ PRODUCTION db.prod.demo");
    pty.send("set -gx MY_HOST db.staging.demo\r").wait_for("⏎ ■ STAGING db.staging.demo");
    pty.send("set -g next db.prod.demo\r").wait_for("⏎ ▲ PRODUCTION db.prod.demo");
    // Called like something of ours.
    for name in ["told", "answer", "path", "vars", "program"] {
        pty.send(format!("echo 'DATABASE_URL=postgres://${{{name}}}/app' >.env; set -gx {name} {name}.prod.demo\r"));
        pty.wait_for(&format!("⏎ ▲ PRODUCTION {name}.prod.demo"));
        pty.send(format!("set -gx {name} {name}.staging.demo\r")).wait_for(&format!("⏎ ■ STAGING {name}.staging.demo"));
    }
    end(&mut pty);
}

/// F-1.
#[test]
fn status_and_pipestatus_reach_the_prompt_of_the_person_and_the_next_line() {
    let Some(sandbox) = world("", "") else { return };
    let sandbox = sandbox.var("PGHOST", "db.prod.demo");
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ").send("false | true | sh -c 'exit 3'\r").wait_for("<3|1 0 3> ");
    pty.send("echo \"=$status=$pipestatus=\"\r").wait_for("=3=1 0 3=").wait_for("<0|0> ");
    pty.send("set -e PGHOST; false | true | sh -c 'exit 3'\r").wait_for("⏎ <3|1 0 3> ");
    end(&mut pty);
}

/// F-2, T-1.
#[test]
fn the_title_names_the_environment_before_what_the_function_of_the_person_says() {
    let Some(sandbox) = world("function fish_title; echo mine; end", "") else { return };
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ").send("set -gx PGHOST db.prod.demo\r").wait_for("▲ PRODUCTION");
    pty.send("set -e PGHOST\r").wait_for("⏎ <0|0> ");
    let raw = end(&mut pty);
    let titles: Vec<&str> =
        raw.split("\x1b]0;").skip(1).map(|rest| rest.split(['\x07', '\x1b']).next().unwrap()).collect();
    let ours: Vec<&&str> = titles.iter().filter(|title| title.starts_with("▲ PRODUCTION db.prod.demo/")).collect();
    assert!(!ours.is_empty() && ours.iter().all(|title| title.ends_with("  mine")), "{titles:?}");
    assert_eq!((titles.first(), titles.last()), (Some(&"mine"), Some(&"mine")));
}

/// What it says is remembered only where nobody made it but fish, and only while it would be the same.
#[test]
fn the_title_of_fish_itself_says_what_it_would_say() {
    let Some(sandbox) = world("", "") else { return };
    let sandbox = sandbox.var("PGHOST", "db.prod.demo").dir("work/below").no_var("SSH_TTY");
    let mut pty = fish(&sandbox);
    let mut type_line = |line: &str| {
        pty.send(format!("{line}\r")).wait_for("⏎ ▲ PRODUCTION").wait_for("<0|0> ");
    };
    for line in ["", "", "cd below", "", "", "cd ..", "", "set -g SSH_TTY x", "set -e SSH_TTY"] {
        type_line(line);
    }
    for line in [
        "function prompt_pwd; echo theirs $n; end",
        "set n 1",
        "set n 2",
        "fish_title",
        "function fish_title; echo own; end",
    ] {
        type_line(line);
    }
    let raw = end(&mut pty);
    let titles = raw.split("\x1b]0;▲ PRODUCTION db.prod.demo/").skip(1);
    let own = titles.filter_map(|rest| rest.split(['\x07', '\x1b']).next()?.split_once("  "));
    // The directory's name, without the way to it, and some host.
    let word = |word: &str| match word.rsplit('/').next().unwrap_or_default() {
        host if host.starts_with('[') => "[host]".to_owned(),
        last => last.to_owned(),
    };
    let mut titles: Vec<String> = own.map(|(_, own)| own.split(' ').map(word).collect::<Vec<_>>().join(" ")).collect();
    titles.dedup();
    let expected = [
        "work",
        "cd below work",
        "below",
        "cd .. below",
        "work",
        "set -g SSH_TTY x work",
        "[host] work",
        "[host] set -e SSH_TTY work",
        "work",
        "function prompt_pwd; work",
        "theirs",
        "set n 1 theirs",
        "theirs 1",
        "set n 2 theirs 1",
        "theirs 2",
        "fish_title theirs 2",
        "theirs 2",
        "function fish_title; theirs 2",
        "own",
    ];
    assert_eq!(titles, expected);
}

#[test]
fn the_shims_come_first_and_are_put_back_there() {
    let Some(sandbox) = world("", "") else { return };
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ").send("echo =$PATH[1]=\r").wait_for("/home/.local/share/dbguard/shims=");
    pty.send("set -gx PATH /tmp '' $PATH\r").wait_for("<0|0> ");
    pty.send("echo =(count (string match '*/dbguard/shims' $PATH))=$PATH[1]=$PATH[2]=$PATH[3]=\r");
    pty.wait_for("=1=").wait_for("/home/.local/share/dbguard/shims=/tmp=.=");
    pty.send("set PATH\r").wait_for("<0|0> ").send("echo =(count $PATH)=\r").wait_for("=0=");
    end(&mut pty);
}

/// B-15.
#[test]
fn a_script_gets_the_shims_and_nothing_else() {
    let Some(sandbox) = world("", "") else { return };
    let script = "echo $PATH[1]; set --names | string match '*dbguard*'; functions -an | string match '*dbguard*'";
    sandbox.tool("fish", ["-c", script]).stdout("[DIR]/home/.local/share/dbguard/shims\n__dbguard_shims\n").status(1);
}

/// B-15.
#[test]
fn starting_shows_nothing_but_the_prompt() {
    let Some(sandbox) = world("", "echo -n '<start>'") else { return };
    let sandbox = sandbox.var("PGHOST", "db.prod.demo");
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ");
    let screen = pty.screen();
    let before = screen.split("<start>").next().unwrap().to_owned();
    assert_eq!(before, "", "{screen}");
    end(&mut pty);
}

/// B-14, F-3.
#[test]
fn the_line_can_be_sourced_again() {
    let Some(sandbox) = world("", "") else { return };
    let sandbox = sandbox.var("PGHOST", "db.prod.demo");
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ").send(format!("for i in 1 2 3; {DBGUARD} init fish | source; end; echo -n once\r"));
    pty.wait_for("\nonce").wait_for("⏎ ▲ PRODUCTION db.prod.demo").wait_for(" <0|0> ");
    let screen = pty.screen();
    let last = screen.lines().last().unwrap().to_owned();
    assert_eq!(last.matches("PRODUCTION").count(), 1, "{last}");
    pty.send("echo =(count (string match '*/dbguard/shims' $PATH))=\r").wait_for("=1=");
    end(&mut pty);
}

/// B-17, F-3: the shims lead nowhere then, so that nothing is guarded: it is said, once, in the prompt.
#[test]
fn a_program_that_is_gone_is_said_in_the_prompt_and_nowhere_else() {
    let Some(sandbox) = world("", "") else { return };
    let program = sandbox.path("bin/dbguard");
    fs::copy(DBGUARD, &program).unwrap();
    let line = format!("{PROMPT}{} init fish | source", program.display());
    let sandbox = sandbox.file("home/.config/fish/config.fish", line).var("PGHOST", "db.prod.demo");
    let mut pty = fish(&sandbox);
    pty.wait_for("▲ PRODUCTION").wait_for("<0|0> ");
    fs::rename(&program, sandbox.path("bin/away")).unwrap();
    for _ in 0..3 {
        pty.send("\r").wait_for("⏎ ▲ UNKNOWN dbguard does not answer <0|0> ");
    }
    fs::rename(sandbox.path("bin/away"), &program).unwrap();
    pty.send("\r").wait_for("⏎ ▲ PRODUCTION db.prod.demo");
    end(&mut pty);
}

/// The undoing of everything.
#[test]
fn removing_leaves_nothing() {
    for ifs in ["", "set -g IFS ''"] {
        let Some(sandbox) = world("", ifs) else { return };
        let sandbox = sandbox.var("PGHOST", "db.prod.demo");
        let mut pty = fish(&sandbox);
        pty.wait_for("<0|0> ").send("__dbguard_remove; true\r").wait_for("⏎ <0|0> ").send("set -e IFS\r");
        pty.wait_for("⏎ <0|0> ");
        pty.send("begin; set --names; functions -an; string match '*/dbguard/shims' $PATH; end | string match '*dbguard*' | count\r");
        pty.wait_for("\n0")
            .wait_for("> ")
            .send("functions fish_prompt fish_title | string match '*__dbguard*' | count\r");
        pty.wait_for("\n0");
        end(&mut pty);
    }
}
