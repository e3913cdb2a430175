//! The block in psql's start-up file: what stands in it, and how it is put into a file and taken out.
//!
//! The text stands in `shell/dbguard.psql` and is static; only the path of the program comes in, quoted. A file is
//! looked at as lines, and everything outside of the block stays as it is, byte for byte.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::text::{packed, unpacked};

/// What the first and the last line of the block begin with.
const FIRST: &str = "-- >>> dbguard";
const LAST: &str = "-- <<< dbguard";

/// A file without the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Without {
    /// The block was there; this is the rest.
    Removed(Vec<u8>),
    /// There was none.
    NotThere,
}

/// The block for this program. A path with a line break has no form here.
pub fn block(program: &OsStr) -> Option<Vec<u8>> {
    if program.as_bytes().iter().any(u8::is_ascii_control) {
        return None;
    }
    let mut text =
        format!("{FIRST}: `dbguard psqlrc install` keeps this up to date, `uninstall` takes it out >>>\n").into_bytes();
    text.extend_from_slice(b"\\set dbguard_echo :ECHO\n\\set ECHO none\n\\set dbguard '");
    for &byte in program.as_bytes() {
        if matches!(byte, b'\'' | b'\\') {
            text.push(b'\\');
        }
        text.push(byte);
    }
    text.extend_from_slice(b"'\n");
    text.extend_from_slice(unpacked(packed!("shell/dbguard.psql")).as_bytes());
    text.extend_from_slice(format!("{LAST} <<<\n").as_bytes());
    Some(text)
}

/// The text for machines without dbguard.
pub fn portable() -> String {
    unpacked(packed!("shell/portable.psql"))
}

/// The file with the block: in the place of an older one, else at the end, behind what the user set.
pub fn with(file: &[u8], block: &[u8]) -> Result<Vec<u8>, String> {
    let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
    if let Some((first, last)) = place(&lines)? {
        let before = lines.get(..first).unwrap_or_default().concat();
        let behind = lines.get(last + 1..).unwrap_or_default().concat();
        return Ok([before.as_slice(), block, &behind].concat());
    }
    open_ended(&lines)?;
    let mut text = file.to_vec();
    if !text.is_empty() && !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    text.extend_from_slice(block);
    Ok(text)
}

/// The file without the block.
pub fn without(file: &[u8]) -> Result<Without, String> {
    let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
    let Some((first, last)) = place(&lines)? else { return Ok(Without::NotThere) };
    let before = lines.get(..first).unwrap_or_default().concat();
    let behind = lines.get(last + 1..).unwrap_or_default().concat();
    Ok(Without::Removed([before, behind].concat()))
}

/// The file with empty lines in place of the block, where the block is there and is this version's, to the letter:
/// what it does is known then. `None` where it is not.
pub fn beside(file: &[u8]) -> Option<Vec<u8>> {
    let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
    let (first, last) = place(&lines).ok()??;
    let inside = lines.get(first..=last)?;
    let named = inside.get(3)?.trim_ascii_end();
    let program = named.strip_prefix(b"\\set dbguard '")?.strip_suffix(b"'")?;
    let own = block(OsStr::from_bytes(&unquoted(program)?))?;
    let before = lines.get(..first)?.concat();
    let behind = lines.get(last + 1..)?.concat();
    (inside.concat() == own).then(|| [before, vec![b'\n'; inside.len()], behind].concat())
}

/// Whether a block of dbguard's stands in the file that is not this version's.
pub fn outdated(file: &[u8]) -> bool {
    let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
    place(&lines).is_ok_and(|place| place.is_some()) && beside(file).is_none()
}

fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = text.iter();
    let mut out = Vec::with_capacity(text.len());
    while let Some(&byte) = bytes.next() {
        out.push(if byte == b'\\' { *bytes.next()? } else { byte });
    }
    Some(out)
}

/// The first and the last line of the block; an error where they are not one pair.
fn place(lines: &[&[u8]]) -> Result<Option<(usize, usize)>, String> {
    let all = |mark: &str| -> Vec<usize> {
        let is = |line: &[u8]| line.starts_with(mark.as_bytes());
        lines.iter().enumerate().filter(|(_, line)| is(line)).map(|(at, _)| at).collect()
    };
    match (all(FIRST).as_slice(), all(LAST).as_slice()) {
        ([], []) => Ok(None),
        ([first], [last]) if first < last => Ok(Some((*first, *last))),
        (firsts, lasts) => {
            let line = firsts.iter().chain(lasts).min().map_or(0, |at| at + 1);
            Err(format!("the lines of dbguard's block do not make one block, from line {line} on"))
        }
    }
}

/// Text that is added must not come to stand in a branch, a string, or behind the end of what is read.
fn open_ended(lines: &[&[u8]]) -> Result<(), String> {
    let mut open: Vec<usize> = Vec::new();
    for (line, number) in lines.iter().zip(1..) {
        if line.contains(&0) {
            return Err(format!("line {number} holds a NUL byte"));
        }
        match line.trim_ascii().split(u8::is_ascii_whitespace).next().unwrap_or_default() {
            b"\\if" => open.push(number),
            b"\\endif" => drop(open.pop().ok_or_else(|| format!("the `\\endif` in line {number} ends nothing"))?),
            b"\\q" | b"\\quit" if open.is_empty() => {
                return Err(format!("the `\\q` in line {number} ends the file before dbguard's block would come"));
            }
            _ => {}
        }
    }
    match open.last() {
        Some(number) => Err(format!("the `\\if` in line {number} has no `\\endif`")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed() -> Vec<u8> {
        block(OsStr::new("/opt/it's \\ here/dbguard")).unwrap()
    }

    #[test]
    fn the_program_is_quoted_as_psql_reads_it_and_nothing_else_comes_in() {
        let text = String::from_utf8(installed()).unwrap();
        assert!(text.contains("\\set dbguard '/opt/it\\'s \\\\ here/dbguard'\n"), "{text}");
        assert!(text.starts_with(FIRST) && text.lines().last().unwrap().starts_with(LAST));
        assert_eq!(block(OsStr::new("a\nb")), None);
    }

    #[test]
    fn what_is_put_in_comes_out_again_and_twice_is_once() {
        for own in ["", "\\set x 1\n", "\\timing on\n\\set PROMPT1 '%/ '\n"] {
            let once = with(own.as_bytes(), &installed()).unwrap();
            assert_eq!(with(&once, &installed()).unwrap(), once);
            assert_eq!(without(&once).unwrap(), Without::Removed(own.into()));
        }
        assert_eq!(without(b"\\set x 1").unwrap(), Without::NotThere);
    }

    #[test]
    fn an_older_block_is_replaced_where_it_stands() {
        let file = format!("a\n{FIRST} old >>>\nwhatever\n{LAST} <<<\nb\n");
        let new = [b"a\n", installed().as_slice(), b"b\n"].concat();
        assert_eq!(with(file.as_bytes(), &installed()).unwrap(), new);
    }

    #[test]
    fn only_this_versions_own_block_is_passed_over() {
        let file = with(b"\\set x 1\n", &installed()).unwrap();
        let rest = beside(&file).unwrap();
        let lines = |text: &[u8]| text.split(|byte| *byte == b'\n').count();
        assert_eq!(lines(&rest), lines(&file));
        assert_eq!(rest.trim_ascii(), b"\\set x 1");
        let changed = String::from_utf8(file).unwrap().replace("\\set QUIET on", "DROP TABLE t;");
        assert_eq!(beside(changed.as_bytes()), None);
        assert!(outdated(changed.as_bytes()) && !outdated(&with(b"", &installed()).unwrap()) && !outdated(b"x\n"));
        assert_eq!(beside(b"\\set x 1\n"), None);
    }

    #[test]
    fn a_file_that_is_not_understood_is_refused() {
        let cases = [
            (format!("{FIRST} >>>\n"), "the lines of dbguard's block do not make one block, from line 1 on"),
            (format!("x\n{LAST}\n{FIRST}\n"), "the lines of dbguard's block do not make one block, from line 2 on"),
            ("\\if true\n".to_owned(), "the `\\if` in line 1 has no `\\endif`"),
            ("\n\\endif\n".to_owned(), "the `\\endif` in line 2 ends nothing"),
            ("\\q\n".to_owned(), "the `\\q` in line 1 ends the file before dbguard's block would come"),
            ("\0".to_owned(), "line 1 holds a NUL byte"),
        ];
        for (file, expected) in cases {
            assert_eq!(with(file.as_bytes(), b"x").unwrap_err(), expected);
        }
    }
}
