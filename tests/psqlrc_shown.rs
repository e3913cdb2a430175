//! What an open psql shows: names that mean harm, terminals without colour, a program that is gone, what is the user's.

use std::fs;

use crate::psqlrc::{psql, sandbox};
use crate::support::{Sandbox, clusters};

/// To a shell, to psql's prompt, to its lexer and to a terminal each of these means something.
const HOSTILE: &str =
    "x'y\"z; $(touch pwned) `touch pwned` %`touch pwned` %[ :whereami \\! touch pwned \\\\ \u{1b}]0;pwned\u{7} é";

#[test]
fn a_hostile_name_of_a_database_is_inert_everywhere() {
    let sandbox = sandbox();
    let staging = clusters().staging();
    let quoted = HOSTILE.replace('"', "\"\"");
    staging.ask("postgres", &format!("DROP DATABASE IF EXISTS \"{quoted}\" WITH (FORCE)"));
    staging.ask("postgres", &format!("CREATE DATABASE \"{quoted}\""));
    let conninfo = format!("service=staging dbname='{}'", HOSTILE.replace('\\', "\\\\").replace('\'', "\\'"));
    let mut pty = psql(&sandbox, &[&conninfo]);
    pty.wait_for("■ STAGING  writable postgres@db.staging.demo:").wait_for("=# ");
    pty.send(":whereami\n").wait_for("\\x1B]0;pwned\\x07").wait_for("begins read-only").wait_for("=# ");
    pty.send(":unlock\n").wait_for("Type the host to go on:").send("db\n").wait_for("this transaction may write");
    pty.wait_for("=*# ").send("ROLLBACK;\n").wait_for("=# ").send(":impact pg_class\n").wait_for("=# ");
    pty.send("\\c postgres\n").wait_for("■ STAGING?").wait_for("=# ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    for place in ["work/pwned", "home/pwned"] {
        assert!(!sandbox.path(place).exists(), "{place}");
    }
    staging.ask("postgres", &format!("DROP DATABASE \"{quoted}\" WITH (FORCE)"));
}

#[test]
fn a_line_break_in_a_name_is_inert_as_well() {
    let sandbox = sandbox();
    let staging = clusters().staging();
    let name = "line\nbreak";
    staging.ask("postgres", &format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"));
    staging.ask("postgres", &format!("CREATE DATABASE \"{name}\""));
    let mut pty = psql(&sandbox, &[&format!("service=staging dbname='{name}'")]);
    pty.wait_for("■ STAGING  writable postgres@")
        .wait_for("=# ")
        .send(":whereami\n")
        .wait_for("line\\x0Abreak")
        .wait_for("=# ");
    pty.send("\\c postgres\n\\q\n");
    assert_eq!(pty.finish().code, 0);
    staging.ask("postgres", &format!("DROP DATABASE \"{name}\" WITH (FORCE)"));
}

#[test]
fn words_and_shapes_carry_all_of_it_without_colour() {
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let sandbox = sandbox().var(name, value);
        let mut pty = psql(&sandbox, &["service=production"]);
        pty.wait_for("▲ PRODUCTION  began read-only postgres@db.prod.demo:").wait_for("=# ").send("\\q\n");
        let raw = pty.finish().raw;
        assert!(!raw.windows(2).any(|two| two == b"\x1b[" || two == b"\x1b]") || name == "NO_COLOR", "{raw:?}");
        assert!(!raw.windows(4).any(|four| four == b"\x1b[1;"), "{raw:?}");
    }
    let sandbox = sandbox().var("LC_ALL", "C");
    let mut pty = psql(&sandbox, &["service=production"]);
    pty.wait_for("!! PRODUCTION  began read-only postgres@db.prod.demo:").wait_for("=# ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}

#[test]
fn what_is_painted_is_marked_so_that_line_editing_counts_only_what_is_seen() {
    let sandbox = sandbox();
    let mut pty = psql(&sandbox, &["service=production"]);
    pty.wait_for("=# ");
    let label = sandbox.run(["in-psql", "label", &pty.pid().to_string()]).output();
    let text = label.out();
    let mut seen = String::new();
    let mut hidden = false;
    for c in text.chars() {
        match c {
            '\x01' => hidden = true,
            '\x02' => hidden = false,
            c if !hidden => seen.push(c),
            _ => {}
        }
    }
    assert!(!seen.contains('\x1b') && seen.starts_with(" ▲ PRODUCTION "), "{text:?}");
    assert!(text.len() < 128, "psql's prompt has 255 bytes: {text:?}");
    pty.send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}

#[test]
fn a_program_that_is_gone_is_said_so_and_no_old_label_stays() {
    let sandbox = sandbox();
    let program = sandbox.path("bin/dbguard");
    fs::copy(crate::support::DBGUARD, &program).unwrap();
    let rc = sandbox.read("home/.psqlrc").replace(crate::support::DBGUARD, program.to_str().unwrap());
    let sandbox = sandbox.file("home/.psqlrc", rc);
    let mut pty = psql(&sandbox, &["service=production"]);
    pty.wait_for("▲ PRODUCTION  began read-only postgres@").wait_for("=# ");
    fs::remove_file(&program).unwrap();
    pty.send("SELECT 1;\n").wait_for("?? dbguard is gone postgres@db.prod.demo:").wait_for("=# ").send(":unlock\n");
    pty.wait_for("?? dbguard is gone ").wait_for("=# ").send("CREATE TABLE x ();\n");
    pty.wait_for("in a read-only transaction").wait_for("=# ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    // A new session is psql as it is, in silence.
    let mut pty = psql(&sandbox, &["service=staging"]);
    pty.wait_for("Type \"help\" for help.").wait_for("app=# ").send("\\q\n");
    assert!(!pty.finish().screen.contains("dbguard"));
}

#[test]
fn the_users_own_prompt_and_settings_stay_and_the_label_stands_before_them() {
    let sandbox = sandbox();
    let rc = sandbox.read("home/.psqlrc");
    let own = "\\set QUIET on\n\\set PROMPT1 'mine %/ > '\n\\set PROMPT2 'more > '\n\\timing on\n\\set QUIET off\n";
    let sandbox = sandbox.file("home/.psqlrc", format!("{own}{rc}"));
    let mut pty = psql(&sandbox, &["service=production"]);
    pty.wait_for("▲ PRODUCTION  began read-only db.prod.demo:").wait_for(" mine app > ").send("SELECT\n");
    pty.wait_for("▲ more > ")
        .send("1;\n")
        .wait_for("Time: ")
        .send("\\i ~/.psqlrc\n")
        .wait_for("mine app > ")
        .send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}

fn history(sandbox: &Sandbox, service: &str, line: &str) {
    let mut pty = psql(sandbox, &[&format!("service={service}")]);
    pty.wait_for("=# ").send(format!("{line}\n")).wait_for("=# ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}

#[test]
fn each_environment_has_a_history_of_its_own() {
    let sandbox = sandbox();
    history(&sandbox, "staging", "SELECT 'on staging';");
    history(&sandbox, "production", "SELECT 'on production';");
    assert!(sandbox.read("home/.psql_history-staging").contains("on staging"));
    let production = sandbox.read("home/.psql_history-production");
    assert!(production.contains("on production") && !production.contains("on staging"), "{production}");
}

/// What an iTerm2 is sent for production, and what takes it back.
const TAB: &str = "\x1b]1337;SetColors=tab=b01020\x07";
const NO_TAB: &str = "\x1b]1337;SetColors=tab=default\x07";

fn at(raw: &[u8], sent: &str, from: usize) -> Option<usize> {
    let rest = raw.get(from..)?;
    rest.windows(sent.len()).position(|bytes| bytes == sent.as_bytes()).map(|at| from + at)
}

#[test]
fn the_colour_of_the_tab_follows_the_connection_and_goes_with_it() {
    let sandbox = sandbox().var("TERM_PROGRAM", "iTerm.app");
    let program = clusters().bin().join("psql");
    let script = format!("export DBGUARD_SHOWN=\"$$ local localhost/app\"; {} service=staging; :", program.display());
    let mut pty = sandbox.tool_pty("/bin/sh", ["-c", &script]).size(40, 160).start();
    pty.wait_for("■ STAGING  writable ").wait_for("=# ");
    assert_eq!(at(&pty.raw(), TAB, 0), None);
    pty.send("\\c service=production\n").wait_for("▲ PRODUCTION  read-only? ").wait_for("=# ");
    let entered = at(&pty.raw(), TAB, 0).expect("the tab is coloured on entering");
    pty.send("SELECT 'once' || 'more';\n").wait_for("oncemore").wait_for("=# ");
    assert!(at(&pty.raw(), TAB, entered + 1).is_some(), "and at each prompt");
    assert_eq!(at(&pty.raw(), NO_TAB, 0), None);
    pty.send("\\c service=staging\n").wait_for("■ STAGING?  read-only? ").wait_for("=# ");
    let left = at(&pty.raw(), NO_TAB, entered).expect("it is taken back on leaving");
    assert_eq!(at(&pty.raw(), TAB, left), None);
    pty.send("SELECT 'again' || 1;\n").wait_for("again1").wait_for("=# ").send("\\q\n");
    let raw = pty.finish().raw;
    assert_eq!(at(&raw, NO_TAB, left + 1), None, "and once only");
}

#[test]
fn a_background_is_taken_back_by_connect_and_terminals_that_take_no_colour_get_none() {
    let run = |vars: &[(&str, &str)]| {
        let config = format!("{}[terminal]\ntint = \"background\"\n", crate::psqlrc::CONFIG);
        let sandbox = vars.iter().fold(sandbox().config(&config), |sandbox, (name, value)| sandbox.var(name, value));
        let program = clusters().bin().join("psql");
        let script = format!("export DBGUARD_SHOWN=\"$$ p p\"; {} service=production; :", program.display());
        let mut pty = sandbox.tool_pty("/bin/sh", ["-c", &script]).size(40, 160).start();
        pty.wait_for("PRODUCTION  began read-only ").wait_for("=# ").send("\\c service=staging\n");
        pty.wait_for("STAGING?  read-only? ").wait_for("=# ").send("\\q\n");
        let raw = pty.finish().raw;
        let ground = at(&raw, "\x1b]11;#2c0408\x07", 0);
        (ground.is_some(), ground.and_then(|ground| at(&raw, "\x1b]111\x07", ground)).is_some(), raw)
    };
    let (set, undone, _) = run(&[("TERM", "xterm-kitty")]);
    assert!(set && undone);
    for vars in [&[("TERM", "xterm-kitty"), ("NO_COLOR", "1")][..], &[("TERM", "xterm-256color")], &[("TERM", "dumb")]]
    {
        let (set, undone, raw) = run(vars);
        assert!(!set && !undone && at(&raw, "SetColors", 0).is_none(), "{vars:?}");
    }
}

#[test]
fn who_keeps_no_history_keeps_none_in_any_environment() {
    let sandbox = sandbox().var("PSQL_HISTORY", "/dev/null");
    let mut pty = psql(&sandbox, &["service=production"]);
    pty.wait_for("=# ").send("\\echo in :HISTFILE\n").wait_for("in /dev/null\n").wait_for("=# ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}

#[test]
fn the_portable_version_needs_no_program_and_leaves_scripts_alone() {
    let sandbox = Sandbox::new().services();
    let portable = sandbox.run(["psqlrc", "print", "--portable"]).output().out();
    // The clusters are on loopback, which counts as this machine there.
    let sandbox = sandbox.file("home/.psqlrc", portable.replace("127.0.0.0/8", "10.0.0.0/8"));
    let production = clusters().production();
    production.scratch("portable");
    let conninfo = "service=production dbname=portable";
    let mut pty = psql(&sandbox, &[conninfo]);
    pty.wait_for("postgres@db.prod.demo:").wait_for("/portable=# ").send("CREATE TABLE x ();\n");
    pty.wait_for("in a read-only transaction")
        .wait_for("=# ")
        .send(":unlock\n")
        .wait_for("Type the name of the database");
    pty.send("app\n").wait_for("another name: nothing was opened").wait_for("=# ").send(":unlock;\n");
    pty.wait_for("Type the name of the database").send("portable\n").wait_for("may write while").wait_for("=*# ");
    pty.send("CREATE TABLE x ();\n").wait_for("CREATE TABLE").wait_for("=*# ").send("COMMIT;\n").wait_for("COMMIT");
    pty.send("DROP TABLE x;\n")
        .wait_for("in a read-only transaction")
        .wait_for("=# ")
        .send("\\c app\n")
        .wait_for("/app=# ");
    pty.send("CREATE TABLE y ();\n").wait_for("in a read-only transaction").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    assert!(production.has_table("portable", "x"));
    let program = clusters().bin().join("psql");
    let shown = sandbox.tool(program.to_str().unwrap(), ["-Atc", "SHOW default_transaction_read_only", conninfo]);
    shown.stdout("off\n").status(0);
}

#[test]
fn an_address_that_was_never_met_is_unknown_and_one_that_was_is_shown_with_what_is_sure() {
    let sandbox = Sandbox::new().config(crate::psqlrc::CONFIG);
    assert_eq!(sandbox.run(["psqlrc", "install"]).output().code, 0);
    let of = |name: &str, host: &str| {
        let port = clusters().get(name).port;
        format!("host={host} hostaddr=127.0.0.1 port={port} user=postgres dbname=app")
    };
    let (production, staging) = (of("production", "db.prod.demo"), of("staging", "db.staging.demo"));
    let mut pty = psql(&sandbox, &[&staging]);
    pty.wait_for("■ STAGING  writable ").wait_for("=# ").send(format!("\\c \"{production}\"\n"));
    pty.wait_for("▲ UNKNOWN  read-only? :whereami postgres@db.prod.demo:").wait_for("=# ").send(":whereami\n");
    pty.wait_for("▲ PRODUCTION  began read-only postgres@db.prod.demo:").wait_for("=# ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    let mut pty = psql(&sandbox, &[&staging]);
    pty.wait_for("■ STAGING  writable ").wait_for("=# ").send(format!("\\c \"{production}\"\n"));
    pty.wait_for("▲ PRODUCTION  read-only? postgres@db.prod.demo:")
        .wait_for("=# ")
        .send(format!("\\c \"{staging}\"\n"));
    pty.wait_for("■ STAGING?  read-only? postgres@db.staging.demo:").wait_for("=# ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}

#[test]
fn the_title_follows_the_connection_where_the_shell_around_takes_it_back_and_is_left_alone_elsewhere() {
    let program = clusters().bin().join("psql");
    let titled = |sandbox: &Sandbox, vars: &str| {
        // The shell stays: it is the one that would take the title back.
        let script = format!("{vars}; {} service=staging; :", program.display());
        let mut pty = sandbox.tool_pty("/bin/sh", ["-c", &script]).size(40, 160).start();
        pty.wait_for("■ STAGING  writable ").wait_for("=# ").send("\\c service=production\n");
        pty.wait_for("▲ PRODUCTION  read-only? ").wait_for("=# ").send("\\q\n");
        let raw = pty.finish().raw;
        ["\x1b]0;■ STAGING psql\x07", "\x1b]0;▲ PRODUCTION psql\x07"]
            .map(|title| raw.windows(title.len()).any(|bytes| bytes == title.as_bytes()))
    };
    let shown = "export DBGUARD_SHOWN=\"$$ local localhost/app\"";
    assert_eq!(titled(&sandbox(), shown), [true, true]);
    assert_eq!(titled(&sandbox(), ":"), [false, false]);
    // Who wants no titles gets none.
    let never = format!("{}[title]\nshow = \"never\"\n", crate::psqlrc::CONFIG);
    assert_eq!(titled(&sandbox().config(&never), shown), [false, false]);
}
