//! Draws the state. Never changes anything; all text from outside comes through `printable.rs`.
//!
//! To add a popup: a variant in `popup.rs`, its keys in `keymap/bindings.rs`, a file here.

mod act_as;
mod argument_bar;
mod compare;
mod completion;
mod dry_run;
mod editor;
mod events;
mod explain;
mod form;
pub(super) mod gauge;
mod help;
mod inspector;
mod lint;
mod messages;
mod out;
mod palette;
mod question;
mod rights;
mod sidebar;
mod sides;
mod snippets;
mod status_bar;
mod tab_strip;
mod tls;
mod top_line;
mod transcript;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Clear, Widget};

pub use dry_run::dry_rows;
pub use explain::{explain_rows, told_style};
pub use help::help_rows;
pub use question::question_rows;
pub use sidebar::{PANELS, Panel};
pub use snippets::run_look_rows;
pub use tls::tls_rows;

use super::layout::{Focus, Layout, SMALLEST, Shape};
use super::popup::Popup;
use super::rows::columns;
use super::state::State;

/// Lines of boxes in ASCII.
const ASCII: border::Set<'_> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Draws one frame.
pub fn draw(state: &State, frame: &mut Frame<'_>) {
    let layout = state.layout();
    let area = frame.area();
    // Between a resize and the event that tells of it, the two differ.
    if area.width < layout.area.width || area.height < layout.area.height {
        return;
    }
    let buffer = frame.buffer_mut();
    buffer.set_style(area, state.options.theme.text);
    let mut cursor = None;
    if layout.shape == Shape::TooSmall {
        too_small(state, &layout, buffer);
        return;
    }
    top_line::draw(state, layout.top, buffer);
    if let Some(pane) = layout.transcript {
        transcript::draw(state, &layout, pane, buffer);
    }
    if let Some(pane) = layout.events {
        events::draw(state, &layout, pane, buffer);
    }
    if let Some(pane) = layout.messages {
        Clear.render(pane, buffer);
        buffer.set_style(pane, state.options.theme.text);
        messages::draw(state, &layout, pane, buffer);
    }
    if let Some(pane) = layout.message {
        Clear.render(pane, buffer);
        buffer.set_style(pane, state.options.theme.text);
        messages::message(state, &layout, pane, buffer);
    }
    if let Some(pane) = layout.sidebar {
        Clear.render(pane, buffer);
        buffer.set_style(pane, state.options.theme.text);
        sidebar::draw(state, &layout, pane, buffer);
    }
    if let Some(pane) = layout.inspector {
        Clear.render(pane, buffer);
        buffer.set_style(pane, state.options.theme.text);
        inspector::draw(state, &layout, pane, buffer);
    }
    if let Some(pane) = layout.editor {
        let at = editor::draw(state, &layout, pane, buffer);
        cursor = at.filter(|_| state.focus == Focus::Editor);
    }
    status_bar::hint(state, layout.hint, buffer);
    status_bar::status(state, &layout, buffer);
    status_bar::keys(state, layout.keys, buffer);
    match &state.popup {
        None => {}
        Some(Popup::Help { top, context }) => {
            help::draw(state, *top, *context, area, buffer);
            cursor = None;
        }
        Some(Popup::Tls { report, top }) => {
            tls::draw(state, report, *top, area, buffer);
            cursor = None;
        }
        Some(Popup::Explain { lines, top }) => {
            explain::draw(state, lines, *top, area, buffer);
            cursor = None;
        }
        Some(Popup::DryRun { lines, top }) => {
            dry_run::draw(state, lines, *top, area, buffer);
            cursor = None;
        }
        Some(Popup::Question { top }) => {
            question::draw(state, *top, area, buffer);
            cursor = None;
        }
        Some(Popup::Completion { candidates, chosen }) => {
            completion::candidates(state, candidates, *chosen, &layout, cursor, buffer);
        }
        Some(Popup::History {
            query,
            matches,
            chosen,
            here,
        }) => {
            let matches = (matches.as_slice(), *here);
            cursor = completion::history(state, query, matches, *chosen, &layout, buffer);
        }
        Some(Popup::Palette(data)) => cursor = palette::draw(state, data, area, buffer),
        Some(Popup::Prompt(prompt)) => {
            cursor = transcript::prompt(state, prompt, &layout, buffer);
        }
        Some(Popup::Form(form)) => {
            if form.is_about_a_run() && state.snippets.run.is_some() {
                let _ = snippets::run(state, &layout, buffer);
            }
            cursor = form::draw(state, form, area, buffer);
        }
        Some(Popup::ActAs(data)) => cursor = act_as::draw(state, data, area, buffer),
        Some(Popup::Compare(data)) => compare::draw(state, data, area, buffer),
        Some(Popup::FindMailbox(find)) => {
            cursor = palette::mailboxes(state, find, area, buffer);
        }
        Some(Popup::Rights) => cursor = rights::draw(state, area, buffer),
        Some(Popup::Sides) => cursor = sides::draw(state, area, buffer),
        Some(Popup::Copy { offers, chosen }) => out::copy(state, offers, *chosen, area, buffer),
        Some(Popup::Overwrite(question)) => out::overwrite(state, question, area, buffer),
        Some(Popup::Snippets) => cursor = snippets::list(state, &layout, buffer),
        Some(Popup::Run) => cursor = snippets::run(state, &layout, buffer),
        Some(Popup::Tabs { chosen }) => {
            act_as::tabs(state, *chosen, area, buffer);
            cursor = None;
        }
    }
    if let Some(position) = cursor {
        frame.set_cursor_position(position);
    }
}

/// Nothing fits: what is needed, and that nothing is lost.
fn too_small(state: &State, layout: &Layout, buffer: &mut Buffer) {
    let (columns, rows) = SMALLEST;
    let words = [
        "imapsh",
        &format!("needs {columns}x{rows}"),
        "the session lives on",
    ];
    let styles = [
        state.options.theme.heading,
        state.options.theme.warning,
        state.options.theme.dim,
    ];
    let all = words.join(": ");
    if usize::from(layout.area.width) >= all.len() {
        put(
            buffer,
            layout.top,
            0,
            &Line::styled(all, state.options.theme.warning),
        );
        return;
    }
    for (row, (word, style)) in (0..).zip(words.into_iter().zip(styles)) {
        put(
            buffer,
            layout.area,
            row,
            &Line::styled(word.to_owned(), style),
        );
    }
}

/// Writes a line into row `row` of `area`, cut at its end.
pub(crate) fn put(buffer: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    if row < area.height && area.width > 0 {
        buffer.set_line(area.x, area.y + row, line, area.width);
    }
}

/// Writes spans at the right end of row `row`; what would cover the left `kept` columns is left out.
pub(crate) fn put_right(
    buffer: &mut Buffer,
    area: Rect,
    row: u16,
    spans: &[Span<'_>],
    kept: usize,
) {
    let wide = columns(spans);
    if row < area.height && wide > 0 && wide + kept <= usize::from(area.width) {
        let wide = u16::try_from(wide).unwrap_or(area.width);
        buffer.set_line(
            area.x + area.width - wide,
            area.y + row,
            &Line::from(spans.to_vec()),
            wide,
        );
    }
}

/// A pane's border and title; returns its inside. Without a border the title has a line of its own.
pub(crate) fn pane(
    state: &State,
    layout: &Layout,
    area: Rect,
    focused: bool,
    title: Vec<Span<'static>>,
    right: Vec<Span<'static>>,
    buffer: &mut Buffer,
) -> Rect {
    let style = state.frame(focused);
    if layout.boxed {
        frame_around(state, area, style, buffer);
    } else if area.height > 0 {
        let line = if state.options.ascii { "-" } else { "─" };
        put(
            buffer,
            area,
            0,
            &Line::styled(line.repeat(usize::from(area.width)), style),
        );
    }
    let margin = if layout.boxed { 2 } else { 1 };
    let bar = Rect {
        x: area.x.saturating_add(margin),
        width: area.width.saturating_sub(2 * margin),
        height: area.height.min(1),
        ..area
    };
    let mut left = vec![Span::styled(" ", style)];
    left.extend(title);
    left.push(Span::styled(" ", style));
    put(buffer, bar, 0, &Line::from(left.clone()));
    if !right.is_empty() {
        let mut spans = vec![Span::styled(" ", style)];
        spans.extend(right);
        spans.push(Span::styled(" ", style));
        put_right(buffer, bar, 0, &spans, columns(&left) + 1);
    }
    layout.inside(area)
}

/// A box.
pub(crate) fn frame_around(state: &State, area: Rect, style: Style, buffer: &mut Buffer) {
    let set = if state.options.ascii {
        ASCII
    } else {
        border::PLAIN
    };
    Block::new()
        .borders(Borders::ALL)
        .border_set(set)
        .border_style(style)
        .render(area, buffer);
}

/// A box of a popup in the middle of `area`, everything under it cleared; returns its inside.
pub(crate) fn popup(
    state: &State,
    area: Rect,
    width: u16,
    height: u16,
    title: &str,
    buffer: &mut Buffer,
) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    let outer = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    popup_at(state, outer, title, buffer)
}

/// A popup that is only read: rows from `top` on, and how many are below.
pub(crate) fn reader(
    state: &State,
    title: &str,
    width: u16,
    rows: Vec<Line<'static>>,
    top: usize,
    area: Rect,
    buffer: &mut Buffer,
) {
    let height = u16::try_from(rows.len().saturating_add(2)).unwrap_or(u16::MAX);
    let height = height.min(area.height.saturating_sub(2));
    let inner = popup(state, area, width, height, title, buffer);
    let shown = usize::from(inner.height);
    let top = top.min(rows.len().saturating_sub(shown));
    let below = rows.len().saturating_sub(top + shown);
    for (row, line) in (0u16..).zip(rows.into_iter().skip(top).take(shown)) {
        put(buffer, inner, row, &line);
    }
    if below > 0 {
        let bar = Rect {
            y: inner.y.saturating_add(inner.height),
            height: 1,
            ..inner
        }
        .intersection(area);
        let words = format!(" {below} lines below ");
        let words = [Span::styled(words, state.options.theme.warning)];
        put_right(buffer, bar, 0, &words, 0);
    }
}

/// On a pane's lower border: how many of its rows do not fit.
pub(crate) fn rows_below(
    state: &State,
    layout: &Layout,
    area: Rect,
    below: usize,
    buffer: &mut Buffer,
) {
    if below == 0 || !layout.boxed || area.height == 0 {
        return;
    }
    let bar = Rect {
        x: area.x.saturating_add(2),
        y: area.y + area.height - 1,
        width: area.width.saturating_sub(4),
        height: 1,
    };
    let words = match below {
        1 => " 1 row below ".to_owned(),
        n => format!(" {n} rows below "),
    };
    let words = [Span::styled(words, state.options.theme.dim)];
    put_right(buffer, bar, 0, &words, 0);
}

/// A box of a popup at a place.
pub(crate) fn popup_at(state: &State, outer: Rect, title: &str, buffer: &mut Buffer) -> Rect {
    Clear.render(outer, buffer);
    buffer.set_style(outer, state.options.theme.text);
    frame_around(state, outer, state.options.theme.focused, buffer);
    let bar = Rect {
        x: outer.x.saturating_add(2),
        width: outer.width.saturating_sub(4),
        height: outer.height.min(1),
        ..outer
    };
    put(
        buffer,
        bar,
        0,
        &Line::styled(format!(" {title} "), state.options.theme.heading),
    );
    Rect {
        x: outer.x.saturating_add(2),
        y: outer.y.saturating_add(1),
        width: outer.width.saturating_sub(4),
        height: outer.height.saturating_sub(2),
    }
    .intersection(outer)
}

/// A position inside a rectangle, if it is inside.
pub(crate) fn inside(area: Rect, column: usize, row: u16) -> Option<Position> {
    let x = area.x.saturating_add(u16::try_from(column).ok()?);
    let position = Position {
        x,
        y: area.y.saturating_add(row),
    };
    area.contains(position).then_some(position)
}
