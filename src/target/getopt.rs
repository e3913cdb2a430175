//! Reading a command line as GNU `getopt_long` does.
//!
//! Bundled letters, joined values, unique prefixes of long names, permutation, `--`, and `POSIXLY_CORRECT`; the manual
//! is getopt(3). Arguments are bytes. This module knows no tool: the table of options comes in.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::Opt;
use super::tools::spec::{Arity, Spec};
use crate::text::{Untrusted, redact};

/// A command line that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// The options, in order.
    pub(super) options: Vec<Opt>,
    /// What is left.
    pub(super) operands: Vec<OsString>,
    /// The first thing that is wrong; reading stops there, as the tools do.
    pub(super) fault: Option<Fault>,
}

/// What is wrong with a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// An option that is not in the table. A version that is not known may have it.
    Unknown(OsString),
    /// A prefix of several long names. A version that is not known has at least these.
    NotUnique(OsString),
    /// The value is missing.
    NoValue(OsString),
    /// A value was joined to an option that takes none.
    Superfluous(OsString),
}

impl Fault {
    /// One line for people.
    pub(super) fn told(&self) -> String {
        let (text, what) = match self {
            Self::Unknown(text) => (text, "is not an option of this tool"),
            Self::NotUnique(text) => (text, "is the beginning of several options"),
            Self::NoValue(text) => (text, "needs a value"),
            Self::Superfluous(text) => (text, "takes no value"),
        };
        // A long name may be a value that was joined without `=`.
        format!("`{}` {what}", Untrusted::text(&redact::argument(text)))
    }
}

/// Whether options may follow operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// They may: GNU's default.
    Permuted,
    /// The first operand ends the options: `POSIXLY_CORRECT`.
    Strict,
}

/// Whether long names may be shortened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// To any beginning that is unique: GNU.
    Shortened,
    /// They may not: Python's click.
    Exact,
}

/// Reads `args` by the options of this major version.
pub(super) fn scan(args: &[OsString], specs: &[Spec], version: u32, (order, names): (Order, Names)) -> Scan {
    let mut reader = Reader { rest: args.iter(), specs, version, names, scan: Scan::default() };
    while reader.scan.fault.is_none() {
        let Some(arg) = reader.rest.next() else { break };
        match arg.as_bytes() {
            b"--" => {
                reader.take_rest();
                break;
            }
            [b'-', b'-', name @ ..] => reader.long(name),
            [b'-', letters @ ..] if !letters.is_empty() => reader.letters(letters),
            _ => {
                reader.scan.operands.push(arg.clone());
                if order == Order::Strict {
                    reader.take_rest();
                    break;
                }
            }
        }
    }
    reader.scan
}

struct Reader<'a> {
    rest: std::slice::Iter<'a, OsString>,
    specs: &'a [Spec],
    version: u32,
    names: Names,
    scan: Scan,
}

impl<'a> Reader<'a> {
    fn take_rest(&mut self) {
        self.scan.operands.extend(self.rest.by_ref().cloned());
    }

    fn known(&self) -> impl Iterator<Item = &'a Spec> + use<'a> {
        let (specs, version) = (self.specs, self.version);
        specs.iter().filter(move |spec| spec.in_version(version))
    }

    fn push(&mut self, spec: &Spec, spelled: OsString, value: Option<OsString>) {
        self.scan.options.push(Opt { name: spec.name(), spelled, value });
    }

    /// `--name`, `--name=value`, `--na`.
    fn long(&mut self, text: &[u8]) {
        let (name, joined) = match text.iter().position(|&byte| byte == b'=') {
            Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
            None => (text, None),
        };
        let spelled = os([b"--", name].concat());
        match self.find_long(name) {
            Err(fault) => self.scan.fault = Some(fault(spelled)),
            Ok(spec) => match (spec.arity, joined) {
                (Arity::Never, Some(_)) => self.scan.fault = Some(Fault::Superfluous(spelled)),
                (Arity::Never | Arity::Joined, None) => self.push(spec, spelled, None),
                (Arity::Always | Arity::Joined, Some(value)) => self.push(spec, spelled, Some(os(value.to_vec()))),
                (Arity::Always, None) => self.next_value(spec, spelled),
            },
        }
    }

    /// An exact name first, else the only one that begins so. Spellings of one option are not rivals.
    fn find_long(&self, name: &[u8]) -> Result<&'a Spec, fn(OsString) -> Fault> {
        let named = || self.known().filter(|spec| !spec.long.is_empty());
        if let Some(spec) = named().find(|spec| spec.long.as_bytes() == name) {
            return Ok(spec);
        }
        let shortens = |spec: &&Spec| self.names == Names::Shortened && spec.long.as_bytes().starts_with(name);
        let mut rivals = named().filter(shortens);
        let first = rivals.next().ok_or(Fault::Unknown as fn(OsString) -> Fault)?;
        let one = rivals.all(|spec| spec.name() == first.name() && spec.arity == first.arity);
        if one { Ok(first) } else { Err(Fault::NotUnique) }
    }

    /// `-abc`, `-hhost`, `-h host`.
    fn letters(&mut self, letters: &[u8]) {
        let mut rest = letters;
        while let Some((&letter, after)) = rest.split_first() {
            let spelled = os(vec![b'-', letter]);
            let Some(spec) = self.known().find(|spec| spec.letter == Some(letter)) else {
                self.scan.fault = Some(Fault::Unknown(spelled));
                return;
            };
            if spec.arity == Arity::Always {
                match after {
                    [] => self.next_value(spec, spelled),
                    value => self.push(spec, spelled, Some(os(value.to_vec()))),
                }
                return;
            }
            self.push(spec, spelled, None);
            rest = after;
        }
    }

    /// The next argument is the value, whatever it looks like.
    fn next_value(&mut self, spec: &Spec, spelled: OsString) {
        match self.rest.next() {
            Some(value) => self.push(spec, spelled, Some(value.clone())),
            None => self.scan.fault = Some(Fault::NoValue(spelled)),
        }
    }
}

fn os(bytes: Vec<u8>) -> OsString {
    OsString::from_vec(bytes)
}

/// Whether `text` is `word`.
pub(super) fn is(text: &OsStr, word: &str) -> bool {
    text.as_bytes() == word.as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::tools;

    fn read(args: &[&[u8]], order: Order) -> Scan {
        let args: Vec<OsString> = args.iter().map(|arg| os(arg.to_vec())).collect();
        scan(&args, tools::find("psql").unwrap().options, 15, (order, Names::Shortened))
    }

    fn told(scan: &Scan) -> Vec<String> {
        let one = |opt: &Opt| format!("{}={:?}", opt.name, opt.value.as_deref().unwrap_or_default());
        scan.options.iter().map(one).collect()
    }

    #[test]
    fn a_letter_with_a_value_ends_its_bundle() {
        let scan = read(&[b"-XAthdb1", b"-qp", b"-5433", b"app"], Order::Permuted);
        let expected =
            ["no-psqlrc=\"\"", "no-align=\"\"", "tuples-only=\"\"", "host=\"db1\"", "quiet=\"\"", "port=\"-5433\""];
        assert_eq!(told(&scan), expected);
        assert_eq!(scan.operands, ["app"]);
    }

    #[test]
    fn a_value_may_look_like_the_end_of_the_options() {
        let scan = read(&[b"-c", b"--", b"--host", b"--", b"--", b"-h"], Order::Permuted);
        assert_eq!(told(&scan), ["command=\"--\"", "host=\"--\""]);
        assert_eq!(scan.operands, ["-h"]);
    }

    #[test]
    fn two_names_of_one_option_are_one_beginning_and_other_names_are_rivals() {
        assert_eq!(told(&read(&[b"--var=a=b"], Order::Permuted)), ["variable=\"a=b\""]);
        assert_eq!(read(&[b"--s"], Order::Permuted).fault, Some(Fault::NotUnique("--s".into())));
        assert_eq!(read(&[b"--"], Order::Permuted).fault, None);
        assert_eq!(read(&[b"--=x"], Order::Permuted).fault, Some(Fault::NotUnique("--".into())));
    }

    #[test]
    fn a_dash_alone_is_an_operand_and_bytes_stay_as_they_are() {
        let scan = read(&[b"-", b"-U\xff\xfe", b"d\xe9"], Order::Permuted);
        assert_eq!(scan.operands, [OsStr::from_bytes(b"-"), OsStr::from_bytes(b"d\xe9")]);
        assert_eq!(scan.options[0].value.as_deref(), Some(OsStr::from_bytes(b"\xff\xfe")));
    }

    #[test]
    fn posixly_correct_ends_the_options_at_the_first_operand() {
        let scan = read(&[b"-q", b"app", b"-h", b"db1"], Order::Strict);
        assert_eq!(scan.operands, ["app", "-h", "db1"]);
    }

    #[test]
    fn what_is_wrong_is_told_inertly() {
        let scan = read(&[b"--\x1b]0;x"], Order::Permuted);
        assert_eq!(scan.fault.unwrap().told(), "`--\\x1B]0;x` is not an option of this tool");
    }
}
