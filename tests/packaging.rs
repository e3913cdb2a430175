//! What packages ship, and how it is built.

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
