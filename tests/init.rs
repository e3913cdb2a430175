//! `dbguard init`: what it prints, in which worlds, and that no byte of a path is lost or obeyed on the way.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::support::{DBGUARD, Sandbox, tool};

const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// The line of the README that starts it.
fn line(shell: &str) -> String {
    if shell == "fish" { "dbguard init fish | source".to_owned() } else { format!("eval \"$(dbguard init {shell})\"") }
}

/// A world in which `dbguard` is on `PATH`.
fn world() -> Sandbox {
    let sandbox = Sandbox::new();
    symlink(DBGUARD, sandbox.path("bin/dbguard")).unwrap();
    sandbox
}

/// Runs a script in a shell that reads no start-up files.
fn script<'s>(sandbox: &'s Sandbox, shell: &str, script: &str) -> crate::support::Run<'s> {
    let quiet = match shell {
        "bash" => "--norc",
        "zsh" => "-f",
        _ => "--no-config",
    };
    sandbox.tool(tool(shell).unwrap().to_str().unwrap(), [quiet, "-c", script])
}

#[test]
fn bash_and_zsh_get_one_line_of_words_that_no_shell_takes_apart() {
    let sandbox = world();
    for (shell, start, end) in [
        ("bash", "\\builtin eval $'", "'\n"),
        ("zsh", "() { \\builtin emulate -L zsh -o no_aliases; \\builtin eval $'", "'; }\n"),
    ] {
        for options in [&[][..], &["--whole"]] {
            let said = sandbox.tool("dbguard", [&["init", shell], options].concat()).output().out();
            let word = said.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
            let word = word.unwrap_or_else(|| panic!("{said}")).replace("[DIR]", "");
            assert!(!word.contains(|c: char| c.is_whitespace() || "*?[]()!'~^".contains(c)), "{word}");
            assert_eq!(word.starts_with("__dbguard_program="), !options.is_empty(), "{word}");
        }
    }
}

#[test]
fn who_types_it_at_a_terminal_can_read_it() {
    let sandbox = world();
    let ended = sandbox.tool_pty("dbguard", ["init", "zsh"]).start().finish();
    assert!(ended.screen.contains("__dbguard_program="), "{}", ended.screen);
    assert!(ended.screen.contains("\nfunction __dbguard_path {"), "{}", ended.screen);
}

#[test]
fn the_whole_is_the_same_in_every_directory_and_session() {
    let sandbox = world();
    for shell in SHELLS {
        for (options, holds) in [("", "/hooks/"), ("--whole", "__dbguard_program")] {
            let here = sandbox.tool("sh", ["-c", &format!("dbguard init {shell} {options}")]).output();
            let session = "cd / && export DATABASE_URL=postgres://x/y CI=1";
            let there = sandbox.tool("sh", ["-c", &format!("{session} && dbguard init {shell} {options}")]).output();
            assert_eq!((here.code, here.out()), (0, there.out()), "{shell}");
            assert!(here.out().contains(holds), "{here:?}");
        }
    }
}

#[test]
fn the_code_stands_in_a_file_that_nobody_else_can_write() {
    let sandbox = world();
    let hooks = sandbox.path("home/.local/state/dbguard/hooks");
    let is_read_from_a_file = || sandbox.run(["init", "bash"]).output().out().contains("/dbguard/hooks/bash-");
    assert!(is_read_from_a_file());
    let file = fs::read_dir(&hooks).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("__dbguard_program=") && text.contains("\nfunction __dbguard_turn {\n"), "{text}");
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // Somebody else may have written into it: it is made again.
    fs::write(&file, "echo pwned").unwrap();
    mode(&file, 0o622);
    assert!(is_read_from_a_file());
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    // As is one that a loss of power has left half or empty, and what is no file.
    for half in ["", &text[..text.len() / 2]] {
        fs::write(&file, half).unwrap();
        assert!(is_read_from_a_file());
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
    fs::remove_file(&file).unwrap();
    symlink("/etc/passwd", &file).unwrap();
    assert!(is_read_from_a_file());
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    // Where somebody else may put another in its place, the code is printed.
    for directory in ["state/dbguard/hooks", "state/dbguard", "state", ""] {
        let directory = sandbox.path(&format!("home/.local/{directory}"));
        let before = fs::metadata(&directory).unwrap().permissions().mode();
        mode(&directory, 0o777);
        assert!(!is_read_from_a_file(), "{directory:?}");
        let said = sandbox.run(["doctor"]).output().out();
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("/.local/state/dbguard/hooks or above it"), "{said}");
        mode(&directory, before);
        assert!(is_read_from_a_file(), "{directory:?}");
    }
    fs::remove_dir_all(&hooks).unwrap();
    fs::write(&hooks, "").unwrap();
    assert!(!is_read_from_a_file());
    let output = world().no_var("HOME").var("XDG_STATE_HOME", "/proc/nowhere").run(["init", "bash"]).output();
    assert!(output.code == 0 && output.err().is_empty() && output.out().contains("'__dbguard_program"), "{output:?}");
}

#[test]
fn files_of_other_versions_go_after_a_month() {
    let sandbox = world();
    for (name, days) in [("bash-0123456789abcdef", 31), ("zsh-0123456789abcdef.zwc", 31), ("fish-0123456789abcdef", 29)]
    {
        let path = sandbox.path(&format!("home/.local/state/dbguard/hooks/{name}"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = fs::File::create(path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60)).unwrap();
    }
    assert_eq!(sandbox.run(["init", "bash"]).output().code, 0);
    let hooks = fs::read_dir(sandbox.path("home/.local/state/dbguard/hooks")).unwrap();
    let mut names: Vec<_> = hooks.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[0].starts_with("bash-") && names[1] == "fish-0123456789abcdef", "{names:?}");
}

#[test]
fn it_works_with_and_without_quotes_around_the_substitution() {
    let expected = "[DIR]/home/.local/share/dbguard/shims/psql\n";
    for shell in ["bash", "zsh"] {
        if tool(shell).is_none() {
            continue;
        }
        for form in ["eval \"$(dbguard init SHELL)\"", "eval $(dbguard init SHELL)"] {
            let form = format!("{}\ncommand -v psql", form.replace("SHELL", shell));
            script(&world(), shell, &form).stdout(expected).status(0);
        }
    }
    // What looks like a pattern is neither expanded nor taken away.
    let form = "shopt -s nullglob failglob\neval $(dbguard init bash)\ncommand -v psql";
    script(&world(), "bash", form).stdout(expected).status(0);
}

#[test]
fn every_byte_of_a_path_reaches_each_shell_as_it_is() {
    for shell in SHELLS {
        if tool(shell).is_none() {
            continue;
        }
        for range in [1..=127u8, 128..=255] {
            let bytes: Vec<u8> = range.filter(|&byte| byte != b'/').collect();
            let base = world();
            let data = [base.path("home/").into_os_string().into_vec(), bytes].concat();
            let sandbox = base.var("XDG_DATA_HOME", OsString::from_vec(data.clone()));
            let show = format!("{}\nprintf '%s' \"$__dbguard_shims\"", line(shell));
            let shown = script(&sandbox, shell, &show).output();
            let neutral = [b"[DIR]", &data[sandbox.root().as_os_str().len()..], b"/dbguard/shims"].concat();
            assert_eq!((shown.code, shown.err().as_str()), (0, ""), "{shell}: {shown:?}");
            assert!(shown.stdout == neutral, "{shell}:\n{:?}\n{:?}", shown.out(), String::from_utf8_lossy(&neutral));
            let link = Path::new(std::ffi::OsStr::from_bytes(&data)).join("dbguard/shims/psql");
            assert_eq!(fs::read_link(link).unwrap(), sandbox.path("bin/dbguard"));
        }
    }
}

#[test]
fn a_program_in_a_directory_with_a_hostile_name_is_called_by_that_name() {
    let hostile = "work/it's $(touch pwned) `touch pwned` \"x\" \\ * !!";
    for shell in SHELLS {
        if tool(shell).is_none() {
            continue;
        }
        let sandbox = Sandbox::new().dir(hostile);
        symlink(DBGUARD, sandbox.path(hostile).join("dbguard")).unwrap();
        let mut path = sandbox.path(hostile).into_os_string();
        path.push(":/usr/local/bin:/usr/bin:/bin");
        let sandbox = sandbox.var("PATH", path);
        let form = format!("{}\ncommand -v psql; test -e pwned; and echo pwned", line(shell));
        let form = if shell == "fish" { form } else { form.replace("; and ", " && ") };
        let output = script(&sandbox, shell, &form).output();
        assert_eq!(output.out(), "[DIR]/home/.local/share/dbguard/shims/psql\n", "{shell}: {output:?}");
        assert_eq!(output.err(), "", "{shell}");
    }
}

#[test]
fn a_broken_configuration_no_home_and_a_full_disk_change_nothing_about_it() {
    for shell in SHELLS {
        if tool(shell).is_none() {
            continue;
        }
        let mended = |form: &str| format!("{}\necho {form}", line(shell));
        let broken = world().config("this is [ not TOML");
        script(&broken, shell, &mended("alive")).stdout("alive\n").status(0);
        let homeless = world().var("HOME", "/proc/nowhere").no_var("XDG_DATA_HOME").no_var("XDG_STATE_HOME");
        script(&homeless, shell, &mended("alive")).stdout("alive\n").status(0);
        let nowhere = world().var("XDG_DATA_HOME", "/proc/nowhere").var("XDG_STATE_HOME", "/proc/nowhere");
        script(&nowhere, shell, &mended("alive")).stdout("alive\n").status(0);
    }
}

#[test]
fn shims_are_made_for_what_is_installed_and_for_nothing_else() {
    let sandbox = Sandbox::new().fake("psql").fake("pgcli");
    symlink(DBGUARD, sandbox.path("bin/dbguard")).unwrap();
    let path = sandbox.path("bin").into_os_string();
    let sandbox = sandbox.var("PATH", path);
    let names = |sandbox: &Sandbox| {
        let entries = fs::read_dir(sandbox.path("home/.local/share/dbguard/shims")).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    sandbox.tool("dbguard", ["init", "bash"]).output();
    assert_eq!(names(&sandbox), ["pgcli", "psql"]);
    // Installed later, it is found when a shell's PATH changes, or with the next shell.
    let sandbox = sandbox.fake("pg_dump");
    sandbox.tool("dbguard", ["prompt", "--answer"]).output();
    assert_eq!(names(&sandbox), ["pgcli", "psql"]);
    sandbox.tool("dbguard", ["prompt", "--answer", "path"]).output();
    assert_eq!(names(&sandbox), ["pg_dump", "pgcli", "psql"]);
}

#[test]
fn a_link_whose_tool_comes_later_gets_its_shim_then() {
    let sandbox = Sandbox::new();
    symlink(DBGUARD, sandbox.path("bin/dbguard")).unwrap();
    symlink(sandbox.path("later/pgcli"), sandbox.path("bin/pgcli")).unwrap();
    let path = sandbox.path("bin").into_os_string();
    let sandbox = sandbox.var("PATH", path);
    let shim = sandbox.path("home/.local/share/dbguard/shims/pgcli");
    // Where nothing is found, nothing moves: a record is made as soon as the directories are old enough.
    for _ in 0..3 {
        sandbox.tool("dbguard", ["init", "bash"]).output();
        std::thread::sleep(std::time::Duration::from_millis(30));
    }
    assert!(!shim.is_symlink());
    let sandbox = sandbox.file("later/pgcli", "#!/bin/sh\n").mode("later/pgcli", 0o755);
    sandbox.tool("dbguard", ["init", "bash"]).output();
    assert!(shim.is_symlink());
}

#[test]
fn a_shim_of_an_older_place_is_led_to_this_one_and_a_file_of_the_users_own_is_left() {
    let shims = "home/.local/share/dbguard/shims";
    let sandbox = world().dir(shims).file(&format!("{shims}/pg_dump"), "mine");
    symlink("/old/place/dbguard", sandbox.path(shims).join("psql")).unwrap();
    sandbox.tool("dbguard", ["init", "bash"]).output();
    assert_eq!(fs::read_link(sandbox.path(shims).join("psql")).unwrap(), sandbox.path("bin/dbguard"));
    assert_eq!(sandbox.read(&format!("{shims}/pg_dump")), "mine");
    let left: Vec<_> = fs::read_dir(sandbox.path(shims)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains('.')), "{left:?}");
}

#[test]
fn root_in_another_users_home_makes_nothing_there() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let sandbox = world().fake("psql");
    std::os::unix::fs::chown(sandbox.path("home"), Some(65534), None).unwrap();
    let output = sandbox.run(["init", "bash"]).output();
    assert_eq!((output.code, output.err().as_str()), (0, ""));
    let made = fs::read_dir(sandbox.path("home/.local")).into_iter().flatten().count();
    assert_eq!(made, 0);
}

#[test]
fn a_tool_that_comes_later_or_becomes_executable_later_has_its_shim_at_the_next_start() {
    let sandbox = world();
    let shim = |name: &str| sandbox.path("home/.local/share/dbguard/shims").join(name);
    let start = || script(&sandbox, "bash", &line("bash")).status(0);
    // A directory that was changed just now is not believed to be settled; twice is enough for the record.
    let settle = || {
        std::thread::sleep(std::time::Duration::from_millis(50));
        start();
        std::thread::sleep(std::time::Duration::from_millis(50));
        start();
    };
    fs::write(sandbox.path("bin/dbmate"), "#!/bin/sh\n").unwrap();
    settle();
    assert!(!shim("dbmate").is_symlink());
    fs::set_permissions(sandbox.path("bin/dbmate"), fs::Permissions::from_mode(0o755)).unwrap();
    start();
    assert!(shim("dbmate").is_symlink());
    settle();
    let record = || sandbox.read("home/.local/state/dbguard/stamps/shims");
    let first = record();
    assert!(first.contains("/bin: "), "{first}");
    // In the shell itself, where the shims stand on PATH, it is the same.
    let ask = format!("{}\ndbguard prompt --answer path >/dev/null", line("bash"));
    script(&sandbox, "bash", &ask).status(0);
    assert_eq!(record(), first);
    fs::copy(sandbox.path("bin/dbmate"), sandbox.path("bin/alembic")).unwrap();
    fs::remove_file(shim("dbmate")).unwrap();
    start();
    assert!(shim("alembic").is_symlink() && shim("dbmate").is_symlink());
}
