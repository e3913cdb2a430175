//! Scripts that take longer to read than anybody wants to wait without being told.
//!
//! The file is a hole of a terabyte behind a `COPY`: it takes minutes to read and no room on the disk.

use std::fs::OpenOptions;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::Sandbox;

const BEGINNING: &str = "SELECT 1;\nDROP TABLE temp_migration_backup;\nCOPY t FROM stdin;\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new().fake("psql").shims(["psql"]).file("work/huge.sql", BEGINNING);
    let file = OpenOptions::new().write(true).open(sandbox.path("work/huge.sql")).unwrap();
    file.set_len(1 << 40).unwrap();
    sandbox
}

const LINE: [&str; 5] = ["-X", "-h", "db.example.com", "-f", "huge.sql"];

#[test]
fn what_was_found_is_shown_while_reading_goes_on_and_what_was_not_read_stays_unknown() {
    let sandbox = sandbox();
    let mut pty = sandbox.tool_pty("psql", LINE).start();
    pty.wait_for("found so far").wait_for("drop-table").wait_for("huge.sql:2").wait_for("Reading goes on.");
    pty.wait_for(" of 1048576 MB, ").send("\n");
    pty.wait_for("would happen").wait_for("reading was ended early: the rest was not looked at");
    pty.wait_for("Type the host to go on:").send("db\n");
    pty.wait_for("production, staging or development").send("\n");
    let ended = pty.finish();
    assert!(ended.screen.contains("cannot be told; counts as destroying"), "{}", ended.screen);
    assert_eq!(sandbox.calls("psql").iter().filter(|call| call.args.iter().any(|arg| arg == "huge.sql")).count(), 1);
}

#[test]
fn interrupted_while_it_is_read_nothing_runs() {
    let sandbox = sandbox();
    let mut pty = sandbox.tool_pty("psql", LINE).start();
    pty.wait_for("Reading goes on.").wait_for(" of 1048576 MB, ").send("\x03");
    let _ = pty.finish();
    assert_eq!(sandbox.calls("psql").len(), 0);
}

#[test]
fn where_nobody_sits_nobody_waits_and_the_rest_is_unknown() {
    let sandbox = sandbox();
    let args = [&["explain", "--json", "--", "psql"], &LINE[..]].concat();
    let said = sandbox.run(args).output().json();
    let found: Vec<_> = said["findings"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!((said["risk"].as_str(), found), (Some("unknown"), vec!["drop-table", "copy-from", "too-long"]));
    assert_eq!(sandbox.run([&["run", "--", "psql"], &LINE[..]].concat()).output().code, 125);
    assert_eq!(sandbox.calls("psql").len(), 0);
}

#[test]
fn an_endless_pipe_is_handed_on_byte_for_byte_and_nobody_waits_for_its_end() {
    // The one that asks the server has `-c`; the real one takes five megabytes and leaves.
    let tool = "#!/bin/sh\ncase \"$*\" in *-c*) exit 2 ;; esac\nhead -c 5000000 | cksum >taken\n";
    let sandbox = Sandbox::new().shims(["psql"]).file("bin/psql", tool);
    std::fs::set_permissions(sandbox.path("bin/psql"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let line = "seq 1 99999999999 | psql -X -h db.example.com; seq 1 99999999999 | head -c 5000000 | cksum >wanted";
    let mut pty = sandbox.tool_pty("sh", ["-c", line]).start();
    pty.wait_for("standard input is longer than 1 MiB").wait_for("Type the host to go on:").send("db\n");
    pty.wait_for("production, staging or development").send("\n");
    assert_eq!(pty.finish().code, 0);
    assert_eq!(sandbox.read("work/taken"), sandbox.read("work/wanted"));
}
