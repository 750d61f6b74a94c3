//! The pane of live events: what happened, where, when.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::layout::Layout;
use super::super::printable;
use super::super::state::State;
use super::super::units::time_of_day;
use super::{pane, put};
use crate::console::live::Listening;

/// Columns of a mailbox's name.
const MAILBOX: usize = 16;

pub(super) fn draw(state: &State, layout: &Layout, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let Some(live) = &state.live else { return };
    let how = match live.listening() {
        Listening::Opening => "connecting",
        Listening::Notify => "NOTIFY",
        Listening::Idle => "IDLE",
        Listening::Ended(_) => "ended",
    };
    let title = vec![Span::styled(format!("5 Live events: {how}"), theme.text)];
    let mut right = Vec::new();
    if let Some(left) = live
        .keepalive()
        .and_then(|at| at.duration_since(state.now).ok())
    {
        let words = match left.as_secs() {
            secs @ 0..120 => format!("keepalive {secs} s"),
            secs => format!("keepalive {} min", secs.div_ceil(60)),
        };
        right.push(Span::styled(words, theme.dim));
    }
    right.push(Span::styled("  F7 ends it", theme.dim));
    let inner = pane(state, layout, area, false, title, right, buffer);
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let mut rows: Vec<Line<'static>> = Vec::new();
    let all = live.happenings();
    for happening in all.iter().skip(all.len().saturating_sub(height)) {
        let time = time_of_day(happening.at, &state.options.zone);
        let mailbox = printable::fit(&printable::line(&happening.mailbox), MAILBOX);
        let pad = " ".repeat(MAILBOX.saturating_sub(printable::width(&mailbox)));
        let style = if happening.own {
            theme.program
        } else {
            theme.text
        };
        let what = printable::fit(
            &printable::line(&happening.what),
            width.saturating_sub(MAILBOX + 12),
        );
        rows.push(Line::from(vec![
            Span::styled(format!("{time}  "), theme.dim),
            Span::styled(format!("{mailbox}{pad}  "), theme.heading),
            Span::styled(what, style),
        ]));
    }
    if let Listening::Ended(sentence) = live.listening() {
        let words = printable::fit(&printable::line(sentence), width);
        if rows.len() >= height && !rows.is_empty() {
            rows.remove(0);
        }
        rows.push(Line::styled(words, theme.warning));
    }
    for (row, line) in (0u16..).zip(rows.into_iter().take(height)) {
        put(buffer, inner, row, &line);
    }
}
