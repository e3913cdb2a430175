//! `config`, `env` and `trust` as a person types them.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::Sandbox;

const FILE: &str = "home/.config/dbguard/config.toml";

const TEAM: &str = "# ours\n[environment.production]\nlevel = \"production\"\nmatch = [\n  { host = \"*.prod.example.com\" }, # all of them\n]\n\n[environment.production.policy]\ntokens = false\n";

#[test]
fn config_check_says_what_it_found_and_where() {
    let sandbox = Sandbox::new();
    let nothing = "ok: no configuration; this machine is development, everything else is unknown\n";
    sandbox.run(["config", "check"]).stdout(nothing).status(0);
    let sandbox = sandbox.config(TEAM).file("work/other.toml", "[environment.local]\nlevel = \"staging\"\n");
    sandbox.run(["config", "check"]).stdout(format!("ok: 1 environment, 1 rule, from: [DIR]/{FILE}\n")).status(0);
    let two = format!(
        "ok: 1 environment, 0 rules, from: [DIR]/work/other.toml\nok: 1 environment, 1 rule, from: [DIR]/{FILE}\n"
    );
    sandbox
        .run(["config", "check", "other.toml", &format!("../{FILE}")])
        .stdout(two.replace("[DIR]/home", "[DIR]/work/../home"))
        .status(0);
    let missing = "error: `[DIR]/work/none.toml` does not exist\n --> [DIR]/work/none.toml\n  = help: check its name\n\ndbguard: the configuration has an error\n";
    sandbox.run(["config", "check", "none.toml"]).stderr(missing).status(1);
}

#[test]
fn config_show_and_env_show_say_what_holds_and_why() {
    let sandbox = Sandbox::new().config(TEAM);
    let production = format!(
        "production (production)
  shown as          ▲ PRODUCTION, red
  from              [DIR]/{FILE}:2
  confirm           read: host, write: host, destroy: host
  read only         yes
  without terminal  refuse
  audit             required
  tokens            no
  match             host = \"*.prod.example.com\"  ([DIR]/{FILE}:5)
"
    );
    let rest = "
local (development)
  shown as          ● LOCAL, green
  from              built in
  confirm           read: none, write: none, destroy: none
  read only         no
  without terminal  run
  audit             warn
  tokens            yes
  match             loopback addresses and unix sockets, where no tunnel leads elsewhere

unknown (no rule matches)
  confirm           read: host, write: host, destroy: host
  read only         yes
  without terminal  refuse
  audit             required
  tokens            yes

how it looks
  prompt            relevant, left, text: {icon} {label} {place}
  title             strict: {icon} {label} {place}
  tint              tab
";
    sandbox.run(["env", "show", "production"]).stdout(&production).status(0);
    sandbox.run(["config", "show"]).stdout(format!("{production}{rest}")).status(0);
    let list =
        format!("production  production   1 rule     [DIR]/{FILE}:2\nlocal       development  0 rules    built in\n");
    sandbox.run(["env", "list"]).stdout(&list).status(0);
    let json = sandbox.run(["config", "show", "--json"]).output().json();
    assert_eq!(json["environments"][0]["rules"][0]["line"], 5);
    assert_eq!(json["environments"][0]["policy"]["confirm"]["destroy"], "host");
    assert_eq!(json["unknown"]["policy"]["audit"], "required");
    assert_eq!(json["look"]["prompt"]["position"], "left");
    let no = "dbguard: no environment is called `qa`\n  see them all: dbguard env list\n";
    sandbox.run(["env", "show", "qa"]).stderr(no).status(1);
}

#[test]
fn config_path_shows_every_layer_and_what_became_of_it() {
    let sandbox = Sandbox::new()
        .config("include = [\"team.toml\"]")
        .file("work/.dbguard.toml", "")
        .file("home/.config/dbguard/team.toml", "colour = 1");
    let out = sandbox.run(["config", "path"]).output().out();
    let user: Vec<&str> = out.lines().filter(|line| !line.starts_with("system")).collect();
    let dir = "home/.config/dbguard";
    assert_eq!(
        user,
        [
            format!("user     used      [DIR]/{FILE}"),
            format!("user     refused   [DIR]/{dir}/team.toml  (included by [DIR]/{FILE})"),
            "project  untrusted [DIR]/work/.dbguard.toml".to_owned()
        ]
    );
}

#[test]
fn env_add_writes_a_new_file_that_only_its_owner_reads() {
    let sandbox = Sandbox::new();
    let said = format!(
        "{{ host = \"*.prod.example.com\", port = 5432 }} is `production` (production) now; written to [DIR]/{FILE}\n"
    );
    let args = ["env", "add", "production", "--level", "production", "--host", "*.prod.example.com", "--port", "5432"];
    sandbox.run(args).stdout(&said).status(0);
    let expected = "[environment.production]\nlevel = \"production\"\nmatch = [\n  { host = \"*.prod.example.com\", port = 5432 },\n]\n";
    assert_eq!(sandbox.read(FILE), expected);
    let mode = |path: &str| fs::metadata(sandbox.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(FILE), mode("home/.config/dbguard")), (0o600, 0o700));
    let left: Vec<_> = fs::read_dir(sandbox.path("home/.config/dbguard")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing temporary stays: {left:?}");
}

#[test]
fn env_add_keeps_comments_modes_and_links() {
    let sandbox = Sandbox::new()
        .dir("home/.config/dbguard")
        .file("home/dotfiles/c.toml", TEAM)
        .mode("home/dotfiles/c.toml", 0o640);
    symlink("../../dotfiles/c.toml", sandbox.path(FILE)).unwrap();
    let said = format!("{{ dbname = \"app_prod\" }} is `production` (production) now; written to [DIR]/{FILE}\n");
    sandbox.run(["env", "add", "production", "--dbname", "app_prod"]).stdout(&said).status(0);
    assert!(sandbox.path(FILE).is_symlink());
    let expected = TEAM.replace("# all of them\n", "# all of them\n  { dbname = \"app_prod\" },\n");
    assert_eq!(sandbox.read("home/dotfiles/c.toml"), expected);
    let mode = fs::metadata(sandbox.path("home/dotfiles/c.toml")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o640);
}

#[test]
fn env_add_refuses_what_would_not_check_and_writes_nothing() {
    let sandbox = Sandbox::new().config(TEAM);
    for (args, error) in [
        (&["--host", "db1:5432"][..], "`db1:5432` has a port in it"),
        (&["--host", "*"], "matches every host"),
        (&["--server", "x"], "no system identifier"),
        (&["--level", "staging", "--host", "x"], "is production already, not staging"),
        (&["--level", "prod", "--host", "x"], "`prod` is no level"),
        (&[], "nothing to match was given"),
    ] {
        let output = sandbox.run([&["env", "add", "production"], args].concat()).output();
        assert!(output.code != 0 && output.err().contains(error), "{args:?}: {output:?}");
        assert_eq!(sandbox.read(FILE), TEAM);
    }
    let output = sandbox.run(["env", "add", "qa", "--host", "x"]).output();
    assert!(output.err().contains("is new, so it needs a level"), "{output:?}");
    let output = sandbox.run(["env", "add", "a b", "--level", "staging", "--host", "x"]).output();
    assert!(output.err().contains("cannot be the name of an environment"), "{output:?}");
    let sandbox = sandbox.config("[broken");
    let output = sandbox.run(["env", "add", "qa", "--level", "staging", "--host", "x"]).output();
    assert!(output.err().contains("mend them first, nothing was written"), "{output:?}");
    assert_eq!(sandbox.read(FILE), "[broken");
}

#[test]
fn env_remove_takes_out_one_environment() {
    let sandbox = Sandbox::new().config(&format!("{TEAM}\n[environment.qa]\nlevel = \"staging\"\n"));
    sandbox.run(["env", "remove", "production"]).stdout(format!("removed `production` from [DIR]/{FILE}\n")).status(0);
    assert_eq!(sandbox.read(FILE), "# ours\n\n[environment.qa]\nlevel = \"staging\"\n");
    let not_there = "dbguard: no environment is called `production`\n  see them all: dbguard env list\n";
    sandbox.run(["env", "remove", "production"]).stderr(not_there).status(1);
    let built_in = format!("dbguard: environment `local` is not in `[DIR]/{FILE}`\n  it is built in\n");
    sandbox.run(["env", "remove", "local"]).stderr(&built_in).status(1);
}

#[test]
fn a_coding_agent_may_make_targets_stricter_and_not_laxer() {
    let sandbox = Sandbox::new().config(TEAM).file("work/.dbguard.toml", "").var("CLAUDECODE", "1");
    let refused = "dbguard: refused: Claude Code cannot say which servers are harmless\n  a coding agent was recognised by CLAUDECODE; a person does this\n";
    for args in
        [&["env", "add", "qa", "--level", "staging", "--host", "x"][..], &["env", "remove", "production"], &["trust"]]
    {
        sandbox.run(args).stderr(refused).status(125);
    }
    assert_eq!(sandbox.run(["env", "add", "production", "--host", "x"]).output().code, 0);
}

const PROJECT: &str = "[environment.dev]\nlevel = \"development\"\nmatch = [{ host = \"dev-db\" }]\n\n[environment.live]\nlevel = \"production\"\nmatch = [{ host = \"live-db\" }]\npolicy = { confirm = \"yes\" }\n";

#[test]
fn trusting_takes_a_person_and_shows_what_becomes_laxer() {
    let sandbox = Sandbox::new().file("work/.dbguard.toml", PROJECT);
    let refused = "dbguard: refused: trusting a file takes a person at a terminal, and there is none\n";
    sandbox.run(["trust"]).stderr(refused).status(125);
    let file = sandbox.path("work/.dbguard.toml").display().to_string();
    let ended = sandbox.pty(["trust"]).size(24, 200).start().finish();
    let expected = format!(
        "trusted {file} with its present content; with it now hold:\n  host = \"dev-db\" is `dev` (development), line 3\n  the policy of `live`\ntake it back with: dbguard trust --revoke {file}\n"
    );
    assert_eq!((ended.code, ended.screen.as_str()), (0, expected.as_str()));
    sandbox.run(["trust", "--list"]).stdout("trusted  [DIR]/work/.dbguard.toml\n").status(0);
    let sandbox = sandbox.file("work/.dbguard.toml", "# changed\n");
    sandbox.run(["trust", "--list"]).stdout("changed  [DIR]/work/.dbguard.toml\n").status(0);
    let gone = "[DIR]/work/.dbguard.toml is not trusted any more\n";
    sandbox.run(["trust", "--revoke", ".dbguard.toml"]).stdout(gone).status(0);
    sandbox.run(["trust", "--list"]).stdout("nothing is trusted\n").status(0);
    let never = "dbguard: `[DIR]/work/.dbguard.toml` was not trusted\n  see what is: dbguard trust --list\n";
    sandbox.run(["trust", "--revoke", ".dbguard.toml"]).stderr(never).status(1);
}

#[test]
fn config_show_says_how_things_look() {
    let text = "[prompt]\nshow = \"never\"\nstyle = \"block\"\n[terminal]\ntint = \"background\"\ntab = { staging = \"#B58900\" }\n";
    let sandbox = Sandbox::new().config(text);
    let out = sandbox.run(["config", "show"]).output().out();
    let expected = "how it looks\n  prompt            never, left, block: {icon} {label} {place}\n  title             strict: \
                    {icon} {label} {place}\n  tint              background; tab: staging #b58900\n";
    assert!(out.ends_with(expected), "{out}");
    let json = sandbox.run(["config", "show", "--json"]).output().json();
    assert_eq!(json["look"]["terminal"]["tab"]["staging"], "#b58900");
}
