//! dbguard in bash under a person's aliases, terminals, `PATH` and mishaps. The numbers are those of the table in
//! docs/SHELLS.md.

use std::fs;

use crate::shell_bash::{INIT, PRODUCTION, SILENT, STAGING, Session, world};
use crate::shell_bash_hook::{answers, hook, production};
use crate::support::Sandbox;

#[test]
fn b13_aliases_of_the_user_do_not_get_into_the_code_and_are_aliases_still() {
    let names =
        "local typeset declare export unset set trap printf cd stat test hash shopt return case cat true grep psql";
    let alias = format!("for name in {names}; do alias $name='false; false'; done");
    let sandbox = world();
    let mut session = Session::start(&sandbox, &format!("{alias}\n{INIT}\nunalias -a; alias hello='echo hi'"));
    session.is_quiet();
    assert_eq!(session.prompt(), PRODUCTION);
    assert_eq!(session.line("hello"), "hi");
    session.line("unalias hello; shopt -u expand_aliases");
    assert_eq!(session.line(&format!("{INIT}; shopt expand_aliases")).split_whitespace().last(), Some("off"));
    session.end();
}

#[test]
fn b14_to_evaluate_it_again_changes_nothing() {
    for before in ["", "PROMPT_COMMAND=true", "PROMPT_COMMAND=(true)", "export PROMPT_COMMAND=true"] {
        let sandbox = world();
        let mut session = Session::start(&sandbox, &format!("{before}\n{INIT}"));
        let state = "declare -p PROMPT_COMMAND PATH; echo ${#PS1}";
        let first = session.line(state);
        for _ in 0..3 {
            session.line(INIT);
        }
        assert_eq!(session.line(state), first);
        assert_eq!(session.prompt(), PRODUCTION);
        session.end();
    }
}

#[test]
fn b15_init_prints_nothing_and_a_shell_that_is_not_interactive_gets_the_path_alone() {
    let sandbox = world();
    sandbox.tool("bash", ["-c", INIT]).status(0);
    sandbox.tool("bash", ["-ec", &format!("set -u; {INIT}; true")]).status(0);
    let said = sandbox.tool("bash", ["-c", &format!("{INIT}; echo \"${{PATH%%:*}} ${{PS1-}}${{PROMPT_COMMAND-}}\"")]);
    said.stdout("[DIR]/home/.local/share/dbguard/shims \n").status(0);
}

#[test]
fn b16_a_dumb_terminal_gets_words_and_no_sequence_at_all() {
    let sandbox = world().var("TERM", "dumb");
    let mut session = Session::start(&sandbox, INIT);
    session.line("");
    assert_eq!(session.prompt(), PRODUCTION);
    session.line("PGHOST=db.staging.demo");
    session.line(&format!("rm {}", sandbox.path("bin/dbguard").display()));
    session.line("PGHOST=db.prod.demo");
    assert_eq!(session.prompt(), SILENT);
    let raw = session.end();
    assert!(!raw.contains(&0x1b), "{}", String::from_utf8_lossy(&raw));
}

#[test]
fn b17_b18_a_program_that_goes_away_is_said_where_the_segment_stood_and_an_upgrade_is_followed() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, INIT);
    // What was written a moment before the first prompt is asked for once more.
    session.line("sleep 0.1");
    session.line("");
    session.line("mv ../bin/dbguard ../bin/old");
    // Nothing else has changed, but nothing is guarded either.
    assert_eq!(session.prompt(), SILENT);
    session.line("PGHOST=db.staging.demo");
    assert_eq!(session.prompt(), SILENT);
    assert_eq!(session.line("echo \"[${DBGUARD_SHOWN-}]\""), "[]");
    session.is_quiet();
    assert_eq!(session.prompt(), SILENT);
    // The link now leads to a copy under another path.
    session.line("cp -L ../bin/old ../run/new && ln -s ../run/new ../bin/dbguard");
    assert_eq!(session.prompt(), STAGING);
    session.line("ln -sf /bin/false ../bin/dbguard; PGHOST=db.prod.demo");
    assert_eq!(session.prompt(), SILENT);
    session.is_quiet();
    session.end();
}

#[test]
fn b19_an_emptied_path_is_taken_quietly() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, &format!("{INIT}; keep=$PATH"));
    for path in ["PATH=", "unset PATH", "PATH=:", "PATH=/nowhere"] {
        session.line(path);
        session.is_quiet();
        assert_eq!(session.prompt(), PRODUCTION, "{path}");
    }
    session.line("PATH=$keep");
    session.end();
}

#[test]
fn the_shims_stay_first_on_path_and_empty_elements_keep_their_meaning() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, &format!("{INIT}; keep=$PATH; s=${{PATH%%:*}}"));
    for (path, expected) in [
        ("/usr/bin:$s:/bin", "S:/usr/bin:/bin"),
        ("/usr/bin:/bin:$s", "S:/usr/bin:/bin"),
        ("/usr/bin:$s:$s:/bin:$s", "S:/usr/bin:/bin"),
        (":$s", "S:"),
        (":/bin", "S::/bin"),
        ("/bin:", "S:/bin:"),
        ("/bin::/usr/bin", "S:/bin::/usr/bin"),
        ("$s", "S"),
        ("$s:", "S:"),
        ("", "S:"),
    ] {
        session.line(&format!("PATH={path}"));
        assert_eq!(session.line("echo \"${PATH//\"$s\"/S}\""), expected, "{path}");
    }
    session.line("PATH=$keep");
    session.end();
}

#[test]
fn b20_every_sequence_in_the_prompt_is_marked_as_taking_no_room() {
    for position in ["left", "line", "right"] {
        for off in ["", "shopt -u promptvars"] {
            let sandbox = world();
            let mut session = Session::start(&sandbox, &format!("{INIT}\n{off}"));
            session.line(&format!("__dbguard_position={position}; __dbguard_dress; __dbguard_decorate"));
            let shown = session.line(
                "p=${PS1@P}; while [[ $p == *$'\\001'* ]]; do p=${p%%$'\\001'*}${p#*$'\\002'}; done; declare -p p",
            );
            assert!(!shown.contains("\\E") && !shown.contains('\x1b'), "{position} {off}: {shown}");
            session.end();
        }
    }
}

#[test]
fn b21_b22_no_job_is_left_and_nothing_is_traced() {
    let sandbox = world().var("DEBUG", "1");
    let mut session = Session::start(&sandbox, INIT);
    session.line("PGHOST=db.staging.demo");
    assert_eq!(session.line("jobs"), "");
    session.is_quiet();
    // A person who traces their own commands sees little of ours, and goes on tracing.
    session.line("set -x");
    let traced = session.line("true traced");
    assert!(traced.contains("+ true traced"), "{traced}");
    assert!(traced.lines().count() < 8, "{traced}");
    session.end();
}

#[test]
fn b23_ctrl_c_at_the_prompt_gives_the_next_one() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, INIT);
    session.pty.send("echo half a comm").wait_for("half a comm");
    // Readline 8.2 loses an interrupt that comes while it takes a key, without dbguard as well.
    std::thread::sleep(std::time::Duration::from_millis(300));
    session.pty.send("\x03");
    session.wait();
    assert_eq!(session.prompt(), PRODUCTION);
    assert_eq!(session.line("echo $?"), "130");
    session.is_quiet();
    session.end();
}

#[test]
fn b24_the_evaluation_works_without_quotes() {
    let sandbox = world();
    let session = Session::start(&sandbox, "eval $(dbguard init bash)");
    assert_eq!(session.prompt(), PRODUCTION);
    session.end();
}

#[test]
fn an_interrupt_leaves_the_options_as_they_were() {
    let sandbox = Sandbox::new();
    answers(&sandbox, &production(&sandbox));
    let mut session = Session::start(&sandbox, &hook(&sandbox));
    let program = sandbox.path("bin/canned program");
    let quick = fs::read(&program).unwrap();
    for options in ["u", "uv", "x", "f"] {
        session.line(&format!("set -{options}; echo $- >before"));
        fs::write(&program, "#!/bin/sh\necho asking >/dev/tty\nsleep 20\n").unwrap();
        session.pty.send(format!("PGHOST=x{options}\n")).wait_for("asking");
        session.pty.send("\x03");
        session.wait();
        fs::write(&program, &quick).unwrap();
        session.line("echo $- >after");
        assert_eq!(sandbox.read("work/after"), sandbox.read("work/before"), "{options}");
        session.line(&format!("set +{options}"));
    }
    session.end();
}

#[test]
fn who_is_interrupted_while_an_answer_is_taken_over_finds_it_at_the_next_prompt() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, INIT);
    session.line("eval \"whole_$(declare -f __dbguard_dress)\"");
    session.line("__dbguard_dress() { if [[ ${cut-} ]]; then whole___dbguard_dress; else cut=1; kill -INT $$; fi; }");
    session.line("PGHOST=db.staging.demo");
    session.line("");
    assert_eq!(session.prompt(), STAGING);
    session.end();
}

#[test]
fn a_ps1_that_happens_to_be_as_long_as_ours_is_decorated() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, INIT);
    for line in ["", "own=ready", "own+='> '", "printf -v PS1 '%*s' ${#PS1} \"$own\""] {
        session.line(line);
    }
    assert!(session.prompt().starts_with(PRODUCTION), "{}", session.prompt());
    session.end();
}

#[test]
fn a_service_that_is_set_to_nothing_is_one_to_psql() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, INIT);
    session.line("export PGSERVICE=");
    assert!(session.prompt().contains("UNKNOWN"), "{}", session.prompt());
    session.line("unset PGSERVICE");
    assert_eq!(session.prompt(), PRODUCTION);
    session.end();
}

#[test]
fn with_a_readonly_ifs_nothing_is_known_and_that_is_said() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, INIT);
    session.line("readonly IFS");
    assert_eq!(session.line("PGHOST=db.staging.demo"), "");
    assert_eq!(session.prompt(), SILENT);
    session.end();
}

#[test]
fn a_value_that_is_a_pattern_of_the_next_one_is_another_value() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, INIT);
    for pattern in
        ["db.*.demo", "db.pro?.demo", "db.[p]rod.demo", "db.@(prod).demo", r"db.\prod.demo", "db.\x7fprod.demo"]
    {
        session.line(&format!("PGHOST='{pattern}'"));
        // By now the hook compares all in one.
        session.line("");
        session.line("");
        assert!(session.prompt().starts_with("▲ UNKNOWN "), "{pattern}: {}", session.prompt());
        session.line("PGHOST=db.prod.demo");
        assert_eq!(session.prompt(), PRODUCTION, "{pattern}");
        session.is_quiet();
    }
    session.end();
}

#[test]
fn two_options_that_are_as_long_as_each_other_are_two() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, INIT);
    for line in ["shopt -s cdable_vars", "", "shopt -u cdable_vars; shopt -s nocasematch", "PGHOST=DB.STAGING.DEMO"] {
        session.line(line);
    }
    session.line("PGHOST=db.staging.demo");
    assert_eq!(session.prompt(), STAGING);
    session.line("shopt -u nocasematch; shopt -s nocaseglob");
    session.line("");
    session.line("shopt -u nocaseglob promptvars; shopt -s gnu_errfmt");
    assert_eq!(session.prompt(), STAGING);
    session.end();
}

#[test]
fn words_that_are_taken_for_assignments_change_nothing() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, INIT);
    for line in ["set -k", "", "PGHOST=db.staging.demo"] {
        session.line(line);
    }
    assert_eq!(session.prompt(), STAGING);
    assert!(session.line("echo $-").contains('k'));
    session.line("set +k; PGHOST=db.prod.demo");
    assert_eq!(session.prompt(), PRODUCTION);
    session.end();
}

#[test]
fn at_the_right_edge_it_is_shown_where_the_prompt_leaves_room() {
    let sandbox = world().config(&format!("{}\n[prompt]\nposition = \"right\"\n", crate::shell_bash::CONFIG));
    let sandbox = sandbox.dir(&format!("work/{}", "long".repeat(50)));
    let mut session = Session::start(&sandbox, &format!("PS1='\\W ready> '; {INIT}"));
    // At the left a blank stands between the two.
    let right = |session: &Session<'_>| {
        session.prompt().starts_with(PRODUCTION.trim_end()) && !session.prompt().starts_with(PRODUCTION)
    };
    session.line("");
    session.line("");
    assert!(right(&session), "{}", session.prompt());
    session.line("cd long*");
    assert!(session.prompt().starts_with(PRODUCTION), "{}", session.pty.screen());
    session.line("own=dy; PS1=\"rea$own> \"");
    assert!(right(&session), "{}", session.pty.screen());
    session.line("PS1='$(echo twice >>asked)'\"rea$own> \"");
    assert!(session.prompt().starts_with(PRODUCTION), "{}", session.pty.screen());
    assert_eq!(session.line("cat asked"), "twice");
    session.end();
}
