//! What a hook is told to send to the terminal: title and tint, and what takes them back.
//!
//! The hook's side is played by `run`, whose parent is this test's process: notes about "the shell" are about it.

use crate::support::{Sandbox, Tmux};

const CONFIG: &str = "[environment.production]\nlevel = \"production\"\nmatch = [{ host = \"*.prod.example\" }]\n";

fn sandbox(more: &str) -> Sandbox {
    Sandbox::new().config(&format!("{CONFIG}{more}")).var("PGUSER", "alice").var("PGDATABASE", "app")
}

/// The lines `once`, `each` and `leave` of an answer.
#[track_caller]
fn sent(sandbox: &Sandbox, told: &[&str]) -> [String; 3] {
    let words = ["prompt", "--answer"].iter().chain(told);
    let output = sandbox.run(words).output();
    assert_eq!((output.code, output.err().as_str()), (0, ""));
    let text = output.out();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "dbguard 2");
    [lines[7], lines[8], lines[9]].map(str::to_owned)
}

const TITLE: &str = "\x1b]0;▲ PRODUCTION db1.prod.example/app\x07";
const HOME: &str = "\x1b]0;work\x07";
const TAB: &str = "\x1b]1337;SetColors=tab=b01020\x07";
const NO_TAB: &str = "\x1b]1337;SetColors=tab=default\x07";

#[test]
fn an_unknown_terminal_gets_a_title_and_nothing_else() {
    let sandbox = sandbox("").var("PGHOST", "db1.prod.example");
    assert_eq!(sent(&sandbox, &[]), ["", TITLE, HOME]);
    let sandbox = sandbox.var("PGHOST", "localhost");
    assert_eq!(sent(&sandbox, &["titled"]), [HOME, "", ""]);
}

#[test]
fn a_dumb_terminal_gets_nothing() {
    let sandbox = sandbox("").var("PGHOST", "db1.prod.example").var("TERM", "dumb");
    assert_eq!(sent(&sandbox, &["titled"]), ["", "", ""]);
}

#[test]
fn a_tab_is_tinted_in_production_and_set_back_once_on_leaving_it() {
    let iterm = || sandbox("").var("TERM_PROGRAM", "iTerm.app");
    let sandbox = iterm().var("PGHOST", "db1.prod.example");
    assert_eq!(sent(&sandbox, &[]), [String::new(), format!("{TITLE}{TAB}"), format!("{HOME}{NO_TAB}")]);
    let sandbox = sandbox.var("PGHOST", "localhost");
    assert_eq!(sent(&sandbox, &["titled"]), [format!("{HOME}{NO_TAB}"), String::new(), String::new()]);
    assert_eq!(sent(&sandbox, &[]), ["", "", ""]);
}

#[test]
fn a_tint_without_a_title_is_taken_back_too() {
    let sandbox = sandbox("[title]\nshow = \"never\"\n").var("TERM_PROGRAM", "iTerm.app");
    let sandbox = sandbox.var("PGHOST", "db1.prod.example");
    assert_eq!(sent(&sandbox, &[]), ["", TAB, NO_TAB]);
    let sandbox = sandbox.var("PGHOST", "localhost");
    assert_eq!(sent(&sandbox, &[]), [NO_TAB, "", ""]);
}

#[test]
fn a_background_goes_back_when_the_configuration_stops_asking_for_it() {
    let before = sandbox("[terminal]\ntint = \"background\"\n");
    let before = before.var("PGHOST", "db1.prod.example").var("TERM", "xterm-kitty");
    let ground = "\x1b]11;#2c0408\x07";
    assert_eq!(sent(&before, &[]), [String::new(), format!("{TITLE}{ground}"), format!("{HOME}\x1b]111\x07")]);
    let after = before.config(CONFIG);
    assert_eq!(sent(&after, &["titled"]), ["\x1b]111\x07", TITLE, HOME]);
}

#[test]
fn without_colour_the_title_stays_and_the_tint_goes() {
    let sandbox = sandbox("").var("TERM_PROGRAM", "iTerm.app").var("NO_COLOR", "1").var("PGHOST", "db1.prod.example");
    assert_eq!(sent(&sandbox, &[]), ["", TITLE, HOME]);
}

#[test]
fn the_mark_of_a_client_is_answered_once_and_then_gone() {
    let me = std::process::id();
    let sandbox = sandbox("").var("TERM_PROGRAM", "iTerm.app").var("PGHOST", "localhost");
    let mark = format!("home/.local/state/dbguard/tints/{me}");
    let sandbox = sandbox.file(&mark, "title tab background\n");
    assert_eq!(sent(&sandbox, &[]), [format!("{HOME}{NO_TAB}\x1b]111\x07"), String::new(), String::new()]);
    assert!(!sandbox.path(&mark).exists());
    assert_eq!(sent(&sandbox, &[]), ["", "", ""]);
}

#[test]
fn notes_about_shells_that_are_gone_are_taken_away_and_nobody_elses_file_is() {
    // No process has an id beyond the largest that Linux gives.
    let tints = "home/.local/state/dbguard/tints";
    let files = ["4194305", "4194306.on", "1", "notes.txt"].map(|name| format!("{tints}/{name}"));
    let sandbox = files.iter().fold(sandbox(""), |sandbox, file| sandbox.file(file, "title\n"));
    let sandbox = sandbox.var("PGHOST", "db1.prod.example");
    sent(&sandbox, &[]);
    let left: Vec<bool> = files.iter().map(|file| sandbox.path(file).exists()).collect();
    assert_eq!(left, [false, false, true, true]);
    assert_eq!(sandbox.read(&format!("{tints}/{}.on", std::process::id())), "title\n");
}

#[test]
fn the_pictures_are_small_hold_every_level_and_are_shown() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let shown = read("README.md") + &read("docs/GUIDE.md");
    let mut bytes = 0;
    for name in ["80-dark", "80-light", "200-dark", "200-light"] {
        let file = format!("pictures/levels-{name}.svg");
        assert!(shown.contains(&file), "{file} is not shown");
        let picture = read(&format!("docs/{file}"));
        bytes += picture.len();
        // The word and the shape, in the prompt and, from staging on, in the title.
        for (word, count) in [("● LOCAL", 5), ("■ STAGING", 2), ("▲ PRODUCTION", 2), ("▲ UNKNOWN", 2)] {
            assert_eq!(picture.matches(word).count(), count, "{name}: {word}");
        }
    }
    assert!(bytes <= 100_000, "{bytes} bytes");
}

#[test]
fn the_pictures_of_psql_show_the_incident_replayed_and_are_small() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let (readme, guide) = (read("README.md"), read("docs/GUIDE.md"));
    let pictures = [
        (
            "incident",
            &readme,
            ["■ STAGING psql", "▲ PRODUCTION psql", "cannot execute DROP TABLE in a read-only transaction"],
        ),
        ("unlock", &guide, ["Type the host to go on:", "this transaction may write", "(*=WRITABLE)"]),
        ("connect", &guide, ["■ STAGING", "\\c service=production", "begins read-only"]),
    ];
    for (name, document, words) in pictures {
        for theme in ["dark", "light"] {
            let file = format!("pictures/psql-{name}-{theme}.svg");
            assert!(document.contains(&file), "{file} is not shown");
            let picture = read(&format!("docs/{file}"));
            assert!(picture.len() <= 40_000, "{file}: {} bytes", picture.len());
            for word in words {
                assert!(picture.contains(word), "{file}: {word}");
            }
        }
    }
}

#[test]
fn in_tmux_the_pane_alone_is_tinted_and_set_back() {
    if crate::support::tool("tmux").is_none() || crate::support::tool("bash").is_none() {
        return;
    }
    let sandbox = sandbox("[terminal]\ntint = \"background\"\n").dir("mine");
    std::os::unix::fs::symlink(crate::support::DBGUARD, sandbox.path("mine/dbguard")).unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", sandbox.path("mine").display());
    let sandbox = sandbox.var("PATH", path).file("home/.rc", "eval \"$(dbguard init bash)\"\n");
    let tmux = Tmux::start(&sandbox, "/dev/null".as_ref(), (100, 10), "exec bash --rcfile ~/.rc -i");
    let pane = |expected| assert_eq!(tmux.wait("#{pane_title} #{pane_bg}", expected), expected);
    tmux.line("export PGHOST=db1.prod.example");
    pane("▲ PRODUCTION db1.prod.example/app #2c0408");
    tmux.line("unset PGHOST");
    pane("work default");
}

#[test]
fn a_screen_reader_gets_words_and_no_shapes() {
    let config = "[environment.production]\nlevel = \"production\"\nmatch = [{ host = \"*.prod.example.com\" }]\n";
    let sandbox = Sandbox::new().config(config).var("ACCESSIBLE", "1").fake("psql");
    let sandbox = sandbox.var("PGHOST", "db1.prod.example.com").var("PGUSER", "app");
    sandbox.run(["prompt"]).stdout("PRODUCTION db1.prod.example.com/app\n").stderr("").status(0);
    let mut pty = sandbox.pty(["run", "--", "psql", "-c", "DROP TABLE t"]).start();
    let screen = pty.wait_for("Type ").send("\x03").finish().screen;
    for heard in ["PRODUCTION, level production: production, psql", "target:", "drop-table: danger: DROP TABLE t"] {
        assert!(screen.contains(heard), "{heard} is not in {screen}");
    }
    for noise in ["===", "▲", "!!", "·"] {
        assert!(!screen.contains(noise), "{noise} is in {screen}");
    }
}
