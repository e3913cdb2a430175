//! Questions to the kernel about sockets, over netlink: `sock_diag(7)`.
//!
//! The messages are small and fixed, so they are written and read here byte by byte, in the order that
//! `linux/inet_diag.h` and `linux/unix_diag.h` give. What comes back is read defensively: a message that is cut short
//! ends the reading, and it never panics.

use std::ffi::OsStr;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType};
use nix::sys::socket::{recv, sendto, socket};

use super::Listener;

const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_DUMP: u16 = 0x300;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const AF_UNIX: u8 = 1;
pub(super) const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;
const LISTENING: u32 = 1 << 10;
const ESTABLISHED: u32 = 1 << 1;
/// What is to be told of a unix socket besides its inode: `UDIAG_SHOW_NAME`, `UDIAG_SHOW_VFS`, `UDIAG_SHOW_PEER`.
const NAME_AND_FILE: u32 = 0b011;
const NAME_AND_PEER: u32 = 0b101;
/// The loopback interface has this index in every network namespace (`LOOPBACK_IFINDEX`).
const LOOPBACK: u32 = 1;
/// The longest answer read, in parts of at most 32 kB: a machine with more listeners on one port is out of reason.
const PARTS: usize = 512;

/// The listener that the kernel itself would give a connection to this address and port.
///
/// `None` also when the kernel has no such module: ask [`listening`] then, which tells the two apart.
pub(super) fn lookup(address: IpAddr, port: u16) -> io::Result<Option<Listener>> {
    let mut found = None;
    match exchange(&inet_request(family(address), NLM_F_REQUEST, LISTENING, Some(address), port), |body| {
        found = found.or(listener(body));
    }) {
        Ok(()) => Ok(found),
        Err(Errno::ENOENT) => Ok(None),
        Err(cause) => Err(cause.into()),
    }
}

/// Everything that listens on this port, of both families.
pub(super) fn listening(port: u16) -> io::Result<Vec<Listener>> {
    let mut found = Vec::new();
    for family in [AF_INET, AF_INET6] {
        let request = inet_request(family, NLM_F_REQUEST | NLM_F_DUMP, LISTENING, None, port);
        let answered = exchange(&request, |body| found.extend(listener(body).filter(|_| bound_to(body, port))));
        match answered {
            // A kernel that was built or booted without IPv6.
            Err(Errno::ENOENT | Errno::EAFNOSUPPORT) if family == AF_INET6 => {}
            answered => answered?,
        }
    }
    Ok(found)
}

/// The inodes of what listens at this path, or `@name`.
pub(super) fn unix_listening(path: &OsStr) -> io::Result<Vec<u64>> {
    let wanted = UnixName::of(path);
    let mut exact = Vec::new();
    let mut alike = Vec::new();
    exchange(&unix_request(NLM_F_REQUEST | NLM_F_DUMP, LISTENING, 0, NAME_AND_FILE), |body| {
        let Some(inode) = word(body, 4).map(u64::from) else { return };
        if wanted.is(body) {
            exact.push(inode);
        } else if wanted.resembles(body) {
            alike.push(inode);
        }
    })?;
    Ok(if exact.is_empty() { alike } else { exact })
}

/// The established TCP connections of this network name space, as `struct inet_diag_msg`, until `each` has found all that
/// it looks for: the kernel walks a table of the size of the machine's memory once for each family.
pub(super) fn established(mut each: impl FnMut(&[u8]) -> Found) -> io::Result<()> {
    let mut found = Found::Some;
    for family in [AF_INET, AF_INET6] {
        let request = inet_request(family, NLM_F_REQUEST | NLM_F_DUMP, ESTABLISHED, None, 0);
        match exchange(&request, |body| found = each(body)) {
            Err(Errno::ENOENT | Errno::EAFNOSUPPORT) if family == AF_INET6 => {}
            answered => answered?,
        }
        if found == Found::All {
            break;
        }
    }
    Ok(())
}

/// Whether everything that was looked for is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    All,
    Some,
}

/// The connected unix socket of this inode, as `struct unix_diag_msg` with its name and its peer's inode. No other is
/// looked at; where there is none, nothing is handed out.
pub(super) fn unix_socket(inode: u64, each: impl FnMut(&[u8])) -> io::Result<()> {
    let Ok(inode) = u32::try_from(inode) else { return Ok(()) };
    match exchange(&unix_request(NLM_F_REQUEST, ESTABLISHED, inode, NAME_AND_PEER), each) {
        Err(Errno::ENOENT) => Ok(()),
        answered => Ok(answered?),
    }
}

/// A unix socket's name, as the kernel may have it.
struct UnixName<'a> {
    /// The name as bound: the path, or a zero byte and the abstract name.
    name: Vec<u8>,
    /// The last component, for a server that bound it by a relative path.
    last: &'a [u8],
    /// The low half of the socket file's inode: all that the kernel tells.
    inode: Option<u32>,
}

impl<'a> UnixName<'a> {
    fn of(path: &'a OsStr) -> Self {
        let bytes = path.as_bytes();
        if let Some(name) = bytes.strip_prefix(b"@") {
            return Self { name: [b"\0", name].concat(), last: &[], inode: None };
        }
        let last = bytes.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let low = |meta: std::fs::Metadata| u32::try_from(meta.ino() & u64::from(u32::MAX)).ok();
        Self { name: bytes.to_vec(), last, inode: std::fs::metadata(path).ok().and_then(low) }
    }

    /// Bound under this very name, or to this very file. A file system on top of another (overlayfs) shows other
    /// inode numbers than it has, so either will do.
    fn is(&self, body: &[u8]) -> bool {
        let file = attribute(body, 1).and_then(|value| word(value, 0));
        (self.inode.is_some() && file == self.inode) || attribute(body, 0).map(trimmed) == Some(&self.name)
    }

    fn resembles(&self, body: &[u8]) -> bool {
        let name = attribute(body, 0).map(trimmed).unwrap_or_default();
        !self.last.is_empty() && name.rsplit(|byte| *byte == b'/').next() == Some(self.last)
    }
}

/// A path without the zero byte that may end it; an abstract name begins with one and keeps it.
fn trimmed(name: &[u8]) -> &[u8] {
    name.strip_suffix(b"\0").unwrap_or(name)
}

/// `struct nlmsghdr`, then `struct inet_diag_req_v2`.
fn inet_request(family: u8, flags: u16, states: u32, address: Option<IpAddr>, port: u16) -> Vec<u8> {
    let mut body = vec![family, IPPROTO_TCP, 0, 0];
    body.extend(states.to_ne_bytes());
    body.extend(port.to_be_bytes());
    body.extend([0; 2]);
    let mut source = [0_u8; 16];
    match address {
        Some(IpAddr::V4(address)) => source[..4].copy_from_slice(&address.octets()),
        Some(IpAddr::V6(address)) => source = address.octets(),
        None => {}
    }
    body.extend(source);
    body.extend([0; 16]);
    body.extend(address.map_or(0, |_| LOOPBACK).to_ne_bytes());
    body.extend([0xff; 8]); // INET_DIAG_NOCOOKIE
    message(flags, &body)
}

/// `struct nlmsghdr`, then `struct unix_diag_req` for every socket in these states, or for the one of this inode.
fn unix_request(flags: u16, states: u32, inode: u32, show: u32) -> Vec<u8> {
    let mut body = vec![AF_UNIX, 0, 0, 0];
    body.extend(states.to_ne_bytes());
    body.extend(inode.to_ne_bytes());
    body.extend(show.to_ne_bytes());
    body.extend([0xff; 8]); // INET_DIAG_NOCOOKIE
    message(flags, &body)
}

fn message(flags: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 16).unwrap_or_default();
    let mut message = length.to_ne_bytes().to_vec();
    message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    message.extend(body);
    message
}

/// Sends one request and hands each answering body to `each`. The kernel answers within the calls themselves, so
/// nothing here waits: an answer that is not there is an error.
fn exchange(request: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), Errno> {
    let dump = u16::from_ne_bytes([request.get(6).copied().unwrap_or(0), request.get(7).copied().unwrap_or(0)]);
    let dump = dump & NLM_F_DUMP != 0;
    let link = open()?;
    sendto(link.as_raw_fd(), request, &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
    let mut buffer = vec![0_u8; if dump { 32 } else { 4 } * 1024];
    for _ in 0..PARTS {
        let length = recv(link.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT)?;
        let part = buffer.get(..length).unwrap_or_default();
        if read(part, &mut each)? == Rest::Nothing || !dump {
            return Ok(());
        }
    }
    Err(Errno::EMSGSIZE)
}

fn open() -> Result<OwnedFd, Errno> {
    socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkSockDiag)
}

/// Whether more of the answer is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
enum Rest {
    More,
    Nothing,
}

/// Reads one part of an answer: a row of messages.
fn read(mut part: &[u8], each: &mut impl FnMut(&[u8])) -> Result<Rest, Errno> {
    while let Some(length) = word(part, 0).and_then(|length| usize::try_from(length).ok()) {
        let (Some(body), Some(kind)) = (part.get(16..length), half(part, 4)) else { break };
        match kind {
            NLMSG_DONE => return code(body).map(|()| Rest::Nothing),
            NLMSG_ERROR => return code(body).map(|()| Rest::Nothing),
            SOCK_DIAG_BY_FAMILY => each(body),
            _ => {}
        }
        part = part.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(Rest::More)
}

/// The negative error number that ends an answer; zero is none.
fn code(body: &[u8]) -> Result<(), Errno> {
    match word(body, 0).map(u32::cast_signed) {
        Some(0) | None => Ok(()),
        Some(code) => Err(Errno::from_raw(code.wrapping_neg())),
    }
}

/// `struct inet_diag_msg` as a listener.
fn listener(body: &[u8]) -> Option<Listener> {
    let family = *body.first()?;
    let address = body.get(8..24)?;
    let address = if family == AF_INET {
        IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(address.get(..4)?).ok()?))
    } else {
        IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?))
    };
    Some(Listener { address, uid: word(body, 64)?, inode: u64::from(word(body, 68)?) })
}

/// Older kernels do not filter by port.
fn bound_to(body: &[u8], port: u16) -> bool {
    body.get(4..6) == Some(&port.to_be_bytes()[..])
}

/// The value of an attribute after `struct unix_diag_msg`.
pub(super) fn attribute(body: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut rest = body.get(16..)?;
    loop {
        let length = usize::from(half(rest, 0)?);
        let value = rest.get(4..length)?;
        if half(rest, 2)? == wanted {
            return Some(value);
        }
        rest = rest.get(length.next_multiple_of(4)..)?;
    }
}

fn family(address: IpAddr) -> u8 {
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
}

pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: u16, body: &[u8]) -> Vec<u8> {
        let mut whole = message(0, body);
        whole.splice(4..6, kind.to_ne_bytes());
        whole
    }

    fn inet_body() -> Vec<u8> {
        let mut body = vec![AF_INET, 10, 0, 0];
        body.extend(5432_u16.to_be_bytes());
        body.extend([0; 2]);
        body.extend([127, 0, 0, 1]);
        body.resize(64, 0);
        body.extend(1000_u32.to_ne_bytes());
        body.extend(4711_u32.to_ne_bytes());
        body
    }

    #[test]
    fn a_listener_is_read_from_its_bytes() {
        let expected = Listener { address: IpAddr::V4(Ipv4Addr::LOCALHOST), uid: 1000, inode: 4711 };
        assert_eq!(listener(&inet_body()), Some(expected));
        assert!(bound_to(&inet_body(), 5432));
        assert!(!bound_to(&inet_body(), 5433));
    }

    #[test]
    fn the_requests_have_the_sizes_of_the_kernels_structures() {
        assert_eq!(inet_request(AF_INET, NLM_F_REQUEST, LISTENING, None, 1).len(), 16 + 56);
        assert_eq!(unix_request(NLM_F_REQUEST, LISTENING, 0, NAME_AND_FILE).len(), 16 + 24);
    }

    #[test]
    fn an_error_ends_the_answer_and_zero_is_none() {
        let enoent = answer(NLMSG_ERROR, &(-2_i32).to_ne_bytes());
        assert_eq!(read(&enoent, &mut |_| {}), Err(Errno::ENOENT));
        assert_eq!(read(&answer(NLMSG_DONE, &[0; 4]), &mut |_| {}), Ok(Rest::Nothing));
        assert_eq!(read(&answer(NLMSG_DONE, &[]), &mut |_| {}), Ok(Rest::Nothing));
    }

    /// Every prefix of a good answer, every length field that lies, every byte turned.
    #[test]
    fn a_malformed_answer_is_read_without_panic() {
        let mut good = answer(SOCK_DIAG_BY_FAMILY, &inet_body());
        good.extend(answer(NLMSG_DONE, &[0; 4]));
        let look = |bytes: &[u8]| {
            let _ = read(bytes, &mut |body| {
                let _ = (listener(body), bound_to(body, 1), attribute(body, 0), attribute(body, 9));
            });
        };
        for cut in 0..good.len() {
            look(good.get(..cut).unwrap_or_default());
        }
        for at in 0..good.len() {
            for value in [0, 1, 3, 4, 15, 16, 17, 0x7f, 0x80, 0xff] {
                let mut bad = good.clone();
                bad.splice(at..=at, [value]);
                look(&bad);
            }
        }
        look(&[0xff; 64]);
    }

    #[test]
    fn attributes_that_lie_about_their_length_are_not_followed() {
        for attributes in [&[0, 0][..], &[0, 0, 0, 0], &[3, 0, 0, 0], &[255, 255, 0, 0, 1], &[4, 0, 5, 0]] {
            let mut body = vec![0; 16];
            body.extend(attributes);
            assert!(attribute(&body, 0).is_none_or(<[u8]>::is_empty), "{attributes:?}");
        }
    }

    #[test]
    fn a_real_listener_is_found_by_lookup_and_by_listing() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let found = lookup(IpAddr::V4(Ipv4Addr::LOCALHOST), port).unwrap().unwrap();
        assert_eq!(found.address, IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert_eq!(found.uid, nix::unistd::geteuid().as_raw());
        assert_eq!(listening(port).unwrap(), [found]);
        drop(socket);
        assert_eq!(lookup(IpAddr::V4(Ipv4Addr::LOCALHOST), port).unwrap(), None);
        assert_eq!(listening(port).unwrap(), []);
    }
}
