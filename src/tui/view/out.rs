//! What to copy, and whether a file is overwritten.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::out::{Offer, Overwriting};
use super::super::printable;
use super::super::state::State;
use super::super::units::octets;
use super::{popup, put};

pub(super) fn copy(
    state: &State,
    offers: &[Offer],
    chosen: usize,
    area: Rect,
    buffer: &mut Buffer,
) {
    let theme = &state.options.theme;
    let width = area.width.min(72);
    let height = u16::try_from(offers.len() + 2).unwrap_or(u16::MAX);
    let inner = popup(state, area, width, height, "Copy", buffer);
    let room = usize::from(inner.width);
    for (row, (index, offer)) in (0u16..).zip(offers.iter().enumerate()) {
        let size = match &offer.text {
            Ok(text) => octets(text.len() as u64),
            Err(_) => "too much: to a file".to_owned(),
        };
        let label = printable::fit(&offer.label, room.saturating_sub(size.len() + 6));
        let pad = room.saturating_sub(3 + printable::width(&label) + size.len());
        let line = Line::from(vec![
            Span::styled(format!("{}  ", offer.key), theme.key),
            Span::raw(label),
            Span::raw(" ".repeat(pad)),
            Span::styled(size, theme.dim),
        ]);
        put(buffer, inner, row, &line);
        if index == chosen && row < inner.height {
            let bar = Rect {
                y: inner.y + row,
                height: 1,
                ..inner
            };
            buffer.set_style(bar, theme.cursor);
        }
    }
}

pub(super) fn overwrite(state: &State, question: &Overwriting, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let width = area.width.min(72);
    let inner = popup(state, area, width, 5, "Overwrite?", buffer);
    let room = usize::from(inner.width);
    let path = printable::line(&question.path().display().to_string());
    let words = " exists.";
    let path = printable::fit(&path, room.saturating_sub(words.len()));
    put(buffer, inner, 0, &Line::raw(format!("{path}{words}")));
    let line = Line::from(vec![
        Span::styled("y", theme.key),
        Span::styled(" overwrite it   ", theme.dim),
        Span::styled("n", theme.key),
        Span::styled(", Enter, Esc: leave it", theme.dim),
    ]);
    put(buffer, inner, 2, &line);
}
