//! What a prompt hook reads: values in a fixed order, one per line, never code.
//!
//! The hooks of all three shells read the same answer. A line never holds a control character but where it is a
//! sequence for the terminal, which is made here and nowhere else; so a name from outside cannot end a line early.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::Shell;

/// Where the segment stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Position {
    /// Before the prompt.
    #[default]
    Left,
    /// At the right edge.
    Right,
    /// On a line of its own above the prompt.
    Line,
}

impl Position {
    /// The word that the configuration and the hooks use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Line => "line",
        }
    }
}

/// Something that a shell can see with its builtins alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// It has exactly the time of this stamp; newer is not enough, since what is put there may have an older time.
    Same {
        /// What is looked at.
        path: PathBuf,
        /// An empty file with its time.
        stamp: PathBuf,
    },
    /// It is not newer than the answer's stamp.
    NotNewer(PathBuf),
    /// It is the working directory, whose name leads over a link and so may lead elsewhere.
    Here(PathBuf),
    /// It is there.
    There(PathBuf),
    /// It is not there.
    Absent(PathBuf),
    /// This var has the same value still.
    Var(String),
}

impl Watched {
    /// The name of the var that is watched.
    pub fn var(&self) -> Option<&str> {
        if let Self::Var(name) = self { Some(name) } else { None }
    }
}

/// Everything that a hook needs until something changes.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// `production`, `staging`, `development`, `unknown`; `none` where there is nothing to show.
    pub level: &'static str,
    /// The segment, inert and on one line; empty where there is nothing to show.
    pub text: String,
    /// Columns that the segment takes.
    pub width: usize,
    /// Its colour as SGR parameters (`1;31`); empty without colour.
    pub color: String,
    /// Where it stands.
    pub position: Position,
    /// The words of the title, inert; empty where the title is left alone.
    pub title: String,
    /// Sent once, now: what undoes an earlier title or tint.
    pub once: String,
    /// Sent at each prompt: title and tint.
    pub each: String,
    /// Sent when the hook goes away: what undoes the tint.
    pub leave: String,
    /// What a bare psql would reach, for `DBGUARD_SHOWN`.
    pub shown: String,
    /// A file whose time of change is that of the newest watched one; empty where none could be made, and then the
    /// hook asks at every prompt.
    pub stamp: PathBuf,
    /// What has to be so still; else it is asked again.
    pub watched: Vec<Watched>,
}

/// The version of the answer; a hook that reads another one says nothing rather than something wrong.
const VERSION: &str = "dbguard 1";

impl Answer {
    /// The lines. Behind the stamp each line is a condition, by its first character: `@PATH` names a path and is none
    /// yet, `=STAMP` the stamp whose time the path before has; `<PATH` is not newer than the stamp, `~PATH` is the
    /// working directory, `+PATH` is there, `-PATH` is not; and the var of `$NAME` is as it was. What a line cannot hold, or
    /// no shell could ask for, is not watched: the stamp is left out, and the hook asks each time.
    pub fn lines(&self) -> Vec<u8> {
        let conditions: Vec<(u8, &OsStr)> = self.watched.iter().flat_map(conditions).collect();
        let watchable = is_whole(self.stamp.as_os_str()) && conditions.iter().all(|condition| is_watchable(*condition));
        let width = self.width.to_string();
        let fields = [
            VERSION,
            self.level,
            &self.text,
            &width,
            &self.color,
            self.position.word(),
            &self.title,
            &self.once,
            &self.each,
            &self.leave,
            &self.shown,
        ];
        let mut out = Vec::new();
        for field in fields {
            out.extend_from_slice(field.replace('\n', " ").as_bytes());
            out.push(b'\n');
        }
        if watchable {
            out.extend_from_slice(self.stamp.as_os_str().as_bytes());
        }
        out.push(b'\n');
        for (mark, path) in conditions.into_iter().filter(|_| watchable) {
            out.push(mark);
            out.extend_from_slice(path.as_bytes());
            out.push(b'\n');
        }
        out
    }
}

/// What a hook compares of the vars and the directory, in the words of this shell's hook, where an answer lies ready for
/// its first prompt: it is true there only if they are equal. Each var with its value, where it is set and exported; how
/// a hook words a var that is not exported never comes out here. `None` where a line cannot hold it.
pub fn key(shell: Shell, directory: &OsStr, path: &OsStr, vars: &[(&str, Option<&OsStr>)]) -> Option<Vec<u8>> {
    let mut out = [directory.as_bytes(), MARK, path.as_bytes()].concat();
    for (name, value) in vars {
        // By its name as well: the value of another one may be the same. fish has a place for each.
        let (what, value) = match (shell, value) {
            (Shell::Fish, value) => (String::new(), value.unwrap_or_default()),
            (Shell::Bash, Some(value)) if !value.is_empty() => (format!("{name}:x="), *value),
            (Shell::Zsh, Some(value)) if matches!(*name, "HOME" | "TERM") => {
                (format!("{name}:scalar-export-special="), *value)
            }
            (Shell::Zsh, Some(value)) => (format!("{name}:scalar-export="), *value),
            (Shell::Bash | Shell::Zsh, _) => continue,
        };
        out.extend_from_slice(&[MARK, what.as_bytes(), value.as_bytes()].concat());
    }
    if shell == Shell::Bash {
        out.extend_from_slice(MARK);
        out.extend(vars.iter().filter_map(|(_, value)| *value).flat_map(OsStrExt::as_bytes));
    }
    (!out.contains(&b'\n')).then_some(out)
}

/// What stands between two values.
const MARK: &[u8] = b"\x1f";

/// The lines of a condition, each with its mark.
fn conditions(watched: &Watched) -> Vec<(u8, &OsStr)> {
    match watched {
        Watched::Same { path, stamp } => vec![(b'@', path.as_os_str()), (b'=', stamp.as_os_str())],
        Watched::NotNewer(path) => vec![(b'<', path.as_os_str())],
        Watched::Here(path) => vec![(b'~', path.as_os_str())],
        Watched::There(path) => vec![(b'+', path.as_os_str())],
        Watched::Absent(path) => vec![(b'-', path.as_os_str())],
        Watched::Var(name) => vec![(b'$', OsStr::new(name))],
    }
}

/// Whether a line can hold it, and every shell takes it for what it is.
fn is_whole(text: &OsStr) -> bool {
    !text.as_bytes().iter().any(u8::is_ascii_control)
}

/// The names of vars become code in the hooks; those that begin with ours would be the hooks' own, and so is IFS.
fn is_watchable((mark, text): (u8, &OsStr)) -> bool {
    let bytes = text.as_bytes();
    let is_name = || {
        bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            && bytes.first().is_some_and(|byte| !byte.is_ascii_digit())
            && !bytes.starts_with(b"__dbguard")
            && bytes != b"IFS"
    };
    is_whole(text) && (mark != b'$' || is_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_line_break_is_not_watched_and_so_everything_is_asked_again() {
        let answer = Answer {
            level: "none",
            stamp: "/s".into(),
            watched: vec![Watched::There("/a\nb".into())],
            ..Answer::default()
        };
        assert_eq!(answer.lines(), b"dbguard 1\nnone\n\n0\n\nleft\n\n\n\n\n\n\n");
    }

    #[test]
    fn a_var_is_watched_by_its_name_and_never_by_anything_else() {
        let answer = |name: &str| Answer {
            level: "none",
            stamp: "/s".into(),
            watched: vec![Watched::Var(name.to_owned())],
            ..Answer::default()
        };
        assert!(answer("MY_URL1").lines().ends_with(b"\n/s\n$MY_URL1\n"));
        for hostile in
            ["", "1A", "A B", "A;touch pwned", "$(touch pwned)", "A\nB", "__dbguard_settled", "IFS", "A[0]", "\u{e9}"]
        {
            assert!(answer(hostile).lines().ends_with(b"left\n\n\n\n\n\n\n"), "{hostile}");
        }
    }

    #[test]
    fn the_stamp_and_what_is_watched_come_last() {
        let answer = Answer {
            level: "production",
            text: "P".to_owned(),
            stamp: "/s".into(),
            watched: vec![Watched::There("/a b".into())],
            ..Answer::default()
        };
        assert_eq!(answer.lines(), b"dbguard 1\nproduction\nP\n0\n\nleft\n\n\n\n\n\n/s\n+/a b\n");
        let same = Watched::Same { path: ".".into(), stamp: "/t".into() };
        let watched = vec![same, Watched::NotNewer("/b".into()), Watched::Absent("/c".into())];
        let lines = String::from_utf8(Answer { watched, ..answer }.lines()).unwrap();
        assert!(lines.ends_with("\n/s\n@.\n=/t\n</b\n-/c\n"), "{lines}");
    }
}
