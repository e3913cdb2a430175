//! What the prompt shows: shape, word and colour of the environment, and whether the connection may write.
//!
//! It must come at once, and be right or say that it is not known. So what was made once is kept for the very same
//! sockets, the very same configuration and working directory, and made again when any of these is another one. The
//! words are dbguard's own; names of hosts and databases are shown by psql itself.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::derive::{self, Derived};
use super::seat::{Seat, peer_text};
use super::tint;
use crate::config::{self, Config, Places};
use crate::effects::inside::{self, Known, Opened, ReadOnly, Shown};
use crate::environment::Level;
use crate::prompt::{Show, Style, sgr};
use crate::shell::{Terminal, inert};
use crate::target;
use crate::world::Snapshot;
use crate::world::net::Peer;
use crate::world::terminal::{has_colour, is_spoken};

/// Which of psql's prompts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// A new statement.
    First,
    /// A statement that goes on.
    Second,
    /// Data of `COPY`.
    Third,
}

/// psql takes 255 bytes of a command's output and 255 of the whole prompt (`MAX_PROMPT_SIZE` in prompt.h): a label of
/// this many characters leaves room for the rest.
const LONGEST_LABEL: usize = 24;

/// What stands before each prompt.
pub fn label(seat: &mut Seat<'_>, which: Which) -> String {
    let (known, remembered) = look(seat);
    words(seat, &known, which, remembered)
}

/// The same where nothing has changed since the last one, for which nobody's name is needed.
pub fn kept(seat: &Seat<'_>, which: Which) -> Option<String> {
    let known = fresh(seat)?;
    known.shown.iter().filter(|_| which == Which::First).for_each(|shown| tint::again(seat, shown));
    Some(words(seat, known, which, true))
}

fn words(seat: &Seat<'_>, known: &Known, which: Which, remembered: bool) -> String {
    let paint = Paint::of(seat, which);
    let Some(shown) = &known.shown else {
        return paint.first("", "!! NOT CONNECTED ", "", "");
    };
    let icon = paint.icon(&shown.icon, shown.strict);
    if which != Which::First {
        return paint.first(&shown.sgr, icon.trim_end(), " ", "");
    }
    let doubt = if shown.doubtful { "?" } else { "" };
    let word: String = inert(&shown.label).chars().take(LONGEST_LABEL).collect();
    let ask = if known.names.is_none() && shown.environment == "unknown" { ":whereami " } else { "" };
    let title = if seat.inside.titled && shown.titled { format!("{icon}{word}{doubt} psql") } else { String::new() };
    // What holds connections read-only is set at the start for those to come. Whether this is one of them, nobody knows
    // where nothing can be remembered.
    let held = if shown.strict { !known.again } else { remembered };
    let state = state(known, shown.strict, seat.locks() && held);
    paint.first(&shown.sgr, &format!(" {icon}{word}{doubt} "), &format!(" {state}{ask}"), &title)
}

/// Whether it may write, in words that hold whatever was typed since the server was asked: psql runs nothing at its
/// prompt, and tells nobody of a `SET` or a `BEGIN READ WRITE`. What is open, its own `*` shows.
fn state(known: &Known, strict: bool, locks: bool) -> &'static str {
    match (known.opened, known.read_only, strict) {
        (Some(Opened::Session), ..) => "WRITABLE ",
        (Some(Opened::Transaction), ReadOnly::Held, _) => "began read-only (*=WRITABLE) ",
        (_, ReadOnly::Held, _) => "began read-only ",
        (_, ReadOnly::Open, true) => "NOT read-only ",
        (_, ReadOnly::Open, false) => "writable ",
        (_, ReadOnly::Unasked, _) if locks => "read-only? ",
        (_, ReadOnly::Unasked, _) => "writable? ",
    }
}

/// What is known of the connection as it is now, made afresh where anything changed; and whether that could be kept.
fn look(seat: &mut Seat<'_>) -> (Known, bool) {
    if let Some(known) = fresh(seat) {
        return (known.clone(), true);
    }
    target::look_once();
    let config = config::load(seat.snapshot);
    let known = seen(seat, &config);
    tint::change(seat, known.shown.as_ref());
    if known.shown.is_none() {
        return (known, true);
    }
    seat.inside.connection = Some(known.clone());
    // What cannot be kept is made again at the next prompt.
    let remembered = inside::write(seat.snapshot, seat.pid, &seat.inside).is_ok();
    (known, remembered)
}

/// What is known of the connection, where what it was made from is as it was.
fn fresh<'s>(seat: &'s Seat<'_>) -> Option<&'s Known> {
    let same = |shown: &Shown| shown.made_from == stamps(&shown.files, seat.snapshot);
    seat.known().filter(|known| known.shown.as_ref().is_some_and(same))
}

/// Looks at the connection.
fn seen(seat: &Seat<'_>, config: &Config) -> Known {
    let peer = seat.peer();
    let kept = seat.known().cloned().unwrap_or_else(|| Known { again: again(seat, peer.as_ref()), ..Known::default() });
    let derived = match (&peer, &kept.names) {
        (peer, Some(names)) => derive::exact(seat, config, names, peer.as_ref()),
        (Some(peer), None) => derive::by_peer(seat, config, peer),
        (None, None) if seat.sockets.as_ref().is_some_and(Vec::is_empty) => return Known::default(),
        (None, None) => Derived::unknown("which of psql's sockets is the connection cannot be told"),
    };
    let sockets = seat.sockets.clone().unwrap_or_default();
    let shown = Some(shown(&derived, config, seat.snapshot));
    Known { sockets, peer: peer.as_ref().map(peer_text), shown, ..kept }
}

/// Whether this may be the lost connection, made again with the options that it had (`PQreset`), and not one of `\c`,
/// for which `PGOPTIONS` counts: the far end is the same, and the one before was not read-only from its beginning.
fn again(seat: &Seat<'_>, peer: Option<&Peer>) -> bool {
    let Some(before) = &seat.inside.connection else { return false };
    let writable = before.again || (before.read_only == ReadOnly::Open && before.opened.is_none());
    writable && before.peer.is_some() && before.peer == peer.map(peer_text)
}

/// What is shown of it.
pub(super) fn shown(derived: &Derived, config: &Config, snapshot: &Snapshot) -> Shown {
    let look = derived.environment.look();
    let mut files: Vec<String> = config.files.iter().filter_map(|file| file.path.to_str().map(str::to_owned)).collect();
    files.extend(Places::of(snapshot).trust.and_then(|trust| trust.to_str().map(str::to_owned)));
    Shown {
        label: look.label,
        icon: if is_spoken(&snapshot.vars) { String::new() } else { look.icon },
        sgr: sgr(&look.color, Style::Block),
        tint: tint::of(&derived.environment, config, snapshot),
        titled: config.theme.title != Show::Never,
        environment: derived.environment.name().to_owned(),
        strict: derived.environment.level() == Level::Production,
        apart: derived.environment.level() > Level::Development,
        doubtful: derived.doubtful,
        made_from: stamps(&files, snapshot),
        files,
    }
}

/// The state of these files, and the working directory, on which a project's file depends.
fn stamps(files: &[String], snapshot: &Snapshot) -> String {
    let mut text = snapshot.cwd.to_string_lossy().into_owned();
    let stamp = |meta: Metadata| format!("{}:{}:{}.{}", meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec());
    for file in files {
        let stamp = std::fs::metadata(Path::new(file)).map_or_else(|_| "-".to_owned(), stamp);
        let _infallible = write!(text, " {stamp}");
    }
    text
}

/// How this terminal is painted.
struct Paint {
    colour: bool,
    /// Whether line editing counts columns, so that what has none must be marked.
    counts: bool,
    /// Whether characters beyond ASCII can be shown.
    wide: bool,
    terminal: Terminal,
}

impl Paint {
    fn of(seat: &Seat<'_>, which: Which) -> Self {
        let vars = &seat.snapshot.vars;
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| vars.filled(name));
        let locale = locale.map(|text| text.to_string_lossy().to_lowercase()).unwrap_or_default();
        Self {
            colour: has_colour(vars),
            // psql itself writes the third prompt (`handleCopyIn`), and would show the marks to the terminal.
            counts: which != Which::Third,
            wide: locale.contains("utf-8") || locale.contains("utf8"),
            terminal: Terminal::of(|name| vars.get(name)),
        }
    }

    fn icon(&self, icon: &str, strict: bool) -> String {
        match (self.wide, strict) {
            (true, _) if icon.is_empty() => String::new(),
            (true, _) => format!("{} ", inert(icon)),
            (false, true) => "!! ".to_owned(),
            (false, false) => String::new(),
        }
    }

    /// The painted words, then plain ones; the title goes before both.
    fn first(&self, sgr: &str, painted: &str, plain: &str, title: &str) -> String {
        if !self.colour {
            return format!("{}{plain}", painted.trim_start());
        }
        let title = self.terminal.title(title);
        let hide =
            |text: &str| if text.is_empty() || !self.counts { text.to_owned() } else { format!("\x01{text}\x02") };
        let (on, off) = if sgr.is_empty() { (String::new(), "") } else { (format!("\x1b[{sgr}m"), "\x1b[0m") };
        format!("{}{painted}{}{plain}", hide(&(title + &on)), hide(off))
    }
}

/// The text for psql's own `PROMPT1`, `PROMPT2` or `PROMPT3`, around what the user has there.
pub fn prompt(own: Option<&OsStr>, which: Which) -> String {
    let number = match which {
        Which::First => 1,
        Which::Second => 2,
        Which::Third => 3,
    };
    let own = own.map(|text| text.to_string_lossy().into_owned());
    let own = own.filter(|text| *text != format!(":PROMPT{number}")).unwrap_or_default();
    // A second reading of the start-up file finds what the first one set.
    if own.contains("in-psql label") {
        return own;
    }
    let rest = match (which, own.as_str()) {
        (Which::First, "%/%R%# " | "%/%R%x%# ") => "%:USER:@%M:%>/%/%R%x%# ".to_owned(),
        (Which::First, own) if own.contains("%M") || own.contains("%m") => own.to_owned(),
        (Which::First, own) => format!("%M:%> {own}"),
        (Which::Second | Which::Third, own) => own.to_owned(),
    };
    format!("%`\"$DBGUARD_BIN\" in-psql label $PPID {number} 2>/dev/null || printf '?? dbguard is gone '`{rest}")
}
