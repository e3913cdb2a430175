//! Real PostgreSQL clusters, made once for the whole test process.
//!
//! `clusters.sh` makes them and waits for the end of its input, the other end of which only this process holds. So they
//! end with the process, also when it is killed.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

/// A running server.
pub(crate) struct Cluster {
    /// Its `cluster_name`: `production`, `staging`.
    pub(crate) name: String,
    /// Its port, on 127.0.0.1 and as the suffix of its socket.
    pub(crate) port: u16,
    /// The directory of its socket.
    pub(crate) socket: PathBuf,
    /// Its system identifier.
    pub(crate) identifier: String,
}

/// Servers that end when this is dropped, or with the process.
pub(crate) struct Clusters {
    made: Vec<Cluster>,
    bin: PathBuf,
    supervisor: Child,
    input: Option<ChildStdin>,
}

/// The two clusters that all tests share, `production` and `staging`. They hold the same: see `clusters.sh`.
///
/// Tests run side by side: change only what you made (`Cluster::scratch`).
pub(crate) fn clusters() -> &'static Clusters {
    static SHARED: OnceLock<Clusters> = OnceLock::new();
    SHARED.get_or_init(|| Clusters::make(&["production", "staging"]))
}

impl Clusters {
    /// Clusters of one's own, to be stopped or broken.
    pub(crate) fn make(names: &[&str]) -> Self {
        Self::made_by(&[], names)
    }

    /// The same, by the server's programs in this directory.
    pub(crate) fn of(bin: &Path, names: &[&str]) -> Self {
        Self::made_by(&[OsStr::new("--bin"), bin.as_os_str()], names)
    }

    fn made_by(options: &[&OsStr], names: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/clusters.sh");
        let mut supervisor = Command::new("/bin/sh")
            .arg(script)
            .args(options)
            .args(names)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Its own process group: Ctrl-C at the tests reaches it as the end of its input, not as a signal.
            .process_group(0)
            .spawn()
            .expect("/bin/sh runs");
        let input = supervisor.stdin.take();
        let mut made = Vec::new();
        for line in BufReader::new(supervisor.stdout.take().expect("it is piped")).lines() {
            let line = line.expect("the script writes text");
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["cluster", name, port, socket, identifier] => made.push(Cluster {
                    name: name.to_owned(),
                    port: port.parse().expect("a port"),
                    socket: socket.into(),
                    identifier: identifier.to_owned(),
                }),
                ["ready", _, bin] => return Self { made, bin: bin.into(), supervisor, input },
                _ => panic!("clusters.sh says {line:?}"),
            }
        }
        panic!("clusters.sh ended early: {:?}; its reason stands above", supervisor.wait());
    }

    /// The one of this name.
    #[track_caller]
    pub(crate) fn get(&self, name: &str) -> &Cluster {
        self.made.iter().find(|cluster| cluster.name == name).expect("a cluster of this name")
    }

    /// The one called `production`.
    pub(crate) fn production(&self) -> &Cluster {
        self.get("production")
    }

    /// The one called `staging`.
    pub(crate) fn staging(&self) -> &Cluster {
        self.get("staging")
    }

    /// Where the servers' own binaries are: `psql` here is the real one, and not Debian's wrapper.
    pub(crate) fn bin(&self) -> &PathBuf {
        &self.bin
    }
}

impl Drop for Clusters {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.supervisor.wait();
    }
}

impl Cluster {
    /// What the superuser is told when he asks this, in psql's unaligned form without the last line break.
    #[track_caller]
    pub(crate) fn ask(&self, dbname: &str, sql: &str) -> String {
        let output = Command::new(clusters().bin().join("psql"))
            .args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", dbname, "-p", &self.port.to_string()])
            .arg("-h")
            .arg(&self.socket)
            .args(["-c", sql])
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .expect("psql runs");
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8").trim_end_matches('\n').to_owned()
    }

    /// A fresh copy of the database `app` under this name, for tests that write; the name should be the test's own.
    #[track_caller]
    pub(crate) fn scratch(&self, dbname: &str) {
        self.ask("postgres", &format!("DROP DATABASE IF EXISTS \"{dbname}\" WITH (FORCE)"));
        self.ask("postgres", &format!("CREATE DATABASE \"{dbname}\" TEMPLATE app_copy"));
    }

    /// Whether the table is there.
    #[track_caller]
    pub(crate) fn has_table(&self, dbname: &str, table: &str) -> bool {
        self.ask(dbname, &format!("SELECT to_regclass('{table}') IS NOT NULL")) == "t"
    }

    /// What the server has written to its log: every connection and statement.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.socket.join("log")).expect("the log is there")).into_owned()
    }
}
