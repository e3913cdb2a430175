//! `dbguard log`: what it prints, exactly.

use crate::support::Sandbox;
use std::fs;
use std::io::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use dbguard::effects::audit::{Event, Phase};
use dbguard::environment::{Environment, Known, Level, Look, RuleRef};
use dbguard::plan::{Finding, Risk};
use dbguard::target::{self, Resolution};

use crate::audit_world::{THEN, World};

fn production() -> Environment {
    let look = Look { label: "PRODUCTION".into(), icon: "▲".into(), color: "red".into() };
    let rule = RuleRef { file: "/etc/dbguard/config.toml".into(), line: 3, text: "host = \"*.prod\"".into() };
    let (name, matched) = ("production".to_owned(), vec!["production".to_owned()]);
    Environment::Known(Known { name, level: Level::Production, look, rule: Some(rule), matched })
}

fn event(world: &World, id: &str, seconds: u64, args: &[&str]) -> Event {
    let invocation = world.psql(args);
    let Resolution::Resolved(target) = target::resolve(&invocation, &world.snapshot) else { panic!("no target") };
    let time = UNIX_EPOCH + THEN + Duration::from_secs(seconds);
    Event::new(id, Phase::Asked, &invocation, &world.snapshot).at(time).target(&target)
}

fn write(world: &World, event: &Event) {
    drop(world.log().append(event).unwrap());
}

/// Two invocations on production, one of which was declined, and one on an unknown server that nobody answered.
fn filled() -> World {
    let world = World::new();
    let finding = Finding {
        risk: Risk::Destroy,
        kind: "drop-table".into(),
        objects: vec!["t".into()],
        file: None,
        line: Some(1),
        statement: "DROP TABLE t".into(),
    };
    let asked = event(&world, "0aaaaaaaaaaaaaa1", 0, &["-h", "db1.prod", "-U", "bob", "-c", "DROP TABLE t", "app"])
        .environment(&production())
        .risk(Risk::Destroy)
        .findings(&[finding])
        .lsn("0/16B3748");
    write(&world, &asked);
    let at = |seconds| UNIX_EPOCH + THEN + Duration::from_secs(seconds);
    write(&world, &asked.follow(Phase::Decided).at(at(1)).answer("typed db1").restore_point("before it's gone"));
    let other = event(&world, "0bbbbbbbbbbbbbb2", 2, &["-h", "db1.prod", "-p", "5433", "app"]);
    let other = other.environment(&production()).risk(Risk::Read);
    write(&world, &other);
    write(&world, &other.follow(Phase::Decided).at(at(3)).answer("declined: the answer was empty"));
    write(&world, &asked.follow(Phase::Ended).at(at(4)).status(3).duration(Duration::from_millis(2500)));
    let unknown = Environment::Unknown { because: "nothing names it".into() };
    write(
        &world,
        &event(&world, "0ccccccccccccca3", 5, &["-h", "x\x1b[2J", "app"]).environment(&unknown).risk(Risk::Read),
    );
    world
}

const FIRST: &str =
    "2026-11-22T12:04:56.123Z  PRODUCTION  psql db1.prod/app  destroy  typed db1  exit 3  0aaaaaaaaaaaaaa1\n";
const SECOND: &str = "2026-11-22T12:04:58.123Z  PRODUCTION  psql db1.prod:5433/app  read  declined: the answer was empty  0bbbbbbbbbbbbbb2\n";
const THIRD: &str = "2026-11-22T12:05:01.123Z  UNKNOWN  psql x\\x1B[2J/app  read  no answer  0ccccccccccccca3\n";

#[test]
fn an_invocation_is_one_line_and_the_newest_is_last() {
    let world = filled();
    world.sandbox.run(["log"]).stdout(format!("{FIRST}{SECOND}{THIRD}")).status(0);
    world.sandbox.run(["log", "-n", "1"]).stdout(THIRD).status(0);
    world.sandbox.run(["log", "-n", "9"]).stdout(format!("{FIRST}{SECOND}{THIRD}")).status(0);
    world.sandbox.run(["log", "--env", "PRODUCTION", "-n", "1"]).stdout(SECOND).status(0);
    world.sandbox.run(["log", "--env", "nowhere"]).status(0);
}

#[test]
fn json_prints_the_records_of_the_chosen_invocations_as_they_are() {
    let world = filled();
    let lines = world.lines();
    world.sandbox.run(["log", "--json"]).stdout(lines.join("\n") + "\n").status(0);
    let second = format!("{}\n{}\n", lines[2], lines[3]);
    world.sandbox.run(["log", "--json", "--env", "production", "-n", "1"]).stdout(second).status(0);
}

#[test]
fn without_a_log_there_is_nothing_to_show_and_nothing_is_made() {
    let world = World::new();
    world.sandbox.run(["log"]).status(0);
    world.sandbox.run(["log", "--json"]).status(0);
    world.sandbox.run(["log", "verify"]).stdout("ok: 0 records\n").status(0);
    let missing = "dbguard: the log has no invocation `abcd`\n  see them: dbguard log\n";
    world.sandbox.run(["log", "show", "abcd"]).stderr(missing).status(1);
    assert!(!world.dir().exists());
}

const SHOWN: &str = "\
0aaaaaaaaaaaaaa1  db1.prod/app
  psql -h db1.prod -U bob -c 'DROP TABLE t' app
asked  2026-11-22T12:04:56.123Z
  user                      alice
  uid                       [UID]
  cwd                       /work
  pid                       [PID]
  tool                      psql
  argv.1                    -h
  argv.2                    db1.prod
  argv.3                    -U
  argv.4                    bob
  argv.5                    -c
  argv.6                    DROP TABLE t
  argv.7                    app
  target.engine             postgresql
  target.host               db1.prod
  target.port               5432
  target.dbname             app
  target.user               bob
  target.hosts.1.host       db1.prod
  target.hosts.1.port       5432
  target.every_database     false
  target.origins.host       option -h
  target.origins.port       default
  target.origins.dbname     argument 1
  target.origins.user       option -U
  environment.name          production
  environment.level         production
  environment.rule.file     /etc/dbguard/config.toml
  environment.rule.line     3
  environment.rule.text     host = \"*.prod\"
  risk                      destroy
  findings.1.risk           destroy
  findings.1.kind           drop-table
  findings.1.objects.1      t
  findings.1.line           1
  findings.1.statement      DROP TABLE t
  lsn                       0/16B3748
decided  2026-11-22T12:04:57.123Z
  answer                    typed db1
  restore_point             before it's gone
ended  2026-11-22T12:05:00.123Z
  status                    3
  duration_ms               2500
to recover to the moment before it, if it ran
  restore a base backup that was finished before, let restore_command find the archive, set one of
    recovery_target_name = 'before it''s gone'
    recovery_target_lsn = '0/16B3748'
    recovery_target_time = '2026-11-22 12:04:57.123+00'  (by this machine's clock)
  and, with a time or an LSN, recovery_target_inclusive = off; then create recovery.signal and start
";

#[test]
fn showing_one_tells_everything_and_how_to_get_back() {
    let world = filled();
    let shown = world.sandbox.run(["log", "show", "aaa1"]).output().out();
    let uid = nix::unistd::geteuid().to_string();
    let expected = SHOWN.replace("[UID]", &uid).replace("[PID]", &std::process::id().to_string());
    let without_tty: String = shown.split_inclusive('\n').filter(|line| !line.starts_with("  tty ")).collect();
    assert_eq!(without_tty, expected);
}

#[test]
fn hostile_text_in_the_log_is_shown_and_not_obeyed() {
    let world = filled();
    let shown = world.sandbox.run(["log", "show", "0ccccccccccccca3"]).output().out();
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
    assert!(shown.contains("target.host               x\\x1B[2J\n"), "{shown}");
}

#[test]
fn an_identifier_that_is_not_one_is_an_error() {
    let world = filled();
    let missing = |id: &str| format!("dbguard: the log has no invocation `{id}`\n  see them: dbguard log\n");
    world.sandbox.run(["log", "show", "zzzz"]).stderr(missing("zzzz")).status(1);
    world.sandbox.run(["log", "show", "a1"]).stderr(missing("a1")).status(1);
    write(&world, &event(&world, "0dddddddddddaaa1", 9, &["-h", "db1", "app"]));
    world
        .sandbox
        .run(["log", "show", "aaa1"])
        .stderr("dbguard: `aaa1` is the part of 2 identifiers\n  name one: 0aaaaaaaaaaaaaa1, 0dddddddddddaaa1\n")
        .status(1);
}

#[test]
fn verify_says_ok_or_names_the_lines_and_fails() {
    let world = filled();
    world.sandbox.run(["log", "verify"]).stdout("ok: 6 records\n").status(0);
    let mut lines = world.lines();
    lines[1] = lines[1].replace("typed db1", "typed db2");
    lines.swap(2, 3);
    lines.remove(4);
    world.write(&lines);
    let expected = "\
line 2: record 2 was modified: its hash is of another content
line 4: record 3 is reordered: it stands after a later one
line 5: record 5 is missing before it
broken: 5 records, 3 problems
";
    world.sandbox.run(["log", "verify"]).stdout(expected).status(1);
}

#[test]
fn a_crash_and_a_newer_version_are_said_to_be_what_they_are() {
    let world = filled();
    let mut file = fs::OpenOptions::new().append(true).open(world.file()).unwrap();
    file.write_all(b"{\"v\":1,\"seq\":7,\"pr").unwrap();
    let truncated =
        "note: line 7: truncated: its writer was interrupted (a crash, a kill, a full disk)\nok: 6 records\n";
    world.sandbox.run(["log", "verify"]).stdout(truncated).status(0);
    file.write_all(b"\n{\"v\":3}\n").unwrap();
    let list = format!(
        "{FIRST}{SECOND}{THIRD}1 record was written by a newer dbguard (version 3) and not understood here\n1 line is no record: see dbguard log verify\n"
    );
    world.sandbox.run(["log"]).stdout(list).status(0);
}

#[test]
fn a_log_that_others_can_write_is_not_believed() {
    let world = filled();
    let world = World { sandbox: world.sandbox.mode("home/.local/state/dbguard/audit.jsonl", 0o666), ..world };
    let expected = "dbguard: `[DIR]/home/.local/state/dbguard/audit.jsonl` is writable by others\n  close it: chmod go-w [DIR]/home/.local/state/dbguard/audit.jsonl\n";
    world.sandbox.run(["log", "verify"]).stderr(expected).status(125);
}

#[test]
fn a_refusal_stands_in_the_log_with_its_reason_and_names_nothing_twice() {
    let sandbox = Sandbox::new().fake("psql");
    assert_eq!(sandbox.run(["run", "--", "psql", "-h", "db.example.com", "-U", "me"]).output().code, 125);
    let line = sandbox.run(["log"]).output().out();
    let said = "  UNKNOWN  psql db.example.com/me  read  refused: there is no terminal to ask on  ";
    assert!(line.contains(said), "{line}");
}
