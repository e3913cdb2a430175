//! What stands behind a loopback port, against real forwarders: ssh, socat, a script, and a real server.
//!
//! Forwarders listen on ports that were free a moment ago; no far end is ever connected to.

use std::ffi::OsString;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dbguard::target::{Field, Host, Origin, Via, forwarder};
use dbguard::world::Snapshot;

use crate::support::{clusters, tool};

/// A process that ends with the test.
pub(crate) struct Running(Child);

impl Running {
    #[track_caller]
    fn start(command: &mut Command) -> Self {
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(quiet.spawn().expect("the forwarder starts"))
    }

    /// A forwarder that takes connections at the port.
    #[track_caller]
    pub(crate) fn listening(command: &mut Command, port: u16) -> Self {
        let running = Self::start(command);
        until(|| TcpStream::connect(("127.0.0.1", port)).is_ok());
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[track_caller]
fn until(condition: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < end, "the forwarder never listened");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A directory that ends with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("dbguard-tunnel-{}-{name}", std::process::id()));
        std::fs::create_dir(&path).expect("a new directory");
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port()
}

fn host(name: impl Into<OsString>, port: u16) -> Host {
    let origin = || Origin::Default;
    Host { host: Some(Field::new(name.into(), origin())), hostaddr: None, port: Field::new(port, origin()) }
}

fn via(name: impl Into<OsString>, port: u16) -> Option<Via> {
    forwarder(&host(name, port), &Snapshot::read().expect("the outside"))
}

/// `PROGRAM NAMES :PORT`, `PROGRAM unknown`, `local`.
fn shown(via: Option<&Via>) -> String {
    let Some(via) = via else { return "local".to_owned() };
    let Some(to) = &via.to else { return format!("{} unknown", via.program) };
    format!("{} {} :{}", via.program, to.names.join(" "), to.port.unwrap_or(0))
}

#[track_caller]
fn assert_behind(name: impl Into<OsString>, port: u16, expected: &str) {
    assert_eq!(shown(via(name, port).as_ref()), expected);
}

fn socat(arguments: &[String]) -> Option<Command> {
    let mut command = Command::new(tool("socat")?);
    command.args(arguments);
    Some(command)
}

/// A real ssh connection whose far side is an `sshd` on a pipe: no port, no daemon, and any host name will do.
pub(crate) struct Ssh(Directory);

impl Ssh {
    pub(crate) fn new(name: &str) -> Option<(Self, Command)> {
        let (ssh, sshd, keygen) = (tool("ssh")?, tool("sshd")?, tool("ssh-keygen")?);
        let directory = Directory::new(name);
        for key in ["host", "user"] {
            let made = Command::new(&keygen)
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(directory.0.join(key))
                .status()
                .expect("ssh-keygen runs");
            assert!(made.success());
        }
        // As root sshd insists on its own empty directory, which the system's start-up makes.
        if nix::unistd::geteuid().is_root() {
            std::fs::create_dir_all("/run/sshd").expect("sshd's directory");
        }
        let path = |name: &str| directory.0.join(name).display().to_string();
        let server = format!(
            "{} -i -f /dev/null -o HostKey={} -o AuthorizedKeysFile={} -o StrictModes=no -o UsePAM=no -o PidFile=none",
            sshd.display(),
            path("host"),
            path("user.pub")
        );
        let mut command = Command::new(ssh);
        let settings =
            [format!("ProxyCommand={server}"), format!("IdentityFile={}", path("user")), "BatchMode=yes".to_owned()];
        command.args(["-F", "/dev/null"]);
        for setting in settings.iter().map(String::as_str).chain(CARELESS) {
            command.args(["-o", setting]);
        }
        Some((Self(directory), command))
    }
}

/// Keeps ssh from asking about the host's key, and from remembering it.
const CARELESS: [&str; 2] = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"];

#[test]
fn a_real_ssh_forward_is_named_by_both_machines() {
    let Some((_keys, mut ssh)) = Ssh::new("both") else { return };
    let port = free_port();
    let far = format!("{port}:db1.prod.example.com:5432");
    let _ssh = Running::listening(ssh.args(["-N", "-L", &far, "bastion.prod.example.com"]), port);
    for name in ["localhost", "127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        assert_behind(name, port, "ssh db1.prod.example.com bastion.prod.example.com :5432");
    }
    // `ssh -L` without an address binds loopback of both families, and only those.
    assert_behind("127.0.0.2", port, "local");
    assert_behind("localhost", free_port(), "local");
}

#[test]
fn a_real_ssh_forward_to_the_far_machine_itself_is_named_by_that_machine() {
    let Some((keys, mut ssh)) = Ssh::new("itself") else { return };
    let path = keys.0.0.join(".s.PGSQL.5432");
    let port = free_port();
    let command = ssh.args(["-N", "-L", &format!("{port}:localhost:5432"), "-L"]);
    let far = format!("{}:/var/run/postgresql/.s.PGSQL.5433", path.display());
    let _ssh = Running::listening(command.args([&far, "db1.prod.example.com"]), port);
    assert_behind("localhost", port, "ssh db1.prod.example.com :5432");
    until(|| path.exists());
    assert_behind(&keys.0.0, 5432, "ssh db1.prod.example.com :5433");
}

#[test]
fn a_real_ssh_forward_that_the_configuration_asks_for_is_unknown() {
    let Some((keys, mut ssh)) = Ssh::new("config") else { return };
    let port = free_port();
    let config = keys.0.0.join("config");
    std::fs::write(&config, format!("Host db\n LocalForward {port} db1.prod.example.com:5432\n")).unwrap();
    let _ssh = Running::listening(ssh.args(["-N", "-F"]).arg(&config).arg("db"), port);
    assert_behind("localhost", port, "ssh unknown");
}

#[test]
fn a_real_shared_ssh_connection_is_unknown() {
    let Some((keys, mut ssh)) = Ssh::new("mux") else { return };
    let port = free_port();
    let control = format!("ControlPath={}", keys.0.0.join("mux").display());
    let far = format!("{port}:db1.prod.example.com:5432");
    ssh.args(["-o", "ControlMaster=yes", "-o", "ControlPersist=20", "-o", &control]);
    // The connection outlives the command, in a process that shows its control socket in place of its arguments.
    let status = ssh.args(["-L", &far, "bastion", "true"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("ssh runs").success());
    let found = via("localhost", port).expect("a forwarder");
    let pid = nix::unistd::Pid::from_raw(found.pid.cast_signed());
    assert_eq!(nix::sys::signal::kill(pid, nix::sys::signal::SIGKILL), Ok(()));
    assert_eq!(shown(Some(&found)), "ssh unknown");
}

#[test]
fn socat_is_named_by_what_it_forwards_to() {
    let port = free_port();
    let listen = format!("TCP-LISTEN:{port},bind=127.0.0.1,fork");
    let Some(mut socat) = socat(&[listen, "TCP:db1.prod.example.com:5432".to_owned()]) else { return };
    let _socat = Running::listening(&mut socat, port);
    assert_behind("127.0.0.1", port, "socat db1.prod.example.com :5432");
    // Both families of the name count, also when only one of them listens.
    assert_behind("localhost", port, "socat db1.prod.example.com :5432");
    assert_behind("::1", port, "local");
    let snapshot = Snapshot::read().unwrap();
    let mut address = host("db1.staging.example.com", port);
    address.hostaddr = Some(Field::new("127.0.0.1".into(), Origin::Default));
    assert_eq!(shown(forwarder(&address, &snapshot).as_ref()), "socat db1.prod.example.com :5432");
}

#[test]
fn a_chain_of_forwarders_is_followed_to_its_end() {
    let directory = Directory::new("chain");
    let path = directory.0.join(".s.PGSQL.5432");
    let port = free_port();
    let listen = format!("TCP-LISTEN:{port},bind=127.0.0.1,fork");
    let Some(mut first) = socat(&[listen, "TCP:db1.prod.example.com:5432".to_owned()]) else { return };
    let socket = format!("UNIX-LISTEN:{},fork", path.display());
    let Some(mut second) = socat(&[socket, format!("TCP:localhost:{port}")]) else { return };
    let _first = Running::listening(&mut first, port);
    let _second = Running::start(&mut second);
    until(|| UnixStream::connect(&path).is_ok());
    assert_behind(&directory.0, 5432, "socat db1.prod.example.com :5432");
    std::os::unix::fs::symlink(&directory.0, directory.0.join("link")).unwrap();
    assert_behind(directory.0.join("link"), 5432, "socat db1.prod.example.com :5432");
}

#[test]
fn a_forwarder_to_itself_is_unknown_and_does_not_hang() {
    let port = free_port();
    let listen = format!("TCP-LISTEN:{port},bind=127.0.0.1");
    let Some(mut socat) = socat(&[listen, format!("TCP:127.0.0.1:{port}")]) else { return };
    let _socat = Running::start(&mut socat);
    until(|| via("127.0.0.1", port).is_some());
    assert_behind("127.0.0.1", port, "socat unknown");
}

#[test]
fn a_real_server_is_local_also_behind_a_forwarder() {
    let staging = clusters().staging();
    for name in ["localhost", "127.0.0.1"] {
        assert_behind(name, staging.port, "local");
    }
    assert_behind(&staging.socket, staging.port, "local");
    let port = free_port();
    let listen = format!("TCP-LISTEN:{port},bind=127.0.0.1,fork");
    let Some(mut socat) = socat(&[listen, format!("TCP:127.0.0.1:{}", staging.port)]) else { return };
    let _socat = Running::listening(&mut socat, port);
    assert_behind("localhost", port, "local");
}

#[test]
fn a_script_that_listens_is_unknown_to_its_user_and_not_looked_into_by_others() {
    let Some(python) = tool("python3") else { return };
    let directory = Directory::new("script");
    let script = directory.0.join("tunnel.py");
    let lines =
        "import socket, sys, time\ns = socket.socket()\ns.bind(('', int(sys.argv[1])))\ns.listen()\ntime.sleep(60)\n";
    std::fs::write(&script, lines).unwrap();
    let port = free_port();
    let _script = Running::listening(Command::new(python).arg(&script).arg(port.to_string()), port);
    assert_behind("127.0.0.1", port, "tunnel unknown");
    let mut somebody = Snapshot::read().unwrap();
    somebody.user.uid = 4_000_000_000;
    assert_eq!(forwarder(&host("127.0.0.1", port), &somebody), None);
}

#[test]
fn two_forwarders_that_share_a_port_and_differ_are_unknown() {
    let port = free_port();
    let listen = format!("TCP-LISTEN:{port},bind=127.0.0.1,reuseport,fork");
    let Some(mut dev) = socat(&[listen.clone(), "TCP:db1.dev.example.com:5432".to_owned()]) else { return };
    let Some(mut prod) = socat(&[listen, "TCP:db1.prod.example.com:5432".to_owned()]) else { return };
    let _dev = Running::listening(&mut dev, port);
    assert_behind("127.0.0.1", port, "socat db1.dev.example.com :5432");
    let _prod = Running::start(&mut prod);
    until(|| shown(via("127.0.0.1", port).as_ref()) == "socat unknown");
}

#[test]
fn other_hosts_and_absent_sockets_have_no_forwarder() {
    assert_behind("db1.prod.example.com", 5432, "local");
    assert_behind(Path::new("/nonexistent"), 5432, "local");
    assert_behind("@dbguard-test-nobody", 5432, "local");
}
