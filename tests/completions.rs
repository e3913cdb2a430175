//! The committed completion scripts are those that the binary prints, and each shell completes with them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Sandbox, tool};

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name)
}

#[test]
fn the_committed_completions_are_those_that_the_binary_prints() {
    let sandbox = Sandbox::new();
    for (shell, name) in [("bash", "dbguard.bash"), ("zsh", "_dbguard"), ("fish", "dbguard.fish")] {
        let same = sandbox.run(["completions", shell]).output().out() == fs::read_to_string(committed(name)).unwrap();
        assert!(same, "outdated; write it anew: dbguard completions {shell} > completions/{name}");
    }
}

#[test]
fn bash_completes_with_them() {
    let Some(bash) = tool("bash") else { return };
    let script = r#". "$1"
        complete -p dbguard >/dev/null
        COMP_WORDS=(dbguard con) COMP_CWORD=1
        _dbguard dbguard con dbguard
        echo "${COMPREPLY[@]}""#;
    let file = committed("dbguard.bash");
    let args = ["--norc", "-ec", script, "bash", file.to_str().unwrap()];
    Sandbox::new().tool(bash.to_str().unwrap(), args).stdout("config\n").status(0);
}

#[test]
fn zsh_finds_them_on_its_function_path() {
    let Some(zsh) = tool("zsh") else { return };
    let script = r#"fpath=("$1" $fpath)
        autoload -Uz compinit && compinit -D -u
        print -- "$_comps[dbguard]"
        autoload +X _dbguard && print loaded"#;
    let directory = committed("_dbguard");
    let args = ["-fec", script, "zsh", directory.parent().unwrap().to_str().unwrap()];
    Sandbox::new().tool(zsh.to_str().unwrap(), args).stdout("_dbguard\nloaded\n").status(0);
}

#[test]
fn fish_completes_with_them() {
    let Some(fish) = tool("fish") else { return };
    let script = "source $argv[1]; complete -C 'dbguard con'";
    let file = committed("dbguard.fish");
    let args = ["--no-config", "-c", script, file.to_str().unwrap()];
    let help = "config\tCheck the configuration, show what it comes to, or where it is\n";
    Sandbox::new().tool(fish.to_str().unwrap(), args).stdout(help).status(0);
}
