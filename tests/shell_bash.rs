//! dbguard in a real bash on a real terminal: what is seen, and what is left alone. The numbers are those of the
//! table in docs/SHELLS.md.

use std::os::unix::fs::symlink;

use crate::support::{DBGUARD, Pty, Sandbox};

pub(crate) const CONFIG: &str = "\
[environment.production]
level = \"production\"
match = [{ host = \"*.prod.demo\" }]

[environment.staging]
level = \"staging\"
match = [{ host = \"*.staging.demo\" }]
";

pub(crate) const PRODUCTION: &str = "▲ PRODUCTION db.prod.demo/app ";
pub(crate) const STAGING: &str = "■ STAGING db.staging.demo/app ";
pub(crate) const SILENT: &str = "▲ UNKNOWN dbguard does not answer ";

/// The line that a person writes into their `.bashrc`.
pub(crate) const INIT: &str = "eval \"$(dbguard init bash)\"";

/// A world with dbguard on `PATH`, in which a bare psql would reach production.
pub(crate) fn world() -> Sandbox {
    let sandbox = Sandbox::new().config(CONFIG).var("PGHOST", "db.prod.demo").var("PGDATABASE", "app");
    symlink(DBGUARD, sandbox.path("bin/dbguard")).unwrap();
    sandbox
}

/// An interactive bash whose prompts end in `ready> `.
pub(crate) struct Session<'a> {
    pub(crate) pty: Pty<'a>,
    seen: usize,
    prompt: String,
}

impl<'a> Session<'a> {
    /// Starts it with these lines for a `.bashrc`, and waits for its first prompt.
    #[track_caller]
    pub(crate) fn start(sandbox: &'a Sandbox, rc: &str) -> Self {
        Self::under(sandbox, rc, &[])
    }

    /// The same, under another program.
    #[track_caller]
    pub(crate) fn under(sandbox: &'a Sandbox, rc: &str, program: &[&str]) -> Self {
        let path = sandbox.path("record/rc");
        std::fs::write(&path, format!("HISTFILE=\nPS1='ready> '\n{rc}\n")).unwrap();
        let path = path.to_str().unwrap();
        let words = [program, &["bash", "--noprofile", "--rcfile", path, "-i"]].concat();
        let pty = sandbox.tool_pty(words[0], &words[1..]).size(50, 250).start();
        let mut session = Self { pty, seen: 0, prompt: String::new() };
        session.wait();
        session
    }

    /// Waits for the next prompt, and answers with what was shown before it.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> String {
        self.pty.wait_for("ready> ");
        let screen = self.pty.screen();
        let after = &screen[self.seen..];
        let at = after.find("ready> ").unwrap();
        self.seen += at + "ready> ".len();
        let shown = &after[..at];
        let (output, prompt) = shown.rsplit_once('\n').unwrap_or(("", shown));
        prompt.clone_into(&mut self.prompt);
        output.to_owned()
    }

    /// Types a line; answers with what the command printed.
    #[track_caller]
    pub(crate) fn line(&mut self, line: &str) -> String {
        self.pty.send(format!("{line}\n"));
        let shown = self.wait();
        shown.split_once('\n').map(|(_, output)| output.to_owned()).unwrap_or_default()
    }

    /// What stands before `ready> ` in the last prompt.
    pub(crate) fn prompt(&self) -> &str {
        &self.prompt
    }

    /// Ends it; answers with all the bytes that it sent.
    #[track_caller]
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.pty.send("\x15exit\n");
        self.pty.finish().raw
    }

    /// Nothing but prompts: no message of bash's or of ours.
    #[track_caller]
    pub(crate) fn is_quiet(&mut self) {
        for _ in 0..3 {
            assert_eq!(self.line(""), "");
        }
        let screen = self.pty.screen();
        for complaint in ["bash:", "unbound", "not found", "rror", "readonly", "No such", "dbguard:"] {
            assert!(!screen.contains(complaint), "{screen}");
        }
    }
}

/// Starts a shell with dbguard between these lines, and looks at its prompt.
#[track_caller]
fn holds(before: &str, after: &str) {
    let sandbox = world();
    let mut session = Session::start(&sandbox, &format!("{before}\n{INIT}\n{after}"));
    session.is_quiet();
    assert_eq!(session.prompt(), PRODUCTION, "{before} / {after}");
    session.line("PGHOST=db.staging.demo");
    assert_eq!(session.prompt(), STAGING, "{before} / {after}");
    session.is_quiet();
    session.end();
}

#[test]
fn one_line_in_the_rc_shows_where_psql_would_go_and_follows_every_change() {
    let sandbox = world().file("work/other/service.conf", "[s]\nhost=db.staging.demo\ndbname=app\n");
    let mut session = Session::start(&sandbox, INIT);
    assert_eq!(session.prompt(), PRODUCTION);
    session.line("PGHOST=db.staging.demo");
    assert_eq!(session.prompt(), STAGING);
    session.line("unset PGHOST; export PGSERVICEFILE=$PWD/other/service.conf PGSERVICE=s");
    assert_eq!(session.prompt(), STAGING);
    session.line("sed -i s/staging/prod/ other/service.conf");
    assert_eq!(session.prompt(), PRODUCTION);
    session.line("mv other/service.conf other/away");
    assert!(!session.prompt().contains("PRODUCTION"), "{}", session.prompt());
    session.line("mv other/away other/service.conf");
    assert_eq!(session.prompt(), PRODUCTION);
    session.line("sed -i s/prod.demo/elsewhere/ $XDG_CONFIG_HOME/dbguard/config.toml");
    assert_eq!(session.prompt(), "▲ UNKNOWN db.prod.demo/app ");
    session.is_quiet();
    session.end();
}

#[test]
fn a_file_that_comes_with_an_older_time_and_a_link_that_leads_elsewhere_are_seen() {
    let env = |host: &str| format!("DATABASE_URL=postgres://{host}/app\n");
    let sandbox = world().file("work/p", env("a.prod.demo")).file("work/s", env("b.staging.demo"));
    let sandbox = sandbox.no_var("PGHOST").no_var("PGDATABASE").dir("work/one").dir("work/two").dir("home/far");
    let mut session = Session::start(&sandbox, INIT);
    let steps = [
        ("touch -d 2001-01-01 p; touch -d 2002-01-01 s; cp -p p two/.env; cp -p s one/.env; cp -p s .env", "■ STAGING"),
        ("sleep 0.1", "■ STAGING"),
        ("cp -p p .env", "▲ PRODUCTION"),
        ("cp -p s .env", "■ STAGING"),
        ("echo >>.env; touch -d 2003-01-01 .env", "■ STAGING"),
        ("cat p >.env; touch -d 2001-01-01 .env", "▲ PRODUCTION"),
        ("ln -s $PWD/one ~/far/link; ln -sf ~/far/link/.env .env; touch -d 2001-01-01 one two", "■ STAGING"),
        ("sleep 0.1", "■ STAGING"),
        ("ln -sfn $PWD/two ~/far/link", "▲ PRODUCTION"),
        ("rm .env; ln -s one current; cd current", "■ STAGING"),
        ("sleep 0.1", "■ STAGING"),
        ("ln -sfn two ~+/../../work/current", "■ STAGING"),
        ("cd .", "▲ PRODUCTION"),
    ];
    for (line, label) in steps {
        session.line(line);
        assert!(session.prompt().starts_with(label), "{line}: {}", session.prompt());
    }
    session.is_quiet();
    session.end();
}

/// A var that no list knows, since a file names it.
#[test]
fn a_var_that_a_file_names_is_watched_from_then_on_and_costs_nothing_while_it_is_the_same() {
    let sandbox = world().no_var("PGHOST").file("work/.env", "DATABASE_URL=postgres://${MY_HOST}/app\n");
    let mut session = Session::start(&sandbox, INIT);
    for (line, label) in [
        ("export MY_HOST=db.prod.demo", "▲ PRODUCTION db.prod.demo"),
        ("MY_HOST=db.staging.demo", "■ STAGING db.staging.demo"),
        ("MY_HOST=db.prod.demo", "▲ PRODUCTION db.prod.demo"),
    ] {
        session.line(line);
        assert!(session.prompt().starts_with(label), "{line}: {}", session.prompt());
    }
    session.is_quiet();
    session.line("unset MY_HOST");
    assert!(!session.prompt().contains("PRODUCTION db.prod.demo"), "{}", session.prompt());
    session.is_quiet();
    session.end();
}

/// A function's own variable would hide the exported one from the program, and from the comparison.
#[test]
fn a_var_that_is_called_like_something_of_ours_is_watched_as_well() {
    for name in ["key", "answer", "status", "fields", "name", "plain", "once", "watched", "options"] {
        let text = format!("DATABASE_URL=postgres://${{{name}}}/app\n");
        let sandbox = world().no_var("PGHOST").file("work/.env", text);
        let mut session = Session::start(&sandbox, INIT);
        session.line(&format!("export {name}=db.prod.demo"));
        assert!(session.prompt().starts_with("▲ PRODUCTION db.prod.demo"), "{name}: {}", session.prompt());
        session.line(&format!("{name}=db.staging.demo"));
        assert!(session.prompt().starts_with("■ STAGING db.staging.demo"), "{name}: {}", session.prompt());
        session.is_quiet();
        session.end();
    }
}

#[test]
fn a_var_that_is_not_exported_is_not_seen_by_psql_and_so_not_shown() {
    let sandbox = world().no_var("PGHOST");
    let mut session = Session::start(&sandbox, INIT);
    session.line("PGHOST=db.prod.demo");
    assert!(!session.prompt().contains("PRODUCTION"), "{}", session.prompt());
    session.line("export PGHOST");
    assert_eq!(session.prompt(), PRODUCTION);
    session.line("export -n PGHOST");
    assert!(!session.prompt().contains("PRODUCTION"), "{}", session.prompt());
    session.end();
}

#[test]
fn b1_b2_hooks_before_and_after_see_the_status_of_the_command() {
    for after in [
        "PROMPT_COMMAND+=(after)",
        "PROMPT_COMMAND=\"$PROMPT_COMMAND;after\"",
        "PROMPT_COMMAND=\"after;$PROMPT_COMMAND\"",
    ] {
        for before in ["PROMPT_COMMAND=before", "PROMPT_COMMAND=(before)", "export PROMPT_COMMAND=before"] {
            let sandbox = world();
            let hooks = "before() { first=$?; }; after() { last=$?; return $last; }";
            let mut session = Session::start(&sandbox, &format!("{hooks}\n{before}\n{INIT}\n{after}"));
            session.line("(exit 7)");
            // The hook that stands before `after` returns the status of its own work, as ours does not.
            let expected = if after.contains(";after") { "7 0" } else { "7 7" };
            assert_eq!(session.line("echo $first $last"), expected, "{before} {after}");
            assert_eq!(session.prompt(), PRODUCTION, "{before} {after}");
            session.end();
        }
    }
}

#[test]
fn b3_b4_pipestatus_status_and_last_argument_are_those_of_the_command() {
    let sandbox = world();
    let rc = format!("before() {{ seen=${{PIPESTATUS[*]}}; }}\nPROMPT_COMMAND=before\n{INIT}");
    let mut session = Session::start(&sandbox, &rc);
    session.line("false | true | (exit 3)");
    assert_eq!(session.line("echo ${PIPESTATUS[*]} / $seen"), "1 0 3 / 1 0 3");
    session.line("(exit 7)");
    assert_eq!(session.line("echo $?"), "7");
    session.line("true one two");
    assert_eq!(session.line("echo $_"), "two");
    session.end();
}

#[test]
fn b5_an_array_of_hooks_stays_one_and_a_string_keeps_its_place() {
    let sandbox = world();
    let rc = "one() { ones=1; }; two() { twos=1; }";
    let mut session = Session::start(&sandbox, &format!("{rc}\nPROMPT_COMMAND=(one two)\n{INIT}"));
    let entry = "[2]=\"__dbguard_hook\"";
    let expected = format!("declare -a PROMPT_COMMAND=([0]=\"one\" [1]=\"two\" {entry})");
    assert_eq!(session.line("declare -p PROMPT_COMMAND"), expected);
    assert_eq!(session.line("echo $ones$twos"), "11");
    session.end();
}

#[test]
fn b6_whatever_a_string_of_hooks_ends_in_it_stays_valid() {
    for end in ["'true; '", "$'true\\n'", "'true # why'", "'true;'", "' '", "''"] {
        for export in ["", "export "] {
            holds(&format!("{export}PROMPT_COMMAND={end}"), "set +m");
        }
    }
}

#[test]
fn b7_a_child_shell_that_inherits_the_hook_without_its_function_is_quiet() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, &format!("export PS1; export PROMPT_COMMAND=true\n{INIT}"));
    assert_eq!(session.prompt(), PRODUCTION);
    session.line("bash --noprofile --norc -i");
    assert_eq!(session.prompt(), "");
    session.is_quiet();
    assert_eq!(session.line("(exit 7)"), "");
    assert_eq!(session.line("exit"), "exit");
    assert_eq!(session.prompt(), PRODUCTION);
    session.end();
}

#[test]
fn b8_a_readonly_prompt_command_is_said_once_and_left_alone() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, &format!("readonly PROMPT_COMMAND=true\n{INIT}"));
    let said = "dbguard: PROMPT_COMMAND is readonly, so the prompt shows no environment";
    assert_eq!(session.pty.screen().matches("dbguard").count(), 1);
    assert!(session.pty.screen().contains(said));
    session.line("true");
    assert_eq!(session.prompt(), "");
    assert!(session.line("type -P psql").contains("/dbguard/shims/"));
    session.end();
    // One that becomes readonly later holds our hook as well.
    holds("", "readonly PROMPT_COMMAND");
    holds("readonly PATH", "");
}

#[test]
fn b9_traps_are_the_users() {
    let sandbox = world();
    let traps = "trap ': debug' DEBUG; trap ': int' INT; trap ': err' ERR; trap ': bye' EXIT";
    let mut session = Session::start(&sandbox, &format!("{traps}\n{INIT}"));
    session.line("PGHOST=db.staging.demo");
    let kept = "trap -- ': bye' EXIT\ntrap -- ': int' SIGINT\ntrap -- ': debug' DEBUG\ntrap -- ': err' ERR";
    assert_eq!(session.line("trap -p EXIT INT DEBUG ERR"), kept);
    session.end();
}

#[test]
fn b10_b11_b12_it_lives_under_every_option_of_the_shell() {
    for option in [
        "set -u",
        "set -e",
        "set -eu; set -o pipefail",
        "set -o posix",
        "set -f",
        "set -T; set -E",
        "set +h",
        "set -a",
        "set -C",
        "set +m",
        "set +B",
        "shopt -s failglob",
        "shopt -s nullglob dotglob extglob globstar",
        "shopt -s nocasematch nocaseglob",
        "shopt -s compat31",
        "shopt -s compat44 localvar_inherit",
        "shopt -u promptvars",
        "shopt -u sourcepath checkwinsize expand_aliases",
        "IFS=_",
        "IFS=",
        "IFS=$'0123456789/:;'",
        "unset IFS",
        "LC_ALL=C.UTF-8 POSIXLY_CORRECT=1",
    ] {
        holds(option, "");
        holds("", option);
    }
}
