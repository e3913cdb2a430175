//! A line of shell, as `npx -c` and the scripts of a `package.json` have it: which tool of the table it starts.
//!
//! Nothing is expanded or run. The line is cut into its commands; of each, the words before the program that only prepare
//! it are taken off. What is not plain makes the target doubtful, and a line that starts no tool passes.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::super::effect::Effect;
use super::{Launched, Road};

/// Programs that run the rest of their words, in the same world.
const PLAIN: &[&str] = &[
    "env",
    "cross-env",
    "cross-env-shell",
    "exec",
    "command",
    "time",
    "nice",
    "nohup",
    "eval",
    "if",
    "elif",
    "then",
    "else",
    "while",
    "until",
    "do",
    "{",
    "!",
];

/// Programs that run what stands somewhere behind them, in a world of their making.
const WRAPPERS: &[&str] = &[
    "dotenv",
    "dotenvx",
    "dotenv-cli",
    "env-cmd",
    "with-env",
    "doppler",
    "op",
    "infisical",
    "aws-vault",
    "chamber",
    "tsx",
    "ts-node",
    "sh",
    "bash",
    "concurrently",
    "wait-on",
    "start-server-and-test",
    "nodemon",
    "timeout",
    "xargs",
    "sudo",
    "corepack",
    "direnv",
    "mise",
    "uvx",
    "pipx",
    "pdm",
    "hatch",
];

/// Programs whose words are the names of scripts.
const RUNNERS: &[&str] = &["run-s", "run-p", "npm-run-all", "npm-run-all2"];

/// A word, without its quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Word {
    text: String,
    /// The shell would change it.
    expands: bool,
}

impl Word {
    fn of(text: String) -> Self {
        Self { text, expands: false }
    }
}

/// What one line starts.
pub(super) fn line(directory: Option<&Path>, text: &OsStr, road: &Road<'_>) -> Launched {
    lines(directory, &[(text.to_string_lossy().into_owned(), Vec::new())], road)
}

/// What lines that run one after another start: the command that does most, with the others beside it. They run in `from`,
/// and the words beside a line stand at its end.
pub(super) fn lines(from: Option<&Path>, lines: &[(String, Vec<OsString>)], road: &Road<'_>) -> Launched {
    let mut all: Vec<(Effect, Launched)> = Vec::new();
    for (text, more) in lines {
        let mut directory = from.map(Path::to_owned);
        let mut commands = commands(text);
        if let Some(last) = commands.last_mut() {
            last.extend(more.iter().map(|word| Word::of(word.to_string_lossy().into_owned())));
        }
        for command in commands {
            if let [first, to, ..] = command.as_slice()
                && first.text == "cd"
            {
                directory = Some(directory.unwrap_or_default().join(&to.text));
                continue;
            }
            let start = Launched { directory: directory.clone(), ..Launched::default() };
            all.extend(started(start, &command, road).and_then(|found| Some((road.effect(&found)?, found))));
        }
    }
    // The last of the strictest, as `max_by_key` has it.
    let strictest = all.iter().map(|(effect, _)| *effect).max();
    let Some(at) = all.iter().rposition(|(effect, _)| Some(*effect) == strictest) else { return Launched::default() };
    let (_, mut found) = all.remove(at);
    found.others.extend(all.into_iter().map(|(_, other)| other));
    found
}

/// What stands behind a program that only prepares another, where a launcher starts that.
pub(super) fn wrapped(launched: &Launched, road: &Road<'_>) -> Option<Launched> {
    let name = launched.program.as_str();
    [PLAIN, WRAPPERS, RUNNERS].iter().any(|known| known.contains(&name)).then_some(())?;
    let words = launched.args.iter().map(|word| word.to_string_lossy().into_owned());
    let words: Vec<Word> = [name.to_owned()].into_iter().chain(words).map(Word::of).collect();
    let start = Launched { program: String::new(), args: Vec::new(), ..launched.clone() };
    started(start, &words, road)
}

/// What a command starts.
fn started(mut launched: Launched, command: &[Word], road: &Road<'_>) -> Option<Launched> {
    let mut rest = command;
    let mut plain = "";
    while let Some((word, after)) = rest.split_first() {
        if let Some((name, value)) = assignment(&word.text) {
            launched.assigned.push((name.to_owned(), value.into()));
            if word.expands {
                launched.doubt = Some("the script sets a var to what only a shell can tell".to_owned());
            }
        } else if !plain.is_empty() && word.text.starts_with('-') {
            return behind(&launched, after, road, false).map(|found| doubtful(plain, found));
        } else if !PLAIN.contains(&word.text.as_str()) {
            break;
        } else {
            plain = &word.text;
        }
        rest = after;
    }
    let (first, after) = rest.split_first()?;
    let args: Vec<OsString> = after.iter().map(|word| OsString::from(&word.text)).collect();
    let name = first.text.rsplit('/').next().unwrap_or_default().to_owned();
    let runs = RUNNERS.contains(&name.as_str());
    if runs || WRAPPERS.contains(&name.as_str()) {
        return behind(&launched, after, road, runs).map(|found| doubtful(&name, found));
    }
    if rest.iter().any(|word| word.expands) {
        launched.doubt = Some("the script leaves words to the shell".to_owned());
    }
    let found = launched.starts(OsStr::new(&first.text), &args);
    road.inside(found)
}

fn doubtful(wrapper: &str, found: Launched) -> Launched {
    Launched { doubt: Some(format!("`{wrapper}` may change what the tool sees")), ..found }
}

/// The tool behind a wrapper: the first word that is one, or a quoted line that starts one, or the name of a script.
fn behind(launched: &Launched, words: &[Word], road: &Road<'_>, scripts: bool) -> Option<Launched> {
    words.iter().enumerate().find_map(|(at, word)| {
        let rest = words.get(at..).unwrap_or_default();
        if word.text.contains(' ') {
            let inner = commands(&word.text);
            return inner.iter().find_map(|command| behind(launched, command, road, scripts));
        }
        let args = || rest.iter().skip(1).map(|word| OsString::from(&word.text)).collect::<Vec<_>>();
        let script = word.text.strip_prefix("npm:").or(scripts.then_some(&word.text));
        let found = script.map_or_else(
            || launched.clone().starts(OsStr::new(&word.text), &args()),
            |script| launched.clone().starts(OsStr::new("npm"), &["run".into(), script.into()]),
        );
        let candidate = road.knows(&found.program) || super::is_launcher(&found.program);
        let found = candidate.then(|| road.inside(found))??;
        road.effect(&found).is_some().then_some(found)
    })
}

impl Road<'_> {
    /// A command of a script, with its own launchers taken off; `None` for one that is no tool of the table.
    fn inside(&self, found: Launched) -> Option<Launched> {
        let cwd = found.directory.clone().unwrap_or_else(|| PathBuf::from(self.cwd));
        let cwd = self.cwd.join(cwd);
        if self.is_long() {
            return Some(found);
        }
        let found = match self.below(&cwd).peel(&found.program, &found.args) {
            Some(inner) => inner.behind(found, cwd.clone()),
            None => found,
        };
        (self.knows(&found.program) || super::is_launcher(&found.program)).then_some(found)
    }
}

/// `KEY=VALUE` before a program.
fn assignment(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let tame = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    tame.then_some((name, value))
}

/// The commands of a line, each as its words.
fn commands(text: &str) -> Vec<Vec<Word>> {
    let mut commands: Vec<Vec<Word>> = vec![Vec::new()];
    let mut word: Option<Word> = None;
    let mut letters = text.chars();
    let mut quote = None;
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (_, Some(open)) if letter == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            ('\\', None | Some('"')) => word.get_or_insert_default().text.extend(letters.next()),
            ('$' | '`', None | Some('"')) | ('*' | '?' | '~', None) => {
                let word = word.get_or_insert_default();
                word.expands = true;
                word.text.push(letter);
            }
            (' ' | '\t', None) => finish(&mut commands, &mut word),
            (';' | '&' | '|' | '(' | ')' | '\n', None) => {
                finish(&mut commands, &mut word);
                commands.push(Vec::new());
            }
            _ => word.get_or_insert_default().text.push(letter),
        }
    }
    finish(&mut commands, &mut word);
    commands.retain(|command| !command.is_empty());
    commands
}

fn finish(commands: &mut [Vec<Word>], word: &mut Option<Word>) {
    if let (Some(command), Some(word)) = (commands.last_mut(), word.take()) {
        command.push(word);
    }
}
