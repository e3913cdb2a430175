//! Whoever waits while a script is read that is longer than two seconds' work.
//!
//! Nobody waits for ever without being told: after two seconds reading ends, and the rest is unknown, unless somebody is
//! there who sees what was found so far and wants to know more. Who that is, and how it is asked, is not known here.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::rc::Rc;

use super::Finding;

/// How far it has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// Bytes that were read, of all files together.
    pub read: u64,
    /// Bytes of all files that were opened so far.
    pub total: u64,
    /// What was found so far, in order.
    pub findings: &'a [Finding],
}

/// Somebody who is asked once two seconds are over, and from then on again and again.
pub trait Waiting: fmt::Debug {
    /// Whether to read on. Comes back at once: it is reading that takes the time.
    fn goes_on(&mut self, progress: &Progress<'_>) -> bool;
}

/// A source whose bytes are counted.
pub(super) struct Counted<'a> {
    pub(super) source: Box<dyn Read + 'a>,
    pub(super) count: Rc<Cell<u64>>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.count.set(self.count.get().saturating_add(read as u64));
        Ok(read)
    }
}
