//! Verdicts against a real server: whatever it refuses in a read-only transaction must be a finding.
//!
//! The corpus is `sql/corpus.sql`. Its statements are also given in other spellings, inside other statements, and
//! spliced with each other.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use dbguard::plan::{self, Risk};
use dbguard::target;
use dbguard::world::stdin::Stdin;
use dbguard::world::{Snapshot, User, Vars};

use crate::support::{Cluster, clusters};

const CORPUS: &str = include_str!("sql/corpus.sql");
const SETUP: &str = include_str!("sql/corpus_setup.sql");

/// The statements between two headings; those that are not given to the server without their mark.
fn section(from: &str, to: &str) -> Vec<&'static str> {
    let lines = CORPUS.lines().skip_while(|line| *line != format!("-- {from}")).skip(1);
    lines
        .take_while(|line| *line != format!("-- {to}"))
        .filter(|line| !line.starts_with("-- ") && !line.is_empty())
        .collect()
}

pub(crate) fn risk(sql: &str) -> Risk {
    let user = User { uid: 1000, name: Some("u".to_owned()), home: None };
    let snapshot = Snapshot { vars: Vars::default(), cwd: "/".into(), user, now: SystemTime::UNIX_EPOCH };
    let args = [OsString::from("-c"), OsString::from(sql)];
    plan::plan(&target::parse("psql", &args, None, &snapshot), &mut Stdin::terminal(), &snapshot).risk
}

/// A database of the corpus's own; its name keeps tests apart.
pub(crate) fn database(cluster: &Cluster, name: &str) {
    cluster.ask("postgres", &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    cluster.ask("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"));
    let role = "DO $$ BEGIN CREATE ROLE corpus_role; EXCEPTION WHEN OTHERS THEN NULL; END $$";
    cluster.ask("postgres", role);
    cluster.ask(name, &SETUP.replace("CREATE ROLE corpus_role;", ""));
}

pub(crate) fn psql(cluster: &Cluster, dbname: &str) -> Command {
    let mut command = Command::new(clusters().bin().join("psql"));
    command.args(["-Xq", "-U", "postgres", "-d", dbname, "-p", &cluster.port.to_string(), "-h"]);
    command.arg(&cluster.socket).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

pub(crate) fn fed(mut command: Command, script: &[u8]) -> String {
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let script = script.to_owned();
    let writing = std::thread::spawn(move || input.write_all(&script));
    let output = child.wait_with_output().unwrap();
    let _ = writing.join().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What the server says to each: the SQLSTATE within a read-only transaction, which is then rolled back.
fn verdicts(dbname: &str, statements: &[String]) -> Vec<String> {
    let cluster = clusters().staging();
    let mut script = String::from("SET statement_timeout = '2s'; SET lock_timeout = '2s';\n");
    for (number, sql) in statements.iter().enumerate() {
        let asked = [
            "BEGIN READ ONLY;\n",
            sql,
            // From 15.20 on psql skips the data of a COPY also where the server refused it; earlier ones mutter.
            "\n;\n\\.\n\\.\n\\r\n\\echo @@ ",
            &number.to_string(),
            " :SQLSTATE\nROLLBACK;\nDEALLOCATE ALL;\n",
        ];
        script.extend(asked);
    }
    let output = fed(psql(cluster, dbname), script.as_bytes());
    let said: BTreeMap<usize, String> = output
        .lines()
        .filter_map(|line| line.strip_prefix("@@ ")?.split_once(' '))
        .filter_map(|(number, state)| Some((number.parse().ok()?, state.to_owned())))
        .collect();
    (0..statements.len()).map(|number| said.get(&number).cloned().unwrap_or_default()).collect()
}

/// Every statement that the server refuses as a write and that is called a read.
fn missed(statements: &[String], verdicts: &[String]) -> Vec<String> {
    let refused = statements.iter().zip(verdicts).filter(|(_, state)| *state == "25006");
    refused.map(|(sql, _)| sql).filter(|sql| risk(sql) <= Risk::Read).cloned().collect()
}

fn owned(statements: &[&str]) -> Vec<String> {
    statements.iter().map(|&sql| sql.to_owned()).collect()
}

#[test]
fn reads_run_on_a_read_only_server_and_are_called_reads() {
    database(clusters().staging(), "plan_reads");
    let plain = owned(&section("Reads", "Reads that no text can know to be reads"));
    let hidden = owned(&section("Reads that no text can know to be reads", "Writes of rows"));
    let all = [plain.clone(), hidden].concat();
    let verdicts = verdicts("plan_reads", &all);
    let failing: Vec<_> = all.iter().zip(&verdicts).filter(|(_, state)| *state != "00000").collect();
    assert_eq!(failing, [], "the corpus is wrong: these do not run");
    let wrong: Vec<_> = plain.iter().filter(|sql| risk(sql) != Risk::Read).collect();
    assert_eq!(wrong, Vec::<&String>::new(), "reads that are not called reads");
    let unknown = all.iter().filter(|sql| risk(sql) != Risk::Read).count();
    assert!(unknown * 8 < all.len(), "{unknown} of {} reads are not called reads", all.len());
}

#[test]
fn every_write_of_the_corpus_is_a_finding() {
    database(clusters().staging(), "plan_writes");
    let writes = owned(&section("Writes of rows", "What a read-only transaction lets through"));
    let verdicts = verdicts("plan_writes", &writes);
    let refused = verdicts.iter().filter(|state| *state == "25006").count();
    let silent: Vec<_> =
        writes.iter().zip(&verdicts).filter(|(_, state)| *state == "00000" || state.is_empty()).collect();
    let called_reads: Vec<_> = writes.iter().filter(|sql| risk(sql) <= Risk::Read).collect();
    assert_eq!(called_reads, Vec::<&String>::new());
    assert!(refused * 3 > writes.len() * 2, "only {refused} of {} were refused as writes; {silent:?}", writes.len());
}

#[test]
fn what_read_only_lets_through_is_a_finding() {
    let through = section("What a read-only transaction lets through", "the end");
    let marked = through.iter().map(|sql| sql.strip_prefix('!').expect("a mark"));
    let called_reads: Vec<_> = marked.filter(|sql| risk(sql) <= Risk::Read).collect();
    assert_eq!(called_reads, Vec::<&str>::new());
}

/// Other spellings of the same statement, and statements that hold it.
fn variants(sql: &str) -> Vec<String> {
    let mut variants = vec![
        format!("-- first\n/* ; */ {sql}"),
        format!("EXPLAIN ANALYZE {sql}"),
        format!("EXPLAIN (ANALYZE, COSTS off) {sql}"),
        format!("PREPARE wrapped AS {sql}"),
        format!("DECLARE wrapped CURSOR FOR {sql}"),
        format!("COPY ({sql}\n) TO STDOUT"),
        format!("WITH wrapped AS ({sql}\n) SELECT 1"),
        format!("WITH wrapped (a) AS MATERIALIZED ({sql}\n) SELECT * FROM wrapped"),
        format!("SELECT * FROM ({sql}\n) AS wrapped"),
        format!("SELECT 1 WHERE EXISTS ({sql}\n)"),
        format!("SELECT ({sql}\n)"),
        format!("SELECT 1\\; {sql}"),
        format!("DECLARE wrapped CURSOR FOR {sql}\n\\; FETCH ALL FROM wrapped"),
        format!("PREPARE wrapped AS {sql}\n\\; EXECUTE wrapped"),
    ];
    if !sql.contains(['\'', '"', '$']) {
        variants.extend([
            sql.to_uppercase(),
            sql.replace(' ', "\n"),
            sql.replace(' ', "/* ' \" $$ ; */"),
            sql.replace('(', " -- '\n ("),
        ]);
    }
    variants
}

#[test]
fn no_spelling_and_no_wrapping_hides_a_write() {
    database(clusters().staging(), "plan_variants");
    let reads = section("Reads", "Writes of rows");
    let writes = section("Writes of rows", "Definitions");
    let definitions = section("Definitions", "What a read-only transaction lets through");
    let statements: Vec<String> = [reads, writes, definitions].concat().into_iter().flat_map(variants).collect();
    let verdicts = verdicts("plan_variants", &statements);
    // psql's `\;` is a plain semicolon to the server and to `-c`.
    let sent: Vec<String> = statements.iter().map(|sql| sql.replace("\\;", ";")).collect();
    assert_eq!(missed(&sent, &verdicts), Vec::<String>::new());
    let refused = verdicts.iter().filter(|state| *state == "25006").count();
    assert!(refused > 1000, "only {refused} of {} were refused", sent.len());
}

/// A small generator, so that a failure can be run again.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

#[test]
fn no_splice_of_statements_hides_a_write() {
    database(clusters().staging(), "plan_splices");
    let all: Vec<Vec<&str>> = [section("Reads", "Writes of rows"), section("Writes of rows", "Definitions")]
        .concat()
        .into_iter()
        .map(|sql| sql.split(' ').collect())
        .collect();
    let seed = std::env::var("DBGUARD_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x5eed_u64);
    let mut dice = Dice(seed);
    let splice = |dice: &mut Dice| {
        let (left, right) = (&all[dice.below(all.len())], &all[dice.below(all.len())]);
        let (cut, from) = (dice.below(left.len()), dice.below(right.len()));
        let until = from + dice.below(right.len() - from) + 1;
        [&left[..cut], &right[from..until], &left[cut..]].concat().join(" ")
    };
    // An open quote would swallow the statements behind it.
    let even = |sql: &String| {
        let halves = ["'", "\"", "$$"].iter().all(|quote| sql.matches(quote).count() % 2 == 0);
        halves && !["$a$", "$q$", "--", "/*", "\\"].iter().any(|piece| sql.contains(piece))
    };
    let splices = std::iter::repeat_with(|| splice(&mut dice)).filter(even);
    let statements: Vec<String> = splices.take(6000).collect();
    let verdicts = verdicts("plan_splices", &statements);
    assert_eq!(missed(&statements, &verdicts), Vec::<String>::new(), "seed {seed}");
}

#[test]
fn the_list_of_reading_functions_is_what_the_server_says() {
    // The query that made the first part of src/plan/classify/functions.txt. A later server may have more overloads.
    let query = "SELECT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind <> 'p' \
         GROUP BY proname HAVING bool_and(provolatile <> 'v') \
         AND bool_and(pronargs = 0 OR NOT 'internal'::regtype = ANY (proargtypes::oid[])) \
         AND bool_and(prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype))";
    let said = clusters().staging().ask("postgres", query);
    let listed: std::collections::HashSet<&str> = plan::reading_functions().collect();
    let version = clusters().staging().ask("postgres", "SHOW server_version_num");
    let missing: Vec<_> = said.lines().filter(|name| !listed.contains(name)).collect();
    if version.starts_with("15") {
        assert_eq!(missing, Vec::<&str>::new());
    }
    let volatile =
        "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND provolatile = 'v'";
    let said = clusters().staging().ask("postgres", volatile);
    let text = include_str!("../src/plan/classify/functions.txt");
    let (generated, rest) = text.split_once("# Volatile").unwrap();
    let generated: std::collections::HashSet<&str> =
        generated.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect();
    let harmful: Vec<_> = said.lines().filter(|name| generated.contains(name)).collect();
    assert_eq!(harmful, Vec::<&str>::new(), "volatile on this server, and in the generated part");
    assert!(rest.contains("clock_timestamp"));
}

#[test]
fn messages_are_cut_where_psql_cuts_them() {
    database(clusters().staging(), "plan_cuts");
    let corpus = [section("Reads", "Writes of rows"), section("Writes of rows", "Definitions")].concat();
    let inline = |sql: &&str| sql.contains("STDIN") || sql.contains("FROM STDOUT");
    let corpus: Vec<&str> = corpus.into_iter().filter(|sql| !inline(sql)).chain([""]).collect();
    let corpus = corpus.join("\n;\n");
    let script = format!("{corpus}{}", include_str!("sql/cuts.sql"));
    let log = std::env::temp_dir().join(format!("dbguard-plan-cuts-{}", std::process::id()));
    let mut command = psql(clusters().staging(), "plan_cuts");
    command.arg("-L").arg(&log);
    let _ = fed(command, script.as_bytes());
    let logged = std::fs::read(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    let logged = String::from_utf8_lossy(&logged).into_owned();
    let theirs: Vec<String> = logged
        .split("********* QUERY **********\n")
        .skip(1)
        .map(|part| part.split("\n**************************\n").next().unwrap().to_owned())
        .collect();
    let ours: Vec<String> =
        plan::messages(script.as_bytes()).iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    for (number, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        // A line that holds only a meta-command leaves its line end in ours, for the sake of line numbers.
        assert_eq!(bare(ours).replace("\n\n", "\n"), bare(theirs), "message {number}");
    }
    assert_eq!(ours.len(), theirs.len());
}

/// Without comments and space in front: whether psql sends those depends on its version.
pub(crate) fn bare(mut text: &str) -> &str {
    loop {
        text = text.trim();
        match text.strip_prefix("--") {
            Some(comment) => text = comment.split_once('\n').map_or("", |(_, rest)| rest),
            None => return text,
        }
    }
}

/// What means something to one lexer or the other.
pub(crate) const PIECES: &[&[u8]] = &[
    b"'",
    b"\"",
    b"$$",
    b"$a$",
    b"(",
    b")",
    b";",
    b"\\",
    b"\\;",
    b"--",
    b"/*",
    b"*/",
    b"\n",
    b"\r",
    b"\0",
    b":x",
    b":'x'",
    b"E'",
    b"U&\"",
    b"\\if",
    b"\\endif",
    b"\\i x",
    b"\\copy t from stdin",
    b"copy t from stdin;",
    b"\\.",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"with a(b) as (",
    b"begin atomic",
    b"operator(",
    b"explain analyze ",
    b"prepare a as ",
    b"\\set x :x",
    b"\\g |",
    b"`",
    b"1e",
    b"0x",
    b"{?",
    b"::",
];

#[test]
fn hostile_text_neither_panics_nor_hangs() {
    let seeds: Vec<&str> = CORPUS.lines().chain(include_str!("sql/cuts.sql").lines()).collect();
    let mut dice = Dice(0xfeed);
    let begun = std::time::Instant::now();
    let mut rounds = 0;
    while begun.elapsed().as_millis() < 2000 && rounds < 20_000 {
        let mut text = seeds[dice.below(seeds.len())].as_bytes().to_vec();
        for _ in 0..dice.below(8) {
            let at = dice.below(text.len() + 1);
            match dice.below(4) {
                0 => text.truncate(at),
                1 => text.splice(at..at, PIECES[dice.below(PIECES.len())].iter().copied()).for_each(drop),
                2 => text.splice(at..at, seeds[dice.below(seeds.len())].bytes()).for_each(drop),
                _ => text.insert(at, u8::try_from(dice.below(256)).unwrap()),
            }
        }
        let _ = plan::messages(&text);
        rounds += 1;
    }
    assert!(rounds > 500, "{rounds} rounds");
}

#[test]
fn deep_and_long_text_takes_neither_long_nor_much() {
    let deep = [
        "(".repeat(50_000),
        "select f(".repeat(25_000),
        "explain analyze ".repeat(25_000),
        "with a(b) as (".repeat(25_000),
        "operator(".repeat(25_000),
        "select rollup(".repeat(25_000),
        "(insert into t ".repeat(25_000),
        "a.".repeat(100_000),
        "/*".repeat(100_000),
        "case begin ".repeat(25_000),
        "\\a".repeat(100_000),
        "select 1::int, ".repeat(100_000),
        "select :'x', ".repeat(50_000),
        ";".repeat(100_000),
        "x;".repeat(50_000),
        format!("insert into t values {}", "(1, 'x'),".repeat(50_000)),
    ];
    for text in deep {
        let begun = std::time::Instant::now();
        let _ = plan::messages(text.as_bytes());
        let _ = risk(&text);
        let took = begun.elapsed();
        assert!(took.as_secs() < 20, "{}… took {took:?}", &text[..20]);
    }
}
