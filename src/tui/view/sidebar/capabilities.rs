//! What the server offers, and what of it came with the login.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::super::printable;
use super::super::super::state::State;
use super::super::put;
use super::Panel;
use super::selected::wrapped;

pub(super) const PANEL: Panel = Panel {
    name: "capabilities",
    title: |state| {
        let capabilities = state.console.model().capabilities();
        let count = capabilities.last_known()?.iter().count();
        Some(match capabilities.is_stale() {
            true => format!("Capabilities ({count}, before the login)"),
            false => format!("Capabilities ({count})"),
        })
    },
    wants: |state, width| Some(rows(state, width).len()),
    draw,
};

fn rows(state: &State, width: usize) -> Vec<Line<'static>> {
    let theme = &state.options.theme;
    let Some(now) = state.console.model().capabilities().last_known() else {
        return Vec::new();
    };
    let before = state
        .console
        .offered_before_login()
        .filter(|_| state.console.identity().is_logged_in());
    let came: Vec<String> = match before {
        Some(before) => now
            .iter()
            .filter(|name| !before.has(name))
            .map(printable::line)
            .collect(),
        None => Vec::new(),
    };
    let there: Vec<String> = now
        .iter()
        .map(printable::line)
        .filter(|name| !came.contains(name))
        .collect();
    let gone: Vec<String> = match before {
        Some(before) => before
            .iter()
            .filter(|name| !now.has(name))
            .map(printable::line)
            .collect(),
        None => Vec::new(),
    };
    let mut rows = Vec::new();
    let parts = [
        ("+ after login:", &came, theme.ok),
        ("", &there, theme.text),
        ("- not any more:", &gone, theme.dim),
    ];
    for (words, names, style) in parts {
        if names.is_empty() {
            continue;
        }
        let text = format!("{words} {}", names.join(" "));
        for row in wrapped(text.trim_start(), width.saturating_sub(1).max(8)) {
            rows.push(Line::styled(format!(" {row}"), style));
        }
    }
    rows
}

fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    for (row, line) in (0u16..).zip(rows(state, usize::from(area.width))) {
        put(buffer, area, row, &line);
    }
}
