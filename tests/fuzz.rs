//! The fuzz targets without a fuzzer: every property holds for the seeds, for mutations of them, and for what fuzzing
//! once found, which lies among the seeds.
//!
//! `DBGUARD_TEST_SEED` repeats a run, `DBGUARD_TEST_ROUNDS` makes it longer. What breaks a property is named by the
//! bytes themselves.

#[path = "../fuzz/properties.rs"]
mod properties;

use std::path::Path;

use crate::plan_server::{Dice, PIECES};
use crate::support::Sandbox;

/// Where the seeds and the list of `cargo fuzz` are.
fn place(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> =
        std::fs::read_dir(place("seeds").join(target)).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    let mut seeds: Vec<Vec<u8>> = paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect();
    if target == "sql" {
        let corpus =
            [include_str!("sql/corpus.sql"), include_str!("sql/cuts.sql"), include_str!("sql/scripts/shop.sql")];
        seeds.extend(corpus.iter().flat_map(|text| text.lines()).map(|line| line.as_bytes().to_vec()));
    }
    seeds
}

/// Pieces of several seeds, with bytes and marks thrown in and taken out.
fn mutated(seeds: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut text = Vec::new();
    for _ in 0..=dice.below(4) {
        let seed = &seeds[dice.below(seeds.len())];
        let from = if dice.below(2) == 0 { 0 } else { dice.below(seed.len() + 1) };
        let until = if dice.below(2) == 0 { seed.len() } else { from + dice.below(seed.len() - from + 1) };
        text.extend_from_slice(&seed[from..until]);
        text.extend_from_slice([b";\n".as_slice(), b"\n", b" ", b""][dice.below(4)]);
    }
    for _ in 0..dice.below(8) {
        let at = dice.below(text.len() + 1);
        let until = at + dice.below(3).min(text.len() - at);
        let byte = [u8::try_from(dice.below(256)).unwrap()];
        let marks: [&[u8]; 12] = [b"%", b"[", b"]", b"{", b"}", b"=", b":", b"@", b"&a", b"*a", b"<<: ", b"\t"];
        let piece = match dice.below(3) {
            0 => PIECES[dice.below(PIECES.len())],
            1 => marks[dice.below(marks.len())],
            _ => &byte,
        };
        text.splice(at..until, piece.iter().copied()).for_each(drop);
    }
    text
}

/// Tells which bytes broke a property, in a form that can be kept as a seed.
struct Told<'a>(&'a str, &'a [u8]);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the target `{}` breaks at b\"{}\"", self.0, self.1.escape_ascii());
        }
    }
}

fn hold(target: &str, property: properties::Property, rounds: usize, seed: u64) {
    let sandbox = Sandbox::new();
    let seeds = seeds(target);
    let mut dice = Dice(seed);
    let mutations = (0..rounds).map(|_| mutated(&seeds, &mut dice));
    for bytes in seeds.iter().cloned().chain(mutations) {
        let told = Told(target, &bytes);
        property(&bytes, &sandbox.path("run"));
        drop(told);
    }
}

#[test]
fn every_property_holds_for_seeds_and_their_mutations() {
    let seed = std::env::var("DBGUARD_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0xf022_u64);
    let rounds = std::env::var("DBGUARD_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(300);
    for (target, property) in properties::TARGETS {
        let rounds = if *target == "sql" { 5 * rounds } else { rounds };
        hold(target, *property, rounds, seed);
    }
}

#[test]
fn the_list_of_the_fuzzer_the_properties_and_the_seeds_name_the_same_targets() {
    let names: Vec<&str> = properties::TARGETS.iter().map(|(name, _)| *name).collect();
    let manifest = std::fs::read_to_string(place("Cargo.toml")).unwrap();
    let listed: Vec<&str> = manifest.split("[[bin]]").skip(1).filter_map(|bin| bin.split('"').nth(1)).collect();
    assert_eq!(listed, names);
    let mut seeds: Vec<_> =
        std::fs::read_dir(place("seeds")).unwrap().map(|target| target.unwrap().file_name()).collect();
    seeds.sort();
    assert_eq!(seeds, names);
}
