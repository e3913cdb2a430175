//! The layers together: what holds, what only raises, and what is in doubt.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::SystemTime;

use dbguard::config::{self, Config, Places, State, trust};
use dbguard::environment::{Environment, Level};
use dbguard::policy::{Confirm, Policy};
use dbguard::target::{Engine, Field, Host, Origin, Target};
use dbguard::world::{Snapshot, User, Vars};

use crate::support::Sandbox;

/// Places in a sandbox: `etc/config.toml`, `home/.config/dbguard/config.toml`, and a repository in `work`.
pub(crate) fn places(sandbox: &Sandbox) -> Places {
    Places {
        system: Some(sandbox.path("etc/config.toml")),
        user: Some(sandbox.path("home/.config/dbguard/config.toml")),
        named: false,
        projects: vec![sandbox.path("work/.dbguard.toml")],
        project_root: sandbox.path("work"),
        trust: Some(sandbox.path("home/.local/state/dbguard/trust")),
        home: Some(sandbox.path("home")),
    }
}

fn load(sandbox: &Sandbox) -> Config {
    config::load_from(&places(sandbox))
}

pub(crate) fn target(host: &str) -> Target {
    let given = |text: &str| Field::new(OsString::from(text), Origin::Option("-h".into()));
    Target {
        engine: Engine::Postgresql,
        hosts: vec![Host { host: Some(given(host)), hostaddr: None, port: Field::new(5432, Origin::Default) }],
        dbname: Some(given("app")),
        user: Some(given("alice")),
        service: None,
        affects: Vec::new(),
        every_database: false,
        via: None,
        parameters: Vec::new(),
    }
}

/// `name/level` of this host.
fn of(config: &Config, host: &str) -> String {
    let environment = config.rules.classify(&target(host));
    format!("{}/{}", environment.name(), environment.level_word())
}

fn demands(config: &Config, host: &str) -> Policy {
    config.policy(&config.rules.classify(&target(host)))
}

const TEAM: &str = r#"
[environment.production]
level = "production"
match = [{ host = "*.prod.example.com" }]

[environment.staging]
level = "staging"
match = [{ host = "*.example.com" }]
"#;

#[test]
fn without_any_file_this_machine_is_local_and_all_else_unknown() {
    let config = load(&Sandbox::new());
    assert!(config.trouble.is_none() && config.warnings.is_empty());
    assert_eq!(of(&config, "localhost"), "local/development");
    assert_eq!(of(&config, "db1"), "unknown/unknown");
    assert_eq!(demands(&config, "localhost"), Policy::of_level(Level::Development));
    assert_eq!(demands(&config, "db1"), Policy::of_level(Level::Production));
    assert_eq!(config.files.iter().map(|file| file.state).collect::<Vec<_>>(), [State::Absent; 3]);
}

#[test]
fn layers_add_up_and_the_strictest_level_wins() {
    let sandbox = Sandbox::new().file("etc/config.toml", TEAM).config(
        "[environment.staging]\nlevel = \"production\"\nmatch = [{ host = \"qa\" }]\n[environment.mine]\nlevel = \"development\"\nmatch = [{ host = \"*.prod.example.com\" }]",
    );
    let config = load(&sandbox);
    assert_eq!(of(&config, "x.example.com"), "staging/production");
    assert_eq!(of(&config, "qa"), "staging/production");
    assert_eq!(of(&config, "x.prod.example.com"), "production/production");
}

#[test]
fn an_environment_may_get_entries_and_looks_from_a_layer_that_does_not_repeat_its_level() {
    let sandbox = Sandbox::new()
        .file("etc/config.toml", TEAM)
        .config("[environment.production]\nmatch = [{ host = \"old-db\" }]\nlabel = \"DANGER\"");
    let config = load(&sandbox);
    assert_eq!(of(&config, "old-db"), "production/production");
    assert_eq!(config.environment("production").unwrap().definition.look.label, "DANGER");
}

#[test]
fn demands_of_layers_merge_to_the_strictest_one_by_one() {
    let sandbox = Sandbox::new()
        .file(
            "etc/config.toml",
            "[environment.p]\nlevel = \"production\"\nmatch = [{ host = \"p\" }]\npolicy = { confirm = \"yes\", read_only = false }",
        )
        .config("[environment.p.policy]\nconfirm = { destroy = \"database\" }\nread_only = false\ntokens = false");
    let policy = demands(&load(&sandbox), "p");
    assert_eq!((policy.read, policy.write, policy.destroy), (Confirm::Yes, Confirm::Yes, Confirm::Database));
    assert!(!policy.read_only && !policy.tokens);
}

#[test]
fn a_policy_in_one_layer_cannot_loosen_what_the_level_of_another_demands() {
    let lax = "[environment.production]\nlevel = \"production\"\npolicy = { confirm = \"none\", read_only = false }";
    let sandbox = Sandbox::new().file("etc/config.toml", TEAM).config(lax);
    assert_eq!(demands(&load(&sandbox), "x.prod.example.com"), Policy::of_level(Level::Production));
}

#[test]
fn what_unknown_demands_can_be_made_stricter_and_never_laxer() {
    let sandbox = Sandbox::new().config("[environment.unknown.policy]\ntokens = false\nconfirm = \"none\"");
    let expected = Policy { tokens: false, ..Policy::of_level(Level::Production) };
    assert_eq!(demands(&load(&sandbox), "db1"), expected);
}

#[test]
fn this_machine_can_be_made_production() {
    let sandbox = Sandbox::new().config("[environment.local]\nlevel = \"production\"\nlabel = \"THE SERVER\"");
    let config = load(&sandbox);
    assert_eq!(of(&config, "/tmp"), "local/production");
    let Environment::Known(known) = config.rules.classify(&target("localhost")) else { panic!() };
    assert_eq!((known.look.label.as_str(), known.look.color.as_str()), ("THE SERVER", "red"));
}

#[test]
fn a_shared_file_is_included_relative_to_the_file_that_names_it() {
    let sandbox = Sandbox::new()
        .config("include = [\"team/dbguard.toml\", \"~/more.toml\"]")
        .file("home/.config/dbguard/team/dbguard.toml", TEAM)
        .file("home/more.toml", "include = [\".config/dbguard/team/dbguard.toml\"]");
    let config = load(&sandbox);
    assert_eq!(config.errors, []);
    assert_eq!(of(&config, "x.prod.example.com"), "production/production");
    let used = config.files.iter().filter(|file| file.state == State::Used).count();
    assert_eq!(used, 3);
}

const PROJECT: &str = r#"
[environment.dev]
level = "development"
match = [{ host = "dev-db" }, { host = "localhost" }]

[environment.live]
level = "production"
match = [{ host = "live-db" }, { host = "*.example.com" }]
policy = { confirm = "none", read_only = false }

[environment.staging]
level = "development"
label = "fine"
policy = { confirm = "none", read_only = true }
"#;

#[test]
fn a_project_file_can_only_raise_until_it_is_trusted() {
    let sandbox = Sandbox::new().config(TEAM).file("work/.dbguard.toml", PROJECT);
    let config = load(&sandbox);
    assert!(config.trouble.is_none());
    assert_eq!(of(&config, "dev-db"), "unknown/unknown");
    assert_eq!(of(&config, "live-db"), "live/production");
    assert_eq!(of(&config, "x.example.com"), "live/production");
    assert_eq!(demands(&config, "live-db"), Policy::of_level(Level::Production));
    assert_eq!(config.environment("staging").unwrap().definition.look.label, "STAGING");
    let policy = &config.environment("staging").unwrap().policy;
    assert_eq!((policy.destroy, policy.read_only), (Confirm::Host, true));
    let file = sandbox.path("work/.dbguard.toml").display().to_string();
    assert_eq!(
        config.warnings[0].to_string(),
        format!(
            "warning: `{file}` is not trusted: it can make targets stricter, and these do nothing: the rules of `dev` \
             (development), the policy of `live`, the policy of `staging`, the look of `staging`\n --> {file}\n  = help: \
             read it, then: dbguard trust {file}"
        )
    );
}

fn trust_project(sandbox: &Sandbox, content: &str) {
    let store = sandbox.path("home/.local/state/dbguard/trust");
    trust::grant(&store, &sandbox.path("work/.dbguard.toml"), content).unwrap();
}

#[test]
fn a_trusted_project_file_names_and_a_changed_one_does_not() {
    let sandbox = Sandbox::new().file("work/.dbguard.toml", PROJECT);
    trust_project(&sandbox, PROJECT);
    let config = load(&sandbox);
    assert_eq!((of(&config, "dev-db").as_str(), config.warnings.len()), ("dev/development", 0));
    let sandbox = sandbox.file("work/.dbguard.toml", format!("{PROJECT}#"));
    let config = load(&sandbox);
    assert_eq!(of(&config, "dev-db"), "unknown/unknown");
    assert!(config.warnings[0].message.contains("changed since it was trusted"));
}

#[test]
fn trust_is_for_the_whole_path() {
    let sandbox = Sandbox::new().file("work/.dbguard.toml", PROJECT);
    trust_project(&sandbox, PROJECT);
    let store = sandbox.path("home/.local/state/dbguard/trust");
    for other in ["work/.dbguard.tom", "work/.dbguard.toml2", "work2/.dbguard.toml", "work"] {
        assert_eq!(trust::judge(Some(&store), &sandbox.path(other), PROJECT), trust::Trust::Never, "{other}");
    }
}

#[test]
fn a_trust_store_that_others_could_have_written_trusts_nothing() {
    let sandbox = Sandbox::new().file("work/.dbguard.toml", PROJECT);
    trust_project(&sandbox, PROJECT);
    let record = std::fs::read_dir(sandbox.path("home/.local/state/dbguard/trust")).unwrap().next().unwrap().unwrap();
    let name = record.path().strip_prefix(sandbox.root()).unwrap().to_str().unwrap().to_owned();
    let sandbox = sandbox.mode(&name, 0o666);
    assert_eq!(of(&load(&sandbox), "dev-db"), "unknown/unknown");
}

#[test]
fn what_a_trusted_project_includes_is_trusted_by_itself_and_stays_inside() {
    let main = "include = [\"team.toml\"]\n";
    let sandbox = Sandbox::new().file("work/.dbguard.toml", main).file("work/team.toml", PROJECT);
    trust_project(&sandbox, main);
    assert_eq!(of(&load(&sandbox), "dev-db"), "unknown/unknown");
    let store = sandbox.path("home/.local/state/dbguard/trust");
    trust::grant(&store, &sandbox.path("work/team.toml"), PROJECT).unwrap();
    assert_eq!(of(&load(&sandbox), "dev-db"), "dev/development");
    trust::revoke(&store, &sandbox.path("work/.dbguard.toml")).unwrap();
    assert_eq!(of(&load(&sandbox), "dev-db"), "unknown/unknown");

    for outside in ["../home/x.toml", "~/x.toml", "link.toml", "/etc/hostname"] {
        let sandbox = Sandbox::new()
            .file("work/.dbguard.toml", format!("include = [\"{outside}\"]"))
            .file("home/x.toml", PROJECT);
        symlink(sandbox.path("home/x.toml"), sandbox.path("work/link.toml")).unwrap();
        let message = load(&sandbox).errors[0].message.clone();
        assert!(message.ends_with("which is outside the project"), "{message}");
    }
}

#[test]
fn a_file_with_errors_can_only_raise_and_only_this_machine_stays_development() {
    let sandbox = Sandbox::new().file("etc/config.toml", TEAM).config(
        "[environment.dev]\nlevel = \"development\"\nmatch = [{ host = \"dev-db\" }]\n[environment.live]\nlevel = \"production\"\nmatch = [{ hots = \"x\" }, { host = \"live-db\" }]",
    );
    let config = load(&sandbox);
    assert!(config.trouble.is_some() && !config.local_in_doubt);
    assert_eq!(of(&config, "dev-db"), "unknown/unknown");
    assert_eq!(of(&config, "live-db"), "live/production");
    assert_eq!(of(&config, "x.example.com"), "unknown/unknown");
    assert_eq!(of(&config, "x.prod.example.com"), "production/production");
    assert_eq!(of(&config, "localhost"), "local/development");
}

#[test]
fn a_broken_file_that_mentions_this_machine_puts_it_in_doubt() {
    for text in ["host = localhost [", "# 127.0.0.1\n[", "[[[\"/var/run/postgresql\"", "[environment.local]\nlevel = 3"]
    {
        let config = load(&Sandbox::new().config(text));
        assert!(config.local_in_doubt, "{text}");
        assert_eq!(config.rules.classify(&target("localhost")).level(), Level::Production, "{text}");
    }
    let config = load(&Sandbox::new().config("[environment.prod"));
    assert_eq!((config.local_in_doubt, of(&config, "localhost").as_str()), (false, "local/development"));
}

#[test]
fn trouble_says_every_error_and_the_command_that_shows_it() {
    let config = load(&Sandbox::new().config("colour = 1\n[environment.x]\nlevel = \"prod\""));
    let shown = config.trouble.unwrap().to_string();
    assert!(shown.contains("unknown key `colour`") && shown.contains("did you mean `production`?"), "{shown}");
    assert!(shown.ends_with("see it with: dbguard config check"), "{shown}");
}

fn snapshot(sandbox: &Sandbox, vars: &[(&str, PathBuf)], cwd: &str) -> Snapshot {
    let vars: BTreeMap<_, _> = vars.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let user = User { uid: 0, name: None, home: Some(sandbox.path("home")) };
    Snapshot { vars: vars.into_iter().collect::<Vars>(), cwd: sandbox.path(cwd), user, now: SystemTime::now() }
}

#[test]
fn project_files_are_those_from_the_repository_root_down_to_here() {
    let sandbox = Sandbox::new().dir("home/r/.git").dir("home/r/a/b").dir("home/p/q");
    let projects = |cwd: &str| -> Vec<String> {
        let places = Places::of(&snapshot(&sandbox, &[], cwd));
        let short = |path: &PathBuf| path.strip_prefix(sandbox.root()).unwrap().display().to_string();
        places.projects.iter().map(short).collect()
    };
    assert_eq!(projects("home/r/a/b"), ["home/r/.dbguard.toml", "home/r/a/.dbguard.toml", "home/r/a/b/.dbguard.toml"]);
    assert_eq!(projects("home/p/q"), ["home/p/.dbguard.toml", "home/p/q/.dbguard.toml"]);
    assert_eq!(projects("work"), ["work/.dbguard.toml"]);
}

#[test]
fn dbguard_config_replaces_the_users_file_and_has_to_be_there_by_its_whole_path() {
    let sandbox = Sandbox::new().file("mine.toml", TEAM).config("[environment.x]\nlevel = \"broken\"");
    let load = |value: PathBuf| config::load(&snapshot(&sandbox, &[("DBGUARD_CONFIG", value)], "work"));
    let config = load(sandbox.path("mine.toml"));
    assert_eq!((config.errors.len(), of(&config, "x.prod.example.com").as_str()), (0, "production/production"));
    assert!(load(sandbox.path("none.toml")).errors[0].message.ends_with("does not exist"));
    assert!(load("mine.toml".into()).errors[0].message.contains("no absolute path"));
    assert_eq!(load(PathBuf::new()).errors[0].message, "`broken` is no value of `level`");
}

#[test]
fn ten_thousand_rules_are_read_and_matched_in_no_time() {
    let rules = (0..10_000).map(|at| format!("  {{ host = \"db{at}.prod.example.com\" }},"));
    let rules = rules.collect::<Vec<_>>().join("\n");
    let sandbox = Sandbox::new().config(&format!("[environment.p]\nlevel = \"production\"\nmatch = [\n{rules}]\n"));
    let started = std::time::Instant::now();
    let config = load(&sandbox);
    assert_eq!(of(&config, "DB9999.prod.example.com"), "p/production");
    assert!(started.elapsed().as_secs() < 5, "the budget is for the release build; benches hold it");
    let Environment::Known(known) = config.rules.classify(&target("db9999.prod.example.com")) else { panic!() };
    let rule = known.rule.unwrap();
    assert_eq!((rule.line, rule.text.as_str()), (10_003, "host = \"db9999.prod.example.com\""));
}

#[test]
fn the_last_word_on_how_things_look_holds_key_by_key() {
    use dbguard::prompt::{Show, Style, Theme, Tint};
    let sandbox = Sandbox::new()
        .file("etc/config.toml", "[prompt]\nshow = \"always\"\nstyle = \"block\"\n[terminal]\ntint = \"background\"\n")
        .config("[prompt]\nshow = \"strict\"\n");
    let theme = load(&sandbox).theme;
    assert_eq!((theme.show, theme.style, theme.tint), (Show::Strict, Style::Block, Tint::Background));
    assert_eq!(load(&Sandbox::new()).theme, Theme::default());
    assert_eq!(load(&Sandbox::new().config("[prompt]\n[title]\n[terminal]\n")).theme, Theme::default());
}

#[test]
fn a_project_never_says_how_things_look_and_is_told_so() {
    use dbguard::prompt::Theme;
    let text = "[prompt]\nshow = \"never\"\n[title]\nformat = \"all is well\"\n[terminal]\ntint = \"none\"\n";
    let sandbox = Sandbox::new().file("work/.dbguard.toml", text);
    let places = places(&sandbox);
    let trusted = places.trust.clone().unwrap();
    for trust in [false, true] {
        if trust {
            trust::grant(&trusted, &sandbox.path("work/.dbguard.toml"), text).unwrap();
        }
        let config = config::load_from(&places);
        assert_eq!(config.theme, Theme::default());
        assert_eq!(config.errors, []);
        let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(warnings.len(), 3, "{warnings:?}");
        let file = sandbox.path("work/.dbguard.toml");
        let expected = format!(
            "warning: [prompt] does nothing in a project's file: how things look is for you to say\n --> {}:1:2\n  |\n\
             1 | [prompt]\n  |  ^^^^^^\n  = help: take it out, or put it into your own configuration",
            file.display()
        );
        assert_eq!(warnings[0], expected);
    }
}
