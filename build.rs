//! Packs the texts that dbguard carries: the shells' hooks, the table of tools, the functions that only read.
//!
//! They would be a twentieth of the program. Byte pair encoding halves them: what two bytes occur most often side by side
//! become one that occurs nowhere, and so on until all of those are used. `src/text/packed.rs` takes it back. Comments,
//! indentation and empty lines, which are for whoever changes the files, are left out first. The same files always come
//! out the same.
//!
//! And it tells the linker what makes a program for this very machine start sooner, which every prompt and every guarded
//! command waits for.

#![allow(clippy::indexing_slicing, reason = "tables of as many places as a byte, or two, has values")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// What is packed: directories, and which files of them.
const TEXTS: [(&str, &[&str]); 3] =
    [("tools", &["toml"]), ("shell", &["bash", "zsh", "fish", "psql"]), ("src/plan/classify", &["txt"])];

/// A pair that is rarer is no gain.
const RAREST: u32 = 4;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    link();
    let mut texts = BTreeMap::new();
    for (directory, endings) in TEXTS {
        println!("cargo::rerun-if-changed={directory}");
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            if endings.contains(&ending) {
                let text = fs::read(&path)?;
                // psql's are put into people's files as they are.
                let text = if ending == "psql" { text } else { plain(&text) };
                texts.insert(path, text);
            }
        }
    }
    let pairs = pack(&mut texts);
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("packed");
    write(&out.join("pairs"), &pairs.concat())?;
    texts.iter().try_for_each(|(path, text)| write(&out.join(path), text))
}

/// With glibc, where it is built for the machine that it is built on: for another one nothing is known of what is there.
fn link() {
    let var = |name| env::var(name).unwrap_or_default();
    if var("HOST") != var("TARGET") || var("CARGO_CFG_TARGET_OS") != "linux" || var("CARGO_CFG_TARGET_ENV") != "gnu" {
        return;
    }
    // One library less to be found and bound: the unwinder, which nobody needs, is in the C compiler's archive.
    if Path::new(&said("cc", &["-print-file-name=libgcc_eh.a"])).is_absolute() {
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
    // The list of places that the start has to fill in, packed; glibc reads that from 2.36 on.
    let libc = said("getconf", &["GNU_LIBC_VERSION"]);
    let version = libc.strip_prefix("glibc 2.").and_then(|minor| minor.split('.').next()?.parse::<u32>().ok());
    if version.is_some_and(|minor| minor >= 36) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// What a program prints, without the line end; nothing where it cannot be run.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim_end().to_owned()).unwrap_or_default()
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, bytes)
}

/// Without comments, indentation and empty lines. (No string in these files goes on over a line end but where that means
/// nothing.)
fn plain(text: &[u8]) -> Vec<u8> {
    let lines = text.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_start);
    lines.filter(|line| !line.is_empty() && !line.starts_with(b"#")).flatten().copied().collect()
}

/// Replaces pairs in all texts; for each byte the two that it stands for, of which the second is 0 where it is itself.
fn pack(texts: &mut BTreeMap<PathBuf, Vec<u8>>) -> [[u8; 256]; 2] {
    let mut pairs = [[0; 256]; 2];
    let used: Vec<u8> = texts.values().flatten().copied().collect();
    assert!(!used.contains(&0), "0 marks the bytes that are themselves");
    for byte in 1..=u8::MAX {
        if used.contains(&byte) {
            pairs[0][usize::from(byte)] = byte;
            continue;
        }
        let Some(pair) = commonest(texts) else { break };
        pairs[0][usize::from(byte)] = pair[0];
        pairs[1][usize::from(byte)] = pair[1];
        for text in texts.values_mut() {
            *text = replaced(text, pair, byte);
        }
    }
    pairs
}

/// The pair that occurs most often, the first of equals.
fn commonest(texts: &BTreeMap<PathBuf, Vec<u8>>) -> Option<[u8; 2]> {
    let mut counts = vec![0_u32; 1 << 16];
    for pair in texts.values().flat_map(|text| text.windows(2)) {
        counts[usize::from(u16::from_be_bytes([pair[0], pair[1]]))] += 1;
    }
    let most = counts.iter().copied().max().filter(|&most| most >= RAREST)?;
    let pair = counts.iter().position(|&count| count == most)?;
    u16::try_from(pair).ok().map(u16::to_be_bytes)
}

fn replaced(text: &[u8], pair: [u8; 2], with: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let whole = rest.starts_with(&pair);
        out.push(if whole { with } else { first });
        rest = if whole { &rest[2..] } else { after };
    }
    out
}
