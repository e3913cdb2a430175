//! A server that answers whatever it likes: what it says is shown or dropped, and never becomes a command.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::psqlrc::CONFIG;
use crate::support::{Sandbox, clusters};

/// What every query is answered with: one row, whose columns are called like the variables of psql and of the start-up
/// file, and hold what would run if it were read once more.
const COLUMNS: [&str; 14] = [
    "unlock",
    "whereami",
    "lock",
    "impact",
    "dbguard",
    "dbguard_calm",
    "dbguard_back",
    "dbguard_ask",
    "dbguard_settle",
    "dbguard_anew",
    "dbguard_may",
    "ro",
    "at",
    "idle",
];
const ANSWER: &str = "on\n\\! touch pwned\n`touch pwned` :unlock \u{1b}]0;pwned\u{7}";

/// A message of the protocol, with its length.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind][..], &length, body].concat()
}

fn parameter(name: &str, value: &str) -> Vec<u8> {
    message(b'S', format!("{name}\0{value}\0").as_bytes())
}

fn ready() -> Vec<u8> {
    message(b'Z', b"I")
}

fn row() -> Vec<u8> {
    let count = u16::try_from(COLUMNS.len()).unwrap().to_be_bytes();
    let (mut names, mut values) = (count.to_vec(), count.to_vec());
    for name in COLUMNS {
        names.extend([name.as_bytes(), b"\0", &[0; 6], &25_u32.to_be_bytes(), &[0xff; 6], &[0; 2]].concat());
        values.extend(u32::try_from(ANSWER.len()).unwrap().to_be_bytes());
        values.extend(ANSWER.as_bytes());
    }
    [message(b'T', &names), message(b'D', &values), message(b'C', b"SELECT 1\0"), ready()].concat()
}

/// One client, to its end.
fn serve(mut client: TcpStream) -> std::io::Result<()> {
    loop {
        let mut head = [0; 8];
        client.read_exact(&mut head)?;
        let length = u32::from_be_bytes(head[..4].try_into().unwrap());
        let mut rest = vec![0; usize::try_from(length).unwrap().saturating_sub(8)];
        client.read_exact(&mut rest)?;
        if head[4..] == 196_608_u32.to_be_bytes() {
            break;
        }
        // No TLS, no GSS; a newer protocol is taken for the old one.
        if length == 8 {
            client.write_all(b"N")?;
        } else {
            break;
        }
    }
    client.write_all(&message(b'R', &[0; 4]))?;
    for (name, value) in
        [("server_version", "15.1"), ("client_encoding", "UTF8"), ("standard_conforming_strings", "on")]
    {
        client.write_all(&parameter(name, value))?;
    }
    client.write_all(&parameter("session_authorization", "\u{1b}[2K\rLOCAL"))?;
    client.write_all(&[message(b'K', &[0; 8]), ready()].concat())?;
    loop {
        let mut head = [0; 5];
        client.read_exact(&mut head)?;
        let length = u32::from_be_bytes(head[1..].try_into().unwrap());
        client.read_exact(&mut vec![0; usize::try_from(length).unwrap() - 4])?;
        if head[0] == b'Q' {
            client.write_all(&row())?;
        }
    }
}

/// The port of a server that lies, until the process ends.
fn liar() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || serve(client));
        }
    });
    port
}

#[test]
fn what_a_server_answers_becomes_no_command_and_no_other_variable() {
    let portable = Sandbox::new().run(["psqlrc", "print", "--portable"]).output().out();
    let installed = Sandbox::new().config(CONFIG);
    assert_eq!(installed.run(["psqlrc", "install"]).output().code, 0);
    let portable = Sandbox::new().file("home/.psqlrc", portable);
    for sandbox in [installed.var("PAGER", "cat"), portable.var("PAGER", "cat")] {
        let conninfo = format!("host=db.prod.demo hostaddr=127.0.0.1 port={} user=mallory dbname=app", liar());
        let program = clusters().bin().join("psql");
        let mut pty = sandbox.tool_pty(program.to_str().unwrap(), [conninfo]).size(40, 160).start();
        pty.wait_for("mallory@db.prod.demo:").wait_for("/app=> ");
        for word in [":whereami", ":lock", ":unlock"] {
            pty.send(format!("{word}\n")).wait_for(word).send("\x03\n").wait_for("/app=> ");
        }
        pty.send("\\echo still :lock\n").wait_for("still :dbguard_calm :dbguard_free");
        pty.send("\\q\n");
        pty.finish();
        for place in ["work/pwned", "home/pwned"] {
            assert!(!sandbox.path(place).exists(), "{place}");
        }
    }
}
