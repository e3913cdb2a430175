//! What packages ship, and how it is built.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::{Sandbox, tool};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The release is linked so; what the linker's script does to a panic is seen in a program that has one.
#[cfg(target_os = "linux")]
#[test]
fn a_program_without_unwind_tables_still_tells_of_its_panic_and_aborts() {
    let Some(rustc) = tool("rustc") else { return };
    let sandbox = Sandbox::new().file("panics.rs", "fn main() { panic!(\"the reason\") }");
    let script = root().join("packaging/without-unwind-tables.ld");
    let mut compile = std::process::Command::new(rustc);
    compile.current_dir(sandbox.path("")).args(["-Cpanic=abort", "-Clink-arg=-Wl,--no-eh-frame-hdr", "panics.rs"]);
    compile.arg(format!("-Clink-arg=-Wl,-T,{}", script.display()));
    let compiled = compile.output().unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let program = sandbox.path("panics");
    let bytes = std::fs::read(&program).unwrap();
    let names = |name: &[u8]| bytes.windows(name.len()).any(|part| part == name);
    assert!(names(b".text\0") && !names(b".eh_frame\0") && !names(b".gcc_except_table\0"));
    for backtrace in ["0", "1", "full"] {
        let run = sandbox.tool("env", [&format!("RUST_BACKTRACE={backtrace}"), program.to_str().unwrap()]).output();
        assert!(run.err().contains("panics.rs:1:13:\nthe reason\n"), "{run:?}");
        assert_eq!(run.code, 128 + 6, "{run:?}");
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Mode, source and place of each line of the list.
fn list() -> Vec<(String, String, String)> {
    let text = read("packaging/files");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let columns = |line: &str| {
        let mut words = line.split_whitespace().map(ToOwned::to_owned);
        (words.next().unwrap(), words.next().unwrap(), words.next().unwrap())
    };
    lines.map(columns).collect()
}

/// The files that a pattern of the list means; only `*` in the last part is known.
fn sources(pattern: &str) -> Vec<String> {
    let (directory, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let Some((before, behind)) = name.split_once('*') else { return vec![name.to_owned()] };
    let found = std::fs::read_dir(root().join(directory)).unwrap();
    let found = found.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    found.filter(|name| name.starts_with(before) && name.ends_with(behind)).collect()
}

/// Every file that the list installs, below the prefix, with its mode.
fn installed() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (mode, source, place) in list() {
        if source != "PROGRAM" {
            assert!(!sources(&source).is_empty(), "{source} is not there");
        }
        match place.strip_suffix('/') {
            Some(directory) => {
                all.extend(sources(&source).into_iter().map(|name| (format!("{directory}/{name}"), mode.clone())));
            }
            None => drop(all.insert(place, mode)),
        }
    }
    all
}

#[test]
fn the_list_names_every_manual_completion_licence_and_document() {
    let all = installed();
    for directory in ["packaging/man", "completions", "docs"] {
        for entry in std::fs::read_dir(root().join(directory)).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            let place = |place: &String| place.ends_with(&format!("/{}", name.trim_end_matches(".bash")));
            assert!(entry.path().is_dir() || all.keys().any(place), "{directory}/{name} is in no package");
        }
    }
    for name in ["LICENSE-MIT", "LICENSE-APACHE", "README.md", "CHANGELOG.md", "SECURITY.md"] {
        assert!(all.contains_key(&format!("share/doc/dbguard/{name}")), "{name}");
    }
    assert_eq!(all.get("bin/dbguard").map(String::as_str), Some("755"));
}

/// Runs a script of `packaging/` with a program that is none, as old as the epoch's fifth second.
fn script(name: &str, sandbox: &Sandbox, out: &str) -> String {
    let program = sandbox.path("dbguard");
    let mut script = std::process::Command::new(root().join("packaging").join(name));
    script
        .arg(sandbox.path(out))
        .arg("--program")
        .arg(program)
        .env("SOURCE_DATE_EPOCH", "5")
        .env("TMPDIR", sandbox.path("run"));
    let output = script.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn output(program: &Path, args: &[&str]) -> String {
    let output = std::process::Command::new(program).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn the_tarball_holds_the_list_and_is_the_same_each_time() {
    let sandbox = Sandbox::new().file("dbguard", "GLIBC_2.34").dir("run/own");
    let (one, other) = (script("tarball", &sandbox, "one"), script("tarball", &sandbox, "other"));
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&other).unwrap());
    let top = Path::new(&one).file_name().unwrap().to_str().unwrap().strip_suffix(".tar.gz").unwrap().to_owned();
    let told = output(Path::new("tar"), &["-tzf", &one]);
    let files =
        told.lines().filter(|line| !line.ends_with('/')).map(|line| line.strip_prefix(&format!("{top}/")).unwrap());
    assert_eq!(files.map(ToOwned::to_owned).collect::<BTreeSet<_>>(), installed().into_keys().collect());
    let sum = std::fs::read_to_string(format!("{one}.sha256")).unwrap();
    assert_eq!(sum.split_whitespace().nth(1), Some(&*format!("{top}.tar.gz")));
}

#[cfg(target_os = "linux")]
#[test]
fn the_debian_package_holds_the_list_in_debians_places_and_nothing_that_runs() {
    let Some(dpkg) = tool("dpkg-deb") else { return };
    let program = "\u{0}GLIBC_2.4\u{0}GLIBC_2.34\u{0}GLIBC_2.17";
    let sandbox = Sandbox::new().file("dbguard", format!("{program}\u{0}libgcc_s.so.1"));
    let package = script("deb", &sandbox, "out");
    let told = output(&dpkg, &["--contents", &package]);
    let files =
        told.lines().filter(|line| line.starts_with('-')).map(|line| line.split("./usr/").nth(1).unwrap().to_owned());
    let debian = |place: String| match place.strip_prefix("share/man/") {
        Some(_) => Some(format!("{place}.gz")),
        None if place.contains("LICENSE-") => None,
        None => Some(place.replace("site-functions", "vendor-completions").replace("CHANGELOG.md", "changelog.gz")),
    };
    let mut expected: BTreeSet<String> = installed().into_keys().filter_map(debian).collect();
    expected.insert("share/doc/dbguard/copyright".to_owned());
    assert_eq!(files.collect::<BTreeSet<_>>(), expected);
    assert!(told.lines().all(|line| line.contains(" root/root ")), "{told}");
    let control = output(&dpkg, &["--info", &package]);
    assert!(control.contains("Depends: libc6 (>= 2.34), libgcc-s1\n"), "{control}");
    let alone = Sandbox::new().file("dbguard", program);
    let told = output(&dpkg, &["--info", &script("deb", &alone, "out")]);
    assert!(told.contains("Depends: libc6 (>= 2.34)\n"), "{told}");
    let scripts = ["preinst", "postinst", "prerm", "postrm", "conffiles"];
    assert!(!scripts.iter().any(|script| control.contains(script)), "{control}");
}

#[test]
fn the_bill_of_materials_names_every_locked_package() {
    let told: serde_json::Value = serde_json::from_str(&output(&root().join("packaging/sbom"), &[])).unwrap();
    let named: BTreeSet<String> =
        told["components"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
    let lock = read("Cargo.lock");
    let locked = lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    assert_eq!(named, locked.filter(|name| *name != "dbguard").map(ToOwned::to_owned).collect());
}

#[test]
fn every_package_installs_by_the_one_list() {
    for file in [
        "packaging/tarball",
        "packaging/deb",
        "packaging/arch/PKGBUILD",
        "packaging/homebrew/dbguard.rb",
        "packaging/nix/package.nix",
    ] {
        assert!(read(file).contains("packaging/install"), "{file}");
    }
}

#[test]
fn no_step_of_a_workflow_runs_something_that_can_be_exchanged() {
    for file in ["ci.yml", "release.yml"] {
        let text = read(&format!(".github/workflows/{file}"));
        for used in text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: ")) {
            let (_, pin) = used.split_once('@').unwrap_or_else(|| panic!("{file}: {used}"));
            let hash = pin.split_whitespace().next().unwrap();
            assert!(
                hash.len() == 40 && hash.chars().all(|c| c.is_ascii_hexdigit()),
                "{file}: {used} is not pinned by its hash"
            );
        }
        assert!(text.contains("\npermissions: {}\n"), "{file} begins with permissions");
    }
}
