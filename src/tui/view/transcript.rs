//! The transcript pane.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::layout::{Focus, Layout};
use super::super::rows::columns;
use super::super::state::State;
use super::{pane, put, put_right};

pub(super) fn draw(state: &State, layout: &Layout, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let transcript = state.console.transcript();
    let focused = state.focus == Focus::Transcript;
    let title = vec![Span::styled(
        "1 Transcript",
        if focused { theme.heading } else { theme.text },
    )];
    let mut right = vec![Span::styled(
        format!("{} cmds  ", transcript.command_count()),
        theme.dim,
    )];
    if state.scroll.follow {
        right.push(Span::styled("follow", theme.dim));
    } else {
        let below = state.scroll.lines_below(transcript.len());
        right.push(Span::styled(
            format!("{below} lines below, G follows"),
            theme.warning,
        ));
    }
    let inner = pane(state, layout, area, focused, title, right, buffer);
    let (look, height) = state.look();
    let cursor = state.scroll.cursor(transcript).filter(|_| focused);
    for (row, (spot, content)) in (0u16..).zip(state.scroll.visible(transcript, &look, height)) {
        let left = columns(&content.left);
        put(buffer, inner, row, &Line::from(content.left));
        put_right(buffer, inner, row, &content.right, left + 1);
        if cursor == Some(spot) && row < inner.height {
            let first = Rect {
                y: inner.y + row,
                height: 1,
                ..inner
            };
            buffer.set_style(first, theme.cursor);
        }
    }
}
