//! Host patterns: names with label-wise globs, addresses and ranges, sockets.
//!
//! A name pattern matches label by label and has to have as many labels as the host; only a leading `*.` stands for one
//! label or more. So `*.prod.example.com` matches everything below `prod.example.com` and not that name itself, and
//! `*prod*` matches hosts of one label only. Within a label the rules of [`super::Glob`] hold. `localhost` and the loopback
//! addresses mean this machine, in whichever way it is reached.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address::{self, Range};
use super::endpoint::{self, Endpoint};
use super::glob::{self, BadPattern, refuse_unprintable};

/// A compiled host pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// Exactly this name.
    Name(Box<str>),
    /// Labels with globs among them, dots between them; with `deep`, below any others.
    Labels { deep: bool, labels: Box<str> },
    /// These addresses.
    Range(Range),
    /// Loopback in every form, and every socket.
    ThisMachine,
    /// Sockets in this directory, part by part.
    Socket(Box<str>),
}

impl HostPattern {
    /// Compiles a pattern.
    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        refuse_unprintable(text)?;
        if text.starts_with(['/', '@']) {
            return socket_pattern(text).map(Self);
        }
        if plainly_a_name(text) {
            return name_pattern(&endpoint::name(text)).map(Self);
        }
        if let Some(address) = plain_address(text) {
            let this_machine =
                address.is_unspecified() || address == Ipv4Addr::LOCALHOST || address == Ipv6Addr::LOCALHOST;
            return Ok(Self(if this_machine { Kind::ThisMachine } else { Kind::Range(Range::single(address)) }));
        }
        if text.split_once('/').is_some_and(|(base, _)| address_like(base)) {
            return Range::parse(text).map(|range| Self(Kind::Range(range)));
        }
        refuse_other_things(text)?;
        name_pattern(&endpoint::name(text)).map(Self)
    }

    /// Whether it matches.
    pub(super) fn matches(&self, endpoint: &Endpoint) -> bool {
        match (&self.0, endpoint) {
            (Kind::Name(pattern), Endpoint::Name(name)) => **pattern == **name,
            (Kind::Labels { deep, labels }, Endpoint::Name(name)) => labels_match(*deep, labels, name),
            (Kind::Range(range), endpoint) => endpoint.addresses().iter().any(|address| range.contains(*address)),
            (Kind::ThisMachine, endpoint) => endpoint.is_loopback(),
            (Kind::Socket(pattern), Endpoint::Socket(path)) => parts_match(pattern, path.split('/')),
            (Kind::Name(_) | Kind::Labels { .. } | Kind::Socket(_), _) => false,
        }
    }
}

/// Letters, digits, dots, dashes and stars, with a letter among them: no address and nothing odd. Nearly every pattern
/// is, and the questions that follow need not be put to it.
fn plainly_a_name(text: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'*');
    text.bytes().all(fine) && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// An address in its usual form; the odd ones that `inet_aton` knows are for targets, not for authors.
fn plain_address(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return address::parse(text);
    }
    text.parse().ok()
}

fn address_like(text: &str) -> bool {
    let hex = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '.';
    !text.is_empty() && text.chars().all(hex) && (text.contains(':') || text.chars().all(|c| !c.is_ascii_alphabetic()))
}

/// Things that people write where a host belongs, and that would silently never match.
fn refuse_other_things(text: &str) -> Result<(), BadPattern> {
    let no = |what: &str, help: String| Err(BadPattern::new(format!("`{text}` {what}"), help));
    if text.contains("://") {
        return no("is a URI, not a host", "write the host alone".to_owned());
    }
    if text.contains(',') {
        return no("is a list of hosts", "write one entry for each".to_owned());
    }
    if text.contains(char::is_whitespace) {
        return no("has a space in it", "a host has none".to_owned());
    }
    if let Some(odd) = text.chars().find(|c| "?[]{}()|\\^$+\"'`;=&<>!#".contains(*c)) {
        return no("is no host pattern", format!("`{odd}` is not known here; `*` matches within a label"));
    }
    if let Some((host, port)) = text.rsplit_once(':') {
        if !host.contains(':') && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) {
            return no("has a port in it", format!("host = \"{host}\", port = {port}"));
        }
        if address_like(text) || text.contains("::") {
            return no("is no IPv6 address", "write it as 2001:db8::1, a range as 2001:db8::/32".to_owned());
        }
    }
    let numbers = |c: char| c.is_ascii_digit() || c == '.' || c == '*';
    if text.chars().all(numbers) && text.contains(|c: char| c.is_ascii_digit()) {
        return no("is no address", "write a range of addresses as 10.1.0.0/16".to_owned());
    }
    Ok(())
}

fn name_pattern(text: &str) -> Result<Kind, BadPattern> {
    if text.starts_with('.') || text.ends_with('.') || glob::has(text, b"..") {
        let help = "write *.example.com for everything below example.com";
        return Err(BadPattern::new(format!("`{text}` has an empty label"), help));
    }
    if !text.contains('*') {
        return Ok(if text == "localhost" { Kind::ThisMachine } else { Kind::Name(text.into()) });
    }
    if !text.contains(|c: char| c.is_alphanumeric()) {
        return Err(BadPattern::new(format!("`{text}` matches every host"), "leave `host` out to match any host"));
    }
    if glob::has(text, b"**") && text.split('.').any(|label| label == "**") {
        let help = "a leading `*.` stands for one label or more, `*` elsewhere for one";
        return Err(BadPattern::new(format!("`{text}` has `**` as a whole label"), help));
    }
    let (deep, rest) = match text.strip_prefix("*.") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    glob::check(rest)?;
    Ok(Kind::Labels { deep, labels: rest.into() })
}

fn socket_pattern(text: &str) -> Result<Kind, BadPattern> {
    let path = endpoint::socket(text);
    if !path.contains(|c: char| c.is_alphanumeric()) {
        return Err(BadPattern::new(format!("`{text}` matches every socket"), "host = \"localhost\" is this machine"));
    }
    glob::check(&path)?;
    Ok(Kind::Socket(path.into()))
}

/// From the right: names grow to the left.
fn labels_match(deep: bool, pattern: &str, name: &str) -> bool {
    let mut labels = name.rsplit('.');
    for wanted in pattern.rsplit('.') {
        match labels.next() {
            Some(label) if !label.is_empty() && glob::matches(wanted, label) => {}
            _ => return false,
        }
    }
    match labels.next() {
        Some(label) => deep && !label.is_empty(),
        None => !deep,
    }
}

fn parts_match<'a>(pattern: &str, mut parts: impl Iterator<Item = &'a str>) -> bool {
    pattern.split('/').all(|wanted| parts.next().is_some_and(|part| glob::matches(wanted, part)))
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    /// Which of these hosts the pattern matches.
    fn matching<'a>(pattern: &str, hosts: &[&'a str]) -> Vec<&'a str> {
        let pattern = HostPattern::parse(pattern).unwrap();
        hosts.iter().copied().filter(|host| pattern.matches(&Endpoint::read(OsStr::new(host)))).collect()
    }

    #[test]
    fn a_name_matches_itself_in_any_case_with_or_without_the_trailing_dot() {
        let hosts = ["db1.example.com", "DB1.Example.Com.", "xdb1.example.com", "db1.example.com.evil.org", "db1"];
        assert_eq!(matching("Db1.example.COM", &hosts), hosts[..2]);
        assert_eq!(matching("db1.example.com.", &hosts), hosts[..2]);
    }

    #[test]
    fn a_leading_star_label_stands_for_one_label_or_more_and_never_for_none() {
        let hosts = [
            "a.prod.example.com",
            "a.b.prod.example.com",
            "prod.example.com",
            "aprod.example.com",
            "a.reprod.example.com",
            ".prod.example.com",
        ];
        assert_eq!(matching("*.prod.example.com", &hosts), hosts[..2]);
    }

    #[test]
    fn a_star_label_elsewhere_stands_for_exactly_one() {
        let hosts = ["db.eu.example.com", "db.us.example.com", "db.example.com", "db.a.b.example.com"];
        assert_eq!(matching("db.*.example.com", &hosts), hosts[..2]);
    }

    #[test]
    fn reproduction_is_not_production_by_accident() {
        let hosts = ["reproduction.example.com", "reproduction", "nonprod", "prod", "eu-prod-1", "prod.example.com"];
        assert_eq!(matching("*prod*", &hosts), ["prod", "eu-prod-1"]);
        assert_eq!(matching("*prod*.example.com", &hosts), ["prod.example.com"]);
        assert_eq!(matching("**prod**.example.com", &hosts), ["reproduction.example.com", "prod.example.com"]);
        assert_eq!(matching("*.example.com", &hosts), ["reproduction.example.com", "prod.example.com"]);
    }

    #[test]
    fn addresses_match_in_any_spelling_and_never_as_text() {
        let hosts = ["2001:DB8::1", "2001:db8:0:0::1", "[2001:db8::1]", "2001:db8::1%eth0", "2001:db8::2"];
        assert_eq!(matching("2001:db8::1", &hosts), hosts[..4]);
        assert_eq!(matching("2001:db8::/32", &hosts), hosts);
        let hosts = ["10.1.2.3", "::ffff:10.1.2.3", "10.1.515", "0x0a010203", "10.2.0.1", "10.1.2.3.example.com"];
        assert_eq!(matching("10.1.0.0/16", &hosts), hosts[..4]);
        assert_eq!(matching("10.1.2.3", &hosts), hosts[..4]);
    }

    #[test]
    fn localhost_and_the_loopback_addresses_mean_this_machine_however_it_is_reached() {
        let here = ["localhost", "db.localhost", "127.0.0.1", "::1", "0.0.0.0", "/tmp", "@pg", ""];
        for pattern in ["localhost", "LocalHost.", "127.0.0.1", "::1", "[::1]", "::ffff:127.0.0.1", "0.0.0.0"] {
            assert_eq!(matching(pattern, &here), here, "{pattern}");
            assert!(matching(pattern, &["db1", "10.0.0.1", "localhost.example.com"]).is_empty(), "{pattern}");
        }
        assert_eq!(matching("127.0.0.0/8", &here), ["localhost", "db.localhost", "127.0.0.1", "0.0.0.0"]);
        assert_eq!(matching("127.0.0.2", &["127.0.0.2", "127.0.0.1", "localhost"]), ["127.0.0.2"]);
    }

    #[test]
    fn sockets_match_by_directory_part_by_part() {
        let hosts =
            ["/run/postgresql", "/var/run/postgresql/", "/run/postgresql/x", "/run/pg/s1", "@abstract", "localhost"];
        assert_eq!(matching("/var/run/postgresql", &hosts), hosts[..2]);
        assert_eq!(matching("/run/*/*", &hosts), ["/run/postgresql/x", "/run/pg/s1"]);
        assert_eq!(matching("@abs**", &hosts), ["@abstract"]);
    }

    #[test]
    fn names_of_instances_and_pods_are_names() {
        assert_eq!(matching("acme:europe-west1:prod-db", &["acme:europe-west1:prod-db"]).len(), 1);
        assert_eq!(matching("default/pg-*", &["default/pg-0", "default/pgx", "other/pg-0"]), ["default/pg-0"]);
    }

    #[test]
    fn what_would_silently_never_match_is_refused_with_what_to_write() {
        let help = |text: &str| HostPattern::parse(text).unwrap_err().help.unwrap();
        assert_eq!(help("db1:5432"), "host = \"db1\", port = 5432");
        assert_eq!(help("10.1.*.*"), "write a range of addresses as 10.1.0.0/16");
        assert_eq!(help("*"), "leave `host` out to match any host");
        for text in [
            "*.*",
            "**",
            "**.prod.com",
            "a,b",
            "a b",
            "postgres://h/d",
            ".prod.com",
            "a..b",
            "db?",
            "db[12]",
            "2001:db8::zz::",
            "2001:db8:::1",
            "10.1.2.3/8",
            "10.1.2",
            "/",
            "@",
            "/*",
            "a***",
            "{a}",
        ] {
            assert!(HostPattern::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_match_nothing() {
        use std::os::unix::ffi::OsStrExt as _;
        let host = Endpoint::read(OsStr::from_bytes(b"db\xff.prod.example.com"));
        assert!(!HostPattern::parse("*.prod.example.com").unwrap().matches(&host));
        assert!(!host.is_loopback());
    }
}
