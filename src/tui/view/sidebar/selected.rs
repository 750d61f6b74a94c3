//! What is known about the mailbox that is open.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::super::state::State;
use super::super::put;
use super::Panel;

pub(super) const PANEL: Panel = Panel {
    name: "selected",
    title,
    wants: |state, _| Some(rows(state).len()),
    draw,
};

fn title(state: &State) -> Option<String> {
    state.console.model().selected().map(|s| s.shown.clone())
}

fn rows(state: &State) -> Vec<Line<'static>> {
    let theme = &state.options.theme;
    let Some(selected) = state.console.model().selected() else {
        return Vec::new();
    };
    let mode = if selected.read_only {
        ("read-only", theme.ok)
    } else {
        ("read-write", theme.warning)
    };
    let mut rows = vec![Line::styled(mode.0, mode.1)];
    let mut number = |name: &str, value: Option<u64>, more: &str| {
        if let Some(value) = value {
            rows.push(Line::from(vec![
                Span::styled(format!("{name:<14}"), theme.dim),
                Span::raw(value.to_string()),
                Span::styled(more.to_owned(), theme.dim),
            ]));
        }
    };
    number("EXISTS", selected.exists, "");
    number("RECENT", selected.recent, "");
    number("UNSEEN", selected.unseen, "");
    number("first UNSEEN", selected.first_unseen, "");
    number("UIDVALIDITY", selected.uid_validity, "");
    number(
        "UIDNEXT",
        selected.uid_next,
        if selected.uid_next_stale {
            " or more"
        } else {
            ""
        },
    );
    number("HIGHESTMODSEQ", selected.highest_mod_seq, "");
    if selected.no_mod_seq {
        rows.push(Line::styled("no mod-sequences", theme.dim));
    }
    rows
}

fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    for (row, line) in (0u16..).zip(rows(state)) {
        put(buffer, area, row, &line);
    }
}
