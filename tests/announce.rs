//! While a client runs, the tab speaks of it; and where the prompt is outdated, that is said.
//!
//! The hook's shell is played by `sh`: it exports the var as the hooks do, and looks for the mark as they do.

use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use crate::support::{DBGUARD, Ended, Pty, Sandbox, clusters, tool};

const CONFIG: &str = r##"
[environment.production]
level = "production"
match = [{ host = "*.prod.demo" }]

[environment.staging]
level = "staging"
match = [{ host = "*.staging.demo" }]

[terminal]
tab = { staging = "#b58900" }
"##;

fn sandbox() -> Sandbox {
    Sandbox::new().services().config(CONFIG).shims(["psql", "pg_dump"]).var("TERM_PROGRAM", "iTerm.app")
}

/// A real shell with the hook, in which production was chosen, a session at home ended, and production was left.
fn story(shell: &str, sandbox: &Sandbox) -> Ended {
    let (args, init, leave): (&[&str], _, _) = match shell {
        "bash" => (&["--norc", "-i"], "eval \"$(dbguard init bash)\"", "unset PGHOST"),
        "zsh" => (&["-f", "-i"], "eval \"$(dbguard init zsh)\"", "unset PGHOST"),
        _ => (&["--no-config", "-i"], "dbguard init fish | source", "set -e PGHOST"),
    };
    let mut pty = sandbox.tool_pty(tool(shell).unwrap().to_str().unwrap(), args).start();
    pty.send(format!("{init}\n")).send("export PGHOST=db.prod.demo\n").wait_for("PRODUCTION");
    pty.send("psql -h localhost\n").send(format!("{leave}\n")).send("exit\n");
    pty.finish()
}

#[test]
fn each_hook_shows_its_own_environment_again_after_a_client() {
    for shell in ["bash", "zsh", "fish"] {
        if tool(shell).is_none() {
            continue;
        }
        let sandbox = at_home().dir("mine");
        symlink(DBGUARD, sandbox.path("mine/dbguard")).unwrap();
        let path = format!("{}:{}:/usr/bin:/bin", sandbox.path("mine").display(), sandbox.path("bin").display());
        let sandbox = sandbox.var("PATH", path);
        let raw = String::from_utf8(story(shell, &sandbox).raw).unwrap();
        let mut sent: Vec<&str> =
            raw.split("SetColors=tab=").skip(1).map(|rest| rest.split('\x07').next().unwrap()).collect();
        sent.dedup();
        assert_eq!(sent, ["b01020", "default", "b01020", "default"], "{shell}: {raw:?}");
        let title = raw.find("\x1b]0;psql\x07").unwrap_or_else(|| panic!("{shell}: {raw:?}"));
        assert!(raw[title..].contains("▲ PRODUCTION db.prod.demo"), "{shell}: {raw:?}");
    }
}

/// The colours of the tab that were sent, one for each change.
fn tabs(raw: &[u8]) -> Vec<String> {
    let raw = String::from_utf8_lossy(raw);
    let mut sent: Vec<String> =
        raw.split("SetColors=tab=").skip(1).map(|rest| rest.split('\x07').next().unwrap().to_owned()).collect();
    sent.dedup();
    sent
}

#[test]
fn what_a_psql_has_set_goes_with_it_when_it_ends_is_killed_or_was_stopped_in_between() {
    for shell in ["bash", "zsh", "fish"] {
        if tool(shell).is_none() {
            continue;
        }
        let sandbox = crate::psqlrc::sandbox().dir("mine").var("TERM_PROGRAM", "iTerm.app");
        symlink(DBGUARD, sandbox.path("mine/dbguard")).unwrap();
        let path = format!("{}:/usr/bin:/bin", sandbox.path("mine").display());
        let sandbox = sandbox.var("PATH", path);
        let init = if shell == "fish" { "dbguard init fish | source" } else { "eval \"$(dbguard init $0)\"" };
        let args: &[&str] = match shell {
            "bash" => &["--norc", "--noprofile", "-i"],
            "zsh" => &["-f", "-i"],
            _ => &["--no-config", "-i"],
        };
        // By its whole path: nothing but the start-up file speaks.
        let psql = format!("{} service=staging\n", clusters().bin().join("psql").display());
        let mut pty = sandbox.tool_pty(shell, args).size(40, 160).start();
        pty.send(format!("{}\n", init.replace("$0", shell))).send("echo is''ready\n").wait_for("isready");
        let enter = |pty: &mut Pty<'_>| {
            pty.send(&psql).wait_for("■ STAGING  writable ").wait_for("=# ").send("\\c service=production\n");
            pty.wait_for("▲ PRODUCTION  read-only? ").wait_for("=# ");
        };
        enter(&mut pty);
        pty.send("\\q\n").send("echo has''ended\n").wait_for("hasended");
        enter(&mut pty);
        // Stopped, the shell's own prompt takes it back; it is set again where psql goes on.
        pty.send("\x1a").wait_for(if shell == "zsh" { "suspended" } else { "topped" }).send("echo is''stopped\n");
        pty.wait_for("isstopped").send("fg\n").wait_for("service=staging");
        // Which of the two has the terminal just then is not known: Enter is pressed until psql answers.
        let shown = |pty: &Pty<'_>| pty.screen().matches("▲ PRODUCTION  read-only? ").count();
        let (before, deadline) = (shown(&pty), Instant::now() + Duration::from_secs(20));
        while shown(&pty) == before && Instant::now() < deadline {
            pty.send("\n");
            std::thread::sleep(Duration::from_millis(100));
        }
        pty.send("\\! kill -9 $PPID\n")
            .wait_for(if shell == "fish" { "SIGKILL" } else { "illed" })
            .send("echo is''gone\n")
            .wait_for("isgone");
        pty.send("exit\n");
        let raw = pty.finish().raw;
        assert_eq!(tabs(&raw), ["b01020", "default", "b01020", "default", "b01020", "default"], "{shell}: {raw:?}");
    }
}

/// What a shell sees that ran this, with the var as its hook has set it. Afterwards it says whether there is a mark.
fn shell(sandbox: &Sandbox, shown: &str, typed: &str) -> Ended {
    let tints = sandbox.path("home/.local/state/dbguard/tints");
    let script = format!(
        "export DBGUARD_SHOWN=\"$$ {shown}\"\n{typed}\n[ -e '{0}'/$$ ] && echo \"mark: $(cat '{0}'/$$)\"; exit 0",
        tints.display()
    );
    let mut pty = sandbox.tool_pty("/bin/sh", ["-c", &script]).start();
    pty.finish()
}

fn has(ended: &Ended, bytes: &str) -> bool {
    ended.raw.windows(bytes.len()).any(|window| window == bytes.as_bytes())
}

const PROD: &str = "\x1b]0;▲ PRODUCTION db.prod.demo:";

#[test]
fn a_session_sets_title_and_tab_before_psql_speaks_and_leaves_a_mark() {
    let sandbox = sandbox();
    let script = "export DBGUARD_SHOWN=\"$$ local /x\"; psql -X service=production; echo ended";
    let mut pty = sandbox.tool_pty("/bin/sh", ["-c", script]).start();
    let shell = pty.pid();
    pty.wait_for("Type the host to go on:").send("db.prod.demo\n");
    pty.wait_for("=#").send("\\q\n").wait_for("ended");
    let ended = pty.finish();
    assert!(has(&ended, PROD) && has(&ended, "\x1b]1337;SetColors=tab=b01020\x07"), "{:?}", ended.screen);
    assert_eq!(sandbox.read(&format!("home/.local/state/dbguard/tints/{shell}")), "title tab\n");
}

#[test]
fn a_client_that_is_killed_leaves_its_mark() {
    let sandbox = sandbox();
    let script = "export DBGUARD_SHOWN=\"$$ local /x\"; psql -X service=staging; echo ended";
    let mut pty = sandbox.tool_pty("/bin/sh", ["-c", script]).start();
    let shell = pty.pid();
    pty.wait_for("=#").send("\\! kill -9 $PPID\n").wait_for("ended");
    let ended = pty.finish();
    assert!(has(&ended, "\x1b]0;■ STAGING db.staging.demo:") && has(&ended, "\x1b]1337;SetColors=tab=b58900\x07"));
    assert!(sandbox.path(&format!("home/.local/state/dbguard/tints/{shell}")).exists());
}

#[test]
fn what_is_no_session_changes_nothing_on_the_terminal() {
    let sandbox = sandbox();
    for typed in [
        "psql -Xc 'SELECT 1' service=staging",
        "psql -X service=staging </dev/null",
        "psql -X --version",
        "psql -XAtqwl service=staging >/dev/null",
    ] {
        let ended = shell(&sandbox, "local /x", typed);
        assert!(!has(&ended, "\x1b]"), "{typed}: {:?}", String::from_utf8_lossy(&ended.raw));
        assert!(!ended.screen.contains("mark:"), "{typed}: {}", ended.screen);
    }
}

/// `psql` that ends at once, on this machine: a session in development.
fn at_home() -> Sandbox {
    Sandbox::new().config(CONFIG).fake("psql").shims(["psql"]).var("TERM_PROGRAM", "iTerm.app")
}

#[test]
fn development_says_nothing_and_takes_back_what_the_prompt_had_set() {
    let sandbox = at_home();
    let ended = shell(&sandbox, "local /x", "psql -h localhost");
    assert_eq!(String::from_utf8_lossy(&ended.raw), "");
    let set = "mkdir -p \"$XDG_STATE_HOME/dbguard/tints\"; echo title tab >\"$XDG_STATE_HOME/dbguard/tints/$$.on\"; ";
    let ended = shell(&sandbox, "production db", &format!("{set}psql -h localhost"));
    let expected = "\x1b]1337;SetColors=tab=default\x07\x1b]0;psql\x07mark: title tab\r\n";
    assert_eq!(String::from_utf8_lossy(&ended.raw), expected);
}

#[test]
fn without_a_hook_in_this_very_terminal_nothing_is_set() {
    let sandbox = at_home();
    let config = format!("{CONFIG}\n[title]\nshow = \"always\"\n");
    let sandbox = sandbox.config(&config);
    let run = |var: &str| {
        let script = format!("{var}; psql -h localhost; exit 0");
        String::from_utf8(sandbox.tool_pty("/bin/sh", ["-c", &script]).start().finish().raw).unwrap()
    };
    assert_eq!(
        run("export DBGUARD_SHOWN=\"$$ local x\""),
        "\x1b]0;● LOCAL localhost/root\x07".replace("root", &user())
    );
    // No hook; a shell of another terminal; what is no number.
    let other = format!("export DBGUARD_SHOWN='{} local x'", std::process::id());
    for var in [":", other.as_str(), "export DBGUARD_SHOWN=x"] {
        assert_eq!(run(var), "", "{var}");
    }
}

fn user() -> String {
    nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name
}

#[test]
fn a_dumb_terminal_is_left_alone() {
    let sandbox = at_home().config(&format!("{CONFIG}\n[title]\nshow = \"always\"\n")).var("TERM", "dumb");
    let ended = shell(&sandbox, "local x", "psql -h localhost");
    assert_eq!(String::from_utf8_lossy(&ended.raw), "");
}

#[test]
fn where_nothing_can_be_noted_nothing_is_set() {
    let sandbox = at_home().config(&format!("{CONFIG}\n[title]\nshow = \"always\"\n"));
    let sandbox = sandbox.file("home/.local/state/dbguard/tints", "in the way");
    let ended = shell(&sandbox, "local x", "psql -h localhost");
    assert_eq!(String::from_utf8_lossy(&ended.raw), "");
}

const OUTDATED: &str = "dbguard: the prompt showed `production db.prod.demo/app`; now it is `local localhost/app`\r\n";

#[test]
fn a_prompt_that_is_outdated_is_called_out_also_where_nothing_is_asked() {
    let sandbox = at_home().var("PGHOST", "localhost").var("PGDATABASE", "app");
    let said = |shown: &str, typed: &str| shell(&sandbox, shown, typed).raw;
    assert_eq!(String::from_utf8_lossy(&said("production db.prod.demo/app", "psql -c 'SELECT 1'")), OUTDATED);
    let quiet = [
        ("local localhost/app", "psql -c 'SELECT 1'"),
        // A target that is named is not the prompt's.
        ("production db.prod.demo/app", "psql -h localhost -c 'SELECT 1'"),
        ("production db.prod.demo/app", "psql -c 'SELECT 1' other"),
        // A script is not the shell.
        ("production db.prod.demo/app", "sh -c 'psql -c 1; exit 0'"),
        // The hook had no answer.
        ("", "psql -c 'SELECT 1'"),
        ("production db.prod.demo/app", "psql -c 'SELECT 1' >/dev/null"),
    ];
    for (shown, typed) in quiet {
        assert_eq!(String::from_utf8_lossy(&said(shown, typed)), "", "{typed}");
    }
}

#[test]
fn what_the_prompt_showed_comes_inertly_into_line_and_checklist() {
    let sandbox = sandbox().var("PGSERVICE", "production");
    let script = "export DBGUARD_SHOWN=\"$$ staging db\x1b]0;x\x07\"; psql -Xc 'SELECT 1'; exit 0";
    let mut pty = sandbox.tool_pty("/bin/sh", ["-c", script]).start();
    pty.wait_for("the prompt showed `staging db\\x1B]0;x\\x07`; now it is `production db.prod.demo:");
    pty.wait_for("the prompt").wait_for("showed").wait_for("staging db\\x1B]0;x\\x07").wait_for("not what it is now");
    pty.wait_for("Type the host to go on:").send("\x03");
    pty.finish();
}

#[test]
fn the_var_is_what_the_answer_gives_the_hook() {
    let sandbox = sandbox().var("PGSERVICE", "staging");
    let answer = sandbox.run(["prompt", "--answer"]).output().out();
    let shown = answer.lines().nth(10).unwrap().to_owned();
    assert!(shown.starts_with("staging db.staging.demo"), "{shown}");
    let ended = shell(&sandbox, &shown, "psql -XAtc 'SHOW cluster_name'");
    assert_eq!(ended.screen, "staging\n");
    assert!(std::path::Path::new(DBGUARD).exists());
}
