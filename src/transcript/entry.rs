//! Lines and commands of the transcript as the faces see them.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::wire::response::Status;
use crate::wire::{Direction, Origin};

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoteLevel {
    /// Worth knowing.
    Info,
    /// Something is not as it should be.
    Warning,
    /// Something is wrong, or dangerous.
    Alarm,
    /// State moved: what a command has changed, as far as the server said so.
    Change,
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
    /// CRLF behind a literal announcement. The literal is the next line of this direction, unless it is
    /// empty or never went out.
    Literal,
    /// The same with LF alone.
    LiteralLf,
    /// Not at all: longer than 64 KiB, goes on in the next line of this direction.
    Continued,
    /// Not at all: the connection ended here.
    Truncated,
    /// Literals and notes have none.
    None,
}

impl LineEnd {
    /// The octets that [`Line::bytes`] lacks.
    pub fn octets(self) -> &'static [u8] {
        match self {
            LineEnd::CrLf | LineEnd::Literal => b"\r\n",
            LineEnd::Lf | LineEnd::LiteralLf => b"\n",
            LineEnd::Continued | LineEnd::Truncated | LineEnd::None => b"",
        }
    }

    /// Whether a literal is announced.
    pub fn announces(self) -> bool {
        matches!(self, LineEnd::Literal | LineEnd::LiteralLf)
    }
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

/// Microseconds since 1970, as times are kept.
pub(super) fn micros(at: SystemTime) -> i64 {
    match at.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
    }
}

/// The inverse of [`micros`].
pub(super) fn time(micros: i64) -> SystemTime {
    let distance = Duration::from_micros(micros.unsigned_abs());
    let time = if micros < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(UNIX_EPOCH)
}
