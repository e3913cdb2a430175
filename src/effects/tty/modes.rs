//! The terminal's settings while a question stands, and their restoring.
//!
//! The terminal stays in canonical mode, so that its own line editing works as everywhere and a process that is killed
//! while asking leaves an ordinary terminal behind. Ctrl-C and Ctrl-Z do not send signals meanwhile: they end the line
//! (`VEOL`, `VEOL2` of termios(3)), and are read as what they are.

use std::fs::File;

use nix::sys::termios::{
    FlushArg, InputFlags, LocalFlags, OutputFlags, SetArg, SpecialCharacterIndices, Termios, tcflush, tcgetattr,
    tcsetattr,
};

use crate::world::terminal::in_foreground;

/// Whether what is typed shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Echo {
    /// It does.
    On,
    /// It does not: a secret.
    Off,
}

/// The settings of a question; dropped, those from before are back.
pub(super) struct Modes<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Modes<'a> {
    /// Not `TCSADRAIN` nor `TCSAFLUSH`: those wait for output, which a terminal stopped by Ctrl-S never takes.
    pub(super) fn asking(terminal: &'a File, echo: Echo) -> nix::Result<Self> {
        let before = tcgetattr(terminal)?;
        tcsetattr(terminal, SetArg::TCSANOW, &asking(&before, echo))?;
        Ok(Self { terminal, before })
    }

    /// Discards what was typed and not read.
    pub(super) fn forget_input(&self) {
        let _ = tcflush(self.terminal, FlushArg::TCIFLUSH);
    }

    /// The key that interrupts, usually Ctrl-C.
    pub(super) fn interrupts(&self, key: u8) -> bool {
        character(&self.before, SpecialCharacterIndices::VINTR) == Some(key)
    }

    /// The key that suspends, usually Ctrl-Z.
    pub(super) fn suspends(&self, key: u8) -> bool {
        character(&self.before, SpecialCharacterIndices::VSUSP) == Some(key)
    }
}

impl Drop for Modes<'_> {
    /// Not in the background: there the terminal belongs to the shell, which has set it up for itself.
    fn drop(&mut self) {
        if in_foreground(self.terminal) {
            let _ = tcsetattr(self.terminal, SetArg::TCSANOW, &self.before);
        }
    }
}

fn asking(before: &Termios, echo: Echo) -> Termios {
    let mut modes = before.clone();
    modes.input_flags.insert(InputFlags::ICRNL);
    modes.input_flags.remove(InputFlags::IGNCR | InputFlags::INLCR);
    modes.output_flags.insert(OutputFlags::OPOST | OutputFlags::ONLCR);
    modes.local_flags.insert(LocalFlags::ICANON | LocalFlags::IEXTEN | LocalFlags::ECHOE | LocalFlags::ECHOK);
    modes.local_flags.remove(LocalFlags::ISIG | LocalFlags::ECHONL);
    modes.local_flags.set(LocalFlags::ECHO, echo == Echo::On);
    for (end, key) in [
        (SpecialCharacterIndices::VEOL, SpecialCharacterIndices::VINTR),
        (SpecialCharacterIndices::VEOL2, SpecialCharacterIndices::VSUSP),
    ] {
        let key = before.control_chars.get(key as usize).copied();
        if let (Some(place), Some(key)) = (modes.control_chars.get_mut(end as usize), key) {
            *place = key;
        }
    }
    modes
}

/// The key of a function; `None` when it has none (`_POSIX_VDISABLE`: 0, on BSD 255).
fn character(modes: &Termios, index: SpecialCharacterIndices) -> Option<u8> {
    modes.control_chars.get(index as usize).copied().filter(|&key| key != 0 && key != 255)
}
