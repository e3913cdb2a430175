//! What differs between shells and terminals: quoting, the init code, the answer that a prompt hook reads, titles.
//!
//! It knows nothing of databases; it is handed text and answers with text. The shells' own code stands in `shell/` as
//! plain files and is embedded here.

mod answer;
mod init;
mod psqlrc;
mod quote;
mod startup;
mod terminal;

use std::ffi::OsStr;

pub use answer::{Answer, Position, Watched, key};
pub use init::{Prelude, code, evaluated, named, removal, sourced};
pub use psqlrc::{Without, beside, block, outdated, portable, with, without};
pub use quote::posix;
pub use startup::{Says, files as startup_files, is_early, says};
pub use terminal::{Paint, Painted, Rgb, Terminal, inert};

/// The shells that have a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// GNU Bash, from the 3.2 of macOS on.
    Bash,
    /// The Z shell.
    Zsh,
    /// fish, the friendly interactive shell.
    Fish,
}

impl Shell {
    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
        }
    }

    /// `text` as one word of this shell's own language, whatever bytes are in it.
    pub fn quote(self, text: &OsStr) -> Vec<u8> {
        match self {
            Self::Bash | Self::Zsh => quote::single(text, b"'\\''", false),
            Self::Fish => quote::single(text, b"\\'", true),
        }
    }
}
