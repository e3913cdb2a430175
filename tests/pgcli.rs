//! A real pgcli under guard: read-only wherever it goes, with the prompt that the guide gives it.

use std::fs;

use crate::psqlrc::CONFIG;
use crate::support::{Sandbox, clusters, tool};

/// The line of the guide, as it stands there.
fn prompt() -> String {
    let guide = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/GUIDE.md")).unwrap();
    let line = guide.split('`').find(|code| code.starts_with("prompt = '") && code.contains("\\H")).expect("a prompt");
    line.to_owned()
}

#[test]
fn pgcli_is_read_only_also_where_it_goes_on_to_and_its_prompt_says_where_that_is() {
    if tool("pgcli").is_none() {
        return;
    }
    let production = clusters().production();
    let sandbox = Sandbox::new().config(CONFIG).shims(["pgcli"]).var("PGHOSTADDR", "127.0.0.1").var("PAGER", "cat");
    let sandbox = sandbox.file("home/.config/pgcli/config", format!("[main]\n{}\nless_chatty = True\n", prompt()));
    let port = production.port.to_string();
    let args = ["-h", "db.prod.demo", "-p", &port, "-U", "postgres", "app"];
    let mut pty = sandbox.tool_pty("pgcli", args).size(40, 120).start();
    pty.wait_for("Type the host to go on:").send("db\n").wait_for(&format!("postgres@db.prod.demo:{port}/app#"));
    pty.send("CREATE TABLE x ();\r").wait_for("cannot execute CREATE TABLE in a read-only transaction");
    pty.wait_for("/app#").send("\\c postgres\r").wait_for("You are now connected to database \"postgres\"");
    pty.wait_for(&format!("postgres@db.prod.demo:{port}/postgres#")).send("CREATE TABLE y ();\r");
    pty.wait_for("cannot execute CREATE TABLE in a read-only transaction").wait_for("/postgres#").send("\\q\r");
    assert_eq!(pty.finish().code, 0);
    assert!(!production.has_table("app", "x") && !production.has_table("postgres", "y"));
}
