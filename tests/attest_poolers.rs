//! What is asked through poolers and of standbys: whether a protection holds is told as it is.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use dbguard::effects::attest::Attested;

use crate::attest::{ask, shown, silence, told, world};
use crate::support::{clusters, tool};

/// A server of the test's own, which ends with its standard input: so with the test, also when that is killed.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

impl Server {
    /// Runs `start` in a directory of its own as a user who is not root, with `$port`, `$bin` and `$upstream`; it
    /// says `serve COMMAND…` at its end, and leaves the process of another one in `$far`.
    #[track_caller]
    pub(crate) fn start(upstream: u16, start: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let script = format!(
            "set -eu; dir=$(mktemp -d /tmp/dbguard-attest.XXXXXX); owner=postgres; \
             id postgres >/dev/null 2>&1 || owner=nobody; \
             own() {{ if [ $(id -u) -eq 0 ]; then \
                 $replace setpriv --reuid $owner --regid $(id -g $owner) --clear-groups \"$@\"; \
                 else $replace \"$@\"; fi; }}; replace=; \
             serve() {{ (replace=exec; own \"$@\") >log 2>&1 </dev/null & pid=$!; }}; pid=; \
             trap 'exec 2>/dev/null; kill $pid ${{far-}} || :; wait $pid || :; cd /; rm -rf \"$dir\"' EXIT; \
             [ $(id -u) -ne 0 ] || chown $owner \"$dir\"; cd \"$dir\"\n{start}\ncat >/dev/null"
        );
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).stdin(Stdio::piped()).stdout(Stdio::null());
        command.env("port", port.to_string()).env("upstream", upstream.to_string()).env("bin", clusters().bin());
        let server = Self { child: command.spawn().unwrap(), port };
        let ready = (0..300).any(|_| {
            thread::sleep(Duration::from_millis(100));
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        assert!(ready, "it does not listen on {port}");
        server
    }

    fn uri(&self, user: &str, dbname: &str) -> String {
        format!("postgresql://{user}@127.0.0.1:{}/{dbname}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A pgBouncer in front of the staging server.
pub(crate) fn pooler(settings: &str) -> Option<Server> {
    let pgbouncer = tool("pgbouncer")?.to_str().unwrap().to_owned();
    let start = format!(
        "echo '\"app\" \"\"' >users; {{ echo '[databases]'; echo \"* = host=127.0.0.1 port=$upstream\"; echo '[pgbouncer]'; \
         echo listen_addr=127.0.0.1; echo listen_port=$port; echo unix_socket_dir=; echo auth_type=trust; \
         echo auth_file=users; echo pool_mode=transaction; echo admin_users=app; echo '{settings}'; }} >ini; \
         chmod 644 ini users; serve {pgbouncer} ini"
    );
    Some(Server::start(clusters().staging().port, &start))
}

#[test]
fn a_pooler_that_refuses_start_up_options_is_asked_without_and_the_session_is_not_read_only() {
    // pgBouncer refuses them up to 1.25; from 1.26 on it takes them.
    let Some(pooler) = pooler("") else { return };
    let told = told(ask(&[pooler.uri("app", "app")], &world([]), true));
    assert_eq!(told.system_identifier.as_deref(), Some(clusters().staging().identifier.as_str()));
    if told.options_refused {
        assert_eq!(told.read_only, Some(false));
        assert_eq!(shown(&told)[4], "session: !! NOT read-only (the pooler refuses start-up options)");
    } else {
        assert_eq!(told.read_only, Some(true));
    }
}

#[test]
fn a_pooler_that_drops_start_up_options_in_silence_is_found_out() {
    let Some(pooler) = pooler("ignore_startup_parameters=options") else { return };
    let told = told(ask(&[pooler.uri("app", "app")], &world([]), true));
    assert_eq!((told.read_only, told.options_refused), (Some(false), false));
    assert_eq!(shown(&told)[4], "session: !! NOT read-only (the option was dropped on the way)");
}

#[test]
fn what_is_asked_changes_nothing_for_the_next_client_of_a_pooler() {
    let Some(pooler) = pooler("ignore_startup_parameters=options\ndefault_pool_size=1") else { return };
    let args = [pooler.uri("app", "app")];
    let _ = told(ask(&args, &world([]), true));
    let output = Command::new(clusters().bin().join("psql"))
        .args(["-XAtq", "-c", "SELECT current_setting('statement_timeout'), current_setting('transaction_read_only')"])
        .args(&args)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0|off\n");
}

#[test]
fn the_console_of_a_pooler_is_not_a_server() {
    let Some(pooler) = pooler("") else { return };
    let because = silence(ask(&[pooler.uri("app", "pgbouncer")], &world([]), false));
    assert!(because.contains("ERROR") || because.contains("FATAL"), "{because}");
}

#[test]
fn a_standby_says_so_and_takes_no_writes() {
    let primary = clusters().production();
    let start = "own \"$bin/pg_basebackup\" -h 127.0.0.1 -p $upstream -U postgres -D data -R -X stream -c fast; \
                 serve \"$bin/postgres\" -D data -p $port -k \"$dir\"";
    let standby = Server::start(primary.port, start);
    let mut attested = ask(&[standby.uri("postgres", "app")], &world([]), true);
    for _ in 0..100 {
        // It listens a little before it lets anybody in.
        if matches!(attested, Attested::Told(_)) {
            break;
        }
        thread::sleep(Duration::from_millis(100));
        attested = ask(&[standby.uri("postgres", "app")], &world([]), true);
    }
    let told = told(attested);
    assert_eq!((told.standby, told.can_write, told.lsn.as_ref()), (Some(true), Some(false), None));
    assert_eq!(told.system_identifier.as_deref(), Some(primary.identifier.as_str()), "it is the same cluster");
    assert!(shown(&told)[3].starts_with("cluster: standby (`production`, system "));
}
