//! The pane of live events: what happened, where, when; or all that passes on the connection that listens.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::layout::{Focus, Layout};
use super::super::live::as_whom;
use super::super::printable;
use super::super::state::State;
use super::super::units::time_of_day;
use super::{gauge, pane, put, rows_below};
use crate::console::live::{Happening, Kind, Listening, Live, WAITS};
use crate::model::name;
use crate::transcript::{LineKind, NoteLevel};
use crate::wire::Direction;

/// Most columns of a mailbox's name.
const MAILBOX: usize = 16;

pub(super) fn draw(state: &State, layout: &Layout, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let Some(live) = &state.live else { return };
    let focused = state.focus == Focus::Events;
    let heading = if focused { theme.heading } else { theme.text };
    let room = usize::from(area.width).saturating_sub(8);
    let title = title(state, live);
    let right = right(
        state,
        live,
        room,
        room.saturating_sub(printable::width(&title) + 3),
    );
    let left = room.saturating_sub(printable::width(&right) + 1);
    let title = printable::fit(&title, left.max(room / 2));
    let inner = pane(
        state,
        layout,
        area,
        focused,
        vec![Span::styled(title, heading)],
        vec![Span::styled(right, theme.dim)],
        buffer,
    );
    let (width, height) = (usize::from(inner.width), u64::from(inner.height));
    let own = state.events.own;
    let (_, first, end) = state.events_range();
    let place = match own {
        true => state.events.lines,
        false => state.events.events,
    };
    let top = place.top.clamp(first, end.max(first));
    let cursor = place.cursor.unwrap_or(end.saturating_sub(1));
    // No wider than the names that are shown.
    let shown = (top..end.min(top + height)).filter_map(|number| live.book().get(number));
    let names = shown.map(|happening| printable::width(&printable::line(&happening.mailbox)));
    let column = names.max().unwrap_or(0).min(MAILBOX).min(width / 3);
    let mut row = 0;
    for number in top..end.min(top + height) {
        let line = match own {
            true => own_line(state, live, number, width),
            false => match live.book().get(number) {
                Some(happening) => event(state, happening, column, width),
                None => continue,
            },
        };
        put(buffer, inner, row, &line);
        if focused && number == cursor {
            let at = Rect {
                y: inner.y + row,
                height: 1,
                ..inner
            };
            buffer.set_style(at, theme.cursor);
        }
        row += 1;
    }
    if let Some(sentence) = state.nothing_yet().filter(|_| !own) {
        for words in printable::wrap(sentence, width, width) {
            let words = sentence.get(words).unwrap_or_default().to_owned();
            put(buffer, inner, row, &Line::styled(words, theme.dim));
            row += 1;
        }
    }
    let below = usize::try_from(end.saturating_sub(top + height)).unwrap_or(usize::MAX);
    rows_below(state, layout, area, below, buffer);
}

/// `5 Live events: IDLE in INBOX`
fn title(state: &State, live: &Live) -> String {
    let mut title = match live.listening() {
        Listening::Opening => "5 Live events: connecting".to_owned(),
        Listening::Waiting => "5 Live events: waiting for a mailbox".to_owned(),
        Listening::Notify => "5 Live events: NOTIFY".to_owned(),
        Listening::Idle => {
            let mailbox = live.mailbox().map(name::shown).unwrap_or_default();
            format!("5 Live events: IDLE in {}", printable::line(&mailbox))
        }
        Listening::Away { number, .. } => {
            format!("5 Live events: away, try {number} of {}", WAITS.len())
        }
        Listening::Ended(_) => "5 Live events: ended".to_owned(),
    };
    if let Some(whom) = as_whom(live, state.console.identity()) {
        title.push_str(&format!(" {}", printable::line(&whom)));
    }
    if state.events.own {
        title.push_str(", its own lines");
    }
    title
}

/// What counts down, and which keys there are, into `free` columns: the countdown is never left out.
fn right(state: &State, live: &Live, room: usize, free: usize) -> String {
    let left = |at: std::time::SystemTime| at.duration_since(state.now).unwrap_or_default();
    let counts = match live.listening() {
        Listening::Away { at, .. } => Some(format!("again in {}", gauge::coarse(left(*at)))),
        Listening::Ended(_) => Some("a: again".to_owned()),
        listening => live.keepalive().map(|at| {
            let what = match listening {
                Listening::Idle | Listening::Notify => "IDLE anew",
                _ => "NOOP",
            };
            format!("{what} in {}", gauge::coarse(left(at)))
        }),
    };
    let own = match state.focus == Focus::Events && !state.events.own && room > 80 {
        true => Some(format!("o {} own lines", live.transcript().len())),
        false => None,
    };
    let ends = Some("F7 ends it".to_owned());
    let words = |parts: [&Option<String>; 3]| {
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        parts.join("  ")
    };
    let fits = |words: &String| printable::width(words) <= free;
    let all = words([&own, &counts, &ends]);
    let some = words([&None, &counts, &ends]);
    match (fits(&all), fits(&some) || counts.is_none()) {
        (true, _) => all,
        (false, true) => some,
        (false, false) => words([&None, &counts, &None]),
    }
}

fn event(state: &State, happening: &Happening, columns: usize, width: usize) -> Line<'static> {
    let theme = &state.options.theme;
    let time = time_of_day(happening.at, &state.options.zone);
    let style = match happening.kind {
        Kind::Line => theme.warning,
        Kind::New => theme.heading,
        Kind::Count | Kind::Flags | Kind::Gone | Kind::Mailbox => theme.text,
    };
    let mut spans = vec![Span::styled(format!("{time}  "), theme.dim)];
    let mut room = width.saturating_sub(10);
    // What is about the connection has no mailbox, and is long.
    if happening.name.is_some() {
        let mailbox = printable::fit(&printable::line(&happening.mailbox), columns);
        let pad = " ".repeat(columns.saturating_sub(printable::width(&mailbox)));
        spans.push(Span::styled(format!("{mailbox}{pad}  "), theme.note));
        room = room.saturating_sub(columns + 2);
    }
    let words = printable::fit(&printable::line(&happening.words()), room);
    spans.push(Span::styled(words, style));
    Line::from(spans)
}

/// A line of the second connection's conversation, as it passed.
fn own_line(state: &State, live: &Live, number: u64, width: usize) -> Line<'static> {
    let theme = &state.options.theme;
    let index = usize::try_from(number).unwrap_or(usize::MAX);
    let Some(line) = live.transcript().line(index) else {
        return Line::default();
    };
    let (mark, style): (&str, Style) = match line.kind {
        LineKind::Sent => ("C: ", theme.sent),
        LineKind::Received { .. } => ("S: ", theme.text),
        LineKind::Literal {
            direction: Direction::Client,
            ..
        } => ("C: ", theme.sent),
        LineKind::Literal { .. } => ("S: ", theme.text),
        LineKind::Note(NoteLevel::Warning | NoteLevel::Alarm) => ("!  ", theme.warning),
        LineKind::Note(_) => (".  ", theme.note),
    };
    let text = match line.kind {
        LineKind::Literal { size, .. } => format!("[{size} octets]"),
        _ => printable::text(&line.bytes),
    };
    let time = time_of_day(line.at, &state.options.zone);
    Line::from(vec![
        Span::styled(format!("{time}  "), theme.dim),
        Span::styled(mark, style),
        Span::styled(printable::fit(&text, width.saturating_sub(13)), style),
    ])
}
