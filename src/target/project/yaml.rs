//! The part of YAML that configuration files of databases are written in.
//!
//! Block mappings, plain and quoted scalars, comments, anchors, aliases and merge keys are read, as Psych reads them; lists,
//! block scalars and what else is legal are passed over as opaque. What is not understood is an error for the whole file,
//! since it may decide where a mapping ends. Aliases share what they name and are never copied, so that a file cannot
//! make the answer larger than itself.

use std::collections::HashMap;
use std::rc::Rc;

/// A value and the line where it begins.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Line from 1.
    pub(super) line: usize,
    /// The value.
    pub(super) kind: Kind,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Text; null is an empty one.
    Scalar(String),
    /// A mapping in the order of the file, each key once.
    Map(Rc<Map>),
    /// Something that is not read: a list, a text of several lines.
    Opaque,
}

/// The entries of a mapping.
pub(super) type Map = Vec<(String, Node)>;

impl Node {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.map()?.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The entries, when it is a mapping.
    pub(super) fn map(&self) -> Option<&Map> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            Kind::Scalar(_) | Kind::Opaque => None,
        }
    }
}

/// What is not understood, and in which line.
pub(super) type Trouble = (usize, &'static str);

/// Reads the first document, which has to be a mapping.
pub(super) fn parse(text: &str) -> Result<Node, Trouble> {
    let mut reader = Reader { lines: lines(text)?, at: 0, anchors: HashMap::new(), merged: 0 };
    let Some(first) = reader.lines.first() else {
        return Ok(Node { line: 1, kind: Kind::Map(Rc::default()) });
    };
    let (line, indent) = (first.number, first.indent);
    let node = reader.block(indent, 0)?;
    match (reader.lines.get(reader.at), node.map()) {
        (None, Some(_)) => Ok(node),
        (None, None) => Err((line, "is no mapping")),
        (Some(rest), _) => Err((rest.number, "is indented as nothing before it")),
    }
}

/// A line that says something.
#[derive(Clone, Copy, Debug)]
struct Line<'t> {
    number: usize,
    indent: usize,
    text: &'t str,
}

fn lines(text: &str) -> Result<Vec<Line<'_>>, Trouble> {
    let mut lines = Vec::new();
    for (line, number) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().zip(1..) {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        let content = content.trim_end();
        let ends = indent == 0 && (content == "---" || content == "...");
        match content {
            "" => {}
            _ if content.starts_with('#') => {}
            // A comment of ERB; any other tag at the start of a line may make lines.
            _ if content.starts_with("<%#") && content.ends_with("%>") && content.matches("%>").count() == 1 => {}
            _ if content.starts_with("<%") => return Err((number, "has ERB that may decide which lines there are")),
            _ if content.matches("<%").count() != content.matches("%>").count() => {
                return Err((number, "has ERB over several lines"));
            }
            _ if content.starts_with('\t') => return Err((number, "is indented with a tab")),
            _ if content.starts_with('%') => return Err((number, "is a directive")),
            _ if ends && lines.is_empty() => {}
            _ if ends => break,
            _ if content.starts_with("--- ") => return Err((number, "begins a document in its own way")),
            _ => lines.push(Line { number, indent, text: content }),
        }
    }
    Ok(lines)
}

struct Reader<'t> {
    lines: Vec<Line<'t>>,
    at: usize,
    anchors: HashMap<&'t str, Node>,
    /// How many entries merge keys have brought.
    merged: usize,
}

/// How deep mappings may stand in one another.
const DEEPEST: usize = 32;
/// How many entries merge keys may bring: those of a hundred large sections.
const MOST_MERGED: usize = 10_000;
/// How many keys a mapping may have: they are compared one with another.
const MOST_KEYS: usize = 500;

impl<'t> Reader<'t> {
    /// What stands at this indentation.
    fn block(&mut self, indent: usize, depth: usize) -> Result<Node, Trouble> {
        let Some(first) = self.lines.get(self.at).copied() else { return Err((0, "ends early")) };
        if depth > DEEPEST {
            return Err((first.number, "is nested too deeply"));
        }
        if first.text == "-" || first.text.starts_with("- ") {
            self.pass(indent);
            return Ok(Node { line: first.number, kind: Kind::Opaque });
        }
        let mut map = Map::new();
        while let Some(line) = self.lines.get(self.at).copied().filter(|line| line.indent >= indent) {
            if line.indent > indent {
                return Err((line.number, "is indented as nothing before it"));
            }
            if map.len() > MOST_KEYS {
                return Err((line.number, "is one key too many"));
            }
            self.at += 1;
            let Some((key, value)) = key(line.text) else { return Err((line.number, "is no `key: value`")) };
            if key == "<<" {
                self.merge(&mut map, value, line.number)?;
            } else {
                let node = self.value(value, line, depth)?;
                put(&mut map, key, node);
            }
        }
        Ok(Node { line: first.number, kind: Kind::Map(Rc::new(map)) })
    }

    /// Passes over lines of at least this indentation.
    fn pass(&mut self, indent: usize) {
        while self.lines.get(self.at).is_some_and(|line| line.indent >= indent) {
            self.at += 1;
        }
    }

    /// The value behind a key, with its anchor.
    fn value(&mut self, text: &'t str, key: Line<'t>, depth: usize) -> Result<Node, Trouble> {
        let Some(anchored) = text.strip_prefix('&') else { return self.plain_value(text, key, depth) };
        let (name, rest) = anchored.split_once(' ').unwrap_or((anchored, ""));
        let node = self.plain_value(rest.trim_start(), key, depth)?;
        self.anchors.insert(name, node.clone());
        Ok(node)
    }

    fn plain_value(&mut self, text: &'t str, key: Line<'t>, depth: usize) -> Result<Node, Trouble> {
        let number = key.number;
        let next = self.lines.get(self.at).copied();
        let deeper = next.filter(|next| next.indent > key.indent);
        let list =
            next.is_some_and(|next| next.indent == key.indent && (next.text == "-" || next.text.starts_with("- ")));
        let node = |kind| Ok(Node { line: number, kind });
        match text.chars().next() {
            None | Some('#') => match deeper {
                Some(next) => Ok(Node { line: number, ..self.block_or_text(next, depth)? }),
                None if list => {
                    self.pass_list(key.indent);
                    node(Kind::Opaque)
                }
                None => node(Kind::Scalar(String::new())),
            },
            Some('|' | '>' | '[') => {
                self.pass(key.indent + 1);
                node(Kind::Opaque)
            }
            _ if deeper.is_some() => {
                // It goes on in the next lines.
                self.pass(key.indent + 1);
                node(Kind::Opaque)
            }
            Some('*') => {
                self.alias(text).map(|node| Node { line: number, ..node }).ok_or((number, "has an alias of nothing"))
            }
            Some('{') => flow(text, number).map_err(|why| (number, why)),
            Some('!' | '?' | '@' | '`' | '%') => Err((number, "has a value in a form that dbguard does not read")),
            Some(_) => scalar(text).map(|kind| Node { line: number, kind }).map_err(|why| (number, why)),
        }
    }

    /// A nested mapping; or a text that begins in the line below its key.
    fn block_or_text(&mut self, next: Line<'t>, depth: usize) -> Result<Node, Trouble> {
        let is_list = next.text == "-" || next.text.starts_with("- ");
        if is_list || key(next.text).is_some() {
            return self.block(next.indent, depth + 1);
        }
        Err((next.number, "is no `key: value`"))
    }

    /// A list that is indented as its key.
    fn pass_list(&mut self, indent: usize) {
        let is_part = |line: &Line<'_>| line.indent > indent || line.indent == indent && line.text.starts_with('-');
        while self.lines.get(self.at).is_some_and(is_part) {
            self.at += 1;
        }
    }

    fn alias(&self, text: &str) -> Option<Node> {
        let name = comment_cut(text).trim_end().strip_prefix('*')?;
        self.anchors.get(name).cloned()
    }

    /// `<<: *one` or `<<: [*one, *two]`. Psych merges where the key stands: over what stands before it.
    fn merge(&mut self, map: &mut Map, text: &str, number: usize) -> Result<(), Trouble> {
        let text = comment_cut(text).trim();
        let list = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let mut names: Vec<&str> = list.unwrap_or(text).split(',').map(str::trim).collect();
        // In a list the first one wins, as Psych has it.
        names.reverse();
        for name in names {
            let node = self.alias(name).ok_or((number, "merges what is no alias"))?;
            let Some(entries) = node.map() else { return Err((number, "merges what is no mapping")) };
            self.merged += entries.len();
            if self.merged > MOST_MERGED {
                return Err((number, "merges too much"));
            }
            for (key, node) in entries {
                put(map, key.clone(), node.clone());
            }
        }
        Ok(())
    }
}

/// The last mention of a key counts, as in Psych.
fn put(map: &mut Map, key: String, node: Node) {
    match map.iter_mut().find(|(name, _)| *name == key) {
        Some((_, earlier)) => *earlier = node,
        None => map.push((key, node)),
    }
}

/// A key and what stands behind its colon.
fn key(text: &str) -> Option<(String, &str)> {
    let (name, rest) = match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let (name, rest) = text.get(1..)?.split_once(quote)?;
            (name, rest.trim_start().strip_prefix(':')?)
        }
        '?' | '-' | '[' | '{' | '&' | '*' | '!' => return None,
        _ => {
            let at = text.match_indices(':').map(|(at, _)| at).find(|at| {
                let next = text.get(at + 1..).and_then(|rest| rest.chars().next());
                next.is_none_or(|next| next == ' ' || next == '\t')
            })?;
            (text.get(..at)?, text.get(at + 1..)?)
        }
    };
    let ok = !name.is_empty() && !name.contains(['\\', '#', '<']) || name == "<<";
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    ok.then(|| (name.trim_end().to_owned(), rest.trim()))
}

/// Without a comment, which white space has to come before.
fn comment_cut(text: &str) -> &str {
    if text.contains("<%") {
        return text;
    }
    let at = text
        .match_indices('#')
        .map(|(at, _)| at)
        .find(|&at| at == 0 || text.get(..at).is_some_and(|before| before.ends_with([' ', '\t'])));
    at.map_or(text, |at| text.get(..at).unwrap_or_default())
}

/// A scalar in one line. One that YAML turns into something else than its text is opaque.
fn scalar(text: &str) -> Result<Kind, &'static str> {
    if let Some(quote @ ('"' | '\'')) = text.chars().next() {
        return quoted(text.get(1..).unwrap_or_default(), quote);
    }
    let text = comment_cut(text).trim_end();
    if !text.contains("<%") && (text.contains(": ") || text.ends_with(':')) {
        return Err("has a mapping inside a value");
    }
    Ok(match text {
        "~" | "null" | "Null" | "NULL" => Kind::Scalar(String::new()),
        text if is_converted(text) => Kind::Opaque,
        text => Kind::Scalar(text.to_owned()),
    })
}

/// Up to the closing quote, which only a comment may follow.
fn quoted(text: &str, quote: char) -> Result<Kind, &'static str> {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quote == '"' => match chars.next() {
                Some(c @ ('"' | '\\' | '/')) => value.push(c),
                _ => return Err("has an escape that dbguard does not read"),
            },
            '\'' if quote == '\'' && chars.as_str().starts_with('\'') => {
                chars.next();
                value.push('\'');
            }
            c if c == quote => {
                let rest = comment_cut(chars.as_str()).trim();
                return if rest.is_empty() {
                    Ok(Kind::Scalar(value))
                } else {
                    Err("has something behind a closing quote")
                };
            }
            c => value.push(c),
        }
    }
    Err("has a quote that is not closed in its line")
}

/// `010`, `1_000`, `1:30`, `0x1f`, `1.50`, `yes`: what comes out otherwise than it was written (YAML 1.1, as Psych has it).
fn is_converted(text: &str) -> bool {
    let bare = text.trim_start_matches(['+', '-']);
    let digits = |c: char| c.is_ascii_digit() || matches!(c, '_' | ',' | ':');
    let number = bare.starts_with(|c: char| c.is_ascii_digit()) && bare.chars().all(digits);
    let simple = text.chars().all(|c| c.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    let based = ["0x", "0b", "0o"].iter().any(|base| bare.starts_with(base));
    let word = ["true", "false", "yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word));
    number && !simple || based || word || !simple && is_decimal(bare)
}

/// `1.5`, `.5`, `1e3`: what is read as a number with a fraction.
fn is_decimal(text: &str) -> bool {
    let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let exponent = exponent.trim_start_matches(['+', '-']);
    let empty = whole.is_empty() && fraction.is_empty() || exponent.is_empty();
    digits(whole) && digits(fraction) && digits(exponent) && !empty
}

/// `{ key: value, key: value }` in one line, without anything inside it.
fn flow(text: &str, line: usize) -> Result<Node, &'static str> {
    let text = comment_cut(text).trim_end();
    let inside =
        text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or("has a `{` that is not closed")?;
    if inside.contains(['{', '[', '"', '\'', '&', '*', '<']) {
        return Ok(Node { line, kind: Kind::Opaque });
    }
    let mut map = Map::new();
    for entry in inside.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let (key, value) = key(entry).ok_or("has a `{` with something else than `key: value`")?;
        put(&mut map, key, Node { line, kind: scalar(value)? });
    }
    Ok(Node { line, kind: Kind::Map(Rc::new(map)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(node: &Node) -> String {
        match &node.kind {
            Kind::Scalar(text) => text.clone(),
            Kind::Opaque => "?".to_owned(),
            Kind::Map(map) => {
                let entries: Vec<String> = map.iter().map(|(key, node)| format!("{key}={}", shown(node))).collect();
                format!("{{{}}}", entries.join(" "))
            }
        }
    }

    fn read(text: &str) -> String {
        match parse(text) {
            Ok(node) => shown(&node),
            Err((line, why)) => format!("line {line} {why}"),
        }
    }

    #[test]
    fn mappings_scalars_and_comments() {
        let text = "---\n# c\na: x # c\n\nb:\n  c: 'it''s'\n  \"d\" : \"x # y\"\n  e:\n\nf: x#y\ng:h: 1\n...\nz: 1\n";
        assert_eq!(read(text), "{a=x b={c=it's d=x # y e=} f=x#y g:h=1}");
        assert_eq!(read(""), "{}");
        assert_eq!(read("a: {b: c, d: 5432}"), "{a={b=c d=5432}}");
        assert_eq!(read("a: x\na: y"), "{a=y}");
    }

    #[test]
    fn a_merge_key_counts_where_it_stands_as_in_psych() {
        assert_eq!(read("d: &d\n  a: 1\n  b: 2\np:\n  a: x\n  <<: *d\n  b: y\n"), "{d={a=1 b=2} p={a=1 b=y}}");
        assert_eq!(read("a: &a\n  k: 1\nb: &b\n  k: 2\nc:\n  <<: [*a, *b]\n"), "{a={k=1} b={k=2} c={k=1}}");
        assert_eq!(read("a: &x\n  b: 1\nc: *x # hi\nd: &y z\ne: *y\n"), "{a={b=1} c={b=1} d=z e=z}");
    }

    #[test]
    fn what_is_not_text_is_passed_over() {
        assert_eq!(read("a:\n- x: 1\n  y: 2\n- z\nb: 1"), "{a=? b=1}");
        assert_eq!(read("a:\n  - x\nb: |\n  t: u\n\n  v\nc: [1,\n  2]\nd: x\n  y\ne: 1"), "{a=? b=? c=? d=? e=1}");
        let converted = "a: 010\nb: 1_000\nc: 1:30\nd: 0x1f\ne: yes\nf: 1.50\ng: 5432\nh: 10.0.0.1\ni: ~\nj: 0";
        assert_eq!(read(converted), "{a=? b=? c=? d=? e=? f=? g=5432 h=10.0.0.1 i= j=0}");
    }

    #[test]
    fn what_is_not_understood_stops_the_reading() {
        let cases = [
            ("- a", "line 1 is no mapping"),
            ("a: 1\n  b: 2", "line 1 "),
            ("a:\n   b: 1\n  c: 2", "line 3 is indented as nothing before it"),
            ("a: b: c", "line 1 has a mapping inside a value"),
            ("a: 'x\n  y'", "line 1"),
            ("a: \"x\"y", "line 1 has something behind a closing quote"),
            ("a: *b", "line 1 has an alias of nothing"),
            ("a:\n\tb: 1", "line 2 is indented with a tab"),
            ("a: !!str x", "line 1 has a value in a form that dbguard does not read"),
            ("? a\n: b", "line 1 is no `key: value`"),
            ("<% if x %>\na: 1", "line 1 has ERB that may decide which lines there are"),
            ("a: <%= x\n %>", "line 1 has ERB over several lines"),
            ("a: &a\n  <<: *a", "line 2 merges what is no alias"),
        ];
        for (text, told) in cases {
            let read = read(text);
            assert!(read.starts_with(told) || read.contains("=?"), "{text}: {read}");
        }
    }

    #[test]
    fn erb_in_a_value_is_text() {
        assert_eq!(read("<%# note %>\na: <%= ENV[\"A # b\"] %>\n# <%= x %>"), "{a=<%= ENV[\"A # b\"] %>}");
    }

    #[test]
    fn aliases_of_aliases_cost_nothing_and_merges_are_bounded() {
        let mut laughs = "a0: &a0\n  x: lol\n".to_owned();
        for level in 1..30 {
            let below = level - 1;
            let lines: Vec<String> = (0..10).map(|at| format!("  k{at}: *a{below}\n")).collect();
            laughs += &[format!("a{level}: &a{level}\n"), lines.concat()].concat();
        }
        assert!(parse(&laughs).is_ok());
        let keys: Vec<String> = (0..400).map(|at| format!("  k{at}: 1\n")).collect();
        let merges: Vec<String> = (0..40).map(|at| format!("m{at}:\n  <<: *a\n")).collect();
        assert!(read(&format!("a: &a\n{}{}", keys.concat(), merges.concat())).ends_with("merges too much"));
        let deep: Vec<String> = (0..1000).map(|at| format!("{}a:\n", " ".repeat(at))).collect();
        assert!(read(&deep.concat()).ends_with("is nested too deeply"));
        let many: Vec<String> = (0..1000).map(|at| format!("k{at}: 1\n")).collect();
        assert!(read(&many.concat()).ends_with("is one key too many"));
    }
}
