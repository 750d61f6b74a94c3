//! The mailbox tree.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::super::layout::Focus;
use super::super::super::printable;
use super::super::super::rows::columns;
use super::super::super::sidebar::{Kind, TreeRow};
use super::super::super::state::State;
use super::super::{put, put_right};
use super::Panel;
use crate::model::{Children, Mailbox, name};

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
        let mut marks = marks_of(state, mailbox, row, true);
        let wanted = 2 * row.depth.min(16) + 2 + printable::width(&printable::line(&mailbox.label));
        if wanted + columns(&marks) + 1 > usize::from(area.width) {
            // The name comes before what it is for.
            marks = marks_of(state, mailbox, row, false);
        }
        let wide = columns(&marks);
        let room = usize::from(area.width).saturating_sub(wide + 1);
        let left = named(state, mailbox, row, room);
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

fn named(state: &State, mailbox: &Mailbox, row: &TreeRow, room: usize) -> Vec<Span<'static>> {
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

/// What it counts, what it is for, whose it is, and in one letter each: `!` messages came (\Marked), `-` no
/// mailbox (\Noselect, or only known from one below), `x` \NonExistent, `*` subscribed.
fn marks_of(state: &State, mailbox: &Mailbox, row: &TreeRow, words: bool) -> Vec<Span<'static>> {
    let theme = &state.options.theme;
    let model = state.console.model();
    let mut spans = Vec::new();
    // The open one counts itself.
    let open = model
        .selected()
        .filter(|s| name::same(&s.name, &mailbox.name));
    let counts = match open {
        Some(open) => match state.live_counts(&open.name) {
            // Whoever listens knows it first.
            Some((exists, unseen)) => (unseen.or(mailbox.count("UNSEEN")), Some(exists)),
            None => (open.unseen.or(mailbox.count("UNSEEN")), open.exists),
        },
        None => (mailbox.count("UNSEEN"), mailbox.count("MESSAGES")),
    };
    match counts {
        (Some(unseen), Some(messages)) => {
            let style = if unseen > 0 { theme.text } else { theme.dim };
            let counts = format!(" {}/{}", short(unseen), short(messages));
            spans.push(Span::styled(counts, style));
        }
        (None, Some(messages)) => {
            spans.push(Span::styled(format!(" {}", short(messages)), theme.dim));
        }
        _ => {}
    }
    if words
        && let Some(special) = mailbox.special_use
        && !mailbox.label.eq_ignore_ascii_case(special.name())
    {
        spans.push(Span::styled(format!(" {}", special.name()), theme.note));
    }
    if words
        && row.depth == 0
        && let Some(word) = Kind::of(&mailbox.name, model.namespaces()).word()
        && !mailbox.label.to_lowercase().starts_with(word)
    {
        spans.push(Span::styled(format!(" {word}"), theme.note));
    }
    if mailbox.marked == Some(true) {
        spans.push(Span::styled(" !", theme.warning));
    }
    if mailbox.non_existent {
        spans.push(Span::styled(" x", theme.dim));
    } else if !mailbox.selectable {
        spans.push(Span::styled(" -", theme.dim));
    }
    spans.push(Span::styled(
        if mailbox.subscribed { " *" } else { "  " },
        theme.ok,
    ));
    spans
}

/// `340`, `12345`, `123k`, `12M`: never more than five columns.
fn short(count: u64) -> String {
    match count {
        0..=99_999 => count.to_string(),
        100_000..=999_999 => format!("{}k", count / 1_000),
        _ => format!("{}M", count / 1_000_000),
    }
}
