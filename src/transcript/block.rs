//! How lines lie in the spool: records of some octets of their own and the octets that passed, in blocks of
//! 64 KiB. A block is read as a whole, from what its [`Checkpoint`] says on.
//!
//! ```text
//! record   = head time rest               head: kind in the low 3 bits, then flags
//! sent     = command length octets        command: its index + 1, or 0
//! received = [owner] length octets        owner: 4 octets, in the first line of a frame (flag)
//! literal  = size received stored [command]    the two in 8 octets each, to be written over
//! octets   = length octets                of the literal of that direction that is open
//! note     = [command] length octets      command: if it belongs to one (flag)
//! ```
//! Numbers are LEB128 but where said; `time` is microseconds since the record before, zigzag. Whom a frame belongs
//! to is known when it ends: then its `owner` is written over, here and in the checkpoints inside of it.

use super::{LineEnd, NoteLevel};
use crate::wire::Direction;

/// Octets of a block; one that begins with a long line may have [`MOST`].
pub(super) const BLOCK: usize = 64 * 1024;
/// Room for a block whose one line is as long as a piece can be.
pub(super) const MOST: usize = 2 * BLOCK;
/// Most octets that a record has besides those that passed.
pub(super) const HEAD: usize = 40;

/// A line of so many octets may go on in another one, or be the rest of one.
const LONG: usize = 32 * 1024;

/// Owner of a frame: an index of a command, or one of these.
pub(super) const NOBODY: u32 = u32::MAX;
/// Untagged data that nobody asked for.
pub(super) const UNSOLICITED: u32 = u32::MAX - 1;

const SENT: u8 = 0;
const RECEIVED: u8 = 1;
const LITERAL: u8 = 2;
const OCTETS: u8 = 3;
const NOTE: u8 = 4;
/// The level of a hint: that of a change, and bit 6.
const HINT: u8 = 3 | 8;

/// A literal that is open where a block begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Carry {
    /// Its line.
    pub line: u64,
    /// Octets of it that are stored before.
    pub offset: u64,
    /// If it is ours: the command's index.
    pub command: u32,
}

/// What is remembered of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checkpoint {
    /// Position in the spool.
    pub start: u64,
    /// Octets, once it is written.
    pub length: u32,
    /// Owner of the server's frame that goes on from the block before.
    pub frame: u32,
    /// The first line that begins in it.
    pub first_line: u64,
    /// Times count from here: microseconds since 1970.
    pub micros: i64,
    /// The literal open for each direction.
    pub open: [Option<Carry>; 2],
    /// Something in it may be cut in two: octets of a literal, or a long line.
    pub cut: bool,
}

pub(super) fn side(direction: Direction) -> usize {
    usize::from(direction == Direction::Server)
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sent {
        masked: bool,
    },
    Received,
    Literal {
        direction: Direction,
        size: u64,
        received: u64,
        stored: u64,
        binary: bool,
        masked: bool,
    },
    Octets {
        direction: Direction,
        /// Of the first of them in the literal.
        offset: u64,
    },
    Note(NoteLevel),
}

/// A record that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    pub kind: Kind,
    /// Its line; of octets the line of their literal.
    pub line: u64,
    pub micros: i64,
    /// The octets that passed, as a range of the block.
    pub start: u32,
    pub end: u32,
    /// Index of the command, [`NOBODY`] or [`UNSOLICITED`].
    pub owner: u32,
    pub ending: LineEnd,
    pub lost: bool,
}

impl Record {
    /// Its octets in the block.
    pub fn octets<'b>(&self, block: &'b [u8]) -> &'b [u8] {
        block
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }

    /// Whether what it holds may be cut in two: its neighbours may hold the rest.
    pub fn is_cut(&self) -> bool {
        matches!(self.kind, Kind::Octets { .. })
            || is_cut(self.ending, (self.end - self.start) as usize)
    }

    /// Its octets without the line end.
    pub fn text<'b>(&self, block: &'b [u8]) -> &'b [u8] {
        let octets = self.octets(block);
        if self.ending.octets().is_empty() {
            return octets;
        }
        match octets.strip_suffix(b"\n") {
            Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
            None => octets,
        }
    }
}

/// Whether a line goes on in another one, or may be the rest of one.
pub(super) fn is_cut(ending: LineEnd, length: usize) -> bool {
    ending == LineEnd::Continued || length >= LONG
}

/// Reads a block from its beginning.
#[derive(Debug, Clone)]
pub(super) struct Decoder {
    at: usize,
    line: u64,
    micros: i64,
    frame: u32,
    open: [Option<Carry>; 2],
}

impl Decoder {
    pub fn new(from: &Checkpoint) -> Decoder {
        Decoder {
            at: 0,
            line: from.first_line,
            micros: from.micros,
            frame: from.frame,
            open: from.open,
        }
    }

    /// The octet behind the last record.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The index of the next line.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The time of the last record.
    pub fn micros(&self) -> i64 {
        self.micros
    }

    /// The next line is not there. Returns the time of the last record.
    pub fn miss(&mut self) -> i64 {
        self.line += 1;
        self.micros
    }

    /// The next record; `None` at the end, or where what was read is none (a broken disk).
    #[inline]
    pub fn next(&mut self, block: &[u8]) -> Option<Record> {
        let mut reader = Reader {
            rest: block.get(self.at..)?,
        };
        let head = reader.byte()?;
        self.micros = self.micros.wrapping_add(reader.signed()?);
        let mut record = Record {
            kind: Kind::Received,
            line: self.line,
            micros: self.micros,
            start: 0,
            end: 0,
            owner: NOBODY,
            ending: LineEnd::None,
            lost: false,
        };
        let direction = match head & 8 {
            0 => Direction::Client,
            _ => Direction::Server,
        };
        let mut octets = true;
        match head & 7 {
            SENT => {
                record.kind = Kind::Sent {
                    masked: head & 0x40 != 0,
                };
                record.owner = reader.owner()?;
                (record.ending, record.lost) = (ending(head), head & 0x80 != 0);
                self.open[0] = None;
            }
            RECEIVED => {
                if head & 0x40 != 0 {
                    self.frame = reader.fixed32()?;
                }
                record.owner = self.frame;
                (record.ending, record.lost) = (ending(head), head & 0x80 != 0);
                self.open[1] = None;
            }
            LITERAL => {
                record.kind = Kind::Literal {
                    direction,
                    size: reader.number()?,
                    received: reader.fixed64()?,
                    stored: reader.fixed64()?,
                    binary: head & 0x10 != 0,
                    masked: head & 0x20 != 0,
                };
                record.owner = match direction {
                    Direction::Client => reader.owner()?,
                    Direction::Server => self.frame,
                };
                self.open[side(direction)] = Some(Carry {
                    line: self.line,
                    offset: 0,
                    command: record.owner,
                });
                octets = false;
            }
            OCTETS => {
                let open = self.open[side(direction)].as_mut()?;
                (record.line, record.owner) = (open.line, open.command);
                if direction == Direction::Server {
                    record.owner = self.frame;
                }
                record.kind = Kind::Octets {
                    direction,
                    offset: open.offset,
                };
            }
            NOTE => {
                record.kind = Kind::Note(match (head >> 3) & 3 {
                    0 => NoteLevel::Info,
                    1 => NoteLevel::Warning,
                    2 => NoteLevel::Alarm,
                    _ if head & 0x40 != 0 => NoteLevel::Hint,
                    _ => NoteLevel::Change,
                });
                if head & 0x20 != 0 {
                    record.owner = reader.owner()?;
                }
            }
            _ => return None,
        }
        let length = if octets { reader.number()? } else { 0 };
        let length = usize::try_from(length).ok()?;
        let start = block.len() - reader.rest.len();
        reader.rest.get(..length)?;
        (record.start, record.end) = (
            u32::try_from(start).ok()?,
            u32::try_from(start + length).ok()?,
        );
        self.at = start + length;
        match record.kind {
            Kind::Octets { direction, .. } => {
                if let Some(open) = &mut self.open[side(direction)] {
                    open.offset += length as u64;
                }
            }
            _ => self.line += 1,
        }
        Some(record)
    }
}

struct Reader<'b> {
    rest: &'b [u8],
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    #[inline]
    fn number(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    }

    fn signed(&mut self) -> Option<i64> {
        let value = self.number()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn owner(&mut self) -> Option<u32> {
        let number = u32::try_from(self.number()?).ok()?;
        Some(number.checked_sub(1).unwrap_or(NOBODY))
    }

    fn fixed32(&mut self) -> Option<u32> {
        let (bytes, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        Some(u32::from_le_bytes(*bytes))
    }

    fn fixed64(&mut self) -> Option<u64> {
        let (bytes, rest) = self.rest.split_first_chunk::<8>()?;
        self.rest = rest;
        Some(u64::from_le_bytes(*bytes))
    }
}

fn ending(head: u8) -> LineEnd {
    match (head >> 3) & 7 {
        0 => LineEnd::CrLf,
        1 => LineEnd::Lf,
        2 => LineEnd::Literal,
        6 => LineEnd::LiteralLf,
        3 => LineEnd::Continued,
        4 => LineEnd::Truncated,
        _ => LineEnd::None,
    }
}

fn ending_bits(ending: LineEnd) -> u8 {
    let number = match ending {
        LineEnd::CrLf => 0,
        LineEnd::Lf => 1,
        LineEnd::Literal => 2,
        LineEnd::LiteralLf => 6,
        LineEnd::Continued => 3,
        LineEnd::Truncated => 4,
        LineEnd::None => 5,
    };
    number << 3
}

/// Writes records behind `out`. Each function returns the offset of what may have to be written over.
pub(super) struct Encoder<'b> {
    pub out: &'b mut Vec<u8>,
    /// Microseconds since the record before.
    pub passed: i64,
    /// [`Checkpoint::cut`] of the block.
    pub cut: &'b mut bool,
}

impl Encoder<'_> {
    pub fn sent(&mut self, ending: LineEnd, masked: bool, lost: bool, command: u32, bytes: &[u8]) {
        self.head(SENT | ending_bits(ending) | flag(masked, 0x40) | flag(lost, 0x80));
        self.number(u64::from(command.wrapping_add(1)));
        *self.cut |= is_cut(ending, bytes.len());
        self.octets(if lost { &[] } else { bytes });
    }

    /// `first` of its frame: the offset of its owner is what is returned.
    pub fn received(&mut self, ending: LineEnd, first: bool, lost: bool, bytes: &[u8]) -> usize {
        self.head(RECEIVED | ending_bits(ending) | flag(first, 0x40) | flag(lost, 0x80));
        let place = self.out.len();
        if first {
            self.out.extend_from_slice(&NOBODY.to_le_bytes());
        }
        *self.cut |= is_cut(ending, bytes.len());
        self.octets(if lost { &[] } else { bytes });
        place
    }

    /// Written as if all of it came and were stored. Returns the offset of its head and of these numbers.
    pub fn literal(
        &mut self,
        direction: Direction,
        size: u64,
        binary: bool,
        command: u32,
    ) -> (usize, usize) {
        let head = self.out.len();
        self.head(literal_head(direction, binary, false));
        self.number(size);
        let numbers = self.out.len();
        self.out.extend_from_slice(&size.to_le_bytes());
        self.out.extend_from_slice(&size.to_le_bytes());
        if direction == Direction::Client {
            self.number(u64::from(command.wrapping_add(1)));
        }
        (head, numbers)
    }

    pub fn literal_octets(&mut self, direction: Direction, bytes: &[u8]) {
        self.head(OCTETS | flag(direction == Direction::Server, 8));
        *self.cut = true;
        self.octets(bytes);
    }

    pub fn note(&mut self, level: NoteLevel, command: u32, text: &[u8]) {
        let level = match level {
            NoteLevel::Info => 0,
            NoteLevel::Warning => 1,
            NoteLevel::Alarm => 2,
            NoteLevel::Change => 3,
            NoteLevel::Hint => HINT,
        };
        let owned = command != NOBODY;
        self.head(NOTE | level << 3 | flag(owned, 0x20));
        if owned {
            self.number(u64::from(command.wrapping_add(1)));
        }
        self.octets(text);
    }

    fn head(&mut self, head: u8) {
        self.out.push(head);
        self.number(((self.passed << 1) ^ (self.passed >> 63)) as u64);
    }

    fn octets(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    #[inline]
    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }
}

/// The head of a literal's record.
pub(super) fn literal_head(direction: Direction, binary: bool, masked: bool) -> u8 {
    LITERAL | flag(direction == Direction::Server, 8) | flag(binary, 0x10) | flag(masked, 0x20)
}

fn flag(set: bool, bit: u8) -> u8 {
    if set { bit } else { 0 }
}
