//! From a line of the transcript to rows of the screen. Views draw them, paging counts them: one
//! source, so that both agree. Costs depend on what is visible, never on how long the transcript is.

use jiff::tz::TimeZone;
use ratatui::style::Style;
use ratatui::text::Span;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

use super::folding::{LONG, NOTE_SHOWN, folded, is_long};
use super::printable::{self, Printable};
use super::theme::Theme;
use super::units::{duration, time_of_day};
use crate::transcript::{CommandRecord, Line, LineEnd, LineKind, NoteLevel, Progress, Transcript};
use crate::wire::response::Status;
use crate::wire::{Direction, Origin};

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
    /// Times of day.
    pub times: bool,
    /// Long lines go on in the next row, or are cut.
    pub wrap: bool,
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
            rows.push(self.heading(record, &line, folding.hidden));
            if folding.hidden.is_some() {
                return rows;
            }
        }
        rows.extend(match line.kind {
            LineKind::Literal { .. } => self.literal(&line, folding.unfolded),
            LineKind::Note(level) => self.note(&line, level, folding.unfolded),
            LineKind::Sent | LineKind::Received { .. } => {
                self.text(transcript, &line, index, first_of.is_some(), folding)
            }
        });
        rows
    }

    /// The rows of one line of an unfolded literal.
    pub fn literal_line(&self, bytes: &[u8], direction: Direction) -> Vec<Row> {
        let style = if direction == Direction::Client {
            self.theme.sent
        } else {
            self.theme.received
        };
        let bar = Span::styled("|  ", self.theme.literal);
        let safe = Printable::new(bytes);
        self.wrapped(
            &safe,
            vec![Span::raw(self.indent()), bar.clone()],
            vec![Span::raw(self.indent()), bar],
            &[],
            style,
            Vec::new(),
        )
    }

    /// `v A0012 SELECT "Shared/Team"     12:04:31  41 ms  OK`
    fn heading(&self, record: &CommandRecord, line: &Line, hidden: Option<usize>) -> Row {
        let mut left = vec![Span::styled(
            if hidden.is_some() { "> " } else { "v " },
            self.theme.dim,
        )];
        let shown = line
            .bytes
            .get(..line.bytes.len().min(LONG))
            .unwrap_or_default();
        let mut right = Vec::new();
        if record.origin == Origin::Program {
            right.push(Span::styled("auto  ", self.theme.program));
        }
        if self.times {
            right.push(Span::styled(
                time_of_day(record.at, self.zone),
                self.theme.dim,
            ));
        }
        right.push(Span::styled(
            format!("  {:>8}  ", self.took(record)),
            self.theme.dim,
        ));
        right.push(self.verdict(record));
        let count = hidden.map(folded).unwrap_or_default();
        let room = self
            .width
            .saturating_sub(2 + columns(&right) + 2 + count.len());
        let base = if record.origin == Origin::Program {
            self.theme.program
        } else {
            self.theme.heading
        };
        left.push(Span::styled(
            printable::fit(&printable::text(shown), room),
            base,
        ));
        left.push(Span::styled(count, self.theme.dim));
        Row { left, right }
    }

    fn took(&self, record: &CommandRecord) -> String {
        match record.progress {
            Progress::Running => "...".to_owned(),
            Progress::Abandoned => "-".to_owned(),
            Progress::Completed => record.elapsed.map(duration).unwrap_or_default(),
        }
    }

    fn verdict(&self, record: &CommandRecord) -> Span<'static> {
        match (record.status, record.progress) {
            (Some(status), _) => {
                let (word, style) = self.status(status);
                Span::styled(format!("{word:<3}"), style)
            }
            (None, Progress::Abandoned) => Span::styled("-  ", self.theme.dim),
            (None, _) => Span::styled("...", self.theme.dim),
        }
    }

    fn status(&self, status: Status) -> (&'static str, Style) {
        match status {
            Status::Ok => ("OK", self.theme.ok),
            Status::Preauth => ("PREAUTH", self.theme.ok),
            Status::No => ("NO", self.theme.no),
            Status::Bad => ("BAD", self.theme.bad),
            Status::Bye => ("BYE", self.theme.bad),
        }
    }

    fn indent(&self) -> &'static str {
        if self.grouped { "  " } else { "" }
    }

    fn text(
        &self,
        transcript: &Transcript,
        line: &Line,
        index: usize,
        first: bool,
        folding: Folding,
    ) -> Vec<Row> {
        let record = line.command.and_then(|c| transcript.command(c));
        let theme = self.theme;
        let sent = line.kind == LineKind::Sent;
        let unsolicited = matches!(line.kind, LineKind::Received { unsolicited: true });
        let program = record.as_ref().is_some_and(|r| r.origin == Origin::Program);
        let mut label = vec![Span::raw(self.indent())];
        if !self.grouped && first && folding.hidden.is_some() {
            label.push(Span::styled("> ", theme.dim));
        }
        if unsolicited {
            // Where the answers of a command are indented, what nobody asked for stands out at the left.
            label = vec![Span::styled(". event ", theme.event)];
        }
        let (name, mut style) = if sent {
            ("C: ", theme.client)
        } else {
            ("S: ", theme.server)
        };
        if program {
            style = theme.program;
        }
        label.push(Span::styled(name, style));
        let mut base = if sent { theme.sent } else { theme.received };
        if program && sent {
            base = theme.program;
        }

        let cut = if folding.unfolded {
            line.bytes.len()
        } else {
            line.bytes.len().min(LONG)
        };
        let mut safe = Printable::new(line.bytes.get(..cut).unwrap_or_default());
        let mut marks = self.marks(&safe.text, line, sent);
        if cut < line.bytes.len() {
            let start = safe.text.len();
            safe.text
                .push_str(&format!(" [+] {} octets more", line.bytes.len() - cut));
            marks.push((start..safe.text.len(), theme.literal));
        }
        let mut tail = |text: &str, style: Style| {
            let start = safe.text.len();
            safe.text.push_str(text);
            marks.push((start..safe.text.len(), style));
        };
        match line.ending {
            LineEnd::Truncated => tail("  (cut off: the connection ended here)", theme.warning),
            LineEnd::Lf if !sent => tail("\\n", theme.escape),
            LineEnd::Continued => tail(" ...", theme.dim),
            _ => {}
        }
        if line.missing {
            tail("  (not stored)", theme.warning);
        }
        if !self.grouped
            && first
            && let Some(hidden) = folding.hidden
        {
            tail(&folded(hidden), theme.dim);
        }
        let mut right = self.annotation(line, index, record.as_ref(), first, unsolicited, folding);
        if !sent
            && !unsolicited
            && let Some(tag) = self.strayed(transcript, line, index)
        {
            right.insert(0, Span::styled(format!("{tag}  "), theme.dim));
        }
        let rest = vec![Span::raw(" ".repeat(columns(&label)))];
        let mut rows = self.wrapped(&safe, label, rest, &marks, base, right);
        if !self.grouped && first && folding.hidden.is_some() {
            // Folded is one row, however long the command.
            rows.truncate(1);
        }
        rows
    }

    /// The tag of the command that a line answers, where another command was sent in between, so that
    /// its place does not tell. A tagged response tells it itself.
    fn strayed(&self, transcript: &Transcript, line: &Line, index: usize) -> Option<String> {
        let command = line.command?;
        let latest = transcript.commands_begun(index).checked_sub(1)?;
        transcript
            .command(command)
            .filter(|r| latest != command && r.completion_line != Some(index))?;
        let tag = transcript.command_tag(command)?;
        Some(printable::text(tag.as_bytes()))
    }

    /// What stands at the right end of a line's first row.
    fn annotation(
        &self,
        line: &Line,
        index: usize,
        record: Option<&CommandRecord>,
        first: bool,
        unsolicited: bool,
        folding: Folding,
    ) -> Vec<Span<'static>> {
        let time = || Span::styled(time_of_day(line.at, self.zone), self.theme.dim);
        let mut right = Vec::new();
        if unsolicited {
            if self.times {
                right.push(time());
            }
            right.push(Span::styled("  push", self.theme.event));
        } else if self.grouped {
            return right;
        } else if first {
            if record.is_some_and(|r| r.origin == Origin::Program) {
                right.push(Span::styled("auto  ", self.theme.program));
            }
            if let Some(record) = record.filter(|_| folding.hidden.is_some()) {
                right.push(Span::styled(
                    format!("{}  ", self.took(record)),
                    self.theme.dim,
                ));
                right.push(self.verdict(record));
            } else if self.times {
                right.push(time());
            }
        } else if let Some(record) = record.filter(|r| r.completion_line == Some(index)) {
            right.push(Span::styled(self.took(record), self.theme.dim));
        }
        right
    }

    fn note(&self, line: &Line, level: NoteLevel, unfolded: bool) -> Vec<Row> {
        let (mark, style) = match level {
            NoteLevel::Info => (".  ", self.theme.note),
            NoteLevel::Warning => ("!  ", self.theme.warning),
            NoteLevel::Alarm => ("!! ", self.theme.danger),
        };
        let label = vec![Span::raw(self.indent()), Span::styled(mark, style)];
        let rest = vec![Span::raw(" ".repeat(columns(&label)))];
        let right = if self.times {
            vec![Span::styled(
                time_of_day(line.at, self.zone),
                self.theme.dim,
            )]
        } else {
            Vec::new()
        };
        let mut shown = line.bytes.clone();
        if is_long(line) && !unfolded {
            let end = shown.iter().take(NOTE_SHOWN).rposition(|b| *b == b' ');
            let more = shown.len() - end.unwrap_or(NOTE_SHOWN);
            shown.truncate(end.unwrap_or(NOTE_SHOWN));
            shown.extend_from_slice(format!(" ... [+] {more} octets").as_bytes());
        }
        self.wrapped(&Printable::new(&shown), label, rest, &[], style, right)
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

    /// Tag, status word, mask and literal announcement of a line.
    fn marks(&self, text: &str, line: &Line, sent: bool) -> Vec<(Range<usize>, Style)> {
        let mut marks = Vec::new();
        let first = text.find(' ').unwrap_or(text.len());
        let tagged = !matches!(text.get(..first), Some("*" | "+"));
        if tagged && (sent || line.command.is_some()) {
            marks.push((0..first, self.theme.tag));
        }
        if !sent {
            let rest = text.get(first + 1..).unwrap_or_default();
            let word = rest.split(' ').next().unwrap_or_default();
            let status = match word.to_ascii_uppercase().as_str() {
                "OK" | "PREAUTH" => Some(self.theme.ok),
                "NO" => Some(self.theme.no),
                "BAD" | "BYE" => Some(self.theme.bad),
                _ => None,
            };
            if let Some(style) = status {
                marks.push((first + 1..first + 1 + word.len(), style));
            }
        }
        if line.masked {
            marks.extend(
                text.match_indices("********")
                    .map(|(at, mask)| (at..at + mask.len(), self.theme.secret)),
            );
        }
        if line.ending == LineEnd::Literal
            && let Some(at) = text.rfind('{')
        {
            marks.push((at..text.len(), self.theme.literal));
        }
        marks
    }

    /// Rows of safe text behind a label, the annotation in the first one.
    fn wrapped(
        &self,
        safe: &Printable,
        label: Vec<Span<'static>>,
        rest: Vec<Span<'static>>,
        marks: &[(Range<usize>, Style)],
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
            let fitted = printable::fit(&safe.text, first);
            let kept = if fitted.len() < safe.text.len() || fitted != safe.text {
                fitted.len().saturating_sub(1)
            } else {
                fitted.len()
            };
            let mut left = label;
            left.extend(self.styled(safe, 0..kept, marks, base));
            if fitted != safe.text {
                left.push(Span::styled("~", self.theme.dim));
            }
            return vec![Row { left, right }];
        }
        let mut rows = Vec::new();
        for range in safe.rows(first, room) {
            let mut left = if rows.is_empty() {
                label.clone()
            } else {
                rest.clone()
            };
            left.extend(self.styled(safe, range, marks, base));
            let right = if rows.is_empty() {
                right.clone()
            } else {
                Vec::new()
            };
            rows.push(Row { left, right });
        }
        rows
    }

    fn styled(
        &self,
        safe: &Printable,
        range: Range<usize>,
        marks: &[(Range<usize>, Style)],
        base: Style,
    ) -> Vec<Span<'static>> {
        let Some(text) = safe.text.get(range.clone()) else {
            return Vec::new();
        };
        let mut escapes = safe
            .escapes
            .iter()
            .skip_while(|e| e.end <= range.start)
            .peekable();
        let mut spans: Vec<Span<'static>> = Vec::new();
        for (offset, grapheme) in text.grapheme_indices(true) {
            let at = range.start + offset;
            while escapes.next_if(|e| e.end <= at).is_some() {}
            let escaped = escapes.peek().is_some_and(|e| e.contains(&at));
            let style = match marks.iter().rev().find(|(mark, _)| mark.contains(&at)) {
                _ if escaped => self.theme.escape,
                Some((_, style)) => base.patch(*style),
                None => base,
            };
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
