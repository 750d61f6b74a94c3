//! From a line of the transcript to rows of the screen. Views draw them, paging counts them: one
//! source, so that both agree. Costs depend on what is visible, never on how long the transcript is.

mod heading;
mod hex;
mod line;
mod text;

pub use hex::HEX;

use std::ops::Range;
use std::time::SystemTime;

use jiff::tz::TimeZone;
use ratatui::style::Style;
use ratatui::text::Span;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::folding::{NOTE_SHOWN, is_long};
use super::manner::{Form, Times};
use super::printable::{self, Printable};
use super::theme::Theme;
use super::units;
use crate::transcript::decoded;
use crate::transcript::find::Hit;
use crate::transcript::pattern::Pattern;
use crate::transcript::{Line, LineKind, NoteLevel, Transcript};
use crate::wire::Direction;
use text::{Mark, Text};

/// One row of the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// At the left.
    pub left: Vec<Span<'static>>,
    /// At the right end: time, milliseconds, status.
    pub right: Vec<Span<'static>>,
}

/// How lines are to be shown.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// Columns.
    pub width: usize,
    /// Each command under a heading of its own, with time, milliseconds and status.
    pub grouped: bool,
    /// Which times.
    pub times: Times,
    /// Long lines go on in the next row, or are cut.
    pub wrap: bool,
    /// Columns that are off at the left, where lines are cut.
    pub column: usize,
    /// What is shown of a line.
    pub form: Form,
    /// Mailbox names, encoded words and challenges in plain text.
    pub decoded: bool,
    /// What is looked for, or filtered by: coloured.
    pub patterns: Vec<&'a Pattern>,
    /// The hit one is at.
    pub hit: Option<&'a Hit>,
    /// When the transcript began.
    pub start: Option<SystemTime>,
    /// Colours.
    pub theme: &'a Theme,
    /// For the time of day.
    pub zone: &'a TimeZone,
}

/// What is folded at a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Folding {
    /// The literal or the long line is unfolded.
    pub unfolded: bool,
    /// The command that begins here is folded: so many lines are hidden.
    pub hidden: Option<usize>,
}

impl Look<'_> {
    /// The rows of line `index`; at least one.
    pub fn line(&self, transcript: &Transcript, index: usize, folding: Folding) -> Vec<Row> {
        let Some(line) = transcript.line(index) else {
            return vec![Row::default()];
        };
        let record = line.command.and_then(|c| transcript.command(c));
        let first_of = record
            .as_ref()
            .filter(|r| r.first_line == index && line.kind == LineKind::Sent);
        let mut rows = Vec::new();
        if self.grouped
            && let Some(record) = first_of
        {
            rows.push(self.heading(transcript, record, index, &line, folding.hidden));
            if folding.hidden.is_some() {
                return rows;
            }
        }
        rows.extend(match line.kind {
            LineKind::Literal { .. } => self.literal(&line, folding.unfolded),
            LineKind::Note(level) => self.note(transcript, index, &line, level, folding.unfolded),
            LineKind::Sent | LineKind::Received { .. } => {
                self.text(transcript, &line, index, first_of.is_some(), folding)
            }
        });
        rows
    }

    /// The rows of one line of an unfolded literal.
    pub fn literal_line(&self, bytes: &[u8], direction: Direction) -> Vec<Row> {
        let style = match direction {
            Direction::Client => self.theme.sent,
            Direction::Server => self.theme.received,
        };
        let bar = vec![
            Span::raw(self.indent()),
            Span::styled("|  ", self.theme.literal),
        ];
        let decoded = match self.decoded {
            true => decoded::in_literal(bytes),
            false => Vec::new(),
        };
        let marks = self.hits(bytes);
        let text = Text::new(bytes, 0..bytes.len(), &marks, &decoded, self.theme.decoded);
        self.wrapped(&text, bar.clone(), bar, style, Vec::new())
    }

    /// Above the oldest line, where older ones are gone.
    pub fn dropped(&self, lines: usize) -> Row {
        let words = format!(
            "-- {} older lines were dropped here: the limit of the transcript on disk",
            units::grouped(lines as u64)
        );
        Row {
            left: vec![Span::styled(
                printable::fit(&words, self.width),
                self.theme.warning,
            )],
            right: Vec::new(),
        }
    }

    fn indent(&self) -> &'static str {
        if self.grouped { "  " } else { "" }
    }

    /// What is looked for, in octets of a line.
    fn hits(&self, bytes: &[u8]) -> Vec<Mark> {
        let hits = self.patterns.iter().flat_map(|p| p.in_line(bytes));
        hits.map(|hit| (hit, self.theme.hit)).collect()
    }

    /// The time of line `index`, as it is wanted.
    fn time(&self, transcript: &Transcript, index: usize, at: SystemTime) -> Option<Span<'static>> {
        let since = |from: SystemTime| match at.duration_since(from) {
            Ok(passed) => units::seconds(passed),
            Err(_) => units::seconds(Default::default()),
        };
        let text = match self.times {
            Times::Off => return None,
            Times::Clock => units::time_of_day(at, self.zone),
            Times::Since => since(self.start.unwrap_or(at)),
            Times::Delta => {
                let before = index.checked_sub(1).and_then(|i| transcript.line(i));
                since(before.map_or(at, |line| line.at))
            }
        };
        Some(Span::styled(text, self.theme.dim))
    }

    fn note(
        &self,
        transcript: &Transcript,
        index: usize,
        line: &Line,
        level: NoteLevel,
        unfolded: bool,
    ) -> Vec<Row> {
        let (mark, style) = match level {
            NoteLevel::Info => (".  ", self.theme.note),
            NoteLevel::Warning => ("!  ", self.theme.warning),
            NoteLevel::Alarm => ("!! ", self.theme.danger),
            NoteLevel::Change => ("~  ", self.theme.event),
        };
        let label = vec![Span::raw(self.indent()), Span::styled(mark, style)];
        let rest = vec![Span::raw(" ".repeat(columns(&label)))];
        let right = self.time(transcript, index, line.at).into_iter().collect();
        let all = line.bytes.as_slice();
        let mut shown = all;
        if is_long(line) && !unfolded {
            let end = all.iter().take(NOTE_SHOWN).rposition(|b| *b == b' ');
            shown = all.get(..end.unwrap_or(NOTE_SHOWN)).unwrap_or(all);
        }
        let marks = self.hits(shown);
        let mut text = Text::new(shown, 0..shown.len(), &marks, &[], style);
        if shown.len() < all.len() {
            let more = all.len() - shown.len();
            text.tail(&format!(" ... [+] {more} octets"), style);
        }
        self.wrapped(&text, label, rest, style, right)
    }

    fn literal(&self, line: &Line, unfolded: bool) -> Vec<Row> {
        let LineKind::Literal {
            direction: _,
            size,
            received,
            stored,
            binary,
        } = line.kind
        else {
            return Vec::new();
        };
        let mut text = format!("[{}] {size} octets", if unfolded { '-' } else { '+' });
        if binary {
            text.push_str(", binary");
        }
        if line.masked {
            text.push_str("  ********");
        } else if received < size {
            text.push_str(&format!("  {received} so far"));
        }
        if line.missing {
            text.push_str(&format!("  {stored} stored"));
        }
        let left = vec![
            Span::raw(self.indent()),
            Span::raw("   "),
            Span::styled(text, self.theme.literal),
        ];
        vec![Row {
            left,
            right: Vec::new(),
        }]
    }

    /// Rows of safe text behind a label, the annotation in the first one.
    fn wrapped(
        &self,
        text: &Text,
        label: Vec<Span<'static>>,
        rest: Vec<Span<'static>>,
        base: Style,
        right: Vec<Span<'static>>,
    ) -> Vec<Row> {
        let reserved = if right.is_empty() {
            0
        } else {
            columns(&right) + 2
        };
        let room = self.width.saturating_sub(columns(&label));
        let first = room.saturating_sub(reserved);
        if !self.wrap {
            return vec![self.cut(text, label, base, right, first)];
        }
        let mut rows = Vec::new();
        for range in text.safe.rows(first, room) {
            let mut left = if rows.is_empty() {
                label.clone()
            } else {
                rest.clone()
            };
            left.extend(self.styled(text, range, base));
            let right = if rows.is_empty() {
                right.clone()
            } else {
                Vec::new()
            };
            rows.push(Row { left, right });
        }
        rows
    }

    /// One row of a long line: from the column on that is wanted, `~` where something is off.
    fn cut(
        &self,
        text: &Text,
        label: Vec<Span<'static>>,
        base: Style,
        right: Vec<Span<'static>>,
        room: usize,
    ) -> Row {
        let safe = text.safe.text.as_str();
        let mut left = label;
        let (mut from, mut off) = (0, 0);
        if self.column > 0 {
            for grapheme in safe.graphemes(true) {
                if off > self.column {
                    break;
                }
                off += grapheme.width();
                from += grapheme.len();
            }
            if from > 0 {
                left.push(Span::styled("~", self.theme.dim));
            }
        }
        let rest = safe.get(from..).unwrap_or_default();
        let room = room.saturating_sub(usize::from(from > 0));
        let fitted = printable::fit(rest, room);
        let whole = fitted == rest;
        let kept = fitted.len() - usize::from(!whole && !fitted.is_empty());
        left.extend(self.styled(text, from..from + kept, base));
        if !whole && room > 0 {
            left.push(Span::styled("~", self.theme.dim));
        }
        Row { left, right }
    }

    fn styled(&self, text: &Text, range: Range<usize>, base: Style) -> Vec<Span<'static>> {
        let Printable {
            text: safe,
            escapes,
        } = &text.safe;
        let Some(shown) = safe.get(range.clone()) else {
            return Vec::new();
        };
        let mut escapes = escapes
            .iter()
            .skip_while(|e| e.end <= range.start)
            .peekable();
        let near = |mark: &&Mark| mark.0.start < range.end && mark.0.end > range.start;
        let marks: Vec<&Mark> = text.marks.iter().filter(near).collect();
        let mut spans: Vec<Span<'static>> = Vec::new();
        for (offset, grapheme) in shown.grapheme_indices(true) {
            let at = range.start + offset;
            while escapes.next_if(|e| e.end <= at).is_some() {}
            let mut style = base;
            for (_, mark) in marks.iter().filter(|(mark, _)| mark.contains(&at)) {
                style = style.patch(*mark);
            }
            if escapes.peek().is_some_and(|e| e.contains(&at)) {
                style = self.theme.escape;
            }
            match spans.last_mut() {
                Some(last) if last.style == style => last.content.to_mut().push_str(grapheme),
                _ => spans.push(Span::styled(grapheme.to_owned(), style)),
            }
        }
        spans
    }
}

/// Columns of spans.
pub fn columns(spans: &[Span<'_>]) -> usize {
    spans.iter().map(|s| printable::width(&s.content)).sum()
}
