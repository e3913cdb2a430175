//! A line of shell, as `npx -c` and the scripts of a `package.json` have it: which tool of the table it starts.
//!
//! Nothing is expanded or run. The line is cut into its commands; of each, the words before the program that only prepare
//! it are taken off. What is not plain makes the target doubtful, and a line that starts no tool passes.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::super::effect::Effect;
use super::forms::among;
use super::{Launched, Road, package};

/// Programs that run the rest of their words, in the same world.
const PLAIN: &str =
    "env cross-env cross-env-shell exec command time nice nohup eval if elif then else while until do { !";

/// Programs that run what stands somewhere behind them, in a world of their making.
const WRAPPERS: &str = "dotenv dotenvx dotenv-cli env-cmd with-env doppler op infisical aws-vault chamber tsx ts-node sh bash \
    honcho foreman concurrently wait-on start-server-and-test nodemon timeout xargs sudo direnv coverage pdb";

/// Commands that set vars for those behind them, and programs that may put another `.env` there.
const SETTERS: &str = ". source eval export declare typeset unset";
const COPIERS: &str = "cp mv ln";

/// Files of the shell that set a program's way, and no database.
const TAME: [&str; 2] = ["/activate", "nvm.sh"];

/// What stands in the names of vars that may say where a tool goes.
const TELLING: [&str; 8] = ["DATABASE", "DB", "PG", "URL", "URI", "HOST", "DSN", "ENV"];

/// Programs whose words are the names of scripts.
const RUNNERS: &str = "run-s run-p npm-run-all npm-run-all2";

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
    let start = Launched { directory: from.map(Path::to_owned), ..Launched::default() };
    each(&start, lines, road)
}

/// The same in the world of a program that starts them.
fn each(start: &Launched, lines: &[(String, Vec<OsString>)], road: &Road<'_>) -> Launched {
    let mut all: Vec<(Effect, Launched)> = Vec::new();
    // A file stays copied for the lines behind.
    let mut copied = None;
    'all: for (text, more) in lines {
        let mut start = start.clone();
        let mut commands = commands(text);
        if let Some(last) = commands.last_mut() {
            last.extend(more.iter().map(|word| Word::of(word.to_string_lossy().into_owned())));
        }
        let mut set: Vec<(String, String)> = Vec::new();
        for mut command in commands {
            named(&mut command, &set, road);
            let pairs = command.iter().map_while(|word| assignment(&word.text));
            set.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
            if let [first, to, ..] = command.as_slice()
                && first.text == "cd"
            {
                start.directory = Some(start.directory.unwrap_or_default().join(&to.text));
                continue;
            }
            sets(&command, &mut start, &mut copied);
            let mut start = start.clone();
            start.doubt = start.doubt.or(copied.clone());
            let found = started(start, &command, road);
            let found = found.and_then(|found| Some((road.effect(&found)?, found)));
            // A file may say the same a thousand times.
            let found = found.filter(|found| all.last() != Some(found));
            all.extend(found);
            // Nothing is stricter than what is not looked into any more.
            if road.is_long() && all.last().is_some_and(|(effect, _)| *effect == Effect::Unknown) {
                break 'all;
            }
        }
    }
    // The last of the strictest, as `max_by_key` has it.
    let strictest = all.iter().map(|(effect, _)| *effect).max();
    let Some(at) = all.iter().rposition(|(effect, _)| Some(*effect) == strictest) else { return Launched::default() };
    let (_, mut found) = all.remove(at);
    found.others.extend(all.into_iter().map(|(_, other)| other));
    found
}

/// What a command changes for those behind it.
fn sets(command: &[Word], start: &mut Launched, copied: &mut Option<String>) {
    let plain = |word: &&Word| among(PLAIN, &word.text) && word.text != "eval";
    let mut words = command.iter().skip_while(plain);
    let Some(first) = words.next() else { return };
    let rest: Vec<&Word> = words.collect();
    let last = rest.last().map(|word| word.text.rsplit('/').next().unwrap_or_default());
    if among(COPIERS, &first.text) && last.is_some_and(|name| name.starts_with(".env")) {
        let sample =
            |word: &&Word| ["example", "sample", "template", "dist"].iter().any(|part| word.text.contains(part));
        if !rest.iter().any(sample) {
            *copied = Some("the script puts another `.env` there before it".to_owned());
        }
        return;
    }
    let alone = command.iter().all(|word| assignment(&word.text).is_some());
    if !(alone || among(SETTERS, &first.text)) {
        return;
    }
    if matches!(&*first.text, "." | "source") && rest.iter().any(|word| TAME.iter().any(|end| word.text.ends_with(end)))
    {
        return;
    }
    let mut unclear = matches!(&*first.text, "." | "source");
    for word in if alone { command.iter().collect() } else { rest } {
        let tells = |name: &str| TELLING.iter().any(|part| name.contains(part));
        match assignment(&word.text) {
            Some((name, value)) if first.text == "export" && !word.expands => {
                start.assigned.push((name.to_owned(), value.into()));
            }
            Some((name, _)) => unclear |= tells(name),
            None => unclear |= word.expands || first.text == "unset" && tells(&word.text),
        }
    }
    if unclear {
        start.doubt = Some("the script sets vars before it".to_owned());
    }
}

/// Fills in a program that a var names: one that the line has set, or whose name says it (`$PRISMA`, `$npm_execpath`).
fn named(command: &mut Vec<Word>, set: &[(String, String)], road: &Road<'_>) {
    let program = |word: &Word| !(assignment(&word.text).is_some() || among(PLAIN, &word.text));
    let Some(at) = command.iter().position(program) else { return };
    let Some(name) = command.get(at).and_then(|word| word.text.strip_prefix('$')) else { return };
    let name = name.trim_matches(['{', '}']);
    let value = set.iter().rfind(|(known, _)| known == name).map_or_else(
        || name.to_lowercase().trim_end_matches("_bin").trim_end_matches("_execpath").to_owned(),
        |(_, value)| value.clone(),
    );
    let words: Vec<Word> = value.split_whitespace().map(|text| Word { text: text.to_owned(), expands: true }).collect();
    if words.first().is_some_and(|word| road.guards(OsStr::new(&word.text)) || among(WRAPPERS, &word.text)) {
        let rest = command.split_off(at + 1);
        command.pop();
        command.extend(words.into_iter().chain(rest));
    }
}

/// What stands behind a program that only prepares another, where a launcher starts that.
pub(super) fn wrapped(launched: &Launched, road: &Road<'_>) -> Option<Launched> {
    let name = launched.program.as_str();
    [PLAIN, WRAPPERS, RUNNERS].iter().any(|known| among(known, name)).then_some(())?;
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
        } else if !plain.is_empty()
            && (word.text.starts_with('-') || word.expands && !road.guards(OsStr::new(&word.text)))
        {
            return behind(&launched, after, road, false).map(|found| doubtful(plain, found));
        } else if !among(PLAIN, &word.text) {
            break;
        } else {
            plain = &word.text;
        }
        rest = after;
    }
    let (first, after) = rest.split_first()?;
    let args: Vec<OsString> = after.iter().map(|word| OsString::from(&word.text)).collect();
    let name = first.text.rsplit('/').next().unwrap_or_default().to_owned();
    let runs = among(RUNNERS, &name);
    if runs || among(WRAPPERS, &name) {
        let found = behind(&launched, after, road, runs)?;
        return Some(if runs { found } else { doubtful(&name, found) });
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

/// The tools behind a wrapper: those of its quoted lines and scripts, else the first word that is one.
fn behind(launched: &Launched, words: &[Word], road: &Road<'_>, scripts: bool) -> Option<Launched> {
    let lines: Vec<_> = words.iter().filter_map(|word| text(word, scripts)).collect();
    let found = each(launched, &lines, road);
    if road.effect(&found).is_some() {
        return Some(found);
    }
    words.iter().enumerate().find_map(|(at, word)| {
        road.guards(OsStr::new(&word.text)).then_some(())?;
        let args: Vec<_> = words.iter().skip(at + 1).map(|word| OsString::from(&word.text)).collect();
        let found = road.inside(launched.clone().starts(OsStr::new(&word.text), &args))?;
        road.effect(&found).is_some().then_some(found)
    })
}

/// The line that a word of a wrapper stands for: itself, or a script, whose name may be a pattern (`run-s 'db:*'`).
fn text(word: &Word, scripts: bool) -> Option<(String, Vec<OsString>)> {
    let line = match word.text.strip_prefix("npm:").or(scripts.then_some(&word.text)) {
        None => word.text.contains(' ').then(|| word.text.clone())?,
        Some(name) if package::pattern(name).is_some() => format!("npm run '{name}'"),
        Some(name) => format!("npm run {name}"),
    };
    Some((line, Vec::new()))
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

/// The commands of a line, each as its words. What a shell puts in the place of `$(…)` or back-ticks is a command of its own
/// too.
fn commands(text: &str) -> Vec<Vec<Word>> {
    nested(text, 3)
}

fn nested(text: &str, deeper: u8) -> Vec<Vec<Word>> {
    let mut commands: Vec<Vec<Word>> = vec![Vec::new()];
    let mut inner: Vec<Vec<Word>> = Vec::new();
    let mut word: Option<Word> = None;
    let mut rest = text.chars();
    let mut quote = None;
    // The next word is a file to redirect to.
    let mut redirected = false;
    while let Some(letter) = rest.next() {
        let substitutes = letter == '`' || letter == '$' && rest.as_str().starts_with('(');
        match (letter, quote) {
            (_, Some(open)) if letter == open => quote = None,
            (_, None | Some('"')) if substitutes => {
                let (inside, after) = substituted(letter, rest.as_str());
                if deeper > 0 {
                    inner.extend(nested(inside, deeper - 1));
                }
                rest = after.chars();
                // `$(which prisma) migrate`: what it is asked for is most likely what it says.
                let word = word.get_or_insert_default();
                word.text.push_str(inside.rsplit(char::is_whitespace).next().unwrap_or_default());
                word.expands = true;
            }
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            ('\\', None | Some('"')) => word.get_or_insert_default().text.extend(rest.next()),
            ('$', None | Some('"')) | ('*' | '?' | '~', None) => {
                let word = word.get_or_insert_default();
                word.expands = true;
                word.text.push(letter);
            }
            ('<' | '>', None) => {
                // The number of a file before it is no word.
                word = word.filter(|word| !word.text.bytes().all(|byte| byte.is_ascii_digit()));
                finish(&mut commands, &mut word, &mut redirected);
                rest = rest.as_str().trim_start_matches(['<', '>', '&', '|']).chars();
                redirected = true;
            }
            (' ' | '\t', None) => finish(&mut commands, &mut word, &mut redirected),
            (';' | '&' | '|' | '(' | ')' | '\n', None) => {
                finish(&mut commands, &mut word, &mut redirected);
                redirected = false;
                commands.push(Vec::new());
            }
            _ => word.get_or_insert_default().text.push(letter),
        }
    }
    finish(&mut commands, &mut word, &mut redirected);
    inner.extend(commands);
    inner.retain(|command| !command.is_empty());
    inner
}

/// What stands between back-ticks, or the brackets of `$(…)`, and what follows.
fn substituted(open: char, rest: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    let end = rest.find(|letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == '`' && open == '`' || letter == ')' && open == '$' && depth == 0
    });
    let (inside, after) = rest.split_at(end.unwrap_or(rest.len()));
    (inside.strip_prefix('(').filter(|_| open == '$').unwrap_or(inside), after.get(1..).unwrap_or_default())
}

fn finish(commands: &mut [Vec<Word>], word: &mut Option<Word>, redirected: &mut bool) {
    let Some(word) = word.take() else { return };
    if let Some(command) = commands.last_mut().filter(|_| !std::mem::take(redirected)) {
        command.push(word);
    }
}
