//! The chain of the audit log: what a record is, and what checking tells of a log that was changed or interrupted.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::UNIX_EPOCH;

use dbguard::effects::audit::{Event, Note, Phase, Problem};
use dbguard::plan::{Finding, Risk};
use serde_json::Value;

use crate::audit_world::{THEN, World};

fn sha256(bytes: &[u8]) -> String {
    hmac_sha256::Hash::hash(bytes).map(|byte| format!("{byte:02x}")).concat()
}

/// The line with another content and the hash that goes with it.
fn forged(line: &str, from: &str, to: &str) -> String {
    let content = line.rsplit_once(",\"hash\":").unwrap().0.replace(from, to);
    let hash = sha256(content.as_bytes());
    format!("{content},\"hash\":\"{hash}\"}}")
}

#[test]
fn a_record_is_one_json_line_that_names_the_hash_of_the_line_before() {
    let world = World::new();
    world.append(2);
    let lines = world.lines();
    let content = lines[0].rsplit_once(",\"hash\":\"").unwrap().0;
    let first: Value = serde_json::from_str(&lines[0]).unwrap();
    let second: Value = serde_json::from_str(&lines[1]).unwrap();
    assert_eq!(first["hash"], sha256(content.as_bytes()));
    assert_eq!((&first["prev"], &first["seq"]), (&Value::from("0".repeat(64)), &1.into()));
    assert_eq!((&second["prev"], &second["seq"]), (&first["hash"], &2.into()));
    let known = |name: &str| !["prev", "hash", "pid", "uid", "tty"].contains(&name);
    let fields: Vec<String> = first
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| known(name))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        fields.join(" "),
        "v=1 seq=1 id=\"id0\" phase=\"asked\" time=\"2026-11-22T12:04:56.123Z\" user=\"alice\" cwd=\"/work\" tool=\"psql\" argv=[\"-h\",\"db1\",\"app\"]"
    );
}

#[test]
fn the_log_and_its_directory_are_closed_to_others() {
    let world = World::new();
    world.append(1);
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(world.dir()), mode(world.file())), (0o700, 0o600));
}

#[test]
fn an_untouched_log_is_whole() {
    let world = World::new();
    world.append(5);
    let report = world.verify();
    assert_eq!((report.records, report.notes, report.problems), (5, vec![], vec![]));
}

#[test]
fn a_clock_that_goes_backwards_breaks_nothing() {
    let world = World::new();
    world.append(1);
    drop(world.log().append(&world.event("earlier").at(UNIX_EPOCH)).unwrap());
    assert_eq!(world.verify().problems, []);
}

#[test]
fn a_modified_record_is_named_by_its_line() {
    let world = World::new();
    world.append(3);
    let mut lines = world.lines();
    lines[1] = lines[1].replace("\"db1\"", "\"db2\"");
    world.write(&lines);
    assert_eq!(world.verify().problems, [Problem::Modified { line: 2, seq: 2 }]);
}

#[test]
fn a_record_that_was_replaced_with_a_hash_of_its_own_does_not_fit_the_next() {
    let world = World::new();
    world.append(3);
    let mut lines = world.lines();
    lines[1] = forged(&lines[1], "\"db1\"", "\"db2\"");
    world.write(&lines);
    assert_eq!(world.verify().problems, [Problem::Unlinked { line: 3, seq: 3 }]);
}

#[test]
fn missing_records_are_counted_where_they_should_stand() {
    let world = World::new();
    world.append(5);
    let lines = world.lines();
    world.write(&[lines[0].clone(), lines[3].clone(), lines[4].clone()]);
    assert_eq!(world.verify().problems, [Problem::Missing { line: 2, from: 2, to: 3 }]);
    world.write(&lines[1..]);
    assert_eq!(world.verify().problems, [Problem::Missing { line: 1, from: 1, to: 1 }]);
}

#[test]
fn reordered_and_repeated_records_are_named() {
    let world = World::new();
    world.append(4);
    let lines = world.lines();
    let order = |places: [usize; 4]| world.write(&places.map(|place| lines[place].clone()));
    order([0, 2, 1, 3]);
    assert_eq!(world.verify().problems, [Problem::Reordered { line: 3, seq: 2 }]);
    order([0, 1, 1, 2]);
    assert_eq!(world.verify().problems, [Problem::Reordered { line: 3, seq: 2 }]);
}

#[test]
fn a_line_that_is_no_record_is_a_problem_and_writing_goes_on() {
    let world = World::new();
    world.append(2);
    fs::OpenOptions::new().append(true).open(world.file()).unwrap().write_all(b"hello\n\n").unwrap();
    world.append(1);
    let report = world.verify();
    assert_eq!(report.records, 3);
    assert_eq!(report.problems, [Problem::NotARecord { line: 3 }, Problem::NotARecord { line: 4 }]);
}

#[test]
fn a_record_cut_off_at_any_byte_is_a_crash_and_not_tampering() {
    let world = World::new();
    world.append(2);
    let whole = fs::read(world.file()).unwrap();
    let second = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    for length in second + 1..whole.len() - 1 {
        fs::write(world.file(), &whole[..length]).unwrap();
        assert_eq!(world.verify().notes, [Note::Interrupted { line: 2 }], "before the next writer, {length}");
        drop(world.log().append(&world.event("next")).unwrap());
        let report = world.verify();
        assert_eq!((report.records, &*report.problems), (2, &[][..]), "{length}");
        assert_eq!(report.notes, [Note::Interrupted { line: 2 }], "{length}");
    }
}

#[test]
fn a_record_that_lacks_only_its_line_break_is_whole() {
    let world = World::new();
    world.append(2);
    let whole = fs::read(world.file()).unwrap();
    fs::write(world.file(), &whole[..whole.len() - 1]).unwrap();
    world.append(1);
    let report = world.verify();
    assert_eq!((report.records, report.notes, report.problems), (3, vec![], vec![]));
}

#[test]
fn the_very_first_record_may_be_cut_off_too() {
    let world = World::new();
    fs::create_dir_all(world.dir()).unwrap();
    fs::write(world.file(), "{\"v\":1,\"se").unwrap();
    world.append(1);
    let report = world.verify();
    assert_eq!((report.records, report.notes), (1, vec![Note::Interrupted { line: 1 }]));
}

#[test]
fn a_half_line_that_was_taken_out_or_changed_is_missed() {
    let world = World::new();
    world.append(2);
    let whole = fs::read(world.file()).unwrap();
    fs::write(world.file(), &whole[..whole.len() - 50]).unwrap();
    world.append(1);
    let lines = world.lines();
    world.write(&[lines[0].clone(), lines[2].clone()]);
    assert_eq!(world.verify().problems, [Problem::LostHalfLine { line: 2 }]);
    world.write(&[lines[0].clone(), "{\"v\":1,".to_owned(), lines[2].clone()]);
    assert_eq!(world.verify().problems, [Problem::NotARecord { line: 2 }]);
}

#[test]
fn a_record_cannot_be_passed_off_as_a_crash_afterwards() {
    let world = World::new();
    world.append(3);
    let mut lines = world.lines();
    lines[1].truncate(30);
    world.write(&lines);
    let problems = world.verify().problems;
    assert_eq!(problems, [Problem::NotARecord { line: 2 }, Problem::Missing { line: 3, from: 2, to: 2 }]);
}

#[test]
fn records_of_a_newer_version_are_chained_and_said_to_be_newer() {
    let world = World::new();
    world.append(1);
    let first: Value = serde_json::from_str(&world.lines()[0]).unwrap();
    let content = format!("{{\"v\":2,\"seq\":2,\"prev\":{},\"shape\":\"new\"", first["hash"]);
    let line = format!("{content},\"hash\":\"{}\"}}\n", sha256(content.as_bytes()));
    fs::OpenOptions::new().append(true).open(world.file()).unwrap().write_all(line.as_bytes()).unwrap();
    world.append(1);
    let report = world.verify();
    assert_eq!((report.records, &*report.problems), (3, &[][..]));
    assert_eq!(report.notes, [Note::Newer { line: 2, version: 2 }]);
}

#[test]
fn no_byte_of_a_record_is_obeyed_by_a_terminal() {
    let world = World::new();
    let invocation = world.psql(&["a\x1b]0;x\x07", "b\u{9b}31m", "c\u{202e}d", "e\x7f", "f\u{e0041}"]);
    drop(world.log().append(&Event::new("i", Phase::Asked, &invocation, &world.snapshot)).unwrap());
    let line = &world.lines()[0];
    assert!(line.chars().all(|c| (' '..='~').contains(&c)), "{line}");
    let record: Value = serde_json::from_str(line).unwrap();
    assert_eq!(record["argv"][1], "b\u{9b}31m");
    assert_eq!(record["argv"][4], "f\u{e0041}");
    assert_eq!(world.verify().problems, []);
}

#[test]
fn bytes_that_are_not_utf_8_can_be_told_from_the_record() {
    use std::os::unix::ffi::OsStringExt as _;
    let world = World::new();
    let bytes = std::ffi::OsString::from_vec(b"caf\xe9".to_vec());
    let invocation = dbguard::target::parse("psql", &[bytes], None, &world.snapshot);
    drop(world.log().append(&Event::new("i", Phase::Asked, &invocation, &world.snapshot)).unwrap());
    let record: Value = serde_json::from_str(&world.lines()[0]).unwrap();
    assert_eq!(record["argv"][0], "caf\\xE9");
}

#[test]
fn findings_in_a_file_whose_name_is_not_utf_8_are_recorded_without_their_secrets() {
    use std::os::unix::ffi::OsStringExt as _;
    let world = World::new();
    let finding = Finding {
        risk: Risk::Write,
        kind: "alter-role".into(),
        objects: vec!["bob".into()],
        file: Some(std::ffi::OsString::from_vec(b"caf\xe9.sql".to_vec()).into()),
        line: Some(3),
        statement: "ALTER ROLE bob PASSWORD 'x'".into(),
    };
    drop(world.log().append(&world.event("i").findings(&vec![finding; 501])).unwrap());
    let record: Value = serde_json::from_str(&world.lines()[0]).unwrap();
    let expected = "{\"risk\":\"write\",\"kind\":\"alter-role\",\"objects\":[\"bob\"],\"file\":\"caf\\\\xE9.sql\",\"line\":3,\"statement\":\"ALTER ROLE bob PASSWORD '***'\"}";
    assert_eq!(record["findings"][0].to_string(), expected);
    assert_eq!((record["findings"].as_array().unwrap().len(), &record["findings_left_out"]), (500, &1.into()));
}

#[test]
fn a_command_line_of_any_length_stays_one_record() {
    let world = World::new();
    let first = "\u{1}".repeat(1 << 20);
    let rest = vec!["x"; 10_000];
    let words: Vec<&str> = [first.as_str()].into_iter().chain(rest).collect();
    drop(world.log().append(&Event::new("i", Phase::Asked, &world.psql(&words), &world.snapshot)).unwrap());
    world.append(1);
    let record: Value = serde_json::from_str(&world.lines()[0]).unwrap();
    assert_eq!(record["argv"].as_array().unwrap().len(), 501);
    assert_eq!(record["argv"][500], "…(9501 more words)");
    assert!(record["argv"][0].as_str().unwrap().ends_with("…(1032192 more bytes)"));
    assert_eq!(world.verify().problems, []);
}

#[test]
fn a_rotated_log_starts_a_chain_of_its_own() {
    let world = World::new();
    let log = world.log();
    drop(log.append(&world.event("a")).unwrap());
    fs::rename(world.file(), world.dir().join("audit.jsonl.1")).unwrap();
    drop(log.append(&world.event("b").at(UNIX_EPOCH + THEN)).unwrap());
    let record: Value = serde_json::from_str(&world.lines()[0]).unwrap();
    assert_eq!(record["seq"], 1);
    assert_eq!(world.verify().problems, []);
}
