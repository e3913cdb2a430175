//! What the hook leaves as it was in zsh: status, traps, options, aliases, a dumb terminal, and the shell after removal.

use std::fmt::Write as _;

use crate::shell_zsh::{INIT, PLAIN, PRODUCTION, SHOWN, count, prompts, raw, typed, usual, world, zsh};
use crate::support::tool;

#[test]
fn status_pipestatus_and_the_last_argument_are_those_of_the_command() {
    let rc = format!(
        "{PLAIN}first() {{ print -r -- \"$? $pipestatus\" >>before }}\nprecmd_functions+=(first)\n{INIT}\
         last() {{ print -r -- \"$? $pipestatus\" >>after }}\nprecmd_functions+=(last)\nPROMPT='%? ready> '\n"
    );
    let sandbox = world(&rc);
    let lines = [
        PRODUCTION,
        "false | true | (exit 3)",
        "print -r -- \"$? $pipestatus\" >next",
        "export PGPORT=1; (exit 7)",
        "print -r -- $? >>next",
        "print one two",
        "print -r -- $_ >>next",
    ];
    let Some(ended) = typed(&sandbox, &lines) else { return };
    assert_eq!(sandbox.read("work/next"), "3 1 0 3\n7\ntwo\n");
    assert_eq!(sandbox.read("work/before"), sandbox.read("work/after"));
    assert!(sandbox.read("work/after").contains("\n3 1 0 3\n"), "{}", sandbox.read("work/after"));
    assert!(ended.screen.contains("3 ready> "), "{}", ended.screen);
}

#[test]
fn a_trap_that_prints_before_each_command_gets_into_no_answer_and_stays() {
    let sandbox = world(&format!("{PLAIN}trap 'print tracing' DEBUG\n{INIT}"));
    let Some(ended) = typed(&sandbox, &[PRODUCTION, "true", "trap >traps"]) else { return };
    assert!(ended.screen.contains(SHOWN), "{}", ended.screen);
    assert_eq!(sandbox.read("work/traps"), "trap -- 'print tracing' DEBUG\n");
}

#[test]
fn a_readonly_var_of_ours_is_left_alone_without_a_word() {
    let sandbox = world(&format!("{PLAIN}readonly DBGUARD_SHOWN=mine\n{INIT}"));
    let Some(ended) = typed(&sandbox, &[PRODUCTION, "true"]) else { return };
    assert!(ended.screen.contains(SHOWN) && !ended.screen.contains("read-only"), "{}", ended.screen);
}

#[test]
fn traps_of_the_user_are_kept() {
    let rc = format!(
        "{PLAIN}trap 'print usr1' USR1\ntrap 'print zerr >>zerr' ZERR\nTRAPINT() {{ print interrupted; return 130 }}\n\
         trap >before; functions TRAPINT >>before\n{INIT}"
    );
    let sandbox = world(&rc);
    let Some(ended) = typed(&sandbox, &[PRODUCTION, "true", "trap >after; functions TRAPINT >>after"]) else { return };
    assert_eq!(sandbox.read("work/before"), sandbox.read("work/after"));
    assert!(ended.screen.contains(SHOWN), "{}", ended.screen);
    assert!(!sandbox.path("work/zerr").exists(), "{}", sandbox.read("work/zerr"));
}

/// Options of zsh that have broken the hooks of others, and their neighbours.
const ODD_OPTIONS: &str = "\
    nounset err_exit err_return ksh_arrays sh_word_split warn_create_global warn_nested_var glob_subst \
    null_glob csh_null_glob no_match no_clobber all_export print_exit_value posix_builtins \
    posix_identifiers ignore_braces ignore_close_braces rc_expand_param sh_glob ksh_glob octal_zeroes \
    c_bases typeset_silent no_short_loops path_dirs auto_cd sh_file_expansion no_unset no_equals \
    no_bare_glob_qual no_multios no_eval_lineno bsd_echo pipe_fail prompt_subst prompt_bang no_aliases \
    interactive_comments ksh_typeset local_options local_traps hist_subst_pattern csh_junkie_quotes \
    no_function_argzero no_bg_nice extended_glob numeric_glob_sort mark_dirs glob_dots case_glob \
    no_case_match rm_star_silent";

#[test]
fn odd_options_make_no_noise_and_lose_nothing() {
    let options: Vec<&str> = ODD_OPTIONS.split_whitespace().collect();
    for options in options.chunks(9).chain([&options[..1], &options[1..2], &options[3..4], &options[16..17]]) {
        let set: String = options.iter().fold(String::new(), |mut out, option| {
            writeln!(out, "setopt {option} 2>/dev/null || true").unwrap();
            out
        });
        for rc in [format!("{PLAIN}{set}{INIT}"), format!("{PLAIN}{INIT}{set}")] {
            let sandbox = world(&rc);
            let Some(mut pty) = zsh(&sandbox) else { return };
            pty.wait_for("ready> ").send(format!("{PRODUCTION}\n"));
            pty.wait_for(SHOWN).send("true\n").wait_for(SHOWN).send("exit\n");
            let ended = pty.finish();
            let noise = ["zsh:", "dbguard_", "not set", "bad "];
            assert!(!noise.iter().any(|word| ended.screen.contains(word)), "{options:?}: {}", ended.screen);
            assert_eq!(ended.code, 0, "{options:?}");
        }
    }
}

#[test]
fn aliases_do_not_get_into_the_code_and_the_guard_still_runs() {
    let words =
        ["local", "typeset", "print", "builtin", "emulate", "unset", "return", "function", "if", "eval2", "rehash"];
    let aliases: String = words.iter().fold(String::new(), |mut out, word| {
        writeln!(out, "alias {word}='echo ALIASED'").unwrap();
        out
    });
    let sandbox = world(&format!("{PLAIN}alias psql='psql -X'\n{aliases}{INIT}"));
    let Some(mut pty) = zsh(&sandbox) else { return };
    pty.wait_for("ready> ").send(format!("{PRODUCTION}\n")).wait_for(SHOWN);
    pty.send("psql\n").wait_for("Type the host to go on:").send("\x03").wait_for(SHOWN).send("exit\n");
    let ended = pty.finish();
    assert!(!ended.screen.contains("ALIASED"), "{}", ended.screen);
}

#[test]
fn read_again_and_again_it_stands_there_once() {
    let sandbox = usual();
    let again = "source ~/.zshrc; source ~/.zshrc; eval $(dbguard init zsh); PROMPT=\"[x] $PROMPT\"";
    let lines = [
        PRODUCTION,
        again,
        "true",
        "print -r -- $precmd_functions $zshexit_functions >out; print -l $path | grep -c dbguard/shims >>out",
    ];
    let Some(ended) = typed(&sandbox, &lines) else { return };
    assert_eq!(sandbox.read("work/out"), "__dbguard_precmd __dbguard_exit\n1\n");
    assert_eq!(prompts(&ended)[2..4], ["▲ PRODUCTION db1.prod.demo/app [x]", "▲ PRODUCTION db1.prod.demo/app [x]"]);
}

#[test]
fn without_quotes_around_the_substitution_it_is_the_same() {
    let sandbox = world(&format!("{PLAIN}eval $(dbguard init zsh)\n"));
    let Some(ended) = typed(&sandbox, &[PRODUCTION, "true"]) else { return };
    assert!(ended.screen.contains(SHOWN), "{}", ended.screen);
}

#[test]
fn starting_says_nothing_and_a_script_gets_the_path_alone() {
    if tool("zsh").is_none() {
        return;
    }
    let sandbox = usual();
    sandbox.tool("zsh", ["-d", "-i", "-c", "true"]).status(0);
    let script = format!(
        "{INIT}print -r -- $path[1]; set | grep -v shims= | grep -v dbguard-test | grep -i dbguard; typeset -f | grep dbguard; true"
    );
    sandbox.tool("zsh", ["-f", "-c", &script]).stdout("[DIR]/home/.local/share/dbguard/shims\n").status(0);
}

#[test]
fn a_dumb_terminal_is_sent_no_escape_sequence_more_than_without() {
    let lines = [PRODUCTION, "true"];
    let bare = world(PLAIN).var("TERM", "dumb");
    let Some(bare) = typed(&bare, &lines) else { return };
    let hooked = usual().var("TERM", "dumb");
    let Some(hooked) = typed(&hooked, &lines) else { return };
    assert_eq!(count(&raw(&hooked), "\x1b"), count(&raw(&bare), "\x1b"), "{:?}", raw(&hooked));
    assert!(hooked.screen.contains(SHOWN), "{}", hooked.screen);
}

#[test]
fn no_jobs_and_no_trace_come_of_it() {
    let sandbox = usual().var("DEBUG", "1");
    let Some(ended) = typed(&sandbox, &[PRODUCTION, "true", "jobs >out", "set -x", "set +x"]) else { return };
    assert_eq!(sandbox.read("work/out"), "");
    assert!(!ended.screen.contains("__dbguard_ask"), "{}", ended.screen);
}

#[test]
fn taken_out_of_the_running_shell_nothing_of_it_is_left() {
    let sandbox = usual();
    let lines = [
        PRODUCTION,
        "__dbguard_remove",
        "{ set; typeset -f } | grep -v dbguard-test | grep -i dbguard >out; print -r -- $PROMPT$#precmd_functions$#psvar >>out",
    ];
    let Some(ended) = typed(&sandbox, &lines) else { return };
    assert_eq!(sandbox.read("work/out"), "ready> 00\n");
    assert!(raw(&ended).contains("\x1b]0;work\x07"), "{:?}", raw(&ended));
}

#[test]
fn arrays_of_hooks_that_were_not_there_go_with_it_and_those_of_the_user_stay() {
    let lists =
        "print -r -- ${(t)precmd_functions-none} $precmd_functions ${(t)zshexit_functions-none} $zshexit_functions";
    for (before, between, expected) in [
        ("", "true", "none none"),
        ("", "source ~/.zshrc", "none none"),
        ("", "zshexit_functions+=(mine); mine() { true }", "none array mine"),
        ("precmd_functions=()\n", "true", "array none"),
        ("autoload -U add-zsh-hook; mine() { true }; add-zsh-hook precmd mine\n", "true", "array mine none"),
    ] {
        let sandbox = world(&format!("{PLAIN}{before}{INIT}"));
        let lines = [between, "eval \"$(dbguard init zsh --remove)\"", &format!("{lists} >out")];
        let Some(_) = typed(&sandbox, &lines) else { return };
        assert_eq!(sandbox.read("work/out").trim_end(), expected, "{before}{between}");
    }
}

#[test]
fn a_restricted_shell_gets_nothing_and_no_complaint() {
    let sandbox = world(PLAIN);
    let Some(ended) =
        typed(&sandbox, &["code=$(dbguard init zsh); set -r", "eval $code", "eval \"$code\"", PRODUCTION])
    else {
        return;
    };
    assert!(!ended.screen.contains("dbguard_"), "{}", ended.screen);
    assert_eq!(prompts(&ended)[4], "");
}
