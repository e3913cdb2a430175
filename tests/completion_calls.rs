//! A shell's completion runs `psql` by name: it is never asked anything, and never hangs.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::support::{Sandbox, clusters, tool};

const CONFIG: &str = "[environment.production]\nlevel = \"production\"\nmatch = [{ host = \"*.prod.demo\" }]\n";

/// What bash-completion's `_pg_databases` and `_pg_users` run.
const DATABASES: [&str; 2] = ["-XAtqwlF", "\t"];
const USERS: [&str; 3] = ["-XAtqwc", "select usename from pg_user", "template1"];

fn sandbox() -> Sandbox {
    Sandbox::new().services().config(CONFIG).shims(["psql"]).var("PGSERVICE", "production")
}

#[test]
fn the_queries_of_bash_completion_are_answered_without_a_question_although_there_is_a_terminal() {
    for args in [&DATABASES[..], &USERS] {
        let sandbox = sandbox();
        let ended = sandbox.tool_pty("psql", args).stdout_apart().start().finish();
        assert_eq!((ended.code, ended.screen.as_str()), (0, ""));
        assert!(String::from_utf8_lossy(&ended.stdout).contains("postgres"));
    }
}

#[test]
fn the_same_query_on_a_terminal_is_a_person_and_is_asked() {
    let sandbox = sandbox();
    let mut pty = sandbox.tool_pty("psql", DATABASES).start();
    pty.wait_for("Type the host to go on:").send("\x03");
    assert_eq!(pty.finish().code, 125);
}

#[test]
fn another_query_in_the_same_clothes_is_no_completion() {
    let output = sandbox().tool("psql", ["-XAtqwc", "drop table t", "template1"]).output();
    assert_eq!(output.code, 125);
}

#[test]
fn completion_does_not_wait_for_a_server_that_never_answers() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let sandbox = Sandbox::new().config(CONFIG).shims(["psql"]);
    let sandbox = sandbox.var("PGHOST", "db.prod.demo").var("PGHOSTADDR", "127.0.0.1").var("PGPORT", port);
    let start = Instant::now();
    let output = sandbox.tool("psql", USERS).output();
    assert_eq!(output.code, 2);
    assert!(start.elapsed() < Duration::from_secs(10));
}

/// Types `psql -d` and a beginning in a real shell, presses TAB, and looks for the database's name.
fn completes(shell: &str, args: &[&str], rc: &str) {
    if tool(shell).is_none() {
        return;
    }
    let sandbox = sandbox().var("PS1", "ready> ");
    let name = format!("{shell}_completed_by_tab");
    clusters().production().scratch(&name);
    let mut pty = sandbox.tool_pty(shell, args).size(24, 120).start();
    pty.send(format!("{rc}; echo loaded''-now\n")).wait_for("loaded-now");
    pty.send(format!("psql -d {shell}_compl\t")).wait_for(&name);
    pty.send("\x15exit\n");
    let ended = pty.finish();
    assert!(!ended.screen.contains("Type the host"), "{}", ended.screen);
}

#[test]
fn tab_completes_in_bash() {
    let rc = ". /usr/share/bash-completion/bash_completion; . /usr/share/bash-completion/completions/psql";
    completes("bash", &["--norc", "--noprofile", "-i"], rc);
}

#[test]
fn tab_completes_in_zsh() {
    completes("zsh", &["-f", "-i"], "autoload -Uz compinit; compinit -u -D");
}

#[test]
fn tab_completes_in_fish() {
    completes("fish", &["-i"], "true");
}
