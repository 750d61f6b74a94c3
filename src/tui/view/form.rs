//! Forms and prompts.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::action::Action;
use super::super::form::{Form, FormKind, Value};
use super::super::keymap::Context;
use super::super::printable;
use super::super::state::State;
use super::super::theme::Theme;
use super::{inside, popup, put};

/// Columns of the labels.
const LABEL: usize = 11;

pub(super) fn draw(
    state: &State,
    form: &Form,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let theme = &state.options.theme;
    let width = area.width.min(76);
    let text_width = usize::from(width.saturating_sub(4));
    let mut above: Vec<Line<'static>> = Vec::new();
    if let FormKind::Password { authcid, authzid } | FormKind::RunPassword { authcid, authzid } =
        &form.kind
    {
        let who = match authzid.as_deref().filter(|z| *z != authcid) {
            Some(authzid) => format!(
                "AS {} (auth {})",
                printable::line(authzid),
                printable::line(authcid)
            ),
            None => format!("AS {}", printable::line(authcid)),
        };
        let place = state
            .place()
            .map(|p| format!("  at {}", printable::line(&p)))
            .unwrap_or_default();
        above.push(Line::from(vec![
            Span::styled(who, theme.heading),
            Span::raw(place),
        ]));
        above.push(Line::default());
    }
    let mut below: Vec<Line<'static>> = vec![Line::default()];
    if let Some(error) = &form.error {
        below.extend(wrapped(error, text_width, theme.danger));
    } else {
        if let Some(note) = &form.note {
            below.extend(wrapped(note, text_width, theme.warning));
        }
        if let Some(login) = form.found() {
            below.push(Line::from(vec![
                Span::styled("found: ", theme.dim),
                Span::raw(printable::line(&format!("netrc has a password of {login}"))),
                Span::raw("  "),
                Span::styled("F4", theme.key),
                Span::styled(" use it", theme.dim),
            ]));
        }
        if let Some(offers) = form.offered() {
            below.extend(labelled(
                "server offers",
                &offers.names().join(" "),
                text_width,
                theme,
            ));
        }
        let earlier = form.base.as_deref().map(|base| &base.plan);
        let earlier = earlier.or(state.plan.as_ref());
        if let Some(words) = form.will_send(earlier) {
            below.extend(labelled("will send", &words, text_width, theme));
        }
        if let Some(line) = form.shell_line() {
            below.extend(labelled("from a shell", &line, text_width, theme));
        }
        if let Some(warning) = form.warning(earlier) {
            below.extend(wrapped(&warning, text_width, theme.warning));
        }
    }
    let mut keys = Vec::new();
    for binding in state.options.keymap.hints(Context::Form) {
        if binding.action == Action::Next && form.fields.len() < 2 {
            continue;
        }
        let (key, words) = binding.hinted();
        keys.extend([
            Span::styled(key, theme.key),
            Span::styled(format!(" {words}  "), theme.dim),
        ]);
    }
    if form.kind == FormKind::Connect {
        keys.extend([
            Span::styled("F5", theme.key),
            Span::styled(" demo  ", theme.dim),
            Span::styled("F3", theme.key),
            Span::styled(" import line  ", theme.dim),
            Span::styled("F6", theme.key),
            Span::styled(" mechanisms", theme.dim),
        ]);
    }
    if form.command.is_some() {
        keys.extend([
            Span::styled("F7", theme.key),
            Span::styled(" runs the command with the terminal", theme.dim),
        ]);
    }
    below.push(Line::from(keys));
    let rows = above.len() + form.fields.len() + below.len();
    let height = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2);
    let inner = popup(state, area, width, height, form.title(), buffer);
    let mut row = 0u16;
    for line in above {
        put(buffer, inner, row, &line);
        row += 1;
    }
    let mut cursor = None;
    for (index, field) in form.fields.iter().enumerate() {
        let focused = index == form.focus;
        if let Some(column) = draw_field(state, form, index, inner, row, buffer).filter(|_| focused)
        {
            cursor = inside(inner, column, row);
        }
        let _ = field;
        row += 1;
    }
    for line in below {
        put(buffer, inner, row, &line);
        row += 1;
    }
    cursor
}

fn wrapped(text: &str, room: usize, style: Style) -> Vec<Line<'static>> {
    let safe = printable::line(text);
    printable::wrap(&safe, room, room)
        .into_iter()
        .map(|range| Line::styled(safe.get(range).unwrap_or_default().to_owned(), style))
        .collect()
}

/// `label: text`, on at most two rows: what does not fit is cut.
fn labelled(label: &str, text: &str, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let label = format!("{label}: ");
    let safe = printable::line(text);
    let room = room.saturating_sub(label.len());
    let mut rows = Vec::new();
    for (at, range) in printable::wrap(&safe, room, room)
        .into_iter()
        .take(2)
        .enumerate()
    {
        let shown = match at {
            0 => safe.get(range).unwrap_or_default().to_owned(),
            _ => printable::fit(safe.get(range.start..).unwrap_or_default(), room),
        };
        let before = if at == 0 {
            label.clone()
        } else {
            " ".repeat(label.len())
        };
        rows.push(Line::from(vec![
            Span::styled(before, theme.dim),
            Span::raw(shown),
        ]));
    }
    rows
}

/// Draws one field; returns the column of its cursor.
fn draw_field(
    state: &State,
    form: &Form,
    index: usize,
    inner: Rect,
    row: u16,
    buffer: &mut Buffer,
) -> Option<usize> {
    let theme = &state.options.theme;
    let field = form.fields.get(index)?;
    let focused = index == form.focus;
    let label_style = if focused { theme.heading } else { theme.text };
    let mut spans = vec![Span::styled(
        format!("{:<LABEL$} ", field.label),
        label_style,
    )];
    let mut cursor = None;
    match &field.value {
        Value::Choice { options, chosen } => {
            for (at, option) in options.iter().enumerate() {
                let mark = if at == *chosen { "(*)" } else { "( )" };
                let style = if at == *chosen && focused {
                    theme.cursor
                } else {
                    theme.text
                };
                spans.push(Span::styled(format!("{mark} {option}"), style));
                spans.push(Span::raw("  "));
            }
        }
        Value::Text(line) | Value::Secret(line) => {
            let secret = matches!(field.value, Value::Secret(_));
            // A path takes all the room there is.
            let widest = match form.kind {
                FormKind::Write { .. } => usize::MAX,
                _ => 30,
            };
            let box_width = usize::from(inner.width)
                .saturating_sub(LABEL + 1)
                .min(widest);
            let room = box_width.saturating_sub(2);
            // `*` for each character; what does not fit scrolls away at the left.
            let (shown, before) = if secret {
                let stars = line.text().chars().count();
                ("*".repeat(stars), line.before_cursor().chars().count())
            } else {
                (
                    printable::line(line.text()),
                    printable::width(&printable::line(line.before_cursor())),
                )
            };
            let skipped = (before + 1).saturating_sub(room);
            let window = window(&shown, skipped, room);
            let padding = room.saturating_sub(printable::width(&window));
            let frame = if focused { theme.focused } else { theme.dim };
            spans.extend([
                Span::styled("[", frame),
                Span::raw(window),
                Span::styled("_".repeat(padding), theme.dim),
                Span::styled("]", frame),
            ]);
            cursor = Some(LABEL + 1 + 1 + before - skipped);
        }
    }
    // Whole or not at all.
    let hint = Span::styled(format!(" {}", field.hint), theme.dim);
    let taken: usize = spans.iter().map(Span::width).sum();
    if taken + hint.width() <= usize::from(inner.width) {
        spans.push(hint);
    }
    put(buffer, inner, row, &Line::from(spans));
    cursor
}

/// `room` columns of safe text from column `skipped` on.
fn window(text: &str, skipped: usize, room: usize) -> String {
    let mut column = 0;
    let mut out = String::new();
    for c in text.chars() {
        let wide = printable::width(c.encode_utf8(&mut [0; 4]));
        if column >= skipped && column + wide <= skipped + room {
            out.push(c);
        }
        column += wide;
    }
    out
}
