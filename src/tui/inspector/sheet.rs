//! Outlines laid out for a width: safe text in rows, columns aligned. Made when what is inspected
//! changes, so that drawing and scrolling cost what is on the screen.

use ratatui::style::Style;
use ratatui::text::Span;

use super::super::printable::{self, Printable};
use super::super::rows::Row as Drawn;
use super::super::theme::Theme;
use crate::decode::{Outline, Row, RowKind, Tone};

/// Widest column of a table, and widest name of a field.
const COLUMN: usize = 34;
const NAME: usize = 20;
/// Most rows of a sheet.
pub const SHEET_LIMIT: usize = 200_000;

/// A row of a sheet.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// What is drawn.
    pub drawn: Drawn,
    /// The MIME part that it stands for.
    pub part: Option<usize>,
}

/// Rows, laid out.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// From top to bottom.
    pub lines: Vec<Line>,
}

/// Makes a [`Sheet`].
pub struct Press<'t> {
    theme: &'t Theme,
    width: usize,
    sheet: Sheet,
}

impl<'t> Press<'t> {
    /// For rows of `width` columns.
    pub fn new(theme: &'t Theme, width: usize) -> Press<'t> {
        Press {
            theme,
            width: width.max(8),
            sheet: Sheet::default(),
        }
    }

    /// Columns of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Colours.
    pub fn theme(&self) -> &'t Theme {
        self.theme
    }

    /// What was made.
    pub fn finish(self) -> Sheet {
        self.sheet
    }

    /// One row as it is: safe text only.
    pub fn row(&mut self, left: Vec<Span<'static>>, part: Option<usize>) {
        if self.sheet.lines.len() < SHEET_LIMIT {
            let drawn = Drawn {
                left,
                right: Vec::new(),
            };
            self.sheet.lines.push(Line { drawn, part });
        }
    }

    /// An empty row, unless there is one already, or nothing yet.
    pub fn gap(&mut self) {
        let last = self.sheet.lines.last();
        if last.is_some_and(|line| !line.drawn.left.is_empty()) {
            self.row(Vec::new(), None);
        }
    }

    /// Text that wraps, behind `indent` columns.
    pub fn text(&mut self, indent: usize, bytes: &[u8], style: Style) {
        self.labelled(indent, Vec::new(), bytes, style, None);
    }

    /// A title.
    pub fn heading(&mut self, text: &str, remark: &str) {
        self.gap();
        let mut left = vec![Span::styled(printable::line(text), self.theme.heading)];
        if !remark.is_empty() {
            left.push(Span::styled(
                format!("   {}", printable::line(remark)),
                self.theme.dim,
            ));
        }
        self.fitted(left, None);
    }

    /// Name and value.
    pub fn field(&mut self, name: &str, value: &str) {
        let label = vec![Span::styled(format!("{name:<14}"), self.theme.dim)];
        self.labelled(2, label, value.as_bytes(), self.theme.text, None);
    }

    /// Cuts spans to the width.
    fn fitted(&mut self, spans: Vec<Span<'static>>, part: Option<usize>) {
        let mut room = self.width;
        let mut out = Vec::new();
        for span in spans {
            let wide = printable::width(&span.content);
            if wide <= room {
                room -= wide;
                out.push(span);
            } else {
                out.push(Span::styled(
                    printable::fit(&span.content, room),
                    span.style,
                ));
                break;
            }
        }
        self.row(out, part);
    }

    /// `label` and then text that wraps beside it. The label is safe.
    fn labelled(
        &mut self,
        indent: usize,
        label: Vec<Span<'static>>,
        bytes: &[u8],
        style: Style,
        part: Option<usize>,
    ) {
        let wide: usize = label.iter().map(|s| printable::width(&s.content)).sum();
        let indent = indent.min(self.width / 2);
        let safe = Printable::new(bytes);
        // Where hardly anything is left beside the label, the text goes below it.
        let beside = self.width.saturating_sub(indent + wide);
        let mut first = vec![Span::raw(" ".repeat(indent))];
        first.extend(label);
        let hang = if beside >= 16 || beside > safe.width() {
            indent + wide
        } else {
            if wide > 0 {
                self.fitted(first, part);
                first = vec![Span::raw(" ".repeat(indent + 2))];
            }
            indent + if wide > 0 { 2 } else { 0 }
        };
        let room = self.width.saturating_sub(hang);
        for (at, range) in safe.rows(room, room).into_iter().enumerate() {
            let mut left = match at {
                0 => std::mem::take(&mut first),
                _ => vec![Span::raw(" ".repeat(hang))],
            };
            left.extend(self.escaped(&safe, range, style));
            self.row(left, part);
        }
    }

    /// A range of safe text, what was written out in its own colour.
    fn escaped(
        &self,
        safe: &Printable,
        range: std::ops::Range<usize>,
        style: Style,
    ) -> Vec<Span<'static>> {
        let mut spans = Vec::new();
        let mut at = range.start;
        let first = safe.escapes.partition_point(|e| e.end <= range.start);
        for escape in safe.escapes.iter().skip(first) {
            let (start, end) = (escape.start.clamp(at, range.end), escape.end.min(range.end));
            if escape.start >= range.end {
                break;
            }
            if start > at {
                spans.push(self.span(safe, at..start, style));
            }
            spans.push(self.span(safe, start..end, self.theme.escape));
            at = end;
        }
        if at < range.end {
            spans.push(self.span(safe, at..range.end, style));
        }
        spans
    }

    fn span(&self, safe: &Printable, range: std::ops::Range<usize>, style: Style) -> Span<'static> {
        Span::styled(safe.text.get(range).unwrap_or_default().to_owned(), style)
    }

    fn tone(&self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => self.theme.text,
            Tone::Dim => self.theme.dim,
            Tone::Good => self.theme.ok,
            Tone::Warning => self.theme.warning,
        }
    }

    /// All rows of an outline, so many columns deeper.
    pub fn outline(&mut self, indent: usize, outline: &Outline) {
        let mut rest = outline.rows.as_slice();
        while let Some(first) = rest.first() {
            let group = rest
                .iter()
                .take_while(|row| row.kind == first.kind && row.depth == first.depth)
                .count()
                .max(1);
            let (rows, after) = rest.split_at(group.min(rest.len()));
            match first.kind {
                RowKind::Heading => rows.iter().for_each(|row| self.title(indent, row)),
                RowKind::Text => rows.iter().for_each(|row| {
                    let text = row.cells.first().map(Vec::as_slice).unwrap_or_default();
                    self.labelled(
                        indent + row.depth * 2,
                        Vec::new(),
                        text,
                        self.tone(row.tone),
                        row.part,
                    );
                }),
                RowKind::Field => self.fields(indent, rows),
                RowKind::Cells => self.table(indent, rows),
            }
            rest = after;
        }
        if outline.cut > 0 {
            let words = format!("... {} rows more are left out", outline.cut);
            self.text(indent, words.as_bytes(), self.theme.warning);
        }
    }

    fn title(&mut self, indent: usize, row: &Row) {
        if row.depth == 0 {
            self.gap();
        }
        let mut left = vec![Span::raw(
            " ".repeat((indent + row.depth * 2).min(self.width / 2)),
        )];
        for (at, cell) in row.cells.iter().enumerate() {
            let style = if at == 0 {
                self.theme.heading
            } else {
                self.theme.dim
            };
            let gap = if at == 0 { "" } else { "   " };
            left.push(Span::styled(
                format!("{gap}{}", printable::text(cell)),
                style,
            ));
        }
        self.fitted(left, row.part);
    }

    fn fields(&mut self, indent: usize, rows: &[Row]) {
        let names: Vec<String> = rows
            .iter()
            .map(|row| printable::text(row.cells.first().map(Vec::as_slice).unwrap_or_default()))
            .collect();
        let wide = names
            .iter()
            .map(|n| printable::width(n))
            .max()
            .unwrap_or(0)
            .min(NAME);
        for (row, name) in rows.iter().zip(names) {
            let name = printable::fit(&name, wide.max(1));
            let pad = (wide + 2).saturating_sub(printable::width(&name));
            let label = vec![
                Span::styled(name, self.theme.key),
                Span::raw(" ".repeat(pad)),
            ];
            let at = indent + row.depth * 2;
            let cell = |at: usize| row.cells.get(at).map(Vec::as_slice).unwrap_or_default();
            let (value, remark) = (cell(1), cell(2));
            // A short remark goes on the same row.
            let short = printable::width(&printable::text(remark))
                + printable::width(&printable::text(value));
            let fits = short + at + wide + 5 <= self.width;
            match (value.is_empty(), remark.is_empty()) {
                (true, false) => self.labelled(at, label, remark, self.theme.dim, row.part),
                (_, true) => self.labelled(at, label, value, self.tone(row.tone), row.part),
                (false, false) if fits => {
                    let mut left = vec![Span::raw(" ".repeat(at.min(self.width / 2)))];
                    left.extend(label);
                    left.extend(self.whole(value, self.tone(row.tone)));
                    left.push(Span::raw("   "));
                    left.extend(self.whole(remark, self.theme.dim));
                    self.row(left, row.part);
                }
                (false, false) => {
                    self.labelled(at, label, value, self.tone(row.tone), row.part);
                    let blank = vec![Span::raw(" ".repeat(wide + 2))];
                    self.labelled(at, blank, remark, self.theme.dim, row.part);
                }
            }
        }
    }

    fn whole(&self, bytes: &[u8], style: Style) -> Vec<Span<'static>> {
        let safe = Printable::new(bytes);
        let all = 0..safe.text.len();
        self.escaped(&safe, all, style)
    }

    fn table(&mut self, indent: usize, rows: &[Row]) {
        let columns = rows.iter().map(|r| r.cells.len()).max().unwrap_or(0);
        let safe: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.cells.iter().map(|c| printable::text(c)).collect())
            .collect();
        let mut widths = vec![0; columns];
        for row in &safe {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = printable::width(cell).max(*width).min(COLUMN);
            }
        }
        for (row, cells) in rows.iter().zip(safe) {
            let mut left = vec![Span::raw(
                " ".repeat((indent + row.depth * 2).min(self.width / 2)),
            )];
            let last = cells.iter().rposition(|c| !c.is_empty()).unwrap_or(0);
            for (at, (cell, width)) in cells.into_iter().zip(&widths).enumerate().take(last + 1) {
                let style = match (at, row.tone) {
                    (0, Tone::Plain) => self.theme.text,
                    (_, Tone::Plain) => self.theme.dim,
                    (_, tone) => self.tone(tone),
                };
                if *width == 0 {
                    continue;
                }
                let cell = match at == last {
                    true => cell,
                    false => printable::fit(&cell, *width),
                };
                let pad = match at == last {
                    true => 0,
                    false => (width + 2).saturating_sub(printable::width(&cell)),
                };
                left.push(Span::styled(cell, style));
                left.push(Span::raw(" ".repeat(pad)));
            }
            self.fitted(left, row.part);
        }
    }
}
