//! What runs under the guard is what runs without it: arguments, streams, descriptors, signals, process id, status.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use dbguard::checklist;
use dbguard::effects::audit;
use dbguard::effects::exec::{Launch, exec};
use dbguard::environment::Level;
use dbguard::error::Kind;
use dbguard::plan::Input;
use dbguard::world::files::Stamp;

use crate::support::{DBGUARD, Fake, Output, Sandbox};

/// A world whose psql is this script.
fn world(script: &str) -> Sandbox {
    Sandbox::new().file("bin/psql", script).mode("bin/psql", 0o755).shims(["psql"])
}

/// What a script does under the guard and bare, started by `starter` as `"$@"`; the target is local, so nobody is asked.
#[track_caller]
fn both(script: &str, starter: &str) -> (Output, Output) {
    let sandbox = world(script);
    let run = |program: &str| {
        let program = sandbox.path(program);
        let args = ["-c", starter, "sh", program.to_str().unwrap(), "-h", "/tmp", "-c", "SELECT 1"].map(str::to_owned);
        sandbox.tool("bash", args).output()
    };
    (run("shims/psql"), run("bin/psql"))
}

#[track_caller]
fn same(script: &str, starter: &str) -> Output {
    let (guarded, bare) = both(script, starter);
    assert_eq!(
        (guarded.code, guarded.out(), guarded.err()),
        (bare.code, bare.out(), bare.err()),
        "guarded is left, bare is right"
    );
    guarded
}

#[test]
fn arguments_arrive_byte_for_byte() {
    let sandbox = Sandbox::new().fake("psql").shims(["psql"]);
    let args: Vec<&OsStr> = vec![
        OsStr::new("-h"),
        OsStr::new("/tmp"),
        OsStr::new(""),
        OsStr::from_bytes(b"\xff\xfe \n\t'\"\\$`"),
        OsStr::new("-c"),
        OsStr::new("SELECT 'ß'"),
    ];
    sandbox.tool("psql", &args).status(0);
    assert_eq!(sandbox.call("psql").args, args);
}

#[test]
fn binary_input_and_output_pass_untouched() {
    let sandbox = world("#!/bin/sh\nexec cat\n");
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    sandbox.tool("psql", ["-h", "/tmp", "-f", "-"]).stdin(&bytes).stdout(&bytes).status(0);
}

#[test]
fn the_exit_status_is_the_tools_own() {
    for status in [0, 1, 3, 125, 255] {
        let sandbox = Sandbox::new().fake_as("psql", &Fake::new().status(status)).shims(["psql"]);
        sandbox.tool("psql", ["-h", "/tmp"]).status(i32::from(status));
    }
    assert_eq!(same("#!/bin/sh\nkill -TERM $$\n", "exec \"$@\"").code, 128 + 15);
}

#[test]
fn the_process_id_stays() {
    let output = same("#!/bin/sh\n[ $$ = \"$STARTED\" ] && echo same || echo another\n", "STARTED=$$ exec \"$@\"");
    assert_eq!(output.out(), "same\n");
}

#[test]
fn signal_dispositions_and_masks_are_those_of_the_start() {
    let report = "#!/bin/sh\ngrep -E '^Sig(Blk|Ign)' /proc/self/status\n";
    same(report, "exec \"$@\"");
    same(report, "trap '' INT HUP; exec env --block-signal=USR1 \"$@\"");
}

#[test]
fn a_pipe_that_closes_ends_the_tool_as_ever() {
    let output = same("#!/bin/sh\nyes\n", "\"$@\" | head -n 1; echo \"${PIPESTATUS[0]}\"");
    assert_eq!(output.out(), "y\n141\n");
}

#[test]
fn no_descriptor_of_ours_leaks() {
    let list = "#!/bin/sh\nfor fd in /proc/$$/fd/*; do echo \"${fd##*/}\"; done\n";
    same(list, "exec \"$@\" 7</dev/null 8</dev/null");
}

#[test]
fn a_script_without_an_interpreter_line_is_run_by_the_shell() {
    let output = same("echo \"ran $1 $2\"\n", "exec \"$@\"");
    assert_eq!(output.out(), "ran -h /tmp\n");
}

#[test]
fn what_cannot_be_executed_is_126_and_what_is_not_there_127() {
    let sandbox = Sandbox::new().file("bin/psql", "").var("PATH", "/nonexistent");
    sandbox
        .run(["run", "--", "psql"])
        .stderr("dbguard: `psql` was not found\n  see where it is looked for: type -a psql; echo \"$PATH\"\n")
        .status(127);
    let bin = sandbox.path("bin").into_os_string();
    let sandbox = sandbox.var("PATH", bin);
    sandbox
        .run(["run", "--", "psql"])
        .stderr("dbguard: `[DIR]/bin/psql` cannot be executed\n  see what it is: ls -ld [DIR]/bin/psql\n")
        .status(126);
    world("#!/no/such/interpreter\n")
        .tool("psql", ["-h", "/tmp"])
        .stderr(
            "dbguard: the interpreter that `[DIR]/bin/psql` names was not found\n  \
             see its first line: head -n 1 [DIR]/bin/psql\n",
        )
        .status(127);
}

#[test]
fn a_wrapper_on_path_that_starts_dbguard_again_ends_and_is_named() {
    let sandbox = world(&format!("#!/bin/sh\nexec {DBGUARD} run -- psql \"$@\"\n"));
    let output = sandbox.tool("psql", ["-h", "/tmp"]).output();
    assert_eq!(output.code, 125);
    assert!(output.err().starts_with("dbguard: `[DIR]/bin/psql` starts dbguard again and again\n"), "{output:?}");
}

#[test]
fn such_a_wrapper_ends_also_where_the_server_is_asked_through_it() {
    let config = "[environment.staging]\nlevel = \"staging\"\nmatch = [{ host = \"127.0.0.9\" }]\n";
    let wrapper = format!("#!/bin/sh\necho >>\"$HOME/count\"\nexec {DBGUARD} run -- psql \"$@\"\n");
    let sandbox = world(&wrapper).config(config);
    let output = sandbox.tool("psql", ["-h", "127.0.0.9", "-c", "SELECT 1"]).output();
    assert_eq!(output.code, 125, "{output:?}");
    // Each of the ten is started once to be asked through, which it refuses, and once to be run.
    assert_eq!(sandbox.read("home/count").len(), 20);
}

#[test]
fn the_tool_sees_the_size_of_the_window_and_its_changes() {
    // Rows and columns are set one after the other, so that there are two signals.
    let sandbox = world(
        "#!/bin/bash\ntrap 'told=yes' WINCH\nstty size\n\
         until [ \"$told $(stty size)\" = 'yes 20 77' ]; do sleep 0.1; done\necho seen\nexit 4\n",
    );
    let mut pty = sandbox.tool_pty("psql", ["-h", "/tmp"]).size(30, 111).start();
    pty.wait_for("30 111").resize(20, 77).wait_for("seen");
    assert_eq!(pty.finish().code, 4);
}

#[test]
fn the_tool_is_suspended_and_continued_as_ever() {
    let sandbox = world("#!/bin/sh\necho ready\nread -r word\necho \"got $word\"\n");
    let script = "set -m; \"$@\"; echo \"stopped=$?\"; fg; echo \"ended=$?\"";
    let psql = sandbox.path("shims/psql");
    let mut pty = sandbox.tool_pty("bash", ["-c", script, "sh", psql.to_str().unwrap(), "-h", "/tmp"]).start();
    pty.wait_for("ready").send("\x1a").wait_for("stopped=148").send("db1\n");
    pty.wait_for("got db1").wait_for("ended=0");
    assert_eq!(pty.finish().code, 0);
}

#[test]
fn keys_that_interrupt_and_quit_reach_the_tool_alone() {
    let sandbox = world(
        "#!/bin/bash\ntrap 'echo told INT' INT\ntrap 'echo told QUIT; exit 6' QUIT\necho ready\n\
         while :; do sleep 0.1; done\n",
    );
    let mut pty = sandbox.tool_pty("psql", ["-h", "/tmp"]).start();
    pty.wait_for("ready").send("\x03").wait_for("told INT").send("\x1c").wait_for("told QUIT");
    assert_eq!(pty.finish().code, 6);
}

/// Twice, with a slash at the end, through a link, and those of another installation, before the real one.
#[test]
fn however_shims_stand_on_path_the_real_tool_is_found_behind_them() {
    let sandbox = world("#!/bin/sh\necho \"real, at depth $DBGUARD_DEPTH\"\n").dir("system");
    symlink(sandbox.path("shims"), sandbox.path("linked")).unwrap();
    symlink(DBGUARD, sandbox.path("system/psql")).unwrap();
    let dirs = ["shims", "shims", "shims/", "linked", "linked/../shims/.", "system", "bin"];
    let dirs = dirs.map(|dir| sandbox.path(dir).into_os_string());
    let sandbox = sandbox.var("PATH", dirs.join(OsStr::new(":")));
    sandbox.tool("psql", ["-h", "/tmp"]).stdout("real, at depth 1\n").stderr("").status(0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_shim_is_its_tool_by_its_full_path_and_by_a_name_in_another_case() {
    let config = "[environment.production]\nlevel = \"production\"\nmatch = [{ host = \"db1.prod.demo\" }]\n";
    let sandbox = world("#!/bin/sh\necho real\n").config(config);
    let shim = sandbox.path("shims/psql");
    for name in [shim.to_str().unwrap(), "PSQL", "/usr/bin/Psql"] {
        let started = |host: &str| {
            let script = "exec -a \"$1\" \"$2\" -h \"$3\" -c 'DROP TABLE t'";
            let args = ["-c", script, "bash", name, shim.to_str().unwrap(), host];
            sandbox.tool("/bin/bash", args).output()
        };
        assert_eq!(started("/tmp").out(), "real\n", "{name}");
        let refused = started("db1.prod.demo");
        assert_eq!((refused.code, refused.out()), (125, String::new()), "{name}: {refused:?}");
    }
}

fn launch(sandbox: &Sandbox) -> Launch {
    Launch {
        program: sandbox.path("bin/none"),
        name: "none".into(),
        args: Vec::new(),
        vars: Vec::new(),
        inputs: Vec::new(),
        stdin: None,
    }
}

/// These launches fail, or the tests would end here.
fn refused(launch: Launch) -> dbguard::error::Error {
    exec(checklist::unasked(), audit::waived(Level::Development).unwrap(), launch)
}

#[test]
fn a_file_that_changed_since_it_was_checked_is_refused() {
    let sandbox = Sandbox::new().file("work/a.sql", "SELECT 1;");
    let path = sandbox.path("work/a.sql");
    let input = |path: &std::path::Path| vec![Input { path: path.to_owned(), stamp: Stamp::of(path).unwrap() }];
    let unchanged = refused(Launch { inputs: input(&path), ..launch(&sandbox) });
    assert_eq!(unchanged.kind(), Kind::NotFound, "that far it would have gone: {unchanged}");

    for change in ["DROP TABLE t;", "SELECT 2;"] {
        let inputs = input(&path);
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::fs::write(&path, change).unwrap();
        let error = refused(Launch { inputs, ..launch(&sandbox) });
        assert_eq!(error.kind(), Kind::Refused);
        assert_eq!(error.message(), format!("`{}` changed since it was checked", path.display()));
    }
    let inputs = input(&path);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(refused(Launch { inputs, ..launch(&sandbox) }).kind(), Kind::Refused);
}

#[test]
fn too_many_arguments_are_a_clear_error() {
    let sandbox = Sandbox::new();
    let args = vec![OsString::from("x".repeat(100_000)); 60];
    let error = refused(Launch { program: "/bin/true".into(), args, ..launch(&sandbox) });
    assert_eq!(error.kind(), Kind::NotExecutable);
    assert_eq!(error.message(), "the arguments and vars for `/bin/true` are longer than this system takes");
}
