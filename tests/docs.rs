//! The documents tell the truth: what they show is run, what they name exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dbguard::environment::Level;
use dbguard::error::Kind;
use dbguard::policy::{AuditDemand, Confirm, Policy, WithoutTerminal};

use crate::support::{DBGUARD, Sandbox, tool};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The fenced blocks of this language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The cells of the rows of every table, without head and rule.
fn rows(text: &str) -> Vec<Vec<String>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut rows = Vec::new();
    let mut body = false;
    for line in lines {
        if !line.starts_with('|') {
            body = false;
        } else if line.starts_with("|-") {
            body = true;
        } else if body {
            rows.push(line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect());
        }
    }
    rows
}

/// What stands in back-ticks.
fn ticked(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// All of the code, with its tests.
fn code() -> String {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    rust_files(&root().join("tests"), &mut files);
    files.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn every_case_of_the_shells_is_there_and_names_tests_that_exist() {
    let code = code();
    let rows = rows(&read("docs/SHELLS.md"));
    for test in rows.iter().filter_map(|row| row.last()).flat_map(|cell| ticked(cell)) {
        let is_one = test.contains('_') && test.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
        assert!(!is_one || code.contains(&format!("fn {test}(")), "`{test}` is no test");
    }
    let named: BTreeSet<&str> =
        rows.iter().flat_map(|row| row[0].split([',', ' '])).filter(|word| word.contains('-')).collect();
    for (letter, last) in [('B', 29), ('F', 6), ('T', 7), ('W', 13), ('Z', 8)] {
        for number in 1..=last {
            let case = format!("{letter}-{number}");
            assert!(named.contains(case.as_str()), "no row of {case}");
        }
    }
}

#[test]
fn every_threat_names_its_answer_what_remains_and_a_test_that_exists() {
    let all = code();
    let rows = rows(&read("docs/THREATS.md"));
    assert!(rows.len() >= 20, "only {} rows were understood", rows.len());
    let mut wrong = Vec::new();
    for row in rows {
        let [attack, answer, tests, remains] = &row[..] else {
            wrong.push(format!("not four cells: {row:?}"));
            continue;
        };
        if attack.is_empty() || answer.is_empty() || remains.is_empty() || ticked(tests).is_empty() {
            wrong.push(format!("an empty cell, or no test: {attack}"));
        }
        for test in ticked(tests) {
            let name = test.rsplit("::").next().unwrap();
            if !all.contains(&format!("#[test]\n    fn {name}(")) && !all.contains(&format!("#[test]\nfn {name}(")) {
                wrong.push(format!("`{test}` is no test: {attack}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let mut wrong = Vec::new();
    for document in [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "docs/THREATS.md",
        "docs/FAQ.md",
        "docs/TEAM.md",
        "docs/GUIDE.md",
        "docs/CONFIG.md",
    ] {
        let text = read(document);
        let beside = root().join(document).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap();
            if !link.starts_with("https://") && !link.starts_with('$') && !beside.join(path).exists() {
                wrong.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// The items of a section of the manual that begin so.
fn items(section: &str, start: &str) -> BTreeSet<String> {
    let manual = read("packaging/man/dbguard.1");
    let section =
        manual.split(&format!("\n.Sh {section}\n")).nth(1).unwrap().split("\n.Sh ").next().unwrap().to_owned();
    section.lines().filter_map(|line| line.strip_prefix(start)).map(ToOwned::to_owned).collect()
}

#[test]
fn the_manual_names_exactly_the_vars_of_dbguards_own() {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
    let mut used = BTreeSet::new();
    for path in files {
        let text = fs::read_to_string(path).unwrap();
        used.extend(
            text.split("\"DBGUARD_").skip(1).map(|rest| rest.split(|c| !is_name(c)).next().unwrap().to_owned()),
        );
    }
    // That one tells tests to write what they would compare with.
    used.remove("TEST_BLESS");
    assert_eq!(items("ENVIRONMENT", ".It Ev DBGUARD_"), used);
}

#[test]
fn the_manual_names_exactly_the_exit_statuses() {
    let kinds = [Kind::Usage, Kind::Negative, Kind::Refused, Kind::NotExecutable, Kind::NotFound];
    let used = kinds.iter().map(|kind| kind.status().to_string()).chain(["0".to_owned()]);
    assert_eq!(items("EXIT STATUS", ".It "), used.collect());
}

#[test]
fn the_readme_is_short_enough_to_be_read() {
    assert!(read("README.md").lines().count() <= 250);
}

#[test]
fn the_readmes_first_two_commands_are_there_to_be_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let readme = read("README.md");
    let commands: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("    ./")).collect();
    assert_eq!(commands, ["demo", "test"]);
    for command in commands {
        assert_ne!(fs::metadata(root().join(command)).unwrap().permissions().mode() & 0o111, 0);
    }
}

#[test]
fn the_readmes_line_for_each_shell_puts_the_guard_before_the_tools() {
    let readme = read("README.md");
    let section = readme.split("\n## Thirty seconds\n").nth(1).unwrap();
    for row in section.lines().filter(|line| line.starts_with("| ") && line.contains("dbguard init")).take(3) {
        let mut cells = row.replace("\\|", "\0");
        cells = cells.replace('|', "\n").replace('\0', "|");
        let cells: Vec<&str> = cells.lines().map(str::trim).filter(|cell| !cell.is_empty()).collect();
        let (shell, line) = (cells[0], cells[2].trim_matches('`'));
        let Some(shell) = tool(shell) else { continue };
        let sandbox = Sandbox::new();
        std::os::unix::fs::symlink(DBGUARD, sandbox.path("bin/dbguard")).unwrap();
        let script = format!("{line}\ncommand -v psql");
        let expected = "[DIR]/home/.local/share/dbguard/shims/psql\n";
        sandbox.tool(shell.to_str().unwrap(), ["-c", &script]).stdout(expected).stderr("").status(0);
        let psql = sandbox.path("home/.local/share/dbguard/shims/psql");
        assert_eq!(psql.canonicalize().unwrap(), Path::new(DBGUARD).canonicalize().unwrap());
    }
    assert_eq!(section.matches("dbguard init").count(), 3);
}

#[test]
fn the_readmes_configuration_and_its_question_work_together() {
    let readme = read("README.md");
    let sandbox = Sandbox::new().config(&blocks(&readme, "toml")[0]);
    std::os::unix::fs::symlink(DBGUARD, sandbox.path("bin/dbguard")).unwrap();
    let command = blocks(&readme, "sh")[1].replace("explain --", "explain --json --");
    let answer = sandbox.tool("sh", ["-euc", &command]).output();
    let json = answer.json();
    assert_eq!(json["environment"]["name"], "production", "{json:#}");
    assert_eq!(json["risk"], "destroy");
    assert_eq!(json["verdict"], "ask");
}

#[test]
fn the_readmes_table_of_levels_is_the_policy() {
    let word = |confirm| match confirm {
        Confirm::None => "nothing",
        Confirm::Yes => "yes",
        Confirm::Environment => "type the environment",
        Confirm::Database => "type the database",
        Confirm::Host => "type the host",
    };
    let column = |level| {
        let policy = Policy::of_level(level);
        let alone = match policy.without_terminal {
            WithoutTerminal::Run => "runs",
            WithoutTerminal::RefuseDestroy => "runs, except what destroys",
            WithoutTerminal::Refuse => "refused, unless a person allowed it",
        };
        let audit = match policy.audit {
            AuditDemand::Warn => "a warning",
            AuditDemand::Required => "refused",
        };
        let read_only = if policy.read_only { "yes" } else { "no" };
        [word(policy.read), word(policy.write), word(policy.destroy), read_only, alone, audit]
    };
    let readme = read("README.md");
    let section = readme.split("\n## What a level demands\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let told = rows(section);
    for (at, level) in [(1, Level::Production), (2, Level::Staging), (3, Level::Development)] {
        let cells: Vec<&str> = told.iter().map(|row| row[at].as_str()).collect();
        assert_eq!(cells, column(level), "{level:?}");
    }
}

#[test]
fn every_verb_that_the_readme_names_exists() {
    let readme = read("README.md");
    let sandbox = Sandbox::new();
    let is_verb = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
    let commands = ticked(&readme).into_iter().filter_map(|text| text.strip_prefix("dbguard "));
    let mut named = 0;
    for command in commands {
        let mut words: Vec<&str> = command.split(' ').take_while(is_verb).take(2).collect();
        words.push("--help");
        let output = sandbox.run(&words).output();
        assert_eq!(output.code, 0, "`dbguard {command}`: {output:?}");
        named += 1;
    }
    assert!(named >= 6, "only {named} were understood");
}

#[test]
fn the_readmes_short_way_to_a_rule_is_the_long_one() {
    let sandbox = Sandbox::new();
    std::os::unix::fs::symlink(DBGUARD, sandbox.path("bin/dbguard")).unwrap();
    let readme = read("README.md");
    let add = ticked(&readme).into_iter().find(|text| text.starts_with("dbguard env add")).unwrap();
    assert_eq!(sandbox.tool("sh", ["-euc", add]).output().code, 0);
    assert_eq!(sandbox.run(["config", "check"]).output().code, 0);
    let explained = sandbox.run(["explain", "--json", "--", "psql", "-h", "db1.prod.example.com", "app"]).output();
    assert_eq!(explained.json()["environment"]["level"], "production");
}

#[test]
fn the_readmes_table_of_costs_has_the_rows_that_cargo_bench_prints() {
    let benches =
        ["guard", "shells", "inside", "scan", "table"].map(|name| read(&format!("benches/{name}.rs"))).concat();
    let readme = read("README.md");
    let section = readme.split("\n## What it costs\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = rows(section);
    assert!(rows.len() >= 12, "only {} rows were understood", rows.len());
    for row in rows {
        let written = row[0].replace("of bash", "of {}").replace('\\', "\\\\");
        assert!(benches.contains(&written) || benches.contains(&row[0]), "no benchmark says: {}", row[0]);
    }
}
