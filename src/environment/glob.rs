//! Globs for names: `*` and `**`, and nothing else.
//!
//! A `*` stands for any text, but it never cuts through a word: where it begins or ends between two letters, it does
//! not match. So `*prod*` matches `prod`, `eu-prod` and `prod2`, and neither `reproduction` nor `nonprod`. Who means
//! the middle of a word says so with `**`. Case is the business of the caller.

/// A compiled glob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// This text.
    Text(String),
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
    /// Compiles a glob for a name that stands alone: a database, a user, a service.
    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        refuse_unprintable(text)?;
        let glob = Self::compile(text)?;
        if glob.parts.iter().all(|part| !matches!(part, Part::Text(_))) {
            return Err(BadPattern::new(format!("`{text}` matches everything"), "leave the key out to match anything"));
        }
        Ok(glob)
    }

    /// Compiles without asking whether it matches everything: a label of a host may be `*`.
    pub(super) fn compile(text: &str) -> Result<Self, BadPattern> {
        if text.contains("***") {
            return Err(BadPattern::new(
                format!("`{text}` has more than two `*` in a row"),
                "`*` does not cut through words, `**` does",
            ));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('*') {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let (part, after) = match after.strip_prefix('*') {
                Some(after) => (Part::Anything, after),
                None => (Part::Words, after),
            };
            parts.push(part);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        match self.parts.as_slice() {
            [] => text.is_empty(),
            [Part::Text(only)] => only == text,
            _ => self.search(text),
        }
    }

    /// Follows every way at once: the set of byte offsets that the parts so far can end at. Time is bounded by
    /// parts × length², whatever the pattern.
    fn search(&self, text: &str) -> bool {
        let mut ends = vec![0];
        for part in &self.parts {
            ends = match part {
                Part::Text(literal) => after_literal(text, literal, &ends),
                Part::Words => after_words(text, &ends),
                Part::Anything => match ends.first() {
                    Some(first) => (*first..=text.len()).filter(|at| text.is_char_boundary(*at)).collect(),
                    None => Vec::new(),
                },
            };
        }
        ends.last() == Some(&text.len())
    }
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
