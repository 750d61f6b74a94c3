//! The inspector pane.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::inspector::{Subject, TABS, Tab};
use super::super::layout::{Focus, Layout};
use super::super::printable;
use super::super::rows::columns;
use super::super::state::State;
use super::{pane, put, rows_below};

pub(super) fn draw(state: &State, layout: &Layout, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let focused = state.focus == Focus::Inspector;
    let inspector = &state.inspector;
    let transcript = state.console.transcript();
    let heading = if focused { theme.heading } else { theme.text };
    let title = match inspector.subject() {
        Some(subject) => {
            let tag = subject
                .command(transcript)
                .and_then(|c| transcript.command_tag(c))
                .map(|t| printable::text(t.as_bytes()));
            match (subject, tag) {
                (Subject::Command(_), Some(tag)) => format!("4 Inspector: {tag}"),
                (Subject::Line(line), Some(tag)) => {
                    format!("4 Inspector: {tag}, line {}", line + 1)
                }
                (Subject::Line(line), None) => format!("4 Inspector: line {}", line + 1),
                (Subject::Command(_), None) => "4 Inspector".to_owned(),
            }
        }
        None => "4 Inspector".to_owned(),
    };
    let title = printable::fit(&title, usize::from(area.width).saturating_sub(8));
    let mut right = Vec::new();
    if let Some(subject) = inspector.subject() {
        for row in TABS.iter().filter(|row| (row.fits)(state, subject)) {
            let shown = row.tab == inspector.shown();
            let style = if shown { theme.heading } else { theme.dim };
            let name = match shown {
                true => format!("[{}]", row.name),
                false => format!(" {} ", row.name),
            };
            right.push(Span::styled(name, style));
        }
    }
    // Where all names do not fit, the shown one does.
    let room = usize::from(area.width).saturating_sub(title.len() + 10);
    if columns(&right) > room {
        right.retain(|span| span.content.starts_with('['));
    }
    let inner = pane(
        state,
        layout,
        area,
        focused,
        vec![Span::styled(title, heading)],
        right,
        buffer,
    );
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    if inspector.subject().is_none() {
        let words = "What a line or a command says is taken apart here.";
        put(
            buffer,
            inner,
            0,
            &Line::styled(printable::fit(words, width), theme.dim),
        );
        return;
    }
    if inspector.shown() == Tab::Hex {
        let rows = inspector
            .hex()
            .window(transcript, theme, width, inspector.top, height);
        for (row, spans) in (0u16..).zip(rows) {
            put(buffer, inner, row, &Line::from(spans));
        }
    } else {
        let lines = inspector
            .sheet()
            .lines
            .iter()
            .skip(inspector.top)
            .take(height);
        for (row, line) in (0u16..).zip(lines) {
            put(buffer, inner, row, &Line::from(line.drawn.left.clone()));
        }
    }
    if focused
        && let Some(row) = inspector
            .cursor
            .checked_sub(inspector.top)
            .and_then(|r| u16::try_from(r).ok())
        && row < inner.height
    {
        let at = Rect {
            y: inner.y + row,
            height: 1,
            ..inner
        };
        buffer.set_style(at, theme.cursor);
    }
    let below = inspector.rows(width).saturating_sub(inspector.top + height);
    rows_below(state, layout, area, below, buffer);
}
