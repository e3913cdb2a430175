//! What macOS's kernel says of one socket of a process: `struct socket_fdinfo` of `sys/proc_info.h`, read as bytes.
//!
//! Its parts lie in unions, which safe code cannot look into; so it comes here as the bytes that the kernel wrote, and is
//! read by the places of its fields, which are the same on both processors. Nothing here is macOS's own but these
//! places: it is tested on every system. What does not fit is no connection.

use std::ffi::OsStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::ffi::OsStrExt as _;

use super::{Connection, Peer};

/// The size of the whole: the kernel refuses to fill less.
pub(super) const SIZE: usize = 792;

// `struct proc_fileinfo` has 24 bytes; then `struct socket_info`, whose `soi_proto` is a union.
pub(super) const SOCKET: usize = 160;
pub(super) const KIND: usize = 256;
const PROTOCOL: usize = 264;

// `struct in_sockinfo`, with which `struct tcp_sockinfo` begins.
pub(super) const FAR_PORT: usize = PROTOCOL;
pub(super) const GENERATION: usize = PROTOCOL + 8;
pub(super) const VERSION: usize = PROTOCOL + 24;
pub(super) const FAR_ADDRESS: usize = PROTOCOL + 32;
pub(super) const STATE: usize = PROTOCOL + 80;

// `struct un_sockinfo`: the far socket, and behind the near address the far one, a `struct sockaddr_un`.
pub(super) const FAR_SOCKET: usize = PROTOCOL;
pub(super) const FAR_NAME: usize = PROTOCOL + 16 + 255;
const LONGEST_NAME: usize = 104;

// `SOCKINFO_TCP`, `SOCKINFO_UN`, `INI_IPV4`, `INI_IPV6`, `TSI_S_ESTABLISHED`.
const TCP: u32 = 2;
const UNIX: u32 = 3;
const IPV4: u8 = 1;
const IPV6: u8 = 2;
const ESTABLISHED: u32 = 4;

/// What tells this socket from every other: the kernel's word for it, which a later one may get again, and how many
/// there were before it, or whom it is connected to.
pub(super) fn identity(info: &[u8]) -> Option<u64> {
    let socket = long(info, SOCKET)?;
    let more = match word(info, KIND)? {
        TCP => long(info, GENERATION)?,
        UNIX => long(info, FAR_SOCKET)?,
        _ => 0,
    };
    // FNV-1a's step, so that neither part can take the other's place.
    Some((socket ^ more.rotate_left(32)).wrapping_mul(0x0100_0000_01b3))
}

/// The connection that this is one end of; nothing where it is none, or where its far end has no name.
pub(super) fn connection(info: &[u8]) -> Option<Connection> {
    let peer = match word(info, KIND)? {
        TCP if word(info, STATE)? == ESTABLISHED => Peer::Tcp(SocketAddr::new(address(info)?, port(info)?)),
        UNIX if long(info, FAR_SOCKET)? != 0 => Peer::Unix(name(info)?.into()),
        _ => return None,
    };
    Some(Connection { socket: identity(info)?, peer })
}

/// In the network's order, in the first two bytes of an `int`.
fn port(info: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(part(info, FAR_PORT)?))
}

/// An IPv4 address stands in the last of four words, also one that is mapped into IPv6.
fn address(info: &[u8]) -> Option<IpAddr> {
    match *info.get(VERSION)? {
        IPV4 => Some(IpAddr::V4(Ipv4Addr::from(part::<4>(info, FAR_ADDRESS + 12)?))),
        version if version & IPV6 != 0 => {
            Some(IpAddr::V6(Ipv6Addr::from(part::<16>(info, FAR_ADDRESS)?)).to_canonical())
        }
        _ => None,
    }
}

/// `sun_path` behind a byte of length and one of family.
fn name(info: &[u8]) -> Option<&OsStr> {
    let path = info.get(FAR_NAME + 2..FAR_NAME + 2 + LONGEST_NAME)?;
    let path = path.split(|byte| *byte == 0).next().filter(|path| !path.is_empty())?;
    Some(OsStr::from_bytes(path))
}

fn part<const N: usize>(info: &[u8], at: usize) -> Option<[u8; N]> {
    info.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn word(info: &[u8], at: usize) -> Option<u32> {
    part(info, at).map(u32::from_ne_bytes)
}

fn long(info: &[u8], at: usize) -> Option<u64> {
    part(info, at).map(u64::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket of this kind, with these bytes at these places.
    fn info(kind: u32, parts: &[(usize, &[u8])]) -> Vec<u8> {
        let mut info = vec![0; SIZE];
        info.splice(SOCKET..SOCKET + 8, 77_u64.to_ne_bytes());
        info.splice(KIND..KIND + 4, kind.to_ne_bytes());
        for (at, bytes) in parts {
            info.splice(*at..at + bytes.len(), bytes.iter().copied());
        }
        info
    }

    fn tcp(state: u32, version: u8, generation: u64) -> Vec<u8> {
        let address = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 7];
        let parts: [(usize, &[u8]); 5] = [
            (FAR_PORT, &5432_u16.to_be_bytes()),
            (GENERATION, &generation.to_ne_bytes()),
            (VERSION, &[version]),
            (FAR_ADDRESS, &address),
            (STATE, &state.to_ne_bytes()),
        ];
        info(TCP, &parts)
    }

    fn peer(info: &[u8]) -> Option<String> {
        connection(info).map(|connection| match connection.peer {
            Peer::Tcp(address) => address.to_string(),
            Peer::Unix(path) => path.display().to_string(),
        })
    }

    #[test]
    fn the_far_end_of_a_connection_is_read_in_both_families() {
        assert_eq!(peer(&tcp(ESTABLISHED, IPV4, 1)).as_deref(), Some("192.0.2.7:5432"));
        assert_eq!(peer(&tcp(ESTABLISHED, IPV6, 1)).as_deref(), Some("[2001:db8::c000:207]:5432"));
        let mut mapped = tcp(ESTABLISHED, IPV4 | IPV6, 1);
        mapped.splice(FAR_ADDRESS..FAR_ADDRESS + 12, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
        assert_eq!(peer(&mapped).as_deref(), Some("192.0.2.7:5432"));
        assert_eq!(peer(&tcp(ESTABLISHED, 0, 1)), None);
    }

    #[test]
    fn what_listens_or_is_being_closed_is_no_connection() {
        for state in [0, 1, 2, 3, 5, 6, 10] {
            assert_eq!(peer(&tcp(state, IPV4, 1)), None, "{state}");
        }
        assert_eq!(peer(&info(0, &[])), None);
    }

    #[test]
    fn a_unix_socket_leads_to_the_path_that_took_it() {
        let path = b"\x6a\x01/tmp/.s.PGSQL.5432\0rest";
        let far = 9_u64.to_ne_bytes();
        assert_eq!(peer(&info(UNIX, &[(FAR_SOCKET, &far), (FAR_NAME, path)])).as_deref(), Some("/tmp/.s.PGSQL.5432"));
        assert_eq!(peer(&info(UNIX, &[(FAR_NAME, path)])), None, "it is connected to nobody");
        assert_eq!(peer(&info(UNIX, &[(FAR_SOCKET, &far)])), None, "whoever took it has no name");
        let long = [b'x'; 255];
        assert_eq!(peer(&info(UNIX, &[(FAR_SOCKET, &far), (FAR_NAME, &long)])).map(|path| path.len()), Some(104));
    }

    #[test]
    fn a_socket_that_gets_the_word_of_an_earlier_one_is_another() {
        assert_ne!(identity(&tcp(ESTABLISHED, IPV4, 1)), identity(&tcp(ESTABLISHED, IPV4, 2)));
        assert_eq!(identity(&tcp(ESTABLISHED, IPV4, 1)), identity(&tcp(1, IPV4, 1)));
        let unix = |far: u64| identity(&info(UNIX, &[(FAR_SOCKET, &far.to_ne_bytes())]));
        assert_ne!(unix(1), unix(2));
    }

    #[test]
    fn bytes_that_are_cut_short_are_nothing() {
        let whole = tcp(ESTABLISHED, IPV4, 1);
        for length in 0..STATE + 4 {
            assert_eq!(peer(&whole[..length]), None, "{length}");
        }
        assert_eq!(identity(&[]), None);
    }
}
