//! What a reply means: the popup of F1, below the width at which the inspector stands beside.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::printable;
use super::super::state::State;
use super::super::theme::Theme;
use super::reader;
use crate::console::explain::Told;

/// Columns of the popup.
const WIDTH: u16 = 104;

/// How a line of an explanation is shown: columns before it, and its colour.
pub fn told_style(theme: &Theme, told: &Told) -> (usize, Style) {
    match told {
        Told::Heading(_) => (0, theme.heading),
        Told::Server(_) => (2, theme.received),
        Told::Sent(_) => (2, theme.sent),
        Told::Caret(..) => (2, theme.warning),
        Told::Words(_) => (2, theme.text),
        Told::Command(..) => (2, theme.key),
        Told::Reference(_) => (2, theme.dim),
        Told::Gap => (0, theme.text),
    }
}

/// Number of rows it has.
pub fn explain_rows(state: &State, lines: &[Told]) -> usize {
    rows(state, lines).len()
}

fn rows(state: &State, lines: &[Told]) -> Vec<Line<'static>> {
    let theme = &state.options.theme;
    let width = usize::from(state.area.width.min(WIDTH)).saturating_sub(4);
    let mut rows = Vec::new();
    for told in lines {
        let (indent, style) = told_style(theme, told);
        let room = width.saturating_sub(indent);
        let safe = printable::text(&told.octets());
        for (at, range) in printable::wrap(&safe, room, room).into_iter().enumerate() {
            let part = safe.get(range).unwrap_or_default();
            let part = if at > 0 { part.trim_start() } else { part };
            rows.push(Line::from(vec![
                Span::raw(" ".repeat(indent)),
                Span::styled(part.to_owned(), style),
            ]));
        }
    }
    rows
}

pub(super) fn draw(state: &State, lines: &[Told], top: usize, area: Rect, buffer: &mut Buffer) {
    reader(
        state,
        "Explain",
        WIDTH,
        rows(state, lines),
        top,
        area,
        buffer,
    );
}
