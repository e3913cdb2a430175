//! The syntax of `.env` files, as far as its readers agree.
//!
//! Node's dotenv, Ruby's, Python's, Go's and Rust's read the same lines and differ in corners: where a comment starts,
//! whether `$NAME` is filled in, which of two settings of one name counts. A value on which they differ is doubtful, not
//! guessed at. Whose files are loaded is decided in [`super::env_files`].

use std::collections::HashMap;

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The var.
    pub(super) name: String,
    /// Line from 1.
    pub(super) line: usize,
    /// The value, `${…}` not filled in; or why readers differ on it.
    pub(super) value: Result<Value, String>,
}

/// A value as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// The text between the quotes.
    pub(super) text: String,
    /// It stands in single quotes, in which most readers fill nothing in.
    pub(super) literal: bool,
}

/// The settings of a file. A name that stands twice with different values has one doubtful entry.
pub(super) fn parse(text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = 1;
    while !rest.is_empty() {
        let (entry, after) = entry(rest, line);
        let used = rest.len() - after.len();
        line += rest.bytes().take(used).filter(|&byte| byte == b'\n').count();
        rest = after;
        let Some(entry) = entry else { continue };
        match index.get(&entry.name).and_then(|&at| entries.get_mut(at)) {
            Some(earlier) if earlier.value == entry.value => {}
            Some(earlier) => {
                // dotenvy of Rust takes the first one, the others the last one.
                let why = format!("it is set again in line {}, and readers differ on which counts", entry.line);
                earlier.value = Err(why);
            }
            None => {
                index.insert(entry.name.clone(), entries.len());
                entries.push(entry);
            }
        }
    }
    entries
}

/// The setting at the start of the text, and what follows its last line.
fn entry(text: &str, line: usize) -> (Option<Entry>, &str) {
    let (first, next) = text.split_once('\n').unwrap_or((text, ""));
    let start = first.trim_start();
    let named = start.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(start).trim_start();
    if named.is_empty() || named.starts_with('#') {
        return (None, next);
    }
    let Some(at) = named.find(['=', ':']) else { return (None, next) };
    let (name, value) = named.split_at_checked(at).unwrap_or((named, ""));
    let name = name.trim_end();
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    if !is_name {
        return (None, next);
    }
    let value = value.get(1..).unwrap_or_default().trim_start_matches([' ', '\t', '\r']);
    let (value, rest) = match value.chars().next() {
        Some(quote @ ('\'' | '"' | '`')) => {
            let opened = first.len() - value.len() + 1;
            quoted(quote, text.get(opened..).unwrap_or_default(), next)
        }
        _ => (plain(value), next),
    };
    (Some(Entry { name: name.to_owned(), line, value }), rest)
}

/// Up to the end of the line, or to a comment.
fn plain(value: &str) -> Result<Value, String> {
    let comment = value.find(" #").or_else(|| value.find("\t#")).or_else(|| value.starts_with('#').then_some(0));
    let text = comment.map_or(value, |at| value.get(..at).unwrap_or_default()).trim();
    if text.contains('#') {
        return Err("it has a `#` without quotes, where some readers begin a comment".to_owned());
    }
    if text.contains('\\') {
        return Err("it has a `\\` without quotes, which readers take differently".to_owned());
    }
    Ok(Value { text: text.to_owned(), literal: false })
}

/// Up to the closing quote, over several lines; a quote that is never closed is no quote to some.
fn quoted<'t>(quote: char, text: &'t str, next: &'t str) -> (Result<Value, String>, &'t str) {
    let mut value = String::new();
    for (at, c) in text.char_indices() {
        if c == quote {
            let after = text.get(at + 1..).unwrap_or_default();
            let (tail, rest) = after.split_once('\n').unwrap_or((after, ""));
            let tail = tail.trim();
            let ends = tail.is_empty() || tail.starts_with('#');
            if ends {
                return (Ok(Value { text: value, literal: quote != '"' }), rest);
            }
            // Node's reader takes it for a value without quotes then, so that the next line is one of its own.
            return (Err("something follows its closing quote".to_owned()), next);
        }
        if c == '\\' && quote != '`' {
            return (Err("it has a `\\` in quotes, which readers take differently".to_owned()), next);
        }
        value.push(c);
    }
    (Err("its quote is not closed".to_owned()), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let one = |entry: Entry| match entry.value {
            Ok(value) => format!("{} {}={}", entry.line, entry.name, value.text),
            Err(why) => format!("{} {}? {why}", entry.line, entry.name),
        };
        parse(text).into_iter().map(one).collect()
    }

    #[test]
    fn plain_values_end_at_a_comment_or_the_end_of_the_line() {
        let text = "\u{feff}# c\nA=1\r\n export B = two words # c\nC=\nD: yaml\nnonsense\n=x\n E=a=b";
        assert_eq!(read(text), ["2 A=1", "3 B=two words", "4 C=", "5 D=yaml", "8 E=a=b"]);
    }

    #[test]
    fn quotes_hold_hashes_and_several_lines() {
        assert_eq!(read("A='x # y' # c\nB=\"1\n2\"\nC=`z`\n"), ["1 A=x # y", "2 B=1\n2", "4 C=z"]);
    }

    #[test]
    fn where_readers_differ_nothing_is_guessed() {
        let cases = [
            ("A=x#y", "1 A? it has a `#` without quotes, where some readers begin a comment"),
            ("A=x\\ny", "1 A? it has a `\\` without quotes, which readers take differently"),
            ("A=\"x\\\"y\"", "1 A? it has a `\\` in quotes, which readers take differently"),
            ("A='x'y", "1 A? something follows its closing quote"),
            ("A='x", "1 A? its quote is not closed"),
            ("A=1\nA=2", "1 A? it is set again in line 2, and readers differ on which counts"),
        ];
        for (text, told) in cases {
            assert_eq!(read(text), [told], "{text}");
        }
        assert_eq!(read("A=1\nA=1"), ["1 A=1"]);
        assert_eq!(read("A='x\nB='y'\n")[1], "2 B=y");
    }

    #[test]
    fn a_large_hostile_file_is_read_in_one_pass() {
        let names = (0..20_000).map(|number| format!("A{number}='\n")).collect::<Vec<_>>().concat();
        assert!(!read(&names).is_empty());
        assert_eq!(parse(&"A=b\n".repeat(200_000)).len(), 1);
    }
}
