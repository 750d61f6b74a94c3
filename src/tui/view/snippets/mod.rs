//! Snippets over the panes: the list, and a run. The top line, the hint and the keys stay in sight.

mod list;
mod pane;
mod run;

pub(super) use list::draw as list;
pub(super) use run::draw as run;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::layout::Layout;
use super::super::printable;
use super::super::theme::Theme;

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

/// The lines of a snippet with their numbers, each coloured, from `top` on.
fn script<'t>(
    text: &'t str,
    top: usize,
    height: usize,
    theme: &'t Theme,
) -> impl Iterator<Item = (usize, Line<'static>)> + 't {
    let has_header = crate::snippet::parse::has_header(text);
    let end = text.lines().position(|line| line.trim().is_empty());
    let end = end.filter(|_| has_header).unwrap_or(0);
    let lines = text.lines().enumerate().skip(top).take(height);
    lines.map(move |(at, line)| (at + 1, script_line(line, at < end, theme)))
}
