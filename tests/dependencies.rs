//! What others' code comes along: the same rules as `deny.toml`, held without `cargo deny`, which takes minutes to build.
//!
//! The packages' own manifests and build scripts are read where cargo keeps their sources; the lists are those of
//! `deny.toml`, so that there is one of each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The packages that this machine builds, as cargo tells them; nothing is fetched, so those of other systems are left out.
fn packages() -> Vec<Value> {
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let others = |package: &&Value| package["name"] != "dbguard";
    let packages: Vec<Value> = told["packages"].as_array().unwrap().iter().filter(others).cloned().collect();
    assert!(packages.len() > 20, "only {} packages were understood", packages.len());
    packages
}

/// The words of a list of `deny.toml`.
fn denied(key: &str) -> BTreeSet<String> {
    let text = read("deny.toml");
    let list = text.split(&format!("\n{key} = [")).nth(1).unwrap().split(']').next().unwrap().to_owned();
    list.split('"').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}

fn name(package: &Value) -> String {
    package["name"].as_str().unwrap().to_owned()
}

#[test]
fn no_package_is_there_in_two_versions() {
    let lock = read("Cargo.lock");
    let mut counts = BTreeMap::new();
    for name in lock.lines().filter_map(|line| line.strip_prefix("name = ")) {
        *counts.entry(name).or_insert(0) += 1;
    }
    counts.retain(|_, count| *count > 1);
    assert!(counts.is_empty(), "{counts:?}");
}

#[test]
fn every_package_is_from_the_registry_and_locked_by_its_checksum() {
    let lock = read("Cargo.lock");
    for package in lock.split("[[package]]\n").skip(1).filter(|package| !package.starts_with("name = \"dbguard\"")) {
        assert!(
            package.contains("\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \""),
            "{package}"
        );
    }
}

/// Whether one of the allowed licences is enough: `OR` leaves the choice, `AND` demands both.
fn is_allowed(license: &str, allowed: &BTreeSet<String>) -> bool {
    let both = license.split(" AND ").map(|side| side.trim_matches(['(', ')']));
    both.into_iter().all(|side| side.split(" OR ").any(|one| allowed.contains(one)))
}

#[test]
fn every_licence_is_one_that_was_agreed_on() {
    let allowed = denied("allow");
    for (license, is) in [("MIT OR GPL-3.0", true), ("GPL-3.0", false), ("(MIT OR Apache-2.0) AND GPL-3.0", false)] {
        assert_eq!(is_allowed(license, &allowed), is, "{license}");
    }
    let license = |package: &Value| package["license"].as_str().unwrap_or("none").to_owned();
    let others: Vec<String> = packages()
        .iter()
        .filter(|package| !is_allowed(&license(package), &allowed))
        .map(|package| format!("{}: {}", name(package), license(package)))
        .collect();
    assert!(others.is_empty(), "{others:?}");
}

/// What fetching looks like in Rust: the network, or a program that has it.
const FETCHES: [&str; 11] =
    ["std::net", "TcpStream", "curl", "wget", "reqwest", "ureq", "\"git\"", "git2", "https_proxy", "download", "fetch"];

#[test]
fn only_known_packages_run_code_while_others_build_and_none_of_it_fetches() {
    let mut found = BTreeSet::new();
    for package in packages() {
        for target in package["targets"].as_array().unwrap() {
            if !target["kind"].as_array().unwrap().iter().any(|kind| kind == "custom-build") {
                continue;
            }
            found.insert(name(&package));
            let path = target["src_path"].as_str().unwrap();
            let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
            let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let fetches: Vec<&&str> = FETCHES.iter().filter(|word| code.contains(**word)).collect();
            assert!(fetches.is_empty(), "{path} speaks of {fetches:?}");
        }
    }
    let known = denied("allow-build-scripts");
    assert!(found.is_subset(&known), "{:?} run code, and are not known for it", found.difference(&known));
    // Those of other systems are not built here; a name that is nobody's would let in whoever takes it.
    let lock = read("Cargo.lock");
    let nobody = known.iter().find(|name| !lock.contains(&format!("\nname = \"{name}\"\n")));
    assert_eq!(nobody, None);
}
