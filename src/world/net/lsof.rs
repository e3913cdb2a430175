//! Holders of listening sockets on macOS, as `lsof` tells them.
//!
//! There is no `/proc` there, and the system's own calls (`proc_pidfdinfo`) need code that this crate does not write.
//! `lsof` takes about 40 ms and shows the user's own processes, which is what is asked for. It is given one second.

use std::ffi::{OsStr, OsString};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Connection, Holder, Peer, Socket};
use crate::world::processes;

/// This user's own processes that a connection to this socket would reach; everybody's for root.
///
/// Empty when nothing listens there or another user's process does.
pub fn holders(socket: Socket<'_>, _uid: u32, _likely: impl Fn(&OsStr) -> bool + Copy) -> io::Result<Vec<Holder>> {
    match socket {
        Socket::Tcp(address, port) => {
            let what = format!("-iTCP:{port}");
            let told = lsof(&["-nP", &what, "-sTCP:LISTEN", "-Fpn"].map(OsString::from))?;
            Ok(at(address, parse(&told)))
        }
        Socket::Unix(path) => {
            let told = lsof(&[OsString::from("-Fpn"), OsString::from("--"), path.as_os_str().to_owned()])?;
            let pids = told.lines().filter_map(|line| line.strip_prefix('p')?.parse().ok());
            Ok(pids.map(|pid| Holder { pid: Some(pid), address: None }).collect())
        }
    }
}

/// What tells the process's sockets from every other: their addresses in the kernel. Not tried on a Mac.
pub fn sockets(pid: u32) -> io::Result<Vec<u64>> {
    Ok(connections(pid)?.into_iter().map(|connection| connection.socket).collect())
}

/// The process's TCP connections; of unix sockets `lsof` does not tell the far end's name. Not tried on a Mac.
pub fn connections(pid: u32) -> io::Result<Vec<Connection>> {
    let args = ["-nP", "-a", "-p", &pid.to_string(), "-iTCP", "-sTCP:ESTABLISHED", "-Fdn"].map(OsString::from);
    let told = lsof(&args)?;
    let mut socket = 0;
    let mut found = Vec::new();
    for line in told.lines() {
        if let Some(device) = line.strip_prefix("d0x") {
            socket = u64::from_str_radix(device, 16).unwrap_or(0);
        } else if let Some((_, far)) = line.strip_prefix('n').and_then(|name| name.split_once("->")) {
            found.extend(far.parse().ok().map(|peer| Connection { socket, peer: Peer::Tcp(peer) }));
        }
    }
    Ok(found)
}

fn lsof(args: &[OsString]) -> io::Result<String> {
    let told = processes::ask(OsStr::new("/usr/sbin/lsof"), args)?;
    Ok(String::from_utf8_lossy(&told).into_owned())
}

/// Those at the most specific address that takes the connection.
fn at(address: IpAddr, all: Vec<Holder>) -> Vec<Holder> {
    let any4 = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let any6 = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    let wanted = [address.to_canonical(), if address.is_ipv4() { any4 } else { any6 }, any6];
    let is = |holder: &Holder, wanted: IpAddr| holder.address.is_some_and(|bound| bound.to_canonical() == wanted);
    let Some(chosen) = wanted.into_iter().find(|wanted| all.iter().any(|one| is(one, *wanted))) else {
        return Vec::new();
    };
    all.into_iter().filter(|one| is(one, chosen)).collect()
}

/// Lines that begin with their field: `p` a process, `n` a name such as `127.0.0.1:5432`, `*:5432`, `[::1]:5432`.
/// `*` does not say which family, so that it stands for both.
fn parse(told: &str) -> Vec<Holder> {
    let mut holders = Vec::new();
    let mut pid = None;
    for line in told.lines() {
        if let Some(number) = line.strip_prefix('p') {
            pid = number.parse().ok();
        } else if let Some(name) = line.strip_prefix('n') {
            let host = name.rsplit_once(':').map_or(name, |(host, _)| host).trim_matches(['[', ']']);
            let both = [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];
            let one: Option<IpAddr> = host.parse().ok();
            let addresses = if host == "*" { both.to_vec() } else { one.into_iter().collect() };
            holders.extend(addresses.into_iter().map(|address| Holder { pid, address: Some(address) }));
        }
    }
    holders
}
