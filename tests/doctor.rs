//! `dbguard doctor`: what is in place is said, what is not is said with what mends it.

use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::support::{DBGUARD, Sandbox, tool};

/// A machine with two fake tools and nothing else of PostgreSQL.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new().fake("psql").fake("pg_dump").dir("mine");
    symlink(DBGUARD, sandbox.path("mine/dbguard")).unwrap();
    let path = format!("{}:{}", sandbox.path("mine").display(), sandbox.path("bin").display());
    sandbox.var("PATH", path)
}

/// The same with the shims that the hook makes, behind these directories on `PATH`.
fn hooked(before: &[&str]) -> Sandbox {
    let sandbox = sandbox().dir("home/.local/share/dbguard/shims");
    for tool in ["psql", "pg_dump"] {
        let link = sandbox.path("home/.local/share/dbguard/shims").join(tool);
        symlink(sandbox.path("mine/dbguard"), link).unwrap();
    }
    let mut path: Vec<_> = before.iter().map(|dir| sandbox.path(dir)).collect();
    path.extend(["home/.local/share/dbguard/shims", "mine", "bin"].map(|dir| sandbox.path(dir)));
    let path = std::env::join_paths(path).unwrap();
    sandbox.var("PATH", path).var("DBGUARD_SHOWN", format!("{} local x", std::process::id()))
}

/// Each finding as `part/name state`, and the whole.
#[track_caller]
fn findings(sandbox: &Sandbox) -> (i32, Vec<String>, Value) {
    let output = sandbox.run(["doctor", "--json"]).output();
    assert_eq!(output.err(), "");
    let json = output.json();
    assert_eq!((json["version"].as_u64(), json["ok"].as_bool()), (Some(1), Some(output.code == 0)));
    let word = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let all = json["findings"].as_array().unwrap();
    let one = |one: &Value| format!("{}/{} {}", word(one, "part"), word(one, "name"), word(one, "state"));
    (output.code, all.iter().map(one).collect(), json)
}

/// What is said of one finding, and what mends it.
#[track_caller]
fn said(json: &Value, name: &str) -> (String, String) {
    let all = json["findings"].as_array().unwrap();
    let one = all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name} is not in {json}"));
    (one["what"].as_str().unwrap().to_owned(), one["mend"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn where_all_is_in_place_nothing_is_broken() {
    let config = "[environment.p]\nlevel = \"production\"\nmatch = [{ host = \"p\" }]\n";
    let (code, all, _) = findings(&hooked(&[]).config(config));
    let expected = [
        "program/dbguard fine",
        "shell/hook fine",
        "tools/shims fine",
        "tools/guarded fine",
        "psql/start-up file note",
        "config/rules fine",
        "files/audit log fine",
        "terminal/not known fine",
    ];
    assert_eq!((code, all.iter().map(String::as_str).collect::<Vec<_>>()), (0, expected.to_vec()));
}

#[test]
fn without_the_line_the_tools_run_unguarded_and_the_line_is_told() {
    let sandbox = sandbox().var("SHELL", "/bin/zsh");
    let (code, all, json) = findings(&sandbox);
    assert_eq!(code, 1);
    assert!(
        all.contains(&"tools/unguarded broken".to_owned()) && all.contains(&"tools/shims broken".to_owned()),
        "{all:?}"
    );
    let (what, mend) = said(&json, "unguarded");
    assert_eq!(what, "psql pg_dump: no shim for it is on PATH");
    assert_eq!(mend, "open a new shell: it makes the links");
}

#[test]
fn in_a_shell_without_the_hook_the_command_that_adds_the_line_is_told() {
    let sandbox = sandbox();
    let run = |sandbox: &Sandbox| {
        let output = sandbox.tool("/bin/bash", ["--norc", "-c", "dbguard doctor --json; exit 0"]).output();
        said(&output.json(), "hook")
    };
    let (what, mend) = run(&sandbox);
    assert_eq!(what, "not active in this bash");
    assert_eq!(mend, "echo 'eval \"$(dbguard init bash)\"' >>~/.bashrc; exec bash");
    let sandbox = sandbox.file("home/.bashrc", "# mine\neval \"$(dbguard init bash)\"\n");
    let (what, mend) = run(&sandbox);
    assert_eq!(what, "not active in this bash, though [DIR]/home/.bashrc:2 has its line");
    assert_eq!(mend, "exec bash");
}

/// `PATH` is read-only: the hook could not put them there, and a new shell could not either.
#[test]
fn shims_that_the_hook_could_not_put_on_path_are_not_promised_by_a_new_shell() {
    let sandbox = sandbox().dir("home/.local/share/dbguard/shims");
    let shown = format!("{} local x", std::process::id());
    let (code, _, json) = findings(&sandbox.var("DBGUARD_SHOWN", shown));
    let mend = "let PATH be changed; else `init --functions` guards what is typed, and not scripts, make and xargs";
    assert_eq!((code, said(&json, "shims").1.as_str()), (1, mend));
    assert_eq!(said(&json, "unguarded").1, "see `shims` above");
}

/// The command is typed into the shell that it is for.
#[test]
fn the_command_for_aliases_shows_those_of_every_tool_and_in_each_shell() {
    let aliases = "alias a=/opt/psql; alias b='~/bin/npx prisma'; alias c='psql -X'";
    for (shell, expected) in [
        ("bash", "alias a='/opt/psql'\nalias b='~/bin/npx prisma'\n"),
        ("zsh", "a=/opt/psql\nb='~/bin/npx prisma'\n"),
        ("fish", "alias a /opt/psql\nalias b '~/bin/npx prisma'\n"),
    ] {
        let Some(_) = tool(shell) else { return };
        let sandbox = sandbox().var("SHELL", shell);
        let (_, mend) = said(&findings(&sandbox).2, "aliases");
        let path = std::env::var_os("PATH").unwrap();
        let typed = sandbox.var("PATH", path).tool(shell, ["-c", &format!("{aliases}\n{mend}")]).output();
        assert_eq!((typed.out(), typed.err()), (expected.to_owned(), String::new()), "{mend}");
    }
}

#[test]
fn what_stands_before_the_shims_is_named_with_its_kind() {
    for (before, beside, kind) in [
        ("work/node_modules/.bin", None, " (a project's npm binaries)"),
        ("venv/bin", Some("venv/pyvenv.cfg"), " (a virtual environment)"),
        ("home/.asdf/shims", None, " (shims of a version manager)"),
        ("home/.pyenv/shims", None, " (shims of a version manager)"),
        ("elsewhere", None, ""),
    ] {
        let mut sandbox = hooked(&[before]).dir(before);
        if let Some(beside) = beside {
            sandbox = sandbox.file(beside, "");
        }
        std::fs::copy(sandbox.path("bin/psql"), sandbox.path(before).join("psql")).unwrap();
        let (code, _, json) = findings(&sandbox);
        let expected = format!("psql: [DIR]/{before} comes before the shims{kind}");
        assert_eq!((code, said(&json, "unguarded").0), (1, expected));
        assert_eq!(said(&json, "guarded").0, "pg_dump");
    }
}

#[test]
fn links_that_lead_nowhere_or_elsewhere_and_what_is_no_link_are_told() {
    let shims = "home/.local/share/dbguard/shims";
    let sandbox = hooked(&[]).file("other/dbguard", "#!/bin/sh\n").mode("other/dbguard", 0o755);
    let sandbox = sandbox.file(&format!("{shims}/mine.sh"), "");
    symlink("/nowhere/dbguard", sandbox.path(shims).join("createdb")).unwrap();
    symlink(sandbox.path("other/dbguard"), sandbox.path(shims).join("dropdb")).unwrap();
    let (code, all, _) = findings(&sandbox);
    assert_eq!(code, 1);
    for expected in ["tools/createdb broken", "tools/dropdb doubtful", "tools/mine.sh doubtful"] {
        assert!(all.iter().any(|one| one == expected), "{expected}: {all:?}");
    }
}

#[test]
fn another_dbguard_that_comes_first_is_told() {
    let sandbox = sandbox().file("bin/dbguard", "#!/bin/sh\n").mode("bin/dbguard", 0o755);
    let path = format!("{}:{}", sandbox.path("bin").display(), sandbox.path("mine").display());
    let (_, _, json) = findings(&sandbox.var("PATH", path));
    assert!(said(&json, "dbguard").0.contains("/bin/dbguard comes first on PATH"), "{json}");
}

#[test]
fn errors_of_the_configuration_are_broken_and_warnings_doubtful() {
    let sandbox = hooked(&[]).config("[environment.p]\nlevel = \"prod\"\n").file("work/.dbguard.toml", "[prompt]\n");
    let (code, all, json) = findings(&sandbox);
    assert_eq!(code, 1);
    assert!(all.contains(&"config/error broken".to_owned()) && all.contains(&"config/warning doubtful".to_owned()));
    let (what, mend) = said(&json, "error");
    assert!(what.ends_with("config.toml:2: `prod` is no value of `level`"), "{what}");
    assert_eq!(mend, "did you mean `production`?");
}

#[test]
fn a_log_that_cannot_be_written_or_was_changed_is_broken() {
    let sandbox = hooked(&[]).file("home/.local/state/dbguard/audit.jsonl", "{}\n");
    let (code, _, json) = findings(&sandbox);
    assert_eq!((code, said(&json, "audit log").1), (1, "dbguard log verify".to_owned()));
    let sandbox = hooked(&[]).file("home/.local/state", "in the way");
    let (code, all, _) = findings(&sandbox);
    assert_eq!(code, 1);
    for expected in ["files/audit log broken", "files/stamps doubtful", "files/tints doubtful"] {
        assert!(all.iter().any(|one| one == expected), "{expected}: {all:?}");
    }
}

#[test]
fn a_line_in_zshenv_is_told_since_the_system_undoes_it() {
    let sandbox = hooked(&[]).file("home/.zshenv", "eval \"$(dbguard init zsh)\"\n");
    let (_, all, json) = findings(&sandbox);
    assert!(all.contains(&"shell/start-up file doubtful".to_owned()), "{all:?}");
    assert_eq!(said(&json, "start-up file").1, "move the line to ~/.zshrc");
}

#[test]
fn hostile_names_are_shown_inertly() {
    let sandbox = hooked(&["a\u{1b}]0;x\u{7}b"]).dir("a\u{1b}]0;x\u{7}b");
    std::fs::copy(sandbox.path("bin/psql"), sandbox.path("a\u{1b}]0;x\u{7}b/psql")).unwrap();
    let output = sandbox.run(["doctor"]).output();
    assert_eq!(output.code, 1);
    assert!(output.out().contains("a\\x1B]0;x\\x07b") && !output.out().contains('\u{1b}'), "{}", output.out());
}

/// What is said of psql's start-up file, as it is arranged: state, words, and what mends it.
#[track_caller]
fn start_up(sandbox: &Sandbox) -> String {
    let (_, all, json) = findings(sandbox);
    let state = all.iter().find_map(|one| one.strip_prefix("psql/start-up file ")).unwrap_or("nothing");
    let (what, mend) = said(&json, "start-up file");
    format!("{state}: {what} -> {mend}").replace(&sandbox.path("").display().to_string(), "[DIR]/")
}

#[test]
fn psqls_start_up_file_is_looked_at_and_what_psql_would_pass_over_is_told() {
    let install = "dbguard psqlrc install";
    let rc = "[DIR]/home/.psqlrc";
    let bare = sandbox();
    assert_eq!(start_up(&bare), format!("note: no block in {rc}: psql's prompt shows no environment -> {install}"));
    assert_eq!(bare.run(["psqlrc", "install"]).output().code, 0);
    assert_eq!(start_up(&bare), format!("fine: the block is in {rc} -> "));
    let text = bare.read("home/.psqlrc").replace("\\r ", "");
    assert_eq!(
        start_up(&bare.file("home/.psqlrc", text)),
        format!("doubtful: the block in {rc} is of another version -> {install}")
    );
    let by_hand = "mend it, or put the block in by hand: dbguard psqlrc print";
    let odd = format!("broken: `{rc}` was left as it is: it is not a regular file -> {by_hand}");
    assert_eq!(start_up(&sandbox().dir("home/.psqlrc")), odd);
    let fifo = sandbox();
    nix::unistd::mkfifo(&fifo.path("home/.psqlrc"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_eq!(start_up(&fifo), odd);
    let circle = sandbox();
    symlink(".psqlrc", circle.path("home/.psqlrc")).unwrap();
    let said = start_up(&circle);
    assert!(said.starts_with(&format!("broken: `{rc}` cannot be read: ")) && said.contains("symbolic links"), "{said}");
    let nowhere = sandbox().var("PSQLRC", "/proc/nowhere/rc");
    let absent = "doubtful: PSQLRC names /proc/nowhere/rc, which is not there: psql reads none";
    assert_eq!(start_up(&nowhere), format!("{absent} -> {install}"));
    let none = start_up(&sandbox().var("PSQLRC", "/dev/null"));
    assert!(none.starts_with("note: PSQLRC is /dev/null") && none.ends_with("-> unset PSQLRC"), "{none}");
}
