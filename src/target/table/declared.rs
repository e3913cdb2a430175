//! An invocation of a tool of the table, read.

use std::ffi::OsString;
use std::path::PathBuf;

use super::argv::{self, Act};
use super::effect::Effect;
use super::entry::{Entry, Language};
use super::launch::Launched;
use crate::target::{Invocation, Opt};
use crate::text::Untrusted;
use crate::world::Snapshot;

/// What the table makes of an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The tool as the table calls it; behind a launcher, the one that it starts.
    pub tool: String,
    /// Its commands with what they do, in order.
    pub acts: Vec<Act>,
    pub(super) entry: Entry,
    /// Operands behind the command.
    pub(super) arguments: Vec<OsString>,
    pub(super) assigned: Vec<(String, OsString)>,
    /// The option that makes it show its help.
    pub(super) help: Option<OsString>,
    pub(super) doubt: Option<String>,
    /// Where a launcher goes first.
    pub(super) directory: Option<PathBuf>,
    /// Behind a launcher, the program that it starts.
    pub(super) behind: Option<String>,
    /// The words of an interpreter before those of the tool.
    pub(super) before: Vec<OsString>,
    /// A launcher stands before it that could not be asked in the tool's place.
    pub(super) hidden: bool,
    /// What the same line of a launcher starts besides.
    pub(super) others: Vec<Invocation>,
}

impl Declared {
    /// Reads the arguments; answers with the options and operands too.
    pub(super) fn read(tool: &str, entry: Entry, args: &[OsString]) -> (Self, Vec<Opt>, Vec<OsString>) {
        let line = argv::read(&entry, args);
        let (acts, arguments) = argv::acts(&entry, &line);
        // Behind a command it may be the version to go to (`supabase db reset --version N`), or `-v` for more words (`dbmate up -v`).
        let no_command = entry.words == 0 || line.words.is_empty();
        let shows = |option: &&Opt| option.name == "help" || option.name == "version" && no_command;
        let help =
            line.options.iter().find(|option| shows(option) && option.value.as_ref().is_none_or(|v| v != "false"));
        // `PWD` among what options set is where it works.
        let option = entry.set.iter().find(|(var, _)| var == "PWD");
        let given = option.and_then(|(_, option)| line.options.iter().rfind(|given| given.name == *option));
        let directory = given.and_then(|given| given.value.as_ref()).map(PathBuf::from);
        let declared = Self {
            tool: tool.to_owned(),
            acts,
            entry,
            arguments,
            assigned: line.assigned,
            help: help.map(|option| option.spelled.clone()),
            doubt: line.doubt,
            directory,
            behind: None,
            before: Vec::new(),
            hidden: false,
            others: Vec::new(),
        };
        (declared, line.options, line.words)
    }

    /// Takes over what the launcher does before it.
    pub(super) fn launched(&mut self, launched: Launched) {
        self.behind = Some(launched.program);
        self.hidden = launched.before.is_none() || launched.directory.is_some();
        self.before = launched.before.unwrap_or_default();
        self.directory = match (launched.directory, self.directory.take()) {
            (Some(first), Some(then)) => Some(first.join(then)),
            (first, then) => first.or(then),
        };
        self.assigned.extend(launched.assigned);
        self.doubt = self.doubt.take().or(launched.doubt);
    }

    /// What the commands do together.
    pub fn effect(&self) -> Effect {
        self.acts.iter().map(|act| act.effect).max().unwrap_or(Effect::None)
    }

    /// Where the tool works: a launcher may have gone there.
    pub fn cwd(&self, snapshot: &Snapshot) -> PathBuf {
        self.directory.as_ref().map_or_else(|| snapshot.cwd.clone(), |below| snapshot.cwd.join(below))
    }

    /// The program behind a launcher.
    pub fn behind(&self) -> Option<&str> {
        self.behind.as_deref()
    }

    /// Whether its sessions can be started read-only by `PGOPTIONS`.
    pub fn takes_pgoptions(&self) -> bool {
        self.entry.pgoptions
    }

    /// The command line by which it can be asked where it goes: for one that was understood and that no launcher hides.
    pub fn probe(&self, invocation: &Invocation) -> Option<(Language, Vec<OsString>)> {
        let probe = self.entry.probe.as_ref().filter(|_| self.doubt.is_none() && !self.hidden)?;
        let mut args = self.before.clone();
        for word in &probe.words {
            if word != "{}" {
                args.push(word.into());
                continue;
            }
            for option in invocation.options.iter().filter(|option| probe.keep.contains(&option.name)) {
                args.push(option.spelled.clone());
                args.extend(option.value.clone());
            }
        }
        Some((probe.language, args))
    }

    /// Whether it touches further databases, by places of their own.
    pub fn has_more(&self) -> bool {
        !self.entry.also.is_empty()
    }

    /// Why no server is touched, where that is so.
    pub(super) fn opens_nothing(&self) -> Option<String> {
        if let Some(help) = &self.help {
            return Some(format!("`{}` only shows help or the version", Untrusted::os(help)));
        }
        if self.acts.is_empty() {
            let tool = Untrusted::text(&self.tool);
            let only = format!("this starts nothing of {tool} that dbguard guards");
            return Some(if self.entry.only { only } else { format!("without a command {tool} shows its help") });
        }
        let none = self.acts.iter().all(|act| act.effect == Effect::None);
        let names: Vec<&str> = self.acts.iter().map(|act| act.command.as_str()).collect();
        none.then(|| {
            format!("`{} {}` opens no connection", Untrusted::text(&self.tool), Untrusted::text(&names.join(" ")))
        })
    }
}
