//! Texts that the program carries, packed by `build.rs`: each byte stands for itself or for two others.

/// For each byte the first that it stands for, then for each the second; 0 where it stands for itself.
pub(crate) const PAIRS: &[u8; 512] = include_bytes!(concat!(env!("OUT_DIR"), "/packed/pairs"));

/// The packed form of a file of the source, named from its root.
macro_rules! packed {
    ($($path:expr),+) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/packed/", $($path),+)).as_slice()
    };
}
pub(crate) use packed;

/// The text of a packed one.
pub(crate) fn unpacked(packed: &[u8]) -> String {
    let (firsts, seconds) = PAIRS.split_at(256);
    let mut out = Vec::with_capacity(packed.len() * 4);
    let mut waiting = Vec::new();
    for &byte in packed {
        waiting.push(byte);
        while let Some(byte) = waiting.pop() {
            match (firsts.get(usize::from(byte)), seconds.get(usize::from(byte))) {
                (Some(first), Some(second @ 1..)) => waiting.extend([*second, *first]),
                _ => out.push(byte),
            }
        }
    }
    String::from_utf8(out).unwrap_or_default()
}

/// The length of that text, without making it.
pub(crate) fn length(packed: &[u8]) -> usize {
    let (firsts, seconds) = PAIRS.split_at(256);
    // What a byte stands for was there before it: a byte of the text, or one that was given out earlier, which is smaller.
    let mut lengths = [1_usize; 256];
    for byte in 1..256 {
        let of = |table: &[u8]| table.get(byte).map_or(0, |part| lengths.get(usize::from(*part)).copied().unwrap_or(1));
        if seconds.get(byte).is_some_and(|second| *second > 0) {
            let both = of(firsts) + of(seconds);
            if let Some(length) = lengths.get_mut(byte) {
                *length = both;
            }
        }
    }
    packed.iter().filter_map(|byte| lengths.get(usize::from(*byte))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_people_as_it_is_comes_back_whole() {
        assert_eq!(unpacked(packed!("shell/dbguard.psql")), include_str!("../../shell/dbguard.psql"));
        assert_eq!(unpacked(packed!("shell/portable.psql")), include_str!("../../shell/portable.psql"));
    }

    #[test]
    fn the_length_is_known_before_the_text_is() {
        for packed in [packed!("shell/dbguard.bash"), packed!("shell/dbguard.psql"), packed!("tools/rails.toml"), b""] {
            assert_eq!(length(packed), unpacked(packed).len());
        }
    }

    #[test]
    fn of_the_others_comments_indentation_and_empty_lines_are_left_out() {
        let plain = |text: &str| {
            let lines = text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
            lines.flat_map(|line| [line, "\n"]).collect::<String>()
        };
        assert_eq!(unpacked(packed!("shell/dbguard.bash")), plain(include_str!("../../shell/dbguard.bash")));
        assert_eq!(unpacked(packed!("shell/dbguard.zsh")), plain(include_str!("../../shell/dbguard.zsh")));
        assert_eq!(unpacked(packed!("shell/dbguard.fish")), plain(include_str!("../../shell/dbguard.fish")));
        assert_eq!(unpacked(packed!("tools/rails.toml")), plain(include_str!("../../tools/rails.toml")));
    }

    #[test]
    fn packing_halves_them() {
        let packed = packed!("src/plan/classify/functions.txt");
        assert!(packed.len() * 3 < unpacked(packed).len() * 2, "{}", packed.len());
    }
}
