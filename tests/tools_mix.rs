//! Tools behind programs that do much else: Ecto behind `mix`, which is a script of elixir's, and EF Core behind `dotnet`.
//!
//! elixir and dotnet are stand-ins; `mix` has the first line of the real one. Code decides where these tools go, so that
//! they are asked about where something that can be read names a strict server, or where they were asked for.

use crate::support::{Fake, Sandbox};

const CONFIG: &str = "[environment.production]\nlevel = \"production\"\nmatch = [{ host = \"*.prod.example\" }]\n";

const PRODUCTION: &str = "postgres://alice@db.prod.example/app";
const LOCAL: &str = "postgres://alice@localhost/app";

fn words(sandbox: &Sandbox, tool: &str) -> String {
    let args = sandbox.call(tool).args;
    args.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
}

/// `mix` is a script of elixir's; the other one is that of `iex -S mix`.
fn mix(url: &str) -> Sandbox {
    let elixir = Fake::new().stdout("ran\n").status(3);
    let sandbox = Sandbox::new().config(CONFIG).fake("psql").fake_as("elixir", &elixir).fake_as("dotnet", &elixir);
    let sandbox = sandbox.shims(["elixir", "dotnet"]).var("DATABASE_URL", url);
    sandbox.file("bin/mix", "#!/usr/bin/env elixir\nMix.start()\nMix.CLI.main()\n").mode("bin/mix", 0o755)
}

#[test]
fn mix_is_guarded_by_elixir_where_something_names_a_strict_server() {
    let refused = mix(PRODUCTION).tool("mix", ["ecto.drop"]).output();
    assert_eq!(refused.code, 125, "{}", refused.out());
    let refusal = "refused: elixir (destroy) on unknown (db.prod.example:5432/app)";
    assert!(refused.err().contains(refusal) && refused.err().contains("mix ecto.drop"), "{}", refused.err());
    assert_eq!(mix(PRODUCTION).tool("elixir", ["-S", "mix", "do", "compile,", "ecto.reset"]).output().code, 125);
    for url in [LOCAL, ""] {
        let sandbox = mix(url);
        sandbox.tool("mix", ["ecto.drop", "-r", "My.Repo"]).stdout("ran\n").stderr("").status(3);
        assert_eq!(words(&sandbox, "elixir"), format!("{} ecto.drop -r My.Repo", sandbox.path("bin/mix").display()));
    }
    // What is no task of a database runs, whatever the vars and whatever the configuration.
    for task in [["phx.server", "--open"], ["compile", "--force"], ["help", "ecto.drop"], ["deps.get", ""]] {
        let broken = mix(PRODUCTION).config("not = [toml");
        broken.tool("mix", task).stdout("ran\n").stderr("").status(3);
    }
}

#[test]
fn whoever_names_mix_is_asked_wherever_its_code_decides_and_gets_no_link_of_that_name() {
    let config = format!("{CONFIG}\n[shims]\nadd = [\"mix\", \"dotnet-ef\"]\n");
    let sandbox = mix("").config(&config);
    let migrate = sandbox.tool("mix", ["ecto.migrate"]).output();
    assert!(migrate.code == 125 && migrate.err().contains("on unknown"), "{}", migrate.err());
    let update = sandbox.tool("dotnet", ["ef", "database", "update"]).output();
    assert!(update.code == 125 && update.err().contains("dotnet-ef database update"), "{}", update.err());
    let sandbox = mix("").config(&config).fake("dotnet-ef").fake("go");
    sandbox.run(["init", "bash"]).output();
    let made = |name: &str| sandbox.path("home/.local/share/dbguard/shims").join(name).symlink_metadata().is_ok();
    assert_eq!(["elixir", "mix", "dotnet", "dotnet-ef", "go"].map(made), [true, false, false, true, false]);
}

#[test]
fn dotnet_asks_for_ef_alone_and_by_what_its_settings_say() {
    let settings = |host: &str| {
        let text = format!(r#"{{"ConnectionStrings": {{"Shop": "Host={host};Database=app;Username=alice"}}}}"#);
        mix("").file("work/appsettings.json", text)
    };
    let refused = settings("db.prod.example").tool("dotnet", ["ef", "database", "update"]).output();
    assert!(refused.code == 125 && refused.err().contains("db.prod.example:5432/app"), "{}", refused.err());
    settings("localhost").tool("dotnet", ["ef", "database", "update"]).stdout("ran\n").stderr("").status(3);
    settings("db.prod.example").tool("dotnet", ["run", "ef"]).stdout("ran\n").stderr("").status(3);
}
