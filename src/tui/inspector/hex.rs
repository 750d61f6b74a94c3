//! The tab Hex: offset, octets, safe text. Of a literal only what is on the screen is read.

use ratatui::text::Span;

use super::super::theme::Theme;
use super::{Press, Subject};
use crate::transcript::{LineKind, Transcript};

/// What is dumped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Hex {
    /// Nothing.
    #[default]
    Nothing,
    /// A line, its line end with it: at most 64 KiB and two.
    Octets(Vec<u8>),
    /// The literal at this line, so many octets of it.
    Literal(usize, u64),
}

impl Hex {
    /// The octets of what is inspected: of a command those of its line.
    pub fn of(transcript: &Transcript, subject: Subject) -> Hex {
        let Some(index) = subject.line(transcript) else {
            return Hex::Nothing;
        };
        let Some(line) = transcript.line(index) else {
            return Hex::Nothing;
        };
        if let LineKind::Literal { stored, .. } = line.kind {
            return match stored {
                0 => Hex::Nothing,
                stored => Hex::Literal(index, stored),
            };
        }
        let mut bytes = line.bytes;
        bytes.extend_from_slice(line.ending.octets());
        match bytes.is_empty() {
            true => Hex::Nothing,
            false => Hex::Octets(bytes),
        }
    }

    fn size(&self) -> u64 {
        match self {
            Hex::Nothing => 0,
            Hex::Octets(bytes) => bytes.len() as u64,
            Hex::Literal(_, size) => *size,
        }
    }

    /// Rows, where `width` columns are there.
    pub fn rows(&self, width: usize) -> usize {
        let rows = self.size().div_ceil(per_row(width) as u64);
        usize::try_from(rows).unwrap_or(usize::MAX)
    }

    /// `count` rows from row `from` on.
    pub fn window(
        &self,
        transcript: &Transcript,
        theme: &Theme,
        width: usize,
        from: usize,
        count: usize,
    ) -> Vec<Vec<Span<'static>>> {
        let per_row = per_row(width);
        let start = from.saturating_mul(per_row);
        let length = count.saturating_mul(per_row);
        let read;
        let bytes = match self {
            Hex::Nothing => &[][..],
            Hex::Octets(bytes) => {
                let end = start.saturating_add(length).min(bytes.len());
                bytes.get(start..end).unwrap_or_default()
            }
            Hex::Literal(line, _) => {
                read = transcript.literal_bytes(*line, start as u64, length);
                &read
            }
        };
        rows(bytes, start as u64, per_row, theme)
    }
}

/// Octets on a row.
fn per_row(width: usize) -> usize {
    match width {
        75.. => 16,
        41.. => 8,
        _ => 4,
    }
}

fn rows(bytes: &[u8], start: u64, per_row: usize, theme: &Theme) -> Vec<Vec<Span<'static>>> {
    let mut out = Vec::new();
    for (at, chunk) in (0u64..).zip(bytes.chunks(per_row)) {
        let offset = start + at * per_row as u64;
        let mut hex = String::new();
        for column in 0..per_row {
            match chunk.get(column) {
                Some(byte) => hex.push_str(&format!("{byte:02x} ")),
                None => hex.push_str("   "),
            }
            if column == 7 && per_row == 16 {
                hex.push(' ');
            }
        }
        let mut spans = vec![
            Span::styled(format!("{offset:08x}  "), theme.dim),
            Span::styled(hex, theme.text),
            Span::raw(" "),
        ];
        // One cell an octet: only what is plain ASCII is shown as itself.
        let plain = |b: u8| (0x20..0x7f).contains(&b);
        for run in chunk.chunk_by(|a, b| plain(*a) == plain(*b)) {
            let shown: String = run
                .iter()
                .map(|b| if plain(*b) { char::from(*b) } else { '.' })
                .collect();
            let style = match run.first().is_some_and(|b| plain(*b)) {
                true => theme.text,
                false => theme.escape,
            };
            spans.push(Span::styled(shown, style));
        }
        out.push(spans);
    }
    out
}

/// A few octets as rows of a sheet.
pub(super) fn dump(press: &mut Press<'_>, bytes: &[u8]) {
    let (width, theme) = (press.width(), press.theme());
    for spans in rows(bytes, 0, per_row(width.saturating_sub(2)), theme) {
        let mut left = vec![Span::raw("  ")];
        left.extend(spans);
        press.row(left, None);
    }
}
