//! The question on a real terminal: what counts as an answer, and that the terminal is left as it was found.
//!
//! The process that asks is this test binary itself, started anew on a terminal with the var that makes `asker` ask.

use std::time::Duration;

use dbguard::checklist::{Answer, Banner, Human as _, Line, Section, Tone};
use dbguard::effects::tty::Tty;
use dbguard::environment::{Level, Look};
use dbguard::world::Vars;

use crate::support::{DBGUARD, Pty, SECRET, Sandbox};

const QUESTION: &str = "Type the host to go on:";

/// Not a test by itself: asks, when it was started for that, and writes the answer into `answer`.
#[test]
fn asker() {
    let Some(patience) = std::env::var("DBGUARD_TEST_ASK").ok().and_then(|text| text.parse().ok()) else { return };
    let heard = match Tty::open(&Vars::read(), Duration::from_millis(patience)) {
        Ok(tty) => asked(tty),
        Err(nobody) => format!("nobody: {}", nobody.because()),
    };
    std::fs::write("answer", heard).unwrap();
}

fn asked(mut tty: Tty) -> String {
    if std::env::var_os("DBGUARD_TEST_DRAW").is_some() {
        draw(&mut tty);
    }
    if std::env::var_os("DBGUARD_TEST_SECRET").is_some() {
        let secret = tty.ask_secret("password for alice:");
        return format!("secret: {}", secret.is_some_and(|secret| secret.expose() == SECRET));
    }
    match tty.ask(QUESTION) {
        Answer::Typed(line) => format!("typed: {line}"),
        Answer::Nothing(because) => format!("nothing: {because}"),
    }
}

fn draw(tty: &mut Tty) {
    let look = Look { label: "PRODUCTION".into(), icon: "▲".into(), color: "red".into() };
    let alarms = vec!["the name says staging, the server says production".to_owned()];
    tty.banner(&Banner { look, level: Level::Production, title: "eu-prod · psql".into(), alarms });
    let line = |label: &str, value: &str, note: &str, tone| Line {
        label: label.into(),
        value: value.into(),
        note: note.into(),
        tone,
    };
    tty.section(&Section {
        title: "target".into(),
        lines: vec![
            line("host", "db1.prod.example.com", "option -h", Tone::Plain),
            line("database", "app\x1b]0;staging\x07", "argument 1", Tone::Plain),
        ],
    });
    tty.section(&Section {
        title: "would happen".into(),
        lines: vec![line("cleanup.sql:3", "DROP TABLE temp_migration_backup", "100 rows", Tone::Danger)],
    });
}

/// A world in which `asker` asks, for at most so many milliseconds.
fn world(patience: u32) -> Sandbox {
    Sandbox::new().var("DBGUARD_TEST_ASK", patience.to_string())
}

/// The asker under a shell that records the terminal's settings and what is left to be read.
fn asking(sandbox: &Sandbox) -> Pty<'_> {
    shell(sandbox, "\"$@\"")
}

fn shell<'a>(sandbox: &'a Sandbox, run: &str) -> Pty<'a> {
    let script = format!(
        "stty -a </dev/tty >before; {run}; stty -a </dev/tty >after; \
         stty -icanon min 0 time 2 </dev/tty; cat </dev/tty >left"
    );
    let asker = std::env::current_exe().unwrap();
    let asker = asker.to_str().unwrap();
    let args =
        ["-c", &script, "sh", asker, "--exact", "tty_ask::asker", "--nocapture", "--test-threads=1"].map(str::to_owned);
    sandbox.tool_pty("bash", args).stdout_apart()
}

/// Waits for the end, and fails when the terminal is not as before or input was left for whatever runs next.
#[track_caller]
fn answer(sandbox: &Sandbox, pty: &mut Pty<'_>) -> String {
    let ended = pty.finish();
    assert_eq!(ended.code, 0, "{}", ended.screen);
    assert_eq!(sandbox.read("work/before"), sandbox.read("work/after"));
    assert_eq!(sandbox.read("work/left"), "", "what was typed for the question is left for what follows");
    sandbox.read("work/answer")
}

#[track_caller]
fn answer_to(keys: &[u8]) -> String {
    let sandbox = world(20_000);
    let mut pty = asking(&sandbox).start();
    pty.wait_for(QUESTION).send(keys);
    answer(&sandbox, &mut pty)
}

#[test]
fn a_line_is_the_answer_with_the_editing_of_the_terminal() {
    assert_eq!(answer_to(b"db1\n"), "typed: db1");
    assert_eq!(answer_to(b"db1\r"), "typed: db1");
    assert_eq!(answer_to(b"dc\x7fb1\n"), "typed: db1");
    assert_eq!(answer_to(b"oops\x15db1\n"), "typed: db1");
    assert_eq!(answer_to("datенbank-デ\n".as_bytes()), "typed: datенbank-デ");
    assert_eq!(answer_to(b"\n"), "typed: ");
}

#[test]
fn interrupt_and_end_of_input_are_no_answer_also_behind_a_right_one() {
    assert_eq!(answer_to(b"\x03"), "nothing: interrupted");
    assert_eq!(answer_to(b"db1\x03"), "nothing: interrupted");
    assert_eq!(answer_to(b"\x04"), "nothing: end of input");
    assert_eq!(answer_to(b"db1\x04"), "nothing: end of input");
}

#[test]
fn bytes_that_are_not_text_match_no_name() {
    assert_eq!(answer_to(b"db1\xff\n"), "typed: db1\u{fffd}");
    assert_eq!(answer_to(b"\x1b[200~db1\x1b[201~\n"), "typed: \x1b[200~db1\x1b[201~");
}

#[test]
fn a_line_without_end_is_bounded() {
    let mut keys = vec![b'x'; 6000];
    keys.push(b'\n');
    let typed = answer_to(&keys);
    assert!(typed.len() < 4200, "{}", typed.len());
}

#[test]
fn the_rest_of_a_paste_does_not_reach_the_tool() {
    assert_eq!(answer_to(b"db1\nDROP TABLE customers;\n"), "typed: db1");
}

#[test]
fn what_was_typed_before_the_question_stood_there_is_discarded() {
    let sandbox = world(1000);
    let mut pty = shell(&sandbox, "read -r go </dev/tty; sleep 0.3; \"$@\"").start();
    pty.send("go\n").send("db1\ndb1\n").wait_for(QUESTION);
    assert_eq!(answer(&sandbox, &mut pty), "nothing: no answer came in time");
}

#[test]
fn a_pipe_full_of_answers_answers_nothing() {
    let sandbox = world(20_000);
    let mut pty = asking(&sandbox).piped("db1\n".repeat(100)).start();
    pty.wait_for(QUESTION).send("db2\n");
    assert_eq!(answer(&sandbox, &mut pty), "typed: db2");
}

#[test]
fn nobody_is_asked_in_the_background_nor_without_a_terminal() {
    let sandbox = world(20_000);
    let mut pty = shell(&sandbox, "set -m; \"$@\" & wait").start();
    assert_eq!(answer(&sandbox, &mut pty), "nobody: this is a background job of its terminal");

    let sandbox = world(20_000);
    let args = ["--exact", "tty_ask::asker", "--nocapture", "--test-threads=1"];
    let output = sandbox.tool(std::env::current_exe().unwrap().to_str().unwrap(), args).output();
    assert_eq!((output.code, sandbox.read("work/answer").as_str()), (0, "nobody: there is no terminal to ask on"));
}

/// dbguard itself before a psql that only records: signals need a process of one thread, which a test is not.
fn guarded() -> Sandbox {
    Sandbox::new()
        .config("[environment.production]\nlevel = \"production\"\nmatch = [{ host = \"db1.prod\" }]\n")
        .fake("psql")
}

fn guarded_shell<'a>(sandbox: &'a Sandbox, run: &str) -> Pty<'a> {
    let script = format!("stty -a </dev/tty >before; {run}; stty -a </dev/tty >after");
    let args = ["-c", &script, "sh", DBGUARD, "run", "--", "psql", "-h", "db1.prod", "-c", "SELECT 1"];
    sandbox.tool_pty("bash", args.map(str::to_owned)).stdout_apart()
}

#[test]
fn a_suspended_question_stands_there_again_when_it_is_continued() {
    let sandbox = guarded();
    let run = "set -m; \"$@\"; stty -a </dev/tty >meanwhile; echo \"stopped=$?\" >/dev/tty; read -r go </dev/tty; fg; echo $? >status";
    let mut pty = guarded_shell(&sandbox, run).start();
    pty.wait_for(QUESTION).send("half\x1a").wait_for("stopped=").send("go\n");
    pty.wait_for(QUESTION).send("db1\n");
    pty.finish();
    assert_eq!(sandbox.read("work/status"), "0\n");
    assert_eq!(sandbox.calls("psql").len(), 2, "the question to the server, and the tool");
    assert_eq!(sandbox.read("work/after"), sandbox.read("work/before"));
    assert_eq!(sandbox.read("work/meanwhile"), sandbox.read("work/before"));
}

#[test]
fn a_signal_is_no_answer_and_leaves_the_terminal_as_it_was() {
    for (signal, because) in
        [("TERM", "stopped by a signal"), ("HUP", "the terminal went away"), ("INT", "interrupted")]
    {
        let sandbox = guarded();
        let run = format!(
            "(until [ -e stood ]; do sleep 0.1; done; pkill -{signal} -P $$ -x dbguard) & \"$@\"; echo $? >status"
        );
        let mut pty = guarded_shell(&sandbox, &run).start();
        pty.wait_for(QUESTION);
        std::fs::write(sandbox.path("work/stood"), "").unwrap();
        let ended = pty.finish();
        assert!(ended.screen.contains(because), "{signal}: {}", ended.screen);
        assert_eq!(sandbox.read("work/status"), "125\n");
        assert_eq!(sandbox.read("work/after"), sandbox.read("work/before"));
        assert_eq!(sandbox.calls("psql").len(), 1, "only the question to the server");
    }
}

#[test]
fn killed_while_it_asks_it_leaves_lines_and_echo() {
    let sandbox = world(20_000);
    let run = "(until [ -e stood ]; do sleep 0.1; done; pkill -KILL -P $$ -x main-.*) & \"$@\"";
    let mut pty = shell(&sandbox, run).start();
    pty.wait_for(QUESTION);
    std::fs::write(sandbox.path("work/stood"), "").unwrap();
    let _ = pty.finish();
    let after = sandbox.read("work/after");
    assert!(after.contains(" icanon") && after.contains(" echo ") && !after.contains("-icrnl"), "{after}");
}

#[test]
fn a_terminal_that_takes_no_output_is_not_waited_for() {
    let sandbox = world(20_000);
    let mut pty =
        shell(&sandbox, "echo ready >/dev/tty; until [ -e stopped ]; do sleep 0.1; done; \"$@\"; stty -ixon </dev/tty");
    pty = pty.start();
    pty.wait_for("ready").send("\x13");
    std::thread::sleep(Duration::from_millis(300));
    std::fs::write(sandbox.path("work/stopped"), "").unwrap();
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(100));
        if sandbox.path("work/answer").exists() {
            break;
        }
    }
    pty.send("\x11");
    let _ = pty.finish();
    assert_eq!(sandbox.read("work/answer"), "nothing: the terminal takes no output");
}

#[test]
fn a_secret_does_not_show() {
    let sandbox = world(20_000).var("DBGUARD_TEST_SECRET", "1");
    let mut pty = asking(&sandbox).start();
    pty.wait_for("password for alice:").send(format!("{SECRET}\n"));
    assert_eq!(answer(&sandbox, &mut pty), "secret: true");

    for keys in ["\x03", "\x04", "\n"] {
        let mut pty = asking(&sandbox).start();
        pty.wait_for("password for alice:").send(keys);
        assert_eq!(answer(&sandbox, &mut pty), "secret: false");
    }
}

#[test]
fn a_terminal_in_raw_mode_is_asked_all_the_same() {
    let sandbox = world(20_000);
    let mut pty = shell(&sandbox, "stty raw -echo </dev/tty; stty -a </dev/tty >before; \"$@\"").start();
    pty.wait_for(QUESTION).send("db1\r");
    assert_eq!(answer(&sandbox, &mut pty), "typed: db1");
}

#[test]
fn the_screen_reads_the_same_without_colour() {
    let plain = "
 !! the name says staging, the server says production

================================================================================
 ▲ PRODUCTION   eu-prod · psql
================================================================================

 target        host      db1.prod.example.com  (option -h)
               database  app\\x1B]0;staging\\x07  (argument 1)

 would happen  cleanup.sql:3  !! DROP TABLE temp_migration_backup  (100 rows)

 Type the host to go on: ";
    for (var, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let sandbox = world(20_000).var("DBGUARD_TEST_DRAW", "1").var(var, value);
        let mut pty = asking(&sandbox).start();
        pty.wait_for(QUESTION).send("db1\n");
        let ended = pty.finish();
        assert_eq!(ended.screen.split("db1\n").next().unwrap(), plain);
        assert!(!ended.raw.contains(&0x1b));
    }
}

#[test]
fn at_forty_columns_nothing_is_lost_and_nothing_is_wider() {
    let sandbox = world(20_000).var("DBGUARD_TEST_DRAW", "1").var("NO_COLOR", "1");
    let mut pty = asking(&sandbox).size(24, 40).start();
    pty.wait_for(QUESTION).send("db1\n");
    let expected = "
 !! the name says staging, the server
    says production

========================================
 ▲ PRODUCTION   eu-prod · psql
========================================

 target
   host      db1.prod.example.com
             (option -h)
   database  app\\x1B]0;staging\\x07
             (argument 1)

 would happen
   cleanup.sql:3  !! DROP TABLE
                  temp_migration_backup
                  (100 rows)

 Type the host to go on: db1
";
    assert_eq!(pty.finish().screen, expected);
}
