//! What a hook is answered: `dbguard prompt --answer`, followed by what the hook tells.
//!
//! For its first prompt a shell finds it in a file, where `init` has left it. It is the hooks' own and changes with them,
//! so no help and no manual speaks of it. Each change of directory waits for it: so its words are read here, without the
//! parser of the command line, which takes longer than the answer.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use super::output;
use crate::config::{self, Config, Layer, Places, State};
use crate::effects::tints::{Noted, Notes};
use crate::effects::{shims, stamps};
use crate::error::Result;
use crate::prompt::{self, Reading, Segment, Theme, Tint};
use crate::shell::{self, Answer, Painted, Shell, Terminal, Watched};
use crate::text::{columns, redact};
use crate::world::terminal::has_colour;
use crate::world::{Snapshot, program};

/// How finely a shell compares times: what the file system's clock ticks in, and whole seconds in Bash before 4.
const FINE: Duration = Duration::from_millis(20);
const COARSE: Duration = Duration::from_secs(2);

/// How long a prompt waits for its answer, in seconds. That takes 1 ms.
const PATIENCE: u32 = 2;

/// What a hook tells when it asks.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// It compares times in whole seconds.
    coarse: bool,
    /// `PATH` has changed: look for tools that need a shim.
    path: bool,
    /// The title speaks of an environment now.
    titled: bool,
}

impl Told {
    /// A word that is not known is another version's.
    fn from(words: &[OsString]) -> Self {
        let told = |word: &str| words.iter().any(|known| known == word);
        Self { coarse: told("coarse"), path: told("path"), titled: told("titled") }
    }
}

/// What follows `prompt --answer`, where that is what was called.
pub(super) fn asked(words: &[OsString]) -> Option<&[OsString]> {
    let [verb, option, told @ ..] = words else { return None };
    (verb == "prompt" && option == "--answer").then_some(told)
}

pub(super) fn run(words: &[OsString], snapshot: &Snapshot) -> Result<ExitCode> {
    // Where a file hangs (on a file system that is gone), the signal ends this, and the hook says that nothing is known.
    let _ = nix::unistd::alarm::set(PATIENCE);
    let told = Told::from(words);
    let places = Places::of(snapshot);
    let config = config::load_from(&places);
    if told.path
        && let Some(directory) = shims::directory(snapshot)
    {
        let _ = shims::refresh(
            &directory,
            &program::path(&snapshot.vars),
            &config.shimmed(),
            |name| config.added(name),
            snapshot,
        );
    }
    let ready = prepare(told, places, &config, snapshot);
    let joined = words.iter().any(|word| word == "joined");
    output::print(|out| out.write_all(&apart(ready.answer.fields(), joined)))?;
    // Only now: a hook that was interrupted while it read asks again, and has to find the same.
    ready.notes.settle(&ready.before, ready.sets);
    Ok(ExitCode::SUCCESS)
}

/// Whether the shell that starts may find the answer for its first prompt: only at a terminal, where that prompt has
/// nothing to undo. One that was left to a shell of its number before is taken away.
pub(super) fn may_be_left(snapshot: &Snapshot) -> bool {
    Notes::of_parent(snapshot).withdraw();
    io::stderr().is_terminal()
}

/// Leaves the answer for the first prompt of the shell that starts, which then asks nobody, where the vars hold nothing
/// like a password. `path` is `PATH` as it will be.
pub(super) fn leave(shell: Shell, path: &OsStr, (places, config): (Places, &Config), snapshot: &Snapshot) {
    let ready = prepare(Told::default(), places, config, snapshot);
    let compared: Vec<_> = compared(&ready.answer.vars).map(|name| (name, snapshot.vars.get(name))).collect();
    // The values stand in a file until the first prompt.
    if compared.iter().any(|(name, value)| value.is_some_and(|value| may_be_secret(name, value))) {
        return;
    }
    let key = snapshot.vars.get("PWD").and_then(|directory| shell::key(shell, directory, path, &compared));
    let Some(key) = key.filter(|_| ready.answer.once.is_empty()) else { return };
    let fields = apart(ready.answer.fields(), shell == Shell::Bash);
    if ready.notes.leave(&[&key, b"\n".as_slice(), &fields].concat(), snapshot.user.uid).is_ok() {
        ready.notes.settle(&ready.before, ready.sets);
    }
}

/// The fields, joined by a character that is no white space for Bash, which takes several line ends for one.
fn apart(mut fields: Vec<u8>, joined: bool) -> Vec<u8> {
    if joined {
        fields.iter_mut().filter(|byte| **byte == b'\n').for_each(|end| *end = b'\x1f');
    }
    fields
}

/// Whether it has the shape of a secret, or somebody's name before a host, who may be a token.
fn may_be_secret(name: &str, value: &OsStr) -> bool {
    let mut word = OsString::from(name);
    word.push("=");
    word.push(value);
    value.as_bytes().contains(&b'@') || redact::argument(&word) != word.to_string_lossy()
}

/// An answer, and what is to be noted once it has arrived.
struct Ready {
    answer: Answer,
    notes: Notes,
    before: Noted,
    sets: Painted,
}

fn prepare(told: Told, places: Places, config: &Config, snapshot: &Snapshot) -> Ready {
    let reading = prompt::read(snapshot, &config.rules, &places.project_root);
    let theme = config.theme.clone().heard_by(&snapshot.vars);
    let segment = Segment::of(&reading, &theme);
    let mut files: Vec<PathBuf> = config.files.iter().map(|file| file.path.clone()).collect();
    // Trust is of a project's file alone.
    if config.files.iter().any(|file| file.layer == Layer::Project && file.state != State::Absent) {
        files.extend(places.trust);
    }
    files.extend(reading.files.iter().cloned());
    let grain = if told.coarse { COARSE } else { FINE };
    let mut watch = stamps::watch(&files, &reading.directories, grain, snapshot);
    let notes = Notes::of_parent(snapshot);
    let terminal = Terminal::of(|name| snapshot.vars.get(name));
    let paint = segment.paint.clone();
    let paint = if has_colour(&snapshot.vars) { paint } else { paint.without_colour() };
    let sets = terminal.sets(&paint);
    // What a client may have set, and was killed; where each prompt sets all of that again, nobody needs to look.
    if theme.tint.uses(terminal.abilities()).without(sets) != Painted::default() {
        watch.watched.extend(notes.mark().map(Watched::Absent));
    }
    let before = notes.read();
    let outdated = set_before(&before, theme.tint, told).without(sets);
    let home = directory_title(snapshot);
    let screen =
        Sent { once: terminal.undo(outdated, &home), each: terminal.paint(&paint), leave: terminal.undo(sets, &home) };
    Ready { answer: answer(&reading, segment, &theme, screen, watch, snapshot), notes, before, sets }
}

/// What the terminal is sent, and when.
struct Sent {
    once: String,
    each: String,
    leave: String,
}

/// What is set by now. Where nothing was noted, and the hook tells of a title, it may be everything that is in use.
fn set_before(noted: &Noted, tint: Tint, told: Told) -> Painted {
    let titled = told.titled;
    let assumed =
        Painted { title: titled, tab: titled && tint != Tint::None, background: titled && tint == Tint::Background };
    noted.by_clients.and(noted.by_prompts.unwrap_or(assumed)).and(Painted { title: titled, ..Painted::default() })
}

/// The vars that every answer depends on; it names the others. `PATH` is compared by the hooks apart, since they change it.
pub(super) fn vars() -> impl Iterator<Item = &'static str> {
    let own = ["DBGUARD_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "TERM", "NO_COLOR", "ACCESSIBLE"];
    prompt::vars().filter(|var| *var != "PATH").chain(own)
}

/// Those, and the ones that this answer names.
fn compared<'a>(named: &'a [String]) -> impl Iterator<Item = &'a str> {
    vars().map(|name| -> &'a str { name }).chain(named.iter().map(String::as_str))
}

/// What a title says that has nothing to say: the directory, as most shells have it.
fn directory_title(snapshot: &Snapshot) -> String {
    if snapshot.home() == Some(snapshot.cwd.as_path()) {
        return "~".to_owned();
    }
    let name = snapshot.cwd.file_name().unwrap_or(OsStr::new("/"));
    name.to_string_lossy().into_owned()
}

fn answer(
    reading: &Reading,
    segment: Segment,
    theme: &Theme,
    sent: Sent,
    watch: stamps::Watch,
    snapshot: &Snapshot,
) -> Answer {
    Answer {
        level: segment.level,
        width: columns(&segment.text),
        color: if has_colour(&snapshot.vars) { segment.sgr } else { String::new() },
        text: segment.text,
        position: theme.position,
        title: segment.paint.title,
        once: sent.once,
        each: sent.each,
        leave: sent.leave,
        shown: reading.bare().map(prompt::Voice::shown).unwrap_or_default(),
        set: compared(&reading.vars).filter(|name| snapshot.vars.get(name).is_some()).map(str::to_owned).collect(),
        vars: reading.vars.clone(),
        stamp: watch.stamp,
        watched: watch.watched,
    }
}
