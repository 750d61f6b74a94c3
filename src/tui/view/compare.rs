//! Two logs compared.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::compare::Compare;
use super::super::printable;
use super::super::state::State;
use super::{popup, put};
use crate::compare::Side;

pub(super) fn draw(state: &State, data: &Compare, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let title = format!(
        "{} and {}",
        printable::fit(&printable::line(&data.names[0]), 30),
        printable::fit(&printable::line(&data.names[1]), 30)
    );
    let (width, height) = (area.width.saturating_sub(2), area.height.saturating_sub(2));
    let inner = popup(state, area, width, height, &title, buffer);
    let room = usize::from(inner.width);
    let shown = data.shown();
    let count = match shown.differences {
        0 => "No difference.".to_owned(),
        1 => "1 command differs.".to_owned(),
        count => format!("{count} commands differ."),
    };
    let ignoring = match data.all {
        false => "  times, UIDVALIDITY, MODSEQ and such left out; v shows them",
        true => "  everything but tags is compared; v leaves times, UIDVALIDITY and such out",
    };
    let head = Line::from(vec![
        Span::styled(count, theme.heading),
        Span::styled(ignoring, theme.dim),
    ]);
    put(buffer, inner, 0, &head);
    let rows = data.rows().iter().skip(data.top);
    for (row, line) in (2u16..inner.height).zip(rows) {
        let style = match line.side {
            Side::First => theme.danger,
            Side::Second => theme.ok,
            Side::Ours => theme.dim,
            Side::Both if line.command => theme.heading,
            Side::Both => theme.text,
        };
        let text = printable::fit(&line.line(), room);
        put(buffer, inner, row, &Line::styled(text, style));
    }
}
