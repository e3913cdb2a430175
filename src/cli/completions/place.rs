//! Where on the command line somebody pressed TAB: at a value of which option, or at which word of which verb.
//!
//! It reads the words as clap would, from clap's own definitions, and knows nothing of what could stand there.

use std::ffi::{OsStr, OsString};

use clap::Command;

/// Where the last word stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The verb, as it is typed: `env show`.
    pub(super) verb: String,
    /// The option whose value it is, by its long name without dashes, or by its letter; else it is the verb's first word.
    pub(super) option: Option<String>,
}

/// The place of the last of these words; `None` where no value stands that depends on this machine: an option, a verb,
/// a second word.
pub(super) fn place(root: &Command, words: &[OsString]) -> Option<Place> {
    let words = joined(words);
    let (last, before) = words.split_last()?;
    let mut walk = Walk { command: root, verb: Vec::new(), option: None, operands: 0, options_end: false };
    for word in before {
        walk.pass(word);
    }
    let verb = walk.verb.join(" ");
    if let Some(option) = walk.option {
        return Some(Place { verb, option: Some(option) });
    }
    if last.starts_with('-') && !walk.options_end {
        let (name, _) = last.split_once('=')?;
        return Some(Place { verb, option: Some(takes_value(walk.command, name)?) });
    }
    (walk.operands == 0 && walk.command.get_positionals().next().is_some()).then_some(Place { verb, option: None })
}

/// Bash takes `--env=pro` apart at the equals sign: three words, of which the last may be missing.
fn joined(words: &[OsString]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut glue = false;
    for word in words.iter().map(|word| word.to_string_lossy()) {
        match out.last_mut() {
            Some(option) if glue || (word == "=" && option.starts_with("--") && option.len() > 2) => {
                option.push_str(&word);
                glue = !glue;
            }
            _ => out.push(word.into_owned()),
        }
    }
    out
}

/// What the words so far have come to.
struct Walk<'c> {
    command: &'c Command,
    verb: Vec<&'c str>,
    option: Option<String>,
    operands: usize,
    options_end: bool,
}

impl Walk<'_> {
    fn pass(&mut self, word: &str) {
        if self.option.take().is_some() {
            return;
        }
        if self.options_end || !word.starts_with('-') {
            match self.command.find_subcommand(OsStr::new(word)) {
                Some(below) if self.operands == 0 && !self.options_end => {
                    self.command = below;
                    self.verb.push(below.get_name());
                }
                _ => self.operands += 1,
            }
        } else if word == "--" {
            self.options_end = true;
        } else {
            self.option = takes_value(self.command, word);
        }
    }
}

/// The option of this name, if a value follows it.
fn takes_value(command: &Command, word: &str) -> Option<String> {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
    let mut options = command.get_opts().filter(|option| option.get_action().takes_values());
    options.find_map(|option| {
        let long = option.get_long().filter(|long| *long == name).map(str::to_owned);
        long.or_else(|| option.get_short().map(String::from).filter(|short| short == name))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::args::Arguments;

    /// The place of the last word as `env show` or `log --env`; `-` for none.
    fn at(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        match place(&Arguments::command(), &words) {
            None => "-".to_owned(),
            Some(Place { verb, option: None }) => verb,
            Some(Place { verb, option: Some(option) }) => format!("{verb} --{option}"),
        }
    }

    #[test]
    fn the_first_word_of_a_verb_is_a_place() {
        assert_eq!(at("env show "), "env show");
        assert_eq!(at("env show --json pro"), "env show");
        assert_eq!(at("run -- ps"), "run");
        assert_eq!(at("allow --for 10m --once -- ps"), "allow");
    }

    #[test]
    fn the_value_of_an_option_is_a_place_however_it_is_written() {
        for line in
            ["log --env ", "log --env pro", "log --env=pro", "log --env = pro", "log --env =", "log -n 3 --env pro"]
        {
            assert_eq!(at(line), "log --env", "{line}");
        }
        assert_eq!(at("log -n "), "log --n");
    }

    #[test]
    fn verbs_options_and_second_words_are_none() {
        for line in [
            "",
            "env",
            "env ",
            "env sho",
            "env show --js",
            "env show production ",
            "log",
            "log sho",
            "log --e",
            "sessions ",
        ] {
            assert_eq!(at(line), "-", "{line}");
        }
        assert_eq!(at("run psql -h "), "-");
        assert_eq!(at("run -- psql env "), "-");
    }
}
