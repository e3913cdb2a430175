//! The guide for managed services is true: its configuration, its commands, its tunnels and its SQL are run.
//!
//! The services themselves are not here. Forwarders are played by a program that has their name and command line and
//! listens; the SQL runs on a server of the tests, as the owner of a database who is no superuser.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{SECRET, Sandbox, clusters, tool};
use crate::tunnel::{Running, free_port};

const GUIDE: &str = include_str!("../docs/GUIDE.md");

fn section() -> &'static str {
    GUIDE.split("\n## Managed services\n").nth(1).unwrap().split("\n## ").next().unwrap()
}

/// The fenced block of this language that holds this.
fn block(language: &str, holds: &str) -> &'static str {
    let fence = format!("```{language}\n");
    let mut blocks = section().split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.find(|block| block.contains(holds)).unwrap_or_else(|| panic!("no block of {language} holds {holds}"))
}

/// The rows of the table with this head: what is typed, and the environment.
fn rows(head: &str) -> Vec<(&'static str, &'static str)> {
    let table = section().split(head).nth(1).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = |line: &'static str| {
        let (typed, is) = line.trim_matches(['|', ' ']).rsplit_once(" | ").unwrap();
        (typed.trim_matches('`'), is)
    };
    rows.map(cells).collect()
}

fn sandbox() -> Sandbox {
    Sandbox::new().config(block("toml", "# RDS Proxy")).var("PGUSER", "me")
}

/// The environment of a line of shell that begins with psql.
#[track_caller]
fn environment(sandbox: &Sandbox, typed: &str) -> String {
    let line = format!("dbguard explain --json -- {typed} -c 'SELECT 1'");
    let output = sandbox.tool("sh", ["-euc", &line]).output();
    assert_eq!((output.code, output.err().as_str()), (0, ""), "{typed}");
    output.json()["environment"]["name"].as_str().unwrap().to_owned()
}

#[test]
fn each_command_goes_to_the_environment_that_the_guide_says() {
    let sandbox = sandbox().shims(["dbguard"]);
    let rows = rows("| typed | is |\n");
    assert!(rows.len() >= 10, "{rows:?}");
    for (typed, is) in rows {
        assert_eq!(environment(&sandbox, typed), is, "{typed}");
    }
}

/// A program that listens at the port in `PORT`, whatever its name and its arguments.
fn listener(sandbox: &Sandbox) -> Option<PathBuf> {
    let rustc = tool("rustc")?;
    let source = sandbox.path("listens.rs");
    let code = "fn main() { let port = std::env::var(\"PORT\").unwrap().parse::<u16>().unwrap(); \
                let here = std::net::TcpListener::bind((\"127.0.0.1\", port)).unwrap(); \
                for one in here.incoming() { drop(one) } }";
    std::fs::write(&source, code).unwrap();
    let program = sandbox.path("listens");
    let made = Command::new(rustc).arg("-o").arg(&program).arg(&source).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(program)
}

/// What the AWS client starts for a session: its plugin, with the request as JSON.
fn plugin(words: &[&str]) -> Vec<String> {
    let behind = |name: &str| words[words.iter().position(|word| *word == name).unwrap() + 1];
    let parameters: serde_json::Map<String, serde_json::Value> = behind("--parameters")
        .split(',')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), serde_json::json!([value])))
        .collect();
    let request = serde_json::json!({
        "Target": behind("--target"), "DocumentName": behind("--document-name"), "Parameters": parameters,
    });
    let words = ["session-manager-plugin", "{}", "eu-west-1", "StartSession", "", &request.to_string(), "https://ssm"];
    words.map(str::to_owned).to_vec()
}

#[test]
fn each_tunnel_leads_to_the_environment_that_the_guide_says() {
    let sandbox = sandbox().shims(["dbguard"]);
    let Some(listener) = listener(&sandbox) else { return };
    let rows = rows("| forwarder, in another tab | `psql -h localhost -p 5433` is |\n");
    assert!(rows.len() >= 5, "{rows:?}");
    for (number, (typed, is)) in rows.into_iter().enumerate() {
        let port = free_port();
        let typed = typed.replace("5433", &port.to_string());
        let words: Vec<&str> = typed.split(' ').collect();
        let words = if words[0] == "aws" { plugin(&words) } else { words.into_iter().map(str::to_owned).collect() };
        let program = sandbox.path(&format!("forwarder{number}/{}", words[0]));
        std::fs::create_dir(program.parent().unwrap()).unwrap();
        std::fs::copy(&listener, &program).unwrap();
        let _running = Running::listening(Command::new(program).args(&words[1..]).env("PORT", port.to_string()), port);
        assert_eq!(environment(&sandbox, &format!("psql -h localhost -p {port}")), is, "{typed}");
    }
}

/// The token is the planted secret: the sandbox looks for it in everything that is written.
#[test]
fn a_token_goes_to_psql_and_nowhere_else() {
    let aws = format!("#!/bin/sh\necho '{SECRET}'\n");
    let sandbox = sandbox().file("bin/aws", aws).mode("bin/aws", 0o755).fake("psql").shims(["psql"]);
    let line = block("sh", "generate-db-auth-token");
    let output = sandbox.tool("sh", ["-euc", line]).output();
    assert_eq!(output.code, 125, "{output:?}");
    let hint = "dbguard allow --once -- psql 'host=orders.c9akciq32rgw.eu-west-1.rds.amazonaws.com user=me dbname=app sslmode=verify-full'";
    assert!(output.err().contains(hint), "{}", output.err());
}

#[test]
fn the_owner_of_a_database_marks_it_and_makes_a_role_that_can_only_read() {
    let server = clusters().staging();
    server.scratch("managed_app");
    let of_ours =
        |sql: &str| sql.replace("DATABASE app", "DATABASE managed_app").replace("app_reader", "managed_reader");
    // What a service gives its first user: roles and databases, and no superuser.
    server.ask(
        "postgres",
        "CREATE ROLE managed_owner LOGIN CREATEROLE; ALTER DATABASE managed_app OWNER TO managed_owner",
    );
    let version: u32 = server.ask("postgres", "SHOW server_version_num").parse().unwrap();
    server.ask("managed_app", &format!("SET ROLE managed_owner; {}", of_ours(block("sql", "dbguard:environment"))));
    let mut roles = of_ours(block("sql", "CREATE ROLE"));
    if version < 140_000 {
        roles = roles.lines().filter(|line| !line.contains("pg_read_all_data")).collect::<Vec<_>>().join("\n");
    }
    if version >= 160_000 {
        server.ask("postgres", "GRANT pg_read_all_data TO managed_owner WITH ADMIN OPTION");
    }
    server.ask("managed_app", &format!("SET ROLE managed_owner; {roles}"));
    let port = server.port.to_string();
    let connect = ["-h", "127.0.0.1", "-p", &port, "-U", "managed_reader", "managed_app"];
    let entry = format!("match = [{{ host = \"127.0.0.1\", port = {port} }}]");
    let sandbox = Sandbox::new().config(&format!("[environment.staging]\nlevel = \"staging\"\n{entry}\n"));
    let psql = clusters().bin().join("psql");
    let wrote = sandbox.tool(psql.to_str().unwrap(), connect.iter().chain(&["-Xc", "CREATE TABLE t ()"])).output();
    assert!(wrote.err().contains("read-only transaction"), "{wrote:?}");
    // What is called staging by its address is production by its mark.
    let words = ["run", "--", psql.to_str().unwrap()].into_iter().chain(connect).chain(["-c", "SELECT 1"]);
    let mut pty = sandbox.pty(words).start();
    let screen = pty.wait_for("Type ").send("\x03").finish().screen;
    assert!(screen.contains("PRODUCTION"), "{screen}");
    drop(pty);
    for sql in ["DROP DATABASE managed_app", "DROP ROLE managed_reader", "DROP ROLE managed_owner"] {
        server.ask("postgres", sql);
    }
}
