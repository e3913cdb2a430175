//! One survey of a project: what it stands on, and what it has found so far.
//!
//! The files of each format report here. Nothing about a format is known here, but how a URL becomes a mention.

use std::ffi::OsString;
use std::path::Path;

use super::look::{Found, Look};
use super::reading::{Driver, Drivers, Said};
use super::url::{self, Url};
use super::vars::{TARGET_VARS, URL_VARS, USER_VARS};
use super::{Mention, Mentions, Source};
use crate::target::Resolution;
use crate::target::conninfo::Setting;
use crate::target::origin::Origin;
use crate::world::Snapshot;

/// A survey.
#[derive(Debug)]
pub(in crate::target) struct Survey<'a> {
    /// The outside.
    pub(in crate::target) snapshot: &'a Snapshot,
    /// The files.
    pub(in crate::target) look: Look,
    /// The vars are those that the tool will have, and there will be no others.
    pub(in crate::target) exact: bool,
    /// Something names a database of another engine.
    pub(in crate::target) other: bool,
    drivers: Drivers<'a>,
    found: Vec<Mention>,
}

/// A place in a file.
#[derive(Clone, Debug)]
pub(super) struct At<'a> {
    /// The file.
    pub(super) path: &'a Path,
    /// The line from 1.
    pub(super) line: usize,
    /// The key.
    pub(super) key: String,
}

impl At<'_> {
    /// As the source of a mention.
    pub(super) fn source(&self) -> Source {
        Source::File { path: self.path.to_owned(), line: self.line, key: self.key.clone() }
    }

    /// As the origin of a field.
    pub(super) fn origin(&self) -> Origin {
        Origin::File { file: self.path.to_owned(), line: self.line }
    }
}

impl<'a> Survey<'a> {
    /// Begins a survey.
    pub(in crate::target) fn new(snapshot: &'a Snapshot, root: &Path) -> Self {
        let look = Look::new(&snapshot.cwd, root);
        let drivers = Drivers::new(snapshot);
        Self { snapshot, look, exact: false, other: false, drivers, found: Vec::new() }
    }

    /// What was found since the last time.
    pub(in crate::target) fn take(&mut self) -> Vec<Mention> {
        std::mem::take(&mut self.found)
    }

    /// What was found.
    pub(super) fn done(self) -> Mentions {
        Mentions { found: self.found, watched: self.look.watched() }
    }

    /// A var as text, also when it is empty; the shell will watch it.
    pub(in crate::target) fn var(&self, name: &str) -> Option<String> {
        let listed = [URL_VARS, TARGET_VARS].iter().any(|list| list.contains(&name));
        if !listed {
            self.look.asked(name);
        }
        Some(self.snapshot.vars.get(name)?.to_string_lossy().into_owned())
    }

    /// A var that is not empty.
    pub(in crate::target) fn filled(&self, name: &str) -> Option<String> {
        self.var(name).filter(|value| !value.is_empty())
    }

    /// The vars that hold URLs.
    pub(super) fn url_vars(&mut self) {
        for name in URL_VARS {
            let Some(value) = self.filled(name) else { continue };
            let user = USER_VARS.iter().find(|(url, _)| url == name).map(|(_, user)| *user);
            let user = user.and_then(|var| Some((self.filled(var)?, Origin::Var(var.to_owned()))));
            let read = url::read(&value, &Origin::Var((*name).to_owned()));
            self.add_url(Source::Var((*name).to_owned()), with_user(read, user), Driver::Any);
        }
    }

    /// Adds what a URL comes to; `driver` where the URL does not name its own.
    pub(in crate::target) fn add_url(&mut self, source: Source, url: Url, driver: Driver) {
        match url {
            Url::Other => self.other = true,
            Url::Unclear(because) => self.add(source, Resolution::Ambiguous { partial: None, because }),
            Url::Database(said, named) => self.add_said(source, said, named.unwrap_or(driver)),
        }
    }

    /// Adds what parameters come to.
    pub(in crate::target) fn add_said(&mut self, source: Source, said: Said, driver: Driver) {
        let resolution = self.drivers.resolve(said, driver);
        self.add(source, resolution);
    }

    /// Adds that something cannot be said.
    pub(in crate::target) fn add_unclear(&mut self, source: Source, because: impl Into<String>) {
        self.add(source, Resolution::Ambiguous { partial: None, because: because.into() });
    }

    /// The text of a file; one that cannot be read is a mention.
    pub(in crate::target) fn text<'f>(&mut self, found: &'f Found) -> Option<&'f str> {
        match &found.text {
            Ok(text) => Some(text),
            Err(why) => {
                let source = Source::File { path: found.path.clone(), line: 0, key: String::new() };
                self.add_unclear(source, why);
                None
            }
        }
    }

    fn add(&mut self, source: Source, resolution: Resolution) {
        let mention = Mention { source, resolution };
        if !self.found.contains(&mention) {
            self.found.push(mention);
        }
    }
}

/// The URL with the user that is named beside it; in JDBC's world the URL's own comes first.
pub(in crate::target) fn with_user(url: Url, user: Option<(String, Origin)>) -> Url {
    match (url, user) {
        (Url::Database(mut said, driver), Some((user, origin))) => {
            if said.settings.iter().all(|setting| setting.keyword != "user") {
                said.settings.push(Setting { keyword: "user", value: OsString::from(user), origin });
            }
            Url::Database(said, driver)
        }
        (url, _) => url,
    }
}
