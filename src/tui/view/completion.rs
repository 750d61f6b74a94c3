//! Lists above the editor: candidates, and matches of the history search.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::super::action::Action;
use super::super::field;
use super::super::keymap::Context;
use super::super::layout::Layout;
use super::super::printable;
use super::super::state::State;
use super::{inside, popup_at, put, put_right};
use crate::catalog::{self, Candidate, TokenClass};

/// Larger texts are not read for each candidate, in octets.
const READ: usize = 64 * 1024;
/// Most rows of a list.
const ROWS: u16 = 10;

pub(super) fn candidates(
    state: &State,
    candidates: &[Candidate],
    chosen: usize,
    layout: &Layout,
    cursor: Option<Position>,
    buffer: &mut Buffer,
) {
    let theme = &state.options.theme;
    let widest = |of: fn(&Candidate) -> &String, most: usize| {
        let widths = candidates.iter().take(500);
        let widths = widths.map(|c| printable::width(&printable::line(of(c))));
        widths.max().unwrap_or(0).min(most)
    };
    let label_width = widest(|c| &c.label, 40);
    let detail_width = widest(|c| &c.detail, 60);
    let text = state.editor.text();
    // Of one place most are the same; only those on the screen are looked at.
    let first = candidates.iter().take(usize::from(ROWS));
    let kind_width = first.map(|c| kind(&text, c).len()).max().unwrap_or(0);
    let about = candidates.get(chosen).and_then(|c| about(state, &text, c));
    let about_width = about
        .as_ref()
        .map_or(0, |(sentence, _)| sentence.chars().count());
    let width = (label_width + detail_width + kind_width + 9).max((about_width + 4).min(76));
    let pane = layout.editor.unwrap_or(layout.area);
    let column = cursor.map_or(pane.x + 1, |at| at.x);
    let title = format!("{} candidates", candidates.len());
    let rows = candidates.len().min(usize::from(ROWS)) + if about.is_some() { 2 } else { 0 };
    let outer = above(layout, width, rows, column);
    let inner = popup_at(state, outer, &title, buffer);
    let below = if about.is_some() && inner.height > 3 {
        2
    } else {
        0
    };
    let listing = Rect {
        height: inner.height - below,
        ..inner
    };
    list(
        buffer,
        listing,
        candidates.len(),
        chosen,
        theme.cursor,
        |index| {
            let Some(candidate) = candidates.get(index) else {
                return (Line::default(), String::new());
            };
            let label = printable::fit(&printable::line(&candidate.label), label_width);
            let pad = " ".repeat(label_width.saturating_sub(printable::width(&label)));
            let kind = printable::fit(kind(&text, candidate), kind_width);
            let line = Line::from(vec![
                Span::raw(format!("{label}{pad}  ")),
                Span::styled(kind, theme.dim),
            ]);
            (line, printable::line(&candidate.detail))
        },
        theme.dim,
    );
    if let Some((sentence, reference)) = about.filter(|_| below > 0) {
        let rows = Rect {
            y: inner.y + listing.height,
            height: below,
            ..inner
        };
        let width = usize::from(rows.width);
        let first = printable::fit(&printable::line(&sentence), width);
        put(buffer, rows, 0, &Line::styled(first, theme.note));
        put(buffer, rows, 1, &Line::styled(reference, theme.dim));
    }
}

/// The text as it would be with the candidate in it, and where the cursor would be.
fn with(text: &str, candidate: &Candidate) -> Option<(String, usize)> {
    let before = text.get(..candidate.replaces.start)?;
    let after = text.get(candidate.replaces.end..)?;
    let caret = before.len() + candidate.text.trim_end().len();
    Some((format!("{before}{}{after}", candidate.text), caret))
}

/// What the candidate would be in the text.
fn kind(text: &str, candidate: &Candidate) -> &'static str {
    if text.len() > READ {
        return "";
    }
    let found = with(text, candidate).and_then(|(text, caret)| {
        catalog::pieces_in(&text, caret..caret)
            .into_iter()
            .find(|p| p.range.start <= candidate.replaces.start && p.range.end >= caret)
    });
    match found.map(|piece| (piece.class, piece.argument)) {
        Some((TokenClass::Tag, _)) => "tag",
        Some((TokenClass::Verb, _)) => "command",
        Some((TokenClass::ConsoleVerb, _)) => "verb",
        Some((TokenClass::Keyword, _)) => "word",
        Some((TokenClass::Mailbox, _)) => "mailbox",
        Some((TokenClass::SequenceSet, _)) => "set",
        Some((TokenClass::Flag, _)) => "flag",
        Some((TokenClass::Number, _)) => "number",
        Some((TokenClass::Date, _)) => "date",
        Some((TokenClass::Literal, _)) => "file",
        Some((TokenClass::Atom | TokenClass::Quoted, argument)) => argument.unwrap_or("text"),
        Some((TokenClass::Parenthesis | TokenClass::Secret | TokenClass::Error, _)) | None => "",
    }
}

/// A sentence about the candidate, and the section that describes it: what the argument bar would say.
fn about(state: &State, text: &str, candidate: &Candidate) -> Option<(String, String)> {
    if text.len() > READ {
        return None;
    }
    let (text, caret) = with(text, candidate)?;
    let hint = catalog::hint(&text, caret, state.console.model())?;
    Some((hint.sentence, hint.reference))
}

pub(super) fn history(
    state: &State,
    query: &field::Line,
    (matches, here): (&[String], bool),
    chosen: usize,
    layout: &Layout,
    buffer: &mut Buffer,
) -> Option<Position> {
    let theme = &state.options.theme;
    let whose = match (here, state.console.server()) {
        (true, "") => "of this session".to_owned(),
        (true, server) => format!("of {}", printable::line(server)),
        (false, _) => "of all servers".to_owned(),
    };
    let other = state
        .options
        .keymap
        .key_for(Context::History, &Action::HistoryScope)
        .map_or_else(String::new, |key| {
            format!(
                "   {key} {}",
                if here { "all servers" } else { "this server" }
            )
        });
    let width = usize::from(layout.area.width.saturating_sub(4)).min(100);
    let outer = above(
        layout,
        width,
        matches.len().max(1) + 1,
        layout.editor.map_or(0, |pane| pane.x),
    );
    let inner = popup_at(
        state,
        outer,
        &format!("History {whose}: {} found{other}", matches.len()),
        buffer,
    );
    let rows = inner.height.saturating_sub(1);
    let listing = Rect {
        height: rows,
        ..inner
    };
    list(
        buffer,
        listing,
        matches.len(),
        chosen,
        theme.cursor,
        |index| {
            let text = matches.get(index).map(String::as_str).unwrap_or_default();
            let lines = text.lines().count();
            let first = printable::line(text.lines().next().unwrap_or_default());
            (
                Line::raw(first),
                if lines > 1 {
                    format!("{lines} lines")
                } else {
                    String::new()
                },
            )
        },
        theme.dim,
    );
    let row = Rect {
        y: inner.y.saturating_add(rows),
        height: inner.height.saturating_sub(rows),
        ..inner
    };
    field_row(state, query, "search: ", row, buffer)
}

/// A line to fill in with a label before it; returns where the cursor is.
pub(super) fn field_row(
    state: &State,
    field: &field::Line,
    label: &str,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let theme = &state.options.theme;
    // What does not fit goes out at the left: the cursor is always seen.
    let room = usize::from(area.width).saturating_sub(label.len() + 1);
    let mut before = printable::line(field.before_cursor());
    while printable::width(&before) > room && !before.is_empty() {
        before.remove(0);
    }
    let after = field.text().get(field.before_cursor().len()..);
    let after = printable::line(after.unwrap_or_default());
    let line = Line::from(vec![
        Span::styled(label.to_owned(), theme.key),
        Span::raw(format!("{before}{after}")),
    ]);
    put(buffer, area, 0, &line);
    inside(area, label.len() + printable::width(&before), 0)
}

/// A place above the editor, or wherever there is room.
fn above(layout: &Layout, width: usize, rows: usize, column: u16) -> Rect {
    let area = layout.area;
    let width = u16::try_from(width).unwrap_or(u16::MAX).min(area.width);
    let bottom = layout.editor.map_or(area.y + area.height, |pane| pane.y);
    let wanted = u16::try_from(rows).unwrap_or(u16::MAX).min(ROWS + 2) + 2;
    let height = if bottom > area.y + 4 {
        wanted.min(bottom - area.y)
    } else {
        wanted.min(area.height)
    };
    let x = column.min((area.x + area.width).saturating_sub(width));
    let y = if bottom > area.y + 4 {
        bottom - height
    } else {
        (area.y + area.height).saturating_sub(height)
    };
    Rect {
        x,
        y,
        width,
        height,
    }
    .intersection(area)
}

fn list(
    buffer: &mut Buffer,
    area: Rect,
    count: usize,
    chosen: usize,
    cursor: ratatui::style::Style,
    row: impl Fn(usize) -> (Line<'static>, String),
    dim: ratatui::style::Style,
) {
    let height = usize::from(area.height);
    let top = (chosen + 1)
        .saturating_sub(height)
        .min(count.saturating_sub(height));
    for (at, index) in (0u16..area.height).zip(top..count) {
        let (line, detail) = row(index);
        let used = line.width();
        put(buffer, area, at, &line);
        let room = usize::from(area.width).saturating_sub(used + 2);
        put_right(
            buffer,
            area,
            at,
            &[Span::styled(printable::fit(&detail, room), dim)],
            used + 1,
        );
        if index == chosen {
            buffer.set_style(
                Rect {
                    y: area.y + at,
                    height: 1,
                    ..area
                },
                cursor,
            );
        }
    }
}
