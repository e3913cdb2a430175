//! Reading the files of all layers, with what they include.
//!
//! Nothing fails here: each file ends up read, absent, or with a complaint, and the complaint is never silent. What a
//! file that cannot be used *mentions* is kept, since that decides what is in doubt.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::places::Places;
use super::schema::{self, Document};
use super::source::Source;
use super::trust::{self, Trust};
use crate::diag::{Diagnostic, Severity};
use crate::text::Untrusted;
use crate::world::files::{self, FileTrouble, Stamp};

/// Which layer a file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Team or fleet: `/etc/dbguard/config.toml`.
    System,
    /// The user's own.
    User,
    /// A project's.
    Project,
}

impl Layer {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Project => "project",
        }
    }
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There is none, and none is needed.
    Absent,
    /// Used in full.
    Used,
    /// A project's file that is not trusted: it can only raise.
    Untrusted,
    /// It has errors: it can only raise, as far as it can be read at all.
    Refused,
}

impl State {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Used => "used",
            Self::Untrusted => "untrusted",
            Self::Refused => "refused",
        }
    }
}

/// A file of a layer, also one that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedFile {
    /// The file as it was named.
    pub path: PathBuf,
    /// Its layer.
    pub layer: Layer,
    /// What became of it.
    pub state: State,
    /// The file that includes it.
    pub included_by: Option<PathBuf>,
    /// Its identity and content when it was read.
    pub stamp: Option<Stamp>,
}

/// A file that was read.
pub(super) struct ReadFile {
    pub(super) source: Source,
    pub(super) document: Document,
    pub(super) trust: Trust,
    /// Where it stands in [`Gathered::files`].
    pub(super) file: usize,
}

/// Everything that was read.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) files: Vec<LoadedFile>,
    pub(super) read: Vec<ReadFile>,
    pub(super) errors: Vec<Diagnostic>,
    /// The texts of files that cannot be used.
    pub(super) unusable: Vec<String>,
}

/// Deep enough for a team's file that includes a fleet's file that includes a region's.
const DEEPEST: usize = 16;
/// More files than anybody keeps; a clone could name thousands.
const MOST_FILES: usize = 256;

/// Reads the files of all layers.
pub(super) fn gather(places: &Places) -> Gathered {
    let mut gatherer = Gatherer { places, out: Gathered::default(), chain: Vec::new() };
    if let Some(system) = &places.system {
        gatherer.read(system, Layer::System, Trust::Trusted, None);
    }
    match &places.user {
        Some(user) if places.named && !user.is_absolute() => gatherer.relative(user),
        Some(user) => gatherer.read(user, Layer::User, Trust::Trusted, None),
        None => {}
    }
    for project in &places.projects {
        gatherer.read(project, Layer::Project, Trust::Trusted, None);
    }
    gatherer.out
}

struct Gatherer<'p> {
    places: &'p Places,
    out: Gathered,
    /// The canonical paths of the files that include each other down to here.
    chain: Vec<PathBuf>,
}

/// Where a file is included from.
struct Includer {
    source: Source,
    span: Range<usize>,
}

impl Gatherer<'_> {
    /// Reads a file and what it includes. `most` is the trust of the file that includes it.
    fn read(&mut self, path: &Path, layer: Layer, most: Trust, from: Option<&Includer>) {
        if self.out.files.len() >= MOST_FILES {
            return self.complain(from, path, format!("more than {MOST_FILES} files"), None);
        }
        let included_by = from.map(|from| from.source.path.to_path_buf());
        let file = LoadedFile { path: path.to_path_buf(), layer, state: State::Refused, included_by, stamp: None };
        let at = self.out.files.len();
        let required = from.is_some() || (self.places.named && layer == Layer::User);
        match files::read_config_stamped(path) {
            Ok(Some((text, stamp))) => {
                self.out.files.push(LoadedFile { stamp: Some(stamp), ..file });
                self.take(at, path, &text, most);
            }
            Ok(None) if !required => self.out.files.push(LoadedFile { state: State::Absent, ..file }),
            Ok(None) => {
                self.out.files.push(file);
                let message = format!("`{}` does not exist", Untrusted::path(path));
                let help = match from {
                    Some(_) => "create it, or take the entry out",
                    None if self.places.system.is_some() => "unset DBGUARD_CONFIG, or name a file that is there",
                    None => "check its name",
                };
                self.complain(from, path, message, Some(help.to_owned()));
            }
            Err(trouble) => {
                self.out.files.push(file);
                self.refuse(from, path, trouble);
            }
        }
    }

    /// Takes in the text of a file.
    fn take(&mut self, at: usize, path: &Path, text: &str, most: Trust) {
        let Some(file) = self.out.files.get(at) else { return };
        let layer = file.layer;
        let real = || path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let trust = match (layer, most) {
            (Layer::System | Layer::User, trust) | (Layer::Project, trust @ (Trust::Changed | Trust::Never)) => trust,
            (Layer::Project, Trust::Trusted) => trust::judge(self.places.trust.as_deref(), &real(), text),
        };
        let source = Source::new(path, text);
        let (document, errors) = schema::read(&source);
        let mut usable = errors.is_empty();
        self.out.errors.extend(errors);
        let document = document.unwrap_or_default();
        let includes = document.includes.clone();
        self.out.read.push(ReadFile { source: source.clone(), document, trust, file: at });
        let before = self.out.errors.len();
        if !includes.is_empty() {
            self.chain.push(real());
            for (name, span) in includes {
                self.include(&name, layer, trust, &Includer { source: source.clone(), span });
            }
            self.chain.pop();
        }
        usable &= self.out.errors.iter().skip(before).all(|error| error.file != path);
        if !usable {
            self.out.unusable.push(text.to_owned());
        }
        let state = match (usable, trust) {
            (false, _) => State::Refused,
            (true, Trust::Trusted) => State::Used,
            (true, Trust::Changed | Trust::Never) => State::Untrusted,
        };
        if let Some(file) = self.out.files.get_mut(at) {
            file.state = state;
        }
    }

    fn include(&mut self, name: &str, layer: Layer, trust: Trust, from: &Includer) {
        let path = match (name.strip_prefix("~/"), &self.places.home) {
            (Some(rest), Some(home)) => home.join(rest),
            (Some(_), None) => {
                return self.complain(Some(from), Path::new(name), "there is no home directory".into(), None);
            }
            (None, _) => from.source.path.parent().unwrap_or(Path::new("/")).join(name),
        };
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        if self.chain.contains(&real) {
            let message = format!("`{}` includes itself", Untrusted::text(name));
            return self.complain(Some(from), &path, message, Some("take one of the entries out".to_owned()));
        }
        if self.chain.len() >= DEEPEST {
            let message = format!("files are included more than {DEEPEST} deep");
            return self.complain(Some(from), &path, message, None);
        }
        let root = self.places.project_root.canonicalize().unwrap_or_else(|_| self.places.project_root.clone());
        if layer == Layer::Project && !real.starts_with(&root) {
            let message =
                format!("a project's file cannot include `{}`, which is outside the project", Untrusted::text(name));
            let help = format!("move it below {}, or include it from your own configuration", Untrusted::path(&root));
            return self.complain(Some(from), &path, message, Some(help));
        }
        if !self.seen(&real, trust) {
            self.read(&path, layer, trust, Some(from));
        }
    }

    /// A file that two others include is read once, unless it now speaks with more authority.
    fn seen(&self, real: &Path, trust: Trust) -> bool {
        let same = |read: &&ReadFile| read.source.path.canonicalize().is_ok_and(|path| path == real);
        self.out.read.iter().filter(same).any(|read| read.trust == Trust::Trusted || trust != Trust::Trusted)
    }

    /// An error at the place that includes a file, or about the file itself.
    fn complain(&mut self, from: Option<&Includer>, path: &Path, message: String, help: Option<String>) {
        self.out.errors.push(match from {
            Some(from) => from.source.error(from.span.clone(), message, help),
            None => Diagnostic { severity: Severity::Error, message, file: path.to_path_buf(), place: None, help },
        });
    }

    fn refuse(&mut self, from: Option<&Includer>, path: &Path, trouble: FileTrouble) {
        let (message, help) = (trouble.message(), trouble.help());
        self.out.unusable.extend(trouble.text);
        self.complain(from, path, message, help);
    }

    /// What a relative path means would change with the working directory, and a clone could put a file there.
    fn relative(&mut self, path: &Path) {
        let file = LoadedFile {
            path: path.to_path_buf(),
            layer: Layer::User,
            state: State::Refused,
            included_by: None,
            stamp: None,
        };
        self.out.files.push(file);
        let message = format!("DBGUARD_CONFIG is `{}`, which is no absolute path", Untrusted::path(path));
        let help = "export DBGUARD_CONFIG with the whole path, from /".to_owned();
        self.complain(None, path, message, Some(help));
    }
}
