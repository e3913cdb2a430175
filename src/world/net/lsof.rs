//! Holders of listening sockets on macOS, as `lsof` tells them.
//!
//! There is no `/proc` there, and the system's own calls tell of one process, not of whoever listens. `lsof` takes about
//! 40 ms and shows the user's own processes, which is what is asked for. It is given one second.

use std::ffi::{OsStr, OsString};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Holder, Socket};
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
