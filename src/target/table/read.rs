//! The TOML of an entry of the table.
//!
//! What is wrong is collected with its place, all at once. Nothing is read here but the text of the entry.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::effect::Effect;
use super::entry::{Bound, Dotenv, Entry, Fault, Known, Language, Probe, READERS, Scripts, Step, Style, When};
use crate::target::Engine;
use crate::target::project::Driver;

type Value<'d> = Spanned<DeValue<'d>>;

const KEYS: &[&str] = &[
    "style",
    "words",
    "only",
    "several",
    "assigns",
    "first",
    "shortens",
    "folds",
    "pgoptions",
    "up",
    "default",
    "options",
    "none",
    "read",
    "touch",
    "write",
    "destroy",
    "unknown",
    "unlisted",
    "when",
    "driver",
    "dotenv",
    "set",
    "target",
    "also",
    "hints",
    "maintenance",
    "named",
    "every",
    "own_name",
    "migrations",
    "engine",
    "operand",
    "probe",
];

const DRIVERS: [(&str, Driver); 5] =
    [("libpq", Driver::Libpq), ("node", Driver::Node), ("pq", Driver::Pq), ("own", Driver::Own), ("any", Driver::Any)];

const ENGINES: [(&str, Engine); 6] = [
    ("postgresql", Engine::Postgresql),
    ("mysql", Engine::Mysql),
    ("redis", Engine::Redis),
    ("mongodb", Engine::Mongodb),
    ("sqlserver", Engine::Sqlserver),
    ("service", Engine::Service),
];

impl Entry {
    /// Reads an entry; every fault at once.
    pub(super) fn parse(table: &DeTable<'_>) -> Result<Self, Vec<Fault>> {
        let mut reading = Reading { faults: Vec::new() };
        let entry = reading.entry(table);
        if reading.faults.is_empty() { Ok(entry) } else { Err(reading.faults) }
    }
}

struct Reading {
    faults: Vec<Fault>,
}

impl Reading {
    fn entry(&mut self, table: &DeTable<'_>) -> Entry {
        let mut entry = Entry::empty();
        for (key, value) in table {
            let styles = [("gnu", Style::Gnu), ("go", Style::Go), ("keys", Style::Keys), ("symfony", Style::Symfony)];
            match key.get_ref().as_ref() {
                "style" => entry.style = self.word(value, &styles).unwrap_or(Style::Gnu),
                "words" => entry.words = self.number(value),
                "only" => entry.only = self.yes(value),
                "several" => entry.several = self.yes(value),
                "assigns" => entry.assigns = self.yes(value),
                "first" => entry.first = self.yes(value),
                "shortens" => entry.shortens = self.yes(value),
                "folds" => entry.folds = self.yes(value),
                "pgoptions" => entry.pgoptions = self.yes(value),
                "up" => entry.up = self.yes(value),
                "default" => entry.default = Some(self.text(value)),
                "options" => entry.options = self.options(value),
                "unlisted" => entry.unlisted = self.word(value, &Effect::WORDS).unwrap_or(Effect::Unknown),
                "when" => entry.when = self.whens(value),
                "driver" => entry.driver = self.word(value, &DRIVERS).unwrap_or(Driver::Any),
                "dotenv" => entry.dotenv = self.dotenv(value),
                "set" => entry.set = self.pairs(value),
                "target" => entry.target = self.steps(value),
                "also" => entry.also = self.steps(value),
                "hints" => entry.hints = words(&self.text(value)),
                "named" => entry.named = commands(&self.text(value)),
                "every" => entry.every = Some(self.text(value)),
                "own_name" => entry.own_name = self.yes(value),
                "engine" => entry.engine = self.word(value, &ENGINES).unwrap_or(Engine::Postgresql),
                "operand" => entry.operand = self.yes(value),
                "migrations" => entry.migrations = self.migrations(value),
                "probe" => entry.probe = self.probe(value),
                "maintenance" => entry.maintenance = commands(&self.text(value)),
                word => match Effect::WORDS.into_iter().find(|(name, _)| *name == word) {
                    Some((_, effect)) => {
                        let named = commands(&self.text(value)).into_iter().map(|command| (command, effect));
                        entry.commands.extend(named);
                    }
                    None => self.unknown(key.span(), format!("unknown key `{word}` in a tool"), word, KEYS),
                },
            }
        }
        entry
    }

    fn fault(&mut self, at: Range<usize>, message: impl Into<String>) {
        self.faults.push(Fault { at, message: message.into(), word: String::new(), known: Vec::new() });
    }

    /// A word that is not one of these.
    fn unknown(&mut self, at: Range<usize>, message: String, word: &str, known: &[&'static str]) {
        self.faults.push(Fault { at, message, word: word.to_owned(), known: known.to_vec() });
    }

    fn text(&mut self, value: &Value<'_>) -> String {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.fault(value.span(), "this must be a string");
        }
        text.unwrap_or_default().to_owned()
    }

    fn yes(&mut self, value: &Value<'_>) -> bool {
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.fault(value.span(), "this must be true or false");
            false
        })
    }

    fn number(&mut self, value: &Value<'_>) -> usize {
        let number = value.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
        number.filter(|number| *number < 10).unwrap_or_else(|| {
            self.fault(value.span(), "this must be a number below 10");
            1
        })
    }

    fn word<T: Copy>(&mut self, value: &Value<'_>, known: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(value);
        let found = known.iter().find(|(name, _)| *name == text).map(|(_, found)| *found);
        if found.is_none() {
            let names: Vec<&'static str> = known.iter().map(|(name, _)| *name).collect();
            self.unknown(value.span(), format!("`{text}` is not known here"), &text, &names);
        }
        found
    }

    /// `"-u|--url= -v|--verbose"`: spellings, the name last, `=` behind one that takes a value.
    fn options(&mut self, value: &Value<'_>) -> Vec<Known> {
        let mut options = Vec::new();
        for word in words(&self.text(value)) {
            let (takes, joined) = (word.ends_with('='), word.ends_with("?="));
            let spellings: Vec<String> = word
                .trim_end_matches('=')
                .trim_end_matches(if joined { '?' } else { '=' })
                .split('|')
                .map(str::to_owned)
                .collect();
            if spellings.iter().any(|spelling| !spelling.starts_with('-') || spelling.contains('=')) {
                self.fault(value.span(), format!("`{word}` is no option: write `-u|--url=`, or without `=`"));
            }
            options.push(Known { spellings, value: takes && !joined, joined });
        }
        options
    }

    fn tables<'a, 'd>(&mut self, value: &'a Value<'d>) -> Vec<&'a DeTable<'d>> {
        let list = value.get_ref().as_array();
        let tables = list.map(|list| list.iter().filter_map(|value| value.get_ref().as_table()).collect());
        tables.unwrap_or_else(|| {
            self.fault(value.span(), "this must be a list of tables");
            Vec::new()
        })
    }

    fn whens(&mut self, value: &Value<'_>) -> Vec<When> {
        self.tables(value).into_iter().map(|table| self.when(table)).collect()
    }

    fn when(&mut self, table: &DeTable<'_>) -> When {
        let mut when = When {
            options: Vec::new(),
            value: None,
            argument: None,
            on: Vec::new(),
            effect: Effect::Unknown,
            bound: Bound::Exactly,
        };
        for (key, value) in table {
            let bound = match key.get_ref().as_ref() {
                "option" => {
                    when.options = words(&self.text(value));
                    continue;
                }
                "value" => {
                    when.value = Some(self.text(value));
                    continue;
                }
                "argument" => {
                    when.argument = Some(self.number(value));
                    continue;
                }
                "on" => {
                    when.on = commands(&self.text(value));
                    continue;
                }
                "effect" => Bound::Exactly,
                "at_most" => Bound::AtMost,
                "at_least" => Bound::AtLeast,
                other => {
                    let known = ["option", "value", "argument", "on", "effect", "at_most", "at_least"];
                    self.unknown(key.span(), format!("unknown key `{other}` in `when`"), other, &known);
                    continue;
                }
            };
            when.bound = bound;
            when.effect = self.word(value, &Effect::WORDS).unwrap_or(Effect::Unknown);
        }
        when
    }

    /// A string, or a table with more.
    fn dotenv(&mut self, value: &Value<'_>) -> Dotenv {
        let Some(table) = value.get_ref().as_table() else {
            return Dotenv { files: words(&self.text(value)), ..Dotenv::default() };
        };
        let mut dotenv = Dotenv::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "files" => dotenv.files = words(&self.text(value)),
                "option" => dotenv.option = Some(self.text(value)),
                "apart" => dotenv.apart = self.yes(value),
                "one" => dotenv.one = self.yes(value),
                "off" => dotenv.off = Some(self.text(value)),
                "needs" => {
                    let text = self.text(value);
                    let (file, part) = text.split_once(' ').unwrap_or((&text, ""));
                    dotenv.needs = Some((file.to_owned(), part.to_owned()));
                }
                other => {
                    let known = ["files", "option", "apart", "one", "off", "needs"];
                    self.unknown(key.span(), format!("unknown key `{other}` in `dotenv`"), other, &known);
                }
            }
        }
        dotenv
    }

    fn migrations(&mut self, value: &Value<'_>) -> Option<Scripts> {
        let Some(table) = value.get_ref().as_table() else {
            self.fault(value.span(), "this must be a table: { dir = \"migrations\", up = \"*.sql\", on = \"up\" }");
            return None;
        };
        let mut scripts = Scripts::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "dir" => scripts.dir = words(&self.text(value)),
                "up" => scripts.up = words(&self.text(value)),
                "down" => scripts.down = words(&self.text(value)),
                "up_mark" => scripts.up_mark = Some(self.text(value)),
                "down_mark" => scripts.down_mark = Some(self.text(value)),
                "on" => scripts.on = commands(&self.text(value)),
                "undo" => scripts.undo = commands(&self.text(value)),
                "applied" => scripts.applied = self.identifiers(value),
                "unless" => scripts.unless = words(&self.text(value)),
                other => {
                    let known = ["dir", "up", "down", "up_mark", "down_mark", "on", "undo", "applied", "unless"];
                    self.unknown(key.span(), format!("unknown key `{other}` in `migrations`"), other, &known);
                }
            }
        }
        Some(scripts)
    }

    /// A table and its columns: names alone, since they become part of a query.
    fn identifiers(&mut self, value: &Value<'_>) -> Vec<String> {
        let names = words(&self.text(value));
        let tame = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        let how = names.get(3).is_none_or(|how| ["every", "newest", "plan", "versions"].contains(&how.as_str()));
        if !(2..=4).contains(&names.len()) || !names.iter().all(tame) || !how {
            self.fault(value.span(), "this must be a table, its column, and a column that must be true, if any");
            return Vec::new();
        }
        names
    }

    /// `{ python = "{} current", keep = "config name" }`.
    fn probe(&mut self, value: &Value<'_>) -> Option<Probe> {
        let Some(table) = value.get_ref().as_table() else {
            self.fault(value.span(), "this must be a table: { python = \"{} current\", keep = \"config\" }");
            return None;
        };
        let (mut found, mut keep) = (None, Vec::new());
        for (key, value) in table {
            let language = match key.get_ref().as_ref() {
                "keep" => {
                    keep = words(&self.text(value));
                    continue;
                }
                "python" => Language::Python,
                "node" => Language::Node,
                other => {
                    let known = ["python", "node", "keep"];
                    self.unknown(key.span(), format!("unknown key `{other}` in `probe`"), other, &known);
                    continue;
                }
            };
            found = Some((language, words(&self.text(value))));
        }
        found.map(|(language, words)| Probe { language, words, keep })
    }

    fn pairs(&mut self, value: &Value<'_>) -> Vec<(String, String)> {
        let Some(table) = value.get_ref().as_table() else {
            self.fault(value.span(), "this must be a table: { VAR = \"option\" }");
            return Vec::new();
        };
        table.iter().map(|(key, value)| (key.get_ref().to_string(), self.text(value))).collect()
    }

    fn steps(&mut self, value: &Value<'_>) -> Vec<Step> {
        let Some(list) = value.get_ref().as_array() else {
            self.fault(value.span(), "this must be a list: [\"option url\", \"var DATABASE_URL\"]");
            return Vec::new();
        };
        list.iter().filter_map(|value| self.step(value)).collect()
    }

    fn step(&mut self, value: &Value<'_>) -> Option<Step> {
        let text = self.text(value);
        value.get_ref().as_str()?; // complained about
        let words: Vec<&str> = text.split(' ').collect();
        let step = match words.as_slice() {
            ["option", name] => Some(Step::Option((*name).to_owned())),
            ["argument", at] => at.parse().ok().map(Step::Argument),
            ["var", name] => Some(Step::Var { option: None, name: (*name).to_owned() }),
            ["var", option, name] => Some(Step::Var { option: Some((*option).to_owned()), name: (*name).to_owned() }),
            ["options"] => Some(Step::Options(None)),
            ["options", at] => at.parse().ok().map(|at| Step::Options(Some(at))),
            ["vars"] => Some(Step::Vars),
            ["file", name] => READERS.iter().find(|(known, _)| known == name).map(|(_, reader)| Step::File(*reader)),
            ["code", files @ ..] => Some(Step::Code(files.iter().map(|&file| file.to_owned()).collect())),
            _ => None,
        };
        if let (None, ["file", name]) = (&step, words.as_slice()) {
            let known = READERS.map(|(name, _)| name);
            self.unknown(value.span(), format!("`{name}` is no file that dbguard can read"), name, &known);
        } else if step.is_none() {
            let known = ["option NAME", "argument 1", "var NAME", "options", "vars", "file NAME", "code FILE"];
            self.unknown(value.span(), format!("`{text}` is no place that a target comes from"), &text, &known);
        }
        step
    }
}

/// Words between blanks.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Commands between commas.
fn commands(text: &str) -> Vec<String> {
    text.split(',')
        .map(|command| command.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|c| !c.is_empty())
        .collect()
}
