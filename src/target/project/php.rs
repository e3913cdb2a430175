//! Configuration of PHP that only says what it says: `<?php return ['host' => env('DB_HOST', 'localhost')];`.
//!
//! No PHP is run. What is read is the array that a file returns, where it is written down: texts, numbers, nested arrays, and
//! look-ups of vars by `env`, `getenv` and `$_SERVER`, with what stands there instead. Everything else is code, up to the end
//! of its element; a file that does anything before it returns is code as a whole. JSON is read by the same hand. YAML that
//! was read elsewhere becomes the same values.

use std::path::Path;
use std::rc::Rc;

use super::yaml::{self, Kind};
use crate::target::origin::Origin;

/// A value of the file, which costs nothing to copy.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A text, and where it came from.
    Text(Rc<(String, Origin)>),
    /// Nothing.
    Null,
    /// The elements by their keys; of two with one key the first counts.
    Map(Rc<Map>),
    /// Only running it would tell.
    Code,
}

/// Elements by their keys.
pub(super) type Map = Vec<(String, Value)>;

/// The vars, as the tool will see them: an error for one whose value is not known.
pub(in crate::target) type Vars<'a> = &'a dyn Fn(&str) -> Result<Option<String>, ()>;

impl Value {
    /// A text from somewhere.
    pub(super) fn new(text: String, origin: Origin) -> Self {
        Self::Text(Rc::new((text, origin)))
    }

    /// The value of a key; code where the whole is.
    pub(super) fn get(&self, key: &str) -> &Self {
        match self {
            Self::Code => self,
            Self::Text(_) | Self::Null | Self::Map(_) => {
                self.elements().iter().find(|(name, _)| name == key).map_or(&Self::Null, |(_, value)| value)
            }
        }
    }

    /// The text, where it is one that is not empty.
    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text.0.as_str()).filter(|text| !text.is_empty()) } else { None }
    }

    /// The elements.
    pub(super) fn elements(&self) -> &[(String, Self)] {
        if let Self::Map(all) = self { all } else { &[] }
    }

    /// Whether there is nothing.
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether only running it would tell.
    pub(super) fn is_code(&self) -> bool {
        matches!(self, Self::Code)
    }

    /// What was read of YAML. An alias may stand for as much as the whole, so that only so much is taken.
    pub(super) fn of_yaml(node: &yaml::Node, file: &Path, left: &mut usize) -> Self {
        *left = left.saturating_sub(1);
        let origin = Origin::File { file: file.to_owned(), line: node.line };
        match &node.kind {
            Kind::Scalar(text) if text.is_empty() => Self::Null,
            Kind::Scalar(text) => Self::new(text.clone(), origin),
            Kind::Map(map) if *left > 0 => {
                let all = map.iter().rev().map(|(key, node)| (key.clone(), Self::of_yaml(node, file, left)));
                Self::Map(Rc::new(all.collect()))
            }
            Kind::Map(_) | Kind::Opaque => Self::Code,
        }
    }
}

/// Reads a file of PHP or JSON.
pub(super) fn read(text: &str, file: &Path, vars: Vars<'_>) -> Value {
    let mut reader = Reader { text, at: 0, counted: 0, line: 1, file, vars, depth: 0 };
    if reader.eat("{") {
        reader.at = 0;
        return reader.value();
    }
    if !reader.eat("<?php") {
        return Value::Code;
    }
    loop {
        match reader.next() {
            Token::Word("declare" | "use" | "namespace") => {
                while !matches!(reader.next(), Token::Sign(";") | Token::End) {}
            }
            Token::Word("return") => {
                let value = reader.value();
                return if matches!(reader.next(), Token::Sign(";") | Token::End) { value } else { Value::Code };
            }
            Token::Word(_) | Token::Text(_) | Token::Sign(_) | Token::End => return Value::Code,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    /// A text in quotes; `None` for one that PHP fills in.
    Text(Option<String>),
    Sign(&'t str),
    End,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// How far lines were counted, and the line there.
    counted: usize,
    line: usize,
    file: &'t Path,
    vars: Vars<'t>,
    depth: u8,
}

/// Values stand no deeper in one another.
const DEEPEST: u8 = 12;

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Passes over white space and comments.
    fn pass(&mut self) {
        loop {
            let rest = self.rest();
            let after = rest.trim_start();
            let end = match after.get(..2).unwrap_or(after) {
                "/*" => after.find("*/").map(|at| at + 2),
                "#[" => Some(0),
                "//" => Some(after.find('\n').unwrap_or(after.len())),
                two if two.starts_with('#') => Some(after.find('\n').unwrap_or(after.len())),
                _ => Some(0),
            };
            let end = end.unwrap_or(after.len());
            self.at += rest.len() - after.len() + end;
            if end == 0 {
                return;
            }
        }
    }

    fn eat(&mut self, sign: &str) -> bool {
        self.pass();
        let is = self.rest().starts_with(sign);
        self.at += if is { sign.len() } else { 0 };
        is
    }

    fn next(&mut self) -> Token<'t> {
        self.pass();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Token::End };
        if let '\'' | '"' = first {
            return self.quoted(first);
        }
        let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '\\' | '$');
        let mut end = rest.find(|c: char| !in_word(c)).unwrap_or(rest.len());
        if end > 0 {
            // `Postgres::class`
            end += if rest.get(end..).is_some_and(|rest| rest.starts_with("::class")) { 7 } else { 0 };
            self.at += end;
            return Token::Word(rest.get(..end).unwrap_or_default());
        }
        let two = ["=>", "??", "?:", "->", "::"].into_iter().find(|two| rest.starts_with(two));
        let length = two.map_or(first.len_utf8(), str::len);
        self.at += length;
        Token::Sign(rest.get(..length).unwrap_or_default())
    }

    fn quoted(&mut self, quote: char) -> Token<'t> {
        let rest = self.rest();
        let (mut text, mut plain) = (String::new(), true);
        let mut letters = rest.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                _ if letter == quote => {
                    self.at += at + 1;
                    return Token::Text(plain.then_some(text));
                }
                '\\' => match letters.next() {
                    Some((_, next)) if next == quote || next == '\\' => text.push(next),
                    // In JSON an escaped slash.
                    Some((_, '/')) if quote == '"' => text.push('/'),
                    Some((_, next)) => {
                        plain &= quote == '\'';
                        text.extend([letter, next]);
                    }
                    None => {}
                },
                _ => {
                    plain &= letter != '$' || quote == '\'';
                    text.push(letter);
                }
            }
        }
        self.at = self.text.len();
        Token::Text(None)
    }

    fn origin(&mut self) -> Origin {
        let passed = self.text.get(self.counted..self.at).unwrap_or_default();
        self.line += passed.matches('\n').count();
        self.counted = self.counted.max(self.at);
        Origin::File { file: self.file.to_owned(), line: self.line }
    }

    /// One value, up to what ends its element.
    fn value(&mut self) -> Value {
        self.element(false)
    }

    /// One value, or a key, which ends before its arrow.
    fn element(&mut self, key: bool) -> Value {
        let start = self.at;
        self.depth += 1;
        let mut value = if self.depth > DEEPEST { Value::Code } else { self.plain() };
        if !value.is_code() && (self.eat("?:") || self.eat("??")) {
            let other = self.value();
            value = if value.text().is_some() { value } else { other };
        }
        self.depth -= 1;
        self.pass();
        let rest = self.rest();
        let ends = rest.is_empty() || rest.starts_with([',', ']', ')', '}', ';', ':']) || rest.starts_with("=>");
        if ends && !value.is_code() {
            return value;
        }
        self.at = start;
        self.skip(key);
        Value::Code
    }

    /// A value that is written down.
    fn plain(&mut self) -> Value {
        let token = self.next();
        match token {
            Token::Text(Some(text)) => Value::new(text, self.origin()),
            Token::Sign("[") => self.map("]"),
            Token::Sign("{") => self.map("}"),
            // `(int) env('DB_PORT')`
            Token::Sign("(") if self.eat("int)") || self.eat("string)") => self.value(),
            Token::Word("array") if self.eat("(") => self.map(")"),
            Token::Word("env" | "getenv" | "\\env" | "\\getenv") if self.eat("(") => self.var(")"),
            Token::Word("$_SERVER") if self.eat("[") => self.var("]"),
            Token::Word("null" | "NULL" | "false") => Value::Null,
            Token::Word(word) if word.ends_with("::class") || word.bytes().all(|byte| byte.is_ascii_digit()) => {
                Value::new(word.to_owned(), self.origin())
            }
            Token::Word("true") => Value::new("1".to_owned(), self.origin()),
            Token::Word(_) | Token::Text(None) | Token::Sign(_) | Token::End => Value::Code,
        }
    }

    /// A var by its name, and what stands there instead. Laravel's reader takes some words for nothing (`Env::get`).
    fn var(&mut self, close: &str) -> Value {
        let Token::Text(Some(name)) = self.next() else { return Value::Code };
        let other = if self.eat(",") { self.value() } else { Value::Null };
        self.eat(",");
        if !self.eat(close) {
            return Value::Code;
        }
        match (self.vars)(&name) {
            Ok(Some(text)) if matches!(text.as_str(), "null" | "(null)") => Value::Null,
            Ok(Some(text)) if text == "(empty)" || text == "empty" => Value::new(String::new(), Origin::Var(name)),
            Ok(Some(text)) => Value::new(text, Origin::Var(name)),
            Ok(None) => other,
            Err(()) => Value::Code,
        }
    }

    /// The elements up to the end. One that is unpacked, or whose key is code, may stand for any of them.
    fn map(&mut self, close: &str) -> Value {
        let (mut all, mut code) = (Map::new(), false);
        while !code && !self.eat(close) {
            code = self.eat("...") || self.rest().is_empty();
            let first = self.element(true);
            let (key, value) =
                if self.eat("=>") || self.eat(":") { (first, self.value()) } else { (Value::Null, first) };
            match key {
                // The last one counts, and is found first when they are turned round.
                Value::Text(key) => all.push((key.0.clone(), value)),
                Value::Null => {}
                Value::Map(_) | Value::Code => code = true,
            }
            code |= !self.eat(",") && !self.rest().starts_with(close);
        }
        all.reverse();
        if code { Value::Code } else { Value::Map(Rc::new(all)) }
    }

    /// Passes over code up to what ends its element.
    fn skip(&mut self, key: bool) {
        let mut depth = 0_usize;
        loop {
            let before = self.at;
            match self.next() {
                Token::Sign("(" | "[" | "{") => depth += 1,
                Token::Sign(sign) if depth == 0 && (")]},;".contains(sign) || key && sign == "=>") => {
                    return self.at = before;
                }
                Token::Sign(")" | "]" | "}") => depth -= 1,
                Token::End => return,
                Token::Word(_) | Token::Text(_) | Token::Sign(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &Value) -> String {
        match value {
            Value::Text(text) => {
                let Origin::Var(var) = &text.1 else {
                    let Origin::File { line, .. } = &text.1 else { panic!("{}", text.0) };
                    return format!("{}:{line}", text.0);
                };
                format!("{}<{var}>", text.0)
            }
            Value::Null => "-".to_owned(),
            Value::Code => "?".to_owned(),
            Value::Map(all) => {
                let all: Vec<String> = all.iter().rev().map(|(key, value)| format!("{key}={}", shown(value))).collect();
                format!("[{}]", all.join(" "))
            }
        }
    }

    fn said(text: &str) -> String {
        let vars = |name: &str| match name {
            "SET" => Ok(Some("set".to_owned())),
            "EMPTY" => Ok(Some(String::new())),
            "NULL" => Ok(Some("null".to_owned())),
            "UNKNOWN" => Err(()),
            _ => Ok(None),
        };
        shown(&read(text, Path::new("x.php"), &vars))
    }

    fn element(text: &str) -> String {
        let said = said(&format!("<?php return ['a' => {text}, 'z' => 1];"));
        said.strip_prefix("[a=").and_then(|said| said.strip_suffix(" z=1:1]")).unwrap_or("all of it").to_owned()
    }

    #[test]
    fn what_is_written_down_is_read() {
        for (text, expected) in [
            ("'x'", "x:1"),
            ("\"x\"", "x:1"),
            ("'it\\'s'", "it's:1"),
            ("'a\\\\b\\c'", "a\\b\\c:1"),
            ("5432", "5432:1"),
            ("null", "-"),
            ("['b' => ['c' => 'd',],]", "[b=[c=d:1]]"),
            ("array('b' => array (0 => 'c'))", "[b=[0=c:1]]"),
            ("['b', 'c']", "[]"),
            ("Postgres::class", "Postgres::class:1"),
            ("\\Cake\\Postgres::class", "\\Cake\\Postgres::class:1"),
            ("env('SET')", "set<SET>"),
            ("env('SET', 'other')", "set<SET>"),
            ("env('EMPTY', 'other')", "<EMPTY>"),
            ("env('NULL', 'other')", "-"),
            ("env('UNKNOWN', 'other')", "?"),
            ("env('UNSET', 'other',)", "other:1"),
            ("env('UNSET', env('SET'))", "set<SET>"),
            ("env('UNSET')", "-"),
            ("(int) env('UNSET', 1)", "1:1"),
            ("getenv('UNSET') ?: 'other'", "other:1"),
            ("getenv('EMPTY') ?: 'other'", "other:1"),
            ("'a' ?: other()", "a:1"),
            ("$_SERVER['SET'] ?? 'other'", "set<SET>"),
        ] {
            assert_eq!(element(text), expected, "{text}");
        }
        assert_eq!(said("<?php\ndeclare(strict_types=1);\nuse A\\B;\n\nreturn [\n'a' => 'b',\n];\n"), "[a=b:6]");
        assert_eq!(said("{\"a\": {\"b\": \"c\\/d\", \"e\": 1, \"f\": [1, 2]}}"), "[a=[b=c/d:1 e=1:1 f=[]]]");
        assert_eq!(said("<?php return ['a' => 1, 'a' => 2]"), "[a=1:1 a=2:1]");
        assert_eq!(said("<?php return ['a' /* ' */ => // '\n # '\n NULL, 'b' => 'c'];"), "[a=- b=c:3]");
    }

    #[test]
    fn code_is_code_up_to_the_end_of_its_element() {
        for text in [
            "gethostname()",
            "$host",
            "\"x$y\"",
            "\"\\n\"",
            "'a' . 'b'",
            "env('EMPTY') ?: b()",
            "env('SET') . 'x'",
            "env($name, 'x')",
            "env('SET') ? 'a' : 'b'",
            "$_ENV['SET']",
            "fn () => 'x'",
            "function () { return ['x', 'y' => 'z']; }",
            "[...$more, 'b' => 'c']",
            "[fn () => 1]",
            "['b' => 'c', ...$more]",
            "[NAME => 'c']",
            "extension_loaded('pdo') ? array_filter([PDO::A => env('X'), ]) : []",
            "A\\B::__set_state(array('c' => 'd'))",
            "-1",
            "1.5",
        ] {
            assert_eq!(element(text), "?", "{text}");
        }
    }

    #[test]
    fn a_file_that_does_more_than_return_is_code() {
        for text in [
            "",
            "x",
            "<?php",
            "<?php $a = 1; return ['a' => 'b'];",
            "<?php return array_merge(['a' => 'b'], c());",
            "<?php return ['a' => 'b'] + c();",
            "<?php return ['a' => 'b'",
            "<?php return ['a' => 'b",
            "<?php if (a()) { return ['a' => 'b']; } return [];",
            "<?= 1 ?>",
            "[1]",
            "{\"a\": ",
            "<?php return [[[[",
            "<?php /*",
        ] {
            assert_eq!(said(text), "?", "{text}");
        }
    }

    #[test]
    fn a_large_hostile_file_is_read_in_little_time() {
        for text in ["[", "['a' => ", "env('X', ", "'' ?: ", "(int)", "[...["] {
            assert_eq!(said(&format!("<?php return {}", text.repeat(20_000))), "?", "{text}");
        }
        assert_eq!(said(&format!("<?php return [{}];", "f(),".repeat(200_000))), "[]");
    }
}
