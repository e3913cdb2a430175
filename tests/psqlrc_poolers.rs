//! An open psql behind poolers and forwarders: what does not hold is never shown as held.

use std::net::{IpAddr, UdpSocket};

use crate::attest_poolers::{Server, pooler};
use crate::psqlrc::{CONFIG, psql, sandbox};
use crate::support::{Pty, Sandbox, clusters, tool};
use crate::tunnel::{Running, Ssh, free_port};

const REFUSED: &str = "in a read-only transaction";

/// A psql that reaches the pooler by a name of production's.
fn through<'s>(sandbox: &'s Sandbox, server: &Server) -> Pty<'s> {
    psql(sandbox, &[&format!("host=pool.prod.demo hostaddr=127.0.0.1 port={} user=app dbname=app", server.port)])
}

/// Root sees the pooler, which is a forwarder that is not understood: another question, and no staging.
fn root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Whether this pgBouncer takes start-up options, as it does from 1.26 on; none is refused, and the word says so.
fn takes_options() -> bool {
    let Some(program) = tool("pgbouncer") else { return false };
    let said = std::process::Command::new(program).arg("--version").output().unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let version = said.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let mut numbers = version.split('.').filter_map(|number| number.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(1), Some(26))
}

#[test]
fn a_pooler_that_refuses_start_up_options_is_said_so_and_connecting_on_still_works() {
    for mode in ["session", "transaction"] {
        let Some(pooler) = pooler(&format!("pool_mode={mode}")) else { return };
        let sandbox = sandbox();
        let mut pty = through(&sandbox, &pooler);
        if takes_options() {
            pty.wait_for("▲ PRODUCTION  began read-only app@").wait_for("=> ").send("\\q\n");
            assert_eq!(pty.finish().code, 0);
            continue;
        }
        pty.wait_for("▲ PRODUCTION  NOT read-only app@pool.prod.demo:").wait_for("=> ");
        pty.send("\\c app\n").wait_for("▲ PRODUCTION  writable? app@").wait_for("=> ");
        pty.send(":whereami\n").wait_for("NOT read-only").wait_for("▲ PRODUCTION  NOT read-only app@").wait_for("=> ");
        pty.send("\\q\n");
        assert_eq!(pty.finish().code, 0);
    }
}

#[test]
fn a_pooler_that_drops_start_up_options_in_silence_is_found_out_and_nobody_else_is_locked() {
    for mode in ["session", "transaction"] {
        let settings = format!("pool_mode={mode}\nignore_startup_parameters=options\ndefault_pool_size=1");
        let Some(pooler) = pooler(&settings) else { return };
        let sandbox = sandbox();
        let mut pty = through(&sandbox, &pooler);
        pty.wait_for("▲ PRODUCTION  NOT read-only app@pool.prod.demo:").wait_for("=> ");
        pty.send(":unlock\n")
            .wait_for("to go on:")
            .send(if root() { "production\n" } else { "pool\n" })
            .wait_for("this transaction may write");
        pty.wait_for("=*> ").send("ROLLBACK;\n").wait_for("ROLLBACK").wait_for("=> ").send("\\q\n");
        assert_eq!(pty.finish().code, 0);
        // The one server connection is another client's by now, and as it was.
        let uri = format!("postgresql://app@127.0.0.1:{}/app", pooler.port);
        let program = clusters().bin().join("psql");
        let sql = "SELECT current_setting('default_transaction_read_only'), current_setting('lock_timeout')";
        sandbox.tool(program.to_str().unwrap(), ["-XAt", &uri, "-c", sql]).stdout("off|0\n").status(0);
    }
}

#[test]
fn a_role_that_is_to_write_is_never_left_behind_in_a_pooler() {
    let Some(pooler) = pooler("pool_mode=transaction\nignore_startup_parameters=options\ndefault_pool_size=1") else {
        return;
    };
    let config = format!("{CONFIG}[environment.production.policy]\nunlock = {{ role = \"app\" }}\n");
    let sandbox = sandbox().config(&config);
    let mut pty = through(&sandbox, &pooler);
    pty.wait_for("▲ PRODUCTION  NOT read-only app@").wait_for("=> ").send(":unlock_session\n");
    pty.wait_for("the role that writes would stay behind in a pooler; nothing was opened").wait_for("=> ");
    pty.send(":unlock\n").wait_for("to go on:").send(if root() { "production\n" } else { "pool\n" });
    pty.wait_for("this transaction may write").wait_for("=*> ").send("ROLLBACK;\n").wait_for("=> ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}

#[test]
fn a_session_on_staging_behind_a_pooler_that_refuses_options_can_connect_on() {
    let Some(pooler) = pooler("") else { return };
    let sandbox = sandbox();
    let conninfo = format!("host=pool.staging.demo hostaddr=127.0.0.1 port={} user=app dbname=app", pooler.port);
    let mut pty = psql(&sandbox, &[&conninfo]);
    pty.wait_for(if root() { "▲ UNKNOWN  NOT read-only app@" } else { "■ STAGING  writable app@" }).wait_for("=> ");
    pty.send("\\c app\n").wait_for("You are now connected").wait_for("=> ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
}

/// An address of this machine that is not loopback: nothing is sent to find it.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|address| !address.is_loopback())
}

#[test]
fn behind_a_forwarder_the_far_end_is_shown() {
    let (Some(socat), Some(own)) = (tool("socat"), own_address()) else { return };
    let socat = socat.to_str().unwrap().to_owned();
    let production = clusters().production();
    // The far end is on this machine too, at an address that is not loopback, which is what the forwarder names.
    let far = Server::start(
        production.port,
        &format!(
            "{socat} TCP-LISTEN:$port,bind={own},fork,reuseaddr TCP:127.0.0.1:$upstream & far=$!; \
         serve {socat} TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr TCP:{own}:$port"
        ),
    );
    let config = format!("{CONFIG}\n[environment.far]\nlevel = \"production\"\nmatch = [{{ host = \"{own}\" }}]\n");
    let sandbox = sandbox().config(&config);
    let mut pty = psql(&sandbox, &["service=staging"]);
    pty.wait_for("■ STAGING  writable ").wait_for("=# ").send(format!("\\c - - 127.0.0.1 {}\n", far.port));
    pty.wait_for("read-only? postgres@127.0.0.1:").wait_for("=# ").send("CREATE TABLE x ();\n").wait_for(REFUSED);
    pty.wait_for("=# ")
        .send(":whereami\n")
        .wait_for("connection")
        .wait_for("read-only postgres@127.0.0.1:")
        .send("\\q\n");
    let screen = pty.finish().screen;
    // Another user's forwarder cannot be looked into; what cannot be is unknown, or local where the guard has it so.
    if root() {
        assert!(screen.contains("▲ FAR  read-only? ") && screen.contains("by socat"), "{screen}");
    }
}

#[test]
fn through_a_real_ssh_the_machine_behind_it_is_shown_and_nothing_is_local() {
    let Some((_keys, mut ssh)) = Ssh::new("inside") else { return };
    let (port, production) = (free_port(), clusters().production());
    let far = format!("{port}:127.0.0.1:{}", production.port);
    let _ssh = Running::listening(ssh.args(["-N", "-L", &far, "bastion.prod.demo"]), port);
    let sandbox = sandbox();
    let mut pty = psql(&sandbox, &["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "postgres", "app"]);
    pty.wait_for("▲ PRODUCTION  began read-only postgres@127.0.0.1:").wait_for("=# ").send("DROP TABLE customers;\n");
    pty.wait_for(REFUSED).wait_for("=# ").send(":whereami\n").wait_for("bastion.prod.demo").wait_for("=# ");
    pty.send("\\c service=staging\n").wait_for("■ STAGING?").wait_for("=# ");
    pty.send(format!("\\c - - 127.0.0.1 {port}\n")).wait_for("▲ PRODUCTION  read-only? postgres@127.0.0.1:");
    pty.wait_for("=# ").send("DROP TABLE customers;\n").wait_for(REFUSED).wait_for("=# ").send("\\q\n");
    assert_eq!(pty.finish().code, 0);
    assert!(production.has_table("app", "customers"));
}
