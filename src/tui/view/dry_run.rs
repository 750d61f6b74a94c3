//! What the text in the editor would come to.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::printable;
use super::super::state::State;
use super::reader;
use crate::console::DryLine;

/// Columns of the popup.
const WIDTH: u16 = 104;

/// Number of rows it has.
pub fn dry_rows(state: &State, lines: &[DryLine]) -> usize {
    rows(state, lines).len()
}

fn rows(state: &State, lines: &[DryLine]) -> Vec<Line<'static>> {
    let theme = &state.options.theme;
    let width = usize::from(state.area.width.min(WIDTH)).saturating_sub(4 + 3);
    let mut rows = Vec::new();
    let mut wrapped = |label: &'static str, of: Style, text: &str, style: Style| {
        for (at, range) in printable::wrap(text, width, width).into_iter().enumerate() {
            rows.push(Line::from(vec![
                Span::styled(if at == 0 { label } else { "   " }, of),
                Span::styled(text.get(range).unwrap_or_default().to_owned(), style),
            ]));
        }
    };
    for line in lines {
        match line {
            DryLine::Sent(bytes) => {
                wrapped("C: ", theme.client, &printable::text(bytes), theme.sent);
            }
            DryLine::Literal(bytes) => {
                wrapped("   ", theme.client, &printable::text(bytes), theme.literal);
            }
            DryLine::Wait => wrapped(
                "S: ",
                theme.server,
                "+ (its go-ahead is waited for)",
                theme.dim,
            ),
            DryLine::Note(text) => wrapped(" . ", theme.dim, &printable::line(text), theme.note),
        }
    }
    rows
}

pub(super) fn draw(state: &State, lines: &[DryLine], top: usize, area: Rect, buffer: &mut Buffer) {
    let title = "Dry run: nothing is sent";
    reader(state, title, WIDTH, rows(state, lines), top, area, buffer);
}
