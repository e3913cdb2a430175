//! What a terminal would show of a stream, roughly: escape sequences are taken out, nothing is laid out.

/// The text without escape sequences and carriage returns; other control characters stay visible to the test.
pub(super) fn strip(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {}
            '\x1b' => match chars.next() {
                // CSI: parameters and intermediates, then one final byte.
                Some('[') => while chars.next().is_some_and(|c| !('\x40'..='\x7e').contains(&c)) {},
                // OSC, DCS, APC, PM: to BEL or ST.
                Some(']' | 'P' | '_' | '^') => {
                    while let Some(c) = chars.next() {
                        if c == '\x07' || (c == '\x1b' && chars.next_if_eq(&'\\').is_some()) {
                            break;
                        }
                    }
                }
                // A character set: one more byte.
                Some('(' | ')' | '#') => drop(chars.next()),
                _ => {}
            },
            c => out.push(c),
        }
    }
    out
}

#[test]
fn colours_titles_and_cursor_moves_are_taken_out() {
    assert_eq!(strip(b"\x1b]0;title\x07a\x1b[1;31mb\x1b[0m\x1b(Bc\r\nd\x1b]8;;x\x1b\\e"), "abc\nde");
}
