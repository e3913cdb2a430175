//! `ssh -L`: the forwards of OpenSSH's client, as ssh(1) and `parse_forward` in `readconf.c` have them.

use super::command::Command;
use super::place::{Bound, Far};

/// The options of OpenSSH's client that take a value (`ssh.c`, the string of getopt). `-P` takes one since 9.4 and
/// was ignored before.
const VALUED: &str = "bceiklmopwBDEFIJLOPQRSW";

/// Where an `ssh` forwards a listening port or socket to.
///
/// A forward that stands in `ssh_config`, or was added through a control socket, is not on the command line.
pub(super) fn far(command: &Command, bound: &Bound) -> Far {
    let Some(session) = Session::read(&command.args) else { return Far::Unknown };
    let jumps = session.machines();
    let here: Vec<&Forward> = session.forwards.iter().filter(|forward| forward.listens_at(bound)).collect();
    let exact = here.iter().filter(|forward| bound.at(forward.bind.as_deref()));
    let mut fars: Vec<Far> = exact.map(|forward| forward.far(jumps.clone())).collect();
    fars.dedup();
    // None: it stands elsewhere. Several: which of them it was that got the port cannot be told.
    match fars.as_slice() {
        [far] => far.clone(),
        _ => Far::Unknown,
    }
}

/// Whether this is the connection that a virtual machine's manager publishes its ports with: Lima and Colima keep
/// one `ssh` per machine, whose title shows its control socket below their own directory.
pub(super) fn is_virtual_machine(command: &Command) -> bool {
    let title = command.args.first().and_then(|title| title.strip_prefix("ssh: "));
    let socket = title.and_then(|title| title.strip_suffix("/ssh.sock [mux]"));
    command.program() == "ssh" && socket.is_some_and(|path| path.contains("/.lima/") || path.contains("/_lima/"))
}

/// What is read from a command line of `ssh`.
#[derive(Default)]
struct Session {
    destination: Option<String>,
    /// `-o HostName`: the name that is really connected to.
    host_name: Option<String>,
    /// `-J`, the nearest to the destination first.
    jumps: Vec<String>,
    forwards: Vec<Forward>,
}

impl Session {
    /// `None` when a forward or an option cannot be read.
    fn read(args: &[String]) -> Option<Self> {
        let mut session = Self::default();
        let mut words = args.iter().map(String::as_str);
        while let Some(word) = words.next() {
            match word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
                Some("-") => {
                    session.destination = session.destination.or_else(|| words.next().map(host_of));
                    break;
                }
                Some(letters) => session.options(letters, &mut words)?,
                // Options may follow the destination; the next word that is not one begins the remote command.
                None if session.destination.is_none() => session.destination = Some(host_of(word)),
                None => break,
            }
        }
        Some(session)
    }

    /// Letters of one word; the first that takes a value takes the rest of the word, or the next one.
    fn options<'a>(&mut self, letters: &'a str, words: &mut impl Iterator<Item = &'a str>) -> Option<()> {
        for (at, letter) in letters.char_indices() {
            if VALUED.contains(letter) {
                let joined = letters.get(at + letter.len_utf8()..).filter(|rest| !rest.is_empty());
                return self.option(letter, joined.or_else(|| words.next())?);
            }
        }
        Some(())
    }

    fn option(&mut self, letter: char, value: &str) -> Option<()> {
        match letter {
            'L' => self.forwards.push(Forward::parse(value)?),
            'J' => self.jumps = jumps_of(value),
            'o' => self.setting(value)?,
            _ => {}
        }
        Some(())
    }

    /// `-o Keyword=value` or `-o "Keyword value"`.
    fn setting(&mut self, text: &str) -> Option<()> {
        let text = text.trim_start();
        let end = text.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(text.len());
        let (keyword, rest) = text.split_at_checked(end)?;
        let rest = rest.trim_start();
        let value = rest.strip_prefix('=').unwrap_or(rest).trim().trim_matches('"');
        match keyword.to_ascii_lowercase().as_str() {
            // Two words, where `-L` has one.
            "localforward" => {
                let words: Vec<&str> = value.split_whitespace().collect();
                self.forwards.push(Forward::parse(&words.join(":"))?);
            }
            "hostname" => self.host_name = self.host_name.take().or_else(|| Some(value.to_owned())),
            "proxyjump" if self.jumps.is_empty() => self.jumps = jumps_of(value),
            _ => {}
        }
        Some(())
    }

    /// The machines on the way, the last one first.
    fn machines(&self) -> Vec<String> {
        let last = self.host_name.iter().filter(|name| !name.contains('%'));
        let mut machines: Vec<String> = last.chain(&self.destination).chain(&self.jumps).cloned().collect();
        machines.dedup();
        machines
    }
}

fn jumps_of(value: &str) -> Vec<String> {
    if value.eq_ignore_ascii_case("none") {
        return Vec::new();
    }
    value.split(',').rev().map(host_of).collect()
}

/// The host of `[user@]host[:port]` or `ssh://[user@]host[:port]`.
fn host_of(destination: &str) -> String {
    let (uri, rest) = destination.strip_prefix("ssh://").map_or((false, destination), |rest| (true, rest));
    let rest = rest.rsplit_once('@').map_or(rest, |(_user, host)| host);
    if let Some((inside, _)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return inside.to_owned();
    }
    // More than one colon is a bare IPv6 address, which a URI cannot hold.
    let host = match rest.split_once(':') {
        Some((host, port)) if uri || !port.contains(':') => host,
        _ => rest,
    };
    host.trim_end_matches('/').to_owned()
}

/// One forward.
#[derive(Debug, PartialEq, Eq)]
struct Forward {
    /// The local address, when one is given.
    bind: Option<String>,
    listen: Listen,
    to: To,
}

#[derive(Debug, PartialEq, Eq)]
enum Listen {
    Port(u16),
    Path(String),
}

#[derive(Debug, PartialEq, Eq)]
enum To {
    Host(String, Option<u16>),
    /// A unix socket of the far machine.
    Path(String),
}

impl Forward {
    fn parse(text: &str) -> Option<Self> {
        let fields = fields(text)?;
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let path = |text: &str| text.starts_with('/');
        let (bind, listen, to) = match *fields.as_slice() {
            [local, far] if path(far) => (None, local, To::Path(far.to_owned())),
            [bind, local, far] if path(far) => (Some(bind), local, To::Path(far.to_owned())),
            [local, host, port] => (None, local, To::Host(host.to_owned(), port_of(port))),
            [bind, local, host, port] => (Some(bind), local, To::Host(host.to_owned(), port_of(port))),
            _ => return None,
        };
        let listen = if path(listen) { Listen::Path(listen.to_owned()) } else { Listen::Port(port_of(listen)?) };
        Some(Self { bind: bind.map(str::to_owned), listen, to })
    }

    fn listens_at(&self, bound: &Bound) -> bool {
        match &self.listen {
            Listen::Port(port) => bound.port() == Some(*port),
            Listen::Path(path) => bound.is_path(path),
        }
    }

    fn far(&self, machines: Vec<String>) -> Far {
        match &self.to {
            // Without a destination it is no ssh that runs.
            _ if machines.is_empty() => Far::Unknown,
            To::Host(host, port) => Far::over(host, *port, machines),
            To::Path(path) => {
                let port = path.rsplit_once("/.s.PGSQL.").and_then(|(_, port)| port.parse().ok());
                Far::over("localhost", port, machines)
            }
        }
    }
}

/// A port number or the one service name that matters here.
fn port_of(text: &str) -> Option<u16> {
    if text == "postgresql" { Some(5432) } else { text.parse().ok() }
}

/// The fields between colons; brackets keep an IPv6 address together, a backslash the next character.
fn fields(text: &str) -> Option<Vec<String>> {
    let mut fields = vec![String::new()];
    let mut bracket = false;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '[' if !bracket => bracket = true,
            ']' if bracket => bracket = false,
            ':' if !bracket => fields.push(String::new()),
            '\\' => fields.last_mut()?.push(letters.next()?),
            _ => fields.last_mut()?.push(letter),
        }
    }
    (!bracket).then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> String {
        far(&Command::typed(line), &Bound::Tcp(Some("127.0.0.1".parse().unwrap()), 5433)).shown()
    }

    #[test]
    fn a_forward_is_read_in_every_form() {
        let table = [
            ("ssh -L 5433:db1.prod:5432 bastion", "db1.prod bastion :5432"),
            ("ssh -L5433:db1.prod:5432 -N me@bastion", "db1.prod bastion :5432"),
            ("ssh -fNL 5433:db1.prod:5432 bastion", "db1.prod bastion :5432"),
            ("ssh -N bastion -L 127.0.0.1:5433:db1.prod:5432 sleep 9", "db1.prod bastion :5432"),
            ("ssh -L localhost:5433:db1.prod:5432 bastion", "db1.prod bastion :5432"),
            ("ssh -L *:5433:db1.prod:5432 bastion", "db1.prod bastion :5432"),
            ("ssh -L :5433:db1.prod:5432 bastion", "db1.prod bastion :5432"),
            ("ssh -L 5433:[fd00::1]:5432 bastion", "fd00::1 bastion :5432"),
            ("ssh -L [127.0.0.1]:5433:[fd00::1]:5432 bastion", "fd00::1 bastion :5432"),
            ("ssh -L 5433:localhost:5432 db1.prod", "db1.prod :5432"),
            ("ssh -L 5433:/var/run/postgresql/.s.PGSQL.5432 db1.prod", "db1.prod :5432"),
            ("ssh -L 127.0.0.1:5433:/run/db.sock db1.prod", "db1.prod :?"),
            ("ssh -L 5433:db1.prod:postgresql bastion", "db1.prod bastion :5432"),
            ("ssh -oLocalForward=5433:db1.prod:5432 bastion", "db1.prod bastion :5432"),
            ("ssh -L 6000:a:1 -L 5433:db1.prod:5432 -L 6001:b:2 bastion", "db1.prod bastion :5432"),
            ("ssh -L 127.0.0.2:5433:a:1 -L 127.0.0.1:5433:db1.prod:5432 bastion", "db1.prod bastion :5432"),
            ("ssh -p 2222 -i key -L 5433:db1.prod:5432 -- bastion", "db1.prod bastion :5432"),
            ("ssh -L 5433:db1:1 ssh://me@bastion:2222", "db1 bastion :1"),
            ("ssh -L 5433:db1:1 me@fd00::2", "db1 fd00::2 :1"),
            ("ssh -L 5433:localhost:1 -J me@jump1:22,jump2 db1.prod", "db1.prod jump2 jump1 :1"),
            ("ssh -L 5433:localhost:1 -o ProxyJump=jump -o hostname=db1.prod db", "db1.prod db jump :1"),
            ("ssh -L 5433:db1.prod:5432 localhost", "db1.prod :5432"),
        ];
        for (line, expected) in table {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn a_setting_of_two_words_is_read() {
        let words = ["ssh", "-o", "LocalForward 127.0.0.1:5433 db1.prod:5432", "bastion"];
        let far = far(&Command::words(&words), &Bound::Tcp(None, 5433));
        assert_eq!(far.shown(), "db1.prod bastion :5432");
    }

    #[test]
    fn what_is_not_on_the_command_line_or_not_understood_is_unknown() {
        for line in [
            "ssh bastion",
            "ssh -D 5433 bastion",
            "ssh -R 5433:db1:5432 bastion",
            "ssh -L 5434:db1:5432 bastion",
            "ssh bastion psql -L 5433:db1:5432",
            "ssh -L 5433:db1:5432",
            "ssh -L",
            "ssh -L 5433 bastion",
            "ssh -L [5433:db1:5432 bastion",
            "ssh -L 5433:db1:5432\\ bastion",
            "ssh -L x:y bastion",
            "ssh -L : bastion",
            "ssh -L 5433:a:1 -L 5433:b:2 bastion",
            "ssh -L 5433:localhost:5432 localhost",
            "ssh -é -L 5433",
            "ssh",
        ] {
            assert_eq!(read(line), "Unknown", "{line}");
        }
    }

    #[test]
    fn a_shared_connection_is_unknown_unless_a_virtual_machine_keeps_it() {
        let title = |text: &str| Command::words(&[text]);
        let bound = Bound::Tcp(None, 5433);
        let ssh = |text: &str| {
            let args = vec![text.into()];
            Command::of(&crate::world::processes::Command { exe: Some("/usr/bin/ssh".into()), args })
        };
        assert_eq!(far(&ssh("ssh: /home/u/.ssh/mux [mux]"), &bound), Far::Unknown);
        assert!(!is_virtual_machine(&ssh("ssh: /home/u/.ssh/mux [mux]")));
        assert!(is_virtual_machine(&ssh("ssh: /Users/u/.colima/_lima/colima/ssh.sock [mux]")));
        assert!(!is_virtual_machine(&title("ssh: /Users/u/.lima/x/ssh.sock [mux]")));
    }

    #[test]
    fn a_forwarded_socket_is_found_by_its_path() {
        let bound = Bound::Unix("/tmp/s/.s.PGSQL.5432".into());
        let read = |line: &str| far(&Command::typed(line), &bound).shown();
        assert_eq!(read("ssh -L /tmp/s/.s.PGSQL.5432:db1:5432 bastion"), "db1 bastion :5432");
        assert_eq!(read("ssh -L /tmp/s/.s.PGSQL.5432:/run/.s.PGSQL.5433 db1"), "db1 :5433");
        assert_eq!(read("ssh -L /tmp/t/.s.PGSQL.5432:db1:5432 bastion"), "Unknown");
    }
}
