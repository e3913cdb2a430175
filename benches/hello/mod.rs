//! The measure of a process: a static hello world, compiled where a benchmark runs.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Compiles it to this program; its source stays beside it.
pub(crate) fn compile(program: &Path) {
    let source = program.with_extension("c");
    fs::write(&source, "#include <stdio.h>\nint main(void) { puts(\"hello, world\"); return 0; }\n").unwrap();
    // macOS has no static C library.
    let compiled = ["-static", "-O2"].iter().any(|option| {
        let status = Command::new("cc").args(["-O2", option, "-o"]).arg(program).arg(&source).status();
        status.is_ok_and(|status| status.success())
    });
    assert!(compiled, "cc compiles a hello world");
}
