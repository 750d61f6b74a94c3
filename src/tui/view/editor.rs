//! The command editor's pane.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::action::Action;
use super::super::keymap::Context;
use super::super::layout::{Focus, Layout};
use super::super::printable;
use super::super::rows::columns;
use super::super::state::{LINT_ROWS, State};
use super::{lint, pane, put};
use crate::catalog::{self, Severity, TokenClass};
use crate::console::Phase;
use crate::session::Awaiting;

/// Larger texts have no colours: they are messages, not commands.
const COLOURED: usize = 1024 * 1024;

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
    for words in &state.typing.literals {
        title.push(Span::styled(format!("  {words}"), theme.literal));
    }
    if state.private {
        title.push(Span::styled("  private", theme.warning));
    }
    if let Some(vi) = state.vi.as_ref().filter(|_| !state.editor.is_masked()) {
        title.push(Span::styled(
            format!("  {}", printable::line(&vi.shown())),
            theme.heading,
        ));
    }
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
    let lint = lint_place(state, layout, &mut text);
    let active = focused
        && state
            .popup
            .as_ref()
            .is_none_or(|p| p.context() == Context::Completion);
    let at = state
        .editor
        .draw(text, buffer, active, &|visible| spans(state, visible));
    if let (Some(at), Some(rest)) = (at, state.typing.suggestion.as_deref())
        && active
    {
        suggestion(state, rest, at, text, buffer);
    }
    if let Some(row) = lint {
        lint::draw(state, text, row, buffer);
    }
    at
}

/// Takes the last rows of the text's place for what is wrong, if that is told; they move up to the text.
fn lint_place(state: &State, layout: &Layout, text: &mut Rect) -> Option<Rect> {
    let told = !state.typing.findings.is_empty()
        || (state.typing.hint.is_some() && layout.area.height >= LINT_ROWS);
    if !told || text.height < 2 || state.editor.is_masked() {
        return None;
    }
    let below = state.lint_rows(text.width).min(text.height - 1);
    let rows = state.editor.rows(text.width, text.height - below);
    let row = Rect {
        y: text.y + rows,
        height: below,
        ..*text
    };
    text.height = rows;
    Some(row)
}

/// What the history would go on with, in grey behind the cursor.
fn suggestion(state: &State, rest: &str, at: Position, text: Rect, buffer: &mut Buffer) {
    let room = usize::from((text.x + text.width).saturating_sub(at.x));
    let shown = printable::fit(&printable::line(rest), room);
    let place = Rect {
        x: at.x,
        y: at.y,
        width: (text.x + text.width).saturating_sub(at.x),
        height: 1,
    };
    // Under the cursor, too: it only reverses.
    buffer.set_stringn(
        place.x,
        place.y,
        shown,
        room,
        state.options.theme.suggestion,
    );
}

/// Colours of the words that are on the screen.
fn spans(state: &State, visible: Range<usize>) -> Vec<(Range<usize>, Style)> {
    let theme = &state.options.theme;
    let waits = matches!(
        state.console.awaiting(),
        Awaiting::Command | Awaiting::IdleDone
    );
    if !waits || state.editor.octets() > COLOURED {
        return Vec::new();
    }
    let text = state.editor.text();
    let caret = state.editor.cursor_offset();
    let mut spans: Vec<(Range<usize>, Style)> = catalog::pieces_in(&text, visible.clone())
        .into_iter()
        .filter(|piece| piece.range.end > visible.start && piece.range.start < visible.end)
        .filter_map(|piece| {
            let style = match piece.class {
                TokenClass::Tag => theme.tag,
                TokenClass::Verb | TokenClass::ConsoleVerb => theme.verb,
                TokenClass::Keyword => theme.word,
                TokenClass::Mailbox => theme.mailbox,
                TokenClass::Flag => theme.flag,
                TokenClass::SequenceSet | TokenClass::Number | TokenClass::Date => theme.number,
                TokenClass::Quoted => theme.string,
                TokenClass::Literal => theme.literal,
                TokenClass::Secret => theme.secret,
                // It may still become right.
                TokenClass::Error if (piece.range.start..=piece.range.end).contains(&caret) => {
                    return None;
                }
                TokenClass::Error => theme.wrong,
                TokenClass::Atom | TokenClass::Parenthesis => return None,
            };
            Some((piece.range, style))
        })
        .collect();
    for finding in &state.typing.findings {
        let touched = (finding.range.start..=finding.range.end).contains(&caret);
        if finding.severity == Severity::Error && !touched {
            spans.push((finding.range.clone(), theme.wrong));
        }
    }
    if let Some((one, other)) = &state.typing.pair {
        spans.push((one.clone(), theme.pair));
        spans.push((other.clone(), theme.pair));
    }
    spans
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
        Awaiting::Challenge => ("answer to the challenge; \\0 is NUL".to_owned(), true),
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
    let wanted: &[(Action, &str)] = if state.console.awaiting() == Awaiting::Challenge {
        &[
            (Action::Submit, "send"),
            (Action::SubmitAsTyped, "it is base64 already"),
            (Action::Interrupt, "cancel"),
        ]
    } else if waiting {
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
