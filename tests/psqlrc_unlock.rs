//! Writing from inside psql: `:unlock`, `:unlock_session`, `:lock`, `:whereami`, and every way out of them.

use crate::psqlrc::{psql, sandbox};
use crate::support::{Pty, Sandbox, clusters};

pub(crate) const LOCKED: &str = "▲ PRODUCTION  began read-only postgres@";
pub(crate) const OPENED: &str = "▲ PRODUCTION  began read-only (*=WRITABLE) postgres@";
pub(crate) const QUESTION: &str = "Type the host to go on:";
pub(crate) const REFUSED: &str = "in a read-only transaction";

/// A psql on a production database of the test's own.
pub(crate) fn production<'s>(sandbox: &'s Sandbox, dbname: &str) -> Pty<'s> {
    clusters().production().scratch(dbname);
    let mut pty = psql(sandbox, &[&format!("service=production dbname={dbname}")]);
    pty.wait_for(LOCKED).wait_for("=# ");
    pty
}

pub(crate) fn has(dbname: &str, table: &str) -> bool {
    clusters().production().has_table(dbname, table)
}

#[test]
fn unlock_opens_one_writable_transaction_and_the_session_is_read_only_again_behind_it() {
    let sandbox = sandbox();
    let mut pty = production(&sandbox, "unlock_one");
    pty.send(":unlock\n").wait_for("BEGIN READ WRITE").wait_for(QUESTION).send("db.prod.demo\n");
    pty.wait_for("this transaction may write").wait_for(OPENED).wait_for("=*# ");
    pty.send("SHOW lock_timeout; SHOW idle_in_transaction_session_timeout;\n").wait_for("5s").wait_for("5min");
    pty.send("CREATE TABLE written ();\n").wait_for("CREATE TABLE").wait_for("=*# ").send("COMMIT;\n");
    pty.wait_for("COMMIT").wait_for("=# ").send("DROP TABLE written;\n").wait_for(REFUSED).wait_for("=# ");
    pty.send("SHOW lock_timeout;\n").wait_for("\n 0\n").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    assert!(has("unlock_one", "written"));
}

#[test]
fn what_was_unlocked_is_rolled_back_like_any_transaction() {
    let sandbox = sandbox();
    let mut pty = production(&sandbox, "unlock_rolled_back");
    pty.send(":unlock;\n").wait_for(QUESTION).send("db\n").wait_for("=*# ");
    pty.send("DROP TABLE temp_migration_backup;\n").wait_for("DROP TABLE").wait_for("=*# ");
    pty.send("ROLLBACK;\n").wait_for("ROLLBACK").wait_for("=# ").send("CREATE TABLE x ();\n").wait_for(REFUSED);
    pty.send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    assert!(has("unlock_rolled_back", "temp_migration_backup"));
}

#[test]
fn a_wrong_answer_an_empty_one_and_ctrl_c_open_nothing() {
    let sandbox = sandbox();
    let mut pty = production(&sandbox, "unlock_wrong");
    let answers = [
        ("staging\n", "`staging` is not the host, which is `db.prod.demo`"),
        ("\n", "nothing was typed"),
        ("\x03", "interrupted"),
        ("\x04", "end of input"),
    ];
    for (answer, because) in answers {
        pty.send(":unlock\n").wait_for(QUESTION).send(answer);
        pty.wait_for(&format!("stopped: {because}; nothing was opened")).wait_for(LOCKED).wait_for("=# ");
        pty.send("CREATE TABLE x ();\n").wait_for(REFUSED).wait_for("=# ");
    }
    pty.send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    let log = sandbox.run(["log"]).output().out();
    assert!(log.contains("declined: `staging` is not the host") && log.contains("declined: interrupted"), "{log}");
}

#[test]
fn in_a_transaction_and_in_a_failed_one_nothing_is_asked_and_the_transaction_stays() {
    let sandbox = sandbox();
    let mut pty = production(&sandbox, "unlock_within");
    for word in [":unlock", ":unlock_session", ":lock"] {
        pty.send("BEGIN; SELECT 1 AS mine;\n").wait_for("mine").wait_for("=*# ");
        pty.send(format!("{word}\n")).wait_for("a transaction is open").wait_for("=*# ");
        pty.send("fail;\n").wait_for("syntax error").wait_for("=!# ");
        pty.send(format!("{word};\n")).wait_for("a transaction is open").wait_for("=!# ");
        pty.send("ROLLBACK;\n").wait_for("ROLLBACK").wait_for("=# ");
    }
    pty.send("\\q\n");
    assert!(!pty.finish().screen.contains(QUESTION));
}

#[test]
fn an_unfinished_statement_is_dropped_and_not_run() {
    let sandbox = sandbox();
    let mut pty = production(&sandbox, "unlock_unfinished");
    pty.send("DROP TABLE temp_migration_backup\n").wait_for("-# ").send(":unlock\n").wait_for(QUESTION).send("db\n");
    pty.wait_for("this transaction may write").wait_for("=*# ").send("COMMIT;\n").wait_for("COMMIT").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    assert!(has("unlock_unfinished", "temp_migration_backup"));
}

#[test]
fn an_unlocked_session_writes_until_it_is_locked() {
    let sandbox = sandbox();
    let mut pty = production(&sandbox, "unlock_session");
    pty.send(":unlock_session\n").wait_for("until :lock").wait_for(QUESTION).send("db\n");
    pty.wait_for("everything may write").wait_for("▲ PRODUCTION  WRITABLE postgres@").wait_for("=# ");
    pty.send("VACUUM customers; CREATE TABLE written ();\n")
        .wait_for("VACUUM")
        .wait_for("CREATE TABLE")
        .wait_for("=# ");
    pty.send(":lock\n").wait_for(LOCKED).wait_for("=# ").send("DROP TABLE written;\n").wait_for(REFUSED).send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    assert!(has("unlock_session", "written"));
}

#[test]
fn a_session_that_began_with_options_of_its_own_is_locked_all_the_same() {
    let sandbox = sandbox().var("PGOPTIONS", "-c statement_timeout=8s -c search_path=public,it\\'s");
    let mut pty = production(&sandbox, "unlock_options");
    pty.send("SHOW statement_timeout;\n").wait_for("8s").wait_for("=# ").send("\\c postgres\n");
    pty.wait_for("read-only? ").wait_for("=# ").send("CREATE TABLE x ();\n").wait_for(REFUSED);
    pty.send("SHOW statement_timeout;\n").wait_for("8s").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}

#[test]
fn autocommit_off_stays_off_and_opens_no_transaction_of_ours() {
    let sandbox = sandbox();
    let rc = sandbox.read("home/.psqlrc");
    let sandbox = sandbox.file(
        "home/.psqlrc",
        format!("\\set QUIET on\n\\set AUTOCOMMIT off\n\\set FETCH_COUNT 100\n\\set QUIET off\n{rc}"),
    );
    let mut pty = production(&sandbox, "unlock_autocommit");
    pty.send("\\echo set :AUTOCOMMIT :FETCH_COUNT :QUIET :SINGLESTEP\n")
        .wait_for("set off 100 off off")
        .wait_for("=# ");
    pty.send(":whereami\n").wait_for("read-only, as the server says").wait_for("=# ");
    pty.send(":unlock\n")
        .wait_for(QUESTION)
        .send("db\n")
        .wait_for("=*# ")
        .send("\\echo set :AUTOCOMMIT\n")
        .wait_for("set off");
    pty.send("CREATE TABLE written ();\n")
        .wait_for("CREATE TABLE")
        .wait_for("=*# ")
        .send("COMMIT;\n")
        .wait_for("COMMIT");
    pty.send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    assert!(has("unlock_autocommit", "written"));
}

#[test]
fn the_servers_log_leads_back_to_the_audit_entry() {
    let sandbox = sandbox();
    let mut pty = production(&sandbox, "unlock_tagged");
    pty.send(":unlock\n").wait_for(QUESTION).send("db\n").wait_for("=*# ");
    pty.send("SHOW application_name;\n").wait_for("psql dbguard:").wait_for("=*# ").send("ROLLBACK;\n").wait_for("=# ");
    pty.send("\\q\n");
    let screen = pty.finish().screen;
    let id = screen.split("\n psql dbguard:").nth(1).unwrap().split('\n').next().unwrap().trim().to_owned();
    let shown = sandbox.run(["log", "show", &id]).output();
    assert!(shown.code == 0 && shown.out().contains("BEGIN READ WRITE"), "{}", shown.out());
}

#[test]
fn a_coding_agent_is_not_asked() {
    let sandbox = sandbox().var("CLAUDECODE", "1");
    let mut pty = production(&sandbox, "unlock_agent");
    pty.send(":unlock\n").wait_for("cannot confirm it; nothing was opened").wait_for(LOCKED).wait_for("=# ");
    pty.send("CREATE TABLE x ();\n").wait_for(REFUSED).send("\\q\n");
    assert!(!pty.finish().screen.contains(QUESTION));
}

#[test]
fn without_a_record_nothing_is_unlocked() {
    let sandbox = sandbox();
    let mut pty = production(&sandbox, "unlock_unwritten");
    std::fs::create_dir_all(sandbox.path("home/.local/state/dbguard/audit.jsonl")).unwrap();
    pty.send(":unlock\n")
        .wait_for("nothing runs on this target without a record of it")
        .wait_for(LOCKED)
        .wait_for("=# ");
    pty.send("CREATE TABLE x ();\n").wait_for(REFUSED).send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}

#[test]
fn development_is_not_asked_and_reads_only_after_a_connect_until_it_is_unlocked() {
    let sandbox = sandbox();
    let staging = clusters().staging();
    staging.scratch("unlock_dev");
    let socket = staging.socket.to_str().unwrap();
    let mut pty = psql(&sandbox, &["-h", socket, "-p", &staging.port.to_string(), "-U", "postgres", "unlock_dev"]);
    pty.wait_for("● LOCAL  writable postgres@").wait_for("=# ").send("CREATE TABLE a ();\n").wait_for("CREATE TABLE");
    pty.wait_for("=# ").send("\\c unlock_dev\n").wait_for("● LOCAL  read-only? postgres@").wait_for("=# ");
    pty.send("CREATE TABLE b ();\n").wait_for(REFUSED).wait_for("=# ").send(":unlock_session\n");
    pty.wait_for("● LOCAL  WRITABLE postgres@").wait_for("=# ").send("CREATE TABLE b ();\n").wait_for("CREATE TABLE");
    pty.send("\\q\n");
    assert!(!pty.finish().screen.contains(QUESTION));
}

/// A full disk, or another's home: which connection this is cannot be remembered, so it is not said to be held.
#[test]
fn where_nothing_can_be_kept_development_is_never_said_to_be_read_only() {
    let sandbox = sandbox().var("XDG_STATE_HOME", "/proc/nowhere");
    let staging = clusters().staging();
    staging.scratch("unlock_nowhere");
    let socket = staging.socket.to_str().unwrap();
    let mut pty = psql(&sandbox, &["-h", socket, "-p", &staging.port.to_string(), "-U", "postgres", "unlock_nowhere"]);
    pty.wait_for("● LOCAL  writable? postgres@").wait_for("=# ").send("CREATE TABLE a ();\n").wait_for("CREATE TABLE");
    pty.wait_for("=# ").send("\\q\n");
    assert!(!pty.finish().screen.contains("read-only?"));
}

#[test]
fn the_guard_and_the_start_up_file_ask_once_and_connect_once() {
    let sandbox = sandbox().shims(["psql"]);
    clusters().production().scratch("unlock_guarded");
    let mut pty = sandbox.tool_pty("psql", ["service=production dbname=unlock_guarded"]).size(40, 160).start();
    pty.wait_for(QUESTION).send("db\n").wait_for(LOCKED).wait_for("=# ");
    pty.send("SHOW application_name;\n")
        .wait_for("psql dbguard:")
        .wait_for("=# ")
        .send("CREATE TABLE x ();\n")
        .wait_for(REFUSED);
    pty.wait_for("=# ").send(":unlock\n").wait_for(QUESTION).send("\x03").wait_for(LOCKED).send("\\q\n");
    let screen = pty.finish().screen;
    assert_eq!(screen.matches(QUESTION).count(), 2);
    // Its own session is not among the others.
    assert!(!screen.contains("also open"), "{screen}");
    let log = clusters().production().log();
    // One by the guard that asks the server, one by psql.
    assert_eq!(log.matches("database=unlock_guarded application_name=psql dbguard:").count(), 1);
}

#[test]
fn impact_shows_who_depends_on_a_table_of_this_connection() {
    let sandbox = sandbox();
    let mut pty = production(&sandbox, "unlock_impact");
    for line in [":impact customers\n", ":impact customers;\n"] {
        pty.send(line).wait_for("▲ PRODUCTION   production · impact").wait_for("unlock_impact").wait_for("orders");
        pty.wait_for(LOCKED).wait_for("=# ");
    }
    pty.send(":impact\n").wait_for("no table was named").wait_for("=# ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}

/// A psql on production under a policy of its own.
fn under(policy: &str) -> Sandbox {
    sandbox().config(&format!("{}[environment.production.policy]\nunlock = {policy}\n", crate::psqlrc::CONFIG))
}

#[test]
fn a_policy_can_forbid_what_is_opened() {
    let sandbox = under("\"transaction\"");
    let mut pty = production(&sandbox, "unlock_transaction");
    pty.send(":unlock_session\n").wait_for("production opens one transaction at a time").wait_for("=# ");
    pty.send(":unlock\n")
        .wait_for(QUESTION)
        .send("db\n")
        .wait_for("=*# ")
        .send("ROLLBACK;\n")
        .wait_for("=# ")
        .send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    let sandbox = under("\"never\"");
    let mut pty = production(&sandbox, "unlock_never");
    for word in [":unlock\n", ":unlock_session\n"] {
        pty.send(word).wait_for("production is not written to from psql").wait_for(LOCKED).wait_for("=# ");
    }
    pty.send("CREATE TABLE x ();\n").wait_for(REFUSED).send("\\q\n");
    assert!(!pty.finish().screen.contains(QUESTION));
}

#[test]
fn a_policy_can_ask_for_a_reason_which_is_written_down() {
    let sandbox = under("{ reason = true }");
    let mut pty = production(&sandbox, "unlock_reason");
    pty.send(":unlock\n")
        .wait_for("Why?")
        .send("\n")
        .wait_for("no reason was given; nothing was opened")
        .wait_for("=# ");
    pty.send(":unlock\n").wait_for("Why?").send("ticket 4711\n").wait_for(QUESTION).send("db\n").wait_for("=*# ");
    pty.send("ROLLBACK;\n").wait_for("=# ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    let log = sandbox.run(["log", "--json"]).output().out();
    assert!(log.contains("ticket 4711"), "{log}");
}

#[test]
fn a_policy_can_name_the_role_that_writes_and_one_that_is_not_had_opens_nothing() {
    let sandbox = under("{ role = \"app\" }");
    let mut pty = production(&sandbox, "unlock_role");
    let who = "SELECT current_user AS who;\n";
    pty.send(":unlock\n")
        .wait_for(QUESTION)
        .send("db\n")
        .wait_for("=*> ")
        .send(who)
        .wait_for("\n app\n")
        .wait_for("=*> ");
    pty.send("DROP TABLE customers;\n").wait_for("must be owner of table customers").wait_for("=!# ");
    pty.send("ROLLBACK;\n").wait_for("=# ").send(who).wait_for("\n postgres\n").wait_for("=# ");
    pty.send(":unlock_session\n").wait_for(QUESTION).send("db\n").wait_for("WRITABLE ").wait_for("=> ");
    pty.send(who).wait_for("\n app\n").send(":lock\n").wait_for(LOCKED).send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    let sandbox = under("{ role = \"no such \\\" role\" }");
    let mut pty = production(&sandbox, "unlock_no_role");
    pty.send(":unlock\n")
        .wait_for(QUESTION)
        .send("db\n")
        .wait_for("does not exist")
        .wait_for("the server opened nothing");
    pty.wait_for(LOCKED)
        .wait_for("=# ")
        .send(":unlock_session\n")
        .wait_for(QUESTION)
        .send("db\n")
        .wait_for("does not exist");
    pty.wait_for("nothing was opened")
        .wait_for(LOCKED)
        .wait_for("=# ")
        .send("CREATE TABLE x ();\n")
        .wait_for(REFUSED)
        .send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}
