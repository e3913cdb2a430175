//! Every target of `Cargo.toml`: the property of its own name.

#![no_main]

#[path = "../properties.rs"]
mod properties;

use std::path::PathBuf;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

/// In memory where that can be had; one for each process, removed by nobody: it is small.
fn directory() -> &'static PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let memory = PathBuf::from("/dev/shm");
        let above = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let directory = above.join(format!("dbguard-fuzz-{}", env!("CARGO_BIN_NAME")));
        std::fs::create_dir_all(&directory).expect("a directory can be made");
        directory
    })
}

fuzz_target!(|bytes: &[u8]| {
    let (_, property) = properties::TARGETS.iter().find(|(name, _)| *name == env!("CARGO_BIN_NAME")).expect("it is there");
    property(bytes, directory());
});
