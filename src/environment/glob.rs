//! Globs for names: `*` and `**`, and nothing else.
//!
//! A `*` stands for any text, but it never cuts through a word: where it begins or ends between two letters, it does
//! not match. So `*prod*` matches `prod`, `eu-prod` and `prod2`, and neither `reproduction` nor `nonprod`. Who means
//! the middle of a word says so with `**`. Case is the business of the caller.

/// A checked glob. It is kept as text and taken apart when it is matched: a file of 10,000 rules is read for every
/// invocation, and nearly all of them are never looked at closely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(Box<str>);

/// A part of a glob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'a> {
    /// This text.
    Text(&'a str),
    /// Any text that begins and ends where words do.
    Words,
    /// Any text.
    Anything,
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPattern {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to write instead, where that can be said.
    pub help: Option<String>,
}

impl BadPattern {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()) }
    }
}

impl Glob {
    /// Checks a glob for a name that stands alone: a database, a user, a service.
    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        refuse_unprintable(text)?;
        check(text)?;
        if text.bytes().all(|byte| byte == b'*') {
            return Err(BadPattern::new(format!("`{text}` matches everything"), "leave the key out to match anything"));
        }
        Ok(Self(text.into()))
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        matches(&self.0, text)
    }
}

/// Checks without asking whether it matches everything: a label of a host may be `*`.
pub(super) fn check(text: &str) -> Result<(), BadPattern> {
    if has(text, b"***") {
        let message = format!("`{text}` has more than two `*` in a row");
        return Err(BadPattern::new(message, "`*` does not cut through words, `**` does"));
    }
    Ok(())
}

/// Whether these bytes stand in the text. Patterns are short: setting up a search would cost more than this one.
pub(super) fn has(text: &str, wanted: &[u8]) -> bool {
    text.as_bytes().windows(wanted.len()).any(|window| window == wanted)
}

/// Whether the whole of `text` matches the checked glob `pattern`.
///
/// Follows every way at once: the set of byte offsets that the parts so far can end at. Time is bounded by
/// parts × length², whatever the pattern.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    if !pattern.contains('*') {
        return pattern == text;
    }
    let mut ends = vec![0];
    for part in parts(pattern) {
        ends = match part {
            Part::Text(literal) => after_literal(text, literal, &ends),
            Part::Words => after_words(text, &ends),
            Part::Anything => match ends.first() {
                Some(first) => (*first..=text.len()).filter(|at| text.is_char_boundary(*at)).collect(),
                None => return false,
            },
        };
    }
    ends.last() == Some(&text.len())
}

/// The parts of a glob, from the left.
fn parts(pattern: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = pattern;
    std::iter::from_fn(move || {
        let (part, after) = match rest.strip_prefix('*') {
            Some(after) => match after.strip_prefix('*') {
                Some(after) => (Part::Anything, after),
                None => (Part::Words, after),
            },
            None if rest.is_empty() => return None,
            None => {
                let (text, after) = rest.split_at_checked(rest.find('*').unwrap_or(rest.len()))?;
                (Part::Text(text), after)
            }
        };
        rest = after;
        Some(part)
    })
}

/// Control characters and the like have no place in a pattern: nobody can see what they match.
pub(super) fn refuse_unprintable(text: &str) -> Result<(), BadPattern> {
    if text.is_empty() {
        return Err(BadPattern::new("an empty pattern matches nothing", "leave the key out to match anything"));
    }
    if text.chars().any(char::is_control) || text.trim() != text {
        return Err(BadPattern::new("a pattern with spaces around it or control characters in it", "take them out"));
    }
    Ok(())
}

fn after_literal(text: &str, literal: &str, ends: &[usize]) -> Vec<usize> {
    let fits = |at: &&usize| text.get(**at..).is_some_and(|rest| rest.starts_with(literal));
    ends.iter().filter(fits).map(|at| at + literal.len()).collect()
}

fn after_words(text: &str, ends: &[usize]) -> Vec<usize> {
    let start = ends.iter().copied().find(|at| between_words(text, *at));
    let reached = |at: &usize| {
        text.is_char_boundary(*at)
            && (ends.binary_search(at).is_ok() || start.is_some_and(|start| *at > start && between_words(text, *at)))
    };
    (0..=text.len()).filter(reached).collect()
}

/// Not between two letters.
fn between_words(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    let letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    !(letter(before.chars().next_back()) && letter(after.chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matching<'a>(glob: &str, texts: &[&'a str]) -> Vec<&'a str> {
        let glob = Glob::parse(glob).unwrap();
        texts.iter().copied().filter(|text| glob.matches(text)).collect()
    }

    const NAMES: [&str; 10] =
        ["prod", "prod2", "2prod", "eu-prod", "prod_eu", "a-prod-b", "reproduction", "production", "nonprod", "pro"];

    #[test]
    fn a_star_never_cuts_through_a_word() {
        assert_eq!(matching("*prod*", &NAMES), ["prod", "prod2", "2prod", "eu-prod", "prod_eu", "a-prod-b"]);
        assert_eq!(matching("prod*", &NAMES), ["prod", "prod2", "prod_eu"]);
        assert_eq!(matching("*prod", &NAMES), ["prod", "2prod", "eu-prod"]);
    }

    #[test]
    fn two_stars_match_inside_a_word_for_who_asks_for_it() {
        assert_eq!(matching("**prod**", &NAMES)[..], NAMES[..9]);
        assert_eq!(matching("re**", &NAMES), ["reproduction"]);
    }

    #[test]
    fn digits_are_not_letters() {
        assert_eq!(matching("db1*", &["db1", "db12", "db1a", "db2", "db-1"]), ["db1", "db12", "db1a"]);
    }

    #[test]
    fn a_name_without_stars_is_compared_byte_for_byte() {
        assert_eq!(matching("app", &["app", "App", "app ", "apps"]), ["app"]);
    }

    #[test]
    fn what_matches_everything_or_nothing_is_no_pattern() {
        for text in ["*", "**", "", " app", "app\n", "a\u{7}b", "a***b"] {
            assert!(Glob::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn letters_of_any_script_make_words_and_no_offset_splits_a_character() {
        assert_eq!(matching("*прод*", &["прод", "ё-прод", "перепрод"]), ["прод", "ё-прод"]);
        assert_eq!(matching("**ё**", &["aёb", "б"]), ["aёb"]);
    }

    #[test]
    fn many_stars_against_a_long_name_end_soon() {
        let glob = Glob::parse(&"a*".repeat(200)).unwrap();
        let started = std::time::Instant::now();
        assert!(!glob.matches(&"a-".repeat(100)));
        assert!(glob.matches(&"a-".repeat(1000)));
        assert!(started.elapsed().as_secs() < 5);
    }
}
