//! What safe mode asks about.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::printable;
use super::super::state::State;
use super::reader;

/// Columns of the popup.
const WIDTH: u16 = 84;
/// Longest command that is shown, in characters.
const COMMAND: usize = 300;

/// Number of rows it has.
pub fn question_rows(state: &State) -> usize {
    rows(state).len()
}

fn rows(state: &State) -> Vec<Line<'static>> {
    let theme = &state.options.theme;
    let Some(question) = state.console.question() else {
        return Vec::new();
    };
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
    for (command, lines) in &question.commands {
        let shown = printable::fit(&printable::line(command), COMMAND);
        wrapped("C: ", theme.client, &shown, theme.sent);
        if !question.counting {
            for line in lines {
                wrapped(" ! ", theme.warning, &printable::line(line), theme.text);
            }
        }
    }
    let more = question.of.saturating_sub(question.commands.len());
    if more > 0 {
        let words = match more {
            1 => "1 command beside goes or stays with it.".to_owned(),
            more => format!("{more} commands beside go or stay with it."),
        };
        wrapped(" . ", theme.dim, &words, theme.note);
    }
    rows.push(Line::default());
    rows.push(match question.counting {
        true => Line::from(vec![
            Span::styled("The server is asked what it would hit ...  ", theme.dim),
            Span::styled("Ctrl+C", theme.key),
            Span::raw(" ask without  "),
            Span::styled("n", theme.key),
            Span::raw(" do not send"),
        ]),
        false => Line::from(vec![
            Span::styled("Send it?  ", theme.heading),
            Span::styled("y", theme.key),
            Span::raw(" yes  "),
            Span::styled("n", theme.key),
            Span::raw(" no (Esc; Enter does nothing)"),
        ]),
    });
    rows
}

pub(super) fn draw(state: &State, top: usize, area: Rect, buffer: &mut Buffer) {
    let title = format!("Safe mode: {}", state.console.safe_mode());
    reader(state, &title, WIDTH, rows(state), top, area, buffer);
}
