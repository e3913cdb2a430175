//! What `PATH` leads to: this program, the shims, and the tools behind them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::finding::{Finding, State};
use super::hook::is_active;
use crate::config;
use crate::effects::shims;
use crate::shell::posix;
use crate::world::tools::{self, Candidate};
use crate::world::{Snapshot, program};

/// How what mends a missing hook begins.
pub(super) const NEW_SHELL: &str = "open a new shell";

/// Whether typing `dbguard` runs this very program.
pub(super) fn program(snapshot: &Snapshot) -> Vec<Finding> {
    let running = program::path(&snapshot.vars);
    let shown = format!("{} {}", running.display(), env!("CARGO_PKG_VERSION"));
    let first = tools::candidates(OsStr::new("dbguard"), &snapshot.vars).into_iter().next();
    let finding = match first {
        Some(first) if is_same(&first.path, &running) => Finding::new(State::Fine, "dbguard", shown),
        Some(first) => {
            let what = format!("{shown}; but {} comes first on PATH", first.path.display());
            Finding::new(State::Doubtful, "dbguard", what).mend("type -a dbguard")
        }
        None => {
            let directory = running.parent().unwrap_or(Path::new("/"));
            let mend = format!("export PATH=\"$PATH:{}\"", directory.display());
            Finding::new(State::Doubtful, "dbguard", format!("{shown} is not on PATH")).mend(mend)
        }
    };
    vec![finding]
}

/// Whether each tool that is installed runs under guard.
pub(super) fn tools(snapshot: &Snapshot) -> Vec<Finding> {
    let Some(directory) = shims::directory(snapshot) else {
        let what = "there is no home directory, and so no place for shims";
        return vec![Finding::new(State::Broken, "shims", what).mend("export HOME=~")];
    };
    let mut findings = vec![directory_of_shims(&directory, snapshot)];
    findings.extend(links(&directory, snapshot));
    let mut guarded = Vec::new();
    let mut unguarded: BTreeMap<(String, &str), Vec<&str>> = BTreeMap::new();
    let config = config::load(snapshot);
    // The hook puts them on `PATH` at each prompt: a new shell would do no better.
    let is_fixed = is_active(snapshot) && place(&directory, snapshot).is_none();
    let missing = if is_fixed { "see `shims` above" } else { "open a new shell: it makes the links" };
    for name in &config.shimmed() {
        let all = tools::candidates(OsStr::new(name), &snapshot.vars);
        let Some(real) = all.iter().find(|candidate| !candidate.is_dbguard) else { continue };
        if all.first().is_some_and(|first| first.is_dbguard) {
            guarded.push(*name);
        } else if !config.added(name) && all.iter().all(|one| shims::passing(name, &one.path)) {
            let what = format!("only in a virtual environment, so no shim is made: `{name} manage.py` is not guarded");
            findings.push(Finding::new(State::Note, name, what).mend(format!("[shims] add = [\"{name}\"]")));
        } else {
            unguarded.entry(obstacle(real, &all, missing)).or_default().push(name);
        }
    }
    findings.extend(unguarded.into_iter().map(|((because, mend), names)| {
        Finding::new(State::Broken, "unguarded", format!("{}: {because}", names.join(" "))).mend(mend)
    }));
    if !guarded.is_empty() {
        findings.push(Finding::new(State::Fine, "guarded", guarded.join(" ")));
    }
    findings.extend(without_psql(snapshot));
    findings
}

fn directory_of_shims(directory: &Path, snapshot: &Snapshot) -> Finding {
    let shown = directory.display();
    if !directory.is_dir() {
        let what = format!("{shown} is not there");
        return Finding::new(State::Broken, "shims", what)
            .mend("open a new shell: the line in its start-up file makes them");
    }
    match place(directory, snapshot) {
        Some(0) => Finding::new(State::Fine, "shims", format!("{shown}, first on PATH")),
        Some(place) => Finding::new(State::Doubtful, "shims", format!("{shown} comes as number {} on PATH", place + 1))
            .mend("press Enter: the hook puts it first at each prompt"),
        None => Finding::new(State::Broken, "shims", format!("{shown} is not on PATH")).mend(if is_active(snapshot) {
            "let PATH be changed; else `init --functions` guards what is typed, and not scripts, make and xargs"
        } else {
            "open a new shell, or see the part `shell` above"
        }),
    }
}

/// Where it stands on `PATH`.
fn place(directory: &Path, snapshot: &Snapshot) -> Option<usize> {
    std::env::split_paths(snapshot.vars.get("PATH")?).position(|entry| is_same(&entry, directory))
}

/// Links that lead nowhere or to another dbguard, and what is no link.
fn links(directory: &Path, snapshot: &Snapshot) -> Vec<Finding> {
    let running = program::path(&snapshot.vars);
    let (links, strange) = shims::list(directory);
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut findings = Vec::new();
    for link in links {
        let to = fs::read_link(&link).unwrap_or_default();
        if !link.exists() {
            let what = format!("its link leads to {}, which is gone", to.display());
            findings.push(Finding::new(State::Broken, &name(&link), what).mend("open a new shell: it makes the links"));
        } else if !is_same(&link, &running) {
            let what = format!("its link leads to another dbguard: {}", to.display());
            findings
                .push(Finding::new(State::Doubtful, &name(&link), what).mend("open a new shell: it makes the links"));
        }
    }
    findings.extend(strange.into_iter().map(|path| {
        let mend = format!("ls -l {}", posix(path.as_os_str()));
        Finding::new(State::Doubtful, &name(&path), "among the shims, and no link of dbguard's").mend(mend)
    }));
    findings
}

/// Why a tool does not run under guard, and what mends it.
fn obstacle(real: &Candidate, all: &[Candidate], missing: &'static str) -> (String, &'static str) {
    if !all.iter().any(|candidate| candidate.is_dbguard) {
        return ("no shim for it is on PATH".to_owned(), missing);
    }
    let directory = real.path.parent().unwrap_or(Path::new("/")).display();
    let because = format!("{directory} comes before the shims{}", kind(&real.path));
    (because, "press Enter for a new prompt; if it stays: echo \"$PATH\"")
}

/// Version managers, by the directory that their shims stand in.
const MANAGERS: [&str; 8] = ["/.asdf", "/mise", "/.rbenv", "/.pyenv", "/.nodenv", "/.goenv", "/.plenv", "/.jenv"];

/// What is known to put itself before everything else.
fn kind(path: &Path) -> &'static str {
    let text = path.to_string_lossy();
    let beside = |name: &str| path.parent().and_then(Path::parent).is_some_and(|above| above.join(name).exists());
    if text.contains("node_modules/.bin/") {
        " (a project's npm binaries)"
    } else if beside("pyvenv.cfg") || beside("conda-meta") {
        " (a virtual environment)"
    } else if MANAGERS.iter().any(|manager| text.contains(&format!("{manager}/shims/"))) {
        " (shims of a version manager)"
    } else if ["/usr/bin", "/bin", "/usr/local/bin"].iter().any(|system| path.parent() == Some(Path::new(system))) {
        " (a system's directory: a login shell of macOS puts these first again)"
    } else {
        ""
    }
}

fn without_psql(snapshot: &Snapshot) -> Option<Finding> {
    let missing = tools::locate(OsStr::new("psql"), &snapshot.vars).is_err();
    let what = "not installed: servers cannot be asked what they are";
    missing.then(|| Finding::new(State::Doubtful, "psql", what).mend("install the PostgreSQL client"))
}

/// The same file or directory, in whatever spelling.
fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| path.metadata().ok().map(|meta| (meta.dev(), meta.ino()));
    identity(one).is_some() && identity(one) == identity(other)
}
