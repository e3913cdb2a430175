//! The properties of `fuzz/fuzz_targets/scan.rs` over mutated scripts, without a fuzzer: any bytes are read without a
//! panic, in pieces of any size alike, and a message that is cut is cut again in the same place.

use std::io::Read;
use std::path::PathBuf;

use dbguard::plan::messages;
use dbguard::plan::scan::{Ground, Scan, text};

use crate::plan_server::{Dice, PIECES};

/// Gives so many bytes at a time.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(self.1);
        self.0.read(&mut buffer[..length])
    }
}

fn scanned(source: impl Read) -> Scan {
    text(source, &Ground { cwd: "/".into(), home: None, within: vec![PathBuf::from("/nonexistent")] })
}

#[test]
fn any_bytes_are_read_alike_in_pieces_and_cut_again_in_the_same_place() {
    let seeds: Vec<&str> = include_str!("sql/corpus.sql")
        .lines()
        .chain(include_str!("sql/cuts.sql").lines())
        .chain(include_str!("sql/scripts/shop.sql").lines())
        .collect();
    let seed = std::env::var("DBGUARD_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0xf022_u64);
    let rounds = std::env::var("DBGUARD_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1500);
    let mut dice = Dice(seed);
    for round in 0..rounds {
        let mut script = Vec::new();
        for _ in 0..=dice.below(5) {
            script.extend_from_slice(seeds[dice.below(seeds.len())].as_bytes());
            script.extend_from_slice([b";\n".as_slice(), b"\n", b" "][dice.below(3)]);
        }
        for _ in 0..dice.below(8) {
            let at = dice.below(script.len() + 1);
            let piece = PIECES[dice.below(PIECES.len())];
            let until = at + dice.below(3).min(script.len() - at);
            script.splice(at..until, piece.iter().copied()).for_each(drop);
        }
        let told = || format!("round {round} of seed {seed}: {:?}", String::from_utf8_lossy(&script));
        let whole = scanned(script.as_slice());
        assert_eq!(whole, scanned(Trickle(&script, 1 + round % 9)), "{}", told());
        // Meta-commands and variables leave no trace in what is sent, nor does a byte order mark.
        script.retain(|byte| !matches!(byte, b'\\' | b':' | 0 | b'\r' | 0xef));
        for message in messages(&script).into_iter().filter(|message| message.ends_with(b";")) {
            assert_eq!(messages(&message).concat(), message, "round {round} of seed {seed}");
        }
    }
}
