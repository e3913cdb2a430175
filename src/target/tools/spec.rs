//! One option of a tool, as data.
//!
//! The rows of the `*_options` tables are made of these. An option that only some major versions know says so; what
//! the versions in between do is not known here, so that the caller tries both neighbours.

/// Whether an option takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::target) enum Arity {
    /// No value: `--quiet`.
    Never,
    /// A value, joined or as the next argument: `--host=db`, `-h db`.
    Always,
    /// A value only when joined: `--help=commands`.
    Joined,
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub(in crate::target) struct Spec {
    /// The letter; `None` where there is none.
    pub(in crate::target) letter: Option<u8>,
    /// The long name; empty where there is none.
    pub(in crate::target) long: &'static str,
    /// The name that other modules know the option by, when it is not the long name.
    alias: Option<&'static str>,
    /// Whether it takes a value.
    pub(in crate::target) arity: Arity,
    /// The first major version that has it, of those whose tables are known; 0 for all.
    pub(in crate::target) since: u8,
    /// The last major version that has it.
    pub(in crate::target) until: u8,
}

impl Spec {
    const fn new(letter: Option<u8>, long: &'static str, arity: Arity) -> Self {
        Self { letter, long, alias: None, arity, since: 0, until: u8::MAX }
    }

    /// Another spelling of an option that has a better known name.
    pub(super) const fn alias_of(mut self, name: &'static str) -> Self {
        self.alias = Some(name);
        self
    }

    /// Absent before this major version.
    pub(super) const fn since(mut self, version: u8) -> Self {
        self.since = version;
        self
    }

    /// Absent after this major version.
    pub(super) const fn until(mut self, version: u8) -> Self {
        self.until = version;
        self
    }

    /// Whether this major version has the option.
    pub(in crate::target) fn in_version(&self, version: u32) -> bool {
        (u32::from(self.since)..=u32::from(self.until)).contains(&version)
    }

    /// The canonical name: the long name, or the letter of an option that has none.
    pub(in crate::target) fn name(&self) -> String {
        match (self.alias, self.letter) {
            (Some(alias), _) => alias.to_owned(),
            (None, Some(letter)) if self.long.is_empty() => char::from(letter).to_string(),
            (None, _) => self.long.to_owned(),
        }
    }
}

/// An option without a value.
pub(super) const fn flag(letter: u8, long: &'static str) -> Spec {
    Spec::new(Some(letter), long, Arity::Never)
}

/// An option with a value.
pub(super) const fn value(letter: u8, long: &'static str) -> Spec {
    Spec::new(Some(letter), long, Arity::Always)
}

/// A long option without a value.
pub(super) const fn long_flag(long: &'static str) -> Spec {
    Spec::new(None, long, Arity::Never)
}

/// A long option with a value.
pub(super) const fn long_value(long: &'static str) -> Spec {
    Spec::new(None, long, Arity::Always)
}

/// A long option whose value may be left out.
pub(super) const fn long_maybe(long: &'static str) -> Spec {
    Spec::new(None, long, Arity::Joined)
}
