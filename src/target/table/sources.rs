//! Where a tool of the table takes its target from, in its own order.
//!
//! The vars are those that the tool will see: the process's own, what its options and operands set, and what it loads from
//! `.env` files. The readers of [`crate::target::project`] do the rest. Code decides in many projects: it is never run, and
//! what the vars say beside it is shown as a hint.

use std::path::Path;

use super::Places;
use super::declared::Declared;
use super::entry::{Language, Reader, Step};
use super::foreign;
use super::world::World;
use crate::target::conninfo::Setting;
use crate::target::project::reading::Said;
use crate::target::project::survey::{Survey, with_user};
use crate::target::project::url::{self, Url};
use crate::target::project::vars::USER_VARS;
use crate::target::project::{Driver, Mention, Source};
use crate::target::{Engine, Invocation, Opt, Origin, Resolution};
use crate::text::Untrusted;
use crate::world::Snapshot;

/// Where the invocation goes.
pub(super) fn places(declared: &Declared, invocation: &Invocation, snapshot: &Snapshot) -> Places {
    if let Some(because) = declared.opens_nothing() {
        return Places::only(Resolution::NoServer { because });
    }
    let world = World::of(declared, invocation, snapshot);
    if declared.entry.engine != Engine::Postgresql {
        return Places::only(foreign::resolve(declared.entry.engine, declared, invocation, &world));
    }
    let mut trip = Trip { declared, invocation, world: &world, survey: world.survey() };
    trip.survey.exact = true;
    let mut found = trip.first(&declared.entry.target);
    let nothing = trip.nothing();
    // What an option says stands above every file.
    let given =
        declared.entry.target.iter().any(|step| matches!(step, Step::Option(name) if trip.last(name).is_some()));
    let steps = declared.entry.also.iter().filter(|step| !given || **step != Step::File(Reader::Liquibase));
    let also = steps.flat_map(|step| trip.beside(step)).collect::<Vec<_>>();
    if found.is_empty() {
        found.push(nothing.clone());
    }
    let mut resolutions = found.into_iter().chain(also).map(|resolution| trip.finished(resolution));
    let main = resolutions.next().unwrap_or(nothing);
    let mut also: Vec<Resolution> = resolutions.collect();
    also.retain(|other| *other != main);
    let mut places = Places { main, also };
    trip.doubt(&mut places);
    places
}

/// Where it goes, as the tool itself says: each parameter that it named, and what its driver fills in.
pub(super) fn told(
    said: &[(&'static str, String)],
    declared: &Declared,
    invocation: &Invocation,
    snapshot: &Snapshot,
) -> Resolution {
    let world = World::of(declared, invocation, snapshot);
    let mut trip = Trip { declared, invocation, world: &world, survey: world.survey() };
    let setting =
        |(keyword, value): &(&'static str, String)| Setting { keyword, value: value.into(), origin: Origin::Tool };
    let said = Said { settings: said.iter().map(setting).collect(), ..Said::default() };
    let driver = match declared.entry.probe.as_ref().map(|probe| probe.language) {
        Some(Language::Python) => Driver::Libpq,
        Some(Language::Node) | None => Driver::Own,
    };
    trip.survey.add_said(Source::Var("tool".to_owned()), said, driver);
    let found = trip.survey.take().into_iter().next().map(|mention| mention.resolution);
    trip.finished(found.unwrap_or_else(|| trip.nothing()))
}

/// The value of an option as text, where it has one.
pub(super) fn text_of(invocation: &Invocation, name: &str) -> Option<String> {
    let option = invocation.options.iter().rfind(|option| option.name == name)?;
    Some(option.value.as_ref()?.to_string_lossy().into_owned()).filter(|text| !text.is_empty())
}

/// One way through the places.
pub(super) struct Trip<'a> {
    pub(super) declared: &'a Declared,
    pub(super) invocation: &'a Invocation,
    pub(super) world: &'a World,
    pub(super) survey: Survey<'a>,
}

impl<'a> Trip<'a> {
    /// What the first place says that says anything.
    fn first(&mut self, steps: &[Step]) -> Vec<Resolution> {
        for step in steps {
            let found = self.one(step);
            if !found.is_empty() || self.survey.other {
                return found;
            }
        }
        Vec::new()
    }

    /// What one further place says. An operand that is no URL is a file there.
    fn beside(&mut self, step: &Step) -> Vec<Resolution> {
        let text = match step {
            Step::Argument(at) => at.checked_sub(1).and_then(|at| self.declared.arguments.get(at)),
            Step::Option(_) | Step::Var { .. } | Step::Options(_) | Step::Vars | Step::File(_) | Step::Code(_) => {
                return self.one(step);
            }
        };
        let is_url = text.is_some_and(|text| text.to_string_lossy().contains("://"));
        if is_url { self.one(step) } else { Vec::new() }
    }

    /// What one place says.
    fn one(&mut self, step: &Step) -> Vec<Resolution> {
        let driver = self.declared.entry.driver;
        match step {
            Step::Option(name) => self.option(name),
            Step::Argument(at) => {
                let given = at.checked_sub(1).and_then(|at| self.declared.arguments.get(at));
                if let Some(text) = given {
                    self.url(&text.to_string_lossy(), &Origin::Argument(*at));
                }
            }
            Step::Var { option, name } => self.var(option.as_deref(), name),
            Step::Options(at) => self.options(*at),
            Step::Vars => self.survey.add_said(Source::Var("PGHOST".to_owned()), Said::default(), driver),
            Step::File(reader) => self.file(*reader),
            Step::Code(files) => self.code(files),
        }
        self.survey.take().into_iter().map(|mention: Mention| mention.resolution).collect()
    }

    fn last(&self, name: &str) -> Option<&'a Opt> {
        self.invocation.options.iter().rfind(|option| option.name == name)
    }

    pub(super) fn text_of(&self, name: &str) -> Option<String> {
        text_of(self.invocation, name)
    }

    /// The URL that an option has.
    pub(super) fn option(&mut self, name: &str) {
        let Some(option) = self.last(name) else { return };
        let Some(value) = option.value.clone() else { return };
        let origin = Origin::Option(option.spelled.clone());
        self.url(&value.to_string_lossy(), &origin);
    }

    /// A URL, with the user that an option names beside it.
    fn url(&mut self, text: &str, origin: &Origin) {
        let user = self.last("user").and_then(|option| {
            Some((option.value.as_ref()?.to_string_lossy().into_owned(), Origin::Option(option.spelled.clone())))
        });
        self.url_of(text, origin, user);
    }

    fn url_of(&mut self, text: &str, origin: &Origin, user: Option<(String, Origin)>) {
        let source = Source::Var(origin.to_string());
        let url = with_user(url::read(text, origin), user);
        match url {
            Url::Other if text.trim().is_empty() => {}
            url @ (Url::Database(..) | Url::Other | Url::Unclear(_)) => {
                self.survey.add_url(source, url, self.declared.entry.driver);
            }
        }
    }

    fn var(&mut self, option: Option<&str>, name: &str) {
        let name = option.and_then(|option| self.text_of(option)).unwrap_or_else(|| name.to_owned());
        if let Some(why) = self.world.unread.get(&name) {
            let because = format!("`{}`: {why}", Untrusted::text(&name));
            return self.survey.add_unclear(Source::Var(name), because);
        }
        if let Some(text) = self.survey.filled(&name) {
            let user = USER_VARS
                .iter()
                .find(|(url, _)| *url == name)
                .and_then(|(_, user)| Some((self.survey.filled(user)?, Origin::Var((*user).to_owned()))));
            self.url_of(&text, &Origin::Var(name), user);
        }
    }

    /// `PGHOST` and the vars that begin as it does.
    fn parts_in_vars(&mut self, host: &str, before: &str) {
        let mut said = Said::default();
        let ends =
            [("host", "HOST"), ("port", "PORT"), ("user", "USER"), ("dbname", "DATABASE"), ("dbname", "DB_NAME")];
        for (keyword, end) in ends.into_iter().filter(|_| self.survey.filled(host).is_some()) {
            let name = format!("{before}{end}");
            let Some(value) = self.survey.filled(&name) else { continue };
            said.settings.push(Setting { keyword, value: value.into(), origin: Origin::Var(name) });
        }
        if !said.settings.is_empty() {
            self.survey.add_said(Source::Var(host.to_owned()), said, self.declared.entry.driver);
        }
    }

    /// Host, port, user and database as options of their own.
    fn options(&mut self, at: Option<usize>) {
        let mut said = Said::default();
        for keyword in ["host", "port", "user", "dbname"] {
            let Some(option) = self.last(keyword) else { continue };
            let value = option.value.clone().unwrap_or_default();
            said.settings.push(Setting { keyword, value, origin: Origin::Option(option.spelled.clone()) });
        }
        let operand = at.and_then(|at| Some((at, self.declared.arguments.get(at.checked_sub(1)?)?.clone())));
        if let Some((at, value)) = operand.filter(|_| self.last("dbname").is_none()) {
            said.settings.push(Setting { keyword: "dbname", value, origin: Origin::Argument(at) });
        }
        let place = said.settings.iter().any(|setting| setting.keyword != "user");
        if place {
            let is_string = |text: &str| text.contains('=') || text.contains("://");
            if said.settings.iter().any(|setting| is_string(&setting.value.to_string_lossy())) {
                said.doubt = Some("a part of it may be a connection string".to_owned());
            }
            // What the options leave out comes from a file or from code, where the tool has such.
            let more = |step: &Step| matches!(step, Step::File(_) | Step::Code(_));
            if self.last("host").is_none() && self.declared.entry.target.iter().any(more) {
                said.doubt = Some("its options name no host, which then comes from elsewhere".to_owned());
            }
            self.survey.add_said(Source::Var("options".to_owned()), said, self.declared.entry.driver);
        }
    }

    /// Code decides where one of its files is there, or where none has to be.
    fn code(&mut self, files: &[String]) {
        let directories = self.world.snapshot.cwd.ancestors().take_while(|dir| dir.starts_with(&self.world.root));
        let mut directories = directories.take(64);
        let file = directories.find_map(|dir: &Path| files.iter().find(|file| dir.join(file).exists()));
        let because = match file {
            Some(file) => format!("`{file}` leaves it to code, and dbguard runs no code of a project"),
            None if files.is_empty() => "code of the project decides it, and dbguard runs none".to_owned(),
            None => return,
        };
        self.survey.add_unclear(Source::Var("code".to_owned()), because);
    }

    /// Nothing said anything.
    fn nothing(&self) -> Resolution {
        if self.survey.other {
            let because = "it is told of a database that is not PostgreSQL, which dbguard does not guard".to_owned();
            return Resolution::NoServer { because };
        }
        Resolution::Ambiguous {
            partial: None,
            because: "nothing that dbguard reads says which database it is".to_owned(),
        }
    }

    /// uv loads the files that its var names before it starts anything
    /// (<https://docs.astral.sh/uv/reference/environment/#uv_env_file>).
    fn loaded_elsewhere(&self) -> Option<String> {
        let vars = &self.world.snapshot.vars;
        let off = vars.filled("UV_NO_ENV_FILE").is_some();
        let set = self.invocation.tool == "uv" && !off && vars.filled("UV_ENV_FILE").is_some();
        set.then(|| "`UV_ENV_FILE` may change what the tool sees".to_owned())
    }

    /// Marks what must not be believed, with what the vars say beside it.
    fn doubt(&mut self, places: &mut Places) {
        let doubt = self.declared.doubt.clone().or_else(|| self.loaded_elsewhere());
        if let (Resolution::Resolved(target), Some(because)) = (&places.main, doubt) {
            places.main = Resolution::Ambiguous { partial: Some(target.clone()), because };
        }
        if !matches!(places.main, Resolution::Ambiguous { .. }) {
            return;
        }
        for name in &self.declared.entry.hints {
            match name.strip_suffix("HOST") {
                Some(before) => self.parts_in_vars(name, before),
                None => self.var(None, name),
            }
            let found = self.survey.take().into_iter().next().map(|mention| self.finished(mention.resolution));
            let hint = match found {
                Some(Resolution::Resolved(target) | Resolution::Ambiguous { partial: Some(target), .. }) => target,
                Some(Resolution::NoServer { .. } | Resolution::Ambiguous { partial: None, .. }) | None => continue,
            };
            match &mut places.main {
                Resolution::Ambiguous { partial: partial @ None, because } => {
                    *because = format!("{because}; what is shown is what `{name}` says");
                    *partial = Some(hint);
                }
                Resolution::Ambiguous { .. } | Resolution::NoServer { .. } | Resolution::Resolved(_) => {
                    places.also.push(Resolution::Resolved(hint));
                }
            }
            return;
        }
    }
}
