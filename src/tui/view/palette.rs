//! The palette.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::super::mailbox_find::MailboxFind;
use super::super::palette::Palette;
use super::super::printable;
use super::super::rows::columns;
use super::super::state::State;
use super::completion::field_row;
use super::{popup_at, put, put_right};

/// Widest, in columns.
const WIDTH: u16 = 100;
/// Most rows of items.
const ROWS: u16 = 18;

pub(super) fn draw(
    state: &State,
    palette: &Palette,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let theme = &state.options.theme;
    let width = WIDTH.min(area.width);
    // The hint line stays free: what is wrong is said there.
    let rows = ROWS.min(area.height.saturating_sub(8)).max(1);
    // It does not jump about while one types: always as high.
    let outer = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + 1.min(area.height),
        width,
        height: (rows + 3).min(area.height.saturating_sub(1)),
    };
    let title = format!("Palette: {} found", palette.found.len());
    let inner = popup_at(state, outer, &title, buffer);
    let cursor = field_row(state, &palette.query, "> ", inner, buffer);
    let list = Rect {
        y: inner.y + 1.min(inner.height),
        height: inner.height.saturating_sub(1),
        ..inner
    };
    let height = usize::from(list.height).max(1);
    let top = palette.chosen.saturating_sub(height - 1);
    let names = palette.found.iter().skip(top).take(height);
    let widest = names
        .clone()
        .map(|item| printable::width(&printable::line(&item.name)))
        .max()
        .unwrap_or(0)
        .min(usize::from(list.width) * 3 / 5);
    for (row, (index, item)) in (0u16..).zip((top..).zip(names)) {
        let name = printable::fit(&printable::line(&item.name), widest);
        let pad = " ".repeat(widest.saturating_sub(printable::width(&name)));
        let mut left = vec![
            Span::raw(format!("{name}{pad}")),
            Span::styled(format!("  {}", printable::line(&item.help)), theme.dim),
        ];
        let keys = printable::width(&item.key);
        let room = usize::from(list.width).saturating_sub(keys + 2);
        if columns(&left) > room {
            let kept = room.saturating_sub(widest + 2);
            left.truncate(1);
            left.push(Span::styled(
                format!("  {}", printable::fit(&printable::line(&item.help), kept)),
                theme.dim,
            ));
        }
        let used = columns(&left);
        put(buffer, list, row, &Line::from(left));
        put_right(
            buffer,
            list,
            row,
            &[Span::styled(item.key.clone(), theme.key)],
            used.min(room),
        );
        if index == palette.chosen {
            let bar = Rect {
                y: list.y + row,
                height: 1.min(list.height),
                ..list
            };
            buffer.set_style(bar, theme.cursor);
        }
    }
    cursor
}

/// A mailbox is looked for: what is typed, and what fits.
pub(super) fn mailboxes(
    state: &State,
    find: &MailboxFind,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let theme = &state.options.theme;
    let width = WIDTH.min(area.width);
    let rows = ROWS.min(area.height.saturating_sub(8)).max(1);
    let outer = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + 1.min(area.height),
        width,
        height: (rows + 3).min(area.height.saturating_sub(1)),
    };
    let (known, found) = find.counts();
    let title = format!("Find a mailbox: {found} of {known} known");
    let inner = popup_at(state, outer, &title, buffer);
    let cursor = field_row(state, &find.query, "> ", inner, buffer);
    let list = Rect {
        y: inner.y + 1.min(inner.height),
        height: inner.height.saturating_sub(1),
        ..inner
    };
    if found == 0 {
        let words = "none known is called so; Enter asks the server for one that has these letters in its name";
        let words = printable::fit(words, usize::from(list.width));
        put(buffer, list, 0, &Line::styled(words, theme.dim));
    }
    let height = usize::from(list.height).max(1);
    let top = find.chosen.saturating_sub(height - 1);
    for (row, (index, shown)) in (0u16..).zip(find.shown().enumerate().skip(top).take(height)) {
        let shown = printable::fit(&shown, usize::from(list.width));
        put(buffer, list, row, &Line::raw(shown));
        if index == find.chosen {
            let bar = Rect {
                y: list.y + row,
                height: 1.min(list.height),
                ..list
            };
            buffer.set_style(bar, theme.cursor);
        }
    }
    cursor
}
