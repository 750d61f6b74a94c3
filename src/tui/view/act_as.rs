//! *Act as*, and the list of sessions.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::act_as::ActAs;
use super::super::action::Action;
use super::super::keymap::Context;
use super::super::printable;
use super::super::state::State;
use super::{inside, popup, put};

/// Most rows of a list.
const ROWS: usize = 12;

pub(super) fn draw(
    state: &State,
    data: &ActAs,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let theme = &state.options.theme;
    let width = area.width.min(76);
    let room = usize::from(width.saturating_sub(4));
    let offered = data.offered();
    let rows = offered.len().min(ROWS);
    let mut below = Vec::new();
    if let Some(error) = &data.error {
        below.extend(wrapped(error, room, theme.danger));
    } else {
        let wanted = printable::fit(&printable::line(&data.wanted()), 24);
        let auth = printable::fit(&printable::line(&data.authcid), 24);
        let mut words = if wanted.is_empty() {
            format!("The login stays that of {auth}.")
        } else {
            format!("Enter: AS {wanted} (auth {auth}), in a session of its own.")
        };
        if !wanted.is_empty() {
            let beside = state
                .options
                .keymap
                .key_for(Context::Chooser, &Action::Beside)
                .unwrap_or_default();
            words.push_str(&format!(
                " {beside}: {}, as both see it, side by side.",
                printable::fit(&state.besides_shown(), 24)
            ));
        }
        if data.here {
            let key = state
                .options
                .keymap
                .key_for(Context::Chooser, &Action::AcceptHere)
                .unwrap_or_default();
            words.push_str(&format!(
                " {key}: on this connection, by UNAUTHENTICATE; the open mailbox is left."
            ));
        }
        below.extend(wrapped(&words, room, theme.dim));
    }
    let height = u16::try_from(3 + rows + below.len() + 2).unwrap_or(u16::MAX);
    let inner = popup(state, area, width, height, "Act as", buffer);
    let typed = printable::line(data.name.text());
    put(
        buffer,
        inner,
        0,
        &Line::from(vec![Span::styled("user ", theme.heading), Span::raw(typed)]),
    );
    if offered.is_empty() {
        let words = match data.name.text().is_empty() {
            true => "No other user was seen yet: LIST and GETACL name some.",
            false => "Nobody of this name was seen; it can be a user all the same.",
        };
        put(buffer, inner, 1, &Line::styled(words, theme.dim));
    }
    let top = data.chosen.map_or(0, |at| (at + 1).saturating_sub(ROWS));
    let mut row = 2;
    for (index, known) in offered.iter().enumerate().skip(top).take(ROWS) {
        let name = printable::fit(&printable::line(&known.name), room.saturating_sub(34));
        let line = Line::from(vec![
            Span::raw(format!("  {name:<24} ")),
            Span::styled(known.about, theme.dim),
        ]);
        put(buffer, inner, row, &line);
        mark(buffer, inner, row, data.chosen == Some(index), theme.cursor);
        row += 1;
    }
    row += 1;
    for line in below {
        put(buffer, inner, row, &line);
        row += 1;
    }
    let before = printable::width(&printable::line(data.name.before_cursor()));
    inside(inner, "user ".len() + before, 0)
}

pub(super) fn tabs(state: &State, chosen: usize, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let labels = &state.strip.tabs;
    let width = area.width.min(76);
    let room = usize::from(width.saturating_sub(4));
    let rows = labels.len().clamp(1, ROWS);
    let height = u16::try_from(rows + 4).unwrap_or(u16::MAX);
    let inner = popup(state, area, width, height, "Sessions", buffer);
    if labels.is_empty() {
        let words = "This is the only one. :connect opens another, F4 one as another user.";
        put(buffer, inner, 0, &Line::styled(words, theme.dim));
    }
    let top = (chosen + 1).saturating_sub(ROWS);
    for (row, (index, label)) in (0u16..).zip(labels.iter().enumerate().skip(top).take(ROWS)) {
        let who = match &label.who {
            Some(who) => format!("AS {}", printable::line(who)),
            None => "not logged in".to_owned(),
        };
        let place = label
            .place
            .as_deref()
            .map(printable::line)
            .unwrap_or_default();
        let here = if index == state.strip.current {
            ">"
        } else {
            " "
        };
        let words = match index == state.strip.current {
            true => "on the screen",
            false => label.mark.words(),
        };
        let text = format!(
            "{here}{:>3} {:<24} {:<24} ",
            index + 1,
            printable::fit(&who, 24),
            printable::fit(&place, 24)
        );
        let line = Line::from(vec![
            Span::raw(printable::fit(&text, room)),
            Span::styled(words, theme.dim),
        ]);
        put(buffer, inner, row, &line);
        mark(buffer, inner, row, index == chosen, theme.cursor);
    }
    let last = inner.height.saturating_sub(1);
    let words = "Enter or its number goes there; :close ends the one on the screen.";
    put(buffer, inner, last, &Line::styled(words, theme.dim));
}

fn mark(buffer: &mut Buffer, inner: Rect, row: u16, chosen: bool, style: Style) {
    if chosen && row < inner.height {
        let line = Rect {
            y: inner.y + row,
            height: 1,
            ..inner
        };
        buffer.set_style(line, style);
    }
}

fn wrapped(text: &str, room: usize, style: Style) -> Vec<Line<'static>> {
    let safe = printable::line(text);
    printable::wrap(&safe, room, room)
        .into_iter()
        .map(|range| Line::styled(safe.get(range).unwrap_or_default().to_owned(), style))
        .collect()
}
