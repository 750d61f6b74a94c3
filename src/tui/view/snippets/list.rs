//! The list of snippets, with a look at the chosen one.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::super::super::layout::Layout;
use super::super::super::printable;
use super::super::super::snippets::List;
use super::super::super::state::State;
use super::super::completion::field_row;
use super::super::{popup_at, put, put_right};
use super::{BESIDE, middle, script};
use crate::config::snippets::{Home, folder_of};

/// Widest column of names.
const NAMES: usize = 24;

pub(in super::super) fn draw(
    state: &State,
    layout: &Layout,
    buffer: &mut Buffer,
) -> Option<Position> {
    let list = state.snippets.list.as_ref()?;
    let area = middle(layout);
    Clear.render(area, buffer);
    buffer.set_style(area, state.options.theme.text);
    let (left, right) = if area.width >= BESIDE {
        let width = area.width / 2;
        let right = Rect {
            x: area.x + width,
            width: area.width - width,
            ..area
        };
        (Rect { width, ..area }, right)
    } else {
        let height = (area.height / 2).max(6).min(area.height);
        let below = Rect {
            y: area.y + height,
            height: area.height - height,
            ..area
        };
        (Rect { height, ..area }, below)
    };
    let cursor = names(state, list, left, buffer);
    look(state, list, right, buffer);
    cursor
}

fn names(state: &State, list: &List, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &state.options.theme;
    let title = match list.count() {
        0 => "Snippets: none".to_owned(),
        count => format!("Snippets: {count}"),
    };
    let inner = popup_at(state, area, &title, buffer);
    let cursor = field_row(state, &list.query, "> ", inner, buffer);
    let rows = Rect {
        y: inner.y + 1.min(inner.height),
        height: inner.height.saturating_sub(1),
        ..inner
    };
    let height = usize::from(rows.height).max(1);
    let top = list.chosen.saturating_sub(height - 1);
    let room = usize::from(rows.width);
    let names = list
        .found()
        .map(|entry| printable::width(&printable::line(entry.stem())));
    let wide = names.max().unwrap_or(0).min(NAMES).min(room / 2);
    for (row, (index, entry)) in (0u16..).zip(list.found().enumerate().skip(top).take(height)) {
        let title = printable::line(&entry.title);
        let whole = wide + 2 + printable::width(&title) + 2;
        // Nearly all are: it is said where there is room for it.
        let home = match entry.home {
            Home::BuiltIn if whole + Home::BuiltIn.word().len() > room => "",
            home => home.word(),
        };
        let name = printable::fit(&printable::line(entry.stem()), wide);
        let pad = " ".repeat(wide.saturating_sub(printable::width(&name)));
        let kept = if home.is_empty() { 0 } else { home.len() + 2 };
        let left = room.saturating_sub(wide + 2 + kept);
        let about = match left >= 8 {
            true => printable::fit(&title, left),
            false => String::new(),
        };
        let used = wide + 2 + printable::width(&about);
        let spans = vec![
            Span::raw(format!("{name}{pad}")),
            Span::styled(format!("  {about}"), theme.dim),
        ];
        put(buffer, rows, row, &Line::from(spans));
        put_right(
            buffer,
            rows,
            row,
            &[Span::styled(home, theme.dim)],
            used + 1,
        );
        if index == list.chosen {
            let bar = Rect {
                y: rows.y + row,
                height: 1.min(rows.height),
                ..rows
            };
            buffer.set_style(bar, theme.cursor);
        }
    }
    cursor
}

fn look(state: &State, list: &List, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let Some(entry) = list.entry() else {
        let words = match &state.options.config {
            Some(config) => format!(
                "They lie in {} and in ./snippets; Ctrl+X s in the editor saves one.",
                folder_of(config).display()
            ),
            None => "They lie in ./snippets.".to_owned(),
        };
        let inner = popup_at(state, area, "Nothing to show", buffer);
        let safe = printable::line(&words);
        let width = usize::from(inner.width);
        for (row, range) in (0u16..).zip(printable::wrap(&safe, width, width)) {
            let text = safe.get(range).unwrap_or_default().to_owned();
            put(buffer, inner, row, &Line::styled(text, theme.dim));
        }
        return;
    };
    let place = match &entry.path {
        Some(path) => path.display().to_string(),
        None => format!("{} ({})", entry.name, entry.home.word()),
    };
    let room = usize::from(area.width).saturating_sub(6);
    let place = printable::fit(&printable::line(&place), room);
    let inner = popup_at(state, area, &place, buffer);
    let text = String::from_utf8_lossy(&entry.text);
    let size = (usize::from(inner.width), usize::from(inner.height));
    for (row, (_, line)) in (0u16..).zip(script(&text, list.top, size, theme)) {
        put(buffer, inner, row, &line);
    }
}
