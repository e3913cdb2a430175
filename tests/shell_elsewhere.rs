//! The label in somebody else's prompt: what the guide gives for starship and oh-my-posh, run as it stands there.

use std::fs;

use crate::shell_first::{dialects, world};
use crate::support::Sandbox;

const SAID: &str = "▲ PRODUCTION db.prod.demo/app";

/// The first block in this language behind these words of the guide.
fn snippet(words: &str, language: &str) -> String {
    let guide = include_str!("../docs/GUIDE.md").split_once(words).expect("the guide has it").1;
    let block = guide.split_once(&format!("```{language}\n")).expect("a block follows").1;
    block.split_once("```").expect("it ends").0.to_owned()
}

/// A world where the shell's own prompt is left alone, as the guide has it.
fn switched_off() -> Sandbox {
    let sandbox = world();
    let file = sandbox.path("home/.config/dbguard/config.toml");
    let config = fs::read_to_string(&file).unwrap() + &snippet("To have it elsewhere", "toml");
    sandbox.config(&config)
}

#[test]
fn switched_off_as_the_guide_says_no_shell_shows_it_and_the_program_still_tells() {
    for dialect in dialects() {
        let sandbox = switched_off();
        assert_eq!(dialect.first(&sandbox, dialect.init, "").0, "ready> ", "{}", dialect.shell);
        sandbox.run(["prompt"]).stdout(format!("{SAID}\n")).status(0);
    }
}

#[test]
fn the_guides_module_for_starship_prints_the_words() {
    let text = snippet("**starship**", "toml");
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
        line.expect("the module has it").trim_matches(['[', ']', '"'])
    };
    assert_eq!(value("when"), "true");
    let sandbox = switched_off();
    // starship hands the command to this shell by its standard input (starship, Custom commands, `use_stdin`).
    let run = sandbox.tool(value("shell"), [""; 0]).stdin(value("command"));
    run.stdout(format!("{SAID}\n")).status(0);
    // Where there is starship itself.
    let format = "format = \"${custom.dbguard}\"\nadd_newline = false\n";
    let sandbox = sandbox.file("home/.config/starship.toml", format!("{format}{text}"));
    let shown = sandbox.tool("sh", ["-c", "command -v starship >/dev/null || exit 42; exec starship prompt"]).output();
    assert!(shown.code == 42 || shown.out().contains(SAID), "{shown:?}");
}

#[test]
fn the_guides_function_for_oh_my_posh_fills_its_var() {
    let function = snippet("**oh-my-posh**", "sh");
    let line = format!("{function}\nset_poshcontext; printenv DBGUARD_TEXT");
    switched_off().tool("sh", ["-c", &line]).stdout(format!("{SAID}\n")).status(0);
}
