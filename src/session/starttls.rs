//! The upgrade barrier (RFC 9051 section 6.2.1): nothing that came or went as plain text may cross it.

use crate::wire::{Direction, Framer, Piece};

/// Whether the line may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Barrier {
    /// Yes.
    #[default]
    Open,
    /// The tagged OK of STARTTLS came; TLS is not on yet. The server must be silent.
    Up,
    /// It was not silent: somebody put plain text behind the OK. This connection is lost for good.
    Breached,
}

impl Barrier {
    /// Bytes came while the barrier is up: what to show of them, never to be parsed.
    pub fn breach(&mut self, bytes: &[u8]) -> Vec<Piece> {
        *self = Barrier::Breached;
        let mut framer = Framer::new(Direction::Server);
        let mut input = bytes;
        let mut pieces = Vec::new();
        while let Some(piece) = framer.next(&mut input) {
            pieces.push(piece);
        }
        pieces.extend(framer.close());
        pieces
    }

    /// TLS is on. Whether the line may be used again.
    pub fn lift(&mut self) -> bool {
        let lifted = *self == Barrier::Up;
        if lifted {
            *self = Barrier::Open;
        }
        lifted
    }
}
