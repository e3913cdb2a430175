//! Processes as `ps` tells them, for systems without `/proc`: macOS. Arguments come joined by blanks, so one that
//! holds a blank is taken apart. What each prompt asks for macOS's `libproc` tells, since `ps` takes longer than the
//! prompt may. Compiled there only, and never run here.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command as Program, Stdio};
use std::time::{Duration, Instant};

use super::Command;

/// How long a system tool may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// The command of a process. Empty when it is gone.
pub fn command(pid: u32) -> Command {
    let exe = field(pid, "comm=").map(PathBuf::from);
    let args = field(pid, "args=").unwrap_or_default();
    Command { exe, args: args.split_ascii_whitespace().map(OsString::from).collect() }
}

/// When the process was started, in microseconds: together with the pid it names a process for good.
#[cfg(target_os = "macos")]
pub fn start_time(pid: u32) -> Option<u64> {
    let info = info(pid)?;
    info.pbi_start_tvsec.checked_mul(1_000_000)?.checked_add(info.pbi_start_tvusec)
}

/// The process that started it, or that took it over.
#[cfg(target_os = "macos")]
pub fn parent_of(pid: u32) -> Option<u32> {
    // Of another user's process, as `login` is, only `ps` may tell.
    info(pid).map(|info| info.pbi_ppid).or_else(|| field(pid, "ppid=")?.parse().ok())
}

#[cfg(target_os = "macos")]
fn info(pid: u32) -> Option<libproc::libproc::bsd_info::BSDInfo> {
    libproc::libproc::proc_pid::pidinfo(i32::try_from(pid).ok()?, 0).ok()
}

#[cfg(not(target_os = "macos"))]
/// When the process was started, as a number that differs between processes that had the same pid.
pub fn start_time(pid: u32) -> Option<u64> {
    let text = field(pid, "lstart=").filter(|text| !text.is_empty())?;
    // FNV-1a: the text itself has no form that is the same everywhere.
    Some(text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
}

#[cfg(not(target_os = "macos"))]
/// The process that started it, or that took it over.
pub fn parent_of(pid: u32) -> Option<u32> {
    field(pid, "ppid=")?.parse().ok()
}

/// Start times are full dates here: they count from nothing.
pub fn boot() -> Option<String> {
    None
}

fn field(pid: u32, name: &str) -> Option<String> {
    let args = ["-ww", "-o", name, "-p", &pid.to_string()].map(OsString::from);
    let told = ask(OsStr::new("/bin/ps"), &args).ok()?;
    Some(String::from_utf8_lossy(&told).trim().to_owned())
}

/// The standard output of a system tool, which is ended when it takes too long.
pub(in crate::world) fn ask(program: &OsStr, args: &[OsString]) -> io::Result<Vec<u8>> {
    let mut child = Program::new(program)
        .args(args)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut out = child.stdout.take();
    let reader = std::thread::spawn(move || {
        let mut told = Vec::new();
        out.as_mut().map_or(Ok(0), |out| out.read_to_end(&mut told)).map(|_| told)
    });
    wait(&mut child)?;
    reader.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
}

fn wait(child: &mut Child) -> io::Result<()> {
    let end = Instant::now() + PATIENCE;
    while child.try_wait()?.is_none() {
        if Instant::now() > end {
            child.kill()?;
            child.wait()?;
            return Err(io::ErrorKind::TimedOut.into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
