//! The hook in the shell that this is typed into, and the line in its start-up file.

use super::super::startup::{self, Spoken, by_name, shell_of};
use super::finding::{Finding, State};
use crate::prompt::Shown;
use crate::shell::{Says, Shell, is_early};
use crate::world::{Snapshot, processes};

pub(super) fn hook(snapshot: &Snapshot) -> Vec<Finding> {
    let parent = shell_of(processes::parent());
    let shell = parent.or_else(|| by_name(&snapshot.vars.filled("SHELL")?.to_string_lossy()));
    let spoken = startup::lines(snapshot);
    let mut findings = vec![active(parent, shell, &spoken, snapshot)];
    findings.extend(early(&spoken));
    findings.extend(shell.map(aliases));
    findings
}

/// Whether the hook ran in the shell around.
pub(super) fn is_active(snapshot: &Snapshot) -> bool {
    Shown::of(&snapshot.vars).is_some_and(|shown| shown.shell == processes::parent())
}

/// What is said of that.
fn active(parent: Option<Shell>, shell: Option<Shell>, spoken: &[Spoken], snapshot: &Snapshot) -> Finding {
    if is_active(snapshot) {
        let name = parent.map_or("this shell", Shell::word);
        return Finding::new(State::Fine, "hook", format!("active in this {name}"));
    }
    let (Some(_), Some(shell)) = (parent, shell) else {
        let what = "this was not typed into bash, zsh or fish, so that nothing can be said of a hook";
        return Finding::new(State::Note, "hook", what);
    };
    let ours = |one: &&Spoken| one.shell == shell && one.says == Says::Init;
    if let Some(Spoken { file, line, .. }) = spoken.iter().find(ours) {
        let what = format!("not active in this {}, though {}:{line} has its line", shell.word(), file.display());
        return Finding::new(State::Broken, "hook", what).mend(format!("exec {}", shell.word()));
    }
    Finding::new(State::Broken, "hook", format!("not active in this {}", shell.word())).mend(line_for(shell))
}

/// The command that adds the line.
fn line_for(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => r#"echo 'eval "$(dbguard init bash)"' >>~/.bashrc; exec bash"#,
        Shell::Zsh => r#"echo 'eval "$(dbguard init zsh)"' >>"${ZDOTDIR:-$HOME}/.zshrc"; exec zsh"#,
        Shell::Fish => "echo 'dbguard init fish | source' >>~/.config/fish/config.fish; exec fish",
    }
}

/// A line where the system's own start-up files come after it.
fn early(spoken: &[Spoken]) -> Option<Finding> {
    let Spoken { file, line, .. } = spoken.iter().find(|one| one.says == Says::Init && is_early(&one.file))?;
    let what = format!("{}:{line} is read before the system sets PATH, and by scripts as well", file.display());
    Some(Finding::new(State::Doubtful, "start-up file", what).mend("move the line to ~/.zshrc"))
}

/// Nobody outside can see a shell's aliases. A slash finds each that leads to a path, whatever stands there: a list of all
/// programs would fill the screen.
fn aliases(shell: Shell) -> Finding {
    let what = "only the shell knows them; one that leads to a tool by a whole path goes around the guard";
    Finding::new(State::Note, "aliases", what).mend(match shell {
        Shell::Bash | Shell::Zsh => "alias | grep /",
        Shell::Fish => "alias | string match '*/*'",
    })
}
