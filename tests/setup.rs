//! `dbguard setup`: what is found, what is proposed, what is written after a yes, and that all of it goes again.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::support::{DBGUARD, Pty, SECRET, Sandbox};

const QUESTION: &str = "Type yes to write this, anything else to leave it:";
const SERVICES: &str = "[prod]\nhost=db2.prod.example.com\n[dev]\nhost=10.9.8.7\n[here]\nhost=localhost\n";
const SSH: &str =
    "Host gate-prod\n  LocalForward 5433 localhost:5432\nHost *\n  LocalForward 5434 db9.example.com:5432\n";
const KUBE: &str =
    "contexts:\n- context:\n    cluster: eu\n  name: prod-eu\n- context:\n    cluster: m\n  name: minikube\n";

/// A home of somebody who has used psql for years.
fn lived_in() -> Sandbox {
    let passwords =
        format!("db1.prod.example.com:5432:*:app:{SECRET}\nlocalhost:*:*:me:{SECRET}\n10.1.2.3:*:*:app:{SECRET}\n");
    let sandbox = Sandbox::new()
        .file("home/.pgpass", passwords)
        .file("home/.pg_service.conf", SERVICES)
        .file("home/.ssh/config", SSH)
        .file("home/.kube/config", KUBE)
        .file("home/.bashrc", "alias ll='ls -l'")
        .file("home/.psqlrc", "\\timing on\n")
        .dir("mine");
    symlink(DBGUARD, sandbox.path("mine/dbguard")).unwrap();
    let path = format!("{}:{}", sandbox.path("mine").display(), std::env::var("PATH").unwrap());
    sandbox.var("PATH", path)
}

/// Every file below the home directory with what it holds.
fn home(sandbox: &Sandbox) -> BTreeMap<String, Vec<u8>> {
    fn walk(dir: &Path, found: &mut BTreeMap<String, Vec<u8>>, root: &Path) {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                walk(&path, found, root);
            } else {
                let content = if kind.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
                found.insert(path.strip_prefix(root).unwrap().display().to_string(), content);
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&sandbox.path("home"), &mut found, &sandbox.path("home"));
    found
}

/// Answers each question, and answers with the screen.
#[track_caller]
fn walked(sandbox: &Sandbox, answers: &[&str]) -> String {
    let mut pty: Pty<'_> = sandbox.pty(["setup"]).size(60, 100).start();
    for answer in answers {
        pty.wait_for(QUESTION).send(format!("{answer}\n"));
    }
    let ended = pty.wait_for("this machine · doctor").finish();
    assert_eq!(ended.code, 0, "{}", ended.screen);
    ended.screen
}

const CONFIG: &str = "\
[environment.production]
level = \"production\"
match = [
  { host = \"db1.prod.example.com\" },   # ~/.pgpass:1
  { service = \"prod\" },   # ~/.pg_service.conf
  { host = \"db2.prod.example.com\" },   # ~/.pg_service.conf
  { host = \"localhost\", port = 5433 },   # ~/.ssh/config:2
  { host = \"prod-eu\" },   # ~/.kube/config:4
]

[environment.staging]
level = \"staging\"
match = [
  { service = \"dev\" },   # ~/.pg_service.conf
  { host = \"10.9.8.7\" },   # ~/.pg_service.conf
]

# Known from your files, and unknown until you move them up, without the #:
#   { host = \"10.1.2.3\" },   # ~/.pgpass:3
#   { host = \"db9.example.com\" },   # ~/.ssh/config:4
";

#[test]
fn after_three_times_yes_everything_is_in_place_and_a_second_walk_asks_nothing() {
    let sandbox = lived_in();
    let screen = walked(&sandbox, &["yes", "yes", "yes"]);
    assert!(screen.contains("written: ~/.config/dbguard/config.toml"), "{screen}");
    let config = sandbox.read("home/.config/dbguard/config.toml");
    assert!(config.starts_with("# Which server is what.") && config.ends_with(CONFIG), "{config}");
    assert_eq!(sandbox.read("home/.bashrc"), "alias ll='ls -l'\neval \"$(dbguard init bash)\"\n");
    let psqlrc = sandbox.read("home/.psqlrc");
    assert!(psqlrc.starts_with("\\timing on\n-- >>> dbguard") && psqlrc.ends_with("-- <<< dbguard <<<\n"));
    assert_eq!(sandbox.run(["config", "check"]).output().code, 0);
    let explained = sandbox.run(["explain", "--json", "--", "psql", "-h", "db1.prod.example.com"]).output().json();
    assert_eq!(explained["environment"]["name"], "production");
    let before = home(&sandbox);
    let screen = walked(&sandbox, &[]);
    assert!(!screen.contains(QUESTION) && screen.contains("~/.bashrc:2 sets it up already"), "{screen}");
    assert_eq!(home(&sandbox), before);
}

#[test]
fn what_it_wrote_goes_with_uninstall() {
    let sandbox = lived_in();
    let mut before = home(&sandbox);
    walked(&sandbox, &["yes", "yes", "yes"]);
    assert_eq!(sandbox.run(["uninstall", "--yes", "--purge"]).output().code, 0);
    // Nothing else than the line break at the end of the file.
    before.insert(".bashrc".to_owned(), b"alias ll='ls -l'\n".to_vec());
    assert_eq!(home(&sandbox), before);
}

#[test]
fn each_step_can_be_left_and_nothing_of_it_is_written() {
    let sandbox = lived_in();
    let before = home(&sandbox);
    let screen = walked(&sandbox, &["no", "y", ""]);
    for later in ["dbguard env add NAME", "put this line at the end of ~/.bashrc", "dbguard psqlrc install"] {
        assert!(screen.contains(&format!("left as it is; later: {later}")), "{later} is not in {screen}");
    }
    assert_eq!(home(&sandbox), before);
    for (answers, written) in [
        (["yes", "no", "no"], ".config/dbguard/config.toml"),
        (["no", "yes", "no"], ".bashrc"),
        (["no", "no", "yes"], ".psqlrc"),
    ] {
        let sandbox = lived_in();
        walked(&sandbox, &answers);
        let mut after = home(&sandbox);
        assert_ne!(after.get(written), before.get(written));
        after.retain(|path, _| path != written && path != ".psqlrc.before-dbguard");
        let rest: BTreeMap<_, _> = before.clone().into_iter().filter(|(path, _)| path != written).collect();
        assert_eq!(after, rest, "{answers:?}");
    }
}

#[test]
fn the_difference_is_shown_before_the_question() {
    let sandbox = lived_in();
    let screen = walked(&sandbox, &["no", "no", "no"]);
    let at = |text: &str| screen.find(text).unwrap_or_else(|| panic!("{text} is not in {screen}"));
    assert!(at("+           { host = \"localhost\", port = 5433 }") < at(QUESTION));
    assert!(at("alias ll='ls -l'\n               +         eval \"$(dbguard init bash)\"") > at(QUESTION));
    assert!(screen.contains("more lines; all of them: dbguard psqlrc print"), "{screen}");
}

#[test]
fn a_dry_run_shows_the_same_and_needs_nobody() {
    let sandbox = lived_in();
    let before = home(&sandbox);
    let output = sandbox.run(["setup", "--dry-run"]).output();
    assert_eq!((output.code, output.err().as_str()), (0, ""));
    for shown in [
        "host = \"db1.prod.example.com\"  (~/.pgpass:1)",
        "unknown     host = \"10.1.2.3\"",
        "eval \"$(dbguard init bash)\"",
    ] {
        assert!(output.out().contains(shown), "{}", output.out());
    }
    assert_eq!(home(&sandbox), before);
}

#[test]
fn what_a_project_leaves_to_code_is_told_with_what_to_do_about_it() {
    let sandbox = lived_in();
    let told = |sandbox: &Sandbox| sandbox.run(["setup", "--dry-run"]).output().out();
    assert!(!told(&sandbox).contains("this project"));
    let sandbox = sandbox.file("work/manage.py", "").file("work/package.json", "{}");
    let shown = told(&sandbox);
    for part in ["this project", "manage.py", "dbguard trust --code .", "package.json", "[shims] add = [\"node\"]"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let mut pty = sandbox.pty(["trust", "--code", "."]).start();
    assert_eq!(pty.finish().code, 0);
    assert!(!told(&sandbox).contains("manage.py"));
}

#[test]
fn without_a_terminal_and_for_an_agent_it_refuses_and_changes_nothing() {
    let sandbox = lived_in();
    let before = home(&sandbox);
    let said = "dbguard: stopped: there is no terminal to ask on; nothing was changed\n  see what it would do: dbguard setup --dry-run\n  by hand: dbguard env add, dbguard psqlrc install, and the line that dbguard init --help shows\n";
    sandbox.run(["setup"]).stderr(said).status(125);
    let sandbox = sandbox.var("CLAUDECODE", "1");
    let mut pty = sandbox.pty(["setup"]).start();
    assert_eq!(pty.finish().code, 125);
    drop(pty);
    assert_eq!(home(&sandbox), before);
}

#[test]
fn the_end_of_input_stops_the_walk() {
    let sandbox = lived_in();
    let mut pty = sandbox.pty(["setup"]).start();
    pty.wait_for(QUESTION).send("yes\n").wait_for("written:").wait_for(QUESTION).send("\x04");
    let ended = pty.finish();
    assert_eq!(ended.code, 125);
    assert!(ended.screen.contains("nothing more was changed"), "{}", ended.screen);
    drop(pty);
    assert!(sandbox.path("home/.config/dbguard/config.toml").exists());
    assert_eq!(sandbox.read("home/.bashrc"), "alias ll='ls -l'");
}

#[test]
fn a_file_that_changed_since_it_was_shown_is_not_written() {
    let sandbox = lived_in();
    let mut pty = sandbox.pty(["setup"]).start();
    pty.wait_for(QUESTION).send("no\n").wait_for(QUESTION);
    std::fs::write(sandbox.path("home/.bashrc"), "changed\n").unwrap();
    pty.send("yes\n").wait_for("not written: ~/.bashrc has changed").wait_for(QUESTION).send("no\n");
    assert_eq!(pty.finish().code, 125);
    drop(pty);
    assert_eq!(sandbox.read("home/.bashrc"), "changed\n");
}

#[test]
fn a_configuration_that_is_there_gets_what_it_lacks_and_keeps_its_words() {
    let own = "# mine\n[environment.production]\nlevel = \"production\" # live\nmatch = [{ host = \"*.prod.example.com\" }]\n";
    let sandbox = lived_in().config(own).file("home/.pg_service.conf", "").file("home/.ssh/config", "");
    walked(&sandbox, &["yes", "no", "no"]);
    let expected = "# mine\n[environment.production]\nlevel = \"production\" # live\nmatch = [{ host = \"*.prod.example.com\" }, { host = \"prod-eu\" }]\n";
    assert_eq!(sandbox.read("home/.config/dbguard/config.toml"), expected);
}

#[test]
fn a_configuration_with_errors_is_left_alone_and_the_rest_goes_on() {
    let sandbox = lived_in().config("[environment.x]\n");
    let screen = walked(&sandbox, &["no", "no"]);
    let words: Vec<&str> = screen.split_whitespace().collect();
    assert!(words.join(" ").contains("config.toml` has errors; mend them first, nothing was written"), "{screen}");
    assert_eq!(sandbox.read("home/.config/dbguard/config.toml"), "[environment.x]\n");
}

#[test]
fn hostile_files_are_shown_inertly_and_never_become_more_than_a_name() {
    let hostile = [
        "\u{1b}]0;evil\u{7}:5432:*:u:p",
        "a\"}]\\:x:1:1:1:1",
        "$(touch /tmp/x).prod:1:1:1:1",
        "\u{202e}dorp:1:1:1:1",
        "*:*:*:u:p",
        "/run/postgresql:*:*:u:p",
        "no colons at all",
    ];
    let sandbox = Sandbox::new()
        .file("home/.pgpass", hostile.join("\n"))
        .file("home/.pg_service.conf", "[pr\u{1b}[31mod]\nhost=\u{7}prod\n[\"]\n")
        .file(
            "home/.ssh/config",
            "Host \u{1b}[2Jprod\nLocalForward 99999 a:b:c\nLocalForward\nLocalForward 5439 lo\u{7}cal:1\n",
        )
        .file("home/.kube/config", "contexts:\n  name: \"prod\u{1b}[0m\"\n- name: arn:aws:eks:eu:1:cluster/prod\n")
        .file("home/.bashrc", "\u{1b}]0;evil\u{7}")
        .var("PATH", "/usr/bin:/bin");
    let output = sandbox.run(["setup", "--dry-run"]).output();
    assert_eq!((output.code, output.err().as_str()), (0, ""));
    let out = output.out();
    assert!(!out.contains('\u{1b}') && !out.contains('\u{7}') && !out.contains('\u{202e}'), "{out}");
    assert!(out.contains("with characters that no name has") && !out.contains("touch /"), "{out}");
    assert!(out.contains("host = \"localhost\", port = 5439"), "{out}");
}

#[test]
fn what_is_no_file_is_passed_over_without_waiting() {
    let sandbox =
        Sandbox::new().dir("home/.ssh/config").dir("home/.kube").dir("home/.bashrc").var("PATH", "/usr/bin:/bin");
    let fifo = |path: &str| nix::unistd::mkfifo(&sandbox.path(path), nix::sys::stat::Mode::S_IRUSR).unwrap();
    fifo("home/.pgpass");
    fifo("home/.pg_service.conf");
    fifo("home/.kube/config");
    let output = sandbox.run(["setup", "--dry-run"]).output();
    assert_eq!((output.code, output.err().as_str()), (0, ""));
    assert!(
        output.out().contains("in ~/.pgpass, service files, ~/.ssh/config and kubectl's contexts"),
        "{}",
        output.out()
    );
}
