//! Tools that a configuration describes: met like the built-in ones, by the same code.

use crate::support::{Fake, Sandbox};

const ENVIRONMENTS: &str = r#"
[environment.production]
level = "production"
match = [{ host = "*.prod.example" }]
"#;

const TOOL: &str = r#"
[tool.shopctl]
options = "-u|--url= -v|--verbose -h|--help"
read = "status"
write = "up"
destroy = "down"
dotenv = ".env"
target = ["option url", "var DATABASE_URL"]
"#;

fn sandbox(tool: &str) -> Sandbox {
    let fake = Fake::new().stdout("its own words\n").status(3);
    let sandbox = Sandbox::new().config(&format!("{ENVIRONMENTS}{tool}"));
    sandbox.fake("psql").fake_as("shopctl", &fake).fake("npx").shims(["shopctl", "npx"])
}

#[test]
fn it_runs_at_once_on_development_and_is_asked_about_on_production() {
    let sandbox = sandbox(TOOL).file("work/.env", "DATABASE_URL=postgres://u@db.prod.example/shop\n");
    let elsewhere = ["--url", "postgres://u@localhost/shop", "down"];
    sandbox.tool("shopctl", elsewhere).stdout("its own words\n").stderr("").status(3);
    let said = "dbguard: refused: shopctl (destroy) on production (db.prod.example:5432/shop): there is no terminal to ask on\n  \
        found: subcommand: shopctl down\n  \
        a person allows it beforehand, at a terminal: dbguard allow --once -- shopctl down\n";
    sandbox.tool("shopctl", ["down"]).stdout("").stderr(said).status(125);
    let mut pty = sandbox.tool_pty("shopctl", ["up"]).start();
    pty.wait_for("PRODUCTION").wait_for("shopctl up").wait_for("Type the host to go on:").send("db.prod.example\n");
    assert_eq!(pty.finish().code, 3);
    assert_eq!(sandbox.calls("shopctl").len(), 2);
}

#[test]
fn a_launcher_that_starts_it_is_seen_through() {
    let sandbox = sandbox(TOOL).var("DATABASE_URL", "postgres://u@db.prod.example/shop");
    let refused = sandbox.tool("npx", ["shopctl", "down"]).output();
    assert_eq!(refused.code, 125);
    assert!(refused.err().contains("npx (destroy) on production"), "{}", refused.err());
}

#[test]
fn the_shell_gets_a_shim_for_it_which_only_its_owners_configuration_makes() {
    let project = TOOL.replace("shopctl", "other");
    let sandbox = sandbox(TOOL).fake("other").file("work/.dbguard.toml", project);
    sandbox.run(["init", "bash"]).output();
    let shims = sandbox.path("home/.local/share/dbguard/shims");
    assert!(shims.join("shopctl").is_symlink());
    assert!(!shims.join("other").exists());
}

#[test]
fn an_entry_with_errors_and_a_broken_file_guard_it_as_unknown_and_a_forgotten_shim_passes() {
    let sandbox = sandbox(&TOOL.replace("write", "rite")).var("DATABASE_URL", "postgres://u@localhost/shop");
    let refused = sandbox.tool("shopctl", ["status"]).output();
    assert_eq!(refused.code, 125, "{}", refused.err());
    assert!(refused.err().contains("unknown key `rite` in a tool"), "{}", refused.err());
    sandbox.run(["init", "bash"]).output();
    let shim = sandbox.path("home/.local/share/dbguard/shims/shopctl");
    let shim = shim.to_str().unwrap();
    let sandbox = sandbox.config("[tool");
    assert_eq!(sandbox.tool(shim, ["status"]).output().code, 125);
    let sandbox = sandbox.config(ENVIRONMENTS);
    sandbox.tool(shim, ["status"]).stdout("its own words\n").stderr("").status(3);
}

#[test]
fn a_projects_tool_counts_once_it_is_trusted_and_never_before_its_owners() {
    let lax = TOOL.replace("destroy = \"down\"", "none = \"down\"");
    let sandbox =
        sandbox(TOOL).file("work/.dbguard.toml", lax).var("DATABASE_URL", "postgres://u@db.prod.example/shop");
    let told = sandbox.run(["config", "check"]).output();
    let told = told.out() + &told.err();
    assert!(told.contains("these do nothing: the tool `shopctl`"), "{told}");
    assert_eq!(sandbox.tool("shopctl", ["down"]).output().code, 125);
    let mut pty = sandbox.pty(["trust"]).start();
    assert_eq!(pty.finish().code, 0);
    assert_eq!(sandbox.tool("shopctl", ["down"]).output().code, 125);
    let told = sandbox.run(["config", "check"]).output();
    let told = told.out() + &told.err();
    assert!(told.contains("the tool `shopctl` is described before this already"), "{told}");
}

#[test]
fn with_another_home_its_shim_says_so_and_does_not_answer_as_dbguard() {
    let sandbox = sandbox(TOOL);
    sandbox.run(["init", "bash"]).output();
    let shims = sandbox.path("home/.local/share/dbguard/shims");
    let shim = shims.join("shopctl");
    let sandbox =
        ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"].into_iter().fold(sandbox.dir("other"), |sandbox, var| {
            let other = sandbox.path("other");
            sandbox.var(var, other)
        });
    let said = "dbguard: refused: `[DIR]/home/.local/share/dbguard/shims/shopctl` guards a tool that no configuration here describes\n  \
        its home directory is another one: run it with that HOME, or the tool by its full path\n";
    // `status` is a verb of dbguard too.
    sandbox.tool(shim.to_str().unwrap(), ["status"]).stdout("").stderr(said).status(125);
    let path = format!("{}:/usr/bin:/bin", shims.display());
    let sandbox = sandbox.var("PATH", path);
    sandbox.tool("sh", ["-c", "shopctl status"]).stdout("").stderr(said).status(125);
    assert_eq!(sandbox.calls("shopctl").len(), 0);
    // A name that somebody gave to dbguard is no shim.
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_dbguard"), sandbox.path("bin/guard")).unwrap();
    let output = sandbox.tool(sandbox.path("bin/guard").to_str().unwrap(), ["--version"]).output();
    assert_eq!(output.code, 0, "{}", output.err());
}

/// The configuration that stands in the documentation.
fn providers() -> Sandbox {
    let text = include_str!("../docs/CLIENTS.md").split("## Command lines of providers").nth(1).unwrap();
    let text = text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let fake = Fake::new().stdout("its own words\n").status(3);
    let names = ["heroku", "neonctl", "fly", "gcloud", "aws", "hasura"];
    let sandbox = names.iter().fold(Sandbox::new().config(text), |all, name| all.fake_as(name, &fake));
    sandbox.fake("psql").shims(names)
}

#[test]
fn the_app_of_a_provider_stands_for_its_host() {
    let sandbox = providers();
    for line in [
        "heroku pg:reset -a shop-staging --confirm shop-staging",
        "heroku pg:psql --app=shop-review-12",
        "heroku logs --tail -a shop --num 10",
        "neonctl branches list --project-id shop",
        "fly deploy -a shop --remote-only",
        "fly postgres connect -a shop-staging",
        "gcloud compute instances delete shop",
        "gcloud sql databases delete app --instance=shop-staging",
        "aws s3 rm s3://shop --recursive",
        "hasura migrate apply --down 1 --endpoint http://localhost:8080",
        "hasura migrate create x",
    ] {
        let mut words = line.split(' ');
        let tool = words.next().unwrap();
        sandbox.tool(tool, words).stdout("its own words\n").stderr("").status(3);
    }
    for (line, said) in [
        ("heroku pg:reset -a shop", "heroku (destroy) on unknown (shop:443)"),
        ("heroku pg:reset", "heroku (destroy) on unknown ()"),
        ("heroku pg:reset -a shop-staging --frob x", "heroku (unknown) on unknown"),
        ("neonctl branches delete main --project-id shop", "neonctl (destroy) on unknown (shop:443)"),
        ("fly mpg destroy x", "fly (destroy) on unknown"),
        ("gcloud sql instances delete shop-staging", "gcloud (destroy) on unknown"),
        ("aws rds delete-db-instance --db-instance-identifier shop", "aws (destroy) on unknown (shop:443)"),
        (
            "hasura migrate apply --down 1 --endpoint https://shop.hasura.example/v1",
            "hasura (destroy) on unknown (shop.hasura.example:443)",
        ),
        ("aws --endpoint-url x rds delete-db-instance", "aws (unknown) on unknown"),
    ] {
        let mut words = line.split(' ');
        let told = sandbox.tool(words.next().unwrap(), words).output();
        assert!(told.code == 125 && told.err().contains(said), "{line}: {}", told.err());
    }
    sandbox.var("HEROKU_APP", "shop-staging").tool("heroku", ["pg:reset"]).stdout("its own words\n").status(3);
}
