//! dbguard in bash beside those that live in `PROMPT_COMMAND` and PS1 too: the real ones where Debian has them, else
//! stand-ins that do the same to the shell. Each is loaded before dbguard and after it.

use crate::shell_bash::{INIT, PRODUCTION, STAGING, Session, world};
use crate::support::{Sandbox, tool};

/// starship: takes the string of hooks over, runs it from its own function, and then assigns PS1 afresh.
const STARSHIP: &str = r#"
starship_precmd() {
    local status=$?
    (exit $status)
    eval "${STARSHIP_PROMPT_COMMAND-}"
    PS1=$'\n\\[\e[32m\\]\\w\\[\e[0m\\] ready> '
}
if [[ -z ${PROMPT_COMMAND-} ]]; then
    PROMPT_COMMAND=starship_precmd
elif [[ $PROMPT_COMMAND != *starship_precmd* ]]; then
    STARSHIP_PROMPT_COMMAND=$PROMPT_COMMAND
    PROMPT_COMMAND=starship_precmd
fi
"#;

/// oh-my-posh: puts its hook last, and assigns a PS1 that is a command substitution.
const OH_MY_POSH: &str = r#"
_omp_primary() { echo 'omp ready> '; }
_omp_hook() { local status=$?; PS1='$(_omp_primary)'; return $status; }
PROMPT_COMMAND=("${PROMPT_COMMAND[@]}" _omp_hook)
"#;

/// bash-preexec: installs itself at the first prompt, as the first and the last of `PROMPT_COMMAND`, and takes by a trap
/// for DEBUG the first command after that for one that was typed.
const PREEXEC: &str = r#"
bash_preexec_imported=defined
typed=() precmds=0
__bp_interactive_mode() { __bp_waits=1; }
__bp_precmd_invoke_cmd() { precmds=$((precmds + 1)); }
__bp_debug() {
    [[ ${__bp_waits-} && ! ${COMP_LINE-} ]] || return 0
    __bp_waits=
    local hook
    for hook in "${PROMPT_COMMAND[@]}"; do
        case $'\n'$hook$'\n' in *$'\n'"$BASH_COMMAND"$'\n'*) return 0 ;; esac
    done
    typed+=("$BASH_COMMAND")
}
__bp_install() {
    local rest=${PROMPT_COMMAND-}
    rest=${rest/__bp_install/}
    rest=${rest#$'\n'}
    rest=${rest%$'\n'}
    trap __bp_debug DEBUG
    PROMPT_COMMAND=__bp_precmd_invoke_cmd${rest:+$'\n'$rest}
    PROMPT_COMMAND+=(__bp_interactive_mode)
    __bp_precmd_invoke_cmd
    __bp_interactive_mode
}
PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}__bp_install
"#;

/// VS Code: loaded after the user's file; moves `PROMPT_COMMAND` into a variable, encloses PS1 in marks whenever it is
/// not its own, and takes by a trap for DEBUG the first command after the prompt for one that was typed.
const VSCODE: &str = r#"
typed=()
__vsc_update_prompt() {
    if [[ ${__vsc_custom_PS1-} != "$PS1" ]]; then
        __vsc_custom_PS1="\[\e]633;A\a\]$PS1\[\e]633;B\a\]"
        PS1=$__vsc_custom_PS1
    fi
}
__vsc_precmd() { __vsc_in_command=0; __vsc_update_prompt; }
__vsc_prompt_cmd_original() {
    local command
    for command in "${__vsc_original_prompt_command[@]}"; do
        eval "${command:-}"
    done
    __vsc_precmd
}
__vsc_prompt_cmd() { __vsc_precmd; }
__vsc_preexec() {
    [[ ${__vsc_in_command-} == 0 ]] || return 0
    __vsc_in_command=1
    [[ $BASH_COMMAND == __vsc_prompt* ]] || typed+=("$BASH_COMMAND")
}
trap __vsc_preexec DEBUG
__vsc_update_prompt
__vsc_original_prompt_command=$PROMPT_COMMAND
if [[ -n $__vsc_original_prompt_command && $__vsc_original_prompt_command != __vsc_prompt_cmd ]]; then
    PROMPT_COMMAND=__vsc_prompt_cmd_original
else
    PROMPT_COMMAND=__vsc_prompt_cmd
fi
"#;

/// ble.sh: bash no longer shows prompts; it runs `PROMPT_COMMAND` from a function of its own and expands PS1 itself.
const BLE: &str = r#"
ble_prompt() {
    local command shown
    for command in "${PROMPT_COMMAND[@]}"; do
        eval "$command"
    done
    shown=${PS1@P}
    shown=${shown//[$'\001\002']/}
    printf '%q\n' "${shown%ready*}"
}
"#;

/// Both orders of two lines of a `.bashrc`.
fn orders(one: &str, other: &str) -> [String; 2] {
    [format!("{one}\n{other}"), format!("{other}\n{one}")]
}

/// It is shown from the second prompt on at the latest, once, follows a change, and says nothing.
#[track_caller]
fn is_shown(session: &mut Session<'_>, before: &str, after: &str) {
    session.line("true first");
    for host in ["prod", "staging", "prod"] {
        session.line(&format!("PGHOST=db.{host}.demo"));
        let segment = if host == "prod" { PRODUCTION } else { STAGING };
        let screen = session.pty.screen();
        assert_eq!(session.prompt(), format!("{before}{segment}{after}"), "{screen}");
    }
    assert_eq!(session.line("(exit 7)"), "");
    assert_eq!(session.line("echo $?").trim(), "7");
}

/// How long PS1 and `PROMPT_COMMAND` are: they do not grow.
const SIZES: &str = "echo ${#PS1} $(declare -p PROMPT_COMMAND | wc -c)";

#[track_caller]
fn does_not_grow(session: &mut Session<'_>) {
    let sizes = session.line(SIZES);
    for _ in 0..3 {
        session.line("true");
    }
    assert_eq!(session.line(SIZES), sizes);
}

#[test]
fn starship_which_takes_prompt_command_over_and_assigns_ps1() {
    for before in ["", "PROMPT_COMMAND=true", "PROMPT_COMMAND=(true)", "export PROMPT_COMMAND=true"] {
        for rc in orders(STARSHIP, INIT) {
            let sandbox = world();
            let mut session = Session::start(&sandbox, &format!("{before}\n{rc}"));
            session.line("");
            session.line("PS4=+");
            let own = format!("{} ", sandbox.path("work").display());
            is_shown(&mut session, "", &own);
            does_not_grow(&mut session);
            session.end();
        }
    }
}

#[test]
fn oh_my_posh_which_puts_itself_last_and_assigns_ps1() {
    for rc in orders(OH_MY_POSH, INIT) {
        let sandbox = world();
        let mut session = Session::start(&sandbox, &rc);
        session.line("");
        is_shown(&mut session, "", "omp ");
        does_not_grow(&mut session);
        session.end();
    }
}

#[test]
fn b28_bash_preexec_which_must_be_first_and_last() {
    // Before 0.5 it is all one string, in every version of bash.
    let string = PREEXEC.replace("+=(__bp_interactive_mode)", "+=$'\\n'__bp_interactive_mode");
    for preexec in [PREEXEC, &string] {
        for rc in orders(INIT, preexec) {
            let sandbox = world();
            let mut session = Session::start(&sandbox, &format!("{rc}\nPS1='ready> '"));
            is_shown(&mut session, "", "");
            session.line("");
            session.line("true one; true two");
            let typed = session.line("printf '<%s>' \"${typed[@]}\"; echo");
            let hosts = "<PGHOST=db.prod.demo><PGHOST=db.staging.demo><PGHOST=db.prod.demo>";
            let rest = "<echo $?><true one><printf '<%s>' \"${typed[@]}\">";
            assert_eq!(typed, format!("<true first>{hosts}{rest}"), "{rc}");
            let precmds = session.line("echo $precmds");
            assert_eq!(precmds, "10", "{rc}");
            does_not_grow(&mut session);
            session.end();
        }
    }
}

#[test]
fn b27_vs_code_which_moves_prompt_command_away_and_encloses_ps1() {
    for before in ["", "PROMPT_COMMAND=true"] {
        for rc in orders(INIT, VSCODE) {
            let sandbox = world().var("TERM_PROGRAM", "vscode");
            let mut session = Session::start(&sandbox, &format!("{before}\n{rc}"));
            is_shown(&mut session, "", "");
            session.line("");
            let typed = session.line("echo ${#typed[@]} \"${typed[@]:0:2}\"");
            assert!(typed.ends_with("true first PGHOST=db.prod.demo"), "{typed}");
            session.line(INIT);
            is_shown(&mut session, "", "");
            does_not_grow(&mut session);
            let raw = String::from_utf8_lossy(&session.end()).into_owned();
            assert!(raw.contains("\x1b]0;▲ PRODUCTION db.prod.demo/app\x07"));
        }
    }
}

#[test]
fn b28_ble_sh_which_runs_the_hooks_and_expands_ps1_itself() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, &format!("{BLE}\n{INIT}"));
    let shown = session.line("PGHOST=db.staging.demo; ble_prompt");
    assert!(shown.contains("STAGING db.staging.demo/app") && !shown.contains("PRODUCTION"), "{shown}");
    session.end();
}

#[test]
fn direnv_whose_change_of_the_vars_is_seen_at_the_same_prompt() {
    if tool("direnv").is_none() {
        return;
    }
    for rc in orders("eval \"$(direnv hook bash)\"", INIT) {
        let sandbox =
            world().file("work/project/.envrc", "export PGHOST=db.staging.demo\n").var("DIRENV_LOG_FORMAT", "");
        let mut session = Session::start(&sandbox, &rc);
        assert_eq!(session.prompt(), PRODUCTION);
        session.line("direnv allow project");
        session.line("cd project");
        assert_eq!(session.prompt(), STAGING, "{rc}");
        session.line("cd ..");
        assert_eq!(session.prompt(), PRODUCTION, "{rc}");
        // direnv does the same to PATH: the shims stay first.
        std::fs::write(sandbox.path("work/project/.envrc"), "PATH_add bin\n").unwrap();
        session.line("direnv allow project; cd project");
        session.line("mkdir bin; echo exit 3 >bin/psql; chmod +x bin/psql");
        assert!(session.line("type -p psql").contains("/dbguard/shims/psql"));
        session.is_quiet();
        session.end();
    }
}

#[test]
fn zoxide_keeps_its_hook_and_leaves_ours() {
    if tool("zoxide").is_none() {
        return;
    }
    for rc in orders("eval \"$(zoxide init bash)\"", INIT) {
        let sandbox = world().dir("work/somewhere");
        let mut session = Session::start(&sandbox, &rc);
        is_shown(&mut session, "", "");
        session.line("cd somewhere");
        session.line("cd ..");
        session.line("z some");
        assert!(session.line("pwd").ends_with("/work/somewhere"));
        assert_eq!(session.prompt(), PRODUCTION);
        session.end();
    }
}

/// The lines of bash's own file as an older bash would take them: every decision by version goes the way of 3.2.
fn as_in_bash_3(sandbox: &Sandbox) -> String {
    let file = include_str!("../shell/dbguard.bash").replace("BASH_VERSINFO[0]", "3").replace("BASH_VERSINFO[1]", "2");
    std::fs::write(sandbox.path("record/old.bash"), file).unwrap();
    let names = "__dbguard_program __dbguard_shims __dbguard_vars __dbguard_functions";
    let prelude = format!("eval \"$(bash --norc -c 'eval \"$(dbguard init bash)\"; declare -p {names}')\"");
    format!("{prelude}\n. {}", sandbox.path("record/old.bash").display())
}

#[test]
fn where_prompt_command_is_one_string_it_stands_beside_them_too() {
    for peer in
        ["", STARSHIP, PREEXEC, VSCODE, "PROMPT_COMMAND=true", "PROMPT_COMMAND='true; '", "set -u", "set -o posix"]
    {
        let sandbox = world().var("TERM_PROGRAM", if peer == VSCODE { "vscode" } else { "" });
        let [before, after] = orders(peer, &as_in_bash_3(&sandbox));
        // Whoever assigns the only string afterwards takes the hook away, and then nothing is shown.
        let orders = if peer.starts_with("PROMPT_COMMAND=") { vec![before] } else { vec![before, after] };
        for rc in orders {
            let mut session = Session::start(&sandbox, &rc);
            session.line("");
            let own = if peer == STARSHIP { format!("{} ", sandbox.path("work").display()) } else { String::new() };
            is_shown(&mut session, "", &own);
            does_not_grow(&mut session);
            let kind = session.line("declare -p PROMPT_COMMAND");
            assert!(kind.starts_with("declare -- ") || peer == PREEXEC, "{kind}");
            session.line("__dbguard_remove");
            assert!(!session.line("set").contains("__dbguard_hook"), "{rc}");
            session.end();
        }
    }
}

/// What bash 3.2 would not read. What follows a test of the version stands there as text that is evaluated.
#[test]
fn the_file_holds_nothing_that_bash_3_2_cannot_read() {
    let file = include_str!("../shell/dbguard.bash");
    // What a first prompt is left is for bash 5 alone.
    let (before, rest) = file.split_once("function __dbguard_recall {").unwrap();
    let (_, after) = rest.split_once("\n}\n").unwrap();
    let code = before.lines().chain(after.lines());
    let code: Vec<&str> = code.filter(|line| !line.trim_start().starts_with('#')).collect();
    for word in [
        "declare -A",
        "local -",
        "&>",
        "|&",
        "mapfile",
        "readarray",
        "coproc",
        "<(",
        "[[ -v",
        "^^",
        ",,",
        "%(",
        "[-1]",
        ";&",
        "declare -g",
    ] {
        let used = code.iter().find(|line| line.contains(word));
        assert!(used.is_none(), "`{word}` in {used:?}");
    }
}
