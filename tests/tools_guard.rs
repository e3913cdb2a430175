//! Tools of the table behind their shims: what passes at once, what is asked, what is refused, and what is never touched.

use crate::support::{Fake, Sandbox};

const CONFIG: &str = r#"
[environment.production]
level = "production"
match = [{ host = "*.prod.example" }]

[environment.staging]
level = "staging"
match = [{ host = "*.staging.example" }]
"#;

/// No server answers behind these names; `psql` is what would have asked one.
fn sandbox() -> Sandbox {
    let fake = Fake::new().stdout("the tool's own words\n").status(3);
    let mut sandbox = Sandbox::new().config(CONFIG).fake("psql");
    for tool in ["dbmate", "rails", "knex", "flyway", "npx"] {
        sandbox = sandbox.fake_as(tool, &fake);
    }
    sandbox.shims(["dbmate", "rails", "knex", "flyway", "npx"])
}

fn on(host: &str) -> Sandbox {
    sandbox().var("DATABASE_URL", format!("postgres://alice@{host}/app"))
}

/// The only call of a tool, as one line.
fn called(sandbox: &Sandbox, tool: &str) -> String {
    let words = sandbox.call(tool).args;
    words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn development_runs_at_once_with_the_tools_own_output_and_status() {
    let sandbox = on("localhost");
    sandbox.tool("dbmate", ["drop"]).stdout("the tool's own words\n").stderr("").status(3);
    assert_eq!(called(&sandbox, "dbmate"), "drop");
    sandbox.tool("npx", ["--yes", "dbmate@2", "rollback"]).stdout("the tool's own words\n").stderr("").status(3);
    assert_eq!(called(&sandbox, "npx"), "--yes dbmate@2 rollback");
    assert_eq!(sandbox.calls("psql").len(), 0);
}

#[test]
fn what_opens_no_connection_runs_at_once_whatever_the_target() {
    for (tool, args) in [
        ("dbmate", ["--help"].as_slice()),
        ("dbmate", &["new", "x"]),
        ("rails", &["server"]),
        ("rails", &["db:drop", "--help"]),
        ("npx", &["cowsay", "drop"]),
    ] {
        let sandbox = on("db.prod.example");
        sandbox.tool(tool, args).stdout("the tool's own words\n").stderr("").status(3);
        assert_eq!(called(&sandbox, tool), args.join(" "));
        assert_eq!(sandbox.calls("psql").len(), 0, "{tool} {args:?}");
    }
}

#[test]
fn production_is_refused_where_there_is_nobody_to_ask() {
    let sandbox = on("db.prod.example");
    let said = "dbguard: refused: dbmate (destroy) on production (db.prod.example:5432/app): there is no terminal to ask on\n  \
        found: subcommand: dbmate drop\n  \
        a person allows it beforehand, at a terminal: dbguard allow --once -- dbmate drop\n";
    sandbox.tool("dbmate", ["drop"]).stdout("").stderr(said).status(125);
    let behind = sandbox.tool("npx", ["dbmate", "drop"]).output();
    assert_eq!(behind.code, 125);
    assert!(behind.err().contains("refused: npx (destroy) on production"), "{}", behind.err());
    for tool in ["dbmate", "npx", "psql"] {
        assert_eq!(sandbox.calls(tool).len(), 0, "{tool}");
    }
}

#[test]
fn production_runs_when_its_host_is_typed() {
    let sandbox = on("db.prod.example");
    let mut pty = sandbox.tool_pty("dbmate", ["rollback"]).start();
    pty.wait_for("PRODUCTION").wait_for("host").wait_for("db.prod.example").wait_for("DATABASE_URL");
    pty.wait_for("destroy").wait_for("dbmate rollback");
    pty.wait_for("Type the host to go on:").send("db.prod.example\n");
    let ended = pty.finish();
    assert_eq!(ended.code, 3);
    assert!(ended.screen.contains("the tool's own words"), "{}", ended.screen);
    assert_eq!(called(&sandbox, "dbmate"), "rollback");
}

#[test]
fn what_reads_on_production_starts_read_only_where_the_driver_can() {
    let options = |tool: &str, sandbox: Sandbox, args: &[&str]| {
        let mut pty = sandbox.tool_pty(tool, args).start();
        pty.wait_for("Type the host to go on:").send("db.prod.example\n");
        assert_eq!(pty.finish().code, 3);
        sandbox.call(tool).var("PGOPTIONS").map(str::to_owned)
    };
    let read_only = Some("-c default_transaction_read_only=on".to_owned());
    assert_eq!(options("dbmate", on("db.prod.example"), &["status"]), read_only);
    assert_eq!(options("dbmate", on("db.prod.example"), &["up"]), None);
    // JDBC passes the var over: nothing is claimed of it, and nothing is set.
    let jdbc = sandbox().var("FLYWAY_URL", "jdbc:postgresql://db.prod.example/app?user=u");
    assert_eq!(options("flyway", jdbc, &["info"]), None);
}

#[test]
fn where_nothing_is_known_of_the_target_the_environment_is_typed_and_nobody_is_contacted() {
    let sandbox = sandbox();
    let mut pty = sandbox.tool_pty("knex", ["migrate:latest"]).start();
    pty.wait_for("UNKNOWN").wait_for("code of the project decides it").wait_for("where it is, is not known");
    pty.wait_for("Type the environment to go on:").send("unknown\n");
    assert_eq!(pty.finish().code, 3);
    assert_eq!(called(&sandbox, "knex"), "migrate:latest");
    assert_eq!(sandbox.calls("psql").len(), 0);
    let refused = sandbox.tool("knex", ["migrate:latest"]).output();
    assert_eq!(refused.code, 125, "{}", refused.err());
}

#[test]
fn a_hint_is_shown_as_one_and_is_no_answer() {
    let sandbox = on("localhost");
    let refused = sandbox.tool("knex", ["migrate:latest"]).output();
    assert_eq!(refused.code, 125);
    assert!(refused.err().contains("refused: knex (write) on unknown (localhost:5432/app)"), "{}", refused.err());
    let told = sandbox.run(["explain", "--json", "--", "knex", "migrate:latest"]).output();
    assert!(told.out().contains("what is shown is what `DATABASE_URL` says"), "{}", told.out());
}

#[test]
fn every_database_of_a_command_counts_and_the_strictest_is_asked_about() {
    let yml = "development:\n  adapter: postgresql\n  host: localhost\n  database: app_dev\n\
               test:\n  adapter: postgresql\n  host: db.prod.example\n  database: app_test\n";
    let sandbox = sandbox().file("work/config/database.yml", yml);
    sandbox.tool("rails", ["db:migrate"]).stdout("the tool's own words\n").status(3);
    let mut pty = sandbox.tool_pty("rails", ["db:drop"]).start();
    pty.wait_for("PRODUCTION").wait_for("app_test").wait_for("and reaches").wait_for("localhost:5432/app_dev");
    pty.wait_for("Type the host to go on:").send("localhost\n");
    assert_eq!(pty.finish().code, 125);
    assert_eq!(sandbox.calls("rails").len(), 1);
}

#[test]
fn a_grant_for_what_is_not_certain_is_one_for_that_very_invocation() {
    let sandbox = on("db.staging.example");
    {
        let mut pty = sandbox.pty(["allow", "--for", "10m", "--", "knex", "migrate:latest"]).start();
        pty.wait_for("Type the host to go on:").send("db.staging.example\n");
        assert_eq!(pty.finish().code, 0);
    }
    assert_eq!(sandbox.tool("knex", ["migrate:latest"]).output().code, 3);
    assert_eq!(sandbox.tool("knex", ["migrate:latest", "--env", "production"]).output().code, 125);
    let elsewhere = sandbox.var("NODE_ENV", "production");
    assert_eq!(elsewhere.tool("knex", ["migrate:latest"]).output().code, 125);
}

#[test]
fn explain_tells_of_every_database_as_json() {
    let schema = "datasource db {\n  provider = \"postgresql\"\n  url = \"postgres://u@db.prod.example/app\"\n  \
                  shadowDatabaseUrl = \"postgres://u@db.staging.example/shadow\"\n}\n";
    let sandbox = sandbox().file("work/prisma/schema.prisma", schema);
    let told = sandbox.run(["explain", "--json", "--", "npx", "prisma", "migrate", "dev"]).output();
    let told: serde_json::Value = serde_json::from_str(&told.out()).unwrap();
    assert_eq!(told["tool"], "npx");
    assert_eq!(told["target"]["host"], "db.prod.example");
    assert_eq!(told["risk"], "destroy");
    assert_eq!(told["findings"][0]["kind"], "subcommand");
    assert_eq!(told["findings"][0]["objects"][0], "migrate dev");
    assert_eq!(told["also"][0]["target"]["dbname"], "shadow");
    assert_eq!(told["also"][0]["environment"]["name"], "staging");
}

#[test]
fn a_client_of_another_system_is_asked_about_and_said_to_be_one() {
    let fake = Fake::new().stdout("its own words\n").status(3);
    let sandbox = sandbox().fake_as("mysql", &fake).shims(["mysql"]);
    let here = ["--no-defaults", "-h", "localhost", "shop"];
    sandbox.tool("mysql", here).stdout("its own words\n").stderr("").status(3);
    let there = ["-h", "db.prod.example", "-usam", &format!("-p{}", crate::support::SECRET), "shop"];
    let refused = sandbox.tool("mysql", there).output();
    assert_eq!(refused.code, 125);
    assert!(refused.err().contains("mysql (unknown) on production (db.prod.example:3306/shop)"), "{}", refused.err());
    let mut pty = sandbox.tool_pty("mysql", there).start();
    pty.wait_for("PRODUCTION").wait_for("mysql").wait_for("not PostgreSQL").wait_for("3306");
    pty.wait_for("it is mysql, which dbguard asks nothing");
    pty.wait_for("Type the host to go on:").send("db.prod.example\n");
    let end = pty.finish();
    assert_eq!(end.code, 3);
    // What PostgreSQL's archive could undo is not its.
    assert!(!end.screen.contains("archive"), "{}", end.screen);
    assert_eq!(sandbox.calls("psql").len(), 0);
    let log = sandbox.run(["log", "--json"]).output().out();
    assert!(log.contains(r#""engine":"mysql""#), "{log}");
}

#[test]
fn no_password_of_a_projects_file_is_shown_or_logged() {
    let url = format!("postgres://alice:{}@db.prod.example/app", crate::support::SECRET);
    let sandbox = sandbox().file("work/.env", format!("DATABASE_URL={url}\n"));
    assert_eq!(sandbox.run(["explain", "--", "dbmate", "drop"]).output().code, 0);
    assert_eq!(sandbox.tool("dbmate", ["drop"]).output().code, 125);
    assert_eq!(sandbox.tool("dbmate", ["--url", &url, "drop"]).output().code, 125);
    assert_eq!(sandbox.tool("npx", ["dbmate", "--frob", &url, "drop"]).output().code, 125);
}

/// usql goes elsewhere by words of its own, and `\\copy` between two databases.
#[test]
fn a_connect_in_what_usql_is_told_to_run_leads_where_nobody_knows() {
    let usql = |args: &[&str]| {
        let sandbox = sandbox().fake_as("usql", &Fake::new().stdout("ran\n")).shims(["usql"]);
        let sandbox = sandbox.file("work/plain.sql", "select 1;\n").file("work/moves.sql", "select 1;\n\\c prod\n");
        let words: Vec<&str> = ["postgres://alice@localhost/app"].iter().chain(args).copied().collect();
        sandbox.tool("usql", words).output().code
    };
    for plain in [&["-c", "select 1"][..], &["-f", "plain.sql"], &["-c", "\\dt"], &[]] {
        assert_eq!(usql(plain), 0, "{plain:?}");
    }
    for moves in [
        &["-c", "\\c postgres://db.prod.example/app"][..],
        &["-c", "select 1; \\connect prod"],
        &["-f", "moves.sql"],
        &["-c", "select 1", "-c", "\\copy a b 'select 1' t"],
    ] {
        assert_eq!(usql(moves), 125, "{moves:?}");
    }
    let sandbox = sandbox().fake_as("usql", &Fake::new().stdout("ran\n")).shims(["usql"]);
    let sandbox = sandbox.file("work/moves.sql", "\\c prod\n");
    assert_eq!(sandbox.tool("sh", ["-c", "usql postgres://localhost/app < moves.sql"]).output().code, 125);
    assert_eq!(sandbox.tool("sh", ["-c", "echo 'select 1' | usql postgres://localhost/app"]).output().code, 0);
}
