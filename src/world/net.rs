//! Who listens on this machine: the process that holds the socket which a connection would reach.
//!
//! On Linux the kernel is asked over netlink (`sock_diag(7)`), since `/proc/net/tcp` walks a table of the size of the
//! machine's memory and takes tens of milliseconds; that file is read where netlink is not to be had. On macOS `lsof`
//! is run, which sees the user's own processes. Whom a process is connected to tell netlink and macOS's `libproc`, which
//! sees them too. This module knows no tool and no meaning of a port, and it never connects to anything.

#[cfg(target_os = "macos")]
mod darwin;
#[cfg(any(target_os = "macos", test))]
mod darwin_socket;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod lsof;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

#[cfg(target_os = "macos")]
pub use darwin::{connections, sockets};
#[cfg(target_os = "linux")]
pub use linux::{connections, holders, sockets};
#[cfg(target_os = "macos")]
pub use lsof::holders;

/// What a connection would be made to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Socket<'a> {
    /// An address of this machine and a port.
    Tcp(IpAddr, u16),
    /// A path of the file system, or `@name` in Linux's abstract namespace.
    Unix(&'a Path),
}

/// A process of the user's that listens there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The process; `None` when the socket is the user's and no process that may be read holds it.
    pub pid: Option<u32>,
    /// The address that it is bound to; `None` for a unix socket.
    pub address: Option<IpAddr>,
}

/// A connection of a process, seen from its own end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// What tells this socket from every other that the process has or will have.
    pub socket: u64,
    /// The far end.
    pub peer: Peer,
}

/// The far end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Address and port.
    Tcp(SocketAddr),
    /// The path that was connected to, or `@name` in Linux's abstract name space.
    Unix(PathBuf),
}

/// Elsewhere there is no means to tell: nothing is ever said to listen.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub fn holders(_: Socket<'_>, _: u32, _: impl Fn(&std::ffi::OsStr) -> bool + Copy) -> std::io::Result<Vec<Holder>> {
    Ok(Vec::new())
}

/// Elsewhere there is no means to tell.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub fn sockets(_: u32) -> std::io::Result<Vec<u64>> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Elsewhere there is no means to tell.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub fn connections(_: u32, _: &[u64]) -> std::io::Result<Vec<Connection>> {
    Err(std::io::ErrorKind::Unsupported.into())
}
