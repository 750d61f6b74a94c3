//! The transcript pane.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::super::layout::{Focus, Layout};
use super::super::manner::Form;
use super::super::printable;
use super::super::prompt::{Asked, Prompt};
use super::super::rows::columns;
use super::super::state::State;
use super::super::units::grouped;
use super::{inside, pane, put, put_right};

/// Columns that a filter or a search takes in the title.
const NAMED: usize = 24;

pub(super) fn draw(state: &State, layout: &Layout, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let transcript = state.console.transcript();
    let focused = state.focus == Focus::Transcript;
    let title = vec![Span::styled(
        "1 Transcript",
        if focused { theme.heading } else { theme.text },
    )];
    let right = title_right(state, usize::from(area.width));
    let inner = pane(state, layout, area, focused, title, right, buffer);
    let (look, height) = state.look();
    let cursor = state.scroll.cursor(transcript).filter(|_| focused);
    let visible = state.scroll.visible(transcript, &look, height);
    if visible.is_empty() && state.scroll.filter.is_some() {
        let words = "No line that the filter shows. Esc clears the filter.";
        put(buffer, inner, 0, &Line::styled(words, theme.dim));
    }
    let mut before = None;
    for (row, (spot, content)) in (0u16..).zip(visible) {
        let left = columns(&content.left);
        put(buffer, inner, row, &Line::from(content.left));
        put_right(buffer, inner, row, &content.right, left + 1);
        let first = Rect {
            y: inner.y.saturating_add(row),
            height: 1,
            ..inner
        };
        if row >= inner.height {
            break;
        }
        if cursor == Some(spot) {
            buffer.set_style(first, theme.cursor);
        }
        if spot.sub == 0 && before != Some(spot) && state.marks.has(spot.line) {
            // Beside the text where there is a border, over its first column where there is none.
            let x = if layout.boxed {
                inner.x.saturating_sub(1)
            } else {
                inner.x
            };
            let mark = Rect {
                x,
                width: 1,
                ..first
            }
            .intersection(area);
            put(buffer, mark, 0, &Line::styled("*", theme.found));
        }
        before = Some(spot);
    }
}

/// What is shown and how: the filter, the search, the form; commands; how far one is from the end. What does
/// not fit is cut, the widest first.
fn title_right(state: &State, width: usize) -> Vec<Span<'static>> {
    let theme = &state.options.theme;
    let transcript = state.console.transcript();
    let mut parts: Vec<Span<'static>> = Vec::new();
    if let Some(filter) = &state.scroll.filter {
        let typed = printable::fit(&printable::line(filter.filter().typed()), NAMED);
        let shown = filter.shown();
        let mut words = format!("filter: {typed}  {} lines", grouped(shown.lines));
        if !filter.is_done(transcript) {
            words.push_str(&format!(" {} %", filter.progress(transcript)));
        }
        parts.push(Span::styled(words, theme.warning));
    }
    if let (Some(words), Some(pattern)) = (state.finding.words(transcript), state.finding.pattern())
    {
        let typed = printable::fit(&printable::line(pattern.typed()), NAMED);
        parts.push(Span::styled(format!("/{typed}  {words}"), theme.warning));
    }
    let manner = &state.scroll.manner;
    let form = match (manner.form, manner.decoded) {
        (Form::Wire, false) => "",
        (Form::Wire, true) => "decoded",
        (Form::Pretty, false) => "pretty",
        (Form::Pretty, true) => "pretty decoded",
        (Form::Hex, _) => "hex",
    };
    if !form.is_empty() {
        parts.push(Span::styled(form, theme.warning));
    }
    if !manner.wrap && manner.column > 0 {
        parts.push(Span::styled(
            format!("col {}", manner.column),
            theme.warning,
        ));
    }
    if state.scroll.follow {
        parts.push(Span::styled("follow", theme.dim));
    } else {
        let below = state.scroll.lines_below(transcript.len());
        parts.push(Span::styled(
            format!("{below} lines below, G follows"),
            theme.warning,
        ));
    }
    let commands = transcript.command_count();
    let count = Span::styled(format!("{commands} cmds"), theme.dim);
    // The number of commands is the first to go.
    let room = width.saturating_sub(2 + 2 + 14 + 2 + 2);
    let taken: usize = parts
        .iter()
        .map(|p| columns(std::slice::from_ref(p)) + 2)
        .sum();
    if taken + columns(std::slice::from_ref(&count)) <= room {
        parts.insert(parts.len().saturating_sub(1), count);
    }
    let wide = |parts: &[Span<'static>]| columns(parts) + 2 * parts.len();
    if wide(&parts) > room
        && !state.scroll.follow
        && let Some(last) = parts.last_mut()
    {
        // How far one is from the end is told however narrow it is.
        let below = state.scroll.lines_below(transcript.len());
        last.content = format!("{below} below").into();
    }
    while wide(&parts) > room && parts.len() > 1 {
        // The widest gives way first.
        let widest =
            (0..parts.len()).max_by_key(|at| parts.get(*at).map_or(0, |p| p.content.len()));
        let Some(part) = widest.and_then(|at| parts.get_mut(at)) else {
            break;
        };
        let less = wide(std::slice::from_ref(part))
            .saturating_sub(2 + 1)
            .max(1);
        if less < 8 {
            parts.remove(0);
            continue;
        }
        part.content = printable::fit(&part.content, less).into();
    }
    let mut spans = Vec::new();
    for part in parts {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        spans.push(part);
    }
    spans
}

/// The prompt in the last row of the pane; where the terminal's cursor goes.
pub(super) fn prompt(
    state: &State,
    prompt: &Prompt,
    layout: &Layout,
    buffer: &mut Buffer,
) -> Option<Position> {
    let theme = &state.options.theme;
    let over = layout.messages.or(layout.message);
    let pane = layout.inside(over.or(layout.transcript)?);
    let row = Rect {
        y: (pane.y + pane.height).saturating_sub(1),
        height: pane.height.min(1),
        ..pane
    };
    ratatui::widgets::Widget::render(ratatui::widgets::Clear, row, buffer);
    let (label, right) = match prompt.asked {
        Asked::Find => (
            "/",
            state
                .finding
                .words(state.console.transcript())
                .unwrap_or_default(),
        ),
        Asked::Search => (
            "search: ",
            "from: subject: since:7d larger:1m unseen !flagged text, or SEARCH keys".to_owned(),
        ),
        Asked::Sort => (
            "sort: ",
            "arrival cc date from size subject to, - before one turns it around".to_owned(),
        ),
        Asked::Filter => (
            "filter: ",
            "tag: cmd: st: code: is: c: s: >100ms \"text\" /regex/ !not".to_owned(),
        ),
    };
    let plain =
        prompt.asked == Asked::Find && state.finding.pattern().is_some_and(|p| p.is_plain());
    let right = match (&prompt.error, plain) {
        (Some(error), _) => Span::styled(error.clone(), theme.danger),
        (None, true) => Span::styled(format!("{right}, as it is (no regex)"), theme.dim),
        (None, false) => Span::styled(right, theme.dim),
    };
    let typed = printable::line(prompt.line.text());
    let used = label.len() + printable::width(&typed);
    let line = Line::from(vec![Span::styled(label, theme.key), Span::raw(typed)]);
    put(buffer, row, 0, &line);
    put_right(buffer, row, 0, &[right], used + 2);
    let before = printable::width(&printable::line(prompt.line.before_cursor()));
    inside(row, label.len() + before, 0)
}
