//! Tools behind interpreters and runners of packages: `bin/rails db:drop`, `python manage.py migrate`, `npm run reset`.
//!
//! What is guarded, and that everything else runs as if dbguard were not there. Python is the real one; rails, node and npm
//! are stand-ins with the first lines of the real ones.

use crate::support::{Fake, Sandbox, tool};

const CONFIG: &str = r#"
[environment.production]
level = "production"
match = [{ host = "*.prod.example" }]
"#;

const PRODUCTION: &str = "postgres://alice@db.prod.example/app";
const LOCAL: &str = "postgres://alice@localhost/app";

/// `bin/rails` and its kind reach their interpreter by `PATH`.
fn sandbox() -> Sandbox {
    let fake = Fake::new().stdout("ran\n").status(3);
    let sandbox = ["ruby", "node", "npm"].into_iter().fold(Sandbox::new(), |all, name| all.fake_as(name, &fake));
    let sandbox = sandbox.config(CONFIG).fake("psql").shims(["ruby", "node", "npm", "python3"]);
    script(script(sandbox, "work/bin/rails", "#!/usr/bin/env ruby\n"), "work/manage.py", DJANGO)
}

/// Says what it was told, and as whom.
const DJANGO: &str = "#!/usr/bin/env python3\nimport sys\nprint(' '.join(sys.argv[1:]), sys.executable)\n";

fn script(sandbox: Sandbox, path: &str, text: &str) -> Sandbox {
    sandbox.file(path, text).mode(path, 0o755)
}

fn on(url: &str) -> Sandbox {
    sandbox().var("DATABASE_URL", url)
}

/// The real Python, which may stand behind the shims of a version manager.
fn python() -> Option<std::path::PathBuf> {
    let found = tool("python3")?;
    let said = std::process::Command::new(found).args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    Some(String::from_utf8(said.stdout).unwrap().trim().into())
}

fn words(sandbox: &Sandbox, tool: &str) -> String {
    let args = sandbox.call(tool).args;
    args.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_script_of_the_project_is_guarded_by_the_interpreter_that_its_first_line_names() {
    let sandbox = on(PRODUCTION);
    let said = "dbguard: refused: ruby (destroy) on production (db.prod.example:5432/app): there is no terminal to ask on\n  \
        found: subcommand: rails db:drop\n  \
        a person allows it beforehand, at a terminal: dbguard allow --once -- ruby bin/rails db:drop\n";
    sandbox.tool("bin/rails", ["db:drop"]).stdout("").stderr(said).status(125);
    assert_eq!(sandbox.calls("ruby").len(), 0);
    let mut pty = sandbox.tool_pty("bin/rails", ["db:drop"]).start();
    pty.wait_for("PRODUCTION").wait_for("rails db:drop").wait_for("Type the host to go on:").send("db.prod.example\n");
    assert_eq!(pty.finish().code, 3);
    assert_eq!(words(&sandbox, "ruby"), "bin/rails db:drop");
}

#[test]
fn development_and_all_that_is_no_tool_run_at_once() {
    let sandbox = on(LOCAL);
    sandbox.tool("bin/rails", ["db:drop"]).stdout("ran\n").stderr("").status(3);
    assert_eq!(words(&sandbox, "ruby"), "bin/rails db:drop");
    for (program, args) in [
        ("bin/rails", ["server", "-p", "3000"].as_slice()),
        ("ruby", &["-e", "puts 1", "bin/rails", "db:drop"]),
        ("ruby", &["script.rb", "db:drop"]),
        ("node", &["server.js", "prisma"]),
        ("npm", &["install", "prisma"]),
        ("npm", &["run", "no such script"]),
    ] {
        on(PRODUCTION).tool(program, args).stdout("ran\n").stderr("").status(3);
    }
}

#[test]
fn what_passes_gets_what_was_typed_and_no_var_of_dbguards() {
    let sandbox = script(sandbox(), "bin/ruby", "#!/bin/sh\nexec \"$TRUE\" \"$@\"\n");
    let sandbox = sandbox.var("TRUE", "/usr/bin/env");
    let told =
        sandbox.tool("ruby", [std::ffi::OsStr::new("A=\u{fffd}\n"), "sh".as_ref(), "-c".as_ref(), "env; cat".as_ref()]);
    let output = told.stdin(b"in\xff\n").output();
    assert_eq!(output.code, 0, "{}", output.err());
    assert!(output.stdout.ends_with(b"in\xff\n"), "{}", output.out());
    assert!(output.out().contains("A=\u{fffd}\n"));
    // Only what keeps a script from being sent here for ever.
    let own: Vec<String> = output.out().lines().filter(|line| line.starts_with("DBGUARD")).map(str::to_owned).collect();
    assert!(own.iter().all(|line| line.starts_with("DBGUARD_SENT=")), "{own:?}");
    let Some(python) = python() else { return };
    let path = format!("{}:{}", sandbox.path("shims").display(), python.parent().unwrap().display());
    let sandbox = sandbox.var("PATH", path);
    let python =
        sandbox.tool("python3", ["-c", "import os; print([name for name in os.environ if 'DBGUARD' in name])"]);
    python.stdout("[]\n").stderr("").status(0);
}

#[test]
fn python_finds_itself_and_its_virtual_environment_behind_the_shim() {
    let Some(real) = python() else { return };
    let sandbox = sandbox();
    for name in ["python", "python3"] {
        std::fs::create_dir_all(sandbox.path("venv/bin")).unwrap();
        std::os::unix::fs::symlink(&real, sandbox.path("venv/bin").join(name)).unwrap();
    }
    let home = real.parent().unwrap().display();
    let sandbox = sandbox.file("venv/pyvenv.cfg", format!("home = {home}\ninclude-system-site-packages = false\n"));
    let path = format!(
        "{}:{}:{}",
        sandbox.path("shims").display(),
        sandbox.path("venv/bin").display(),
        std::env::var("PATH").unwrap()
    );
    let sandbox = sandbox.var("PATH", path).shims(["python"]);
    let who = "import subprocess, sys\nprint(sys.executable, sys.prefix)\nsys.stdout.flush()\n\
        if len(sys.argv) == 1: subprocess.run(['python', '-c', sys.argv[0] or 'import sys; print(sys.executable)', 'x'])";
    let expected = "[DIR]/venv/bin/python [DIR]/venv\n";
    let output = sandbox.tool("python", ["-c", who, "child"]).output();
    assert_eq!(output.out(), expected, "{}", output.err());
    sandbox.tool("sh", ["-c", "python -c 'import subprocess; subprocess.run([\"python3\", \"-c\", \"import sys; print(sys.executable, sys.prefix)\"])'"])
        .stdout("[DIR]/venv/bin/python3 [DIR]/venv\n")
        .stderr("")
        .status(0);
    // A script of the project, by its first line.
    sandbox.tool("./manage.py", ["check", "--x"]).stdout("check --x [DIR]/venv/bin/python3\n").stderr("").status(0);
    // By the path of the shim, as `$(which python)` gives it.
    let shim = sandbox.path("shims/python");
    sandbox
        .tool(shim.to_str().unwrap(), ["-c", "import sys; print(sys.executable)"])
        .stdout("[DIR]/venv/bin/python\n")
        .status(0);
}

#[test]
fn status_and_signals_are_the_interpreters_own() {
    let sandbox = sandbox();
    sandbox.tool("python3", ["-c", "raise SystemExit(41)"]).stdout("").stderr("").status(41);
    let killed = sandbox.tool("python3", ["-c", "import os; os.kill(os.getpid(), 15)"]).output();
    assert_eq!(killed.code, 128 + 15);
}

#[test]
fn where_code_decides_a_launcher_asks_only_if_something_names_a_strict_server() {
    let django = |url: &str| on(url).tool("./manage.py", ["migrate"]).output();
    assert_eq!(django(LOCAL).code, 0);
    assert_eq!(sandbox().tool("./manage.py", ["migrate"]).output().code, 0);
    let refused = django(PRODUCTION);
    assert_eq!(refused.code, 125, "{}", refused.out());
    assert!(refused.err().contains("django migrate"), "{}", refused.err());
    assert_eq!(django("postgres://db.elsewhere.example/app").code, 125);
    // What is not about a database runs there too.
    assert_eq!(on(PRODUCTION).tool("./manage.py", ["runserver"]).output().code, 0);
    let file = sandbox().file("work/.env", format!("DATABASE_URL={PRODUCTION}\n"));
    assert_eq!(file.tool("./manage.py", ["migrate"]).output().code, 125);
}

#[test]
fn who_asks_for_it_is_asked_wherever_code_decides() {
    let asked = |config: &str| {
        let sandbox = sandbox().config(&format!("{CONFIG}\n{config}"));
        (sandbox.tool("./manage.py", ["migrate"]).output(), sandbox.tool("./manage.py", ["runserver"]).output())
    };
    let (migrate, serve) = asked("[shims]\nadd = [\"django-admin\"]");
    assert_eq!((migrate.code, serve.code), (125, 0), "{}", migrate.err());
    assert!(migrate.err().contains("on unknown"), "{}", migrate.err());
    let (migrate, _) = asked("[shims]\nadd = [\"knex\"]");
    assert_eq!(migrate.code, 0, "{}", migrate.err());
}

const SCRIPTS: &str = r#"{"scripts": {
    "build": "prisma generate && echo dist/prisma",
    "reset": "prisma migrate reset --force",
    "again": "npm run reset",
    "prerelease": "prisma migrate deploy", "release": "echo released",
    "both": "dbmate up && prisma migrate deploy && prisma db seed",
    "elsewhere": "DATABASE_URL=postgres://db.prod.example/app prisma migrate deploy",
    "wrapped": "dotenv -e .env.production -- prisma migrate deploy",
    "twice": "npm run twice && npm run twice && npm run twice && npm run twice && npm run twice && npm run twice",
    "runner": "run-s again", "loop": "npm run loop", "postinstall": "prisma migrate deploy"
}}"#;

fn package(url: &str) -> Sandbox {
    let schema = "datasource db {\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n}\n";
    on(url).file("work/package.json", SCRIPTS).file("work/prisma/schema.prisma", schema)
}

#[test]
fn a_script_of_a_package_is_read_when_it_is_run() {
    for (name, args) in [
        ("reset", ["run", "reset"].as_slice()),
        ("again", &["run", "again"]),
        ("prerelease", &["run-script", "release"]),
        ("both", &["--silent", "run", "both"]),
        ("runner", &["run", "runner"]),
        ("exec", &["exec", "--", "prisma", "migrate", "reset"]),
    ] {
        let refused = package(PRODUCTION).tool("npm", args).output();
        assert_eq!(refused.code, 125, "{name}: {}", refused.err());
        assert!(refused.err().contains("on production (db.prod.example:5432/app)"), "{name}: {}", refused.err());
        let fine = package(LOCAL).tool("npm", args).output();
        assert_eq!((fine.code, fine.err()), (3, String::new()), "{name}");
    }
    package(PRODUCTION).tool("npm", ["run", "build"]).stdout("ran\n").stderr("").status(3);
    for name in ["elsewhere", "wrapped", "loop", "twice"] {
        assert_eq!(package(LOCAL).tool("npm", ["run", name]).output().code, 125, "{name}");
    }
}

#[test]
fn a_script_that_starts_itself_many_times_over_is_given_up_and_not_followed_for_ever() {
    for body in ["npm run bomb;".repeat(50), "run-s b*;".repeat(300), format!("run-s b*;{}", "$(".repeat(99))] {
        let sandbox = on(LOCAL).file("work/package.json", format!("{{\"scripts\": {{\"bomb\": \"{body}\"}}}}"));
        let refused = sandbox.tool("npm", ["run", "bomb"]).output();
        let told = (refused.code, refused.err().contains("npm (unknown) on unknown"));
        assert_eq!(told, (125, true), "{}", refused.err());
    }
}

#[test]
fn npms_own_options_count_behind_the_name_of_a_script_too() {
    for args in [
        ["run", "dbreset", "--prefix", "web"].as_slice(),
        &["run", "--prefix=web", "dbreset"],
        &["--prefix", "web", "run", "dbreset", "--", "--prefix", "other"],
    ] {
        let scripts = r#"{"scripts": {"dbreset": "dbmate drop"}}"#;
        let refused = on(PRODUCTION).file("work/web/package.json", scripts).tool("npm", args).output();
        assert_eq!(refused.code, 125, "{args:?}: {}", refused.err());
        assert!(refused.err().contains("dbmate drop"), "{}", refused.err());
    }
}

#[test]
fn scripts_that_reach_no_server_start_one_another_however_deep() {
    let sandbox = package(PRODUCTION).var("DBGUARD_DEPTH", "10");
    sandbox.tool("npm", ["run", "build"]).stdout("ran\n").stderr("").status(3);
    assert_eq!(sandbox.tool("npm", ["run", "reset"]).output().code, 125);
}

#[test]
#[cfg(target_os = "linux")]
fn a_shim_that_is_started_under_another_name_is_its_tool() {
    let started = |name: &str, rest: &str| format!("exec -a '{name}' {rest}");
    for name in ["worker: 1", "-python3", ""] {
        let line = started(name, "python3 -c 'print(1)'");
        sandbox().tool("bash", ["-c", &line]).stdout("1\n").stderr("").status(0);
        let line = started(name, "ruby bin/rails db:drop");
        assert_eq!(on(PRODUCTION).tool("bash", ["-c", &line]).output().code, 125, "{name}");
    }
}

/// `ln -s "$(command -v python3)" …`, as people do for a name that is missing.
#[test]
fn a_link_of_ones_own_to_a_shim_is_that_shims_tool() {
    let link = |sandbox: &Sandbox, path: &str| {
        std::os::unix::fs::symlink(sandbox.path("shims/ruby"), sandbox.path(path)).unwrap();
    };
    for (path, called) in [("work/mine", "./mine"), ("bin/mine", "mine"), ("bin/bun", "bun")] {
        let sandbox = on(PRODUCTION);
        link(&sandbox, path);
        sandbox.tool("sh", ["-c", &format!("{called} script.rb")]).stdout("ran\n").stderr("").status(3);
        assert_eq!(words(&sandbox, "ruby"), "script.rb");
        assert_eq!(sandbox.tool("sh", ["-c", &format!("{called} bin/rails db:drop")]).output().code, 125, "{called}");
    }
}

#[test]
fn what_is_no_package_is_none_of_the_guards_business() {
    for text in ["", "[]", "{\"scripts\": 1}", "{\"scripts\": {\"reset\": [\"prisma migrate reset\"]}}", "\u{0}\u{1}"] {
        on(PRODUCTION)
            .file("work/package.json", text)
            .tool("npm", ["run", "reset"])
            .stdout("ran\n")
            .stderr("")
            .status(3);
    }
}

#[test]
fn a_tool_of_the_project_is_guarded_where_node_was_asked_for() {
    let sandbox = script(package(PRODUCTION), "work/node_modules/.bin/prisma", "#!/usr/bin/env node\n");
    let refused = sandbox.tool("node_modules/.bin/prisma", ["migrate", "reset"]).output();
    assert_eq!(refused.code, 125);
    assert!(refused.err().contains("found: subcommand: prisma migrate reset"), "{}", refused.err());
}

#[test]
fn a_command_that_starts_itself_once_more_through_an_interpreter_is_asked_about_once() {
    // As `bundle exec rails` of Bundler: a script of Ruby that becomes another one.
    let sandbox = script(on(PRODUCTION), "bin/bundle", "#!/usr/bin/env ruby\n");
    let ruby = "#!/bin/sh\necho \"$@\" >>../told\ncase $1 in */bundle) shift 2; exec \"bin/$@\" ;; esac\n";
    let sandbox = script(sandbox, "bin/ruby", ruby).shims(["bundle"]);
    let schema = "production:\n  primary:\n    adapter: postgresql\n    host: db.prod.example\n    database: app\n  \
        cache:\n    adapter: postgresql\n    host: db.prod.example\n    database: cache\n";
    let sandbox =
        sandbox.file("work/config/database.yml", schema).var("RAILS_ENV", "production").no_var("DATABASE_URL");
    let mut pty = sandbox.tool_pty("bundle", ["exec", "rails", "db:migrate:status"]).start();
    pty.wait_for("Type the host to go on:").send("db.prod.example\n");
    assert_eq!(pty.finish().code, 0);
    let told = sandbox.read("told");
    let told: Vec<&str> = told.lines().map(|line| line.rsplit('/').next().unwrap()).collect();
    assert_eq!(told, ["bundle exec rails db:migrate:status", "rails db:migrate:status"]);
    // Another command of it is not covered.
    let other = "#!/bin/sh\ncase $1 in */bundle) setsid -w bin/rails db:drop ;; esac\n";
    std::fs::write(sandbox.path("bin/ruby"), other).unwrap();
    let mut pty = sandbox.tool_pty("bundle", ["exec", "rails", "db:migrate"]).start();
    pty.wait_for("Type the host to go on:").send("db.prod.example\n");
    let ended = pty.finish();
    assert_eq!(ended.code, 125, "{}", ended.screen);
}

#[test]
fn a_version_manager_that_falls_back_to_the_system_finds_it_behind_the_shim() {
    // What pyenv, rbenv and asdf do where they have no version to start: the next one on PATH but theirs.
    let manager = "#!/bin/sh\nPATH=$(printf %s \"$PATH\" | sed 's|[^:]*/manager/shims:||') \n\
        found=$(command -v ruby)\nPATH=$WHOLE exec \"$found\" \"$@\"\n";
    let sandbox = script(sandbox(), "manager/shims/ruby", manager);
    let path = format!(
        "{}:{}:{}:{}",
        sandbox.path("shims").display(),
        sandbox.path("manager/shims").display(),
        sandbox.path("bin").display(),
        std::env::var("PATH").unwrap()
    );
    let sandbox = sandbox.var("WHOLE", &path).var("PATH", &path);
    sandbox.tool("ruby", ["x.rb"]).stdout("ran\n").stderr("").status(3);
    sandbox.tool("bin/rails", ["server"]).stdout("ran\n").stderr("").status(3);
}

#[test]
fn a_wrapper_that_comes_back_for_ever_is_stopped_with_its_name() {
    let sandbox = script(sandbox(), "bin/ruby", "#!/bin/sh\nexec ruby \"$@\"\n");
    let output = sandbox.tool("ruby", ["x.rb"]).output();
    assert_eq!(output.code, 125);
    assert!(output.err().contains("bin/ruby` starts dbguard again and again"), "{}", output.err());
}

#[test]
fn an_interpreter_that_is_not_there_is_127_as_without_the_shim() {
    let sandbox = sandbox().shims(["bun"]);
    let output = sandbox.tool("bun", ["x"]).output();
    assert_eq!(output.code, 127);
}

#[test]
fn a_configuration_adds_and_takes_away_shims() {
    let sandbox = sandbox().config(&format!("{CONFIG}\n[shims]\nadd = [\"node\"]\n"));
    let shims = sandbox.path("home/.local/share/dbguard/shims");
    let there = |name: &str| shims.join(name).is_symlink();
    sandbox.run(["init", "bash"]).output();
    assert!(there("node") && there("ruby") && there("python3"));
    let sandbox = sandbox.config("[shims]\nskip = [\"python3\", \"node\"]\nadd = [\"node\"]\n");
    sandbox.run(["prompt", "--answer", "path"]).output();
    assert!(there("python3"), "a shell that runs keeps it");
    sandbox.run(["init", "bash"]).output();
    assert!(there("ruby") && !there("python3") && !there("node"));
    let wrong = sandbox.config("[shims]\nskip = [\"pyton3\"]\n").run(["config", "check"]).output();
    assert_eq!(wrong.code, 1);
    assert!(wrong.out().contains("did you mean `python3`?") || wrong.err().contains("did you mean `python3`?"));
}

#[test]
fn neither_a_project_nor_a_var_takes_a_shim_away() {
    let skip = "[shims]\nskip = [\"python3\"]\n";
    let sandbox = sandbox().file("work/.dbguard.toml", skip).file("other.toml", skip);
    let there = || sandbox.path("home/.local/share/dbguard/shims/python3").is_symlink();
    let init = |var: &str| sandbox.tool("env", [var, env!("CARGO_BIN_EXE_dbguard"), "init", "bash"]).output();
    init("A=b");
    init(&format!("DBGUARD_CONFIG={}", sandbox.path("other.toml").display()));
    assert!(there());
    let said = sandbox.run(["config", "check"]).output();
    let said = said.out() + &said.err();
    assert!(said.contains("`[shims]` does nothing in a project's file"), "{said}");
}

#[test]
fn a_python_that_is_only_in_a_virtual_environment_gets_no_link_that_would_stay_behind() {
    let Some(real) = python() else { return };
    let sandbox = sandbox().file("venv/pyvenv.cfg", "").dir("venv/bin").dir("system");
    for name in ["venv/bin/python", "venv/bin/python3", "system/python3"] {
        std::os::unix::fs::symlink(&real, sandbox.path(name)).unwrap();
    }
    let path = format!("{}:{}", sandbox.path("venv/bin").display(), sandbox.path("system").display());
    let sandbox = sandbox.var("PATH", path);
    let shims = sandbox.path("home/.local/share/dbguard/shims");
    sandbox.run(["init", "bash"]).output();
    assert!(shims.join("python3").is_symlink() && !shims.join("python").exists());
    let told = sandbox.run(["doctor"]).output().out();
    assert!(told.contains("[shims] add = [\"python\"]"), "{told}");
    let sandbox = sandbox.file("work/manage.py", "");
    let told = sandbox.run(["setup", "--dry-run"]).output().out();
    assert!(told.contains("[shims] add = [\"python\"]"), "{told}");
    let sandbox = sandbox.config("[shims]\nadd = [\"python\"]\n");
    sandbox.run(["init", "bash"]).output();
    assert!(shims.join("python").is_symlink());
}
