//! Rows of octets: `000010  2a 20 4f 4b ...  * OK`.

use std::fmt::Write as _;

use ratatui::text::Span;

use super::text::Mark;
use super::{Look, Row, columns};

/// Octets in a row.
pub const HEX: usize = 16;

impl Look<'_> {
    /// One row: octets from `offset` on, at most [`HEX`], with the parts of them that are marked.
    pub(super) fn hex(
        &self,
        mut left: Vec<Span<'static>>,
        offset: u64,
        octets: &[u8],
        marks: &[Mark],
    ) -> Row {
        let theme = self.theme;
        left.push(Span::styled(format!("{offset:06x}  "), theme.dim));
        let style = |at: usize| {
            let marked = marks.iter().rev().find(|(range, _)| range.contains(&at));
            marked.map(|(_, style)| *style)
        };
        for at in 0..HEX {
            let gap = match at {
                15 => "",
                7 => "  ",
                _ => " ",
            };
            let Some(byte) = octets.get(at) else {
                left.push(Span::raw(format!("  {gap}")));
                continue;
            };
            let mut word = String::new();
            let _ = write!(word, "{byte:02x}");
            left.push(match style(at) {
                Some(style) => Span::styled(word, style),
                None => Span::raw(word),
            });
            left.push(Span::raw(gap));
        }
        // Where there is room: what can be read.
        if columns(&left) + 2 + HEX <= self.width {
            left.push(Span::raw("  "));
            for (at, byte) in octets.iter().enumerate() {
                let (letter, plain) = match byte {
                    0x20..=0x7e => (char::from(*byte), theme.text),
                    _ => ('.', theme.dim),
                };
                left.push(Span::styled(letter.to_string(), style(at).unwrap_or(plain)));
            }
        }
        Row {
            left,
            right: Vec::new(),
        }
    }

    /// A row of an unfolded literal.
    pub fn literal_hex(&self, line: usize, offset: u64, octets: &[u8]) -> Row {
        let left = vec![
            Span::raw(self.indent()),
            Span::styled("|  ", self.theme.literal),
        ];
        let mut marks = self.hits(octets);
        if let Some(hit) = self.hit.filter(|hit| hit.inside && hit.line == line) {
            let start = hit.octets.start.saturating_sub(offset);
            let end = hit.octets.end.saturating_sub(offset).min(HEX as u64);
            let cut = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
            if hit.octets.end > offset && start < end {
                marks.push((cut(start)..cut(end), self.theme.found));
            }
        }
        self.hex(left, offset, octets, &marks)
    }
}
