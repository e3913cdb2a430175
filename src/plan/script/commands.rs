//! Carries out meta-commands on the way through a script.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::{Script, one_line};
use crate::plan::Risk;
use crate::plan::classify::safe_encoding;
use crate::plan::connects;
use crate::plan::lexer::slash::{self, Argument};
use crate::plan::lexer::token::{self, Backslashes, Kind};
use crate::plan::meta::{Action, action};
use crate::text::Untrusted;

impl Script<'_, '_, '_> {
    /// A meta-command: the line's rest begins with its backslash.
    pub(super) fn meta_command(&mut self) {
        self.cut.skip(1);
        let rest = self.cut.rest().to_owned();
        let (name, length) = slash::name(&rest);
        let name = String::from_utf8_lossy(name).into_owned();
        let action = action(&name);
        let shown = show(&rest);
        self.cut.skip(length);
        let after = rest.get(length..).unwrap_or_default();
        if action.takes_line() {
            self.cut.skip(after.len());
            return self.whole_line(action, after, &shown);
        }
        let pipes = matches!(action, Action::Output | Action::Send);
        let (arguments, length) = slash::arguments(after, &self.reading.variables, pipes);
        self.cut.skip(length);
        if arguments.iter().any(|argument| argument.shell) {
            self.tell(Risk::Unknown, "shell", Vec::new(), &shown);
        }
        self.act(action, &arguments, &shown);
    }

    fn whole_line(&mut self, action: Action, line: &[u8], shown: &str) {
        if action == Action::Copy {
            self.copy(line, shown);
        } else if action == Action::Shell {
            self.tell(Risk::Unknown, "shell", Vec::new(), shown);
        } else {
            self.reading.report.raise(Risk::Read);
        }
    }

    fn act(&mut self, action: Action, arguments: &[Argument], shown: &str) {
        if let Some(pipe) = arguments.iter().find(|argument| argument.pipe) {
            let objects = vec![one_line(&pipe.text)];
            self.tell(Risk::Unknown, "shell", objects, shown);
        }
        match action {
            Action::Reads | Action::Output | Action::Copy | Action::Shell | Action::ShowLine => {
                self.reading.report.raise(Risk::Read);
            }
            // Also what is forgotten is looked at: `\r` may stand in a branch that is not taken.
            Action::Send | Action::Reset => self.send(),
            Action::SendAndStore => {
                self.send();
                self.reading.variables.forget();
            }
            Action::SendResults => {
                self.send();
                self.tell(Risk::Unknown, "gexec", Vec::new(), shown);
            }
            Action::Include { relative } => self.include(arguments, relative, shown),
            Action::Connect if arguments.is_empty() => self.reading.report.raise(Risk::Read),
            Action::Connect => {
                let words = connects::words(arguments).filter(|_| !self.reading.strayed);
                self.reading.connects.push(words);
                self.reading.session.forget_settings();
                self.reading.report.leaves();
                self.tell(Risk::Unknown, "connect", Vec::new(), "\\connect …");
            }
            Action::Set => self.set(arguments, shown),
            Action::Forget => arguments.iter().for_each(|name| self.reading.variables.set(&name.text, None)),
            Action::If => self.branches.push((*self.cut.parens(), self.cut.is_blank())),
            Action::Else => self.branch(),
            Action::EndIf => {
                self.branch();
                self.branches.pop();
            }
            Action::Directory => self.directory(arguments),
            Action::Encoding => self.encoding(arguments, shown),
            Action::SetVar => {
                let others = |name: &Argument| name.certain && !name.text.starts_with(b"PG") && name.text != b"HOME";
                self.reading.strayed |= !arguments.first().is_some_and(others);
                self.tell(Risk::Unknown, "setenv", Vec::new(), shown);
            }
            Action::Does(risk, kind) => self.tell(risk, kind, Vec::new(), shown),
        }
    }

    /// The end of a branch. psql restores the depth of parentheses and drops the text of branches not taken; a statement
    /// that reaches over the border of a branch cannot be put together beforehand.
    fn branch(&mut self) {
        let Some(&(parens, blank)) = self.branches.last() else { return };
        *self.cut.parens() = parens;
        if !(blank && self.cut.is_blank()) {
            self.cut.doubt("conditional", "a statement reaches over the border of an \\if branch");
        }
    }

    fn include(&mut self, arguments: &[Argument], relative: bool, shown: &str) {
        let [name] = arguments else {
            return self.tell(Risk::Unknown, "include", Vec::new(), shown);
        };
        if !name.certain {
            self.reading.report.note("the name of an included file is not known beforehand");
            return self.tell(Risk::Unknown, "include", Vec::new(), shown);
        }
        if name.text == b"-" {
            self.reading.report.note("an included script comes from standard input");
            return self.tell(Risk::Unknown, "include", Vec::new(), shown);
        }
        let path = PathBuf::from(OsStr::from_bytes(&name.text));
        let Some(path) = self.place(&path, relative) else {
            return self.tell(Risk::Unknown, "include", Vec::new(), shown);
        };
        self.reading.session.conditional = self.is_conditional();
        if let Err(why) = self.reading.include(&path) {
            let name = Untrusted::path(&path).to_string();
            self.reading.report.note(format!("`{name}` was not read: {why}"));
            self.tell(Risk::Unknown, "unreadable", vec![name], shown);
        }
    }

    /// Where psql looks for an included file (`process_file`): `~` is the home directory, `\ir` starts at the directory
    /// of the file that it stands in.
    fn place(&self, path: &Path, relative: bool) -> Option<PathBuf> {
        if let Ok(inside) = path.strip_prefix("~") {
            return Some(self.reading.home.as_ref()?.join(inside));
        }
        if path.as_os_str().as_bytes().starts_with(b"~") {
            return None;
        }
        let parent = self.file.and_then(Path::parent).filter(|_| relative && path.is_relative());
        Some(parent.map_or_else(|| path.to_owned(), |parent| parent.join(path)))
    }

    /// `\set name value…`: the values are joined. Inside `\if` nothing is certain.
    fn set(&mut self, arguments: &[Argument], shown: &str) {
        let Some((name, values)) = arguments.split_first() else { return };
        if !name.certain {
            self.reading.variables.forget();
        }
        if name.text == b"SINGLELINE" {
            self.reading.report.note("SINGLELINE ends statements at line ends, which is not followed");
            return self.tell(Risk::Unknown, "setting", Vec::new(), shown);
        }
        let certain = self.branches.is_empty() && values.iter().all(|value| value.certain);
        let value: Vec<u8> = values.iter().flat_map(|value| value.text.iter().copied()).collect();
        self.reading.variables.set(&name.text, certain.then_some(value.as_slice()));
    }

    fn directory(&mut self, arguments: &[Argument]) {
        let reading = &mut *self.reading;
        let target = match arguments {
            [] => reading.home.clone(),
            [name] if name.certain => reading.cwd.as_ref().map(|cwd| cwd.join(OsStr::from_bytes(&name.text))),
            _ => None,
        };
        reading.cwd = target.filter(|_| self.branches.is_empty());
    }

    fn encoding(&mut self, arguments: &[Argument], shown: &str) {
        let safe = |argument: &Argument| argument.certain && safe_encoding(&String::from_utf8_lossy(&argument.text));
        if !arguments.iter().all(safe) {
            self.tell(Risk::Unknown, "setting", Vec::new(), shown);
        }
    }

    /// `\copy` becomes a `COPY` with the client's end of the rows (`parse_slash_copy` in `copy.c`): what stands before
    /// and behind the file's name reaches the server as it is written.
    fn copy(&mut self, line: &[u8], shown: &str) {
        let tokens = token::read(line, Backslashes::Presumed).list;
        let word = |token: &token::Token| line.get(token.start as usize..token.end as usize).unwrap_or_default();
        let is = |token: &token::Token, text: &str| {
            token.kind == Kind::Word && word(token).eq_ignore_ascii_case(text.as_bytes())
        };
        let way = tokens.iter().skip(1).find(|token| token.depth == 0 && (is(token, "from") || is(token, "to")));
        let Some(way) = way else {
            return self.tell(Risk::Unknown, "copy", Vec::new(), shown);
        };
        let before = line.get(..way.start as usize).unwrap_or_default().trim_ascii_end();
        let behind = line.get(way.end as usize..).unwrap_or_default().trim_ascii_start();
        let (place, after) = place(behind);
        let end = if is(way, "from") { " FROM STDIN " } else { " TO STDOUT " };
        if place.eq_ignore_ascii_case(b"program") {
            self.tell(Risk::Unknown, "copy-program", Vec::new(), shown);
        }
        let text = [b"COPY ".as_slice(), before, end.as_bytes(), after].concat();
        let message = crate::plan::lexer::cut::Message { text, line: self.lines.number(), doubt: None };
        let copies = self.reading.message(&message, self.file);
        // `pstdin` is psql's own standard input, and so is a script without a file.
        let own = place.eq_ignore_ascii_case(b"pstdin") && self.file.is_none();
        let inline = place.eq_ignore_ascii_case(b"stdin") || own;
        self.skip_data(if inline { copies } else { 0 });
    }
}

/// The place that `\copy` names, and what stands behind it; a shell command's text is left out.
fn place(text: &[u8]) -> (&[u8], &[u8]) {
    let (first, rest) = word(text);
    if first.eq_ignore_ascii_case(b"program") { (first, word(rest).1) } else { (first, rest) }
}

/// One word, or one quoted string with doubled quotes in it (`strtokx`).
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii_start();
    let mut end = 0;
    if text.first() == Some(&b'\'') {
        end = 1;
        while let Some(&byte) = text.get(end) {
            end += 1;
            if byte == b'\'' {
                if text.get(end) != Some(&b'\'') {
                    break;
                }
                end += 1;
            }
        }
    } else {
        end += text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    }
    text.split_at(end)
}

/// The command on one line.
fn show(rest: &[u8]) -> String {
    one_line(&[b"\\".as_slice(), rest].concat())
}
