//! The help: what is said when a command line is wrong, and what the statuses mean.

use crate::support::Sandbox;

#[test]
fn a_typo_is_answered_with_what_was_probably_meant() {
    let sandbox = Sandbox::new();
    for (typed, meant) in [
        (&["explian"][..], "'explain'"),
        (&["log", "verfiy"], "'verify'"),
        (&["config", "chek"], "'check'"),
        (&["scan", "--jsno", "x"], "'--json'"),
        (&["env", "add", "x", "--lvel"], "'--level'"),
        (&["init", "bsh"], "'bash'"),
        (&["psqlrc", "instal"], "'install'"),
        (&["setup", "--dry"], "'--dry-run'"),
    ] {
        let output = sandbox.run(typed).output();
        assert_eq!((output.code, output.out().as_str()), (2, ""), "{typed:?}");
        let err = output.err();
        assert!(err.contains("tip: ") && err.contains(meant), "{typed:?}: {err}");
    }
}

/// The words of each verb, and of each verb of a verb, as the help lists them.
fn verbs(sandbox: &Sandbox) -> Vec<Vec<String>> {
    let below = |words: &[String]| -> Vec<Vec<String>> {
        let asked = words.iter().map(String::as_str).chain(["--help"]);
        let help = sandbox.run(asked).output().out();
        let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
        let names = list.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
        names.map(|name| [words, &[name.to_owned()]].concat()).collect()
    };
    let first = below(&[]);
    assert!(first.len() >= 15, "{first:?}");
    let second: Vec<Vec<String>> = first.iter().flat_map(|verb| below(verb)).collect();
    assert!(second.len() >= 10, "{second:?}");
    [vec![Vec::new()], first, second].concat()
}

#[test]
fn every_help_fits_into_eighty_columns_and_ends_with_an_example() {
    let sandbox = Sandbox::new();
    let mut wrong = Vec::new();
    for verb in verbs(&sandbox) {
        let help = sandbox.run(verb.iter().map(String::as_str).chain(["--help"])).output().out();
        let named = verb.join(" ");
        wrong.extend(help.lines().filter(|line| line.chars().count() > 80).map(|line| format!("{named}: {line}")));
        let leaf = !help.contains("\nCommands:\n");
        // Of `init` the code is evaluated.
        let shown =
            help.contains(&format!("\nExample: dbguard {named}")) || help.contains("\nExample: eval \"$(dbguard");
        if leaf && !shown {
            wrong.push(format!("{named}: no example"));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_help_says_what_the_exit_statuses_mean() {
    let sandbox = Sandbox::new();
    let help = sandbox.run(["--help"]).output().out().replace('\n', " ");
    for status in [
        "0 it was done",
        "1 the answer is no",
        "2 the command line is wrong",
        "125 it was refused",
        "126 the tool",
        "127 it was",
    ] {
        assert!(help.contains(status), "{status} is not in {help}");
    }
}

#[test]
fn a_missing_word_is_named_before_the_help_is_shown() {
    let sandbox = Sandbox::new();
    for (typed, said) in [
        (&["psqlrc"][..], "dbguard: a verb is missing\n\nUsage: dbguard psqlrc <COMMAND>\n"),
        (&["env", "add"], "dbguard: the following required arguments were not provided:\n  <NAME>\n"),
        (&["rehearse", "-f", "nowhere.sql"], "dbguard: `nowhere.sql` is not there, or cannot be read\n"),
    ] {
        let output = sandbox.run(typed).output();
        assert_eq!((output.code, output.out().as_str()), (2, ""), "{typed:?}");
        assert!(output.err().starts_with(said), "{typed:?}: {}", output.err());
    }
}

#[test]
fn a_line_that_hides_a_password_says_so_where_it_is_to_be_typed_again() {
    let sandbox = Sandbox::new().fake("redis-cli");
    let said = sandbox.run(["run", "--", "redis-cli", "-h", "r.example.com", "FLUSHALL"]).output();
    let hint = "at a terminal: dbguard allow --once -- redis-cli '***'\n  *** hides what may be a password: type it as it was\n";
    assert_eq!(said.code, 125);
    assert!(said.err().contains(hint), "{}", said.err());
}
