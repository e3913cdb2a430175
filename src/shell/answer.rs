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
    /// The working directory has exactly the time of this stamp.
    HereSame(PathBuf),
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
    /// The vars that it depends on besides those that every answer does.
    pub vars: Vec<String>,
    /// Which of all these are set and exported.
    pub set: Vec<String>,
    /// What has to be so still; else it is asked again.
    pub watched: Vec<Watched>,
}

/// The version of the answer; a hook that reads another one says nothing rather than something wrong.
const VERSION: &str = "dbguard 2";

impl Answer {
    /// The fields, one per line. Behind the stamp stand the names of vars, each after a dollar sign: those that it depends
    /// on besides the usual, and those of all that are set. Then, each by its mark, what is watched, and behind that
    /// the paths: `.` the stamp whose time the working directory has, `=` a path and the stamp whose time that has; a
    /// path that `<` is not newer than the stamp, `~` is the working directory, `+` is there, `-` is not. What a line
    /// cannot hold, or no shell could ask for, is not watched: the stamp is left out, and the hook asks each time.
    pub fn fields(&self) -> Vec<u8> {
        let watched: Vec<(u8, Vec<&OsStr>)> = self.watched.iter().map(condition).collect();
        let mut named = self.vars.iter().chain(&self.set);
        let mut paths = watched.iter().flat_map(|(_, paths)| paths);
        let watchable =
            is_whole(self.stamp.as_os_str()) && paths.all(|path| is_whole(path)) && named.all(|name| is_name(name));
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
        if !watchable {
            out.extend_from_slice(b"\n\n\n\n");
            return out;
        }
        let marks: Vec<u8> = watched.iter().map(|(mark, _)| *mark).collect();
        let (vars, set) = (after_dollars(&self.vars), after_dollars(&self.set));
        let lines = [self.stamp.as_os_str().as_bytes(), &vars, &set, &marks];
        for line in lines.into_iter().chain(watched.iter().flat_map(|(_, paths)| paths).map(|path| path.as_bytes())) {
            out.extend_from_slice(line);
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
        // By its name as well: the value of another one may be the same. In fish an event would have told.
        let (what, value) = match (shell, value) {
            (Shell::Fish, Some(value)) => (String::new(), *value),
            (Shell::Bash, Some(value)) => (format!("{name}:x="), *value),
            (Shell::Zsh, Some(value)) if matches!(*name, "HOME" | "TERM") => {
                (format!("{name}:scalar-export-special="), *value)
            }
            (Shell::Zsh, Some(value)) => (format!("{name}:scalar-export="), *value),
            (_, None) => continue,
        };
        out.extend_from_slice(&[MARK, what.as_bytes(), value.as_bytes()].concat());
    }
    if shell == Shell::Bash {
        // To psql a service that is set to nothing is one; other vars are as good as unset then.
        let is_set = |wanted: &str| vars.iter().any(|(name, value)| *name == wanted && value.is_some());
        let services = [("PGSERVICE", b"s"), ("PGSERVICEFILE", b"f")].into_iter().filter(|(name, _)| is_set(name));
        out.extend_from_slice(MARK);
        out.extend(services.flat_map(|(_, sign)| sign));
        out.extend_from_slice(MARK);
        out.extend(vars.iter().filter_map(|(_, value)| *value).flat_map(OsStrExt::as_bytes));
    }
    (!out.contains(&b'\n')).then_some(out)
}

/// What stands between two values.
const MARK: &[u8] = b"\x1f";

fn after_dollars(names: &[String]) -> Vec<u8> {
    names.iter().flat_map(|name| [b"$", name.as_bytes()]).collect::<Vec<_>>().concat()
}

/// The mark of a condition, and its paths.
fn condition(watched: &Watched) -> (u8, Vec<&OsStr>) {
    match watched {
        Watched::HereSame(stamp) => (b'.', vec![stamp.as_os_str()]),
        Watched::Same { path, stamp } => (b'=', vec![path.as_os_str(), stamp.as_os_str()]),
        Watched::NotNewer(path) => (b'<', vec![path.as_os_str()]),
        Watched::Here(path) => (b'~', vec![path.as_os_str()]),
        Watched::There(path) => (b'+', vec![path.as_os_str()]),
        Watched::Absent(path) => (b'-', vec![path.as_os_str()]),
    }
}

/// Whether a line can hold it, and every shell takes it for what it is.
fn is_whole(text: &OsStr) -> bool {
    !text.as_bytes().iter().any(u8::is_ascii_control)
}

/// The names of vars become code in the hooks; those that begin with ours would be the hooks' own, and so is IFS.
fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
        && !name.starts_with("__dbguard")
        && name != "IFS"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        Answer { level: "none", stamp: "/s".into(), ..Answer::default() }
    }

    #[test]
    fn a_path_with_a_line_break_is_not_watched_and_so_everything_is_asked_again() {
        let answer = Answer { watched: vec![Watched::There("/a\nb".into())], ..answer() };
        assert_eq!(answer.fields(), b"dbguard 2\nnone\n\n0\n\nleft\n\n\n\n\n\n\n\n\n\n");
    }

    #[test]
    fn a_var_is_watched_by_its_name_and_never_by_anything_else() {
        let answer = |name: &str| Answer { vars: vec![name.to_owned()], set: vec!["A".to_owned()], ..answer() };
        assert!(answer("MY_URL1").fields().ends_with(b"\n/s\n$MY_URL1\n$A\n\n"));
        for hostile in
            ["", "1A", "A B", "A;touch pwned", "$(touch pwned)", "A\nB", "__dbguard_settled", "IFS", "A[0]", "\u{e9}"]
        {
            assert!(answer(hostile).fields().ends_with(b"left\n\n\n\n\n\n\n\n\n\n"), "{hostile}");
        }
    }

    #[test]
    fn the_stamp_and_what_is_watched_come_last() {
        let answer = Answer { text: "P".to_owned(), watched: vec![Watched::There("/a b".into())], ..answer() };
        assert_eq!(answer.fields(), b"dbguard 2\nnone\nP\n0\n\nleft\n\n\n\n\n\n/s\n\n\n+\n/a b\n");
        let same = Watched::Same { path: "/p".into(), stamp: "/t".into() };
        let watched =
            vec![Watched::HereSame("/h".into()), same, Watched::NotNewer("/b".into()), Watched::Absent("/c".into())];
        let fields = String::from_utf8(Answer { watched, ..answer }.fields()).unwrap();
        assert!(fields.ends_with("\n/s\n\n\n.=<-\n/h\n/p\n/t\n/b\n/c\n"), "{fields}");
    }
}
