//! What the files of all layers say together.
//!
//! Levels merge to the strictest, entries add up, demands merge to the strictest file by file. So a layer can never
//! loosen what another demands. A file that is not trusted, or that has errors, has its rules marked so that they can
//! only raise, and its demands count only where they are stricter than its level's.

use std::collections::BTreeMap;

use super::layers::{Gathered, Layer, LoadedFile, ReadFile, State};
use super::schema::Section;
use crate::diag::Diagnostic;
use crate::environment::{Authority, Definition, Doubt, Level, Look, Rule, Rules};
use crate::policy::Policy;
use crate::prompt::Theme;

/// An environment after all layers.
#[derive(Clone, Debug)]
pub struct Effective {
    /// Name, level and look.
    pub definition: Definition,
    /// What it demands.
    pub policy: Policy,
    /// Where it is spoken of: indices into the files, with the line of the name.
    pub places: Vec<(usize, usize)>,
}

/// What the files say together.
pub(super) struct Merged {
    pub(super) rules: Rules,
    /// One for each of the rules' definitions, in their order.
    pub(super) environments: Vec<Effective>,
    pub(super) unknown: Policy,
    pub(super) theme: Theme,
    pub(super) errors: Vec<Diagnostic>,
}

/// One file's word on one environment.
struct Word<'g> {
    section: &'g Section,
    read: &'g ReadFile,
    authority: Authority,
}

/// Merges. `doubt` says what the files that cannot be used leave in doubt.
pub(super) fn merge(gathered: &Gathered, doubt: impl Fn(&[Diagnostic]) -> Doubt) -> Merged {
    let mut words: Vec<Vec<Word<'_>>> = Vec::new();
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unknown = Policy::of_level(Level::Production);
    let mut order: Vec<(usize, Word<'_>)> = Vec::new();
    for read in &gathered.read {
        let authority = authority(gathered.files.get(read.file));
        for section in &read.document.sections {
            if section.name == "unknown" {
                unknown = unknown.strictest(&unknown.with(&section.changes));
                continue;
            }
            let at = *index.entry(&section.name).or_insert_with(|| {
                words.push(Vec::new());
                words.len() - 1
            });
            if let Some(words) = words.get_mut(at) {
                words.push(Word { section, read, authority });
            }
            order.push((at, Word { section, read, authority }));
        }
    }
    let mut errors = Vec::new();
    let mut environments: Vec<Effective> =
        words.iter().filter_map(|words| effective(words, &unknown, &mut errors)).collect();
    let rules = order.iter().flat_map(|(at, word)| rules_of(*at, word)).collect();
    let definitions = environments.iter().map(|environment| environment.definition.clone()).collect();
    let rules = Rules::new(definitions, rules, doubt(&errors));
    if rules.definitions().len() > environments.len() {
        let definition = Definition::local();
        let policy = Policy::of_level(definition.level);
        environments.push(Effective { definition, policy, places: Vec::new() });
    }
    Merged { rules, environments, unknown, theme: theme(gathered), errors }
}

/// How things look: the last word of the files that may speak of it. Where one has errors, what can be read of it holds.
fn theme(gathered: &Gathered) -> Theme {
    let mut theme = Theme::default();
    for read in gathered.read.iter().filter(|read| !of_project(gathered, read)) {
        read.document.look.apply(&mut theme);
    }
    theme
}

/// Whether a file belongs to a project, which may not change how things look, trusted or not.
pub(super) fn of_project(gathered: &Gathered, read: &ReadFile) -> bool {
    gathered.files.get(read.file).is_none_or(|file| file.layer == Layer::Project)
}

fn authority(file: Option<&LoadedFile>) -> Authority {
    match file.map(|file| file.state) {
        Some(State::Used) => Authority::Name,
        Some(State::Absent | State::Untrusted | State::Refused) | None => Authority::Raise,
    }
}

fn effective(words: &[Word<'_>], unknown: &Policy, errors: &mut Vec<Diagnostic>) -> Option<Effective> {
    let first = words.first()?;
    let name = &first.section.name;
    let built_in = (name == "local").then_some(Level::Development);
    let wrong = words.iter().filter(|word| word.section.level_is_wrong).map(|_| Level::Production);
    let stated = words.iter().filter_map(|word| word.section.level).chain(built_in).chain(wrong).max();
    let level = stated.unwrap_or_else(|| {
        let known = Level::ALL.map(Level::word).join(", ");
        let help = format!("write level = \"production\" below it; known: {known}");
        let message = format!("environment `{name}` has no level in any file");
        errors.push(first.read.source.error(first.section.at.clone(), message, Some(help)));
        Level::Production
    });
    let look = look(name, level, words);
    let places = words.iter().map(|word| (word.read.file, word.read.source.line(word.section.at.start))).collect();
    let definition = Definition { name: name.clone(), level, look };
    Some(Effective { definition, policy: policy(level, built_in, unknown, words), places })
}

/// The last file that may speak decides; what is not trusted may not make production look like something else.
fn look(name: &str, level: Level, words: &[Word<'_>]) -> Look {
    let mut look = Look::of(name, level);
    for word in words.iter().filter(|word| word.authority == Authority::Name) {
        let Section { label, icon, color, .. } = word.section;
        look.label = label.clone().unwrap_or(look.label);
        look.icon = icon.clone().unwrap_or(look.icon);
        look.color = color.clone().unwrap_or(look.color);
    }
    look
}

/// Each file that states a level demands that level's bundle with its own changes; a file that states none adds its
/// demands where they are stricter. What only raises adds at least the bundle of the environment's level, or what
/// unknown targets demand, so that it cannot give a target to a lax policy of the same name.
fn policy(level: Level, built_in: Option<Level>, unknown: &Policy, words: &[Word<'_>]) -> Policy {
    let mut bundles: Vec<Policy> = built_in.map(Policy::of_level).into_iter().collect();
    for word in words {
        let changes = &word.section.changes;
        let bundle = word.section.level.map(Policy::of_level);
        match (word.authority, bundle) {
            (Authority::Name, Some(bundle)) => bundles.push(bundle.with(changes)),
            (Authority::Name, None) => {}
            (Authority::Raise, _) => {
                let least = if level == Level::Production { unknown.clone() } else { Policy::of_level(level) };
                bundles.push(least.strictest(&least.with(changes)));
            }
        }
    }
    let all = bundles.into_iter().reduce(|one, other| one.strictest(&other));
    let all = all.unwrap_or_else(|| Policy::of_level(level));
    words.iter().fold(all, |policy, word| match word.section.level {
        Some(_) => policy,
        None => policy.strictest(&policy.with(&word.section.changes)),
    })
}

fn rules_of<'w>(environment: usize, word: &'w Word<'_>) -> impl Iterator<Item = Rule> + 'w {
    let source = &word.read.source;
    word.section.entries.iter().map(move |(entry, span)| Rule {
        environment,
        when: entry.clone(),
        authority: word.authority,
        file: source.path.clone(),
        line: source.line(span.start),
        text: (source.text.clone(), span.clone()),
    })
}
