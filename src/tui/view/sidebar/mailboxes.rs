//! The mailbox tree.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::super::layout::Focus;
use super::super::super::printable;
use super::super::super::rows::columns;
use super::super::super::sidebar::TreeRow;
use super::super::super::state::State;
use super::super::{put, put_right};
use super::Panel;
use crate::model::{Children, Mailbox};

pub(super) const PANEL: Panel = Panel {
    name: "mailboxes",
    title,
    wants: |_, _| None,
    draw,
};

fn title(_: &State) -> Option<String> {
    Some("Mailboxes".to_owned())
}

fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let rows = state.sidebar.rows();
    let mailboxes = state.console.model().mailboxes();
    if rows.is_empty() {
        let text = if state.console.identity().is_logged_in() {
            "none known yet; F5 asks"
        } else {
            "after the login"
        };
        put(buffer, area, 0, &Line::styled(text, theme.dim));
        return;
    }
    let overflowed = mailboxes.overflowed();
    let height = usize::from(area.height).saturating_sub(usize::from(overflowed));
    let top = state.sidebar.top(height);
    for (at, (index, row)) in (0u16..).zip(rows.iter().enumerate().skip(top).take(height)) {
        let Some(mailbox) = mailboxes.get(row.id) else {
            continue;
        };
        let marks = marks(state, mailbox);
        let wide = columns(&marks);
        let room = usize::from(area.width).saturating_sub(wide + 1);
        let left = name(state, mailbox, row, room);
        let used = columns(&left);
        put(buffer, area, at, &Line::from(left));
        put_right(buffer, area, at, &marks, used);
        if index == state.sidebar.cursor && state.focus == Focus::Sidebar {
            buffer.set_style(
                Rect {
                    y: area.y + at,
                    height: 1,
                    ..area
                },
                theme.cursor,
            );
        }
    }
    if overflowed && height < usize::from(area.height) {
        let row = u16::try_from(height).unwrap_or(u16::MAX);
        put(
            buffer,
            area,
            row,
            &Line::styled("more than can be kept", theme.warning),
        );
    }
}

fn name(state: &State, mailbox: &Mailbox, row: &TreeRow, room: usize) -> Vec<Span<'static>> {
    let theme = &state.options.theme;
    let fold = match (mailbox.children, state.sidebar.is_unfolded(&mailbox.name)) {
        (Children::None, _) => "  ",
        (Children::Unknown, false) => "  ",
        (_, true) => "v ",
        (_, false) => "> ",
    };
    let open = state
        .console
        .model()
        .selected()
        .is_some_and(|s| s.name == mailbox.name);
    let style = if open {
        theme.heading
    } else if mailbox.selectable {
        theme.text
    } else {
        theme.dim
    };
    let mut text = "  ".repeat(row.depth.min(16));
    text.push_str(fold);
    let label = if mailbox.label.is_empty() {
        "(empty name)".to_owned()
    } else {
        printable::line(&mailbox.label)
    };
    text.push_str(&label);
    vec![Span::styled(printable::fit(&text, room), style)]
}

/// What it is for, whether it is subscribed, whether it is no mailbox at all.
fn marks(state: &State, mailbox: &Mailbox) -> Vec<Span<'static>> {
    let theme = &state.options.theme;
    let mut spans = Vec::new();
    let counts = (mailbox.count("UNSEEN"), mailbox.count("MESSAGES"));
    match counts {
        (Some(unseen), Some(messages)) => {
            spans.push(Span::styled(format!(" {unseen}/{messages}"), theme.dim))
        }
        (None, Some(messages)) => spans.push(Span::styled(format!(" {messages}"), theme.dim)),
        _ => {}
    }
    if let Some(special) = mailbox.special_use {
        let same = mailbox.label.eq_ignore_ascii_case(special.name());
        spans.push(Span::styled(
            if same {
                String::new()
            } else {
                format!(" {}", special.name())
            },
            theme.note,
        ));
    }
    if !mailbox.selectable {
        spans.push(Span::styled(" -", theme.dim));
    }
    spans.push(Span::styled(
        if mailbox.subscribed { " *" } else { "  " },
        theme.ok,
    ));
    spans
}
