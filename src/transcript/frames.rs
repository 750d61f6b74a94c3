//! Lines back to frames: the whole message that a line is part of, for whoever reads what it means.

use std::ops::Range;

use super::{LineEnd, LineKind, Transcript};
use crate::wire::frame::LiteralSpan;
use crate::wire::{Direction, Frame, LiteralHeader, LiteralMode, token};

/// Most octets put into one frame again.
const FRAME_LIMIT: usize = 1024 * 1024;
/// Longest literal put into one, in octets; of a longer one its size is known.
const LITERAL_LIMIT: u64 = 64 * 1024;
/// Most lines gone through for one frame.
const LINES: usize = 20_000;

/// A frame, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameAt {
    /// From its first line to behind its last one. Lines of the other direction and notes may stand
    /// between.
    pub lines: Range<usize>,
    /// Who sent it.
    pub direction: Direction,
    /// Its octets. Elided if it is too long, not ended, or not all of it was stored.
    pub frame: Frame,
    /// What is masked in it cannot be read back.
    pub masked: bool,
}

impl Transcript {
    /// The frame that line `index` is part of, literals of at most 64 KiB with it. `None` for a note, and
    /// for a line that is gone.
    pub fn frame_at(&self, index: usize) -> Option<FrameAt> {
        let direction = self.line(index)?.kind.direction()?;
        let first = self.frame_start(index, direction);
        let mut at = FrameAt {
            lines: first..first,
            direction,
            frame: Frame {
                elided: true,
                ..Frame::default()
            },
            masked: false,
        };
        let mut whole = true;
        let mut announced: Option<LiteralHeader> = None;
        for index in first..self.len().min(first.saturating_add(LINES)) {
            let Some(line) = self.line(index) else { break };
            if line.kind.direction() != Some(direction) {
                continue;
            }
            at.masked |= line.masked;
            if let LineKind::Literal { size, stored, .. } = line.kind {
                at.lines.end = index + 1;
                let Some(header) = announced.take() else {
                    whole = false;
                    continue;
                };
                let kept = size <= LITERAL_LIMIT && stored == size;
                at.frame.literals.push(LiteralSpan {
                    start: at.frame.bytes.len(),
                    header,
                    kept,
                });
                if kept {
                    let length = usize::try_from(size).unwrap_or_default();
                    at.frame
                        .bytes
                        .extend_from_slice(&self.literal_bytes(index, 0, length));
                }
                continue;
            }
            if at.frame.bytes.len() + line.bytes.len() > FRAME_LIMIT {
                return Some(at);
            }
            // An empty literal, or one that never went out, has no line.
            if let Some(header) = announced.take() {
                at.frame.literals.push(LiteralSpan {
                    start: at.frame.bytes.len(),
                    header,
                    kept: header.size == 0,
                });
            }
            at.lines.end = index + 1;
            whole &= !line.missing;
            at.frame.bytes.extend_from_slice(&line.bytes);
            if line.ending.announces() {
                announced = announcement(&line.bytes);
            }
            at.frame.bytes.extend_from_slice(line.ending.octets());
            match line.ending {
                LineEnd::CrLf | LineEnd::Lf => {
                    at.frame.elided = !whole;
                    return Some(at);
                }
                LineEnd::Truncated | LineEnd::None => return Some(at),
                LineEnd::Literal | LineEnd::LiteralLf | LineEnd::Continued => {}
            }
        }
        Some(at)
    }

    /// The first line of the frame that line `index` is part of.
    fn frame_start(&self, index: usize, direction: Direction) -> usize {
        let mut first = index;
        let earliest = self.first_line().max(index.saturating_sub(LINES));
        let mut at = index;
        while at > earliest {
            at -= 1;
            let Some(line) = self.line(at) else { break };
            if line.kind.direction() != Some(direction) {
                continue;
            }
            let goes_on = matches!(line.kind, LineKind::Literal { .. })
                || line.ending.announces()
                || line.ending == LineEnd::Continued;
            if !goes_on {
                break;
            }
            first = at;
        }
        first
    }
}

/// The announcement that a line ends in: the record says that there is one.
fn announcement(line: &[u8]) -> Option<LiteralHeader> {
    let line = line.strip_suffix(b"}")?;
    let (line, mode) = match line.strip_suffix(b"+") {
        Some(line) => (line, LiteralMode::NonSynchronizing),
        None => (line, LiteralMode::Synchronizing),
    };
    let open = memchr::memrchr(b'{', line)?;
    Some(LiteralHeader {
        size: token::number(line.get(open + 1..)?)?,
        mode,
        binary: open > 0 && line.get(open - 1) == Some(&b'~'),
    })
}
