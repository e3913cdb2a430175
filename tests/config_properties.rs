//! Properties of the configuration, over generated worlds: what is added never loosens.
//!
//! The generator is a small multiplicative one with a fixed seed; `DBGUARD_TEST_SEED` gives another.

use std::fmt::Write as _;

use dbguard::config::{self, Config, trust};
use dbguard::environment::{Environment, Level};
use dbguard::policy::Policy;
use dbguard::target::{Endpoint, Field, Origin, Target, Via};

use crate::config_layers::{places, target};
use crate::support::Sandbox;

struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let seed = std::env::var("DBGUARD_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
        eprintln!("DBGUARD_TEST_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const ENTRIES: &[&str] = &[
    "host = \"db1\"",
    "host = \"*.example.com\"",
    "host = \"*.prod.example.com\"",
    "host = \"localhost\"",
    "host = \"10.0.0.0/8\"",
    "host = \"db1\", dbname = \"app\"",
    "host = \"db1\", dbname = \"other\"",
    "dbname = \"app\"",
    "port = 5432",
    "user = \"alice\"",
    "host = \"db1\", server = \"1\"",
    "service = \"s\"",
];
const POLICIES: &[&str] = &[
    "",
    "policy = { confirm = \"none\" }",
    "policy = { confirm = \"environment\", read_only = false }",
    "policy = { tokens = false, audit = \"warn\" }",
    "policy = { without_terminal = \"run\", read_only = true }",
];

/// A file with some of a few environments, so that files speak of the same ones.
fn file(dice: &mut Dice) -> String {
    let mut text = String::new();
    for name in ["a", "b", "local"] {
        if dice.below(3) == 0 {
            continue;
        }
        let level = dice.one(&["development", "staging", "production"]);
        let entries: Vec<String> = (0..dice.below(3)).map(|_| format!("{{ {} }}", dice.one(ENTRIES))).collect();
        let (policy, entries) = (dice.one(POLICIES), entries.join(", "));
        let _ = write!(text, "[environment.{name}]\nlevel = \"{level}\"\nmatch = [{entries}]\n{policy}\n");
    }
    if dice.below(3) == 0 {
        let _ = write!(text, "[environment.unknown]\n{}\n", dice.one(POLICIES));
    }
    text
}

fn targets() -> Vec<Target> {
    let mut all: Vec<Target> =
        ["db1", "x.example.com", "x.prod.example.com", "localhost", "10.1.1.1", "/tmp", "elsewhere"].map(target).into();
    let given = |text: &str| Field::new(text.into(), Origin::Argument(1));
    let mut multi = target("db1");
    multi.hosts.extend(target("x.example.com").hosts);
    let to = Some(Endpoint { names: vec!["db1".to_owned()], port: None });
    let tunnel = Target { via: Some(Via { program: "ssh".to_owned(), pid: 1, to }), ..target("localhost") };
    let mut address = target("x.example.com");
    address.hosts[0].hostaddr = Some(given("10.1.1.1"));
    all.extend([multi, tunnel, address]);
    all.push(Target { every_database: true, ..target("db1") });
    all.push(Target { dbname: None, user: None, ..target("db1") });
    all.push(Target { affects: vec![given("other")], ..target("db1") });
    all.push(Target { service: Some(given("s")), ..target("db1") });
    all
}

fn at_least(policy: &Policy, other: &Policy) -> bool {
    policy.strictest(other) == *policy
}

/// Nothing that was known became laxer. What was unknown may have been named, where `may_name`.
fn never_loosened(before: &Config, after: &Config, may_name: bool, what: &str) {
    for target in targets() {
        let (was, is) = (before.rules.classify(&target), after.rules.classify(&target));
        if matches!(was, Environment::Unknown { .. }) && may_name {
            continue;
        }
        assert!(is.level() >= was.level(), "{what}\n{target:?}\n{was:?}\n{is:?}");
        let (was, is) = (before.policy(&was), after.policy(&is));
        assert!(at_least(&is, &was), "{what}\n{target:?}\n{was:?}\n{is:?}");
    }
}

const USER: &str = "home/.config/dbguard/config.toml";

#[test]
fn a_layer_more_never_loosens() {
    let mut dice = Dice::new();
    for _ in 0..150 {
        let (system, user) = (file(&mut dice), file(&mut dice));
        let sandbox = Sandbox::new().file("etc/config.toml", &system);
        let before = config::load_from(&places(&sandbox));
        let sandbox = sandbox.file(USER, &user);
        let after = config::load_from(&places(&sandbox));
        assert_eq!(after.errors, []);
        never_loosened(&before, &after, true, &format!("{system}\n---\n{user}"));
    }
}

#[test]
fn an_untrusted_project_never_loosens_and_names_nothing_laxer_than_unknown() {
    let mut dice = Dice::new();
    for _ in 0..150 {
        let (user, project) = (file(&mut dice), file(&mut dice));
        let sandbox = Sandbox::new().file(USER, &user);
        let before = config::load_from(&places(&sandbox));
        let sandbox = sandbox.file("work/.dbguard.toml", &project);
        let after = config::load_from(&places(&sandbox));
        never_loosened(&before, &after, false, &format!("{user}\n---\n{project}"));
    }
}

#[test]
fn a_trusted_project_is_a_layer_like_any_other() {
    let mut dice = Dice::new();
    for _ in 0..50 {
        let (user, project) = (file(&mut dice), file(&mut dice));
        let sandbox = Sandbox::new().file(USER, &user).file("work/.dbguard.toml", &project);
        let store = sandbox.path("home/.local/state/dbguard/trust");
        trust::grant(&store, &sandbox.path("work/.dbguard.toml"), &project).unwrap();
        let trusted = config::load_from(&places(&sandbox));
        let alone = Sandbox::new().file(USER, &user);
        never_loosened(&config::load_from(&places(&alone)), &trusted, true, &format!("{user}\n---\n{project}"));
    }
}

#[test]
fn a_file_that_breaks_never_loosens() {
    let mut dice = Dice::new();
    for _ in 0..100 {
        let (system, user) = (file(&mut dice), file(&mut dice));
        let sandbox = Sandbox::new().file("etc/config.toml", &system).file(USER, &user);
        let before = config::load_from(&places(&sandbox));
        let broken = if dice.below(2) == 0 { format!("{user}\n[environment.local") } else { format!("{user}\n[x]") };
        let sandbox = sandbox.file(USER, &broken);
        let after = config::load_from(&places(&sandbox));
        assert!(after.trouble.is_some());
        for target in targets() {
            let (was, is) = (before.rules.classify(&target), after.rules.classify(&target));
            let local = matches!(&is, Environment::Known(known) if known.level < Level::Production);
            assert!(is.level() >= was.level() || (local && !after.local_in_doubt), "{broken}\n{was:?}\n{is:?}");
        }
    }
}

#[test]
fn a_rule_more_in_one_file_never_loosens() {
    let mut dice = Dice::new();
    for _ in 0..150 {
        let user = file(&mut dice);
        let more = format!(
            "{user}\n[environment.more]\nlevel = \"{}\"\nmatch = [{{ {} }}]\n{}\n",
            dice.one(&["development", "staging", "production"]),
            dice.one(ENTRIES),
            dice.one(POLICIES)
        );
        let sandbox = Sandbox::new().file(USER, &user);
        let before = config::load_from(&places(&sandbox));
        let sandbox = sandbox.file(USER, &more);
        never_loosened(&before, &config::load_from(&places(&sandbox)), true, &more);
    }
}
