//! The first hour of a stranger, typed into each shell: set up, look, be stopped, and be rid of it without a trace.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{DBGUARD, SECRET, Sandbox, Tmux, tool};

/// Every file below the home with what it holds, but for what the shells keep for themselves.
fn home(sandbox: &Sandbox) -> BTreeMap<String, Vec<u8>> {
    fn walk(dir: &Path, root: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            let fish = ["fish_variables", ".local/share/fish", "fish/completions", "fish/conf.d", "fish/functions"];
            let shells = ["_history", ".cache", ".zcompdump"].iter().chain(&fish);
            if shells.into_iter().any(|own| name.contains(*own)) {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                found.insert(format!("{name}/"), Vec::new());
                walk(&path, root, found);
            } else {
                found.insert(name, std::fs::read(&path).unwrap_or_default());
            }
        }
    }
    let (mut found, root) = (BTreeMap::new(), sandbox.path("home"));
    walk(&root, &root, &mut found);
    found
}

/// Waits for this question: what is typed before it stands there counts for nothing.
#[track_caller]
fn asked(tmux: &Tmux<'_>, number: usize) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while tmux.run(&["capture-pane", "-p", "-J"]).matches("anything else to leave it:").count() < number {
        assert!(Instant::now() < deadline, "question {number} is not asked");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn stranger(shell: &str, rc: &str, own: &str, restart: &str, remove: &str) {
    let (Some(program), Some(_)) = (tool(shell), tool("tmux")) else { return };
    let sandbox = Sandbox::new()
        .file(&format!("home/{rc}"), own)
        .file("home/.psqlrc", "\\timing on\n")
        .file("home/.pgpass", format!("db1.prod.example.com:5432:*:app:{SECRET}\n"))
        .mode("home/.pgpass", 0o600)
        .fake("psql")
        .dir("home/.config")
        .dir("home/.local/share/fish")
        .dir("home/.local/state")
        .dir("mine");
    symlink(DBGUARD, sandbox.path("mine/dbguard")).unwrap();
    let path = format!("{}:{}:/usr/bin:/bin", sandbox.path("mine").display(), sandbox.path("bin").display());
    let sandbox =
        sandbox.var("PATH", path).var("TERM", "xterm-256color").var("LC_ALL", "C.UTF-8").var("SHELL", program);
    let before = home(&sandbox);
    let tmux = Tmux::start(&sandbox, "/dev/null".as_ref(), (100, 150), restart);
    tmux.see("me>");
    tmux.line("dbguard setup");
    for (number, written) in (1..).zip(["~/.config/dbguard/config.toml", &format!("~/{rc}"), "~/.psqlrc"]) {
        asked(&tmux, number);
        tmux.line("yes");
        tmux.see(&format!("written: {written}"));
    }
    tmux.see("1 THING TO MEND");
    tmux.line(restart);
    tmux.line("export PGHOST=db1.prod.example.com PGUSER=app");
    tmux.see("▲ PRODUCTION db1.prod.example.com/app me>");
    tmux.line("psql -c 'DROP TABLE orders'");
    tmux.see("Type the host to go on:");
    tmux.run(&["send-keys", "C-c"]);
    tmux.see("psql was not run");
    tmux.line("export PGHOST=");
    tmux.line("dbguard doctor");
    tmux.see("● IN PLACE");
    tmux.line(remove);
    tmux.line("dbguard uninstall --purge");
    tmux.see("Type yes to remove this:");
    tmux.line("yes");
    tmux.see("removed; what is left for you:");
    assert_eq!(home(&sandbox), before);
}

#[test]
fn in_bash_it_is_set_up_stops_a_mistake_and_goes_without_a_trace() {
    let remove = "eval \"$(dbguard init bash --remove)\"";
    stranger("bash", ".bashrc", "PS1='me> '\n", "exec bash -i", remove);
}

#[test]
fn in_zsh_it_is_set_up_stops_a_mistake_and_goes_without_a_trace() {
    let remove = "eval \"$(dbguard init zsh --remove)\"";
    stranger("zsh", ".zshrc", "PROMPT='me> '\n", "exec zsh -d -i", remove);
}

#[test]
fn in_fish_it_is_set_up_stops_a_mistake_and_goes_without_a_trace() {
    let own = "function fish_prompt\n    echo -n 'me> '\nend\nfunction fish_greeting\nend\n";
    stranger("fish", ".config/fish/config.fish", own, "exec fish -i", "dbguard init fish --remove | source");
}
