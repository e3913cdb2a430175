//! A server that accepts everybody and serves nobody: it notes who called, and says "try another host".
//!
//! SQLSTATE 57P03 (the server is starting up) makes libpq go on to the next host of a list, so that one run of a tool
//! shows the whole list in its order.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A place to connect to: the address or the socket directory, and the port.
pub(crate) type Place = (String, u16);

/// One start-up message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) place: Place,
    pub(crate) user: Vec<u8>,
    pub(crate) database: Option<Vec<u8>>,
    pub(crate) replication: Option<Vec<u8>>,
}

/// The listeners of one worker.
pub(crate) struct Callers {
    pub(crate) hosts: Vec<String>,
    pub(crate) directories: Vec<String>,
    pub(crate) ports: [u16; 2],
    heard: Arc<Mutex<Vec<Contact>>>,
}

impl Callers {
    /// Listens on four loopback addresses of this worker's own, on `127.0.0.1`, and in two socket directories, each on two ports.
    pub(crate) fn listen(worker: u8, below: &Path) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let pid = std::process::id().to_be_bytes();
        let block = |last: u8| IpAddr::from(Ipv4Addr::new(127, pid[2] | 1, pid[3] ^ (worker << 4), last));
        let mut addresses: Vec<IpAddr> = (11..15).map(block).collect();
        addresses.push(IpAddr::from(Ipv4Addr::LOCALHOST));
        let (ports, listeners) = loop {
            let bound = bind(&addresses);
            if let Some(bound) = bound {
                break bound;
            }
        };
        for (listener, address, port) in listeners {
            let heard = Arc::clone(&heard);
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    answer(stream, &(address.to_string(), port), &heard);
                }
            });
        }
        let mut directories = Vec::new();
        for name in ["s1", "s2"] {
            let directory = below.join(name);
            std::fs::create_dir_all(&directory).unwrap();
            for port in ports {
                unix(&directory, port, &heard);
            }
            directories.push(directory.to_str().unwrap().to_owned());
        }
        let hosts = addresses.iter().map(IpAddr::to_string).collect();
        Self { hosts, directories, ports, heard }
    }

    /// Who called since the last time.
    pub(crate) fn heard(&self) -> Vec<Contact> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// Whether somebody listens there.
    pub(crate) fn has(&self, place: &Place) -> bool {
        (self.hosts.contains(&place.0) || self.directories.contains(&place.0)) && self.ports.contains(&place.1)
    }
}

type Bound = ([u16; 2], Vec<(TcpListener, IpAddr, u16)>);

/// Two ports that are free on every address.
fn bind(addresses: &[IpAddr]) -> Option<Bound> {
    let mut listeners = Vec::new();
    let mut ports = [0; 2];
    for port in &mut ports {
        for address in addresses {
            let listener = TcpListener::bind(SocketAddr::new(*address, *port)).ok()?;
            *port = listener.local_addr().ok()?.port();
            listeners.push((listener, *address, *port));
        }
    }
    Some((ports, listeners))
}

fn unix(directory: &Path, port: u16, heard: &Arc<Mutex<Vec<Contact>>>) {
    let socket: PathBuf = directory.join(format!(".s.PGSQL.{port}"));
    let listener = UnixListener::bind(socket).unwrap();
    let place = (directory.to_str().unwrap().to_owned(), port);
    let heard = Arc::clone(heard);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &place, &heard);
        }
    });
}

/// Reads the start-up message, notes it, and sends an error.
fn answer(mut stream: impl Read + Write, place: &Place, heard: &Mutex<Vec<Contact>>) {
    let Some(message) = start_up(&mut stream) else { return };
    let fields: Vec<&[u8]> = message.split(|&byte| byte == 0).collect();
    let field = |name: &str| {
        let mut pairs = fields.chunks_exact(2);
        pairs.find(|pair| pair[0] == name.as_bytes()).map(|pair| pair[1].to_vec())
    };
    heard.lock().unwrap().push(Contact {
        place: place.clone(),
        user: field("user").unwrap_or_default(),
        database: field("database"),
        replication: field("replication"),
    });
    let body = b"SFATAL\0VFATAL\0C57P03\0Mnobody is served here\0\0";
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    _ = stream.write_all(&[b"E".as_slice(), &length, body].concat());
}

fn start_up(stream: &mut (impl Read + Write)) -> Option<Vec<u8>> {
    loop {
        let mut head = [0; 8];
        stream.read_exact(&mut head).ok()?;
        let length = usize::try_from(u32::from_be_bytes(head[..4].try_into().unwrap())).unwrap();
        let code = u32::from_be_bytes(head[4..].try_into().unwrap());
        match code {
            80_877_103 | 80_877_104 => stream.write_all(b"N").ok()?, // TLS, GSS: not here
            _ => {
                let mut message = vec![0; length.checked_sub(8)?];
                stream.read_exact(&mut message).ok()?;
                return Some(message);
            }
        }
    }
}
