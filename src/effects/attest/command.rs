//! The psql command that asks: the user's own settings, and nothing of psql's habits.
//!
//! Explicit parameters go into one conninfo string, all else (vars, service, passfile) the child finds for itself as
//! the tool would. Passwords go by var to this child alone and never into its argv, which others can read.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::process::Command;

use super::sql::{SIZE, STATEMENTS};
use crate::effects::impact::{self, Table};
use crate::target::Target;
use crate::text::Secret;
use crate::world::{Snapshot, tools};

/// What is asked of whom.
pub(super) struct Question<'a> {
    pub(super) target: &'a Target,
    pub(super) snapshot: &'a Snapshot,
    pub(super) password: Option<&'a Secret>,
    pub(super) tables: &'a [Table],
}

/// The start-up options of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Options {
    /// The user's own, and read-only: what the guarded tool will get.
    ReadOnly,
    /// The user's own.
    AsTheyAre,
}

/// The option that makes a session read-only (`facts`: it outlives `\c` and reconnects, and beats `ALTER ROLE`).
const READ_ONLY: &str = "-c default_transaction_read_only=on";

/// Keywords that do not go into the argv: secrets, and what makes the connection another kind of connection.
const LEFT_OUT: [&str; 4] = ["password", "sslpassword", "replication", "client_encoding"];

impl Question<'_> {
    pub(super) fn command(&self, psql: &Path, options: Options) -> Command {
        let mut command = Command::new(psql);
        // -X no psqlrc, -w never ask for a password, -A -t rows only, -q no tags.
        command.args(["-X", "-w", "-A", "-t", "-q", "-v", "VERBOSITY=terse", "-d"]).arg(self.conninfo());
        let about = impact::statements(self.tables);
        let all = STATEMENTS.into_iter().chain(about.iter().map(String::as_str)).chain([SIZE]);
        for statement in all {
            command.arg("-c").arg(statement);
        }
        self.dress(&mut command, options);
        command
    }

    /// One statement alone, in a session that cannot write.
    pub(super) fn one(&self, psql: &Path, statement: &str) -> Command {
        let mut command = Command::new(psql);
        command.args(["-X", "-w", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d"]).arg(self.conninfo());
        command.arg("-c").arg(statement);
        self.dress(&mut command, Options::ReadOnly);
        command
    }

    /// Every explicit parameter, the last of each keyword, and always the database: the tool's own default for it
    /// (`postgres` for `dropdb`) is not psql's.
    fn conninfo(&self) -> OsString {
        let given = |parameter: &&crate::target::Parameter| {
            parameter.keyword != "dbname" && !LEFT_OUT.contains(&parameter.keyword.as_str())
        };
        let mut pairs: Vec<(&str, &OsStr)> = Vec::new();
        for parameter in self.target.parameters.iter().filter(given) {
            pairs.retain(|(keyword, _)| *keyword != parameter.keyword);
            pairs.push((&parameter.keyword, parameter.value.expose()));
        }
        // Physical replication has no database; `postgres` is there on nearly every server.
        let database = self.target.dbname.as_ref().map_or(OsStr::new("postgres"), |field| &field.value);
        pairs.push(("dbname", database));
        let words: Vec<_> = pairs.iter().map(|(keyword, value)| pair(keyword, value)).collect();
        OsString::from_vec(words.join(&b' '))
    }

    fn dress(&self, command: &mut Command, options: Options) {
        let vars = &self.snapshot.vars;
        command.env_clear().envs(vars.iter()).current_dir(&self.snapshot.cwd);
        // English messages, UTF-8 rows, no pager; a child of the guard is not guarded again.
        command.env("LC_ALL", "C").env("PGCLIENTENCODING", "UTF8").env("PGAPPNAME", "dbguard");
        for name in ["LANGUAGE", "LANG", "PSQLRC", "PAGER", "PSQL_PAGER", "PSQL_WATCH_PAGER", "PGGETSSLKEYPASS"] {
            command.env_remove(name);
        }
        command.env("PGCONNECT_TIMEOUT", "2");
        // Where the psql on PATH is a wrapper that starts dbguard, that one must not ask by psql in its turn.
        command.env(tools::DEPTH, tools::deepest());
        if options == Options::ReadOnly {
            let own = vars.filled("PGOPTIONS").unwrap_or_default();
            command.env("PGOPTIONS", [own, OsStr::new(READ_ONLY)].join(OsStr::new(" ")));
        }
        if let Some(password) = self.password.or_else(|| self.explicit_password()) {
            command.env("PGPASSWORD", password.expose());
        }
    }

    /// Every secret that psql may repeat in what it complains.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        let given = self.target.parameters.iter().filter(|parameter| parameter.keyword.contains("password"));
        let given = given.map(|parameter| parameter.value.clone());
        let var = self.snapshot.vars.filled("PGPASSWORD").map(Secret::new);
        given.chain(self.password.cloned()).chain(var).collect()
    }

    fn explicit_password(&self) -> Option<&Secret> {
        let mut parameters = self.target.parameters.iter().rev();
        parameters.find(|parameter| parameter.keyword == "password").map(|parameter| &parameter.value)
    }
}

/// `keyword='value'`, quoted as libpq reads it: backslashes and quotes are escaped by a backslash.
fn pair(keyword: &str, value: &OsStr) -> Vec<u8> {
    let mut word = format!("{keyword}='").into_bytes();
    for &byte in value.as_bytes() {
        if matches!(byte, b'\'' | b'\\') {
            word.push(b'\\');
        }
        word.push(byte);
    }
    word.push(b'\'');
    word
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::target::{self, Resolution};
    use crate::world::{User, Vars};

    fn asked(args: &[&str], vars: &[(&str, &str)], password: Option<&str>, options: Options) -> Command {
        let snapshot = Snapshot {
            vars: vars.iter().copied().collect::<Vars>(),
            cwd: "/".into(),
            user: User { uid: 0, name: Some("alice".into()), home: None },
            now: SystemTime::UNIX_EPOCH,
        };
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        let resolution = target::resolve(&target::parse("psql", &args, None, &snapshot), &snapshot);
        let Resolution::Resolved(target) = resolution else { panic!("{resolution:?}") };
        let password = password.map(Secret::new);
        let question = Question { target: &target, snapshot: &snapshot, password: password.as_ref(), tables: &[] };
        question.command(Path::new("psql"), options)
    }

    fn var<'a>(command: &'a Command, name: &str) -> Option<&'a str> {
        command.get_envs().find(|(set, _)| *set == name).and_then(|(_, value)| value?.to_str())
    }

    fn conninfo(command: &Command) -> String {
        let mut args = command.get_args().skip_while(|arg| *arg != "-d").skip(1);
        args.next().unwrap().to_string_lossy().into_owned()
    }

    #[test]
    fn passwords_go_by_var_and_never_into_the_argv() {
        let given = "host=h password=sesame sslpassword=key replication=database";
        let command = asked(&[given], &[], None, Options::AsTheyAre);
        assert_eq!(conninfo(&command), "host='h' dbname='alice'");
        assert_eq!(var(&command, "PGPASSWORD"), Some("sesame"));
        let command = asked(&[given], &[("PGPASSWORD", "var")], Some("typed"), Options::AsTheyAre);
        assert_eq!(var(&command, "PGPASSWORD"), Some("typed"));
        let argv: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        assert!(!["sesame", "key'", "typed"].iter().any(|secret| argv.iter().any(|word| word.contains(secret))));
    }

    #[test]
    fn values_are_quoted_as_libpq_reads_them() {
        let command = asked(&["-h", r"it's \ h", "-d", "a b"], &[], None, Options::AsTheyAre);
        assert_eq!(conninfo(&command), r"host='it\'s \\ h' dbname='a b'");
    }

    #[test]
    fn the_users_options_stay_and_ours_come_behind_them() {
        let vars = [("PGOPTIONS", "-c a=b"), ("PSQLRC", "/rc"), ("PGSERVICEFILE", "/none"), ("LANGUAGE", "de")];
        let command = asked(&["-h", "h"], &vars, None, Options::ReadOnly);
        assert_eq!(var(&command, "PGOPTIONS"), Some("-c a=b -c default_transaction_read_only=on"));
        assert_eq!((var(&command, "PSQLRC"), var(&command, "LANGUAGE")), (None, None));
        assert_eq!(var(&command, "PGSERVICEFILE"), Some("/none"));
        let command = asked(&["-h", "h"], &vars, None, Options::AsTheyAre);
        assert_eq!(var(&command, "PGOPTIONS"), Some("-c a=b"));
    }
}
