//! Bytes to pieces: line ends and literals, nothing else.
//!
//! Any bytes in any cut give the same frames, nothing is lost, nothing is refused, and no more than
//! [`PIECE_LIMIT`] octets are ever held. Human-readable text (RFC 9051 section 7.1: any character but
//! CR and LF) that happens to end in `{5}` announces nothing: the framer knows when it is inside text.

use super::frame::{Direction, Ending, LiteralHeader, LiteralMode, PIECE_LIMIT, Piece};
use super::opening::Opening;
use super::token;

/// Octets held back when a long line is cut, so that an announcement is never cut in two:
/// `~{18446744073709551615+}` and CRLF are 26.
const HELD_BACK: usize = 32;

/// Whether what is being read is human-readable text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing of the frame was looked at yet.
    Start,
    /// Where a literal may stand.
    Data,
    /// Inside the brackets of a response code (old codes may hold strings).
    Code(Code),
    /// In human-readable text, to the end of the line.
    Text,
}

/// Where in a response code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Code {
    /// Inside `"..."`.
    quoted: bool,
    /// Behind a backslash there.
    escaped: bool,
    /// A `]` came inside quotes: if no other closes the code, that one did (RFC 9051 section 9,
    /// resp-text-code), and what the line ends in is text.
    bracket: bool,
}

/// Cuts one direction of a connection into pieces.
#[derive(Debug)]
pub struct Framer {
    direction: Direction,
    line: Vec<u8>,
    place: Place,
    literal: u64,
}

impl Framer {
    /// A framer for what `direction` sends.
    pub fn new(direction: Direction) -> Framer {
        Framer {
            direction,
            line: Vec::new(),
            place: Place::Start,
            literal: 0,
        }
    }

    /// Takes bytes from the front of `input` until a piece is whole. `None` when `input` is used up
    /// (what was taken is kept for the next call).
    pub fn next(&mut self, input: &mut &[u8]) -> Option<Piece> {
        if input.is_empty() {
            return None;
        }
        if self.literal > 0 {
            let room = usize::try_from(self.literal)
                .unwrap_or(usize::MAX)
                .min(PIECE_LIMIT);
            let (bytes, rest) = input.split_at(room.min(input.len()));
            *input = rest;
            self.literal -= bytes.len() as u64;
            return Some(Piece::Literal {
                bytes: bytes.to_vec(),
                remaining: self.literal,
            });
        }
        let room = PIECE_LIMIT - self.line.len();
        let window = input.get(..room.min(input.len())).unwrap_or_default();
        if let Some(at) = memchr::memchr(b'\n', window) {
            let (bytes, rest) = input.split_at(at + 1);
            *input = rest;
            self.line.extend_from_slice(bytes);
            return Some(self.end_line());
        }
        let (bytes, rest) = input.split_at(window.len());
        *input = rest;
        self.line.extend_from_slice(bytes);
        if self.line.len() < PIECE_LIMIT {
            return None;
        }
        let held = self.line.split_off(PIECE_LIMIT - HELD_BACK);
        let bytes = std::mem::replace(&mut self.line, held);
        self.look(&bytes);
        Some(Piece::Text {
            bytes,
            ending: Ending::Continued,
        })
    }

    /// The connection ended: what is left of an unfinished line, if anything.
    /// Call it once, after the last [`Framer::next`]; the framer is then as new.
    pub fn close(&mut self) -> Option<Piece> {
        let unfinished = self.is_inside_frame();
        let bytes = std::mem::take(&mut self.line);
        self.place = Place::Start;
        self.literal = 0;
        unfinished.then_some(Piece::Text {
            bytes,
            ending: Ending::Truncated,
        })
    }

    /// Bytes of an unfinished line that wait for more.
    pub fn pending_line(&self) -> usize {
        self.line.len()
    }

    /// Octets of the current literal that are still to come.
    pub fn pending_literal(&self) -> u64 {
        self.literal
    }

    /// Whether a frame has begun and not ended.
    pub fn is_inside_frame(&self) -> bool {
        !self.line.is_empty() || self.literal > 0 || self.place != Place::Start
    }

    fn end_line(&mut self) -> Piece {
        let bytes = std::mem::take(&mut self.line);
        self.look(&bytes);
        let announced = match self.place {
            Place::Text => None,
            Place::Code(code) if code.quoted || code.bracket => None,
            Place::Start | Place::Data | Place::Code(_) => announcement(&bytes),
        };
        let ending = match announced {
            Some(header) => {
                self.literal = header.size;
                Ending::Literal(header)
            }
            None => {
                self.place = Place::Start;
                Ending::Line
            }
        };
        Piece::Text { bytes, ending }
    }

    /// Follows `bytes` (the next text of the frame) through brackets and quotes. Afterwards the
    /// place is never [`Place::Start`], so that even an empty literal leaves us inside the frame.
    fn look(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        if self.place == Place::Start {
            (self.place, rest) = match self.direction {
                Direction::Client => (Place::Data, &[][..]),
                Direction::Server => start(bytes),
            };
        }
        let Place::Code(mut code) = self.place else {
            return;
        };
        for &byte in rest {
            match byte {
                b']' if !code.quoted => {
                    self.place = Place::Text;
                    return;
                }
                b']' => (code.escaped, code.bracket) = (false, true),
                _ if code.escaped => code.escaped = false,
                b'\\' if code.quoted => code.escaped = true,
                b'"' => code.quoted = !code.quoted,
                _ => {}
            }
        }
        self.place = Place::Code(code);
    }
}

/// Where a response's first line leads, and what of it comes behind the opening bracket of a code.
fn start(line: &[u8]) -> (Place, &[u8]) {
    match Opening::of(line) {
        Opening::Data { .. } => (Place::Data, &[]),
        Opening::Status {
            bracket: Some(open),
            ..
        } => (
            Place::Code(Code::default()),
            line.get(open + 1..).unwrap_or_default(),
        ),
        Opening::Status { bracket: None, .. } | Opening::Continuation { .. } | Opening::Odd => {
            (Place::Text, &[])
        }
    }
}

/// The literal announcement that `line` (with its line end) ends in.
fn announcement(line: &[u8]) -> Option<LiteralHeader> {
    // More digits than a `u64` has would not fit behind the cut of a long line.
    const MOST_DIGITS: usize = 20;
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_suffix(b"}")?;
    let (line, mode) = match line.strip_suffix(b"+") {
        Some(line) => (line, LiteralMode::NonSynchronizing),
        None => (line, LiteralMode::Synchronizing),
    };
    let digits = line
        .iter()
        .rev()
        .take(MOST_DIGITS)
        .take_while(|b| b.is_ascii_digit())
        .count();
    let (before, digits) = line.split_at(line.len() - digits);
    let before = before.strip_suffix(b"{").filter(|_| !digits.is_empty())?;
    Some(LiteralHeader {
        size: token::number(digits)?,
        mode,
        binary: before.last() == Some(&b'~'),
    })
}

/// Fuzz entry: the first byte chooses how `data` is cut, in both directions. Whatever comes, nothing is
/// lost, no piece is too long, and the framer comes to an end.
pub fn fuzz_framer(data: &[u8]) {
    let (cut, data) = data
        .split_first()
        .map_or((1, data), |(cut, rest)| (usize::from(*cut) + 1, rest));
    for direction in [Direction::Server, Direction::Client] {
        let mut framer = Framer::new(direction);
        let mut seen = Vec::with_capacity(data.len());
        for mut chunk in data.chunks(cut) {
            while let Some(piece) = framer.next(&mut chunk) {
                assert!(piece.bytes().len() <= PIECE_LIMIT);
                seen.extend_from_slice(piece.bytes());
            }
            assert!(framer.pending_line() < PIECE_LIMIT);
        }
        if let Some(piece) = framer.close() {
            seen.extend_from_slice(piece.bytes());
        }
        assert!(seen == data && !framer.is_inside_frame());
    }
}
