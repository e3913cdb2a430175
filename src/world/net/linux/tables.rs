//! The kernel's socket tables in `/proc/net`, for where netlink is not to be had (a sandbox, a kernel without
//! `inet_diag`). Slow on large machines, complete everywhere. Lines that cannot be read are passed over.

use std::ffi::OsStr;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::Listener;
use crate::world::net::{Connection, Peer};

/// Everything that listens on this port, of both families.
pub(super) fn listening(port: u16) -> io::Result<Vec<Listener>> {
    let four = std::fs::read_to_string("/proc/self/net/tcp")?;
    // Absent without IPv6.
    let six = std::fs::read_to_string("/proc/self/net/tcp6").unwrap_or_default();
    Ok(four.lines().chain(six.lines()).filter_map(|line| entry(line, port)).collect())
}

/// The far ends of those of these sockets that are established TCP connections.
pub(super) fn established(sockets: &[u64]) -> io::Result<Vec<Connection>> {
    let four = std::fs::read_to_string("/proc/self/net/tcp")?;
    let six = std::fs::read_to_string("/proc/self/net/tcp6").unwrap_or_default();
    let all = four.lines().chain(six.lines()).filter_map(far_end);
    Ok(all.filter(|connection| sockets.contains(&connection.socket)).collect())
}

/// As [`entry`], state `01` being ESTABLISHED, and the remote address.
fn far_end(line: &str) -> Option<Connection> {
    let mut fields = line.split_ascii_whitespace();
    let (address, port) = fields.nth(2)?.split_once(':')?;
    if fields.next()? != "01" {
        return None;
    }
    let socket = fields.nth(5)?.parse().ok()?;
    let peer = SocketAddr::new(parse(address)?.to_canonical(), u16::from_str_radix(port, 16).ok()?);
    Some(Connection { socket, peer: Peer::Tcp(peer) })
}

/// The inodes of what listens at this path, or `@name`.
pub(super) fn unix_listening(path: &OsStr) -> io::Result<Vec<u64>> {
    let table = std::fs::read("/proc/self/net/unix")?;
    let last = Path::new(path).file_name().unwrap_or(path);
    let of = |test: &dyn Fn(&[u8]) -> bool| -> Vec<u64> {
        table.split(|byte| *byte == b'\n').filter_map(|line| unix_entry(line, test)).collect()
    };
    let exact = of(&|name| name == path.as_bytes());
    // A server that bound it by a relative path or through a symlink.
    let alike = || of(&|name| !name.starts_with(b"@") && name.ends_with(last.as_bytes()));
    Ok(if exact.is_empty() { alike() } else { exact })
}

/// `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode`, state `0A` being LISTEN: proc(5).
fn entry(line: &str, port: u16) -> Option<Listener> {
    let mut fields = line.split_ascii_whitespace();
    let (address, local_port) = fields.nth(1)?.split_once(':')?;
    let state = fields.nth(1)?;
    if state != "0A" || u16::from_str_radix(local_port, 16) != Ok(port) {
        return None;
    }
    let uid = fields.nth(3)?.parse().ok()?;
    let inode = fields.nth(1)?.parse().ok()?;
    Some(Listener { address: parse(address)?, uid, inode })
}

/// An address as rows of hexadecimal words in the machine's own byte order.
fn parse(hex: &str) -> Option<IpAddr> {
    let mut bytes = Vec::new();
    for at in (0..hex.len()).step_by(8) {
        let word = u32::from_str_radix(hex.get(at..at.checked_add(8)?)?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    if let Ok(four) = <[u8; 4]>::try_from(bytes.as_slice()) {
        return Some(IpAddr::V4(Ipv4Addr::from(four)));
    }
    Some(IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)))
}

/// `Num RefCount Protocol Flags Type St Inode Path`, flag `00010000` being `__SO_ACCEPTCON`: proc(5).
fn unix_entry(line: &[u8], test: &dyn Fn(&[u8]) -> bool) -> Option<u64> {
    let mut fields = line.split(|byte| *byte == b' ').filter(|field| !field.is_empty());
    let flags = fields.nth(3)?;
    let inode = fields.nth(2)?;
    // The path is the rest of the line, blanks included.
    let name = fields.next()?;
    let start = (name.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
    if flags != b"00010000" || !test(line.get(start..)?) {
        return None;
    }
    std::str::from_utf8(inode).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listening_line_is_read_and_others_are_not() {
        let listen =
            "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0";
        let expected = Listener { address: IpAddr::V4(Ipv4Addr::LOCALHOST), uid: 1000, inode: 4711 };
        assert_eq!(entry(listen, 5432), Some(expected));
        assert_eq!(entry(listen, 5433), None);
        assert_eq!(entry(&listen.replace(" 0A ", " 01 "), 5432), None);
        for hostile in ["", "sl", "0: x 0 0A", "0: 0100007F:1538", "0: é100007F:1538 0:0 0A a b c d e f"] {
            assert_eq!(entry(hostile, 5432), None, "{hostile}");
        }
    }

    #[test]
    fn a_unix_line_is_read_with_the_blanks_of_its_path() {
        let line = b"0000000000000000: 00000002 00000000 00010000 0001 01 4711 /tmp/a b/.s.PGSQL.5432";
        assert_eq!(unix_entry(line, &|name| name == b"/tmp/a b/.s.PGSQL.5432"), Some(4711));
        assert_eq!(unix_entry(line, &|name| name == b"b/.s.PGSQL.5432"), None);
        assert_eq!(unix_entry(b"0: 2 0 00010000 1 1", &|_| true), None);
        assert_eq!(unix_entry(b"", &|_| true), None);
    }

    #[test]
    fn both_tables_know_a_real_listener() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        assert_eq!(listening(port).unwrap(), super::super::netlink::listening(port).unwrap());
    }
}
