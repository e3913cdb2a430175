//! `dbguard prompt`: what the prompt shows, for the hooks, for other prompts, and for scripts.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use super::args::{Prompt, Told};
use super::output;
use crate::config::{self, Places};
use crate::effects::{shims, stamps};
use crate::error::Result;
use crate::prompt::{self, Reading, Segment, Theme};
use crate::shell::{Answer, Terminal};
use crate::target;
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
    let theme = Theme::default();
    let segment = Segment::of(&reading, &theme);
    let Some(told) = &prompt.answer else {
        output::print(|out| if segment.text.is_empty() { Ok(()) } else { writeln!(out, "{}", segment.text) })?;
        return Ok(ExitCode::SUCCESS);
    };
    if told.contains(&Told::Path)
        && let Some(directory) = shims::directory(snapshot)
    {
        let _ = shims::refresh(&directory, &program::path(&snapshot.vars), target::TOOLS, &snapshot.vars);
    }
    let mut files: Vec<PathBuf> = config.files.into_iter().map(|file| file.path).collect();
    files.extend(places.trust);
    files.extend(reading.watched.iter().cloned());
    let watch = stamps::watch(&files, if told.contains(&Told::Coarse) { COARSE } else { FINE }, snapshot);
    let answer = answer(&reading, segment, &theme, told, watch, snapshot);
    output::print(|out| out.write_all(&answer.lines()))?;
    Ok(ExitCode::SUCCESS)
}

fn answer(
    reading: &Reading,
    segment: Segment,
    theme: &Theme,
    told: &[Told],
    watch: stamps::Watch,
    snapshot: &Snapshot,
) -> Answer {
    let terminal = Terminal::of(|name| snapshot.vars.get(name));
    let each = terminal.title(&segment.title);
    let home = format!("{}", snapshot.cwd.file_name().unwrap_or_default().to_string_lossy());
    let once = if each.is_empty() && told.contains(&Told::Titled) { terminal.title(&home) } else { String::new() };
    Answer {
        level: segment.level,
        width: columns(&segment.text),
        color: if has_colour(&snapshot.vars) { segment.sgr } else { String::new() },
        text: segment.text,
        position: theme.position,
        title: segment.title,
        once,
        each,
        leave: String::new(),
        shown: reading.bare().map(prompt::Voice::shown).unwrap_or_default(),
        stamp: watch.stamp,
        watched: watch.paths,
    }
}
