//! Any bytes as a script: nothing panics or hangs, and the splitting is stable.

#![no_main]

use std::io::Read;
use std::path::PathBuf;

use dbguard::plan::{messages, scan};
use libfuzzer_sys::fuzz_target;

/// Gives a few bytes at a time.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(7);
        self.0.read(&mut buffer[..length])
    }
}

fuzz_target!(|script: &[u8]| {
    let ground = scan::Ground { cwd: "/".into(), home: None, within: vec![PathBuf::from("/nonexistent")] };
    let whole = scan::text(script, &ground);
    assert_eq!(whole, scan::text(Trickle(script), &ground));
    // Meta-commands and variables and a byte order mark leave no trace in what is sent; without them, a message is one message again.
    let plain: Vec<u8> = script.iter().copied().filter(|byte| !matches!(byte, b'\\' | b':' | 0 | b'\r' | 0xef)).collect();
    for message in messages(&plain).into_iter().filter(|message| message.ends_with(b";")) {
        assert_eq!(messages(&message).concat(), message);
    }
});
