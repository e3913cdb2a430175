//! A command line as a tool of the table reads it.
//!
//! An option that the entry does not list makes the reading doubtful: whether it takes the next word, and what it does to
//! the target, is not known then. Which words are commands, and what they do, is decided here too.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::effect::Effect;
use super::entry::{Bound, Entry, Known, Style, When, fits};
use crate::target::{Engine, Opt};
use crate::text::{Untrusted, redact};

/// A command line, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// The options, by the entry's names.
    pub(super) options: Vec<Opt>,
    /// The words that are none, vars that are set left out.
    pub(super) words: Vec<OsString>,
    /// `KEY=VALUE` words.
    pub(super) assigned: Vec<(String, OsString)>,
    /// Why it may mean something else.
    pub(super) doubt: Option<String>,
}

/// One command of an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// The command as the table has it, or as it was typed: `migrate reset`, `db:drop`; empty for a tool without commands.
    pub command: String,
    /// What it does.
    pub effect: Effect,
}

/// Reads a command line.
pub(super) fn read(entry: &Entry, args: &[OsString]) -> Line {
    let mut reader = Reader { entry, rest: args.iter(), line: Line::default() };
    while let Some(arg) = reader.rest.next() {
        let bytes = arg.as_bytes();
        let ended = entry.first && reader.line.words.len() >= entry.words
            || entry.style == Style::Go && reader.line.words.len() >= entry.words.max(1);
        match bytes {
            b"--" => {
                // Laravel looks for `--env` behind it too.
                if entry.style == Style::Symfony && reader.rest.as_slice().iter().any(dashed) {
                    reader.doubt(bytes);
                }
                let own = reader.find(bytes).is_none();
                while let Some(word) = reader.rest.next() {
                    if own {
                        reader.word(word.clone());
                    } else {
                        reader.push(String::new(), bytes, Some(word));
                    }
                }
            }
            // What stands behind a command of Redis is its data: `DEL key --help` deletes.
            [b'-', _, ..] if ended && entry.engine == Engine::Redis => reader.word(arg.clone()),
            [b'-', _, ..] if ended => reader.loose(arg),
            [b'-', b'-', ..] => reader.long(bytes),
            [b'-', _, ..] if !entry.is_gnu() => reader.long(bytes),
            // `alembic downgrade -1`: a number, as argparse has it.
            [b'-', letters @ ..] if !letters.is_empty() && !letters.iter().all(u8::is_ascii_digit) => {
                reader.letters(letters);
            }
            _ => reader.word(arg.clone()),
        }
    }
    reader.line
}

struct Reader<'a> {
    entry: &'a Entry,
    rest: std::slice::Iter<'a, OsString>,
    line: Line,
}

impl<'a> Reader<'a> {
    fn word(&mut self, word: OsString) {
        let pair = self.entry.assigns.then(|| assignment(&word)).flatten();
        match pair {
            Some(pair) => self.line.assigned.push(pair),
            None => self.line.words.push(word),
        }
    }

    /// An option behind the command, which is the command's own: it is noticed, and takes no word.
    fn loose(&mut self, arg: &OsStr) {
        let (spelled, value) = cut(arg.as_bytes());
        let known = self.find(spelled);
        // One that is not listed is nobody's: mix 1.14 takes no notice of `mix ecto.drop --help`, and drops.
        let name = known.map_or_else(String::new, |known| known.name().to_owned());
        self.push(name, spelled, value);
    }

    fn find(&self, spelled: &[u8]) -> Option<&'a Known> {
        let is = |known: &&Known| {
            let dashes = !self.entry.is_gnu() && spelled.starts_with(b"--");
            let spelled = if dashes { spelled.get(1..).unwrap_or_default() } else { spelled };
            known.spellings.iter().any(|spelling| spelling.as_bytes() == spelled)
        };
        self.entry.options.iter().find(is)
    }

    /// The only option with a long spelling that begins so.
    fn shortened(&self, spelled: &[u8]) -> Option<&'a Known> {
        if !self.entry.shortens || spelled.len() < 3 {
            return None;
        }
        let begins = |known: &&Known| known.spellings.iter().any(|spelling| spelling.as_bytes().starts_with(spelled));
        let mut rivals = self.entry.options.iter().filter(begins);
        rivals.next().filter(|_| rivals.next().is_none())
    }

    fn long(&mut self, arg: &[u8]) {
        let (spelled, joined) = cut(arg);
        let Some(known) = self.find(spelled).or_else(|| self.shortened(spelled)) else {
            if self.entry.style == Style::Keys && !plain(spelled).to_lowercase().contains(".url") {
                return self.push(plain(spelled), spelled, joined); // a key never takes the next word
            }
            return self.doubt(spelled);
        };
        let value = match joined {
            None if known.value && self.entry.style != Style::Keys => self.next_value(),
            // yargs takes `--dry-run false` as two words: node-pg-migrate then runs.
            None if !known.value && self.rest.as_slice().first().is_some_and(|next| next == "false") => {
                self.next_value()
            }
            joined => joined,
        };
        self.push(known.name().to_owned(), spelled, value);
    }

    fn letters(&mut self, letters: &[u8]) {
        let mut rest = letters;
        while let Some((&letter, after)) = rest.split_first() {
            let spelled = [b'-', letter];
            let Some(known) = self.find(&spelled) else { return self.doubt(&spelled) };
            if known.joined {
                let value = Some(OsStr::from_bytes(after)).filter(|value| !value.is_empty());
                return self.push(known.name().to_owned(), &spelled, value);
            }
            if known.value {
                let after = after.strip_prefix(b"=").unwrap_or(after);
                let value = if after.is_empty() { self.next_value() } else { Some(OsStr::from_bytes(after)) };
                return self.push(known.name().to_owned(), &spelled, value);
            }
            self.push(known.name().to_owned(), &spelled, None);
            rest = after;
        }
    }

    /// The next word, which to symfony/console is none that has a dash (`addLongOption` of `ArgvInput`).
    fn next_value(&mut self) -> Option<&'a OsStr> {
        if self.entry.style == Style::Symfony && self.rest.as_slice().first().is_some_and(dashed) {
            return None;
        }
        self.rest.next().map(OsString::as_os_str)
    }

    fn push(&mut self, name: String, spelled: &[u8], value: Option<&OsStr>) {
        let spelled = OsString::from_vec(spelled.to_vec());
        self.line.options.push(Opt { name, spelled, value: value.map(OsStr::to_owned) });
    }

    fn doubt(&mut self, spelled: &[u8]) {
        let shown = redact::argument(OsStr::from_bytes(spelled));
        let why = format!("`{}` is not an option that dbguard knows of this tool", Untrusted::text(&shown));
        self.line.doubt.get_or_insert(why);
    }
}

fn dashed(word: &OsString) -> bool {
    word.as_bytes().starts_with(b"-")
}

/// Before and behind the first `=`.
fn cut(arg: &[u8]) -> (&[u8], Option<&OsStr>) {
    match arg.iter().position(|&byte| byte == b'=') {
        Some(at) => (arg.get(..at).unwrap_or_default(), arg.get(at + 1..).map(OsStr::from_bytes)),
        None => (arg, None),
    }
}

fn plain(spelled: &[u8]) -> String {
    String::from_utf8_lossy(spelled).trim_start_matches('-').to_owned()
}

/// `KEY=VALUE`.
fn assignment(word: &OsStr) -> Option<(String, OsString)> {
    let (name, value) = cut(word.as_bytes());
    let name = std::str::from_utf8(name).ok()?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| Some((name.to_owned(), value?.to_owned()))).flatten()
}

/// The commands of a line, and the words that are left for them. A reading that is doubtful may have missed the command.
pub(super) fn acts(entry: &Entry, line: &Line) -> (Vec<Act>, Vec<OsString>) {
    let (mut acts, rest) = read_acts(entry, line);
    if line.doubt.is_some() {
        if acts.is_empty() && hidden(entry, line) {
            acts.push(Act { command: String::new(), effect: Effect::Unknown });
        }
        for act in &mut acts {
            act.effect = Effect::Unknown;
        }
    }
    (acts, rest)
}

/// The words as texts, a shortened command in full.
fn texts(entry: &Entry, line: &Line) -> Vec<String> {
    let mut texts: Vec<String> = line.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(first) = texts.first_mut().filter(|_| entry.style == Style::Symfony)
        && let Some(full) = full(entry, first)
    {
        *first = full;
    }
    texts
}

/// What a shortened command stands for: each part begins one (`Application::find` of symfony/console, which refuses one that
/// may stand for several; not all of them are listed here, so that the strictest counts).
fn full(entry: &Entry, command: &str) -> Option<String> {
    let parts: Vec<String> = command.split(':').map(str::to_lowercase).collect();
    let stands = |pattern: &str| {
        let mut named = pattern.split(':');
        !pattern.ends_with('*') && parts.iter().all(|part| named.next().is_some_and(|name| name.starts_with(part)))
    };
    if entry.commands.iter().any(|(pattern, _)| pattern == command) {
        return None;
    }
    let meant = entry.commands.iter().filter(|(pattern, _)| stands(pattern)).max_by_key(|(_, effect)| *effect);
    meant.map(|(pattern, _)| pattern.clone())
}

/// Whether a command stands anywhere in the line.
fn hidden(entry: &Entry, line: &Line) -> bool {
    let texts = texts(entry, line);
    let stands = |count: usize| texts.windows(count).any(|words| listed(entry, &words.join(" ")).is_some());
    !entry.only || (1..=entry.words).any(stands)
}

fn read_acts(entry: &Entry, line: &Line) -> (Vec<Act>, Vec<OsString>) {
    let texts = texts(entry, line);
    if entry.words == 0 {
        let effect = line.changed(entry, "", &line.words, entry.unlisted);
        return (vec![Act { command: String::new(), effect }], line.words.clone());
    }
    if entry.several {
        // Rake's arguments stand in brackets behind the name.
        // mix runs one task, or those behind its `do`, which ends each with `+` or a comma.
        let joined = !entry.first || texts.first().is_some_and(|text| text == "do");
        let tasks = texts.iter().take(if joined { usize::MAX } else { 1 });
        let names = tasks.map(|text| text.split(['[', ',']).next().unwrap_or_default());
        let acts = names.filter_map(|name| line.act(entry, name, &[])).collect();
        return (acts, line.words.clone());
    }
    let default = entry.default.iter().map(String::as_str).filter(|_| texts.is_empty());
    let found = (1..=entry.words.min(texts.len())).rev().find_map(|count| {
        let command = texts.get(..count)?.join(" ");
        listed(entry, &command).map(|_| (command, count))
    });
    let (command, count) = match found {
        Some(found) => found,
        None => match default.into_iter().next() {
            Some(default) => (default.to_owned(), 0),
            None => (texts.first().cloned().unwrap_or_default(), 1.min(texts.len())),
        },
    };
    let rest: Vec<OsString> = line.words.get(count..).unwrap_or_default().to_vec();
    let act = if command.is_empty() { None } else { line.act(entry, &command, &rest) };
    (act.into_iter().collect(), rest)
}

impl Line {
    /// The command with its effect; `None` for one that is not the table's where only those are guarded.
    fn act(&self, entry: &Entry, command: &str, rest: &[OsString]) -> Option<Act> {
        let effect = match listed(entry, command) {
            Some(effect) => effect,
            None if entry.only => return None,
            None => entry.unlisted,
        };
        Some(Act { command: command.to_owned(), effect: self.changed(entry, command, rest, effect) })
    }

    fn changed(&self, entry: &Entry, command: &str, rest: &[OsString], effect: Effect) -> Effect {
        entry.when.iter().filter(|when| self.meets(when, command, rest)).fold(effect, |effect, when| match when.bound {
            Bound::Exactly => when.effect,
            Bound::AtMost => effect.min(when.effect),
            Bound::AtLeast => effect.max(when.effect),
        })
    }

    fn meets(&self, when: &When, command: &str, rest: &[OsString]) -> bool {
        let on = when.on.is_empty() || when.on.iter().any(|pattern| fits(pattern, command));
        let value = |option: &Opt| {
            let given = option.value.as_ref().map(|value| value.to_string_lossy());
            when.value.as_ref().is_none_or(|wanted| given.as_deref() == Some(wanted))
        };
        // Of one that is given again the last counts, and `--dry-run=false` is none; what is stricter counts in any case.
        let laxer = when.bound == Bound::AtMost || when.bound == Bound::Exactly && when.effect <= Effect::Touch;
        let is_off = |option: &Opt| {
            let text = option.value.as_ref().map(|value| value.to_string_lossy().to_lowercase());
            text.is_some_and(|text| matches!(text.as_str(), "" | "0" | "f" | "false" | "n" | "no" | "off"))
        };
        let last = |name: &String| self.options.iter().rfind(|option| option.name == *name);
        let on_last = || when.options.iter().filter_map(last).any(|option| value(option) && !is_off(option));
        let any = || self.options.iter().any(|option| when.options.contains(&option.name) && value(option));
        let option = || if laxer { on_last() } else { any() };
        let argument = || when.argument.is_some_and(|at| at > 0 && rest.len() >= at);
        // `VERSION=0` of `db:migrate` is an operand that sets a var.
        let assigned = || self.assigned.iter().any(|(name, _)| when.options.contains(name));
        on && (option() || argument() || assigned())
    }
}

/// The effect that the table has for a command: that of its own name before that of a pattern.
fn listed(entry: &Entry, command: &str) -> Option<Effect> {
    let folded = |text: &str| text.replace('-', "").to_lowercase();
    let exact = entry
        .commands
        .iter()
        .find(|(pattern, _)| pattern == command || entry.folds && folded(pattern) == folded(command));
    let longest =
        || entry.commands.iter().filter(|(pattern, _)| fits(pattern, command)).max_by_key(|(pattern, _)| pattern.len());
    exact.or_else(longest).map(|(_, effect)| *effect)
}
