//! How many columns of a terminal a text takes.

/// The columns that a text takes which is safe to show.
pub fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// As much of a text as fits, with an ellipsis where something is left out.
pub fn shortened(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += columns_of(c);
        if used > room {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// The columns of a character: the blocks of East Asian wide characters and of emoji (Unicode TR 11, in the large)
/// take two, combining marks none. A terminal that counts otherwise shows a ragged edge, nothing worse.
pub fn columns_of(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns_and_combining_ones_none() {
        assert_eq!(columns("デ"), 2);
        assert_eq!(columns("e\u{301}"), 1);
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_that_is_shown() {
        assert_eq!(shortened("db1.prod", 8), "db1.prod");
        assert_eq!(shortened("db1.prod", 7), "db1.pr…");
        assert_eq!(shortened("デデデ", 5), "デデ…");
        assert_eq!(shortened("デデデ", 4), "デ…");
    }
}
