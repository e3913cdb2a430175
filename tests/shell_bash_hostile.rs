//! Hostile names in bash: whatever a host, a database or a directory is called is shown as it is, runs nothing, and
//! stays in its place.

use std::fs;

use dbguard::shell::Answer;

use crate::shell_bash::{INIT, Session, world};
use crate::shell_bash_hook::{answers, hook, production, text};
use crate::support::{HOSTILE, Sandbox};

#[test]
fn b25_a_name_is_shown_as_it_is_and_never_run() {
    for option in
        ["", "set -o posix", "shopt -u promptvars", "set -o posix; shopt -u promptvars", "shopt -s histverify; set -H"]
    {
        let sandbox = Sandbox::new();
        answers(&sandbox, &production(&sandbox));
        let mut session = Session::start(&sandbox, &format!("{}\n{option}", hook(&sandbox)));
        for (number, name) in HOSTILE.iter().enumerate() {
            let title = format!("\x1b]0;{name}\x07");
            let answer = Answer {
                text: (*name).to_owned(),
                each: title.clone(),
                title: (*name).to_owned(),
                ..production(&sandbox)
            };
            answers(&sandbox, &answer);
            session.line(&format!("PGHOST={number}"));
            assert_eq!(session.prompt(), format!("{name} "), "{option}");
            session.line("");
            assert_eq!(session.prompt(), format!("{name} "), "{option}");
            let raw = text(&session.pty.raw());
            assert!(raw.contains(&title), "{option} {name}: {raw:?}");
        }
        session.is_quiet();
        assert!(!sandbox.path("work/PWNED").exists());
        session.end();
    }
}

#[test]
fn b25_b26_hostile_vars_and_directories_end_as_inert_words() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, INIT);
    let control = ["a\x07b", "a\x1b]0;own\x07b", "a\x1b\\b", "a\rb", "a\nb", "\u{9b}31m", "\u{202e}drowssap", "a\tb"];
    let long = "x".repeat(10_000);
    for name in HOSTILE.iter().copied().chain(control).chain([long.as_str()]) {
        fs::write(sandbox.path("record/name"), name).unwrap();
        session.line("IFS= read -rd '' PGDATABASE <../record/name; export PGDATABASE");
        let shown = session.line("dbguard prompt");
        assert_eq!(session.prompt(), format!("{shown} "), "{name:?}");
        assert!(shown.starts_with("▲ PRODUCTION db.prod.demo/"), "{shown:?}");
        assert!(shown.chars().count() <= 200, "{shown:?}");
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
    }
    session.line("export PGDATABASE=app; PGHOST=localhost; mkdir '$(touch PWNED)' && cd '$(touch PWNED)'");
    session.line("PGHOST='$(touch PWNED).prod.demo'");
    session.is_quiet();
    assert!(!sandbox.path("work/PWNED").exists());
    let raw = text(&session.end());
    // Each title that was begun is ended, and none holds what would end it early or begin another.
    for title in raw.split("\x1b]0;").skip(1) {
        let (words, _) = title.split_once('\x07').expect("a title ends");
        assert!(!words.chars().any(char::is_control) && !words.contains("own\x07"), "{words:?}");
    }
}

#[test]
fn a_locale_that_counts_bytes_gets_words_without_signs_so_that_widths_are_right() {
    let sandbox = world().var("LC_ALL", "C");
    let mut session = Session::start(&sandbox, INIT);
    assert_eq!(session.prompt(), "PRODUCTION db.prod.demo/app ");
    session.line("PGHOST=db.staging.demo");
    assert_eq!(session.prompt(), "STAGING db.staging.demo/app ");
    session.end();
}
