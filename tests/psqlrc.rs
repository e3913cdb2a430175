//! psql's start-up file: the block goes in and comes out, and what an open psql shows is the connection that it has.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Pty, Sandbox, clusters};

/// Names that only the service file gives, so that no look at an address alone can be right by chance.
pub(crate) const CONFIG: &str = r#"
[environment.production]
level = "production"
match = [{ host = "*.prod.demo" }]

[environment.staging]
level = "staging"
match = [{ host = "*.staging.demo" }]
"#;

const PRODUCTION: &str = "▲ PRODUCTION  began read-only postgres@db.prod.demo:";

/// A sandbox whose psql reads dbguard's block, without shims: nothing but psql's own start-up file protects.
pub(crate) fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new().services().config(CONFIG).var("PAGER", "cat");
    let installed = sandbox.run(["psqlrc", "install"]).output();
    assert_eq!(installed.code, 0, "{}", installed.err());
    sandbox
}

/// The real psql, and not Debian's wrapper.
pub(crate) fn psql<'s>(sandbox: &'s Sandbox, args: &[&str]) -> Pty<'s> {
    let program = clusters().bin().join("psql");
    sandbox.tool_pty(program.to_str().unwrap(), args).size(40, 160).start()
}

fn scratch(name: &str) -> String {
    clusters().production().scratch(name);
    format!("service=production dbname={name}")
}

#[test]
fn the_block_goes_in_once_and_comes_out_leaving_what_was_there() {
    let own = "\\set x 1\n\\timing off";
    let sandbox = Sandbox::new().file("home/.psqlrc", own);
    let said = "kept [DIR]/home/.psqlrc as [DIR]/home/.psqlrc.before-dbguard\ninstalled in [DIR]/home/.psqlrc\n\
                open a new psql, or type in an open one: \\i ~/.psqlrc\n";
    sandbox.run(["psqlrc", "install"]).stdout(said).status(0);
    let installed = sandbox.read("home/.psqlrc");
    assert!(installed.starts_with("\\set x 1\n\\timing off\n-- >>> dbguard"), "{installed}");
    let said = "[DIR]/home/.psqlrc is up to date\nopen a new psql, or type in an open one: \\i ~/.psqlrc\n";
    sandbox.run(["psqlrc", "install", "--user"]).stdout(said).status(0);
    assert_eq!(sandbox.read("home/.psqlrc"), installed);
    assert_eq!(sandbox.read("home/.psqlrc.before-dbguard"), own);
    sandbox.run(["psqlrc", "uninstall"]).stdout("taken out of [DIR]/home/.psqlrc\n").status(0);
    assert_eq!(sandbox.read("home/.psqlrc"), format!("{own}\n"));
    sandbox.run(["psqlrc", "uninstall"]).stdout("[DIR]/home/.psqlrc has nothing of dbguard's\n").status(0);
}

#[test]
fn a_file_that_was_made_for_the_block_goes_with_it() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(["psqlrc", "install"]).output().code, 0);
    sandbox.run(["psqlrc", "uninstall"]).stdout("removed [DIR]/home/.psqlrc\n").status(0);
    assert!(!sandbox.path("home/.psqlrc").exists());
}

#[test]
fn every_file_that_a_psql_may_read_instead_gets_the_block() {
    let sandbox = Sandbox::new().file("home/.psqlrc-15", "").file("home/.psqlrc-note", "mine");
    assert_eq!(sandbox.run(["psqlrc", "install"]).output().code, 0);
    for name in ["home/.psqlrc", "home/.psqlrc-15"] {
        assert!(sandbox.read(name).contains("-- >>> dbguard"), "{name}");
    }
    assert_eq!(sandbox.read("home/.psqlrc-note"), "mine");
}

#[test]
fn the_file_that_psqlrc_names_is_the_users_own() {
    let sandbox = Sandbox::new().var("PSQLRC", "~/psql/rc").dir("home/psql");
    assert_eq!(sandbox.run(["psqlrc", "install"]).output().code, 0);
    assert!(sandbox.read("home/psql/rc").contains("-- >>> dbguard"));
    assert!(!sandbox.path("home/.psqlrc").exists());
}

#[test]
fn a_file_for_everybody_can_be_read_by_everybody_and_a_link_stays_a_link() {
    let sandbox = Sandbox::new().file("home/dotfiles/psqlrc", "\\set x 1\n").mode("home/dotfiles/psqlrc", 0o640);
    assert_eq!(sandbox.run(["psqlrc", "install", "--file", "team.psqlrc"]).output().code, 0);
    assert_eq!(fs::metadata(sandbox.path("work/team.psqlrc")).unwrap().permissions().mode() & 0o777, 0o644);
    std::os::unix::fs::symlink("dotfiles/psqlrc", sandbox.path("home/.psqlrc")).unwrap();
    assert_eq!(sandbox.run(["psqlrc", "install"]).output().code, 0);
    assert!(sandbox.path("home/.psqlrc").is_symlink());
    assert!(sandbox.read("home/dotfiles/psqlrc").contains("-- >>> dbguard"));
    assert_eq!(fs::metadata(sandbox.path("home/dotfiles/psqlrc")).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_file_that_is_not_understood_is_left_as_it_is() {
    let text = "\\if true\n\\set x 1\n";
    let sandbox = Sandbox::new().file("home/.psqlrc", text);
    let said = "dbguard: `[DIR]/home/.psqlrc` was left as it is: the `\\if` in line 1 has no `\\endif`\n  \
                mend it, or put the block in by hand: dbguard psqlrc print\n";
    sandbox.run(["psqlrc", "install"]).stderr(said).status(125);
    assert_eq!(sandbox.read("home/.psqlrc"), text);
}

#[test]
fn what_is_no_file_and_what_is_somebody_elses_is_left_as_it_is_with_one_line() {
    let refused = |sandbox: &Sandbox, why: &str| {
        for verb in ["install", "uninstall"] {
            let said = format!(
                "dbguard: `[DIR]/home/.psqlrc` was left as it is: {why}\n  \
                 mend it, or put the block in by hand: dbguard psqlrc print\n"
            );
            sandbox.run(["psqlrc", verb]).stderr(said).status(125);
        }
    };
    refused(&Sandbox::new().dir("home/.psqlrc"), "it is not a regular file");
    let fifo = Sandbox::new();
    nix::unistd::mkfifo(&fifo.path("home/.psqlrc"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    refused(&fifo, "it is not a regular file");
    if nix::unistd::geteuid().is_root() {
        let foreign = Sandbox::new().file("home/.psqlrc", "\\set x 1\n");
        std::os::unix::fs::chown(foreign.path("home/.psqlrc"), Some(4711), None).unwrap();
        refused(&foreign, "it belongs to user id 4711, and would be yours then");
        assert_eq!(foreign.read("home/.psqlrc"), "\\set x 1\n");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_one_line_of_install_and_of_a_start_by_the_guard() {
    let sandbox = Sandbox::new().services().config(CONFIG).shims(["psql"]);
    let rc = sandbox.path("home/.psqlrc");
    std::os::unix::fs::symlink(".psqlrc", &rc).unwrap();
    let said = sandbox.run(["psqlrc", "install"]).output();
    assert_eq!((said.code, said.err().lines().count()), (125, 1), "{}", said.err());
    let circle = "`[DIR]/home/.psqlrc` cannot be read: Too many levels of symbolic links";
    assert!(said.err().contains(circle), "{}", said.err());
    let run = |sandbox: &Sandbox, args: &[&str]| {
        let mut pty = sandbox.pty([&["run", "--", "psql"], args].concat()).size(40, 160).start();
        pty.wait_for("=# ").send("\\q\n");
        pty.finish().screen
    };
    let shown = run(&sandbox, &["service=staging"]);
    let line = format!("dbguard: psql starts without `{}`: too many symbolic links encountered", rc.display());
    assert!(shown.contains(&line) && shown.contains("see what is the matter: dbguard doctor"), "{shown}");
    // Who wants none is told nothing.
    assert!(!run(&sandbox, &["-X", "service=staging"]).contains("starts without"));
    std::fs::remove_file(&rc).unwrap();
    assert!(!run(&sandbox, &["service=staging"]).contains("starts without"));
    let sandbox = sandbox.var("PSQLRC", "/proc/nowhere/rc");
    let shown = run(&sandbox, &["service=staging"]);
    assert!(shown.contains("psql starts without `/proc/nowhere/rc`: no such file or directory"), "{shown}");
}

#[test]
fn the_guard_knows_its_own_block_and_nothing_that_stands_beside_it() {
    let sandbox = sandbox();
    let read =
        || sandbox.run(["explain", "--json", "--", "psql", "-c", "SELECT 1", "service=production"]).output().json();
    assert_eq!(read()["risk"], "read");
    let rc = sandbox.path("home/.psqlrc");
    fs::write(&rc, format!("DROP TABLE t;\n{}", fs::read_to_string(&rc).unwrap())).unwrap();
    assert_eq!(read()["risk"], "destroy");
    fs::write(&rc, fs::read_to_string(&rc).unwrap().replace("DROP TABLE t;\n", "").replace("\\r ", "")).unwrap();
    assert_eq!(read()["risk"], "unknown");
    let said = sandbox.run(["explain", "--", "psql", "-c", "SELECT 1", "service=production"]).output().out();
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("run: dbguard psqlrc install"), "{said}");
}

#[test]
fn scripts_and_pipes_run_as_without_it() {
    let bare = Sandbox::new().services().config(CONFIG).var("PAGER", "cat");
    let sandbox =
        sandbox().file("work/a.sql", "\\echo begins\nSELECT 1;\n\\connect postgres\nCREATE TEMP TABLE t ();\n");
    let psql = clusters().bin().join("psql");
    let psql = psql.to_str().unwrap();
    let bare = bare.file("work/a.sql", sandbox.read("work/a.sql"));
    for args in
        [&["-f", "a.sql"][..], &["-c", "SHOW default_transaction_read_only"], &["-l"], &["-e", "-c", "SELECT 1"]]
    {
        let args = [&["service=staging"], args].concat();
        let expected = bare.tool(psql, &args).output();
        sandbox.tool(psql, &args).stdout(expected.stdout).stderr(expected.stderr).status(expected.code);
        // Also where somebody sits at the terminal.
        let shown = |sandbox: &Sandbox| sandbox.tool_pty(psql, &args).start().finish().screen;
        assert_eq!(shown(&sandbox), shown(&bare), "{args:?}");
    }
    let piped = |sandbox: &Sandbox| sandbox.tool(psql, ["service=staging"]).stdin("SELECT 1;\n\\set\n").output();
    let (with, without) = (piped(&sandbox), piped(&bare));
    let own = |line: &&str| !line.starts_with("dbguard");
    assert_eq!(with.out().lines().filter(own).collect::<Vec<_>>(), without.out().lines().collect::<Vec<_>>());
    assert_eq!(with.err(), without.err());
}

#[test]
fn a_production_session_starts_read_only_without_the_guard() {
    let (sandbox, conninfo) = (sandbox(), scratch("psqlrc_starts"));
    let mut pty = psql(&sandbox, &[&conninfo]);
    pty.wait_for(PRODUCTION).wait_for("/psqlrc_starts=# ").send("DROP TABLE temp_migration_backup;\n");
    pty.wait_for("ERROR:  cannot execute DROP TABLE in a read-only transaction").wait_for(PRODUCTION).send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    assert!(clusters().production().has_table("psqlrc_starts", "temp_migration_backup"));
}

#[test]
fn the_label_follows_the_connection_and_so_does_the_protection() {
    let (sandbox, staging) = (sandbox(), clusters().staging());
    let mut pty = psql(&sandbox, &["service=staging"]);
    pty.wait_for("■ STAGING  writable postgres@db.staging.demo:").wait_for("app=# ").send("\\c service=production\n");
    pty.wait_for("▲ PRODUCTION  read-only? postgres@db.prod.demo:").wait_for("app=# ").send("CREATE TABLE x ();\n");
    pty.wait_for("cannot execute CREATE TABLE in a read-only transaction");
    pty.wait_for("▲ PRODUCTION  read-only? ").wait_for("app=# ").send("\\c service=staging\n");
    pty.wait_for("■ STAGING?  read-only? postgres@db.staging.demo:").wait_for("app=# ");
    pty.send(format!("\\c - - 127.0.0.1 {}\n", staging.port)).wait_for("■ STAGING?").wait_for("app=# ");
    pty.send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}
