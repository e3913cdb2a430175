//! Which files a repository ignores, after `gitignore(5)`: patterns of `.gitignore` files, the last match wins.
//!
//! git itself is not started: a repository's own configuration can make it run programs. Patterns come from whoever
//! wrote the repository, so matching takes time that grows with pattern and name alone.

/// The patterns of one file, for the directory that it stands in.
#[derive(Debug, Default)]
pub(super) struct Ignore(Vec<Pattern>);

#[derive(Debug)]
struct Pattern {
    tokens: Vec<Token>,
    /// `!`: not ignored after all.
    negated: bool,
    /// A trailing slash: only directories.
    directories: bool,
    /// With a slash in it, it is about the path from this directory; else about any name below.
    anchored: bool,
}

#[derive(Debug)]
enum Token {
    Byte(u8),
    /// `?`
    One,
    /// `[…]`: whether it lists what must not stand here, and the ranges.
    Class(bool, Vec<(u8, u8)>),
    /// `*`
    Star,
    /// `**/`: any directories, or none.
    Directories,
    /// `/**` at the end.
    Everything,
}

/// More than anybody writes.
const MOST: usize = 2000;
const LONGEST: usize = 512;

impl Ignore {
    /// Reads a file.
    pub(super) fn parse(text: &[u8]) -> Self {
        Self(text.split(|&byte| byte == b'\n').filter_map(Pattern::parse).take(MOST).collect())
    }

    /// What these patterns say of a path below their directory; `None` where they say nothing.
    pub(super) fn ignores(&self, path: &[u8], directory: bool) -> Option<bool> {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
        let says = |pattern: &&Pattern| {
            (directory || !pattern.directories) && matches(&pattern.tokens, if pattern.anchored { path } else { name })
        };
        self.0.iter().rev().find(says).map(|pattern| !pattern.negated)
    }
}

impl Pattern {
    fn parse(line: &[u8]) -> Option<Self> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let end = line.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
        let line = line.get(..end)?;
        if line.is_empty() || line.starts_with(b"#") || line.len() > LONGEST {
            return None;
        }
        let (negated, line) = line.strip_prefix(b"!").map_or((false, line), |rest| (true, rest));
        let (directories, line) = line.strip_suffix(b"/").map_or((false, line), |rest| (true, rest));
        let anchored = line.contains(&b'/');
        let tokens = tokens(line.strip_prefix(b"/").unwrap_or(line));
        Some(Self { tokens, negated, directories, anchored })
    }
}

fn tokens(mut text: &[u8]) -> Vec<Token> {
    let mut tokens = Vec::new();
    while let Some((&byte, rest)) = text.split_first() {
        let boundary = matches!(tokens.last(), None | Some(Token::Byte(b'/') | Token::Directories));
        let (token, rest) = match byte {
            b'*' if boundary && text.starts_with(b"**/") => (Token::Directories, text.get(3..)),
            b'*' if boundary && text == b"**" => (Token::Everything, Some(&[][..])),
            b'*' => (Token::Star, Some(rest)),
            b'?' => (Token::One, Some(rest)),
            b'[' => class(rest).map_or((Token::Byte(b'['), Some(rest)), |(class, rest)| (class, Some(rest))),
            b'\\' => match rest.split_first() {
                Some((&next, rest)) => (Token::Byte(next), Some(rest)),
                None => (Token::Byte(b'\\'), Some(rest)),
            },
            byte => (Token::Byte(byte), Some(rest)),
        };
        tokens.push(token);
        text = rest.unwrap_or_default();
    }
    tokens
}

/// What stands in brackets; `None` where they do not close.
fn class(text: &[u8]) -> Option<(Token, &[u8])> {
    let negated = matches!(text.first(), Some(b'!' | b'^'));
    let inside = text.get(usize::from(negated)..)?;
    let close = inside.iter().skip(1).position(|&byte| byte == b']')? + 1;
    let (mut listed, rest) = (inside.get(..close)?, inside.get(close + 1..)?);
    let mut ranges = Vec::new();
    loop {
        listed = match *listed {
            [low, b'-', high, ref more @ ..] => (ranges.push((low, high)), more).1,
            [byte, ref more @ ..] => (ranges.push((byte, byte)), more).1,
            [] => break,
        };
    }
    Some((Token::Class(negated, ranges), rest))
}

/// All positions in the pattern that the text so far can have led to, step by step: no going back, whatever it holds.
fn matches(tokens: &[Token], text: &[u8]) -> bool {
    let mut here = vec![false; tokens.len() + 1];
    // Within a directory's name that `**/` passes over.
    let mut inside = vec![false; tokens.len() + 1];
    reach(&mut here, 0, tokens);
    for &byte in text {
        let mut next = vec![false; tokens.len() + 1];
        let mut within = vec![false; tokens.len() + 1];
        for (at, token) in tokens.iter().enumerate() {
            let active = here.get(at) == Some(&true);
            let passing = inside.get(at) == Some(&true);
            let stays = match token {
                Token::Star => active && byte != b'/',
                Token::Everything => active,
                Token::Directories => (active || passing) && byte == b'/',
                Token::Byte(_) | Token::One | Token::Class(..) => false,
            };
            if stays {
                reach(&mut next, at, tokens);
            }
            if matches!(token, Token::Directories) && (active || passing) && byte != b'/' {
                within.iter_mut().skip(at).take(1).for_each(|slot| *slot = true);
            }
            if active && fits(token, byte) {
                reach(&mut next, at + 1, tokens);
            }
        }
        (here, inside) = (next, within);
    }
    here.last() == Some(&true)
}

/// Marks a position, and those that follow it without a byte.
fn reach(positions: &mut [bool], mut at: usize, tokens: &[Token]) {
    loop {
        positions.iter_mut().skip(at).take(1).for_each(|slot| *slot = true);
        if !matches!(tokens.get(at), Some(Token::Star | Token::Directories | Token::Everything)) {
            return;
        }
        at += 1;
    }
}

fn fits(token: &Token, byte: u8) -> bool {
    match token {
        Token::Byte(expected) => *expected == byte,
        Token::One => byte != b'/',
        Token::Class(negated, ranges) => {
            byte != b'/' && ranges.iter().any(|(low, high)| (low..=high).contains(&&byte)) != *negated
        }
        Token::Star | Token::Directories | Token::Everything => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(patterns: &str, path: &str) -> bool {
        Ignore::parse(patterns.as_bytes()).ignores(path.as_bytes(), false) == Some(true)
    }

    #[test]
    fn patterns_are_read_as_git_reads_them() {
        for (patterns, path) in [
            ("*.log", "a/b.log"),
            ("/b.log", "b.log"),
            ("a/*.log", "a/b.log"),
            ("**/b", "a/c/b"),
            ("a/**/b", "a/b"),
            ("a/**/b", "a/x/y/b"),
            ("a/**", "a/b/c"),
            ("[a-c]?.t", "b1.t"),
            ("[!a]x", "bx"),
            ("\\#x", "#x"),
            ("x  \r", "x"),
            ("*\n!y\ny", "y"),
            ("[", "["),
        ] {
            assert!(ignored(patterns, path), "{patterns} {path}");
        }
        for (patterns, path) in [
            ("/b.log", "a/b.log"),
            ("a/*.log", "a/c/b.log"),
            ("#x", "#x"),
            ("x/", "x"),
            ("*\n!y", "y"),
            ("a/**/b", "a/xb"),
            ("", "x"),
        ] {
            assert!(!ignored(patterns, path), "{patterns} {path}");
        }
        assert_eq!(Ignore::parse(b"x/").ignores(b"x", true), Some(true));
    }

    #[test]
    fn hostile_patterns_take_no_time() {
        let patterns = format!("{}b\n", "*a".repeat(200));
        assert!(!ignored(&patterns, &"a".repeat(4000)));
        assert!(!ignored(&format!("{}b", "**/".repeat(150)), &"a/".repeat(2000)));
    }
}
