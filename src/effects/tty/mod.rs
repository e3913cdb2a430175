//! The person at the terminal: the checklist drawn, and its question asked, on `/dev/tty` and nowhere else.
//!
//! Standard streams are never touched, so pipes stay clean and a `yes |` in front answers nothing. Whatever goes wrong
//! while asking is no answer, and the terminal is left as it was found. What is drawn comes as data from
//! [`crate::checklist`]; this module knows nothing of targets and policies.

mod draw;
mod line;
mod modes;
mod progress;
mod signals;
mod turn;
mod wrap;

use std::cell::{Cell, OnceCell};
use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub use self::draw::Canvas;
use self::line::Heard;
use self::modes::{Echo, Modes};
use self::signals::Signals;
use self::turn::Turn;
use crate::checklist::{Answer, Banner, Human, Section};
use crate::text::Secret;
use crate::world::Vars;
use crate::world::terminal::{self, Controlling};

/// How long a question waits for its answer unless told otherwise.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// How long the terminal may take nothing (Ctrl-S, a stuck multiplexer) before it counts as gone.
const STUCK: Duration = Duration::from_secs(5);

/// The controlling terminal, to draw on and to ask.
#[derive(Debug)]
pub struct Tty {
    terminal: File,
    canvas: OnceCell<Canvas>,
    vars: Vars,
    patience: Duration,
    stuck: Cell<bool>,
    turn: OnceCell<Turn>,
}

/// Why nobody can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Nobody {
    /// There is no terminal: cron, CI, an editor's task.
    NoTerminal,
    /// This process stands in the background of its terminal, where asking would stop it.
    Background,
}

impl Nobody {
    /// Why, as one lower-case phrase.
    pub fn because(self) -> &'static str {
        match self {
            Self::NoTerminal => "there is no terminal to ask on",
            Self::Background => "this is a background job of its terminal",
        }
    }
}

/// Sends sequences to the terminal of this process, where it stands in the foreground. A terminal that takes nothing
/// just now is not waited for.
pub fn send(sequences: &str) {
    if let Controlling::Foreground(mut terminal) = Controlling::open() {
        let _ = terminal.write_all(sequences.as_bytes());
    }
}

impl Tty {
    /// Opens the terminal of this process, where each question is answered within `patience`.
    pub fn open(vars: &Vars, patience: Duration) -> Result<Self, Nobody> {
        let terminal = match Controlling::open() {
            Controlling::Foreground(file) if line::can_wait_for(file.as_fd()) => file,
            Controlling::Foreground(_) | Controlling::Absent => return Err(Nobody::NoTerminal),
            Controlling::Background => return Err(Nobody::Background),
        };
        let vars = vars.clone();
        Ok(Self { terminal, canvas: OnceCell::new(), vars, patience, stuck: Cell::new(false), turn: OnceCell::new() })
    }

    /// Measured when something is drawn: most of what is opened is never drawn on.
    fn canvas(&self) -> Canvas {
        *self.canvas.get_or_init(|| Canvas {
            width: width(&self.terminal, &self.vars),
            colour: terminal::has_colour(&self.vars),
            spoken: terminal::is_spoken(&self.vars),
        })
    }

    /// Writes, as long as the terminal takes it. In the background nothing is written: with `stty tostop` that would
    /// stop the process.
    fn put(&self, text: &str) {
        if self.stuck.get() || !self.is_our_turn() || !terminal::in_foreground(&self.terminal) {
            return;
        }
        let until = Instant::now() + STUCK;
        self.stuck.set(line::write_all(&self.terminal, text.as_bytes(), until).is_err());
    }

    /// Waits until no other dbguard asks on this terminal; waited for once.
    fn is_our_turn(&self) -> bool {
        !matches!(self.turn.get_or_init(|| Turn::wait(Instant::now() + self.patience)), Turn::Taken)
    }

    /// Asks once, and again after the job was suspended and brought back.
    fn hear(&self, question: &str, echo: Echo) -> Result<Vec<u8>, &'static str> {
        loop {
            match self.hear_once(question, echo)? {
                Heard::Line(line) => return Ok(line),
                Heard::Again => {}
                Heard::Suspend => signals::suspend(),
            }
        }
    }

    fn hear_once(&self, question: &str, echo: Echo) -> Result<Heard, &'static str> {
        if !self.is_our_turn() {
            return Err("another question stands on this terminal");
        }
        if !terminal::in_foreground(&self.terminal) {
            return Err(Nobody::Background.because());
        }
        let signals = Signals::hold().map_err(|_| "signals could not be held")?;
        let modes = Modes::asking(&self.terminal, echo).map_err(|_| "the terminal went away")?;
        // The flush comes right before the question: what is typed from the moment it stands there is the answer.
        modes.forget_input();
        let question = self.canvas().question(question);
        self.put(&question);
        if self.stuck.get() {
            return Err("the terminal takes no output");
        }
        let heard = line::read(&self.terminal, &signals, &modes, Instant::now() + self.patience);
        if !(echo == Echo::On && matches!(heard, Ok(Heard::Line(_)))) {
            self.put("\n");
        }
        // The rest of a paste must not become input of the tool.
        modes.forget_input();
        heard
    }
}

impl Human for Tty {
    fn banner(&mut self, banner: &Banner) {
        let drawn = self.canvas().banner(banner);
        self.put(&drawn);
    }

    fn section(&mut self, section: &Section) {
        let drawn = self.canvas().section(section);
        self.put(&drawn);
    }

    fn tell(&mut self, line: &str) {
        let drawn = self.canvas().tell(line);
        self.put(&drawn);
    }

    /// Bytes that are not UTF-8 become replacement characters, which are part of no name.
    fn ask(&mut self, question: &str) -> Answer {
        match self.hear(question, Echo::On) {
            Ok(line) => Answer::Typed(String::from_utf8_lossy(&line).into_owned()),
            Err(because) => Answer::Nothing(because),
        }
    }

    fn ask_secret(&mut self, question: &str) -> Option<Secret> {
        let line = self.hear(question, Echo::Off).ok()?;
        (!line.is_empty()).then(|| Secret::new(OsString::from_vec(line)))
    }
}

/// The columns of the terminal. `stty` asks for them: the call itself is not to be had in safe Rust.
pub fn width(terminal: impl AsFd, vars: &Vars) -> usize {
    let said = terminal.as_fd().try_clone_to_owned().ok().and_then(|fd| {
        let mut stty = Command::new("stty");
        stty.arg("size").stdin(Stdio::from(fd)).stderr(Stdio::null()).output().ok()
    });
    let said = said.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let columns = said.split_whitespace().nth(1).and_then(|columns| columns.parse().ok());
    let from_var = || vars.get("COLUMNS")?.to_str()?.parse().ok();
    columns.filter(|&columns| columns > 0).or_else(from_var).unwrap_or(80)
}
