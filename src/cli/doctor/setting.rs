//! The configuration, and the terminal in which things are shown.

use super::finding::{Finding, State};
use crate::config::{self, Config, Rollout, State as FileState};
use crate::diag::Diagnostic;
use crate::shell::{Painted, Terminal};
use crate::world::Snapshot;
use crate::world::terminal::has_colour;

pub(super) fn configuration(snapshot: &Snapshot) -> Vec<Finding> {
    let config = config::load(snapshot);
    let mut findings = vec![whole(&config)];
    findings.extend(observing(&config));
    findings.extend(config.errors.iter().map(|error| complaint(error, State::Broken)));
    findings.extend(config.warnings.iter().map(|warning| complaint(warning, State::Doubtful)));
    findings
}

fn whole(config: &Config) -> Finding {
    if let Some(trouble) = &config.trouble {
        return Finding::new(State::Note, "as a whole", trouble.message()).mend("dbguard config check");
    }
    let files = config.files.iter().filter(|file| file.state != FileState::Absent).count();
    if files == 0 {
        let what = "none: this machine is development, and every other server is unknown";
        let mend = "dbguard env add production --level production --host '*.prod.example.com'";
        return Finding::new(State::Note, "files", what).mend(mend);
    }
    let rules = config.rules.entries().len();
    let counted = |count: usize, what: &str| super::super::config::counted(count, what);
    let what = format!("{}, {}", counted(files, "file"), counted(rules, "rule"));
    if rules == 0 {
        return Finding::new(State::Doubtful, "rules", format!("{what}: every other server is unknown"));
    }
    Finding::new(State::Fine, "rules", what)
}

/// A guard that asks nothing is not what it looks like.
fn observing(config: &Config) -> Option<Finding> {
    let what = "observe: what would be asked is told and logged, and everything runs";
    let finding = Finding::new(State::Doubtful, "mode", what).mend("take mode = \"observe\" out: dbguard config path");
    (config.rollout == Rollout::Observe).then_some(finding)
}

fn complaint(diagnostic: &Diagnostic, state: State) -> Finding {
    let line = diagnostic.place.as_ref().map(|place| format!(":{}", place.line)).unwrap_or_default();
    let what = format!("{}{line}: {}", diagnostic.file.display(), diagnostic.message);
    let finding = Finding::new(state, if state == State::Broken { "error" } else { "warning" }, what);
    match &diagnostic.help {
        Some(help) => finding.mend(help.clone()),
        None => finding,
    }
}

/// What this terminal can show.
pub(super) fn terminal(snapshot: &Snapshot) -> Vec<Finding> {
    let terminal = Terminal::of(|name| snapshot.vars.get(name));
    let Painted { title, tab, background } = terminal.abilities();
    let all = [
        (has_colour(&snapshot.vars), "colours"),
        (title, "titles"),
        (tab, "the colour of the tab"),
        (background, "a background"),
    ];
    let able: Vec<&str> = all.into_iter().filter_map(|(can, word)| can.then_some(word)).collect();
    let able = if able.is_empty() { "words only".to_owned() } else { able.join(", ") };
    let mut findings = vec![Finding::new(State::Fine, terminal.name(), able)];
    findings.extend(hint(terminal));
    findings
}

/// What the terminal's own settings have to allow.
fn hint(terminal: Terminal) -> Option<Finding> {
    let note = |what: &str| Some(Finding::new(State::Note, "to see titles", what));
    match terminal {
        Terminal::VsCode => note("put ${sequence} into terminal.integrated.tabs.title"),
        Terminal::Tmux => {
            note("tmux set -g pane-border-status top; or set-titles on with set-titles-string '#{pane_title}'")
        }
        Terminal::Silent
        | Terminal::Plain
        | Terminal::Dynamic
        | Terminal::Screen
        | Terminal::Iterm
        | Terminal::WindowsTerminal
        | Terminal::WezTerm
        | Terminal::AppleTerminal => None,
    }
}
