//! The command editor's pane.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::super::action::Action;
use super::super::keymap::Context;
use super::super::layout::{Focus, Layout};
use super::super::printable;
use super::super::rows::columns;
use super::super::state::State;
use super::{pane, put};
use crate::console::Phase;
use crate::session::Awaiting;

pub(super) fn draw(
    state: &State,
    layout: &Layout,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let theme = &state.options.theme;
    let focused = state.focus == Focus::Editor;
    let mut title = vec![Span::styled(
        "2 Command",
        if focused { theme.heading } else { theme.text },
    )];
    let (what, urgent) = awaited(state);
    title.push(Span::styled(
        format!("  {what}"),
        if urgent { theme.warning } else { theme.tag },
    ));
    let left = columns(&title);
    let right = hints(state, usize::from(area.width).saturating_sub(left + 9));
    let inner = pane(state, layout, area, focused, title, right, buffer);
    let mut text = inner;
    if let Some(question) = state.question() {
        let width = usize::from(inner.width);
        let most = usize::from(inner.height.saturating_sub(1)).min(4);
        for (row, range) in (0u16..).zip(
            printable::wrap(&question, width, width)
                .into_iter()
                .take(most),
        ) {
            put(
                buffer,
                inner,
                row,
                &Line::styled(
                    question.get(range).unwrap_or_default().to_owned(),
                    theme.warning,
                ),
            );
            text.y += 1;
            text.height -= 1;
        }
    }
    state.editor.draw(
        text,
        buffer,
        focused
            && state
                .popup
                .as_ref()
                .is_none_or(|p| p.context() == Context::Completion),
        &[],
    )
}

/// What the next Enter is for: the tag of the next command, or what the server waits for.
fn awaited(state: &State) -> (String, bool) {
    match state.console.awaiting() {
        Awaiting::Command => match state.console.phase() {
            Phase::Ready => (
                format!(
                    "tag {}",
                    printable::line(&state.console.next_tag().to_string())
                ),
                false,
            ),
            _ if state.is_log() => (
                "a log: read only; :connect opens a session".to_owned(),
                false,
            ),
            Phase::Opening(_) => ("waiting for the connection".to_owned(), true),
            Phase::NotConnected | Phase::Ended { .. } => ("no connection".to_owned(), true),
        },
        Awaiting::Literal { remaining } => (format!("literal: {remaining} octets missing"), true),
        Awaiting::LineRest => ("the rest of the line behind the literal".to_owned(), true),
        Awaiting::Challenge => ("answer to the challenge; sent as base64".to_owned(), true),
        Awaiting::GoAhead => ("waiting for the server's go-ahead".to_owned(), true),
        Awaiting::IdleDone => ("IDLE: Enter sends DONE".to_owned(), true),
    }
}

/// `Enter send  Alt+Enter newline  ^J send as is`, as many as fit.
fn hints(state: &State, room: usize) -> Vec<Span<'static>> {
    let theme = &state.options.theme;
    let waiting = matches!(
        state.console.awaiting(),
        Awaiting::Challenge | Awaiting::Literal { .. } | Awaiting::LineRest | Awaiting::GoAhead
    );
    let wanted: &[(Action, &str)] = if waiting {
        &[(Action::Submit, "send"), (Action::Interrupt, "cancel")]
    } else {
        &[
            (Action::Submit, "send"),
            (Action::NewLine, "newline"),
            (Action::SubmitAsTyped, "send as is"),
            (Action::HistorySearch, "history"),
        ]
    };
    let mut spans = Vec::new();
    for (action, words) in wanted {
        let Some(key) = state.options.keymap.key_for(Context::Editor, action) else {
            continue;
        };
        let gap = if spans.is_empty() { "" } else { "  " };
        let more = [
            Span::raw(gap),
            Span::styled(key, theme.key),
            Span::styled(format!(" {words}"), theme.dim),
        ];
        if columns(&spans) + columns(&more) > room {
            break;
        }
        spans.extend(more);
    }
    spans
}
