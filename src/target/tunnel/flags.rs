//! Command lines in the style of Go and Python tools: `--name value`, `--name=value`, `-n value`, `-nvalue`.
//!
//! Each tool gives the names of its options. An option that is not among them may or may not take the next word, so
//! that nothing after it is certain: such a command line is not read at all.

/// What a tool's options are called, without dashes. One dash and two mean the same.
pub(super) struct Names {
    /// Options that take a value.
    pub valued: &'static [&'static str],
    /// Options that take none, or only after `=`.
    pub switches: &'static [&'static str],
}

/// A command line that was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Flags<'a> {
    options: Vec<(&'a str, &'a str)>,
    /// What is not an option, in order.
    pub operands: Vec<&'a str>,
}

impl<'a> Flags<'a> {
    /// Reads the arguments; `None` when one is not known.
    pub(super) fn read(args: &'a [String], names: &Names) -> Option<Self> {
        let mut read = Self::default();
        let mut words = args.iter().map(String::as_str);
        while let Some(word) = words.next() {
            if word == "--" {
                read.operands.extend(words.by_ref());
            } else if !word.starts_with('-') || word == "-" {
                read.operands.push(word);
            } else {
                let option = option(word, names)?;
                let value = match option.value {
                    Value::Given(value) => value,
                    Value::Next => words.next()?,
                };
                read.options.push((option.name, value));
            }
        }
        Some(read)
    }

    /// The value of the last option of one of these names.
    pub(super) fn value(&self, names: &[&str]) -> Option<&'a str> {
        self.options.iter().rev().find(|(name, _)| names.contains(name)).map(|(_, value)| *value)
    }

    /// The values of every option of one of these names.
    pub(super) fn values(&self, names: &[&str]) -> Vec<&'a str> {
        self.options.iter().filter(|(name, _)| names.contains(name)).map(|(_, value)| *value).collect()
    }
}

struct Option_<'a> {
    name: &'a str,
    value: Value<'a>,
}

enum Value<'a> {
    Given(&'a str),
    Next,
}

fn option<'a>(word: &'a str, names: &Names) -> Option<Option_<'a>> {
    let bare = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
    let (name, given) = bare.split_once('=').map_or((bare, None), |(name, value)| (name, Some(value)));
    let valued = names.valued.contains(&name);
    if valued || names.switches.contains(&name) {
        let value = match given {
            Some(value) => Value::Given(value),
            None if valued => Value::Next,
            None => Value::Given(""),
        };
        return Some(Option_ { name, value });
    }
    // `-nvalue`, of options with one letter and one dash only.
    let letter = bare.get(..1)?;
    let joined = bare.get(1..)?;
    let short = !word.starts_with("--") && names.valued.contains(&letter);
    short.then_some(Option_ { name: letter, value: Value::Given(joined) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = Names { valued: &["n", "namespace", "context"], switches: &["v", "all"] };

    fn read(line: &str) -> Option<String> {
        let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let flags = Flags::read(&args, &NAMES)?;
        Some(format!("{:?} {:?}", flags.options, flags.operands))
    }

    #[test]
    fn options_are_read_in_every_form() {
        let table = [
            ("a --namespace db b", r#"[("namespace", "db")] ["a", "b"]"#),
            ("-n=db -nx -n y", r#"[("n", "db"), ("n", "x"), ("n", "y")] []"#),
            ("-context=prod --all a", r#"[("context", "prod"), ("all", "")] ["a"]"#),
            ("--all=false -v -- -n db", r#"[("all", "false"), ("v", "")] ["-n", "db"]"#),
        ];
        for (line, expected) in table {
            assert_eq!(read(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn an_option_that_is_not_known_makes_the_rest_uncertain() {
        for line in ["--unknown x", "-x", "-é", "--namespace", "-n", "--nvalue"] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
