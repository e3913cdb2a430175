//! The same hostile names in every shell, from every place that a name may come from: the prompt says what the program says,
//! and nothing is run.

use std::fs;

use crate::shell_first::{Dialect, dialects, world};
use crate::support::{CONTROL, HOSTILE, Sandbox};

/// Looks at the first prompt with these lines in the start-up file, which `sh` has words for as well.
#[track_caller]
fn says_what_the_program_says(dialect: &Dialect, sandbox: &Sandbox, line: &str, name: &str) {
    let (shown, _) = dialect.first(sandbox, dialect.init, line);
    let said = sandbox.tool("sh", ["-c", &format!("{line}\nexec dbguard prompt")]).output().out();
    let said = said.trim_end_matches('\n');
    assert_eq!(shown.trim_end_matches("ready> ").trim_end(), said.trim_end(), "{}: {name:?}", dialect.shell);
    assert!(!said.chars().any(char::is_control) && !said.is_empty(), "{}: {name:?}: {said:?}", dialect.shell);
    for directory in ["work", "home"] {
        let entries = fs::read_dir(sandbox.path(directory)).unwrap().map(|entry| entry.unwrap().path());
        assert!(entries.filter(|path| path.ends_with("PWNED")).count() == 0, "{}: {name:?}", dialect.shell);
    }
}

#[test]
fn hostile_vars_end_as_words_in_every_shell() {
    for dialect in dialects() {
        for name in HOSTILE.iter().chain(&CONTROL) {
            for var in ["PGDATABASE", "PGHOST", "PGUSER", "PGSERVICE"] {
                says_what_the_program_says(&dialect, &world().var(var, *name), "", name);
            }
        }
    }
}

#[test]
fn hostile_directories_and_files_end_as_words_in_every_shell() {
    for dialect in dialects() {
        // fish's own title says a directory's name as it is.
        let control: &[&str] = if dialect.shell == "fish" { &[] } else { &CONTROL };
        for name in HOSTILE.iter().chain(control) {
            let sandbox = world().dir("work/one").no_var("PGHOST");
            let inside = sandbox.path("work/one").join(name);
            fs::create_dir(&inside).unwrap();
            fs::write(inside.join(".env"), format!("DATABASE_URL='host=db.prod.demo dbname={name}'\n")).unwrap();
            says_what_the_program_says(&dialect, &sandbox, "cd ./one/*/", name);
            assert_eq!(fs::read_dir(&inside).unwrap().count(), 1, "{}: {name:?}", dialect.shell);
        }
    }
}
