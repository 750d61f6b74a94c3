//! Octets to safe text with colours: where a part of the octets stands in the text, decoded or not.

use std::ops::Range;

use ratatui::style::Style;

use super::super::printable::Printable;
use crate::transcript::decoded::Decoded;

/// A part of the octets in a style of its own.
pub type Mark = (Range<usize>, Style);

/// Safe text, and the styles of its parts (ranges of the text).
#[derive(Debug, Default)]
pub struct Text {
    pub safe: Printable,
    pub marks: Vec<Mark>,
}

impl Text {
    /// The octets `range` of `line`, with `marks` and what is decoded (both by octets of the line, `decoded` in order).
    pub fn new(
        line: &[u8],
        range: Range<usize>,
        marks: &[Mark],
        decoded: &[Decoded],
        plain: Style,
    ) -> Text {
        let text = Text::build(line, range.clone(), marks, decoded, plain);
        // What was put together must not become something else than its parts.
        let again = Printable::new(text.safe.text.as_bytes());
        if !decoded.is_empty() && again.text != text.safe.text {
            return Text::build(line, range, marks, &[], plain);
        }
        text
    }

    fn build(
        line: &[u8],
        range: Range<usize>,
        marks: &[Mark],
        decoded: &[Decoded],
        plain: Style,
    ) -> Text {
        let mut text = Text::default();
        // Octets and the places in the text where they begin, for each part.
        let mut at = range.start;
        let mut map: Vec<(Range<usize>, Range<usize>, bool)> = Vec::new();
        let mut raw = |text: &mut Text, octets: Range<usize>| {
            if octets.is_empty() {
                return;
            }
            let start = text.safe.text.len();
            text.append(&Printable::new(
                line.get(octets.clone()).unwrap_or_default(),
            ));
            map.push((octets, start..text.safe.text.len(), false));
        };
        let mut plains = Vec::new();
        for part in decoded {
            if part.octets.start < at || part.octets.end > range.end {
                continue;
            }
            raw(&mut text, at..part.octets.start);
            let start = text.safe.text.len();
            text.append(&Printable::new(part.text.as_bytes()));
            plains.push((part.octets.clone(), start..text.safe.text.len()));
            at = part.octets.end;
        }
        raw(&mut text, at..range.end);
        map.extend(
            plains
                .iter()
                .map(|(octets, shown)| (octets.clone(), shown.clone(), true)),
        );
        map.sort_by_key(|(octets, _, _)| octets.start);
        text.marks
            .extend(plains.into_iter().map(|(_, shown)| (shown, plain)));
        for (octets, style) in marks {
            let from = place(line, &map, octets.start.max(range.start), false);
            let to = place(line, &map, octets.end.min(range.end), true);
            if let (Some(from), Some(to)) = (from, to)
                && from < to
            {
                text.marks.push((from..to, *style));
            }
        }
        text
    }

    fn append(&mut self, more: &Printable) {
        let start = self.safe.text.len();
        self.safe.text.push_str(&more.text);
        let escapes = more.escapes.iter();
        self.safe
            .escapes
            .extend(escapes.map(|e| e.start + start..e.end + start));
    }

    /// Words of our own behind it.
    pub fn tail(&mut self, words: &str, style: Style) {
        let start = self.safe.text.len();
        self.safe.text.push_str(words);
        self.marks.push((start..self.safe.text.len(), style));
    }
}

/// Where octet `at` stands in the text; of what is decoded the whole.
fn place(
    line: &[u8],
    map: &[(Range<usize>, Range<usize>, bool)],
    at: usize,
    end: bool,
) -> Option<usize> {
    let inside = |octets: &Range<usize>| match end {
        true => octets.start < at && at <= octets.end,
        false => octets.start <= at && at < octets.end,
    };
    let (octets, shown, decoded) = map.iter().find(|(octets, _, _)| inside(octets))?;
    if *decoded {
        return Some(if end { shown.end } else { shown.start });
    }
    let before = line.get(octets.start..at).unwrap_or_default();
    if shown.len() == octets.len() {
        return Some(shown.start + before.len());
    }
    Some((shown.start + Printable::new(before).text.len()).min(shown.end))
}
