//! Whole scripts against real psql and a real server: where they are cut, and what a read-only transaction refuses.
//!
//! The scripts are those of `sql/scripts/`, and the `*.sql` files below `DBGUARD_TEST_CORPUS`, where that is set: PostgreSQL's
//! own regression tests are a good one. Each message is first tried in a read-only transaction and then run, so that
//! later ones find what earlier ones made.

use std::path::{Path, PathBuf};
use std::process::Command;

use dbguard::plan::{self, Risk};

use crate::plan_server::{Dice, bare, database, fed, psql, risk};
use crate::support::clusters;

fn scripts() -> Vec<PathBuf> {
    fn below(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql/scripts"), &mut found);
    if let Some(corpus) = std::env::var_os("DBGUARD_TEST_CORPUS") {
        below(Path::new(&corpus), &mut found);
    }
    found.sort();
    found
}

/// The first word, in lower case.
fn leading(message: &str) -> String {
    bare(message).chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_lowercase()
}

/// The messages of a script that can be run one by one; transactions of its own would end those of the test.
fn messages(path: &Path) -> Vec<String> {
    let script = std::fs::read(path).unwrap();
    let transaction = ["begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "prepare"];
    plan::messages(&script)
        .into_iter()
        .filter_map(|message| String::from_utf8(message).ok())
        .filter(|message| !bare(message).is_empty() && !message.contains('!') && !message.contains('\\'))
        .filter(|message| !transaction.contains(&leading(message).as_str()))
        .collect()
}

/// The SQLSTATE of each within a read-only transaction; each is then run in earnest.
fn tried(dbname: &str, messages: &[String]) -> Vec<String> {
    let mut script = String::from("SET statement_timeout = '3s'; SET lock_timeout = '1s';\n");
    for (number, message) in messages.iter().enumerate() {
        let data = if message.to_lowercase().contains("copy") { "\\.\n" } else { "" };
        let end = if message.trim_end().ends_with(';') { "" } else { "\n;" };
        let run = format!("{message}{end}\n{data}");
        let wrapped = format!("BEGIN READ ONLY;\n{run}\\echo @@ {number} :SQLSTATE\nROLLBACK;\n{run}");
        script.push_str(&wrapped);
    }
    let output = fed(psql(clusters().staging(), dbname), script.as_bytes());
    let mut states = vec![String::new(); messages.len()];
    for line in output.lines().filter_map(|line| line.strip_prefix("@@ ")) {
        if let Some((number, state)) = line.split_once(' ') {
            state.clone_into(&mut states[number.parse::<usize>().unwrap()]);
        }
    }
    states
}

#[test]
fn what_a_read_only_transaction_refuses_is_no_read_in_any_script() {
    let (mut reads, mut unknown, mut refused, mut missed) = (0, 0, 0, Vec::new());
    for (number, path) in scripts().iter().enumerate() {
        let dbname = format!("plan_corpus_{number}");
        database(clusters().staging(), &dbname);
        let messages = messages(path);
        for (message, state) in messages.iter().zip(tried(&dbname, &messages)) {
            let risk = risk(message);
            reads += usize::from(state == "00000");
            unknown += usize::from(state == "00000" && risk == Risk::Unknown);
            refused += usize::from(state == "25006");
            if state == "25006" && risk <= Risk::Read {
                missed.push(format!("{}: {message}", path.display()));
            }
        }
        clusters().staging().ask("postgres", &format!("DROP DATABASE {dbname} WITH (FORCE)"));
    }
    eprintln!("{refused} refused, {reads} reads, {unknown} of them unknown");
    assert_eq!(missed, Vec::<String>::new());
    assert!(refused > 50, "only {refused} were refused");
    assert!(unknown * 8 < reads, "{unknown} of {reads} reads are unknown");
}

/// What psql's log says that it sent.
fn sent(command: &mut Command, script: &[u8], name: &str) -> Vec<String> {
    let log = std::env::temp_dir().join(format!("dbguard-plan-{name}-{}", std::process::id()));
    command.arg("-L").arg(&log);
    let _ = fed(std::mem::replace(command, Command::new("true")), script);
    let logged = String::from_utf8_lossy(&std::fs::read(&log).unwrap_or_default()).into_owned();
    let _ = std::fs::remove_file(&log);
    let parts = logged.split("********* QUERY **********\n").skip(1);
    parts.map(|part| part.split("\n**************************\n").next().unwrap().to_owned()).collect()
}

/// What both lexers of psql care about, and nothing that would run anything. A backslash outside of
/// them is no command that psql knows, which makes it drop the line, and us read on: those are left out.
/// `NL`, `CR` and `SP` are space.
const SOUP: &str = r#"' ' " $$ $a$ $a$ ( ) ; ; ; \; -- /* */ NL NL NL CR SP SP E' U&' U&" N' begin end case atomic create
    function or replace procedure select select a 1 $1 :: := :a '' '''' [1:2] \pNL \gNL \echoSPxNL
    \echoSP'a'SP\\SP e é $é$ + - / * createSPfunctionSP createSPorSPreplaceSPprocedureSP SPbeginSP SPendSP SPcaseSP ;NL"#;

#[test]
fn generated_scripts_are_cut_where_psql_cuts_them() {
    database(clusters().staging(), "plan_soup");
    let seed = std::env::var("DBGUARD_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x50fa_u64);
    let rounds = std::env::var("DBGUARD_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(150);
    let mut dice = Dice(seed);
    let named = |piece: &str| piece.replace("NL", "\n").replace("CR", "\r").replace("SP", " ");
    let soup: Vec<String> = SOUP.split_whitespace().map(named).collect();
    for round in 0..rounds {
        let script: String = (0..60).map(|_| soup[dice.below(soup.len())].as_str()).collect();
        let theirs = sent(&mut psql(clusters().staging(), "plan_soup"), script.as_bytes(), "soup");
        let ours: Vec<String> =
            plan::messages(script.as_bytes()).iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect();
        let plain = |texts: &[String]| -> Vec<String> {
            let texts = texts.iter().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
            let mut texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
            texts.dedup(); // `\g` alone sends again what was sent last
            texts
        };
        assert_eq!(plain(&ours), plain(&theirs), "round {round} of seed {seed}: {script:?}");
    }
}
