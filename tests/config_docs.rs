//! `docs/CONFIG.md` is true: its examples can be used, and no key is missing from it.

use dbguard::config;

use crate::config_layers::places;
use crate::support::Sandbox;

const DOC: &str = include_str!("../docs/CONFIG.md");

fn examples() -> Vec<&'static str> {
    DOC.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_example_can_be_used_as_it_stands() {
    assert!(examples().len() >= 6);
    for example in examples() {
        let sandbox = Sandbox::new()
            .config(example)
            .file("home/.config/dbguard/team/dbguard.toml", "")
            .file("home/work/dbguard.toml", "");
        assert_eq!(config::load_from(&places(&sandbox)).errors, [], "{example}");
    }
}

#[test]
fn every_key_and_word_that_dbguard_knows_stands_in_the_reference() {
    let wrong = "zzzzzz = 1\nmode = \"zzzzzz\"\n[prompt]\nzzzzzz = 1\nshow = \"zzzzzz\"\nposition = \"zzzzzz\"\nstyle = \"zzzzzz\"\n\
                 format = \"{zzzzzz}\"\n[title]\nzzzzzz = 1\n[terminal]\nzzzzzz = 1\ntint = \"zzzzzz\"\ntab = { zzzzzz = 1 }\n\
                 [environment.x]\nzzzzzz = 1\nlevel = \"zzzzzz\"\ncolor = \"zzzzzz\"\nmatch = [{ zzzzzz = 1 }]\n\
                 policy = { zzzzzz = 1, confirm = { zzzzzz = 1, read = \"zzzzzz\" }, without_terminal = \"zzzzzz\", audit = \"zzzzzz\" }\n\
                 [tool.x]\nzzzzzz = 1\nstyle = \"zzzzzz\"\nunlisted = \"zzzzzz\"\ndriver = \"zzzzzz\"\n\
                 when = [{ zzzzzz = 1 }]\ndotenv = { zzzzzz = 1 }\nprobe = { zzzzzz = 1 }\nmigrations = { zzzzzz = 1 }\nengine = \"zzzzzz\"\ntarget = [\"zzzzzz\", \"file zzzzzz\"]";
    let config = config::load_from(&places(&Sandbox::new().config(wrong)));
    let lists: Vec<&str> =
        config.errors.iter().filter_map(|error| error.help.as_deref()?.strip_prefix("known: ")).collect();
    assert_eq!(lists.len(), 31);
    for word in lists.iter().flat_map(|list| list.split(", ")).filter(|word| !word.starts_with("bright-")) {
        let told = DOC.contains(&format!("`{word}`"))
            || DOC.contains(&format!("\"{word}\""))
            || DOC.contains(&format!("`{{{word}}}`"))
            || DOC.contains(&format!("[{word}"));
        assert!(told, "`{word}` is missing from docs/CONFIG.md");
    }
}

#[test]
fn the_table_of_defaults_is_that_of_the_program() {
    use dbguard::environment::Level;
    use dbguard::policy::Policy;
    let row = |what: &str, cell: &dyn Fn(&Policy) -> String| {
        let of = |level| cell(&Policy::of_level(level));
        let row =
            format!("| {what} | {} | {} | {} |", of(Level::Production), of(Level::Staging), of(Level::Development));
        assert!(DOC.contains(&row), "{row}");
    };
    row("`confirm` read, write, destroy", &|p| format!("{}, {}, {}", p.read.word(), p.write.word(), p.destroy.word()));
    row("`read_only`", &|p| p.read_only.to_string());
    row("`without_terminal`", &|p| p.without_terminal.word().to_owned());
    row("`audit`", &|p| p.audit.word().to_owned());
    row("`tokens`", &|p| p.tokens.to_string());
}
