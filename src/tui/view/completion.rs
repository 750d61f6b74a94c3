//! Lists above the editor: candidates, and matches of the history search.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::super::action::Action;
use super::super::field;
use super::super::keymap::Context;
use super::super::layout::Layout;
use super::super::printable;
use super::super::state::State;
use super::{inside, popup_at, put, put_right};
use crate::catalog::Candidate;

/// Most rows of a list.
const ROWS: u16 = 10;

pub(super) fn candidates(
    state: &State,
    candidates: &[Candidate],
    chosen: usize,
    layout: &Layout,
    cursor: Option<Position>,
    buffer: &mut Buffer,
) {
    let theme = &state.options.theme;
    let label_width = candidates
        .iter()
        .take(500)
        .map(|c| printable::width(&printable::line(&c.label)))
        .max()
        .unwrap_or(0)
        .min(40);
    let detail_width = candidates
        .iter()
        .take(500)
        .map(|c| printable::width(&printable::line(&c.detail)))
        .max()
        .unwrap_or(0)
        .min(60);
    let width = label_width + detail_width + 7;
    let pane = layout.editor.unwrap_or(layout.area);
    let column = cursor.map_or(pane.x + 1, |at| at.x);
    let title = format!("{} candidates", candidates.len());
    let inner = popup_at(
        state,
        above(layout, width, candidates.len(), column),
        &title,
        buffer,
    );
    list(
        buffer,
        inner,
        candidates.len(),
        chosen,
        theme.cursor,
        |index| {
            let Some(candidate) = candidates.get(index) else {
                return (Line::default(), String::new());
            };
            let label = printable::fit(&printable::line(&candidate.label), label_width);
            (Line::raw(label), printable::line(&candidate.detail))
        },
        theme.dim,
    );
}

pub(super) fn history(
    state: &State,
    query: &field::Line,
    (matches, here): (&[String], bool),
    chosen: usize,
    layout: &Layout,
    buffer: &mut Buffer,
) -> Option<Position> {
    let theme = &state.options.theme;
    let whose = match (here, state.console.server()) {
        (true, "") => "of this session".to_owned(),
        (true, server) => format!("of {}", printable::line(server)),
        (false, _) => "of all servers".to_owned(),
    };
    let other = state
        .options
        .keymap
        .key_for(Context::History, &Action::HistoryScope)
        .map_or_else(String::new, |key| {
            format!(
                "   {key} {}",
                if here { "all servers" } else { "this server" }
            )
        });
    let width = usize::from(layout.area.width.saturating_sub(4)).min(100);
    let outer = above(
        layout,
        width,
        matches.len().max(1) + 1,
        layout.editor.map_or(0, |pane| pane.x),
    );
    let inner = popup_at(
        state,
        outer,
        &format!("History {whose}: {} found{other}", matches.len()),
        buffer,
    );
    let rows = inner.height.saturating_sub(1);
    let listing = Rect {
        height: rows,
        ..inner
    };
    list(
        buffer,
        listing,
        matches.len(),
        chosen,
        theme.cursor,
        |index| {
            let text = matches.get(index).map(String::as_str).unwrap_or_default();
            let lines = text.lines().count();
            let first = printable::line(text.lines().next().unwrap_or_default());
            (
                Line::raw(first),
                if lines > 1 {
                    format!("{lines} lines")
                } else {
                    String::new()
                },
            )
        },
        theme.dim,
    );
    let row = Rect {
        y: inner.y.saturating_add(rows),
        height: inner.height.saturating_sub(rows),
        ..inner
    };
    field_row(state, query, "search: ", row, buffer)
}

/// A line to fill in with a label before it; returns where the cursor is.
pub(super) fn field_row(
    state: &State,
    field: &field::Line,
    label: &str,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let theme = &state.options.theme;
    // What does not fit goes out at the left: the cursor is always seen.
    let room = usize::from(area.width).saturating_sub(label.len() + 1);
    let mut before = printable::line(field.before_cursor());
    while printable::width(&before) > room && !before.is_empty() {
        before.remove(0);
    }
    let after = field.text().get(field.before_cursor().len()..);
    let after = printable::line(after.unwrap_or_default());
    let line = Line::from(vec![
        Span::styled(label.to_owned(), theme.key),
        Span::raw(format!("{before}{after}")),
    ]);
    put(buffer, area, 0, &line);
    inside(area, label.len() + printable::width(&before), 0)
}

/// A place above the editor, or wherever there is room.
fn above(layout: &Layout, width: usize, rows: usize, column: u16) -> Rect {
    let area = layout.area;
    let width = u16::try_from(width).unwrap_or(u16::MAX).min(area.width);
    let bottom = layout.editor.map_or(area.y + area.height, |pane| pane.y);
    let wanted = u16::try_from(rows).unwrap_or(u16::MAX).min(ROWS) + 2;
    let height = if bottom > area.y + 4 {
        wanted.min(bottom - area.y)
    } else {
        wanted.min(area.height)
    };
    let x = column.min((area.x + area.width).saturating_sub(width));
    let y = if bottom > area.y + 4 {
        bottom - height
    } else {
        (area.y + area.height).saturating_sub(height)
    };
    Rect {
        x,
        y,
        width,
        height,
    }
    .intersection(area)
}

fn list(
    buffer: &mut Buffer,
    area: Rect,
    count: usize,
    chosen: usize,
    cursor: ratatui::style::Style,
    row: impl Fn(usize) -> (Line<'static>, String),
    dim: ratatui::style::Style,
) {
    let height = usize::from(area.height);
    let top = (chosen + 1)
        .saturating_sub(height)
        .min(count.saturating_sub(height));
    for (at, index) in (0u16..area.height).zip(top..count) {
        let (line, detail) = row(index);
        let used = line.width();
        put(buffer, area, at, &line);
        let room = usize::from(area.width).saturating_sub(used + 2);
        put_right(
            buffer,
            area,
            at,
            &[Span::styled(printable::fit(&detail, room), dim)],
            used + 1,
        );
        if index == chosen {
            buffer.set_style(
                Rect {
                    y: area.y + at,
                    height: 1,
                    ..area
                },
                cursor,
            );
        }
    }
}
