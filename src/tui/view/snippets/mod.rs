//! Snippets over the panes: the list, and a run. The top line, the hint and the keys stay in sight.

mod list;
mod pane;
mod run;

pub(super) use list::draw as list;
pub(super) use run::draw as run;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::action::Action;
use super::super::keymap::Context;
use super::super::layout::Layout;
use super::super::printable;
use super::super::snippets::Run;
use super::super::state::State;
use super::super::theme::Theme;
use super::put_right;

/// From so many columns two panes are beside each other.
const BESIDE: u16 = 100;

/// Rows of what is to say about a run.
pub fn run_look_rows(state: &State, run: &Run) -> usize {
    let columns = state.area.width;
    let width = if columns >= BESIDE {
        columns / 2
    } else {
        columns
    };
    pane::count(state, run, usize::from(width.saturating_sub(4)))
}

/// Keys of a run's screen at the right of a pane's upper edge, behind `used` columns; what does not fit is left out.
fn keys(state: &State, area: Rect, used: usize, actions: &[(Action, &str)], buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let bar = Rect {
        x: area.x + 2,
        width: area.width.saturating_sub(4),
        height: 1.min(area.height),
        ..area
    };
    let hinted: Vec<Vec<Span<'static>>> = (actions.iter())
        .filter_map(|(action, words)| {
            let key = state.options.keymap.key_for(Context::Run, action)?;
            Some(vec![
                Span::styled(format!(" {key}"), theme.key),
                Span::styled(format!(" {words} "), theme.dim),
            ])
        })
        .collect();
    // The last ones go first.
    for count in (1..=hinted.len()).rev() {
        let spans: Vec<Span<'static>> = hinted.iter().take(count).flatten().cloned().collect();
        let wide: usize = spans.iter().map(Span::width).sum();
        if wide + used <= usize::from(bar.width) {
            put_right(buffer, bar, 0, &spans, used);
            return;
        }
    }
}

/// Between the top line and the hint.
fn middle(layout: &Layout) -> Rect {
    let top = layout.top.bottom();
    Rect {
        y: top,
        height: layout.hint.top().saturating_sub(top),
        ..layout.area
    }
}

/// A line of a snippet, coloured by what it is.
fn script_line(text: &str, in_header: bool, theme: &Theme) -> Line<'static> {
    let safe = printable::line(text);
    let word = text
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .trim_start();
    let is_status = ["OK", "NO", "BAD"].iter().any(|status| {
        let rest = word.strip_prefix(status);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '[']))
    });
    let style = match word.chars().next() {
        Some('#') => theme.dim,
        Some('!') if word.starts_with("! ") => theme.no,
        Some('!') => theme.note,
        Some('*' | '?' | '+') => theme.received,
        _ if word.starts_with("S:") || is_status => theme.received,
        _ if in_header => match safe.split_once(':') {
            Some((key, rest)) => {
                return Line::from(vec![
                    Span::styled(format!("{key}:"), theme.heading),
                    Span::raw(rest.to_owned()),
                ]);
            }
            None => theme.text,
        },
        _ => theme.sent,
    };
    Line::styled(safe, style)
}

/// The rows of a snippet from line `top` on, each coloured, with the number of the line at its first row. `size`: how
/// wide and how many. As far up as is needed to fill them.
fn script(
    text: &str,
    top: usize,
    size: (usize, usize),
    theme: &Theme,
) -> Vec<(Option<usize>, Line<'static>)> {
    let (width, height) = size;
    let has_header = crate::snippet::parse::has_header(text);
    let end = text.lines().position(|line| line.trim().is_empty());
    let end = end.filter(|_| has_header).unwrap_or(0);
    let rows_of = |at: usize, line: &str| {
        let safe = printable::line(line);
        let ranges = printable::wrap(&safe, width, width);
        let coloured = script_line(line, at < end, theme);
        if ranges.len() < 2 {
            return vec![(Some(at + 1), coloured)];
        }
        let style = coloured.style;
        let rows = ranges.into_iter().enumerate().map(|(piece, range)| {
            let text = safe.get(range).unwrap_or_default().to_owned();
            ((piece == 0).then_some(at + 1), Line::styled(text, style))
        });
        rows.collect()
    };
    let lines: Vec<&str> = text.lines().collect();
    let mut top = top.min(lines.len().saturating_sub(1));
    let rows_from = |top: usize| -> Vec<(Option<usize>, Line<'static>)> {
        let lines = lines.iter().enumerate().skip(top).take(height);
        let rows = lines.flat_map(|(at, line)| rows_of(at, line));
        rows.take(height).collect()
    };
    let mut rows = rows_from(top);
    while rows.len() < height && top > 0 {
        top -= 1;
        rows = rows_from(top);
    }
    rows
}
