//! Every diagnostic of the configuration: `config_errors/NAME.toml` is checked, and says `NAME.stderr` exactly.
//!
//! After a change that is meant, `DBGUARD_TEST_BLESS=1` writes what is said now; read the difference.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::support::Sandbox;

fn fixtures() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config_errors");
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    files
}

#[test]
fn every_mistake_is_named_with_its_place_and_what_was_probably_meant() {
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let name = fixture.file_name().unwrap().to_str().unwrap();
        let sandbox = Sandbox::new().file(&format!("work/{name}"), fs::read(&fixture).unwrap());
        let output = sandbox.run(["config", "check", name]).output();
        assert_eq!((output.code, output.out().as_str()), (1, ""), "{name}: {}", output.err());
        let expected = fixture.with_extension("stderr");
        if std::env::var_os("DBGUARD_TEST_BLESS").is_some() {
            fs::write(&expected, output.err()).unwrap();
        }
        let wanted = fs::read_to_string(&expected).unwrap_or_default();
        if wanted != output.err() {
            wrong.push(format!("{name}:\n{}", output.err()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What `config check` complains about the user's file in this world.
#[track_caller]
fn complaint(sandbox: &Sandbox) -> String {
    let output = sandbox.run(["config", "check"]).output();
    assert_eq!((output.code, output.out().as_str()), (1, ""));
    output.err()
}

const FILE: &str = "home/.config/dbguard/config.toml";

fn about_the_file(message: &str, help: &str) -> String {
    format!("error: {message}\n --> [DIR]/{FILE}\n  = help: {help}\n\ndbguard: the configuration has an error\n")
}

#[test]
fn a_file_that_others_may_write_is_refused_with_the_chmod_that_mends_it() {
    for mode in [0o620, 0o602, 0o666] {
        let sandbox = Sandbox::new().config("").mode(FILE, mode);
        let (message, help) = (format!("`[DIR]/{FILE}` is writable by others"), format!("chmod go-w [DIR]/{FILE}"));
        assert_eq!(complaint(&sandbox), about_the_file(&message, &help));
    }
}

#[test]
fn a_directory_where_everybody_may_replace_the_file_is_refused_and_a_sticky_one_is_not() {
    let sandbox = Sandbox::new().config("").mode("home/.config/dbguard", 0o777);
    let message = format!("`[DIR]/{FILE}` is in a directory that everybody may write: `[DIR]/home/.config/dbguard`");
    assert_eq!(complaint(&sandbox), about_the_file(&message, "chmod o-w [DIR]/home/.config/dbguard"));
    let sandbox = sandbox.mode("home/.config/dbguard", 0o1777);
    sandbox.run(["config", "check"]).stdout(format!("ok: 0 environments, 0 rules, from: [DIR]/{FILE}\n")).status(0);
}

#[test]
fn a_link_is_followed_and_its_target_checked() {
    let sandbox =
        Sandbox::new().dir("home/.config/dbguard").file("home/dotfiles/c.toml", "").mode("home/dotfiles/c.toml", 0o664);
    symlink(sandbox.path("home/dotfiles/c.toml"), sandbox.path(FILE)).unwrap();
    let expected =
        about_the_file("`[DIR]/home/dotfiles/c.toml` is writable by others", "chmod go-w [DIR]/home/dotfiles/c.toml");
    assert_eq!(complaint(&sandbox), expected);
}

#[test]
fn a_link_that_leads_nowhere_is_an_error_and_not_an_absent_file() {
    let sandbox = Sandbox::new().dir("home/.config/dbguard");
    symlink("/nowhere/at/all", sandbox.path(FILE)).unwrap();
    let message = format!("`[DIR]/{FILE}` cannot be read: no such file or directory");
    assert_eq!(complaint(&sandbox), about_the_file(&message, "put a readable file there, or take it away"));
}

#[test]
fn what_is_no_regular_file_is_an_error_and_hangs_nothing() {
    let sandbox = Sandbox::new().dir(FILE);
    let expected =
        about_the_file(&format!("`[DIR]/{FILE}` is not a regular file"), "put a readable file there, or take it away");
    assert_eq!(complaint(&sandbox), expected);
    let sandbox = Sandbox::new().dir("home/.config/dbguard");
    nix::unistd::mkfifo(&sandbox.path(FILE), nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
    assert_eq!(complaint(&sandbox), expected);
}

#[test]
fn a_file_that_is_no_text_or_too_large_is_an_error() {
    let sandbox = Sandbox::new().file(FILE, b"a = \"\xff\"");
    let message = format!("`[DIR]/{FILE}` is not UTF-8: byte 5 starts no character");
    assert_eq!(complaint(&sandbox), about_the_file(&message, "save the file as UTF-8"));
    let sandbox = Sandbox::new().file(FILE, vec![b'#'; 4 * 1024 * 1024 + 1]);
    let message = format!("`[DIR]/{FILE}` has 4194305 bytes; more than 4194304 are not read");
    assert_eq!(complaint(&sandbox), about_the_file(&message, "split it, or take out what is not configuration"));
}

#[test]
fn somebody_elses_file_is_refused() {
    let sandbox = Sandbox::new().config("");
    if !nix::unistd::geteuid().is_root() {
        eprintln!("SKIPPED: only root can give a file away");
        return;
    }
    std::os::unix::fs::chown(sandbox.path(FILE), Some(4711), None).unwrap();
    let message = format!("`[DIR]/{FILE}` belongs to user id 4711, which is neither you nor root");
    let help = format!("read it, and if it is meant: sudo chown \"$USER\" [DIR]/{FILE}");
    assert_eq!(complaint(&sandbox), about_the_file(&message, &help));
}

#[test]
fn a_file_that_may_not_be_read_is_an_error() {
    if nix::unistd::geteuid().is_root() {
        eprintln!("SKIPPED: root may read everything");
        return;
    }
    let sandbox = Sandbox::new().config("").mode(FILE, 0o000);
    let message = format!("`[DIR]/{FILE}` cannot be read: permission denied");
    assert_eq!(complaint(&sandbox), about_the_file(&message, &format!("chmod u+r [DIR]/{FILE}")));
}

#[test]
fn errors_of_all_files_are_shown_at_once() {
    let sandbox = Sandbox::new()
        .config("include = [\"team.toml\"]\nlevel = 1")
        .file("work/.dbguard.toml", "[x")
        .file("home/.config/dbguard/team.toml", "[environment.p]\nlevel = \"prod\"\n");
    let shown = complaint(&sandbox);
    let places: Vec<&str> = shown.lines().filter(|line| line.contains("-->")).map(str::trim).collect();
    assert_eq!(
        places,
        [
            "--> [DIR]/home/.config/dbguard/config.toml:2:1",
            "--> [DIR]/home/.config/dbguard/team.toml:2:9",
            "--> [DIR]/work/.dbguard.toml:1:3"
        ]
    );
    assert!(shown.ends_with("dbguard: the configuration has 3 errors\n"), "{shown}");
}

#[test]
fn includes_end_somewhere() {
    let mut sandbox = Sandbox::new().config("include = [\"1.toml\"]");
    for at in 1..20 {
        sandbox = sandbox.file(&format!("home/.config/dbguard/{at}.toml"), format!("include = [\"{}.toml\"]", at + 1));
    }
    let shown = complaint(&sandbox);
    assert!(shown.starts_with("error: files are included more than 16 deep\n"), "{shown}");
}

#[test]
fn a_file_with_thousands_of_errors_shows_the_first_hundred() {
    let sandbox = Sandbox::new().config(&"[[environment.p.match]]\nx = 1\n".repeat(5000));
    let shown = complaint(&sandbox);
    assert!(shown.contains("and 4900 more errors in this file"), "{}", &shown[..200]);
}
