//! The manual page of each verb, made of what `dbguard(1)` and the help say: one text, several projections.
//!
//! Only compiled for tests. The pages are committed; `DBGUARD_TEST_BLESS=1 cargo test --lib manual` writes them anew.

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;
    use std::fs;
    use std::path::{Path, PathBuf};

    use clap::{Command, CommandFactory as _};

    use super::super::args::Arguments;

    fn directory() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/man")
    }

    /// A section of the main page, without its head.
    fn section(main: &str, name: &str) -> String {
        let rest = main.split(&format!("\n.Sh {name}\n")).nth(1).unwrap();
        rest.split("\n.Sh ").next().unwrap().trim_end().to_owned()
    }

    /// The items of the section on verbs that are about this one, as they stand there.
    fn items(main: &str, verb: &str) -> String {
        let mut counts = false;
        let mut text = String::new();
        let verbs = section(main, "VERBS");
        let inside = verbs.strip_prefix(".Bl -tag -width Ds\n").unwrap().strip_suffix("\n.El").unwrap();
        for line in inside.lines() {
            if let Some(item) = line.strip_prefix(".It Ic ") {
                counts = item.split(' ').next() == Some(verb);
            }
            if counts {
                let _ = writeln!(text, "{line}");
            }
        }
        text
    }

    /// What stands behind `Example: ` in the help of a verb and of those below it.
    fn examples(command: &Command, found: &mut Vec<String>) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        found.extend(help.lines().filter_map(|line| line.strip_prefix("Example: ")).map(ToOwned::to_owned));
        command.get_subcommands().for_each(|below| examples(below, found));
    }

    /// Text as a line of mdoc.
    fn escaped(text: &str) -> String {
        let text = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('`', "\\(ga");
        text.replace('"', "\\(dq").replace('~', "\\(ti")
    }

    fn page(main: &str, verb: &Command) -> String {
        let name = verb.get_name();
        let mut about = verb.get_about().unwrap().to_string().replace('`', "");
        about.replace_range(..1, &about[..1].to_lowercase());
        let mut shown = Vec::new();
        examples(verb, &mut shown);
        assert!(!shown.is_empty(), "{name} has no example");
        let mut told = BTreeSet::new();
        shown.retain(|example| told.insert(example.clone()));
        let date = main.lines().next().unwrap();
        let mut text = format!(
            "{date}\n.Dt DBGUARD-{} 1\n.Os\n.Sh NAME\n.Nm dbguard-{name}\n.Nd {about}\n.Sh SYNOPSIS\n.Nm dbguard\n.Ar {name}\n\
         .Op Ar option ...\n.Op Ar argument ...\n.Sh DESCRIPTION\n.Bl -tag -width Ds\n",
            name.to_uppercase(),
        );
        text += &items(main, name);
        let _ = write!(text, ".El\n.Sh EXIT STATUS\n{}\n.Sh EXAMPLES\n", section(main, "EXIT STATUS"));
        for (at, example) in shown.iter().enumerate() {
            let _ = writeln!(text, "{}.Dl {}", if at > 0 { ".Pp\n" } else { "" }, escaped(example));
        }
        text += ".Sh SEE ALSO\n.Xr dbguard 1 ,\n.Xr dbguard.toml 5\n";
        // Nothing but the main page has to say that it is a guard rail, and what it reads.
        text.replace(".Nm Ns 's", "dbguard's").replace("\n.Nm\n", "\ndbguard\n").replace("\n.Nm ,\n", "\ndbguard,\n")
    }

    #[test]
    fn each_verb_has_a_page_that_says_what_the_manual_and_the_help_say() {
        let main = fs::read_to_string(directory().join("dbguard.1")).unwrap();
        let mut wrong = Vec::new();
        let mut expected = BTreeSet::from(["dbguard.1".to_owned(), "dbguard.toml.5".to_owned()]);
        for verb in Arguments::command().get_subcommands().filter(|verb| !verb.is_hide_set()) {
            let file = format!("dbguard-{}.1", verb.get_name());
            let page = page(&main, verb);
            if std::env::var_os("DBGUARD_TEST_BLESS").is_some() {
                fs::write(directory().join(&file), &page).unwrap();
            }
            if fs::read_to_string(directory().join(&file)).unwrap_or_default() != page {
                wrong.push(file.clone());
            }
            expected.insert(file);
        }
        let there: BTreeSet<String> =
            fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert!(wrong.is_empty(), "outdated, DBGUARD_TEST_BLESS=1 cargo test --lib manual writes them: {wrong:?}");
        assert_eq!(there, expected);
    }

    #[test]
    fn every_help_ends_with_an_example_that_can_be_typed() {
        fn walk(command: &Command, path: &str, wrong: &mut Vec<String>) {
            let mut shown = Vec::new();
            examples(command, &mut shown);
            let own = command.get_after_help().is_some_and(|help| help.to_string().contains("Example"));
            if !own || !shown.iter().any(|line| line.contains("dbguard ")) {
                wrong.push(path.to_owned());
            }
            command.get_subcommands().for_each(|below| walk(below, &format!("{path} {}", below.get_name()), wrong));
        }
        let mut wrong = Vec::new();
        Arguments::command().get_subcommands().for_each(|verb| walk(verb, verb.get_name(), &mut wrong));
        assert!(wrong.is_empty(), "without an example: {wrong:?}");
    }
}
