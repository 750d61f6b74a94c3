//! Lines back from the spool. Costs at most the reading of one block; the last ones are remembered.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, PoisonError};

use super::block::{Checkpoint, Decoder, Kind, NOBODY, Record, UNSOLICITED, side};
use super::entry::time;
use super::{Block, CommandRecord, Line, LineEnd, LineKind, LiteralLines, Transcript, Walk};
use crate::wire::response::{Response, StatusResponse, Untagged};
use crate::wire::{Direction, Frame, Tag};

/// Blocks remembered.
const CACHED: usize = 8;
/// Stands for "will not change".
const WRITTEN: u64 = u64::MAX;

/// A block, and where its records are.
#[derive(Debug)]
pub(super) struct Decoded {
    number: usize,
    /// [`Transcript::changes`] when it was read, or [`WRITTEN`].
    changes: u64,
    first_line: u64,
    bytes: Vec<u8>,
    records: Vec<Record>,
    /// Places of the records that are lines.
    lines: Vec<u32>,
    /// The time of its last record.
    micros: i64,
}

/// The blocks that were read last.
#[derive(Debug, Default)]
pub(super) struct Cache {
    blocks: VecDeque<Arc<Decoded>>,
    /// What the last walk read into: a search begins one for each block.
    buffer: Vec<u8>,
}

impl Cache {
    /// Forgets the blocks with these numbers.
    pub fn forget(&mut self, gone: impl Fn(usize) -> bool) {
        self.blocks.retain(|block| !gone(block.number));
    }
}

impl Transcript {
    /// Index of the oldest line that is still kept: 0 until the limit of the spool made the first ones
    /// go. Indices never change; of a line that is gone [`Transcript::line`] tells `None`.
    pub fn first_line(&self) -> usize {
        let first = self.checkpoints.front().map_or(0, |c| c.first_line);
        usize::try_from(first).unwrap_or(usize::MAX)
    }

    /// Which connection line `index` belongs to, from 1; notes before its first bytes count to the one
    /// before.
    pub fn connection_of(&self, index: usize) -> u32 {
        let number = self.starts.partition_point(|first| *first <= index);
        u32::try_from(number).unwrap_or(u32::MAX).max(1)
    }

    /// The index behind the last line: the number of lines that were ever recorded.
    pub fn len(&self) -> usize {
        usize::try_from(self.lines).unwrap_or(usize::MAX)
    }

    /// Whether nothing was recorded yet.
    pub fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// Line `index`, read back from the spool.
    pub fn line(&self, index: usize) -> Option<Line> {
        let block = self.decoded(self.block_of(index)?)?;
        let Some(record) = record_of(&block, index) else {
            // Lost with a full disk or a broken one.
            return Some(Line {
                kind: LineKind::Received { unsolicited: false },
                bytes: Vec::new(),
                at: time(block.micros),
                command: None,
                masked: false,
                ending: LineEnd::None,
                missing: true,
            });
        };
        let (kind, masked, missing) = self.meaning(&record);
        Some(Line {
            kind,
            bytes: match record.kind {
                Kind::Literal { .. } => Vec::new(),
                _ => record.text(&block.bytes).to_vec(),
            },
            at: time(record.micros),
            command: command(record.owner),
            masked,
            ending: record.ending,
            missing,
        })
    }

    /// The command that line `index` belongs to.
    pub fn line_command(&self, index: usize) -> Option<usize> {
        let block = self.decoded(self.block_of(index)?)?;
        command(record_of(&block, index)?.owner)
    }

    /// Index of the oldest command of which something is still kept; 0 until the limit of the spool
    /// made lines go. Indices never change.
    pub fn first_command(&self) -> usize {
        self.commands.first()
    }

    /// The index behind the last command: the number of commands that ever went out, over all
    /// connections, in the order they went out.
    pub fn command_count(&self) -> usize {
        self.commands.count()
    }

    /// Command `index`, as far as memory knows it.
    pub fn command(&self, index: usize) -> Option<CommandRecord> {
        self.commands.record(index)
    }

    /// How many commands had begun when line `line` came: the last of them has the index one less. The
    /// first command that begins behind `line` has this index.
    pub fn commands_begun(&self, line: usize) -> usize {
        self.commands.begun(line as u64)
    }

    /// The tag of command `index`, read back from its first line; `None` if it has none.
    pub fn command_tag(&self, index: usize) -> Option<Tag> {
        let line = self.line(self.command(index)?.first_line)?;
        let sent = line.kind == LineKind::Sent && line.command == Some(index);
        let (tag, behind) = line
            .bytes
            .split_at(memchr::memchr(b' ', &line.bytes).filter(|_| sent)?);
        // A word alone, or none, is no command with a tag.
        (behind.len() > 1).then(|| Tag::new(tag)).flatten()
    }

    /// The tagged response of command `index`, read back: its code and its text.
    pub fn command_status(&self, index: usize) -> Option<StatusResponse> {
        let record = self.command(index)?;
        let line = self.line(record.completion_line?)?;
        match Response::parse(&Frame::from_line(&line.bytes)) {
            // Untagged: the BAD of a server that did not see the tag.
            Response::Tagged { status, .. } | Response::Untagged(Untagged::Status(status)) => {
                Some(status)
            }
            _ => Some(StatusResponse {
                status: record.status?,
                code: None,
                text: Vec::new(),
            }),
        }
    }

    /// At most `length` octets of the literal at line `index`, from its octet `offset` on. Empty behind
    /// its end, where it could not be stored, and for a line that is no literal.
    pub fn literal_bytes(&self, index: usize, offset: u64, length: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let (Some(number), Some(direction)) = (self.block_of(index), self.literal_at(index)) else {
            return out;
        };
        let side = side(direction);
        let line = index as u64;
        // The last block in which no octet behind `offset` has come yet.
        let (mut low, mut high) = (number + 1, self.blocks().end);
        while low < high {
            let middle = low + (high - low) / 2;
            let carry = self.checkpoint(middle).and_then(|c| c.open[side]);
            if carry.is_some_and(|c| c.line == line && c.offset <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let mut wanted = offset;
        for number in low - 1..self.blocks().end {
            let carried = self.checkpoint(number).and_then(|c| c.open[side]);
            if number >= low && carried.is_none_or(|c| c.line != line) {
                break;
            }
            let Some(block) = self.decoded(number) else {
                break;
            };
            for record in &block.records {
                let Kind::Octets {
                    direction: of,
                    offset: first,
                } = record.kind
                else {
                    continue;
                };
                if record.line != line || of != direction || first > wanted {
                    continue;
                }
                let octets = record.octets(&block.bytes);
                let skipped = usize::try_from(wanted - first).unwrap_or(usize::MAX);
                let octets = octets.get(skipped..).unwrap_or_default();
                let octets = octets
                    .get(..octets.len().min(length - out.len()))
                    .unwrap_or_default();
                out.extend_from_slice(octets);
                wanted += octets.len() as u64;
            }
            if out.len() >= length {
                break;
            }
        }
        out
    }

    /// The lines of the literal at line `index`, not yet looked for: see [`LiteralLines::scan`].
    /// `None` if that line is no literal.
    pub fn literal_lines(&self, index: usize) -> Option<LiteralLines> {
        self.literal_at(index).map(|_| LiteralLines::new(index))
    }

    /// Who sent the literal at line `index`; `None` if there is none.
    fn literal_at(&self, index: usize) -> Option<Direction> {
        let block = self.decoded(self.block_of(index)?)?;
        match record_of(&block, index)?.kind {
            Kind::Literal { direction, .. } => Some(direction),
            _ => None,
        }
    }

    /// The numbers of the blocks that are kept: each holds some 64 KiB of what passed. Numbers never
    /// change; the last one grows.
    pub fn blocks(&self) -> Range<usize> {
        self.first_block..self.first_block + self.checkpoints.len()
    }

    /// Block `number`: which lines begin in it.
    pub fn block(&self, number: usize) -> Option<Block> {
        let first = self.checkpoint(number)?.first_line;
        let line = |line: u64| usize::try_from(line).unwrap_or(usize::MAX);
        let last = number + 1 == self.blocks().end;
        Some(Block {
            number,
            lines: line(first)..line(self.end_of(number)),
            settled: !last && self.frame.as_ref().is_none_or(|f| number < f.block()),
        })
    }

    /// The number of the block in which line `line` begins.
    pub fn block_of(&self, line: usize) -> Option<usize> {
        let line = u64::try_from(line).ok().filter(|l| *l < self.lines)?;
        let behind = self.checkpoints.partition_point(|c| c.first_line <= line);
        Some(self.first_block + behind.checked_sub(1)?)
    }

    /// Everything from line `from` on, in order.
    pub fn walk(&self, from: usize) -> Walk<'_> {
        let from = from.max(self.first_line());
        let begin = self.block_of(from).unwrap_or(self.blocks().end);
        Walk::new(self, begin..self.blocks().end, from)
    }

    /// Everything in block `number`, in order: its lines, and octets of a literal that began in a block
    /// before it.
    pub fn walk_block(&self, number: usize) -> Walk<'_> {
        let end = self.blocks().end.min(number.saturating_add(1));
        Walk::new(self, number.max(self.first_block).min(end)..end, 0)
    }

    /// Whether something in block `number` may be cut in two: octets of a literal, or a long line.
    pub(super) fn is_cut(&self, number: usize) -> bool {
        self.checkpoint(number).is_some_and(|block| block.cut)
    }

    /// A buffer for a walk.
    pub(super) fn lent_buffer(&self) -> Vec<u8> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut cache.buffer)
    }

    /// The walk is over.
    pub(super) fn take_back(&self, buffer: Vec<u8>) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.buffer = buffer;
    }

    pub(super) fn checkpoint(&self, number: usize) -> Option<&Checkpoint> {
        self.checkpoints.get(number.checked_sub(self.first_block)?)
    }

    /// The line behind the last that begins in this block.
    pub(super) fn end_of(&self, number: usize) -> u64 {
        self.checkpoint(number + 1)
            .map_or(self.lines, |next| next.first_line)
    }

    /// The octets of the last block; of others see [`Transcript::read_block`].
    pub(super) fn filling(&self, number: usize) -> Option<&[u8]> {
        (number + 1 == self.blocks().end && !self.filling.is_empty()).then_some(&self.filling)
    }

    /// Reads a block that was written. Nothing is left of one that cannot be read.
    pub(super) fn read_block(&self, number: usize, buffer: &mut Vec<u8>) {
        // What it holds is written over, not wiped first.
        buffer.resize(self.checkpoint(number).map_or(0, |c| c.length as usize), 0);
        if let Some(checkpoint) = self.checkpoint(number)
            && self.spool.read(checkpoint.start, buffer).is_err()
        {
            buffer.clear();
        }
    }

    /// What a record is to the faces, whether it is masked, whether something of it is missing.
    pub(super) fn meaning(&self, record: &Record) -> (LineKind, bool, bool) {
        match record.kind {
            Kind::Sent { masked } => (LineKind::Sent, masked, record.lost),
            Kind::Received => {
                let unsolicited = record.owner == UNSOLICITED;
                (LineKind::Received { unsolicited }, false, record.lost)
            }
            Kind::Note(level) => (LineKind::Note(level), false, record.lost),
            Kind::Octets { .. } => (LineKind::Sent, false, true),
            Kind::Literal {
                direction,
                size,
                received,
                stored,
                binary,
                masked,
            } => {
                let open = self.open[side(direction)].as_ref();
                let (received, stored, masked) = open
                    .filter(|open| open.line == record.line)
                    .map_or((received, stored, masked), |open| {
                        (open.received, open.stored, open.masked)
                    });
                let kind = LineKind::Literal {
                    direction,
                    size,
                    received,
                    stored,
                    binary,
                };
                (kind, masked, stored < received && !masked)
            }
        }
    }

    fn decoded(&self, number: usize) -> Option<Arc<Decoded>> {
        let checkpoint = self.checkpoint(number)?;
        let filling = self.filling(number);
        let changes = if filling.is_some() {
            self.changes
        } else {
            WRITTEN
        };
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let known = cache.blocks.iter().position(|b| b.number == number);
        if let Some(known) = known.and_then(|at| cache.blocks.remove(at))
            && known.changes == changes
        {
            cache.blocks.push_front(Arc::clone(&known));
            return Some(known);
        }
        let mut bytes = Vec::new();
        match filling {
            Some(filling) => bytes.extend_from_slice(filling),
            None => self.read_block(number, &mut bytes),
        }
        let mut decoder = Decoder::new(checkpoint);
        let (mut records, mut lines) = (Vec::new(), Vec::new());
        while let Some(record) = decoder.next(&bytes) {
            if !matches!(record.kind, Kind::Octets { .. }) {
                lines.push(u32::try_from(records.len()).unwrap_or(u32::MAX));
            }
            records.push(record);
        }
        let block = Arc::new(Decoded {
            number,
            changes,
            first_line: checkpoint.first_line,
            bytes,
            records,
            lines,
            micros: decoder.micros(),
        });
        cache.blocks.push_front(Arc::clone(&block));
        cache.blocks.truncate(CACHED);
        Some(block)
    }
}

fn record_of(block: &Decoded, index: usize) -> Option<Record> {
    let at = (index as u64).checked_sub(block.first_line)?;
    let place = block.lines.get(usize::try_from(at).ok()?)?;
    block.records.get(*place as usize).copied()
}

/// The index of the command that an owner is.
pub(super) fn command(owner: u32) -> Option<usize> {
    (owner != NOBODY && owner != UNSOLICITED).then_some(owner as usize)
}
