//! A database in parts (host, port, name, user), as most configuration files have it.
//!
//! Each part comes with its line. What decides the target and cannot be read makes the whole doubtful; an empty part is an
//! absent one. The names of the parts are the formats' own business.

use std::ffi::OsString;

use super::reading::Said;
use super::url::{placeholder, template};
use crate::target::Engine;
use crate::target::conninfo::Setting;
use crate::target::origin::Origin;

/// Parts of a database, gathered.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    /// The database system.
    pub(super) engine: Engine,
    settings: Vec<Setting>,
    /// What cannot be read: of which part, or of the whole.
    doubts: Vec<(Option<&'static str>, String)>,
}

impl Record {
    /// Takes a part as it stands in the file.
    pub(super) fn part(&mut self, keyword: &'static str, text: &str, origin: Origin) {
        if let Some(why) = template(text) {
            return self.unread(keyword, format!("`{keyword}`: {why}"));
        }
        if !text.is_empty() {
            let setting = Setting { keyword, value: OsString::from(text), origin };
            if let Some(why) = placeholder(&setting) {
                self.unread(keyword, why);
            }
            self.settings.retain(|earlier| earlier.keyword != keyword);
            self.settings.push(setting);
        }
    }

    /// Whether nothing is said at all.
    pub(super) fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.doubts.is_empty()
    }

    /// A part that is there and cannot be read.
    pub(super) fn unread(&mut self, keyword: &'static str, why: impl Into<String>) {
        self.doubts.push((Some(keyword), why.into()));
    }

    /// Something that makes the whole doubtful.
    pub(super) fn doubt(&mut self, why: impl Into<String>) {
        self.doubts.push((None, why.into()));
    }

    /// The parts of a URL over these, whether they could be read or not.
    pub(super) fn under(&mut self, over: Said) {
        self.engine = over.engine;
        let has = |keyword: &str| over.settings.iter().any(|setting| setting.keyword == keyword);
        self.settings.retain(|setting| !has(setting.keyword));
        self.doubts.retain(|(keyword, _)| !keyword.is_some_and(has));
        self.settings.extend(over.settings);
        self.doubts.extend(over.doubt.map(|why| (None, why)));
    }

    /// What is said.
    pub(super) fn said(self) -> Said {
        let doubt = self.doubts.into_iter().map(|(_, why)| why).next();
        Said { engine: self.engine, settings: self.settings, doubt, ..Said::default() }
    }
}
