//! A tmux server of a test's own, in its sandbox, which has ended when the test has.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Sandbox, gone};

/// A running tmux server with one session.
pub(crate) struct Tmux<'a> {
    sandbox: &'a Sandbox,
    socket: PathBuf,
    conf: OsString,
}

impl<'a> Tmux<'a> {
    /// Starts this command in a pane of that many columns and lines, under this configuration.
    pub(crate) fn start(sandbox: &'a Sandbox, conf: &Path, size: (u16, u16), command: &str) -> Self {
        let tmux = Self { sandbox, socket: sandbox.path("run/tmux"), conf: conf.into() };
        let (columns, lines) = (size.0.to_string(), size.1.to_string());
        tmux.run(&["new-session", "-d", "-x", &columns, "-y", &lines, command]);
        tmux
    }

    /// What this tmux command prints.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        let server = [OsString::from("-S"), self.socket.clone().into(), "-f".into(), self.conf.clone()];
        let all = server.into_iter().chain(args.iter().map(OsString::from));
        self.sandbox.tool("tmux", all).output().out()
    }

    /// Types a line.
    pub(crate) fn line(&self, text: &str) {
        self.run(&["send-keys", "-l", text]);
        self.run(&["send-keys", "Enter"]);
    }

    /// The pane's text with wrapped lines joined and without blanks at their ends, once it holds this.
    #[track_caller]
    pub(crate) fn see(&self, expected: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let shown = self.run(&["capture-pane", "-p", "-J"]);
            let shown: String = shown.lines().flat_map(|line| [line.trim_end(), "\n"]).collect();
            if shown.contains(expected) {
                return shown;
            }
            assert!(Instant::now() < deadline, "`{expected}` is not shown; the pane:\n{shown}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What this format gives once it gives this, or after 20 seconds.
    pub(crate) fn wait(&self, format: &str, expected: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let shown = self.run(&["display-message", "-p", format]);
            if shown.trim_end() == expected || Instant::now() > deadline {
                return shown.trim_end().to_owned();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        // The server answers before it has ended, and the shell in the pane writes its history after that.
        let ids = self.run(&["list-panes", "-a", "-F", "#{pid} #{pane_pid}"]);
        self.run(&["kill-server"]);
        ids.split_whitespace().filter_map(|id| id.parse().ok()).for_each(gone);
    }
}
