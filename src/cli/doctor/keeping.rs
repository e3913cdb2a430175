//! The files that dbguard keeps: the audit log, and what the hooks need.

use std::fs;
use std::path::Path;

use super::finding::{Finding, State};
use crate::effects::audit::AuditLog;
use crate::effects::{hooks, stamps, tints};
use crate::error::Error;
use crate::shell::posix;
use crate::world::Snapshot;

pub(super) fn files(snapshot: &Snapshot) -> Vec<Finding> {
    let mut findings = vec![audit(snapshot)];
    let notes = [
        ("stamps", stamps::directory(snapshot), "the hook asks at every prompt, which is slower"),
        ("hooks", hooks::directory(snapshot), "every shell starts slower"),
        ("tints", tints::directory(snapshot), "the title does not speak of a client that runs"),
    ];
    findings.extend(notes.into_iter().filter_map(|(name, path, then)| unwritable(name, &path?, then)));
    findings.extend(hooks::directory(snapshot).filter(|_| hooks::is_open(snapshot)).map(|path| {
        let what = format!("others can write to {} or above it: every shell starts slower", path.display());
        Finding::new(State::Doubtful, "hooks", what).mend(format!("namei -l {}", posix(path.as_os_str())))
    }));
    findings
}

/// Whether the log can be written, and whether its chain holds.
fn audit(snapshot: &Snapshot) -> Finding {
    let broken = |error: &Error| {
        let finding = Finding::new(State::Broken, "audit log", error.message());
        match error.hints().first() {
            Some(hint) => finding.mend(hint.clone()),
            None => finding,
        }
    };
    let log = match AuditLog::existing(snapshot) {
        Ok(Some(log)) => log,
        Ok(None) => return not_yet(snapshot),
        Err(error) => return broken(&error),
    };
    if let Err(error) = AuditLog::open(snapshot) {
        return broken(&error);
    }
    match log.verify() {
        Ok(report) if report.problems.is_empty() => {
            let what = format!("{}: {} records, the chain holds", log.path().display(), report.records);
            Finding::new(State::Fine, "audit log", what)
        }
        Ok(report) => {
            let what = format!("its chain is broken in {} places", report.problems.len());
            Finding::new(State::Broken, "audit log", what).mend("dbguard log verify")
        }
        Err(error) => broken(&error),
    }
}

/// Without a log, the nearest directory that is there has to take one.
fn not_yet(snapshot: &Snapshot) -> Finding {
    let Some(state) = snapshot.state_dir() else {
        return Finding::new(State::Broken, "audit log", "there is no place for it").mend("export HOME=~");
    };
    match unwritable("audit log", &state, "production would be refused") {
        Some(finding) => Finding { state: State::Broken, ..finding },
        None => Finding::new(State::Fine, "audit log", format!("{}: nothing yet", state.join("audit.jsonl").display())),
    }
}

/// A directory that could not be written to, also where it is yet to be made; nothing where it can.
fn unwritable(name: &str, path: &Path, then: &str) -> Option<Finding> {
    let nearest = path.ancestors().find(|one| one.symlink_metadata().is_ok())?;
    let access = nix::unistd::AccessFlags::W_OK | nix::unistd::AccessFlags::X_OK;
    let is_directory = fs::metadata(nearest).is_ok_and(|meta| meta.is_dir());
    if is_directory && nix::unistd::access(nearest, access).is_ok() {
        return None;
    }
    let what = format!("{} cannot be written: {then}", nearest.display());
    Some(Finding::new(State::Doubtful, name, what).mend(format!("ls -ld {}", posix(nearest.as_os_str()))))
}
