//! The hook in zsh beside prompt frameworks and other hooks: the label is shown once, and the title is ours.
//!
//! powerlevel10k, oh-my-zsh, starship and VS Code are in no package of Debian. What stands for them here does what they do to
//! PROMPT, to the hooks and to standard output; powerlevel9k, direnv and zoxide are the real ones.

use std::path::Path;

use crate::shell_zsh::{CONFIG, INIT, PLAIN, PRODUCTION, TITLE, count, prompts, raw, typed, usual, world, zsh};
use crate::support::{Tmux, tool};

const LABEL: &str = "▲ PRODUCTION db1.prod.demo/app";

/// As powerlevel10k: the first part keeps standard output away until the first prompt and complains of what was printed;
/// the second is a precmd function that wants to be last, and builds PROMPT from the elements that stood there when it
/// first ran, or when it was told to read them again.
const INSTANT: &str = "exec {kept}>&1 {kept2}>&2 >~/printed 2>&1 </dev/null
give_back() {
  exec >&$kept 2>&$kept2 </dev/tty
  [[ -s ~/printed ]] && print -r -- 'WARNING: Console output during zsh initialization detected'
  precmd_functions=(${precmd_functions:#give_back})
}
precmd_functions=(give_back $precmd_functions)
";
const P10K: &str = "POWERLEVEL9K_LEFT_PROMPT_ELEMENTS=(dir)
p10k() {
  local state fore text OPTARG OPTIND opt
  case $1 in
    reload) unset elements ;;
    segment)
      shift
      while getopts ':s:f:b:t:' opt; do
        case $opt in s) state=$OPTARG ;; f) fore=$OPTARG ;; t) text=$OPTARG ;; esac
      done
      built+=\"<${funcstack[2]#prompt_}-$state %F{$fore}$text%f>\" ;;
  esac
}
prompt_dir() { p10k segment -s '' -f 4 -t '%1~' }
_p9k_precmd() {
  local name built
  (( $+elements )) || typeset -ga elements=($POWERLEVEL9K_LEFT_PROMPT_ELEMENTS)
  for name in $elements; do (( $+functions[prompt_$name] )) && prompt_$name; done
  PROMPT=\"${built}ready> \"
}
precmd_functions=($precmd_functions _p9k_precmd)
";

#[test]
fn in_powerlevel10k_the_label_is_a_segment_of_its_own_state_and_shown_once() {
    for (before, after) in [(P10K, ""), ("", P10K)] {
        let sandbox = world(&format!("{PLAIN}{before}{INIT}{after}"));
        let lines = [PRODUCTION, "true", "export PGHOST=x.staging.demo", "print -r -- $precmd_functions >out"];
        let Some(ended) = typed(&sandbox, &lines) else { return };
        let production = format!("<dbguard-PRODUCTION {LABEL}><dir- work>");
        let staging = "<dbguard-STAGING ■ STAGING x.staging.demo/app><dir- work>".to_owned();
        assert_eq!(prompts(&ended)[1..5], [production.clone(), production, staging.clone(), staging]);
        assert_eq!(sandbox.read("work/out"), "__dbguard_precmd _p9k_precmd\n");
        assert!(raw(&ended).contains("\x1b[31m▲"), "{:?}", raw(&ended));
    }
}

#[test]
fn a_segment_that_the_user_has_placed_stays_there() {
    let placed = "POWERLEVEL9K_LEFT_PROMPT_ELEMENTS=(dir dbguard)\n";
    let Some(ended) = typed(&world(&format!("{PLAIN}{P10K}{placed}{INIT}")), &[PRODUCTION, "true"]) else { return };
    assert_eq!(prompts(&ended)[1], format!("<dir- work><dbguard-PRODUCTION {LABEL}>"));
}

#[test]
fn the_instant_prompt_of_powerlevel10k_finds_nothing_printed_and_the_first_title_is_sent() {
    for init in [format!("{INSTANT}{INIT}{P10K}"), format!("{INSTANT}{P10K}{INIT}")] {
        let sandbox = world(&format!("{PLAIN}{PRODUCTION}\n{init}"));
        let Some(ended) = typed(&sandbox, &["true"]) else { return };
        assert!(!ended.screen.contains("WARNING"), "{}", ended.screen);
        assert_eq!(sandbox.read("home/printed"), "");
        assert_eq!(count(&raw(&ended), TITLE), 2, "{:?}", raw(&ended));
        assert!(ended.screen.contains(LABEL), "{}", ended.screen);
    }
}

#[test]
fn powerlevel9k_itself_shows_it_once() {
    let theme = "/usr/share/powerlevel9k/powerlevel9k.zsh-theme";
    if !Path::new(theme).exists() && tool("powerlevel9k.zsh-theme").is_none() {
        return;
    }
    let load = format!("source {theme}\n");
    let elements = "POWERLEVEL9K_DISABLE_RPROMPT=true\nPOWERLEVEL9K_LEFT_PROMPT_ELEMENTS=(custom_end)\n\
                    POWERLEVEL9K_CUSTOM_END='print ready\\>'\n";
    for rc in [format!("{PLAIN}{elements}{load}{INIT}"), format!("{PLAIN}{elements}{INIT}{load}")] {
        let Some(ended) = typed(&world(&rc), &[PRODUCTION, "true"]) else { return };
        assert_eq!(count(&prompts(&ended)[2], LABEL), 1, "{}", ended.screen);
    }
}

/// As spaceship's `lib/prompts.zsh` and `lib/core.zsh`: the prompt is built anew at each prompt and when a job is done.
#[test]
fn spaceship_builds_its_prompt_anew_while_a_line_is_edited_and_the_label_stays() {
    let spaceship = "setopt prompt_subst\nspaceship::populate() {\n  PROMPT='$(print ship ready\\> )'\n}\n\
                     precmd_functions+=(spaceship::populate)\n\
                     render() { spaceship::populate; zle .reset-prompt && zle -R }\nzle -N render\nbindkey '^G' render\n";
    for rc in [format!("{spaceship}{INIT}"), format!("{INIT}{spaceship}")] {
        let sandbox = world(&format!("{PLAIN}{PRODUCTION}\n{rc}"));
        let Some(mut pty) = zsh(&sandbox) else { return };
        pty.wait_for(&format!("{LABEL} ship ready>")).send("echo half\x07").wait_for(&format!("{LABEL} ship ready>"));
        pty.send("-line; __dbguard_remove\n").wait_for("half-line\n").wait_for("ship ready>");
        pty.send("functions spaceship::populate >out; print -r -- $PROMPT >>out\n")
            .wait_for("ship ready>")
            .send("exit\n");
        pty.finish();
        assert_eq!(
            sandbox.read("work/out"),
            "spaceship::populate () {\n\tPROMPT='$(print ship ready\\> )' \n}\n$(print ship ready\\> )\n"
        );
    }
}

#[test]
fn switched_off_in_the_shells_own_prompt_it_is_still_told_to_a_prompt_that_asks() {
    let off = format!("{CONFIG}[prompt]\nshow = \"never\"\n");
    let module = "setopt prompt_subst\nPROMPT='<$(dbguard prompt)>ready> '\n";
    let sandbox = world(&format!("{PLAIN}{module}{INIT}")).config(&off);
    let Some(ended) = typed(&sandbox, &[PRODUCTION, "unset PGHOST PGDATABASE", "true"]) else { return };
    assert_eq!(prompts(&ended)[1..3], [format!("<{LABEL}>"), "<>".to_owned()]);
}

/// As oh-my-zsh's termsupport.zsh: both titles before each prompt, and the command's while it runs.
const OH_MY_ZSH: &str = "omz_precmd() {
  [[ ${DISABLE_AUTO_TITLE:-} != true ]] || return 0
  print -Pn '\\e]2;%n@%m:%~\\a\\e]1;%~\\a'
}
precmd_functions+=(omz_precmd)
";

#[test]
fn the_title_of_oh_my_zsh_never_stands_over_ours_from_the_first_prompt_on() {
    for (before, after) in [(OH_MY_ZSH, ""), ("", OH_MY_ZSH)] {
        let sandbox = world(&format!("{PLAIN}{PRODUCTION}\n{before}{INIT}{after}"));
        let Some(ended) = typed(&sandbox, &["true", "true"]) else { return };
        let sent = raw(&ended);
        let prompts: Vec<&str> = sent.split("ready> ").collect();
        for prompt in &prompts[..3] {
            assert!(prompt.rfind(TITLE) > prompt.rfind("\x1b]2;root"), "{prompt:?}");
            assert_eq!(count(prompt, TITLE), 1, "{prompt:?}");
        }
    }
}

#[test]
fn a_title_in_the_prompt_itself_is_followed_by_ours() {
    let name = "export PGDATABASE='$(touch pwned)%n!'";
    for option in ["", "setopt prompt_subst prompt_bang\n"] {
        let own = "PROMPT=$'%{\\e]0;%n: %~\\a%}ready> '\n";
        let sandbox = world(&format!("{PLAIN}{option}{own}{INIT}"));
        let lines =
            [PRODUCTION, "PROMPT=\"$PROMPT\"", name, "unset PGHOST PGDATABASE", "print -r -- ${(V)PROMPT} >out"];
        let Some(ended) = typed(&sandbox, &lines) else { return };
        let sent = raw(&ended);
        let of_prompt = |number: usize| sent.split("ready> ").nth(number).unwrap().split("\x1b[K").next().unwrap();
        assert!(of_prompt(2).contains(TITLE) && of_prompt(3).contains(TITLE), "{sent:?}");
        assert!(of_prompt(4).contains("\x1b]0;▲ PRODUCTION db1.prod.demo/$(touch pwned)%n!\x07"), "{sent:?}");
        assert!(!sandbox.path("work/pwned").exists());
        assert_eq!(count(&sandbox.read("work/out"), "PRODUCTION"), 0, "{}", sandbox.read("work/out"));
    }
}

#[test]
fn who_wants_no_titles_from_oh_my_zsh_gets_none_from_us() {
    let sandbox = world(&format!("{PLAIN}DISABLE_AUTO_TITLE=true\n{OH_MY_ZSH}{INIT}"));
    let Some(ended) = typed(&sandbox, &[PRODUCTION, "true"]) else { return };
    assert_eq!(count(&raw(&ended), "\x1b]"), 0, "{:?}", raw(&ended));
    assert_eq!(prompts(&ended)[1], LABEL);
}

#[test]
fn a_prompt_that_is_a_command_substitution_as_that_of_starship_keeps_the_label() {
    let starship = "setopt prompt_subst\nstarship_precmd() { STATUS=$? }\nprecmd_functions+=(starship_precmd)\n\
                    PROMPT='$(print -r -- \"${STATUS} ready> \")'\nRPROMPT='$(print right)'\n";
    for rc in [format!("{PLAIN}{starship}{INIT}"), format!("{PLAIN}{INIT}{starship}")] {
        let Some(ended) = typed(&world(&rc), &[PRODUCTION, "(exit 7)", "true"]) else { return };
        assert_eq!(prompts(&ended)[1..3], [format!("{LABEL} 0"), format!("{LABEL} 7")]);
    }
}

#[test]
fn a_prompt_that_is_assigned_before_each_line_as_that_of_oh_my_posh_keeps_the_label() {
    let posh = "posh_precmd() { PS1='posh ready> '; RPROMPT=right }\nprecmd_functions+=(posh_precmd)\n";
    for rc in [format!("{PLAIN}{posh}{INIT}"), format!("{PLAIN}{INIT}{posh}")] {
        let sandbox = world(&format!("{PRODUCTION}\n{rc}"));
        let Some(ended) = typed(&sandbox, &["true", "true"]) else { return };
        let shown = format!("{LABEL} posh");
        assert_eq!(prompts(&ended)[..3], [shown.clone(), shown.clone(), shown]);
    }
}

#[test]
fn the_marks_that_vs_code_puts_around_the_prompt_do_not_multiply_it() {
    let code = "code_precmd() { prior=$PS1; PS1=$'%{\\e]633;A\\a%}'$PS1$'%{\\e]633;B\\a%}' }\n\
                code_preexec() { PS1=$prior }\nprecmd_functions+=(code_precmd)\npreexec_functions+=(code_preexec)\n";
    for rc in [format!("{PLAIN}{code}{INIT}"), format!("{PLAIN}{INIT}{code}")] {
        let sandbox = world(&rc);
        let Some(ended) = typed(&sandbox, &[PRODUCTION, "true", "source ~/.zshrc", "true"]) else { return };
        for shown in &prompts(&ended)[1..] {
            assert_eq!(count(shown, LABEL), 1, "{}", ended.screen);
        }
    }
}

#[test]
fn direnv_sets_a_var_and_the_same_prompt_shows_it() {
    if tool("direnv").is_none() {
        return;
    }
    let direnv = "eval \"$(direnv hook zsh)\"\n";
    for rc in [format!("{PLAIN}{direnv}{INIT}"), format!("{PLAIN}{INIT}{direnv}")] {
        let sandbox = world(&rc).file("work/p/.envrc", format!("{PRODUCTION}\n"));
        let lines = ["direnv allow p", "cd p 2>/dev/null", "true", "cd ..", "true"];
        let Some(ended) = typed(&sandbox, &lines) else { return };
        assert_eq!(prompts(&ended)[3], LABEL, "{}", ended.screen);
        assert_eq!(prompts(&ended)[5], "", "{}", ended.screen);
        assert_eq!(prompts(&ended)[2], LABEL, "{}", ended.screen);
    }
}

#[test]
fn zoxide_changes_the_directory_and_the_project_is_seen() {
    if tool("zoxide").is_none() {
        return;
    }
    let sandbox = world(&format!("{PLAIN}eval \"$(zoxide init zsh)\"\n{INIT}"));
    let sandbox = sandbox.file("work/shop/.env", "DATABASE_URL=postgres://db1.prod.demo/app\n");
    let Some(ended) = typed(&sandbox, &["cd shop", "cd ..", "z shop", "true"]) else { return };
    assert!(prompts(&ended)[3].starts_with(LABEL), "{}", ended.screen);
    assert_eq!(prompts(&ended)[2], "", "{}", ended.screen);
}

#[test]
fn hooks_that_are_called_while_the_line_is_edited_print_nothing_into_it() {
    let widget = "go() { cd /; local f; for f in $precmd_functions; do $f; done; zle reset-prompt }\nzle -N go\nbindkey '^G' go\n";
    let sandbox = world(&format!("{PLAIN}{PRODUCTION}\n{INIT}{widget}"));
    let Some(mut pty) = zsh(&sandbox) else { return };
    pty.wait_for("ready> ").send("echo half\x07").wait_for("ready> ").send("-line\n").wait_for("half-line\n");
    pty.wait_for("ready> ").send("exit\n");
    let ended = pty.finish();
    // One title for each of the two lines that were accepted, and one with the prompt that the widget has drawn again.
    assert_eq!(count(&raw(&ended), TITLE), 3, "{:?}", raw(&ended));
    let with_its_prompt = format!("{TITLE}\x1b[1;31m");
    assert_eq!(count(&raw(&ended), &with_its_prompt), 3, "{:?}", raw(&ended));
}

/// The lines of the guide for tmux.
fn tmux_snippet() -> String {
    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/GUIDE.md")).unwrap();
    guide.split("```tmux\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

#[test]
fn in_tmux_the_title_is_the_panes_and_the_status_line_of_the_guide_shows_it() {
    if tool("tmux").is_none() || tool("zsh").is_none() {
        return;
    }
    let sandbox = usual().file("home/tmux.conf", tmux_snippet());
    // The window's own name goes on by itself.
    let shown = "#{pane_title}|#{T:status-right}|#{window_name}|#{automatic-rename}";
    let tmux = Tmux::start(&sandbox, &sandbox.path("home/tmux.conf"), (120, 20), "zsh -d -i");
    let mut found = Vec::new();
    let production = format!("{LABEL}|#[fg=white,bg=red,bold] {LABEL} |zsh|1");
    let hostile = "▲ PRODUCTION db1.prod.demo/a#[bg=green]#(touch pwned)|#[fg=white,bg=red,bold] \
                   ▲ PRODUCTION db1.prod.demo/a##[bg=green]##(touch pwned) |zsh|1";
    let none = "work| work |zsh|1";
    for (line, expected) in [
        (PRODUCTION, production.as_str()),
        ("export PGDATABASE='a#[bg=green]#(touch pwned)'", hostile),
        ("unset PGHOST PGDATABASE", none),
    ] {
        tmux.line(line);
        found.push((tmux.wait(shown, expected), expected));
    }
    assert!(!sandbox.path("work/pwned").exists());
    for (found, expected) in found {
        assert_eq!(found, expected);
    }
}
