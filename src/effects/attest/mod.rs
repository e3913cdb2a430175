//! What the server says of itself, asked through the real psql with the very settings of the user's own connection.
//!
//! So TLS, SCRAM, Kerberos, passfile, service and pooler behave as they will for the tool itself, and the session is
//! asked in the state that the user's session will start in. The server is not trusted: its output is bounded in size
//! and time, parsed as JSON, and escaped when it is shown. Nothing is ever SET on the connection, which a pooler may
//! hand to somebody else. This module decides nothing; what follows from an answer is the guard's.

pub(super) mod child;
mod command;
mod facts;
mod lines;
mod sql;

use std::path::Path;
use std::time::{Duration, Instant};

pub use facts::{Attestation, Marker};
pub(super) use lines::size;

use self::child::{Ended, Output};
use self::command::{Options, Question};
use super::impact::Table;
use crate::target::Target;
use crate::text::{Secret, Untrusted, redact};
use crate::world::Snapshot;

/// The question of the checklist is never delayed by more than two seconds, ending the child included.
const PATIENCE: Duration = Duration::from_millis(1800);

/// What came of asking.
#[must_use]
#[derive(Clone, Debug)]
pub enum Attested {
    /// It answered.
    Told(Box<Attestation>),
    /// It wants a password that neither the vars nor the passfile have, or the one that was given is wrong.
    NeedsPassword,
    /// It did not answer.
    Silent {
        /// Why: one line, escaped, without secrets.
        because: String,
    },
}

/// Asks the server. Takes two seconds at the very most.
///
/// `read_only` says whether the tool's session will be started read-only; the answer's `read_only` then tells
/// whether that held. What is known about `tables` comes along with it. A pooler that refuses start-up options is asked again without, which the answer records.
pub fn attest(
    psql: &Path,
    target: &Target,
    snapshot: &Snapshot,
    password: Option<&Secret>,
    read_only: bool,
    tables: &[Table],
) -> Attested {
    let deadline = Instant::now() + PATIENCE;
    let question = Question { target, snapshot, password, tables };
    let ask = |options| child::run(question.command(psql, options), deadline);
    let first = if read_only { Options::ReadOnly } else { Options::AsTheyAre };
    let (output, refused) = match ask(first) {
        Ok(output) if read_only && refuses_options(&output) => (ask(Options::AsTheyAre), true),
        first => (first, false),
    };
    match output.map(|output| understand(&output, &question.secrets(), tables)) {
        Ok(Attested::Told(mut told)) => {
            told.options_refused = refused;
            told.wanted_read_only = read_only;
            Attested::Told(told)
        }
        Ok(answer) => answer,
        Err(cause) => Attested::Silent { because: format!("`{}` could not be run: {cause}", Untrusted::path(psql)) },
    }
}

/// Asks one query of one column, read-only; what fails, or takes too long, answers nothing.
pub fn column(psql: &Path, target: &Target, snapshot: &Snapshot, query: &str) -> Option<Vec<String>> {
    let question = Question { target, snapshot, password: None, tables: &[] };
    let output = child::run(question.one(psql, query), Instant::now() + PATIENCE).ok()?;
    let whole = output.ended == Ended::ByItself && output.stderr.is_empty();
    whole.then(|| String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// Reads an answer. Facts that came before a failure count; a failure before the first fact is silence.
fn understand(output: &Output, secrets: &[Secret], tables: &[Table]) -> Attested {
    let said = said(&output.stderr);
    let clean = redact::known(&redact::text(&said), secrets).into_owned();
    if let Some(told) = Attestation::parse(&output.stdout, &clean, output.ended, tables) {
        return Attested::Told(Box::new(told));
    }
    if wants_password(&said) {
        return Attested::NeedsPassword;
    }
    let because = match output.ended {
        Ended::Late => "did not answer within 2 s".to_owned(),
        Ended::TooLong => "the answer does not end".to_owned(),
        Ended::ByItself => reason(&clean),
    };
    Attested::Silent { because }
}

/// pgBouncer before 1.20 says `unsupported startup parameter: options`, later ones `unsupported startup parameter in
/// options` or `unsupported options startup parameter`; RDS Proxy `currently doesn't support command-line options`.
fn refuses_options(output: &Output) -> bool {
    let said = said(&output.stderr);
    let refusals = ["unsupported startup parameter", "unsupported options startup parameter", "command-line options"];
    output.stdout.is_empty() && refusals.iter().any(|refusal| said.contains(refusal))
}

/// libpq's own words (the child speaks English), and the server's, which may be in its own language.
fn wants_password(said: &str) -> bool {
    ["no password supplied", "password authentication failed", "password retrieved from file"]
        .iter()
        .any(|words| said.contains(words))
}

fn said(stderr: &[u8]) -> String {
    String::from_utf8_lossy(stderr).into_owned()
}

/// The first line that says something, without psql's own name before it.
fn reason(said: &str) -> String {
    let line = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("psql said nothing");
    let line = line.strip_prefix("psql: ").unwrap_or(line);
    let line = line.strip_prefix("error: ").unwrap_or(line);
    let short: String = line.chars().take(300).collect();
    Untrusted::text(&short).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(stdout: &str, stderr: &str, ended: Ended) -> Output {
        Output { stdout: stdout.into(), stderr: stderr.into(), ended }
    }

    fn silence(output: &Output) -> String {
        let Attested::Silent { because } = understand(output, &[], &[]) else { panic!("{output:?}") };
        because
    }

    #[test]
    fn silence_names_its_reason_on_one_escaped_line() {
        let refused = "psql: error: connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n\tIs the server running?\n";
        assert_eq!(
            silence(&output("", refused, Ended::ByItself)),
            "connection to server at \"127.0.0.1\", port 1 failed: Connection refused"
        );
        assert_eq!(silence(&output("", "", Ended::Late)), "did not answer within 2 s");
        assert_eq!(silence(&output("", "ERROR:  \x1b[2Jhi", Ended::ByItself)), "ERROR:  \\x1B[2Jhi");
        assert_eq!(silence(&output("not json\n", "", Ended::ByItself)), "psql said nothing");
    }

    #[test]
    fn what_psql_complains_is_shown_without_secrets() {
        let said = "psql: error: invalid port in postgresql://alice:sesame@h:x/app, password=other, third\n";
        let answer = understand(&output("", said, Ended::ByItself), &[Secret::new("third")], &[]);
        let Attested::Silent { because } = answer else { panic!("{answer:?}") };
        assert!(because.starts_with("invalid port in postgresql://alice:***"), "{because}");
        assert!(!["sesame", "other", "third"].iter().any(|secret| because.contains(secret)), "{because}");
    }

    #[test]
    fn a_missing_or_wrong_password_is_told_from_silence() {
        for said in [
            "psql: error: connection to server at \"h\", port 5432 failed: fe_sendauth: no password supplied\n",
            "psql: error: … FATAL:  password authentication failed for user \"a\"\n",
            "psql: error: … FATAL:  Passwort-Authentifizierung fehlgeschlagen\npassword retrieved from file \"/f\"\n",
        ] {
            assert!(matches!(understand(&output("", said, Ended::ByItself), &[], &[]), Attested::NeedsPassword));
        }
    }

    #[test]
    fn the_refusals_of_known_poolers_are_recognised() {
        for said in [
            "psql: error: … FATAL:  unsupported startup parameter: options\n",
            "psql: error: … FATAL:  unsupported startup parameter in options: x\n",
            "psql: error: … FATAL:  Feature not supported: RDS Proxy currently doesn't support command-line options.\n",
        ] {
            assert!(refuses_options(&output("", said, Ended::ByItself)), "{said}");
        }
        assert!(!refuses_options(&output("", "psql: error: … FATAL:  no such database\n", Ended::ByItself)));
    }
}
