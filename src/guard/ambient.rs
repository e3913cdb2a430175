//! What the prompt showed, beside what is found now.
//!
//! Between a prompt and the Enter key another window may edit a file, and a command may come with vars of its own. Where
//! an invocation names no target itself, the person goes by what the prompt said; so a difference is told.

use super::case::Case;
use crate::effects::notice;
use crate::prompt::{self, Shown};
use crate::target::{Origin, Target};
use crate::text::Untrusted;
use crate::world::{processes, terminal};

/// What the last prompt of the shell around this process showed, where a bare psql goes elsewhere now.
///
/// Only that shell's own commands count: in a script of its the var is as old as the script.
pub(super) fn outdated(case: &Case<'_>) -> Option<Outdated> {
    if case.invocation.declared.is_some() {
        return None; // its files and vars are its own, and the prompt spoke of psql
    }
    let shown = Shown::of(&case.snapshot.vars).filter(|shown| shown.shell == processes::parent())?;
    let target = case.target().filter(|target| is_ambient(target))?;
    let now = if case.invocation.tool == "psql" {
        prompt::shown(&case.environment, Some(target))
    } else {
        // Other tools have other defaults; the prompt spoke of psql.
        prompt::bare(case.snapshot, &case.config.rules).shown()
    };
    (!shown.text.is_empty() && shown.text != now).then_some(Outdated { shown: shown.text, now })
}

/// Two different words on where one goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outdated {
    /// What the prompt showed.
    pub(super) shown: String,
    /// What is found now.
    now: String,
}

impl Outdated {
    /// Says it where a person may read it.
    pub(super) fn tell(&self) {
        if terminal::is_stderr() {
            let (shown, now) = (Untrusted::text(&self.shown), Untrusted::text(&self.now));
            notice::warn(&format!("dbguard: the prompt showed `{shown}`; now it is `{now}`"));
        }
    }
}

/// Whether nothing of the target was named on the command line.
fn is_ambient(target: &Target) -> bool {
    let fields = [&target.dbname, &target.user, &target.service].into_iter().flatten().map(|field| &field.origin);
    let hosts = target.hosts.iter().flat_map(|host| {
        let names = [&host.host, &host.hostaddr].into_iter().flatten().map(|field| &field.origin);
        names.chain(std::iter::once(&host.port.origin))
    });
    fields.chain(hosts).all(|origin| match origin {
        Origin::Option(_) | Origin::Argument(_) | Origin::Conninfo(_) | Origin::Connect => false,
        Origin::Var(_)
        | Origin::Service { .. }
        | Origin::File { .. }
        | Origin::Tool
        | Origin::User
        | Origin::SystemUser
        | Origin::Default => true,
    })
}
