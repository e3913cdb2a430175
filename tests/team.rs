//! `docs/TEAM.md` is true: what it shows works as it stands.

use std::os::unix::fs::symlink;

use crate::support::{DBGUARD, Sandbox, tool};

const DOC: &str = include_str!("../docs/TEAM.md");

/// The first fenced block of this language.
fn block(language: &str, holds: &str) -> &'static str {
    let fence = format!("```{language}\n");
    let blocks = DOC.match_indices(&fence).map(|(at, _)| &DOC[at + fence.len()..]);
    let mut blocks = blocks.map(|rest| rest.split("\n```").next().unwrap());
    blocks.find(|block| block.contains(holds)).unwrap_or_else(|| panic!("no block of {language} holds {holds}"))
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new().fake("psql").dir("mine");
    symlink(DBGUARD, sandbox.path("mine/dbguard")).unwrap();
    let path = format!("{}:{}:/usr/bin:/bin", sandbox.path("mine").display(), sandbox.path("bin").display());
    sandbox.var("PATH", path)
}

const SHIM: &str = "[DIR]/home/.local/share/dbguard/shims/psql\n";

#[test]
fn the_line_for_everybodys_bash_and_zsh_puts_the_guard_before_psql() {
    for (shell, language, prompt) in [("bash", "sh", "PS1='$ '"), ("zsh", "zsh", ":")] {
        let Some(program) = tool(shell) else { continue };
        let script = format!("{prompt}\n{}\ncommand -v psql", block(language, "dbguard init"));
        let flag = if shell == "zsh" { "-fc" } else { "-c" };
        sandbox().tool(program.to_str().unwrap(), [flag, &script]).stdout(SHIM).status(0);
    }
}

#[test]
fn everybodys_bash_is_quiet_where_there_is_no_dbguard_and_where_nobody_types() {
    let Some(bash) = tool("bash") else { return };
    let script = format!("{}\ncommand -v psql", block("sh", "dbguard init"));
    let typing = format!("PS1='$ '\n{script}");
    let nobody = sandbox();
    nobody.tool(bash.to_str().unwrap(), ["-c", &script]).stdout("[DIR]/bin/psql\n").status(0);
    let without = Sandbox::new().fake("psql");
    let path = format!("{}:/usr/bin:/bin", without.path("bin").display());
    without.var("PATH", path).tool(bash.to_str().unwrap(), ["-c", &typing]).stdout("[DIR]/bin/psql\n").status(0);
}

#[test]
fn the_line_for_everybodys_fish_can_be_read_by_fish() {
    let Some(fish) = tool("fish") else { return };
    let sandbox = sandbox().file("line.fish", block("fish", "dbguard init"));
    let file = sandbox.path("line.fish");
    sandbox.tool(fish.to_str().unwrap(), ["--no-execute", file.to_str().unwrap()]).status(0);
}

#[test]
fn one_line_takes_the_teams_file_in_and_ci_can_check_it() {
    let team = "[environment.production]\nlevel = \"production\"\nmatch = [{ host = \"*.prod.example\" }]\n";
    let sandbox = sandbox()
        .config(block("toml", "include = "))
        .file("home/src/dbguard-config/dbguard.toml", team)
        .file("work/dbguard.toml", team);
    let explained = sandbox.run(["explain", "--json", "--", "psql", "-h", "db1.prod.example"]).output();
    assert_eq!(explained.json()["environment"]["name"], "production");
    let check = block("sh", "--strict");
    let words: Vec<&str> = check.split_whitespace().skip(1).collect();
    assert_eq!(sandbox.run(&words).output().code, 0);
}
