//! Reading on and on: everything that passed, in order, for search, filter and export.

use std::ops::Range;
use std::time::SystemTime;

use super::{Line, LineEnd, LineKind, Transcript};
use crate::wire::Direction;

/// Lines in a block.
pub(super) const BLOCK: usize = 1024;
const PIECE: usize = 64 * 1024;

/// Some 64 KiB of what passed: what counts are kept by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Which; never changes.
    pub number: usize,
    /// The lines that begin in it; empty where it is all the inside of a literal.
    pub lines: Range<usize>,
    /// Nothing in it will change: neither the octets, nor which command they belong to.
    pub settled: bool,
}

/// What a [`Walk`] comes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Walked<'w> {
    /// A line; of a literal the line that stands for it.
    Line(WalkLine<'w>),
    /// Octets of a literal, behind its line, in order. What the other direction said in the meantime, and
    /// notes, may stand between.
    Octets {
        /// The literal's line.
        index: usize,
        /// Of the first of these octets in the literal.
        offset: u64,
        /// The octets: at most 64 KiB, cut anywhere.
        bytes: &'w [u8],
        /// Who sent it.
        direction: Direction,
        /// The command it belongs to.
        command: Option<usize>,
    },
}

/// A line that a [`Walk`] comes by: as [`Line`], with its octets borrowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkLine<'w> {
    /// Its index.
    pub index: usize,
    /// What it is.
    pub kind: LineKind,
    /// Who sent it; `None` for a note.
    pub direction: Option<Direction>,
    /// The octets, line end off (at most 64 KiB); empty for a literal. Hostile.
    pub bytes: &'w [u8],
    /// When it came or went.
    pub at: SystemTime,
    /// The command it belongs to.
    pub command: Option<usize>,
    /// Whether `********` in it stands for a secret.
    pub masked: bool,
    /// How it ended.
    pub ending: LineEnd,
    /// The octets could not be stored, or not be read back.
    pub missing: bool,
}

/// Goes through lines and literals in order; see [`Transcript::walk`].
#[derive(Debug)]
pub struct Walk<'t> {
    transcript: &'t Transcript,
    lines: Range<usize>,
    line: Option<Line>,
    /// The literal that is gone through, and how far.
    literal: Option<(usize, u64)>,
    octets: Vec<u8>,
}

impl<'t> Walk<'t> {
    pub(super) fn new(transcript: &'t Transcript, lines: Range<usize>) -> Walk<'t> {
        Walk {
            transcript,
            lines,
            line: None,
            literal: None,
            octets: Vec::new(),
        }
    }

    /// The next line or the next octets of a literal; `None` at the end. What it gives is valid until the next
    /// call, hence no `Iterator`.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Walked<'_>> {
        if let Some((index, offset)) = self.literal {
            self.octets = self.transcript.literal_bytes(index, offset, PIECE);
            if !self.octets.is_empty() {
                self.literal = Some((index, offset + self.octets.len() as u64));
                let line = self.line.as_ref()?;
                return Some(Walked::Octets {
                    index,
                    offset,
                    bytes: &self.octets,
                    direction: line.kind.direction()?,
                    command: line.command,
                });
            }
            self.literal = None;
        }
        let index = self.lines.next()?;
        let line = self.line.insert(self.transcript.line(index)?);
        if matches!(line.kind, LineKind::Literal { .. }) {
            self.literal = Some((index, 0));
        }
        Some(Walked::Line(WalkLine {
            index,
            kind: line.kind,
            direction: line.kind.direction(),
            bytes: &line.bytes,
            at: line.at,
            command: line.command,
            masked: line.masked,
            ending: line.ending,
            missing: line.missing,
        }))
    }
}
