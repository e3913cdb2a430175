//! The ground that the other tests stand on holds: sandbox, fakes, terminal, clusters, the search for secrets.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::support::{Clusters, Fake, SECRET, Sandbox, clusters};

#[test]
fn a_fake_tool_records_its_arguments_its_input_and_its_vars_byte_for_byte() {
    let sandbox =
        Sandbox::new().fake_as("psql", &Fake::new().stdout("hello\n").stderr("oh\n").status(3)).var("PGHOST", "db1");
    let odd = OsStr::from_bytes(b"a\xff 'b\n");
    sandbox.tool("psql", [odd, OsStr::new("")]).stdin(b"one\0two").stdout("hello\n").stderr("oh\n").status(3);
    let call = sandbox.call("psql");
    assert_eq!(call.args, [odd, OsStr::new("")]);
    assert_eq!(call.stdin, b"one\0two");
    assert_eq!(call.var("PGHOST"), Some("db1"));
}

#[test]
fn without_a_terminal_there_is_none_to_open() {
    let sandbox = Sandbox::new();
    let output = sandbox.tool("sh", ["-c", ": </dev/tty"]).output();
    assert_ne!(output.code, 0);
}

#[test]
fn on_a_terminal_keys_arrive_and_pipes_stay_clean() {
    let sandbox = Sandbox::new();
    let script = "stty size; printf 'name? ' >/dev/tty; read name </dev/tty; echo \"out $name\"; exit 7";
    let mut pty = sandbox.tool_pty("sh", ["-c", script]).size(30, 100).stdout_apart().start();
    pty.wait_for("name? ").send("db1\n");
    let ended = pty.finish();
    assert_eq!((ended.code, ended.screen.as_str()), (7, "name? db1\n"));
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "30 100\nout db1\n");
}

#[test]
fn on_a_terminal_a_pipe_may_come_in() {
    let sandbox = Sandbox::new();
    let mut pty =
        sandbox.tool_pty("sh", ["-c", "cat; read name </dev/tty; exit \"$name\""]).piped("SELECT 1;\n").start();
    pty.wait_for("SELECT 1;").send("5\n");
    assert_eq!(pty.finish().code, 5);
}

#[test]
#[should_panic(expected = "a planted secret was written to standard output")]
fn a_secret_that_is_printed_fails_the_test() {
    let _ = Sandbox::new().tool("echo", [SECRET]).output();
}

#[test]
#[should_panic(expected = "audit.jsonl")]
fn a_secret_that_is_written_to_a_file_fails_the_test() {
    let sandbox = Sandbox::new();
    let _ = sandbox.tool("sh", ["-c", "echo \"$0\" >audit.jsonl", SECRET]).output();
}

#[test]
fn the_two_clusters_are_two() {
    let (production, staging) = (clusters().production(), clusters().staging());
    assert_ne!(production.identifier, staging.identifier);
    for cluster in [production, staging] {
        assert_eq!(cluster.ask("app", "SHOW cluster_name"), cluster.name);
        assert!(cluster.has_table("app", "temp_migration_backup"));
    }
}

#[test]
fn the_sealed_role_asks_for_its_password() {
    let port = clusters().production().port.to_string();
    let args = ["-h", "127.0.0.1", "-p", &port, "-U", "sealed", "-d", "app", "-wXAtc", "SELECT current_user"];
    let refused = Sandbox::new().tool("psql", args).output();
    assert!(refused.err().contains("no password supplied"), "{}", refused.err());
    Sandbox::new().var("PGPASSWORD", SECRET).tool("psql", args).stdout("sealed\n").status(0);
}

#[test]
fn clusters_end_with_whoever_holds_them() {
    let own = Clusters::make(&["own"]);
    let socket = own.get("own").socket.clone();
    assert!(socket.join("data/postmaster.pid").exists());
    drop(own);
    assert!(!socket.parent().unwrap().exists());
}

#[test]
#[ignore = "the other half of the next test"]
fn hold_a_cluster_until_killed() {
    let own = Clusters::make(&["own"]);
    eprintln!("\nholding {}", own.get("own").socket.display());
    sleep(Duration::from_secs(60));
}

#[test]
fn clusters_end_when_the_test_process_is_killed() {
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sandbox::hold_a_cluster_until_killed", "--ignored", "--nocapture"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(holder.stderr.take().unwrap()).lines().map_while(Result::ok);
    let socket = lines.find_map(|line| line.strip_prefix("holding ").map(PathBuf::from));
    holder.kill().unwrap();
    holder.wait().unwrap();
    let socket = socket.expect("a cluster was held");
    let gone = (0..100).any(|_| {
        sleep(Duration::from_millis(100));
        !socket.parent().unwrap().exists()
    });
    assert!(gone, "{} outlives the process that was killed", socket.display());
}
