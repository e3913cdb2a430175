//! The house rules that a compiler does not hold: who may know whom, how long things may be, what they cost.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules and their ranks. A module names only modules of a lower rank.
const RANKS: [(&str, u8); 16] = [
    ("order", 0),
    ("text", 0),
    ("diag", 0),
    ("error", 1),
    ("shell", 1),
    ("world", 2),
    ("target", 3),
    ("environment", 4),
    ("plan", 4),
    ("checklist", 5),
    ("prompt", 5),
    ("policy", 6),
    ("effects", 6),
    ("config", 7),
    ("guard", 8),
    ("cli", 9),
];

/// The edges within one rank, each a decision of its own.
const PEERS: [(&str, &str); 2] = [("diag", "text"), ("text", "order")];

/// Who may print: the one place that turns what the program answers into output, and the child that copies a pipe
/// to the tool.
const PRINTS: [&str; 2] = ["src/cli/output.rs", "src/world/stdin.rs"];

/// Lines of a file before its tests, lines of a function, locked packages.
const CEILINGS: (usize, usize, usize) = (400, 60, 70);

/// A source file: its path from the root, its text without the tests at its end, and without comments.
struct Source {
    path: String,
    text: String,
    code: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn sources(dir: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    files(&root().join(dir), &mut paths);
    paths.sort();
    let source = |path: &PathBuf| {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let whole = fs::read_to_string(path).unwrap();
        let text = whole.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned();
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        let code = text.lines().filter(is_code).collect::<Vec<_>>().join("\n");
        Source { path: name, text, code }
    };
    paths.iter().map(source).collect()
}

/// The top-level module that a file under `src` belongs to; none for the crate's two roots.
fn module(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("src/")?;
    let name = rest.split('/').next()?;
    let name = name.strip_suffix(".rs").unwrap_or(name);
    (name != "lib" && name != "main").then_some(name)
}

fn rank(name: &str) -> Option<u8> {
    RANKS.iter().find(|(module, _)| *module == name).map(|(_, rank)| *rank)
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// The modules named after `crate::`, also in a group.
fn named(code: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => names.push(word(rest)),
            Some(group) => {
                let mut depth = 0;
                let mut start = true;
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && !c.is_whitespace() => {
                            names.push(word(&group[at..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    names.retain(|name| !name.is_empty() && *name != "Result" && *name != "Error");
    names
}

#[track_caller]
fn nothing(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_group_of_imports_is_read() {
    let code = "use crate::{text::{a, b}, diag};\nuse crate::error::Result;\ncrate::world::files::Stamp";
    assert_eq!(named(code), ["text", "diag", "error", "world"]);
}

#[test]
fn a_module_names_only_modules_of_a_lower_rank() {
    let mut wrong = Vec::new();
    for source in sources("src") {
        let Some(from) = module(&source.path) else { continue };
        let Some(own) = rank(from) else {
            wrong.push(format!("{}: module `{from}` has no rank: add it to the table", source.path));
            continue;
        };
        for to in named(&source.code) {
            let allowed = to == from || PEERS.contains(&(from, to)) || rank(to).is_some_and(|rank| rank < own);
            if !allowed {
                wrong.push(format!("{}: `{from}` must not name `{to}`", source.path));
            }
        }
    }
    nothing(&wrong);
}

#[test]
fn every_file_is_short_and_says_what_it_is() {
    let mut wrong = Vec::new();
    for source in sources("src").into_iter().chain(sources("tests")) {
        let lines = source.text.lines().count();
        if lines > CEILINGS.0 {
            wrong.push(format!("{}: {lines} lines before its tests", source.path));
        }
        if !source.text.starts_with("//!") {
            wrong.push(format!("{}: does not open with `//!`", source.path));
        }
        let top = source.path.starts_with("src/")
            && source.path.matches('/').count() == 2
            && source.path.ends_with("/mod.rs");
        let header: String = source.text.lines().take_while(|line| line.starts_with("//!")).collect();
        let sentences =
            header.matches(". ").count() + header.matches(".//!").count() + usize::from(header.ends_with('.'));
        if top && lines > 60 && sentences < 2 {
            wrong.push(format!("{}: its header says less than two sentences", source.path));
        }
        for name in ["util", "utils", "common", "helper", "helpers", "misc"] {
            if source.path.contains(&format!("/{name}.rs")) || source.path.contains(&format!("/{name}/")) {
                wrong.push(format!("{}: `{name}` says nothing about what is inside", source.path));
            }
        }
    }
    nothing(&wrong);
}

#[test]
fn every_function_is_short() {
    let mut wrong = Vec::new();
    for source in sources("src").into_iter().chain(sources("tests")) {
        let mut open: Option<(usize, String, String)> = None;
        for (number, line) in source.text.lines().enumerate() {
            let indent = &line[..line.len() - line.trim_start().len()];
            let starts =
                line.trim_start().trim_start_matches("pub").trim_start_matches("(crate)").trim_start_matches("(super)");
            // rustfmt puts the closing brace of a function under its first letter.
            match &open {
                None if starts.trim_start().starts_with("fn ") && !line.ends_with(';') && !line.ends_with('}') => {
                    open = Some((number, indent.to_owned(), line.trim().to_owned()));
                }
                Some((start, depth, name)) if line == format!("{depth}}}") => {
                    let lines = number - start + 1;
                    if lines > CEILINGS.1 {
                        wrong.push(format!("{}:{}: {lines} lines: {name}", source.path, start + 1));
                    }
                    open = None;
                }
                _ => {}
            }
        }
    }
    nothing(&wrong);
}

#[test]
fn nothing_outside_the_tests_panics_by_design() {
    let mut wrong = Vec::new();
    for source in sources("src") {
        for (number, line) in source.text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for word in [".unwrap()", ".expect(\"", "panic!(", "todo!(", "unreachable!(", "unimplemented!(", "dbg!("] {
                if line.contains(word) {
                    wrong.push(format!("{}:{}: `{word}`", source.path, number + 1));
                }
            }
        }
    }
    nothing(&wrong);
}

#[test]
fn only_one_place_prints() {
    let prints =
        |source: &Source| ["println!(", "print!(", "io::stdout()"].iter().any(|word| source.code.contains(word));
    let found: Vec<String> = sources("src").into_iter().filter(prints).map(|source| source.path).collect();
    let wrong: Vec<String> = found.into_iter().filter(|path| !PRINTS.contains(&path.as_str())).collect();
    nothing(&wrong);
}

#[test]
fn every_file_of_tests_is_part_of_the_one_binary() {
    let main = read("tests/main.rs");
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root().join("tests")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(module) = name.strip_suffix(".rs").filter(|module| *module != "main") else { continue };
        if !main.contains(&format!("\nmod {module};")) {
            wrong.push(format!("tests/{name} is not named in tests/main.rs, so that nothing runs it"));
        }
    }
    nothing(&wrong);
}

#[test]
fn the_lock_file_holds_no_more_packages_than_the_budget() {
    let count = read("Cargo.lock").matches("[[package]]").count();
    assert!(count <= CEILINGS.2, "{count} locked packages; the budget is {}", CEILINGS.2);
}

#[test]
fn contributing_gives_a_reason_for_exactly_the_crates_that_are_used() {
    let manifest = read("Cargo.toml");
    // Also those of one system alone.
    let tables = manifest.split("\n[").filter_map(|table| table.split_once("dependencies]\n")).map(|(_, table)| table);
    let lines = tables.flat_map(str::lines).filter(|line| !line.starts_with('#'));
    let mut used: Vec<&str> = lines.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    used.sort_unstable();
    let contributing = read("CONTRIBUTING.md");
    let section = contributing.split("\n## Dependencies\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let told: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(told, used);
}
