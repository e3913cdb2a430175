//! Tools of PHP behind the real interpreter: `./artisan` by its first line, `php bin/console`, and all that is no tool.
//!
//! The scripts are stand-ins that say what they were told; `packaging/test-tools` runs Laravel itself.

use crate::support::{Sandbox, tool};

const CONFIG: &str = r#"
[environment.production]
level = "production"
match = [{ host = "*.prod.example" }]
"#;

const DATABASE: &str = "<?php return ['default' => env('DB_CONNECTION', 'sqlite'), 'connections' => ['pgsql' => [\n\
    'driver' => 'pgsql', 'host' => env('DB_HOST', '127.0.0.1'), 'port' => env('DB_PORT', '5432'),\n\
    'database' => env('DB_DATABASE', 'laravel'), 'username' => env('DB_USERNAME', 'root')]]];\n";

const ECHO: &str =
    "#!/usr/bin/env php\n<?php echo implode(' ', array_slice($argv, 1)), ' ', PHP_BINARY, \"\\n\"; exit(7);\n";

fn sandbox(host: &str) -> Sandbox {
    let env = format!("DB_CONNECTION=pgsql\nDB_HOST={host}\nDB_DATABASE=shop\nDB_USERNAME=alice\n");
    let sandbox = Sandbox::new().config(CONFIG).fake("psql").shims(["php"]);
    let sandbox = sandbox.file("work/config/database.php", DATABASE).file("work/.env", env);
    sandbox.file("work/artisan", ECHO).mode("work/artisan", 0o755)
}

/// What the interpreter calls itself without dbguard.
fn binary() -> Option<String> {
    let output = std::process::Command::new(tool("php")?).args(["-r", "echo PHP_BINARY;"]).output().unwrap();
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_tool_of_php_is_guarded_by_the_interpreter_that_its_first_line_names() {
    if binary().is_none() {
        return;
    }
    let sandbox = sandbox("db.prod.example");
    let said = "dbguard: refused: php (destroy) on production (db.prod.example:5432/shop): there is no terminal to ask on\n  \
        found: subcommand: laravel migrate:fresh\n  \
        a person allows it beforehand, at a terminal: dbguard allow --once -- php ./artisan mig:fr --seed\n";
    sandbox.tool("./artisan", ["mig:fr", "--seed"]).stdout("").stderr(said).status(125);
    let mut pty = sandbox.tool_pty("php", ["-d", "memory_limit=-1", "artisan", "migrate", "--force"]).start();
    pty.wait_for("PRODUCTION")
        .wait_for("laravel migrate")
        .wait_for("Type the host to go on:")
        .send("db.prod.example\n");
    assert_eq!(pty.finish().code, 7);
}

#[test]
fn development_and_all_that_is_no_tool_run_at_once_and_php_finds_itself() {
    let Some(binary) = binary() else { return };
    let development = sandbox("127.0.0.1");
    let said = format!("migrate:fresh --seed {binary}\n");
    development.tool("./artisan", ["migrate:fresh", "--seed"]).stdout(&said).stderr("").status(7);
    let production = sandbox("db.prod.example").file("work/migrate.php", ECHO);
    for args in [["artisan", "serve"], ["migrate.php", "artisan"], ["-f", "migrate.php"]] {
        let output = production.tool("php", args).output();
        assert_eq!((output.code, output.err()), (7, String::new()), "{args:?}");
        assert!(output.out().ends_with(&format!(" {binary}\n")), "{}", output.out());
    }
    let vars = "foreach (getenv() as $name => $value) if (str_starts_with($name, 'DBGUARD')) echo $name;";
    production.tool("php", ["-r", vars]).stdout("").stderr("").status(0);
    production.tool("php", ["-r", "exit(41);"]).stdout("").stderr("").status(41);
    production.tool("php", ["--"]).stdin(b"<?php echo 'in';".as_slice()).stdout("in").stderr("").status(0);
}

#[test]
fn a_script_that_is_called_from_elsewhere_is_where_it_stands() {
    if binary().is_none() {
        return;
    }
    let sandbox = sandbox("127.0.0.1").file("other/.env", "DB_CONNECTION=pgsql\nDB_HOST=db.prod.example\n");
    let sandbox = sandbox.file("other/config/database.php", DATABASE).file("other/artisan", ECHO);
    let refused = sandbox.tool("php", ["../other/artisan", "migrate"]).output();
    assert_eq!(refused.code, 125);
    assert!(refused.err().contains("production (db.prod.example:5432/laravel)"), "{}", refused.err());
}
