//! Who is asked.
//!
//! The trait is here and the terminal in `effects`, so that a checklist can be settled in a test without one.

use super::screen::{Banner, Section};
use crate::text::Secret;

/// A person at a terminal, or what stands for one in a test.
///
/// The library never prints or reads by itself; it is handed one of these. Every method that asks may be answered
/// with "nobody could be asked", and that is never a yes.
pub trait Human {
    /// Draws the head of the screen.
    fn banner(&mut self, banner: &Banner);
    /// Draws a section below what is there.
    fn section(&mut self, section: &Section);
    /// Says one line.
    fn tell(&mut self, line: &str);
    /// Asks for one line of text. Discards first whatever was typed before the question stood there.
    fn ask(&mut self, question: &str) -> Answer;
    /// Asks for a secret: what is typed does not show.
    fn ask_secret(&mut self, question: &str) -> Option<Secret>;
}

/// What a person answered.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A line, without its end.
    Typed(String),
    /// End of input, Ctrl-C, a timeout, a terminal that went away: no. Why, as one lower-case phrase.
    Nothing(&'static str),
}
