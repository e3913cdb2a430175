//! String constants of SQL that mentions passwords.
//!
//! A lexer of its own and of one purpose: it finds the ends of strings, comments and backslash commands, and where it
//! could be misled (something is not closed, a backslash stands before a quote) it hides the rest. Which of the strings
//! is the password it does not ask: `DO $$ … EXECUTE format('ALTER ROLE … PASSWORD %L', pw) $$` has it anywhere.

use std::ops::Range;

use super::Spans;
use super::assignment::{self, Extent};
use super::name::{first_sensitive, is_secret};
use super::uri;

/// What to hide of a text that may hold passwords; nothing of one that does not mention them.
pub(super) fn spans(text: &str) -> Spans {
    let Some(sensitive) = first_sensitive(text) else { return Spans::new() };
    let mut lexer = Lexer { text, at: 0 };
    let mut reader = Reader { text, spans: Spans::new(), words: 0, role: Role::Other, awaits: false };
    while let Some(token) = lexer.next_token() {
        if token.kind == Kind::Unclosed {
            reader.spans.push(token.span.start..text.len());
            reader.spans.push(sensitive..text.len());
            break;
        }
        reader.read(&token);
    }
    reader.spans
}

/// Whether a word of argv is SQL rather than a connection string: it begins with a command, then a space.
pub(super) fn starts_like_sql(text: &str) -> bool {
    let mut lexer = Lexer { text, at: 0 };
    while let Some(token) = lexer.next_token() {
        match token.kind {
            Kind::Comment => {}
            Kind::Word => {
                let word = text.get(token.span.clone()).unwrap_or_default().to_ascii_lowercase();
                let after = text.get(token.span.end..).unwrap_or_default();
                return COMMANDS.contains(&&*word)
                    && after.starts_with(|c: char| c.is_whitespace() || "/(;".contains(c));
            }
            Kind::Text | Kind::Name | Kind::Meta | Kind::End | Kind::Other | Kind::Unclosed => return false,
        }
    }
    false
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A bare word or number.
    Word,
    /// A string constant; the span is what stands between its quotes.
    Text,
    /// A quoted identifier; the span is what stands between its quotes.
    Name,
    Comment,
    /// A backslash command to the end of its line.
    Meta,
    /// A semicolon.
    End,
    Other,
    /// Something that the text does not close.
    Unclosed,
}

struct Token {
    kind: Kind,
    span: Range<usize>,
}

/// Reads the tokens of one text and notes what to hide.
struct Reader<'a> {
    text: &'a str,
    spans: Spans,
    /// Words of the statement so far, up to two.
    words: usize,
    role: Role,
    /// The last token was PASSWORD, perhaps with an equals sign.
    awaits: bool,
}

/// Whether the statement is one in which a value follows PASSWORD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// CREATE or ALTER so far.
    Perhaps,
    /// CREATE or ALTER of a role, a user mapping, a server, a subscription.
    Yes,
    /// It is, and what follows PASSWORD is no string: the rest of the statement is hidden.
    Hidden,
    Other,
}

impl Reader<'_> {
    fn read(&mut self, token: &Token) {
        if self.role == Role::Hidden && token.kind != Kind::End {
            self.spans.push(token.span.clone());
        }
        match token.kind {
            Kind::End => (self.words, self.role, self.awaits) = (0, Role::Other, false),
            Kind::Comment => self.spans.push(token.span.clone()),
            Kind::Meta => self.meta(token),
            Kind::Text => self.string(token),
            Kind::Word | Kind::Name => self.word(token),
            Kind::Other => {
                // Only an equals sign may stand between PASSWORD and its value.
                if self.awaits && self.text.get(token.span.clone()) != Some("=") {
                    self.stray(token);
                }
            }
            Kind::Unclosed => {}
        }
    }

    /// A string, and whatever is glued to it: `'it's bad'` was meant as one.
    fn string(&mut self, token: &Token) {
        self.spans.push(token.span.clone());
        let after = self.text.get(token.span.end + 1..).unwrap_or_default();
        let glued = after.starts_with(|c: char| !c.is_whitespace() && !",;)|:'$".contains(c));
        if self.awaits && glued && self.role == Role::Yes {
            self.role = Role::Hidden;
        }
        self.awaits = false;
    }

    fn word(&mut self, token: &Token) {
        let word = self.text.get(token.span.clone()).unwrap_or_default().to_ascii_lowercase();
        if self.awaits && token.kind == Kind::Name {
            self.spans.push(token.span.clone());
        }
        if self.awaits && word != "null" {
            self.stray(token);
        }
        self.awaits = word.contains("passw");
        if self.words < 2 {
            self.words += 1;
            self.role = match (self.words, self.role, &*word) {
                (1, _, "create" | "alter") => Role::Perhaps,
                (2, Role::Perhaps, "role" | "user" | "group" | "server" | "subscription") => Role::Yes,
                _ => Role::Other,
            };
        }
    }

    /// Something else than a string where a password is expected: in a statement about roles all the rest may be it.
    fn stray(&mut self, token: &Token) {
        if self.role == Role::Yes {
            self.role = Role::Hidden;
            self.spans.push(token.span.clone());
        }
        self.awaits = false;
    }

    /// `\set`, `\setenv`, `\password`: the name stays, the value goes; elsewhere as in a line of text.
    fn meta(&mut self, token: &Token) {
        let line = self.text.get(token.span.clone()).unwrap_or_default();
        let command = line.split_whitespace().next().unwrap_or_default();
        let valued = ["\\set", "\\setenv", "\\prompt", "\\pset", "\\bind"].contains(&command);
        let start = if is_secret(command) || command == "\\bind" {
            Some(command.len())
        } else if valued {
            let name = line.split_whitespace().nth(1);
            name.and_then(|name| Some(line.find(name)? + name.len()))
        } else {
            None
        };
        let value = start.and_then(|start| line.get(start..)).map(str::trim_start);
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.spans.push(token.span.end - value.len()..token.span.end);
            return;
        }
        let found = assignment::spans(line, Extent::Word).into_iter().chain(uri::spans(line, Extent::Word));
        let start = token.span.start;
        self.spans.extend(found.map(|span| start + span.start..start + span.end));
    }
}

/// Cuts a text into tokens.
struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn next_token(&mut self) -> Option<Token> {
        let rest = self.text.get(self.at..)?;
        let start = self.at + (rest.len() - rest.trim_start().len());
        let rest = self.text.get(start..)?;
        let first = rest.chars().next()?;
        let (kind, span, length) = token(rest, first);
        self.at = start + length;
        Some(Token { kind, span: start + span.start..start + span.end })
    }
}

/// The token at the start of `rest`: its kind, the part of it that counts, and its length.
fn token(rest: &str, first: char) -> (Kind, Range<usize>, usize) {
    let unclosed = (Kind::Unclosed, 0..rest.len(), rest.len());
    if rest.starts_with("--") {
        let end = rest.find('\n').unwrap_or(rest.len());
        return (Kind::Comment, 2..end, end);
    }
    if rest.starts_with("/*") {
        return comment_length(rest).map_or(unclosed, |length| (Kind::Comment, 2..length - 2, length));
    }
    if let Some((opening, quote, escapes)) = opening(rest) {
        return closed(rest, opening, quote, escapes).unwrap_or(unclosed);
    }
    if let Some(tag) = dollar_tag(rest) {
        let inside = rest.get(tag.len()..).and_then(|inside| inside.find(tag));
        return inside.map_or(unclosed, |at| (Kind::Text, tag.len()..tag.len() + at, tag.len() * 2 + at));
    }
    match first {
        ';' => (Kind::End, 0..1, 1),
        '\\' => {
            let end = rest.find('\n').unwrap_or(rest.len());
            (Kind::Meta, 0..end, end)
        }
        c if in_word(c) => {
            let length = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
            (Kind::Word, 0..length, length)
        }
        c => (Kind::Other, 0..c.len_utf8(), c.len_utf8()),
    }
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

/// How a string or a quoted name opens: the offset of its content, its quote, whether backslashes escape in it.
fn opening(rest: &str) -> Option<(usize, char, bool)> {
    for (prefix, escapes) in [("", false), ("E", true), ("e", true), ("U&", false), ("u&", false)] {
        let inside = rest.strip_prefix(prefix).and_then(|inside| inside.chars().next());
        match inside {
            Some('\'') => return Some((prefix.len() + 1, '\'', escapes)),
            Some('"') if !escapes => return Some((prefix.len() + 1, '"', false)),
            _ => {}
        }
    }
    let binary = rest.strip_prefix(['B', 'b', 'X', 'x', 'N', 'n']).is_some_and(|inside| inside.starts_with('\''));
    binary.then_some((2, '\'', false))
}

/// A string or quoted name from its opening to its close. A backslash right before the close of a plain string is read
/// one way or the other depending on a server setting (`standard_conforming_strings`): nobody can say where it ends.
fn closed(rest: &str, opening: usize, quote: char, escapes: bool) -> Option<(Kind, Range<usize>, usize)> {
    let mut at = opening;
    loop {
        let inside = rest.get(at..)?;
        let found = inside.find([quote, '\\'])?;
        let mark = inside.get(found..)?;
        at += found + 1;
        if mark.starts_with('\\') {
            let next = mark.chars().nth(1)?;
            if escapes {
                at += next.len_utf8();
            } else if next == quote && quote == '\'' {
                return None;
            }
        } else if mark.get(1..)?.starts_with(quote) {
            at += 1;
        } else {
            let kind = if quote == '"' { Kind::Name } else { Kind::Text };
            return Some((kind, opening..at - 1, at));
        }
    }
}

/// `$$` or `$tag$`.
fn dollar_tag(rest: &str) -> Option<&str> {
    let named = |c: char| c.is_alphanumeric() || c == '_' || !c.is_ascii();
    let after = rest.strip_prefix('$')?;
    let end = after.find(|c| !named(c))?;
    let name = after.get(..end)?;
    let closed = after.get(end..)?.starts_with('$');
    let digit = name.starts_with(|c: char| c.is_ascii_digit());
    rest.get(..end + 2).filter(|_| closed && !digit)
}

/// The length of a comment, which may hold others.
fn comment_length(rest: &str) -> Option<usize> {
    let mut depth = 1;
    let mut at = 2;
    while depth > 0 {
        let inside = rest.get(at..)?;
        let open = inside.find("/*").unwrap_or(usize::MAX);
        let close = inside.find("*/")?;
        if open < close {
            depth += 1;
            at += open + 2;
        } else {
            depth -= 1;
            at += close + 2;
        }
    }
    Some(at)
}

/// Commands that a word of argv may begin with when it is SQL; conninfo keywords are none of them.
const COMMANDS: [&str; 48] = [
    "abort",
    "alter",
    "analyze",
    "begin",
    "call",
    "checkpoint",
    "close",
    "cluster",
    "comment",
    "commit",
    "copy",
    "create",
    "deallocate",
    "declare",
    "delete",
    "discard",
    "do",
    "drop",
    "end",
    "execute",
    "explain",
    "fetch",
    "grant",
    "import",
    "insert",
    "lock",
    "merge",
    "move",
    "notify",
    "prepare",
    "reassign",
    "refresh",
    "reindex",
    "reset",
    "revoke",
    "rollback",
    "select",
    "set",
    "show",
    "truncate",
    "update",
    "vacuum",
    "with",
    "values",
    "table",
    "savepoint",
    "security",
    "start",
];
