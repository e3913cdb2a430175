//! Holders of listening sockets on Linux: the socket from the kernel, its process from `/proc`.

mod netlink;
mod peers;
mod tables;

use std::ffi::OsStr;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

pub use peers::{connections, sockets};

use super::{Holder, Socket};
use crate::world::processes;

/// May look into everybody's processes.
const ROOT: u32 = 0;

/// A listening socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Listener {
    /// The address it is bound to; the unspecified one for "any".
    address: IpAddr,
    /// The user who opened it.
    uid: u32,
    /// Its inode in the kernel's socket file system, by which the process that holds it is found.
    inode: u64,
}

/// This user's own processes that a connection to this socket would reach; everybody's for root.
///
/// Empty when nothing listens there or another user's process does. Usually one; several when sockets share the place
/// (`SO_REUSEPORT`), of which the kernel picks one per connection. `likely` tells short process names to look into
/// first. Sockets of another network namespace are not seen, and a connection would not reach them either.
pub fn holders(socket: Socket<'_>, uid: u32, likely: impl Fn(&OsStr) -> bool + Copy) -> io::Result<Vec<Holder>> {
    let only = (uid != ROOT).then_some(uid);
    let search = |inode, owner| processes::holder(inode, owner, likely);
    match socket {
        Socket::Tcp(address, port) => {
            let found = listeners(address, port, only)?.into_iter();
            Ok(found.map(|one| Holder { pid: search(one.inode, Some(one.uid)), address: Some(one.address) }).collect())
        }
        Socket::Unix(path) => {
            let (owner, inodes) = unix_listeners(path, only)?;
            Ok(inodes.into_iter().map(|inode| Holder { pid: search(inode, owner), address: None }).collect())
        }
    }
}

/// The sockets that a connection may reach, of this user if one is given: the kernel's own choice first, then those
/// bound to the same address and port.
fn listeners(address: IpAddr, port: u16, only: Option<u32>) -> io::Result<Vec<Listener>> {
    let reached = netlink::lookup(address, port).unwrap_or(None);
    // Sockets that share a port with SO_REUSEPORT have one user (`inet_csk_bind_conflict` asks for equal uids), so
    // another user's socket answers the question alone.
    if reached.is_some_and(|reached| only.is_some_and(|uid| reached.uid != uid)) {
        return Ok(Vec::new());
    }
    let mut all = netlink::listening(port).or_else(|_| tables::listening(port))?;
    let Some(at) = reached.map(|found| found.address).or_else(|| closest(address, &all)) else {
        return Ok(Vec::new());
    };
    all.retain(|one| one.address.to_canonical() == at.to_canonical() && only.is_none_or(|uid| one.uid == uid));
    if let Some(reached) = reached
        && !all.contains(&reached)
    {
        all.insert(0, reached);
    }
    Ok(all)
}

/// The bound address that the kernel prefers: the exact one, else "any" of the family, else the dual-stack "any".
fn closest(address: IpAddr, all: &[Listener]) -> Option<IpAddr> {
    let any4 = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let any6 = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    // Only IPv4 falls through to the other family: an IPv4 socket never takes an IPv6 connection.
    let own_any = if address.is_ipv4() { any4 } else { any6 };
    let wanted = [address.to_canonical(), own_any, any6];
    wanted.into_iter().find(|wanted| all.iter().any(|one| one.address.to_canonical() == *wanted))
}

/// The inodes of the sockets that listen at this path, or at `@name`, and who opened them.
///
/// The file of a socket belongs to whoever bound it; an abstract name has none.
fn unix_listeners(path: &Path, only: Option<u32>) -> io::Result<(Option<u32>, Vec<u64>)> {
    let mut owner = None;
    if !path.as_os_str().as_bytes().starts_with(b"@") {
        // No file: nothing can be reached.
        let file = match std::fs::metadata(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok((None, Vec::new())),
            file => file?,
        };
        if only.is_some_and(|uid| file.uid() != uid) {
            return Ok((None, Vec::new()));
        }
        owner = Some(file.uid());
    }
    let path = path.as_os_str();
    Ok((owner, netlink::unix_listening(path).or_else(|_| tables::unix_listening(path))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str, inode: u64) -> Listener {
        Listener { address: address.parse().unwrap(), uid: 1, inode }
    }

    fn chosen(address: &str, bound: &[&str]) -> Option<String> {
        let all: Vec<Listener> = bound.iter().map(|bound| at(bound, 1)).collect();
        closest(address.parse().unwrap(), &all).map(|address| address.to_string())
    }

    #[test]
    fn the_most_specific_address_is_reached_as_the_kernel_has_it() {
        assert_eq!(chosen("127.0.0.1", &["0.0.0.0", "127.0.0.1", "::"]).as_deref(), Some("127.0.0.1"));
        assert_eq!(chosen("127.0.0.1", &["127.0.0.2", "0.0.0.0", "::"]).as_deref(), Some("0.0.0.0"));
        assert_eq!(chosen("127.0.0.1", &["::1", "::"]).as_deref(), Some("::"));
        assert_eq!(chosen("127.0.0.1", &["::ffff:127.0.0.1"]).as_deref(), Some("127.0.0.1"));
        assert_eq!(chosen("::1", &["127.0.0.1", "0.0.0.0"]), None);
        assert_eq!(chosen("127.0.0.1", &[]), None);
    }

    #[test]
    fn of_two_listeners_on_one_port_the_reached_one_is_found() {
        let any = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        let port = any.local_addr().unwrap().port();
        let found = listeners("127.0.0.1".parse().unwrap(), port, None).unwrap();
        assert_eq!(found.first().map(|one| one.address), Some("0.0.0.0".parse().unwrap()));
        let nobody = listeners("127.0.0.1".parse().unwrap(), port, Some(u32::MAX)).unwrap();
        assert_eq!(nobody, []);
        assert_eq!(listeners("::1".parse().unwrap(), port, None).unwrap(), []);
    }

    #[test]
    fn a_path_without_a_file_is_listened_on_by_nobody() {
        assert!(unix_listeners(Path::new("/nonexistent/.s.PGSQL.5432"), None).unwrap().1.is_empty());
    }
}
