//! The lines of an unfolded literal that a screen shows: neighbours are read together.

use super::scroll::Spot;
use crate::transcript::{LiteralLines, Transcript};

/// Lines of a literal that were read together: a screen needs neighbours.
#[derive(Debug, Default)]
pub struct Window {
    line: usize,
    from: usize,
    lines: Vec<Vec<u8>>,
}

impl Window {
    /// Lines read at one go, half of them before the one that was asked for.
    const LINES: usize = 32;

    /// The line of an unfolded literal at `spot`.
    pub fn line(&mut self, transcript: &Transcript, lines: &LiteralLines, spot: Spot) -> &[u8] {
        let wanted = spot.sub.saturating_sub(1);
        let have = self.from..self.from + self.lines.len();
        if self.line != spot.line || !have.contains(&wanted) {
            let from = wanted.saturating_sub(Window::LINES / 2);
            let lines = lines.lines(transcript, from, Window::LINES);
            *self = Window {
                line: spot.line,
                from,
                lines,
            };
        }
        self.lines
            .get(wanted - self.from)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}
