//! The ways to start psql from bash: which of them lead through the guard, and that its completion never asks.

use crate::shell_bash::{CONFIG, INIT, Session, world};
use crate::support::{Sandbox, clusters, tool};

/// Ways to start psql on which the guard stands, in an interactive shell and in a script alike.
const GUARDED: [&str; 22] = [
    "psql -c 'drop table t'",
    "\\psql -c 'drop table t'",
    "'psql' -c 'drop table t'",
    "time psql -c 'drop table t'",
    "X=1 psql -c 'drop table t'",
    "( psql -c 'drop table t' )",
    "psql -c 'drop table t' & wait $!",
    "echo 'drop table t' | psql",
    "echo $(psql -c 'drop table t')",
    "command psql -c 'drop table t'",
    "env psql -c 'drop table t'",
    "echo \"-c 'drop table t'\" | xargs psql",
    "nohup psql -c 'drop table t'",
    "timeout 5 psql -c 'drop table t'",
    "setsid -w psql -c 'drop table t'",
    "find . -maxdepth 0 -exec psql -c 'drop table t' ';'",
    "sh -c \"psql -c 'drop table t'\"",
    "bash -c \"psql -c 'drop table t'\"",
    "make -s",
    "./script",
    "nice psql -c 'drop table t'",
    "( exec psql -c 'drop table t' )",
];

/// A world in which psql and make are fakes that record their calls, and a bare psql would reach production.
fn ways() -> Sandbox {
    let sandbox = world().fake("psql").fake("pg_restore");
    // GNU make is not among the tools that tests need: what it does is to run a line by the shell.
    let sandbox =
        sandbox.file("bin/make", "#!/bin/sh\nexec /bin/sh -c \"psql -c 'drop table t'\"\n").mode("bin/make", 0o755);
    sandbox.file("work/script", "#!/bin/sh\npsql -c 'drop table t'\n").mode("work/script", 0o755)
}

/// How often psql was really told to drop the table. The server is asked about itself by a psql as well.
fn drops(sandbox: &Sandbox) -> usize {
    sandbox.calls("psql").iter().filter(|call| call.args.iter().any(|arg| arg == "drop table t")).count()
}

#[test]
fn w2_every_way_that_looks_on_path_leads_through_the_guard() {
    for way in GUARDED {
        let sandbox = ways();
        let output = sandbox.tool("bash", ["-c", &format!("{INIT}\n{way}")]).output();
        assert_eq!(sandbox.calls("psql").len(), 0, "{way} went around: {output:?}");
        let said =
            output.out() + &output.err() + &std::fs::read_to_string(sandbox.path("work/nohup.out")).unwrap_or_default();
        assert!(said.contains("db.prod.demo"), "{way}: {output:?}");
    }
}

#[test]
fn w2_an_absolute_path_goes_around_and_so_does_an_alias_for_one() {
    for way in [
        "../bin/psql -c 'drop table t'",
        "alias psql=$PWD/../bin/psql\nshopt -s expand_aliases\npsql -c 'drop table t'",
    ] {
        let sandbox = ways();
        sandbox.tool("bash", ["-c", &format!("{INIT}\n{way}")]).status(0);
        assert_eq!(sandbox.calls("psql").len(), 1, "{way}");
    }
}

#[test]
fn w2_at_a_prompt_too() {
    let sandbox = ways();
    let mut session = Session::start(&sandbox, INIT);
    for way in ["psql -c 'drop table t' </dev/null", "env psql -c 'drop table t' </dev/null", "./script </dev/null"] {
        session.pty.send(format!("{way}\n")).wait_for("Type the host");
        session.pty.send("\x03");
        session.wait();
        assert_eq!(session.line("echo $?"), "125", "{way}");
    }
    assert_eq!(drops(&sandbox), 0);
    session.end();
}

#[test]
fn w9_a_psql_that_ran_before_is_looked_up_again() {
    let sandbox = ways();
    let mut session = Session::start(&sandbox, "psql --version; hash psql");
    assert!(session.line("hash -t psql").ends_with("/bin/psql"));
    session.line(INIT);
    assert!(session.line("type -p psql").contains("/dbguard/shims/psql"));
    // A tool that is installed later gets its shim when PATH changes, and a hashed path is forgotten with that.
    session.line("mkdir more; cp ../bin/psql more/pgbench; PATH=$PATH:$PWD/more; hash -r");
    assert!(session.line("hash pgbench; hash -t pgbench").contains("/dbguard/shims/pgbench"));
    session.end();
}

#[test]
fn w10_functions_stand_alone_so_that_a_copy_of_them_guards() {
    let functions = "eval \"$(dbguard init bash --functions)\"";
    let sandbox = ways();
    let mut session = Session::start(&sandbox, functions);
    session.line("declare -f psql >../record/copy; set +o posix");
    session.line("unset -f psql; psql() { echo mine; }");
    session.line(functions);
    session.is_quiet();
    session.end();
    let copy = sandbox.read("record/copy");
    assert!(!copy.contains("__dbguard"), "{copy}");
    let output = sandbox.tool("bash", ["-c", &format!("{copy}\npsql -c 'drop table t'")]).output();
    assert_eq!((output.code, sandbox.calls("psql").len()), (125, 0), "{output:?}");
}

#[test]
fn functions_are_defined_under_an_alias_and_leave_a_function_of_the_users() {
    let functions = "eval \"$(dbguard init bash --functions)\"";
    let sandbox = ways();
    let rc = format!("alias psql='psql -X'; pg_restore() {{ echo mine; }}\n{functions}");
    let mut session = Session::start(&sandbox, &rc);
    assert_eq!(session.line("pg_restore"), "mine");
    assert!(session.line("type psql").contains("aliased to"));
    session.pty.send("psql -c 'drop table t' </dev/null\n").wait_for("Type the host");
    session.pty.send("\x03");
    session.wait();
    assert_eq!(drops(&sandbox), 0);
    session.line("unalias psql");
    session.line("__dbguard_remove");
    assert!(!session.line("type -t psql pg_dump").contains("function"));
    assert_eq!(session.line("pg_restore"), "mine");
    session.end();
}

#[test]
fn w1_tab_after_psql_completes_in_production_without_a_question_or_a_word() {
    for init in [INIT, "eval \"$(dbguard init bash --functions)\""] {
        let sandbox = Sandbox::new().services().config(CONFIG).var("PGSERVICE", "production");
        std::os::unix::fs::symlink(crate::support::DBGUARD, sandbox.path("bin/dbguard")).unwrap();
        let Some(_) = tool("psql") else { return };
        // Databases are of all tests: names that begin alike would be completed no further.
        clusters().production().scratch("bash_hook_completes");
        let completion = "/usr/share/bash-completion";
        let rc = format!(". {completion}/bash_completion; . {completion}/completions/psql\n{init}");
        let mut session = Session::start(&sandbox, &rc);
        assert!(session.prompt().contains("PRODUCTION"), "{}", session.prompt());
        for words in ["psql -d bash_hook_co", "psql bash_hook_co"] {
            session.pty.send(format!("{words}\t")).wait_for("bash_hook_completes");
            session.pty.send("\x15");
        }
        session.pty.send("psql -U postg\t").wait_for("psql -U postgres");
        session.pty.send("\x15\n");
        session.wait();
        let screen = session.pty.screen();
        assert!(!screen.contains("Type the host"), "{screen}");
        assert!(session.prompt().contains("PRODUCTION"));
        session.end();
    }
}

#[test]
fn the_line_completes_dbguard_too_where_nobody_does() {
    let sandbox = world();
    let mut session = Session::start(&sandbox, INIT);
    for (words, whole) in
        [("dbguard unin", "dbguard uninstall "), ("dbguard env show stag", "dbguard env show staging ")]
    {
        session.pty.send(format!("{words}\t")).wait_for(whole).send("\x15");
    }
    session.line("");
    session.line("eval \"$(dbguard init bash --remove)\"");
    assert_eq!(session.line("declare -F | grep -c dbguard; complete -p | grep -c dbguard"), "0\n0");
    session.line("complete -W mine dbguard");
    session.line(INIT);
    assert_eq!(session.line("complete -p dbguard"), "complete -W 'mine' dbguard");
    session.end();
}
