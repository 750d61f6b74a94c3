//! Two sessions compared, side by side.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::printable;
use super::super::sides::{Row, Sides};
use super::super::state::State;
use super::completion::field_row;
use super::{popup_at, put};
use crate::compare::{Pair, Paired, Verdict};

/// Least columns of a column.
const LEAST: usize = 8;
/// From so many rows the values of the row at the cursor take more than one each.
const ROOMY: u16 = 30;

pub(super) fn draw(state: &State, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let sides = state.sides.as_ref()?;
    let (differ, all) = sides.count();
    let count = match (&sides.outcome, differ) {
        (None, _) => String::new(),
        (Some(_), 0) => format!(": nothing of {all} differs"),
        (Some(_), _) => format!(": {differ} of {all} differ"),
    };
    let (headings, place) = sides.headings();
    let place = place.map_or_else(String::new, |place| format!(", at {place}"));
    let title = printable::line(&format!("{}{count}{place}", sides.title));
    // Between the line that says who one is and the one with the keys.
    let outer = Rect {
        y: area.y.saturating_add(1),
        height: area.height.saturating_sub(2),
        ..area
    };
    let title = printable::fit(&title, usize::from(area.width.saturating_sub(8)));
    let inner = popup_at(state, outer, &title, buffer);
    if sides.is_asking() || sides.trouble.is_some() {
        waiting(state, sides, inner, buffer);
        return None;
    }
    let paired = sides.outcome.as_ref()?;
    let columns = Columns::of(sides, usize::from(inner.width));
    let theme = &state.options.theme;
    let [first, second] = headings.map(printable::line);
    let head = Line::from(vec![
        Span::raw(" ".repeat(columns.key + 4)),
        Span::styled(padded(&first, columns.left), theme.heading),
        Span::raw("  "),
        Span::styled(printable::fit(&second, columns.right), theme.heading),
    ]);
    put(buffer, inner, 0, &head);
    let detail = if inner.height >= ROOMY { 6 } else { 4 };
    let height = usize::from(inner.height.saturating_sub(1 + detail));
    // The heading of the first row stays in sight.
    let top = (sides.cursor + 2).saturating_sub(height.max(1));
    let top = if sides.cursor + 1 < height { 0 } else { top };
    for (line, (at, row)) in (1u16..).zip(sides.rows.iter().enumerate().skip(top).take(height)) {
        let line_of = row_line(state, paired, *row, &columns, usize::from(inner.width));
        put(buffer, inner, line, &line_of);
        if at == sides.cursor && matches!(row, Row::Pair(_)) {
            let area = Rect {
                y: inner.y.saturating_add(line),
                height: 1,
                ..inner
            };
            buffer.set_style(area.intersection(inner), theme.cursor);
        }
    }
    if !sides.rows.iter().any(|row| matches!(row, Row::Pair(_))) {
        let words = match (sides.needle.is_empty(), sides.all) {
            (false, _) => "No row holds that.",
            (true, true) => "Nothing was told.",
            (true, false) => "No difference. a shows what is the same.",
        };
        let row = u16::try_from(sides.rows.len()).unwrap_or(0) + 2;
        put(buffer, inner, row, &Line::styled(words, theme.ok));
    }
    let bottom = Rect {
        y: inner.y + inner.height.saturating_sub(detail),
        height: detail.min(inner.height),
        ..inner
    };
    details(state, sides, bottom, buffer);
    let last = Rect {
        y: inner.y + inner.height.saturating_sub(1),
        height: 1.min(inner.height),
        ..inner
    };
    if let Some((file, error)) = &sides.file {
        if let Some(error) = error {
            let above = Rect {
                y: last.y.saturating_sub(1),
                ..last
            };
            let words = printable::fit(&printable::line(error), usize::from(inner.width));
            blank(buffer, above);
            put(buffer, above, 0, &Line::styled(words, theme.warning));
        }
        blank(buffer, last);
        return field_row(state, file, "to file (.json: JSON): ", last, buffer);
    }
    if let Some(find) = &sides.find {
        blank(buffer, last);
        return field_row(state, find, "find: ", last, buffer);
    }
    let words = match (&state.message, sides.needle.as_str()) {
        // The line that tells it otherwise is below this.
        (Some(message), _) => printable::line(message),
        (None, "") => String::new(),
        (None, needle) => format!("only rows with {}; Esc: all", printable::line(needle)),
    };
    let words = printable::fit(&words, usize::from(inner.width));
    put(buffer, last, 0, &Line::styled(words, theme.dim));
    None
}

fn blank(buffer: &mut Buffer, area: Rect) {
    put(
        buffer,
        area,
        0,
        &Line::raw(" ".repeat(usize::from(area.width))),
    );
}

/// Widths of the three columns.
struct Columns {
    key: usize,
    left: usize,
    right: usize,
}

impl Columns {
    fn of(sides: &Sides, width: usize) -> Columns {
        let room = width.saturating_sub(6);
        let [key, left] = sides.widths;
        let key = key.clamp(LEAST, (room * 2 / 5).max(LEAST));
        let values = room.saturating_sub(key);
        let left = left.clamp(LEAST, (values / 2).max(LEAST));
        Columns {
            key,
            left,
            right: values.saturating_sub(left),
        }
    }
}

fn padded(text: &str, width: usize) -> String {
    let text = printable::fit(text, width);
    let missing = width.saturating_sub(printable::width(&text));
    format!("{text}{}", " ".repeat(missing))
}

/// A character, so that it does not hang on a colour.
fn sign(verdict: Verdict, ascii: bool) -> &'static str {
    match (verdict, ascii) {
        (Verdict::Alike, _) => "  ",
        (Verdict::Apart, _) => "? ",
        (Verdict::Differ, true) => "! ",
        (Verdict::Differ, false) => "≠ ",
    }
}

fn row_line(
    state: &State,
    paired: &Paired,
    row: Row,
    columns: &Columns,
    width: usize,
) -> Line<'static> {
    let theme = &state.options.theme;
    match row {
        Row::Note(at) => {
            let note = paired.notes.get(at).map_or("", String::as_str);
            let note = printable::fit(&printable::line(note), width);
            Line::styled(note, theme.warning)
        }
        Row::Heading(section, differ, count) => {
            let words = match differ {
                0 => format!("  {count} alike"),
                _ => format!("  {differ} of {count} differ"),
            };
            Line::from(vec![
                Span::styled(section.name(), theme.heading),
                Span::styled(words, theme.dim),
            ])
        }
        Row::Pair(at) => match paired.pairs.get(at) {
            Some(pair) => pair_line(state, pair, columns),
            None => Line::default(),
        },
    }
}

fn pair_line(state: &State, pair: &Pair, columns: &Columns) -> Line<'static> {
    let theme = &state.options.theme;
    let (key_style, style) = match pair.verdict {
        Verdict::Differ => (theme.text, theme.warning),
        Verdict::Apart => (theme.text, theme.dim),
        Verdict::Alike => (theme.dim, theme.dim),
    };
    let cell = |value: &Option<String>, width: usize| -> (String, Style) {
        match value {
            Some(value) => (padded(&printable::line(value), width), style),
            None => (padded("-", width), theme.dim),
        }
    };
    let (left, left_style) = cell(&pair.values[0], columns.left);
    let (right, right_style) = cell(&pair.values[1], columns.right);
    Line::from(vec![
        Span::styled(sign(pair.verdict, state.options.ascii), style),
        Span::styled(
            padded(&printable::line(&pair.key()), columns.key),
            key_style,
        ),
        Span::raw("  "),
        Span::styled(left, left_style),
        Span::raw("  "),
        Span::styled(right, right_style),
    ])
}

/// The row at the cursor whole: what does not fit into its column is here.
fn details(state: &State, sides: &Sides, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let Some(pair) = sides.pair() else {
        return;
    };
    let width = usize::from(area.width);
    let line = if state.options.ascii { "-" } else { "─" };
    let what = printable::line(&format!("{}: {}", pair.section.name(), pair.key()));
    let what = printable::fit(&what, width.saturating_sub(4));
    let rest = width.saturating_sub(printable::width(&what) + 4);
    let rule = format!("{0}{0} {what} {1}", line, line.repeat(rest));
    put(buffer, area, 0, &Line::styled(rule, theme.dim));
    // The last row is for what is typed.
    let each = usize::from(area.height.saturating_sub(2)) / 2;
    let names = sides.headings().0;
    let names = names.map(|name| printable::fit(&printable::line(name), 16));
    let label = names.iter().map(|n| printable::width(n)).max().unwrap_or(0);
    let mut row = 1;
    for (name, value) in names.iter().zip(&pair.values) {
        let value = printable::line(value.as_deref().unwrap_or("-"));
        let room = width.saturating_sub(label + 2).max(1);
        for (at, range) in printable::wrap(&value, room, room)
            .into_iter()
            .take(each.max(1))
            .enumerate()
        {
            let head = if at == 0 { name.as_str() } else { "" };
            let spans = vec![
                Span::styled(format!("{}  ", padded(head, label)), theme.heading),
                Span::raw(value.get(range).unwrap_or_default().to_owned()),
            ];
            put(buffer, area, row, &Line::from(spans));
            row += 1;
        }
    }
}

/// While both are asked, or when that came to nothing.
fn waiting(state: &State, sides: &Sides, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let width = usize::from(area.width);
    let names = sides.names.each_ref().map(|name| printable::line(name));
    let label = names.iter().map(|n| printable::width(n)).max();
    let label = label.unwrap_or(0).min(width / 2);
    for (row, (name, progress)) in (1u16..).zip(names.iter().zip(&sides.progress)) {
        let spans = vec![
            Span::styled(format!("  {}  ", padded(name, label)), theme.heading),
            Span::raw(printable::line(progress)),
        ];
        put(buffer, area, row, &Line::from(spans));
    }
    match &sides.trouble {
        Some(trouble) => {
            let text = printable::line(&format!("Nothing was compared. {trouble}"));
            let room = width.saturating_sub(2).max(1);
            for (row, range) in (4u16..).zip(printable::wrap(&text, room, room)) {
                let text = format!("  {}", text.get(range).unwrap_or_default());
                put(buffer, area, row, &Line::styled(text, theme.danger));
            }
        }
        None => {
            let words =
                "  Both are only read; each question is a C: line in its session. Esc stops.";
            put(buffer, area, 4, &Line::styled(words, theme.dim));
        }
    }
}
