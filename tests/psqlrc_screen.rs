//! What stands on the screen of an open psql: long lines and history on a narrow one, long names, `:impact` as the verb.

use crate::psqlrc::{psql, sandbox};
use crate::support::{Sandbox, Tmux, clusters, tool};

/// As long as a name can be.
const LONG: &str = "a_name_of_sixty_three_bytes_which_is_the_longest_that_there_is_";

#[test]
fn a_long_line_and_the_history_are_edited_as_behind_any_prompt() {
    if tool("tmux").is_none() {
        return;
    }
    let sandbox = sandbox();
    let program = clusters().bin().join("psql");
    let command = format!("exec {} service=production", program.display());
    let tmux = Tmux::start(&sandbox, "/dev/null".as_ref(), (80, 24), &command);
    let prompt = tmux.see("/app=#").trim().lines().last().unwrap().trim().to_owned();
    assert!(prompt.starts_with("▲ PRODUCTION  began read-only postgres@db.prod.demo:"), "{prompt}");
    let line = format!("SELECT '{}' AS one", "long ".repeat(30));
    tmux.run(&["send-keys", "-l", &line]);
    tmux.see(&format!("{prompt} {line}"));
    // To the beginning and back, with a letter at each end: a width that is counted wrong shows here.
    for (keys, expected) in [
        (&["C-a", "x"][..], format!("{prompt} x{line}")),
        (&["C-e", "y"], format!("{prompt} x{line}y")),
        (&["C-a", "C-d", "C-e", "BSpace", "BSpace"], format!("{prompt} {}", &line[..line.len() - 1])),
    ] {
        tmux.run(&[&["send-keys"], keys].concat());
        tmux.see(&format!("{expected}\n"));
    }
    tmux.run(&["send-keys", "e", "\\;", "Enter"]);
    tmux.see("(1 row)");
    tmux.run(&["send-keys", "C-l", "Up", "z"]);
    assert_eq!(tmux.see(&format!("{line};z")).trim(), format!("{prompt} {line};z"));
    tmux.run(&["send-keys", "C-c"]);
}

#[test]
fn names_of_the_greatest_length_never_push_the_label_away() {
    let staging = clusters().staging();
    for kind in ["DATABASE", "ROLE"] {
        staging.ask("postgres", &format!("DROP {kind} IF EXISTS {LONG}"));
        staging.ask("postgres", &format!("CREATE {kind} {LONG}{}", if kind == "ROLE" { " LOGIN" } else { "" }));
    }
    let host = format!("{LONG}.{LONG}.{LONG}.staging.demo");
    let sandbox = sandbox();
    let port = staging.port.to_string();
    let conninfo = format!("host={host} hostaddr=127.0.0.1 port={port} user={LONG} dbname={LONG}");
    let mut pty = psql(&sandbox, &[&conninfo]);
    // psql cuts the prompt at 255 bytes, at its end.
    pty.wait_for(&format!("■ STAGING  writable {LONG}@{LONG}.")).send("SELECT 'answer' || 1;\n").wait_for("answer1");
    pty.wait_for("■ STAGING  writable ").send("\\c postgres postgres\n").wait_for("■ STAGING? ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    for kind in ["DATABASE", "ROLE"] {
        staging.ask("postgres", &format!("DROP {kind} {LONG}"));
    }
}

#[test]
fn impact_in_psql_says_what_the_verb_says() {
    let sandbox: Sandbox = sandbox().shims(["psql"]);
    let production = clusters().production();
    production.scratch("screen_impact");
    production.ask("screen_impact", "CREATE VIEW reads_it AS SELECT * FROM customers; ANALYZE customers");
    let conninfo = "service=production dbname=screen_impact";
    let said = sandbox.pty(["impact", "customers", "--", conninfo]).size(40, 160).start().finish();
    assert_eq!(said.code, 0, "{}", said.screen);
    let mut pty = psql(&sandbox, &[conninfo]);
    pty.wait_for("began read-only ").wait_for("=# ").send(":impact customers\n").wait_for("reads_it").wait_for("=# ");
    pty.send("\\q\n");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let screen = words(&pty.finish().screen);
    let said = said.screen;
    let impact = words(&said[said.find("\n impact ").unwrap_or_else(|| panic!("{said}"))..]);
    assert!(impact.contains("orders") && impact.contains("reads_it") && screen.contains(&impact), "{said}\n{screen}");
}

#[test]
fn the_label_follows_every_form_of_connect() {
    let sandbox = sandbox();
    let (production, staging) = (clusters().production(), clusters().staging());
    let (far, near, socket) = (production.port, staging.port, staging.socket.display());
    let mut pty = psql(&sandbox, &["service=staging"]);
    pty.wait_for("■ STAGING  writable ").wait_for("=# ");
    let production = "▲ PRODUCTION  read-only? postgres@";
    for (connect, label) in [
        (format!("postgresql://postgres@db.prod.demo:{far}/app?hostaddr=127.0.0.1"), production),
        (format!("\"host={socket} port={near} user=postgres dbname=app\""), "● LOCAL  read-only? postgres@[local:"),
        (format!("\"host=db.prod.demo hostaddr=127.0.0.1 port={far} user=postgres dbname=app\""), production),
        ("\"service=staging\"".to_owned(), "■ STAGING?  read-only? postgres@db.staging.demo:"),
        (format!("app postgres 127.0.0.1 {far}"), "▲ PRODUCTION  read-only? postgres@127.0.0.1:"),
        (format!("- - {socket} {near}"), "● LOCAL  read-only? postgres@[local:"),
        ("service=production".to_owned(), production),
    ] {
        pty.send(format!("\\c {connect}\n")).wait_for("You are now connected").wait_for(label).wait_for("=# ");
        pty.send("CREATE TABLE never ();\n").wait_for("in a read-only transaction").wait_for("=# ");
    }
    // What fails leaves connection and label.
    pty.send("\\c service=nowhere\n").wait_for("Previous connection kept").wait_for(production).wait_for("=# ");
    pty.send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}

#[test]
fn in_a_roll_out_the_label_is_shown_and_no_session_starts_read_only() {
    let sandbox = sandbox().config(&format!("mode = \"observe\"\n{}", crate::psqlrc::CONFIG));
    clusters().production().scratch("screen_observed");
    let mut pty = psql(&sandbox, &["service=production dbname=screen_observed"]);
    pty.wait_for("▲ PRODUCTION  NOT read-only postgres@").wait_for("=# ").send("CREATE TABLE a ();\n");
    pty.wait_for("CREATE TABLE\n").wait_for("=# ").send("\\c service=staging\n").wait_for("■ STAGING?  writable? ");
    pty.wait_for("=# ").send("\\c service=production\n").wait_for("▲ PRODUCTION  writable? ");
    pty.wait_for("=# ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    assert!(clusters().production().has_table("screen_observed", "a"));
}
