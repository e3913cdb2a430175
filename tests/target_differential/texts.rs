//! Texts that say where to connect: hosts, ports, names, conninfo strings, URIs, service files.

use std::ffi::OsString;
use std::fmt::{Arguments, Write as _};
use std::os::unix::ffi::OsStringExt as _;

use super::generator::Generator;

/// Appending formatted text, which cannot fail.
trait Add {
    fn add(&mut self, text: Arguments<'_>);
}

impl Add for String {
    fn add(&mut self, text: Arguments<'_>) {
        self.write_fmt(text).unwrap();
    }
}

impl Generator<'_> {
    pub(super) fn single_host(&mut self) -> String {
        let callers = self.callers;
        match self.dice.below(10) {
            0..7 => callers.hosts[self.dice.below(callers.hosts.len())].clone(),
            _ => callers.directories[self.dice.below(callers.directories.len())].clone(),
        }
    }

    pub(super) fn hosts(&mut self) -> String {
        let mut list = self.single_host();
        while self.dice.chance(15) {
            list.push(',');
            if self.shy || !self.dice.chance(12) {
                let next = self.single_host();
                list.push_str(&next);
            }
        }
        list
    }

    pub(super) fn host(&mut self) -> OsString {
        if !self.shy && self.dice.chance(5) { OsString::new() } else { self.hosts().into() }
    }

    pub(super) fn addresses(&mut self) -> String {
        let hosts = &self.callers.hosts;
        let mut list = hosts[self.dice.below(hosts.len())].clone();
        while self.dice.chance(20) {
            list.push(',');
            list.push_str(&hosts[self.dice.below(hosts.len())]);
        }
        list
    }

    pub(super) fn ports(&mut self) -> String {
        let [one, other] = self.callers.ports;
        match if self.shy { 10 + self.dice.below(30) } else { self.dice.below(40) } {
            0 => format!("{one},{other}"),
            1 => format!("{other},"),
            2 => "abc".into(),
            3 => format!("{other} "),
            4 => format!(" {one}"),
            5 => "0".into(),
            6 => format!("{one},70000"),
            7 => format!("{one},x"),
            8 => format!("+{one}"),
            9 => String::new(),
            10..25 => one.to_string(),
            _ => other.to_string(),
        }
    }

    pub(super) fn port(&mut self) -> OsString {
        self.ports().into()
    }

    pub(super) fn user(&mut self) -> OsString {
        let plain = self.dice.of(&["alice", "bob", "-h", "deploy user", "ü", "o'brien", "a\\b", "", "a,b", "a@b"]);
        if self.dice.chance(3) { OsString::from_vec(b"caf\xe9".to_vec()) } else { plain.into() }
    }

    pub(super) fn database(&mut self) -> OsString {
        match self.dice.below(100) {
            0..55 => self
                .dice
                .of(&[
                    "app",
                    "orders",
                    "postgres",
                    "template1",
                    "my db",
                    "x%y",
                    "postgres:x",
                    "Postgresql://h",
                    "ü",
                    "a/b",
                    "",
                ])
                .into(),
            55 => OsString::from_vec(b"d\xff\xfe".to_vec()),
            _ => self.connection_string(),
        }
    }

    pub(super) fn connection_string(&mut self) -> OsString {
        if self.dice.chance(50) { self.conninfo() } else { self.uri() }
    }

    pub(super) fn pair(&mut self) -> (&'static str, String) {
        let keyword = self.dice.of(&[
            "host",
            "host",
            "host",
            "port",
            "port",
            "user",
            "user",
            "dbname",
            "dbname",
            "hostaddr",
            "password",
            "service",
            "sslmode",
            "options",
            "connect_timeout",
            "requiressl",
            "application_name",
            "target_session_attrs",
        ]);
        let value = match keyword {
            "host" => self.hosts(),
            "hostaddr" => self.addresses(),
            "port" => self.ports(),
            "sslmode" => self.dice.of(&["disable", "allow", "prefer"]).to_owned(),
            "connect_timeout" => "7".to_owned(),
            "requiressl" => "0".to_owned(),
            "service" => self.dice.of(&["one", "one", "two", "nowhere"]).to_owned(),
            "target_session_attrs" => "any".to_owned(),
            _ => self.dice.of(&["alice", "it's", "a b", "back\\slash", "", "x=y", "postgres://h/d", "100%"]).to_owned(),
        };
        (keyword, value)
    }

    pub(super) fn conninfo(&mut self) -> OsString {
        let mut text = String::new();
        for _ in 0..=self.dice.below(4) {
            let (keyword, value) = self.pair();
            let gap = self.dice.of(&[" ", "  ", "\t", "\n", " "]);
            let sign = self.dice.of(&["=", "=", "=", " = ", "= "]);
            let escaped = value.replace('\\', "\\\\").replace('\'', "\\'");
            let quote = value.is_empty() || value.contains([' ', '\'', '\\']) || self.dice.chance(20);
            let value = if quote { format!("'{escaped}'") } else { escaped };
            text.add(format_args!("{keyword}{sign}{value}{gap}"));
        }
        if self.dice.chance(3) {
            text.push_str(self.dice.of(&["port", "user='x", "x y", "=", "host='a'b", "user=a\\"]));
        }
        if text.contains('=') { text.into() } else { "dbname=app".into() }
    }

    /// Text for a part of a URI: what must be is encoded, and sometimes more.
    pub(super) fn encoded(&mut self, text: &str) -> String {
        let mut out = String::new();
        for byte in text.bytes() {
            let plain = byte.is_ascii_alphanumeric() || b".,-_".contains(&byte);
            if plain && !self.dice.chance(4) {
                out.push(char::from(byte));
            } else {
                out.add(format_args!("%{byte:02X}"));
            }
        }
        out
    }

    pub(super) fn uri(&mut self) -> OsString {
        let mut text = self.dice.of(&["postgresql://", "postgres://"]).to_owned();
        if self.dice.chance(45) {
            let user = self.dice.of(&["alice", "bob", "a b", "ü", ""]);
            text.push_str(&self.encoded(user));
            if self.dice.chance(40) {
                text.push_str(self.dice.of(&[":secret", ":", ":p%40ss", ":a:b"]));
            }
            text.push('@');
        }
        let mut more = self.dice.chance(80);
        while more {
            let host = self.single_host();
            text.push_str(&self.encoded(&host));
            if self.dice.chance(50) {
                text.add(format_args!(":{}", self.callers.ports[self.dice.below(2)]));
            }
            more = self.dice.chance(20);
            if more {
                text.push(',');
            }
        }
        if self.dice.chance(60) {
            let name = self.dice.of(&["app", "my db", "", "x/y", "a=b"]);
            text.add(format_args!("/{}", self.encoded(name)));
        }
        let mut separator = '?';
        while self.dice.chance(25) {
            let (keyword, value) = self.pair();
            text.add(format_args!("{separator}{keyword}={}", self.encoded(&value)));
            separator = '&';
        }
        if self.dice.chance(3) {
            text.push_str(self.dice.of(&["?", "?ssl=true", "&x", "%zz", "?host", "/[", "?a=b=c", "?bogus=1", "%00"]));
        }
        text.into()
    }

    pub(super) fn service_file(&mut self) -> String {
        let mut text = self.dice.of(&["", "# services\n", "\n", "host=stray\n"]).to_owned();
        for _ in 0..=self.dice.below(3) {
            let name = self.dice.of(&["one", "two", "three"]);
            let (before, after) = (self.dice.of(&["", "", "  "]), self.dice.of(&["", "", " # x"]));
            text.add(format_args!("{before}[{name}]{after}\n"));
            for _ in 0..self.dice.below(5) {
                let (keyword, value) = self.pair();
                if !matches!(keyword, "service" | "requiressl") || self.dice.chance(5) {
                    let (before, after) = (self.dice.of(&["", "", " "]), self.dice.of(&["", "", " ", "\r"]));
                    text.add(format_args!("{before}{keyword}={value}{after}\n"));
                }
            }
            if self.dice.chance(2) {
                text.push_str(self.dice.of(&["nonsense\n", "host = x\n", "hosts=y\n", "#host=z\n", "=\n"]));
            }
        }
        text
    }
}
