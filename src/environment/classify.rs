//! Target → environment. The strictest rule that fits wins, wherever it stands.
//!
//! A target is taken apart into facets: each host or address that packets may go to, with each database that is acted
//! on. Those that decide where the packets go must each be named by a rule; the others (a name beside a `hostaddr`, a
//! jump host) can only raise. One facet that nothing names makes the whole target unknown, unless another facet is
//! production by name, which says the same and says more.

use std::cmp::Reverse;
use std::ffi::{OsStr, OsString};

use super::endpoint::Endpoint;
use super::rules::{Authority, Database, Doubt, Facet, Fit, Rule, Rules, Service};
use super::{Environment, Level};
use crate::order;
use crate::target::{Field, Host, Origin, Target, Via};
use crate::text::Untrusted;

impl Rules {
    /// Which environment this target belongs to.
    pub fn classify(&self, target: &Target) -> Environment {
        let mut tally = Tally::default();
        let databases = databases(target);
        for host in &target.hosts {
            for place in places(host, target.via.as_ref()) {
                for (database, decides) in &databases {
                    self.count(&place, (*database, *decides), target, &mut tally);
                }
            }
        }
        if target.hosts.is_empty() {
            tally.unnamed("it has no host".to_owned());
        }
        self.settle(&tally)
    }

    /// Counts what fits one facet.
    fn count<'r>(&'r self, place: &Place, database: (Database<'_>, bool), target: &Target, tally: &mut Tally<'r>) {
        let (dbname, database_decides) = database;
        let service = target.service.as_ref().map(|field| field.value.as_os_str());
        let facet = Facet {
            endpoint: &place.endpoint,
            port: place.port,
            dbname,
            user: target.user.as_ref().map(|field| field.value.as_os_str()),
            service: service.map(|name| Service { name, decides: place.of_service }),
        };
        let mut decided = false;
        for rule in &self.entries {
            let fit = rule.when.fit(&facet);
            let names = fit == Fit::Yes && rule.authority == Authority::Name;
            decided |= names;
            if fit != Fit::No {
                let order = if names { Order::Names } else { Order::Raises };
                tally.hits.push(Hit { environment: rule.environment, rule: Some(rule), order });
            }
        }
        match place.role {
            Role::Here => tally.hits.push(Hit { environment: self.local(), rule: None, order: Order::BuiltIn }),
            Role::Elsewhere => tally.elsewhere = true,
            Role::Hint => return,
        }
        if place.role == Role::Elsewhere && database_decides && !decided {
            tally.unnamed(place.because(dbname));
        }
    }

    fn settle(&self, tally: &Tally<'_>) -> Environment {
        let strictest = tally.hits.iter().min_by_key(|hit| (Reverse(self.level(hit.environment)), hit.order));
        let level = strictest.map_or(Level::Production, |hit| self.level(hit.environment));
        let doubt = match &self.doubt {
            Doubt::Everything(because) => Some(because),
            Doubt::Elsewhere(because) if tally.elsewhere => Some(because),
            Doubt::Elsewhere(_) | Doubt::Nothing => None,
        };
        match (level, tally.unknown.as_ref().or(doubt)) {
            (Level::Development | Level::Staging, Some(because)) => Environment::Unknown { because: because.clone() },
            _ => self.answer(strictest, tally),
        }
    }

    fn answer(&self, strictest: Option<&Hit<'_>>, tally: &Tally<'_>) -> Environment {
        let mut matched: Vec<usize> = tally.hits.iter().map(|hit| hit.environment).collect();
        order::sort(&mut matched);
        matched.dedup();
        match strictest.and_then(|hit| self.known(hit.environment, hit.rule, &matched)) {
            Some(known) => Environment::Known(known),
            None => Environment::Unknown {
                because: tally.unknown.clone().unwrap_or_else(|| "no rule matches it".to_owned()),
            },
        }
    }
}

/// What fitted so far.
#[derive(Default)]
struct Tally<'r> {
    hits: Vec<Hit<'r>>,
    /// Why the target is unknown: the first facet that nothing names.
    unknown: Option<String>,
    /// Packets may leave this machine.
    elsewhere: bool,
}

struct Hit<'r> {
    environment: usize,
    /// `None` for the built-in `local`.
    rule: Option<&'r Rule>,
    order: Order,
}

/// Among equally strict ones, which gives the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    Names,
    BuiltIn,
    Raises,
}

impl Tally<'_> {
    fn unnamed(&mut self, because: String) {
        self.elsewhere = true;
        self.unknown.get_or_insert(because);
    }
}

/// A place that packets may go to, or a name for one.
struct Place {
    endpoint: Endpoint,
    port: Option<u16>,
    role: Role,
    /// The service said so, and nothing else.
    of_service: bool,
    /// The text that it was read from, for messages.
    shown: String,
    /// Why it cannot be named, where no rule could.
    hidden: Option<String>,
}

/// What a place has to say about where packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// They stay on this machine.
    Here,
    /// They go there: a rule must name it.
    Elsewhere,
    /// Only a name beside it: it can raise, and decides nothing.
    Hint,
}

impl Place {
    /// A place of the target's own.
    fn given(field: Option<&Field<OsString>>, host: &Host, role: Role) -> Self {
        let text = field.map(|field| field.value.as_os_str()).unwrap_or_default();
        let served = |origin: &Origin| matches!(origin, Origin::Service { .. } | Origin::Default);
        let of_service = served(&host.port.origin) && field.is_some_and(|field| served(&field.origin));
        Self { of_service, ..Self::named(text, Some(host.port.value), role) }
    }

    fn named(text: &OsStr, port: Option<u16>, role: Role) -> Self {
        let shown = Untrusted::os(text).to_string();
        Self { endpoint: Endpoint::read(text), port, role, of_service: false, shown, hidden: None }
    }

    fn because(&self, database: Database<'_>) -> String {
        if let Some(hidden) = &self.hidden {
            return hidden.clone();
        }
        let port = self.port.map_or_else(String::new, |port| format!(" port {port}"));
        match database {
            Database::Named(name) => {
                format!("no rule names `{}`{port} database `{}`", self.shown, Untrusted::os(name))
            }
            Database::Any => format!("no rule names every database of `{}`{port}", self.shown),
        }
    }
}

/// The databases that are acted on, and whether each has to be named.
///
/// The maintenance database that a tool connects to by itself, to act on another (`dropdb app` on `postgres`), decides
/// nothing; one that was asked for does.
fn databases(target: &Target) -> Vec<(Database<'_>, bool)> {
    let mut databases: Vec<(Database<'_>, bool)> =
        target.affects.iter().map(|field| (Database::Named(&field.value), true)).collect();
    match &target.dbname {
        Some(field) => {
            let maintenance = !databases.is_empty() && field.origin == Origin::Default;
            databases.push((Database::Named(&field.value), !maintenance));
        }
        None if databases.is_empty() => databases.push((Database::Any, true)),
        None => {}
    }
    if target.every_database {
        databases.push((Database::Any, true));
    }
    databases
}

/// The places of one host of the list, following a tunnel where there is one.
fn places(host: &Host, via: Option<&Via>) -> Vec<Place> {
    let filled = |field: &&Field<OsString>| !field.value.is_empty();
    let name = host.host.as_ref().filter(filled);
    let address = host.hostaddr.as_ref().filter(filled);
    let beside = name.filter(|_| address.is_some()).map(|name| Place::given(Some(name), host, Role::Hint));
    let mut decides = Place::given(address.or(name), host, Role::Elsewhere);
    if address.is_some() && !matches!(decides.endpoint, Endpoint::Address(_)) {
        // libpq would reject it; no rule about a name may speak for it.
        decides.endpoint = Endpoint::Unreadable;
    }
    let mut places = Vec::new();
    if !decides.endpoint.is_loopback() {
        places.extend(beside);
        places.push(decides);
        return places;
    }
    // A name from elsewhere for a loopback address is how people reach a tunnel: the name has to be known too, unless
    // the tunnel itself is.
    places.extend(beside.map(|beside| {
        let speaks = via.is_none() && !beside.endpoint.is_loopback();
        Place { role: if speaks { Role::Elsewhere } else { Role::Hint }, ..beside }
    }));
    match via {
        None => places.push(Place { role: Role::Here, ..decides }),
        Some(via) => {
            places.push(Place { role: Role::Hint, ..decides });
            places.extend(far_end(via));
        }
    }
    places
}

/// The far end of a forwarder. Its first name that is not this machine decides; jump hosts and the like, which come
/// after it, can raise. `localhost` is the loopback of another machine there.
fn far_end(via: &Via) -> Vec<Place> {
    let (names, port) = via.to.as_ref().map_or((&[][..], None), |to| (to.names.as_slice(), to.port));
    let mut places = Vec::new();
    let mut decided = false;
    for name in names {
        let mut place = Place::named(OsStr::new(name), port, Role::Hint);
        if !decided && !place.endpoint.is_loopback() {
            decided = true;
            place.role = Role::Elsewhere;
        }
        places.push(place);
    }
    if !decided {
        let program = Untrusted::text(&via.program);
        let because = format!("it goes through {program} (process {}), and where that leads cannot be said", via.pid);
        let nowhere = Place::named(OsStr::new(""), None, Role::Elsewhere);
        places.push(Place { endpoint: Endpoint::Unreadable, hidden: Some(because), ..nowhere });
    }
    places
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::environment::{Definition, Entry, Glob, HostPattern, Look};
    use crate::target::{Endpoint as FarEnd, Engine};

    /// A line for each rule: `NAME LEVEL [raise] key=value …`.
    fn rules(text: &str, doubt: Doubt) -> Rules {
        let (mut definitions, mut entries): (Vec<Definition>, Vec<Rule>) = (Vec::new(), Vec::new());
        for (at, line) in text.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
            let mut words = line.split(' ');
            let name = words.next().unwrap().to_owned();
            let level = Level::parse(words.next().unwrap()).unwrap();
            let environment = definitions.iter().position(|known| known.name == name).unwrap_or_else(|| {
                definitions.push(Definition { look: Look::of(&name, level), name, level });
                definitions.len() - 1
            });
            definitions[environment].level = definitions[environment].level.max(level);
            let mut authority = Authority::Name;
            let mut when = Entry::default();
            for word in words {
                match word.split_once('=') {
                    Some(("host", text)) => when.host = Some(HostPattern::parse(text).unwrap()),
                    Some(("port", text)) => when.port = Some(text.parse().unwrap()),
                    Some(("dbname", text)) => when.dbname = Some(Glob::parse(text).unwrap()),
                    Some(("user", text)) => when.user = Some(Glob::parse(text).unwrap()),
                    Some(("service", text)) => when.service = Some(Glob::parse(text).unwrap()),
                    Some(("server", text)) => when.server = Some(text.to_owned()),
                    _ => authority = Authority::Raise,
                }
            }
            let file = Path::new("c.toml").into();
            entries.push(Rule { environment, when, authority, file, line: at + 1, text: (line.into(), 0..line.len()) });
        }
        Rules::new(definitions, entries, doubt)
    }

    fn field(text: &str) -> Field<OsString> {
        Field::new(text.into(), Origin::Option("-x".into()))
    }

    /// `host host@hostaddr host:port`, then dbname.
    fn target(hosts: &str, dbname: &str) -> Target {
        let host = |text: &str| {
            let (text, port) = text.split_once(':').unwrap_or((text, "5432"));
            let (name, address) = text.split_once('=').map_or((text, None), |(name, address)| (name, Some(address)));
            Host {
                host: (!name.is_empty()).then(|| field(name)),
                hostaddr: address.map(field),
                port: Field::new(port.parse().unwrap(), Origin::Default),
            }
        };
        Target {
            engine: Engine::Postgresql,
            hosts: hosts.split(' ').map(host).collect(),
            dbname: Some(field(dbname)),
            user: Some(field("alice")),
            service: None,
            affects: Vec::new(),
            every_database: false,
            via: None,
            parameters: Vec::new(),
        }
    }

    /// `name/level [matched]`, or `unknown`.
    fn shown(environment: &Environment) -> String {
        match environment {
            Environment::Known(known) => format!("{}/{} {:?}", known.name, known.level.word(), known.matched),
            Environment::Unknown { .. } => "unknown".to_owned(),
        }
    }

    fn name(text: &str, target: &Target) -> String {
        rules(text, Doubt::Nothing).classify(target).name().to_owned()
    }

    fn because(environment: Environment) -> String {
        match environment {
            Environment::Unknown { because } => because,
            Environment::Known(known) => panic!("{known:?}"),
        }
    }

    const SOME: &str = "
        prod production host=*.prod.example.com
        qa staging host=*.qa.example.com
        dev development host=*.example.com
        dev development host=10.9.0.0/16
        shared production host=db.internal dbname=app_prod
        scratch development host=db.internal dbname=app_dev";

    #[test]
    fn the_strictest_rule_wins_wherever_it_stands_and_the_demands_of_all_add_up() {
        let mut lines: Vec<&str> = SOME.lines().collect();
        for _ in 0..2 {
            let rules = rules(&lines.join("\n"), Doubt::Nothing);
            let of = |host: &str| shown(&rules.classify(&target(host, "app")));
            assert_eq!(of("a.prod.example.com"), r#"prod/production ["prod", "dev"]"#);
            assert_eq!(of("a.qa.example.com"), r#"qa/staging ["qa", "dev"]"#);
            assert_eq!(of("a.example.com"), r#"dev/development ["dev"]"#);
            assert_eq!(of("example.com"), "unknown");
            lines.reverse();
        }
    }

    #[test]
    fn the_rule_that_decided_is_named() {
        let Environment::Known(known) = rules(SOME, Doubt::Nothing).classify(&target("x.qa.example.com", "app")) else {
            panic!()
        };
        let rule = known.rule.unwrap();
        assert_eq!((rule.file.to_str().unwrap(), rule.line), ("c.toml", 2));
    }

    #[test]
    fn what_nothing_names_is_unknown_and_says_which_part() {
        let answer = rules(SOME, Doubt::Nothing).classify(&target("db9\u{1b}[2J", "app"));
        assert_eq!(because(answer), "no rule names `db9\\x1B[2J` port 5432 database `app`");
    }

    #[test]
    fn every_host_of_a_list_must_be_named_and_the_strictest_wins() {
        assert_eq!(name(SOME, &target("a.example.com b.example.com", "app")), "dev");
        assert_eq!(name(SOME, &target("a.example.com b.qa.example.com", "app")), "qa");
        assert_eq!(name(SOME, &target("a.example.com elsewhere", "app")), "unknown");
        assert_eq!(name(SOME, &target("elsewhere a.prod.example.com", "app")), "prod");
        assert_eq!(name(SOME, &target("localhost elsewhere", "app")), "unknown");
    }

    #[test]
    fn hostaddr_decides_and_the_name_can_raise() {
        assert_eq!(name(SOME, &target("elsewhere=10.9.1.1", "app")), "dev");
        assert_eq!(name(SOME, &target("a.example.com=10.8.1.1", "app")), "unknown");
        assert_eq!(name(SOME, &target("a.prod.example.com=10.8.1.1", "app")), "prod");
        assert_eq!(name(SOME, &target("a.prod.example.com=10.9.1.1", "app")), "prod");
        assert_eq!(name(SOME, &target("a.qa.example.com=10.9.1.1", "app")), "qa");
        assert_eq!(name(SOME, &target("=10.9.1.1", "app")), "dev");
        assert_eq!(name(SOME, &target("a.example.com=a.example.com", "app")), "unknown");
        assert_eq!(name(SOME, &target("a.example.com=/tmp", "app")), "unknown");
    }

    #[test]
    fn a_foreign_name_for_a_loopback_address_must_be_known() {
        assert_eq!(name(SOME, &target("a.qa.example.com=127.0.0.1", "app")), "qa");
        assert_eq!(name(SOME, &target("elsewhere=127.0.0.1", "app")), "unknown");
        assert_eq!(name(SOME, &target("localhost=127.0.0.1", "app")), "local");
    }

    #[test]
    fn this_machine_is_local_unless_rules_say_something_stricter() {
        for host in ["", "localhost", "127.0.0.1", "::1".replace(':', "").as_str(), "/tmp", "@x", "db.localhost"] {
            let expected = if host == "1" { "unknown" } else { "local" };
            assert_eq!(name("", &target(host, "app")), expected, "{host}");
        }
        let text = "tunnel production host=localhost port=5433
            mine development host=localhost port=5434";
        assert_eq!(name(text, &target("127.0.0.1:5433", "app")), "tunnel");
        assert_eq!(
            shown(&rules(text, Doubt::Nothing).classify(&target("127.0.0.1:5434", "app"))),
            r#"mine/development ["mine", "local"]"#
        );
        assert_eq!(name(text, &target("127.0.0.1:5435", "app")), "local");
        assert_eq!(name("local production host=x.example.com", &target("127.0.0.1", "app")), "local");
    }

    fn through(to: Option<(&[&str], Option<u16>)>) -> Target {
        let to = to.map(|(names, port)| FarEnd { names: names.iter().map(|name| (*name).to_owned()).collect(), port });
        Target { via: Some(Via { program: "ssh".to_owned(), pid: 7, to }), ..target("127.0.0.1:6000", "app") }
    }

    #[test]
    fn a_tunnel_is_what_it_leads_to() {
        assert_eq!(name(SOME, &through(Some((&["a.prod.example.com"], Some(5432))))), "prod");
        assert_eq!(name(SOME, &through(Some((&["a.example.com", "jump"], Some(5432))))), "dev");
        assert_eq!(name(SOME, &through(Some((&["a.example.com", "jump.prod.example.com"], Some(5432))))), "prod");
        assert_eq!(name(SOME, &through(Some((&["localhost", "a.example.com"], Some(5432))))), "dev");
        assert_eq!(name(SOME, &through(Some((&["elsewhere", "a.example.com"], Some(5432))))), "unknown");
        assert_eq!(name(SOME, &through(Some((&["localhost"], Some(5432))))), "unknown");
        let hidden = rules(SOME, Doubt::Nothing).classify(&through(None));
        assert_eq!(because(hidden), "it goes through ssh (process 7), and where that leads cannot be said");
    }

    #[test]
    fn a_rule_about_the_near_end_of_a_tunnel_can_only_raise() {
        let to = through(Some((&["a.example.com"], Some(5432))));
        assert_eq!(name(&format!("{SOME}\nnear production host=localhost port=6000"), &to), "near");
        assert_eq!(name("near development host=localhost port=6000", &to), "unknown");
    }

    #[test]
    fn an_unknown_far_port_counts_for_production_and_not_for_development() {
        let to = through(Some((&["db1"], None)));
        assert_eq!(name("p production host=db1 port=5432", &to), "p");
        assert_eq!(name("d development host=db1 port=5432", &to), "unknown");
        assert_eq!(name("d development host=db1\nq staging host=db1 port=5432", &to), "q");
    }

    #[test]
    fn databases_are_those_acted_on_and_all_of_them_count() {
        let mut drop = target("db.internal", "postgres");
        drop.dbname = Some(Field::new("postgres".into(), Origin::Default));
        drop.affects = vec![field("app_prod")];
        assert_eq!(name(SOME, &drop), "shared");
        drop.affects = vec![field("app_dev")];
        assert_eq!(name(SOME, &drop), "scratch");
        drop.dbname = Some(field("postgres"));
        assert_eq!(name(SOME, &drop), "unknown");
        let all = Target { every_database: true, ..target("db.internal", "app_dev") };
        assert_eq!(name(SOME, &all), "shared");
        assert_eq!(name("d development host=db.internal dbname=app_dev", &all), "unknown");
        assert_eq!(name("d development host=db.internal", &all), "d");
    }

    #[test]
    fn a_key_that_cannot_be_checked_counts_for_production_only() {
        let replication = Target { dbname: None, user: None, ..target("db.internal", "") };
        assert_eq!(name(SOME, &replication), "shared");
        assert_eq!(name("d development host=db.internal user=dev", &replication), "unknown");
        assert_eq!(name("p production host=db.internal user=admin", &replication), "p");
    }

    #[test]
    fn a_service_names_the_server_only_where_nothing_went_over_its_host() {
        let text = "d development service=dev\np production service=prod";
        let mut target = target("db1", "app");
        assert_eq!(name(text, &target), "unknown");
        target.service = Some(field("dev"));
        assert_eq!(name(text, &target), "unknown");
        let service = Origin::Service { file: "s".into(), line: 2, service: "dev".into() };
        target.hosts[0].host = Some(Field::new("db1".into(), service));
        assert_eq!(name(text, &target), "d");
        target.hosts[0].port.origin = Origin::Var("PGPORT".to_owned());
        assert_eq!(name(text, &target), "unknown");
        target.service = Some(field("prod"));
        assert_eq!(name(text, &target), "p");
    }

    #[test]
    fn a_rule_that_may_only_raise_names_production_and_nothing_laxer() {
        let elsewhere = target("elsewhere", "app");
        assert_eq!(name("x development raise host=elsewhere", &elsewhere), "unknown");
        assert_eq!(name("x staging raise host=elsewhere", &elsewhere), "unknown");
        assert_eq!(name("x production raise host=elsewhere", &elsewhere), "x");
        let known = "d development host=elsewhere";
        assert_eq!(name(&format!("x development raise host=elsewhere\n{known}"), &elsewhere), "d");
        assert_eq!(name(&format!("{known}\nx staging raise host=elsewhere"), &elsewhere), "x");
    }

    #[test]
    fn in_doubt_only_this_machine_stays_development_and_production_keeps_its_name() {
        let doubt = || Doubt::Elsewhere("a.toml cannot be used".to_owned());
        let of = |doubt: Doubt, host: &str| rules(SOME, doubt).classify(&target(host, "app")).name().to_owned();
        assert_eq!(of(doubt(), "localhost"), "local");
        assert_eq!(of(doubt(), "a.example.com"), "unknown");
        assert_eq!(of(doubt(), "localhost a.example.com"), "unknown");
        assert_eq!(of(doubt(), "a.prod.example.com"), "prod");
        assert_eq!(of(Doubt::Everything("x".to_owned()), "localhost"), "unknown");
        assert_eq!(of(Doubt::Everything("x".to_owned()), "a.prod.example.com"), "prod");
    }

    #[test]
    fn what_the_server_says_is_matched_by_identifier_and_marker() {
        let rules = rules(
            "p production server=111\nq staging server=222\nd development host=db1 server=333\nm production host=db1 server=444",
            Doubt::Nothing,
        );
        let said = |id: Option<&str>, marker: Option<&str>| {
            rules.classify_server(id, marker).map(|known| format!("{}/{}", known.name, known.level.word()))
        };
        assert_eq!(said(Some("111"), None).as_deref(), Some("p/production"));
        assert_eq!(said(Some("222"), None).as_deref(), Some("q/staging"));
        assert_eq!(said(Some("333"), None), None);
        assert_eq!(said(Some("444"), None).as_deref(), Some("m/production"));
        assert_eq!(said(Some("999"), None), None);
        assert_eq!(said(Some("222"), Some("p")).as_deref(), Some("p/production"));
        assert_eq!(said(None, Some(" Q ")).as_deref(), Some("q/staging"));
        assert_eq!(said(None, Some("staging")).as_deref(), Some("staging/staging"));
        assert_eq!(said(None, Some("who knows")).as_deref(), Some("who knows/production"));
        assert_eq!(said(None, Some("")), None);
    }

    #[test]
    fn a_rule_about_the_server_alone_names_nothing_before_the_server_was_asked() {
        assert_eq!(name("p production server=111", &target("db1", "app")), "unknown");
        assert_eq!(name("p production server=111", &target("localhost", "app")), "local");
        assert_eq!(name("p production host=db1 server=111", &target("db1", "app")), "p");
    }
}
