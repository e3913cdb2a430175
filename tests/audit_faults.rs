//! The audit log under faults: writers at once, full disks, kills, and files that are not what they should be.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use dbguard::effects::audit::{AuditLog, Event, Note, Phase};
use dbguard::error::Kind;
use nix::fcntl::{Flock, FlockArg};

use crate::audit_world::{World, powerless, worker};
use crate::support::SECRET;

fn chmod(path: impl AsRef<std::path::Path>, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The error of an append, with the state directory written as `[DIR]`.
fn refused(world: &World) -> String {
    let error = AuditLog::open(&world.snapshot).and_then(|log| log.append(&world.event("x"))).unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    error.to_string().replace(&world.dir().display().to_string(), "[DIR]")
}

fn said(output: &Output, world: &World) -> String {
    String::from_utf8_lossy(&output.stderr).replace(&world.dir().display().to_string(), "[DIR]")
}

#[test]
fn eight_writers_at_once_lose_nothing_and_keep_the_chain() {
    let world = World::new();
    let children: Vec<Child> = (0..8).map(|_| worker(&world, "100").spawn().unwrap()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", said(&output, &world));
    }
    let report = world.verify();
    assert_eq!((report.records, report.notes, report.problems), (800, vec![], vec![]));
    let ids: BTreeSet<String> =
        world.lines().iter().map(|line| line.split("\"id\":").nth(1).unwrap()[..20].to_owned()).collect();
    assert_eq!(ids.len(), 800);
}

#[test]
fn a_writer_that_is_killed_leaves_at_most_a_crash_note() {
    let world = World::new();
    for round in 0..12_u64 {
        let mut children: Vec<Child> = (0..3).map(|_| worker(&world, "forever").spawn().unwrap()).collect();
        std::thread::sleep(Duration::from_millis(60 + round * 7));
        for child in &mut children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        world.append(1);
    }
    let report = world.verify();
    assert_eq!(report.problems, []);
    assert!(report.records > 12, "{report:?}");
}

#[test]
fn a_full_disk_is_an_error_and_takes_the_half_line_back() {
    let world = World::new();
    let (_, blocks) = nearly_full(&world);
    let before = fs::read(world.file()).unwrap();
    // The limit stands in the middle of the next record; ignored, the signal becomes an error, as a full disk is.
    let output = limited(&world, "trap '' XFSZ;", blocks);
    assert_eq!(output.status.code(), Some(125));
    assert_eq!(said(&output, &world), "dbguard: `[DIR]/audit.jsonl` cannot be written: File too large (os error 27)\n");
    assert_eq!(fs::read(world.file()).unwrap(), before);
    world.append(1);
    assert_eq!(world.verify().problems, []);
}

#[test]
fn a_writer_killed_in_the_middle_of_a_record_is_a_crash_note() {
    let world = World::new();
    let (count, blocks) = nearly_full(&world);
    let output = limited(&world, "", blocks);
    assert!(!output.status.success());
    world.append(1);
    let report = world.verify();
    assert_eq!((report.problems, report.notes), (vec![], vec![Note::Interrupted { line: count as u64 + 1 }]));
}

/// A log whose next record crosses the end of a block of 512 bytes, since that is what sizes are limited by; how many
/// records it has, and the blocks.
fn nearly_full(world: &World) -> (usize, u64) {
    for count in 1..50 {
        world.append(1);
        let length = fs::metadata(world.file()).unwrap().len();
        let left = length.next_multiple_of(512) - length;
        if (20..200).contains(&left) {
            return (count, length.div_ceil(512));
        }
    }
    panic!("no record of fifty ends near the end of a block");
}

/// A worker that may write files only up to so many blocks.
fn limited(world: &World, before: &str, blocks: u64) -> Output {
    let command = worker(world, "1");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{before} ulimit -f {blocks}; exec \"$@\"")).arg("sh");
    shell.arg(command.get_program()).args(command.get_args());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.output().unwrap()
}

#[test]
fn a_file_system_without_room_is_an_error_that_says_so() {
    let world = World::new();
    world.append(1);
    let state = world.sandbox.path("home/.local/state");
    let command = worker(&world, "400");
    // A mount of its own in a namespace of its own: both end with the process.
    let script = "mount -t tmpfs -o size=64k none \"$0\" && mkdir -m 700 \"$0/dbguard\" && { \"$@\"; echo \"status $?\"; }; \
                  tail -c 1 \"$0/dbguard/audit.jsonl\" | od -An -c; grep -c . \"$0/dbguard/audit.jsonl\"";
    let mut shell = Command::new("unshare");
    shell.args(["--map-root-user", "--mount", "sh", "-c", script]).arg(&state);
    shell.arg(command.get_program()).args(command.get_args());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), said(&output, &world));
    if !out.contains("status") {
        eprintln!("SKIPPED: no mount namespaces here ({err}); a size limit stands for a full disk");
        return;
    }
    assert!(out.contains("status 125"), "{out}{err}");
    let expected = "dbguard: `[DIR]/audit.jsonl` cannot be written: No space left on device (os error 28)\n  make room: df -h [DIR]\n";
    assert_eq!(err, expected);
    assert!(out.contains("\\n"), "the last line is whole: {out}");
}

#[test]
fn a_lock_that_is_held_too_long_is_an_error_and_never_a_hang() {
    let world = World::new();
    world.append(1);
    let held = Flock::lock(fs::File::open(world.file()).unwrap(), FlockArg::LockExclusive).unwrap();
    let start = Instant::now();
    assert_eq!(
        refused(&world),
        "dbguard: `[DIR]/audit.jsonl` has been locked by another process for 2 seconds\n  see which: lsof [DIR]/audit.jsonl"
    );
    assert!(start.elapsed() < Duration::from_secs(4));
    drop(held);
    world.append(1);
}

#[test]
fn a_symbolic_link_is_refused_and_not_followed() {
    let world = World::new();
    fs::create_dir_all(world.dir()).unwrap();
    chmod(world.dir(), 0o700);
    let elsewhere = world.sandbox.path("work/elsewhere");
    fs::write(&elsewhere, "").unwrap();
    symlink(&elsewhere, world.file()).unwrap();
    assert_eq!(
        refused(&world),
        "dbguard: `[DIR]/audit.jsonl` is a symbolic link\n  move it aside: mv [DIR]/audit.jsonl [DIR]/audit.jsonl.aside"
    );
    assert_eq!(fs::read(&elsewhere).unwrap(), b"");
}

#[test]
fn a_fifo_and_a_directory_in_its_place_are_refused_at_once() {
    let world = World::new();
    fs::create_dir_all(world.dir()).unwrap();
    chmod(world.dir(), 0o700);
    let expected = "dbguard: `[DIR]/audit.jsonl` is not a regular file\n  move it aside: mv [DIR]/audit.jsonl [DIR]/audit.jsonl.aside";
    nix::unistd::mkfifo(&world.file(), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_eq!(refused(&world), expected);
    fs::remove_file(world.file()).unwrap();
    fs::create_dir(world.file()).unwrap();
    assert_eq!(refused(&world), expected);
}

#[test]
fn a_file_or_directory_that_others_can_write_is_refused_with_the_command_that_mends_it() {
    let world = World::new();
    world.append(1);
    chmod(world.file(), 0o620);
    assert_eq!(
        refused(&world),
        "dbguard: `[DIR]/audit.jsonl` is writable by others\n  close it: chmod go-w [DIR]/audit.jsonl"
    );
    chmod(world.file(), 0o600);
    chmod(world.dir(), 0o777);
    assert_eq!(refused(&world), "dbguard: `[DIR]` is writable by others\n  close it: chmod go-w [DIR]");
    chmod(world.dir(), 0o700);
    world.append(1);
}

#[test]
fn a_file_of_another_user_is_refused() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("SKIPPED: only root can give a file to another user");
        return;
    }
    let world = World::new();
    world.append(1);
    nix::unistd::chown(&world.file(), Some(nix::unistd::Uid::from_raw(12345)), None).unwrap();
    assert!(
        refused(&world)
            .starts_with("dbguard: `[DIR]/audit.jsonl` belongs to another user (id 12345)\n  take it over: ")
    );
}

#[test]
fn an_unwritable_file_or_directory_is_an_error() {
    let world = World::new();
    world.append(1);
    chmod(world.file(), 0o400);
    let output = powerless(&world, "1").output().unwrap();
    assert_eq!(output.status.code(), Some(125));
    assert_eq!(
        said(&output, &world),
        "dbguard: `[DIR]/audit.jsonl` cannot be opened: Permission denied (os error 13)\n  open it to yourself: chmod 600 [DIR]/audit.jsonl\n"
    );
    fs::remove_file(world.file()).unwrap();
    chmod(world.dir(), 0o500);
    let output = powerless(&world, "1").output().unwrap();
    assert_eq!(output.status.code(), Some(125));
    assert!(said(&output, &world).starts_with("dbguard: `[DIR]/audit.jsonl` cannot be opened: Permission denied"));
    chmod(world.dir(), 0o700);
}

#[test]
fn without_a_home_there_is_no_log_and_the_error_says_what_to_set() {
    let mut world = World::new();
    world.snapshot.vars.unset("XDG_STATE_HOME");
    let error = AuditLog::open(&world.snapshot).unwrap_err();
    assert_eq!(
        error.to_string(),
        "dbguard: there is no place for dbguard's state: neither `HOME` nor `XDG_STATE_HOME` is set\n  set it: export HOME=~"
    );
}

// The sandbox itself searches every file for the secret when it ends.
#[test]
fn no_password_reaches_the_log_from_argv_or_target() {
    let world = World::new();
    let uri = format!("postgresql://alice:{SECRET}@db1/app");
    let mistyped = format!("postgresql:/alice:{SECRET}@db1/app");
    let sql = format!("ALTER ROLE alice PASSWORD '{SECRET}'");
    for args in [vec![uri.as_str()], vec![mistyped.as_str()], vec!["-c", sql.as_str()], vec!["--dbname", uri.as_str()]]
    {
        let invocation = world.psql(&args);
        let mut event = Event::new("i", Phase::Asked, &invocation, &world.snapshot).reason(&sql);
        if let dbguard::target::Resolution::Resolved(target) = dbguard::target::resolve(&invocation, &world.snapshot) {
            event = event.target(&target);
        }
        drop(world.log().append(&event).unwrap());
    }
    assert_eq!(world.lines().len(), 4);
}
