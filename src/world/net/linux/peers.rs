//! The far ends of a process's connections: the inodes of its sockets from `/proc`, their peers over netlink.
//!
//! `/proc/net/unix` names only the server's end of a connection and `/proc/net/tcp` is slow to walk, so the kernel is
//! asked (`sock_diag(7)`); where netlink is not to be had, the TCP tables are read, and sockets of the file system stay
//! unknown.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::netlink::{self, Found};
use super::tables;
use crate::order;
use crate::world::net::{Connection, Peer};

/// The inodes of all sockets that the process has open, in order.
pub fn sockets(pid: u32) -> io::Result<Vec<u64>> {
    let open = fs::read_dir(format!("/proc/{pid}/fd"))?;
    let inode = |entry: fs::DirEntry| {
        let link = fs::read_link(entry.path()).ok()?;
        link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
    };
    let mut inodes: Vec<u64> = open.flatten().filter_map(inode).collect();
    order::sort(&mut inodes);
    inodes.dedup();
    Ok(inodes)
}

/// The connections to something with an address or a name among these sockets of a process.
///
/// A unix socket is looked up by its inode; only what is none is looked for among all of TCP.
pub fn connections(_: u32, sockets: &[u64]) -> io::Result<Vec<Connection>> {
    let mut found = Vec::new();
    let mut others = Vec::new();
    for socket in sockets.iter().copied() {
        match unix(socket) {
            Ok(Unix::Other) | Err(_) => others.push(socket),
            Ok(Unix::Nameless) => {}
            Ok(Unix::To(path)) => found.push(Connection { socket, peer: Peer::Unix(path) }),
        }
    }
    if !others.is_empty() {
        found.extend(tcp(&others)?);
    }
    Ok(found)
}

fn tcp(sockets: &[u64]) -> io::Result<Vec<Connection>> {
    let mut found = Vec::new();
    let asked = netlink::established(|body| {
        found.extend(far_end(body).filter(|connection| sockets.contains(&connection.socket)));
        if found.len() == sockets.len() { Found::All } else { Found::Some }
    });
    match asked {
        Ok(()) => Ok(found),
        Err(_) => tables::established(sockets),
    }
}

/// `struct inet_diag_msg`: the far end's port and address stand behind the near end's.
fn far_end(body: &[u8]) -> Option<Connection> {
    let port = u16::from_be_bytes(body.get(6..8)?.try_into().ok()?);
    let bytes = body.get(24..40)?;
    let address = if *body.first()? == netlink::AF_INET {
        IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes.get(..4)?).ok()?))
    } else {
        IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)).to_canonical()
    };
    let socket = u64::from(netlink::word(body, 68)?);
    Some(Connection { socket, peer: Peer::Tcp(SocketAddr::new(address, port)) })
}

/// What a socket is.
enum Unix {
    /// None of the unix sockets that are connected.
    Other,
    /// Its far end has no name, or one in another name space.
    Nameless,
    To(PathBuf),
}

/// The near end has no name of its own: its peer has the name of the socket that took the connection.
fn unix(socket: u64) -> io::Result<Unix> {
    let (mut kind, mut far) = (Unix::Other, None);
    netlink::unix_socket(socket, |body| {
        kind = Unix::Nameless;
        far = netlink::attribute(body, 2).and_then(|value| netlink::word(value, 0)).map(u64::from);
    })?;
    let Some(far) = far else { return Ok(kind) };
    netlink::unix_socket(far, |body| {
        if let Some(name) = netlink::attribute(body, 0).filter(|name| !name.is_empty()) {
            kind = Unix::To(path(name));
        }
    })?;
    Ok(kind)
}

/// A path, or `@name` for the abstract name space, whose names begin with a zero byte.
fn path(name: &[u8]) -> PathBuf {
    match name.strip_prefix(b"\0") {
        Some(hidden) => {
            let mut text = std::ffi::OsString::from("@");
            text.push(OsStr::from_bytes(hidden));
            text.into()
        }
        None => OsStr::from_bytes(name.strip_suffix(b"\0").unwrap_or(name)).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd as _;
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    fn inode(fd: i32) -> u64 {
        let link = fs::read_link(format!("/proc/self/fd/{fd}")).unwrap();
        link.to_str().unwrap().trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
    }

    fn of(sockets: &[u64]) -> Vec<Connection> {
        connections(std::process::id(), sockets).unwrap()
    }

    #[test]
    fn sockets_of_every_kind_are_told_together() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let six = TcpListener::bind("[::1]:0").ok();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let other = six.as_ref().map(|six| TcpStream::connect(six.local_addr().unwrap()).unwrap());
        let (nameless, _far) = UnixStream::pair().unwrap();
        let mut all = vec![inode(nameless.as_raw_fd()), inode(stream.as_raw_fd())];
        all.extend(other.as_ref().map(|other| inode(other.as_raw_fd())));
        let peers: Vec<Peer> = of(&all).into_iter().map(|connection| connection.peer).collect();
        let expected = [Some(&listener), six.as_ref()].into_iter().flatten();
        assert_eq!(peers, expected.map(|one| Peer::Tcp(one.local_addr().unwrap())).collect::<Vec<_>>());
    }

    #[test]
    fn the_far_end_of_a_tcp_connection_is_told_by_both_ways_of_asking() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let inode = inode(stream.as_raw_fd());
        assert!(sockets(std::process::id()).unwrap().contains(&inode));
        let expected = Connection { socket: inode, peer: Peer::Tcp(listener.local_addr().unwrap()) };
        assert_eq!(of(&[inode]), std::slice::from_ref(&expected));
        assert!(of(&sockets(std::process::id()).unwrap()).contains(&expected));
        assert_eq!(tables::established(&[inode]).unwrap(), [expected]);
    }

    #[test]
    fn the_far_end_of_a_socket_has_the_name_that_was_connected_to() {
        let path = std::env::temp_dir().join(format!("dbguard-peers-{}", std::process::id()));
        let listener = UnixListener::bind(&path).unwrap();
        let stream = UnixStream::connect(&path).unwrap();
        let taken = listener.accept().unwrap();
        let inode = inode(stream.as_raw_fd());
        let found = of(&[inode]);
        drop((listener, taken));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(found, [Connection { socket: inode, peer: Peer::Unix(path) }]);
    }

    #[test]
    fn a_listener_and_a_closed_socket_are_no_connections() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(of(&[inode(listener.as_raw_fd())]), []);
        assert_eq!(of(&[u64::MAX]), []);
        assert_eq!(of(&[]), []);
    }
}
