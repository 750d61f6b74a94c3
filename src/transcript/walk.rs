//! Reading on and on: everything that passed, in order, for search, filter and export.

use std::ops::Range;
use std::time::SystemTime;

use super::block::{Decoder, Kind, is_cut};
use super::entry::time;
use super::read::command;
use super::{LineEnd, LineKind, Transcript};
use crate::wire::Direction;

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

/// A line that a [`Walk`] comes by: as [`super::Line`], with its octets borrowed.
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
    /// The blocks still to be read; the first of them is the one behind `block`.
    blocks: Range<usize>,
    /// Lines before this one are passed over, and octets of theirs.
    from: u64,
    block: Option<(usize, Decoder)>,
    /// What ends before this octet of that block is passed over, too.
    pass: usize,
    /// The octets of that block, unless it is the one that is being filled.
    buffer: Vec<u8>,
}

impl<'t> Walk<'t> {
    pub(super) fn new(transcript: &'t Transcript, blocks: Range<usize>, from: usize) -> Walk<'t> {
        Walk {
            transcript,
            blocks,
            from: from as u64,
            block: None,
            pass: 0,
            buffer: transcript.lent_buffer(),
        }
    }

    /// All octets of the block that is gone through or comes next, as they lie in the spool: the lines, and
    /// beside them what is known of each. What is not in here is in no line of this block and in no piece of a
    /// literal: one quick look at 64 KiB can save a thousand. (A literal's line may begin in the
    /// block before, and go on in the next: look there for what is cut in two.) `None` at the end.
    pub fn block_octets(&mut self) -> Option<&[u8]> {
        self.enter()?;
        let (number, _) = self.block.as_ref()?;
        Some(self.transcript.filling(*number).unwrap_or(&self.buffer))
    }

    /// Passes over what ends before `octet` in what [`Walk::block_octets`] gave; not over what may be cut in
    /// two, for the rest of it lies elsewhere.
    pub fn pass_to(&mut self, octet: usize) {
        self.pass = octet;
    }

    /// The octet of [`Walk::block_octets`] behind what [`Walk::next`] gave last.
    pub fn octet(&self) -> usize {
        self.block.as_ref().map_or(0, |(_, decoder)| decoder.at())
    }

    /// Reads the next block, unless one is being gone through.
    fn enter(&mut self) -> Option<()> {
        if self.block.is_none() {
            let number = self.blocks.next()?;
            let checkpoint = self.transcript.checkpoint(number)?;
            if self.transcript.filling(number).is_none() {
                self.transcript.read_block(number, &mut self.buffer);
            }
            self.block = Some((number, Decoder::new(checkpoint)));
            self.pass = 0;
        }
        Some(())
    }

    /// The next line or the next octets of a literal; `None` at the end. What it gives is valid until the next
    /// call, hence no `Iterator`.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Walked<'_>> {
        loop {
            self.enter()?;
            let (number, decoder) = self.block.as_mut()?;
            let filling = self.transcript.filling(*number);
            // Only lines that come: what is returned borrows from here.
            let record = loop {
                let bytes = filling.unwrap_or(&self.buffer);
                match decoder.next(bytes) {
                    Some(record) if record.line < self.from => {}
                    Some(record) if record.end as usize <= self.pass && !record.is_cut() => {}
                    record => break record,
                }
            };
            let Some(record) = record else {
                let line = decoder.line();
                if line < self.transcript.end_of(*number) {
                    // Lost with a full disk, or a broken one.
                    let micros = decoder.miss();
                    if line < self.from {
                        continue;
                    }
                    return Some(Walked::Line(missing(line, micros)));
                }
                self.block = None;
                continue;
            };
            let bytes: &[u8] = filling.unwrap_or(&self.buffer);
            let index = usize::try_from(record.line).unwrap_or(usize::MAX);
            if let Kind::Octets { direction, offset } = record.kind {
                return Some(Walked::Octets {
                    index,
                    offset,
                    bytes: record.octets(bytes),
                    direction,
                    command: command(record.owner),
                });
            }
            let (kind, masked, missing) = self.transcript.meaning(&record);
            return Some(Walked::Line(WalkLine {
                index,
                kind,
                direction: kind.direction(),
                bytes: record.text(bytes),
                at: time(record.micros),
                command: command(record.owner),
                masked,
                ending: record.ending,
                missing,
            }));
        }
    }
}

impl WalkLine<'_> {
    /// Whether it goes on in another line, or may be the rest of one.
    pub fn is_cut(&self) -> bool {
        is_cut(self.ending, self.bytes.len())
    }
}

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        self.transcript.take_back(buffer);
    }
}

fn missing(line: u64, micros: i64) -> WalkLine<'static> {
    WalkLine {
        index: usize::try_from(line).unwrap_or(usize::MAX),
        kind: LineKind::Received { unsolicited: false },
        direction: Some(Direction::Server),
        bytes: &[],
        at: time(micros),
        command: None,
        masked: false,
        ending: LineEnd::None,
        missing: true,
    }
}
