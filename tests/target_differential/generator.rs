//! Command lines, vars and service files at random, from a seed.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::dice::Dice;
use super::kinds::{KINDS, Kind};
use super::listener::Callers;

/// One thing to try.
#[derive(Clone, Debug, Default)]
pub(super) struct Case {
    pub(super) tool: &'static str,
    pub(super) args: Vec<OsString>,
    pub(super) vars: Vec<(&'static str, OsString)>,
    /// `~/.pg_service.conf`, the file of `PGSERVICEFILE`, the system-wide file, `~/.postgresqlrc`.
    pub(super) files: Vec<(&'static str, String)>,
}

/// Makes cases for one worker.
pub(super) struct Generator<'a> {
    pub(super) dice: Dice,
    pub(super) callers: &'a Callers,
    pub(super) archive: String,
    /// A real server is on the default port: nothing may fall back on that.
    pub(super) shy: bool,
    /// The tools are started by Debian's wrapper.
    pub(super) wrapped: bool,
    /// Only pgcli, which takes long to start; else all the others.
    pub(super) pgcli: bool,
}

impl Generator<'_> {
    /// Another case, about this tool or about any.
    pub(super) fn case(&mut self) -> Case {
        let kinds: Vec<&Kind> = KINDS.iter().filter(|kind| (kind.tool == "pgcli") == self.pgcli).collect();
        let kind = kinds[if self.dice.chance(35) { 0 } else { self.dice.below(kinds.len()) }];
        let mut groups = self.options(kind);
        for operand in self.operands(kind) {
            let at = self.dice.below(groups.len() + 1);
            groups.insert(at, vec![operand]);
        }
        if self.dice.chance(6) {
            let at = self.dice.below(groups.len() + 1);
            groups.insert(at, vec!["--".into()]);
        }
        if self.dice.chance(3) {
            groups.push(vec![
                self.dice
                    .of(&["-", "--bogus", "-h", "--h", "--port", "-Z9", "--p", "--dbname", "--help", "-?", "--version"])
                    .into(),
            ]);
        }
        if self.wrapped && self.dice.chance(25) {
            let at = self.dice.below(groups.len() + 1);
            let cluster = self.cluster();
            let joined = vec![format!("--cluster={cluster}").into()];
            groups.insert(at, if self.dice.chance(50) { joined } else { vec!["--cluster".into(), cluster.into()] });
        }
        Case { tool: kind.tool, args: groups.concat(), vars: self.vars(), files: self.files() }
    }

    fn options(&mut self, kind: &Kind) -> Vec<Vec<OsString>> {
        let mut groups = Vec::new();
        let always = self.words(kind.always);
        if !always.is_empty() && !self.dice.chance(4) {
            groups.push(always);
        }
        for (letter, name, percent) in [(b'h', "host", 40), (b'p', "port", 40), (b'U', "username", 30)] {
            while self.dice.chance(percent) {
                let value = match name {
                    "host" => self.host(),
                    "port" => self.port(),
                    _ => self.user(),
                };
                groups.push(self.option(kind, Some(letter), name, value));
            }
        }
        if !kind.database.is_empty()
            && self.dice.chance(match kind.tool {
                "pg_restore" | "pg_recvlogical" => 85,
                _ => 25,
            })
        {
            let value = self.database();
            let letter = (kind.database == "dbname").then_some(b'd');
            groups.push(self.option(kind, letter, kind.database, value));
        }
        while !kind.noise.is_empty() && self.dice.chance(35) {
            let all: Vec<&str> = kind.noise.split('|').collect();
            let one = self.dice.of(&all);
            groups.push(self.words(one));
        }
        groups
    }

    fn words(&mut self, words: &str) -> Vec<OsString> {
        words.split_whitespace().map(|word| self.word(word)).collect()
    }

    fn word(&mut self, word: &str) -> OsString {
        match word.split_once('@') {
            Some((before, "conninfo")) => [before.into(), self.connection_string()].concat_os(),
            Some((_, "archive")) => self.archive.clone().into(),
            Some((_, "new")) => format!("{}/new", self.callers.directories[0]).into(),
            Some((_, "here")) => self.callers.directories[0].clone().into(),
            _ => word.replace('_', " ").into(),
        }
    }

    fn operands(&mut self, kind: &Kind) -> Vec<OsString> {
        let least = usize::from(matches!(kind.tool, "dropdb" | "dropuser") && !self.dice.chance(3));
        let most = if self.dice.chance(4) { kind.operands + 1 } else { kind.operands };
        let count = least.max(self.dice.below(most + 1));
        (0..count).map(|at| if at == 0 { self.database() } else { self.user() }).collect()
    }

    /// One spelling of an option.
    fn option(&mut self, kind: &Kind, letter: Option<u8>, name: &str, value: OsString) -> Vec<OsString> {
        let short = letter.filter(|_| self.dice.chance(60));
        let mut spelled = if let Some(letter) = short {
            self.bundle(kind, letter)
        } else {
            let length = if !self.pgcli && self.dice.chance(30) { 1 + self.dice.below(name.len()) } else { name.len() };
            [b"--", &name.as_bytes()[..length]].concat()
        };
        if self.dice.chance(50) || short.is_some() && value.is_empty() {
            return vec![OsString::from_vec(spelled), value];
        }
        if short.is_none() {
            spelled.push(b'=');
        }
        spelled.extend(value.into_vec());
        vec![OsString::from_vec(spelled)]
    }

    fn bundle(&mut self, kind: &Kind, letter: u8) -> Vec<u8> {
        let mut bundle = vec![b'-'];
        while self.dice.chance(25) {
            bundle.push(kind.flags[self.dice.below(kind.flags.len())]);
        }
        bundle.push(letter);
        bundle
    }

    fn vars(&mut self) -> Vec<(&'static str, OsString)> {
        let mut vars: Vec<(&'static str, OsString)> = Vec::new();
        let [one, other] = self.callers.ports;
        // Never the default port of the default directory: a real server may be there.
        let odd = self.ports();
        let port = if self.shy || odd.is_empty() || self.dice.chance(80) {
            [one, other][self.dice.below(2)].to_string()
        } else {
            odd
        };
        if self.shy || !self.wrapped || self.dice.chance(30) {
            vars.push(("PGPORT", port.into()));
        }
        if self.wrapped {
            vars.push(("PG_CLUSTER_CONF_ROOT", "@clusters".into()));
        }
        let host_percent = match (self.shy, self.wrapped) {
            (true, false) => 100,
            (_, true) => 20,
            (false, false) => 85,
        };
        let cluster_percent = if self.wrapped { 20 } else { 0 };
        let cluster = self.cluster();
        let host = self.host();
        let maybe: [(&str, usize, OsString); 10] = [
            ("PGHOST", host_percent, host),
            ("PGCLUSTER", cluster_percent, cluster.into()),
            ("PGHOSTADDR", 8, self.addresses().into()),
            ("PGUSER", 35, self.user()),
            ("PGDATABASE", 30, self.database()),
            (
                "PGSERVICE",
                if self.pgcli { 1 } else { 14 },
                self.dice.of(&["one", "two", "one", "two", "nowhere", ""]).into(),
            ),
            ("PGSERVICEFILE", 10, "@service".into()),
            ("PGSYSCONFDIR", 10, "@sysconf".into()),
            ("POSIXLY_CORRECT", 4, OsString::new()),
            ("PGOPTIONS", 5, "-c work_mem=1MB".into()),
        ];
        for (name, percent, value) in maybe {
            if self.dice.chance(percent) {
                vars.push((name, value));
            }
        }
        vars
    }

    /// `version/cluster` for the wrapper.
    fn cluster(&mut self) -> String {
        let (host, port) = (self.single_host(), self.callers.ports[self.dice.below(2)]);
        match self.dice.below(10) {
            0..3 => "15/main".to_owned(),
            3..5 => "15/other".to_owned(),
            5 => self.dice.of(&["15/nowhere", "15", "3/main", "", "15/", "x/y/z"]).to_owned(),
            _ => format!("15/{host}:{port}"),
        }
    }

    fn files(&mut self) -> Vec<(&'static str, String)> {
        let mut files = Vec::new();
        for name in ["home/.pg_service.conf", "service.conf", "sysconf/pg_service.conf"] {
            if self.dice.chance(60) {
                files.push((name, self.service_file()));
            }
        }
        if self.wrapped {
            self.cluster_files(&mut files);
        }
        files
    }

    fn cluster_files(&mut self, files: &mut Vec<(&'static str, String)>) {
        for (at, name) in
            ["clusters/15/main/postgresql.conf", "clusters/15/other/postgresql.conf"].into_iter().enumerate()
        {
            if at == 0 || self.dice.chance(50) {
                let (directory, port) = (&self.callers.directories[at], self.callers.ports[self.dice.below(2)]);
                files.push((name, format!("port = {port} # a port\nunix_socket_directories='{directory}, /x'\ndata_directory = '/nowhere'\ninclude_dir 'conf.d'\n")));
            }
        }
        if self.dice.chance(10) {
            files.push(("clusters/15/main/conf.d/a.conf", format!("Port={}\n", self.callers.ports[1])));
        }
        for (name, before) in [("home/.postgresqlrc", ""), ("sysconf/user_clusters", "* * ")] {
            while self.dice.chance(25) {
                let cluster = self.cluster().replace('/', " ");
                let database = self.dice.of(&["app", "*", "", "orders # x", "0"]);
                files.push((name, format!("# a map\n\n{before}{cluster} {database}\n")));
            }
        }
    }
}

/// Joins two texts of the operating system.
trait ConcatOs {
    fn concat_os(self) -> OsString;
}

impl ConcatOs for [OsString; 2] {
    fn concat_os(self) -> OsString {
        self.into_iter().fold(OsString::new(), |mut all, next| {
            all.push(next);
            all
        })
    }
}
