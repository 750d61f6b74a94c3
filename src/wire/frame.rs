//! What the framer hands on (pieces), and the bounded skeleton a response is parsed from (a frame).
//!
//! Nothing here ever holds a whole large literal: it travels in pieces, and a [`Frame`] keeps only
//! literals of at most [`KEPT_LITERAL`] octets (a mailbox name sent as a literal must be readable).

/// Longest run of bytes in one [`Piece`], in octets.
pub const PIECE_LIMIT: usize = 64 * 1024;
/// Longest literal whose content a [`Frame`] keeps, in octets.
pub const KEPT_LITERAL: u64 = 8 * 1024;
/// Most octets one [`Frame`] keeps; what is longer is marked [`Frame::elided`].
pub const KEPT_FRAME: usize = 8 * 1024 * 1024;

/// Who sent the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The client, that is us.
    Client,
    /// The server.
    Server,
}

/// How a literal was announced (RFC 9051 section 4.3, RFC 7888).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LiteralMode {
    /// `{n}`: the sender waits for a continuation request (from a server: just `{n}`).
    Synchronizing,
    /// `{n+}`: the octets follow at once.
    NonSynchronizing,
}

/// A literal announcement: `{n}`, `{n+}`, `~{n}`, `~{n+}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LiteralHeader {
    /// Announced octets.
    pub size: u64,
    /// Synchronizing or not.
    pub mode: LiteralMode,
    /// `~{n}`: a literal8 (RFC 3516), which may hold NUL.
    pub binary: bool,
}

/// How a [`Piece::Text`] ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With LF (or CRLF): the frame is whole.
    Line,
    /// With a literal announcement and its line end; `size` octets of [`Piece::Literal`] follow
    /// (none if the size is 0), then more text of the same frame.
    Literal(LiteralHeader),
    /// Not at all: the line is longer than [`PIECE_LIMIT`] and goes on in the next piece.
    Continued,
    /// Not at all: the connection ended here.
    Truncated,
}

/// Consecutive bytes of one direction. Pieces joined in order are exactly the bytes that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of a line, line end and literal announcement included.
    Text {
        /// At most [`PIECE_LIMIT`] octets.
        bytes: Vec<u8>,
        /// What comes after them.
        ending: Ending,
    },
    /// Octets of a literal.
    Literal {
        /// At most [`PIECE_LIMIT`] octets, never empty.
        bytes: Vec<u8>,
        /// Octets of this literal still to come after these.
        remaining: u64,
    },
}

impl Piece {
    /// The bytes as they passed.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Piece::Text { bytes, .. } | Piece::Literal { bytes, .. } => bytes,
        }
    }

    /// Whether a frame ends with this piece.
    pub fn ends_frame(&self) -> bool {
        matches!(
            self,
            Piece::Text {
                ending: Ending::Line | Ending::Truncated,
                ..
            }
        )
    }
}

/// Where a literal stands in [`Frame::bytes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiteralSpan {
    /// Offset of the octet behind the announcement's line end.
    pub start: usize,
    /// How it was announced.
    pub header: LiteralHeader,
    /// Whether its octets are in [`Frame::bytes`] (`start .. start + size`), or were too many.
    pub kept: bool,
}

/// One whole message of bytes, large literals left out: what [`crate::wire::Response::parse`] reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame {
    /// Lines with their line ends and announcements, and the octets of the kept literals.
    pub bytes: Vec<u8>,
    /// The literals, in order.
    pub literals: Vec<LiteralSpan>,
    /// The frame was longer than [`KEPT_FRAME`] or was cut off: its meaning is not known.
    pub elided: bool,
}

impl Frame {
    /// A frame of one line without literals (`line` with or without its line end).
    pub fn from_line(line: &[u8]) -> Frame {
        Frame {
            bytes: line.to_vec(),
            literals: Vec::new(),
            elided: false,
        }
    }
}

/// Gathers pieces into [`Frame`]s.
#[derive(Debug, Default)]
pub struct FrameBuilder {
    frame: Frame,
    keeping: bool,
}

impl FrameBuilder {
    /// Takes the next piece; returns the frame when the piece ends it.
    pub fn push(&mut self, piece: &Piece) -> Option<Frame> {
        match piece {
            Piece::Text { bytes, ending } => {
                self.keep(bytes);
                match ending {
                    Ending::Line => return Some(std::mem::take(&mut self.frame)),
                    Ending::Truncated => {
                        self.frame.elided = true;
                        return Some(std::mem::take(&mut self.frame));
                    }
                    Ending::Continued => {}
                    Ending::Literal(header) => {
                        // A flood of empty literals must not grow the list for ever either.
                        if self.frame.literals.len() >= KEPT_FRAME / 256 {
                            self.frame.elided = true;
                        }
                        // Kept whole or not at all: `kept` must never promise octets that are not there.
                        let size = usize::try_from(header.size).unwrap_or(usize::MAX);
                        let room = KEPT_FRAME.saturating_sub(self.frame.bytes.len());
                        self.keeping =
                            header.size <= KEPT_LITERAL && size <= room && !self.frame.elided;
                        if !self.frame.elided {
                            self.frame.literals.push(LiteralSpan {
                                start: self.frame.bytes.len(),
                                header: *header,
                                kept: self.keeping,
                            });
                        }
                    }
                }
            }
            Piece::Literal { bytes, .. } => {
                if self.keeping {
                    self.keep(bytes);
                }
            }
        }
        None
    }

    /// The line, if `piece` is a whole frame by itself: then it need not be gathered.
    pub fn whole_line<'p>(&self, piece: &'p Piece) -> Option<&'p [u8]> {
        let begun = !self.frame.bytes.is_empty() || self.frame.elided;
        match piece {
            Piece::Text {
                bytes,
                ending: Ending::Line,
            } if !begun => Some(bytes),
            _ => None,
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if bytes.len() > KEPT_FRAME.saturating_sub(self.frame.bytes.len()) {
            self.frame.elided = true;
        }
        if !self.frame.elided {
            self.frame.bytes.extend_from_slice(bytes);
        }
    }
}
