//! `ruby -S rake`: ruby looks for the script on `PATH` by itself, where a shim stands.

use crate::support::{Fake, Sandbox};

/// A ruby that says nothing, both shims, and a rake with this first line.
fn sandbox(first_line: &str) -> Sandbox {
    let sandbox = Sandbox::new().fake_as("ruby", &Fake::new().status(3)).fake("psql").shims(["ruby", "rake"]);
    sandbox.file("bin/rake", first_line).mode("bin/rake", 0o755)
}

fn told(first_line: &str, args: &[&str]) -> String {
    let sandbox = sandbox(first_line);
    sandbox.tool("ruby", args).stdout("").stderr("").status(3);
    let words = sandbox.call("ruby").args.into_iter().map(|word| word.into_string().unwrap());
    words.collect::<Vec<_>>().join(" ").replace(sandbox.path("").to_str().unwrap(), "")
}

#[test]
fn it_is_told_where_the_script_is() {
    const RUBY: &str = "#!/usr/bin/env ruby\n";
    assert_eq!(told(RUBY, &["-w", "-S", "rake", "hi", "-S", "rake"]), "-w -S bin/rake hi -S rake");
    assert_eq!(told(RUBY, &["x.rb", "-S", "rake"]), "x.rb -S rake", "the script's own");
    assert_eq!(told(RUBY, &["-S", "./rake"]), "-S ./rake");
    assert_eq!(told(RUBY, &["-S"]), "-S");
}

#[test]
fn what_a_version_manager_has_there_is_left_to_it() {
    assert_eq!(told("#!/usr/bin/env bash\n", &["-S", "rake"]), "-S rake");
}
