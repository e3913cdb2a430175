//! Nothing prints a password: every shape of a secret goes in, and everything that comes out is searched.
//!
//! The sandbox itself searches whatever is printed, drawn or written to a file; these tests only have to make dbguard
//! speak about as many secrets in as many places as it can.

use std::thread::sleep;
use std::time::Duration;

use crate::support::{Pty, SECRET, Sandbox, clusters};

const RULES: &str = "[environment.production]\nlevel = \"production\"\nmatch = [{ host = \"*.prod.demo\" }]\n";

fn world() -> Sandbox {
    Sandbox::new().services().config(RULES).shims(["psql"])
}

/// Command lines with the secret in every place that psql takes one.
fn lines() -> Vec<Vec<String>> {
    let port = clusters().production().port;
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let uri = format!("postgresql://sealed:{SECRET}@db.prod.demo:{port}/app?hostaddr=127.0.0.1");
    let query = format!("postgresql://db.prod.demo:{port}/app?hostaddr=127.0.0.1&user=sealed&password={SECRET}");
    let conninfo =
        format!("host=db.prod.demo hostaddr=127.0.0.1 port={port} user=sealed password = '{SECRET}' dbname=app");
    let alter = format!("ALTER ROLE sealed PASSWORD '{SECRET}'");
    let server = format!("CREATE USER MAPPING FOR app SERVER other OPTIONS (user 'x', password '{SECRET}')");
    let url = format!("SELECT dblink_exec('{uri}', 'DROP TABLE customers')");
    let assigned = format!("--set=password={SECRET}");
    vec![
        words(&[&uri, "-c", "SELECT 1"]),
        words(&["-d", &uri, "-c", "SELECT 1"]),
        words(&["-XAtc", "SELECT 1", &format!("--dbname={query}")]),
        words(&[&conninfo, "-c", "TRUNCATE customers"]),
        words(&["service=production", "-c", &alter]),
        words(&["service=production", "-c", &server]),
        words(&["service=production", "-c", &url]),
        words(&["service=production", &assigned, "-c", "DROP TABLE customers"]),
    ]
}

fn answer(pty: &mut Pty<'_>, question: &str, typed: &str) {
    pty.wait_for(question);
    sleep(Duration::from_millis(200));
    pty.send(typed).send("\n");
}

#[test]
fn a_secret_on_the_command_line_is_shown_and_logged_nowhere() {
    let sandbox = world();
    for line in lines() {
        let verb = |verb: &[&str]| -> Vec<String> {
            verb.iter().map(|&word| word.to_owned()).chain(["psql".to_owned()]).chain(line.clone()).collect()
        };
        assert_eq!(sandbox.tool("psql", &line).output().code, 125, "{line:?}");
        assert_eq!(sandbox.run(verb(&["explain", "--"])).output().code, 0, "{line:?}");
        assert_eq!(sandbox.run(verb(&["explain", "--json", "--"])).output().code, 0, "{line:?}");
        let mut pty = sandbox.tool_pty("psql", &line).size(60, 250).start();
        answer(&mut pty, "Type the host to go on:", "no");
        assert_eq!(pty.finish().code, 125, "{line:?}");
    }
    assert!(sandbox.run(["log", "--json"]).output().out().contains("sealed"));
    assert_eq!(sandbox.run(["log"]).output().code, 0);
}

#[test]
fn a_secret_in_a_grant_is_shown_and_written_nowhere() {
    let sandbox = world();
    let line = lines().swap_remove(0);
    let words = ["allow", "--once", "--"].into_iter().map(str::to_owned).chain(["psql".to_owned()]).chain(line);
    let mut pty = sandbox.pty(words).size(60, 250).start();
    answer(&mut pty, "Type the host to go on:", "db");
    let ended = pty.finish();
    assert_eq!(ended.code, 0, "{}", ended.screen);
    assert!(sandbox.run(["allow", "--list"]).output().out().contains("sealed"));
}

#[test]
fn a_secret_in_vars_and_files_reaches_the_server_and_nothing_else() {
    let port = clusters().production().port;
    let service =
        format!("[sealed]\nhost=db.prod.demo\nhostaddr=127.0.0.1\nport={port}\nuser=sealed\npassword={SECRET}\n");
    let passfile = format!("db.prod.demo:{port}:*:sealed:{SECRET}\n");
    let conninfo = format!("host=db.prod.demo hostaddr=127.0.0.1 port={port} user=sealed dbname=app");
    let worlds = [
        (world().var("PGPASSWORD", SECRET), conninfo.as_str()),
        (world().file("home/.pgpass", passfile), conninfo.as_str()),
        (world().file("home/.pg_service.conf", service), "service=sealed dbname=app"),
    ];
    for (sandbox, target) in worlds {
        let mut pty = sandbox.tool_pty("psql", [target, "-XAtc", "SELECT current_user"]).stdout_apart().start();
        answer(&mut pty, "Type the host to go on:", "db");
        let ended = pty.finish();
        assert!(!ended.screen.contains("assword"), "{}", ended.screen);
        assert_eq!((ended.code, ended.stdout.as_slice()), (0, b"sealed\n".as_slice()), "{}", ended.screen);
    }
}

#[test]
fn a_secret_is_no_argument_of_a_process_that_dbguard_starts_by_itself() {
    for line in lines().into_iter().take(4) {
        let sandbox = world().fake("psql");
        let mut pty = sandbox.tool_pty("psql", &line).size(60, 250).start();
        answer(&mut pty, "Type the host to go on:", "db");
        assert_eq!(pty.finish().code, 0, "{line:?}");
        let calls = sandbox.calls("psql");
        assert!(calls.len() >= 2, "the server was not asked: {calls:?}");
        for call in calls
            .iter()
            .filter(|call| call.args != line.iter().map(Into::<std::ffi::OsString>::into).collect::<Vec<_>>())
        {
            let shown = call.args.iter().any(|arg| arg.to_string_lossy().contains(SECRET));
            assert!(!shown, "{:?}", call.args);
        }
    }
}
