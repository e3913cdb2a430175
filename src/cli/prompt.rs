//! `dbguard prompt`: what the prompt shows, for the hooks, for other prompts, and for scripts.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use super::args::{Prompt, Told};
use super::output;
use crate::config::{self, Places};
use crate::effects::tints::Notes;
use crate::effects::{shims, stamps};
use crate::error::Result;
use crate::prompt::{self, Reading, Segment, Show, Theme, Tint};
use crate::shell::{Answer, Painted, Terminal};
use crate::text::columns;
use crate::world::terminal::has_colour;
use crate::world::{Snapshot, program};

/// How finely a shell compares times: what the file system's clock ticks in, and whole seconds in Bash before 4.
const FINE: Duration = Duration::from_millis(20);
const COARSE: Duration = Duration::from_secs(2);

pub(super) fn run(prompt: &Prompt, snapshot: &Snapshot) -> Result<ExitCode> {
    let places = Places::of(snapshot);
    let config = config::load_from(&places);
    let reading = prompt::read(snapshot, &config.rules, &places.project_root);
    let mut theme = config.theme.clone();
    if prompt.answer.is_none() && theme.show == Show::Never {
        // Switched off in the shell's own prompt; another prompt that asks for it wants an answer.
        theme.show = Show::Relevant;
    }
    let segment = Segment::of(&reading, &theme);
    let Some(told) = &prompt.answer else {
        output::print(|out| if segment.text.is_empty() { Ok(()) } else { writeln!(out, "{}", segment.text) })?;
        return Ok(ExitCode::SUCCESS);
    };
    if told.contains(&Told::Path)
        && let Some(directory) = shims::directory(snapshot)
    {
        let _ = shims::refresh(&directory, &program::path(&snapshot.vars), &config.shimmed(), &snapshot.vars);
    }
    let mut files: Vec<PathBuf> = config.files.into_iter().map(|file| file.path).collect();
    files.extend(places.trust);
    files.extend(reading.files.iter().cloned());
    let grain = if told.contains(&Told::Coarse) { COARSE } else { FINE };
    let mut watch = stamps::watch(&files, &reading.directories, grain, snapshot);
    if !reading.complete {
        // Without a stamp the hook asks at every prompt.
        watch.stamp.clear();
    }
    let notes = Notes::of_parent(snapshot);
    let terminal = Terminal::of(|name| snapshot.vars.get(name));
    let paint = segment.paint.clone();
    let paint = if has_colour(&snapshot.vars) { paint } else { paint.without_colour() };
    let sets = terminal.sets(&paint);
    let outdated = set_before(&notes, theme.tint, told).without(sets);
    let home = directory_title(snapshot);
    let screen =
        Sent { once: terminal.undo(outdated, &home), each: terminal.paint(&paint), leave: terminal.undo(sets, &home) };
    let answer = answer(&reading, segment, &theme, screen, watch, snapshot);
    output::print(|out| out.write_all(&answer.lines()))?;
    // Only now: a hook that was interrupted while it read asks again, and has to find the same.
    notes.settle(sets);
    Ok(ExitCode::SUCCESS)
}

/// What the terminal is sent, and when.
struct Sent {
    once: String,
    each: String,
    leave: String,
}

/// What is set by now. Where nothing was noted, and the hook tells of a title, it may be everything that is in use.
fn set_before(notes: &Notes, tint: Tint, told: &[Told]) -> Painted {
    let (by_clients, by_prompts) = notes.read();
    let titled = told.contains(&Told::Titled);
    let assumed =
        Painted { title: titled, tab: titled && tint != Tint::None, background: titled && tint == Tint::Background };
    by_clients.and(by_prompts.unwrap_or(assumed)).and(Painted { title: titled, ..Painted::default() })
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
        stamp: watch.stamp,
        watched: watch.paths,
        times: watch.times,
        here: snapshot.cwd.clone(),
    }
}
