//! A line of the transcript as the faces see it, and the compact form it is kept in.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::wire::response::{Status, StatusResponse};
use crate::wire::{Direction, Origin, Tag};

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoteLevel {
    /// Worth knowing.
    Info,
    /// Something is not as it should be.
    Warning,
    /// Something is wrong, or dangerous.
    Alarm,
}

/// What a line of the transcript is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// Sent by us, secrets masked.
    Sent,
    /// From the server.
    Received {
        /// Not the answer to a command (RFC 9051 section 7: the server may send data at any time).
        unsolicited: bool,
    },
    /// A literal, folded: its octets are read with [`super::Transcript::literal_bytes`] and
    /// [`super::Transcript::literal_lines`]. The server's comes right behind the text that
    /// announces it, ours where its first octets went out.
    Literal {
        /// Who sent it.
        direction: Direction,
        /// Announced octets.
        size: u64,
        /// Octets that have passed so far; less than `size` while it is under way, when the
        /// connection ended inside it, or when it is masked.
        received: u64,
        /// Octets that can be read back; less than `received` if they could not be stored.
        stored: u64,
        /// `~{n}`: may hold NUL (RFC 3516).
        binary: bool,
    },
    /// A line of our own.
    Note(NoteLevel),
}

impl LineKind {
    /// Who sent it; `None` for a note.
    pub fn direction(self) -> Option<Direction> {
        match self {
            LineKind::Sent => Some(Direction::Client),
            LineKind::Received { .. } => Some(Direction::Server),
            LineKind::Literal { direction, .. } => Some(direction),
            LineKind::Note(_) => None,
        }
    }
}

/// How a line ended on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// CRLF, the end of the frame.
    CrLf,
    /// LF alone, the end of the frame.
    Lf,
    /// CRLF (or LF) behind a literal announcement. The literal is the next line of this direction,
    /// unless it is empty or never went out.
    Literal,
    /// Not at all: longer than 64 KiB, goes on in the next line of this direction.
    Continued,
    /// Not at all: the connection ended here.
    Truncated,
    /// Literals and notes have none.
    None,
}

/// One line of the transcript, read back from the spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub kind: LineKind,
    /// The octets, line end off (at most 64 KiB); empty for a literal. Hostile, unless it is a note,
    /// and even a note may quote the server: show them through `tui/printable.rs` only.
    pub bytes: Vec<u8>,
    /// When it came or went.
    pub at: SystemTime,
    /// The command it belongs to: see [`super::Transcript::command`].
    pub command: Option<usize>,
    /// Whether `********` in it stands for a secret.
    pub masked: bool,
    /// How it ended.
    pub ending: LineEnd,
    /// The octets could not be stored, or not be read back.
    pub missing: bool,
}

/// Where a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Progress {
    /// Sent, or being sent.
    Running,
    /// Completed by a tagged response.
    Completed,
    /// It will never be completed.
    Abandoned,
}

/// One command and what became of it, as far as memory knows it: cheap to look at. Its words (tag, text
/// and code of the tagged response) are read back with [`super::Transcript::command_tag`] and
/// [`super::Transcript::command_status`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRecord {
    /// Who wanted it.
    pub origin: Origin,
    /// `SELECT`, `UID FETCH`, ...: upper case.
    pub verb: Arc<str>,
    /// When it went out.
    pub at: SystemTime,
    /// Index of its first line.
    pub first_line: usize,
    /// Index of the last line that belongs to it so far.
    pub last_line: usize,
    /// Index of the line with the tagged response.
    pub completion_line: Option<usize>,
    /// Where it stands.
    pub progress: Progress,
    /// OK, NO or BAD, once completed.
    pub status: Option<Status>,
    /// From its last octet going out to the tagged response.
    pub elapsed: Option<Duration>,
}

/// Which table the octets of an [`Entry`] are found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    Sent,
    Received {
        unsolicited: bool,
    },
    /// `place` is an index into the literals.
    Literal,
    Note(NoteLevel),
    /// `place` is an index into the notes kept in memory.
    Kept(NoteLevel),
}

/// A line as it is kept: 32 octets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Offset in the spool, or an index for a literal.
    pub place: u64,
    micros: i64,
    /// Octets, line end included.
    pub length: u32,
    command: u32,
    pub kind: EntryKind,
    pub ending: LineEnd,
    pub masked: bool,
    pub lost: bool,
}

impl Entry {
    pub fn new(kind: EntryKind, at: SystemTime) -> Entry {
        let micros = match at.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
        };
        Entry {
            place: 0,
            micros,
            length: 0,
            command: u32::MAX,
            kind,
            ending: LineEnd::None,
            masked: false,
            lost: false,
        }
    }

    pub fn at(&self) -> SystemTime {
        let distance = Duration::from_micros(self.micros.unsigned_abs());
        let time = if self.micros < 0 {
            UNIX_EPOCH.checked_sub(distance)
        } else {
            UNIX_EPOCH.checked_add(distance)
        };
        time.unwrap_or(UNIX_EPOCH)
    }

    pub fn command(&self) -> Option<usize> {
        (self.command != u32::MAX).then_some(self.command as usize)
    }

    pub fn set_command(&mut self, index: usize) {
        self.command = u32::try_from(index).unwrap_or(u32::MAX);
    }
}

/// A literal's octets in the spool: one run, unless the other direction spoke in between.
#[derive(Debug, Clone)]
pub(super) struct LiteralRecord {
    pub direction: Direction,
    pub size: u64,
    pub received: u64,
    pub stored: u64,
    pub binary: bool,
    pub first: (u64, u64),
    pub more: Vec<(u64, u64)>,
}

impl LiteralRecord {
    /// Adds a run of `length` octets at `offset` of the spool.
    pub fn push(&mut self, offset: u64, length: u64) {
        let last = self.more.last_mut().unwrap_or(&mut self.first);
        if last.1 == 0 {
            *last = (offset, length);
        } else if last.0 + last.1 == offset {
            last.1 += length;
        } else {
            self.more.push((offset, length));
        }
        self.stored += length;
    }

    /// The runs that hold `length` octets from octet `offset` of the literal on.
    pub fn runs(&self, offset: u64, length: u64) -> Vec<(u64, u64)> {
        let mut out = Vec::new();
        let (mut skip, mut left) = (offset, length);
        for &(start, size) in std::iter::once(&self.first).chain(&self.more) {
            let skipped = skip.min(size);
            skip -= skipped;
            let taken = left.min(size - skipped);
            if taken > 0 {
                out.push((start + skipped, taken));
                left -= taken;
            }
        }
        out
    }
}

/// A command as it is kept.
#[derive(Debug, Clone)]
pub(super) struct CommandEntry {
    pub record: CommandRecord,
    pub tag: Option<Tag>,
    pub status: Option<StatusResponse>,
}
