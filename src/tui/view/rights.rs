//! Who may do what: the matrix over the panes.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::super::printable;
use super::super::rights::{Entries, Matrix};
use super::super::state::State;
use super::completion::field_row;
use super::{popup, put};
use crate::decode::rights;
use crate::model::name;

/// Widest column of an identifier.
const WIDEST: usize = 16;

/// Which columns fit behind the mailboxes, so that the one at the cursor does: the first, and widths.
fn columns(matrix: &Matrix, room: usize) -> (usize, Vec<usize>) {
    let width = |at: usize| {
        let identifier = matrix.identifiers.get(at);
        let head = identifier.map_or(0, |i| printable::width(&printable::line(i)));
        let cells = matrix.rows.iter().filter_map(|row| row.rights(identifier?));
        let cells = cells.map(|rights| printable::width(&printable::line(rights)));
        cells.max().unwrap_or(0).max(head).clamp(3, WIDEST)
    };
    let mut first = 0;
    loop {
        let mut used = 0;
        let mut widths = Vec::new();
        for at in first..matrix.identifiers.len() {
            let next = width(at) + 2;
            if used + next > room && !widths.is_empty() {
                break;
            }
            used += next;
            widths.push(next - 2);
        }
        if matrix.cursor.1 < first + widths.len() || widths.is_empty() {
            return (first, widths);
        }
        first += 1;
    }
}

pub(super) fn draw(state: &State, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &state.options.theme;
    let matrix = state.gather.matrix.as_ref()?;
    let of = printable::line(&name::shown(&matrix.of));
    let mut title = format!("Who may do what: {of} and below");
    if matrix.is_listing() {
        title.push_str(", listing");
    } else if matrix.waiting() > 0 {
        title.push_str(&format!(", {} to come", matrix.waiting()));
    }
    let inner = popup(
        state,
        area,
        area.width.saturating_sub(4),
        area.height.saturating_sub(4),
        &printable::fit(&title, usize::from(area.width.saturating_sub(10))),
        buffer,
    );
    let fit_to = |text: &str, width: usize| {
        let text = printable::fit(&printable::line(text), width);
        let pad = width.saturating_sub(printable::width(&text));
        format!("{text}{}", " ".repeat(pad))
    };
    let width = usize::from(inner.width);
    // Header, and below: what the cell means, and the keys or the file.
    let height = usize::from(inner.height).saturating_sub(4);
    let names = matrix
        .rows
        .iter()
        .map(|r| printable::width(&printable::line(&name::shown(&r.name))));
    let left = names.max().unwrap_or(7).clamp(7, (width / 2).max(7));
    let (first, widths) = columns(matrix, width.saturating_sub(left + 2));
    let mut head = vec![Span::styled(fit_to("mailbox", left), theme.dim)];
    for (at, column) in (first..).zip(&widths) {
        let identifier = matrix.identifiers.get(at).map_or("", String::as_str);
        head.push(Span::raw("  "));
        head.push(Span::styled(fit_to(identifier, *column), theme.heading));
    }
    let more = matrix
        .identifiers
        .len()
        .saturating_sub(first + widths.len());
    if more > 0 || first > 0 {
        head.push(Span::styled(format!(" {first}<>{more}"), theme.dim));
    }
    put(buffer, inner, 0, &Line::from(head));
    let top = matrix.cursor.0.saturating_sub(height.saturating_sub(1));
    for (line, (index, row)) in (1u16..).zip(matrix.rows.iter().enumerate().skip(top).take(height))
    {
        let mut spans = vec![Span::raw(fit_to(&name::shown(&row.name), left))];
        match &row.entries {
            Entries::Known(_) => {
                for (at, column) in (first..).zip(&widths) {
                    let identifier = matrix.identifiers.get(at).map_or("", String::as_str);
                    let rights = row.rights(identifier).unwrap_or("-");
                    let style = match (index, at) == matrix.cursor {
                        true => theme.cursor,
                        false => theme.text,
                    };
                    spans.push(Span::raw("  "));
                    spans.push(Span::styled(fit_to(rights, *column), style));
                }
            }
            Entries::Waiting => spans.push(Span::styled("  ...", theme.dim)),
            Entries::NotAsked => spans.push(Span::styled("  not asked", theme.dim)),
            Entries::Refused(text) => spans.push(Span::styled(
                format!("  refused: {}", printable::line(text)),
                theme.warning,
            )),
        }
        if index == matrix.cursor.0 {
            spans.insert(0, Span::styled("", theme.text));
            if let Some(first) = spans.get_mut(1) {
                first.style = theme.heading;
            }
        }
        put(buffer, inner, line, &Line::from(spans));
    }
    let bottom = inner.height.saturating_sub(2);
    let words = match matrix.at_cursor() {
        Some((_, identifier, rights)) => {
            let words: Vec<&str> = rights
                .unwrap_or_default()
                .chars()
                .map(rights::word)
                .collect();
            let what = match words.is_empty() {
                true => "nothing".to_owned(),
                false => words.join(", "),
            };
            format!("{}: {what}", printable::line(identifier))
        }
        None if matrix.waiting() == 0 && !matrix.is_listing() => {
            "No identifier is known: GETACL wants the right a.".to_owned()
        }
        None => String::new(),
    };
    // Two rows where one does not hold them: a right that is cut off would be one that is not there.
    let rows = printable::wrap(&words, width, width);
    let (above, last) = match rows.as_slice() {
        [first, _, ..] => (words.get(first.clone()), words.get(first.end..)),
        _ => (None, Some(words.as_str())),
    };
    if let Some(above) = above {
        let line = Line::raw(above.trim_end().to_owned());
        put(buffer, inner, bottom.saturating_sub(1), &line);
    }
    let last = printable::fit(last.unwrap_or_default().trim_start(), width);
    put(buffer, inner, bottom, &Line::raw(last));
    let row = Rect {
        y: inner.y + inner.height.saturating_sub(1),
        height: 1.min(inner.height),
        ..inner
    };
    if let Some((file, error)) = &matrix.file {
        if let Some(error) = error {
            let line = Line::styled(
                printable::fit(&printable::line(error), width),
                theme.warning,
            );
            put(buffer, inner, bottom, &Line::raw(" ".repeat(width)));
            put(buffer, inner, bottom, &line);
        }
        return field_row(state, file, "CSV to: ", row, buffer);
    }
    if let Some(message) = &state.message {
        // The line that tells it otherwise is below this.
        let line = printable::fit(&printable::line(message), width);
        put(buffer, row, 0, &Line::raw(line));
    } else if matrix.overflowed {
        let line = Line::styled("more than can be kept: take a smaller part", theme.warning);
        put(buffer, row, 0, &line);
    }
    None
}
