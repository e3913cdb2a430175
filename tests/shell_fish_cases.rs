//! What broke other prompt hooks, in a real fish. The names are those of the table in docs/SHELLS.md.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::shell_fish::{PROMPT, end, fish, world};
use crate::support::{DBGUARD, Sandbox, tool};

/// A world where a bare psql would reach production.
fn production(before: &str, after: &str) -> Option<Sandbox> {
    Some(world(before, after)?.var("PGHOST", "db.prod.demo").var("PGDATABASE", "app"))
}

#[test]
fn no_process_is_started_for_a_prompt() {
    let (Some(sandbox), Some(_)) = (production("", ""), tool("strace")) else { return };
    let trace = sandbox.path("record/trace");
    let calls = "trace=clone,clone3,fork,vfork,execve";
    let args = ["-f", "-qq", "-o", trace.to_str().unwrap(), "-e", calls, "fish", "-i"];
    let mut pty = sandbox.tool_pty("strace", args).size(40, 120).start();
    let prompt = "⏎ ▲ PRODUCTION db.prod.demo/app <0|0> ";
    pty.wait_for("<0|0> ").send("\r").wait_for(prompt).send("\r").wait_for(prompt);
    let before = fs::read_to_string(&trace).unwrap().lines().count();
    for _ in 0..5 {
        pty.send("\r").wait_for(prompt);
    }
    let trace = fs::read_to_string(&trace).unwrap();
    // A thread of fish's own is no process.
    let started: Vec<_> = trace.lines().skip(before).filter(|line| !line.contains("CLONE_THREAD")).collect();
    assert!(started.iter().all(|line| line.contains("resumed>")), "{started:#?}");
    end(&mut pty);
}

/// F-1: virtualenv keeps a copy of the prompt, which is our wrapper, and calls it from its own.
#[test]
fn a_virtualenv_comes_and_goes() {
    let (Some(sandbox), Some(_)) = (production("", ""), tool("python3")) else { return };
    sandbox.tool("python3", ["-m", "venv", "--without-pip", "env"]).status(0);
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ");
    for _ in 0..2 {
        pty.send("source env/bin/activate.fish\r").wait_for("⏎ ▲ PRODUCTION db.prod.demo/app (env) <0|0 0> ");
        // Two: virtualenv puts the status back through a pipe.
        pty.send("false\r").wait_for("⏎ ▲ PRODUCTION db.prod.demo/app (env) <1|0 1> ");
        pty.send("deactivate\r").wait_for("⏎ ▲ PRODUCTION db.prod.demo/app <0|0> ");
    }
    pty.send("source env/bin/activate.fish; __dbguard_remove\r").wait_for("⏎ (env) <0|0 0> ");
    pty.send("deactivate\r").wait_for("⏎ <0|0> ");
    end(&mut pty);
}

/// F-1: themes, `fish_config`, starship and people define it anew at any time.
#[test]
fn a_prompt_that_is_replaced_is_wrapped_again_before_it_is_seen() {
    let Some(sandbox) = production("", "") else { return };
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ").send("function fish_prompt; echo 'two'; echo -n 'lines> '; end\r");
    pty.wait_for("⏎ ▲ PRODUCTION db.prod.demo/app two\nlines> ").send("function fish_title; echo mine; end\r");
    pty.wait_for("lines> ").send("functions -e fish_prompt fish_mode_prompt\r");
    pty.wait_for("⏎ ▲ PRODUCTION db.prod.demo/app ").wait_for("/work> ");
    assert!(end(&mut pty).contains("▲ PRODUCTION db.prod.demo/app  mine"));
}

/// direnv's hook is a handler of the same event, and the order of handlers is the order of the lines in the file.
#[test]
fn a_hook_that_sets_a_variable_after_ours_is_seen_at_the_same_prompt() {
    let hook = "function later --on-event fish_prompt; test -e $HOME/go; and set -gx PGHOST db.prod.demo; \
                test -e $HOME/back; and set -gx PGHOST db.staging.demo; end";
    let Some(sandbox) = world("", hook) else { return };
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ").send("touch $HOME/go\r").wait_for("▲ PRODUCTION db.prod.demo/");
    pty.wait_for("<0|0> ").send("touch $HOME/back\r").wait_for("■ STAGING db.staging.demo/");
    end(&mut pty);
}

/// fish cuts a prompt that is too wide at its left end.
#[test]
fn where_both_do_not_fit_the_segment_gets_a_line_of_its_own() {
    let long = "function fish_prompt; set_color green; printf 'a prompt of quite some length'; set_color normal; echo -n '> '; end";
    let Some(sandbox) = production(long, "") else { return };
    for (columns, expected) in [
        (120, "▲ PRODUCTION db.prod.demo/app a prompt of quite some length> "),
        (60, "▲ PRODUCTION db.prod.demo/app\na prompt of quite some length> "),
        (20, "▲ PRODUCTION db.pr…\n"),
    ] {
        let mut pty = sandbox.tool_pty("fish", ["-i"]).size(24, columns).start();
        pty.wait_for(expected);
        pty.send("\r").wait_for(expected);
        end(&mut pty);
    }
}

#[test]
fn a_prompt_of_two_lines_is_measured_by_its_first() {
    let two = "function fish_prompt; echo 'the first'; string repeat --count 30 xyz; echo -n 'ready> '; end";
    for ifs in ["", "set -g IFS ''"] {
        let Some(sandbox) = production(two, ifs) else { return };
        let mut pty = fish(&sandbox);
        let expected = format!("▲ PRODUCTION db.prod.demo/app the first\n{}\nready> ", "xyz".repeat(30));
        pty.wait_for(&expected).send("set -gx PGHOST db.staging.demo\r");
        pty.wait_for(&expected.replace("▲ PRODUCTION db.prod", "■ STAGING db.staging"));
        let screen = pty.screen();
        assert!(!screen.contains("dbguard.fish") && !screen.contains("line "), "{screen}");
        end(&mut pty);
    }
}

#[test]
fn it_stands_where_the_configuration_says() {
    for (position, expected) in
        [("line", "▲ PRODUCTION db.prod.demo/app\n<0|0> "), ("right", "▲ PRODUCTION db.prod.demo/app mine")]
    {
        let right = if position == "right" { "function fish_right_prompt; echo -n mine; end" } else { "" };
        let Some(sandbox) = production(right, "") else { return };
        let config = format!("{}\n[prompt]\nposition = \"{position}\"\n", crate::shell_fish::CONFIG);
        let sandbox = sandbox.config(&config);
        let mut pty = fish(&sandbox);
        pty.wait_for(expected).send("false | true\r");
        pty.wait_for(&expected.replace("<0|0>", "<0|1 0>"));
        end(&mut pty);
    }
}

/// B-16.
#[test]
fn a_dumb_terminal_gets_words_and_no_sequence() {
    let bare = |sandbox: Sandbox| {
        let sandbox = sandbox.var("TERM", "dumb");
        let mut pty = fish(&sandbox);
        pty.wait_for("<0|0> ").send("\r").wait_for("<0|0> ").send("\r").wait_for("<0|0> ");
        end(&mut pty)
    };
    let Some(with) = production("", "") else { return };
    let without = Sandbox::new().file("home/.config/fish/config.fish", PROMPT);
    let without = without.dir("home/.local/share/fish/generated_completions");
    let (with, without) = (bare(with), bare(without));
    assert!(with.contains("▲ PRODUCTION db.prod.demo/app <0|0> "));
    assert_eq!(with.matches('\x1b').count(), without.matches('\x1b').count(), "{with:?}\n{without:?}");
}

/// B-18.
#[test]
fn an_upgrade_behind_the_link_is_followed() {
    let Some(sandbox) = production("", "") else { return };
    for version in ["v1", "v2"] {
        fs::create_dir(sandbox.path(version)).unwrap();
        fs::copy(DBGUARD, sandbox.path(version).join("dbguard")).unwrap();
    }
    let link = sandbox.path("bin/dbguard");
    symlink(sandbox.path("v1/dbguard"), &link).unwrap();
    let sandbox = sandbox.file("home/.config/fish/config.fish", format!("{PROMPT}dbguard init fish | source"));
    let mut pty = fish(&sandbox);
    pty.wait_for("▲ PRODUCTION").wait_for("<0|0> ");
    fs::remove_file(&link).unwrap();
    symlink(sandbox.path("v2/dbguard"), &link).unwrap();
    fs::remove_dir_all(sandbox.path("v1")).unwrap();
    pty.send("set -gx PGHOST db.staging.demo\r").wait_for("⏎ ■ STAGING db.staging.demo");
    end(&mut pty);
}

/// A program that hangs is ended by Ctrl-C, one that cannot be started says so once, and what it showed before is not
/// believed any longer.
#[test]
fn a_program_that_does_not_answer_is_asked_again_at_the_next_prompt() {
    let Some(sandbox) = production("", "") else { return };
    let program = sandbox.path("bin/dbguard");
    fs::copy(DBGUARD, &program).unwrap();
    let line = format!("{PROMPT}{} init fish | source", program.display());
    let sandbox = sandbox.file("home/.config/fish/config.fish", line);
    let mut pty = fish(&sandbox);
    pty.wait_for("▲ PRODUCTION").wait_for("<0|0> ");
    let replace = |text: &str| {
        let fresh = sandbox.path("bin/fresh");
        fs::write(&fresh, text).unwrap();
        fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(fresh, &program).unwrap();
    };
    replace("#!/bin/sh\necho 'dbguard 2'\n");
    pty.send("set -gx PGHOST db.staging.demo\r").wait_for("⏎ ▲ UNKNOWN dbguard does not answer <0|0> ");
    replace(&format!("#!/bin/sh\necho >{}\nexec sleep 100\n", sandbox.path("hangs").display()));
    pty.send("\r");
    while !sandbox.path("hangs").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    pty.send("\x03").wait_for("▲ UNKNOWN dbguard does not answer <0|0> ");
    replace("#!/no/such/interpreter\n");
    pty.send("\r\r\r").wait_for("▲ UNKNOWN").wait_for("▲ UNKNOWN").wait_for("▲ UNKNOWN");
    fs::copy(DBGUARD, sandbox.path("bin/fresh")).unwrap();
    fs::rename(sandbox.path("bin/fresh"), &program).unwrap();
    pty.send("\r").wait_for("⏎ ■ STAGING db.staging.demo");
    assert!(end(&mut pty).matches("/no/such/interpreter").count() <= 1);
}

/// B-23, and a line that is no fish: neither fires the event of a prompt.
#[test]
fn ctrl_c_and_a_line_that_is_no_fish_do_not_leave_an_old_prompt() {
    let Some(sandbox) = production("", "") else { return };
    let file = sandbox.path("home/.config/dbguard/config.toml");
    let config = fs::read_to_string(&file).unwrap();
    let mut pty = fish(&sandbox);
    pty.wait_for("▲ PRODUCTION").wait_for("<0|0> ").send("echo never");
    pty.wait_for("never");
    // fish reads keys only once it has painted its prompt; a Ctrl-C before that is the terminal's.
    std::thread::sleep(std::time::Duration::from_millis(500));
    fs::write(&file, config.replace("prod.demo", "elsewhere.demo")).unwrap();
    pty.send("\x03").wait_for("▲ UNKNOWN db.prod.demo/app <0|0> ");
    fs::write(&file, config).unwrap();
    pty.send("echo )\r").wait_for("▲ PRODUCTION db.prod.demo/app <0|0> echo )");
    pty.send("\x15");
    end(&mut pty);
}

/// B-25, B-26.
#[test]
fn hostile_names_are_shown_and_do_nothing() {
    let Some(sandbox) = production("", "") else { return };
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ");
    for (name, shown) in [
        ("(touch owned)$(touch owned)`touch owned`.prod.demo", "(touch owned)$(touch owned)`touch owned`.prod.demo"),
        ("%n%d\\n\\e[31m!!\\u$PATH*.prod.demo", "%n%d\\n\\e[31m!!\\u$PATH*.prod.demo"),
        ("';touch owned;'.prod.demo", "';touch owned;'.prod.demo"),
    ] {
        let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
        pty.send(format!("set -gx PGHOST '{quoted}'\r")).wait_for(&format!("⏎ ▲ PRODUCTION {shown}")).wait_for("0> ");
    }
    // A bell, an escape sequence, a line break, a tab, C1, and marks that turn the direction of writing.
    pty.send("set -gx PGHOST (printf 'a\\a\\e]0;owned\\a\\e[2Jb\\tc\\u009b2J\\u202ed.prod.demo' | string collect)\r");
    pty.wait_for("⏎ ▲ PRODUCTION ").wait_for("<0|0 0> ");
    pty.send(
        "set -gx PGHOST (printf 'x\\ny.prod.demo' | string collect); set -gx PGDATABASE (string repeat -n 10000 x)\r",
    );
    pty.wait_for("xx…\n<0|0");
    let raw = end(&mut pty);
    assert!(!sandbox.path("work/owned").exists());
    assert!(!raw.contains("\x1b]0;owned") && !raw.contains("\x1b[2J") && !raw.contains('\u{9b}'), "{raw:?}");
    assert!(!raw.contains('\u{202e}'), "{raw:?}");
}

/// F-4, W-10: for those who cannot change `PATH`; each function stands alone.
#[test]
fn functions_are_wrapped_around_the_tools_that_are_there() {
    let Some(sandbox) = production("function pg_dump; echo mine; end", "") else { return };
    let line = format!("{PROMPT}function pg_dump; echo mine; end\n{DBGUARD} init fish --functions | source");
    let sandbox = sandbox.fake("pg_dump").file("home/.config/fish/config.fish", line);
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ").send("functions psql | string match '*run*'\r");
    pty.wait_for(&format!("{DBGUARD} run -- psql $argv"));
    pty.send("echo =(pg_dump)=(type -t rails)=\r").wait_for("\n");
    pty.send("echo =(complete -C 'psql --no-pass' | string split \\t)[1]=\r").wait_for("=--no-password=");
    pty.send("functions psql >alone.fish; set -g PATH $PATH[2..]; fish --no-config -c 'source alone.fish; psql -c \"drop table t\" </dev/null'\r");
    pty.wait_for("Type the host to go on: ").send("\x03").wait_for("<125|125> ");
    end(&mut pty);
    // The guard asks the server through psql; what was typed did not run.
    assert!(sandbox.calls("psql").iter().all(|call| !call.args.iter().any(|arg| arg == "drop table t")));
}

/// fish runs a function in the foreground, also before `&`, and starts Python itself when it is new in a home directory.
#[test]
fn what_starts_all_kinds_of_programs_gets_no_function_and_runs_in_the_background() {
    let Some(sandbox) = production("", "") else { return };
    let sandbox = ["dbmate", "python3", "node", "npx"].into_iter().fold(sandbox, Sandbox::fake);
    let sandbox = sandbox.file("bin/npm", "#!/bin/sh\nread line <go\n").mode("bin/npm", 0o755);
    let line = format!("{PROMPT}{DBGUARD} init fish --functions | source");
    let sandbox = sandbox.file("home/.config/fish/config.fish", line);
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ").send("for i in psql dbmate python3 node npm npx; functions -q $i; and echo =$i=; end\r");
    pty.wait_for("\n=psql=\n=dbmate=\n⏎ ");
    pty.send("mkfifo go; npm start &\r").wait_for("<0|0> ").send("echo ba''ck; echo >go; wait\r").wait_for("\nback");
    pty.wait_for("<0|0> ");
    end(&mut pty);
}

/// W-2: how psql is started, and whether the guard stands before it. It refuses production without a terminal.
#[test]
fn every_way_to_start_psql_by_its_name_is_guarded() {
    let Some(sandbox) = production("", "") else { return };
    let sandbox = sandbox.file("work/script.sh", "psql -c 'drop table t'\n").file("work/Makefile", "all:\n\tpsql\n");
    let what = "psql -c 'drop table t'";
    for form in [
        what,
        &format!("command {what}"),
        &format!("X=1 {what}"),
        &format!("begin; {what}; end"),
        &format!("env {what}"),
        &format!("exec {what}"),
        &format!("echo | {what}"),
        &format!("nohup {what}"),
        &format!("timeout 5 {what}"),
        &format!("setsid --wait {what}"),
        "sh -c \"psql -c 'drop table t'\"",
        "sh script.sh",
        "echo \"'drop table t'\" | xargs psql -c; test $status -ne 0; and exit 125",
        "find Makefile -exec psql -c 'drop table t' \\; ; exit 125",
    ] {
        let output = sandbox.tool("fish", ["-c", form]).output();
        assert_eq!((output.code, sandbox.calls("psql").len()), (125, 0), "{form}: {output:?}");
    }
    // An absolute path goes around it, as README and docs/SHELLS.md say.
    let path = sandbox.path("bin/psql");
    sandbox.tool("fish", ["-c", &format!("{} -c 'drop table t'", path.display())]).status(0);
    assert_eq!(sandbox.calls("psql").len(), 1);
}

/// T-1, T-2: what tints a tab is taken back on leaving production and at the end.
#[test]
fn a_tint_is_taken_back() {
    let Some(sandbox) = production("", "") else { return };
    let sandbox = sandbox.var("TERM_PROGRAM", "iTerm.app");
    let (on, off) = ("\x1b]1337;SetColors=tab=b01020\x07", "\x1b]1337;SetColors=tab=default\x07");
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ").send("set -gx PGHOST localhost\r").wait_for("⏎ ● LOCAL").wait_for("<0|0> ");
    let raw = end(&mut pty);
    let last = raw.rfind(on).unwrap();
    assert_eq!((raw.matches(off).count(), raw.rfind(off).unwrap() > last), (1, true), "{raw:?}");

    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ").send("\r").wait_for("<0|0> ");
    let raw = end(&mut pty);
    assert!(raw.matches(on).count() >= 2 && raw.rfind(off).unwrap() > raw.rfind(on).unwrap(), "{raw:?}");
}

/// T-7: a client that the guard started may have set the title, which no prompt sets here, and been killed.
#[test]
fn the_mark_of_a_client_makes_the_next_prompt_ask_again() {
    let Some(sandbox) = production("", "") else { return };
    let sandbox = sandbox.var("PGHOST", "localhost");
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ");
    let mark = sandbox.path("home/.local/state/dbguard/tints").join(pty.pid().to_string());
    fs::create_dir_all(mark.parent().unwrap()).unwrap();
    fs::write(&mark, "").unwrap();
    pty.send("\r").wait_for("⏎ ● LOCAL").wait_for("<0|0> ");
    assert!(!mark.exists());
    end(&mut pty);
}

/// W-12: the guard compares it with what it finds, when this shell is its parent.
#[test]
fn what_was_shown_is_handed_to_the_guard() {
    let Some(sandbox) = production("", "") else { return };
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ")
        .send("test \"$DBGUARD_SHOWN\" = \"$fish_pid production db.prod.demo/app\"; and echo y''es\r");
    pty.wait_for("yes").wait_for("<0|0> ");
    end(&mut pty);
}

#[test]
fn other_prompts_options_and_hooks_are_left_alone() {
    let hooks = "function other --on-event fish_prompt; set -g seen $status; end\nset -g IFS ''";
    let Some(sandbox) = production(hooks, "function emit; end; function commandline; end; functions -e commandline")
    else {
        return;
    };
    let mut pty = fish(&sandbox);
    pty.wait_for("▲ PRODUCTION db.prod.demo/app <0|0> ").send("read -P 'Name: ' name\r").wait_for("\nName: ");
    pty.send("x\r").wait_for("⏎ ▲ PRODUCTION db.prod.demo/app <0|0> ").send("jobs\r").wait_for("There are no jobs");
    pty.send("sh -c 'exit 7'\r").wait_for("<7|7> ").send("echo =$seen=\r").wait_for("=7=");
    end(&mut pty);
}

#[test]
fn the_line_completes_dbguard_too_where_no_package_does() {
    let Some(sandbox) = production("", "") else { return };
    symlink(DBGUARD, sandbox.path("bin/dbguard")).unwrap();
    let mut pty = fish(&sandbox);
    pty.wait_for("<0|0> ").send("dbguard env sho\t").wait_for("env show ").send("stag\t").wait_for("env show staging");
    pty.send("\x15__dbguard_remove\r").wait_for("⏎ <0|0> ");
    pty.send("begin; functions -an; set --names; complete -c dbguard; end | string match '*dbguard*' | count\r");
    pty.wait_for("\n0");
    end(&mut pty);
}
