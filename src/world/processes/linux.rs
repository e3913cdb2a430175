//! Processes as `/proc` shows them.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

use super::Command;

/// The longest command line read: Linux allows more, no forwarder needs it.
const LONGEST: u64 = 256 * 1024;

/// How long processes of no likely name are looked through: a machine may have thousands, and one that is not found
/// is unknown, which is the safe answer.
const PATIENCE: Duration = Duration::from_millis(250);

/// The process that holds the socket of this inode, which this user opened, as far as it may be read.
///
/// Reading the open files of every process is what costs here. So those come first that held a socket before, then the
/// user's own processes whose short name is `likely`, and of these the ones that no such process started: a server's
/// or forwarder's children do not take its connections. Other users' processes matter to root alone, for a program
/// that gave up its rights after it opened the socket.
pub(in crate::world) fn holder(inode: u64, uid: Option<u32>, likely: impl Fn(&OsStr) -> bool) -> Option<u32> {
    let wanted = format!("socket:[{inode}]");
    let found = super::seen().into_iter().find(|pid| holds(*pid, &wanted));
    let found = found.or_else(|| search(&wanted, uid, likely));
    found.inspect(|pid| super::see(*pid))
}

fn search(wanted: &str, uid: Option<u32>, likely: impl Fn(&OsStr) -> bool) -> Option<u32> {
    let (mut named, mut own, mut foreign) = (Vec::new(), Vec::new(), Vec::new());
    for pid in all() {
        if uid.is_some_and(|uid| owner(pid) != Some(uid)) {
            foreign.push(pid);
        } else if let Some(parent) = stat(pid).filter(|stat| likely(stat.name())).and_then(|stat| stat.parent()) {
            named.push((pid, parent));
        } else {
            own.push(pid);
        }
    }
    let (roots, children): (Vec<_>, Vec<_>) =
        named.iter().partition(|(_, parent)| named.iter().all(|(pid, _)| pid != parent));
    let named = roots.into_iter().chain(children).map(|(pid, _)| pid).find(|pid| holds(*pid, wanted));
    // The youngest first: a forwarder is younger than the session it was started from.
    let end = Instant::now() + PATIENCE;
    let mut rest = own.into_iter().rev().chain(foreign.into_iter().rev()).take_while(|_| Instant::now() < end);
    named.or_else(|| rest.find(|pid| holds(*pid, wanted)))
}

/// The command of a process. Empty when it is gone.
pub fn command(pid: u32) -> Command {
    let args = read(&format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let args = args.strip_suffix(b"\0").unwrap_or(&args);
    let args = args.split(|byte| *byte == 0).map(|arg| OsString::from_vec(arg.to_vec())).collect();
    Command { exe: fs::read_link(format!("/proc/{pid}/exe")).ok(), args }
}

/// When the process was started, in clock ticks since boot: together with the pid it names a process for good.
pub fn start_time(pid: u32) -> Option<u64> {
    stat(pid)?.field(20)?.parse().ok()
}

/// The process that started it, or that took it over.
pub fn parent_of(pid: u32) -> Option<u32> {
    stat(pid)?.parent()
}

/// What `/proc/PID/stat` says, as `proc_pid_stat(5)` has it.
struct Stat(Vec<u8>);

fn stat(pid: u32) -> Option<Stat> {
    read(&format!("/proc/{pid}/stat")).map(Stat)
}

impl Stat {
    /// The short name, which stands in parentheses and may hold blanks and parentheses: the last closing one ends it.
    fn name(&self) -> &OsStr {
        let start = self.0.iter().position(|byte| *byte == b'(').map_or(0, |at| at + 1);
        let end = self.0.iter().rposition(|byte| *byte == b')').unwrap_or_default();
        OsStr::from_bytes(self.0.get(start..end).unwrap_or_default())
    }

    /// A word behind the name.
    fn field(&self, number: usize) -> Option<&str> {
        let after = self.0.iter().rposition(|byte| *byte == b')')?;
        std::str::from_utf8(self.0.get(after..)?).ok()?.split_ascii_whitespace().nth(number)
    }

    /// The process that started it.
    fn parent(&self) -> Option<u32> {
        self.field(2)?.parse().ok()
    }
}

/// The name of this start of the machine, from which start times count.
pub fn boot() -> Option<String> {
    let id = read("/proc/sys/kernel/random/boot_id")?;
    Some(String::from_utf8_lossy(&id).trim().to_owned())
}

fn all() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn owner(pid: u32) -> Option<u32> {
    Some(fs::metadata(format!("/proc/{pid}")).ok()?.uid())
}

fn holds(pid: u32, wanted: &str) -> bool {
    let Ok(open) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    let link = |entry: fs::DirEntry| fs::read_link(entry.path()).ok();
    open.flatten().filter_map(link).any(|link| link.as_os_str().as_bytes() == wanted.as_bytes())
}

fn read(path: &str) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(512);
    fs::File::open(path).ok()?.take(LONGEST).read_to_end(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_holds_its_own_socket_and_knows_its_command() {
        use std::os::fd::AsRawFd as _;
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let link = fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).unwrap();
        let inode = link.to_str().unwrap().trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        let me = std::process::id();
        let mine = Some(nix::unistd::geteuid().as_raw());
        for uid in [None, mine, Some(u32::MAX)] {
            assert_eq!(holder(inode, uid, |_| false), Some(me));
            assert_eq!(holder(inode, uid, |_| true), Some(me));
        }
        assert_eq!(holder(u64::MAX, mine, |_| true), None);
        let command = command(me);
        assert_eq!(command.exe, std::env::current_exe().ok());
        assert_eq!(command.args, std::env::args_os().collect::<Vec<_>>());
    }

    #[test]
    fn a_name_with_blanks_and_parentheses_ends_at_the_last_one() {
        let stat = Stat(b"7 (a) (b ) S 5 7 7 0".to_vec());
        assert_eq!((stat.name(), stat.parent()), (OsStr::new("a) (b "), Some(5)));
        assert_eq!((Stat(Vec::new()).name(), Stat(b"7".to_vec()).parent()), (OsStr::new(""), None));
    }

    #[test]
    fn a_process_that_is_gone_is_absent() {
        assert_eq!(command(u32::MAX).exe, None);
        super::super::look_first(&[u32::MAX]);
        assert_eq!(holder(u64::MAX, None, |_| true), None);
        assert_eq!((start_time(u32::MAX), parent_of(u32::MAX)), (None, None));
        assert_eq!(parent_of(std::process::id()), Some(crate::world::processes::parent()));
        assert!(start_time(std::process::id()).is_some_and(|ticks| ticks > 0));
    }
}
