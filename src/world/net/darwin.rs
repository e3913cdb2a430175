//! Sockets of a process on macOS, by the system's own `libproc`: which it has, and whom they are connected to.
//!
//! A thin leaf: what the kernel wrote is read by `darwin_socket`. Of other users' processes nothing is told. It was
//! compiled and never run here, since there was no Mac.

use std::io;

use libproc::libproc::bsd_info::BSDInfo;
use libproc::libproc::file_info::{ListFDs, PIDFDInfo, PIDFDInfoFlavor, ProcFDType, pidfdinfo};
use libproc::libproc::proc_pid::{listpidinfo, pidinfo};

use super::{Connection, darwin_socket};

/// Room for what a process opens while it is looked at.
const SPARE: usize = 16;

/// `struct socket_fdinfo` as words: it is aligned to eight bytes, and any value of each is one.
#[repr(C)]
struct Words([u64; darwin_socket::SIZE / 8]);

impl Default for Words {
    fn default() -> Self {
        Self([0; darwin_socket::SIZE / 8])
    }
}

impl PIDFDInfo for Words {
    fn flavor() -> PIDFDInfoFlavor {
        PIDFDInfoFlavor::SocketInfo
    }
}

// The places that `darwin_socket` reads at are those of the C structures, as `libproc` has them.
const _: () = {
    use darwin_socket::{FAR_ADDRESS, FAR_NAME, FAR_PORT, FAR_SOCKET, GENERATION, KIND, SIZE, SOCKET, STATE, VERSION};
    use libproc::libproc::net_info::{InSockInfo, SocketFDInfo, TcpSockInfo, UnSockInfo};
    use std::mem::{offset_of, size_of};
    let proto = offset_of!(SocketFDInfo, psi.soi_proto);
    assert!(size_of::<SocketFDInfo>() == SIZE && size_of::<Words>() == SIZE);
    assert!(offset_of!(SocketFDInfo, psi.soi_so) == SOCKET && offset_of!(SocketFDInfo, psi.soi_kind) == KIND);
    assert!(proto + offset_of!(InSockInfo, insi_fport) == FAR_PORT);
    assert!(proto + offset_of!(InSockInfo, insi_gencnt) == GENERATION);
    assert!(proto + offset_of!(InSockInfo, insi_vflag) == VERSION);
    assert!(proto + offset_of!(InSockInfo, insi_faddr) == FAR_ADDRESS);
    assert!(proto + offset_of!(TcpSockInfo, tcpsi_state) == STATE);
    assert!(proto + offset_of!(UnSockInfo, unsi_conn_so) == FAR_SOCKET);
    assert!(proto + offset_of!(UnSockInfo, unsi_caddr) == FAR_NAME);
};

/// What tells the process's sockets from every other, in order.
pub fn sockets(pid: u32) -> io::Result<Vec<u64>> {
    let mut found: Vec<u64> = infos(pid)?.iter().filter_map(|info| darwin_socket::identity(info)).collect();
    crate::order::sort(&mut found);
    found.dedup();
    Ok(found)
}

/// The connections to something with an address or a name among these sockets of a process.
pub fn connections(pid: u32, sockets: &[u64]) -> io::Result<Vec<Connection>> {
    let all = infos(pid)?;
    let all = all.iter().filter_map(|info| darwin_socket::connection(info));
    Ok(all.filter(|connection| sockets.contains(&connection.socket)).collect())
}

/// What the kernel says of each socket that the process has open.
fn infos(pid: u32) -> io::Result<Vec<Vec<u8>>> {
    let pid = i32::try_from(pid).map_err(|_| io::ErrorKind::InvalidInput)?;
    let open = pidinfo::<BSDInfo>(pid, 0).map_err(io::Error::other)?.pbi_nfiles;
    let most = usize::try_from(open).unwrap_or_default().saturating_add(SPARE);
    let files = listpidinfo::<ListFDs>(pid, most).map_err(io::Error::other)?;
    let sockets = files.iter().filter(|file| matches!(ProcFDType::from(file.proc_fdtype), ProcFDType::Socket));
    // One that is closed meanwhile is none.
    let info =
        |fd| pidfdinfo::<Words>(pid, fd).ok().map(|words| words.0.iter().flat_map(|word| word.to_ne_bytes()).collect());
    Ok(sockets.filter_map(|file| info(file.proc_fd)).collect())
}
