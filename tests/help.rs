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

#[test]
fn the_help_says_what_the_exit_statuses_mean_and_fits_its_columns() {
    let sandbox = Sandbox::new();
    let help = sandbox.run(["--help"]).output().out();
    for status in
        ["0 it was done", "1 the answer\nis no", "2 the command line is wrong", "125 it was refused", "126 and 127"]
    {
        assert!(help.contains(status), "{status} is not in {help}");
    }
    assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
}
