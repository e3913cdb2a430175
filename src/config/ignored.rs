//! What a project's file says that does not hold until a person trusts it.

use super::layers::{Gathered, ReadFile, State};
use super::merge::{Effective, of_project};
use super::schema::{Document, Section};
use super::source::Source;
use super::trust::Trust;
use crate::diag::{Diagnostic, Severity};
use crate::environment::Level;
use crate::policy::Policy;
use crate::shell::posix;
use crate::text::Untrusted;

/// A warning for each file that is not trusted and would loosen something.
pub(super) fn warnings(gathered: &Gathered, environments: &[Effective]) -> Vec<Diagnostic> {
    let untrusted = |read: &&ReadFile| gathered.files.get(read.file).is_some_and(|file| file.state == State::Untrusted);
    let loose = gathered.read.iter().filter(untrusted).filter_map(|read| warning(read, environments));
    loose.chain(looks(gathered)).collect()
}

/// A warning for each section by which a project's file would change how everything looks: it could make production
/// look harmless, and trust in its rules is no trust in that.
fn looks(gathered: &Gathered) -> impl Iterator<Item = Diagnostic> {
    let projects = gathered.read.iter().filter(|read| of_project(gathered, read));
    projects.flat_map(|read| {
        read.document.look.sections.iter().map(|(name, at)| Diagnostic {
            severity: Severity::Warning,
            ..read.source.error(
                at.clone(),
                format!("[{name}] does nothing in a project's file: how things look is for you to say"),
                Some("take it out, or put it into your own configuration".to_owned()),
            )
        })
    })
}

fn warning(read: &ReadFile, environments: &[Effective]) -> Option<Diagnostic> {
    let level = |name: &str| {
        let known = environments.iter().find(|environment| environment.definition.name == name);
        known.map_or(Level::Production, |known| known.definition.level)
    };
    let ignored = loosening(&read.document, level);
    if ignored.is_empty() {
        return None;
    }
    let file = read.source.path.to_path_buf();
    let why = match read.trust {
        Trust::Changed => "changed since it was trusted",
        Trust::Trusted | Trust::Never => "is not trusted",
    };
    let message = format!(
        "`{}` {why}: it can make targets stricter, and these do nothing: {}",
        Untrusted::path(&file),
        ignored.join(", ")
    );
    let help = format!("read it, then: dbguard trust {}", posix(file.as_os_str()));
    Some(Diagnostic { severity: Severity::Warning, message, file, place: None, help: Some(help) })
}

/// Everything that would make something laxer, or look otherwise: `the rules of `dev` (development)`.
pub(super) fn loosening(document: &Document, level: impl Fn(&str) -> Level) -> Vec<String> {
    let mut found = Vec::new();
    for section in &document.sections {
        let level = level(&section.name);
        let name = &section.name;
        if level < Level::Production && !section.entries.is_empty() {
            found.push(format!("the rules of `{name}` ({})", level.word()));
        }
        if loosens_policy(section, level) {
            found.push(format!("the policy of `{name}`"));
        }
        if section.label.is_some() || section.icon.is_some() || section.color.is_some() {
            found.push(format!("the look of `{name}`"));
        }
    }
    found.extend(document.tools.iter().map(|(tool, _)| format!("the tool `{}`", tool.name)));
    found
}

/// The same rule by rule, for the person who is asked to trust them.
pub(super) fn in_full(document: &Document, source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for section in &document.sections {
        let level = section.level.unwrap_or(Level::Production);
        let entries = section.entries.iter().filter(|_| level < Level::Production);
        found.extend(entries.map(|(_, span)| {
            let line = source.line(span.start);
            format!("{} is `{}` ({}), line {line}", source.slice(span.clone()), section.name, level.word())
        }));
    }
    let others = loosening(document, |name| {
        let section = document.sections.iter().find(|section| section.name == name);
        section.and_then(|section| section.level).unwrap_or(Level::Production)
    });
    found.extend(others.into_iter().filter(|phrase| !phrase.starts_with("the rules of")));
    found
}

fn loosens_policy(section: &Section, level: Level) -> bool {
    let bundle = Policy::of_level(level);
    let changed = bundle.with(&section.changes);
    changed != bundle.strictest(&changed)
}
