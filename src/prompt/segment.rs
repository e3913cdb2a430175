//! From what speaks for this shell to the words that are shown.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use super::theme::dark;
use super::{Reading, Show, Style, Theme, Tint, format};
use crate::environment::{Environment, Level};
use crate::shell::{Paint, inert};
use crate::target::{Engine, Field, Host, Target};
use crate::text::shortened;

/// What is shown, inert and on one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// The level as a word; `none` where nothing is shown.
    pub level: &'static str,
    /// The words.
    pub text: String,
    /// The colour as SGR parameters.
    pub sgr: String,
    /// The title and the colours of the terminal.
    pub paint: Paint,
}

/// Longer than any terminal is wide says nothing more.
const LONGEST: usize = 200;

impl Segment {
    /// What is shown of this reading.
    pub fn of(reading: &Reading, theme: &Theme) -> Self {
        let Some(voice) = reading.deciding() else { return Self { level: "none", ..Self::default() } };
        let bare = reading.bare().is_some_and(|bare| std::ptr::eq(bare, voice));
        let speaker = Speaker {
            environment: &voice.environment,
            target: voice.target(),
            source: &voice.source,
            besides: !bare,
            explicit: voice.explicit,
        };
        speaker.segment(theme)
    }

    /// What the terminal shows while a client of this target runs.
    pub fn of_client(environment: &Environment, target: &Target, tool: &str, theme: &Theme) -> Self {
        let target = Some(target);
        Speaker { environment, target, source: tool, besides: false, explicit: true }.segment(theme)
    }
}

/// Whoever speaks for what is shown.
struct Speaker<'a> {
    environment: &'a Environment,
    target: Option<&'a Target>,
    source: &'a str,
    /// It decides against what a bare psql would reach, and so is named.
    besides: bool,
    /// It is not built-in defaults alone.
    explicit: bool,
}

impl Speaker<'_> {
    fn segment(&self, theme: &Theme) -> Segment {
        let text = if self.is_shown(theme.show) { self.words(&theme.format, theme) } else { String::new() };
        let paint = self.paint(theme);
        let silent = text.is_empty() && paint.title.is_empty() && paint.tab.is_none();
        let level = if silent { "none" } else { self.environment.level_word() };
        Segment { level, text, sgr: sgr(&self.environment.look().color, theme.style), paint }
    }

    fn paint(&self, theme: &Theme) -> Paint {
        let title = if self.is_shown(theme.title) { self.words(&theme.title_format, theme) } else { String::new() };
        Paint { title, ..tint(self.environment, theme) }
    }

    fn is_shown(&self, show: Show) -> bool {
        match show {
            Show::Always => true,
            Show::Relevant => self.explicit || self.environment.level() > Level::Development,
            Show::Strict => self.environment.level() > Level::Development,
            Show::Never => false,
        }
    }

    /// Fills in the format. Whoever decides against what a bare psql would reach is named.
    fn words(&self, format: &str, theme: &Theme) -> String {
        let field = |name: &str| if theme.spoken && name == "icon" { String::new() } else { self.field(name) };
        let mut out = format::fill(format, field);
        if self.besides && !format.contains("{source}") {
            out.extend([" (", self.source, ")"]);
        }
        shortened(inert(&out).trim(), LONGEST)
    }

    fn field(&self, name: &str) -> String {
        let look = self.environment.look();
        let name_of = |field: fn(&Target) -> Option<&Field<OsString>>| {
            self.target.and_then(field).map(Field::shown).unwrap_or_default()
        };
        match name {
            "icon" => look.icon,
            "label" => look.label,
            "environment" => self.environment.name().to_owned(),
            "level" => self.environment.level_word().to_owned(),
            "place" => self.target.map(place).unwrap_or_default(),
            "host" => self.hosts(|host| reached(host).map(Field::shown)),
            "port" => self.hosts(|host| Some(host.port.value.to_string())),
            "dbname" => name_of(|target| target.dbname.as_ref()),
            "user" => name_of(|target| target.user.as_ref()),
            "service" => name_of(|target| target.service.as_ref()),
            "source" => self.source.to_owned(),
            _ => String::new(),
        }
    }

    fn hosts(&self, of: impl Fn(&Host) -> Option<String>) -> String {
        let hosts = self.target.map(|target| target.hosts.as_slice()).unwrap_or_default();
        hosts.iter().filter_map(of).collect::<Vec<_>>().join(",")
    }
}

/// The colours of the terminal while this environment is at hand, without a title.
pub fn tint(environment: &Environment, theme: &Theme) -> Paint {
    let (tab, background) = match theme.tint {
        Tint::None => (None, None),
        Tint::Tab => (theme.tab.of(environment, |color| color), None),
        Tint::Background => (theme.tab.of(environment, |color| color), theme.background.of(environment, dark)),
    };
    Paint { title: String::new(), level: environment.level_word(), tab, background }
}

/// What a var can carry to the guard: the environment and the place, inert and on one line.
pub fn shown(environment: &Environment, target: Option<&Target>) -> String {
    inert(&format!("{} {}", environment.name(), target.map(place).unwrap_or_default()))
}

/// `db1.prod.example.com:6432/app`, without the usual port; `[local]/app` for a socket, as psql's own prompt has it.
pub(super) fn place(target: &Target) -> String {
    let hosts: Vec<String> = target.hosts.iter().map(|one| host(one, target.engine)).collect();
    let dbname = target.dbname.as_ref().map(|name| format!("/{}", name.shown())).unwrap_or_default();
    let place = format!("{}{dbname}", hosts.join(","));
    if target.engine == Engine::Postgresql { place } else { format!("{}://{place}", target.engine.word()) }
}

fn host(host: &Host, engine: Engine) -> String {
    let name = match reached(host) {
        Some(name) if is_socket(name) => format!("[local]:{}", host.port.value),
        name => Host { host: name.cloned(), ..host.clone() }.shown(),
    };
    name.strip_suffix(&format!(":{}", engine.usual_port())).map_or(name.clone(), str::to_owned)
}

/// The name by which a host is known. Beside an address a socket is none: libpq goes to the address (libpq, `hostaddr`),
/// and Debian's psql sets the socket of its cluster whatever address it finds.
fn reached(host: &Host) -> Option<&Field<OsString>> {
    let address = host.hostaddr.as_ref();
    host.host.as_ref().filter(|name| address.is_none() || !is_socket(name)).or(address)
}

fn is_socket(name: &Field<OsString>) -> bool {
    name.value.as_bytes().starts_with(b"/") || name.value.as_bytes().starts_with(b"@")
}

/// SGR parameters of a colour's name.
pub fn sgr(color: &str, style: Style) -> String {
    let (bright, plain) = match color.strip_prefix("bright-") {
        Some(plain) => (60, plain),
        None => (0, color),
    };
    let names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
    let plain = if plain == "purple" { "magenta" } else { plain };
    let Some(number) = names.iter().position(|name| *name == plain) else { return "1".to_owned() };
    match style {
        Style::Text => format!("1;{}", 30 + bright + number),
        Style::Block => format!(
            "1;{};{}",
            if matches!(plain, "black" | "blue" | "red" | "magenta") { 97 } else { 30 },
            40 + bright + number
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{Known, Look};
    use crate::prompt::Shades;
    use crate::shell::Rgb;
    use crate::target::{Engine, Origin};

    fn environment(level: Level) -> Environment {
        let name = level.word().to_owned();
        let look = Look { label: name.to_uppercase(), icon: level.icon().to_owned(), color: level.color().to_owned() };
        Environment::Known(Known { matched: vec![name.clone()], name, level, look, rule: None })
    }

    fn target(host: &str, port: u16) -> Target {
        let field = |value: &str| Some(Field::new(OsString::from(value), Origin::Default));
        Target {
            engine: Engine::Postgresql,
            hosts: vec![Host { host: field(host), hostaddr: None, port: Field::new(port, Origin::Default) }],
            dbname: field("app"),
            user: field("alice"),
            service: None,
            affects: Vec::new(),
            every_database: false,
            via: None,
            parameters: Vec::new(),
        }
    }

    fn segment(level: Level, theme: &Theme) -> Segment {
        Segment::of_client(&environment(level), &target("db1.example", 6432), "psql", theme)
    }

    #[test]
    fn a_format_is_filled_in_with_every_field() {
        let all = "{icon} {label} {environment} {level} {place} {host} {port} {dbname} {user} <{service}> {source}";
        let theme = Theme { format: all.to_owned(), ..Theme::default() };
        let expected = "▲ PRODUCTION production production db1.example:6432/app db1.example 6432 app alice <> psql";
        assert_eq!(segment(Level::Production, &theme).text, expected);
    }

    #[test]
    fn beside_an_address_a_name_is_shown_and_a_socket_is_not() {
        let shown = |host: &str, address: Option<&str>| {
            let mut target = target(host, 5432);
            target.hosts[0].hostaddr = address.map(|address| Field::new(OsString::from(address), Origin::Default));
            let theme = Theme { format: "{place} {host}".to_owned(), ..Theme::default() };
            Segment::of_client(&environment(Level::Production), &target, "psql", &theme).text
        };
        let address = Some("10.9.9.9");
        assert_eq!(shown("db1.example", address), "db1.example/app db1.example");
        assert_eq!(shown("/var/run/postgresql", address), "10.9.9.9/app 10.9.9.9");
        assert_eq!(shown("@abstract", Some("fd00::1")), "[fd00::1]/app fd00::1");
        assert_eq!(shown("/var/run/postgresql", None), "[local]/app /var/run/postgresql");
    }

    #[test]
    fn what_is_read_out_has_no_shape() {
        let theme = Theme { spoken: true, show: Show::Always, ..Theme::default() };
        let shown = segment(Level::Production, &theme);
        assert_eq!(shown.text, "PRODUCTION db1.example:6432/app");
        assert_eq!(shown.paint.title, shown.text);
    }

    #[test]
    fn show_says_from_which_level_on() {
        let texts = |show| Level::ALL.map(|level| !segment(level, &Theme { show, ..Theme::default() }).text.is_empty());
        assert_eq!(texts(Show::Always), [true; 3]);
        assert_eq!(texts(Show::Relevant), [true; 3]);
        assert_eq!(texts(Show::Strict), [false, true, true]);
        assert_eq!(texts(Show::Never), [false; 3]);
    }

    #[test]
    fn production_is_tinted_and_what_has_no_colour_is_not() {
        let paint = |level, theme: &Theme| segment(level, theme).paint;
        let red = Some(Rgb(0xb0, 0x10, 0x20));
        let theme = Theme::default();
        assert_eq!(paint(Level::Production, &theme).tab, red);
        assert_eq!(paint(Level::Production, &theme).background, None);
        assert_eq!(paint(Level::Staging, &theme).tab, None);
        let theme = Theme { tint: Tint::Background, ..theme };
        assert_eq!(paint(Level::Production, &theme).background, Some(Rgb(0x2c, 0x04, 0x08)));
        let theme = Theme { tint: Tint::None, ..theme };
        assert_eq!(paint(Level::Production, &theme).tab, None);
        let staging = Some(Rgb(1, 2, 3));
        let theme = Theme { tab: Shades { staging, ..Shades::default() }, ..Theme::default() };
        assert_eq!((paint(Level::Staging, &theme).tab, paint(Level::Production, &theme).tab), (staging, red));
    }

    #[test]
    fn what_is_unknown_is_tinted_as_production_unless_it_has_a_colour_of_its_own() {
        let unknown = Environment::Unknown { because: String::new() };
        let of = |tab| {
            let theme = Theme { tab, ..Theme::default() };
            Segment::of_client(&unknown, &target("h", 5432), "psql", &theme).paint.tab
        };
        let (one, other) = (Some(Rgb(1, 1, 1)), Some(Rgb(2, 2, 2)));
        assert_eq!(of(Shades::default()), Some(Rgb(0xb0, 0x10, 0x20)));
        assert_eq!(of(Shades { production: one, ..Shades::default() }), one);
        assert_eq!(of(Shades { production: one, unknown: other, ..Shades::default() }), other);
    }

    #[test]
    fn the_title_speaks_of_staging_and_production() {
        assert_eq!(segment(Level::Development, &Theme::default()).paint.title, "");
        assert_eq!(segment(Level::Staging, &Theme::default()).paint.title, "■ STAGING db1.example:6432/app");
        assert_eq!(segment(Level::Production, &Theme::default()).paint.title, "▲ PRODUCTION db1.example:6432/app");
    }

    #[test]
    fn what_goes_into_the_var_is_one_line_that_nothing_obeys() {
        let target = target("db\n1\x1b]0;x\x07", 5432);
        assert_eq!(shown(&environment(Level::Staging), Some(&target)), "staging db1]0;x/app");
        assert_eq!(shown(&environment(Level::Staging), None), "staging ");
    }
}
