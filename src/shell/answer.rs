//! What a prompt hook reads: values in a fixed order, one per line, never code.
//!
//! The hooks of all three shells read the same answer. A line never holds a control character but where it is a
//! sequence for the terminal, which is made here and nowhere else; so a name from outside cannot end a line early.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

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
    /// What to watch: newer than the stamp, or gone, means to ask again.
    pub watched: Vec<PathBuf>,
    /// For the first of these, in their order: a file whose time of change is exactly that of the watched one, which
    /// may have been given an older time; empty where there is none.
    pub times: Vec<PathBuf>,
    /// The working directory without links: a shell that goes by the same name may stand elsewhere by then.
    pub here: PathBuf,
}

/// The version of the answer; a hook that reads another one says nothing rather than something wrong.
const VERSION: &str = "dbguard 1";

impl Answer {
    /// The lines. Behind the stamp, a line is a watched path; `=PATH` is the file with the time of the one before, and
    /// `@PATH` the working directory. Paths that a line cannot hold are not watched, so the stamp is left out and the hook asks each time.
    pub fn lines(&self) -> Vec<u8> {
        let whole = |path: &Path| !path.as_os_str().as_bytes().contains(&b'\n');
        let all = [&self.stamp, &self.here].into_iter().chain(&self.watched).chain(&self.times);
        let watchable = all.into_iter().all(|path| whole(path));
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
            self.paths(&mut out);
        } else {
            out.push(b'\n');
        }
        out
    }

    fn paths(&self, out: &mut Vec<u8>) {
        let mut line = |mark: &[u8], path: &Path| {
            out.extend_from_slice(mark);
            out.extend_from_slice(path.as_os_str().as_bytes());
            out.push(b'\n');
        };
        line(b"", &self.stamp);
        if !self.here.as_os_str().is_empty() {
            line(b"@", &self.here);
        }
        let times = self.times.iter().map(Some).chain(std::iter::repeat(None));
        for (path, time) in self.watched.iter().zip(times) {
            line(b"", path);
            if let Some(time) = time.filter(|time| !time.as_os_str().is_empty()) {
                line(b"=", time);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_line_break_is_not_watched_and_so_everything_is_asked_again() {
        let answer = Answer { level: "none", stamp: "/s".into(), watched: vec!["/a\nb".into()], ..Answer::default() };
        assert_eq!(answer.lines(), b"dbguard 1\nnone\n\n0\n\nleft\n\n\n\n\n\n\n");
    }

    #[test]
    fn the_stamp_and_what_is_watched_come_last() {
        let answer = Answer {
            level: "production",
            text: "P".to_owned(),
            stamp: "/s".into(),
            watched: vec!["/a b".into()],
            ..Answer::default()
        };
        assert_eq!(answer.lines(), b"dbguard 1\nproduction\nP\n0\n\nleft\n\n\n\n\n\n/s\n/a b\n");
        let watched = ["/a", "/b", "/c"].map(Into::into).to_vec();
        let answer = Answer { watched, times: vec!["/t".into(), "".into()], here: "/h".into(), ..answer };
        let lines = String::from_utf8(answer.lines()).unwrap();
        assert!(lines.ends_with("\n/s\n@/h\n/a\n=/t\n/b\n/c\n"), "{lines}");
    }
}
